"""What goes wrong on the way to a server and back, on request: a layer around a sandbox's app."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Drop(Protocol):
    """Closes the connection that a request came by: broken, or after what was sent as if that were all."""

    async def __call__(self, scope: Scope, receive: Receive, *, broken: bool) -> None: ...


TIMES: Final[Mapping[str, float]] = {"ms": 0.001, "s": 1.0}

# By these a caller says who it is; without them every sandbox answers as its vendor does to a credential that is no more.
CREDENTIALS: Final = {b"authorization", b"x-api-key"}

LONGEST_HANG: Final = 300.0

PAGE: Final = b"<!doctype html><title>One moment</title><h1>We will be right back</h1>"

# What proxies and broken servers were seen to put in the place of an answer: status, content type, body.
LIES: Final = (
    (200, b"application/json", PAGE),
    (200, b"text/html; charset=utf-8", PAGE),
    (200, b"application/json", b""),
    (200, b"application/json", b'{"ok": tru'),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that happens to a share of the requests: before the app did its work, after it, or either."""

    name: str
    rate: float
    moment: str = ""


@dataclass(frozen=True, slots=True)
class Faults:
    """What is to go wrong, and how often."""

    faults: tuple[Fault, ...] = ()
    latency: float = 0.0
    # After so many requests the credential is refused; 0 is never.
    expire: int = 0
    retry_after: int = 1
    # What chance is drawn from.
    seed: int = 0


def parse(spec: str) -> Faults:
    """
    Return what a spec says, such as `reset=0.2,429=0.1,hang-after=0.01,latency=50ms,expire=100`.

    `-before` and `-after` say whether the app has done its work when it happens; without them it is the one or the other.

    >>> parse("latency=50ms,reset-after=0.2").faults
    (Fault(name='reset', rate=0.2, moment='after'),)
    """
    found = Faults()
    for word in filter(None, (part.strip() for part in spec.split(","))):
        name, _, value = word.partition("=")
        if name == "latency":
            found = replace(found, latency=_seconds(word, value))
        elif name == "expire":
            found = replace(found, expire=_count(word, value))
        elif name == "retry-after":
            found = replace(found, retry_after=_count(word, value))
        elif name == "seed":
            found = replace(found, seed=_count(word, value))
        else:
            found = replace(found, faults=(*found.faults, _fault(word, name, value)))
    if sum(fault.rate for fault in found.faults) > 1:
        raise ValueError(f"{spec!r} breaks more than every request")
    return found


def _fault(word: str, name: str, value: str) -> Fault:
    name, _, moment = name.partition("-")
    if not (name in KINDS or re.fullmatch(r"5\d\d", name)) or moment not in {"", "before", "after"}:
        raise ValueError(f"{word!r} is no fault; known are {', '.join(KINDS)}, 500 to 599, latency, expire, retry-after, seed")
    if moment not in {"", MOMENTS.get(name, moment)}:
        raise ValueError(f"{word!r} cannot be: {name} happens {MOMENTS[name]} the app did its work")
    try:
        rate = float(value)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise ValueError(f"{word!r} takes a share from 0 to 1")
    return Fault(name, rate, moment or MOMENTS.get(name, ""))


def _seconds(word: str, value: str) -> float:
    if not (found := re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s)", value)):
        raise ValueError(f"{word!r} takes a time such as 50ms or 1.5s")
    return float(found[1]) * TIMES[found[2]]


def _count(word: str, value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"{word!r} takes a whole number")
    return int(value)


@dataclass(slots=True)
class Answer:
    """An answer of the app, held back."""

    messages: list[Message] = field(default_factory=list)

    async def hold(self, message: Message) -> None:
        """Take what the app wants to send."""
        self.messages.append(message)

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(message.get("body", b"") for message in self.messages if message["type"] == "http.response.body")


@dataclass(frozen=True, slots=True)
class Case:
    """A request that something happens to, and what the app answered if it was asked."""

    fault: Fault
    answer: Answer
    scope: Scope
    receive: Receive
    send: Send


async def refuse(scope: Scope, receive: Receive, *, broken: bool) -> None:  # noqa: ARG001 - what a drop takes
    """Close a connection where there is none, as in a test that calls the app itself."""
    await asyncio.sleep(0)
    raise ConnectionResetError(f"the sandbox {'broke' if broken else 'closed'} the connection, as it was told to")


class Faulty:
    """An app around which things go wrong; the same seed and the same order of requests give the same faults."""

    def __init__(self, app: ASGIApp, faults: Faults, drop: Drop = refuse) -> None:
        self._app = app
        self._faults = faults
        self._random = random.Random(faults.seed)  # noqa: S311 - it must repeat, and guards nothing
        self._drop = drop
        self._served = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._served += 1
        fault, moment = self._draw()
        if self._faults.latency:
            await asyncio.sleep(self._faults.latency)
        if self._faults.expire and self._served > self._faults.expire:
            scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0].lower() not in CREDENTIALS]}
        if fault is None:
            await self._app(scope, receive, send)
            return
        answer = Answer()
        if moment == "after":
            await self._app(scope, receive, answer.hold)
        await KINDS.get(fault.name, Faulty.fail)(self, Case(fault, answer, scope, receive, send))

    def _draw(self) -> tuple[Fault | None, str]:
        # Both are always drawn, so that what one request meets does not hang on what the one before it met.
        point, side = self._random.random(), self._random.choice(("before", "after"))
        for fault in self._faults.faults:
            if point < fault.rate:
                return fault, fault.moment or side
            point -= fault.rate
        return None, ""

    async def reset(self, case: Case) -> None:
        """Break the connection."""
        await self._drop(case.scope, case.receive, broken=True)

    async def hang(self, case: Case) -> None:
        """Say nothing until the caller has had enough."""
        try:
            async with asyncio.timeout(LONGEST_HANG):
                while (await case.receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            await self._drop(case.scope, case.receive, broken=True)

    async def truncate(self, case: Case) -> None:
        """Promise the whole answer and send half of it."""
        start, body = case.answer.messages[0], case.answer.body
        kept = [pair for pair in start["headers"] if pair[0].lower() not in {b"content-length", b"transfer-encoding"}]
        # An answer without a body is promised one, or nothing would be missing.
        promised = (b"content-length", str(max(len(body), 1)).encode())
        status = 200 if start["status"] == 204 else start["status"]
        await case.send({**start, "status": status, "headers": [*kept, promised]})
        await case.send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await self._drop(case.scope, case.receive, broken=False)

    async def lie(self, case: Case) -> None:
        """Send something else in the place of the answer."""
        status, kind, body = self._random.choice(LIES)
        await _reply(case.send, status, [(b"content-type", kind)], body)

    async def limit(self, case: Case) -> None:
        """Say that there were too many requests."""
        wait = str(self._faults.retry_after).encode()
        await _reply(case.send, 429, [(b"content-type", b"text/plain"), (b"retry-after", wait)], b"Too Many Requests\n")

    async def fail(self, case: Case) -> None:
        """Say that the server is not well, in the words of what stands before it."""
        await _reply(case.send, int(case.fault.name), [(b"content-type", b"text/html; charset=utf-8")], PAGE)


async def _reply(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


KINDS: Final[Mapping[str, Callable[[Faulty, Case], Awaitable[None]]]] = {
    "reset": Faulty.reset,
    "hang": Faulty.hang,
    "429": Faulty.limit,
    "truncate": Faulty.truncate,
    "lie": Faulty.lie,
}

# Who says "too many" has done nothing; half of an answer, or another one, takes an answer first.
MOMENTS: Final[Mapping[str, str]] = {"429": "before", "truncate": "after", "lie": "after"}
