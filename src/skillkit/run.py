"""Running an action: check, build, send, page, wait, extract; all it knows of the world is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from types import NoneType
from typing import Any, Final, NamedTuple

from skillkit import answer, job, paging, schema
from skillkit.connector import Action, Object, Reading
from skillkit.destination import Base
from skillkit.document import MISSING, Json, Missing, at, fill, first, project, select
from skillkit.errors import (
    AnswerLost,
    Conflict,
    InvalidInput,
    OutcomeUnknown,
    Partial,
    Problem,
    SkillkitError,
    Upstream,
)
from skillkit.paging import Page, Place
from skillkit.request import Request, Response, Send, build, document, renamed

MOST_PAGES: Final = 10_000
# A gateway that lost the app's answer: what the app did is not known.
GATEWAY_LOST: Final = frozenset({502, 504})
# What would be there twice if it were done twice.
ONCE: Final = frozenset({"create", "send"})


class World(NamedTuple):
    """All that running an action needs of the world, for one connection."""

    send: Send
    sleep: Callable[[float], None]
    now: Callable[[], float]
    base: Base
    params: Object
    # The connector's other actions, by key.
    action: Callable[[str], Action]
    # Puts a file where the caller wants it, and returns its path, type, size and digest.
    save: Callable[[Action, Object, Response], Json]
    token: Callable[[], str]


class Options(NamedTuple):
    """How much of the answer is wanted, and how long it is waited for."""

    wait: bool = True
    raw: bool = True
    select: tuple[str, ...] = ()
    merge: bool = True


PLAIN: Final = Options()


class Outcome(NamedTuple):
    """What an action gave, and what of it did not look as the connector says."""

    # A document; for a raw request, the response itself.
    output: Any
    warnings: tuple[str, ...] = ()


def run(action: Action, given: Object, world: World, options: Options = PLAIN) -> Outcome:
    """Run `action` and return its output."""
    inputs = schema.fits(action, given, world.params, partly=action.merge is not None)
    if action.items and action.effect == "read":
        return _list(action, inputs, world, options)
    inputs = _merged(action, action.merge, inputs, world) if action.merge and options.merge else inputs
    output, warnings = _done(action, inputs, world)
    if action.file:
        return Outcome(output, warnings)
    warnings += _misfits(action, output)
    output = _finished(action, inputs, output, world, options)
    return Outcome(_shown(action, output, options), warnings)


def prepared(action: Action, given: Object, world: World) -> tuple[Request | None, Request]:
    """Return what would go out first: for an update that merges, the read before it; and the request itself."""
    inputs = schema.fits(action, given, world.params, partly=action.merge is not None)
    if action.items and action.paging:
        return None, _page_request(action, inputs, world, _start(action, inputs, inputs.get("limit")))
    before = None
    if action.merge:
        source = world.action(action.merge.action)
        before = build(source, schema.fits(source, _filled(action.merge.inputs, inputs), world.params), world.params)
    return before, _request(action, inputs, world)


def rows(action: Action, given: Object, world: World, options: Options = PLAIN) -> Iterator[Json]:
    """Yield every row of a list, page after page; no more than one page is held."""
    inputs = schema.fits(action, given, world.params)
    if not action.items or action.effect != "read":
        raise InvalidInput(f"{action.id} is no list", (Problem("--all is for lists", "", "all"),))
    wanted: int | None = inputs.get("limit")
    # Whoever wants all wants few calls: pages as long as the app allows.
    for page, found, _ in _pages(action, inputs, world, wanted or (action.paging.max if action.paging else None)):
        fresh = found[page.place.skip :][:wanted]
        for row in fresh:
            yield _shown(action, row, options)
        _refuse_partial(action, page.document)
        wanted = None if wanted is None else wanted - len(fresh)
        if wanted == 0:
            return


# Lists.


def _list(action: Action, inputs: Object, world: World, options: Options) -> Outcome:
    wanted: int | None = inputs.get("limit")
    gathered: list[Json] = []
    following: Place | None = None
    total: int | None = None
    for page, found, after in _pages(action, inputs, world, wanted):
        room = None if wanted is None else wanted - len(gathered)
        fresh = found[page.place.skip :]
        gathered += fresh[:room]
        total = paging.total(action.paging, page.document) if action.paging and total is None else total
        following = after
        if room is not None and len(fresh) > room:
            following = page.place._replace(skip=page.place.skip + room)
        _refuse_partial(action, page.document, gathered)
        if wanted is None or len(gathered) >= wanted:
            break
    output: dict[str, Json] = {
        "items": [_shown(action, row, options) for row in gathered],
        "next_cursor": paging.seal(following) if following else None,
        "has_more": following is not None,
        "total": total,
    }
    return Outcome(output, _misfits(action, gathered[0]) if gathered else ())


def _pages(action: Action, inputs: Object, world: World, wanted: int | None) -> Iterator[tuple[Page, list[Json], Place | None]]:
    """Yield each page with its rows and the place of the one after it; a place that was seen before is none."""
    place: Place | None = _start(action, inputs, wanted)
    seen: set[int | str | None] = set()
    while place and len(seen) < MOST_PAGES:
        seen.add(place.at)
        request = _page_request(action, inputs, world, place)
        response = _sent(action, request, world)
        said = document(response)
        found = renamed(answer.rows(action, said), _back(action))
        page = Page(place, request, response, said, len(found))
        following = paging.after(action.paging, page, world.base) if action.paging else None
        place = None if following is None or following.at in seen else following
        yield page, found, place
    if place:
        raise Upstream(f"{action.id} has more than {MOST_PAGES:,} pages", hint="ask for fewer, or go on from the last cursor")


def _start(action: Action, inputs: Object, wanted: int | None) -> Place:
    cursor = inputs.get("cursor", "")
    style = action.paging.style if action.paging else ""
    place = paging.opened(cursor) if cursor else Place(None)
    if action.paging:
        place = paging.start(action.paging, wanted, cursor)
    if not isinstance(place.at, _PLACES[style]):
        problem = Problem("it is the cursor of another list", "/cursor", "cursor")
        raise InvalidInput(f"{cursor[:60]!r} is no cursor of {action.id}", (problem,), hint="pass next_cursor on as it came")
    return place


# What the place of a page can be, by the style of the paging.
_PLACES: Final[Mapping[str, tuple[type, ...]]] = {
    "": (NoneType,),
    "offset": (int,),
    "page": (int,),
    "cursor": (int, str, NoneType),
    "link": (str, NoneType),
    "url": (str, NoneType),
}


def _page_request(action: Action, inputs: Object, world: World, place: Place) -> Request:
    request = build(action, inputs, world.params, paging.query(action.paging, place) if action.paging else ())
    return paging.target(request, action.paging, place) if action.paging else request


# Single answers.


def _request(action: Action, inputs: Object, world: World) -> Request:
    request = build(action, inputs, world.params)
    if "header" not in action.idempotency:
        return request
    # One key for a call and all its retries.
    return replace(request, headers={**request.headers, action.idempotency["header"]: world.token()})


def _done(action: Action, inputs: Object, world: World) -> tuple[Json, tuple[str, ...]]:
    """Return the record that the app answered with; where its answer was lost, the one that was made all the same."""
    try:
        response = _sent(action, _request(action, inputs, world), world)
        gone = (
            (f"{action.id}: it is not there any more: the attempt whose answer was lost has done it, or it never was",)
            if _gone(action, response)
            else ()
        )
        return _read(action, inputs, response, world), gone
    except SkillkitError as error:
        if action.effect in ONCE and (error.status or 0) >= 500:
            error.hint = "it may have been done all the same: look before doing it again"
        lost = action.effect in ONCE and is_lost(error)
        there = isinstance(error, Conflict) and "on_conflict" in action.idempotency
        if not lost and not there:
            raise
        found = _looked_for(action, inputs, world)
        if isinstance(found, Missing) and lost:
            raise _unknown(action, error) from error
        if isinstance(found, Missing):
            raise
        told = "the app's answer was lost" if lost else "it was there already, and nothing was made"
        return found, (f"{action.id}: {told}; this is the record that {_lookup(action)} found",)


def is_lost(error: SkillkitError) -> bool:
    """Return whether what was asked for may have been done, although no answer says so."""
    return isinstance(error, AnswerLost) or error.status in GATEWAY_LOST


def _sent(action: Action, request: Request, world: World) -> Response:
    try:
        response = world.send(request)
    except Upstream as error:
        if _may_be_done(action, error):
            raise AnswerLost(error.message, status=error.status, hint=error.hint) from error
        raise
    if _gone(action, response):
        return response._replace(content=b"")
    if refused := answer.failure(action.errors, response, world.now(), action.rate):
        raise refused
    return response


def _gone(action: Action, response: Response) -> bool:
    """Return whether a delete that was sent again finds nothing, because the attempt whose answer was lost had done it."""
    return action.effect == "delete" and response.again and response.status in {404, 410}


def _read(action: Action, inputs: Object, response: Response, world: World) -> Json:
    if action.file:
        return world.save(action, inputs, response)
    if action.effect == "read" and not response.content.strip():
        raise Upstream(f"{action.id}: the app answered {response.status} and nothing else", status=response.status)
    try:
        said = document(response)
        found = answer.result(action, said)
    except Upstream as error:
        if _may_be_done(action, error):
            raise AnswerLost(error.message, status=error.status, hint=error.hint) from error
        raise
    _refuse_partial(action, said)
    record: Json = renamed(found, _back(action))
    return record


def _may_be_done(action: Action, error: Upstream) -> bool:
    """Return whether an answer that makes no sense may be to something that was done, and must not be done twice."""
    # Beside any other status the app says that it failed, if not how.
    return action.effect in ONCE and (error.status or 200) < 300


def _back(action: Action) -> dict[str, str]:
    return {wire: name for name, wire in action.names.items()}


def _unknown(action: Action, error: SkillkitError) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"{action.id} may have been done or not: {error}",
        status=error.status,
        hint=f"look before doing it again: {_lookup(action) or 'the app itself'} shows whether it is there",
    )


def _lookup(action: Action) -> str:
    return action.reconcile.action if action.reconcile else action.idempotency.get("on_conflict", "")


def _looked_for(action: Action, inputs: Object, world: World) -> Json | Missing:
    """Return the record that a call made, or that was there before it."""
    reading = action.reconcile
    if "on_conflict" in action.idempotency:
        key = action.idempotency["key"]
        reading = reading or Reading(action.idempotency["on_conflict"], {key: f"{{{key}}}"}, match={key: key})
    wanted = {path: inputs.get(name) for path, name in reading.match.items()} if reading else {}
    # What was not given would be the same as anything else that was not.
    if reading is None or None in wanted.values():
        return MISSING
    source = world.action(reading.action)
    try:
        for row in _first_rows(source, _filled(reading.inputs, inputs), world):
            if all(answer.same(at(row, path), value) for path, value in wanted.items()):
                return row
    except SkillkitError:
        # The connection that lost the answer may lose this one too; then it stays unknown.
        return MISSING
    return MISSING


def _first_rows(source: Action, inputs: Object, world: World) -> Iterator[Json]:
    # What was just made is among the first, if anywhere.
    found = islice(rows(source, inputs, world), 300) if source.items else (run(source, inputs, world).output,)
    yield from found


def _merged(action: Action, reading: Reading, inputs: Object, world: World) -> dict[str, Any]:
    """Return the caller's inputs laid over what the record already says, so that an update changes only what is given."""
    source = world.action(reading.action)
    record = run(source, _filled(reading.inputs, inputs), world).output
    if not isinstance(record, dict):
        raise Upstream(f"{source.id} answered no record to lay the changes over")
    takes = schema.for_connection(action, world.params)
    kept = {name: value for name, value in record.items() if name in takes.get("properties", {}) and name not in reading.drop}
    merged = {**kept, **inputs}
    # What the record holds is the app's own and is not judged here; only what is still missing is asked for.
    lacking = [name for name in takes.get("required", ()) if name not in merged]
    if lacking:
        problems = tuple(Problem(f"{name!r} is required, and the record has none", f"/{name}", "required") for name in lacking)
        raise InvalidInput(f"{action.id} also needs {', '.join(lacking)}", problems)
    return merged


