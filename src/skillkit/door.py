"""A small HTTP server for this machine alone: a request comes in whole or not at all, and a function answers it."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple

import h11

LOOPBACK: Final = "127.0.0.1"
PIECE: Final = 65_536
# How often the door looks whether anybody has been at it for too long, and whether it is to go on.
TICK: Final = 0.25
# For how long a caller who was refused may go on talking, so that the answer is not lost under what is still coming.
FAREWELL: Final = 1.0


class Limits(NamedTuple):
    """How much one caller may send and how long that may take, and how many are listened to and answered at once."""

    body: int = 65_536
    head: int = 16_384
    head_seconds: float = 10.0
    total_seconds: float = 30.0
    callers: int = 256
    answers: int = 16


class Asked(NamedTuple):
    """A request; names of headers are in lower case, path and query as they were sent."""

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return what the header says; of one that came twice both, so that neither is believed alone."""
        return ", ".join(value for key, value in self.headers if key == name)


class Reply(NamedTuple):
    """What is answered; the length is added."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


PLAIN: Final = (
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
)
REASONS: Final = {
    400: "this is not HTTP as it is spoken here",
    405: "this method is not taken here",
    408: "the request did not come in time",
    413: "the request is too large",
    421: "this is not the address of this page",
    431: "the headers are too large",
    500: "this went wrong, and it is our fault",
    503: "too much is going on at once; try again in a moment",
}


LIMITS: Final = Limits()
METHODS: Final = ("GET", "POST")


class Door:
    """
    Answers at a port of 127.0.0.1.

    One thread listens to all callers, so that a slow one costs a buffer and not a thread; a request that is whole is answered
    in a thread of its own. Whoever has sent least for longest gives way when too many come.
    """

    def __init__(
        self,
        answer: Callable[[Asked], Reply],
        port: int = 0,
        *,
        limits: Limits = LIMITS,
        methods: tuple[str, ...] = METHODS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._answer = answer
        self._limits = limits
        self._methods = methods
        self._clock = clock
        self._listener = socket.create_server((LOOPBACK, port), backlog=min(limits.callers, 128))
        self._listener.settimeout(0)
        self.port: int = self._listener.getsockname()[1]
        # A page on another site may call this address by a name of its own; these are the ones that are ours.
        self._hosts = frozenset({f"{LOOPBACK}:{self.port}", f"localhost:{self.port}"})
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._free = threading.BoundedSemaphore(limits.answers)
        # In the order in which they came.
        self._callers: dict[int, _Caller] = {}
        self._closing = threading.Event()

    def serve(self, going: Callable[[], bool] = lambda: True) -> None:
        """Answer until `close` is called, or `going`, asked about four times a second, says no."""
        swept = self._clock()
        try:
            while not self._closing.is_set() and going():
                for key, _ in self._selector.select(TICK):
                    if key.data is None:
                        self._admit()
                    else:
                        self._hear(key.data)
                if self._clock() - swept >= TICK:
                    swept = self._clock()
                    self._sweep(swept)
        finally:
            for caller in list(self._callers.values()):
                self._drop(caller)
            self._selector.close()
            self._listener.close()

    def close(self) -> None:
        """Have `serve` end within a moment."""
        self._closing.set()

    def _admit(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:
            # It has gone again, or there is no descriptor left: then the oldest makes room.
            self._make_room(len(self._callers))
            return
        sock.settimeout(0)
        caller = _Caller(sock, h11.Connection(h11.SERVER, max_incomplete_event_size=self._limits.head), self._clock())
        self._make_room(self._limits.callers)
        self._callers[sock.fileno()] = caller
        self._selector.register(sock, selectors.EVENT_READ, caller)

    def _make_room(self, most: int) -> None:
        if self._callers and len(self._callers) >= most:
            self._drop(next(iter(self._callers.values())))

    def _sweep(self, now: float) -> None:
        for caller in list(self._callers.values()):
            if not caller.late(now, self._limits):
                continue
            # A browser opens connections ahead of need; one that never said anything is not told that it is late.
            if caller.refused or not caller.spoke:
                self._drop(caller)
            else:
                self._refuse(caller, 408)

    def _hear(self, caller: _Caller) -> None:
        try:
            piece = caller.sock.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._drop(caller)
            return
        if caller.refused:
            return
        caller.spoke = True
        try:
            self._read(caller, piece)
        except h11.RemoteProtocolError as error:
            # The library's one refusal that is about where the request is for: no Host, or two.
            self._refuse(caller, 421 if "Host" in str(error) else 431 if error.error_status_hint == 431 else 400)

    def _read(self, caller: _Caller, piece: bytes) -> None:
        caller.http.receive_data(piece)
        while True:
            event = caller.http.next_event()
            if isinstance(event, h11.Request):
                caller.asked = _asked(event)
                if status := self._status(event):
                    return self._refuse(caller, status)
            elif isinstance(event, h11.Data):
                caller.body += event.data
                if len(caller.body) > self._limits.body:
                    return self._refuse(caller, 413)
            elif isinstance(event, h11.EndOfMessage):
                return self._pass_on(caller)
            else:
                return None

    def _status(self, request: h11.Request) -> int:
        """Return with which status a request is refused by its head alone; 0 when it is not."""
        hosts = [value.decode("latin-1") for name, value in request.headers if name == b"host"]
        # The library bounds only a head that is not whole yet.
        size = len(request.target) + sum(len(name) + len(value) + 4 for name, value in request.headers)
        lengths = [int(value) for name, value in request.headers if name == b"content-length"]
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts or request.target[:1] != b"/":
            return 421
        if request.method.decode("ascii") not in self._methods:
            return 405
        if size > self._limits.head:
            return 431
        return 413 if any(length > self._limits.body for length in lengths) else 0

    def _pass_on(self, caller: _Caller) -> None:
        if not self._free.acquire(blocking=False):
            return self._refuse(caller, 503)
        self._forget(caller)
        threading.Thread(target=self._respond, args=(caller,), daemon=True).start()
        return None

    def _respond(self, caller: _Caller) -> None:
        reply = self._plain(500)
        # A fault of ours is told by its number alone: a traceback would quote what the person typed.
        with suppress(Exception):
            reply = self._answer(caller.asked._replace(body=bytes(caller.body)))
        self._free.release()
        # Long enough for a page on this machine, whoever reads it.
        caller.sock.settimeout(self._limits.head_seconds)
        with caller.sock, suppress(OSError):
            caller.sock.sendall(caller.written(reply))

    def _refuse(self, caller: _Caller, status: int) -> None:
        caller.refused, caller.since = True, self._clock()
        with suppress(OSError):
            # The first thing that is sent on it, and short: it does not have to wait.
            caller.sock.send(caller.written(self._plain(status)))
            caller.sock.shutdown(socket.SHUT_WR)

    def _plain(self, status: int) -> Reply:
        extra = (("Allow", ", ".join(self._methods)),) if status == 405 else ()
        return Reply(status, PLAIN + extra, f"{REASONS[status]}\n".encode())

    def _forget(self, caller: _Caller) -> None:
        self._selector.unregister(caller.sock)
        del self._callers[caller.sock.fileno()]

    def _drop(self, caller: _Caller) -> None:
        self._forget(caller)
        caller.sock.close()


class _Caller:
    """One connection, and how far its request has come in."""

    __slots__ = ("asked", "body", "http", "refused", "since", "sock", "spoke")

    def __init__(self, sock: socket.socket, http: h11.Connection, since: float) -> None:
        self.sock = sock
        self.http = http
        self.since = since
        self.asked = Asked("", "")
        self.body = bytearray()
        self.spoke = self.refused = False

    def late(self, now: float, limits: Limits) -> bool:
        allowed = FAREWELL if self.refused else limits.total_seconds if self.asked.method else limits.head_seconds
        return now - self.since > allowed

    def written(self, reply: Reply) -> bytes:
        headers = (*reply.headers, ("Content-Length", str(len(reply.body))), ("Connection", "close"))
        head = h11.Response(status_code=reply.status, headers=[*headers])
        events = (head, h11.Data(data=reply.body), h11.EndOfMessage())
        return b"".join(self.http.send(event) or b"" for event in events)


def _asked(request: h11.Request) -> Asked:
    path, _, query = request.target.decode("latin-1").partition("?")
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers)
    return Asked(request.method.decode("ascii"), path, query, headers)
