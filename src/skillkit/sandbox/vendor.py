"""What a vendor's sandbox is made of: its address, its demo credential, its app, and what was chosen where nobody knows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.applications import Starlette

from skillkit.sandbox.state import State


@dataclass(frozen=True, slots=True)
class Choice:
    """What the sandbox does where the vendor's documents say nothing, and why."""

    topic: str
    choice: str
    why: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What a sandbox is given from outside: the clock, and the vendor's own switches."""

    now: Callable[[], float] = time.time
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor's sandbox."""

    key: str
    # Where its routes begin: "/api/v1".
    prefix: str
    # The demo credential and the connection's parameters, as `skillkit connect` takes them.
    credential: Mapping[str, str]
    params: Mapping[str, str]
    # An app with all routes under the prefix, and the vendor's own errors; no lifespan events are sent to it.
    app: Callable[[State, Settings], Starlette]
    # Fills an empty state with a small believable set of records, all of them fictional.
    seed: Callable[[State], None]
    choices: tuple[Choice, ...] = ()
