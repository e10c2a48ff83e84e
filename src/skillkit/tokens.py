"""Keeps alive what ends by itself: renewed once for every process, stored before it is used, and never asked for in a loop."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final, NamedTuple

from skillkit import auth as signing
from skillkit import echo, oauth
from skillkit.auth import SESSION, Credential
from skillkit.connector import Access, Auth
from skillkit.destination import Base
from skillkit.document import dump, parse
from skillkit.errors import AnswerLost, ConnectionNotReady, SkillkitError, Unauthorized, Unavailable
from skillkit.exchange import Exchange, Pacing
from skillkit.home import prepare, private_file
from skillkit.network import Wire
from skillkit.request import Request, Response
from skillkit.secret import Redactor, Secret

# How long one answer of a sign-in server is waited for, how large it may be, and how long others wait for whoever asks it.
TIMEOUT: Final = 20.0
LARGEST: Final = 1_000_000
PATIENCE: Final = 2 * TIMEOUT + 5.0
NAP: Final = 0.02
# After a failure a server is left alone for this long, and for twice as long after the next.
FIRST_REST: Final = 5.0
LONGEST_REST: Final = 300.0
# What was said to be over is not asked about again by those who waited meanwhile.
OVER: Final = 60.0
# Of so many attempts nobody may know the end: the first may have used a token up, the second finds out.
MOST_UNKNOWN: Final = 2


@dataclass(frozen=True, slots=True)
class Keeping:
    """What keeping the credential of one connection alive uses of the world."""

    connection: str
    auth: Auth
    access: Access
    params: Mapping[str, Any]
    base: Base
    home: str
    network: Exchange
    pacing: Pacing
    now: Callable[[], float]
    # What is stored, read anew each time: another process may have renewed it.
    read: Callable[[], Credential]
    keep: Callable[[Mapping[str, str]], None]
    # Sends a sign-in to the app itself.
    send: Callable[[Request], Response]
    # Writes down that the person has to sign in again, and why; and that what was bound to one origin would go to another.
    lost: Callable[[str], None] = lambda _why: None
    moved: Callable[[str, str], None] = lambda _before, _after: None
    warn: Callable[[str], None] = lambda _text: None
    # A credential that is only being tried belongs to nobody yet: nothing is written down about it.
    trial: bool = False
    # When the record of the connection was written: what was said of a sign-in is not said of the next.
    since: str = ""
    patience: float = PATIENCE
    # Told where it is; a test stops there.
    passing: Callable[[str], None] = lambda _place: None


class Way(NamedTuple):
    """How one kind of credential is renewed."""

    able: Callable[[Auth, Credential], bool]
    due: Callable[[Auth, Credential, float], bool]
    # The number says how many attempts with the same token ended nobody knows how.
    renew: Callable[[Keeping, Credential, int], dict[str, str]]


class Trouble(NamedTuple):
    """What renewing one credential has met with lately, for every process to know."""

    # A word for the token it is about; with another token, all of it is over.
    root: str = ""
    unknown: int = 0
    failed: int = 0
    until: float = 0.0
    over: str = ""
    refused: float = 0.0


def live(keeping: Keeping, credential: Credential) -> Credential:
    """Return a credential that can be used now: renewed where its time is nearly over."""
    due = WAYS[keeping.auth.type].due(keeping.auth, credential, keeping.now())
    return _renewed(keeping, credential, forced=False) if due else credential


def renewed(keeping: Keeping, refused: Credential) -> Credential:
    """Return what to use in place of a credential that the app has refused; the same one when there is no use in another."""
    able = WAYS[keeping.auth.type].able(keeping.auth, refused)
    return _renewed(keeping, refused, forced=True) if able else refused


def proved(keeping: Keeping, credential: Credential) -> Credential:
    """Return a credential that has worked, without the refresh token before it, which was kept in case it would not."""
    if "previous_refresh_token" not in credential:
        return credential
    bare = {name: secret for name, secret in credential.items() if name != "previous_refresh_token"}
    keeping.passing("worked")
    # The work is done; that this could not be tidied up is nobody's trouble, and the next renewal does it.
    with suppress(SkillkitError), _alone(keeping):
        if _plain(keeping.read()) == _plain(credential):
            keeping.keep(_plain(bare))
    return bare


def refused_again(keeping: Keeping, credential: Credential) -> None:
    """Write down that the app refuses what was renewed a moment ago: its reason is another, and renewing more is no use."""
    now = keeping.now()
    _change(keeping, _root(keeping, credential), lambda trouble: trouble._replace(refused=now))


def asked(network: Exchange, form: oauth.Ask, target: Base | None) -> Response:
    """Return what a sign-in server answers to a form; nothing is followed, and nothing is written down."""
    return _exchanged(network, Wire("POST", form.url, tuple(form.headers.items()), form.body), target)


def looked_up(network: Exchange, url: str, target: Base | None) -> Response:
    """Return a document that anyone may read; one on a private network only where the person's own base URL named its host."""
    return _exchanged(network, Wire("GET", url, (("Accept", "application/json"),)), target)


