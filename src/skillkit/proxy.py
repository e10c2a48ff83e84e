"""The only place where a credential meets a request: pin the destination, sign, pace, retry, send, and take secrets out of the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import urljoin, urlsplit

from skillkit import auth, destination, files, pace, payload
from skillkit.auth import SESSION, Credential
from skillkit.connector import Access, Auth
from skillkit.destination import Base
from skillkit.document import Json
from skillkit.errors import RateLimited, SkillkitError, Unavailable, Unreachable
from skillkit.network import Answer, Stream, Wire
from skillkit.request import Request, Response, Upload, header_values
from skillkit.retry import pause_after
from skillkit.secret import MARK, Redactor, Secret, remember

T = TypeVar("T")

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
            destination.check_names(request.query, request.body, carriers)

    def shown(self, request: Request) -> dict[str, Json]:
        """Return a request as it would go out, with the credential's place marked; nothing is opened."""
        self.check(request)
        headers, query = dict(self._dressed(request).headers), request.query
        for name in auth.carriers(self.auth) if self.auth else ():
            if self.auth and auth.in_query(self.auth):
                query = (*query, f"{name}={MARK}")
            else:
                headers[name.title() if name == "authorization" else self.auth.settings.get("name", name) if self.auth else name] = MARK
        body = payload.shown(request.body, lambda upload: files.looked_at(upload, self.around.home))
        return {
            "method": request.method,
            "url": self.base.url + replace(request, query=query).url,
            "headers": dict(headers),
            "body": body,
        }

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
        live = [secret.reveal() for name, secret in self._credential.items() if name not in open_ones]
        self._redactor = Redactor(live)
        for value in live:
            remember(value)

    def _log_in(self) -> None:
        if self.auth is None:
            return
        before = len(self.exchanged)
        response = self._once(auth.login(self.auth, self._credential), signed=False)
        # The password went out in the body and the token came back in it: neither is written down.
        del self.exchanged[before:]
        token = auth.session(self.auth, response)
        self._credential[SESSION] = Secret(token)
        self._know()
        self.keep_session({name: secret.reveal() for name, secret in self._credential.items()})

    def _tried(self, request: Request) -> Response:
        attempt = 0
        while True:
            attempt += 1
            outcome: Response | SkillkitError
            self._wait_turn(request)
            try:
                outcome = self._once(request, signed=True)
            except SkillkitError as error:
                outcome = error
            failed = self._settled(request, outcome)
            pause = pause_after(
                request.terms, attempt, outcome, now=self.around.now(), chance=self.around.chance()
            ) if failed else None
            if pause is None or not self._may_retry():
                return _returned(outcome)
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
                f"{self.base.host} allows no more calls for {leave.wait:.0f} s", retry_after=leave.wait, hint="wait, then try again"
            )
        if leave.wait:
            self.around.sleep(leave.wait)

    def _settled(self, request: Request, outcome: Response | SkillkitError) -> bool:
        """Write down how the app is, and return whether this attempt failed in a way that a later one may not."""
        broken = outcome.status >= 500 if isinstance(outcome, Response) else isinstance(outcome, Unreachable)
        headers = outcome.headers if isinstance(outcome, Response) else {}

        def step(row: str) -> tuple[str, None]:
            paced = pace.settle(pace.load(row), request.terms.rate, headers, self.around.now(), failed=broken)
            return pace.row(paced), None

        self.around.pacing.change(self.connection, step)
        return broken or (isinstance(outcome, Response) and outcome.status == 429)

    def _may_retry(self) -> bool:
        def step(row: str) -> tuple[str, bool]:
            paced, allowed = pace.retry(pace.load(row), self.around.now())
            return pace.row(paced), allowed

        return self.around.pacing.change(self.connection, step)

    def _followed(self, request: Request, response: Response) -> Response:
        """Follow a read to another path of the same origin, or a download to an origin the connector names, unsigned."""
        hops = 0
        while 300 <= response.status < 400 and request.method in {"GET", "HEAD"} and hops < MOST_HOPS:
            hops += 1
            target = urljoin(self.base.url + request.url, response.headers.get("location", ""))
            path = destination.below(target, self.base)
            if path:
                name, _, query = path.partition("?")
                request = replace(request, path=name, query=tuple(query.split("&")) if query else ())
                self.check(request)
                response = self._once(request, signed=True)
            elif _origin(target) in self.access.origins and request.terms.streamed:
                return self._fetched(target, request)
            else:
                return response
        return response

    def _fetched(self, url: str, request: Request) -> Response:
        terms = request.terms
        wire = Wire("GET", url, (("Accept", "*/*"),), b"", private=False, timeout=terms.timeout, max_bytes=terms.max_bytes)
        return self._answered(request, self.around.network.exchange(wire), wire.url)

    def _once(self, request: Request, *, signed: bool) -> Response:
        dressed = self._dressed(request)
        ready = auth.sign(self.auth, self._credential, dressed) if signed and self.auth else dressed
        wire = self._wire(ready)
        try:
            answer = self.around.network.exchange(wire)
            return self._answered(request, answer, self.base.url + request.url)
        except SkillkitError as error:
            self._note(request, {"error": {"kind": error.kind, "message": self._redactor.text(error.message)}}, self.base.url + request.url)
            raise

    def _dressed(self, request: Request) -> Request:
        given = {name.lower() for name in request.headers}
        ours = {name: value for name, value in header_values(self.access, self.params).items() if name.lower() not in given}
        return replace(request, headers={**ours, **request.headers})

    def _wire(self, request: Request) -> Wire:
        home = self.around.home
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
        headers = _folded(answer.headers, self._redactor)
        if request.terms.streamed and answer.status < 300:
            self._note(request, {"status": answer.status, "headers": dict(headers), "body": "(a file)"}, url)
            return Response(answer.status, headers, chunks=self._redactor.stream(answer.chunks))
        content = self._redactor.scrub(b"".join(answer.chunks))
        shown = content[:KEPT].decode("utf-8", "replace")
        self._note(request, {"status": answer.status, "headers": dict(headers), "body": shown}, url)
        return Response(answer.status, headers, content)

    def _note(self, request: Request, response: Mapping[str, Json], url: str) -> None:
        body = payload.shown(request.body, lambda upload: (upload.type, 0))
        shown: dict[str, Json] = {"method": request.method, "url": self._redactor.text(url), "headers": dict(request.headers), "body": body}
        self.exchanged.append(Exchanged(shown, response))
        # A list of many pages is told by its first and its last.
        del self.exchanged[FIRST_KEPT:-LAST_KEPT]


def _returned(outcome: Response | SkillkitError) -> Response:
    if isinstance(outcome, SkillkitError):
        raise outcome
    return outcome


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _folded(headers: tuple[tuple[str, str], ...], redactor: Redactor) -> dict[str, str]:
    folded: dict[str, str] = {}
    for name, value in headers:
        clean = redactor.text(value)
        folded[name] = f"{folded[name]}, {clean}" if name in folded else clean
    # A session that the app keeps by cookie is a credential too.
    return folded | ({"set-cookie": MARK} if "set-cookie" in folded else {})


def _joined(parts: tuple[payload.Piece, ...], home: str) -> bytes | Stream:
    if not any(isinstance(part, Upload) for part in parts):
        return b"".join(part for part in parts if isinstance(part, bytes))
    sizes = [len(part) if isinstance(part, bytes) else files.looked_at(part, home)[1] for part in parts]

    def opened() -> Iterator[bytes]:
        for part in parts:
            yield from (part,) if isinstance(part, bytes) else files.pieces(part, home)

    return Stream(sum(sizes), opened)
