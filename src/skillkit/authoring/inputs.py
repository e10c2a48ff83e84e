"""Rules about inputs: that each is declared, has one place, and gets there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from skillkit import definitions
from skillkit.authoring.rule import Document, Find, Subject, placed, properties, request, texts, within
from skillkit.document import names, takes_rest
from skillkit.errors import Problem
from skillkit.format import ENDPOINTS
from skillkit.source import pointer

# A template in these takes an input without sending it.
_BESIDE: Final = ("file/name", "wait/with", "merge/with", "reconcile/with")
_PAGED: Final = frozenset({"limit", "cursor"})


def _undeclared(subject: Subject) -> Iterator[Problem]:
    connection = subject.document["connection"]
    params = set(subject.params)
    for auth in connection.get("auth", {}).values():
        params |= set(auth.get("capture", {}).values())
    found = [
        (f"/connection{path}", name, params)
        for key in ("base_url", "headers", "domains", "origins", "mcp")
        for path, text in texts(connection.get(key), f"/{key}")
        for name in names(text)
    ]
    for way, auth in connection.get("auth", {}).items():
        if auth["type"] == "oauth2":
            found += [(f"/connection/auth/{way}/{key}", name, params) for key in ENDPOINTS for name in names(auth.get(key))]
    for path, _, _, whole in subject.written():
        known = params | set(properties(whole))
        uses = placed(whole) if "request" in whole else []
        uses += [(name, f"/{key}{below}") for key in _BESIDE for below, text in texts(within(whole, key)) for name in names(text)]
        found += [(path + below, name, known) for name, below in uses if below != "/accept"]
    for path, name, known in found:
        if name not in known:
            yield subject.source.problem(
                f"{{{name}}} is neither an input nor a parameter of the connection", path, "undeclared-name"
            )


def _two_places(subject: Subject) -> Iterator[Problem]:
    for path, key, _, whole in subject.written():
        seen: Counter[str] = Counter()
        for name, below in placed(whole):
            seen[name] += 1
            if name in properties(whole) and seen[name] == 2:
                yield subject.source.problem(f"the input {name!r} of {key} goes to two places", path + below, "one-place")


def _nowhere(subject: Subject) -> Iterator[Problem]:
    for path, key, action, whole in subject.written():
        used = {name for name, _ in placed(whole)} | _PAGED
        used |= {name for place in _BESIDE[1:] for _, text in texts(within(whole, place)) for name in names(text)}
        left = [name for name in properties(whole) if name not in used]
        raw = "body" not in whole and whole.get("encoding") == "raw" and request(whole).method in {"POST", "PUT", "PATCH"}
        if raw:
            left = left[1:]
        if left and (raw or ("body" in whole and not takes_rest(whole["body"]))):
            at = "/body" if "body" in action else "/input"
            said = f'{key} does not send {", ".join(left)}: give each a place, or the body a place "{{...}}" for all'
            yield subject.source.problem(said, path + at, "lost-input")


def _unknown(subject: Subject) -> Iterator[Problem]:
    for path, key, _, whole in subject.written():
        known = properties(whole)
        named = [("since", whole.get("since")), ("idempotency/key", within(whole, "idempotency/key"))]
        named += [(f"merge/drop/{place}", name) for place, name in enumerate(within(whole, "merge/drop") or ())]
        named += [(pointer("reconcile/match", row), name) for row, name in (within(whole, "reconcile/match") or {}).items()]
        for below, name in named:
            if name is not None and name not in known:
                yield subject.source.problem(f"{key} has no input {name!r}", f"{path}/{below}", "unknown-input")


def _optional_in_path(subject: Subject) -> Iterator[Problem]:
    for name in names(subject.head["connection"]["base_url"]):
        if subject.params.get(name, {}).get("optional") and "default" not in subject.params[name]:
            said = f"{{{name}}} is part of the address, so it cannot be optional"
            yield subject.source.problem(said, f"/connection/params/{name}", "path-required")
    for path, key, _, whole in subject.written():
        inputs, required = whole["input"].get("properties", {}), whole["input"].get("required", ())
        for name in names(request(whole).path):
            schema = inputs.get(name)
            if isinstance(schema, Mapping) and name not in required and "default" not in schema:
                said = f"the input {name!r} of {key} is part of the path, so it is required"
                yield subject.source.problem(said, f"{path}/input/properties/{name}", "path-required")


def _paging_names(subject: Subject) -> Iterator[Problem]:
    for path, key, action, whole in subject.written():
        paging = whole.get("paginate") or {}
        taken = {paging.get(part) for part in ("offset", "page", "cursor", "size")} - _PAGED
        for name in action.get("input", {}).get("properties", {}):
            if name in taken:
                said = f"{name!r} pages {key}; callers give limit and cursor instead"
                yield subject.source.problem(said, pointer(f"{path}/input/properties", name), "paging-name")


def _colliding_names(subject: Subject) -> Iterator[Problem]:
    for path, key, action, whole in subject.written():
        table = whole.get("names", {})
        parts = [part for schema in (whole["input"], whole.get("output", {})) for _, part in definitions.subschemas(schema)]
        used = sorted({name for part in parts for name in part.get("properties", {})} | set(table))
        wires = Counter(table.get(name, name) for name in used)
        for name in used:
            if name in table and wires[table[name]] > 1:
                place = pointer(f"{path}/names" if "names" in action else "/defaults/names", name)
                yield subject.source.problem(f"{key} has two fields that go out as {table[name]!r}", place, "names-collision")


def _schemas(subject: Subject) -> Iterator[tuple[str, Document]]:
    """Yield every schema that is written in the connector, whole, with its JSON pointer."""
    yield from ((f"/schemas/{name}", schema) for name, schema in subject.document.get("schemas", {}).items())
    for path, _, action, _ in subject.written():
        yield from ((f"{path}/{key}", action[key]) for key in ("input", "output") if key in action)
        for param, values in action.get("variants", {}).items():
            yield from ((pointer(pointer(f"{path}/variants", param), value), added) for value, added in values.items())


def _required_unknown(subject: Subject) -> Iterator[Problem]:
    for top, whole in _schemas(subject):
        inputs = _inputs_beside(subject, top)
        for path, schema in definitions.subschemas(whole):
            # A branch speaks of properties that stand around it, and a reference brings more of them.
            elsewhere = {"$ref", "allOf", "anyOf", "oneOf", "patternProperties"} & schema.keys()
            if elsewhere or (path and "properties" not in schema):
                continue
            known = set(schema.get("properties", {})) | (inputs if not path else set())
            for place, name in enumerate(schema.get("required", ())):
                if name not in known:
                    yield subject.source.problem(
                        f"{name!r} is required, and no property", f"{top}{path}/required/{place}", "required-unknown"
                    )


def _inputs_beside(subject: Subject, path: str) -> set[str]:
    """Return the inputs that a variant may require besides those it adds."""
    steps = path.split("/")
    return set(subject.actions[steps[2]]["input"].get("properties", {})) if steps[3:4] == ["variants"] else set()


def _mixed_enums(subject: Subject) -> Iterator[Problem]:
    found = [*_schemas(subject), *((f"/connection/params/{name}", param) for name, param in subject.params.items())]
    for top, whole in found:
        for path, schema in definitions.subschemas(whole):
            values = schema.get("enum", ())
            odd = [value for value in values if not isinstance(value, str) and value is not None]
            if odd and any(isinstance(value, str) for value in values):
                said = f"{str(odd[0]).lower()} is no text, unlike the values beside it: put it in quotes"
                yield subject.source.problem(said, f"{top}{path}/enum/{values.index(odd[0])}", "mixed-enum")


def _plain_files(subject: Subject) -> Iterator[Problem]:
    for path, key, _, whole in subject.written():
        if whole.get("encoding", "json") != "json":
            continue
        for below, schema in definitions.subschemas(whole["input"]):
            if schema.get("format") == "file" and schema.get("contentEncoding") != "base64":
                said = f"{key} takes a file into JSON: give it contentEncoding: base64, or the action encoding: multipart or raw"
                yield subject.source.problem(said, f"{path}/input{below}", "file-encoding")


def _accept_formats(subject: Subject) -> Iterator[Problem]:
    for path, key, _, whole in subject.written():
        accept = whole.get("accept")
        if not isinstance(accept, Mapping):
            continue
        schema: Any = whole["input"].get("properties", {}).get("format")
        values = schema.get("enum", ()) if isinstance(schema, Mapping) else ()
        if schema is None or set(values) - accept.keys():
            said = f"{key} chooses by the input format, which must have just the values {', '.join(accept)}"
            yield subject.source.problem(said, f"{path}/accept", "accept-format")


def _unknown_variants(subject: Subject) -> Iterator[Problem]:
    for path, _, action, _ in subject.written():
        for param, values in action.get("variants", {}).items():
            place = pointer(f"{path}/variants", param)
            if param not in subject.params:
                yield subject.source.problem(f"{param!r} is no parameter of the connection", place, "unknown-variant")
                continue
            known = subject.params[param].get("enum")
            for value in values:
                if known is not None and value not in map(str, known):
                    yield subject.source.problem(f"{param} is never {value!r}", pointer(place, value), "unknown-variant")


def _get_bodies(subject: Subject) -> Iterator[Problem]:
    for path, key, action, whole in subject.written():
        if "body" in action and request(whole).method in {"GET", "HEAD"}:
            said = f"{key} sends a body with {request(whole).method}, which servers and proxies drop"
            yield subject.source.problem(said, f"{path}/body", "get-body")


RULES: Final[Mapping[str, Find]] = {
    "undeclared-name": _undeclared,
    "one-place": _two_places,
    "lost-input": _nowhere,
    "unknown-input": _unknown,
    "path-required": _optional_in_path,
    "paging-name": _paging_names,
    "names-collision": _colliding_names,
    "required-unknown": _required_unknown,
    "mixed-enum": _mixed_enums,
    "file-encoding": _plain_files,
    "accept-format": _accept_formats,
    "unknown-variant": _unknown_variants,
    "get-body": _get_bodies,
}
