"""A machine for skills: a user's folder, a project, and pages that are rendered from nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from skillkit.pack.place import Machine
from skillkit.pack.work import Pack
from tests.wire import Clock

ROUTER = "skillkit"


class Pages:
    """Renders skills; another version makes other pages of them."""

    def __init__(self) -> None:
        self.version = "1.0.0"
        self.known = {"alegra": "alegra-accounting", "clientary": "clientary-agency", ROUTER: ROUTER}

    def __call__(self, skill: str, profile: str, language: str) -> Mapping[str, bytes]:
        from skillkit.errors import UnknownName

        names = self.known | {name: name for name in self.known.values()}
        if skill not in names:
            raise UnknownName(f"there is no skill {skill!r}", hint="known are some")
        name = names[skill]
        connector = next(key for key, called in self.known.items() if called == name)
        head = f'name: {name}\ndescription: "Use when {name} in {language}."\nmetadata:\n  skillkit-connector: "{connector}"'
        mark = f'{head}\n  skillkit-version: "{self.version}"\n  skillkit-actions: "abc"\n'
        files = {"SKILL.md": f"---\n{mark}---\n\n# {name} {profile} {language}\n".encode()}
        more = {} if name == ROUTER else {"references/actions.md": f"actions of {name} {self.version}\n".encode()}
        return {**files, **more, **({"agents/openai.yaml": b"interface:\n"} if profile == "codex" else {})}


def machine(folder: Path, pages: Pages, **environ: str) -> Machine:
    """Return a machine on which no agent is."""
    return Machine(str(folder / "home"), str(folder / "user"), str(folder / "project"), environ, pages)


def packer(folder: Path) -> tuple[Callable[[], Pack], Pages]:
    """Return what opens the pack of a machine, as each command does, and its pages."""
    pages, clock = Pages(), Clock()
    for name in ("user", "project"):
        (folder / name).mkdir(exist_ok=True)
    return lambda: Pack(machine(folder, pages), clock.now, clock.sleep), pages


def lying(folder: Path | str) -> dict[str, str]:
    """Return every file below a folder with what is in it, and every empty folder."""
    found: dict[str, Any] = {}
    for place, names, leaves in os.walk(folder):
        for leaf in (*leaves, *(name for name in names if os.path.islink(os.path.join(place, name)))):
            path = Path(place, leaf)
            found[path.relative_to(folder).as_posix()] = f"-> {os.readlink(path)}" if path.is_symlink() else path.read_text()
        if not names and not leaves and place != str(folder):
            found[Path(place).relative_to(folder).as_posix() + "/"] = ""
    return found
