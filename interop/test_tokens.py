"""Tokens that end: renewed once by whoever comes first, through crashes and every answer of a real server (S26, S27, S28)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from interop.authority import Authority, eventually
from interop.command import Home, waited
from interop.person import Person
from interop.signing import CONNECTED, agreed_to_sign_in, ran, signed_in, way_on

WAITS = "CLIENT_ACTION_REQUIRED"


@pytest.fixture
def lapsed(home: Home, authority: Authority) -> str:
    """An account whose access token has just come to its end; the next one lives long."""
    connection = signed_in(home, authority, life=1)
    time.sleep(1)
    return connection


def said(code: int, document: Any) -> dict[str, Any]:
    """Return a step in which the server says this in place of what it would say."""
    return {"instead": {"status": code, "said": json.dumps(document)}}


# One renewal for all (S26).


def test_eight_processes_renew_a_token_once_and_all_of_them_work(home: Home, authority: Authority, lapsed: str) -> None:
    # It takes its time, so that all eight are there before the first one has an answer.
    authority.next(tokens=[{"wait": 4000}])
    started = [home.start(*ran(home, lapsed)) for _ in range(8)]
    ended = [waited(process) for process in started]

    assert [each.code for each in ended] == [0] * 8, [each.stdout for each in ended]
    assert authority.asked() == 1
    assert authority.answered("refresh_token") == {"200": 1}
    assert authority.answered("/api/me")["200"] >= 8


def test_whoever_waits_for_a_stopped_process_says_for_which_one_and_asks_nothing(
    home: Home, authority: Authority, lapsed: str
) -> None:
    authority.next(tokens=[{"before": True}])
    with home.start(*ran(home, lapsed)) as holder:
        authority.holds()
        os.kill(holder.pid, signal.SIGSTOP)
        try:
            started = time.monotonic()
            waiter = home.run(*ran(home, lapsed), seconds=100)
            took = time.monotonic() - started
        finally:
            holder.kill()

    assert took < 60
    assert waiter.error["kind"] == "unavailable"
    assert str(holder.pid) in waiter.error["message"]
    assert authority.asked() == 1
    # Nothing was lost: the next one renews.
    assert home.run(*ran(home, lapsed)).code == 0
    assert authority.asked() == 2


def test_a_killed_process_lets_go_of_the_lock_and_the_one_that_waits_renews(
    home: Home, authority: Authority, lapsed: str
) -> None:
    authority.next(tokens=[{"before": True}])
    with home.start(*ran(home, lapsed)) as holder:
        authority.holds()
        with home.start(*ran(home, lapsed)) as waiter:
            time.sleep(1)
            holder.kill()
            ended = waited(waiter)

    assert ended.code == 0, ended.stdout
    assert authority.asked() == 2


# Killed in the middle (S27).


def killed(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    waited(process)


def answered(authority: Authority) -> None:
    eventually(lambda: authority.answered("refresh_token"))


def a_moment_later(authority: Authority) -> None:
    answered(authority)
    time.sleep(0.02)


def used(authority: Authority) -> Callable[[], object]:
    before = authority.answered("/api/me").get("200", 0)
    return lambda: authority.answered("/api/me").get("200", 0) > before


@pytest.mark.parametrize(
    ("step", "point", "works"),
    [
        ({"before": True}, Authority.holds, True),
        ({"after": True}, Authority.holds, False),
        ({"half": True}, Authority.holds, False),
        ({}, answered, None),
        ({}, a_moment_later, None),
        ({}, lambda authority: eventually(used(authority)), True),
    ],
    ids=["asked", "granted", "half answered", "answered", "kept or not", "used"],
)
def test_a_process_killed_anywhere_leaves_an_account_that_works_or_asks_for_its_person(
    home: Home, authority: Authority, lapsed: str, step: dict[str, Any], point: Callable[[Authority], Any], works: bool | None
) -> None:
    authority.next(tokens=[step] if step else [])
    with home.start(*ran(home, lapsed)) as holder:
        point(authority)
        killed(holder)
    ended = [home.run(*ran(home, lapsed)) for _ in range(3)]
    codes = {each.code for each in ended}

    assert len(codes) == 1, [each.stdout for each in ended]
    assert home.state(lapsed)[0] == ("READY" if codes == {0} else WAITS)
    assert works is None or (codes == {0}) is works
    assert authority.asked() <= 2


# What the server says (S28).


@pytest.mark.parametrize(
    ("code", "error"), [(400, "invalid_grant"), (401, "invalid_client"), (400, "unauthorized_client"), (200, "invalid_grant")]
)
def test_a_sign_in_that_has_ended_is_asked_for_again_and_not_tried_again(
    home: Home, authority: Authority, lapsed: str, code: int, error: str
) -> None:
    authority.next(tokens=[said(code, {"error": error, "error_description": "it is over"})])
    ended = [home.run(*ran(home, lapsed)) for _ in range(3)]

    assert {each.error["kind"] for each in ended} == {"connection_not_ready"}
    assert "skillkit connect" in ended[0].error["hint"]
    assert authority.asked() == 1
    state, why = home.state(lapsed)
    assert (state, bool(why)) == (WAITS, True)


@pytest.mark.parametrize(
    "step",
    [
        {"instead": {"status": 500, "type": "text/html", "said": "<h1>Internal Server Error</h1>"}},
        {"instead": {"status": 503, "said": '{"error": "temporarily_unavailable"}'}},
        {"instead": {"status": 429, "said": "{}"}},
        {"instead": {"status": 200, "type": "text/html", "said": "<html>Please sign in</html>"}},
        {"instead": {"status": 200, "said": "{}"}},
        {"instead": {"status": 200, "said": '{"access_token": ""}'}},
        {"instead": {"status": 200, "said": '{"access_token": ["a"]}'}},
        {"instead": {"status": 200, "said": '{"access_token": "x", "token_type": "mac"}'}},
        {"instead": {"status": 302, "said": ""}},
        {"instead": {"status": 200, "said": ""}},
    ],
    ids=lambda step: str(step["instead"])[:60],
)
def test_a_server_that_is_out_of_order_costs_nobody_the_sign_in_and_is_left_alone_for_a_while(
    home: Home, authority: Authority, lapsed: str, step: dict[str, Any]
) -> None:
    authority.next(tokens=[step])
    ended = [home.run(*ran(home, lapsed)) for _ in range(2)]

    assert {each.error["kind"] for each in ended} <= {"unavailable", "upstream", "rate_limited"}
    assert authority.asked() == 1
    assert home.state(lapsed) == ("READY", "")


def test_after_a_while_it_is_asked_again(home: Home, authority: Authority, lapsed: str) -> None:
    authority.next(tokens=[said(503, {})])
    assert home.run(*ran(home, lapsed)).code
    time.sleep(5)

    assert home.run(*ran(home, lapsed)).code == 0
    assert authority.asked() == 2


@pytest.mark.parametrize("life", [None, "3600", -1, 0, "soon", 10**30, {}, True], ids=str)
def test_whatever_a_server_says_of_a_token_s_life_the_token_is_used(
    home: Home, authority: Authority, lapsed: str, life: Any
) -> None:
    authority.next(tokens=[{"merge": {"expires_in": life}}])

    assert [home.run(*ran(home, lapsed)).code for _ in range(3)] == [0, 0, 0]
    assert authority.asked() == 1


def test_a_renewal_that_covers_less_is_told(home: Home, authority: Authority, lapsed: str) -> None:
    authority.next(tokens=[{"merge": {"scope": "openid offline_access"}}])
    ended = home.run(*ran(home, lapsed))

    assert ended.code == 0
    assert "api:read" in ended.stderr


def test_a_server_that_is_gone_costs_nobody_the_sign_in(home: Home) -> None:
    from interop import authority as op

    with op.running() as short:
        connection = signed_in(home, short, life=1)
    time.sleep(1)

    assert home.run(*ran(home, connection)).error["kind"] == "unreachable"
    assert home.state(connection) == ("READY", "")


# What the app says.


def test_a_token_that_was_taken_back_early_is_renewed_when_the_app_refuses_it(home: Home, authority: Authority) -> None:
    connection = signed_in(home, authority)
    authority.next(spoil=authority.latest("access_token"))

    assert home.ok(*ran(home, connection))["output"]["sub"] == "paula"
    assert authority.asked() == 1


def test_an_app_that_says_it_with_a_200_is_understood(home: Home, authority: Authority) -> None:
    connection = signed_in(home, authority)
    authority.next(spoil=authority.latest("access_token"))

    assert home.ok(*ran(home, connection, "get-soft"))["output"]["sub"] == "paula"
    assert authority.asked() == 1
    assert authority.answered("/api/soft") == {"refused": 1, "200": 1}


def test_a_sign_in_that_was_taken_back_waits_for_its_person_and_works_again_under_the_same_id(
    home: Home, authority: Authority, lapsed: str
) -> None:
    authority.revoke(authority.latest("refresh_token"))
    ended = home.run(*ran(home, lapsed))
    assert ended.error["kind"] == "connection_not_ready"
    assert "skillkit connect" in ended.error["hint"]
    found = home.ok("connection", "get", lapsed)
    assert found["state"] == WAITS

    person = Person()
    there = way_on(agreed_to_sign_in(person, found["clientAction"]["uiUrl"]))
    assert CONNECTED in person.open(person.consent(there)).text
    assert home.state(lapsed) == ("READY", "")
    assert home.ok(*ran(home, lapsed))["output"]["sub"] == "paula"


def test_calls_for_half_a_minute_with_tokens_of_five_seconds_all_work(home: Home, authority: Authority) -> None:
    connection = signed_in(home, authority, life=5)
    authority.next(life=5)
    until, calls = time.monotonic() + 30, 0
    while time.monotonic() < until:
        pair = [home.start(*ran(home, connection)) for _ in range(2)]
        ended = [waited(process) for process in pair]
        assert [each.code for each in ended] == [0, 0], [each.stdout for each in ended]
        calls += 2

    assert calls > 15
    assert authority.answered("refresh_token").keys() == {"200"}
    assert 4 <= authority.asked() <= 9
