"""What is installed for an agent is what that agent shows its model: the real agents, asked where no model is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from interop.skills import odd
from interop.skills.client import Person
from interop.skills.ear import Ear
from interop.skills.sight import AGENTS, Seen, seen
from skillkit.agent import READS

each_agent = pytest.mark.parametrize("agent", AGENTS)


def described(person: Person, agent: str, language: str = "en") -> Mapping[str, str]:
    """Return every skill there is for an agent, with what it says of itself."""
    rows = person.ok("skillkit", "skills", "render", "--agent", agent, "--lang", language, "--json").document["items"]
    return {row["name"]: row["description"] for row in rows}


def shown(person: Person, ear: Ear, agent: str, names: Iterable[str]) -> list[Seen]:
    """Return those of these skills that an agent shows."""
    return [each for each in seen(agent, person, ear) if each.name in names]


@each_agent
@pytest.mark.parametrize("scope", ["project", "user"])
def test_an_agent_shows_what_was_installed_for_it_until_it_is_gone(agent: str, scope: str, person: Person, ear: Ear) -> None:
    names = described(person, agent)
    person.ok("skillkit", "skills", "install", *names, "--agent", agent, "--scope", scope)

    assert shown(person, ear, agent, names) == sorted(Seen(*row) for row in names.items())

    person.ok("skillkit", "skills", "uninstall")
    assert shown(person, ear, agent, names) == []


@each_agent
def test_an_agent_shows_the_skills_in_the_language_of_its_person(agent: str, person: Person, ear: Ear) -> None:
    names = described(person, agent, "zh")
    person.ok("skillkit", "skills", "install", *names, "--agent", agent, "--lang", "zh")

    assert shown(person, ear, agent, names) == sorted(Seen(*row) for row in names.items())


@pytest.mark.parametrize("manner", [("--scope", "project"), ("--scope", "user", "--link")], ids=["copied", "linked"])
def test_all_agents_on_a_machine_show_each_skill_once(manner: tuple[str, ...], person: Person, ear: Ear) -> None:
    names = described(person, "claude-code")
    told = person.ok("skillkit", "skills", "install", *names, *manner, "--json").document

    assert set(told["agents"]) == set(AGENTS)
    assert {agent: [each.name for each in shown(person, ear, agent, names)] for agent in AGENTS} == dict.fromkeys(
        AGENTS, sorted(names)
    )


def test_openclaw_shows_no_skill_while_skillkit_is_not_on_its_path(person: Person, ear: Ear) -> None:
    names = described(person, "openclaw")
    person.ok("skillkit", "skills", "install", *names, "--agent", "openclaw")

    assert shown(replace(person, tools=str(person.project)), ear, "openclaw", names) == []
    assert [each.name for each in shown(person, ear, "openclaw", names)] == sorted(names)


def probed(base: Path, scope: str, folders: Iterable[str]) -> dict[str, str]:
    """Put into each folder a skill of a name of its own; by that name: the folder."""
    names = {f"{scope}-{folder.strip('.').replace('/', '-').replace('.', '-')}": folder for folder in folders}
    for name, folder in names.items():
        path = base / folder / name / "SKILL.md"
        path.parent.mkdir(parents=True)
        path.write_text(odd.page(name))
    return names


@each_agent
def test_an_agent_reads_the_folders_that_skillkit_says_and_no_others(agent: str, person: Person, ear: Ear) -> None:
    reads = READS[agent]
    place = person.home / reads.root if reads.root else person.project
    project = probed(place, "project", {folder for each in READS.values() for folder in each.project})
    user = probed(person.home, "user", {folder for each in READS.values() for folder in each.user})
    found = {each.name for each in seen(agent, person, ear)}

    assert {folder for name, folder in project.items() if name in found} == set(reads.project)
    assert {folder for name, folder in user.items() if name in found} == set(reads.user)


@each_agent
def test_the_doctor_says_of_odd_skills_what_the_agent_does(agent: str, person: Person, ear: Ear) -> None:
    # All of them read one of these two, some both.
    for folder in (".agents", ".claude"):
        odd.written(person.home / folder / "skills")
    rows = person.ok("skillkit", "skills", "doctor", "--agent", agent, "--json").document["items"][0]["skills"]
    names = {name for row in rows for name in (row["name"], Path(row["path"]).name)}
    found = {each.name for each in shown(person, ear, agent, names)}

    # Whether a skill goes by the name on its page or by that of its folder differs too.
    said = {row["path"]: (row["seen"], row["why"]) for row in rows}
    done = {row["path"]: bool({row["name"], Path(row["path"]).name} & found) for row in rows}
    assert {path: seen for path, (seen, _) in said.items()} == done
    assert all(why for seen, why in said.values() if not seen)
