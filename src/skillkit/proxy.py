"""The only place where a credential meets a request: pin where it goes, sign, pace, retry, send, clean the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from os.path import getsize
from typing import Any, Final, Protocol, TypeVar

from skillkit import auth, destination, echo, files, pace, payload
from skillkit.auth import SESSION, Credential
from skillkit.connector import Access, Auth
from skillkit.destination import Base
from skillkit.document import MISSING, Json, parse
from skillkit.errors import AnswerLost, InvalidInput, RateLimited, SkillkitError, Unavailable, Unreachable
from skillkit.network import Answer, Stream, Wire
from skillkit.request import MEDIA, Request, Response, Upload, header_values
from skillkit.retry import NOT_DONE, TRANSIENT, pause_after
from skillkit.secret import MARK, Redactor, Secret, remember

T = TypeVar("T")

# A gateway answered, and nobody knows for what.
LOST: Final = TRANSIENT - NOT_DONE
MOST_HOPS: Final = 3
# What one exchange leaves in the record of a run, and how many do.
KEPT: Final = 64 * 1024
FIRST_KEPT: Final = 2
LAST_KEPT: Final = 8


class Exchange(Protocol):
    """The adapter's seat: a network, or a cassette that plays one."""

    def exchange(self, wire: Wire) -> Answer: ...


class Pacing(Protocol):
    """Where the pace of a connection is kept, for every process that uses it."""

    def change(self, table_key: str, step: Callable[[str], tuple[str, T]]) -> T: ...


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What went out and came back, as the record of a run keeps it: redacted, and cut."""

    request: Mapping[str, Json]
    response: Mapping[str, Json]


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
    keep_session: Callable[[Mapping[str, str]], None] = lambda _fields: None
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
        if response.status == 401 and self.auth and self.auth.type == "session":
            self._log_in()
            response = self._tried(request)
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
        if self._credential or self.auth is None:
            return
        self._credential = dict(self.fetch())
        self._know()
        if self.auth.type == "session" and SESSION not in self._credential:
            self._log_in()

    def _know(self) -> None:
        open_ones = {field.name for field in auth.fields(self.auth) if not field.secret} if self.auth else set()
        self._met += [secret for name, secret in self._credential.items() if name not in open_ones]
        self._redactor = Redactor(secret.reveal() for secret in self._met)
        for secret in self._met:
            remember(secret.reveal())

    def _log_in(self) -> None:
        if self.auth is None:
            return
        request = self._dressed(auth.login(self.auth, self._credential))
        # The password goes out in the body and the token comes back in it: neither is written down.
        answer = self._exchanged(self._wire(request))
        token = auth.session(self.auth, Response(answer.status, dict(answer.headers), b"".join(answer.chunks)))
        self._credential[SESSION] = Secret(token)
        self._know()
        self.keep_session({name: secret.reveal() for name, secret in self._credential.items()})

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
            body=_joined(body.pieces, home),
            private=self.base.named,
            timeout=request.terms.timeout,
            max_bytes=request.terms.max_bytes,
        )

    def _answered(self, request: Request, answer: Answer, url: str) -> Response:
        headers = echo.headers(answer.headers, self._redactor)
        told: dict[str, Json] = dict(echo.discreet(answer.status, headers, url, self.base))
        noted: dict[str, Json] = {"status": answer.status, "headers": told}
        if request.terms.streamed and answer.status < 300:
            self._note(request, {**noted, "body": "(a file)"}, url)
            return Response(answer.status, headers, chunks=self._redactor.stream(answer.chunks))
        content = echo.body(b"".join(answer.chunks), self._redactor)
        self._note(request, {**noted, "body": content[:KEPT].decode("utf-8", "replace")}, url)
        return Response(answer.status, headers, content)

    def _looked_at(self, upload: Upload) -> tuple[str, int]:
        return files.looked_at(upload, self.around.home)

    def _note(self, request: Request, response: Mapping[str, Json], url: str) -> None:
        body = payload.shown(request.body, lambda upload: (upload.type, _size(upload)))
        shown: dict[str, Json] = {
            "method": request.method,
            "url": self._redactor.text(url),
            # Elsewhere nothing of the connection's went along, the credential least of all.
            "headers": self._marked(request) if url.startswith(self.base.url) else {},
            "body": body,
        }
        self.exchanged.append(Exchanged(shown, response))
        # A list of many pages is told by its first and its last.
        del self.exchanged[FIRST_KEPT:-LAST_KEPT]


def _returned(outcome: Response | SkillkitError, request: Request) -> Response:
    if isinstance(outcome, AnswerLost) and request.terms.repeatable:
        # The network cannot know that this may be done twice.
        outcome.hint = "try again later; doing it twice changes nothing"
    if isinstance(outcome, SkillkitError):
        raise outcome
    return outcome


def _size(upload: Upload) -> int:
    try:
        return getsize(upload.path)
    except OSError:
        return 0


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


def _joined(parts: tuple[payload.Piece, ...], home: str) -> bytes | Stream:
    if not any(isinstance(part, Upload) for part in parts):
        return b"".join(part for part in parts if isinstance(part, bytes))
    sizes = [len(part) if isinstance(part, bytes) else files.looked_at(part, home)[1] for part in parts]
    if sum(sizes) > payload.LARGEST + payload.LARGEST // 100:
        raise InvalidInput(f"the body has {sum(sizes):,} bytes, more than {payload.LARGEST:,}", hint="send the files one by one")

    def opened() -> Iterator[bytes]:
        for part in parts:
            yield from (part,) if isinstance(part, bytes) else files.pieces(part, home)

    return Stream(sum(sizes), opened)
