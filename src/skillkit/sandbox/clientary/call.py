"""One request to Clientary as its handlers see it, and what they may answer in place of a result."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from skillkit.sandbox.state import State
from skillkit.sandbox.vendor import Settings

Document = dict[str, Any]


class Refused(Exception):
    """The request is answered by an error."""

    def __init__(self, status: int, document: Document, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {document}")
        self.status = status
        self.document = document
        self.headers = dict(headers or {})


def refused(status: int, message: str) -> Refused:
    """Return an error that is about the whole request."""
    return Refused(status, {"error": message})


def invalid(field: str, message: str) -> Refused:
    """Return an error that is about one field."""
    return Refused(422, {"errors": {field: [message]}})


def missing() -> Refused:
    """Return the error for a record that is not there."""
    return refused(404, "Record not found")


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose sender is known."""

    state: State
    settings: Settings
    # The staff member whose token it is.
    user: int
    # What stands in the braces of the path.
    ids: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    def today(self) -> date:
        """Return the date, by the sandbox's clock."""
        return datetime.fromtimestamp(self.settings.now(), UTC).date()

    def stamp(self) -> str:
        """Return the moment, as a record's timestamp."""
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.settings.now()))

    def record(self, *tables: str, id: str = "id") -> Document:  # noqa: A002 - the word of the vendor
        """Return the record that the path names, from the first table that has it."""
        for table in tables:
            if re.fullmatch(r"[0-9]{1,18}", self.ids[id]) and (found := self.find(table, int(self.ids[id]))):
                return found
        raise missing()

    def find(self, table: str, id: int | None) -> Document | None:  # noqa: A002 - the word of the vendor
        """Return the record of an id, or None."""
        return None if id is None else self.state.find(table, str(id))

    def rows(self, table: str, **wanted: Any) -> list[Document]:
        """Return the records of a table whose fields have these values."""
        return [row for row in self.state.rows(table) if all(row[name] == value for name, value in wanted.items())]

    def create(self, table: str, document: Document, counter: str = "") -> Document:
        """Keep a new record, under an id of its own."""
        stamp = self.stamp()
        whole = {"id": self.state.next(counter or table), **document, "created_at": stamp, "updated_at": stamp}
        self.state.add(table, str(whole["id"]), whole)
        return whole

    def update(self, table: str, document: Document) -> Document:
        """Keep a record as it is now."""
        whole = {**document, "updated_at": self.stamp()}
        self.state.put(table, str(whole["id"]), whole)
        return whole

    def remove(self, table: str, document: Document) -> None:
        """Forget a record."""
        self.state.remove(table, str(document["id"]))
