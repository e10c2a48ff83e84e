"""Connecting accounts and letting go of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from skillkit import connecting, run
from skillkit.connecting import SignIn
from skillkit.connection import Connection, free_key, step
from skillkit.connector import Connector
from skillkit.errors import Conflict, InvalidInput, Problem, SkillkitError
from skillkit.workspace import Workspace, stamp, token

# It is typed on command lines, so it looks like no flag and needs no quotes.
KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def connect(workspace: Workspace, said: SignIn, connection: str = "") -> Connection:
    """Connect an account, or sign in again to one that is; nothing is kept of what the app refuses."""
    known = workspace.connection(connection) if connection else None
    connector = workspace.catalog.connector(known.connector if known else said.connector)
    _check_key(workspace, said.key, known)
    now = stamp(workspace.now())
    blank = known or Connection(token()[:20], "", "", connector.id, "", created_at=now)
    fresh, credential = connecting.opened(connector, said, replace(blank, updated_at=now))
    if said.check:
        _prove(workspace, connector, fresh, credential)
    state = step(step(fresh.state, "opened"), "proved" if said.check else "trusted")
    settled = replace(fresh, state=state, error="")
    workspace.vault.put(settled.id, credential)
    if known:
        workspace.store.replace(settled)
        return settled
    try:
        return _added(workspace, settled, said.key)
    except SkillkitError:
        # A credential without a connection would never be found again.
        workspace.vault.drop(settled.id)
        raise


def disconnect(workspace: Workspace, name: str) -> Connection:
    """Forget a connection and its credential."""
    connection = workspace.connection(name)
    # The credential first: a connection without one can be mended, a credential without one is never found.
    workspace.vault.drop(connection.id)
    workspace.store.remove(connection.id)
    return connection


def _check_key(workspace: Workspace, key: str, known: Connection | None) -> None:
    """Refuse a key that cannot be used, before an app is asked about the credential."""
    if not key or (known and key == known.key):
        return
    if known:
        raise InvalidInput(f"connection {known.key!r} keeps its key", hint="connect without a key, or without an id")
    if not KEY.fullmatch(key):
        problem = Problem("letters, digits, dots, hyphens and underscores, at most 80", "/key", "pattern")
        raise InvalidInput(f"{key[:100]!r} cannot be the key of a connection: {problem.message}", (problem,))
    if any(key in {one.key, one.id} for one in workspace.store.connections()):
        raise Conflict(
            f"there is a connection {key!r} already", hint=f"skillkit connect --connectionId {key} signs in to it again"
        )


def _added(workspace: Workspace, connection: Connection, key: str) -> Connection:
    while True:
        taken = {one.key for one in workspace.store.connections()}
        settled = replace(connection, key=key or free_key(connection.connector, taken))
        try:
            workspace.store.add(settled)
        except Conflict:
            # Another command took the key a moment ago; only one that the person chose is worth an error.
            if key:
                raise
        else:
            return settled


def _prove(workspace: Workspace, connector: Connector, connection: Connection, credential: dict[str, str]) -> None:
    if not connector.access.check:
        return
    action = workspace.catalog.action(connector.id, connector.access.check)
    world, _ = workspace.world(replace(connection, state="READY"), trial=credential)
    run.run(action, {"limit": 1} if action.items else {}, world)
