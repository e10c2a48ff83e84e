"""`skillkit act` and `skillkit action-run-log`: as newer skills type them."""

from __future__ import annotations

import json
import shlex

import pytest

from tests.wire import reply

BASE = "https://api.ledger.example/v1"
CANARY = "canary-of-the-ledger"


@pytest.fixture
def act(skillkit):
    """Types a line to the fictional app, one account of which is connected."""
    words = ("connect", "--connectorKey", "ledger", "--credentials", "-", "--no-check")
    assert skillkit(*words, input=json.dumps({"api_key": CANARY})).exit_code == 0

    def typed(line, **more):
        return skillkit("act", *shlex.split(line), **more)

    return typed


def error(ended):
    assert ended.stdout == ""
    return json.loads(ended.stderr)["error"]


# Actions.


@pytest.mark.parametrize(
    "line",
    [
        '--key get-entry --connectionKey ledger --input \'{"id": "7"}\' --json',
        '--id ledger/get-entry --connectionId ledger --input \'{"id": "7"}\' --json',
        "--id ledger/get-entry -i id=7 --json",
        "--key=get-entry --integrationKey=ledger -i id=7 --json",
        '--key get-entry --integration-key ledger -i id=7 --json --meta \'{"why": "asked"}\'',
        "--json --key read-entry --connection-key ledger -i id=7",
    ],
)
def test_an_action_is_run_by_key_or_by_id(act, wire, line):
    wire.replies = [reply({"entry": {"id": 7, "number": "R-7"}})]

    document = json.loads(act(line).stdout)

    assert document["output"] == {"id": 7, "number": "R-7"}
    assert document["runId"] == document["actionRunId"]
    assert (wire.asked[0].method, wire.asked[0].url) == ("GET", f"{BASE}/entries/7")


def test_it_prints_what_action_run_prints(act, skillkit, wire):
    wire.replies = [reply({"entry": {"id": 7, "wide": 1}}), reply({"entry": {"id": 7, "wide": 1}})]

    one = json.loads(act("--key get-entry --connectionKey ledger -i id=7 --select id --json").stdout)
    other = json.loads(skillkit("action", "run", "ledger/get-entry", "-i", "id=7", "--select", "id", "--json").stdout)

    assert (one["output"], list(one)) == (other["output"], list(other))


@pytest.mark.parametrize("action", ["delete-entry", "send-entry"])
def test_what_cannot_be_taken_back_needs_a_yes_here_too(act, wire, action):
    refused = act(f"--key {action} --connectionKey ledger -i id=7 --json")
    assert (error(refused)["kind"], refused.exit_code) == ("confirmation_needed", 4)
    assert error(refused)["hint"].endswith(f"skillkit act --key {action} --connectionKey ledger -i id=7 --json --yes")

    wire.replies = [reply({})]
    assert act(f"--key {action} --connectionKey ledger -i id=7 --json --yes").exit_code == 0


# Requests.


@pytest.mark.parametrize(
    ("api", "more", "expected"),
    [
        ({"path": "/a"}, "", ("GET", "/a", None, b"")),
        ({"method": "get", "path": "/a?x=1", "query": {"y": 2, "z": ["a", "b"]}}, "", ("GET", "/a?x=1&y=2&z=a&z=b", None, b"")),
        ({"method": "POST", "path": "/a", "body": {"n": 1}}, "", ("POST", "/a", "application/json", b'{"n":1}')),
        ({"path": "/a", "body": [1]}, "", ("POST", "/a", "application/json", b"[1]")),
        ({"path": "/a", "body": "text"}, "", ("POST", "/a", "text/plain; charset=utf-8", b"text")),
        ({"method": "PUT", "path": "/a", "body": None}, "", ("PUT", "/a", None, b"")),
        ({"method": "PATCH", "path": "/a", "body": {"n": "{n}"}}, "", ("PATCH", "/a", "application/json", b'{"n":"{n}"}')),
        (
            {"method": "PUT", "path": "/a/{id}", "query": {"q": "{q}"}, "body": {"n": "{n}", "t": "no. {n}"}},
            '--input \'{"id": "x/y", "n": 7, "q": "ä"}\'',
            ("PUT", "/a/x%2Fy?q=%C3%A4", "application/json", b'{"n":7,"t":"no. 7"}'),
        ),
        ({"path": "/a/{id}"}, "-i id=7 --integrationKey ledger", ("GET", "/a/7", None, b"")),
    ],
)
def test_a_request_goes_out_as_it_is_described(act, wire, api, more, expected):
    wire.replies = [reply({"ok": True})]

    ended = act(f"--connectionKey ledger --api {shlex.quote(json.dumps(api))} {more} --json")

    assert ended.exit_code == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert (document["output"], document["status"]) == ({"ok": True}, 200)
    assert document["runId"] == document["actionRunId"]
    (asked,) = wire.asked
    kind = {name.lower(): value for name, value in asked.headers.items()}.get("content-type")
    assert (asked.method, asked.url.removeprefix(BASE), kind, asked.body) == expected
    assert asked.headers["X-LEDGER-KEY"] == CANARY


