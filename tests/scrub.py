"""What a recording leaves out: whatever signs a request, and every token that a sign-in passes back and forth."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from vcr.cassette import Cassette
from vcr.record_mode import RecordMode
from vcr.request import Request

from skillkit.exchange import Exchange
from skillkit.network import Answer, Stream, Wire

MARK = "scrubbed"
HEADERS = {"authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key"}
FIELDS = {
    "access_token", "assertion", "client_assertion", "client_secret", "code", "code_verifier", "device_code", "id_token",
    "id_token_hint", "password", "refresh_token", "state", "subject_token", "token", "user_code", "verification_uri_complete",
}  # fmt: skip
# What makes a link a key in itself.
SIGNED = re.compile(r"(?i)(^|[-_])(sig|signature|token|secret|key|credential|policy)$")


def url(uri: str) -> str:
    """
    Return an address without what is a key in it.

    >>> url("https://a.example/callback?code=c1&page=2")
    'https://a.example/callback?code=scrubbed&page=2'
    """
    head, mark, query = uri.partition("?")
    if not mark:
        return uri
    pairs = parse_qsl(query, keep_blank_values=True)
    return f"{head}?{urlencode([(name, MARK if _is_key(name) else value) for name, value in pairs])}"


def body(content: bytes) -> bytes:
    """Return a body, a document or a form, without what is a key in it."""
    try:
        document = json.loads(content)
    except ValueError:
        text = content.decode("utf-8", "replace")
        is_form = re.fullmatch(r"[\w.%+*~-]+=[^\s&]*(&[\w.%+*~-]+=[^\s&]*)*", text)
        return url(f"?{text}")[1:].encode() if is_form else content
    return json.dumps(_document(document)).encode()


def headers(given: Mapping[str, str]) -> dict[str, str]:
    """Return headers without those that sign, and with what they point to scrubbed."""
    kept = {name: value for name, value in given.items() if name.lower() not in HEADERS}
    return {name: url(value) if name.lower() == "location" else value for name, value in kept.items()}


def _is_key(name: str) -> bool:
    return name.lower() in FIELDS or bool(SIGNED.search(name))


def _document(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _document(entry, key) for key, entry in value.items()}
    if isinstance(value, list):
        return [_document(entry, name) for entry in value]
    if isinstance(value, str) and _is_key(name):
        return MARK
    return url(value) if isinstance(value, str) and value.startswith(("http://", "https://")) else value


class Recorder:
    """Sits before an exchange and writes what passes into a cassette, scrubbed; with none, it plays the cassette."""

    def __init__(self, path: Path, behind: Exchange | None = None) -> None:
        mode = RecordMode.ALL if behind else RecordMode.NONE
        self._cassette = Cassette.load(path=str(path), match_on=(_same,), record_mode=mode)
        self._behind = behind

    def exchange(self, wire: Wire) -> Answer:
        content = b"".join(wire.body.open()) if isinstance(wire.body, Stream) else wire.body
        asked = Request(wire.method, url(wire.url), body(content) or None, headers(dict(wire.headers)))
        if self._behind:
            came = self._behind.exchange(wire)
            said = b"".join(came.chunks)
            fields = {name: [value] for name, value in headers(dict(came.headers)).items() if name != "content-length"}
            kept = {"status": {"code": came.status, "message": ""}, "headers": fields, "body": {"string": body(said)}}
            self._cassette.append(asked, kept)
            return Answer(came.status, came.headers, iter([said]))
        played = self._cassette.play_response(asked)
        given = tuple((name, value) for name, values in played["headers"].items() for value in values)
        return Answer(played["status"]["code"], given, iter([played["body"]["string"]]))

    def save(self) -> None:
        self._cassette._save(force=True)  # noqa: SLF001 - how vcrpy writes one


def _same(asked: Request, played: Request) -> None:
    assert (asked.method, asked.uri, _text(asked)) == (played.method, played.uri, _text(played))


def _text(request: Request) -> str:
    content = request.body or b""
    return content if isinstance(content, str) else content.decode()