def _exchanged(network: Exchange, wire: Wire, target: Base | None) -> Response:
    private = oauth.is_private(wire.url, target)
    answer = network.exchange(replace(wire, private=private, timeout=TIMEOUT, max_bytes=LARGEST))
    return Response(answer.status, echo.headers(answer.headers, Redactor(())), b"".join(answer.chunks))


@contextmanager
def discreet(known: Iterable[str]) -> Iterator[None]:
    """Take what is known to be secret out of what a server says when it refuses it."""
    try:
        yield
    except SkillkitError as error:
        error.message = Redactor(known).text(error.message)
        error.args = (error.message,)
        raise


# Renewing, by one at a time.


def _renewed(keeping: Keeping, credential: Credential, *, forced: bool) -> Credential:
    with _alone(keeping):
        found = keeping.read()
        keeping.passing("locked")
        field, way = signing.lapsing(keeping.auth), WAYS[keeping.auth.type]
        if _text(found, field) != _text(credential, field) and not way.due(keeping.auth, found, keeping.now()):
            # Somebody else was faster.
            return found
        trouble = _begun(keeping, found, forced=forced)
        if forced and keeping.now() - trouble.refused < OVER:
            return credential
        if trouble.unknown >= MOST_UNKNOWN:
            raise _lost(keeping, found, Unauthorized("renewing it was broken off twice, and nobody knows how that ended"))
        if error := _barred(keeping, trouble):
            return _spared(keeping, found, error, forced=forced)
        try:
            fresh = way.renew(keeping, found, trouble.unknown)
        except Unauthorized as error:
            if newer := _newer(keeping, found):
                return newer
            raise _lost(keeping, found, error) from None
        except (ConnectionNotReady, KeyboardInterrupt):
            # Whoever breaks off and says so may try again.
            _change(keeping, _root(keeping, found), lambda now: now._replace(unknown=0))
            raise
        except SkillkitError as error:
            _rest(keeping, found, error)
            return _spared(keeping, found, error, forced=forced)
        keeping.passing("answered")
        if newer := _newer(keeping, found):
            return newer
        keeping.keep(fresh)
        keeping.passing("kept")
        renewed = {name: Secret(value) for name, value in fresh.items()}
        _change(keeping, _root(keeping, renewed), lambda _before: Trouble(refused=trouble.refused))
        return renewed


def _newer(keeping: Keeping, found: Credential) -> Credential | None:
    """Return what is stored when it is not what was found: a person who signs in anew waits for nobody, and has the last word."""
    now = keeping.read()
    return None if _plain(now) == _plain(found) else now


def _spared(keeping: Keeping, found: Credential, error: SkillkitError, *, forced: bool) -> Credential:
    """Return what is there when it still does, although it could not be renewed; else say why it could not."""
    rest = oauth.left(found, keeping.now())
    if forced or rest is None or rest <= 0:
        raise error
    return found


