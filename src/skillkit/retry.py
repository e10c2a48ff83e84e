"""Whether a failed call is made again, and when: decided here, carried out by the proxy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from skillkit.errors import AnswerLost, Barred, SkillkitError, Unreachable
from skillkit.request import Response, Terms

TRANSIENT: Final = frozenset({429, 502, 503, 504})
# With these the app says itself that it did nothing; with a time to come back at, it may be asked again.
NOT_DONE: Final = frozenset({429, 503})
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 20.0


def pause_after(
    terms: Terms, attempt: int, outcome: Response | SkillkitError, *, now: float, chance: float
) -> float | None:
    """
    Return how long to wait before the next attempt; None when there is none.

    `attempt` counts from 1; `chance` is in [0, 1), so that many callers do not come back together.
    """
    if attempt >= terms.attempts:
        return None
    backoff = chance * min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt)
    if isinstance(outcome, SkillkitError):
        if isinstance(outcome, Barred) or not isinstance(outcome, Unreachable):
            return None
        return backoff if terms.repeatable or not isinstance(outcome, AnswerLost) else None
    if outcome.status not in TRANSIENT:
        return None
    asked = retry_after(outcome.headers, terms, now)
    if not terms.repeatable and (outcome.status not in NOT_DONE or asked is None):
        return None
    wait = backoff if asked is None else asked
    return wait if wait <= terms.max_wait else None


def retry_after(headers: Mapping[str, str], terms: Terms, now: float) -> float | None:
    """
    Return how long the app says to wait, however large; None when it says nothing sensible.

    >>> retry_after({"retry-after": "120"}, Terms(), 0.0)
    120.0
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value):
        return float(value)
    if value and (moment := _moment(value)) is not None:
        return max(0.0, moment - now)
    reset = headers.get(terms.rate.reset.lower(), "").strip() if terms.rate and terms.rate.reset else ""
    return until_reset(reset, now)


# No window of an app is as long as the time since 1970: a larger number is a moment, not a length.
_A_MOMENT: Final = 1_000_000_000


def until_reset(value: str, now: float) -> float | None:
    """Return the seconds until a window resets, from a number of seconds or a moment since 1970."""
    if not re.fullmatch(r"\d{1,13}(\.\d{1,9})?", value):
        return None
    number = float(value)
    return number if number < _A_MOMENT else max(0.0, number - now)


def _moment(value: str) -> float | None:
    # Only this rare form needs the mail library, which is slow to import.
    from email.utils import mktime_tz, parsedate_tz

    try:
        parsed = parsedate_tz(value[:64])
        return None if parsed is None else float(mktime_tz(parsed))
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
