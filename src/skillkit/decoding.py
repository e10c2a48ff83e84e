"""Content encodings undone piece by piece, within limits no honest answer meets."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from skillkit.errors import Upstream

GZIP = 31
ZLIB = 15
RAW = -15

STEP = 65_536
MAX_RATIO = 200
RATIO_COUNTS_FROM = 1_000_000

ASKED = "gzip, deflate"
"""What an Accept-Encoding may say: what a `Decoder` can undo."""


class Decoder:
    """One answer's content encoding, undone piece by piece as the answer comes in."""

    def __init__(self, encoding: str, *, max_bytes: int, status: int | None = None) -> None:
        self._encoding = encoding.strip().lower().removeprefix("x-")
        self._max_bytes = max_bytes
        self._status = status
        self._held = b""
        self._member: zlib._Decompress | None = None
        self._taken = 0
        self._given = 0
        # One encoding inside another is a name that is not known either.
        if self._encoding not in ("", "identity", "gzip", "deflate"):
            raise self._refused("has an encoding nobody asked for")

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield what `piece` brings, a bounded step at a time."""
        self._taken += len(piece)
        # A stream that decodes to nothing can go on for ever, so what comes in is counted too.
        if self._taken > self._max_bytes:
            raise self._refused(f"is larger than {self._max_bytes} bytes")
        if self._encoding in ("", "identity"):
            yield bytes(piece)
            return
        rest = self._held + piece
        self._held = b""
        # Two bytes tell zlib from bare deflate.
        if self._member is None and len(rest) < 2:
            self._held = rest
            return
        while rest:
            member = self._current(rest)
            yield from self._inflated(member, rest)
            rest = member.unused_data

    def finish(self) -> None:
        """Refuse a stream that stops before its end; an empty body is whole in every encoding."""
        cut = self._held or (self._member and not self._member.eof)
        if cut:
            raise self._refused("stops before its end")

    def _current(self, rest: bytes) -> zlib._Decompress:
        # Members may follow one another in gzip; in deflate nothing may.
        if self._member is None or (self._member.eof and self._encoding == "gzip"):
            self._member = zlib.decompressobj(self._window(rest))
        elif self._member.eof:
            raise self._refused("goes on after its end")
        return self._member

    def _window(self, rest: bytes) -> int:
        if self._encoding == "gzip":
            return GZIP
        # "deflate" means zlib, but enough servers send it bare that every browser takes both.
        return ZLIB if rest[0] & 15 == zlib.DEFLATED and int.from_bytes(rest[:2], "big") % 31 == 0 else RAW

    def _inflated(self, member: zlib._Decompress, rest: bytes) -> Iterator[bytes]:
        full = True
        # A step that is full may have more behind it, although all that came in has been taken.
        while rest or full:
            try:
                step = member.decompress(rest, STEP)
            except zlib.error:
                raise self._refused(f"is not the {self._encoding} it says it is") from None
            full = len(step) == STEP
            rest = member.unconsumed_tail
            self._weigh(step, self._taken - len(rest))
            if step:
                yield step

    def _weigh(self, step: bytes, taken: int) -> None:
        self._given += len(step)
        if self._given > self._max_bytes:
            raise self._refused(f"is larger than {self._max_bytes} bytes")
        if self._given > max(RATIO_COUNTS_FROM, MAX_RATIO * taken):
            raise self._refused(f"unpacks to more than {MAX_RATIO} times its size")

    def _refused(self, what: str) -> Upstream:
        named = f" (content encoding {self._encoding[:40]!r})" if self._encoding else ""
        return Upstream(f"the answer {what}{named}", status=self._status)
