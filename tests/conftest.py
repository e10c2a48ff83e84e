"""What carries the suite: a wire that answers, a workspace on it, a command that is typed; and no network beyond this machine."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import tests.guard  # noqa: F401 - it watches every socket
from skillkit import accounts
from skillkit.connecting import SignIn
from skillkit.connection import Connection
from skillkit.workspace import Workspace, shipped
from tests.wire import Clock, Replies

FICTIONAL = Path(__file__).parent / "data" / "connectors"


@pytest.fixture
def wire() -> Iterator[Replies]:
    """Stands for the network; a reply that nobody asked for fails the test."""
    replies = Replies()
    yield replies
    assert callable(replies.replies) or not replies.replies, f"never asked for: {replies.replies}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a compiled catalog and a vault, made once: what a second command finds."""
    home = tmp_path_factory.mktemp("furnished") / "home"
    space = Workspace(str(home), folders=(shipped(), str(FICTIONAL)))
    space.catalog.count()
    space.catalog.close()
    space.vault.init("keyfile")
    return home


@pytest.fixture
def workspace(tmp_path: Path, furnished: Path, wire: Replies, clock: Clock) -> Iterator[Workspace]:
    """The real thing on a home of its own, with every shipped connector and the fictional ones, and time that does not pass."""
    home = tmp_path / "home"
    shutil.copytree(furnished, home)
    space = Workspace(
        str(home),
        folders=(shipped(), str(FICTIONAL)),
        network=wire,
        sleep=clock.sleep,
        now=clock.now,
        chance=lambda: 0.5,
    )
    yield space
    space.store.close()
    space.catalog.close()


@pytest.fixture
def beside(workspace: Workspace) -> Iterator[Callable[..., Workspace]]:
    """Opens the same home again, as another process does; real time passes there."""
    with ExitStack() as spaces:

        def opened(**settings: Any) -> Workspace:
            space = Workspace(workspace.home, folders=(shipped(), str(FICTIONAL)), **settings)
            spaces.callback(space.close)
            return space

        yield opened


@dataclass(frozen=True, slots=True)
class Typed:
    """What a command printed, and how it ended."""

    exit_code: int
    stdout: str
    stderr: str


@pytest.fixture
def skillkit(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Typed]:
    """Types a command: `skillkit("action", "list", "--json", input="…")`."""

    def typed(*words: str, input: str | bytes | None = None) -> Typed:  # noqa: A002 - click's own word for it
        from skillkit.cli.main import main

        given = input.encode() if isinstance(input, str) else input or b""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"))
        monkeypatch.setattr(sys, "excepthook", sys.excepthook)
        with ExitStack() as streams:
            streams.enter_context(redirect_stdout(out))
            streams.enter_context(redirect_stderr(err))
            code = main(words, workspace, lambda _, connection: f"http://127.0.0.1:1/s/{connection.key}")
        return Typed(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))

    return typed


@pytest.fixture
def connected(workspace: Workspace) -> Callable[..., Connection]:
    """Connects an account without asking its app."""

    def connect(connector: str, auth: str = "", credential: Mapping[str, str] | None = None, **changes: Any) -> Connection:
        credential = credential or {"api_key": "canary-5f2e9c71d4"}
        said = SignIn(connector, dict(credential), auth=auth, check=False, **changes)
        return accounts.connect(workspace, said)

    return connect
