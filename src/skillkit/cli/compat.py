"""`skillkit compat`: let skills that were written for other tools find skillkit."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any, Final

import click

from skillkit.cli.tree import Noun
from skillkit.cli.words import flag
from skillkit.errors import Conflict, SkillkitError, Usage

NAME: Final = "membrane"
HEAD: Final = b"#!/bin/sh\n# Written by `skillkit compat membrane --install`: "
ABOUT: Final = (
    "Published skills type `membrane …`. A file of that name in a folder of PATH hands each such line on to skillkit, which "
    "knows the same commands and keeps every credential on this machine. A line that begins `npx @membranehq/cli` cannot be "
    "caught so: npx fetches that package itself. In its place, type `membrane` or `skillkit`."
)


@click.group(cls=Noun)
def compat() -> None:
    """Let skills written for other tools find skillkit."""


@compat.command("membrane")
@flag("--install", default="", metavar="DIR", help="Write the command `membrane` into this folder.")
def membrane(install: str) -> Any:
    """Let skills that type `membrane` find skillkit; lines that begin `npx @membranehq/cli` cannot be caught."""
    if not install:
        found = _found(os.environ)
        where = {"command": found, "installed": _ours(found)} if found else {"installed": False}
        return {"name": NAME, "about": ABOUT, **where, "next": "skillkit compat membrane --install ~/.local/bin"}
    path = os.path.join(os.path.abspath(install), NAME)
    _write(path, script(sys.executable))
    first, listed = _found(os.environ), _listed(os.path.dirname(path), os.environ)
    told = "skills that type `membrane` now find skillkit"
    if not listed:
        told = f"{os.path.dirname(path)} is not in PATH yet: add it, or skills that type `membrane` do not find it"
    elif first and not os.path.samefile(first, path):
        told = f"{first} stands before it in PATH, and is still what skills find"
    return {"name": NAME, "path": path, "onPath": listed, "first": first, "about": told}


def script(python: str) -> bytes:
    """Return a shell script that hands its words on to the skillkit of this interpreter."""
    if not python:
        raise SkillkitError("it is not known which Python runs here", hint="run skillkit as a command of its own")
    import shlex

    lines = (
        "it hands every word on to skillkit.",
        "# To take it away again, delete it.",
        # -P: what lies in the current folder must not be taken for skillkit.
        f'exec {shlex.quote(python)} -P -m skillkit "$@"',
        "",
    )
    return HEAD + os.fsencode("\n".join(lines))


def _write(path: str, content: bytes) -> None:
    """Put a command in its place, or leave what is there as it is."""
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise Usage(f"there is no folder {folder!r}", hint=f"make it first, or --install another; such as {_home()}")
    if os.path.lexists(path) and not _ours(path):
        raise Conflict(f"{path!r} is there, and was not written by skillkit", hint="move it away, or --install another folder")
    beside = f"{path}.{os.urandom(4).hex()}.part"
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(beside, path)
    except OSError as error:
        raise SkillkitError(f"{path!r} cannot be written: {(error.strerror or '').lower()}", hint=f"such as {_home()}") from None
    finally:
        if os.path.lexists(beside):
            os.unlink(beside)


def _home() -> str:
    return os.path.join(os.path.expanduser("~"), ".local", "bin")


def _ours(path: str) -> bool:
    """Return whether a file is one of these commands; a link to something is not."""
    if os.path.islink(path) or not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            return file.read(len(HEAD)) == HEAD
    except OSError:
        return False


def _found(environ: Mapping[str, str]) -> str:
    import shutil

    return shutil.which(NAME, path=environ.get("PATH", "")) or ""


def _listed(folder: str, environ: Mapping[str, str]) -> bool:
    """Return whether a folder is in PATH, however it is spelled there."""
    wanted = os.path.realpath(folder)
    return any(os.path.realpath(entry) == wanted for entry in environ.get("PATH", "").split(os.pathsep) if entry)
