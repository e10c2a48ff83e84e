"""Rules about what an action does: its effect, its lists, and the other actions that it relies on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from skillkit.authoring.rule import Find, Subject, properties, request, within
from skillkit.destination import DENIED, DENIED_PREFIXES
from skillkit.document import names
from skillkit.errors import Problem
from skillkit.format import READS
from skillkit.source import pointer

_SEARCHING: Final = frozenset({"find", "list", "search"})
_LISTING: Final = frozenset({"list", "search"})
_FINAL: Final = frozenset({"delete", "send"})


def _rowless(subject: Subject) -> Iterator[Problem]:
    for path, key, _, whole in subject.written():
        lists = key.partition("-")[0] in _LISTING and whole["effect"] == "read" and "request" in whole
        if lists and not {"items", "file"} & whole.keys():
            said = f"{key} says not where its rows are: give it items, or . for the whole answer"
            yield subject.source.problem(said, path, "list-without-items")


def _unpaged(subject: Subject) -> Iterator[Problem]:
    for path, key, _, whole in subject.written():
        if "items" in whole and whole["effect"] == "read" and "paginate" not in whole:
            said = f"{key} says not how it is paged: give it paginate, or paginate: false with x-why"
            yield subject.source.problem(said, f"{path}/items", "list-without-paginate")


def _unexplained(subject: Subject) -> Iterator[Problem]:
    parts = [("/defaults", subject.document.get("defaults", {})), *((path, action) for path, _, action, _ in subject.written())]
    for path, part in parts:
        if part.get("paginate") is False and not (isinstance(part.get("x-why"), str) and part["x-why"].strip()):
            yield subject.source.problem(
                "paginate: false needs a reason: say in x-why how it is known", f"{path}/paginate", "opt-out"
            )


def _searching_posts(subject: Subject) -> Iterator[Problem]:
    for path, key, action, whole in subject.written():
        if request(whole).method == "POST" and key.partition("-")[0] in _SEARCHING and "effect" not in action:
            said = f"{key} is taken for a create, as its method is POST; say effect: read if it changes nothing"
            yield subject.source.problem(said, f"{path}/request", "post-search")


def _reading_writes(subject: Subject) -> Iterator[Problem]:
    for path, key, action, whole in subject.written():
        if whole["effect"] == "read" and request(whole).method in {"PUT", "PATCH", "DELETE"}:
            said = f"{key} cannot be a read: {request(whole).method} changes something"
            yield subject.source.problem(said, f"{path}/effect" if "effect" in action else path, "read-by-write")


def _several_answers(subject: Subject) -> Iterator[Problem]:
    for path, key, action, _ in subject.written():
        given = [name for name in ("items", "result", "file") if name in action]
        if len(given) > 1:
            said = f"{key} answers either rows, a result or a file, not {' and '.join(given)}"
            yield subject.source.problem(said, f"{path}/{given[1]}", "one-answer")


def _rowless_partials(subject: Subject) -> Iterator[Problem]:
    for path, key, action, _ in subject.written():
        if "partial" in action.get("errors", {}) and "items" not in action:
            said = f"{key} says where what failed is, but not in items where the rest is"
            yield subject.source.problem(said, f"{path}/errors/partial", "partial-without-items")


def _untried(subject: Subject) -> Iterator[Problem]:
    for path, key, _, whole in subject.written():
        if whole["effect"] in _FINAL and not whole.get("examples") and "request" in whole:
            said = f"{key} cannot be taken back, so it needs an example that is tested"
            yield subject.source.problem(said, path, "untried-effect")


def _merging_others(subject: Subject) -> Iterator[Problem]:
    for path, key, action, whole in subject.written():
        if "merge" in action and whole["effect"] != "update":
            yield subject.source.problem(f"{key} is no update, so there is nothing to merge", f"{path}/merge", "merge-update")


def _relied_on(subject: Subject) -> Iterator[tuple[str, str, str, Any]]:
    """Yield of every action that relies on another where it says so, its key, the other's key, and what it is given."""
    for path, key, _, whole in subject.written():
        for place in READS:
            other = within(whole, place)
            part = place.partition("/")[0]
            given = {within(whole, "idempotency/key"): ""} if part == "idempotency" else within(whole, f"{part}/with") or {}
            if other in subject.actions:
                yield f"{path}/{place}", key, other, given


