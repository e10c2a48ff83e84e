"""The page where a person signs in: a process of its own, on this machine alone, for as long as somebody is waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

# Every command that shows a connection may come here; only one that waits for a person loads what it takes.
if TYPE_CHECKING:
    from skillkit.connection import Connection
    from skillkit.workspace import Workspace


def link(workspace: Workspace, connection: Connection) -> str:
    """Return the address, good for one browser, at which a person can sign in to this connection now."""
    from skillkit.signin import process

    return process.link(workspace, connection)
