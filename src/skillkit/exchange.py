"""What goes out and comes back: the seats of the network and of the shared pace, and what the record of a run keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from os.path import getsize
from typing import Final, Protocol, TypeVar

from skillkit import files, payload
from skillkit.document import Json
from skillkit.errors import InvalidInput
from skillkit.network import Answer, Stream, Wire
from skillkit.request import Request, Upload

T = TypeVar("T")

# What one exchange leaves in the record of a run, and how many do.
KEPT: Final = 64 * 1024
FIRST_KEPT: Final = 2
LAST_KEPT: Final = 8


class Exchange(Protocol):
    """The adapter's seat: a network, or a cassette that plays one."""

    def exchange(self, wire: Wire) -> Answer: ...


class Pacing(Protocol):
    """Where short-lived state is kept for every process that uses a connection: its pace, and how renewing its token goes."""

    def change(self, table_key: str, step: Callable[[str], tuple[str, T]]) -> T: ...


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What went out and came back, as the record of a run keeps it: redacted, and cut."""

    request: Mapping[str, Json]
    response: Mapping[str, Json]


def note(kept: list[Exchanged], request: Request, url: str, headers: Mapping[str, Json], response: Mapping[str, Json]) -> None:
    """Write an exchange down beside the others; a list of many pages is told by its first and its last."""
    body = payload.shown(request.body, lambda upload: (upload.type, _size(upload)))
    kept.append(Exchanged({"method": request.method, "url": url, "headers": dict(headers), "body": body}, response))
    del kept[FIRST_KEPT:-LAST_KEPT]


def joined(parts: tuple[payload.Piece, ...], home: str) -> bytes | Stream:
    """Return a body as it goes out: whole, or read when its turn comes where a file is part of it."""
    if not any(isinstance(part, Upload) for part in parts):
        return b"".join(part for part in parts if isinstance(part, bytes))
    sizes = [len(part) if isinstance(part, bytes) else files.looked_at(part, home)[1] for part in parts]
    if sum(sizes) > payload.LARGEST + payload.LARGEST // 100:
        raise InvalidInput(f"the body has {sum(sizes):,} bytes, more than {payload.LARGEST:,}", hint="send the files one by one")

    def opened() -> Iterator[bytes]:
        for part in parts:
            yield from (part,) if isinstance(part, bytes) else files.pieces(part, home)

    return Stream(sum(sizes), opened)


def _size(upload: Upload) -> int:
    try:
        return getsize(upload.path)
    except OSError:
        return 0
