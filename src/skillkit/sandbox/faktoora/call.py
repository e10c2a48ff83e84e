"""One request to faktoora as its handlers see it, the account it is about, and what they may answer."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.datastructures import QueryParams

from skillkit.sandbox.faktoora import jobs, options, papers
from skillkit.sandbox.faktoora.papers import Checked, Files, Seen
from skillkit.sandbox.state import State
from skillkit.sandbox.vendor import Settings

Document = dict[str, Any]

# CHOICE: codes of errors
CODES: Final[Mapping[int, str]] = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    409: "CONFLICT",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    423: "LOCKED",
    425: "TOO_EARLY",
}

# What is wrong, each with its field.
Problems = Sequence[tuple[str, str]]


class Refused(Exception):
    """The request is answered by an error."""

    def __init__(self, status: int, message: str, problems: Problems = ()) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.document: Document = {"code": CODES[status], "statusCode": status, "message": message}
        if problems:
            self.document["errors"] = [{"field": name, "message": text} for name, text in problems]


class Unready(Refused):
    """What is asked for is not there yet; that it was asked for is remembered."""


def invalid(problems: Problems) -> Refused:
    """Return an error that is about fields."""
    # CHOICE: errors of fields
    return Refused(400, "; ".join(f"{name} {text}" for name, text in problems[:20]), problems)


def missing(noun: str) -> Refused:
    """Return the error for a record that is not there."""
    return Refused(404, f"{noun} not found")


@dataclass(frozen=True, slots=True)
class Tools:
    """What the work is done with: the e-invoices, the way to a webhook, and where long work runs."""

    check: Callable[[Document], Checked] = papers.check
    make: Callable[[Document], Files] = papers.make
    look: Callable[[bytes, str], Seen] = papers.look
    report: Callable[[str, Sequence[str]], bytes] = papers.report
    # Posts a body to a URL; an OSError when nobody took it.
    post: Callable[[str, bytes], None] = jobs.loopback
    # Starts a job in a lane of its own kind, and returns at once.
    start: Callable[[str, jobs.Job], None] = jobs.in_thread


@dataclass(frozen=True, slots=True)
class Account:
    """What belongs to the account, whoever asks."""

    state: State
    settings: Settings
    tools: Tools

    def option(self, name: str) -> str:
        """Return how a switch stands."""
        return self.settings.options.get(name, options.OPTIONS[name][0])

    def stamp(self) -> str:
        """Return the moment, as a record's timestamp."""
        moment = self.settings.now()
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment * 1000) % 1000:03}Z"

    def create(self, table: str, id: str, document: Document) -> Document:  # noqa: A002 - the word of the vendor
        """Keep a new record."""
        stamp = self.stamp()
        whole = {**document, "createdAt": stamp, "updatedAt": stamp}
        self.state.add(table, id, whole)
        return whole

    def update(self, table: str, id: str, document: Document) -> Document:  # noqa: A002 - the word of the vendor
        """Keep a record as it is now."""
        whole = {**document, "updatedAt": self.stamp()}
        self.state.put(table, id, whole)
        return whole


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a request."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no JSON."""

    content: bytes
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A request of somebody who has a key."""

    account: Account
    # What stands in the braces of the path.
    ids: Mapping[str, str] = field(default_factory=dict)
    query: QueryParams = field(default_factory=QueryParams)
    body: Any = None
    file: Upload | None = None
    accept: str = ""
    # Filled by the handler: what is to be done once its changes are kept.
    later: list[jobs.Job] = field(default_factory=list)

    @property
    def state(self) -> State:
        return self.account.state

    def record(self, table: str, noun: str, id: str = "id") -> Document:  # noqa: A002 - the word of the vendor
        """Return the record that the path names."""
        found = self.state.find(table, self.ids[id])
        if found is None:
            raise missing(noun)
        return found

    def upload(self) -> Upload:
        """Return the file of a request that must have one."""
        if self.file is None:
            raise invalid((("file", "is required"),))
        return self.file


def opaque() -> str:
    """Return an id in which nothing can be read."""
    # CHOICE: opaque ids
    return os.urandom(10).hex()


def uuid() -> str:
    """Return a random UUID."""
    number = int.from_bytes(os.urandom(16))
    digits = f"{number & ~(0xF << 76) & ~(0x3 << 62) | 0x4 << 76 | 0x2 << 62:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
