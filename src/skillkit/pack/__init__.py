"""Skills on this machine: put where each agent reads them, looked after, taken away again, and what each agent makes of them."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from skillkit import VERSION, home
from skillkit.errors import SkillkitError
from skillkit.pack import record

if TYPE_CHECKING:
    from skillkit.pack.record import Copy
    from skillkit.workspace import Workspace

__all__ = ["behind", "late"]

# As many sentences as anybody reads before doing what each of them says.
_MOST: Final = 3


def behind(space: Workspace) -> tuple[str, ...]:
    """
    Return in sentences which installed skills are older than their connectors.

    What was found is kept until the connectors or the installed skills change, so that most of the time two small files
    are looked at. Where nothing was installed, nothing is read.
    """
    stamp = _stamp(space.home)
    if not stamp:
        return ()
    path = os.path.join(space.home, record.CHECKED)
    known = _kept(path)
    if known.get("stamp") != stamp:
        known = {"stamp": stamp, "behind": _found(space)}
        # Somebody who may not write here is warned all the same.
        with suppress(SkillkitError):
            home.write_whole(path, json.dumps(known).encode())
    return tuple(map(str, known["behind"]))


def late(copy: Copy, space: Workspace) -> str:
    """Return in a sentence how an installed skill is behind its connector; nothing when it is not."""
    from skillkit.skill import Mark, stale

    if len(copy.mark) != len(Mark._fields):
        return ""
    return stale({"name": copy.skill, "metadata": Mark(*copy.mark).entries()}, space)


def _found(space: Workspace) -> list[str]:
    oldest = {(copy.skill, copy.mark): copy for copy in record.read(space.home).copies}
    said = dict.fromkeys(filter(None, (late(copy, space) for copy in oldest.values())))
    more = [f"and {len(said) - _MOST} more skills are behind"] if len(said) > _MOST else []
    return [f"{one}: skillkit skills update" for one in (*list(said)[:_MOST], *more)]


def _kept(path: str) -> dict[str, Any]:
    if not os.path.lexists(path):
        return {}
    try:
        found: Any = json.loads(home.read_whole(path))
    except (ValueError, RecursionError):
        return {}
    fits = isinstance(found, dict) and isinstance(found.get("behind"), list)
    return found if fits else {}


def _stamp(folder: str) -> str:
    """Return what changes with the installed skills, the connectors or skillkit itself; nothing where none is installed."""
    from skillkit.catalog import FILE

    parts = [VERSION]
    for name in (record.FILE, FILE):
        try:
            status = os.stat(os.path.join(folder, name))
        except OSError:
            if name == record.FILE:
                return ""
            # It has not been compiled yet.
            continue
        parts.append(f"{status.st_mtime_ns}-{status.st_size}-{status.st_ino}")
    return " ".join(parts)
