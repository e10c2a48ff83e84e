"""OAuth 2 as values: what is asked of a sign-in server, what its answers mean, and when a token has to be renewed."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

from skillkit.connector import Access, Auth
from skillkit.destination import Base, base, is_loopback
from skillkit.document import Json, find, parse, text
from skillkit.errors import InvalidInput, SkillkitError, Unauthorized, Unavailable, Upstream
from skillkit.request import Response, filled_path
from skillkit.retry import retry_after
from skillkit.secret import Secret

CAPTURED: Final = "captured."
AGAIN: Final = "begin signing in again"

# With these the server says that asking again is vain: its own words (RFC 6749, RFC 8628), and what others say in their place.
TERMINAL: Final = frozenset(
    {
        "invalid_grant", "invalid_client", "unauthorized_client", "access_denied", "expired_token",
        "bad_refresh_token", "invalid_refresh_token", "incorrect_client_credentials",
    }
)  # fmt: skip
BUSY: Final = frozenset({"temporarily_unavailable", "server_error", "rate_limited", "ratelimited"})
PENDING: Final = frozenset({"authorization_pending", "slow_down"})

LONGEST_TOKEN: Final = 16_384
LONGEST_SAID: Final = 200
# No clock is trusted for longer: what is said to live for a century is asked about by its first refusal.
LONGEST_LIFE: Final = 10 * 366 * 86_400.0
SHORT_LIFE: Final = 600.0
MARGIN: Final = 60.0

_ADDRESS = re.compile(
    r"(https?)://([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(/[\w./:=%+@,~&-]*)?(\?[\w./:=%+@,~&-]*)?",
    re.ASCII,
)
_TOKEN = re.compile(r"[\x21-\x7e]+")
_CODE = re.compile(r"[\w.:-]{1,80}", re.ASCII)
_LIFE = re.compile(r"\d{1,20}(\.\d{1,9})?", re.ASCII)


class Server(NamedTuple):
    """Where a sign-in server takes what, and what it calls itself."""

    token: str
    authorize: str = ""
    device: str = ""
    # Compared with `iss`, letter by letter; empty where nobody knows it.
    issuer: str = ""
    # Whether it says who it is in every answer, so that one without is somebody else's.
    signs: bool = False
    # Whether a client may be named by the address of a document about it.
    documents: bool = False
    # How a client that has a secret shows it; empty where the server does not say.
    methods: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: an id, and for some a secret that is shown as `method` says."""

    id: str
    secret: str = field(default="", repr=False)
    method: str = "none"


@dataclass(frozen=True, slots=True)
class Ask:
    """A form for a sign-in server."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a sign-in server gave; `lifetime` is None where it does not say, `scopes` are None where all were given."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    lifetime: float | None = None
    scopes: tuple[str, ...] | None = None
    captured: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a person without a browser here is told: where to go, and what to type there (RFC 8628)."""

    device_code: str = field(repr=False)
    user_code: str
    uri: str
    uri_complete: str
    interval: float
    lifetime: float


# Addresses.


def address_refusal(url: str) -> str:
    """
    Return why an address of a sign-in server is neither opened nor asked; nothing when it may be.

    >>> address_refusal("javascript:alert(1)"), address_refusal("https://login.example/authorize?p=1")
    ('it is no plain https address', '')
    """
    found = _ADDRESS.fullmatch(url)
    if not found or len(url) > 2000:
        return "it is no plain https address"
    if found[1] == "http" and not is_loopback(found[2].strip("[]").lower()):
        return "it would be asked in the clear"
    return ""


