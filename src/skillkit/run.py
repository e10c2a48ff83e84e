"""Running an action: check, build, send, page, wait, extract; all it knows of the world is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from skillkit import answer, paging, schema
from skillkit.connector import Action, Object, Reading, Wait
from skillkit.destination import Base
from skillkit.document import MISSING, Json, Missing, at, fill, find, first, project, select
from skillkit.errors import AnswerLost, InvalidInput, OutcomeUnknown, Partial, Pending, Problem, SkillkitError, Upstream
from skillkit.paging import Page, Place
from skillkit.request import Request, Response, Send, build, document, renamed

MOST_PAGES: Final = 10_000
# A gateway that lost the app's answer: what the app did is not known.
GATEWAY_LOST: Final = frozenset({502, 504})


@dataclass(frozen=True, slots=True)
class World:
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


@dataclass(frozen=True, slots=True)
class Options:
    """How much of the answer is wanted, and how long it is waited for."""

    wait: bool = True
    raw: bool = True
    select: tuple[str, ...] = ()
    merge: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an action gave, and what of it did not look as the connector says."""

    # A document; for a raw request, the response itself.
    output: Any
    warnings: tuple[str, ...] = ()


def run(action: Action, given: Object, world: World, options: Options = Options()) -> Outcome:  # noqa: B008 - it is frozen
    """Run `action` and return its output."""
    inputs = schema.fits(action, given, world.params, partly=action.merge is not None)
    if action.items and action.effect == "read":
        return _list(action, inputs, world, options)
    inputs = _merged(action, inputs, world) if action.merge and options.merge else inputs
    response, found = _written(action, inputs, world)
    if action.file and response:
        saved = world.save(action, inputs, response)
        return Outcome(saved)
    output = renamed(answer.result(action, found), {wire: name for name, wire in action.names.items()})
    _refuse_partial(action, found)
    warnings = _misfits(action, output)
    if action.wait:
        output = _waited(action, action.wait, inputs, output, world, options)
    return Outcome(_shown(action, output, options), warnings)


def prepared(action: Action, given: Object, world: World) -> tuple[Request | None, Request]:
    """Return what would go out first: for an update that merges, the read before it; and the request itself."""
    inputs = schema.fits(action, given, world.params, partly=action.merge is not None)
    if action.items and action.paging:
        return None, _page_request(action, inputs, world, _start(action, inputs))
    before = None
    if action.merge:
        source = world.action(action.merge.action)
        before = build(source, schema.fits(source, _filled(action.merge.inputs, inputs), world.params), world.params)
    return before, build(action, inputs, world.params)


def rows(action: Action, given: Object, world: World, options: Options = Options()) -> Iterator[Json]:  # noqa: B008 - frozen
    """Yield every row of a list, page after page; no more than one page is held."""
    inputs = schema.fits(action, given, world.params)
    if not action.items:
        raise InvalidInput(f"{action.id} is no list", (Problem("--all is for lists", "", "all"),))
    wanted = inputs.get("limit")
    for page, found in _pages(action, inputs, world):
        for row in found[page.place.skip :]:
            if wanted is not None and wanted <= 0:
                return
            wanted = None if wanted is None else wanted - 1
            yield _row_shown(action, row, options)


# Lists.


def _list(action: Action, inputs: Object, world: World, options: Options) -> Outcome:
    wanted: int | None = inputs.get("limit")
    gathered: list[Json] = []
    following: Place | None = None
    total: int | None = None
    for page, found in _pages(action, inputs, world):
        room = None if wanted is None else wanted - len(gathered)
        fresh = found[page.place.skip :]
        gathered += fresh if room is None else fresh[:room]
        total = paging.total(action.paging, page.document) if action.paging and total is None else total
        following = _next(action, page, world)
        if room is not None and len(fresh) > room:
            following = replace(page.place, skip=page.place.skip + room)
        if wanted is None or len(gathered) >= wanted:
            break
    output: dict[str, Json] = {
        "items": [_row_shown(action, row, options) for row in gathered],
        "next_cursor": paging.seal(following) if following else None,
        "has_more": following is not None,
        "total": total,
    }
    return Outcome(output, _misfits(action, gathered[0]) if gathered else ())


