"""A request and a response as values, and how an action and its input become a request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import quote, unquote

from skillkit.connector import MAX_BYTES, Access, Action, Rate
from skillkit.document import MISSING, Json, Missing, fill, names, parse, resolve, text
from skillkit.errors import InvalidInput, Problem, Upstream

IN_QUERY: Final = frozenset({"GET", "HEAD", "DELETE"})
MEDIA: Final[Mapping[str, str]] = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data",
    "raw": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of the caller's, by its path; its bytes are read when they go out."""

    path: str
    type: str = ""
    limit: int = 0
    base64: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What the proxy must know of an action: whether it may be sent again, how often, how fast, how long, how much."""

    repeatable: bool = False
    attempts: int = 3
    max_wait: float = 60.0
    rate: Rate | None = None
    timeout: float = 60.0
    max_bytes: int = MAX_BYTES
    # The answer is a file: whoever saves it reads it, piece by piece.
    streamed: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A request that has not met a network, a base URL or a secret yet."""

    method: str
    path: str
    # Each part as it stands on the wire, `name=value`, escaped.
    query: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    # A document, with an Upload where a file belongs; MISSING when there is no body.
    body: Any = MISSING
    encoding: str = "json"
    terms: Terms = field(default_factory=Terms)

    @property
    def url(self) -> str:
        """Return path and query, relative to the base URL."""
        return self.path + ("?" + "&".join(self.query) if self.query else "")


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: header names in lower case; the body whole, or in `chunks` when it is a file."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    chunks: Iterator[bytes] | None = None


Send: TypeAlias = Callable[[Request], Response]


def document(response: Response) -> Json:
    """Return the answer as a document; an empty one is an empty object, as after a delete."""
    if not response.content.strip():
        return {}
    try:
        return parse(response.content)
    except ValueError as error:
        kind = response.headers.get("content-type", "text of no named type").partition(";")[0]
        raise Upstream(
            f"the answer is no JSON but {kind}: {error}",
            status=response.status,
            hint="skillkit run show ID has the answer as it came",
        ) from None


def build(action: Action, inputs: Mapping[str, Any], params: Mapping[str, Any], page: tuple[str, ...] = ()) -> Request:
    """
    Return the request that `action` makes of `inputs`.

    Every input goes to one place: where the request line or the body names it, else to the query or the body, as the
    method says. `page` is what `paging` adds to the query.
    """
    values = {**params, **_with_uploads(inputs, action.input)}
    taken = _taken(action)
    rest = {name: value for name, value in values.items() if name in inputs and name not in taken}
    query = _listed(action, values)
    body: Json | Missing = MISSING
    if action.method in IN_QUERY and action.body is None:
        query += [part for name, value in rest.items() for part in parts(_wire(action, name), value)]
    else:
        body = _body(action, values, rest, taken)
    return Request(
        method=action.method,
        path=filled_path(action.path, values),
        query=(*query, *page),
        headers=_headers(action, values),
        body=body,
        encoding=action.encoding,
        terms=_terms(action),
    )


def escaped(value: Json) -> str:
    """Return a value with everything escaped that could mean something in a URL."""
    return quote(text(value), safe="")


