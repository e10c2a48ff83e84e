"""A rendering with its manifests is a plugin: six agents install it as it is, and show every skill in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from interop.skills.client import Person
from interop.skills.ear import Ear
from interop.skills.sight import seen

# By agent: the rendering it takes, and what its person types; `DIR` is where that rendering lies.
WAYS = {
    "claude-code": ("claude", ["claude plugin marketplace add DIR", "claude plugin install skillkit@skillkit"]),
    "codex": ("codex", ["codex plugin marketplace add DIR", "codex plugin add skillkit@skillkit"]),
    "gemini-cli": ("gemini", ["gemini extensions install DIR --consent"]),
    "github-copilot": ("codex", ["copilot plugin marketplace add DIR", "copilot plugin install skillkit@skillkit"]),
    "openclaw": ("claude", ["openclaw plugins install DIR --force --accept-capabilities"]),
    "qwen-code": ("claude", ["qwen extensions install DIR:skillkit --consent"]),
}


@pytest.mark.parametrize("agent", WAYS)
def test_an_agent_installs_the_skills_as_a_plugin(agent: str, renderings: Path, person: Person, ear: Ear) -> None:
    profile, lines = WAYS[agent]
    pack = renderings / f"{profile}-en"
    for line in lines:
        # Gemini asks whether the folder is to be trusted; the others ask nothing.
        person.ok(*line.replace("DIR", str(pack)).split(), given="y\n")

    names = {path.name for path in (pack / "skills").iterdir()}
    # Some put the name of the plugin before that of a skill.
    shown = [each.name.removeprefix("skillkit:") for each in seen(agent, person, ear)]
    assert [name for name in shown if name in names] == sorted(names)


def test_claude_counts_few_tokens_for_a_skill_and_fewer_for_having_it(renderings: Path, person: Person) -> None:
    _, lines = WAYS["claude-code"]
    for line in lines:
        person.ok(*line.replace("DIR", str(renderings / "claude-en")).split())
    told = person.ok("claude", "plugin", "details", "skillkit@skillkit").stdout
    rows = re.findall(r"^ +([a-z-]+) +~([\d.]+k?) +~([\d.]+k?)$", told, re.MULTILINE)

    assert {name for name, _, _ in rows} == {path.name for path in (renderings / "claude-en" / "skills").iterdir()}
    assert max(_number(always) for _, always, _ in rows) <= 100
    assert max(_number(once) for _, _, once in rows) <= 1_500


def _number(text: str) -> float:
    return float(text.removesuffix("k")) * (1_000 if text.endswith("k") else 1)
