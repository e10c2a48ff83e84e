"""A whole process that runs a command, as a shell starts it."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

SKILLKIT = [sys.executable, "-m", "skillkit"]


def environment(home: Path | str, **more: str) -> dict[str, str]:
    """Return the environment of a shell that has never heard of this suite."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "PYTHONPATH", "SYSTEMROOT"}}
    return {**kept, "SKILLKIT_HOME": str(home), "HOME": str(Path(home).parent), **more}


def ended(
    home: Path | str, *words: str, given: bytes = b"", env: Mapping[str, str] | None = None, code: str = ""
) -> subprocess.CompletedProcess[bytes]:
    """Run a command, or Python code in its place, to its end."""
    command = [sys.executable, "-c", code, *words] if code else [*SKILLKIT, *words]
    return subprocess.run(
        command, input=given, capture_output=True, env=environment(home, **(env or {})), timeout=30, check=False
    )


def at_a_terminal(
    home: Path | str,
    *words: str,
    answers: Sequence[str | Callable[[str], str]] = (),
    columns: int = 60,
    env: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """
    Run a command at a terminal of its own, and answer what it asks; return its exit code and all that it shows.

    An answer may be made of what was shown until then.
    """
    process, terminal = pty.fork()
    if not process:
        os.execve(SKILLKIT[0], [*SKILLKIT, *words], environment(home, TERM="xterm", LANG="C.UTF-8", **(env or {})))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    shown, left = b"", list(answers)
    while piece := _read(terminal):
        shown += piece
        if left and shown.endswith(b": "):
            # The terminal is told not to show a secret a moment after the question.
            time.sleep(0.05)
            answer = left.pop(0)
            os.write(terminal, f"{answer(shown.decode()) if callable(answer) else answer}\n".encode())
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        # How Linux says that nobody is at the other end any more.
        return b""
