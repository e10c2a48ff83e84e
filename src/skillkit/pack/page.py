"""What the page of an installed skill says of it, whoever wrote it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import Any, Final

from skillkit.skill import frontmatter

# Longer than the frontmatter of any skill that an agent would take.
LARGEST: Final = 32 * 1024
_FENCE: Final = b"---"
_GENTLE: Final = sum(getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NONBLOCK", "O_BINARY"))


def beginning(path: str) -> bytes:
    """Return how a page begins; nothing when it cannot be read, or is no file: what lies in a project may be anything."""
    try:
        # A named pipe is refused at once, and not waited for.
        with os.fdopen(os.open(path, os.O_RDONLY | _GENTLE), "rb") as file:
            return file.read(LARGEST) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""
    except OSError:
        return b""


def front(content: bytes) -> Mapping[str, Any]:
    """Return what the frontmatter says; nothing when it has none that can be read."""
    try:
        return frontmatter(content[:LARGEST])
    except RecursionError:
        return {}


def framed(content: bytes) -> bool:
    r"""
    Return whether a page begins with a frontmatter, whatever that says.

    >>> framed(b"---\nname: a\n---\n# A"), framed(b"---\nname: a\n# A"), framed(b"# A")
    (True, False, False)
    """
    lines = [line.rstrip() for line in content.split(b"\n")]
    return lines[0] == _FENCE and _FENCE in lines[1:]


def text(value: Any) -> str:
    """Return a value as an agent shows it: a text or a number; whatever else stands there says nothing."""
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""
