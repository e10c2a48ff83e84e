"""`skillkit skills install`, `list`, `doctor`, `update` and `uninstall`: skills where agents read them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from skillkit.cli import words
from skillkit.cli.output import Listed, notice
from skillkit.cli.tree import Verb, style
from skillkit.cli.words import flag, workspace
from skillkit.errors import Partial, UnknownName

if TYPE_CHECKING:
    from skillkit.pack.place import Machine, Scope
    from skillkit.pack.work import Pack, Row
    from skillkit.workspace import Workspace

NAMES: Final = click.argument("names", nargs=-1, metavar="[NAME]...")
EVERYWHERE: Final = click.Choice(["user", "project"])


@click.command("install", cls=Verb)
@NAMES
@flag("--agent", "-a", multiple=True, metavar="AGENT", help="For this agent, such as claude (repeatable).  [default: all here]")
@click.option("--scope", type=EVERYWHERE, default="user", show_default=True, help="For you everywhere, or in this folder.")
@click.option("--link", is_flag=True, help="Put symbolic links to one copy there, and no copies.")
@flag("--lang", default="", metavar="LANG", help="The language: en, zh, es or de.  [default: your terminal's]")
@click.option("--force", is_flag=True, help="Also overwrite a skill of skillkit's that was edited by hand.")
def install_skills(names: tuple[str, ...], agent: tuple[str, ...], scope: Scope, lang: str, *, link: bool, force: bool) -> Any:
    """Put skills where agents read them. Without NAME: the guide to skillkit, and the skills of the connected apps."""
    from skillkit.pack import place
    from skillkit.skill.book import ENGLISH, known

    space = workspace()
    machine = _machine(space)
    agents = place.named(agent) or tuple(place.here(machine))
    if not agents:
        raise UnknownName("no agent is found on this machine", hint="name it: skillkit skills install --agent claude")
    # What is not there is refused before anything is written.
    language = known(lang) if lang else ""
    for name in names:
        machine.render(name, "portable", language or ENGLISH)
    wanted = names or _connected(space)
    rows = _pack(space, machine).install(wanted, agents, scope, link=link, language=language, force=force)
    _warn(space)
    return _told(rows, {"agents": list(agents), "next": "start the agents anew; what each then sees: skillkit skills doctor"})


@click.command("update", cls=Verb)
@NAMES
@flag("--agent", "-a", multiple=True, metavar="AGENT", help="Only what this agent reads (repeatable).")
@click.option("--force", is_flag=True, help="Also overwrite what was edited by hand.")
def update_skills(names: tuple[str, ...], agent: tuple[str, ...], *, force: bool) -> Any:
    """Bring installed skills up to date. What is gone is put back; what was edited by hand is kept."""
    from skillkit.pack.place import named

    space = workspace()
    rows = _pack(space, _machine(space)).update(_installed(space, names), named(agent), force=force)
    return _told(rows, {"next": "skillkit skills doctor"})


@click.command("uninstall", cls=Verb)
@NAMES
@flag("--agent", "-a", multiple=True, metavar="AGENT", help="Only for this agent (repeatable).")
@click.option("--scope", type=EVERYWHERE, default=None, help="Only what is for you everywhere, or in a project.")
@click.option("--force", is_flag=True, help="Also what was edited by hand.")
def uninstall_skills(names: tuple[str, ...], agent: tuple[str, ...], scope: Scope | None, *, force: bool) -> Any:
    """Take installed skills away again. Without NAME: all of them."""
    from skillkit.pack.place import named

    space = workspace()
    rows = _pack(space, _machine(space)).uninstall(_installed(space, names), named(agent), scope, force=force)
    return _told(rows, {})


@click.command("list", cls=Verb)
def list_skills() -> Any:
    """See which skills there are. Also where they are installed, and how they are now."""
    from skillkit import skill
    from skillkit.pack import late, record
    from skillkit.pack.doctor import state

    space = workspace()
    copies = record.read(space.home).copies
    rows: list[dict[str, Any]] = []
    for copy in sorted(copies, key=lambda one: (one.skill, one.path)):
        now, why = state(copy, partial(late, space=space))
        about = {"version": copy.mark[1] if copy.mark else "", "language": copy.language, "agents": list(copy.agents)}
        rows.append({"skill": copy.skill, "state": now, "path": copy.path, "why": why, "scope": copy.scope, **about})
    there = {copy.skill for copy in copies}
    absent = [
        {"skill": name, "state": "not installed", "path": "", "why": ""} for name in skill.names(space) if name not in there
    ]
    return words.listed([*rows, *absent], len(rows) + len(absent), columns=("skill", "state", "path", "why"))


@click.command("doctor", cls=Verb)
@flag("--agent", "-a", multiple=True, metavar="AGENT", help="Look at this agent (repeatable).  [default: all here]")
def examine_skills(agent: tuple[str, ...]) -> Any:
    """See which skills each agent sees. Also from where, what they cost in its list, and why some are not seen."""
    from skillkit.pack import doctor, late, place, record

    space = workspace()
    machine, written = _machine(space), record.read(space.home)
    here = place.here(machine)
    served = {one: "skills were installed for it" for copy in written.copies for one in copy.agents}
    chosen = {one: here.get(one, "it was not found here") for one in place.named(agent)} or {**served, **here}
    found = doctor.examined(chosen, machine, written, partial(late, space=space))
    problems = [*doctor.ailments(machine), *(() if chosen else ("no agent is found on this machine",))]
    document = {**words.listed(found, len(found)).document, "problems": problems}
    return document if style().json else _report(document)


VERBS: Final = (install_skills, list_skills, examine_skills, update_skills, uninstall_skills)


def _machine(space: Workspace) -> Machine:
    from skillkit.pack.place import Machine
    from skillkit.skill import rendered

    return Machine(space.home, os.path.expanduser("~"), os.getcwd(), os.environ, partial(rendered, space))


def _pack(space: Workspace, machine: Machine) -> Pack:
    from skillkit.pack.work import Pack

    return Pack(machine, space.now, space.sleep)


def _connected(space: Workspace) -> tuple[str, ...]:
    """Return the skills that are wanted where none is named: the guide, and those of the apps that have an account here."""
    from skillkit.skill import ROUTER

    if not os.path.lexists(os.path.join(space.home, "store.db")):
        return (ROUTER,)
    own = {one.connector for one in space.store.connections() if one.connector and not one.archived}
    return (ROUTER, *sorted(own))


def _installed(space: Workspace, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of installed skills, all of which must be there."""
    from skillkit.pack import record

    known = {name for copy in record.read(space.home).copies for name in (copy.skill, *copy.mark[:1])}
    for name in names:
        if name not in known:
            raise UnknownName(f"no skill {name[:60]!r} is installed", hint="skillkit skills list")
    return tuple(names)


