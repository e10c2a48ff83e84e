"""What other tools of this kind have and skillkit has not: the reason, and what to type in its place."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from skillkit.cli.main import COMMANDS
from skillkit.cli.refused import REFUSED, WORDLESS, refusal


def error(ended):
    assert ended.stdout == ""
    return json.loads(ended.stderr)["error"]


@pytest.mark.parametrize(
    ("line", "told", "instead"),
    [
        ("credentials", "never handed to an agent", "skillkit request"),
        ("credentials --shell", "never handed to an agent", "skillkit request"),
        ("credentials alegra --refresh", "never handed to an agent", "skillkit request"),
        ("token", "never handed to an agent", "skillkit request"),
        ("token --tenantKey k --manager --expiresIn 5m", "never handed to an agent", "skillkit request"),
        ("agent-session create --agent connection-building --message 'Build it'", "no agent works here", "connection ensure"),
        ("agent-session list", "no agent works here", "action list --intent"),
        ("agent-session get x --wait --timeout 5", "no agent works here", "connection ensure"),
        ("agent-session send x --message hello", "no agent works here", "connection ensure"),
        ("agent-session abort x", "no agent works here", "connection ensure"),
        ("agent-session messages x", "no agent works here", "connection ensure"),
        ("init --key k --secret canary-of-the-workspace", "no workspace elsewhere", "skillkit login"),
        ("pull", "no server", "connector list"),
        ("push", "no server", "SKILLKIT_HOME/connectors"),
        ("diff", "no server", "connector list"),
        ("workspace", "on this machine", "skillkit status"),
        ("workspace init", "on this machine", "skillkit login"),
        ("workspace pull", "no server", "connector list"),
        ("workspace push --force", "no server", "SKILLKIT_HOME/connectors"),
        ("workspace diff", "no server", "connector list"),
        ("workspace switch other", "on this machine", "skillkit status"),
        ("connections", "singular", "skillkit connection list"),
        ("disconnect alegra", "verb of its noun", "skillkit connection delete"),
        ("catalog", "called connectors", "skillkit connector list"),
        ("hook session-start", "nothing has to be told", "skillkit status"),
    ],
)
@pytest.mark.parametrize("switch", ["behind", "before"])
def test_a_line_of_another_tool_is_refused_with_the_reason_and_what_to_type(skillkit, line, told, instead, switch):
    words = shlex.split(line)
    refused = skillkit(*(["--json", *words] if switch == "before" else [*words, "--json"]))

    assert (error(refused)["kind"], refused.exit_code) == ("usage", 2)
    assert told in error(refused)["message"]
    assert instead in error(refused)["hint"]
    assert "canary" not in refused.stderr


def test_every_refusal_is_one_sentence_and_names_a_command_that_is_there():
    for refused in REFUSED.values():
        assert re.fullmatch(r"[a-z][^.]*", refused.why)
        named = re.findall(r"skillkit ([a-z-]+)", refused.instead)
        assert named
        assert set(named) <= set(COMMANDS)
    assert all(re.findall(r"skillkit ([a-z-]+)", hint) for hint in WORDLESS.values())


def test_nothing_is_refused_that_is_there():
    assert not {line.split()[0] for line in REFUSED} & set(COMMANDS)


@pytest.mark.parametrize("words", [["actoin"], ["action", "credentials"], ["connection", "token"], ["x", "credentials"]])
def test_a_word_that_is_only_unknown_is_not_refused(words):
    assert refusal(words) is None


def test_words_left_over_are_answered_with_the_flag_they_belong_to(skillkit):
    refused = skillkit("connect", "alegra", "--json")

    assert error(refused)["hint"] == WORDLESS["connect"]
    assert "alegra" not in error(refused)["message"]
