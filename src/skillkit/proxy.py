"""The only place where a credential meets a request: pin where it goes, sign, pace, retry, send, clean the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from skillkit import answer, auth, destination, echo, exchange, files, pace, payload
from skillkit.auth import Credential
from skillkit.connector import Access, Auth
from skillkit.destination import Base
from skillkit.document import MISSING, Json, parse
from skillkit.errors import AnswerLost, InvalidInput, RateLimited, SkillkitError, Unavailable, Unreachable
from skillkit.exchange import KEPT, Exchange, Exchanged, Pacing
from skillkit.network import Answer, Wire
from skillkit.request import MEDIA, Request, Response, Upload, header_values
from skillkit.retry import NOT_DONE, TRANSIENT, pause_after
from skillkit.secret import MARK, Redactor, Secret, remember

# A key that never ends needs nobody to renew it.
if TYPE_CHECKING:
    from skillkit.tokens import Keeping

# A gateway answered, and nobody knows for what.
LOST: Final = TRANSIENT - NOT_DONE
MOST_HOPS: Final = 3


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the proxy uses of the world."""

    network: Exchange
    pacing: Pacing
    home: str
    sleep: Callable[[float], None]
    now: Callable[[], float]
    chance: Callable[[], float]
    token: Callable[[], str]


@dataclass(slots=True)
class Proxy:
    """Sends requests for one connection; its credential is fetched when it is first needed, and leaves only signed."""

    connection: str
    access: Access
    auth: Auth | None
    params: Mapping[str, Any]
    base: Base
    fetch: Callable[[], Credential]
    around: Surroundings
    # What is renewed takes the place of what was stored; `trial`: nothing is stored yet.
    keep: Callable[[Mapping[str, str]], None] = lambda _fields: None
    lost: Callable[[str], None] = lambda _why: None
    moved: Callable[[str, str], None] = lambda _before, _after: None
    trial: bool = False
    since: str = ""
    warnings: list[str] = field(default_factory=list)
    exchanged: list[Exchanged] = field(default_factory=list)
    _credential: dict[str, Secret] = field(default_factory=dict)
    # Of a session, those that are over too: the app may still repeat them.
    _met: list[Secret] = field(default_factory=list)
    _redactor: Redactor = field(default_factory=lambda: Redactor(()))

    def send(self, request: Request) -> Response:
        """Send a request and return the answer, with no secret in it."""
        self.check(request)
        self._open()
        response = self._tried(request)
        if self.auth and auth.lapsing(self.auth):
            response = self._kept_alive(self.auth, request, response)
        return self._followed(request, response)

    def check(self, request: Request) -> None:
        """Refuse a request that could lead the credential astray, before anything is opened."""
        destination.check_path(self.base.prefix + request.url)
        destination.check_path(request.url)
        carriers = auth.carriers(self.auth) if self.auth else frozenset[str]()
        queried = self.auth is not None and auth.in_query(self.auth)
        destination.check_headers(request.headers, frozenset[str]() if queried else carriers, self.access)
        if queried:
            destination.check_names(request.query, _named(request.body), carriers)
        payload.shown(request.body, self._looked_at)

    def shown(self, request: Request) -> dict[str, Json]:
        """Return a request as it would go out, with the credential's place marked; nothing is opened."""
        self.check(request)
        query = request.query
        if self.auth and auth.in_query(self.auth):
            query = (*query, f"{self.auth.settings['name']}={MARK}")
        return {
            "method": request.method,
            "url": self.base.url + replace(request, query=query).url,
            "headers": self._marked(request),
            "body": payload.shown(request.body, self._looked_at),
        }

    def _marked(self, request: Request) -> dict[str, Json]:
        """Return the headers a request goes out with, the credential's place marked."""
        headers: dict[str, Json] = dict(self._dressed(request).headers)
        if request.body is not MISSING:
            headers.setdefault("Content-Type", MEDIA[request.encoding])
        if self.auth and not auth.in_query(self.auth):
            headers[self.auth.settings.get("name", "Authorization")] = MARK
        return headers

    def clean(self, document: Any) -> Any:
        """Return a document with every secret of this connection taken out."""
        return self._redactor.document(document)

    def _open(self) -> None:
        if self.auth is None:
            return
        if not self._credential:
            self._know(self.fetch())
        if auth.lapsing(self.auth):
            from skillkit import tokens

            # A list may be read for longer than a token lives.
            self._know(tokens.live(self.keeping(self.auth), self._credential))

    def _know(self, credential: Credential) -> None:
        known = {secret.reveal() for secret in self._met}
        hidden = [credential[name] for name in (auth.hidden(self.auth, credential) if self.auth else ())]
        self._credential = dict(credential)
        if fresh := [secret for secret in hidden if secret.reveal() not in known]:
            self._met += fresh
            self._redactor = Redactor(secret.reveal() for secret in self._met)
            for secret in fresh:
                remember(secret.reveal())

    def _kept_alive(self, way: Auth, request: Request, response: Response) -> Response:
        """Return the answer to a request whose credential is renewed once when the app says that it takes it no more."""
        from skillkit import tokens

        keeping, used = self.keeping(way), self._credential
        if self._refuses(request, response):
            self._know(tokens.renewed(keeping, used))
            if self._credential == used:
                return response
            response = self._tried(request)
            if self._refuses(request, response):
                tokens.refused_again(keeping, self._credential)
        if response.status < 400 and not self._refuses(request, response):
            self._know(tokens.proved(keeping, self._credential))
        return response

    def _refuses(self, request: Request, response: Response) -> bool:
        """Return whether an answer says that it is the credential's fault: an app that says so has done nothing."""
        refused = answer.failure(request.terms.errors, response, self.around.now())
        return refused is not None and refused.kind == "auth"

    def keeping(self, way: Auth) -> Keeping:
        """Return what keeping this credential alive uses of the world."""
        from skillkit.tokens import Keeping

        return Keeping(
            connection=self.connection,
            auth=way,
            access=self.access,
            params=self.params,
            base=self.base,
            home=self.around.home,
            network=self.around.network,
            pacing=self.around.pacing,
            now=self.around.now,
            read=self.fetch,
            keep=self.keep,
            send=self._signed_in,
            lost=self.lost,
            moved=self.moved,
            warn=self.warnings.append,
            trial=self.trial,
            since=self.since,
        )

    def _signed_in(self, request: Request) -> Response:
        # The password goes out in the body and the token comes back in it: neither is written down.
        found = self._exchanged(self._wire(self._dressed(request)))
        return Response(found.status, dict(found.headers), b"".join(found.chunks))

    def _tried(self, request: Request) -> Response:
        attempt, spent, again = 0, 0.0, False
        while True:
            attempt += 1
            outcome: Response | SkillkitError
            self._wait_turn(request)
            begun = self.around.now()
            try:
                outcome = self._once(request)
            except SkillkitError as error:
                outcome = error
            now = self.around.now()
            spent += max(0.0, now - begun)
            failed = self._settled(request, outcome)
            chance = self.around.chance()
            pause = pause_after(request.terms, attempt, outcome, now=now, chance=chance, spent=spent) if failed else None
            if pause is None or not self._may_retry():
                return _returned(outcome, request)._replace(again=again)
            # With 429 and 503 the app says that it did nothing, so what is not there then never was.
            again |= outcome.status in LOST if isinstance(outcome, Response) else isinstance(outcome, AnswerLost)
            self.around.sleep(pause)

    def _wait_turn(self, request: Request) -> None:
        terms = request.terms

        def step(row: str) -> tuple[str, pace.Leave]:
            paced, leave = pace.admit(pace.load(row), terms.rate, self.around.now(), terms.max_wait)
            return pace.row(paced), leave

        leave = self.around.pacing.change(self.connection, step)
        if leave.refused:
            raise Unavailable(
                f"{self.base.host} failed {pace.FAILURES} times in a row and is left alone for a moment",
                retry_after=leave.wait,
                hint=f"try again in {leave.wait:.0f} s",
            )
        if leave.wait > terms.max_wait:
            raise RateLimited(
                f"{self.base.host} allows no more calls for {leave.wait:.0f} s",
                retry_after=leave.wait,
                hint="wait, then try again",
            )
        if leave.wait:
            self.around.sleep(leave.wait)

    def _settled(self, request: Request, outcome: Response | SkillkitError) -> bool:
        """Write down how the app is, and return whether this attempt failed in a way that a later one may not."""
        broken = outcome.status >= 500 if isinstance(outcome, Response) else isinstance(outcome, Unreachable)
        limited = isinstance(outcome, Response) and outcome.status == 429
        headers = outcome.headers if isinstance(outcome, Response) else {}

        def step(row: str) -> tuple[str, None]:
            now = self.around.now()
            paced = pace.settle(pace.load(row), request.terms.rate, headers, now, failed=broken, limited=limited)
            return pace.row(paced), None

        self.around.pacing.change(self.connection, step)
        return broken or limited

    def _may_retry(self) -> bool:
        def step(row: str) -> tuple[str, bool]:
            paced, allowed = pace.retry(pace.load(row), self.around.now())
            return pace.row(paced), allowed

        return self.around.pacing.change(self.connection, step)

    def _followed(self, request: Request, response: Response) -> Response:
        """Follow a read to another path of the same origin, or a download to an origin the connector names, unsigned."""
        for _ in range(MOST_HOPS):
            target = echo.target(response.status, response.headers, self.base.url + request.url)
            if request.method not in {"GET", "HEAD"}:
                break
            if request.terms.streamed and echo.origin(target) in self.access.origins:
                response = self._fetched(target, request)
                break
            onward = self._onward(request, target)
            if onward is None:
                break
            request, response = onward, self._once(onward)
        told = echo.discreet(response.status, response.headers, self.base.url + request.url, self.base)
        return response._replace(headers=told)

    def _onward(self, request: Request, target: str) -> Request | None:
        path, _, query = destination.below(target, self.base).partition("?")
        if not path:
            return None
        # An app that writes the credential into its links gets it signed anew, not handed back.
        ours = auth.carriers(self.auth) if self.auth and auth.in_query(self.auth) else frozenset[str]()
        kept = tuple(part for part in query.split("&") if part and part.partition("=")[0].lower() not in ours)
        onward = replace(request, path=path, query=kept)
        try:
            self.check(onward)
        except InvalidInput:
            return None
        return onward

    def _fetched(self, url: str, request: Request) -> Response:
        terms = request.terms
        wire = Wire("GET", url, (("Accept", "*/*"),), b"", private=False, timeout=terms.timeout, max_bytes=terms.max_bytes)
        # Such a link is often a key in itself.
        return self._answered(request, self._exchanged(wire), url.partition("?")[0])

    def _once(self, request: Request) -> Response:
        dressed = self._dressed(request)
        wire = self._wire(auth.sign(self.auth, self._credential, dressed) if self.auth else dressed)
        url = self.base.url + request.url
        try:
            return self._answered(request, self._exchanged(wire), url)
        except SkillkitError as error:
            self._note(request, {"error": {"kind": error.kind, "message": error.message}}, url)
            raise

    def _exchanged(self, wire: Wire) -> Answer:
        try:
            return self.around.network.exchange(wire)
        except SkillkitError as error:
            # It may quote what the app said.
            error.message = self._redactor.text(error.message)
            error.args = (error.message,)
            raise

    def _dressed(self, request: Request) -> Request:
        given = {name.lower() for name in request.headers}
        ours = {name: value for name, value in header_values(self.access, self.params).items() if name.lower() not in given}
        return replace(request, headers={**ours, **request.headers})

    def _wire(self, request: Request) -> Wire:
        home = self.around.home
        request = replace(request, body=payload.named(request.body, self._looked_at))
        body = payload.encode(request, lambda upload: files.read(upload, home), f"skillkit-{self.around.token()}")
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-type"}
        if body.pieces:
            headers["Content-Type"] = body.type
        return Wire(
            method=request.method,
            url=self.base.url + request.url,
            headers=tuple(headers.items()),
            body=exchange.joined(body.pieces, home),
            private=self.base.named,
            timeout=request.terms.timeout,
            max_bytes=request.terms.max_bytes,
        )

    def _answered(self, request: Request, came: Answer, url: str) -> Response:
        headers = echo.headers(came.headers, self._redactor)
        told: dict[str, Json] = dict(echo.discreet(came.status, headers, url, self.base))
        noted: dict[str, Json] = {"status": came.status, "headers": told}
        if request.terms.streamed and came.status < 300:
            self._note(request, {**noted, "body": "(a file)"}, url)
            return Response(came.status, headers, chunks=self._redactor.stream(came.chunks))
        content = echo.body(b"".join(came.chunks), self._redactor)
        self._note(request, {**noted, "body": content[:KEPT].decode("utf-8", "replace")}, url)
        return Response(came.status, headers, content)

    def _looked_at(self, upload: Upload) -> tuple[str, int]:
        return files.looked_at(upload, self.around.home)

    def _note(self, request: Request, response: Mapping[str, Json], url: str) -> None:
        # Elsewhere nothing of the connection's went along, the credential least of all.
        headers = self._marked(request) if url.startswith(self.base.url) else {}
        exchange.note(self.exchanged, request, self._redactor.text(url), headers, response)


def _returned(outcome: Response | SkillkitError, request: Request) -> Response:
    if isinstance(outcome, AnswerLost) and request.terms.repeatable:
        # The network cannot know that this may be done twice.
        outcome.hint = "try again later; doing it twice changes nothing"
    if isinstance(outcome, SkillkitError):
        raise outcome
    return outcome


def _named(body: Any) -> Any:
    """Return what of a body has names: a text may be a form, or JSON that nobody has parsed."""
    plain = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    if not isinstance(plain, str):
        return body
    try:
        said = parse(plain)
    except ValueError:
        said = None
    return said if isinstance(said, dict) else dict.fromkeys(part.partition("=")[0] for part in plain.split("&"))
