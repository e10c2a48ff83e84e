"""What the commands and the page's process tell each other: at which port it answers, and which links lead where."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any, Final, NamedTuple

# The row of the store that they share.
KEY: Final = "signin"
# An agent that asks again and again gets no more than these.
MOST: Final = 50


class Waiting(NamedTuple):
    """A link as it is written down: whose account it is for, and whether a browser has opened it."""

    connection: str
    opened: bool = False
    # The account was ready when the link was asked for: that it is ready later ends nothing.
    ready: bool = False


class Row(NamedTuple):
    """All that is written down; no port means that no process answers."""

    port: int = 0
    links: dict[str, Waiting] = {}  # noqa: RUF012 - nobody writes to it


def read(text: str) -> Row:
    """Return what a text says; one that makes no sense says nothing."""
    try:
        document: Any = json.loads(text)
        links = {str(token): Waiting(str(one[0]), *map(bool, one[1:3])) for token, one in document["links"].items()}
        return Row(int(document["port"]), links)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return Row()


def written(row: Row) -> str:
    """Return the row as a text."""
    return json.dumps({"port": row.port, "links": row.links}, separators=(",", ":"))


def asked(connection: str, token: str, *, ready: bool = False) -> Callable[[str], tuple[str, str]]:
    """Return the step of a command that wants a link: it gets the address of one, new or not opened yet, if a process answers."""

    def step(text: str) -> tuple[str, str]:
        row = read(text)
        if not row.port:
            return text, ""
        for known, one in row.links.items():
            if (one.connection, one.opened) == (connection, False):
                return text, address(row.port, known)
        kept = dict([*row.links.items()][-(MOST - 1) :])
        return written(Row(row.port, {**kept, token: Waiting(connection, ready=ready)})), address(row.port, token)

    return step


def cleared(_: str) -> tuple[str, None]:
    """Take away what a process left behind that is no more."""
    return "", None


def published(port: int) -> Callable[[str], tuple[str, None]]:
    """Return the step of a process that answers from now on."""
    return lambda _: (written(Row(port)), None)


def settled(port: int, over: Collection[str], opened: Collection[str], *, idle: bool) -> Callable[[str], tuple[str, Row]]:
    """
    Return the step of the process that says which links are over and which were opened, and hears which are new.

    One that is `idle` goes out of the row in the same moment in which nobody waits: then it has to end.
    """

    def step(text: str) -> tuple[str, Row]:
        row = read(text)
        # Whoever holds the lock is right about the port; a store that was damaged may have forgotten it.
        known = row.links if row.port == port else {}
        links = {token: one._replace(opened=token in opened) for token, one in known.items() if token not in over}
        if idle and not links:
            return "", Row()
        return written(Row(port, links)), Row(port, links)

    return step


def address(port: int, token: str) -> str:
    """
    Return the address of a link.

    >>> address(8123, "c0ffee")
    'http://127.0.0.1:8123/s/c0ffee'
    """
    return f"http://127.0.0.1:{port}/s/{token}"
