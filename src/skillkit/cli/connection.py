"""`skillkit connection`: the accounts on this machine, from an address to one that is ready."""

from __future__ import annotations

from typing import Any

import click

from skillkit.cli import client_action, words
from skillkit.cli.tree import Noun
from skillkit.cli.words import flag, wait_flags, workspace
from skillkit.errors import Usage


@click.group(cls=Noun)
def connection() -> None:
    """Connect, see, change and delete accounts."""


@connection.command("ensure")
@click.argument("app", metavar="URL|DOMAIN|NAME")
@flag("--name", default="", metavar="NAME", help="What the account is called; another name is another account.")
@flag("--connectionKey", default="", metavar="KEY", help="The key of the account; another key is another account.")
@flag("--param", multiple=True, metavar="NAME=VALUE", help="What the app needs to know beside the secret (repeatable).")
@wait_flags(30)
def ensure_connection(app: str, name: str, connection_key: str, param: tuple[str, ...], **given: Any) -> Any:
    """Find the account of an app, or begin one: what its user has to do comes with it."""
    from skillkit import accounts
    from skillkit.connecting import SignIn

    space = workspace()
    said = SignIn("", None, name=name, key=connection_key, params=dict(words.pairs(param, "--param")))
    return client_action.told(space, accounts.ensure(space, app, said), given)


@connection.command("list")
@flag("--search", default="", metavar="TEXT", help="Only those whose name, key or app has this in it.")
@flag("--integrationKey", "--connectorKey", default="", metavar="KEY", help="Only accounts of this app.")
@click.option("--archived", is_flag=True, help="Those that are put away, too.")
@flag("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="How many at most.")
@flag("--cursor", default="", metavar="CURSOR", help="Go on where an earlier list ended.")
def list_connections(search: str, integration_key: str, archived: bool, limit: int, cursor: str) -> Any:  # noqa: FBT001 - click's
    """List the accounts, connected and waiting."""
    text, skip, space = search.casefold(), words.place(cursor), workspace()
    found = [
        one
        for one in space.store.connections()
        if text in f"{one.name} {one.key} {one.connector} {one.wanted}".casefold()
        and integration_key in {"", one.connector}
        and (archived or not one.archived)
    ]
    following = skip + limit if len(found) > skip + limit else None
    rows = [client_action.row(one) for one in found[skip : skip + limit]]
    return words.listed(rows, len(found), following, ("key", "name", "connectorKey", "state", "origin"))


@connection.command("get")
@click.argument("name", metavar="CONNECTION")
@wait_flags(30)
def show_connection(name: str, **given: Any) -> Any:
    """Show CONNECTION: its app, its address, its state, and what its user has to do."""
    from skillkit import accounts

    space = workspace()
    return client_action.told(space, accounts.current(space, space.connection(name)), given)


@connection.command("patch")
@click.argument("name", metavar="CONNECTION")
@flag("--data", default="", metavar="JSON", help="What changes: name, connectionKey, connectorParameters; or @file, or -.")
def patch_connection(name: str, data: str) -> Any:
    """Change what CONNECTION is called, or what its app needs to know; where it leads is its user's to say."""
    from skillkit import accounts

    if not data:
        raise Usage("what is to change?", hint='--data \'{"name": "Books 2026"}\'')
    changes = words.document_of(words.text_of(data), "--data")
    if not isinstance(changes, dict):
        raise Usage("--data takes one JSON object", hint='--data \'{"connectorParameters": {"country": "CO"}}\'')
    space = workspace()
    return client_action.document(space, accounts.patch(space, name, changes))


@connection.command("archive")
@click.argument("name", metavar="CONNECTION")
def archive_connection(name: str) -> Any:
    """Put CONNECTION away: its credential is forgotten, and signing in again brings it back."""
    from skillkit import accounts

    space = workspace()
    return client_action.row(accounts.archive(space, name))


@connection.command("delete")
@click.argument("name", metavar="CONNECTION")
def delete_connection(name: str) -> Any:
    """Forget CONNECTION and its credential; the account itself is not touched."""
    from skillkit import accounts
    from skillkit.connection import described

    return {**described(accounts.disconnect(workspace(), name)), "disconnected": True, "deleted": True}
