"""Which skills each agent offers its model: by the command that lists them, or in what it tells a model before anything else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from interop.skills.client import Person
from interop.skills.ear import Ear, texts


class Seen(NamedTuple):
    """A skill as an agent shows it."""

    name: str
    description: str


# Where a page and its folder have different names, Claude says both.
_ROW = re.compile(r"^- (?P<name>[\w:.-]+)(?: \([\w:.-]+\))?: (?P<description>.*?)(?: \(file: [^)]*\))?$", re.MULTILINE)
_ELEMENT = re.compile(r"<name>\n(?P<name>.*)\n</name>\n<description>\n(?P<description>.*) \([^)]*\)\n</description>")
_LISTED = re.compile(r"^(?P<name>\S+) \[Enabled\].*\n\s+Description: (?P<description>.*)$", re.MULTILINE)


def claude(person: Person, ear: Ear) -> Iterator[Seen]:
    person.run("claude", "--print", "hello", ANTHROPIC_BASE_URL=ear.url, ANTHROPIC_API_KEY="none")
    # Having heard no answer it asks again, in the same words.
    return _found(_ROW, _after("The following skills are available", texts(ear.told[0])))


def codex(person: Person, _: Ear) -> Iterator[Seen]:
    prompt = person.ok("codex", "debug", "prompt-input").document
    return _found(_ROW, _after("<skills_instructions>", texts(prompt)))


def qwen(person: Person, ear: Ear) -> Iterator[Seen]:
    asked = {"--auth-type": "openai", "--openai-api-key": "none", "--openai-base-url": f"{ear.url}/v1"}
    person.run("qwen", "--prompt", "hello", *(word for pair in asked.items() for word in pair))
    return _found(_ELEMENT, texts(ear.told[0]))


def gemini(person: Person, _: Ear) -> Iterator[Seen]:
    return _found(_LISTED, [person.ok("gemini", "skills", "list").stdout])


def copilot(person: Person, _: Ear) -> Iterator[Seen]:
    return _rows(person.ok("copilot", "skill", "list", "--json").document, "enabled")


def opencode(person: Person, _: Ear) -> Iterator[Seen]:
    return _rows(person.ok("opencode", "debug", "skill").document)


def openclaw(person: Person, _: Ear) -> Iterator[Seen]:
    return _rows(person.ok("openclaw", "skills", "list", "--json").document["skills"], "modelVisible")


def _after(heading: str, told: Iterable[str]) -> list[str]:
    return [text.partition(heading)[2] for text in told if heading in text]


def _found(pattern: re.Pattern[str], told: Iterable[str]) -> Iterator[Seen]:
    return (Seen(found["name"], found["description"]) for text in told for found in pattern.finditer(text))


def _rows(rows: Iterable[Mapping[str, Any]], shown: str = "") -> Iterator[Seen]:
    return (Seen(row["name"], row.get("description", "")) for row in rows if not shown or row[shown])


# By their ids in skillkit's own table.
AGENTS: Mapping[str, Callable[[Person, Ear], Iterator[Seen]]] = {
    "claude-code": claude,
    "codex": codex,
    "gemini-cli": gemini,
    "github-copilot": copilot,
    "opencode": opencode,
    "openclaw": openclaw,
    "qwen-code": qwen,
}


def seen(agent: str, person: Person, ear: Ear) -> list[Seen]:
    """Return the skills that an agent offers in this project, those it came with among them."""
    ear.told.clear()
    return sorted(AGENTS[agent](person, ear))
