"""Which agent is asking: what its environment tells, or what `skillkit login` has written down."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from skillkit import agent as agents
from skillkit import home
from skillkit.agent import Agent
from skillkit.errors import InvalidInput

if TYPE_CHECKING:
    from skillkit.workspace import Workspace

FILE: Final = "session.json"


def agent(space: Workspace, environ: Mapping[str, str] = os.environ) -> Agent:
    """Return the agent that is asking; one without a name where nothing tells."""
    # What is there with an agent and without it tells less than what somebody has said.
    return agents.guessed(environ, surely=True) or recorded(space) or agents.guessed(environ) or agents.UNNAMED


def recorded(space: Workspace) -> Agent | None:
    """Return the agent that was written down, if one was."""
    path = _path(space)
    if not home.found(path):
        return None
    # A file that a person or a disk has damaged says nothing, and nothing depends on it.
    with suppress(ValueError, TypeError, KeyError, AttributeError, InvalidInput):
        return agents.known(json.loads(home.read_whole(path))["agent"])
    return None


def record(space: Workspace, asking: Agent) -> None:
    """Write down which agent is asking, for the commands that cannot tell."""
    home.prepare(space.home)
    path = _path(space)
    # It is refused like any file of ours that others can reach, and not written over.
    home.found(path)
    home.write_whole(path, json.dumps({"agent": asking.title}).encode())


def forget(space: Workspace) -> None:
    """Forget what was written down."""
    path = _path(space)
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise home.unusable(path, error) from error


def _path(space: Workspace) -> str:
    return os.path.join(space.home, FILE)
