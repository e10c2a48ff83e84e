"""A cassette in the adapter's seat: vcrpy plays what was recorded, no socket is opened and no resolver asked."""

from __future__ import annotations

import json
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
    return json.loads(body)


class Player:
    """Answers from one cassette; each exchange is played once."""

    def __init__(self, path: Path) -> None:
        self.cassette = Cassette.load(path=str(path), match_on=(_same_method, _same_uri, _same_body), record_mode=RecordMode.NONE)
        self.asked: list[Wire] = []

    def exchange(self, wire: Wire) -> Answer:
        self.asked.append(wire)
        assert not isinstance(wire.body, Stream)
        request = Request(wire.method, wire.url, wire.body or None, dict(wire.headers))
        recorded = self.cassette.play_response(request)
        headers = tuple((name.lower(), value) for name, values in recorded["headers"].items() for value in values)
        content = recorded["body"]["string"]
        return Answer(recorded["status"]["code"], headers, iter((content if isinstance(content, bytes) else content.encode(),)))
