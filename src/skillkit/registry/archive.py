"""The files of a skill as one: archives whose bytes depend on these files alone, and the sums by which they are known."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, TypeAlias

Files: TypeAlias = "Mapping[str, bytes]"

MODE: Final = 0o644
UNIX: Final = 3
LARGEST_BLOCK: Final = 65_535
GZIP: Final = bytes((0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255))
# As JavaScript's `localeCompare` has them, digits and letters behind all others.
ORDER: Final = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz"


def digest(content: bytes) -> str:
    """Return the SHA-256 of a content in hexadecimal digits."""
    return sha256(content).hexdigest()


def zipped(files: Files) -> bytes:
    """Return the files as a zip, SKILL.md and all others at its root."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for path, content in sorted(files.items()):
            # It tells the first moment that a zip can tell.
            entry = zipfile.ZipInfo(path)
            entry.create_system = UNIX
            entry.external_attr = (0o100000 | MODE) << 16
            # Two builds of zlib squeeze the same bytes in two ways; the files are small.
            archive.writestr(entry, content, zipfile.ZIP_STORED)
    return whole.getvalue()


def tarred(files: Files) -> bytes:
    """Return the files as a tar.gz that every reader takes: plain names without `./`, and no extensions."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, content in sorted(files.items()):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), MODE
            archive.addfile(entry, io.BytesIO(content))
    return _gzipped(whole.getvalue())


def fingerprint(files: Files) -> str:
    """Return the sum by which ClawHub's clients know the files of a skill again; what begins with a dot is not in it."""
    shown = [path for path in files if not any(part.startswith(".") for part in path.split("/"))]
    return digest("\n".join(f"{path}:{digest(files[path])}" for path in sorted(shown, key=_collated)).encode())


def _collated(path: str) -> tuple[list[int], list[bool]]:
    """
    Return by what a path is sorted as JavaScript's `localeCompare` does: case counts only where all else is the same.

    >>> sorted(["ab", "SKILL.md", "Ab", "a_b", "a-c", "A-b", "a.b", "a1", "a10", "a2"], key=_collated)
    ['a_b', 'A-b', 'a-c', 'a.b', 'a1', 'a10', 'a2', 'ab', 'Ab', 'SKILL.md']
    """
    return [ORDER.find(letter) for letter in path.lower()], [letter.isupper() for letter in path]


def _gzipped(content: bytes) -> bytes:
    blocks = [content[start : start + LARGEST_BLOCK] for start in range(0, len(content), LARGEST_BLOCK)]
    stored = [
        struct.pack("<BHH", number == len(blocks), len(block), len(block) ^ 0xFFFF) + block
        for number, block in enumerate(blocks, 1)
    ]
    return GZIP + b"".join(stored) + struct.pack("<II", zlib.crc32(content), len(content))
