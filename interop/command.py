"""The real command, in a process of its own and with a home of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SKILLKIT = [sys.executable, "-m", "skillkit"]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """The one document on stdout."""
        assert self.stdout, self.stderr
        return json.loads(self.stdout)

    @property
    def error(self) -> Any:
        """What `--json` says of a failure, on its last line."""
        assert self.code, self.stdout
        return json.loads(self.stderr.splitlines()[-1])["error"]


@dataclass(frozen=True, slots=True)
class Home:
    """A home folder, and the commands that are typed in it."""

    path: Path

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a shell that has never heard of this suite, and has no screen."""
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "PYTHONPATH"}}
        return {**kept, "SKILLKIT_HOME": str(self.path), "HOME": str(self.path.parent), **more}

    def start(self, *words: str, json: bool = True, **more: str) -> subprocess.Popen[bytes]:
        """Start a command and do not wait for it."""
        spoken = [*SKILLKIT, *words, *(["--json"] if json else [])]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(spoken, env=self.environment(**more), **pipes)  # type: ignore[call-overload,no-any-return]

    def run(self, *words: str, given: str = "", seconds: float = 60) -> Ended:
        """Run a command to its end."""
        with self.start(*words) as process:
            return waited(process, given, seconds)

    def ok(self, *words: str, given: str = "", code: int = 0) -> Any:
        """Run a command that ends with `code`, and return its document."""
        ended = self.run(*words, given=given)
        assert ended.code == code, f"{words} ended with {ended.code}: {ended.stdout}{ended.stderr}"
        return ended.document

    def state(self, connection: str) -> tuple[str, str]:
        """Return the state of a connection, and what is wrong with it."""
        found = self.ok("connection", "get", connection)
        return found["state"], str(found.get("error") or "")


def waited(process: subprocess.Popen[bytes], given: str = "", seconds: float = 60) -> Ended:
    """Return how a started command ends."""
    try:
        out, err = process.communicate(given.encode(), timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"{process.args!r} did not end: {out!r} {err!r}") from None
    return Ended(process.returncode, out.decode(), err.decode())


@contextmanager
def sandboxes(home: Home) -> Iterator[dict[str, Any]]:
    """Run the vendors' sandboxes; by vendor: where it is, and what it takes."""
    with home.start("sandbox", "start") as server:
        try:
            assert server.stdout
            rows = json.loads(server.stdout.readline())["items"]
            yield {row["key"]: row for row in rows}
        finally:
            server.send_signal(signal.SIGINT)
            waited(server, seconds=10)
