"""One connection: TLS set up on it, a request sent, an answer read, and no wait or size without an end."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import h11

from skillkit.errors import AnswerLost, Barred, InvalidInput, Unreachable, Upstream

if TYPE_CHECKING:
    import ssl

MAX_HEAD = 65_536
MAX_HEADERS = 256
MAX_IDLE = 30.0
PIECE = 65_536
GLANCE = 0.1

CERTIFICATE_FAULTS = {
    9: "is not valid yet",
    10: "has expired",
    18: "is signed by itself alone",
    19: "is signed by nobody known here",
    20: "is signed by nobody known here",
    62: "is for another name",
    64: "is for another address",
}
TOO_OLD = frozenset({"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "WRONG_SSL_VERSION"})


class Line:
    """One connection, and how far the exchange on it has come."""

    def __init__(self, sock: socket.socket, origin: str, clock: Callable[[], float], first_byte: float, idle: float) -> None:
        self._sock = sock
        self._origin = origin
        self._clock = clock
        self._first_byte = first_byte
        self._idle = idle
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        self._sealed = origin.startswith("https:")
        self.since = 0.0

    def begin(self, deadline: float) -> None:
        """Start an exchange that must be over at `deadline`."""
        self._deadline = deadline
        self._head: h11.Response | None = None
        self._head_size = 0
        self._wrote = self._heard = self._ended = False

    def close(self) -> None:
        self._sock.close()

    def is_fresh(self, now: float) -> bool:
        """Return whether the connection can carry another request: an idle one that has something to read has ended."""
        if now - self.since > MAX_IDLE:
            return False
        try:
            self._sock.settimeout(0)
            # The bare socket, because TLS offers no look without taking.
            socket.socket.recv(self._sock, 1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def renewed(self, now: float) -> bool:
        """Make ready for the next exchange; False when this connection cannot carry one."""
        states = {self._http.our_state, self._http.their_state}
        # What came after the answer would be read as the answer to the next request.
        if states != {h11.DONE} or self._http.trailing_data[0]:
            return False
        self._http.start_next_cycle()
        self.since = now
        return True

    def was_stale(self, *, repeatable: bool) -> bool:
        """Return whether an idle connection had ended before this exchange, and sending it again does nothing twice."""
        return self._ended and not self._heard and (repeatable or not self._wrote)

    def send(self, request: h11.Request, pieces: Iterator[bytes]) -> None:
        """Send the request, up to where the app answers: who has its answer does not want the rest."""
        unsent = self._http.send(request) or b""
        try:
            for piece in pieces:
                unsent += self._http.send(h11.Data(data=piece)) or b""
                if not self._push(unsent):
                    return
                unsent = b""
            unsent += self._http.send(h11.EndOfMessage()) or b""
        except h11.LocalProtocolError:
            raise InvalidInput("the file's size changed while it was being sent") from None
        self._push(unsent)

    def head(self) -> h11.Response:
        """Wait for the answer's status and headers."""
        while (head := self._answered()) is None:
            self._read(self._idle if self._heard else self._first_byte)
        return head

    def event(self) -> object:
        """Return the next piece of the answer, or what ends it."""
        while (event := self._next()) is h11.NEED_DATA:
            self._read(self._idle)
        return event

    def _push(self, unsent: bytes) -> bool:
        rest = memoryview(unsent)
        quiet = self._clock() + self._idle
        while rest:
            if self._wrote and self._glanced():
                return False
            self._sock.settimeout(self._left(GLANCE))
            # TLS may have passed part of a record on when it fails.
            self._wrote = self._wrote or self._sealed
            try:
                sent = self._sock.send(rest)
            except TimeoutError:
                if self._clock() > quiet:
                    raise self._lost(f"took nothing for {self._idle:g} s") from None
                continue
            except OSError:
                # An app that has heard enough hangs up, and its answer may still be there to read.
                return False
            self._wrote = True
            quiet = self._clock() + self._idle
            rest = rest[sent:]
        return True

    def _glanced(self) -> bool:
        """Return whether the answer has begun, without waiting for it."""
        try:
            self._sock.settimeout(0)
            piece = self._sock.recv(PIECE)
        except OSError:
            return False
        self._take(piece)
        return self._answered() is not None

    def _answered(self) -> h11.Response | None:
        """Return the answer's head if it is in; what an app says before it is counted and let go."""
        while self._head is None:
            event = self._next()
            if not isinstance(event, (h11.InformationalResponse, h11.Response)):
                break
            self._head_size += len(b"HTTP/1.1 100\r\n\r\n") + sum(len(name) + len(value) + 4 for name, value in event.headers)
            if self._head_size > MAX_HEAD or len(event.headers) > MAX_HEADERS:
                raise Upstream(f"{self._origin} answered with too many headers", status=event.status_code)
            if isinstance(event, h11.Response):
                self._head = event
        return self._head

    def _next(self) -> object:
        try:
            return self._http.next_event()
        except h11.RemoteProtocolError as error:
            if self._ended:
                raise self._lost("hung up before the answer was whole") from None
            # After the colon h11 quotes the answer, which may repeat a credential.
            what = "too many headers" if error.error_status_hint == 431 else str(error).partition(":")[0]
            status = self._head.status_code if self._head else None
            raise Upstream(f"{self._origin} did not answer in HTTP as it should: {what}", status=status) from None

    def _read(self, patience: float) -> None:
        self._sock.settimeout(self._left(patience))
        try:
            piece = self._sock.recv(PIECE)
        except TimeoutError:
            self._left(patience)
            raise self._lost(f"said nothing for {patience:g} s") from None
        except OSError as error:
            self._ended = True
            raise self._lost(f"broke off: {error}") from error
        self._take(piece)

    def _take(self, piece: bytes) -> None:
        self._heard = self._heard or bool(piece)
        self._ended = not piece
        self._http.receive_data(piece)

    def _left(self, patience: float) -> float:
        left = self._deadline - self._clock()
        if left <= 0:
            raise self._lost("took longer than the time allowed")
        return min(patience, left)

    def _lost(self, what: str) -> Unreachable:
        if not self._wrote:
            return Unreachable(f"{self._origin} {what}")
        return AnswerLost(f"{self._origin} {what}", hint="it may have been done all the same: look before sending it again")


