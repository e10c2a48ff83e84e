"""`skillkit action`: find and run what an app can do."""

from __future__ import annotations

from typing import Any

import click

from skillkit.cli import words
from skillkit.cli.output import Lines, notice
from skillkit.cli.tree import Noun, style
from skillkit.cli.words import connection_flags, flag, one_of, workspace
from skillkit.errors import InvalidInput, Usage

FOUND = 10
LISTED = 100
COLUMNS = ("id", "effect", "description")


@click.group(cls=Noun)
def action() -> None:
    """Find and run what an app can do."""


@action.command("list")
@connection_flags
@flag("--connector", "--connectorKey", default="", metavar="KEY", help="Only actions of this app.")
@flag("--intent", default="", metavar="TEXT", help="What you want to do, in your own words.")
@flag("--limit", type=click.IntRange(1, 1000), help=f"How many at most.  [default: {FOUND}; {LISTED} when compact]")
@flag("--cursor", default="", metavar="CURSOR", help="Go on where an earlier list ended.")
@click.option("--compact", is_flag=True, help="One line an action, without the schemas.")
@flag("--maxBytes", type=click.IntRange(0), help="Print no more than this; the whole goes to a file.")
def list_actions(connection_id: str, connection_key: str, intent: str, cursor: str, **given: Any) -> Any:
    """List actions, the best for an intent first."""
    space, owner = workspace(), _owner(one_of(connection_id, connection_key), given["connector"])
    short = given["compact"] or not style().json
    wanted, skip = given["limit"] or (LISTED if short and not intent else FOUND), words.place(cursor)
    found = space.catalog.rows(owner, intent, wanted + 1, skip)
    rows = [_compact(row) if short else row for row in found[:wanted]]
    following = skip + wanted if len(found) > wanted else None
    listed = words.listed(rows, None if intent else space.catalog.count(owner), following, COLUMNS)
    return words.bound(listed.document, "", given["max_bytes"], skip) if style().json else listed


def _owner(connection: str, connector: str) -> str:
    """Return the connector whose actions are meant; empty for all."""
    known = workspace().catalog.known(connector) if connector else ""
    if not connection:
        return known
    found = workspace().connection(connection)
    if known not in {"", found.connector}:
        raise Usage(f"{found.key!r} is a connection to {found.connector}, not to {known}", hint="give one of the two")
    return found.connector


@action.command("get")
@click.argument("action_id", metavar="ACTION")
@connection_flags
def show_action(action_id: str, connection_id: str, connection_key: str) -> Any:
    """Show what ACTION does, takes and gives."""
    space = workspace()
    return space.catalog.row(*space.owner(action_id, one_of(connection_id, connection_key)))


@action.command("run")
@click.argument("action_id", metavar="ACTION")
@connection_flags
@flag("--input", "-i", multiple=True, metavar="INPUT", help="JSON, @file, - for stdin, or name=value (repeatable).")
@flag("--limit", type=click.IntRange(1), help="The most rows of a list.")
@flag("--cursor", default="", metavar="CURSOR", help="Go on where an earlier list ended.")
@click.option("--all", "everything", is_flag=True, help="Every row of a list, one JSON document a line.")
@flag("--select", default="", metavar="PATHS", help="Only these fields, as in id,client.name.")
@click.option("--raw", is_flag=True, help="All the app answered, not only what the connector describes.")
@flag("--since", default="", metavar="DATE", help="Only what changed since then, where the action can tell.")
@flag("--output", default="", metavar="PATH", help="Where a file goes.  [default: the current folder]")
@flag("--maxBytes", type=click.IntRange(0), help="Print no more than this; the whole goes to a file.")
@flag("--noWait", is_flag=True, help="Do not wait for what takes its time; say how to ask for it.")
@click.option("--yes", is_flag=True, help="The user has agreed to what cannot be taken back.")
@flag("--dryRun", is_flag=True, help="Show what would be sent, and send nothing.")
def run_action(action_id: str, connection_id: str, connection_key: str, **given: Any) -> Any:
    """Run ACTION and print its output."""
    from skillkit import calls
    from skillkit.connector import IRREVERSIBLE

    space = workspace()
    known, connection = space.aim(action_id, one_of(connection_id, connection_key))
    call = _call(known, connection.id, given)
    if given["dry_run"]:
        return calls.planned(space, call)
    if known.effect in IRREVERSIBLE:
        # What would not be sent anyway is not worth a question.
        calls.planned(space, call)
        words.confirm(f"{known.id} on {connection.key}", yes=given["yes"])
    if given["everything"]:
        return Lines(*calls.rows(space, call))
    ran = calls.perform(space, call)
    for warning in ran.warnings:
        notice(f"note: {warning}")
    return words.bound({"output": ran.output, "runId": ran.id, "actionRunId": ran.id}, ran.id, given["max_bytes"])


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
