"""How a body goes out: as JSON, as a form, in parts, or as it is; files in it stay files until the last moment."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from os.path import basename
from typing import Any, Final, NamedTuple, TypeAlias

from skillkit.document import MISSING, Json, dump, text
from skillkit.errors import InvalidInput
from skillkit.request import MEDIA, Request, Upload, parts

Piece: TypeAlias = "bytes | Upload"
Read: TypeAlias = Callable[[Upload], bytes]

LARGEST: Final = 25_000_000


class Payload(NamedTuple):
    """A body as it goes out: its media type and its pieces, of which a file is read when its turn comes."""

    type: str = ""
    pieces: tuple[Piece, ...] = ()


def encode(request: Request, read: Read, boundary: str) -> Payload:
    """Return the payload of a request; `read` gives the bytes of a file that is embedded in JSON."""
    if request.body is MISSING:
        return Payload()
    given = next((value for name, value in request.headers.items() if name.lower() == "content-type"), "")
    try:
        media, pieces = ENCODINGS[request.encoding](request.body, read, boundary)
    except UnicodeEncodeError:
        raise InvalidInput("the body has half a character in it, which is no text") from None
    if sum(len(piece) for piece in pieces if isinstance(piece, bytes)) > LARGEST:
        raise InvalidInput(f"the body is larger than {LARGEST:,} bytes", hint="give a large file by its path")
    # What the parts are divided by only we know.
    return Payload(given if given and request.encoding != "multipart" else media, pieces)


def named(body: Any, size: Callable[[Upload], tuple[str, int]]) -> Any:
    """Return a body whose files all have a type: what the connector says, else what they are by their first bytes."""
    if isinstance(body, Upload):
        return body if body.type else replace(body, type=size(body)[0])
    if isinstance(body, dict):
        return {key: named(entry, size) for key, entry in body.items()}
    if isinstance(body, list):
        return [named(entry, size) for entry in body]
    return body


def shown(body: Any, size: Callable[[Upload], tuple[str, int]]) -> Json:
    """Return a body as a person may see it: a file as its path, type and size."""
    if isinstance(body, Upload):
        kind, length = size(body)
        return {"file": body.path, "type": kind, "size": length}
    if isinstance(body, bytes):
        return body.decode("utf-8", "replace")
    if isinstance(body, dict):
        return {key: shown(entry, size) for key, entry in body.items()}
    if isinstance(body, list):
        return [shown(entry, size) for entry in body]
    return None if body is MISSING else body


def _json(body: Any, read: Read, _boundary: str) -> tuple[str, tuple[Piece, ...]]:
    return MEDIA["json"], (dump(_embedded(body, read)).encode(),)


def _embedded(value: Any, read: Read) -> Json:
    if isinstance(value, Upload):
        if not value.base64:
            raise InvalidInput(
                f"{value.path!r} is a file, and JSON has no place for one", hint="the connector should say encoding: multipart"
            )
        return b64encode(read(value)).decode()
    if isinstance(value, dict):
        return {key: _embedded(entry, read) for key, entry in value.items()}
    if isinstance(value, list):
        return [_embedded(entry, read) for entry in value]
    document: Json = value
    return document


def _form(body: Any, _read: Read, _boundary: str) -> tuple[str, tuple[Piece, ...]]:
    pairs = [part for name, value in _named(body) for part in parts(name, value)]
    return MEDIA["form"], ("&".join(pairs).replace("%20", "+").encode(),)


def _multipart(body: Any, _read: Read, boundary: str) -> tuple[str, tuple[Piece, ...]]:
    pieces = [piece for name, value in _named(body) for piece in _part(name, value, boundary)]
    return f"{MEDIA['multipart']}; boundary={boundary}", (*pieces, f"--{boundary}--\r\n".encode())


def _part(name: str, value: Any, boundary: str) -> Iterator[Piece]:
    for entry in value if isinstance(value, list) else [value]:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'
        if isinstance(entry, Upload):
            kind = _quoted(entry.type) or "application/octet-stream"
            yield f'{head}; filename="{_quoted(basename(entry.path))}"\r\nContent-Type: {kind}\r\n\r\n'.encode()
            yield entry
        else:
            yield f"{head}\r\n\r\n{text(entry)}".encode()
        yield b"\r\n"


def _quoted(word: str) -> str:
    return word.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _raw(body: Any, _read: Read, _boundary: str) -> tuple[str, tuple[Piece, ...]]:
    if isinstance(body, Upload):
        return body.type or "application/octet-stream", (body,)
    return MEDIA["raw"], (body if isinstance(body, bytes) else text(body).encode(),)


def _named(body: Any) -> list[tuple[str, Any]]:
    if not isinstance(body, dict):
        raise InvalidInput("a form has named fields, and this body has none", hint="send an object")
    return [(name, value) for name, value in body.items() if value is not None]


ENCODINGS: Final[Mapping[str, Callable[[Any, Read, str], tuple[str, tuple[Piece, ...]]]]] = {
    "json": _json,
    "form": _form,
    "multipart": _multipart,
    "raw": _raw,
}
