"""Connecting accounts: proved before they are kept, and kept as one."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from skillkit import accounts, calls
from skillkit.calls import Call
from skillkit.connecting import SignIn
from skillkit.connection import Connection
from skillkit.errors import (
    AnswerLost,
    Conflict,
    ConnectionNotReady,
    Forbidden,
    InvalidInput,
    SkillkitError,
    Unauthorized,
    UnknownName,
    Upstream,
)
from skillkit.store import Store
from skillkit.workspace import Workspace
from tests.wire import Asked, reply

KEY: Any = {"api_key": "canary-5f2e9c71d4"}
LOGIN: Any = {"email": "ada@example.com", "password": "canary-pw-81c2"}


def kept(workspace: Workspace) -> tuple[tuple[Connection, ...], list[str]]:
    """All that is there of accounts: the connections, and what the vault holds."""
    return workspace.store.connections(), [secret.reveal() for secret in workspace.vault.secrets()]


def test_a_credential_is_proved_by_the_connectors_check_and_then_kept(workspace, wire):
    wire.replies = [reply({"name": "Muster GmbH"})]

    connection = accounts.connect(workspace, SignIn("ledger", KEY))

    assert (wire.asked[0].url, wire.asked[0].headers["X-LEDGER-KEY"]) == ("https://api.ledger.example/v1/company", KEY["api_key"])
    assert (connection.key, connection.name, connection.state, connection.auth) == ("ledger", "Ledger", "READY", "key")
    assert (connection.origin, connection.params) == ("https://api.ledger.example", {"country": "DE"})
    assert (connection.created_at, connection.updated_at) == ("2025-06-15T15:06:40.000Z", "2025-06-15T15:06:40.000Z")
    assert kept(workspace) == ((connection,), [KEY["api_key"]])


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 401}, Unauthorized),
        ({"status": 403}, Forbidden),
        ({"content": b"<html>"}, Upstream),
        ({"document": {"ok": False}}, Upstream),
        ({"status": 302, "location": "https://login.example/"}, Upstream),
    ],
)
@pytest.mark.parametrize("way", ["key", "login"])
def test_nothing_is_kept_of_what_the_app_refuses(workspace, wire, answer, error, way):
    wire.replies = [reply({"data": {"token": "canary-token-1"}})] if way == "login" else []
    wire.replies += [reply(**answer)]
    wire.replies += (
        [reply({"data": {"token": "canary-token-2"}}), reply(status=401)] if way == "login" and error is Unauthorized else []
    )

    with pytest.raises(error):
        accounts.connect(workspace, SignIn("ledger", LOGIN if way == "login" else KEY, auth=way))

    assert kept(workspace) == ((), [])
    assert workspace.store.runs(1) == ()


def test_nor_of_what_cannot_be_asked(workspace, wire):
    wire.replies = [AnswerLost("broke off") for _ in range(3)]

    with pytest.raises(AnswerLost):
        accounts.connect(workspace, SignIn("ledger", KEY))

    assert kept(workspace) == ((), [])


def test_a_session_that_was_opened_to_prove_it_is_kept_and_used(workspace, wire):
    wire.replies = [reply({"data": {"token": "canary-token-1"}}), reply({}), reply({})]

    accounts.connect(workspace, SignIn("ledger", LOGIN, auth="login"))
    calls.perform(workspace, Call("ledger/get-company"))

    assert [asked.url.rpartition("/")[2] for asked in wire.asked] == ["login", "company", "company"]
    assert wire.asked[2].headers["Authorization"] == "Bearer canary-token-1"


def test_who_says_so_is_believed_unproved(workspace, wire):
    connection = accounts.connect(workspace, SignIn("ledger", KEY, check=False))

    assert (connection.state, wire.asked) == ("READY", [])


@pytest.mark.parametrize(
    ("said", "paths"),
    [
        (SignIn("ledger", {}), ["/api_key"]),
        (SignIn("ledger", {"api_key": "", "pin": "1"}), ["", "/api_key"]),
        (SignIn("ledger", {"api_key": "a\r\nX: 1"}), ["/api_key"]),
        (SignIn("ledger", KEY, params={"cuntry": "DE", "contry": "CH"}), ["/params/cuntry", "/params/contry"]),
        (SignIn("ledger", KEY, params={"country": "XX"}), ["/params/country"]),
        (SignIn("clientary", {"token": "canary"}), ["/params/domain"]),
        (SignIn("clientary", {"token": "canary"}, params={"domian": "acme"}), ["/params/domian", "/params/domain"]),
    ],
)
def test_all_that_is_wrong_is_said_at_once_and_no_value_with_it(workspace, wire, said, paths):
    with pytest.raises(InvalidInput) as refused:
        accounts.connect(workspace, said)

    assert [problem.path for problem in refused.value.problems] == paths
    assert "canary" not in str(refused.value)
    assert kept(workspace) == ((), [])


@pytest.mark.parametrize(
    "domain", ["evil.test/", "a.b", "a@evil", "a#", "a?", "a:80", "-a", "xn--a", "", "a" * 64, "%2e", "\uff41", "a\n"]
)
def test_a_part_of_a_host_stays_one_before_any_socket(workspace, wire, domain):
    with pytest.raises(InvalidInput):
        accounts.connect(workspace, SignIn("clientary", {"token": "canary"}, params={"domain": domain}))

    assert (kept(workspace), wire.asked) == (((), []), [])


def test_a_way_to_sign_in_that_is_not_there_names_those_that_are(workspace):
    with pytest.raises(UnknownName) as refused:
        accounts.connect(workspace, SignIn("ledger", KEY, auth="oauth"))

    assert "key, query, basic, bearer, login" in refused.value.hint


@pytest.mark.parametrize(("connector", "near"), [("ledgr", "ledger"), ("nothing-like-it", "skillkit connector list")])
def test_a_connector_that_is_not_there_names_the_nearest(workspace, connector, near):
    with pytest.raises(UnknownName) as refused:
        accounts.connect(workspace, SignIn(connector, KEY))

    assert near in refused.value.hint


# Another address.


def test_a_base_url_of_the_persons_own_replaces_the_connectors(workspace, wire):
    wire.replies = [reply({}), reply({})]

    connection = accounts.connect(workspace, SignIn("ledger", KEY, base_url="https://books.example.com:8443/api/"))
    calls.perform(workspace, Call("ledger/get-company"))

    assert connection.origin == "https://books.example.com:8443"
    assert {asked.url for asked in wire.asked} == {"https://books.example.com:8443/api/company"}


@pytest.mark.parametrize(
    "url", ["http://books.example.com", "ftp://x", "https://a@b", "https://x/?a", "x", "https://x/../y", "http://192.168.0.9"]
)
def test_an_address_that_would_give_the_credential_away_is_refused(workspace, wire, url):
    with pytest.raises(InvalidInput):
        accounts.connect(workspace, SignIn("ledger", KEY, base_url=url))

    assert (kept(workspace), wire.asked) == (((), []), [])


def test_this_very_machine_may_be_reached_in_the_clear(workspace, wire):
    wire.replies = [reply({})]

    assert accounts.connect(workspace, SignIn("ledger", KEY, base_url="http://127.0.0.1:8080")).state == "READY"


# Signing in again.


def test_signing_in_again_keeps_id_and_key_and_replaces_the_credential(workspace, wire, clock):
    wire.replies = [reply({}), reply({})]
    first = accounts.connect(workspace, SignIn("ledger", KEY, params={"country": "CH"}, name="Books"))
    clock.time += 60

    again = accounts.connect(workspace, SignIn("", {"api_key": "canary-second"}), "ledger")

    assert (again.id, again.key, again.name, again.params) == (first.id, first.key, "Books", {"country": "CH"})
    assert again.created_at == first.created_at < again.updated_at
    assert kept(workspace) == ((again,), ["canary-second"])


def test_a_refused_new_credential_leaves_the_old_one_in_force(workspace, wire, connected):
    before = connected("ledger")
    wire.replies = [reply(status=401)]

    with pytest.raises(Unauthorized):
        accounts.connect(workspace, SignIn("ledger", {"api_key": "canary-wrong"}), before.id)

    assert kept(workspace) == ((before,), [KEY["api_key"]])


def test_a_connection_that_leads_elsewhere_by_now_loses_its_credential(workspace, wire, connected):
    connection = connected("ledger")
    workspace.store.replace(replace(connection, origin="https://old.ledger.example"))

    with pytest.raises(ConnectionNotReady, match=r"old\.ledger\.example"):
        calls.perform(workspace, Call("ledger/get-company"))

    (moved,), secrets = kept(workspace)
    assert (moved.state, secrets, wire.asked) == ("CLIENT_ACTION_REQUIRED", [], [])
    with pytest.raises(ConnectionNotReady, match="CLIENT_ACTION_REQUIRED"):
        calls.perform(workspace, Call("ledger/get-company"))

    wire.replies = [reply({})]
    assert accounts.connect(workspace, SignIn("ledger", KEY), connection.id).origin == "https://api.ledger.example"


# Keys.


def test_a_second_account_gets_a_key_of_its_own(workspace, connected):
    assert [connected("ledger").key for _ in range(3)] == ["ledger", "ledger-2", "ledger-3"]


def test_a_key_is_what_the_person_says(connected):
    assert connected("ledger", key="books").key == "books"


def test_a_key_that_is_taken_is_refused_before_the_app_is_asked(workspace, wire, connected):
    first = connected("ledger", key="books")

    for key in ("books", first.id):
        with pytest.raises(Conflict):
            accounts.connect(workspace, SignIn("ledger", KEY, key=key))

    assert wire.asked == []
    assert len(kept(workspace)[1]) == 1


@pytest.mark.parametrize("key", ["-x", "a b", "a/b", "../x", "a\nb", "é", "x" * 81, "."])
def test_a_key_can_be_typed_on_any_command_line(workspace, key):
    with pytest.raises(InvalidInput):
        accounts.connect(workspace, SignIn("ledger", KEY, key=key, check=False))

    assert kept(workspace) == ((), [])


def race(count: int, act: Any) -> list[Any]:
    gate = threading.Barrier(count)
    found: list[Any] = []

    def run() -> None:
        gate.wait()
        try:
            found.append(act())
        except SkillkitError as error:
            found.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def opened(workspace: Workspace) -> None:
    """Have all parts open: which thread opens them first is not what is raced for."""
    workspace.catalog.count()
    kept(workspace)


def test_eight_at_once_get_eight_keys(workspace, connected):
    opened(workspace)

    found = race(8, lambda: connected("ledger").key)

    assert sorted(found) == ["ledger", *(f"ledger-{number}" for number in range(2, 9))]
    assert len(kept(workspace)[1]) == 8


def test_of_eight_that_choose_one_key_one_gets_it_and_no_credential_is_left_over(workspace, connected):
    opened(workspace)

    found = race(8, lambda: connected("ledger", key="books"))

    assert [type(one) for one in found].count(Connection) == 1
    assert [type(one) for one in found].count(Conflict) == 7
    assert len(kept(workspace)[0]) == len(kept(workspace)[1]) == 1


def test_a_connection_keeps_its_key(workspace, connected):
    connected("ledger", key="books")

    with pytest.raises(InvalidInput, match="keeps its key"):
        accounts.connect(workspace, SignIn("ledger", KEY, key="other", check=False), "books")
    assert accounts.connect(workspace, SignIn("ledger", KEY, key="books", check=False), "books").key == "books"


# Letting go.


def test_letting_go_forgets_connection_and_credential(workspace, connected):
    connected("ledger")

    assert accounts.disconnect(workspace, "ledger").key == "ledger"

    assert kept(workspace) == ((), [])
    with pytest.raises(UnknownName):
        accounts.disconnect(workspace, "ledger")


def test_a_rate_limit_while_proving_says_when_to_come_back(workspace, wire):
    def limited(asked: Asked) -> Any:
        return reply(status=429, retry_after="600")

    wire.replies = limited
    with pytest.raises(SkillkitError) as error:
        accounts.connect(workspace, SignIn("ledger", KEY))

    assert (error.value.kind, error.value.retry_after) == ("rate_limited", 600)
    assert kept(workspace) == ((), [])


# From an address to an account.

ASKED = SignIn("", None)


@pytest.mark.parametrize(
    ("asked", "connector", "params"),
    [
        ("https://app.alegra.com/x", "alegra", {}),
        ("ALEGRA.com.", "alegra", {}),
        ("alegra", "alegra", {}),
        ("Alegra", "alegra", {}),
        (" faktoora ", "faktoora", {}),
        ("https://acme.clientary.com/invoices/7", "clientary", {"domain": "acme"}),
        ("clientary.com", "clientary", {}),
    ],
)
def test_an_app_is_found_by_address_domain_name_and_key(workspace, asked, connector, params):
    begun = accounts.ensure(workspace, asked, ASKED)

    assert (begun.connector, begun.key, begun.state) == (connector, connector, "CLIENT_ACTION_REQUIRED")
    assert {name: begun.params.get(name) for name in params} == params
    assert kept(workspace) == ((begun,), [])


def test_asking_twice_finds_what_was_begun(workspace):
    first = accounts.ensure(workspace, "https://alegra.com", ASKED)

    assert accounts.ensure(workspace, "alegra", ASKED) == first
    assert accounts.ensure(workspace, first.id, ASKED) == first
    assert workspace.store.connections() == (first,)


@pytest.mark.parametrize("asked", ["", "   ", "not a url", "Slack", "javascript:alert(1)", "x" * 3000])
def test_what_means_no_app_is_refused_and_leaves_nothing(workspace, asked):
    with pytest.raises(InvalidInput, match="no app that is here"):
        accounts.ensure(workspace, asked, ASKED)

    assert workspace.store.connections() == ()


def test_a_domain_that_nobody_knows_is_a_record_whose_set_up_failed(workspace):
    record = accounts.ensure(workspace, "https://www.example.org/x", ASKED)

    assert (record.state, record.wanted, record.key) == ("SETUP_FAILED", "www.example.org", "www.example.org")
    assert "www.example.org" in record.error
    assert accounts.ensure(workspace, "www.example.org", ASKED) == record
    with pytest.raises(ConnectionNotReady, match="SETUP_FAILED"):
        calls.perform(workspace, Call("list-invoices", connection=record.key))


@pytest.mark.parametrize("asked", ["http://[::1]:9000", "127.0.0.1:9000"])
def test_also_an_address_of_numbers_gets_a_key_that_can_be_typed(workspace, asked):
    assert accounts.KEY.fullmatch(accounts.ensure(workspace, asked, ASKED).key)


def test_when_a_connector_comes_the_record_goes_on(workspace):
    record = accounts.ensure(workspace, "https://acme.ledger.example", ASKED)
    workspace.store.replace(replace(record, wanted="acme.clientary.com"))

    found = accounts.current(workspace, workspace.connection(record.id))

    assert (found.id, found.connector, found.state, found.wanted) == (record.id, "clientary", "CLIENT_ACTION_REQUIRED", "")
    assert (found.error, found.params["domain"]) == ("", "acme")


def test_two_accounts_are_told_apart_by_key_name_and_subdomain(workspace, connected):
    token = {"token": "canary-5f2e9c71d4"}
    north = connected("clientary", credential=token, params={"domain": "north"}, name="North")
    south = connected("clientary", credential=token, params={"domain": "south"}, name="South", key="second")

    assert accounts.ensure(workspace, "https://south.clientary.com", ASKED) == south
    assert accounts.ensure(workspace, "clientary", replace(ASKED, name="north")) == north
    assert accounts.ensure(workspace, "clientary.com", replace(ASKED, key="second")) == south
    with pytest.raises(
        UnknownName, match=r"2 accounts of clientary are here: clientary \(North, READY\), second \(South"
    ) as refused:
        accounts.ensure(workspace, "clientary", ASKED)
    assert "--connectionKey" in refused.value.hint


def test_another_name_or_key_is_another_account(workspace, connected):
    connected("ledger")

    named = accounts.ensure(workspace, "ledger", replace(ASKED, name="Second"))
    keyed = accounts.ensure(workspace, "ledger", replace(ASKED, key="third"))

    assert [(one.key, one.state) for one in (named, keyed)] == [
        ("ledger-2", "CLIENT_ACTION_REQUIRED"),
        ("third", "CLIENT_ACTION_REQUIRED"),
    ]


def test_a_key_of_another_apps_account_is_not_taken_over(workspace, connected):
    connected("ledger", key="books")

    with pytest.raises(Conflict, match="books"):
        accounts.ensure(workspace, "alegra", replace(ASKED, key="books"))


def test_many_at_once_make_one_account(beside):
    spaces = [beside() for _ in range(6)]
    found: list[Connection] = []

    threads = [threading.Thread(target=lambda s=space: found.append(accounts.ensure(s, "alegra", ASKED))) for space in spaces]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({one.id for one in found}) == 1, [one.key for one in found]
    assert len(found) == 6


def test_a_begun_account_becomes_ready_with_its_id(workspace, wire):
    begun = accounts.begin(workspace, SignIn("ledger", None, name="Books"))
    wire.replies = [reply({"name": "Muster GmbH"})]

    ready = accounts.connect(workspace, SignIn("ledger", KEY), begun.id)

    assert (ready.id, ready.key, ready.name, ready.state) == (begun.id, "ledger", "Books", "READY")
    assert kept(workspace) == ((ready,), [KEY["api_key"]])


def test_a_wrong_key_leaves_a_waiting_account_waiting_and_says_so(workspace, wire):
    begun = accounts.begin(workspace, SignIn("ledger", None))
    wire.replies = [reply({"error": {"message": "no such key"}}, status=401)]

    with pytest.raises(Unauthorized):
        accounts.connect(workspace, SignIn("ledger", KEY), begun.id)

    after = workspace.connection(begun.id)
    assert (after.state, after.error) == ("CLIENT_ACTION_REQUIRED", "the app refused what was typed: no such key")
    assert workspace.vault.secrets() == ()


def test_a_wrong_key_says_nothing_of_an_account_that_works(workspace, wire, connected):
    ready = connected("ledger")
    wire.replies = [reply(status=401)]

    with pytest.raises(Unauthorized):
        accounts.connect(workspace, SignIn("ledger", {"api_key": "canary-wrong"}), ready.id)

    assert kept(workspace) == ((ready,), [KEY["api_key"]])


# Changing and putting away.


def test_a_patch_changes_what_an_account_is_called(workspace, connected):
    before = connected("ledger")

    after = accounts.patch(workspace, "ledger", {"name": "Books", "connectionKey": "books"})

    assert (after.id, after.name, after.key, after.state) == (before.id, "Books", "books", "READY")
    assert workspace.connection("books") == after


@pytest.mark.parametrize("part", ["connectorParameters", "params", "input"])
def test_a_patch_of_a_parameter_that_is_no_host_keeps_the_credential(workspace, connected, part):
    connected("ledger")

    after = accounts.patch(workspace, "ledger", {part: {"country": "CH"}})

    assert (after.params["country"], after.state) == ("CH", "READY")
    assert len(workspace.vault.secrets()) == 1


def test_a_patch_that_leads_elsewhere_drops_the_credential_and_names_both_places(workspace, connected):
    connected("clientary", credential={"token": "canary-5f2e9c71d4"}, params={"domain": "acme"})

    after = accounts.patch(workspace, "clientary", {"connectorParameters": {"domain": "evil"}})

    assert (after.state, after.origin) == ("CLIENT_ACTION_REQUIRED", "https://evil.clientary.com")
    assert after.error == "it led to https://acme.clientary.com, now to https://evil.clientary.com"
    assert workspace.vault.secrets() == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "https://evil.example"},
        {"baseUrl": "https://evil.example"},
        {"BASEURL": "https://evil.example"},
        {"origin": "https://evil.example"},
        {"state": "READY"},
        {"credentials": {"api_key": "canary-typed-here"}},
        {"params": ["country"]},
        {"connectorParameters": {"contry": "AT"}},
        {"connectorParameters": {"country": "XX"}},
        {"connectionKey": "-rf"},
        {"connectionKey": ""},
        {"connectionKey": 7},
        {"name": "\x1b[31m"},
    ],
)
def test_what_a_patch_may_not_change_is_refused_and_nothing_changes(workspace, connected, changes):
    before = connected("ledger")

    with pytest.raises(InvalidInput) as refused:
        accounts.patch(workspace, "ledger", changes)

    assert workspace.connection("ledger") == before
    assert "canary" not in str(refused.value.described())


def test_an_account_that_nobody_has_signed_in_to_led_nowhere_before(workspace):
    begun = accounts.begin(workspace, SignIn("ledger", None))

    moved = accounts.begin(workspace, SignIn("ledger", None, base_url="http://127.0.0.1:9/v1"), begun.id)

    assert (moved.origin, moved.state, moved.error) == ("http://127.0.0.1:9", "CLIENT_ACTION_REQUIRED", "")


def test_a_patch_does_not_take_anothers_key(workspace, connected):
    connected("ledger")
    connected("ledger", key="books")

    with pytest.raises(Conflict):
        accounts.patch(workspace, "ledger", {"connectionKey": "books"})


def test_an_account_that_is_put_away_has_no_credential_and_can_come_back(workspace, wire, connected):
    before = connected("ledger")

    away = accounts.archive(workspace, "ledger")

    assert (away.id, away.archived, away.state, workspace.vault.secrets()) == (before.id, True, "CLIENT_ACTION_REQUIRED", ())
    assert accounts.ensure(workspace, "Ledger", ASKED).id != before.id
    wire.replies = [reply({"name": "Muster GmbH"})]
    back = accounts.connect(workspace, SignIn("ledger", KEY), before.id)
    assert (back.id, back.archived, back.state) == (before.id, False, "READY")


def test_what_the_connector_no_longer_takes_is_a_configuration_error_until_it_does(workspace, connected):
    before = connected("ledger")
    workspace.store.replace(replace(before, params={"country": "XX"}))

    broken = accounts.current(workspace, workspace.connection("ledger"))

    assert (broken.state, "XX" in broken.error) == ("CONFIGURATION_ERROR", True)
    workspace.store.replace(replace(broken, params={"country": "DE"}))
    mended = accounts.current(workspace, workspace.connection("ledger"))
    assert (mended.state, mended.error) == ("CLIENT_ACTION_REQUIRED", "")


def test_beginning_anew_at_another_address_drops_the_credential(workspace, connected):
    connected("ledger")

    begun = accounts.begin(workspace, SignIn("ledger", None, base_url="https://evil.example/v1"), "ledger")

    assert (begun.state, begun.origin, workspace.vault.secrets()) == ("CLIENT_ACTION_REQUIRED", "https://evil.example", ())


@pytest.mark.parametrize("waiting", [True, False])
def test_a_store_that_is_full_keeps_no_credential_of_an_account_that_waits(workspace, beside, waiting):
    begun = accounts.begin(workspace, SignIn("ledger", None)) if waiting else None

    class Full(Store):
        def replace(self, _connection):
            raise SkillkitError("no room on the disk")

        add = replace

    full = beside()
    full.__dict__["store"] = Full(workspace.home)
    with pytest.raises(SkillkitError, match="no room"):
        accounts.connect(full, SignIn("ledger", KEY, check=False), begun.id if begun else "")

    assert workspace.vault.secrets() == ()


def test_a_credential_goes_nowhere_but_where_its_person_was_told(workspace):
    begun = accounts.begin(workspace, SignIn("ledger", None))
    accounts.begin(workspace, SignIn("ledger", None, base_url="https://evil.example/v1"), begun.id)

    with pytest.raises(Conflict, match=r"https://evil\.example, and its person was shown https://api\.ledger\.example"):
        accounts.connect(workspace, SignIn("ledger", KEY, seen=begun.origin), begun.id)

    assert workspace.vault.secrets() == ()
