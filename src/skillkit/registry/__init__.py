"""A registry of skills on this machine, for the installers that agents come with; or a folder of it for any web server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from skillkit.errors import SkillkitError

# Only a command that serves or builds pays for what it takes.
if TYPE_CHECKING:
    from skillkit.registry.shelf import Shelf
    from skillkit.workspace import Workspace

# Installers write down from where they have a skill, and ask there again for the next one.
PORT: Final = 7717
# Whoever tries to change something is told in a sentence why not.
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


def stocked(space: Workspace, language: str = "en") -> Shelf:
    """Return everything that a registry serves, rendered now."""
    from skillkit.registry import shelf

    return shelf.stocked(space, language)


def serve(
    shelf: Shelf,
    port: int,
    started: Callable[[str], None],
    *,
    at: int = 0,
    going: Callable[[], bool] = lambda: True,
) -> None:
    """Answer at a port of this machine, 0 for any that is free, as long as `going`; `started` is told the address."""
    from skillkit.door import LOOPBACK, Door, Limits
    from skillkit.registry.desk import Desk

    try:
        # A client that wants all skills asks for all files at once, and leaves out without a word what is not answered.
        limits = Limits(callers=768, answers=256)
        door = Door(Desk(shelf, at).answer, port, limits=limits, methods=METHODS)
    except OSError as error:
        said = f"the registry cannot be served at port {port}: {(error.strerror or 'unknown').lower()}"
        raise SkillkitError(said, hint="skillkit registry serve --port 0") from None
    started(f"http://{LOOPBACK}:{door.port}")
    door.serve(going)


def build(shelf: Shelf, place: str) -> tuple[int, int]:
    """Write a registry into a folder; return how many files it has, and how many of them are new."""
    from skillkit.registry import folder

    files = folder.tree(shelf)
    return len(files), folder.build(place, files)
