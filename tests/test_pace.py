"""How fast a connection may be called, and when it is left alone, on a clock that only the test turns."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillkit.connector import Rate
from skillkit.pace import FAILURES, REST, RETRIES, WINDOW, Leave, Pace, admit, load, retry, row, settle
from tests.values import replace

NOW = 1_795_000_000.0
FAST = Rate(50, 1)
TOLD = Rate(100, 60, "X-Left", "X-Reset")


def failing(times, pace=None, now=NOW):
    pace = pace or Pace()
    for _ in range(times):
        pace = settle(pace, None, {}, now, failed=True)
    return pace


# Rates.


@pytest.mark.parametrize("rate", [Rate(50, 1), Rate(120, 60), Rate(1, 60), Rate(3, 2)])
def test_no_window_has_more_calls_than_the_rate_and_a_burst(rate):
    pace, sent, now = Pace(), [], NOW
    for _ in range(300):
        pace, leave = admit(pace, rate, now, 1e9)
        sent.append(now + leave.wait)
        now += 0.0001

    busiest = max(sum(start <= moment < start + rate.seconds for moment in sent) for start in sent)
    assert busiest <= rate.calls + max(1, rate.calls / 5)
    assert sent[-1] - NOW >= (300 - rate.calls * 1.2 - 1) * rate.seconds / rate.calls


@given(st.lists(st.floats(0, 3), min_size=1, max_size=60))
@settings(max_examples=100, deadline=None)
def test_however_calls_come_they_go_out_in_order_and_within_the_rate(gaps):
    rate, pace, sent, now = Rate(10, 1), Pace(), [], NOW
    for gap in gaps:
        now += gap
        pace, leave = admit(load(row(pace)), rate, now, 1e9)
        sent.append(now + leave.wait)

    assert sent == sorted(sent)
    assert max(sum(start <= moment < start + 0.999 for moment in sent) for start in sent) <= 12


def test_two_processes_that_share_the_row_share_the_rate():
    stored, sent, clocks = "", [], [NOW, NOW]
    for turn in range(200):
        paced, leave = admit(load(stored), FAST, clocks[turn % 2], 1e9)
        stored = row(paced)
        clocks[turn % 2] += leave.wait + 0.001
        sent.append(clocks[turn % 2])

    assert max(sum(start <= moment < start + 1 for moment in sent) for start in sent) <= 61
    assert min(clocks) - NOW > 3


def test_without_a_rate_nobody_waits():
    pace = Pace()
    for _ in range(1000):
        pace, leave = admit(pace, None, NOW, 60.0)
        assert leave == Leave()


def test_a_wait_that_is_too_long_takes_no_place():
    slow = Rate(1, 60)
    pace, first = admit(Pace(), slow, NOW, 10.0)
    after, second = admit(pace, slow, NOW, 10.0)

    assert first == Leave()
    assert second.wait == 60.0
    assert not second.refused
    assert after.tokens == pace.tokens


# What the app says is left.


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"x-left": "0"}, 60.0),
        ({"x-left": "0", "x-reset": "12"}, 12.0),
        ({"x-left": " 0 ", "x-reset": f"{NOW + 15:.0f}"}, 15.0),
        ({"x-left": "0", "x-reset": "soon"}, 60.0),
        ({"x-left": "0", "x-reset": "999999"}, 3600.0),
        ({"x-left": "5", "x-reset": "12"}, 0.0),
        ({"x-left": "-1"}, 0.0),
        ({"x-left": "none"}, 0.0),
        ({"x-left": "\N{ARABIC-INDIC DIGIT ZERO}"}, 0.0),
        ({"x-left": "0" * 10}, 0.0),
        ({}, 0.0),
    ],
)
def test_an_app_that_says_that_nothing_is_left_is_left_alone_till_it_resets(headers, wait):
    pace = settle(Pace(), TOLD, headers, NOW, failed=False)

    assert admit(pace, None, NOW, 1e9)[1] == Leave(wait)


def test_an_app_that_names_no_reset_is_left_alone_for_its_window():
    pace = settle(Pace(), Rate(100, 60, "X-Left"), {"x-left": "0", "x-reset": "1"}, NOW, failed=False)

    assert admit(pace, None, NOW, 1e9)[1] == Leave(60.0)


def test_what_is_left_bounds_the_burst():
    pace, _ = admit(Pace(), TOLD, NOW, 60.0)
    pace = settle(pace, TOLD, {"x-left": "1"}, NOW, failed=False)

    pace, first = admit(pace, TOLD, NOW, 60.0)
    _, second = admit(pace, TOLD, NOW, 60.0)

    assert (first.wait, second.wait) == (0.0, 0.6)


def test_once_something_is_left_again_nobody_waits_any_more():
    pace = settle(Pace(), TOLD, {"x-left": "0"}, NOW, failed=False)

    assert settle(pace, TOLD, {"x-left": "9"}, NOW, failed=False).blocked_until == 0.0


# The breaker.


def test_after_so_many_failures_in_a_row_an_app_is_left_alone():
    assert not admit(failing(FAILURES - 1), None, NOW, 60.0)[1].refused
    assert admit(failing(FAILURES), None, NOW, 60.0)[1] == Leave(REST, refused=True)
    assert admit(failing(FAILURES), None, NOW + REST - 1, 60.0)[1] == Leave(1.0, refused=True)


def test_one_call_finds_out_and_all_others_wait_for_what_it_finds():
    later = NOW + REST
    pace, probe = admit(failing(FAILURES), None, later, 60.0)
    others = {admit(pace, None, later, 60.0)[1] for _ in range(100)}

    assert probe == Leave()
    assert others == {Leave(REST, refused=True)}


def test_a_probe_that_fails_closes_again_and_one_that_succeeds_opens():
    pace, _ = admit(failing(FAILURES), None, NOW + REST, 60.0)

    assert admit(failing(1, pace, NOW + REST), None, NOW + REST + 1, 60.0)[1].refused
    well = settle(pace, None, {}, NOW + REST, failed=False)
    assert [admit(well, None, NOW + REST, 60.0)[1] for _ in range(3)] == [Leave()] * 3


def test_a_probe_that_never_comes_back_is_followed_by_another():
    pace, _ = admit(failing(FAILURES), None, NOW + REST, 60.0)

    assert admit(pace, None, NOW + 2 * REST, 60.0)[1] == Leave()


def test_failures_that_are_not_in_a_row_do_not_add_up():
    pace = Pace()
    for _ in range(FAILURES * 3):
        pace = settle(failing(FAILURES - 1, pace), None, {}, NOW, failed=False)

    assert not admit(pace, None, NOW, 60.0)[1].refused


# The budget of retries.


def spent(pace, now=NOW):
    """Return how many retries are allowed until one is not."""
    count, allowed = 0, True
    while allowed and count < 1000:
        pace, allowed = retry(pace, now)
        count += allowed
    return count


def test_retries_have_a_budget_of_ten_and_half_of_what_succeeded():
    pace, _ = admit(Pace(), None, NOW, 60.0)
    assert spent(pace) == RETRIES

    for _ in range(20):
        pace = settle(pace, None, {}, NOW, failed=False)
    assert spent(pace) == RETRIES + 10


def test_calls_that_are_under_way_or_went_wrong_add_nothing_to_the_budget():
    pace = Pace()
    for _ in range(100):
        pace, _ = admit(pace, None, NOW, 60.0)
    for _ in range(100):
        pace = settle(pace, None, {}, NOW, failed=False, limited=True)

    assert spent(failing(5, pace)) == RETRIES


def test_the_budget_is_new_every_minute():
    pace, _ = admit(Pace(), None, NOW, 60.0)
    while (spending := retry(pace, NOW))[1]:
        pace = spending[0]

    assert spent(pace, NOW + WINDOW - 1) == 0
    assert spent(pace, NOW + WINDOW) == RETRIES


# Clocks and rows.


def test_a_clock_that_was_set_back_keeps_nobody_waiting_for_it_to_catch_up():
    pace, _ = admit(Pace(), FAST, NOW, 60.0)
    blocked = settle(failing(FAILURES, pace), TOLD, {"x-left": "0"}, NOW, failed=True)
    earlier = NOW - 86_400

    _, leave = admit(blocked, FAST, earlier, 60.0)
    assert leave == Leave(REST, refused=True)
    _, leave = admit(replace(blocked, closed_until=0.0, failures=0), FAST, earlier, 1e9)
    assert leave.wait <= 3600
    pace, leave = admit(pace, FAST, earlier, 60.0)
    assert leave.wait == 0
    assert admit(pace, FAST, earlier + 1, 60.0)[0].tokens == 9.0


def test_a_row_holds_a_pace():
    pace = settle(admit(failing(3), TOLD, NOW, 60.0)[0], TOLD, {"x-left": "0"}, NOW, failed=True)

    assert load(row(pace)) == pace
    assert load(row(Pace())) == Pace()


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "{",
        "[]",
        "7",
        "null",
        '{"other": 1}',
        '{"tokens": "1"}',
        '{"tokens": true}',
        '{"at": NaN}',
        '{"at": 1e400}',
        '{"at": null}',
        '{"failures": [1]}',
        f'{{"at": 1{"0" * 400}}}',
        "[" * 1000,
        "\ud800",
    ],
    ids=range(15),
)
def test_a_row_that_is_none_is_a_fresh_start(garbage):
    assert load(garbage) == Pace()


@given(st.dictionaries(st.sampled_from(Pace._fields), st.integers() | st.floats(width=32), max_size=8))
@settings(max_examples=200, deadline=None)
def test_whatever_numbers_a_row_holds_calls_go_on(numbers):
    pace = load(json.dumps(numbers))

    pace, leave = admit(pace, FAST, NOW, 60.0)
    pace, _ = retry(settle(pace, TOLD, {"x-left": "3"}, NOW, failed=False), NOW)

    assert leave.wait == leave.wait
    assert load(row(pace)) is not None
