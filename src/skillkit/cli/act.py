"""`skillkit act`: one action, or one request, as newer skills type it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import click

from skillkit.cli import words
from skillkit.cli.action import owner, ran, run_flags, scope_flags
from skillkit.cli.output import notice
from skillkit.cli.request import METHODS, sent
from skillkit.cli.tree import Verb
from skillkit.cli.words import flag, one_of, workspace
from skillkit.errors import ConnectionNotReady, InvalidInput, Problem, UnknownName, Usage

WAYS: Final = ("key", "id", "api", "code")
PARTS: Final = frozenset({"method", "path", "query", "headers", "body"})
# What an action's answer is cut and walked by; a request of one's own has no such thing.
OF_ACTIONS: Final = ("limit", "cursor", "everything", "select", "raw", "since", "no_wait")
EXAMPLE: Final = '--api \'{"method": "GET", "path": "/things"}\''


@click.command(cls=Verb)
@flag("--key", default="", metavar="KEY", help="The action to run, by its key.")
@flag("--id", default="", metavar="ID", help="The action to run, by its id.")
@flag("--api", default="", metavar="JSON", help="A request to send: method, path, query, headers, body; or @file, or -.")
@flag("--code", default="", hidden=True)
@flag("--meta", default="", hidden=True)
@scope_flags
@run_flags
def act(**given: Any) -> Any:
    """Run one action, or send one request, as newer skills type it."""
    ways = [way for way in WAYS if given[way]]
    if "code" in ways:
        raise Usage("--code is not possible: no code from an agent is run here", hint=f"{EXAMPLE}, or --key ACTION")
    if given["meta"]:
        notice("note: --meta says nothing here: what was run is in skillkit run list")
    if len(ways) != 1:
        raise Usage("act takes one of --key, --id and --api", hint=EXAMPLE)
    if not given["api"]:
        return ran(given["key"] or given["id"], given)
    if strange := [name for name in OF_ACTIONS if given[name]]:
        flagged = {"everything": "all", "no_wait": "no-wait"}.get(strange[0], strange[0])
        raise Usage(f"--{flagged} is for actions, and --api is a request", hint="leave it out")
    return sent(_account(given), _request(given), given)


def _account(given: Mapping[str, Any]) -> str:
    """Return the connection that a request goes through: the one that is named, or the only one of the app that is."""
    connection = one_of(given["connection_id"], given["connection_key"])
    app = owner(connection, given["connector"])
    if connection:
        return connection
    if not app:
        raise Usage("which account?", hint="name it with --connectionKey; skillkit connection list shows them")
    own = [one.key for one in workspace().store.connections() if one.connector == app and not one.archived]
    if not own:
        raise ConnectionNotReady(f"no account of {app} is connected", hint=f"skillkit connect --connectorKey {app}")
    if len(own) > 1:
        raise UnknownName(f"{len(own)} accounts of {app} are connected: {', '.join(own)}", hint="name one with --connectionKey")
    return own[0]


def _request(given: Mapping[str, Any]) -> Any:
    """Return the request that `--api` describes, its places filled with what `--input` gives."""
    from skillkit.document import MISSING, fill, names
    from skillkit.request import Request, filled_path, parts

    asked = words.document_of(words.text_of(given["api"]), "--api")
    path = asked.get("path") if isinstance(asked, dict) else None
    if not isinstance(asked, dict) or not isinstance(path, str):
        raise _misfit("--api is one JSON object with a path", "/path")
    if strange := [name for name in asked if name not in PARTS]:
        raise _misfit(f"--api has no {strange[0][:60]!r}", f"/{strange[0]}", f"known are {', '.join(sorted(PARTS))}")
    inputs = words.inputs(given["input"], lambda _, word: word)
    places = set(names([*asked.values()]))
    if lost := [name for name in inputs if name not in places]:
        raise _misfit(f"nothing in --api has a place for {lost[0]!r}", f"/{lost[0]}", 'write "{name}" where it goes')
    # Without an input, a brace is a brace.
    filled: Any = {name: fill(part, inputs, {}) if inputs else part for name, part in asked.items() if name != "path"}
    query, headers = _table(filled, "query"), _table(filled, "headers")
    body = MISSING if filled.get("body") is None else filled["body"]
    method = str(filled.get("method") or ("GET" if body is MISSING else "POST")).upper()
    if method not in METHODS:
        raise Usage(f"{method[:60]!r} is no method that is sent", hint=", ".join(METHODS))
    plain, mark, tail = path.partition("?")
    return Request(
        method=method,
        path=filled_path(plain, inputs),
        query=(*(tail.split("&") if mark else ()), *(part for name, value in query.items() for part in parts(name, value))),
        headers={name: value if isinstance(value, str) else str(value) for name, value in headers.items()},
        body=body,
        encoding="raw" if isinstance(body, str) else "json",
    )


def _table(asked: Mapping[str, Any], part: str) -> dict[str, Any]:
    found = asked.get(part)
    if found is not None and not isinstance(found, dict):
        raise _misfit(f"{part} has values by name", f"/{part}")
    return found or {}


def _misfit(message: str, path: str, hint: str = EXAMPLE) -> InvalidInput:
    return InvalidInput(message, (Problem(message, path, "api"),), hint=hint)
