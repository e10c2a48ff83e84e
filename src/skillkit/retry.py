"""Whether a failed call is made again, and when: decided here, carried out by the proxy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from skillkit.connector import Rate
from skillkit.errors import AnswerLost, Barred, SkillkitError, Unreachable
from skillkit.request import Response, Terms

TRANSIENT: Final = frozenset({429, 502, 503, 504})
# With these the app says itself that it did nothing; with a time to come back at, it may be asked again.
NOT_DONE: Final = frozenset({429, 503})
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 20.0
LONGEST_VALUE: Final = 64


def pause_after(
    terms: Terms, attempt: int, outcome: Response | SkillkitError, *, now: float, chance: float, spent: float = 0.0
) -> float | None:
    """
    Return how long to wait before the next attempt; None when there is none.

    `attempt` counts from 1; `chance` is in [0, 1), so that many callers do not come back together. `spent` is how long
    the attempts themselves took: an app that never answers is not waited for as often as one that answers at once.
    """
    if attempt >= terms.attempts or spent >= terms.timeout:
        return None
    backoff = chance * min(LONGEST_PAUSE, terms.max_wait, FIRST_PAUSE * 2**attempt)
    if isinstance(outcome, SkillkitError):
        if isinstance(outcome, Barred) or not isinstance(outcome, Unreachable):
            return None
        return backoff if terms.repeatable or not isinstance(outcome, AnswerLost) else None
    if outcome.status not in TRANSIENT:
        return None
    # Only the app's own word that it did nothing, with a time to come back at, lets a thing be done again that must not be twice.
    if not terms.repeatable and (outcome.status not in NOT_DONE or _asked(outcome.headers, now) is None):
        return None
    wait = max(backoff, retry_after(outcome, terms.rate, now) or 0.0)
    return wait if wait <= terms.max_wait else None


def retry_after(response: Response, rate: Rate | None, now: float) -> float | None:
    """
    Return how long the app says to wait, however large; None when it says nothing sensible.

    >>> retry_after(Response(429, {"retry-after": "120"}), None, 0.0)
    120.0
    """
    asked = _asked(response.headers, now)
    if asked is not None or response.status != 429 or rate is None:
        return asked
    return until_reset(response.headers.get(rate.reset.lower(), "").strip(), now)


def _asked(headers: Mapping[str, str], now: float) -> float | None:
    """Return what Retry-After says, in seconds."""
    value = headers.get("retry-after", "").strip()[:LONGEST_VALUE]
    if re.fullmatch(r"\d+(\.\d*)?", value, re.ASCII):
        return float(value)
    moment = _moment(value)
    if moment is None:
        return None
    # By the app's own clock, where it shows one: ours may be wrong.
    shown = _moment(headers.get("date", "")[:LONGEST_VALUE])
    return max(0.0, moment - (now if shown is None else shown))


# No window of an app is as long as the time since 1970: a larger number is a moment, and one larger still has milliseconds.
_A_MOMENT: Final = 1_000_000_000
_IN_MILLISECONDS: Final = 100_000_000_000


def until_reset(value: str, now: float) -> float | None:
    """Return the seconds until a window resets, from a number of seconds or a moment since 1970."""
    if not re.fullmatch(r"\d{1,13}(\.\d{1,9})?", value, re.ASCII):
        return None
    number = float(value)
    if number < _A_MOMENT:
        return number
    return max(0.0, (number if number < _IN_MILLISECONDS else number / 1000) - now)


def _moment(value: str) -> float | None:
    if not value:
        return None
    # Only this rare form needs the mail library, which is slow to import.
    from email.utils import mktime_tz, parsedate_tz

    try:
        parsed = parsedate_tz(value)
        # One of its three spellings names no zone, and means Greenwich all the same.
        return None if parsed is None else float(mktime_tz((*parsed[:9], parsed[9] or 0)))
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
