"""The three installers that people have, each in its own words: find, install, update, and where a skill lies then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from interop.command import Ended
from interop.skills.client import Person


class Installer(NamedTuple):
    """How one of them is typed: by whom, at which registry, and for what."""

    find: Callable[[Person, str, str], Ended]
    install: Callable[[Person, str, str], Ended]
    update: Callable[[Person, str], Ended]
    folder: Callable[[Person], Path]
    # What its registry gives it.
    profile: str
    # What it writes down beside the files of a skill.
    marks: str = ".clawhub"


def _openclaw(person: Person, url: str, *words: str) -> Ended:
    return person.run("openclaw", "skills", *words, OPENCLAW_CLAWHUB_URL=url)


def _clawhub(person: Person, url: str, *words: str) -> Ended:
    return person.run("clawhub", *words, "--no-input", CLAWHUB_REGISTRY=url)


def _skills(person: Person, url: str, *words: str) -> Ended:
    return person.run("skills", *words, SKILLS_API_URL=url)


INSTALLERS: Mapping[str, Installer] = {
    "openclaw": Installer(
        lambda person, url, words: _openclaw(person, url, "search", words),
        lambda person, url, name: _openclaw(person, url, "install", name),
        lambda person, url: _openclaw(person, url, "update", "--all"),
        lambda person: person.home / ".openclaw" / "workspace" / "skills",
        "openclaw",
    ),
    "clawhub": Installer(
        lambda person, url, words: _clawhub(person, url, "search", words),
        lambda person, url, name: _clawhub(person, url, "install", name),
        lambda person, url: _clawhub(person, url, "update", "--all"),
        lambda person: person.project / "skills",
        "openclaw",
    ),
    "skills": Installer(
        lambda person, url, words: _skills(person, url, "find", words),
        lambda person, url, name: _skills(person, url, "add", url, "--skill", name, "--agent", "claude-code", "--yes"),
        lambda person, url: _skills(person, url, "update", "--yes"),
        lambda person: person.project / ".claude" / "skills",
        "portable",
    ),
}


def files(folder: Path, marks: str = "") -> dict[str, bytes]:
    """Return what lies in a folder, but for what an installer has written down there."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    named = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return {name: content for name, content in named.items() if not marks or name.split("/")[0] != marks}
