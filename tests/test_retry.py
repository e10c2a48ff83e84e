"""Whether a failed call is made again, and when."""

from __future__ import annotations

from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillkit.connector import Rate
from skillkit.errors import AnswerLost, Barred, InvalidInput, Unreachable, Upstream
from skillkit.request import Response, Terms
from skillkit.retry import LONGEST_PAUSE, pause_after, retry_after, until_reset

# Wed, 18 Nov 2026 19:06:40 GMT.
NOW = 1_795_028_800.0
ONCE = Terms(repeatable=False)
AGAIN = Terms(repeatable=True)
RESET = Rate(100, 60, reset="X-Reset")


def pause(terms, outcome, attempt=1, chance=0.5):
    return pause_after(terms, attempt, outcome, now=NOW, chance=chance)


def answered(status, **headers):
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()})


# What is tried again.


@pytest.mark.parametrize(
    ("outcome", "repeatable", "once"),
    [
        (answered(200), False, False),
        (answered(400), False, False),
        (answered(401), False, False),
        (answered(408), False, False),
        (answered(425), False, False),
        (answered(500), False, False),
        (answered(501), False, False),
        (answered(429), True, False),
        (answered(502), True, False),
        (answered(503), True, False),
        (answered(504), True, False),
        (answered(429, retry_after="1"), True, True),
        (answered(503, retry_after="1"), True, True),
        (answered(502, retry_after="1"), True, False),
        (answered(504, retry_after="1"), True, False),
        (answered(429, retry_after="soon"), True, False),
        (answered(503, retry_after="-1"), True, False),
        (answered(429, x_reset="1"), True, False),
        (answered(503, x_reset="1"), True, False),
        (answered(400, retry_after="1"), False, False),
        (Unreachable("no route"), True, True),
        (AnswerLost("reset"), True, False),
        (Barred("a private address"), False, False),
        (Upstream("no JSON"), False, False),
        (InvalidInput("no"), False, False),
    ],
)
def test_what_is_tried_again_depends_on_whether_it_may_be_done_twice(outcome, repeatable, once):
    assert (pause(Terms(repeatable=True, rate=RESET), outcome) is not None) is repeatable
    assert (pause(Terms(repeatable=False, rate=RESET), outcome) is not None) is once


@pytest.mark.parametrize(
    ("attempts", "attempt", "again"), [(3, 1, True), (3, 2, True), (3, 3, False), (1, 1, False), (10, 9, True)]
)
def test_the_attempts_are_counted(attempts, attempt, again):
    assert (pause(Terms(repeatable=True, attempts=attempts), answered(503), attempt) is not None) is again


# How long.


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1", 1.0),
        ("0", 0.5),
        ("2.5", 2.5),
        ("60", 60.0),
        (" 7 ", 7.0),
        ("61", None),
        ("86400", None),
        ("99999999999999999999", None),
        ("9" * 500, None),
        ("Wed, 18 Nov 2026 19:06:50 GMT", 10.0),
        ("Wednesday, 18-Nov-26 19:06:50 GMT", 10.0),
        ("Wed Nov 18 19:06:50 2026", 10.0),
        ("Wed, 18 Nov 2026 20:06:50 +0100", 10.0),
        ("Wed, 18 Nov 2026 19:05:00 GMT", 0.5),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.5),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", 0.5),
        ("-1", 0.5),
        ("NaN", 0.5),
        ("inf", 0.5),
        ("1e9", 0.5),
        ("0x10", 0.5),
        ("\N{ARABIC-INDIC DIGIT NINE}9", 0.5),
        ("soon", 0.5),
        ("", 0.5),
        ("1, 2", 0.5),
        ("Mon, 32 Foo 2020 99:99:99 GMT", 0.5),
    ],
)
def test_the_wait_is_what_the_app_asks_for_up_to_a_cap_and_never_less_than_the_pause_of_our_own(value, expected):
    assert pause(AGAIN, answered(429, retry_after=value)) == expected


def test_a_clock_that_is_wrong_does_not_matter_where_the_app_shows_its_own():
    late = answered(503, retry_after="Wed, 18 Nov 2026 09:00:30 GMT", date="Wed, 18 Nov 2026 09:00:00 GMT")

    assert pause(AGAIN, late) == 30.0
    assert pause(AGAIN, answered(503, retry_after="Wed, 18 Nov 2026 19:06:50 GMT", date="yesterday")) == 10.0


@given(st.text(max_size=100))
def test_no_header_breaks_anything(value):
    found = retry_after(answered(429, retry_after=value, x_reset=value), RESET, NOW)

    assert found is None or found >= 0


def test_a_hostile_wait_is_told_and_not_waited():
    huge = answered(429, retry_after="86400")

    assert pause(AGAIN, huge) is None
    assert retry_after(huge, None, NOW) == 86400.0


def test_when_the_window_resets_is_asked_only_of_an_answer_that_says_too_fast():
    assert retry_after(answered(429, x_reset="12"), RESET, NOW) == 12.0
    assert retry_after(answered(429, x_reset="12", retry_after="3"), RESET, NOW) == 3.0
    assert retry_after(answered(429, x_reset="12"), None, NOW) is None
    assert retry_after(answered(429, x_reset="12"), Rate(1, 1), NOW) is None
    assert retry_after(answered(503, x_reset="12"), RESET, NOW) is None
    assert pause(Terms(repeatable=True, rate=RESET), answered(429, x_reset="12")) == 12.0
    assert pause(Terms(repeatable=True, rate=RESET), answered(429, x_reset="99")) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", 0.0),
        ("12.5", 12.5),
        (f"{NOW + 30:.0f}", 30.0),
        (f"{(NOW + 30) * 1000:.0f}", 30.0),
        (f"{NOW - 30:.0f}", 0.0),
        ("", None),
        ("-3", None),
        ("soon", None),
        ("9" * 14, None),
        ("NaN", None),
    ],
)
def test_a_reset_is_a_length_or_a_moment(value, expected):
    assert until_reset(value, NOW) == expected


@pytest.mark.parametrize("attempt", [1, 2, 3, 9])
def test_the_pause_is_anything_up_to_a_bound_that_doubles(attempt):
    terms = Terms(repeatable=True, attempts=10)
    pauses = [pause(terms, answered(503), attempt, chance=step / 1000) for step in range(1000)]
    bound = min(LONGEST_PAUSE, 0.5 * 2**attempt)

    assert pauses[0] == 0
    assert bound * 0.99 < max(pauses) < bound
    assert abs(mean(pauses) - bound / 2) < bound / 100


def test_a_pause_of_our_own_keeps_to_the_cap():
    terms = Terms(repeatable=True, attempts=10, max_wait=1.0)

    assert pause(terms, Unreachable("no route"), attempt=9, chance=0.999) < 1.0
    assert pause(terms, answered(503), attempt=9, chance=0.999) < 1.0


def test_an_app_that_never_answers_is_not_asked_longer_than_one_call_may_take():
    lost = AnswerLost("no answer")
    terms = Terms(repeatable=True, timeout=60.0)

    assert pause_after(terms, 1, lost, now=0.0, chance=0.5, spent=59.0) is not None
    assert pause_after(terms, 1, lost, now=0.0, chance=0.5, spent=60.0) is None
