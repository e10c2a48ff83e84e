"""What an app is called, how it signs in, what it can do: frozen values, made from a document that fits the format."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeAlias
from urllib.parse import unquote

from skillkit.document import Json

Object: TypeAlias = Mapping[str, Any]
Effect: TypeAlias = Literal["read", "create", "update", "delete", "send"]

# What a mapping is when nothing is said; a default is shared, so nobody may write to it.
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

EFFECT_OF: Final[Mapping[str, Effect]] = {
    "GET": "read",
    "HEAD": "read",
    "POST": "create",
    "PUT": "update",
    "PATCH": "update",
    "DELETE": "delete",
}
# Nobody can take these back, so somebody has to say yes.
IRREVERSIBLE: Final = frozenset({"delete", "send"})
MAX_BYTES: Final = 25_000_000


class Param(NamedTuple):
    """Something not secret that a connection is asked for once."""

    name: str
    schema: Object
    required: bool


class Auth(NamedTuple):
    """One way to sign in; `settings` is the document it was written as."""

    name: str
    type: str
    settings: Object


class Access(NamedTuple):
    """How an app is reached, and how one signs in: all that the proxy reads of a connector."""

    base_url: str
    params: tuple[Param, ...] = ()
    auth: tuple[Auth, ...] = ()
    headers: Mapping[str, str] = NOTHING
    allow_headers: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    check: str = ""
    mcp: str = ""


class Connector(NamedTuple):
    """An app: its names, and how it is reached. Its actions are loaded one at a time."""

    id: str
    version: str
    name: str
    access: Access
    about: str = ""
    docs: str = ""
    tags: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()


class Paging(NamedTuple):
    """How the next page is asked for: `style` is one of the rows of `paging.STYLES`, `by` the name or path it goes by."""

    style: str
    by: str
    size: str = ""
    max: int = 0
    first: int = 0
    next: str = ""
    more: str = ""
    total: str = ""
    pages: str = ""


class Rule(NamedTuple):
    """Which kind of error an app's answer is, by its status or its own code."""

    kind: str
    statuses: tuple[int, ...] = ()
    codes: tuple[str, ...] = ()
    hint: str = ""


class Errors(NamedTuple):
    """Where an app says what went wrong."""

    message: tuple[str, ...] = ()
    code: str = ""
    fail_when: Object = NOTHING
    rules: tuple[Rule, ...] = ()
    partial: str = ""


class Rate(NamedTuple):
    """How many calls an app allows, and the headers in which it says what is left."""

    calls: float
    seconds: float
    remaining: str = ""
    reset: str = ""


class Wait(NamedTuple):
    """Another action, asked again until a field of its answer has a value."""

    poll: str
    inputs: Object
    until: Object
    fail: Object
    every: float
    max_every: float
    timeout: float


class File(NamedTuple):
    """Where an answer's bytes are, and what the file is called."""

    name: str = ""
    type: str = ""
    at: str = ""
    name_at: str = ""


class Reading(NamedTuple):
    """Another action that is read first (merge) or afterwards (reconcile), and with which inputs."""

    action: str
    inputs: Object
    drop: tuple[str, ...] = ()
    match: Mapping[str, str] = NOTHING


class Action(NamedTuple):
    """One thing an app can do, with all that its connector's defaults say."""

    connector: str
    key: str
    title: str
    description: str
    method: str
    path: str
    effect: Effect
    # Wire name, template, and whether an array repeats the name.
    query: tuple[tuple[str, str, bool], ...] = ()
    input: Object = NOTHING
    variants: Mapping[str, Mapping[str, Object]] = NOTHING
    output: Object = NOTHING
    body: Json = None
    encoding: str = "json"
    items: tuple[str, ...] = ()
    result: tuple[str, ...] = ()
    paging: Paging | None = None
    errors: Errors = Errors()
    attempts: int = 3
    max_wait: float = 60.0
    rate: Rate | None = None
    timeout: float = 60.0
    max_bytes: int = MAX_BYTES
    idempotency: Object = NOTHING
    wait: Wait | None = None
    file: File | None = None
    merge: Reading | None = None
    reconcile: Reading | None = None
    accept: str | Mapping[str, str] = ""
    since: str = ""
    names: Mapping[str, str] = NOTHING
    deprecated: str = ""

    @property
    def id(self) -> str:
        """Return the name that is unique among all connectors."""
        return f"{self.connector}/{self.key}"


