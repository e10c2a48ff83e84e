"""`skillkit connection`: the accounts that are connected."""

from __future__ import annotations

from typing import Any

import click

from skillkit.cli import words
from skillkit.cli.tree import Noun
from skillkit.cli.words import flag, workspace


@click.group(cls=Noun)
def connection() -> None:
    """See and delete connected accounts."""


@connection.command("list")
@flag("--search", default="", metavar="TEXT", help="Only those whose name, key or app has this in it.")
@flag("--integrationKey", "--connectorKey", default="", metavar="KEY", help="Only accounts of this app.")
@flag("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="How many at most.")
@flag("--cursor", default="", metavar="CURSOR", help="Go on where an earlier list ended.")
def list_connections(search: str, integration_key: str, limit: int, cursor: str) -> Any:
    """List the connected accounts."""
    from skillkit.connection import described

    text, skip = search.casefold(), words.place(cursor)
    found = [
        one
        for one in workspace().store.connections()
        if text in f"{one.name} {one.key} {one.connector}".casefold() and integration_key in {"", one.connector}
    ]
    following = skip + limit if len(found) > skip + limit else None
    rows = [described(one) for one in found[skip : skip + limit]]
    return words.listed(rows, len(found), following, ("key", "name", "connectorKey", "state", "origin"))


@connection.command("get")
@click.argument("name", metavar="CONNECTION")
def show_connection(name: str) -> Any:
    """Show CONNECTION: its app, its address, its state."""
    from skillkit.connection import described

    return described(workspace().connection(name))


@connection.command("delete")
@click.argument("name", metavar="CONNECTION")
def delete_connection(name: str) -> Any:
    """Forget CONNECTION and its credential; the account itself is not touched."""
    from skillkit import accounts
    from skillkit.connection import described

    return {**described(accounts.disconnect(workspace(), name)), "deleted": True}
