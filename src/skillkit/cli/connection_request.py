"""`skillkit connection-request`: an account asked for and its outcome, over the record of the connection itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import click

from skillkit.cli import client_action
from skillkit.cli.tree import Noun
from skillkit.cli.words import flag, workspace
from skillkit.errors import Usage

if TYPE_CHECKING:
    from skillkit.connection import Connection

Status = Literal["pending", "success", "cancelled", "error"]

STATUS: Final[dict[str, Status]] = {"READY": "success", "CONFIGURATION_ERROR": "error", "SETUP_FAILED": "error"}


def status(connection: Connection) -> Status:
    """Return what has come of a request, by the state of its connection."""
    return "cancelled" if connection.archived else STATUS.get(connection.state, "pending")


@click.group(cls=Noun)
def connection_request() -> None:
    """Ask for an account, and see what came of it."""


@connection_request.command("create")
@flag("--connectorId", "--connectorKey", default="", metavar="KEY", help="The app, as `skillkit connector list` names it.")
@flag("--integrationId", "--integrationKey", default="", metavar="KEY", help="The same, as other tools spell it.")
@flag("--connectionId", "--connectionKey", default="", metavar="ID", help="Sign in again to this connection.")
@flag("--name", default="", metavar="NAME", help="What to call the account.")
def create_request(connector_id: str, integration_id: str, connection_id: str, name: str) -> Any:
    """Begin an account that its user then signs in to, on a page."""
    from skillkit import accounts
    from skillkit.connecting import SignIn

    if len({connector_id, integration_id, connection_id} - {""}) != 1:
        hint = "skillkit connection-request create --connectorKey KEY, or --connectionId ID to sign in again"
        raise Usage("which app? or which connection?", hint=hint)
    space = workspace()
    if not connection_id:
        app = space.catalog.connector(connector_id or integration_id).id
        return _request(accounts.begin(space, SignIn(app, None, name=name)), again=True)
    known = accounts.current(space, space.connection(connection_id))
    if not known.connector:
        return _request(known)
    return _request(accounts.begin(space, SignIn(known.connector, None, name=name), known.id), again=True)


@connection_request.command("get")
@click.argument("request_id", metavar="REQUEST")
def show_request(request_id: str) -> Any:
    """Show what has come of REQUEST; while it is pending, with where its user signs in."""
    from skillkit import accounts

    space = workspace()
    return _request(accounts.current(space, space.connection(request_id)))


def _request(connection: Connection, *, again: bool = False) -> dict[str, Any]:
    """Return a request as older skills know it; it goes by the id of its connection."""
    action = client_action.document(workspace(), connection, again=again).get("clientAction", {})
    outcome = status(connection)
    document: dict[str, Any] = {"requestId": connection.id, "url": action.get("uiUrl", ""), "status": outcome}
    document |= {"resultConnectionId": connection.id} if outcome == "success" else {}
    document |= {"resultError": connection.error or connection.state} if outcome == "error" else {}
    told = action.get("agentInstructions")
    return document | ({"agentInstructions": told} if told else {})