def _filled(template: Object, inputs: Object) -> dict[str, Any]:
    filled = fill(dict(template), inputs, {})
    return filled if isinstance(filled, dict) else {}


def _finished(action: Action, inputs: Object, output: Json, world: World, options: Options) -> Json:
    wait = action.wait
    if wait is None:
        return output
    try:
        taken_on = job.taken_on(action.id, wait, inputs, output)
    except Upstream as error:
        if action.effect in ONCE:
            raise _unknown(action, error) from error
        raise
    if not options.wait:
        return taken_on.pending()
    source = world.action(wait.poll)
    return job.finished(taken_on, lambda: run(source, taken_on.ask, world).output, world.sleep, world.now)


# What is shown of it.


def _refuse_partial(action: Action, said: Json, done: list[Json] | None = None) -> None:
    failed = answer.failed(action, said)
    if not failed:
        return
    found = first(said, action.items) if done is None else done
    raise Partial(
        f"{action.id}: {len(failed)} of it failed",
        output={"items": [] if isinstance(found, Missing) else found, "failed": failed},
        hint="what failed is in `failed`; the rest is done, so do not repeat it",
    )


def _shown(action: Action, output: Json, options: Options) -> Json:
    if options.select:
        shown = select(output, options.select)
    elif options.raw or not action.output:
        return output
    else:
        shown = project(output, action.output, action.output.get("$defs", {}))
    if not action.wait or not isinstance(output, dict) or not isinstance(shown, dict):
        return shown
    # How it stands is ours to say, whatever part of the record is wanted.
    return {**shown, **{key: output[key] for key in ("wait", "pending", "poll") if key in output}}


def _misfits(action: Action, output: Json) -> tuple[str, ...]:
    """Return how an answer differs from what the connector says of it: worth a word, never a failure."""
    found = schema.problems(action.output, output)[:3] if action.output else ()
    return tuple(f"{action.id}: the answer differs from its schema: {problem}" for problem in found)
