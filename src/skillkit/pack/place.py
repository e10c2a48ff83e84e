"""Where skills can lie on this machine: which agents are here, and which folders each of them reads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

from skillkit.agent import READS, Reads, guessed, known
from skillkit.errors import UnknownName

Scope: TypeAlias = Literal["user", "project"]
# A skill by its name or its connector's id, a profile, a language: the files by their paths.
Render: TypeAlias = Callable[[str, str, str], Mapping[str, bytes]]

SCOPES: Final[tuple[Scope, ...]] = ("user", "project")
# Many agents read these, so that one being there tells of none of them.
_SHARED: Final = frozenset({".agents/skills", ".config/agents/skills"})


class Machine(NamedTuple):
    """What installing meets: skillkit's own folder, the user's, that of the project, the environment, and what renders."""

    home: str
    user: str
    project: str
    environ: Mapping[str, str]
    render: Render


class Place(NamedTuple):
    """A folder in which an agent looks for skills; what leads to it must not lead out of its root."""

    folder: str
    root: str
    scope: Scope


def places(agent: str, scope: Scope, machine: Machine) -> tuple[Place, ...]:
    """Return the folders that an agent reads, its own one first."""
    reads = reading(agent)
    if scope == "user":
        return tuple(_moved(folder, reads, machine) for folder in reads.user)
    root = os.path.join(machine.user, reads.root) if reads.root else machine.project
    return tuple(Place(os.path.join(root, folder), root, "project") for folder in reads.project)


def reading(agent: str) -> Reads:
    """Return what is known of an agent's reading."""
    if agent not in READS:
        raise UnknownName(f"it is not known where {agent!r} reads skills", hint=f"known are {', '.join(READS)}")
    return READS[agent]


def links(agent: str, scope: Scope) -> bool:
    """Return whether an agent follows a symbolic link there: one with a project of its own takes none that leads out of it."""
    return not (scope == "project" and reading(agent).root)


def language(environ: Mapping[str, str]) -> str:
    """
    Return the language that a user's terminal speaks, if skills are told in it, and English otherwise.

    >>> language({"LANG": "de_DE.UTF-8"}), language({"LC_ALL": "C", "LANG": "de_DE.UTF-8"})
    ('de', 'en')
    """
    from skillkit.skill.book import ENGLISH, LANGUAGES

    said = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return said[:2] if said[:2] in LANGUAGES and not said[2:3].isalpha() else ENGLISH


def named(names: Iterable[str]) -> tuple[str, ...]:
    """Return the agents that are meant, each once; all of them must be known to read skills."""
    found = tuple(dict.fromkeys(known(name).id for name in names))
    for agent in found:
        reading(agent)
    return found


def here(machine: Machine) -> dict[str, str]:
    """Return the agents that are on this machine, each with what tells it."""
    asking = guessed(machine.environ)
    signs = {agent: _sign(agent, machine, asks=asking is not None and asking.id == agent) for agent in READS}
    return {agent: sign for agent, sign in signs.items() if sign}


def _sign(agent: str, machine: Machine, *, asks: bool) -> str:
    from shutil import which

    if asks:
        return "it runs this command"
    # Without a PATH, `which` would take the one of the process.
    path = machine.environ.get("PATH") or os.devnull
    for command in READS[agent].commands:
        if which(command, path=path):
            return f"the command {command} is on PATH"
    own = (os.path.dirname(place.folder) for place in _own(agent, machine))
    return next((f"{folder} is there" for folder in own if os.path.isdir(folder)), "")


def _own(agent: str, machine: Machine) -> Iterator[Place]:
    """Yield the user's folder that is this agent's own, if it has one: what follows it belongs to others."""
    for folder in READS[agent].user:
        if folder not in _SHARED:
            yield _moved(folder, READS[agent], machine)
            return


def _moved(folder: str, reads: Reads, machine: Machine) -> Place:
    for variable, start in reads.moves:
        chosen = machine.environ.get(variable)
        if chosen and folder.startswith(f"{start}/"):
            # Relative, it would be another folder for each command; an agent takes it from where it is started.
            root = os.path.abspath(os.path.join(machine.project, chosen))
            return Place(os.path.join(root, folder[len(start) + 1 :]), root, "user")
    return Place(os.path.join(machine.user, folder), machine.user, "user")