def test_an_account_is_found_by_its_app_when_there_is_one(act, wire, skillkit):
    wire.replies = [reply({})]
    assert act('--integrationKey ledger --api \'{"path": "/a"}\' --json').exit_code == 0

    refused = act('--integrationKey alegra --api \'{"path": "/a"}\' --json')
    assert (error(refused)["kind"], error(refused)["hint"]) == ("connection_not_ready", "skillkit connect --connectorKey alegra")

    words = ("connect", "--connectorKey", "ledger", "--credentials", "-", "--no-check")
    assert skillkit(*words, input=json.dumps({"api_key": CANARY})).exit_code == 0
    refused = act('--integrationKey ledger --api \'{"path": "/a"}\' --json')
    assert (error(refused)["kind"], refused.exit_code) == ("unknown_name", 3)
    assert "ledger, ledger-2" in error(refused)["message"]


def test_a_request_comes_from_a_file_or_from_stdin(act, wire, tmp_path):
    (tmp_path / "api.json").write_text('{"path": "/a"}')
    wire.replies = [reply({}), reply({})]

    assert act(f"--connectionKey ledger --api @{tmp_path}/api.json").exit_code == 0
    assert act("--connectionKey ledger --api -", input='{"path": "/b"}').exit_code == 0
    assert [asked.url for asked in wire.asked] == [f"{BASE}/a", f"{BASE}/b"]


def test_a_raw_delete_needs_a_yes_here_too(act, wire):
    line = '--connectionKey ledger --api \'{"method": "DELETE", "path": "/a"}\' --json'
    refused = act(line)
    assert (error(refused)["kind"], refused.exit_code) == ("confirmation_needed", 4)

    wire.replies = [reply({})]
    assert act(f"{line} --yes").exit_code == 0


def test_a_dry_run_sends_nothing(act, wire):
    api = '--api \'{"method": "DELETE", "path": "/a"}\''
    document = json.loads(act(f"--connectionKey ledger {api} --dry-run --json").stdout)

    assert (document["dryRun"], document["request"]["url"]) == (True, f"{BASE}/a")
    assert json.loads(act("--key delete-entry --connectionKey ledger -i id=7 --dryRun --json").stdout)["dryRun"]
    assert wire.asked == []


