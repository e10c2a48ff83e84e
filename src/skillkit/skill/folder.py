"""Rendered skills in a folder: what differs there from what they would be, and writing them anew."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from skillkit.errors import Conflict, SkillkitError
from skillkit.skill.mark import frontmatter, marked

MAIN: Final = "SKILL.md"


def differing(folder: str, files: Mapping[str, bytes]) -> list[str]:
    """Return the paths below a folder that are not as they would be: changed, missing, or left from earlier."""
    there = {path: None for skill in _skills(files) for path in _inside(folder, skill)}
    return sorted(path for path in {**there, **files} if path not in files or _content(os.path.join(folder, path)) != files[path])


def written(folder: str, files: Mapping[str, bytes]) -> list[str]:
    """Write skills below a folder, each file whole or not at all, and return what had to be; foreign folders stay as they are."""
    for skill in _skills(files):
        _own(os.path.join(folder, skill))
    changed = differing(folder, files)
    for path in changed:
        target = os.path.join(folder, path)
        try:
            if path in files:
                _replaced(target, files[path])
            else:
                os.unlink(target)
                with suppress(OSError):
                    os.rmdir(os.path.dirname(target))
        except OSError as error:
            said = f"{target!r} cannot be written: {(error.strerror or '').lower()}"
            raise SkillkitError(said, hint="give --out a folder that you may write to") from None
    return changed


def _skills(files: Mapping[str, bytes]) -> list[str]:
    return [path.removesuffix(MAIN).rstrip("/") for path in files if os.path.basename(path) == MAIN]


def _own(folder: str) -> None:
    """Refuse a folder that is not one of ours: what is in it is somebody else's."""
    below = (os.path.join(place, name) for place, names, _ in os.walk(folder) for name in names)
    if linked := next((path for path in (folder, *below) if os.path.islink(path)), ""):
        raise Conflict(f"{linked!r} is a symbolic link", hint="write to the folder that it leads to, or remove the link")
    if not os.path.isdir(folder) or not os.listdir(folder):
        return
    if marked(frontmatter(_content(os.path.join(folder, MAIN)) or b"")) is None:
        raise Conflict(f"{folder!r} holds something that skillkit has not written", hint="move it away, or give another --out")


def _inside(folder: str, skill: str) -> Iterator[str]:
    for place, _, names in os.walk(os.path.join(folder, skill)):
        yield from (os.path.relpath(os.path.join(place, name), folder).replace(os.sep, "/") for name in names)


def _content(path: str) -> bytes | None:
    if os.path.islink(path) or not os.path.isfile(path):
        return None
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise SkillkitError(f"{path!r} cannot be read: {(error.strerror or '').lower()}") from None


def _replaced(path: str, content: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    fresh = f"{path}.{os.urandom(4).hex()}.part"
    try:
        with open(fresh, "xb") as file:
            file.write(content)
        os.replace(fresh, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(fresh)
