"""`skillkit login`, `logout`, `status` and `open`, and which agent is asking."""

from __future__ import annotations

import fcntl
import json
import os
import stat

import pytest

from skillkit import VERSION, accounts
from skillkit.agent import AGENTS, UNNAMED, known
from skillkit.cli import asking
from skillkit.cli.main import main
from skillkit.connecting import SignIn
from skillkit.errors import SkillkitError
from skillkit.home import private_file
from skillkit.signin.process import LOCK
from skillkit.workspace import Workspace, shipped

MARKS = {mark.partition("=")[0] for agent in AGENTS for mark in (*agent.marks, *agent.traces)} | {"AI_AGENT"}


@pytest.fixture(autouse=True)
def nobody(monkeypatch):
    """Take out what tells who runs these tests, and whatever could show a page to them."""
    for name in MARKS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSH_TTY", "/dev/pts/0")


@pytest.fixture
def fresh(tmp_path):
    """A home that nobody has used yet."""
    space = Workspace(str(tmp_path / "fresh"), folders=(shipped(),))
    yield space
    space.close()


LOOSE = """
skillkit: 1
id: loose
version: 0.1.0
name: Loose
about: An app whose accounts may be called anything.
docs: https://docs.loose.example
connection:
  params: {domain: {type: string}}
  base_url: https://api.loose.example
  domains: ["{domain}.loose.example"]
  auth: {key: {type: api_key, in: header, name: X-API-KEY}}
actions:
  list-a: {description: "Lists a.", request: GET /a}
"""


def document(ended):
    assert ended.exit_code == 0, ended.stderr
    return json.loads(ended.stdout)


def session(workspace):
    return os.path.join(workspace.home, asking.FILE)


# Which agent.


@pytest.mark.parametrize(
    ("environ", "written", "expected"),
    [
        ({}, "", ""),
        ({}, "openclaw", "openclaw"),
        ({"CLAUDECODE": "1"}, "", "claude-code"),
        ({"CLAUDECODE": "1"}, "openclaw", "claude-code"),
        # What an editor or a person has set tells less than what was said.
        ({"CURSOR_TRACE_ID": "1"}, "openclaw", "openclaw"),
        ({"CURSOR_TRACE_ID": "1"}, "", "cursor"),
    ],
)
def test_who_asks_is_told_by_the_environment_then_by_what_was_written_down(workspace, environ, written, expected):
    if written:
        asking.record(workspace, known(written))

    assert asking.agent(workspace, environ).id == expected


def test_an_agent_of_no_table_is_found_again_as_it_was_written_down(workspace):
    asking.record(workspace, known("My Bot"))

    assert asking.recorded(workspace) == known("My Bot")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"agent": 7}', b'{"agent": "\\u001b[2J"}', b"\xff"])
def test_a_damaged_note_says_nothing(workspace, content):
    asking.record(workspace, known("openclaw"))
    with open(session(workspace), "wb") as file:
        file.write(content)

    assert asking.agent(workspace, {}) == UNNAMED


def test_the_note_is_its_owners_alone(workspace):
    asking.record(workspace, known("openclaw"))
    assert stat.S_IMODE(os.stat(session(workspace)).st_mode) == 0o600

    os.chmod(session(workspace), 0o644)

    with pytest.raises(SkillkitError, match="open to others"):
        asking.agent(workspace, {})
    with pytest.raises(SkillkitError, match="open to others"):
        asking.record(workspace, known("codex"))


# login


@pytest.mark.parametrize(
    "line",
    [
        "login",
        "login --tenant",
        "login --non-interactive",
        "login --nonInteractive",
        "login --apiUri http://localhost:9000",
        "login --api-uri http://localhost:9000 start",
        "login --workspaceKey w --tenantKey=t",
    ],
)
def test_every_login_that_users_type_makes_things_ready_and_says_what_comes_next(skillkit, line):
    ready = document(skillkit(*line.split(), "--json"))

    assert ready["message"] == "ready"
    assert ready["vault"] == "keyfile"
    assert ready["next"].startswith("skillkit connection ensure ")


