"""`skillkit action`: find and run what an app can do, and add to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Final

import click

from skillkit.cli import words
from skillkit.cli.output import Lines, notice
from skillkit.cli.tree import Noun, style
from skillkit.cli.words import Command, connection_flags, flag, one_of, workspace
from skillkit.errors import InvalidInput, Usage

FOUND: Final = 10
LISTED: Final = 100
NEAREST: Final = 5
COLUMNS: Final = ("id", "effect", "description")
REQUEST: Final = '{"request": {"method": "GET", "path": "/PATH"}}'
APP: Final = ("--connector", "--connectorKey", "--integrationKey", "--integrationId", "--externalAppId")


def scope_flags(command: Command) -> Command:
    """Add the flags that say of which app, or which account of it, an action is meant."""
    return connection_flags(flag(*APP, default="", metavar="KEY", help="The app, by its key.")(command))


_RUN: Final[tuple[Callable[..., Any], ...]] = (
    flag("--input", "-i", multiple=True, metavar="INPUT", help="JSON, @file, - for stdin, or name=value (repeatable)."),
    flag("--limit", type=click.IntRange(1), help="The most rows of a list."),
    flag("--cursor", default="", metavar="CURSOR", help="Go on where an earlier list ended."),
    click.option("--all", "everything", is_flag=True, help="Every row of a list, one JSON document a line."),
    flag("--select", default="", metavar="PATHS", help="Only these fields, as in id,client.name."),
    click.option("--raw", is_flag=True, help="All the app answered, not only what the connector describes."),
    flag("--since", default="", metavar="DATE", help="Only what changed since then, where the action can tell."),
    flag("--output", default="", metavar="PATH", help="Where a file goes.  [default: the current folder]"),
    flag("--maxBytes", type=click.IntRange(0), help="Print no more than this; the whole goes to a file."),
    flag("--noWait", is_flag=True, help="Do not wait for what takes its time; say how to ask for it."),
    click.option("--yes", is_flag=True, help="The user has agreed to what cannot be taken back."),
    flag("--dryRun", is_flag=True, help="Show what would be sent, and send nothing."),
)


def run_flags(command: Command) -> Command:
    """Add the flags that say how an action is run, and what of its answer is printed."""
    return reduce(lambda made, add: add(made), reversed(_RUN), command)


@click.group(cls=Noun)
def action() -> None:
    """Find and run what an app can do."""


@action.command("list")
@scope_flags
@flag("--intent", default="", metavar="TEXT", help="What you want to do, in your own words.")
@flag("--limit", type=click.IntRange(1, 1000), help=f"How many at most.  [default: {FOUND}; {LISTED} when compact]")
@flag("--cursor", default="", metavar="CURSOR", help="Go on where an earlier list ended.")
@click.option("--compact", is_flag=True, help="One line an action, without the schemas.")
@flag("--maxBytes", type=click.IntRange(0), help="Print no more than this; the whole goes to a file.")
def list_actions(connection_id: str, connection_key: str, intent: str, cursor: str, **given: Any) -> Any:
    """List actions, the best for an intent first."""
    space, app = workspace(), owner(one_of(connection_id, connection_key), given["connector"])
    for broken in space.catalog.broken_actions(app):
        notice(f"your own action {broken.id} does not work: skillkit action get {broken.id} says why")
    # Whoever has installed no skills does not load what looks after them.
    if os.path.lexists(os.path.join(space.home, "skills.json")):
        from skillkit import pack

        for late in pack.behind(space):
            notice(late)
    short = given["compact"] or not style().json
    wanted, skip = given["limit"] or (LISTED if short and not intent else FOUND), words.place(cursor)
    found = space.catalog.rows(app, intent, wanted + 1, skip)
    rows = [_compact(row) if short else row for row in found[:wanted]]
    following = skip + wanted if len(found) > wanted else None
    listed = words.listed(rows, None if intent else space.catalog.count(app), following, COLUMNS)
    return words.bound(listed.document, "", given["max_bytes"], skip) if style().json else listed


def owner(connection: str, connector: str) -> str:
    """Return the connector whose actions are meant; empty for all."""
    known = workspace().catalog.known(connector) if connector else ""
    if not connection:
        return known
    found = workspace().connection(connection)
    if not found.connector:
        from skillkit.connection import ready

        # It waits for its app to be known, so it is not ready, and that says why.
        ready(found)
    if known not in {"", found.connector}:
        raise Usage(f"{found.key!r} is a connection to {found.connector}, not to {known}", hint="give one of the two")
    return found.connector


def named(action_id: str, given: Mapping[str, Any]) -> tuple[str, str]:
    """Return the action that is meant, with its app's name where that is given alone, and the connection."""
    connection = one_of(given["connection_id"], given["connection_key"])
    known = owner(connection, given["connector"])
    return (action_id if connection or not known or "/" in action_id else f"{known}/{action_id}"), connection