def origin(url: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def is_private(url: str, target: Base | None) -> bool:
    """Return whether an address may be on a private network: the person's own base URL named its very host."""
    return target is not None and target.named and (urlsplit(url).hostname or "") == target.host


def endpoint(written: str, access: Access, params: Mapping[str, Any], target: Base | None) -> str:
    """Return the address a connector writes, filled: a whole one, or a path on the origin that the connection leads to."""
    if not written:
        return ""
    if written.startswith("/"):
        if target is None:
            raise InvalidInput(
                f"{written!r} is a path of an address that is not known yet", hint="give the connection its parameters"
            )
        # Alone, it means the origin itself.
        found = target.origin + (filled_path(written, params) if written != "/" else "")
    else:
        # A slash at the end is part of the address, and of a name.
        found = base(Access(written, access.params), params).url + ("/" if written.endswith("/") else "")
    if refusal := address_refusal(found):
        raise InvalidInput(f"{found[:LONGEST_SAID]!r} is not asked for a sign-in: {refusal}")
    return found


def server(auth: Auth, access: Access, params: Mapping[str, Any], target: Base | None) -> Server:
    """Return the sign-in server that a connector describes itself."""
    token, authorize, device, issuer = (
        endpoint(auth.settings.get(key, ""), access, params, target) for key in ("token", "authorize", "device", "issuer")
    )
    return Server(token, authorize, device, issuer, signs=bool(issuer))


# What is asked.


def encoded(random: bytes) -> str:
    """Return random bytes as text that any form and any address can carry."""
    return urlsafe_b64encode(random).rstrip(b"=").decode()


def challenge(verifier: str) -> str:
    """
    Return what the server is shown of a verifier before the verifier itself: S256 of RFC 7636, whose own example this is.

    >>> challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    """
    return encoded(sha256(verifier.encode()).digest())


def client(auth: Auth, fields: Mapping[str, str]) -> Client:
    """Return who asks: as the credential says, else as the connector does."""
    identity = fields.get("client_id") or auth.settings.get("client_id", "")
    secret = fields.get("client_secret", "")
    if not identity:
        raise Unauthorized("nobody has said which client of the app this is", hint="sign in with a client id")
    method = fields.get("client_auth") or auth.settings.get("client_auth") or "basic"
    return Client(identity, secret, method) if secret and method != "none" else Client(identity)


def authorization_url(place: str, ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """Return the address that a person consents at; what the connector adds never takes the place of what we say."""
    before = urlsplit(place).query
    taken = {name for name, _ in parse_qsl(before, keep_blank_values=True)} & (ours.keys() | {"request", "request_uri"})
    if taken:
        raise Upstream(f"the sign-in address says {', '.join(sorted(taken))} itself, which is ours to say")
    added = urlencode({**theirs, **{name: value for name, value in ours.items() if value}})
    return f"{place}{'&' if before else '?'}{added}"


def ask(url: str, who: Client, form: Mapping[str, str]) -> Ask:
    """Return a form for a sign-in server, with the client's proof where its method has it (RFC 6749, 2.3.1)."""
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    said = {name: value for name, value in form.items() if value}
    if who.method == "basic":
        pair = f"{quote_plus(who.id)}:{quote_plus(who.secret)}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    else:
        said |= {"client_id": who.id} | ({"client_secret": who.secret} if who.method == "post" else {})
    return Ask(url, headers, urlencode(said).encode())


# What comes back.


def code_of(query: Mapping[str, str], state: str, expected: Server, *, use_up: Callable[[], None]) -> str:
    """
    Return the code that the browser brought back, or say what it brought instead; nothing of another's answer is repeated.

    `use_up` is called as soon as the answer is known to belong here: it counts once, whatever it says.
    """
    if not hmac.compare_digest(query.get("state", "").encode(), state.encode()):
        raise Unauthorized("this answer belongs to another sign-in", hint=AGAIN)
    use_up()
    told = query.get("iss")
    if expected.issuer and told is not None and told != expected.issuer:
        raise Unauthorized(f"this answer is not from {expected.issuer!r}", hint=AGAIN)
    if expected.signs and told is None:
        raise Unauthorized(f"this answer does not say that it is from {expected.issuer!r}", hint=AGAIN)
    if "error" in query:
        raise _failure(query["error"], query.get("error_description", ""), None)
    code = query.get("code", "")
    if not _usable(code):
        raise Upstream("the sign-in server sent the browser back without a code", hint=AGAIN)
    return code


def waiting(response: Response) -> str:
    """Return the word with which a server says that the person has not answered yet; empty when it says anything else."""
    code, _ = _refusal(_said(response))
    return code if code in PENDING else ""


def answered(response: Response) -> dict[str, Any]:
    """Return what a sign-in server says, or raise what is wrong; only what is `Unauthorized` is vain to ask for again."""
    said = _said(response)
    code, told = _refusal(said)
    if response.status == 429 or response.status >= 500 or code in BUSY:
        raise Unavailable(
            f"the sign-in server cannot answer now ({code or response.status})",
            status=response.status,
            retry_after=retry_after(response, None, 0.0),
            hint="try again later",
        )
    if code:
        raise _failure(code, told, response.status)
    if response.status >= 300 or not isinstance(said, dict):
        kind = response.headers.get("content-type", "text of no named type").partition(";")[0][:80]
        raise Upstream(f"the sign-in server answered {response.status} with {kind}, and no word of OAuth", status=response.status)
    return said


def granted(response: Response, capture: Mapping[str, str]) -> Grant:
    """Return the tokens that an answer gives; `capture` names fields of it, and the parameters that they become."""
    said = answered(response)
    kind = said.get("token_type", "bearer")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise Upstream(
            f"the sign-in server gives a token of type {text(kind)[:40]!r}, and only a bearer's can be used",
            status=response.status,
        )
    token, renewing, scope = said.get("access_token"), said.get("refresh_token"), said.get("scope")
    if not _usable(token):
        raise Upstream("the sign-in server's answer has no access token that can be used", status=response.status)
    found = {param: find(said, path) for path, param in capture.items()}
    return Grant(
        access_token=str(token),
        refresh_token=str(renewing) if _usable(renewing) else "",
        lifetime=lifetime(said.get("expires_in")),
        scopes=tuple(scope.split()) if isinstance(scope, str) and scope.strip() else None,
        captured={param: text(value) for param, value in found.items() if isinstance(value, str | int | float)},
    )


def prompted(response: Response) -> Prompt:
    """Return what the person is told to do elsewhere."""
    said = answered(response)
    code, typed, uri = said.get("device_code"), said.get("user_code"), said.get("verification_uri", said.get("verification_url"))
    whole = said.get("verification_uri_complete") or ""
    if not _usable(code) or not isinstance(typed, str) or not 0 < len(typed) <= 100 or not typed.isprintable():
        raise Upstream("the sign-in server's answer has no code for the person", status=response.status)
    for place in (uri, *([whole] if whole else [])):
        if refusal := address_refusal(place) if isinstance(place, str) else "it is no text":
            raise Upstream(f"the sign-in server sends the person to {text(place)[:80]!r}: {refusal}", status=response.status)
    pause = lifetime(said.get("interval"))
    return Prompt(str(code), typed, str(uri), whole, min(pause or 5.0, MARGIN), lifetime(said.get("expires_in")) or SHORT_LIFE)


def lifetime(said: Json) -> float | None:
    """
    Return for how many seconds something lives; None where nothing sensible is said.

    >>> lifetime("3600"), lifetime(-1), lifetime(10**400)
    (3600.0, None, 316224000.0)
    """
    if isinstance(said, str) and _LIFE.fullmatch(said):
        said = float(said)
    if isinstance(said, bool) or not isinstance(said, int | float) or not said > 0:
        return None
    return float(min(said, LONGEST_LIFE))


def narrowed(wanted: tuple[str, ...], given: tuple[str, ...] | None) -> str:
    """Return a warning when less is given than was asked for; a server that says nothing has given all."""
    lacking = [scope for scope in wanted if given is not None and scope not in given]
    # What is asked for only to get a refresh token is seldom named again.
    lacking = [scope for scope in lacking if scope != "offline_access"]
    return f"the sign-in does not cover {', '.join(lacking)}: what needs that will be refused" if lacking else ""


# A credential's life.


def kept(grant: Grant, now: float) -> dict[str, str]:
    """Return the fields of a credential that a grant fills."""
    life = grant.lifetime
    found = {
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        # In thousandths: a number of more digits than a clock has is written in ways that are not read back.
        "lifetime": "" if life is None else f"{life:.3f}",
        "expires_at": "" if life is None else f"{now + life:.3f}",
        "scope": " ".join(grant.scopes or ()),
    }
    return {name: value for name, value in found.items() if value}


def can_renew(auth: Auth, credential: Mapping[str, Secret]) -> bool:
    """Return whether a token can be had without the person."""
    return auth.settings.get("flow") == "client_credentials" or "refresh_token" in credential


def left(credential: Mapping[str, Secret], now: float) -> float | None:
    """Return for how long the access token is good, by our clock; None where nobody knows."""
    until = _number(credential, "expires_at")
    return None if until is None else until - now


def is_due(auth: Auth, credential: Mapping[str, Secret], now: float) -> bool:
    """Return whether a token has to be renewed before it is used; one whose end nobody knows is used until it is refused."""
    if "access_token" not in credential:
        return auth.settings.get("flow") == "client_credentials"
    rest, life = left(credential, now), _number(credential, "lifetime")
    if rest is None or not can_renew(auth, credential):
        return False
    return rest < (MARGIN if life is None or life >= SHORT_LIFE else life / 10)


def _number(credential: Mapping[str, Secret], name: str) -> float | None:
    written = credential[name].reveal() if name in credential else ""
    return float(written) if _LIFE.fullmatch(written) else None


def _usable(token: object) -> bool:
    return isinstance(token, str) and 0 < len(token) <= LONGEST_TOKEN and _TOKEN.fullmatch(token) is not None


def _said(response: Response) -> Json:
    try:
        return parse(response.content) if response.content.strip() else None
    except ValueError:
        return None


def _refusal(said: Json) -> tuple[str, str]:
    """Return the code of an error and what is said of it; some servers say it beside a 200."""
    if not isinstance(said, dict):
        return "", ""
    failed, told = said.get("error"), said.get("error_description")
    if isinstance(failed, dict):
        inner = failed
        failed, told = inner.get("code", inner.get("status")), inner.get("message")
    if not failed and said.get("ok") is not False:
        return "", ""
    code = text(failed) if failed else "unnamed"
    return (code if _CODE.fullmatch(code) else "unnamed"), told if isinstance(told, str) else ""


def _failure(code: str, told: str, status: int | None) -> SkillkitError:
    shown = code if _CODE.fullmatch(code) else "unnamed"
    more = f" ({told[:LONGEST_SAID]})" if told and told.isprintable() else ""
    if code == "access_denied":
        return Unauthorized(f"the sign-in was declined{more}", status=status, hint="sign in again, and allow it")
    if code in TERMINAL:
        return Unauthorized(f"the sign-in server refused: {shown}{more}", status=status, hint="the user signs in again")
    return Upstream(f"the sign-in server refused: {shown}{more}", status=status)
