"""The table of profiles: what the files of a skill, and of a pack of them, look like for one kind of agent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from skillkit import VERSION
from skillkit.errors import UnknownName
from skillkit.skill.mark import Mark

LICENSE: Final = "Apache-2.0"
PLUGIN: Final = "skillkit"
AUTHOR: Final = {"name": "skillkit"}
SKILLS: Final = "skills/"
AGENT_PLUGIN: Final = "https://agent-plugins.org/schemas/1.0.0/plugin.schema.json"
# As short and as long as Codex takes a description.
SHORT: Final = range(25, 65)


class Told(NamedTuple):
    """What a skill says of itself."""

    name: str
    description: str
    compatibility: str
    mark: Mark
    title: str
    short: str
    prompt: str


class Pack(NamedTuple):
    """Skills that are handed out together."""

    description: str
    keywords: tuple[str, ...]
    # The name of each, and what it is for.
    skills: Mapping[str, str]


Lines = Sequence[str]
Beside = Mapping[str, bytes]


class Profile(NamedTuple):
    """What one kind of agent wants: the rest of the frontmatter, files beside the page, and those of a pack with its folder."""

    name: str
    front: Callable[[Told], Lines]
    beside: Callable[[Told], Beside]
    manifests: Mapping[str, Callable[[Pack], Any]]
    folder: str = ""


def quoted(text: str) -> str:
    """Return a text as YAML that no parser takes for anything else."""
    return json.dumps(text, ensure_ascii=False)


def _plain(told: Told) -> Lines:
    entries = [f"  {key}: {quoted(value)}" for key, value in told.mark.entries().items()]
    return [f"license: {LICENSE}", f"compatibility: {quoted(told.compatibility)}", "metadata:", *entries]


def _claude(told: Told) -> Lines:
    return [*_plain(told), "allowed-tools: Bash(skillkit:*)"]


def _openclaw(told: Told) -> Lines:
    # What ClawHub publishes is MIT-0, so no licence stands here; and a nested list is read in block style alone.
    entries = [f"  {key}: {quoted(value)}" for key, value in told.mark.entries().items()]
    needs = ["  openclaw:", "    requires:", "      bins:", "        - skillkit"]
    return [f"compatibility: {quoted(told.compatibility)}", "metadata:", *entries, *needs]


def _alone(told: Told) -> Beside:  # noqa: ARG001 - a row of the table
    return {}


def _sidecar(told: Told) -> Beside:
    shown = [
        "interface:",
        f"  display_name: {quoted(told.title)}",
        f"  short_description: {quoted(told.short)}",
        f"  default_prompt: {quoted(told.prompt)}",
        "policy:",
        "  allow_implicit_invocation: true",
    ]
    return {"agents/openai.yaml": ("\n".join(shown) + "\n").encode()}


def _plugin(pack: Pack) -> Any:
    named = {"name": PLUGIN, "version": VERSION, "description": pack.description, "author": AUTHOR}
    return {**named, "license": LICENSE, "keywords": list(pack.keywords)}


def _marketplace(pack: Pack) -> Any:
    plugin = {"name": PLUGIN, "source": "./", "description": pack.description, "version": VERSION}
    return {"name": PLUGIN, "owner": AUTHOR, "metadata": {"description": pack.description}, "plugins": [plugin]}


def _agent_plugin(pack: Pack) -> Any:
    return {"$schema": AGENT_PLUGIN, **_plugin(pack)}


def _extension(pack: Pack) -> Any:
    return {"name": PLUGIN, "version": VERSION, "description": pack.description}


def _readme(pack: Pack) -> str:
    skills = [f"- `{name}`: {told}" for name, told in pack.skills.items()]
    return "\n".join((
        f"# {PLUGIN}",
        "",
        f"{pack.description} They tell an agent how to find, check and run an app's actions with the command `skillkit`,",
        "which keeps each account's credential on this machine and shows it to nobody.",
        "",
        "`skillkit` must be on PATH: get it from its checkout (`make setup`), or as a wheel that was built there.",
        "The skills are rendered by `skillkit skills render`; edit the connectors, and not these pages.",
        "",
        *skills,
        "",
    ))  # fmt: skip


_CLAUDE: Final = {"README.md": _readme, ".claude-plugin/plugin.json": _plugin, ".claude-plugin/marketplace.json": _marketplace}

PROFILES: Final[Mapping[str, Profile]] = {
    each.name: each
    for each in (
        Profile("portable", _plain, _alone, {}),
        Profile("openclaw", _openclaw, _alone, {}),
        Profile("claude", _claude, _alone, _CLAUDE, SKILLS),
        # Its own marketplace is that of Claude, and what it installs is an Agent Plugin.
        Profile("codex", _plain, _sidecar, {**_CLAUDE, "plugin.json": _agent_plugin}, SKILLS),
        Profile("gemini", _plain, _alone, {"README.md": _readme, "gemini-extension.json": _extension}, SKILLS),
    )
}


def profile(name: str) -> Profile:
    """Return the profile of this name."""
    if name not in PROFILES:
        raise UnknownName(f"no profile {name!r} is here", hint=f"known are {', '.join(PROFILES)}")
    return PROFILES[name]