@action.command("get")
@click.argument("action_id", metavar="ACTION")
@scope_flags
@click.option("--wait", is_flag=True, help="Wait until it can be run, which here it can be at once.")
@click.option("--timeout", type=click.FloatRange(0), metavar="SECONDS", help="For how long.")
def show_action(action_id: str, **given: Any) -> Any:
    """Show what ACTION does, takes and gives."""
    space = workspace()
    return space.catalog.row(*space.owner(*named(action_id, given)))


@action.command("run")
@click.argument("action_id", metavar="ACTION")
@scope_flags
@run_flags
def run_action(action_id: str, **given: Any) -> Any:
    """Run ACTION and print its output."""
    return ran(action_id, given)


def ran(action_id: str, given: dict[str, Any]) -> Any:
    """Run an action as the flags say, and return what is printed of it."""
    from skillkit import calls
    from skillkit.connector import IRREVERSIBLE

    space = workspace()
    known, connection = space.aim(*named(action_id, given))
    call = _call(known, connection.id, given)
    if given["dry_run"]:
        return calls.planned(space, call)
    if known.effect in IRREVERSIBLE:
        # What would not be sent anyway is not worth a question.
        calls.planned(space, call)
        words.confirm(f"{known.id} on {connection.key}", yes=given["yes"])
    if given["everything"]:
        return Lines(*calls.rows(space, call))
    ended = calls.perform(space, call)
    for warning in ended.warnings:
        notice(f"note: {warning}")
    return words.bound({"output": ended.output, "runId": ended.id, "actionRunId": ended.id}, ended.id, given["max_bytes"])


def _call(known: Any, connection: str, given: dict[str, Any]) -> Any:
    """Return the call that a command line describes."""
    from skillkit.calls import Call
    from skillkit.run import Options
    from skillkit.schema import typed

    inputs = words.inputs(given["input"], lambda name, word: typed(known.input, name, word))
    inputs |= words.described({"limit": given["limit"], "cursor": given["cursor"]})
    if given["since"]:
        if not known.since:
            raise InvalidInput(f"{known.id} cannot tell what changed since a date", hint=f"skillkit action get {known.id}")
        inputs[known.since] = given["since"]
    if given["everything"] and not known.items:
        raise Usage(f"--all is for lists, and {known.id} is none", hint=f"skillkit action run {known.id}")
    if given["output"] and not known.file:
        raise Usage(f"--output is for files, and {known.id} answers none", hint="leave it out; > FILE keeps what is printed")
    options = Options(wait=not given["no_wait"], raw=given["raw"], select=_paths(given["select"]))
    return Call(known.id, inputs, connection, options, given["output"])


def _paths(text: str) -> tuple[str, ...]:
    from skillkit.document import steps

    paths = tuple(path.strip() for path in text.split(",") if path.strip())
    for path in paths:
        try:
            steps(path)
        except ValueError as error:
            raise Usage(f"--select: {error}", hint="--select id,client.name") from None
    return paths


def _compact(row: dict[str, Any]) -> dict[str, Any]:
    description = row["description"].split(". ")[0].rstrip(".") + "."
    required = row["inputSchema"].get("required", [])
    return {"id": row["id"], "key": row["key"], "description": description, "effect": row["effect"], "required": required}


# A user's own actions.


