"""Calls of actions and of raw paths, each with a record that outlives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from skillkit import answer, files, proof, run
from skillkit.connection import Connection
from skillkit.connector import NOTHING, Action, Object
from skillkit.document import Json, dump
from skillkit.errors import OutcomeUnknown, SkillkitError, Unauthorized
from skillkit.exchange import KEPT, Exchanged
from skillkit.proxy import Proxy
from skillkit.request import Request, Response, Terms
from skillkit.run import Options, Outcome
from skillkit.workspace import Workspace, stamp, token


class Call(NamedTuple):
    """One call of an action, as a front door asks for it."""

    action: str
    inputs: Object = NOTHING
    connection: str = ""
    options: Options = Options()
    # Where a file goes; the current folder when empty.
    output: str = ""


class Ran(NamedTuple):
    """What a call gave, and under which name `run show` has it."""

    output: Any
    id: str
    warnings: tuple[str, ...] = ()


def perform(workspace: Workspace, call: Call) -> Ran:
    """Run an action."""
    action, connection = workspace.aim(call.action, call.connection)
    if action.file:
        files.vacant(call.output)
    world, proxy = workspace.world(connection, call.output)
    record = _begun(action.id, connection, call.inputs, workspace.now())
    return _recorded(
        workspace,
        record,
        connection,
        proxy,
        lambda: run.run(action, call.inputs, world, call.options),
        write_ahead=action.effect != "read",
    )


def rows(workspace: Workspace, call: Call) -> tuple[str, Iterator[Json]]:
    """Return a run's id and every row of a list, read as they are asked for."""
    action, connection = workspace.aim(call.action, call.connection)
    world, proxy = workspace.world(connection, call.output)
    record = _begun(action.id, connection, call.inputs, workspace.now())
    return record["id"], _told(workspace, record, connection, proxy, run.rows(action, call.inputs, world, call.options))


def planned(workspace: Workspace, call: Call) -> dict[str, Any]:
    """Return what running an action would send; nothing is opened."""
    action, connection = workspace.aim(call.action, call.connection)
    world, proxy = workspace.world(connection, call.output)
    before, request = run.prepared(action, call.inputs, world)
    reads = {"reads": proxy.shown(before)} if before else {}
    return {"dryRun": True, "request": proxy.shown(request), **reads}


def ask(workspace: Workspace, name: str, request: Request) -> Ran:
    """Send a request of the caller's own; the output is the response."""
    connection = workspace.connection(name)
    _, proxy = workspace.world(connection)
    probe = _probe(workspace, connection.connector)
    request = replace(request, terms=_terms(request, probe))
    proxy.check(request)
    record = _begun(f"{request.method} {request.path}", connection, {}, workspace.now())

    def act() -> Outcome:
        try:
            response = proxy.send(request)
            if refused := answer.failure(probe.errors, response, workspace.now(), probe.rate):
                raise refused
        except SkillkitError as error:
            if request.terms.repeatable or not run.is_lost(error):
                raise
            told = f"{request.method} {request.path} may have been done or not: {error}"
            raise OutcomeUnknown(told, status=error.status, hint="look in the app before doing it again") from error
        return Outcome(response)

    return _recorded(workspace, record, connection, proxy, act, write_ahead=request.method not in {"GET", "HEAD"})


def planned_request(workspace: Workspace, name: str, request: Request) -> dict[str, Any]:
    """Return what a request of the caller's own would send; nothing is opened."""
    _, proxy = workspace.world(workspace.connection(name))
    return {"dryRun": True, "request": proxy.shown(request)}


def _probe(workspace: Workspace, connector: str) -> Action:
    """Return the action that stands for the app's own ways, its rate and its errors, where no action is meant."""
    check = workspace.catalog.connector(connector).access.check
    return workspace.catalog.action(connector, check) if check else Action(connector, "request", "", "", "GET", "/", "read")


def _terms(request: Request, probe: Action) -> Terms:
    return Terms(repeatable=request.method != "POST", rate=probe.rate, max_bytes=probe.max_bytes, errors=probe.errors)


def _begun(action: str, connection: Connection, inputs: Object, now: float) -> dict[str, Any]:
    return {
        # It begins with the time, so that ids stand in the order in which they were made.
        "id": f"run_{int(now * 1000):011x}{token()[:10]}",
        "status": "running",
        "action": action,
        "connection": connection.key,
        "integration": connection.connector,
        "input": dict(inputs),
        "startedAt": stamp(now),
    }


def _placed(workspace: Workspace, error: SkillkitError, record: dict[str, Any], connection: Connection) -> None:
    """Tell an error in which run and with which connection it happened, so that its hint can be typed as it stands."""
    error.run = record["id"]
    if isinstance(error, Unauthorized) and proof.doubted(workspace, connection, record["action"], error).state != "READY":
        error.hint = f"its user must sign in again: skillkit connection get {connection.key} --json says how"
    error.hint = error.hint.replace("run show ID", f"run show {error.run}").replace(
        "--connectionId KEY", f"--connectionId {record['connection']}"
    )


def _recorded(
    workspace: Workspace,
    record: dict[str, Any],
    connection: Connection,
    proxy: Proxy,
    act: Callable[[], Outcome],
    *,
    write_ahead: bool,
) -> Ran:
    if write_ahead:
        # What cannot be written down is not done.
        workspace.store.begin_run(record["id"], record)
    ended: dict[str, Any] = {"status": "interrupted"}
    warnings: tuple[str, ...] = ()
    try:
        outcome = act()
        ended = {"status": "success", "output": None if isinstance(outcome.output, Response) else outcome.output}
    except SkillkitError as error:
        _placed(workspace, error, record, connection)
        ended = {"status": "error", "error": error.described(), "output": error.output}
        raise
    finally:
        warnings = _keep(workspace, {**record, **ended}, proxy)
    return Ran(outcome.output, record["id"], (*outcome.warnings, *proxy.warnings, *warnings))


def _told(
    workspace: Workspace, record: dict[str, Any], connection: Connection, proxy: Proxy, found: Iterator[Json]
) -> Iterator[Json]:
    count = 0
    ended: dict[str, Any] = {"status": "interrupted"}
    try:
        for row in found:
            count += 1
            yield row
        ended = {"status": "success"}
    except SkillkitError as error:
        _placed(workspace, error, record, connection)
        ended = {"status": "error", "error": error.described()}
        raise
    finally:
        _keep(workspace, {**record, **ended, "output": {"rows": count}}, proxy)


def _keep(workspace: Workspace, record: dict[str, Any], proxy: Proxy) -> tuple[str, ...]:
    """Write down how a run ended, without its secrets; that this fails must not hide what was done."""
    clean = proxy.clean({**record, "finishedAt": stamp(workspace.now()), "details": [_detail(one) for one in proxy.exchanged]})
    for part in [clean, *(side for detail in clean["details"] for side in detail.values())]:
        part.update({name: _cut(part[name]) for name in ("input", "output", "body") if name in part})
    try:
        workspace.store.finish_run(record["id"], clean)
    except SkillkitError as error:
        return (f"run {record['id']} is not written down: {error}",)
    return ()


def _detail(one: Exchanged) -> dict[str, Any]:
    return {"request": dict(one.request), "response": dict(one.response)}


def _cut(value: Any) -> Any:
    """Return a value as it is, or the beginning of its text when that is too long to keep."""
    whole = value if isinstance(value, str) else dump(value)
    return value if len(whole) <= KEPT else f"{whole[:KEPT]}… (cut: it has {len(whole):,} characters)"
