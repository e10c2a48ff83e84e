"""`skillkit skills install`, `list`, `doctor`, `update`, `uninstall`: what they print, how they end, and who is warned."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from skillkit.agent import AGENTS
from skillkit.home import write_whole
from skillkit.pack import behind, record

pytestmark = pytest.mark.skipif(os.name == "nt", reason="folders as Linux and macOS have them")
HERE = ("AI_AGENT", *(mark.partition("=")[0] for agent in AGENTS for mark in (*agent.marks, *agent.traces)))


@pytest.fixture
def user(tmp_path, monkeypatch) -> Path:
    """The folder of a user with a project, in which no agent has been yet."""
    for name in ("user", "project"):
        (tmp_path / name).mkdir()
    for name in (*HERE, "CLAUDE_CONFIG_DIR", "CODEX_HOME", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "user"


@pytest.fixture
def skills(skillkit, user):
    """Types a command of `skillkit skills`, and returns how it ended and the document that it printed."""

    def typed(*words):
        done = skillkit("skills", *words, "--json")
        return done.exit_code, json.loads(done.stdout or done.stderr)

    return typed


def aged(home: str) -> None:
    """Make every installed skill one of an older connector."""
    path = os.path.join(home, record.FILE)
    text = Path(path).read_text(encoding="utf-8")
    (version,) = {copy.mark[1] for copy in record.read(home).copies}
    write_whole(path, text.replace(f'"{version}"', '"0.0.1"').encode())


def test_without_names_the_guide_and_the_skills_of_connected_apps_are_installed_for_every_agent_here(skills, user, connected):
    connected("faktoora")
    for folder in (".claude", ".codex"):
        (user / folder).mkdir()

    code, document = skills("install")

    assert code == 0
    assert document["agents"] == ["claude-code", "codex"]
    assert [(row["skill"], row["done"], row["agents"]) for row in document["items"]] == [
        (name, "installed", [agent]) for agent in ("claude-code", "codex") for name in ("skillkit", "faktoora-e-invoicing")
    ]
    assert sorted(os.listdir(user / ".claude/skills")) == ["faktoora-e-invoicing", "skillkit"]
    assert (user / ".claude/skills/faktoora-e-invoicing/SKILL.md").read_text().startswith("---\nname: faktoora-e-invoicing\n")
    assert "allowed-tools" in (user / ".claude/skills/skillkit/SKILL.md").read_text()
    assert (user / ".agents/skills/skillkit/agents/openai.yaml").is_file()


def test_an_account_that_was_put_away_brings_no_skill(skills, workspace, connected):
    from skillkit import accounts

    accounts.archive(workspace, connected("faktoora").key)

    assert [row["skill"] for row in skills("install", "--agent", "claude")[1]["items"]] == ["skillkit"]


def test_an_app_is_named_by_its_key_too_and_a_project_by_being_in_it(skills, user, tmp_path):
    code, document = skills("install", "faktoora", "-a", "Claude Code", "--scope", "project", "--lang", "de")

    assert (code, [row["skill"] for row in document["items"]]) == (0, ["faktoora-e-invoicing"])
    assert (tmp_path / "project/.claude/skills/faktoora-e-invoicing/SKILL.md").is_file()
    assert os.listdir(user) == []


def test_the_language_is_that_of_the_terminal(skills, user, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    skills("install", "--agent", "claude")

    assert record.read(str(user.parent / "home")).copies[0].language == "zh"


@pytest.mark.parametrize(
    ("words", "kind", "message"),
    [
        (["install"], "unknown_name", "no agent is found on this machine"),
        (["install", "--agent", "my-agent"], "unknown_name", "it is not known where 'my-agent' reads skills"),
        (["install", "nothing", "--agent", "claude"], "unknown_name", "there is no skill 'nothing'"),
        (["install", "--agent", "claude", "--lang", "fr"], "unknown_name", "there are no skills in 'fr'"),
        (["update", "nothing"], "unknown_name", "no skill 'nothing' is installed"),
        (["uninstall", "nothing"], "unknown_name", "no skill 'nothing' is installed"),
        (["install", "--scope", "machine"], "usage", "'machine' is not one of"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(skills, user, words, kind, message):
    code, document = skills(*words)

    assert (code, document["error"]["kind"]) == (2 if kind == "usage" else 3, kind)
    assert message in document["error"]["message"]
    assert os.listdir(user) == []


def test_what_could_not_be_done_is_told_and_the_exit_code_says_so(skillkit, user):
    (user / ".claude").write_text("a file in the way")

    done = skillkit("skills", "install", "--agent", "claude", "--agent", "codex", "--json")

    assert done.exit_code == 6
    rows = json.loads(done.stdout)["output"]["items"]
    assert [(row["done"], row["agents"]) for row in rows] == [("failed", ["claude-code"]), ("installed", ["codex"])]
    error = json.loads(done.stderr)["error"]
    assert (error["kind"], error["message"].startswith("1 of 2 skills are not as asked for; ")) == ("partial", True)
    assert f"{user}/.claude/skills cannot be written: " in error["message"]


def test_an_edited_skill_is_kept_until_force_is_typed(skills, user, workspace):
    skills("install", "--agent", "claude")
    page = user / ".claude/skills/skillkit/SKILL.md"
    page.write_text(page.read_text() + "mine\n")

    assert skills("list")[1]["items"][0]["state"] == "edited"
    code, document = skills("update")
    assert (code, document["items"][0]["done"]) == (0, "kept")
    assert page.read_text().endswith("mine\n")
    assert skills("update", "--force")[1]["items"][0]["done"] == "updated"
    assert not page.read_text().endswith("mine\n")


def test_the_list_has_what_is_installed_and_what_could_be(skills, skillkit):
    skills("install", "--agent", "claude")

    code, document = skills("list")

    assert code == 0
    here, *others = document["items"]
    assert (here["skill"], here["state"], here["agents"], here["scope"]) == ("skillkit", "current", ["claude-code"], "user")
    assert {row["state"] for row in others} == {"not installed"}
    assert {"alegra-accounting", "clientary-agency", "faktoora-e-invoicing"} <= {row["skill"] for row in others}
    assert skillkit("skills", "list").stdout.startswith("skill ")


def test_the_doctor_names_agents_skills_and_costs_in_words_and_as_a_document(skills, skillkit, user):
    skills("install", "--agent", "codex")
    (user / ".claude").mkdir()

    code, document = skills("doctor")
    text = skillkit("skills", "doctor").stdout

    assert code == 0
    rows = {row["agent"]: row for row in document["items"]}
    assert (rows["codex"]["sees"], rows["codex"]["room"], rows["claude-code"]["sees"]) == (1, 8000, 0)
    assert rows["codex"]["found"] == "skills were installed for it"
    assert "skillkit skills install skillkit --agent claude-code" in rows["claude-code"]["problems"][0]
    assert document["problems"] == ["skillkit is not on PATH here: no agent could run what the skills tell it to"]
    assert f"\n  + skillkit  {user}/.agents/skills/skillkit\n" in text
    assert text.startswith("! skillkit is not on PATH here")


def test_the_doctor_looks_at_an_agent_that_is_not_here(skills):
    (row,) = skills("doctor", "--agent", "gemini")[1]["items"]

    assert (row["agent"], row["found"], row["sees"]) == ("gemini-cli", "it was not found here", 0)
    assert skills("doctor")[1]["problems"][-1] == "no agent is found on this machine"


def test_uninstalling_leaves_nothing_behind(skills, user, workspace):
    before = sorted(os.listdir(workspace.home))
    (user / ".claude").mkdir()
    skills("install", "alegra", "clientary", "--agent", "claude", "--agent", "windsurf", "--link")
    skills("list")

    code, document = skills("uninstall")

    assert (code, {row["done"] for row in document["items"]}, document["total"]) == (0, {"removed"}, 4)
    assert [path for path, _, _ in os.walk(user)] == [str(user), str(user / ".claude")]
    assert sorted({*os.listdir(workspace.home)} - {record.LOCK, "store.db", "pace.db"}) == before


# Older than their connectors.


def test_an_older_skill_is_told_and_brought_up_to_date(skills, skillkit, workspace):
    skills("install", "alegra", "--agent", "claude")
    assert behind(workspace) == ()

    aged(workspace.home)
    said = "the skill alegra-accounting was made for alegra 0.0.1, and here is "
    assert [one.startswith(said) and one.endswith(": skillkit skills update") for one in behind(workspace)] == [True]
    assert skills("list")[1]["items"][0]["state"] == "behind"
    assert skillkit("skills", "install", "clientary", "--agent", "claude").stderr.startswith(said)

    assert skills("update", "alegra")[0] == 0
    assert behind(workspace) == ()


def test_what_is_behind_is_looked_for_only_when_something_has_changed(skills, workspace):
    skills("install", "--agent", "claude")
    aged(workspace.home)
    found = behind(workspace)
    nobody: Any = SimpleNamespace(home=workspace.home, catalog=None)

    assert (len(found), behind(nobody)) == (1, found)
    Path(workspace.home, record.CHECKED).write_text("{", encoding="utf-8")
    assert behind(workspace) == found


def test_where_nothing_is_installed_nothing_is_looked_for(tmp_path):
    nobody: Any = SimpleNamespace(home=str(tmp_path), catalog=None)

    assert behind(nobody) == ()
    assert os.listdir(tmp_path) == []


def test_many_that_are_behind_are_told_in_few_sentences(skills, workspace):
    skills("install", "skillkit", "alegra", "clientary", "faktoora", "--agent", "claude")
    text = Path(workspace.home, record.FILE).read_text(encoding="utf-8")
    for version in {copy.mark[1] for copy in record.read(workspace.home).copies}:
        text = text.replace(f'"{version}"', '"0.0.1"')
    write_whole(os.path.join(workspace.home, record.FILE), text.encode())

    assert [one.partition(":")[0] for one in behind(workspace)][3:] == ["and 1 more skills are behind"]


def test_whoever_looks_for_an_action_or_at_the_status_is_warned(skills, skillkit, workspace):
    skills("install", "faktoora-e-invoicing", "--agent", "claude")
    aged(workspace.home)

    listed = skillkit("action", "list", "--connector", "faktoora", "--compact", "--json")
    status = json.loads(skillkit("status", "--json").stdout)

    assert "faktoora-e-invoicing was made for faktoora 0.0.1" in listed.stderr
    assert json.loads(listed.stdout)["items"]
    assert "faktoora-e-invoicing" in status["skills"][0]
