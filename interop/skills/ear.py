"""What stands where a model would be, and at the way off this machine: it hears everything, and answers nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

# Every maker's agent reads an error of its own kind out of this, and gives up.
NO_MODEL = json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": "no model is here"}}).encode()


class Ear(ThreadingHTTPServer):
    """Hears what models are told, and which hosts beyond this machine are asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Heard)
        self.told: list[Any] = []
        self.beyond: list[str] = []

    def handle_error(self, request: object, client_address: object) -> None:
        # Whoever leaves before the answer is through wanted none.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def texts(self) -> Iterator[str]:
        """Yield every text that a model has been told."""
        for document in self.told:
            yield from texts(document)


class _Heard(BaseHTTPRequestHandler):
    server: Ear

    def do_POST(self) -> None:
        said = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/"):
            self.server.told.append(json.loads(said))
            self._refuse(400, NO_MODEL)
        else:
            self._beyond()

    def _beyond(self) -> None:
        self.server.beyond.append(self.path)
        self._refuse(403, b"")

    def _refuse(self, status: int, said: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    do_CONNECT = do_GET = do_HEAD = do_PUT = _beyond  # noqa: N815 - so http.server names them


def texts(document: Any) -> Iterator[str]:
    """Yield every text in a document."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        yield from texts(list(document.values()))
    elif isinstance(document, list):
        for each in document:
            yield from texts(each)


@contextmanager
def listening() -> Iterator[Ear]:
    """Listen on a free port of this machine."""
    with Ear() as ear:
        thread = Thread(target=ear.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield ear
        finally:
            ear.shutdown()
            thread.join()
