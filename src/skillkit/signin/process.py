"""The page's process: started when a command needs it, found by the lock that it holds, gone when nobody is waited for."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final

from skillkit import home
from skillkit.errors import ConnectionNotReady, SkillkitError
from skillkit.signin import row
from skillkit.workspace import Workspace, token

if TYPE_CHECKING:
    from skillkit.connection import Connection

LOCK: Final = "signin.lock"
PATIENCE: Final = 5.0
# How long a process that starts tries for the lock, which a command may hold for a moment to see whether anybody does.
TRIES: Final = 1.0
PAUSE: Final = 0.02
# In seconds: how often other devices are asked about, and how long the last question may hold up the end.
OFTEN: Final = 1.0
FAREWELL: Final = 0.5
FD: Final = "SKILLKIT_PASSPHRASE_FD"

# What a desktop's keyring and Python need. Nothing else of the environment goes along: a secret may be in it.
KEPT: Final = frozenset(
    {
        "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "HOME", "LANG", "LOGNAME", "PATH", "PYTHONPATH", "PYTHON_KEYRING_BACKEND",
        "TMPDIR", "TZ", "USER", "WAYLAND_DISPLAY",
    }
)  # fmt: skip
KEPT_PREFIXES: Final = ("LC_", "XDG_")


def link(
    workspace: Workspace,
    connection: Connection,
    *,
    start: Callable[[Workspace], None] | None = None,
    patience: float = PATIENCE,
) -> str:
    """Return the address at which a person can sign in to this connection, from a process that answers."""
    asked = row.asked(connection.id, token(), ready=connection.state == "READY")
    deadline = time.monotonic() + patience
    begun = float("-inf")
    while True:
        if _idle(workspace):
            if time.monotonic() - begun > TRIES:
                begun = time.monotonic()
                (start or _start)(workspace)
        elif url := workspace.store.change(row.KEY, asked):
            return url
        if time.monotonic() > deadline:
            raise SkillkitError(
                "the page for signing in does not start on this machine",
                hint=f"at a terminal: skillkit connect --connectionId {connection.key}",
            )
        time.sleep(PAUSE)


def serve(place: str, *, linger: float | None = None) -> None:
    """Answer as long as somebody is waited for in this home; not at all when another process does already."""
    from skillkit.door import Door
    from skillkit.signin.desk import Desk
    from skillkit.signin.links import LINGER, Links
    from skillkit.signin.visit import Passphrase

    descriptor = _locked(place)
    if descriptor < 0:
        return
    try:
        passphrase = Passphrase(_handed_on())
        with closing(Workspace(place, passphrase=passphrase.ask)) as space:
            # The door needs somebody to ask, and whom it asks needs to know its port.
            seat: list[Desk] = []
            door = Door(lambda asked: seat[0].answer(asked))  # noqa: PLW0108 - the seat is taken below
            links = Links(space.store, door.port, time.monotonic, LINGER if linger is None else linger)
            space.store.change(row.KEY, row.published(door.port))
            desk = Desk(space, links, door.port, passphrase)
            seat.append(desk)
            over = threading.Event()
            # Asking takes as long as a server far away takes, and the door must not wait for that.
            asking = threading.Thread(target=_ask, args=(desk.ask, over), daemon=True)
            asking.start()
            try:
                door.serve(lambda: _there(place, descriptor) and links.going())
            finally:
                over.set()
                asking.join(FAREWELL)
    finally:
        os.close(descriptor)


def _ask(ask: Callable[[], None], over: threading.Event) -> None:
    while not over.wait(OFTEN):
        with suppress(SkillkitError):
            ask()


def _start(workspace: Workspace) -> None:
    """Start the process, on its own from then on; nothing secret is in its arguments or its environment."""
    import subprocess
    import sys

    own = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith(KEPT_PREFIXES)}
    own["SKILLKIT_HOME"] = workspace.home
    reading = _passed_on(workspace)
    if reading >= 0:
        own[FD] = str(reading)
    try:
        # -P: nothing that lies in the current folder is taken for one of our modules.
        subprocess.run(
            [sys.executable, "-P", "-m", "skillkit.signin"],
            env=own,
            cwd=workspace.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[reading] if reading >= 0 else [],
            check=False,
        )
    except OSError as error:
        raise SkillkitError(f"the page for signing in cannot be started: {(error.strerror or 'unknown').lower()}") from error
    finally:
        if reading >= 0:
            os.close(reading)


def _passed_on(workspace: Workspace) -> int:
    """Return a descriptor that holds the vault's passphrase, if the command was given it by one; -1 where it was not."""
    from skillkit import keys

    if not os.environ.get(FD) or not os.path.exists(os.path.join(workspace.home, "vault.db")):
        return -1
    # A vault that is there is not changed by this.
    if workspace.vault.init() != "passphrase":
        return -1
    try:
        passphrase = keys.ask_passphrase()
    except SkillkitError:
        # The command has used it up; then the page asks for it.
        return -1
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(passphrase.encode("utf-8", "surrogateescape") + b"\n")
    return reading


def _handed_on() -> str:
    from skillkit import keys

    if not os.environ.get(FD):
        return ""
    try:
        return keys.ask_passphrase()
    except SkillkitError:
        return ""
    finally:
        with suppress(OSError, ValueError):
            os.close(int(os.environ.pop(FD)))


def _idle(workspace: Workspace) -> bool:
    """Return whether no process holds the lock; what one that is no more has written down is taken away."""
    descriptor = _taken(home.prepare(workspace.home))
    if descriptor < 0:
        return False
    try:
        workspace.store.change(row.KEY, row.cleared)
    finally:
        os.close(descriptor)
    return True


def _locked(place: str) -> int:
    deadline = time.monotonic() + TRIES
    while (descriptor := _taken(place)) < 0 and time.monotonic() < deadline:
        time.sleep(PAUSE)
    return descriptor


def _taken(place: str) -> int:
    try:
        import fcntl
    except ImportError:
        raise ConnectionNotReady("the page for signing in needs Linux or macOS", hint="use a terminal there") from None

    descriptor = home.private_file(os.path.join(place, LOCK))
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return -1
    return descriptor


def _there(place: str, descriptor: int) -> bool:
    """Return whether the home is still the one that this process was started for."""
    try:
        return os.path.samestat(os.stat(os.path.join(place, LOCK)), os.fstat(descriptor))
    except OSError:
        return False
