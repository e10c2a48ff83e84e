"""Where skills are put and what becomes of what is there: decided from values alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillkit.agent import READS
from skillkit.errors import InvalidInput, UnknownName
from skillkit.pack.place import SCOPES, Machine, Place, here, language, named, places
from skillkit.pack.plan import Reader, Target, edits, step, targets
from skillkit.pack.record import Copy
from skillkit.pack.tree import Found


def nothing(skill, profile, language):
    raise AssertionError(f"nobody asked for {skill}")


def machine(folder="/there", **environ):
    return Machine("/home", str(folder), "/project", environ, nothing)


def readers(*agents, scope="user"):
    return [Reader(agent, tuple(one.folder for one in places(agent, scope, machine())), READS[agent].profile) for agent in agents]


def chosen(*agents, scope="user", had=()):
    return {
        target.folder.removeprefix("/there/").removeprefix("/project/"): target.agents
        for target in targets(readers(*agents, scope=scope), dict(had))
    }


# Where.


@pytest.mark.parametrize(
    ("agents", "expected"),
    [
        (["claude-code"], {".claude/skills": ("claude-code",)}),
        (["codex"], {".agents/skills": ("codex",)}),
        (["codex", "claude-code"], {".claude/skills": ("claude-code",), ".agents/skills": ("codex",)}),
        # What Claude has is read by these too; twice would cost twice.
        (["opencode", "claude-code"], {".claude/skills": ("claude-code", "opencode")}),
        (["zed", "warp"], {".agents/skills": ("zed", "warp")}),
        # Each in its own profile, and none where another that wants its own would find it.
        (
            ["gemini-cli", "openclaw", "codex"],
            {".gemini/skills": ("gemini-cli",), ".openclaw/skills": ("openclaw",), ".codex/skills": ("codex",)},
        ),
        (
            ["claude-code", "codex", "github-copilot"],
            {".claude/skills": ("claude-code",), ".agents/skills": ("codex", "github-copilot")},
        ),
    ],
)
def test_as_few_folders_as_show_it_to_all(agents, expected):
    assert chosen(*agents) == expected


def test_of_two_folders_the_one_is_taken_in_which_fewer_find_a_skill_twice():
    assert chosen("claude-code", "codex", "github-copilot", scope="project") == {
        ".claude/skills": ("claude-code", "github-copilot"),
        ".codex/skills": ("codex",),
    }


def test_what_is_there_already_serves_whoever_reads_it():
    assert chosen("opencode", had=[("/there/.claude/skills", "claude")]) == {".claude/skills": ("opencode",)}
    assert chosen("claude-code", had=[("/there/.agents/skills", "codex")]) == {".claude/skills": ("claude-code",)}


def test_nobody_is_served_by_pages_made_for_openclaw_but_openclaw():
    had = [("/there/.agents/skills", "openclaw")]

    assert chosen("zed", had=had) == {".agents/skills": ("zed",)}
    assert targets(readers("github-copilot"), dict(had)) == (Target("/there/.copilot/skills", "portable", ("github-copilot",)),)


@given(st.lists(st.sampled_from(sorted(READS)), unique=True, min_size=1), st.sampled_from(SCOPES))
def test_every_agent_reads_one_of_the_folders_and_those_with_a_profile_find_it(agents, scope):
    found = targets(readers(*agents, scope=scope), {})

    assert sorted(agent for target in found for agent in target.agents) == sorted(agents)
    for target in found:
        for agent in target.agents:
            assert target.folder in {one.folder for one in places(agent, scope, machine())}
            assert READS[agent].profile in {target.profile, "portable"}


def test_a_folder_moves_with_its_variable():
    moved = machine(CLAUDE_CONFIG_DIR="/elsewhere/claude", CODEX_HOME="near")

    assert places("claude-code", "user", moved) == (Place("/elsewhere/claude/skills", "/elsewhere/claude", "user"),)
    assert places("codex", "user", moved)[1] == Place("/project/near/skills", "/project/near", "user")
    assert places("claude-code", "project", moved) == (Place("/project/.claude/skills", "/project", "project"),)


# Who is here.


def test_an_agent_is_found_by_its_command_its_folder_or_because_it_asks(tmp_path):
    (tmp_path / "codex").write_text("#!/bin/sh\n")
    (tmp_path / "codex").chmod(0o755)
    (tmp_path / ".config/opencode").mkdir(parents=True)
    # Many read it: it tells of none of them.
    (tmp_path / ".agents/skills").mkdir(parents=True)

    found = here(machine(tmp_path, PATH=str(tmp_path), CLAUDECODE="1"))

    assert found == {
        "claude-code": "it runs this command",
        "codex": "the command codex is on PATH",
        "opencode": f"{tmp_path}/.config/opencode is there",
    }


def test_a_folder_that_was_moved_is_looked_for_where_it_is(tmp_path):
    (tmp_path / "moved").mkdir()

    assert list(here(machine(tmp_path, CLAUDE_CONFIG_DIR=str(tmp_path / "moved")))) == ["claude-code"]
    assert here(machine(tmp_path)) == {}


def test_agents_are_named_as_people_call_them_and_each_once():
    assert named(["claude", "Claude Code", "copilot"]) == ("claude-code", "github-copilot")


@pytest.mark.parametrize(("name", "error"), [("my-agent", UnknownName), ("cowork", UnknownName), ("", InvalidInput)])
def test_an_agent_that_nobody_knows_to_read_skills_is_refused(name, error):
    with pytest.raises(error):
        named([name])


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "es"}, "es"),
        ({"LANG": "de_AT", "LC_MESSAGES": "en_GB"}, "en"),
        ({"LANG": "fr_FR"}, "en"),
        ({"LANG": "est_EE"}, "en"),
    ],
)
def test_the_language_is_that_of_the_terminal_if_there_are_skills_in_it(environ, expected):
    assert language(environ) == expected


# What becomes of what is there.

OLD, NEW = {"SKILL.md": "1", "a": "1"}, {"SKILL.md": "2", "b": "2"}
RECORDED = Copy("x", "/f", "/", "user", (), "portable", "en", files=OLD)
LINKED = RECORDED._replace(target="/store")


@pytest.mark.parametrize(
    ("found", "recorded", "target", "expected"),
    [
        (Found("nothing"), None, "", "installed"),
        (Found("nothing"), RECORDED, "", "repaired"),
        # Killed before it was there for the first time.
        (Found("nothing"), RECORDED._replace(files={}, coming=NEW), "", "installed"),
        (Found("folder", NEW), None, "", "unchanged"),
        (Found("folder", NEW), RECORDED, "", "unchanged"),
        (Found("folder", OLD), RECORDED, "", "updated"),
        (Found("folder", {"a": "1"}), RECORDED, "", "repaired"),
        (Found("folder", {**OLD, "c": "3"}), RECORDED, "", "withheld"),
        (Found("folder", {**OLD, "a": "3"}), RECORDED, "", "withheld"),
        # Nothing newer would come.
        (Found("folder", {**NEW, "a": "3"}), RECORDED._replace(files=NEW), "", "kept"),
        # Killed while it came.
        (Found("folder", NEW), RECORDED._replace(coming=NEW), "", "unchanged"),
        (Found("folder", {"SKILL.md": "3"}), RECORDED._replace(files={}, coming={"SKILL.md": "3"}), "", "updated"),
        (Found("folder", OLD), None, "", "taken"),
        (Found("other"), RECORDED, "", "taken"),
        (Found("link", {}, "/elsewhere"), RECORDED, "", "taken"),
        (Found("link", {}, "/elsewhere"), LINKED, "/store", "taken"),
        (Found("link", {}, "/store"), None, "/store", "taken"),
        (Found("link", NEW, "/store"), LINKED, "/store", "unchanged"),
        (Found("link", OLD, "/store"), LINKED, "/store", "updated"),
        (Found("link", {}, "/store"), LINKED, "/store", "repaired"),
        (Found("link", OLD, "/store"), LINKED, "/other", "updated"),
        (Found("folder", NEW), RECORDED._replace(files=NEW), "/store", "updated"),
    ],
)
def test_what_stands_there_decides(found, recorded, target, expected):
    assert step(found, recorded, NEW, target).done == expected


_TREES = st.dictionaries(st.sampled_from(["SKILL.md", "a", "b"]), st.sampled_from(["1", "2", "3"]))


@given(_TREES, _TREES, _TREES, st.booleans(), st.booleans())
def test_without_force_nothing_is_overwritten_that_was_not_written_down(found, recorded, wanted, known, ours):
    copy = RECORDED._replace(files=recorded) if known else None
    if step(Found("folder", found), copy, wanted, ours=ours).writes:
        assert copy
        assert not edits(found, copy)


@given(_TREES, _TREES, st.booleans())
def test_what_is_not_ours_is_not_overwritten_by_force_either(found, wanted, force):
    assert not step(Found("folder", found), None, wanted, ours=False, force=force).writes
