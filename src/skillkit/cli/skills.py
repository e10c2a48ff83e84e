"""`skillkit skills`: the pages that make agents good at apps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from skillkit.cli import pack, words
from skillkit.cli.tree import Noun
from skillkit.cli.words import flag, workspace
from skillkit.errors import Problem, SkillkitError, UnknownName, Usage


@click.group(cls=Noun)
def skills() -> None:
    """Render, install and check the pages that make agents good at apps."""


for verb in pack.VERBS:
    skills.add_command(verb)


@skills.command("render")
@click.argument("names", nargs=-1, metavar="[CONNECTOR]...")
@flag("--agent", default="", metavar="AGENT", help="The agent that reads them, such as claude.  [default: any]")
@flag("--profile", default="", metavar="NAME", help="What kind of agent: portable, openclaw, claude, codex or gemini.")
@flag("--lang", default="en", show_default=True, metavar="LANG", help="The language: en, zh, es or de.")
@flag("--out", default="", metavar="DIR", help="Write them below DIR.  [default: only say what they would be]")
@click.option("--check", is_flag=True, help="Write nothing; fail when DIR is not what would be written.")
def render_skills(names: tuple[str, ...], agent: str, profile: str, lang: str, out: str, *, check: bool) -> Any:
    """Render the skill of each CONNECTOR, or of all, from what the connectors say alone."""
    from skillkit import skill
    from skillkit.skill import folder

    if check and not out:
        raise Usage("--check compares with a folder", hint="name it with --out DIR")
    space, kind = workspace(), _profile(agent, profile)
    wanted = names or skill.names(space)
    files = skill.pack(space, kind, lang, wanted)
    if check and (found := folder.differing(out, files)):
        told = tuple(Problem("is not what would be written", path, "drift") for path in found)
        more = f", nor {'is' if len(found) == 2 else 'are'} {len(found) - 1} more" if found[1:] else ""
        raise SkillkitError(f"{found[0]} is not what would be written to {out!r}{more}", told, hint=_again(out, kind, lang))
    changed = folder.written(out, files) if out and not check else []
    rows = [_row(name, files, changed) for name in sorted({_skill(path) for path in files if path.endswith("SKILL.md")})]
    return words.listed(rows, len(rows), columns=("name", "tokens", "lines", "description"))


def _profile(agent: str, profile: str) -> str:
    """Return which profile is meant: by its name, or by the agent that it is for."""
    from skillkit.agent import READS, known

    if not agent:
        return profile or "portable"
    found = READS.get(known(agent).id)
    if found is None:
        raise UnknownName(f"it is not known where {agent!r} reads skills", hint=f"known are {', '.join(sorted(READS))}")
    if profile not in {"", found.profile}:
        raise Usage(f"{agent} reads the profile {found.profile}, not {profile}", hint="give one of the two")
    return found.profile


def _again(out: str, kind: str, lang: str) -> str:
    said = [f"--profile {kind}"] * (kind != "portable") + [f"--lang {lang}"] * (lang != "en")
    return " ".join(["skillkit skills render", *said, f"--out {out}"])


def _skill(path: str) -> str:
    return path.split("/")[-2]


def _row(name: str, files: Mapping[str, bytes], changed: list[str]) -> dict[str, Any]:
    from skillkit.skill import frontmatter
    from skillkit.skill.tokens import tokens

    own = {path: content for path, content in files.items() if f"/{name}/" in f"/{path}"}
    main = next(content for path, content in own.items() if path.endswith("SKILL.md"))
    body = main.decode().partition("\n---\n")[2]
    return {
        "name": name,
        "description": frontmatter(main)["description"],
        "tokens": tokens(body),
        "lines": body.count("\n"),
        "files": sorted(own),
        "changed": [path for path in changed if path in own],
    }