@pytest.mark.parametrize("flag", ["--clientName=claude", "--client-name=Claude Code"])
def test_login_writes_down_which_agent_asks(skillkit, workspace, flag):
    ready = document(skillkit("login", "--tenant", flag, "--json"))

    assert (ready["agent"], ready["agentName"]) == ("claude-code", "Claude Code")
    assert asking.agent(workspace, {}).id == "claude-code"


def test_login_guesses_the_agent_that_nobody_named(skillkit, workspace, monkeypatch):
    monkeypatch.setenv("GEMINI_CLI", "1")

    assert document(skillkit("login", "--tenant", "--json"))["agent"] == "gemini-cli"
    monkeypatch.delenv("GEMINI_CLI")
    assert asking.agent(workspace, {}).id == "gemini-cli"


def test_login_without_a_name_keeps_the_one_that_is_known(skillkit):
    document(skillkit("login", "--clientName", "openclaw", "--json"))

    assert document(skillkit("login", "--json"))["agent"] == "openclaw"


def test_what_an_agent_is_told_suits_the_one_that_logged_in(skillkit, workspace):
    accounts.begin(workspace, SignIn("alegra", None))

    document(skillkit("login", "--tenant", "--clientName=openclaw", "--json"))
    told = document(skillkit("connection", "get", "alegra", "--json"))["clientAction"]["agentInstructions"]
    assert "from a phone" in told

    document(skillkit("login", "--tenant", "--clientName=claude", "--json"))
    told = document(skillkit("connection", "get", "alegra", "--json"))["clientAction"]["agentInstructions"]
    assert "from a phone" not in told
    assert "--timeout 100" in told


def test_login_makes_the_vault(fresh, capsys, monkeypatch):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")

    assert main(["login", "--clientName", "codex", "--json"], fresh) == 0

    assert json.loads(capsys.readouterr().out)["vault"] == "keyfile"
    assert os.path.exists(os.path.join(fresh.home, "vault.db"))


@pytest.mark.parametrize("name", ["", "<agentType>", "a\x1b[2J", "x" * 41])
def test_a_senseless_client_name_is_refused_and_nothing_is_written(skillkit, workspace, name):
    refused = skillkit("login", f"--clientName={name}", "--json")

    if name:
        assert refused.exit_code == 3
        assert json.loads(refused.stderr)["error"]["kind"] == "invalid_input"
    assert not os.path.exists(session(workspace))


@pytest.mark.parametrize("words", [(), ("canary-8d1f",)])
def test_login_complete_has_nothing_to_complete_and_changes_nothing(skillkit, workspace, words):
    ended = skillkit("login", "complete", *words, "--json")

    assert "nothing to complete" in document(ended)["message"]
    assert "canary" not in ended.stdout + ended.stderr
    assert not os.path.exists(session(workspace))


def test_login_complete_makes_nothing(fresh, capsys):
    assert main(["login", "complete", "abc", "--json"], fresh) == 0
    assert json.loads(capsys.readouterr().out)["vault"] == "none yet"
    assert not os.path.exists(fresh.home)


@pytest.mark.parametrize("words", [("canary-8d1f",), ("complete", "a", "canary-8d1f"), ("start", "canary-8d1f")])
def test_a_word_that_login_does_not_take_is_not_repeated(skillkit, words):
    refused = skillkit("login", *words)

    assert refused.exit_code == 2
    assert "canary" not in refused.stderr


# logout


def test_logout_forgets_the_agent_and_keeps_the_accounts(skillkit, workspace, connected):
    connected("faktoora")
    skillkit("login", "--clientName", "openclaw")

    gone = document(skillkit("logout", "--json"))

    assert gone["connected"] == ["faktoora"]
    assert "skillkit connection delete faktoora" in gone["next"]
    assert not os.path.exists(session(workspace))
    assert workspace.connection("faktoora").state == "READY"


def test_logout_twice_is_no_error_and_makes_nothing(fresh, capsys):
    assert main(["logout", "--json"], fresh) == 0
    assert main(["logout", "--json"], fresh) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["connected"] == []
    assert not os.path.exists(fresh.home)


# status