@action.command("create")
@click.argument("sentence", metavar="[DESCRIPTION]", default="")
@scope_flags
@flag("--intent", default="", metavar="TEXT", help="What it is to do, in your own words.")
@flag("--key", default="", metavar="KEY", help="What it is called in commands, as in list-things.")
@flag("--type", default="", metavar="TYPE", help="api-request-to-external-app, which is the only one.")
@flag("--config", default="", metavar="JSON", help="Its request: method, path, query, body; {name} is an input. Or @file, or -.")
@flag("--name", default="", metavar="TEXT", help="What it is called in lists.")
@flag("--description", default="", metavar="TEXT", help="What it gives, and when to use it.")
@flag("--inputSchema", default="", metavar="JSON", help="The JSON Schema of its input.")
def create_action(sentence: str, **given: Any) -> Any:
    """Add an action of your own to an app: a request that it does not have yet."""
    connection = one_of(given["connection_id"], given["connection_key"])
    app, wish = owner(connection, given["connector"]), sentence or given["description"] or given["intent"]
    if not (given["key"] or given["type"] or given["config"]):
        return _not_built(wish, app)
    from skillkit import own

    if given["type"]:
        own.check_type(given["type"])
    said_app, _, key = given["key"].rpartition("/")
    app = app or said_app
    if not key or said_app not in {"", app} or not app:
        line = "skillkit action create --key list-things --connectorKey KEY --config JSON"
        raise Usage("an own action has a key, and an app that it is for", hint=line)
    said = {name: _json(given[flagged], name) for name, flagged in (("config", "config"), ("inputSchema", "input_schema"))}
    said |= {"name": given["name"], "description": wish}
    return own.create(workspace(), app, key, words.described(said))


def _not_built(wish: str, app: str) -> dict[str, Any]:
    """Return how it stands with an action that somebody has to write: nothing here does so from a sentence."""
    if not wish.strip():
        raise Usage("what is the action to do?", hint='skillkit action create "DESCRIPTION" --connectionId ID')
    near = [_compact(row) for row in workspace().catalog.rows(app, wish, NEAREST)]
    line = f"skillkit action create --key KEY --connectorKey {app or 'KEY'} --config '{REQUEST}'"
    run = "run one of `nearest` if it does what is wanted (skillkit action run ID); else "
    steps = f"{run if near else ''}look the request up in the app's own API reference, and write it down: {line}"
    return {
        "key": "",
        "description": wish,
        **({"connectorKey": app} if app else {}),
        "state": "SETUP_FAILED",
        "error": {"message": "no action is built from a sentence here yet", "hint": line},
        "nearest": near,
        "agentInstructions": steps[:1].upper() + steps[1:],
    }


def _json(text: str, name: str) -> Any:
    return words.document_of(words.text_of(text), f"--{name}") if text else None


def _changes(text: str) -> dict[str, Any]:
    said = _json(text, "data")
    if not isinstance(said, dict) or not said:
        raise Usage("--data takes one JSON object that says what changes", hint='--data \'{"name": "All things"}\'')
    return said


_DATA: Final = flag("--data", default="", metavar="JSON", help="name, description, config, inputSchema; or @file, or -.")


@action.command("update")
@click.argument("action_id", metavar="ACTION")
@scope_flags
@_DATA
def update_action(action_id: str, data: str, **given: Any) -> Any:
    """Change ACTION, one of your own; what is not named stays."""
    from skillkit import own

    return own.update(workspace(), *own.meant(workspace(), *named(action_id, given)), _changes(data))


@action.command("replace")
@click.argument("action_id", metavar="ACTION")
@scope_flags
@_DATA
def replace_action(action_id: str, data: str, **given: Any) -> Any:
    """Write ACTION, one of your own, anew."""
    from skillkit import own

    return own.replace(workspace(), *own.meant(workspace(), *named(action_id, given)), _changes(data))


@action.command("delete")
@click.argument("action_id", metavar="ACTION")
@scope_flags
def delete_action(action_id: str, **given: Any) -> Any:
    """Delete ACTION, one of your own; what it did in the app stays done."""
    from skillkit import own

    return own.delete(workspace(), *own.meant(workspace(), *named(action_id, given)))
