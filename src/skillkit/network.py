"""The one HTTP adapter: a request that is ready goes out to an address that was checked, and an answer comes in within bounds."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import h11

from skillkit.address import refusal
from skillkit.decoding import ASKED, Decoder
from skillkit.errors import Barred, InvalidInput, Unreachable
from skillkit.line import MAX_IDLE, Line, secured, trust

if TYPE_CHECKING:
    import ssl

Resolve: TypeAlias = Callable[[str, int], Iterable[tuple[object, object, object, object, tuple[object, ...]]]]
"""A host and a port become what `socket.getaddrinfo` returns; of that only the addresses are used."""

URL = re.compile(
    r"(https?)://(\[[0-9a-fA-F:.]+\]|(?:\w|[^\x00-\x7f])(?:[\w.-]|[^\x00-\x7f])*)(?::([0-9]{1,5}))?([/?][!-\"$-~]*)?"
)
NAME = re.compile(r"[a-z0-9._-]+")
PORTS = {"http": 80, "https": 443}
OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})
SAFE = frozenset({"GET", "HEAD"})
OWN_NETWORK = "an address on a private network is dialled only for a base URL that names its host"


@dataclass(frozen=True, slots=True)
class Stream:
    """A body too large to hold: how long it is, and how to read it, from the start each time."""

    length: int
    open: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Wire:
    """
    A request as it goes out, signed and encoded, with nothing left to decide.

    `private`: the person's own base URL named this host, so it may be on a private network.
    `timeout` is for all of it, in seconds; `max_bytes` counts the answer decoded.
    """

    method: str
    # Whatever signs a request is in one of these three.
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | Stream = field(default=b"", repr=False)
    private: bool = False
    timeout: float = 60.0
    max_bytes: int = 25_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """
    An answer whose body is still to be read, decoded, from `chunks`.

    Header names are in lower case. Reading to the end frees the connection for the next request; closing `chunks` ends it.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    chunks: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class _Aim:
    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        # What messages say: the rest of a URL may carry a credential.
        return f"{self.scheme}://{self.authority}"


class Network:
    """Sends requests, keeps one idle connection for each origin and thread, and follows nothing."""

    def __init__(
        self,
        *,
        resolve: Resolve | None = None,
        ca_file: str = "",
        clock: Callable[[], float] = time.monotonic,
        connect_timeout: float = 5.0,
        first_byte_timeout: float = 30.0,
        idle_timeout: float = 15.0,
    ) -> None:
        self._resolve = resolve or _system
        self._ca_file = ca_file
        self._clock = clock
        self._connect_timeout = connect_timeout
        self._first_byte_timeout = first_byte_timeout
        self._idle_timeout = idle_timeout
        self._idle: dict[tuple[object, ...], Line] = {}
        self._tls: ssl.SSLContext | None = None

    def exchange(self, wire: Wire) -> Answer:
        """Send `wire` and return the answer, whatever its status, as soon as its head is in."""
        aim = _aim(wire.url)
        request = _request(wire, aim)
        deadline = self._clock() + wire.timeout
        key = (threading.get_ident(), aim.scheme, aim.host, aim.port, wire.private)
        if line := self._waiting(key):
            line.begin(deadline)
            try:
                return self._ask(line, key, wire, request)
            except Unreachable:
                if not line.was_stale(repeatable=wire.method in SAFE):
                    raise
        return self._ask(self._dial(aim, deadline, private=wire.private), key, wire, request)

    def close(self) -> None:
        """Close every idle connection."""
        self._drop(list(self._idle))

    def _ask(self, line: Line, key: tuple[object, ...], wire: Wire, request: h11.Request) -> Answer:
        try:
            line.send(request, _pieces(wire.body))
            head = line.head()
            headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers)
            chunks = self._chunks(line, key, _decoder(wire, head.status_code, headers))
        except BaseException:
            line.close()
            raise
        # A generator that was never started would not close the connection when it is closed itself.
        next(chunks)
        return Answer(head.status_code, headers, chunks)

    def _chunks(self, line: Line, key: tuple[object, ...], decoder: Decoder) -> Generator[bytes]:
        whole = False
        try:
            yield b""
            while isinstance(event := line.event(), h11.Data):
                yield from decoder.feed(event.data)
            decoder.finish()
            whole = True
        finally:
            if whole and line.renewed(self._clock()):
                self._drop([key])
                self._idle[key] = line
            else:
                line.close()

    def _waiting(self, key: tuple[object, ...]) -> Line | None:
        line = self._idle.pop(key, None)
        if line and line.is_fresh(self._clock()):
            return line
        if line:
            line.close()
        return None

    def _drop(self, keys: Iterable[tuple[object, ...]]) -> None:
        for key in keys:
            # Another thread may have taken it meanwhile.
            if line := self._idle.pop(key, None):
                line.close()

    def _dial(self, aim: _Aim, deadline: float, *, private: bool) -> Line:
        now = self._clock()
        self._drop([key for key, line in list(self._idle.items()) if now - line.since > MAX_IDLE])
        by = min(deadline, now + self._connect_timeout)
        if aim.scheme == "https":
            self._tls = self._tls or trust(self._ca_file)
        sock = self._connected(aim, self._addresses(aim, by, private=private), by)
        if self._tls and aim.scheme == "https":
            sock = secured(sock, self._tls, aim.host, aim.origin, max(by - self._clock(), 0.001))
        line = Line(sock, aim.origin, self._clock, self._first_byte_timeout, self._idle_timeout)
        line.begin(deadline)
        return line

    def _addresses(self, aim: _Aim, by: float, *, private: bool) -> list[str]:
        """Return every address the host has, all of them allowed; whoever dials must not ask for the name again."""
        found = self._resolved(aim, by)
        plain = aim.scheme == "http"
        for address in found:
            if reason := refusal(address, aim.host, private=private, plain=plain):
                hint = "" if refusal(address, aim.host, private=True, plain=plain) else OWN_NETWORK
                raise Barred(f"{aim.origin} is not dialled: {reason}", hint=hint)
        return found

    def _resolved(self, aim: _Aim, by: float) -> list[str]:
        answers: list[list[str] | Exception] = []

        def ask() -> None:
            try:
                answers.append([str(row[4][0]) for row in self._resolve(aim.host, aim.port)])
            except (OSError, UnicodeError) as error:
                answers.append(error)

        # The system's resolver takes no deadline, so it is left behind when it is late.
        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        asking.join(max(0.0, by - self._clock()))
        answer = answers[0] if answers else TimeoutError("no answer in time")
        if isinstance(answer, Exception):
            raise Unreachable(f"the name {aim.host!r} was not found: {answer}") from answer
        if not answer:
            raise Unreachable(f"the name {aim.host!r} has no address")
        return list(dict.fromkeys(answer))

    def _connected(self, aim: _Aim, addresses: list[str], by: float) -> socket.socket:
        reason: OSError | None = None
        for position, address in enumerate(addresses):
            # One address that swallows everything must leave time for the others.
            share = (by - self._clock()) / (len(addresses) - position)
            sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
            try:
                sock.settimeout(max(share, 0.001))
                sock.connect((address, aim.port))
                # A body sent in pieces would otherwise wait for an acknowledgement between them.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                sock.close()
                reason = error
            else:
                return sock
        raise Unreachable(f"{aim.origin} does not take connections: {reason}") from reason