def test_status_says_what_is_here(skillkit, workspace, connected):
    connected("faktoora")
    connected("faktoora")
    accounts.begin(workspace, SignIn("alegra", None))
    accounts.archive(workspace, "faktoora-2")
    skillkit("login", "--clientName", "codex")

    shown = document(skillkit("status", "--json"))

    assert shown["version"] == VERSION
    assert shown["home"] == workspace.home
    assert shown["agent"] == "codex"
    assert shown["vault"] == "keyfile"
    assert shown["connections"] == {"READY": 1, "CLIENT_ACTION_REQUIRED": 1, "ARCHIVED": 1}
    assert shown["connectors"] == len(workspace.catalog.connectors())


def test_status_makes_nothing(fresh, capsys):
    assert main(["status", "--json"], fresh) == 0

    shown = json.loads(capsys.readouterr().out)
    assert (shown["vault"], shown["connections"]) == ("none yet", {})
    assert shown["connectors"] == len(os.listdir(shipped()))
    assert not os.path.exists(fresh.home)


def test_status_says_that_the_vault_cannot_be_used(skillkit, workspace):
    os.chmod(os.path.join(workspace.home, "vault.db"), 0o644)

    assert document(skillkit("status", "--json"))["vault"].startswith("cannot be used: ")


def test_status_says_whether_a_page_waits_for_somebody(skillkit, workspace):
    assert document(skillkit("status", "--json"))["signInPage"] is False

    held = private_file(os.path.join(workspace.home, LOCK))
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert document(skillkit("status", "--json"))["signInPage"] is True
    finally:
        os.close(held)
    assert document(skillkit("status", "--json"))["signInPage"] is False


def test_status_is_read_by_people_too(skillkit):
    shown = skillkit("status")

    assert shown.exit_code == 0
    assert f"version: {VERSION}\n" in shown.stdout


# open


def test_open_leads_to_the_one_account_that_waits(skillkit, workspace, connected):
    connected("faktoora")
    accounts.begin(workspace, SignIn("alegra", None))

    shown = document(skillkit("open", "--json"))

    assert shown == {
        "url": "http://127.0.0.1:1/s/alegra",
        "opened": False,
        "page": "where its user signs in",
        "connectionKey": "alegra",
    }


@pytest.mark.parametrize(
    ("connector", "params", "expected"),
    [
        ("faktoora", {}, "https://faktoora.com"),
        ("clientary", {"domain": "acme"}, "https://acme.clientary.com"),
    ],
)
def test_open_leads_to_the_app_of_an_account_that_is_ready(skillkit, connected, connector, params, expected):
    fields = {"clientary": {"token": "canary-5f2e9c71d4"}}.get(connector)
    connected(connector, credential=fields, params=params)

    assert document(skillkit("open", connector, "--json"))["url"] == expected
    assert skillkit("open", connector).stdout == f"{expected}\n"


def test_what_an_account_is_called_leads_to_no_other_host(tmp_path, capsys):
    (tmp_path / "folder" / "loose").mkdir(parents=True)
    (tmp_path / "folder" / "loose" / "connector.yaml").write_text(LOOSE)
    space = Workspace(str(tmp_path / "home"), folders=(str(tmp_path / "folder"),))
    space.vault.init("keyfile")
    said = SignIn("loose", {"api_key": "canary-5f2e9c71d4"}, params={"domain": "evil.example/#"}, check=False)
    accounts.connect(space, said)

    assert main(["open", "loose"], space) == 0

    assert capsys.readouterr().out == "https://docs.loose.example\n"
    space.close()


def test_open_without_a_browser_says_where_to_open_it(skillkit, connected):
    connected("faktoora")

    printed = skillkit("open", "--no-browser")

    assert printed.stdout == "https://faktoora.com\n"
    assert "on this computer" in printed.stderr


def test_open_asks_which_of_several(skillkit, workspace):
    accounts.begin(workspace, SignIn("alegra", None))
    accounts.begin(workspace, SignIn("faktoora", None))

    refused = skillkit("open", "--json")

    assert refused.exit_code == 3
    assert "alegra (CLIENT_ACTION_REQUIRED), faktoora" in json.loads(refused.stderr)["error"]["message"]


def test_open_with_nothing_to_open_says_how_to_begin(skillkit):
    refused = skillkit("open", "--json")

    assert refused.exit_code == 3
    assert "skillkit connection ensure" in json.loads(refused.stderr)["error"]["hint"]
