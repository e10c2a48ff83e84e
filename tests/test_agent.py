"""The table of agents: by which names and marks each is known, and what it is told about a connection that waits."""

from __future__ import annotations

import json
import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillkit import accounts
from skillkit.agent import AGENTS, LONGEST_NAME, SECONDS, UNNAMED, Agent, guessed, known, waiting
from skillkit.connecting import SignIn
from skillkit.errors import InvalidInput

LINK = "http://127.0.0.1:8123/s/4f1c"
each_agent = pytest.mark.parametrize("agent", [*AGENTS, UNNAMED, known("my bot")], ids=lambda agent: agent.id)


# Names.


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("claude", "claude-code"),
        ("claude-code", "claude-code"),
        ("Claude Code", "claude-code"),
        ("CLAUDE_CODE", "claude-code"),
        (" codex ", "codex"),
        ("openclaw", "openclaw"),
        ("warp", "warp"),
        ("windsurf", "windsurf"),
        ("devin", "windsurf"),
        ("opencode", "opencode"),
        ("gemini-cli", "gemini-cli"),
        ("Gemini CLI", "gemini-cli"),
        ("github-copilot", "github-copilot"),
        ("amp", "amp"),
        ("cline", "cline"),
        ("cursor", "cursor"),
        ("qwen-code", "qwen-code"),
        ("goose", "goose"),
        ("kilo", "kilo"),
        ("roo", "roo"),
        ("kiro", "kiro-cli"),
    ],
)
def test_an_agent_is_known_by_what_people_call_it(typed, expected):
    assert known(typed).id == expected


@each_agent
def test_an_agent_is_known_by_its_own_id_and_title(agent):
    if agent.id:
        assert known(agent.id).id == known(agent.title).id == agent.id


def test_no_two_agents_have_a_name_in_common():
    names = [name for agent in AGENTS for name in {agent.id, agent.title.casefold().replace(" ", "-"), *agent.aliases}]

    assert sorted(names) == sorted(set(names))


def test_an_agent_that_is_in_no_table_is_an_agent_all_the_same():
    assert known("My Agent 2") == Agent("my-agent-2", "My Agent 2", seconds=SECONDS)


@pytest.mark.parametrize(
    "name",
    ["", "   ", "\t", "-claude", "<agentType>", "claude\n", "cl\x1b[2Jaude", "cl\u202eaude", "a" * (LONGEST_NAME + 1), "'; rm"],
)
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(InvalidInput, match="is not the name of an agent") as refused:
        known(name)

    assert "--clientName" in refused.value.hint


@given(st.text(max_size=60))
def test_a_name_is_refused_or_can_be_printed_and_known_again(name):
    try:
        agent = known(name)
    except InvalidInput:
        return

    assert agent.title.isprintable()
    assert len(agent.title) <= LONGEST_NAME
    assert known(agent.title) == agent


# Marks.


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"CLAUDECODE": "1"}, "claude-code"),
        ({"CLAUDECODE": "1", "CLAUDE_CODE_IS_COWORK": "1"}, "cowork"),
        ({"CODEX_SANDBOX": "seatbelt"}, "codex"),
        ({"CODEX_THREAD_ID": "7"}, "codex"),
        ({"GEMINI_CLI": "1"}, "gemini-cli"),
        ({"OPENCODE_CLIENT": "cli"}, "opencode"),
        ({"CURSOR_AGENT": "1"}, "cursor"),
        ({"CURSOR_EXTENSION_HOST_ROLE": "agent-exec"}, "cursor"),
        ({"AI_AGENT": "claude"}, "claude-code"),
        ({"AI_AGENT": "claude-code/2.1.0"}, "claude-code"),
        ({"AI_AGENT": "codex", "CLAUDECODE": "1"}, "codex"),
        # Whoever nobody knows says less of itself than a mark does.
        ({"AI_AGENT": "my-bot", "CLAUDECODE": "1"}, "claude-code"),
        ({"AI_AGENT": "my-bot", "CURSOR_TRACE_ID": "1"}, "my-bot"),
        ({"AI_AGENT": "\x1b[2J", "GEMINI_CLI": "1"}, "gemini-cli"),
        # A terminal in an editor, in which another agent runs.
        ({"CURSOR_TRACE_ID": "1", "CLAUDECODE": "1"}, "claude-code"),
        ({"CURSOR_TRACE_ID": "1"}, "cursor"),
        ({"COPILOT_GITHUB_TOKEN": "canary"}, "github-copilot"),
        ({"REPL_ID": "1"}, "replit"),
    ],
)
def test_an_agent_is_known_by_what_it_leaves_in_the_environment(environ, expected):
    found = guessed(environ)

    assert found
    assert found.id == expected


