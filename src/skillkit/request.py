"""A request and a response as values, and how an action and its input become a request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias
from unicodedata import normalize
from urllib.parse import quote, unquote_to_bytes

from skillkit.connector import MAX_BYTES, NOTHING, Access, Action, Errors, Rate
from skillkit.document import MISSING, Json, Missing, fill, names, parse, resolve, takes_rest, text
from skillkit.errors import InvalidConnector, InvalidInput, Problem, Upstream

# A value of a path that is longer is none; and no honest path has more forms, decoded and normalised.
LONGEST_SEGMENT: Final = 2000
MOST_FORMS: Final = 24
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


class Terms(NamedTuple):
    """What the proxy must know of an action: may it be sent again, how often, how fast, how long, how much, how does it fail."""

    repeatable: bool = False
    attempts: int = 3
    max_wait: float = 60.0
    rate: Rate | None = None
    timeout: float = 60.0
    max_bytes: int = MAX_BYTES
    # The answer is a file: whoever saves it reads it, piece by piece.
    streamed: bool = False
    # By which an answer says that the credential is no good, also inside a 200.
    errors: Errors = Errors()


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

    def __post_init__(self) -> None:
        # What is checked as a query must not hide in the path.
        if "?" in self.path or "#" in self.path:
            raise InvalidInput(f"{self.path[:200]!r} is no path: it has a query or a fragment in it")

    @property
    def url(self) -> str:
        """Return path and query, relative to the base URL."""
        return self.path + ("?" + "&".join(self.query) if self.query else "")


class Response(NamedTuple):
    """What came back: header names in lower case; the body whole, or in `chunks` when it is a file."""

    status: int
    headers: Mapping[str, str] = NOTHING
    content: bytes = b""
    chunks: Iterator[bytes] | None = None
    # An attempt before this one may have been carried out, although no answer said so.
    again: bool = False


Send: TypeAlias = Callable[[Request], Response]


def document(response: Response) -> Json:
    """Return the answer as a document; an empty one is an empty object, as after a delete."""
    if not response.content.strip():
        return {}
    try:
        return parse(response.content)
    except ValueError as error:
        kind = response.headers.get("content-type", "text of no named type").partition(";")[0][:80]
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
    values = {**params, **inputs}
    taken = _taken(action)
    rest = {name: value for name, value in inputs.items() if name not in taken}
    query = _listed(action, values)
    body: Json | Missing = MISSING
    if action.method in IN_QUERY and not takes_rest(action.body):
        query += [part for name, value in renamed(rest, action.names).items() for part in parts(name, value)]
        rest = {}
    if action.method not in IN_QUERY or action.body is not None:
        body = _body(action, _with_uploads(values, action, params), rest)
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
    try:
        return quote(text(value), safe="")
    except UnicodeEncodeError:
        raise InvalidInput(f"{value!r:.200} is no text: it has half a character in it") from None


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
        repeatable=repeatable(action),
        attempts=action.attempts,
        max_wait=action.max_wait,
        rate=action.rate,
        timeout=action.timeout,
        max_bytes=action.max_bytes,
        streamed=streamed,
        errors=action.errors,
    )


def _taken(action: Action) -> set[str]:
    """Return the inputs that have their place already."""
    taken = set(names(action.path)) | set(names(action.body))
    taken |= {name for _, template, _ in action.query for name in names(template)}
    if action.items and action.effect == "read":
        taken |= {"limit", "cursor"}
    if isinstance(action.accept, Mapping):
        taken.add("format")
    return taken


def _listed(action: Action, values: Mapping[str, Any]) -> list[str]:
    listed: list[str] = []
    for name, template, repeat in action.query:
        value = fill(template, values, {})
        if not isinstance(value, Missing):
            listed += parts(action.names.get(name, name), renamed(value, action.names), repeat=repeat)
    return listed


def parts(name: str, value: Json, *, repeat: bool = True) -> list[str]:
    """
    Return a query parameter as it stands on the wire.

    >>> parts("tag", ["a b", 1]), parts("tag", ["a b", 1], repeat=False)
    (['tag=a%20b', 'tag=1'], ['tag=a%20b,1'])
    """
    key = escaped(name)
    if value is None or value == []:
        return []
    if isinstance(value, list) and repeat:
        return [f"{key}={escaped(entry)}" for entry in value]
    if isinstance(value, list):
        # RFC 6570 without an asterisk: one parameter, its commas not escaped.
        return [f"{key}={','.join(escaped(entry) for entry in value)}"]
    return [f"{key}={escaped(value)}"]


def filled_path(template: str, values: Mapping[str, Any]) -> str:
    """Return the path with its places filled, each value escaped and still one segment."""
    for name in names(template):
        value = values.get(name)
        segment = "" if value is None else text(value)
        refusal = f"it has {len(segment):,} characters" if len(segment) > LONGEST_SEGMENT else misled(f"/{escaped(segment)}")
        # The credential goes wherever this path leads, so a value must stay one segment of it.
        if not segment.strip(". ") or refusal:
            problem = Problem(f"{segment[:200]!r} cannot be part of a path", f"/{name}", "path-value")
            said = refusal or "it would not stay one part of the path"
            hint = f"{name} is one part of the path, such as an id"
            raise InvalidInput(f"{name} cannot be {segment[:200]!r}: {said}", (problem,), hint=hint)
        template = template.replace(f"{{{name}}}", escaped(segment))
    return template


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def misled(path: str) -> str:
    """
    Return how `path` could lead a server astray, or nothing when it could not.

    A server may decode more often than it should, and normalise as well ("\N{TWO DOT LEADER}" becomes ".."), in any order: every
    form that it could arrive at has to be as harmless as the first.
    """
    waiting = [path]
    seen: set[str] = set()
    while waiting:
        form = waiting.pop()
        for plain in {form, normalize("NFKC", form)} - seen:
            seen.add(plain)
            if len(seen) > MOST_FORMS:
                return "it is encoded over and over"
            if refusal := _trick(plain):
                return refusal
            try:
                waiting.append(unquote_to_bytes(plain).decode("utf-8"))
            except UnicodeDecodeError:
                return "it encodes something that is not UTF-8"
    return ""


def _trick(path: str) -> str:
    if "\\" in path or _CONTROL.search(path):
        return "it hides a backslash or a control character"
    segments = path.split("/")
    if "" in segments[1:-1]:
        return "it has an empty part (//)"
    if any(segment.partition(";")[0] in {".", ".."} for segment in segments):
        return "it climbs (. or ..)"
    return ""


def _headers(action: Action, values: Mapping[str, Any]) -> dict[str, str]:
    accept = action.accept
    if isinstance(accept, Mapping):
        accept = accept.get(text(values.get("format", "")), "")
    return {"Accept": accept} if accept else {}


def _body(action: Action, values: Mapping[str, Any], rest: Mapping[str, Any]) -> Json | Missing:
    values = {name: renamed(value, action.names) for name, value in values.items()}
    inner = {action.names.get(name, name): values[name] for name in rest}
    lost = list(inner)[1:] if action.encoding == "raw" else list(inner)
    if lost and (action.encoding == "raw" if action.body is None else not takes_rest(action.body)):
        raise InvalidConnector(f"{action.id} has no place for {', '.join(lost)}", hint="its request or its body has to name them")
    if action.body is not None:
        return fill(action.body, values, inner)
    if not inner and not action.input.get("properties", {}).keys() - _taken(action):
        return MISSING
    if action.encoding == "raw":
        return next(iter(inner.values()), MISSING)
    return inner


def _with_uploads(values: Mapping[str, Any], action: Action, params: Mapping[str, Any]) -> dict[str, Any]:
    definitions = action.input.get("$defs", {})
    properties = dict(action.input.get("properties", {}))
    for param, options in action.variants.items():
        properties |= options.get(str(params.get(param)), {}).get("properties", {})
    return {name: _uploads(value, properties.get(name), definitions) for name, value in values.items()}


def _uploads(value: Any, schema: Any, definitions: Mapping[str, Any]) -> Any:
    """Return `value` with an Upload wherever the schema says that a path of a file stands."""
    schema = resolve(schema, definitions)
    if isinstance(value, str) and schema.get("format") == "file":
        return Upload(
            value,
            schema.get("contentMediaType", ""),
            schema.get("x-max-bytes", 0),
            base64=schema.get("contentEncoding") == "base64",
        )
    for branch in (branch for key in ("allOf", "anyOf", "oneOf") for branch in schema.get(key, ())):
        value = _uploads(value, branch, definitions)
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        return {key: _uploads(entry, known.get(key, others), definitions) for key, entry in value.items()}
    if isinstance(value, list):
        return [_uploads(entry, schema.get("items"), definitions) for entry in value]
    return value
