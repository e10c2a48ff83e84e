"""How a person lets skillkit in: the address to consent at and what the browser brings back, or a code to type elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final

from skillkit import auth as signing
from skillkit import destination, discovery, oauth, secret, tokens
from skillkit.connection import Connection
from skillkit.connector import Access, Auth
from skillkit.destination import Base
from skillkit.document import Json, dump, parse
from skillkit.errors import InvalidConnector, InvalidInput, SkillkitError, Unauthorized, Unavailable, Unreachable, Upstream
from skillkit.oauth import AGAIN, CAPTURED, Client, Prompt, Server
from skillkit.request import Response
from skillkit.workspace import Workspace

# A person who has not answered by then has gone away, and what they would bring back may be somebody else's.
LONGEST: Final = 600.0
LONGEST_PAUSE: Final = 60.0
SLOWER: Final = 5.0
STATES: Final = "consent:states"


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked for consent, by whom, and for what; all of it is part of the credential afterwards."""

    auth: Auth
    target: Base | None
    server: Server
    client: Client = field(repr=False)
    scopes: tuple[str, ...] = ()
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    """A consent that waits for the browser to come back; `url` is where to send the person."""

    connection: str
    redirect: str
    url: str = field(repr=False)
    state: str = field(repr=False)
    verifier: str = field(repr=False)
    asked: Asked = field(repr=False)
    # By a clock that nobody sets.
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class Device:
    """A consent that is given on another device; the person goes to `uri` and types `user_code`, or opens `uri_complete`."""

    connection: str
    user_code: str
    uri: str
    # The same with the code in it, as a QR code would have it; empty where the server gives none.
    uri_complete: str
    # Seconds between two questions, and for how many the code is good from `since` on.
    interval: float
    expires: float
    code: str = field(repr=False)
    asked: Asked = field(repr=False)
    since: float = 0.0


