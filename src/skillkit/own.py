"""A user's own actions: kept beside their connectors in the home folder; they add, and change nothing that is shipped."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import quote

from skillkit import home
from skillkit.compile import ENDING, beside
from skillkit.connector import request_line
from skillkit.document import names, takes_rest
from skillkit.errors import Conflict, InvalidConnector, InvalidInput, Problem, Usage
from skillkit.request import IN_QUERY, misled
from skillkit.source import read
from skillkit.workspace import Workspace

TYPE: Final = "api-request-to-external-app"
# What each part of a description of an action, as other tools have it, is called in a connector file.
TEXTS: Final[Mapping[str, str]] = {"name": "title", "description": "description", "effect": "effect", "outputSchema": "output"}
SAID: Final = frozenset({*TEXTS, "key", "type", "config", "inputSchema"})
ASKED: Final = frozenset({"method", "path", "pathParameters", "query", "body", "headers"})
EXAMPLE: Final = 'write {"request": {"method": "GET", "path": "/things/{id}"}}'
_KEY: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# These would stand for something else in a file that is read as YAML, or are refused in one.
_ESCAPED: Final = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def create(workspace: Workspace, connector: str, key: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Add an action, and return what a list says of it."""
    connector = workspace.catalog.known(connector)
    if os.path.lexists(_path(workspace, connector, key)):
        raise Conflict(
            f"there is an action {connector}/{key} of your own already", hint=f"skillkit action update {connector}/{key}"
        )
    return _kept(workspace, connector, key, _written(workspace, connector, key, said, {}))