def _lost(keeping: Keeping, found: Credential, error: SkillkitError) -> SkillkitError:
    """Write down that only the person can sign in again, and return the error that says so."""
    if keeping.trial:
        return error
    until = keeping.now() + OVER
    _change(keeping, _root(keeping, found), lambda now: now._replace(unknown=0, over=error.message, until=until))
    keeping.lost(error.message)
    return ConnectionNotReady(
        f"the sign-in has ended: {error.message}",
        status=error.status,
        hint="the user signs in again: skillkit connect --connectionId KEY",
    )


# What renewing has met with.


def _begun(keeping: Keeping, found: Credential, *, forced: bool) -> Trouble:
    """Return what is known so far; where there will be an attempt, it is counted as one whose end nobody knows."""

    def step(trouble: Trouble) -> Trouble:
        now = keeping.now()
        waits = now < trouble.until or trouble.unknown >= MOST_UNKNOWN or (forced and now - trouble.refused < OVER)
        # Only a token that is used up by asking has to be counted.
        return trouble if waits or "refresh_token" not in found else trouble._replace(unknown=trouble.unknown + 1)

    return _change(keeping, _root(keeping, found), step)


def _barred(keeping: Keeping, trouble: Trouble) -> SkillkitError | None:
    rest = trouble.until - keeping.now()
    if trouble.over and rest > 0:
        return ConnectionNotReady(
            f"the sign-in has ended: {trouble.over}", hint="the user signs in again: skillkit connect --connectionId KEY"
        )
    if rest > 0:
        return Unavailable(
            "the sign-in server failed a moment ago and is left alone", retry_after=rest, hint=f"try again in {rest:.0f} s"
        )
    return None


def _rest(keeping: Keeping, found: Credential, error: SkillkitError) -> None:
    def step(trouble: Trouble) -> Trouble:
        rest = min(LONGEST_REST, max(FIRST_REST * 2**trouble.failed, error.retry_after or 0.0))
        # The token may be used up, and what came before it is older still.
        unknown = int(isinstance(error, AnswerLost))
        return trouble._replace(unknown=unknown, failed=trouble.failed + 1, until=keeping.now() + rest)

    _change(keeping, _root(keeping, found), step)


def _change(keeping: Keeping, root: str, step: Callable[[Trouble], Trouble]) -> Trouble:
    """Replace what is known about a token, and return what was known before."""
    if keeping.trial:
        return Trouble()

    def change(row: str) -> tuple[str, Trouble]:
        before = _loaded(row, root, keeping.now())
        return dump(step(before)._replace(root=root)._asdict()), before

    return keeping.pacing.change(f"token:{keeping.connection}", change)


def _loaded(row: str, root: str, now: float) -> Trouble:
    try:
        found: Any = parse(row)
        trouble = Trouble(**found)
        # A clock that was set back must not keep anyone waiting for it to catch up.
        trouble = trouble._replace(until=min(trouble.until, now + LONGEST_REST), refused=min(trouble.refused, now))
    except (ValueError, TypeError):
        return Trouble()
    return trouble if trouble.root == root else Trouble(refused=trouble.refused)


def _root(keeping: Keeping, credential: Credential) -> str:
    if "refresh_token" not in credential:
        # A password is short enough to be guessed from its digest.
        return keeping.since
    return sha256(_text(credential, "refresh_token").encode()).hexdigest()[:16]


# One at a time: in this process, and among all.

_MUTEXES: Final[dict[str, threading.Lock]] = {}
_MAKING: Final = threading.Lock()


@contextmanager
def _alone(keeping: Keeping) -> Iterator[None]:
    path = os.path.join(prepare(os.path.join(prepare(keeping.home), "locks")), f"{keeping.connection}.lock")
    by = time.monotonic() + keeping.patience
    with _MAKING:
        mutex = _MUTEXES.setdefault(path, threading.Lock())
    if not mutex.acquire(timeout=keeping.patience):
        raise _held(os.getpid(), keeping.patience)
    try:
        with _locked(path, by, keeping.patience):
            yield
    finally:
        mutex.release()


