"""Records whose files take a while: when their work is over, and when a caller hears that it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from skillkit.sandbox.faktoora import options
from skillkit.sandbox.faktoora.call import Account, Call, Document, Refused, Unready

MADE: Final = "made"
FAILED: Final = "failed"
DONE: Final = "done"


def begun(account: Account) -> Document:
    """Return what a new record keeps about its work."""
    # CHOICE: how long a job takes
    polls = int(account.settings.options.get("polls", options.POLLS))
    return {"_work": "", "_waits": polls, "_since": account.settings.now()}


def pending(account: Account) -> str:
    """Return the word for work that is not over."""
    # CHOICE: words of jobStatus
    return account.settings.options.get("pending", options.PENDING)


def status(account: Account, row: Document) -> str:
    """Return how the work on a record stands."""
    if row["_work"] == FAILED:
        return FAILED
    return DONE if row["_work"] == MADE and _due(account, row) else pending(account)


def settled(call: Call, table: str, key: str, row: Document) -> bool:
    """Say whether the work on a record is over; to be told that it is not counts as one poll."""
    if status(call.account, row) != pending(call.account):
        return True
    if row["_waits"]:
        call.state.put(table, key, {**row, "_waits": row["_waits"] - 1})
    return False


def demand(call: Call, table: str, key: str, row: Document) -> None:
    """Refuse what needs the files of a record while there are none."""
    if not settled(call, table, key, row):
        raise Unready(int(call.account.option("notReady")), "the file is not ready yet")
    if row["_work"] == FAILED:
        raise Refused(404, "the file could not be made")


def finish(account: Account, table: str, key: str, change: Callable[[Document], Document]) -> Document | None:
    """Keep a record whose work is over; None when it was deleted meanwhile."""
    with account.state.change():
        row = account.state.find(table, key)
        return None if row is None else account.update(table, key, change(row))


def _due(account: Account, row: Document) -> bool:
    seconds = account.settings.options.get("seconds", "")
    if seconds:
        return bool(account.settings.now() >= row["_since"] + int(seconds))
    return not row["_waits"]