def update(workspace: Workspace, connector: str, key: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Change what is said of an own action, and leave the rest of it."""
    path = _existing(workspace, connector, key)
    former: Any = read(home.read_whole(path), path).document
    action = former.get("actions", {}).get(key) if isinstance(former, dict) else None
    if not isinstance(action, dict) or "request" not in action:
        raise InvalidConnector(f"{path} holds no action {key!r} to change", hint=f"skillkit action replace {connector}/{key}")
    return _kept(workspace, connector, key, _written(workspace, connector, key, said, former))


def replace(workspace: Workspace, connector: str, key: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Put another action in the place of an own one."""
    _existing(workspace, connector, key)
    return _kept(workspace, connector, key, _written(workspace, connector, key, said, {}))


def delete(workspace: Workspace, connector: str, key: str) -> dict[str, Any]:
    """Forget an own action."""
    path = _existing(workspace, connector, key)
    try:
        os.unlink(path)
    except FileNotFoundError:
        # Another command was faster, and it is gone all the same.
        pass
    except OSError as error:
        raise home.unusable(path, error) from error
    with suppress(OSError):
        os.rmdir(os.path.dirname(path))
    workspace.catalog.close()
    return {"id": f"{connector}/{key}", "key": key, "connectorKey": connector, "deleted": True}


def meant(workspace: Workspace, action: str, connection: str = "") -> tuple[str, str]:
    """Return the connector and the key of an action that is meant; of an own one, also where its connector is gone."""
    named, _, key = action.rpartition("/")
    if (
        _KEY.fullmatch(named)
        and _KEY.fullmatch(key)
        and os.path.lexists(os.path.join(workspace.catalog.own, named, key + ENDING))
    ):
        return named, key
    return workspace.owner(action, connection)


def _path(workspace: Workspace, connector: str, key: str) -> str:
    if not _KEY.fullmatch(key):
        said = "small letters, digits and single hyphens, beginning with a letter"
        raise InvalidInput(
            f"{key[:60]!r} cannot be the key of an action", (Problem(said, "/key", "own-key"),), hint="such as list-things"
        )
    return os.path.join(workspace.catalog.own, connector, key + ENDING)


def _existing(workspace: Workspace, connector: str, key: str) -> str:
    path = _path(workspace, connector, key) if _KEY.fullmatch(key) else ""
    if path and os.path.lexists(path):
        return path
    # Whoever misspells it is told what is near.
    shipped = workspace.catalog.document(connector, key)["key"]
    raise Usage(
        f"{connector}/{shipped} comes with its connector, and is the same for everybody: it is not changed or deleted here",
        hint=f"skillkit action create --key ANOTHER --connectorKey {connector} --config JSON adds one of your own beside it",
    )


def _kept(workspace: Workspace, connector: str, key: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """Write an own action down, unless it is none, and return what a list says of it."""
    content = text_of(document).encode()
    path = _path(workspace, connector, key)
    try:
        beside(workspace.catalog.folder(connector), path, content)
    except InvalidConnector as error:
        # Nothing is wrong with the connector: this was typed.
        raise InvalidInput(f"{connector}/{key} {error.message}", error.problems, hint=error.hint) from None
    for folder in (workspace.home, workspace.catalog.own, os.path.dirname(path)):
        home.prepare(folder)
    home.write_whole(path, content)
    workspace.catalog.close()
    return workspace.catalog.row(connector, key)


def text_of(document: Mapping[str, Any]) -> str:
    r"""
    Return the text of a file that says `document`: JSON, which is YAML where nothing in it means more there.

    >>> print(text_of({"a": "x\u2028"}))
    {
      "a": "x\u2028"
    }
    <BLANKLINE>
    """
    written = json.dumps(document, ensure_ascii=False, indent=2)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", written) + "\n"


# From a description as other tools have it to an action of the format.


def _written(
    workspace: Workspace, connector: str, key: str, said: Mapping[str, Any], former: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the file of an own action: what is said of it, over what `former` says."""
    _check(said, key)
    params = {param.name for param in workspace.catalog.connector(connector).access.params}
    before = former.get("actions", {}).get(key, {})
    if not before and "config" not in said:
        raise InvalidInput(f"{key} has no request", (Problem("config is missing", "/config", "required"),), hint=EXAMPLE)
    asked = {name: before[name] for name in ("request", "body", "accept", "encoding") if name in before}
    asked = _asked(said["config"]) if "config" in said else asked
    kept = {name: value for name, value in before.items() if name not in {"request", "body", "accept", "encoding", "input"}}
    action = {
        **kept,
        **{TEXTS[name]: value for name, value in said.items() if name in TEXTS and value not in ("", None)},
        **asked,
    }
    action.setdefault("description", f"{action.get('title') or asked['request']}.")
    given = said["inputSchema"] if said.get("inputSchema") else _inherited(before, asked)
    action |= {"input": taken} if (taken := _taken(given, asked, params)) else {}
    return {**former, "actions": {key: action}}


def _check(said: Mapping[str, Any], key: str) -> None:
    if strange := [name for name in said if name not in SAID]:
        raise _misfit(f"{strange[0]!r} is nothing that an action has", f"/{strange[0]}", f"known are {', '.join(sorted(SAID))}")
    if said.get("key", key) != key:
        raise _misfit(f"{key} keeps its key", "/key", "create another action, and delete this one")
    check_type(said.get("type", TYPE))


def check_type(word: Any) -> None:
    """Refuse an action that is anything but a request."""
    if word == TYPE:
        return
    if word in {"run-javascript", "run-code"}:
        raise Usage(f"{word!r} is not possible: no code from an agent is run here", hint=f"--type {TYPE} sends a request")
    raise Usage(f"{str(word)[:60]!r} is no type of action that can be made here", hint=f"--type {TYPE}")


def _misfit(message: str, path: str, hint: str = EXAMPLE) -> InvalidInput:
    return InvalidInput(message, (Problem(message, path, "own-action"),), hint=hint)


def _asked(config: Any) -> dict[str, Any]:
    """Return the request line of an action, and what goes with it."""
    request = config.get("request") if isinstance(config, dict) else None
    if not isinstance(request, dict) or list(config) != ["request"]:
        raise _misfit("a config has one part, its request", "/config")
    if strange := [name for name in request if name not in ASKED]:
        known = f"known are {', '.join(sorted(ASKED))}"
        raise _misfit(f"{strange[0]!r} is nothing that a request has", f"/config/request/{strange[0]}", known)
    request = _templates(request, "/config/request")
    method, path = request.get("method", "GET"), request.get("path")
    if not isinstance(method, str) or not isinstance(path, str):
        raise _misfit("method and path are texts", "/config/request")
    plain, _, tail = path.partition("?")
    plain = _filled(plain, request.get("pathParameters") or {})
    if not plain.startswith("/") or "#" in path or (refusal := misled(plain)):
        said = refusal if plain.startswith("/") and "#" not in path else "it begins with a slash, and has no fragment"
        raise _misfit(f"{path[:200]!r} is no path below the app's address: {said}", "/config/request/path")
    line = f"{method.upper()} {plain}{_query(tail, request.get('query') or {})}"
    try:
        request_line(line)
    except ValueError as error:
        raise _misfit(str(error), "/config/request") from None
    body = {"body": request["body"]} if request.get("body") is not None else {}
    return {"request": line, **body, **_headers(request.get("headers") or {})}


def _templates(value: Any, path: str) -> Any:
    """Return a value with what other tools write for an input as it is written here: `{"$var": "$.input.id"}` is `{id}`."""
    if isinstance(value, list):
        return [_templates(each, path) for each in value]
    if not isinstance(value, dict):
        return value
    if "$var" not in value:
        return {name: _templates(each, f"{path}/{name}") for name, each in value.items()}
    named = re.fullmatch(r"\$\.input(?:\.([A-Za-z_]\w*))?", str(value["$var"]))
    if len(value) != 1 or not named:
        raise _misfit(f"{json.dumps(value)[:80]} is no input", path, 'write "{name}", or {"$var": "$.input.name"}')
    return f"{{{named[1]}}}" if named[1] else "{...}"


def _filled(path: str, given: Any) -> str:
    if not isinstance(given, dict):
        raise _misfit("pathParameters has values by name", "/config/request/pathParameters")
    return re.sub(r"\{(\w+)\}", lambda place: _word(given[place[1]]) if place[1] in given else place[0], path)


def _query(tail: str, query: Any) -> str:
    """Return the query of a request line: what is fixed or called otherwise than its input first, then the inputs by name."""
    if not isinstance(query, dict):
        raise _misfit("query has values by name", "/config/request/query")
    fixed = [tail] if tail else []
    same = [name for name, value in query.items() if value == f"{{{name}}}"]
    for name, value in query.items():
        if isinstance(value, dict):
            raise _misfit(f"{name!r} cannot be an object in a query", f"/config/request/query/{name}")
        if name not in same and value is not None:
            fixed += [f"{quote(name, safe='')}={_word(each)}" for each in (value if isinstance(value, list) else [value])]
    return ("?" + "&".join(fixed) if fixed else "") + (f"{{?{','.join(f'{name}*' for name in same)}}}" if same else "")


def _word(value: Any) -> str:
    """Return a fixed value as it stands in a request line; the places of inputs in it stay open."""
    text = value if isinstance(value, str) else json.dumps(value)
    return "".join(
        part if number % 2 else quote(part, safe="") for number, part in enumerate(re.split(r"(\{[A-Za-z_]\w*\})", text))
    )


def _headers(headers: Any) -> dict[str, Any]:
    """Return what the two headers that an action has a say in mean; the rest is the connection's."""
    if not isinstance(headers, dict):
        raise _misfit("headers has values by name", "/config/request/headers")
    told: dict[str, Any] = {}
    for name, value in headers.items():
        kind = str(value).partition(";")[0].strip().lower()
        if name.lower() == "accept":
            told["accept"] = value
        elif name.lower() == "content-type" and kind in ENCODINGS:
            told["encoding"] = ENCODINGS[kind]
        else:
            hint = "leave it out; skillkit request CONNECTION PATH -H 'NAME: VALUE' sends one where the app allows it"
            raise _misfit(f"an action has no header {name[:60]!r} of its own", "/config/request/headers", hint)
    return told


ENCODINGS: Final[Mapping[str, str]] = {
    "application/json": "json",
    "application/x-www-form-urlencoded": "form",
    "multipart/form-data": "multipart",
}


# The inputs.


def _places(asked: Mapping[str, Any]) -> list[str]:
    """Return the names that a request has a place for."""
    line = request_line(asked["request"])
    found = [*names(line.path), *(name for _, template, _ in line.query for name in names(template)), *names(asked.get("body"))]
    return list(dict.fromkeys(found))


def _inherited(before: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of an action as it was, without those whose place in the request is gone."""
    given = before.get("input") or {}
    gone = set(_places(before)) - set(_places(asked)) if before else set()
    properties = {name: schema for name, schema in given.get("properties", {}).items() if name not in gone}
    required = [name for name in given.get("required", ()) if name not in gone]
    return {**given, "properties": properties, "required": required} if given else {}


def _taken(given: Any, asked: Mapping[str, Any], params: set[str]) -> dict[str, Any]:
    """Return the schema of the inputs: what is given, with what the request names and nobody has described."""
    if not isinstance(given, dict) or not isinstance(given.get("properties", {}), dict):
        raise _misfit("inputSchema is a JSON Schema of an object", "/inputSchema", '{"properties": {"id": {"type": "string"}}}')
    line = request_line(asked["request"])
    described: dict[str, Any] = given.get("properties", {})
    places = [name for name in _places(asked) if name not in params or name in described]
    lost = [name for name in described if name not in places]
    if lost and line.method not in IN_QUERY and "body" in asked and not takes_rest(asked["body"]):
        raise _misfit(
            f"{lost[0]!r} is nowhere in the request", f"/inputSchema/properties/{lost[0]}", 'name it in the body as "{name}"'
        )
    properties = {**{name: schema for name, schema in _described(line.path, places) if name not in described}, **described}
    needed = [name for name in names(line.path) if name in properties]
    required = list(dict.fromkeys([*given.get("required", ()), *needed]))
    return {**given, "properties": properties, **({"required": required} if required else {})} if properties else {}


def _described(path: str, places: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    in_path = set(names(path))
    for name in places:
        kind = {"type": ["string", "integer"]} if name in in_path else {}
        yield name, {**kind, "description": f"What the app calls {name}."}
