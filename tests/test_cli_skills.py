"""`skillkit skills render`."""

from __future__ import annotations

import json

import pytest

from skillkit.skill.profile import PROFILES


def test_without_a_folder_it_says_what_the_skills_would_be(skillkit):
    found = json.loads(skillkit("skills", "render", "--json").stdout)["items"]

    assert [row["name"] for row in found] == [
        "alegra-accounting",
        "clientary-agency",
        "faktoora-e-invoicing",
        "ledger",
        "skillkit",
    ]
    assert all(0 < row["tokens"] < 1_500 and row["lines"] < 200 and row["changed"] == [] for row in found)
    assert found[-1]["files"] == ["skillkit/SKILL.md"]


def test_a_person_gets_a_table(skillkit):
    came = skillkit("skills", "render", "alegra")

    assert came.exit_code == 0
    assert came.stdout.startswith("name")
    assert "alegra-accounting" in came.stdout
    assert "clientary" not in came.stdout


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("lang", ["en", "de"])
def test_what_is_written_passes_the_check_and_an_edit_does_not(skillkit, tmp_path, profile, lang):
    words = ["skills", "render", "faktoora", "skillkit", "--profile", profile, "--lang", lang, "--out", str(tmp_path / "out")]
    first = json.loads(skillkit(*words, "--json").stdout)["items"]
    main = next((tmp_path / "out").rglob("skillkit/SKILL.md"))

    assert all(row["changed"] == row["files"] for row in first)
    assert skillkit(*words, "--check").exit_code == 0
    main.write_text("mine")
    came = skillkit(*words, "--check", "--json")
    error = json.loads(came.stderr)["error"]
    assert came.exit_code == 1
    assert "skillkit/SKILL.md is not what would be written" in error["message"]
    assert "--out" in error["hint"]
    assert ("--lang de" in error["hint"]) == (lang == "de")
    assert main.read_text() == "mine"


def test_several_that_differ_are_counted(skillkit, tmp_path):
    came = skillkit("skills", "render", "alegra", "--out", str(tmp_path), "--check")

    assert came.exit_code == 1
    assert "alegra-accounting/SKILL.md is not what would be written to" in came.stderr
    assert "nor are 3 more" in came.stderr


@pytest.mark.parametrize(
    ("agent", "profile"), [("claude", "claude"), ("codex", "codex"), ("openclaw", "openclaw"), ("warp", "portable")]
)
def test_an_agent_gets_its_profile(skillkit, tmp_path, agent, profile):
    written = skillkit("skills", "render", "alegra", "--agent", agent, "--out", str(tmp_path / "a"))
    other = skillkit("skills", "render", "alegra", "--profile", profile, "--out", str(tmp_path / "b"))

    assert written.exit_code == other.exit_code == 0
    files = {path.relative_to(tmp_path / "a"): path.read_bytes() for path in (tmp_path / "a").rglob("*") if path.is_file()}
    assert files == {
        path.relative_to(tmp_path / "b"): path.read_bytes() for path in (tmp_path / "b").rglob("*") if path.is_file()
    }


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--check"], 2, "--check compares with a folder"),
        (["--agent", "nobody"], 3, "it is not known where 'nobody' reads skills"),
        (["--agent", "claude", "--profile", "codex"], 2, "claude reads the profile claude, not codex"),
        (["--profile", "pager"], 3, "no profile 'pager' is here"),
        (["--lang", "fr"], 3, "there are no skills in 'fr'"),
        (["nothing"], 3, "there is no skill 'nothing'"),
    ],
)
def test_what_cannot_be_rendered_is_told(skillkit, words, code, said):
    came = skillkit("skills", "render", *words)

    assert came.exit_code == code
    assert said in came.stderr
