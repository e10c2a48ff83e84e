"""`skillkit connect`: exactly as scripts type it, and never with a secret on the command line."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.authority import Authority
from tests.authority import served as authorized
from tests.process import SKILLKIT, at_a_terminal, ended, environment
from tests.stub import served
from tests.wire import reply

ROOT = Path(__file__).resolve().parent.parent
SECRET = "canary-0123456789-secret"
# Never piped in: what was is taken out of everything that is printed, and would prove nothing.
TYPED = "canary-of-the-4th-line"
CONNECTION = ["id", "key", "name", "connectorId", "connectorKey", "auth", "params", "origin", "state"]
CONNECTION += ["disconnected", "createdAt", "updatedAt"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home for commands that run as processes, with its catalog compiled."""
    folder = tmp_path_factory.mktemp("processes") / "home"
    assert ended(folder, "connector", "list").returncode == 0
    yield folder
    # With its home, the page's process ends too.
    shutil.rmtree(folder)


@pytest.fixture
def connect(skillkit):
    """Connects with what is piped in; a document is piped as JSON."""

    def typed(*words, piped):
        given = piped if isinstance(piped, str | bytes) else json.dumps(piped)
        return skillkit("connect", *words, "--credentials", "-", "--json", input=given)

    return typed


def error(ended):
    assert ended.stdout == ""
    return json.loads(ended.stderr.splitlines()[-1])["error"]


# As scripts do it.


@pytest.mark.parametrize(
    ("connector", "words", "credentials", "header", "answer"),
    [
        ("faktoora", (), {"api_key": SECRET}, ("X-API-KEY", SECRET), {"data": []}),
        ("alegra", (), {"email": "books@example.com", "token": SECRET}, ("Authorization", "Basic "), {"name": "Acme"}),
        ("clientary", ("--param", "domain=acme"), {"token": SECRET}, ("Authorization", "Basic "), {"staff": []}),
    ],
)
def test_an_account_is_connected_exactly_as_scripts_do_it(connect, wire, connector, words, credentials, header, answer):
    wire.replies = lambda asked: reply(answer)

    ended = connect("--connectorKey", connector, *words, piped=credentials)

    connection = json.loads(ended.stdout)
    assert ended.exit_code == 0, ended.stderr
    assert list(connection) == CONNECTION
    assert (connection["key"], connection["connectorId"], connection["state"]) == (connector, connector, "READY")
    assert connection["disconnected"] is False
    assert wire.asked[0].headers[header[0]].startswith(header[1])
    assert SECRET not in ended.stdout + ended.stderr


@pytest.mark.parametrize("spelling", ["--connectorKey", "--connectorId", "--connector-key", "--connector-id"])
def test_an_app_is_named_in_every_spelling(connect, spelling):
    assert connect(f"{spelling}=ledger", "--no-check", piped={"api_key": SECRET}).exit_code == 0


def test_every_flag_does_what_it_says(connect, wire):
    ended = connect(
        "--connectorKey", "ledger", "--param", "country=CH", "--auth", "basic", "--base-url", "https://books.example/v9",
        "--name", "Bücher", "--connectionKey", "mine", "--no-check", piped={"email": "a@b.example", "token": SECRET},
    )  # fmt: skip

    connection = json.loads(ended.stdout)
    assert {**connection, "id": "", "createdAt": "", "updatedAt": ""} == {
        "id": "",
        "key": "mine",
        "name": "Bücher",
        "connectorId": "ledger",
        "connectorKey": "ledger",
        "auth": "basic",
        "params": {"country": "CH"},
        "origin": "https://books.example",
        "baseUrl": "https://books.example/v9",
        "state": "READY",
        "disconnected": False,
        "createdAt": "",
        "updatedAt": "",
    }
    assert wire.asked == []


