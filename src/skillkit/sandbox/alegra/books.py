"""One company's books: its documents, the vendor's switches and the clock, and what happened that a webhook tells."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Final

from skillkit.sandbox.state import State
from skillkit.sandbox.vendor import Settings

Document = dict[str, Any]

# CHOICE: the day turns where the demo company is.
BOGOTA: Final = timezone(timedelta(hours=-5))


@dataclass(frozen=True, slots=True)
class Books:
    """What an operation works on."""

    state: State
    settings: Settings
    # Filled while a request is served: the event, and the document it is about.
    told: list[tuple[str, Document]] = field(default_factory=list)

    def option(self, name: str, otherwise: str = "") -> str:
        return self.settings.options.get(name, otherwise)

    def country(self) -> str:
        return self.option("country", "colombia")

    def today(self) -> date:
        return self._moment().date()

    def stamp(self) -> str:
        """Return the moment as the vendor writes one."""
        return self._moment().strftime("%Y-%m-%d %H:%M:%S")

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self.settings.now(), UTC).astimezone(BOGOTA)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a request."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, read: what its path names, its query, its body or file, and where the server is."""

    names: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None
    file: Upload | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    body: Any
    status: int = 200


def done(message: str) -> Answer:
    """Return the answer of what succeeds and has nothing to show."""
    return Answer({"code": 200, "message": message})


def _numeric(books: Books, counter: str) -> str:
    return str(books.state.next(f"id {counter}"))


def _integer(books: Books, counter: str) -> int:
    return books.state.next(f"id {counter}")


def _uuid(books: Books, counter: str) -> str:
    moment = int(books.settings.now() * 1000) & (1 << 48) - 1
    # The place of a sub-millisecond counter: ids of one moment sort as they were given.
    place = books.state.next(f"id {counter}") & 0xFFF
    chance = int.from_bytes(os.urandom(8), "big") & (1 << 62) - 1
    digits = f"{moment << 80 | 7 << 76 | place << 64 | 2 << 62 | chance:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


IDS: Final = {"numeric": _numeric, "integer": _integer, "uuid": _uuid}
