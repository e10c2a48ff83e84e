"""How fast a connection may be called, and when it is left alone: one small row, shared by every process."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from skillkit.connector import Rate
from skillkit.document import dump, parse
from skillkit.retry import until_reset

# So many failures in a row, and the app is left alone for a while; then one call finds out.
FAILURES: Final = 10
REST: Final = 10.0
# Retries that a connection has in a minute, beside one for every two calls that succeeded.
RETRIES: Final = 10
WINDOW: Final = 60.0
# The share of an allowance that may be used at once.
BURST: Final = 5
# However long an app says that nothing is left, it is asked again after an hour.
LONGEST_BLOCK: Final = 3600.0
# No row of ours holds a larger number.
LARGEST: Final = 1e15


class Pace(NamedTuple):
    """What the calls of a connection have met with lately."""

    # How many calls may go out at once; none is known before the first.
    tokens: float | None = None
    at: float = 0.0
    blocked_until: float = 0.0
    failures: int = 0
    closed_until: float = 0.0
    window: float = 0.0
    succeeded: int = 0
    retries: int = 0


class Leave(NamedTuple):
    """Whether a call may go out: after `wait` seconds, or not at all while the app is left alone."""

    wait: float = 0.0
    refused: bool = False


def load(row: str) -> Pace:
    """Return the pace a stored row holds; a row that is none is a fresh start."""
    try:
        found: Any = parse(row)
    except ValueError:
        return Pace()
    if not isinstance(found, dict) or not all(
        _sane(value) or (name == "tokens" and value is None) for name, value in found.items()
    ):
        return Pace()
    try:
        return Pace(**found)
    except TypeError:
        return Pace()


def row(pace: Pace) -> str:
    """Return the pace as a row to store."""
    return dump(pace._asdict())


def admit(pace: Pace, rate: Rate | None, now: float, longest: float) -> tuple[Pace, Leave]:
    """Return whether one more call may go out, with its place taken; nothing is taken when it may not."""
    pace = _fresh(pace, now)
    if now < pace.closed_until:
        return pace, Leave(pace.closed_until - now, refused=True)
    # The one call that finds out takes the place; all others wait for what it finds.
    closed = now + REST if pace.failures >= FAILURES else 0.0
    wait = max(0.0, pace.blocked_until - now)
    tokens, at = pace.tokens, pace.at
    if rate:
        tokens, at = _refilled(pace, rate, now) - 1, now
        wait = max(wait, -tokens * rate.seconds / rate.calls)
    if wait > longest:
        return pace, Leave(wait)
    return pace._replace(tokens=tokens, at=at, closed_until=closed), Leave(wait)


def settle(pace: Pace, rate: Rate | None, headers: Mapping[str, str], now: float, *, failed: bool, limited: bool = False) -> Pace:
    """Return the pace after an answer: what the app says is left, and whether it is well; `limited`: this was too fast for it."""
    failures = pace.failures + 1 if failed else 0
    closed = now + REST if failures >= FAILURES else 0.0
    succeeded = pace.succeeded + (not failed and not limited)
    pace = pace._replace(failures=failures, closed_until=closed, succeeded=succeeded)
    return _told(pace, rate, headers, now) if rate and rate.remaining else pace


def retry(pace: Pace, now: float) -> tuple[Pace, bool]:
    """Return whether a failed call may be tried again: a broken app is not helped by everyone trying thrice."""
    pace = _fresh(pace, now)
    allowed = pace.retries < RETRIES + pace.succeeded // 2
    return (pace._replace(retries=pace.retries + 1) if allowed else pace), allowed


def _sane(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST


def _fresh(pace: Pace, now: float) -> Pace:
    # A clock that was set back must not keep anyone waiting for it to catch up.
    pace = pace._replace(
        at=min(pace.at, now),
        window=min(pace.window, now),
        closed_until=min(pace.closed_until, now + REST),
        blocked_until=min(pace.blocked_until, now + LONGEST_BLOCK),
    )
    return pace._replace(window=now, succeeded=0, retries=0) if now - pace.window >= WINDOW else pace


def _refilled(pace: Pace, rate: Rate, now: float) -> float:
    burst = max(1.0, rate.calls / BURST)
    if pace.tokens is None:
        return burst
    return min(burst, pace.tokens + (now - pace.at) * rate.calls / rate.seconds)


def _told(pace: Pace, rate: Rate, headers: Mapping[str, str], now: float) -> Pace:
    said = headers.get(rate.remaining.lower(), "").strip()
    if not re.fullmatch(r"\d{1,9}", said, re.ASCII):
        return pace
    reset = until_reset(headers.get(rate.reset.lower(), "").strip(), now) if rate.reset else None
    if int(said) == 0:
        return pace._replace(blocked_until=now + min(rate.seconds if reset is None else reset, LONGEST_BLOCK))
    left = float(said) if pace.tokens is None else min(pace.tokens, float(said))
    return pace._replace(tokens=left, blocked_until=0.0)