@contextmanager
def _locked(path: str, by: float, patience: float) -> Iterator[None]:
    import fcntl

    file = private_file(path)
    try:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > by:
                    holder = os.pread(file, 12, 0).strip()
                    raise _held(int(holder) if holder.isdigit() else 0, patience) from None
            time.sleep(NAP)
        # Whoever waits in vain can say for whom.
        os.pwrite(file, b"%-12d" % os.getpid(), 0)
        yield
    finally:
        # Closing it is letting go of it, and so is being killed.
        os.close(file)


def _held(holder: int, patience: float) -> SkillkitError:
    who = f"process {holder}" if holder else "another process"
    end = f"kill {holder}" if holder else "end it"
    return Unavailable(
        f"{who} has been renewing the sign-in of this connection for more than {patience:.0f} s",
        hint=f"it may have been stopped; let it go on, or {end}, and try again",
    )


# The ways.


def _session(keeping: Keeping, found: Credential, _unknown: int) -> dict[str, str]:
    response = keeping.send(signing.login(keeping.auth, found))
    return _plain(found) | {SESSION: signing.session(keeping.auth, response)}


def _oauth2(keeping: Keeping, found: Credential, unknown: int) -> dict[str, str]:
    plain = _plain(found)
    url = _endpoint(keeping, plain)
    tried = [plain[name] for name in ("refresh_token", "previous_refresh_token") if name in plain]
    if unknown:
        # The answer to the first attempt is lost: what came before it is older still.
        tried = tried[:1]
    if tried:
        # A disk that is full has to say so before the token is used up, and not after.
        keeping.keep(plain)
    now = keeping.now()
    keeping.passing("asking")
    with discreet(plain[name] for name in signing.hidden(keeping.auth, plain)):
        grant, used = _granted(keeping, url, plain, tried)
    if told := oauth.narrowed(tuple(plain.get("scope", "").split()), grant.scopes):
        keeping.warn(told)
    kept = {name: value for name, value in plain.items() if name not in {"lifetime", "expires_at", "previous_refresh_token"}}
    # Until the new access token has worked, what it came from is not thrown away.
    before = {"previous_refresh_token": used} if grant.refresh_token not in {"", used} else {}
    return kept | oauth.kept(grant, now) | before | {"token_origin": oauth.origin(url)}


def _granted(keeping: Keeping, url: str, plain: Mapping[str, str], tried: list[str]) -> tuple[oauth.Grant, str]:
    """Return what the server gives, and for which refresh token."""
    auth = keeping.auth
    who, extra = oauth.client(auth, plain), {"resource": plain.get("resource", "")}
    for place, token in enumerate(tried):
        form = {"grant_type": "refresh_token", "refresh_token": token, **extra}
        try:
            response = asked(keeping.network, oauth.ask(url, who, form), keeping.base)
            return oauth.granted(response, {}), token
        except Unauthorized:
            if place + 1 == len(tried):
                raise
    scopes = " ".join(auth.settings.get("scopes", ()))
    form = {**auth.settings.get("authorize_params", {}), "grant_type": "client_credentials", "scope": scopes, **extra}
    return oauth.granted(asked(keeping.network, oauth.ask(url, who, form), keeping.base), {}), ""


def _endpoint(keeping: Keeping, plain: Mapping[str, str]) -> str:
    """Return where tokens are given; what was bound to one origin at sign-in goes to no other."""
    url = plain.get("token_endpoint") or oauth.endpoint(
        keeping.auth.settings.get("token", ""), keeping.access, keeping.params, keeping.base
    )
    bound, now = plain.get("token_origin", ""), oauth.origin(url)
    if bound and bound != now:
        keeping.moved(bound, now)
        raise ConnectionNotReady(f"what was signed in for {bound} would go to {now}", hint="the user signs in again")
    return url


def _plain(credential: Credential) -> dict[str, str]:
    return {name: secret.reveal() for name, secret in credential.items()}


def _text(credential: Credential, name: str) -> str:
    return credential[name].reveal() if name in credential else ""


WAYS: Final[Mapping[str, Way]] = {
    "oauth2": Way(oauth.can_renew, oauth.is_due, _oauth2),
    "session": Way(lambda _auth, _credential: True, lambda _auth, credential, _now: SESSION not in credential, _session),
}
"""One row a kind of credential that ends by itself."""
