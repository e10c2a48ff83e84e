"""What each agent makes of the skills on a machine: every rule with a skill that breaks it, as the real clients were observed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from skillkit.agent import READS
from skillkit.pack import doctor, record
from skillkit.pack.rule import HIDING, NOTED, Seen, cost, hidden, noted
from tests.packed import ROUTER, Pages, machine, packer

GOOD = Seen("/p/a", "user", "a", "a", "Use when it is good.")
PROBED = ("claude-code", "codex", "opencode", "gemini-cli", "github-copilot", "qwen-code", "cline", "openclaw")


def hiding(seen):
    return {agent for agent in PROBED if hidden(agent, READS[agent], seen)}


# A row for each rule, with the agents that do not see such a skill.
CASES = [
    ("_misspelled", GOOD._replace(spelled="skill.md"), set(PROBED), "its page is called skill.md, and has to be SKILL.md"),
    ("_begins_with_bom", GOOD._replace(bom=True), {"codex", "gemini-cli"}, "byte order mark"),
    (
        "_bare",
        GOOD._replace(framed=False, told=False, name="", description=""),
        {"codex", "gemini-cli", "github-copilot", "opencode", "openclaw", "qwen-code"},
        "does not begin with a frontmatter",
    ),
    (
        "_unreadable",
        GOOD._replace(told=False, name="", description=""),
        {"github-copilot", "cline"},
        "a colon in the description",
    ),
    ("_nameless", GOOD._replace(name=""), {"opencode", "gemini-cli", "qwen-code"}, "it has no name"),
    ("_undescribed", GOOD._replace(description=""), {"codex", "gemini-cli", "qwen-code", "openclaw"}, "it has no description"),
    ("_long_name", GOOD._replace(name="a" * 65, folder="a" * 65), {"codex", "github-copilot"}, "more than 64 characters"),
    ("_long_description", GOOD._replace(description="a" * 1110), {"github-copilot"}, "1,110 characters, more than 1,024"),
    ("_nested", GOOD._replace(nested=True), {"claude-code", "gemini-cli", "qwen-code", "cline"}, "in a folder of a folder"),
    ("_linked", GOOD._replace(linked=True, scope="project"), {"openclaw"}, "leads out of the agent's project"),
    ("_untrusted", GOOD._replace(trusted=False, scope="project"), {"gemini-cli"}, "has not told the agent to trust"),
    ("_lacking", GOOD._replace(lacking=("skillkit",)), {"openclaw"}, "it needs skillkit on PATH"),
]


@pytest.mark.parametrize(("rule", "seen", "agents", "why"), CASES, ids=[case[0] for case in CASES])
def test_a_skill_that_some_do_not_see(rule, seen, agents, why):
    assert hiding(seen) == agents
    assert all(why in " ".join(hidden(agent, READS[agent], seen)) for agent in agents)


def test_every_rule_has_a_skill_that_breaks_it_alone():
    assert [case[0] for case in CASES] == [rule.__name__ for rule in HIDING]
    for name, seen, agents, _ in CASES:
        others = [rule for rule in HIDING if rule.__name__ != name]
        assert not [rule(agent, READS[agent], seen) for rule in others for agent in agents if rule(agent, READS[agent], seen)], (
            name
        )


def test_a_good_skill_is_seen_by_all():
    assert not [agent for agent in READS if hidden(agent, READS[agent], GOOD)]


@pytest.mark.parametrize(
    ("rule", "agent", "seen", "why"),
    [
        ("_misnamed", "claude-code", GOOD._replace(folder="b"), "it is called a, and its folder b"),
        ("_cut", "codex", GOOD._replace(description="a" * 1110), "its description is cut to 1,024 of 1,110 characters"),
        ("_name_alone", "cline", GOOD, "the agent is told its name alone, and not its description"),
    ],
)
def test_what_is_odd_about_a_skill_is_noted(rule, agent, seen, why):
    assert rule in [each.__name__ for each in NOTED]
    assert noted(agent, READS[agent], seen) == (why,)
    assert not hidden(agent, READS[agent], seen)


@pytest.mark.parametrize(
    ("agent", "expected"),
    [("claude-code", 1 + 1536), ("codex", 1 + 1024), ("cline", 1), ("openclaw", 1 + 3000 + 97), ("zed", 3001)],
)
def test_what_a_skill_costs_in_the_list_of_an_agent(agent, expected):
    assert cost(READS[agent], GOOD._replace(description="x" * 3000)) == expected


# On a machine.


@pytest.fixture
def user(tmp_path) -> Path:
    (tmp_path / "user").mkdir()
    return tmp_path / "user"


@pytest.fixture
def examined(tmp_path, user):
    def examine(*agents, **environ):
        there = machine(tmp_path, Pages(), **environ)
        rows = doctor.examined(dict.fromkeys(agents, "said so"), there, record.read(there.home), lambda _: "")
        return rows[0] if len(rows) == 1 else rows

    return examine


def skill(folder: Path, name: str, page: str | bytes = "", file: str = "SKILL.md") -> None:
    (folder / name).mkdir(parents=True)
    content = page or f'---\nname: {name}\ndescription: "Use when {name}."\n---\n'
    (folder / name / file).write_bytes(content if isinstance(content, bytes) else content.encode())


def test_it_says_what_an_agent_sees_from_where_and_at_what_cost(examined, user):
    skill(user / ".claude/skills", "a")
    skill(user / ".agents/skills", "b")

    found = examined("claude-code")

    assert (found["agent"], found["title"], found["found"], found["sees"]) == ("claude-code", "Claude Code", "said so", 1)
    assert (found["characters"], found["room"]) == (len("a") + len("Use when a."), 8000)
    assert found["skills"] == [
        {"name": "a", "path": str(user / ".claude/skills/a"), "scope": "user", "seen": True, "ours": False, "why": []}
    ]
    assert [(row["scope"], row["exists"]) for row in found["folders"]] == [("user", True), ("project", False)]
    assert found["problems"] == []


@pytest.mark.parametrize(
    ("agent", "page", "file", "why"),
    [
        ("codex", b"\xef\xbb\xbf---\nname: a\ndescription: b\n---\n", "SKILL.md", "byte order mark"),
        ("codex", "---\nname: a\n---\n", "SKILL.md", "no description"),
        ("opencode", "---\ndescription: b\n---\n", "SKILL.md", "no name"),
        ("github-copilot", "---\nname: a\ndescription: use when: x\n---\n", "SKILL.md", "no YAML"),
        ("claude-code", "---\nname: a\ndescription: b\n---\n", "skill.md", "is called skill.md"),
        ("github-copilot", f"---\nname: a\ndescription: {'b' * 1025}\n---\n", "SKILL.md", "1,025 characters"),
        (
            "openclaw",
            "---\nname: a\ndescription: b\nmetadata:\n  openclaw:\n    requires:\n      bins:\n        - skillkit\n---\n",
            "SKILL.md",
            "needs skillkit on PATH",
        ),
    ],
)
def test_a_page_is_read_as_the_agent_reads_it(examined, user, agent, page, file, why):
    skill(user / READS[agent].user[0], "a", page, file)

    (row,) = examined(agent)["skills"]

    assert row["seen"] is False
    assert why in " ".join(row["why"])


def test_a_byte_order_mark_hides_nothing_from_those_who_pass_over_it(examined, user):
    skill(user / ".claude/skills", "a", b"\xef\xbb\xbf---\nname: b\ndescription: c\n---\n")

    assert examined("claude-code")["skills"][0]["why"] == ["it is called b, and its folder a"]


def test_a_skill_a_folder_deeper_is_seen_by_some(examined, user):
    skill(user / ".claude/skills/more", "a")

    claude, opencode = examined("claude-code", "opencode")

    assert (claude["sees"], opencode["sees"]) == (0, 1)


def test_what_lies_twice_is_told(examined, user):
    skill(user / ".agents/skills", "a")
    skill(user / ".codex/skills", "a")

    (problem,) = examined("codex")["problems"]

    assert problem.startswith("a is there 2 times, and one shadows the others: ")


def test_a_folder_that_has_two_names_is_looked_at_once(examined, user):
    skill(user / ".agents/skills", "a")
    (user / ".codex").mkdir()
    (user / ".codex/skills").symlink_to(user / ".agents/skills")

    assert (examined("codex")["sees"], examined("codex")["problems"]) == (1, [])


def test_a_list_that_is_too_long_is_told_and_a_variable_makes_room(examined, user):
    for number in range(9):
        skill(user / ".claude/skills", f"a{number}", f"---\nname: a{number}\ndescription: {'b' * 1000}\n---\n")

    (problem,) = examined("claude-code")["problems"]
    assert "has room for about 8,000 characters, and they take 9,018" in problem
    assert examined("claude-code", SLASH_COMMAND_TOOL_CHAR_BUDGET="20000")["problems"] == []


def test_a_skill_where_an_agent_does_not_look_is_told_with_the_command_that_helps(examined, tmp_path, user):
    pack, _ = packer(tmp_path)
    pack().install([ROUTER], ["codex"], "user")

    claude, codex = examined("claude-code", "codex")

    said = f"it does not read {user}/.agents/skills, where skillkit is: skillkit skills install skillkit --agent claude-code"
    assert (claude["problems"], codex["problems"]) == ([said], [])


def test_a_skill_that_is_gone_is_told(examined, tmp_path, user):
    pack, _ = packer(tmp_path)
    (row,) = pack().install([ROUTER], ["codex"], "user")
    os.unlink(f"{row.path}/SKILL.md")
    os.unlink(f"{row.path}/agents/openai.yaml")
    os.rmdir(f"{row.path}/agents")
    os.rmdir(row.path)

    assert examined("codex")["problems"] == [f"skillkit is gone from {user}/.agents/skills: skillkit skills update skillkit"]


@pytest.mark.parametrize(
    ("said", "sees"),
    [
        (None, 0),
        ("{", 0),
        ('["x"]', 0),
        ('{"%s": "DO_NOT_TRUST"}', 0),
        ('{"/elsewhere": "TRUST_FOLDER"}', 0),
        ('{"%s": "TRUST_FOLDER"}', 1),
        ('{"%s/below": "TRUST_PARENT"}', 1),
        ('{"%s/..": "TRUST_FOLDER"}', 1),
    ],
)
def test_gemini_sees_a_project_once_it_is_trusted(examined, tmp_path, user, said, sees):
    project = tmp_path / "project"
    skill(project / ".gemini/skills", "a")
    if said:
        (user / ".gemini").mkdir()
        (user / ".gemini/trustedFolders.json").write_text(said.replace("%s", str(project)))

    assert examined("gemini-cli")["sees"] == sees


@pytest.mark.parametrize(("said", "sees"), [('{"security": {"folderTrust": {"enabled": false}}}', 1), ("{}", 0), ('"x"', 0)])
def test_gemini_that_asks_for_no_trust_sees_every_project(examined, tmp_path, user, said, sees):
    skill(tmp_path / "project/.gemini/skills", "a")
    (user / ".gemini").mkdir()
    (user / ".gemini/settings.json").write_text(said)

    assert examined("gemini-cli")["sees"] == sees


def test_a_link_out_of_the_project_of_openclaw_is_not_seen(examined, tmp_path, user):
    skill(tmp_path / "elsewhere", "a")
    workspace = user / ".openclaw/workspace/skills"
    workspace.mkdir(parents=True)
    (workspace / "a").symlink_to(tmp_path / "elsewhere/a")

    assert examined("openclaw")["sees"] == 0


def test_without_skillkit_on_path_no_skill_helps(tmp_path):
    assert doctor.ailments(machine(tmp_path, Pages(), PATH=str(tmp_path))) == (
        "skillkit is not on PATH here: no agent could run what the skills tell it to",
    )
    (tmp_path / "skillkit").write_text("#!/bin/sh\n")
    (tmp_path / "skillkit").chmod(0o755)
    assert doctor.ailments(machine(tmp_path, Pages(), PATH=str(tmp_path))) == ()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda path: None, "current"),
        (lambda path: (path / "SKILL.md").write_text("mine"), "edited"),
        (lambda path: (path / "references/actions.md").unlink(), "damaged"),
        (lambda path: path.rename(path.parent / "moved"), "gone"),
        (lambda path: (path.rename(path.parent / "moved"), path.write_text("")), "replaced"),
    ],
)
def test_how_an_installed_skill_is_now(tmp_path, change, expected):
    pack, _ = packer(tmp_path)
    (row,) = pack().install(["alegra"], ["codex"], "user")
    change(Path(row.path))
    (copy,) = record.read(str(tmp_path / "home")).copies

    assert doctor.state(copy, lambda _: "")[0] == expected
    assert (doctor.state(copy, lambda _: "older")[0] == "behind") == (expected == "current")


# What lies in a project may have been put there to hurt.


def bomb() -> str:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "---\n" + "\n".join(rows) + "\nname: *a11\ndescription: *a11\n---\n"


@pytest.mark.parametrize("page", [bomb(), "---\n" + "[" * 20_000 + "\n---\n", b"---\n\xff\n---\n", "---\n" + "a" * 100_000])
def test_a_page_that_is_made_to_hurt_is_only_a_page_that_says_nothing(examined, user, page):
    skill(user / ".claude/skills", "a", page)

    (row,) = examined("claude-code")["skills"]

    assert (row["name"], row["ours"]) == ("a", False)


def test_a_page_that_is_a_pipe_is_not_waited_for(examined, user):
    (user / ".claude/skills/a").mkdir(parents=True)
    os.mkfifo(user / ".claude/skills/a/SKILL.md")

    assert examined("claude-code")["skills"][0]["name"] == "a"


def test_a_name_of_two_lines_is_shown_on_one(examined, user):
    skill(user / ".claude/skills", "a", '---\nname: "a\\n+ skillkit  /trust/me"\ndescription: b\n---\n')

    assert examined("claude-code")["skills"][0]["name"] == "a + skillkit /trust/me"