def secured(sock: socket.socket, tls: ssl.SSLContext, host: str, origin: str, patience: float) -> socket.socket:
    """Return `sock` under TLS, sure that it is `host` at the other end; `sock` itself is done with either way."""
    import ssl

    try:
        sock.settimeout(patience)
        # Bytes, because a string would load the interpreter's IDNA tables for nothing. An unannounced end
        # is not taken for the end: whoever can cut the line could cut the answer short unseen.
        name = host.rstrip(".").encode("ascii")
        return tls.wrap_socket(sock, server_hostname=name, suppress_ragged_eofs=False)
    except ssl.SSLCertVerificationError as error:
        fault = CERTIFICATE_FAULTS.get(error.verify_code, f"is refused: {error.verify_message}")
        raise Barred(f"the certificate of {origin} {fault}") from error
    except ssl.SSLError as error:
        old = "speaks a TLS too old to trust" if error.reason in TOO_OLD else f"does not speak TLS: {error.reason or error}"
        raise Barred(f"{origin} {old}") from error
    except OSError as error:
        raise Unreachable(f"{origin} broke off before TLS was set up: {error}") from error
    finally:
        # What `wrap_socket` returned has taken the descriptor over.
        sock.close()


def trust(ca_file: str) -> ssl.SSLContext:
    """Return what every TLS connection must meet; nothing of it is read from the environment."""
    import ssl

    # `create_default_context` would write session keys to wherever SSLKEYLOGFILE says.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    for bundle in filter(None, (_certifi(), ca_file)):
        try:
            context.load_verify_locations(bundle)
        except OSError as error:
            raise Unreachable(f"the certificates in {bundle!r} cannot be read: {error}") from error
    return context


def _certifi() -> str:
    """Return where certifi's file lies; importing certifi to ask costs more than the whole of TLS."""
    from importlib.util import find_spec

    spec = find_spec("certifi")
    bundle = os.path.join(os.path.dirname(spec.origin), "cacert.pem") if spec and spec.origin else ""
    if os.path.isfile(bundle):
        return bundle
    # Some systems ship certifi without a file of its own.
    import certifi

    return certifi.where()