def test_a_second_account_has_a_key_of_its_own_and_a_sign_in_keeps_the_first(connect):
    first = json.loads(connect("--connectorKey", "ledger", "--no-check", piped={"api_key": SECRET}).stdout)
    second = json.loads(connect("--connectorKey", "ledger", "--no-check", piped={"api_key": SECRET + "2"}).stdout)
    again = json.loads(connect("--connectionId", "ledger", "--no-check", piped={"api_key": SECRET + "3"}).stdout)

    assert (first["key"], second["key"]) == ("ledger", "ledger-2")
    assert (again["id"], again["key"]) == (first["id"], "ledger")


def test_what_the_app_refuses_is_not_kept(connect, skillkit, wire):
    wire.replies = lambda asked: reply({"error": {"message": "who are you"}}, 401)

    refused = connect("--connectorKey", "ledger", piped={"api_key": SECRET})

    assert (error(refused)["kind"], refused.exit_code) == ("auth", 4)
    assert json.loads(skillkit("connection", "list", "--json").stdout)["items"] == []


def test_a_byte_order_mark_before_the_credentials_does_no_harm(connect):
    assert (
        connect(
            "--connectorKey", "ledger", "--no-check", piped=b"\xef\xbb\xbf" + json.dumps({"api_key": SECRET}).encode()
        ).exit_code
        == 0
    )


# What is piped in and is not what it should be.


@pytest.mark.parametrize(
    ("piped", "told"),
    [
        ("", "what is piped in is no JSON"),
        (SECRET, "what is piped in is no JSON"),
        (f'{{"api_key": "{SECRET}"', "what is piped in is no JSON"),
        (b"\xff" + SECRET.encode(), "what is piped in is no UTF-8: byte 0 is 0xff"),
        (json.dumps(SECRET), ""),
        (json.dumps([SECRET]), ""),
        ("null", ""),
        ({"apikey": SECRET}, "api_key"),
        ({"api_key": SECRET, "user": "x", "pass": "y"}, "user"),
        ({"api_key": ""}, "api_key"),
        ({"api_key": 7}, "api_key"),
        ({"api_key": None}, "api_key"),
        ({"api_key": {"value": SECRET}}, "api_key"),
        ({"api_key": f"{SECRET}\nHost: evil.example"}, "api_key"),
        ({"api_key": SECRET + "\ud83d"}, "api_key"),
    ],
)
def test_credentials_that_are_none_are_refused_and_never_repeated(connect, skillkit, piped, told):
    refused = connect("--connectorKey", "ledger", "--no-check", piped=piped)

    assert (error(refused)["kind"], refused.exit_code) == ("invalid_input", 3)
    assert told in error(refused)["message"] + json.dumps(error(refused).get("problems", []))
    assert SECRET not in refused.stderr
    assert json.loads(skillkit("connection", "list", "--json").stdout)["items"] == []


def test_every_field_that_is_wrong_is_named(connect):
    refused = connect("--connectorKey", "alegra", "--no-check", piped={"mail": "a@b.example", "key": SECRET})

    told = refused.stderr
    assert all(name in told for name in ("email", "token", "mail", "key"))
    assert SECRET not in told


@pytest.mark.parametrize(
    ("words", "kind", "told"),
    [
        ((), "usage", "--connectorKey"),
        (("--connectorKey", "alegre"), "unknown_name", "alegra"),
        (("--connectionId", "nothing"), "unknown_name", "nothing"),
        (("--connectorKey", "ledger", "--auth", "oauth"), "unknown_name", "key, query, basic"),
        (("--connectorKey", "ledger", "--param", "country=FR"), "invalid_input", "country"),
        (("--connectorKey", "ledger", "--param", "land=DE"), "invalid_input", "country"),
        (("--connectorKey", "ledger", "--param", f"token={TYPED}"), "invalid_input", "token"),
        (("--connectorKey", "ledger", "--param", TYPED), "usage", "NAME=VALUE"),
        (("--connectorKey", "ledger", "--param", f"={TYPED}"), "usage", "NAME=VALUE"),
        (("--connectorKey", "clientary"), "invalid_input", "domain"),
        (("--connectorKey", "ledger", "--base-url", "http://books.example"), "invalid_input", "https"),
        (("--connectorKey", "ledger", "--base-url", "ftp://books.example"), "invalid_input", "base URL"),
        (("--connectorKey", "ledger", "--base-url", "nonsense"), "invalid_input", "base URL"),
        (("--connectorKey", "ledger", "--connectionKey", "a b"), "invalid_input", "a b"),
        (("--connectorKey", "ledger", "--name", "x" * 121), "invalid_input", "120"),
    ],
)
def test_what_cannot_be_connected_is_said_with_what_could(connect, words, kind, told):
    refused = connect(*words, "--no-check", piped={"token": SECRET} if "clientary" in words else {"api_key": SECRET})

    assert error(refused)["kind"] == kind
    assert told in refused.stderr
    assert TYPED not in refused.stderr


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"])
def test_plain_http_is_for_this_machine_alone(connect, address):
    assert connect("--connectorKey", "ledger", "--base-url", address, "--no-check", piped={"api_key": SECRET}).exit_code == 0