def begin(
    workspace: Workspace,
    connection: Connection,
    auth: Auth,
    given: Mapping[str, str],
    redirect: str,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Begun:
    """
    Return where to send the person of a `code` or an `mcp` way to sign in.

    `connection` is the record with the parameters and the base URL that the person has given, `given` the client that was
    typed, `redirect` the address on this machine that the browser comes back to: http, by number, with a port.
    """
    _check_redirect(redirect)
    asked = _asked(workspace, connection, auth, given)
    if not asked.server.authorize:
        raise InvalidConnector(f"{auth.name!r} names no address that a person consents at")
    state, verifier = (oauth.encoded(os.urandom(32)) for _ in range(2))
    # The state is no secret to the person, who may have to copy the address it stands in.
    secret.remember(verifier)
    ours = {
        "response_type": "code",
        "client_id": asked.client.id,
        "redirect_uri": redirect,
        "scope": " ".join(asked.scopes),
        "state": state,
        "code_challenge": oauth.challenge(verifier),
        "code_challenge_method": "S256",
        "resource": asked.resource,
    }
    url = oauth.authorization_url(asked.server.authorize, ours, auth.settings.get("authorize_params", {}))
    return Begun(connection.id, redirect, url, state, verifier, asked, clock())


def finish(
    workspace: Workspace, begun: Begun, query: Mapping[str, str], *, clock: Callable[[], float] = time.monotonic
) -> dict[str, str]:
    """
    Return the fields that the credential gets (`SignIn.granted`) for what the browser brought back, once.

    What `captured` takes out of them are parameters (`SignIn.params`). Every refusal says what to do; one that was not
    meant for this consent leaves it waiting.
    """
    if clock() - begun.since > LONGEST:
        raise Unauthorized(f"nobody answered within {LONGEST / 60:.0f} minutes", hint=AGAIN)
    code = oauth.code_of(query, begun.state, begun.asked.server, use_up=lambda: _use_up(workspace, begun.state))
    secret.remember(code)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": begun.redirect, "code_verifier": begun.verifier}
    response = _answer(workspace, begun.asked, begun.asked.server.token, form)
    return _granted(workspace, begun.asked, response, (code, begun.verifier))


def device(workspace: Workspace, connection: Connection, auth: Auth, given: Mapping[str, str]) -> Device:
    """Return what the person of a `device` way to sign in is told; `poll` asks whether they have done it."""
    asked = _asked(workspace, connection, auth, given)
    if not asked.server.device:
        raise InvalidConnector(f"{auth.name!r} names no address that gives a code to type elsewhere")
    form = {**auth.settings.get("authorize_params", {}), "scope": " ".join(asked.scopes)}
    with tokens.discreet((asked.client.secret,)):
        told: Prompt = oauth.prompted(_answer(workspace, asked, asked.server.device, form))
    secret.remember(told.device_code)
    return Device(
        connection=connection.id,
        user_code=told.user_code,
        uri=told.uri,
        uri_complete=told.uri_complete,
        interval=told.interval,
        expires=told.lifetime,
        code=told.device_code,
        asked=asked,
        since=workspace.now(),
    )


def poll(workspace: Workspace, device: Device) -> dict[str, str] | None:
    """
    Return what `finish` returns once the person has consented; None while they have not.

    Called too early, by whichever process, it does not ask: how often a server is asked is the server's to say.
    """
    now = workspace.now()
    if now - device.since > device.expires:
        raise Unauthorized("the code was not used in time", hint=AGAIN)
    if not _turn(workspace, device, now):
        return None
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": device.code}
    try:
        response = _answer(workspace, device.asked, device.asked.server.token, form)
        if word := oauth.waiting(response):
            _slow_down(workspace, device, SLOWER if word == "slow_down" else 0.0)
            return None
        return _granted(workspace, device.asked, response, (device.code,))
    except (Unreachable, Unavailable):
        # A server that is not there is asked less and less often, until the code is no good any more.
        _slow_down(workspace, device, device.interval)
        return None


def captured(granted: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that came with a grant (`capture` of the connector), for `SignIn.params`."""
    return {name.removeprefix(CAPTURED): value for name, value in granted.items() if name.startswith(CAPTURED)}


def narrowed(auth: Auth, granted: Mapping[str, str]) -> str:
    """Return a warning when less was granted than the connector asks for; empty when all was."""
    given = tuple(granted["scope"].split()) if "scope" in granted else None
    return oauth.narrowed(tuple(auth.settings.get("scopes", ())), given)


# Who is asked, and for what.


def _asked(workspace: Workspace, connection: Connection, auth: Auth, given: Mapping[str, str]) -> Asked:
    if not signing.flow(auth):
        raise InvalidInput(f"nobody has to consent to {auth.name!r}", hint="what is typed is all there is to it")
    if auth.settings["flow"] == "mcp":
        return _discovered(workspace, connection, auth, given)
    access = workspace.catalog.connector(connection.connector).access
    target = _target(access, connection)
    found = oauth.server(auth, access, connection.params, target)
    return Asked(auth, target, found, _remembered(oauth.client(auth, given)), tuple(auth.settings.get("scopes", ())))


def _target(access: Access, connection: Connection) -> Base | None:
    """Return where the connection leads; None while a part of its address comes only with the grant."""
    try:
        return destination.base(access, connection.params, connection.base_url)
    except InvalidInput:
        return None


def _discovered(workspace: Workspace, connection: Connection, auth: Auth, given: Mapping[str, str]) -> Asked:
    """Return what an MCP server's own documents say, read in the order of its specification."""
    access = workspace.catalog.connector(connection.connector).access
    target = _target(access, connection)
    address = oauth.endpoint(access.mcp, access, connection.params, target) or (target.url if target else "")
    if not address:
        raise InvalidInput("where the app's MCP server is is not known yet", hint="give the connection its parameters")
    place, wanted = discovery.challenged(_document(workspace, address, target)[0].headers.get("www-authenticate", ""))
    if place and (refusal := oauth.address_refusal(place)):
        raise Upstream(f"the app describes itself at {place[:80]!r}: {refusal}")
    described = _first(workspace, (place,) if place else discovery.resource_places(address), target, "the app")
    resource = discovery.resource(described, address)
    issuer = _issuer(auth, access, connection, target, resource)
    server = discovery.server(_first(workspace, discovery.server_places(issuer), target, "the sign-in server"), issuer)
    scopes = tuple(dict.fromkeys((*auth.settings.get("scopes", ()), *wanted))) or resource.scopes
    if "offline_access" in server.scopes and auth.settings.get("refresh", True):
        scopes = tuple(dict.fromkeys((*scopes, "offline_access")))
    client = _remembered(_known(workspace, connection, auth, given, server))
    return Asked(auth, target, server, client, scopes, resource.id)


def _issuer(auth: Auth, access: Access, connection: Connection, target: Base | None, resource: discovery.Resource) -> str:
    named = oauth.endpoint(auth.settings.get("issuer", ""), access, connection.params, target)
    if named and named not in resource.servers:
        raise Upstream(f"the app does not name {named!r} as its sign-in server, as its connector does")
    return named or resource.servers[0]


def _known(workspace: Workspace, connection: Connection, auth: Auth, given: Mapping[str, str], server: Server) -> Client:
    """Return a client that this very server knows: the typed one, the one it knew before, or one with a document about it."""
    own = {name: given[name] for name in ("client_id", "client_secret") if given.get(name)}
    if "client_id" not in own:
        own = _before(workspace, connection, server.issuer)
    document = auth.settings.get("client_id", "")
    if not own and not (document and (server.documents or not document.startswith("https://"))):
        raise Unauthorized(
            f"the sign-in server {server.issuer!r} wants a client that it knows",
            hint="register one there, and sign in with its id",
        )
    client = oauth.client(auth, own)
    # What the connector says of its own client is not said of another.
    shown = {"basic": "client_secret_basic", "post": "client_secret_post"}
    if client.method in shown and server.methods and shown[client.method] not in server.methods:
        return replace(client, method="post" if client.method == "basic" else "basic")
    return client


def _before(workspace: Workspace, connection: Connection, issuer: str) -> dict[str, str]:
    """Return the client of the last sign-in, if it was to this very server: one server's client is nobody to another."""
    try:
        kept = workspace.vault.credential(connection.id)
    except SkillkitError:
        return {}
    fields = {name: kept[name].reveal() for name in ("client_id", "client_secret", "client_auth") if name in kept}
    return fields if "issuer" in kept and kept["issuer"].reveal() == issuer else {}


def _remembered(client: Client) -> Client:
    if client.secret:
        secret.remember(client.secret)
    return client


def _document(workspace: Workspace, url: str, target: Base | None) -> tuple[Response, Json]:
    response = tokens.looked_up(workspace.network, url, target)
    try:
        return response, parse(response.content) if response.status == 200 else None
    except ValueError:
        return response, None


def _first(workspace: Workspace, places: tuple[str, ...], target: Base | None, who: str) -> Json:
    """Return the first document that is there."""
    for place in places:
        _, found = _document(workspace, place, target)
        if isinstance(found, dict):
            return found
    raise Upstream(f"{who} describes itself nowhere: {', '.join(places)}"[:500], hint="the app may have no sign-in of this kind")


# What is kept.


def _check_redirect(redirect: str) -> None:
    found = oauth.origin(redirect)
    if oauth.address_refusal(redirect) or not found.startswith(("http://127.0.0.1:", "http://[::1]:")):
        raise InvalidInput(f"{redirect[:200]!r} is no address on this machine that a browser could come back to")


def _answer(workspace: Workspace, asked: Asked, url: str, form: Mapping[str, str]) -> Response:
    return tokens.asked(workspace.network, oauth.ask(url, asked.client, {**form, "resource": asked.resource}), asked.target)


def _granted(workspace: Workspace, asked: Asked, response: Response, used: tuple[str, ...]) -> dict[str, str]:
    """Return the fields of the credential: the tokens, and for whom and from whom they are."""
    with tokens.discreet((asked.client.secret, *used)):
        grant = oauth.granted(response, asked.auth.settings.get("capture", {}))
    for token in (grant.access_token, grant.refresh_token):
        if token:
            secret.remember(token)
    found = oauth.kept(grant, workspace.now())
    if not asked.auth.settings.get("refresh", True):
        found.pop("refresh_token", None)
    server, client = asked.server, asked.client
    found |= {"client_id": client.id, "client_secret": client.secret, "client_auth": client.method}
    found |= {"issuer": server.issuer, "resource": asked.resource, "token_origin": oauth.origin(server.token)}
    if asked.auth.settings["flow"] == "mcp":
        # No connector says where its tokens are given.
        found["token_endpoint"] = server.token
    found |= {CAPTURED + param: value for param, value in grant.captured.items()}
    return {name: value for name, value in found.items() if value}


# What every process knows of it.


def _use_up(workspace: Workspace, state: str) -> None:
    """Refuse a state that was used before: what comes back a second time was stolen, or is a page that was loaded again."""
    word, now = sha256(state.encode()).hexdigest()[:32], workspace.now()

    def step(row: str) -> tuple[str, bool]:
        used = {name: at for name, at in _numbers(row).items() if abs(now - at) <= LONGEST}
        return dump({**used, word: now}), word in used

    if workspace.store.change(STATES, step):
        raise Unauthorized("this answer was used before", hint=AGAIN)


def _turn(workspace: Workspace, device: Device, now: float) -> bool:
    """Return whether it is time to ask, and if so take the turn."""

    def step(row: str) -> tuple[str, bool]:
        pause, after = _paced(row, device, now)
        due = now >= after
        return dump({_word(device): now + pause if due else after, "pause": pause}), due

    return workspace.store.change(f"device:{device.connection}", step)


def _slow_down(workspace: Workspace, device: Device, more: float) -> None:
    now = workspace.now()

    def step(row: str) -> tuple[str, None]:
        pause = min(_paced(row, device, now)[0] + more, max(LONGEST_PAUSE, device.interval))
        return dump({_word(device): now + pause, "pause": pause}), None

    workspace.store.change(f"device:{device.connection}", step)


def _paced(row: str, device: Device, now: float) -> tuple[float, float]:
    """Return the seconds between two questions, and when the next may be asked: not before one interval is over."""
    found, word = _numbers(row), _word(device)
    if word not in found:
        return device.interval, device.since + device.interval
    pause = max(device.interval, found.get("pause", 0.0))
    # A clock that was set back must not keep anyone waiting for it to catch up.
    return pause, min(found[word], now + pause)


def _word(device: Device) -> str:
    return sha256(device.code.encode()).hexdigest()[:32]


def _numbers(row: str) -> dict[str, float]:
    try:
        found: Any = parse(row)
    except ValueError:
        return {}
    entries = found.items() if isinstance(found, dict) else ()
    return {name: float(value) for name, value in entries if isinstance(value, int | float)}
