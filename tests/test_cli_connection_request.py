"""`skillkit connection-request`: an account asked for and its outcome, as older skills type it."""

from __future__ import annotations

import json

import pytest

from skillkit import accounts
from skillkit.cli.connection_request import status
from skillkit.connecting import SignIn
from skillkit.connection import Connection


def document(ended):
    assert ended.exit_code == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.parametrize(
    ("state", "archived", "expected"),
    [
        ("BUILDING", False, "pending"),
        ("CLIENT_ACTION_REQUIRED", False, "pending"),
        ("READY", False, "success"),
        ("CONFIGURATION_ERROR", False, "error"),
        ("SETUP_FAILED", False, "error"),
        ("CLIENT_ACTION_REQUIRED", True, "cancelled"),
    ],
)
def test_what_came_of_a_request_is_told_by_its_connection(state, archived, expected):
    assert status(Connection("id", "key", "Name", "alegra", "token", state=state, archived=archived)) == expected


@pytest.mark.parametrize("flag", ["--connectorId", "--connectorKey", "--integrationId", "--integrationKey", "--connector-id"])
def test_a_request_begins_an_account_and_says_where_its_user_signs_in(skillkit, workspace, flag):
    asked = document(skillkit("connection-request", "create", flag, "alegra", "--name", "Books", "--json"))

    (begun,) = workspace.store.connections()
    assert asked["requestId"] == begun.id
    assert asked["status"] == "pending"
    assert asked["url"] == f"http://127.0.0.1:1/s/{begun.key}"
    assert asked["url"] in asked["agentInstructions"]
    assert begun.name == "Books"
    assert "resultConnectionId" not in asked


def test_asking_twice_is_one_request(skillkit):
    first, second = (document(skillkit("connection-request", "create", "--connectorId", "alegra", "--json")) for _ in range(2))

    assert first["requestId"] == second["requestId"]


def test_a_request_succeeds_when_the_user_has_signed_in(skillkit, workspace):
    asked = document(skillkit("connection-request", "create", "--connectorId", "faktoora", "--json"))
    assert document(skillkit("connection-request", "get", asked["requestId"], "--json")) == asked

    accounts.connect(workspace, SignIn("faktoora", {"api_key": "canary-5f2e9c71d4"}, check=False), asked["requestId"])

    assert document(skillkit("connection-request", "get", asked["requestId"], "--json")) == {
        "requestId": asked["requestId"],
        "url": "",
        "status": "success",
        "resultConnectionId": asked["requestId"],
    }


def test_an_account_that_is_here_can_be_signed_in_to_again(skillkit, connected, workspace):
    ready = connected("faktoora")

    asked = document(skillkit("connection-request", "create", "--connectionId", "faktoora", "--json"))

    assert (asked["requestId"], asked["url"]) == (ready.id, "http://127.0.0.1:1/s/faktoora")
    assert [one.id for one in workspace.store.connections()] == [ready.id]


def test_an_app_that_nobody_knows_is_an_error_with_its_reason(skillkit, workspace):
    wanted = accounts.ensure(workspace, "https://unheard-of.example", SignIn("", None))

    for words in (("get", wanted.id), ("create", "--connectionId", wanted.key)):
        asked = document(skillkit("connection-request", *words, "--json"))

        assert asked["status"] == "error"
        assert "unheard-of.example" in asked["resultError"]


def test_a_request_whose_account_was_put_away_is_cancelled(skillkit, workspace):
    asked = document(skillkit("connection-request", "create", "--connectorId", "alegra", "--json"))
    accounts.archive(workspace, asked["requestId"])

    assert document(skillkit("connection-request", "get", asked["requestId"], "--json"))["status"] == "cancelled"


@pytest.mark.parametrize(
    "flags",
    [(), ("--connectorId", "alegra", "--integrationId", "faktoora"), ("--connectorId", "alegra", "--connectionId", "x")],
)
def test_a_request_is_for_one_app_or_one_connection(skillkit, workspace, flags):
    refused = skillkit("connection-request", "create", *flags, "--json")

    assert refused.exit_code == 2
    assert workspace.store.connections() == ()


@pytest.mark.parametrize(
    "words", [("create", "--connectorId", "slack"), ("create", "--connectionId", "nobody"), ("get", "nobody")]
)
def test_what_is_not_here_cannot_be_asked_for(skillkit, workspace, words):
    refused = skillkit("connection-request", *words, "--json")

    assert refused.exit_code == 3
    assert json.loads(refused.stderr)["error"]["kind"] == "unknown_name"
    assert workspace.store.connections() == ()
