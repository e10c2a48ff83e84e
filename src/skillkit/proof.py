"""Whether an app takes a connection's credential."""

from __future__ import annotations

from dataclasses import replace

from skillkit import run
from skillkit.connection import Connection
from skillkit.errors import SkillkitError, Unauthorized
from skillkit.workspace import Workspace


def prove(workspace: Workspace, connection: Connection, credential: dict[str, str] | None = None) -> None:
    """Ask the app by the connector's check; without a `credential` on trial, with the one that is kept."""
    check = workspace.catalog.connector(connection.connector).access.check
    if not check:
        return
    action = workspace.catalog.action(connection.connector, check)
    world, _ = workspace.world(replace(connection, state="READY"), trial=credential)
    run.run(action, {"limit": 1} if action.items else {}, world)


def doubted(workspace: Workspace, connection: Connection, action: str, refusal: Unauthorized) -> Connection:
    """
    Return the connection after an app has refused its credential in the middle of work.

    One call may be refused for reasons of its own, so the check has the last word on whether its person has to sign in again.
    """
    check = workspace.catalog.connector(connection.connector).access.check
    if action != f"{connection.connector}/{check}":
        try:
            prove(workspace, connection)
        except Unauthorized as error:
            refusal = error
        except SkillkitError:
            # Nobody knows now; the next call will tell.
            return connection
        else:
            return connection
    return workspace.stepped(connection, "refused", f"the app refused the credential: {refusal.message}")
