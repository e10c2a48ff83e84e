"""
A small loopback server that answers like the cassettes, where a test wants known answers over a real socket.

It knows just the calls that the cassettes hold, keeps nothing, and checks only that a credential came along.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml

CREDENTIALS = ("Authorization", "X-API-KEY")

Exchanges = Mapping[tuple[str, str], list[Mapping[str, Any]]]


def exchanges(folder: Path) -> Exchanges:
    """Return what the cassettes of one connector answer, by method and path; a query chooses among several."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for path in sorted(folder.glob("*.yaml")):
        for exchange in yaml.safe_load(path.read_text("utf-8"))["interactions"]:
            parts = urlsplit(exchange["request"]["uri"])
            found.setdefault((exchange["request"]["method"], parts.path), []).append(exchange)
    return found


class Stub(BaseHTTPRequestHandler):
    """Answers one request as the cassette nearest to it does."""

    protocol_version = "HTTP/1.1"
    known: Exchanges

    def answer(self) -> None:
        """Answer whatever was asked."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        candidates = self.known.get((self.command, parts.path), [])
        if not any(self.headers.get(name) for name in CREDENTIALS):
            return self._send(401, b'{"message": "no credential came along"}')
        if not candidates:
            return self._send(404, b'{"message": "the demo has no such call"}')
        asked = set(parse_qsl(parts.query))
        best = max(candidates, key=lambda one: len(asked & set(parse_qsl(urlsplit(one["request"]["uri"]).query))))
        body = best["response"]["body"]["string"]
        kind = next((value[0] for name, value in best["response"]["headers"].items() if name.lower() == "content-type"), "")
        return self._send(best["response"]["status"]["code"], body if isinstance(body, bytes) else body.encode(), kind)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - http.server's names

    def _send(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind or "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the cassettes of one connector on loopback; yield the server's address."""
    handler = type("Answering", (Stub,), {"known": exchanges(folder)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
