"""The body of a request: read up to a size, and understood as JSON or as an upload."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import Any, Final, NoReturn

from starlette.requests import Request

from skillkit.sandbox.faktoora.call import Refused, Upload, invalid
from skillkit.sandbox.faktoora.imports import LARGEST

# CHOICE: what a body may be
LARGEST_JSON: Final = 5_000_000
AROUND_FILE: Final = 100_000
DEEPEST: Final = 32
LONGEST_NUMBER: Final = 40
# Further than any float reaches.
LARGEST_EXPONENT: Final = 400
BOUNDARY: Final = re.compile(r'boundary="?([0-9A-Za-z\'()+_,./:=? -]{1,70})"?')


async def content(request: Request, kind: str) -> bytes:
    """Return the bytes of a body; one that is too large is not read to its end."""
    most = LARGEST + AROUND_FILE if kind == "file" else LARGEST_JSON
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > most:
            raise Refused(413, f"the body has more than {most} bytes")
    return bytes(found)


def document(request: Request, given: bytes) -> Any:
    """Return a body as JSON."""
    if _kind(request) != "application/json":
        raise Refused(415, "send the body as application/json")
    try:
        found = json.loads(given, parse_float=_decimal, parse_int=_int, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"the body is not JSON: {error}") from None
    if _depth(found) > DEEPEST:
        raise Refused(400, f"the body is nested deeper than {DEEPEST} levels")
    return found


async def upload(request: Request, given: bytes) -> Upload | None:
    """Return the file in a body of several parts."""
    from starlette.datastructures import Headers, UploadFile
    from starlette.formparsers import MultiPartException, MultiPartParser

    # Of the whole header only the boundary is passed on: a charset would be looked up, and may be anything.
    boundary = BOUNDARY.search(request.headers.get("content-type", ""))
    if _kind(request) != "multipart/form-data" or not boundary:
        raise Refused(415, "send the body as multipart/form-data with a boundary")

    # The parser would keep the beginning of a file open that has no end.
    if f"--{boundary[1].strip()}--".encode() not in given:
        raise Refused(400, "the body ends too early")

    async def stream() -> AsyncGenerator[bytes, None]:
        yield given

    headers = Headers({"content-type": f'multipart/form-data; boundary="{boundary[1].strip()}"'})
    try:
        form = await MultiPartParser(headers, stream(), max_files=1, max_fields=10).parse()
    except MultiPartException as error:
        raise Refused(400, f"the body is not multipart/form-data: {error.message}") from None
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise invalid((("file", "is required, as a file"),))
        return Upload((file.filename or "file")[:200], (file.content_type or "")[:200], await file.read())
    finally:
        await form.close()


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _decimal(word: str) -> Decimal:
    # Amounts must not pass through a float; and what is written in ten characters may be a thousand million digits.
    if len(word) > LONGEST_NUMBER or abs((found := Decimal(word)).adjusted()) > LARGEST_EXPONENT:
        raise ValueError(f"{word[:LONGEST_NUMBER]} is out of range")
    return found


def _int(word: str) -> int:
    if len(word) > LONGEST_NUMBER:
        raise ValueError(f"{word[:LONGEST_NUMBER]} is out of range")
    return int(word)


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _depth(found: Any) -> int:
    """Return how deep a value is nested, without descending into it one call a level."""
    level, depth = [found], 0
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth
