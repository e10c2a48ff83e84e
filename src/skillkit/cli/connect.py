"""`skillkit connect`: join an account; the secret comes by page, prompt or stdin, never on the command line."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import click

from skillkit.cli import client_action, output, terminal, words
from skillkit.cli.tree import Verb
from skillkit.cli.words import flag, one_of, wait_flags, workspace
from skillkit.errors import UnknownName, Usage

if TYPE_CHECKING:
    from skillkit.connecting import SignIn
    from skillkit.connection import Connection
    from skillkit.workspace import Workspace

# For how long a person at a terminal has a page open.
AT_THE_PAGE: Final = 900


@click.command(cls=Verb)
@flag("--connectorKey", "--connectorId", default="", metavar="KEY", help="The app, as `skillkit connector list` names it.")
@flag("--integrationKey", "--integrationId", default="", metavar="KEY", help="The same, as other tools spell it.")
@flag("--intent", default="", metavar="TEXT", help="The app, by what it is for: only if one alone fits.")
@flag("--connectionId", default="", metavar="ID", help="Sign in again to this connection.")
@flag("--connectionKey", default="", metavar="KEY", help="The key of the new connection.  [default: the app's]")
@flag("--allowMultipleConnections", is_flag=True, help="Another account, also where one waits to be signed in to.")
@flag("--param", multiple=True, metavar="NAME=VALUE", help="What the app needs to know beside the secret (repeatable).")
@flag("--credentials", default="", metavar="-", help="Read the secret from stdin, as one JSON object.")
@flag("--auth", default="", metavar="NAME", help="Which way to sign in.  [default: the app's first]")
@flag("--baseUrl", default="", metavar="URL", help="Another address than the app's own.")
@flag("--name", default="", metavar="NAME", help="What to call the account.")
@flag("--noCheck", is_flag=True, help="Do not ask the app whether it takes the secret.")
@flag("--noBrowser", is_flag=True, help="Print the page's address in place of opening it.")
@flag("--nonInteractive", is_flag=True, help="Ask nothing; print what its user has to do, as where there is no terminal.")
@wait_flags(AT_THE_PAGE)
def connect(connector_key: str, connection_id: str, connection_key: str, **given: Any) -> Any:
    """Connect an account of an app: on a page, at the terminal, or with what is piped in."""
    from skillkit.connecting import SignIn, way

    space = workspace()
    known = space.connection(connection_id) if connection_id else None
    connector = space.catalog.connector(_app(space, known, one_of(connector_key, given["integration_key"]), given["intent"]))
    if set("@?#") & set(given["base_url"]):
        # A secret is as visible there as anywhere on the line, so not even the complaint repeats it.
        raise Usage("--base-url takes no user, no query and no fragment", hint="write it as https://host/path")
    said = SignIn(
        connector=connector.id,
        credentials=None,
        auth=way(connector.access, given["auth"] or (known.auth if known else "")).name,
        params=dict(words.pairs(given["param"], "--param")),
        base_url=given["base_url"],
        name=given["name"],
        key=connection_key,
        check=not given["no_check"],
    )
    return _signed_in(space, said, known.id if known else "", given)


def _app(space: Workspace, known: Connection | None, key: str, intent: str) -> str:
    """Return the app that is meant: by an account of it, by its key, or by what it is for."""
    if known and known.connector:
        return known.connector
    if key or not intent:
        if not key:
            raise Usage("which app?", hint="skillkit connect --connectorKey KEY; skillkit connector list shows the keys")
        return key
    from skillkit.cli import find

    fitting = [connector.id for connector in find.connectors(space, intent)]
    if len(fitting) != 1:
        listed = f"several apps fit {intent[:80]!r}: {', '.join(fitting[:9])}" if fitting else f"no app fits {intent[:80]!r}"
        raise UnknownName(listed, hint="ask the user which one; skillkit connector list shows all")
    return fitting[0]


def _signed_in(space: Workspace, said: SignIn, known: str, given: dict[str, Any]) -> Any:
    from skillkit import accounts
    from skillkit.connecting import way

    auth = way(space.catalog.connector(said.connector).access, said.auth)
    if given["credentials"]:
        said = replace(said, credentials=terminal.piped(given["credentials"], auth))
        return client_action.row(accounts.connect(space, said, known))
    if given["no_check"] and (given["non_interactive"] or not terminal.present()):
        raise Usage("--no-check is for whoever types or pipes in the secret", hint="leave it out, or add --credentials -")
    # Whoever signs in, on a page or here, has to know to which account.
    begun = accounts.begin(space, said, known, another=given["allow_multiple_connections"])
    if given["non_interactive"] or not terminal.present():
        return client_action.told(space, begun, given, again=True)
    from skillkit.auth import flow
    from skillkit.cli import browser

    if given["no_browser"] or (browser.seen(os.environ) and not given["no_check"]):
        if not given["no_browser"] and browser.opened(words.link(begun), os.environ):
            output.notice("your browser shows where to sign in")
        return client_action.told(space, begun, {**given, "wait": True}, again=True)
    if not given["no_check"] and (url := client_action.page(begun)[0]):
        output.notice(f"sign in at {url} in a browser on this computer, or here:")
    said = replace(said, credentials=terminal.asked(auth))
    if flow(auth):
        said = terminal.consented(space, begun, said)
    return client_action.row(accounts.connect(space, said, begun.id))