def _system(host: str, port: int) -> Iterable[tuple[object, object, object, object, tuple[object, ...]]]:
    # Bytes, because a string would load the interpreter's IDNA tables for nothing.
    return socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)


def _aim(url: str) -> _Aim:
    found = URL.fullmatch(url)
    if not found:
        raise Barred("the request's URL is not http or https to a plain host")
    scheme, host, digits, target = found.groups(default="")
    port = int(digits) if digits else PORTS[scheme]
    if not 0 < port < 65_536:
        raise Unreachable(f"{port} is not a port")
    return _Aim(scheme, _ascii(host.strip("[]").lower()), port, target if target[:1] == "/" else f"/{target}")


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        name = host.encode("idna").decode("ascii")
        same = name.encode("ascii").decode("idna") == host
    except UnicodeError:
        same = False
    # A name that does not come back the same is one that other programs read differently.
    if not same or not NAME.fullmatch(name):
        raise Unreachable(f"{host!r} is not how a host is spelled")
    return name


def _request(wire: Wire, aim: _Aim) -> h11.Request:
    if OURS.intersection(name.lower() for name, _ in wire.headers):
        raise InvalidInput("the request sets a header that only the connection may set")
    length = wire.body.length if isinstance(wire.body, Stream) else len(wire.body)
    framing = [("Content-Length", str(length))] if length or wire.method not in {*SAFE, "DELETE", "OPTIONS"} else []
    headers = [("Host", aim.authority), ("Accept-Encoding", ASKED), *framing, *wire.headers]
    try:
        return h11.Request(method=wire.method, target=aim.target, headers=headers)
    except (h11.LocalProtocolError, UnicodeError):
        # The cause quotes the header, and that may be the credential.
        raise InvalidInput("the request has a method or a header that cannot be sent") from None


def _pieces(body: bytes | Stream) -> Iterator[bytes]:
    if isinstance(body, Stream):
        return body.open()
    return iter((body,) if body else ())


def _decoder(wire: Wire, status: int, headers: tuple[tuple[str, str], ...]) -> Decoder:
    encodings = ", ".join(value for name, value in headers if name == "content-encoding")
    # These have no body, whatever they say about the one they would have.
    if wire.method == "HEAD" or status in {204, 304}:
        encodings = ""
    return Decoder(encodings, max_bytes=wire.max_bytes, status=status)
