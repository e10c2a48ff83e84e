"""The format of a connector file: whether a document fits it, and the document completed with its defaults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Final, TypeAlias

from skillkit import definitions
from skillkit.connector import EFFECT_OF, request_line, several
from skillkit.document import names, resolve, steps
from skillkit.errors import InvalidConnector, Problem
from skillkit.misfits import misfits
from skillkit.source import Source, pointer

Document: TypeAlias = dict[str, Any]

# What stands for a free parameter inside a host: it fills one part of a name and cannot leave it.
HOST_PART: Final = "^[a-z0-9](-?[a-z0-9])*$"

# Completing.


def complete(document: Mapping[str, Any]) -> tuple[Document, dict[str, Document]]:
    """Return the connector without its actions, and each action so that it needs nothing else; `document` must fit."""
    shared = document.get("schemas", {})
    head = {key: value for key, value in document.items() if key not in {"actions", "schemas", "defaults"}}
    events = document.get("webhooks", {}).get("events")
    if events:
        head["webhooks"] = {**head["webhooks"], "events": {name: _event(event, shared) for name, event in events.items()}}
    actions = {key: _action(document, key, action) for key, action in document["actions"].items()}
    return {**head, "actions": list(actions)}, actions


def _event(event: Document, shared: Mapping[str, Any]) -> Document:
    return {**event, "payload": definitions.bundled(event["payload"], shared)} if "payload" in event else event


def _action(document: Mapping[str, Any], key: str, action: Document) -> Document:
    defaults, shared = document.get("defaults", {}), document.get("schemas", {})
    effect = action.get("effect") or EFFECT_OF[action["request"].partition(" ")[0]]
    listed = effect == "read" and "items" in action
    kept = {name: value for name, value in defaults.items() if not name.startswith("x-") and (listed or name != "paginate")}
    whole = {"title": key.replace("-", " ").capitalize(), **kept, **action}
    whole |= {"connector": document["id"], "key": key, "effect": effect, "input": _input(action, shared, listed=listed)}
    if "errors" in action:
        whole["errors"] = {**defaults.get("errors", {}), **action["errors"]}
    if "output" in action:
        whole["output"] = definitions.bundled(action["output"], shared)
    if "variants" in action:
        whole["variants"] = {param: _added(values) for param, values in action["variants"].items()}
    intents = action.get("intents", {})
    whole["intents"] = {"": intents} if isinstance(intents, list) else intents
    return whole


def _added(values: Document) -> Document:
    """Return what each value of a parameter adds to the input; what it refers to is in the input's own definitions."""
    return {
        value: {**added, "properties": {name: definitions.rewritten(each) for name, each in added.get("properties", {}).items()}}
        for value, added in values.items()
    }


def _input(action: Document, shared: Mapping[str, Any], *, listed: bool) -> Document:
    variants = [added for values in action.get("variants", {}).values() for added in values.values()]
    given = action.get("input", {})
    if isinstance(reference := given.get("$ref"), str):
        # What takes nothing else must see its properties, and it sees those beside it alone.
        target = resolve({"$ref": reference}, {**shared, **given.get("$defs", {})})
        beside = {name: value for name, value in given.items() if name != "$ref"}
        properties = {**target.get("properties", {}), **given.get("properties", {})}
        required = [*target.get("required", ()), *given.get("required", ())]
        given = {**target, **beside, "properties": properties, "required": list(dict.fromkeys(required))}
    written = definitions.bundled(given, shared, *variants)
    if listed:
        written["properties"] = {**written.get("properties", {}), **_missing(written.get("properties", {}))}
    return {"type": "object", "properties": {}, "additionalProperties": False, **written}


_PAGING: Final[Mapping[str, Document]] = {
    "limit": {"type": "integer", "minimum": 1, "description": "The most rows wanted; one page by default."},
    "cursor": {"type": "string", "description": "Where to go on: next_cursor of an earlier answer."},
}
_FILE: Final[Mapping[str, Document]] = {
    "path": {"type": "string", "description": "Where the file was saved."},
    "type": {"type": "string", "description": "Its media type."},
    "size": {"type": "integer", "description": "Its length in bytes."},
    "sha256": {"type": "string", "description": "Its SHA-256 digest in hex."},
}
_ANYTHING: Final[Document] = {"type": "object", "description": "The app's answer as it came."}