# S4: never on the command line.


@pytest.mark.parametrize(
    "words",
    [
        ("--api-key", TYPED),
        (f"--api-key={TYPED}",),
        (f"--apiKey={TYPED}",),
        (f"--token={TYPED}",),
        ("--token", TYPED),
        ("--password", TYPED),
        (f"--secret={TYPED}",),
        ("--credentials", TYPED),
        (f"--credentials={TYPED}",),
        ("--credentials", json.dumps({"api_key": TYPED})),
        (f"--credential={TYPED}",),
        ("--bearer", TYPED),
        ("--key", TYPED),
    ],
)
@pytest.mark.parametrize("switches", [("--json",), ()])
def test_a_secret_on_the_command_line_is_refused_with_the_way_to_give_it(skillkit, words, switches):
    refused = skillkit("connect", "--connectorKey", "ledger", *words, *switches)

    assert refused.exit_code == 2
    assert "--credentials -" in refused.stderr
    assert TYPED not in refused.stdout + refused.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("ledger", TYPED),
        (TYPED,),
        ("--", TYPED),
        (f"-k{TYPED}",),
        (f"-{TYPED}",),
        (f"---{TYPED}",),
        (f"--{TYPED}",),
        (f"--ledger:{TYPED}",),
        ("--base-url", f"https://user:{TYPED}@books.example"),
        ("--base-url", f"https://books.example/?token={TYPED}"),
    ],
)
def test_a_word_that_nobody_asked_for_is_not_repeated(skillkit, words):
    refused = skillkit("connect", "--connectorKey", "ledger", *words, "--json", "--debug")

    assert refused.exit_code == 2
    assert TYPED not in refused.stdout + refused.stderr


def test_without_a_terminal_nobody_is_asked_and_the_user_gets_a_page(skillkit, workspace):
    begun = skillkit("connect", "--connectorKey", "ledger", "--json", input=json.dumps({"api_key": SECRET}))

    connection = json.loads(begun.stdout)
    assert (begun.exit_code, connection["state"]) == (0, "CLIENT_ACTION_REQUIRED")
    assert connection["clientAction"]["uiUrl"] == "http://127.0.0.1:1/s/ledger"
    assert "https://api.ledger.example" in connection["clientAction"]["description"]
    assert "skillkit connection get ledger --wait" in connection["clientAction"]["agentInstructions"]
    assert workspace.vault.secrets() == ()


def test_an_account_that_was_begun_is_taken_up_again_and_another_only_when_it_is_asked_for(skillkit):
    words = ("connect", "--connectorKey", "ledger", "--json")

    keys = [json.loads(skillkit(*words, *more).stdout)["key"] for more in [(), (), ("--allowMultipleConnections",), ()]]

    assert keys == ["ledger", "ledger", "ledger-2", "ledger-2"]


def test_not_checking_is_for_whoever_brings_the_secret(skillkit):
    refused = skillkit("connect", "--connectorKey", "ledger", "--no-check", "--json")

    assert (refused.exit_code, error(refused)["kind"]) == (2, "usage")
    assert "--credentials -" in error(refused)["hint"]


