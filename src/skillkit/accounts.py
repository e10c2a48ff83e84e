"""Connecting accounts and letting go of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from skillkit import connecting, run
from skillkit.connecting import SignIn
from skillkit.connection import Connection, free_key, step
from skillkit.connector import Connector
from skillkit.errors import Conflict
from skillkit.run import Options
from skillkit.secret import Secret
from skillkit.workspace import Workspace, stamp, token

if TYPE_CHECKING:
    from skillkit.auth import Credential


def connect(workspace: Workspace, said: SignIn, connection: str = "") -> Connection:
    """Connect an account, or sign in again to one that is; nothing is kept of what the app refuses."""
    known = workspace.connection(connection) if connection else None
    connector = workspace.catalog.connector(known.connector if known else said.connector)
    now = stamp(workspace.now())
    blank = known or Connection(token()[:20], "", "", connector.id, "", created_at=now)
    fresh, credential = connecting.opened(connector, said, replace(blank, updated_at=now))
    if said.check:
        _prove(workspace, connector, fresh, {name: Secret(value) for name, value in credential.items()})
    state = step(step(fresh.state, "opened"), "proved" if said.check else "trusted")
    settled = replace(fresh, state=state, error="")
    workspace.vault.put(settled.id, credential)
    if known:
        workspace.store.replace(settled)
        return settled
    return _added(workspace, settled, said.key)


def disconnect(workspace: Workspace, name: str) -> Connection:
    """Forget a connection and its credential."""
    connection = workspace.connection(name)
    # The credential first: a connection without one can be mended, a credential without one is never found.
    workspace.vault.drop(connection.id)
    workspace.store.remove(connection.id)
    return connection


def _added(workspace: Workspace, connection: Connection, key: str) -> Connection:
    while True:
        taken = {one.key for one in workspace.store.connections()}
        settled = replace(connection, key=key or free_key(connection.connector, taken))
        try:
            workspace.store.add(settled)
        except Conflict:
            # Another command took the key a moment ago; only one that the person chose is worth an error.
            if key:
                workspace.vault.drop(connection.id)
                raise
        else:
            return settled


def _prove(workspace: Workspace, connector: Connector, connection: Connection, credential: Credential) -> None:
    if not connector.access.check:
        return
    action = workspace.catalog.action(connector.id, connector.access.check)
    world, _ = workspace.world(replace(connection, state="READY"), fetch=lambda: credential)
    run.run(action, {"limit": 1} if action.items else {}, world, Options())