@pytest.mark.parametrize("environ", [{}, {"HOME": "/home/ada"}, {"CLAUDECODE": ""}, {"CURSOR_EXTENSION_HOST_ROLE": "user"}])
def test_where_nothing_tells_nobody_is_guessed(environ):
    assert guessed(environ) is None


@pytest.mark.parametrize("trace", ["CURSOR_TRACE_ID", "REPL_ID", "COPILOT_MODEL"])
def test_what_is_there_without_an_agent_too_is_no_sure_sign_of_it(trace):
    assert guessed({trace: "1"})
    assert guessed({trace: "1"}, surely=True) is None


# What to do about a connection that waits.


@each_agent
@pytest.mark.parametrize("url", [LINK, ""])
def test_what_an_agent_is_told_is_enough(agent, url):
    told = waiting(agent, "alegra", url, "box")

    assert told.count(LINK) == (1 if url else 0)
    assert "Never ask for a password, key or code in the chat, and never type one yourself" in told
    assert f"skillkit connection get alegra --wait --timeout {agent.seconds} --json\n" in told
    assert "READY" in told
    assert "exit code 8" in told
    assert re.search(r"in a terminal on this computer \(box\), .*: skillkit connect --connectionId alegra$", told, re.MULTILINE)


def test_whose_person_may_be_elsewhere_says_so_with_the_link_and_does_not_wait_at_once():
    told = waiting(known("openclaw"), "alegra", LINK)
    link, *_ = told.split("\n2. ")

    assert "opens only on this computer" in link
    assert "from a phone" in link
    assert "skillkit connect --connectionId alegra" in link
    assert "End your turn here" in told
    assert "End your turn" not in waiting(known("claude"), "alegra", LINK)


@each_agent
def test_a_wait_ends_before_the_harness_ends_it(agent):
    assert 20 <= agent.seconds <= 240
    assert agent.seconds < {"claude-code": 120, "opencode": 120, "cline": 30, "gemini-cli": 300}.get(agent.id, 600)


def test_an_agent_that_knows_no_other_text_gets_there(skillkit, workspace):
    begun = accounts.begin(workspace, SignIn("alegra", None))
    shown = json.loads(skillkit("connection", "get", begun.key, "--json").stdout)
    told = shown["clientAction"]["agentInstructions"]
    (line,) = re.findall(r"run: skillkit (.*--wait.*)", told)
    (again,) = re.findall(r"prints a new one, as uiUrl: skillkit (.*)", told)

    assert shown["clientAction"]["uiUrl"] in told
    assert json.loads(skillkit(*shlex.split(again)).stdout)["clientAction"]["uiUrl"]

    early = skillkit(*shlex.split(line))

    assert early.exit_code == 8
    assert json.loads(early.stdout)["state"] == "CLIENT_ACTION_REQUIRED"

    said = SignIn("alegra", {"email": "ada@example.com", "token": "canary-5f2e9c71d4"}, check=False)
    accounts.connect(workspace, said, begun.id)
    late = skillkit(*shlex.split(line))

    assert late.exit_code == 0
    assert json.loads(late.stdout)["state"] == "READY"