# Small words of the format.

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PERIODS: Final = {"s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0, "hour": 3600.0, "day": 86400.0}


def seconds(duration: str | float) -> float:
    """
    Return a duration in seconds; a bare number is seconds.

    >>> seconds("5m"), seconds("250ms")
    (300.0, 0.25)
    """
    if not isinstance(duration, str):
        return float(duration)
    number = duration.rstrip("mhs")
    return float(number) * _SECONDS[duration[len(number) :]]


def rate(document: Object) -> Rate:
    """
    Return the rate that `120/min` and the names of two headers say.

    >>> rate({"limit": "120/min"}).seconds
    60.0
    """
    calls, _, period = document["limit"].partition("/")
    return Rate(float(calls), _PERIODS[period], document.get("remaining", ""), document.get("reset", ""))


def several(value: Any) -> tuple[Any, ...]:
    """Return a value that may be written alone or as a list, as a tuple."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)


# The request line.

_NAME = r"[A-Za-z_]\w*"
_GROUP = re.compile(rf"\{{[?&]({_NAME}\*?(?:,\s*{_NAME}\*?)*)\}}")
_LINE = re.compile(
    rf"(?P<method>[A-Z]+) (?P<path>/[^\s?{{}}]*(?:\{{{_NAME}\}}[^\s?{{}}]*)*)"
    rf"(?P<query>(?:\?[^\s{{}}]+(?:\{{{_NAME}\}}[^\s{{}}]*)*)?(?:{_GROUP.pattern})*)"
)


class RequestLine(NamedTuple):
    """`GET /things/{id}?fixed=1{?a,b*}` taken apart."""

    method: str
    path: str
    query: tuple[tuple[str, str, bool], ...]


def request_line(line: str) -> RequestLine:
    """
    Return the request line taken apart; ValueError when it is none.

    >>> request_line("GET /things/{id}?per_page={limit}{?tags*}").query
    (('per_page', '{limit}', False), ('tags', '{tags}', True))
    """
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"{line!r} is not a request line: write GET /things/{{id}}{{?page,tags*}}")
    query = found["query"]
    literal = _GROUP.sub("", query).removeprefix("?")
    pairs = [pair.partition("=") for pair in literal.split("&") if pair]
    # It is escaped when it goes out, so here it stands as it is meant.
    fixed = [(unquote(name), unquote(value), False) for name, _, value in pairs]
    listed = [name.strip() for group in _GROUP.findall(query) for name in group.split(",")]
    named = [(name.rstrip("*"), f"{{{name.rstrip('*')}}}", name.endswith("*")) for name in listed]
    return RequestLine(found["method"], found["path"], (*fixed, *named))


# A document as values.


def connector(document: Object) -> Connector:
    """Return the connector that a document of the format describes."""
    return Connector(
        id=document["id"],
        version=document["version"],
        name=document["name"],
        access=access(document["connection"]),
        about=document.get("about", ""),
        docs=document.get("docs", ""),
        tags=tuple(document.get("tags", ())),
        unsupported=tuple(document.get("unsupported", ())),
        actions=tuple(document.get("actions", ())),
    )


def access(document: Object) -> Access:
    """Return how the app is reached."""
    return Access(
        base_url=document["base_url"].rstrip("/"),
        params=tuple(_param(name, param) for name, param in document.get("params", {}).items()),
        auth=tuple(Auth(name, auth["type"], auth) for name, auth in document.get("auth", {}).items()),
        headers=document.get("headers", {}),
        allow_headers=tuple(document.get("allow_headers", ())),
        origins=tuple(document.get("origins", ())),
        domains=tuple(document.get("domains", ())),
        check=document.get("check", ""),
        mcp=document.get("mcp", ""),
    )


def _param(name: str, document: Object) -> Param:
    return Param(name, document, not document.get("optional", False) and "default" not in document)


def action(document: Object) -> Action:
    """Return the action that a complete document (see `format.complete`) describes."""
    line = request_line(document["request"])
    retry = document.get("retry", {})
    wait, file, paginate = document.get("wait"), document.get("file"), document.get("paginate")
    merge, reconcile = document.get("merge"), document.get("reconcile")
    return Action(
        connector=document["connector"],
        key=document["key"],
        title=document["title"],
        description=document["description"],
        method=line.method,
        path=line.path,
        query=line.query,
        effect=document["effect"],
        input=document["input"],
        variants=document.get("variants", {}),
        output=document.get("output", {}),
        body=document.get("body"),
        encoding=document.get("encoding", "json"),
        items=several(document.get("items")),
        result=several(document.get("result")),
        paging=paging(paginate) if paginate else None,
        errors=errors(document.get("errors", {})),
        attempts=retry.get("max", 3),
        max_wait=seconds(retry.get("max_wait", "60s")),
        rate=rate(document["rate"]) if "rate" in document else None,
        timeout=seconds(document.get("timeout", "60s")),
        max_bytes=document.get("max_bytes", MAX_BYTES),
        idempotency=document.get("idempotency", {}),
        wait=_wait(wait) if wait else None,
        file=File(file.get("name", ""), file.get("type", ""), file.get("at", ""), file.get("name_at", "")) if file else None,
        merge=Reading(merge["from"], merge.get("with", {}), tuple(merge.get("drop", ()))) if merge else None,
        reconcile=Reading(reconcile["action"], reconcile.get("with", {}), match=reconcile["match"]) if reconcile else None,
        accept=document.get("accept", ""),
        since=document.get("since", ""),
        names=document.get("names", {}),
        deprecated=document.get("deprecated", ""),
    )


def paging(document: Object) -> Paging:
    """Return the paging; the key that names its style holds what it goes by."""
    style = next(style for style in ("offset", "page", "cursor", "link", "url") if style in document)
    return Paging(
        style=style,
        by=document[style],
        size=document.get("size", ""),
        max=document.get("max", 0),
        first=document.get("first", 1 if style == "page" else 0),
        next=document.get("next", ""),
        more=document.get("more", ""),
        total=document.get("total", ""),
        pages=document.get("pages", ""),
    )


def errors(document: Object) -> Errors:
    """Return where errors stand and what they mean."""
    return Errors(
        message=several(document.get("message")),
        code=document.get("code", ""),
        fail_when=document.get("fail_when", {}),
        rules=tuple(
            Rule(rule["kind"], several(rule.get("status")), tuple(map(str, several(rule.get("code")))), rule.get("hint", ""))
            for rule in document.get("rules", ())
        ),
        partial=document.get("partial", ""),
    )


def _wait(document: Object) -> Wait:
    return Wait(
        poll=document["poll"],
        inputs=document.get("with", {}),
        until=document["until"],
        fail=document.get("fail", {}),
        every=seconds(document.get("every", "2s")),
        max_every=seconds(document.get("max_every", "30s")),
        timeout=seconds(document.get("timeout", "5m")),
    )
