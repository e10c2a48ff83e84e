"""What an app takes on and finishes later: asked after until it is done, has failed, or takes too long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from skillkit import answer
from skillkit.connector import Object, Wait
from skillkit.document import Json, Missing, dump, fill, find
from skillkit.errors import Pending, RateLimited, SkillkitError, Unavailable, Unreachable, Upstream


class Job(NamedTuple):
    """What an action's app has taken on, and the input by which to ask how it stands."""

    action: str
    wait: Wait
    record: Mapping[str, Json]
    ask: Mapping[str, Any]

    def pending(self) -> dict[str, Json]:
        """Return the job as whoever does not wait for it gets it."""
        return {**self.record, "pending": True, "poll": {"action": self.wait.poll, "input": dict(self.ask)}}


def taken_on(action: str, wait: Wait, inputs: Object, output: Json) -> Job:
    """Return the job that an answer is about: in `wait.with`, `{x}` is an input and a bare word a path in the answer."""
    ask: dict[str, Any] = {}
    for name, word in wait.inputs.items():
        pointing = isinstance(word, str) and "{" not in word
        value = find(output, word) if pointing else fill(word, inputs, {})
        if pointing and isinstance(value, Missing):
            raise Upstream(f"the answer has no {word}, by which its progress could be asked for")
        if not isinstance(value, Missing):
            ask[name] = value
    return Job(action, wait, output if isinstance(output, dict) else {"result": output}, ask)


def finished(job: Job, read: Callable[[], Json], sleep: Callable[[float], None], now: Callable[[], float]) -> dict[str, Json]:
    """Return the record with what `read` said of it last, once that is what is waited for."""
    wait = job.wait
    every, deadline = wait.every, now() + wait.timeout
    while True:
        state, pause = _polled(read)
        if answer.holds(wait.until, state):
            return {**job.record, "wait": state}
        if answer.holds(wait.fail, state):
            raise Upstream(
                f"{job.action} was taken on and then failed: {dump(state)[:300]}",
                output={**job.record, "wait": state},
                hint="it is over: asking again changes nothing",
            )
        # One that cannot be asked after is still under way: to do it again could do it twice.
        if pause is None or now() + max(every, pause) > deadline:
            owner = job.action.rpartition("/")[0]
            raise Pending(
                f"{job.action} is still under way " + (f"after {wait.timeout:g} s" if pause is not None else f"({dump(state)})"),
                output={**job.pending(), "wait": state},
                hint=f"ask again: skillkit action run {owner}/{wait.poll} --input '{dump(dict(job.ask))}'",
            )
        sleep(max(every, pause))
        every = min(every * 1.5, wait.max_every)


def _polled(read: Callable[[], Json]) -> tuple[Json, float | None]:
    """Return how it stands, and for how long not to ask again; None when asking again changes nothing."""
    try:
        return read(), 0.0
    except (Unreachable, Unavailable, RateLimited) as error:
        return {"error": str(error)}, error.retry_after or 0.0
    except SkillkitError as error:
        return {"error": str(error)}, None