@pytest.mark.parametrize(
    ("line", "kind", "told"),
    [
        ("--code 'return 1' --connectionKey ledger", "usage", "no code from an agent is run here"),
        ("--code 'return 1' --api '{}' --connectionKey ledger", "usage", "no code from an agent is run here"),
        ("--connectionKey ledger", "usage", "one of --key, --id and --api"),
        ("--key a --id b", "usage", "one of --key, --id and --api"),
        ("--key a --api '{}'", "usage", "one of --key, --id and --api"),
        ("--api '{\"path\": \"/a\"}'", "usage", "which account?"),
        ("--api '{\"path\": \"/a\"}' --connectionKey ledger --limit 3", "usage", "--limit is for actions"),
        ("--api '{\"path\": \"/a\"}' --connectionKey ledger --all", "usage", "--all is for actions"),
        ("--api '{\"path\": \"/a\"}' --connectionKey ledger --connector alegra", "usage", "not to alegra"),
        ("--api '{\"path\": \"/a\", \"method\": \"TRACE\"}' --connectionKey ledger", "usage", "'TRACE' is no method"),
        ("--api '[]' --connectionKey ledger", "invalid_input", "one JSON object with a path"),
        ("--api '{}' --connectionKey ledger", "invalid_input", "one JSON object with a path"),
        ("--api '{' --connectionKey ledger", "invalid_input", "--api is no JSON"),
        ("--api '{\"path\": \"/a\", \"url\": \"x\"}' --connectionKey ledger", "invalid_input", "--api has no 'url'"),
        ("--api '{\"path\": \"/a\", \"query\": [1]}' --connectionKey ledger", "invalid_input", "query has values by name"),
        ("--api '{\"path\": \"/a\", \"headers\": 7}' --connectionKey ledger", "invalid_input", "headers has values by name"),
        ("--api '{\"path\": \"/a/{id}\"}' --connectionKey ledger", "invalid_input", "id cannot be ''"),
        ("--api '{\"path\": \"/a\"}' -i id=7 --connectionKey ledger", "invalid_input", "has a place for 'id'"),
        ("--api '{\"path\": \"https://evil.example/a\"}' --connectionKey ledger", "invalid_input", "evil.example"),
        ("--api '{\"path\": \"/a/../../b\"}' --connectionKey ledger", "invalid_input", "climbs"),
        ("--api '{\"path\": \"/a/{id}\"}' -i id=.. --connectionKey ledger", "invalid_input", "id cannot be"),
        ("--api '{\"path\": \"/a\", \"headers\": {\"x-ledger-key\": \"m\"}}' --connectionKey ledger", "invalid_input", "ledger"),
        ("--api '{\"path\": \"/a\", \"headers\": {\"X\": \"a\\nb\"}}' --connectionKey ledger", "invalid_input", "X"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_go_out_is_refused_and_nothing_is_sent(act, wire, line, kind, told):
    refused = act(f"{line} --json")

    assert error(refused)["kind"] == kind
    assert told in error(refused)["message"]
    assert wire.asked == []


# What a run did.


def test_a_run_is_shown_as_older_skills_ask_for_it(act, skillkit, wire):
    wire.replies = [reply({"entry": {"id": 7}})]
    run = json.loads(act("--key get-entry --connectionKey ledger -i id=7 --json").stdout)["actionRunId"]

    log = json.loads(skillkit("action-run-log", "get", run, "--json").stdout)

    assert log == {
        "id": run,
        "status": "success",
        "action": "ledger/get-entry",
        "connection": "ledger",
        "integration": "ledger",
        "input": {"id": "7"},
        "output": {"id": 7},
        "error": None,
    }


def test_the_details_of_a_run_are_its_exchange_without_the_secret(act, skillkit, wire):
    wire.replies = [reply({"error": {"message": "no such entry"}}, status=404)]
    refused = act("--key get-entry --connectionKey ledger -i id=7 --json")
    run = json.loads(refused.stderr)["actionRunId"]

    shown = skillkit("action-run-log", "get", run, "--details", "--json").stdout
    log = json.loads(shown)

    assert (log["status"], log["error"]["kind"], log["output"]) == ("error", "not_found", None)
    assert (log["details"]["request"]["url"], log["details"]["response"]["status"]) == (f"{BASE}/entries/7", 404)
    assert "exchanges" not in log["details"]
    assert CANARY not in shown


def test_the_details_of_several_pages_are_all_of_them(act, skillkit, wire):
    rows = [{"id": number} for number in range(30)]
    wire.replies = [reply({"data": rows, "meta": {"total": 40}}), reply({"data": rows[:10], "meta": {"total": 40}})]
    run = json.loads(act("--key list-entries --connectionKey ledger --limit 40 --json").stdout)["runId"]

    details = json.loads(skillkit("action-run-log", "get", run, "--details", "--json").stdout)["details"]

    assert [one["request"]["url"].removeprefix(BASE) for one in details["exchanges"]] == [
        "/entries?page=1&per_page=30",
        "/entries?page=2&per_page=30",
    ]
    assert details["response"] == details["exchanges"][-1]["response"]


def test_a_run_that_is_not_known_is_said_to_be_so(skillkit):
    refused = skillkit("action-run-log", "get", "run_1", "--json")

    assert (error(refused)["kind"], refused.exit_code) == ("unknown_name", 3)
    assert skillkit("action-run-log", "get", "--json").exit_code == 2
