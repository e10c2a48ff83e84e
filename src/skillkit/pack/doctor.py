"""What each agent makes of the skills on this machine: which it sees and where, what they cost in its list, and what is wrong."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from skillkit.agent import Reads, known
from skillkit.document import Json, at, parse
from skillkit.pack import page, plan, tree
from skillkit.pack.place import SCOPES, Machine, Place, places, reading
from skillkit.pack.record import Copy, Record
from skillkit.pack.rule import Seen, cost, hidden, noted

COMMAND: Final = "skillkit"
BOM: Final = b"\xef\xbb\xbf"
# Whoever has set it has given Claude's list another size.
_ROOMS: Final[Mapping[str, str]] = {"claude-code": "SLASH_COMMAND_TOOL_CHAR_BUDGET"}
# Where Gemini keeps which folders it trusts and whether it asks, and how it says so.
_TRUST: Final = "trustedFolders.json"
_SETTINGS: Final = "settings.json"
_TRUSTING: Final = {"TRUST_FOLDER": False, "TRUST_PARENT": True}

# Returns in a sentence how a copy is behind its connector, or nothing.
Behind = Callable[[Copy], str]


class Sight(NamedTuple):
    """A skill that an agent finds, whether it sees it, and what there is to say."""

    seen: Seen
    copy: Copy | None
    why: tuple[str, ...]
    visible: bool

    def described(self) -> dict[str, Any]:
        """Return it as a document."""
        named = {"name": self.seen.name or self.seen.folder, "path": self.seen.path, "scope": self.seen.scope}
        return {**named, "seen": self.visible, "ours": self.copy is not None, "why": list(self.why)}


def examined(agents: Mapping[str, str], machine: Machine, record: Record, behind: Behind) -> list[dict[str, Any]]:
    """Return what each of these agents makes of the skills here; beside each agent stands what tells that it is here."""
    return [_agent(agent, sign, machine, record, behind) for agent, sign in agents.items()]


def ailments(machine: Machine) -> tuple[str, ...]:
    """Return what is wrong with the machine itself."""
    if _on_path(COMMAND, machine):
        return ()
    return (f"{COMMAND} is not on PATH here: no agent could run what the skills tell it to",)


def state(copy: Copy, behind: Behind) -> tuple[str, str]:
    """Return how an installed skill is now, in a word and a sentence."""
    try:
        found = tree.look(copy.path, copy.target)
    except OSError as error:
        return "unreadable", (error.strerror or type(error).__name__).lower()
    if found.kind == "nothing":
        return "gone", "it is not there any more: skillkit skills update"
    if found.kind == "other" or (found.kind == "link" and found.target != copy.target):
        return "replaced", "something else has taken its place"
    if changes := plan.edits(found.files, copy):
        return "edited", f"edited by hand: {', '.join(changes[:3])}"
    if found.files not in (copy.files, copy.coming):
        return "damaged", "files of it are gone: skillkit skills update"
    late = behind(copy)
    return ("behind", f"{late}: skillkit skills update") if late else ("current", "")


def _agent(agent: str, sign: str, machine: Machine, record: Record, behind: Behind) -> dict[str, Any]:
    reads = reading(agent)
    where = _distinct(place for scope in SCOPES for place in places(agent, scope, machine))
    sights = [
        _sight(agent, reads, seen, record, behind)
        for place, own in where
        for seen in _lying(place, machine, own=own, trusted=not reads.trusts or _trusted(machine))
    ]
    shown = [sight.seen for sight in sights if sight.visible]
    used, room = sum(cost(reads, seen) for seen in shown), _room(agent, reads, machine)
    folders = [{"path": place.folder, "scope": place.scope, "exists": os.path.isdir(place.folder)} for place, _ in where]
    return {
        "agent": agent,
        "title": known(agent).title,
        "found": sign,
        "sees": len(shown),
        "characters": used,
        "room": room,
        "folders": folders,
        "skills": [sight.described() for sight in sights],
        "problems": [*_twice(shown), *_crowded(used, room), *_absent(agent, shown, record, machine)],
    }


def _sight(agent: str, reads: Reads, seen: Seen, record: Record, behind: Behind) -> Sight:
    copy = record.at(seen.path)
    why, odd = hidden(agent, reads, seen), noted(agent, reads, seen)
    now = state(copy, behind)[1] if copy else ""
    return Sight(seen, copy, tuple(filter(None, (*why, *odd, now))), not why)


def _twice(shown: Sequence[Seen]) -> Iterator[str]:
    """Yield what is there more than once; which of them counts differs, and some agents list them all."""
    names = [seen.name or seen.folder for seen in shown]
    for name in dict.fromkeys(names):
        paths = [seen.path for seen, called in zip(shown, names, strict=True) if called == name]
        if len(paths) > 1:
            yield f"{name} is there {len(paths)} times, and one shadows the others: {', '.join(paths)}"


def _crowded(used: int, room: int) -> Iterator[str]:
    if room and used > room:
        yield f"its list of skills has room for about {room:,} characters, and they take {used:,}: some are cut or dropped"


def _absent(agent: str, shown: Sequence[Seen], record: Record, machine: Machine) -> Iterator[str]:
    """Yield which installed skills this agent does not find, for they are gone or lie where it does not look."""
    roots = {machine.project, os.path.join(machine.user, reading(agent).root)}
    copies = [copy for copy in record.copies if copy.scope == "user" or copy.root in roots]
    found = {os.path.realpath(each.path) for each in shown} | {each.name for each in shown}
    for skill in dict.fromkeys(copy.skill for copy in copies):
        same = [copy for copy in copies if copy.skill == skill]
        own = [copy for copy in same if agent in copy.agents]
        if skill in found or any(os.path.lexists(copy.path) for copy in own):
            # It sees it, or it is said beside the skill why not.
            continue
        if own:
            yield f"{skill} is gone from {own[0].folder}: skillkit skills update {skill}"
        else:
            yield f"it does not read {same[0].folder}, where {skill} is: skillkit skills install {skill} --agent {agent}"


def _distinct(found: Iterator[Place]) -> list[tuple[Place, bool]]:
    """Return places, a folder once whatever it is called, each with whether it is the first of its scope."""
    rows: dict[str, tuple[Place, bool]] = {}
    scopes: set[str] = set()
    for place in found:
        rows.setdefault(os.path.realpath(place.folder), (place, place.scope not in scopes))
        scopes.add(place.scope)
    return list(rows.values())


def _lying(place: Place, machine: Machine, *, own: bool, trusted: bool) -> Iterator[Seen]:
    """Yield the skills in a folder, also those that lie a folder deeper."""
    for name, path in _folders(place.folder):
        pages = _pages(path)
        if pages:
            yield _seen(place, path, name, pages, machine)._replace(own=own, trusted=trusted)
            continue
        for inner, below in _folders(path):
            if deeper := _pages(below):
                yield _seen(place, below, inner, deeper, machine)._replace(own=own, trusted=trusted, nested=True)


def _folders(folder: str) -> Iterator[tuple[str, str]]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        path = os.path.join(folder, name)
        if not name.startswith(".") and os.path.isdir(path):
            yield name, path


def _pages(path: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(path) if name.lower() == tree.MAIN.lower())
    except OSError:
        return []


def _seen(place: Place, path: str, folder: str, pages: Sequence[str], machine: Machine) -> Seen:
    content = page.beginning(os.path.join(path, pages[0]))
    plain = content.removeprefix(BOM)
    front = page.front(plain)
    return Seen(
        path,
        place.scope,
        folder,
        " ".join(page.text(front.get("name")).split()),
        page.text(front.get("description")),
        framed=page.framed(plain),
        told=bool(front),
        spelled="" if tree.MAIN in pages else pages[0],
        bom=content.startswith(BOM),
        linked=bool(tree.astray(place.folder, path)),
        lacking=tuple(command for command in _needed(front) if not _on_path(command, machine)),
    )


def _needed(front: Mapping[str, Any]) -> list[str]:
    """Return the commands without which OpenClaw hides a skill."""
    found: Any = front
    for key in ("metadata", "openclaw", "requires", "bins"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return [command for command in found if isinstance(command, str)] if isinstance(found, list) else []


def _on_path(command: str, machine: Machine) -> bool:
    from shutil import which

    return which(command, path=machine.environ.get("PATH") or os.devnull) is not None


def _room(agent: str, reads: Reads, machine: Machine) -> int:
    said = machine.environ.get(_ROOMS.get(agent, ""), "")
    return int(said) if said.isascii() and said.isdigit() else reads.listing


def _trusted(machine: Machine) -> bool:
    """Return whether Gemini trusts the project, or a folder that it lies in, or asks for no trust at all."""
    if at(_said(machine, _SETTINGS), "security.folderTrust.enabled") is False:
        return True
    said = _said(machine, _TRUST)
    rows = said.items() if isinstance(said, dict) else ()
    project = os.path.realpath(machine.project)
    trusting = (
        os.path.dirname(os.path.realpath(folder)) if _TRUSTING[word] else os.path.realpath(folder)
        for folder, word in rows
        if isinstance(word, str) and word in _TRUSTING
    )
    return any(not tree.astray(folder, project) for folder in trusting)


def _said(machine: Machine, name: str) -> Json:
    """Return what one of Gemini's files says; nothing when it says nothing that can be read."""
    try:
        found: Json = parse(page.beginning(os.path.join(machine.user, ".gemini", name)).decode())
    except ValueError:
        return None
    return found