def header_values(access: Access, params: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers that the connection sends with every request."""
    filled = {name: fill(template, params, {}) for name, template in access.headers.items()}
    return {name: text(value) for name, value in filled.items() if not isinstance(value, Missing)}


def renamed(value: Any, table: Mapping[str, str]) -> Any:
    """
    Return `value` with its keys renamed at any depth.

    >>> renamed([{"billed?": True, "id": 1}], {"billed?": "billed"})
    [{'billed': True, 'id': 1}]
    """
    if not table:
        return value
    if isinstance(value, dict):
        return {table.get(key, key): renamed(entry, table) for key, entry in value.items()}
    if isinstance(value, list):
        return [renamed(entry, table) for entry in value]
    return value


def repeatable(action: Action) -> bool:
    """Return whether sending it twice does what sending it once does."""
    return action.effect in {"read", "update", "delete"} or "header" in action.idempotency


def _terms(action: Action) -> Terms:
    streamed = action.file is not None and not action.file.at
    return Terms(
        repeatable(action), action.attempts, action.max_wait, action.rate, action.timeout, action.max_bytes, streamed
    )


def _taken(action: Action) -> set[str]:
    """Return the inputs that have their place already."""
    taken = set(names(action.path)) | set(names(action.body))
    taken |= {name for _, template, _ in action.query for name in names(template)}
    if action.items:
        taken |= {"limit", "cursor"}
    if isinstance(action.accept, Mapping):
        taken.add("format")
    return taken


def _wire(action: Action, name: str) -> str:
    return action.names.get(name, name)


def _listed(action: Action, values: Mapping[str, Any]) -> list[str]:
    listed: list[str] = []
    for name, template, repeat in action.query:
        value = fill(template, values, {})
        if not isinstance(value, Missing) and value is not None:
            listed += parts(_wire(action, name), value, repeat=repeat)
    return listed


def parts(name: str, value: Json, *, repeat: bool = True) -> list[str]:
    """
    Return a query parameter as it stands on the wire.

    >>> parts("tag", ["a b", 1]), parts("tag", ["a b", 1], repeat=False)
    (['tag=a%20b', 'tag=1'], ['tag=a%20b,1'])
    """
    key = quote(name, safe="")
    if value is None:
        return []
    if isinstance(value, list) and repeat:
        return [f"{key}={escaped(entry)}" for entry in value]
    if isinstance(value, list):
        # RFC 6570 without an asterisk: one parameter, its commas not escaped.
        return [f"{key}={','.join(escaped(entry) for entry in value)}"]
    return [f"{key}={escaped(value)}"]


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def filled_path(template: str, values: Mapping[str, Any]) -> str:
    """Return the path with its places filled, each value escaped and still one segment."""
    for name in names(template):
        value = values.get(name)
        segment = "" if value is None else text(value)
        plain = segment
        while (decoded := unquote(plain)) != plain:
            plain = decoded
        # The credential goes wherever this path leads, so a value must stay one segment of it.
        if not segment or plain.strip(". ") == "" or _CONTROL.search(plain) or "\\" in plain:
            problem = Problem(f"{segment!r} cannot be part of a path", f"/{name}", "path-value")
            raise InvalidInput(f"{name} cannot be {segment!r}: it would not stay one part of the path", (problem,))
        template = template.replace(f"{{{name}}}", quote(segment, safe=""))
    return template


def _headers(action: Action, values: Mapping[str, Any]) -> dict[str, str]:
    accept = action.accept
    if isinstance(accept, Mapping):
        accept = accept.get(text(values.get("format", "")), "")
    return {"Accept": accept} if accept else {}


def _body(action: Action, values: Mapping[str, Any], rest: Mapping[str, Any], taken: set[str]) -> Json | Missing:
    inner = {_wire(action, name): renamed(value, action.names) for name, value in rest.items()}
    if action.body is not None:
        return fill(action.body, {name: renamed(value, action.names) for name, value in values.items()}, inner)
    declared = action.input.get("properties", {}).keys() - taken
    if not declared and not inner:
        return MISSING
    if action.encoding == "raw":
        return next(iter(inner.values()), MISSING)
    return inner


def _with_uploads(inputs: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    definitions = schema.get("$defs", {})
    properties = schema.get("properties", {})
    return {name: _uploads(value, properties.get(name, {}), definitions) for name, value in inputs.items()}


def _uploads(value: Any, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    """Return `value` with an Upload wherever the schema says that a path of a file stands."""
    schema = resolve(schema, definitions)
    if isinstance(value, str) and schema.get("format") == "file":
        return Upload(
            value,
            schema.get("contentMediaType", ""),
            schema.get("x-max-bytes", 0),
            base64=schema.get("contentEncoding") == "base64",
        )
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        return {key: _uploads(entry, properties.get(key, {}), definitions) for key, entry in value.items()}
    if isinstance(value, list):
        return [_uploads(entry, schema.get("items", {}), definitions) for entry in value]
    return value
