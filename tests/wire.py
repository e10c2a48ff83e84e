"""What stands for the network and for time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from skillkit.errors import SkillkitError
from skillkit.network import Answer, Stream, Wire


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it went out."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def reply(document: Any = None, status: int = 200, content: bytes | None = None, **headers: str) -> Answer:
    """Return an answer: a document, or bytes as they are; `retry_after=…` is the header Retry-After."""
    body = json.dumps(document).encode() if content is None else content
    kind = {} if content is not None else {"content-type": "application/json"}
    named = kind | {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, tuple(named.items()), iter([body] if body else []))


Reply = Answer | SkillkitError | Callable[[Asked], Answer]


class Replies:
    """A wire that answers from a list, or from a function, and remembers what was asked."""

    def __init__(self) -> None:
        self.replies: list[Reply] | Callable[[Asked], Answer] = []
        self.asked: list[Asked] = []

    def exchange(self, wire: Wire) -> Answer:
        body = b"".join(wire.body.open()) if isinstance(wire.body, Stream) else wire.body
        asked = Asked(wire.method, wire.url, dict(wire.headers), body)
        self.asked.append(asked)
        if callable(self.replies):
            return self.replies(asked)
        if not self.replies:
            pytest.fail(f"nothing answers {wire.method} {wire.url}")
        said = self.replies.pop(0)
        if isinstance(said, SkillkitError):
            raise said
        return said(asked) if callable(said) else said

    @property
    def lines(self) -> list[str]:
        """What was asked, each in a line."""
        return [f"{asked.method} {asked.url}" for asked in self.asked]


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1_750_000_000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
