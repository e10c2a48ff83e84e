"""`skillkit registry`: skills for the installers that agents come with."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from skillkit import registry as serving
from skillkit.cli import output, words
from skillkit.cli.tree import Noun, style
from skillkit.cli.words import flag, workspace

if TYPE_CHECKING:
    from skillkit.registry.shelf import Shelf

_lang = flag("--lang", default="en", show_default=True, metavar="en|zh|es|de", help="In which language the skills are.")


@click.group(cls=Noun)
def registry() -> None:
    """Serve skills to the installers of agents."""


@registry.command("serve")
@flag(
    "--port",
    type=click.IntRange(0, 65_535),
    default=serving.PORT,
    show_default=True,
    help="At which port; 0 is any that is free.",
)
@_lang
def serve_registry(port: int, lang: str) -> None:
    """Serve every skill on this machine until Ctrl-C."""
    space = workspace()
    shelf = serving.stocked(space, lang)
    with suppress(KeyboardInterrupt):
        serving.serve(shelf, port, lambda url: _announce(url, shelf), at=int(space.now() * 1000))
    # What there is to say was said when it started.
    click.get_current_context().exit()


@registry.command("build")
@click.argument("folder", metavar="DIR")
@_lang
def build_registry(folder: str, lang: str) -> Any:
    """Write a registry into DIR, for any web server to serve."""
    shelf = serving.stocked(workspace(), lang)
    files, fresh = serving.build(shelf, os.path.abspath(folder))
    return {"folder": os.path.abspath(folder), "files": files, "written": fresh, "skills": list(shelf.portable)}


def _announce(url: str, shelf: Shelf) -> None:
    rows = [{"name": entry.name, "version": entry.serial, "url": url} for entry in shelf.listed.values()]
    output.show(words.listed(rows, len(rows), None, ("name", "version", "url")), style())
    output.notice(f"install from it with: npx skills add {url}; open {url} for other installers; stop it with Ctrl-C")
