"""A cassette in the adapter's seat: vcrpy plays what was recorded, no socket is opened and no resolver asked."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from vcr.cassette import Cassette
from vcr.record_mode import RecordMode
from vcr.request import Request

from skillkit.network import Answer, Stream, Wire

CREDENTIAL_HEADERS = {"authorization", "x-api-key", "cookie", "proxy-authorization"}


def _same_method(asked: Request, played: Request) -> None:
    assert asked.method == played.method


def _same_uri(asked: Request, played: Request) -> None:
    # Not only the same parameters: in the same order, as they stand on the wire.
    assert asked.uri == played.uri, f"{asked.uri} is not {played.uri}"
    assert parse_qsl(urlsplit(asked.uri).query) == parse_qsl(urlsplit(played.uri).query)


def _same_body(asked: Request, played: Request) -> None:
    assert _document(asked.body) == _document(played.body), f"{asked.body!r} is not {played.body!r}"


def _document(body: bytes | str | None) -> Any:
    if not body:
        return None
    content = body.encode() if isinstance(body, str) else body
    return parts(content) if content.startswith(b"--") else json.loads(content)


def parts(content: bytes) -> list[tuple[str, str, bytes]]:
    """The parts of a form, each with its name, the name of its file and its content, whatever stands between them."""
    boundary = content.partition(b"\r\n")[0]
    found = []
    for part in content.split(boundary)[1:-1]:
        head, _, inside = part.partition(b"\r\n\r\n")
        name, _, file = re.search(r'name="([^"]*)"(; filename="([^"]*)")?', head.decode()).groups()
        found.append((name, file or "", inside.removesuffix(b"\r\n")))
    return found


class Player:
    """Answers from one cassette; each exchange is played once."""

    def __init__(self, path: Path) -> None:
        self.cassette = Cassette.load(path=str(path), match_on=(_same_method, _same_uri, _same_body), record_mode=RecordMode.NONE)
        self.asked: list[Wire] = []

    def files(self, folder: Path) -> None:
        """Lay the files that the cassette says were sent where the call takes them from."""
        for request in self.cassette.requests:
            body = request.body or b""
            for _, name, content in parts(body) if body.startswith(b"--") else []:
                (folder / name).write_bytes(content)

    def exchange(self, wire: Wire) -> Answer:
        self.asked.append(wire)
        body = b"".join(wire.body.open()) if isinstance(wire.body, Stream) else wire.body
        request = Request(wire.method, wire.url, body or None, dict(wire.headers))
        recorded = self.cassette.play_response(request)
        headers = tuple((name.lower(), value) for name, values in recorded["headers"].items() for value in values)
        content = recorded["body"]["string"]
        return Answer(recorded["status"]["code"], headers, iter((content if isinstance(content, bytes) else content.encode(),)))
