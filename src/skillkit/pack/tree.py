"""The files of an installed skill: read with their hashes, and put in place or taken away at one stroke."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Final, Literal, NamedTuple, TypeAlias

MAIN: Final = "SKILL.md"
# What a desktop leaves in every folder it has shown.
JUNK: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
# No file of ours is as large; one that is was put there by somebody else.
LARGEST: Final = 1_000_000
MOST: Final = 300
_SWAPPING: Final = 2

# Gives two paths each other's names at one stroke; False where the system cannot.
Exchange: TypeAlias = Callable[[str, str], bool]
Kind: TypeAlias = Literal["nothing", "folder", "link", "other"]


class Found(NamedTuple):
    """What stands where a skill is wanted: its files by their paths, each as a hash, and its page."""

    kind: Kind
    files: Mapping[str, str] = {}
    # Where a symbolic link leads.
    target: str = ""
    main: bytes = b""


def digests(content: Mapping[str, bytes]) -> dict[str, str]:
    """Return the files of a skill as their hashes."""
    return {path: sha256(written).hexdigest() for path, written in content.items()}


def look(path: str, target: str = "") -> Found:
    """Return what stands at a path; only through a link to `target`, which is our own, is it read."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return Found("nothing")
    if stat.S_ISDIR(status.st_mode):
        return Found("folder", _hashed(path), "", _main(path))
    if not stat.S_ISLNK(status.st_mode):
        return Found("other")
    leads = os.readlink(path)
    followed = bool(target) and leads == target and os.path.isdir(target) and not os.path.islink(target)
    return Found("link", _hashed(target) if followed else {}, leads, _main(target) if followed else b"")


def astray(root: str, folder: str) -> str:
    """Return where a folder leads when that is out of its root; a symbolic link on the way can do it."""
    real, bounds = os.path.realpath(folder), os.path.realpath(root)
    return "" if real == bounds or real.startswith(bounds.rstrip(os.sep) + os.sep) else real


def missing(folder: str) -> tuple[str, ...]:
    """Return the folders that have to be made for this one to be there, the outermost first."""
    found: list[str] = []
    while not os.path.lexists(folder):
        found.insert(0, folder)
        folder = os.path.dirname(folder)
    return tuple(found)


def put(folder: str, name: str, content: Mapping[str, bytes], token: str, exchange: Exchange | None = None) -> None:
    """Put a skill in place: at any moment, also that of being killed, there is the whole old one or the whole new one."""
    os.makedirs(folder, exist_ok=True)
    beside = _beside(folder, token)
    try:
        for path, written in content.items():
            _write(os.path.join(beside, path), written)
        _swap(beside, os.path.join(folder, name), exchange or _exchanged)
    finally:
        _discard(beside)


def point(folder: str, name: str, target: str, token: str) -> None:
    """Put a symbolic link in place of a skill."""
    os.makedirs(folder, exist_ok=True)
    beside = _beside(folder, token)
    try:
        os.symlink(target, beside, target_is_directory=True)
        _swap(beside, os.path.join(folder, name), _exchanged)
    finally:
        _discard(beside)


def take(folder: str, name: str, token: str) -> None:
    """Take a skill away: it is there whole, or not at all."""
    beside = _beside(folder, token)
    with suppress(FileNotFoundError):
        os.rename(os.path.join(folder, name), beside)
    _discard(beside)


def sweep(folder: str, token: str) -> None:
    """Take away what was left beside a folder by a command of ours that was killed."""
    for place in (os.path.dirname(folder), folder):
        with suppress(OSError):
            for name in os.listdir(place):
                if token and name.startswith(_prefix(token)):
                    _discard(os.path.join(place, name))


def _hashed(path: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for folder, names, leaves in os.walk(path):
        # A link to a folder is no folder of the skill.
        links = [name for name in names if os.path.islink(os.path.join(folder, name))]
        for leaf in sorted({*leaves, *links} - JUNK):
            whole = os.path.join(folder, leaf)
            found[os.path.relpath(whole, path).replace(os.sep, "/")] = _hash(whole)
        if len(found) > MOST:
            return {"": "too many"}
    return found


def _hash(path: str) -> str:
    """Return the hash of a file; of what is no file of ours in any case, a word that is no hash."""
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        return "no file"
    if status.st_size > LARGEST:
        return "too large"
    with open(path, "rb") as file:
        return sha256(file.read()).hexdigest()


def _main(path: str) -> bytes:
    main = os.path.join(path, MAIN)
    try:
        if not stat.S_ISREG(os.lstat(main).st_mode):
            return b""
        with open(main, "rb") as file:
            return file.read(LARGEST)
    except OSError:
        return b""


def _prefix(token: str) -> str:
    return f".skillkit-{token}-"


def _beside(folder: str, token: str) -> str:
    """Return a path on the same disk that is not there yet, and outside of where agents look if that can be."""
    parent = os.path.dirname(folder)
    place = parent if os.stat(parent).st_dev == os.stat(folder).st_dev and os.access(parent, os.W_OK) else folder
    return os.path.join(place, f"{_prefix(token)}{os.urandom(4).hex()}")


def _write(path: str, content: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "xb") as file:
        file.write(content)


def _swap(beside: str, path: str, exchange: Exchange) -> None:
    """Put what is beside a path in its place; what was there is beside it then."""
    if not os.path.lexists(path):
        os.rename(beside, path)
        return
    if exchange(beside, path):
        return
    # Where a system cannot exchange two names, there is nothing at this one for a moment.
    old = f"{beside}-old"
    os.rename(path, old)
    try:
        os.rename(beside, path)
    except OSError:
        os.rename(old, path)
        raise
    _discard(old)


def _exchanged(one: str, other: str) -> bool:
    import ctypes

    try:
        library = ctypes.CDLL(None, use_errno=True)
        # Linux and macOS each have it under a name of their own.
        if hasattr(library, "renameat2"):
            here = -100
            return bool(library.renameat2(here, os.fsencode(one), here, os.fsencode(other), _SWAPPING) == 0)
        if hasattr(library, "renamex_np"):
            return bool(library.renamex_np(os.fsencode(one), os.fsencode(other), _SWAPPING) == 0)
    except (OSError, TypeError):
        # Windows has no such library.
        return False
    return False


def _discard(path: str) -> None:
    from shutil import rmtree

    if os.path.islink(path):
        os.unlink(path)
    elif os.path.isdir(path):
        rmtree(path)
