"""Where a request may go, and what a caller may put on it: every rule is about the credential that travels with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from unicodedata import normalize
from urllib.parse import unquote, urlsplit

from skillkit.connector import Access, Param
from skillkit.document import names, text
from skillkit.errors import InvalidInput, Problem
from skillkit.request import filled_path, misled

LONGEST_URL: Final = 8192
LONGEST_VALUE: Final = 8000
HOST_PART: Final = r"[a-z0-9](-?[a-z0-9])*"
LONGEST_HOST_PART: Final = 63

LAST_PORT: Final = 65535
STANDARD: Final = {"http": 80, "https": 443}
# A name is decoded as often as any server would, and once more.
MOST_DECODED: Final = 4

_BASE = re.compile(r"(https?)://([\w-]+(?:\.[\w-]+)*\.?|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(/[^?#]*)?", re.ASCII | re.IGNORECASE)
_PATH = re.compile(r"/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*")
_QUERY = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")
_VISIBLE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")

# What frames the message, routes it, names its sender or overrides its method is ours to say, never the caller's.
DENIED: Final = frozenset(
    {
        "host", "authorization", "cookie", "cookie2", "set-cookie", "connection", "keep-alive", "transfer-encoding",
        "content-length", "te", "trailer", "upgrade", "expect", "forwarded", "via", "x-real-ip", "x-client-ip",
        "true-client-ip", "x-http-method", "x-http-method-override", "x-method-override", "x-original-url",
        "x-rewrite-url", "x-original-host", "x-host", "accept-encoding", "content-encoding", "http2-settings",
        "x-api-key", "api-key", "x-auth-token", "x-access-token", "www-authenticate",
    }
)  # fmt: skip
DENIED_PREFIXES: Final = ("proxy-", "x-forwarded-", "sec-", "mcp-")
# These choose whose data is meant: only a connector that names them lets a caller say so.
SPECIAL: Final = re.compile(r"account|tenant|organi[sz]ation|company|impersonat|on-behalf|act-as|user-?id|sub-?user")


class Base(NamedTuple):
    """Where a connection leads: the credential is for this origin, and for paths below this prefix."""

    origin: str
    host: str
    prefix: str
    # The person who connected named this very host.
    named: bool

    @property
    def url(self) -> str:
        """Return the base URL."""
        return self.origin + self.prefix


def base(access: Access, params: Mapping[str, Any], override: str = "") -> Base:
    """Return where a connection leads; a parameter can fill a part of the host or of the path, never leave it."""
    if override:
        return _parsed(override.rstrip("/"), named=True)
    scheme, slashes, rest = access.base_url.rpartition("://")
    host, slash, path = rest.partition("/")
    for param in access.params:
        if f"{{{param.name}}}" in host:
            _check_host_part(param, _word(params, param.name))
    for name in names(host):
        host = host.replace(f"{{{name}}}", _word(params, name))
    return _parsed((scheme + slashes + host + filled_path(slash + path, params)).rstrip("/"), named=False)


def _word(params: Mapping[str, Any], name: str) -> str:
    value = params.get(name)
    return "" if value is None else text(value)


def _check_host_part(param: Param, value: str) -> None:
    # An enum was written by the connector's author and may hold whole hosts; what a person types may not.
    if value in param.schema.get("enum", ()):
        return
    # Single hyphens alone keep out `xn--`, behind which any letter hides.
    if not re.fullmatch(HOST_PART, value) or len(value) > LONGEST_HOST_PART:
        problem = Problem(f"{value[:80]!r} cannot be part of a host name", f"/params/{param.name}", "host-part")
        raise InvalidInput(
            f"{param.name} cannot be {value[:80]!r}: small letters, digits and single hyphens, at most {LONGEST_HOST_PART}",
            (problem,),
            hint=f"give only the part that stands for {{{param.name}}}, as in --param {param.name}=acme",
        )


def _parsed(url: str, *, named: bool) -> Base:
    found = _BASE.fullmatch(url)
    scheme, host, port, path = found.groups("") if found else ("", "", "", "")
    if not found or int(port or 0) > LAST_PORT:
        raise InvalidInput(
            f"{url[:200]!r} is not a base URL", hint="write it as https://host/path, with no user, query or fragment"
        )
    if path and (refusal := path_refusal(path)):
        raise InvalidInput(f"{url[:200]!r} is not a base URL: {refusal}")
    scheme, host = scheme.lower(), host.lower()
    shown = "" if not port or int(port) == STANDARD[scheme] else f":{int(port)}"
    return Base(f"{scheme}://{host}{shown}", host.strip("[]"), path, named)


def path_refusal(url: str) -> str:
    """Return why a credential must not be sent along this path and query, or nothing when it may."""
    path, _, query = url.partition("?")
    if len(url) > LONGEST_URL:
        return f"it has {len(url):,} characters, more than {LONGEST_URL:,}"
    if not path.startswith("/"):
        return "it must begin with / and is taken below the base URL"
    if not _PATH.fullmatch(path) or not _QUERY.fullmatch(query):
        return "it has a character that must be percent-encoded"
    if _STRAY_PERCENT.search(url):
        return "it has a % that encodes nothing"
    return misled(path)


def check_path(url: str) -> None:
    """Refuse a path that could lead the credential astray."""
    if refusal := path_refusal(url):
        problem = Problem(refusal, "/path", "path")
        raise InvalidInput(f"{url[:200]!r} is no path under the base URL: {refusal}", (problem,))


def check_headers(headers: Mapping[str, str], carriers: frozenset[str], access: Access) -> None:
    """Refuse a caller's headers that would frame the message, name its sender, or touch the credential."""
    allowed = {name.lower() for name in access.allow_headers}
    ours = {name.lower() for name in access.headers} - {"accept", "accept-language", "content-type"}
    for name, value in headers.items():
        if refusal := _header_refusal(name, value, carriers | ours, allowed):
            problem = Problem(refusal, f"/headers/{name}", "header")
            raise InvalidInput(f"the header {name[:80]!r} is not sent: {refusal}", (problem,), hint="leave it out")


