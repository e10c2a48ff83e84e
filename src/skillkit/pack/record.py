"""What was installed where, written down in skillkit's own folder, so that what others put there is never taken for ours."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from skillkit import home
from skillkit.errors import SkillkitError

FILE: Final = "skills.json"
LOCK: Final = "skills.lock"
# What was last found to be behind.
CHECKED: Final = "skills.behind.json"
LAYOUT: Final = 1
PATIENCE: Final = 30.0
NAP: Final = 0.05


class Copy(NamedTuple):
    """A skill in a folder: for which agents, how it was rendered, from what, and which files it has."""

    skill: str
    folder: str
    root: str
    scope: str
    agents: tuple[str, ...]
    profile: str
    language: str
    # Connector, version and hash of the actions, as the frontmatter has them.
    mark: tuple[str, ...] = ()
    # Its files by their paths, each as the hash of its content.
    files: Mapping[str, str] = {}
    # What is about to be in their place: whoever is killed has left the one or the other.
    coming: Mapping[str, str] = {}
    # Where it leads, when it is a symbolic link.
    target: str = ""

    @property
    def path(self) -> str:
        """Return where it lies."""
        return os.path.join(self.folder, self.skill)


class Record(NamedTuple):
    """Everything that is installed, and the folders that were made for it."""

    # Tells what this skillkit leaves lying about when it is killed from what another one does.
    token: str = ""
    copies: tuple[Copy, ...] = ()
    made: tuple[str, ...] = ()

    def at(self, path: str) -> Copy | None:
        """Return what is installed at a path."""
        return next((copy for copy in self.copies if copy.path == path), None)

    def leading(self, target: str) -> Copy | None:
        """Return a copy that is a symbolic link to this."""
        return next((copy for copy in self.copies if target and copy.target == target), None)

    def put(self, *copies: Copy) -> Record:
        """Return the record with copies in place of those at the same paths."""
        paths = {copy.path for copy in copies}
        return self._replace(copies=(*(copy for copy in self.copies if copy.path not in paths), *copies))

    def without(self, path: str) -> Record:
        """Return the record without what is at a path."""
        return self._replace(copies=tuple(copy for copy in self.copies if copy.path != path))


def read(folder: str) -> Record:
    """Return what is written down in skillkit's own folder."""
    path = os.path.join(folder, FILE)
    if not os.path.lexists(path):
        return Record()
    try:
        document: Any = json.loads(home.read_whole(path))
        if document["layout"] != LAYOUT:
            raise _damaged(path)
        return Record(document["token"], tuple(map(_copy, document["copies"])), tuple(map(_text, document["made"])))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _damaged(path) from None


def write(folder: str, record: Record) -> None:
    """Write down what is installed; where nothing is, nothing is left."""
    path = os.path.join(folder, FILE)
    if record.copies or record.made:
        document = {"layout": LAYOUT, **record._asdict(), "copies": [copy._asdict() for copy in record.copies]}
        home.write_whole(path, json.dumps(document, indent=1).encode())
        return
    for old in (path, os.path.join(folder, CHECKED)):
        if os.path.lexists(old):
            os.unlink(old)


@contextmanager
def alone(folder: str, now: Callable[[], float], sleep: Callable[[float], None]) -> Iterator[None]:
    """Install while nobody else does with the same folder of skillkit's."""
    descriptor = home.private_file(os.path.join(home.prepare(folder), LOCK))
    try:
        _wait(descriptor, now() + PATIENCE, now, sleep)
        yield
    finally:
        # Closing it is letting go of it, and so is being killed.
        os.close(descriptor)


def _wait(descriptor: int, by: float, now: Callable[[], float], sleep: Callable[[float], None]) -> None:
    try:
        import fcntl
    except ImportError:
        # Without such a lock each skill is still the old one or the new one.
        return
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if now() > by:
                raise SkillkitError(
                    f"another command has been installing skills for {PATIENCE:.0f} s", hint="try again when it is done"
                ) from None
            sleep(NAP)
        else:
            return


def _copy(document: Any) -> Copy:
    texts = {name: _text(document[name]) for name in ("skill", "folder", "root", "scope", "profile", "language", "target")}
    agents, mark = (tuple(map(_text, document[name])) for name in ("agents", "mark"))
    files, coming = (_digests(document[name]) for name in ("files", "coming"))
    return Copy(agents=agents, mark=mark, files=files, coming=coming, **texts)


def _digests(document: Any) -> dict[str, str]:
    return {_text(path): _text(digest) for path, digest in document.items()}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _damaged(path: str) -> SkillkitError:
    return SkillkitError(
        f"{path!r} is damaged, or a newer skillkit wrote it", hint="move it away, then type: skillkit skills install --force"
    )