def _missing(properties: Document) -> Document:
    return {name: schema for name, schema in _PAGING.items() if name not in properties}


def shown(action: Mapping[str, Any]) -> tuple[Document, Document]:
    """Return the input and the output schema of a complete action as a caller sees them; neither is ever empty."""
    if "file" in action:
        return action["input"], {"type": "object", "properties": dict(_FILE), "required": list(_FILE)}
    row = dict(action.get("output") or _ANYTHING)
    # Said in so many words: a client that takes objects alone looks for the word.
    if "type" not in row and "properties" in resolve(row, row.get("$defs", {})):
        row = {"type": "object", **row}
    if "items" in action and action["effect"] == "read":
        return action["input"], _listed(row)
    if "wait" in action:
        row["properties"] = {
            **row.get("properties", {}),
            "wait": {"type": "object", "description": "The last answer to how it stands."},
        }
    return action["input"], row


def _listed(row: Document) -> Document:
    properties = {
        "items": {"type": "array", "items": {key: value for key, value in row.items() if key != "$defs"}},
        "next_cursor": {"type": ["string", "null"], "description": "Pass it as cursor to go on; null after the last row."},
        "has_more": {"type": "boolean"},
        "total": {"type": ["integer", "null"], "description": "How many rows there are in all, where the app says."},
    }
    envelope = {"type": "object", "properties": properties, "required": list(properties)}
    return {**envelope, "$defs": row["$defs"]} if "$defs" in row else envelope


# Files of one connector.


@dataclass(frozen=True, slots=True)
class Merged(Source):
    """A connector out of several files; a problem is placed in the file that its action or schema is from."""

    parts: Mapping[str, Source] = field(default_factory=dict)

    def problem(self, message: str, path: str, rule: str) -> Problem:
        """Return the problem with its place, in the file it is in."""
        part = self.parts.get("/".join(path.split("/")[:3]))
        return (
            part.problem(message, path, rule)
            if part
            else Source(self.file, self.document, self.places).problem(message, path, rule)
        )


def merged(sources: Sequence[Source]) -> Source:
    """Return the connector that a main file and its groups of actions are together; InvalidConnector names every clash."""
    main, *groups = sources
    if not groups or not isinstance(main.document, dict):
        return main
    whole: Document = {kind: dict(_part(main, kind)) for kind in GROUPED if isinstance(main.document.get(kind, {}), dict)}
    parts = {pointer(f"/{kind}", key): main for kind in whole for key in whole[kind]}
    problems: list[Problem] = []
    for group in groups:
        problems += _strays(group)
        for kind in whole:
            for key, value in _part(group, kind).items():
                path = pointer(f"/{kind}", key)
                if path in parts:
                    first = parts[path].problem("", path, "")
                    said = f"{key!r} is there twice: {first.file}:{first.line} has it already"
                    problems.append(group.problem(said, path, "duplicate-id"))
                else:
                    parts[path], whole[kind][key] = group, value
    if problems:
        raise InvalidConnector(f"{main.file} and its groups do not fit together: {problems[0]}", tuple(problems))
    document = {**main.document, **{kind: entries for kind, entries in whole.items() if entries}}
    return Merged(main.file, document, main.places, parts)


GROUPED: Final = ("actions", "schemas")


def _part(source: Source, kind: str) -> Document:
    document = source.document
    found = document.get(kind) if isinstance(document, dict) else None
    return found if isinstance(found, dict) else {}


def _strays(group: Source) -> Iterator[Problem]:
    if not isinstance(group.document, dict):
        yield group.problem("a group of actions is a mapping with the keys actions and schemas", "", "format")
        return
    for key, value in group.document.items():
        if key not in GROUPED:
            yield group.problem(
                f"unknown key {key!r}: a group of actions has actions and schemas only", pointer("", key), "unknown-key"
            )
        elif not isinstance(value, dict):
            yield group.problem(f"{key} is a mapping", pointer("", key), "format")