def _header_refusal(name: str, value: str, kept: frozenset[str] | set[str], allowed: set[str]) -> str:
    low = name.lower()
    if not _TOKEN.fullmatch(name):
        return "that is no header name"
    if low in kept:
        return "the connection sets it"
    if low in DENIED or low.startswith(DENIED_PREFIXES):
        return "it is not the caller's to set"
    if SPECIAL.search(low) and low not in allowed:
        return "it chooses an account, and the connector does not allow a caller to"
    if value and not _VISIBLE.fullmatch(value):
        return "its value is not visible ASCII, or has blanks around it"
    if len(value) > LONGEST_VALUE:
        return f"its value has {len(value):,} characters, more than {LONGEST_VALUE:,}"
    return ""


def check_names(query: tuple[str, ...], body: Any, carriers: frozenset[str]) -> None:
    """Refuse a caller's query or top-level body name that the credential travels under, however it is spelled."""
    asked = [pair.partition("=")[0] for part in query for pair in re.split("[&;]", part)]
    kept = {_plain(carrier) for carrier in carriers}
    for name in [*asked, *(body if isinstance(body, dict) else ())]:
        if _plain(name) in kept:
            problem = Problem("the credential travels under this name", f"/query/{name[:80]}", "credential-name")
            raise InvalidInput(f"{name[:80]!r} is not the caller's to set: the credential travels under it", (problem,))


def _plain(name: str) -> str:
    """Return the name as the loosest of servers reads it: decoded, in any case, `a.b` and `a[0]` as well as `a_b` and `a`."""
    for _ in range(MOST_DECODED):
        name = unquote(name.replace("+", " "))
    word = re.split(r"[\[\x00]", normalize("NFKC", name).strip())[0]
    return re.sub("[. ]", "_", word).casefold()


def is_loopback(host: str) -> bool:
    """Return whether a host is written as this very machine; what it resolves to is checked when it is dialled."""
    return host in {"localhost", "::1"} or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def below(url: str, target: Base) -> str:
    """
    Return an absolute URL of the app's as a path below the base; empty when it leads elsewhere.

    >>> below("https://api.test/v1/x?page=2", Base("https://api.test", "api.test", "/v1", False))
    '/x?page=2'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    shown = f"{parts.scheme}://{parts.netloc}".lower()
    default = {"https": ":443", "http": ":80"}.get(parts.scheme, "")
    if shown.removesuffix(default) != target.origin or not parts.path.startswith(target.prefix + "/"):
        return ""
    return parts.path.removeprefix(target.prefix) + (f"?{parts.query}" if parts.query else "")
