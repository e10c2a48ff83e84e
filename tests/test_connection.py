"""One account on one app: its states, its keys, and how it is chosen."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillkit.connection import STEPS, Connection, Event, State, chosen, described, free_key, ready, step
from skillkit.errors import ConnectionNotReady, UnknownName

STATES, EVENTS = get_args(State), get_args(Event)


def one(key="alegra", **changes):
    return Connection(**{"id": f"id-{key}", "key": key, "name": key.title(), "connector": "alegra", "auth": "token", **changes})


# States.


@pytest.mark.parametrize(
    ("state", "event", "expected"),
    [
        ("CLIENT_ACTION_REQUIRED", "proved", "READY"),
        ("CLIENT_ACTION_REQUIRED", "trusted", "READY"),
        ("CLIENT_ACTION_REQUIRED", "refused", "CLIENT_ACTION_REQUIRED"),
        ("READY", "refused", "CLIENT_ACTION_REQUIRED"),
        ("READY", "moved", "CLIENT_ACTION_REQUIRED"),
        ("READY", "failed", "CONFIGURATION_ERROR"),
        ("READY", "opened", "READY"),
        ("CONFIGURATION_ERROR", "opened", "CLIENT_ACTION_REQUIRED"),
        ("BUILDING", "failed", "SETUP_FAILED"),
        ("SETUP_FAILED", "proved", "SETUP_FAILED"),
    ],
)
def test_an_event_leads_from_state_to_state(state, event, expected):
    assert step(state, event) == expected


@given(st.sampled_from(STATES), st.lists(st.sampled_from(EVENTS), max_size=20))
def test_no_sequence_of_events_leaves_the_table(state, events):
    for event in events:
        after = step(state, event)
        assert after in STATES
        assert after == STEPS.get((state, event), state)
        assert after != "READY" or event in {"proved", "trusted"} or state == "READY"
        state = after


def test_the_table_knows_no_other_states_and_events():
    assert {state for state, _ in STEPS} | set(STEPS.values()) <= set(STATES)
    assert {event for _, event in STEPS} <= set(EVENTS)


@pytest.mark.parametrize("state", sorted(set(STATES) - {"READY"}))
def test_only_a_connection_that_is_ready_is_used(state):
    with pytest.raises(ConnectionNotReady, match=f"is {state}: nobody has signed in yet") as raised:
        ready(one(state=state))

    assert raised.value.hint == "skillkit connect --connectionId alegra"
    with pytest.raises(ConnectionNotReady, match="the app said no"):
        ready(one(state=state, error="the app said no"))


def test_a_connection_that_is_ready_is_used():
    connection = one(state="READY")

    assert ready(connection) is connection


# As commands print it.


def test_a_connection_is_described_by_all_that_is_not_secret():
    plain = described(one(params={"domain": "acme"}, origin="https://api.test", created_at="c", updated_at="u"))

    assert plain == {
        "id": "id-alegra",
        "key": "alegra",
        "name": "Alegra",
        "connectorId": "alegra",
        "connectorKey": "alegra",
        "auth": "token",
        "params": {"domain": "acme"},
        "origin": "https://api.test",
        "state": "CLIENT_ACTION_REQUIRED",
        "disconnected": True,
        "createdAt": "c",
        "updatedAt": "u",
    }
    assert described(one(state="READY"))["disconnected"] is False
    odd = described(one(base_url="https://my.test", error="no"))
    assert (odd["baseUrl"], odd["error"]) == ("https://my.test", "no")


@given(st.sets(st.sampled_from(["alegra", "alegra-2", "alegra-3", "alegra-5", "other"])))
def test_a_free_key_is_the_first_that_nobody_has(taken):
    key = free_key("alegra", taken)

    assert key not in taken
    assert all(f"alegra-{number}" in taken for number in range(2, int(key.partition("-")[2] or 1)))
    assert key == "alegra" or "alegra" in taken


# Choosing.


KNOWN = (
    one("alegra", name="Books"),
    one("alegra-2", name="Shop"),
    one("shop", name="Books", connector="clientary"),
    one("mine", name="Facturas Ünïcode", connector="faktoora"),
)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("alegra", "alegra"),
        ("id-alegra-2", "alegra-2"),
        ("ALEGRA-2", "alegra-2"),
        (" mine ", "mine"),
        ("facturas ünïcode", "mine"),
        ("clientary", "shop"),
        ("Faktoora", "mine"),
        ("shop", "shop"),
    ],
)
def test_a_connection_is_chosen_by_id_key_name_or_app(name, key):
    assert chosen(name, KNOWN).key == key


@pytest.mark.parametrize(
    ("name", "listed"),
    [("books", "alegra (Books), shop (Books)"), ("Shop", "alegra-2 (Shop), shop (Books)")],
)
def test_a_name_that_several_have_is_an_error_that_lists_them(name, listed):
    with pytest.raises(UnknownName, match="is the name of 2 connections") as raised:
        chosen(name, KNOWN)

    assert listed in str(raised.value)
    assert raised.value.hint == "give the key of one of them"


def test_an_app_with_several_accounts_is_ambiguous():
    with pytest.raises(UnknownName, match="is the name of 2 connections"):
        chosen("alegra", (one("a"), one("b")))


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("alegr", KNOWN, "did you mean alegra or alegra-2?"),
        ("zzz", KNOWN, "known are alegra, alegra-2, shop, mine"),
        ("", KNOWN, "known are alegra, alegra-2, shop, mine"),
        ("alegra", (), "skillkit connect --connectorKey alegra"),
        ("", (), "skillkit connect --connectorKey KEY"),
    ],
)
def test_an_unknown_name_suggests_the_nearest(name, known, hint):
    with pytest.raises(UnknownName, match="no connection") as raised:
        chosen(name, known)

    assert raised.value.hint == hint


@pytest.mark.parametrize("state", STATES)
def test_from_every_state_there_is_a_way_to_ready(state):
    reached, fresh = {state}, {state}
    while fresh:
        fresh = {step(one, event) for one in fresh for event in EVENTS} - reached
        reached |= fresh

    assert "READY" in reached