def connecting(home, address):
    words = ["connect", "--connectorKey", "faktoora", "--base-url", f"{address}/api/v1", "--credentials", "-", "--json"]
    return [*SKILLKIT, *words]


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="SKIPPED: no /proc to look into")
def test_other_programs_see_no_secret_in_the_words_or_the_environment_of_the_process(home):
    with served(ROOT / "cassettes" / "faktoora") as address:
        process = subprocess.Popen(
            connecting(home, address),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(home, PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring"),
        )
        process.stdin.write(json.dumps({"api_key": SECRET}).encode())
        process.stdin.flush()
        # It has begun to read, and waits for the end of what is piped in.
        time.sleep(0.1)
        seen = [Path(f"/proc/{process.pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
        out, err = process.communicate(timeout=30)

    assert json.loads(out)["state"] == "READY"
    assert all(SECRET.encode() not in text for text in (*seen, out, err))


# At a terminal.


def test_a_person_is_asked_and_a_secret_is_not_shown(home):
    with served(ROOT / "cassettes" / "alegra") as address:
        words = ("connect", "--connectorKey", "alegra", "--base-url", f"{address}/api/v1")
        code, shown = at_a_terminal(home, *words, answers=["books@example.com", SECRET])

    assert code == 0, shown
    assert re.search(r"sign in at http://127\.0\.0\.1:\d+/s/[0-9a-f]{32} in a browser on this computer, or here:", shown)
    assert "books@example.com" in shown
    assert "state: READY" in shown
    assert SECRET not in shown


# OAuth at a terminal, where no browser is.


@pytest.fixture
def asked_for_consent(home, tmp_path):
    """A home that knows the example app, and the server that it is signed in to at."""
    shutil.copytree(home, tmp_path / "home")
    shutil.copytree(ROOT / "examples" / "oauth-demo", tmp_path / "home" / "connectors" / "oauth-demo")
    authority = Authority(now=time.time, metadata={"device": {"interval": 1}})
    with authorized(authority) as address:
        yield tmp_path / "home", authority, ("connect", "--connectorKey", "oauth-demo", "--base-url", f"{address}/api")
    shutil.rmtree(tmp_path / "home")


def test_a_person_brings_back_where_their_browser_ended(asked_for_consent):
    home, authority, words = asked_for_consent

    def ended_at(shown):
        url = re.search(r"http://127\S+/auth\?\S+", shown).group()
        return f"http://127.0.0.1:1/callback?{urlencode(authority.consented(url))}"

    code, shown = at_a_terminal(home, *words, "--auth", "code", answers=[ended_at], columns=2000)

    assert code == 0, shown
    assert "state: READY" in shown
    assert authority.grants == ["authorization_code"]
    assert not [token for token in authority.access if token in shown]


def test_a_person_types_a_code_on_another_device(asked_for_consent):
    home, authority, words = asked_for_consent

    def agree():
        while not authority.devices:
            time.sleep(0.05)
        authority.decide("yes")

    person = threading.Thread(target=agree, daemon=True)
    person.start()

    code, shown = at_a_terminal(home, *words, "--auth", "device", columns=2000)
    person.join()

    assert code == 0, shown
    assert re.search(r"open http://\S+ in any browser, and type this code: \S+", shown)
    assert "state: READY" in shown


def test_whoever_declines_is_not_connected_and_the_account_waits(asked_for_consent):
    home, authority, words = asked_for_consent

    def declined(shown):
        url = re.search(r"http://127\S+/auth\?\S+", shown).group()
        state = authority.consented(url)["state"]
        return f"http://127.0.0.1:1/callback?{urlencode({'error': 'access_denied', 'state': state, 'iss': authority.issuer})}"

    code, shown = at_a_terminal(home, *words, "--auth", "code", answers=[declined], columns=2000)

    assert code == 4, shown
    assert b"CLIENT_ACTION_REQUIRED" in ended(home, "connection", "list", "--json").stdout