# Fitting.


def problems(source: Source) -> tuple[Problem, ...]:
    """Return all that keeps a document from being a connector, in the order of the file."""
    found = list(misfits(source))
    if not isinstance(source.document, dict) or any(not problem.path.startswith("/actions/") for problem in found):
        return ordered(found)
    # What else could be said of an action that does not fit only repeats that; its name stands for it.
    unfit = {"/".join(problem.path.split("/")[:3]) for problem in found}
    actions = {key: _STAND_IN if path in unfit else action for path, key, action in actions_of(source)}
    document: Document = {**source.document, "actions": actions}
    sound = replace(source, document=document)
    return ordered([*found, *(problem for find in RULES.values() for problem in find(sound))])


def ordered(found: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return problems as they stand in their files, each once."""
    return tuple(sorted(dict.fromkeys(found), key=lambda each: (each.file, each.line, each.column, each.path, each.message)))


_STAND_IN: Final[Document] = {"description": "", "request": "GET /"}


def actions_of(source: Source) -> Iterator[tuple[str, str, Document]]:
    """Yield the JSON pointer, the key and the document of every action."""
    document: Any = source.document
    for key, action in document["actions"].items():
        yield pointer("/actions", key), key, action


def _request_lines(source: Source) -> Iterator[Problem]:
    document: Any = source.document
    lines = [(f"{path}/request", action["request"]) for path, _, action in actions_of(source) if "request" in action]
    for name, auth in document["connection"].get("auth", {}).items():
        if "request" in auth:
            lines.append((f"/connection/auth/{name}/request", auth["request"]))
    for path, line in lines:
        try:
            request_line(line)
        except ValueError as error:
            yield source.problem(str(error), path, "request-line")


# Where a path into an app's answer stands: as a value, in a list of them, or as a key.
_VALUES: Final = ("items", "result", "file/at", "file/name_at")
_VALUES_INHERITED: Final = ("errors/message", "errors/code", "errors/partial", "paginate/next", "paginate/more",
                            "paginate/total", "paginate/pages", "paginate/url")  # fmt: skip
_KEYS: Final = ("wait/until", "wait/fail", "reconcile/match", "errors/fail_when")


def _paths(source: Source) -> Iterator[Problem]:
    document: Any = source.document
    places = [(f"/connection/auth/{name}", auth) for name, auth in document["connection"].get("auth", {}).items()]
    found = [(f"{path}/token", auth["token"]) for path, auth in places if auth["type"] == "session"]
    found += [(pointer(f"{path}/capture", key), key) for path, auth in places for key in auth.get("capture", ())]
    for path, part in [("/defaults", document.get("defaults", {})), *((path, action) for path, _, action in actions_of(source))]:
        found += _paths_of(path, part)
    for path, word in found:
        try:
            steps(word)
        except ValueError as error:
            yield source.problem(str(error), path, "path-syntax")


def _paths_of(path: str, part: Document) -> Iterator[tuple[str, str]]:
    for place in (*_VALUES, *_VALUES_INHERITED):
        value = _within(part, place)
        for step, word in enumerate(several(value)):
            yield (f"{path}/{place}/{step}" if isinstance(value, list) else f"{path}/{place}"), word
    for place in _KEYS:
        yield from ((pointer(f"{path}/{place}", key), key) for key in _within(part, place) or ())
    for name, word in (_within(part, "wait/with") or {}).items():
        if isinstance(word, str) and "{" not in word:
            yield pointer(f"{path}/wait/with", name), word


def _within(part: Any, place: str) -> Any:
    for step in place.split("/"):
        part = part.get(step) if isinstance(part, dict) else None
    return part


def _schemas(source: Source) -> Iterator[Problem]:
    document: Any = source.document
    shared = document.get("schemas", {})
    for path, schema in _schemas_of(source):
        own = path.endswith(("/input", "/output"))
        besides = ("optional",) if path.startswith("/connection/") else ()
        for problem in definitions.problems(schema, shared, own=own, besides=besides):
            yield source.problem(problem.message, path + problem.path, problem.rule)


def _schemas_of(source: Source) -> Iterator[tuple[str, Document]]:
    document: Any = source.document
    yield from ((f"/connection/params/{name}", param) for name, param in document["connection"].get("params", {}).items())
    yield from ((f"/schemas/{name}", schema) for name, schema in document.get("schemas", {}).items())
    for name, event in document.get("webhooks", {}).get("events", {}).items():
        yield pointer("/webhooks/events", name) + "/payload", event.get("payload", {})
    for path, _, action in actions_of(source):
        yield from ((f"{path}/{key}", action[key]) for key in ("input", "output") if key in action)
        for param, values in action.get("variants", {}).items():
            yield from ((pointer(pointer(f"{path}/variants", param), value), added) for value, added in values.items())


def _unknown_actions(source: Source) -> Iterator[Problem]:
    document: Any = source.document
    named = [("/connection/check", document["connection"].get("check"))]
    named += [(f"/featured/{place}", key) for place, key in enumerate(document.get("featured", ()))]
    for path, _, action in actions_of(source):
        named += [(f"{path}/{place}", _within(action, place)) for place in READS]
    for path, key in named:
        if key is not None and key not in document["actions"]:
            near = get_close_matches(key, document["actions"], 1)
            said = f"no action {key!r} here" + (f"; did you mean {near[0]!r}?" if near else "")
            yield source.problem(said, path, "unknown-action")


READS: Final = ("wait/poll", "merge/from", "reconcile/action", "idempotency/on_conflict")
"""Where an action names another, which is a read."""


def _addresses(source: Source) -> Iterator[tuple[str, str]]:
    document: Any = source.document
    connection = document["connection"]
    yield "/connection/base_url", connection["base_url"]
    if "mcp" in connection:
        yield "/connection/mcp", connection["mcp"]
    yield from ((f"/connection/origins/{place}", origin) for place, origin in enumerate(connection.get("origins", ())))
    for name, auth in connection.get("auth", {}).items():
        if auth["type"] == "oauth2":
            yield from ((f"/connection/auth/{name}/{key}", auth[key]) for key in ENDPOINTS if key in auth)


ENDPOINTS: Final = ("authorize", "token", "device", "issuer")
"""Where the sign-in server of an OAuth way is asked; a path is on the origin that the connection leads to."""
_ADDRESS: Final = re.compile(r"https://([^/?#@\\\s]+)(/[^?#\\\s]*)?")
_PATH: Final = re.compile(r"/([^/?#\\\s][^?#\\\s]*)?")


def _insecure(source: Source) -> Iterator[Problem]:
    for path, address in _addresses(source):
        ours = path.startswith("/connection/auth/") or path == "/connection/mcp"
        if not (_ADDRESS.fullmatch(address) or (ours and _PATH.fullmatch(address))):
            said = f"{address!r} is no address of the form https://host/path, with no user, query or fragment"
            yield source.problem(said, path, "https")


def _open_hosts(source: Source) -> Iterator[Problem]:
    document: Any = source.document
    params = document["connection"].get("params", {})
    for _, address in _addresses(source):
        found = _ADDRESS.fullmatch(address)
        for name in names(found[1]) if found else ():
            if name in params and "enum" not in params[name] and params[name].get("pattern") != HOST_PART:
                said = f"{name!r} may lead the credential to any host: give it an enum, or the pattern {HOST_PART}"
                yield source.problem(said, f"/connection/params/{name}", "safe-host")


RULES: Final[Mapping[str, Callable[[Source], Iterator[Problem]]]] = {
    "request-line": _request_lines,
    "path-syntax": _paths,
    "schema": _schemas,
    "unknown-action": _unknown_actions,
    "https": _insecure,
    "safe-host": _open_hosts,
}
"""What the shape of a document cannot say, and without which it means nothing or is a danger."""
