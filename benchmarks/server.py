"""A loopback server in a process of its own, which answers rows: quick, so that what is measured is the client."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit


def answer(target: str, count: int) -> bytes:
    """Return the answer to one request line's target."""
    parts = urlsplit(target)
    if parts.path != "/rows":
        return json.dumps(row(int(parts.path.rpartition("/")[2] or 0))).encode()
    asked = parse_qs(parts.query)
    start, limit = int(asked.get("start", ["0"])[0]), min(30, int(asked.get("limit", ["30"])[0]))
    rows = [row(number) for number in range(start, min(count, start + limit))]
    return json.dumps({"total": count, "data": rows}).encode()


def row(number: int) -> dict[str, object]:
    """Return one row, as wide as a row of a list of invoices."""
    return {"id": number, "name": f"Row {number}", "total": number * 1.25, "note": "x" * 200}


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


def serve(connection: socket.socket, count: int) -> None:
    """Answer every request of one connection."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    held = b""
    while True:
        while b"\r\n\r\n" not in held:
            piece = connection.recv(65536)
            if not piece:
                return
            held += piece
        head, _, held = held.partition(b"\r\n\r\n")
        body = answer(head.split(b" ", 2)[1].decode(), count)
        connection.sendall(HEAD % len(body) + body)


def main(count: int) -> None:
    """Listen on a free port, say which on stdout, and serve until stdin ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection, count), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    # Whoever started this ends it by closing the pipe, also when it dies.
    sys.stdin.read()


@contextmanager
def paged(count: int) -> Iterator[str]:
    """Yield the address of a server of `count` rows, which ends with the block."""
    said, told = os.pipe()
    command = [sys.executable, __file__, str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=told) as process, os.fdopen(said) as port:
        os.close(told)
        yield f"http://127.0.0.1:{port.readline().strip()}"
        # Its stdin ends with the block, and with it the server.
        process.communicate()


if __name__ == "__main__":
    main(int(sys.argv[1]))
