"""What of a result is printed when it is too long to print whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final
from zlib import crc32

from skillkit import home as folders

Measure = Callable[[Any], int]

FOLDER: Final = "outputs"
MOST_KEPT: Final = 500


def kept(home: str, name: str, content: bytes) -> str:
    """Return the path of the file that holds `content` whole; as many are kept as runs are."""
    folder = folders.prepare(os.path.join(folders.prepare(home), FOLDER))
    path = os.path.join(folder, f"{name or f'list-{crc32(content):08x}'}.json")
    if os.path.lexists(path):
        # The same list again is the same file.
        if folders.read_whole(path) == content:
            return path
        path = f"{path.removesuffix('.json')}-{os.urandom(4).hex()}.json"
    folders.write_new(path, content)
    # A run's id begins with its time, and what is no run's can be had again.
    for old in sorted(os.listdir(folder))[:-MOST_KEPT]:
        with suppress(FileNotFoundError):
            os.unlink(os.path.join(folder, old))
    return path


def cut(value: Any, room: int, size: Measure) -> Any:
    """
    Return as much of a value as `room` bytes hold: the first rows of a list, the beginning of a text.

    Of a record the longest field gives way first, so that how many rows there are outlives the rows.

    >>> cut({"items": [1, 2, 3, 4], "total": 4}, 32, lambda value: len(str(value)))
    {'items': [1, 2, 3], 'total': 4}
    """
    if size(value) <= room:
        return value
    if isinstance(value, list):
        return value[: _fitting(value, room - 2, size)]
    if isinstance(value, dict) and value:
        return _record(value, room, size)
    # Whatever a character is written as, it takes no more than twelve bytes.
    return value[: max(0, room - 2) // 12] if isinstance(value, str) else None


def _record(value: Mapping[str, Any], room: int, size: Measure) -> dict[str, Any]:
    sizes = {name: size({name: entry}) for name, entry in value.items()}
    left, kept = room - sum(sizes.values()), dict(value)
    for name in sorted(sizes, key=lambda name: -sizes[name]):
        left += sizes[name]
        least = size({name: None})
        if left >= least:
            return {**kept, name: cut(value[name], left - least + size(None), size)}
        del kept[name]
    return kept


def _fitting(entries: Sequence[Any], room: int, size: Measure) -> int:
    for index, entry in enumerate(entries):
        # Two bytes for what stands between two entries.
        room -= size(entry) + 2
        if room < -2:
            return index
    return len(entries)
