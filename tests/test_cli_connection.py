"""`skillkit connection`: what an agent types from an address to a ready account, and what it reads."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from skillkit import accounts
from skillkit.connecting import SignIn

KEY: Any = {"api_key": "canary-5f2e9c71d4"}


@pytest.fixture
def typed(skillkit):
    """Types a line with --json, and returns what it printed and how it ended."""

    def run(*words):
        ended = skillkit("connection", *words, "--json")
        return json.loads(ended.stdout or "null"), ended

    return run


def error(ended):
    return json.loads(ended.stderr.splitlines()[-1])["error"]


def test_ensure_prints_all_that_an_agent_needs_to_go_on(typed):
    connection, ended = typed("ensure", "https://app.alegra.com/x")

    assert ended.exit_code == 0
    assert (connection["connectorId"], connection["state"], connection["disconnected"]) == (
        "alegra",
        "CLIENT_ACTION_REQUIRED",
        True,
    )
    action = connection["clientAction"]
    assert list(action) == ["type", "description", "uiUrl", "agentInstructions"]
    assert (action["type"], action["uiUrl"]) == ("connect", "http://127.0.0.1:1/s/alegra")
    assert action["description"] == ("The user signs in to Alegra at https://api.alegra.com, with: E-mail address, API token.")
    assert action["uiUrl"] in action["agentInstructions"]
    assert "skillkit connection get alegra --wait" in action["agentInstructions"]


def test_what_is_ready_needs_nothing_of_anybody(typed, connected):
    connected("ledger")

    connection, _ = typed("ensure", "ledger")

    assert connection["state"] == "READY"
    assert "clientAction" not in connection


def test_a_domain_that_nobody_knows_says_what_somebody_could_do(typed, workspace):
    connection, ended = typed("ensure", "https://www.example.org")

    assert (ended.exit_code, connection["state"]) == (0, "SETUP_FAILED")
    assert connection["error"] == "no connector for www.example.org is here"
    assert connection["clientAction"]["type"] == "provide-input"
    assert f"{workspace.home}/connectors" in connection["clientAction"]["agentInstructions"]
    assert "skillkit connector check" in connection["clientAction"]["agentInstructions"]
    assert typed("get", connection["id"])[0] == connection


@pytest.mark.parametrize("asked", ["", "not a url"])
def test_nonsense_is_invalid_input(typed, asked):
    _, ended = typed("ensure", asked)

    assert (ended.exit_code, ended.stdout, error(ended)["kind"]) == (3, "", "invalid_input")
    assert "https://app.example.com" in error(ended)["hint"]


def test_several_accounts_are_listed_when_none_is_named(typed, connected):
    connected("ledger", name="North")
    connected("ledger", name="South")

    _, ended = typed("ensure", "ledger")

    assert (ended.exit_code, error(ended)["kind"]) == (3, "unknown_name")
    assert "ledger (North, READY), ledger-2 (South, READY)" in error(ended)["message"]
    assert typed("ensure", "ledger", "--connectionKey", "ledger-2")[0]["name"] == "South"
    assert typed("ensure", "ledger", "--name=North")[0]["key"] == "ledger"


@pytest.mark.parametrize("command", ["ensure", "get"])
def test_waiting_ends_as_soon_as_the_person_has_signed_in(typed, workspace, clock, command):
    begun = accounts.begin(workspace, SignIn("ledger", None))

    def sleep(seconds):
        clock.sleep(seconds)
        if len(clock.slept) == 5:
            accounts.connect(workspace, SignIn("ledger", KEY, check=False), begun.id)

    workspace.sleep = sleep
    connection, ended = typed(command, "ledger", "--wait", "--timeout", "60")

    assert (ended.exit_code, connection["state"], len(clock.slept)) == (0, "READY", 5)
    assert "clientAction" not in connection


def test_waiting_sees_what_another_process_has_done_within_a_moment(workspace, beside):
    from skillkit.cli import client_action

    begun = accounts.begin(workspace, SignIn("ledger", None))
    here, other = beside(), beside()
    done: list[float] = []

    def sign_in():
        time.sleep(0.25)
        accounts.connect(other, SignIn("ledger", KEY, check=False), begun.id)
        done.append(time.monotonic())

    person = threading.Thread(target=sign_in)
    person.start()
    ended = client_action.finished(here, begun, 20)
    seen = time.monotonic()
    person.join()

    assert ended.state == "READY"
    assert seen - done[0] < 0.5


@pytest.mark.parametrize("seconds", ["0", "2.5"])
def test_at_the_time_out_the_state_is_printed_as_it_is_and_the_exit_code_is_8(typed, workspace, clock, seconds):
    begun = accounts.begin(workspace, SignIn("ledger", None))

    connection, ended = typed("get", begun.id, "--wait", "--timeout", seconds)

    assert (ended.exit_code, connection["state"], error(ended)["kind"]) == (8, "CLIENT_ACTION_REQUIRED", "pending")
    assert connection["clientAction"]["uiUrl"]
    assert sum(clock.slept) == pytest.approx(float(seconds))
    assert "--wait" in error(ended)["hint"]


def test_waiting_for_what_is_ready_or_has_failed_does_not_wait(typed, connected, clock):
    connected("ledger")
    typed("ensure", "www.example.org")

    states = [typed("get", key, "--wait")[0]["state"] for key in ("ledger", "www.example.org")]

    assert (states, clock.slept) == (["READY", "SETUP_FAILED"], [])


def test_a_connection_that_is_deleted_meanwhile_ends_the_wait(typed, workspace):
    begun = accounts.begin(workspace, SignIn("ledger", None))
    workspace.sleep = lambda _: accounts.disconnect(workspace, begun.id)

    _, ended = typed("get", begun.id, "--wait")

    assert (ended.exit_code, error(ended)["kind"]) == (3, "unknown_name")


def test_without_a_page_the_agent_learns_how_it_goes_at_a_terminal(workspace, capsys):
    from skillkit.cli.main import main
    from skillkit.errors import SkillkitError

    def broken(_space, _connection):
        raise SkillkitError("no port is free")

    code = main(["connection", "ensure", "ledger", "--json"], workspace, broken)

    action = json.loads(capsys.readouterr().out)["clientAction"]
    assert code == 0
    assert "uiUrl" not in action
    assert "no port is free" in action["description"]
    assert "skillkit connect --connectionId ledger" in action["agentInstructions"]


def test_a_list_says_of_each_account_how_to_learn_more(typed, workspace, connected):
    connected("ledger")
    accounts.begin(workspace, SignIn("alegra", None))
    accounts.archive(workspace, accounts.begin(workspace, SignIn("faktoora", None)).id)

    rows = typed("list")[0]["items"]

    assert [(row["key"], row["state"]) for row in rows] == [("ledger", "READY"), ("alegra", "CLIENT_ACTION_REQUIRED")]
    assert rows[1]["clientAction"] == {"type": "connect", "agentInstructions": "Run: skillkit connection get alegra --json"}
    assert [row["key"] for row in typed("list", "--archived")[0]["items"]] == ["ledger", "alegra", "faktoora"]


def test_a_patch_that_moves_an_account_asks_for_a_new_sign_in_and_shows_the_host(typed, connected):
    connected("clientary", credential={"token": "canary-5f2e9c71d4"}, params={"domain": "acme"})

    connection, _ = typed("patch", "clientary", "--data", '{"connectorParameters": {"domain": "other"}}')

    assert (connection["state"], connection["origin"]) == ("CLIENT_ACTION_REQUIRED", "https://other.clientary.com")
    assert "https://other.clientary.com" in connection["clientAction"]["description"]
    assert "https://acme.clientary.com" in connection["clientAction"]["description"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 2),
        (("--data", "[]"), 2),
        (("--data", "{"), 3),
        (("--data", '{"base_url": "https://evil.example"}'), 3),
        (("--data", '{"secret": "canary-typed-here"}'), 3),
    ],
)
def test_a_patch_that_is_none_is_refused(typed, connected, words, code):
    connected("ledger")

    _, ended = typed("patch", "ledger", *words)

    assert (ended.exit_code, ended.stdout) == (code, "")
    assert error(ended)["hint"]
    assert "canary" not in ended.stderr


def test_archive_and_delete(typed, workspace, connected):
    connected("ledger")

    away, _ = typed("archive", "ledger")
    assert (away["archived"], "clientAction" in away, workspace.vault.secrets()) == (True, False, ())

    gone, _ = typed("delete", "ledger")
    assert (gone["deleted"], gone["disconnected"], workspace.store.connections()) == (True, True, ())


@pytest.mark.parametrize("flag", ["--workspaceKey", "--workspace-key", "--tenantKey", "--tenant-key", "--apiUri", "--api-uri"])
def test_what_has_no_meaning_on_this_machine_is_taken_and_said(typed, flag):
    for words in ((flag, "x"), (f"{flag}=x",)):
        found, ended = typed("list", *words)

        assert (ended.exit_code, found["items"]) == (0, [])
        assert "says nothing here" in ended.stderr


def test_reconnecting_what_is_ready_gives_its_person_a_page(skillkit, connected):
    before = connected("ledger")

    again = json.loads(skillkit("connect", "--connectionId", "ledger", "--json").stdout)

    assert (again["id"], again["state"]) == (before.id, "READY")
    assert again["clientAction"]["uiUrl"]
    # `get` would not wait for what is ready.
    assert "skillkit connect --connectionId ledger --wait --timeout" in again["clientAction"]["agentInstructions"]


def test_waiting_for_a_new_sign_in_to_what_is_ready_ends_with_that(skillkit, workspace, connected, clock):
    before = connected("ledger")

    def sleep(seconds):
        clock.sleep(seconds)
        if len(clock.slept) == 3:
            accounts.connect(workspace, SignIn("ledger", KEY, check=False), before.id)

    workspace.sleep = sleep
    ended = skillkit("connect", "--connectionId", "ledger", "--wait", "--timeout", "60", "--json")

    assert (ended.exit_code, len(clock.slept)) == (0, 3)
    assert "clientAction" not in json.loads(ended.stdout)


def test_a_new_connector_can_begin_with_what_help_prints(skillkit, workspace, tmp_path):
    folder = tmp_path / "connectors" / "acme"
    folder.mkdir(parents=True)
    (folder / "connector.yaml").write_text(skillkit("help", "connector").stdout)

    assert skillkit("connector", "check", str(folder), "--json").exit_code == 0