def _changing_reads(subject: Subject) -> Iterator[Problem]:
    found = [(path, other) for path, _, other, _ in _relied_on(subject)]
    if "check" in subject.document["connection"]:
        found.append(("/connection/check", subject.document["connection"]["check"]))
    for path, other in found:
        if (effect := subject.actions[other]["effect"]) != "read":
            yield subject.source.problem(f"{other} is no read but a {effect}", path, "not-a-read")


def _wrong_inputs(subject: Subject) -> Iterator[Problem]:
    for path, key, other, given in _relied_on(subject):
        target = subject.actions[other]
        lacking = [name for name in _required(target) if name not in given]
        strange = [name for name in given if name not in properties(target)]
        place = f"{path.rpartition('/')[0]}/with"
        if strange:
            yield subject.source.problem(f"{other} has no input {', '.join(strange)}", pointer(place, strange[0]), "with-inputs")
        elif lacking:
            yield subject.source.problem(f"{key} does not give {other} its {', '.join(lacking)}", path, "with-inputs")


def _demanding_checks(subject: Subject) -> Iterator[Problem]:
    check = subject.document["connection"].get("check")
    if check in subject.actions and (lacking := _required(subject.actions[check])):
        said = f"{check} needs {', '.join(lacking)}, which nobody gives when a credential is checked"
        yield subject.source.problem(said, "/connection/check", "check-inputs")


def _required(action: dict[str, Any]) -> list[str]:
    inputs = action["input"].get("properties", {})
    return [name for name in action["input"].get("required", ()) if "default" not in inputs.get(name, {})]


def _strange_fields(subject: Subject) -> Iterator[Problem]:
    for way, auth in subject.document["connection"].get("auth", {}).items():
        known = _FIELDS.get(auth["type"]) or set(names([auth.get("username"), auth.get("password"), auth.get("body")]))
        for name in auth.get("fields", ()):
            if known and name not in known:
                said = f"{way} asks for no {name!r}, but for {', '.join(sorted(known))}"
                yield subject.source.problem(said, f"/connection/auth/{way}/fields/{name}", "credential-field")


_FIELDS: Final = {"api_key": {"api_key"}, "bearer": {"token"}, "oauth2": {"client_id", "client_secret"}}


def _owned_headers(subject: Subject) -> Iterator[Problem]:
    connection = subject.document["connection"]
    carriers = {auth["name"].lower() for auth in connection.get("auth", {}).values() if "name" in auth}
    found = [(pointer("/connection/headers", name), name) for name in connection.get("headers", {})]
    found += [(f"/connection/allow_headers/{place}", name) for place, name in enumerate(connection.get("allow_headers", ()))]
    for path, name in found:
        if name.lower() in DENIED | carriers or name.lower().startswith(DENIED_PREFIXES):
            yield subject.source.problem(
                f"{name} frames a request or carries a credential: only auth may set it", path, "owned-header"
            )


RULES: Final[Mapping[str, Find]] = {
    "list-without-items": _rowless,
    "list-without-paginate": _unpaged,
    "opt-out": _unexplained,
    "post-search": _searching_posts,
    "read-by-write": _reading_writes,
    "one-answer": _several_answers,
    "partial-without-items": _rowless_partials,
    "untried-effect": _untried,
    "merge-update": _merging_others,
    "not-a-read": _changing_reads,
    "with-inputs": _wrong_inputs,
    "check-inputs": _demanding_checks,
    "credential-field": _strange_fields,
    "owned-header": _owned_headers,
}