def _warn(space: Workspace) -> None:
    from skillkit.pack import behind

    for said in behind(space):
        notice(said)


def _told(rows: Sequence[Row], more: dict[str, Any]) -> Listed:
    """Return what became of each skill; when it is less than was asked for, say so."""
    from skillkit.pack.plan import SHORT

    listed = words.listed([row.described() for row in rows], len(rows), columns=("skill", "done", "path", "why"))
    document = listed.document | more
    if short := [row for row in rows if row.done in SHORT]:
        first = short[0]
        said = f"{first.path or first.skill}: {first.why}"
        count = f"{len(short)} of {len(rows)} skills are not as asked for; " if len(rows) > 1 else ""
        raise Partial(f"{count}{said}", output=document, hint="skillkit skills doctor")
    return Listed(document, listed.columns)


def _report(document: dict[str, Any]) -> str:
    """Return what is told about each agent, in lines for a person."""
    lines = [f"! {problem}" for problem in document["problems"]]
    for row in document["items"]:
        room = f" of about {row['room']:,}" if row["room"] else ""
        lines += [
            "",
            f"{row['title']} ({row['found']})",
            f"  sees {row['sees']}, {row['characters']:,}{room} characters in its list",
        ]
        for one in row["skills"]:
            why = f": {'; '.join(one['why'])}" if one["why"] else ""
            lines.append(f"  {'+' if one['seen'] else '-'} {one['name']}  {one['path']}{why}")
        lines += [f"  ! {problem}" for problem in row["problems"]]
    return "\n".join(lines).strip("\n")