def _pages(action: Action, inputs: Object, world: World) -> Iterator[tuple[Page, list[Json]]]:
    place: Place | None = _start(action, inputs)
    seen: set[int | str | None] = set()
    while place and place.at not in seen and len(seen) < MOST_PAGES:
        seen.add(place.at)
        request = _page_request(action, inputs, world, place)
        response = _sent(action, request, world)
        said = document(response)
        found = renamed(answer.rows(action, said), {wire: name for name, wire in action.names.items()})
        page = Page(place, request, response, said, len(found))
        yield page, found
        _refuse_partial(action, said, found)
        place = _next(action, page, world)


def _start(action: Action, inputs: Object) -> Place:
    if action.paging is None:
        return Place(None, skip=_skip(inputs))
    return paging.start(action.paging, inputs.get("limit"), inputs.get("cursor", ""))


def _skip(inputs: Object) -> int:
    return paging.opened(inputs["cursor"]).skip if inputs.get("cursor") else 0


def _next(action: Action, page: Page, world: World) -> Place | None:
    return paging.after(action.paging, page, world.base) if action.paging else None


def _page_request(action: Action, inputs: Object, world: World, place: Place) -> Request:
    request = build(action, inputs, world.params, paging.query(action.paging, place) if action.paging else ())
    return paging.target(request, action.paging, place) if action.paging else request


# Single answers.


def _written(action: Action, inputs: Object, world: World) -> tuple[Response | None, Json]:
    """Send, and return the answer; where it was lost, look for what was done, and never do it again blindly."""
    request = build(action, inputs, world.params)
    if "header" in action.idempotency:
        request = replace(request, headers={**request.headers, action.idempotency["header"]: world.token()})
    try:
        response = _sent(action, request, world)
    except SkillkitError as error:
        lost = isinstance(error, AnswerLost) or error.status in GATEWAY_LOST
        if not lost or action.effect in {"read", "update", "delete"}:
            raise
        return None, _looked_for(action, inputs, world, error)
    if action.file and not action.file.at:
        return response, None
    return response, document(response)


def _sent(action: Action, request: Request, world: World) -> Response:
    response = world.send(request)
    if found := answer.failure(action.errors, response, world.now()):
        raise found
    return response


def _looked_for(action: Action, inputs: Object, world: World, error: SkillkitError) -> Json:
    """Return what a lost create made, or say that nobody knows."""
    found: Json | Missing = MISSING
    if action.reconcile:
        found = _reconciled(action.reconcile, inputs, world)
    elif "key" in action.idempotency and action.idempotency.get("on_conflict"):
        found = _by_key(action.idempotency, inputs, world)
    if not isinstance(found, Missing):
        return _nested(action, found)
    checks = action.reconcile.action if action.reconcile else "the app itself"
    raise OutcomeUnknown(
        f"{action.id} may have been done or not: {error}",
        status=error.status,
        hint=f"look before doing it again: {checks} shows whether it is there",
    ) from error


def _nested(action: Action, record: Json) -> Json:
    """Put a record where the action's own answer has it, so that what follows finds it there."""
    for step in reversed(action.result[0].split(".")) if action.result and action.result[0] != "." else ():
        record = {step: record}
    return record


def _reconciled(reading: Reading, inputs: Object, world: World) -> Json | Missing:
    wanted = {path: inputs.get(name) for path, name in reading.match.items()}
    if any(value is None for value in wanted.values()):
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
    if not source.items:
        yield run(source, inputs, world).output
        return
    for number, row in enumerate(rows(source, inputs, world)):
        if number >= 300:  # noqa: PLR2004 - what was just made is among the first, if anywhere
            return
        yield row


def _by_key(idempotency: Object, inputs: Object, world: World) -> Json | Missing:
    key = idempotency["key"]
    try:
        return run(world.action(idempotency["on_conflict"]), {key: inputs.get(key)}, world).output
    except SkillkitError:
        return MISSING


def _merged(action: Action, inputs: Object, world: World) -> dict[str, Any]:
    """Return the caller's inputs laid over what the record already says, so that an update changes only what is given."""
    reading = action.merge
    if reading is None:
        return dict(inputs)
    source = world.action(reading.action)
    record = run(source, _filled(reading.inputs, inputs), world).output
    if not isinstance(record, dict):
        raise Upstream(f"{source.id} answered no record to lay the changes over")
    named = schema.for_connection(action, world.params).get("properties", {})
    kept = {name: value for name, value in record.items() if name in named and name not in reading.drop}
    merged = {**kept, **inputs}
    # What the record holds is the app's own and is not judged here; only what is still missing is asked for.
    lacking = [name for name in schema.for_connection(action, world.params).get("required", ()) if name not in merged]
    if lacking:
        problems = tuple(Problem(f"{name!r} is required, and the record has none", f"/{name}", "required") for name in lacking)
        raise InvalidInput(f"{action.id} also needs {', '.join(lacking)}", problems)
    return merged


def _filled(template: Object, inputs: Object) -> dict[str, Any]:
    filled = fill(dict(template), inputs, {})
    return filled if isinstance(filled, dict) else {}


# Waiting.


def _waited(action: Action, wait: Wait, inputs: Object, output: Json, world: World, options: Options) -> Json:  # noqa: PLR0913, PLR0917
    ask = {name: _pointed(word, inputs, output) for name, word in wait.inputs.items()}
    record = output if isinstance(output, dict) else {"result": output}
    poll: dict[str, Json] = {"pending": True, "poll": {"action": wait.poll, "input": ask}}
    if not options.wait:
        return {**record, **poll}
    source, every = world.action(wait.poll), wait.every
    deadline = world.now() + wait.timeout
    while True:
        state = run(source, ask, world).output
        if answer.holds(wait.until, state):
            return {**record, "wait": state}
        if answer.holds(wait.fail, state):
            raise Upstream(f"{action.id} was taken on and then failed", output={**record, "wait": state})
        if world.now() + every > deadline:
            raise Pending(
                f"{action.id} is still under way after {wait.timeout:g} s",
                output={**record, **poll, "wait": state},
                hint=f"ask again: skillkit action run {source.id}",
            )
        world.sleep(every)
        every = min(every * 1.5, wait.max_every)


def _pointed(word: Any, inputs: Object, output: Json) -> Any:
    """Return what a word of `wait.with` means: `{x}` an input, a bare word a path in the result."""
    if not isinstance(word, str):
        return word
    value = fill(word, inputs, {}) if "{" in word else find(output, word)
    if isinstance(value, Missing):
        raise Upstream(f"the answer has no {word}, by which its progress could be asked for")
    return value


# What is shown of it.


def _refuse_partial(action: Action, said: Json, found: list[Json] | None = None) -> None:
    failed = answer.failed(action, said)
    if not failed:
        return
    done = found if found is not None else first(said, action.items)
    items: Json = [] if isinstance(done, Missing) else done
    raise Partial(
        f"{action.id}: {len(failed)} of it failed",
        output={"items": items, "failed": failed},
        hint="what failed is in `failed`; the rest is done, so do not repeat it",
    )


def _shown(action: Action, output: Json, options: Options) -> Json:
    if options.select:
        return select(output, options.select)
    if options.raw or not action.output:
        return output
    extra = {key: value for key, value in output.items() if key in {"wait", "pending", "poll"}} if isinstance(output, dict) else {}
    shown = project(output, action.output, action.output.get("$defs", {}))
    return {**shown, **extra} if isinstance(shown, dict) and action.wait else shown


def _row_shown(action: Action, row: Json, options: Options) -> Json:
    return _shown(action, row, options)


def _misfits(action: Action, output: Json) -> tuple[str, ...]:
    """Return how an answer differs from what the connector says of it: worth a word, never a failure."""
    if not action.output:
        return ()
    return tuple(f"{action.id}: the answer differs from its schema: {problem}" for problem in schema.problems(action.output, output)[:3])
