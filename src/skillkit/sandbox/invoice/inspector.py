"""The other side of `inspecting`: asks it to look at a file, and ends it when it takes too long."""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import threading
import time
from typing import Any, Final

from skillkit.sandbox.invoice.untrusted import Refused

# The longest that an honest file took was a third of this.
SECONDS: Final = 20.0


class Inspector:
    """One process next door, started when it is first asked, and again after it had to be ended."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, task: str, content: bytes, kind: str = "") -> dict[str, Any]:
        """Return the answer; raises `Refused` when the process took too long, or came to its end over the file."""
        asked = json.dumps({"task": task, "size": len(content), "kind": kind}).encode() + b"\n" + content
        with self._lock:
            process = self._started()
            try:
                answer = _exchanged(process, asked, time.monotonic() + self.seconds)
            except TimeoutError:
                self._end()
                raise Refused(f"looking at the file took longer than {self.seconds:g} seconds") from None
            except (BrokenPipeError, EOFError):
                self._end()
                raise Refused("looking at the file took more memory than it may, or broke its reader") from None
        return dict(json.loads(answer))

    def close(self) -> None:
        with self._lock:
            self._end()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "skillkit.sandbox.invoice.inspecting"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                bufsize=0,
            )
            for pipe in _pipes(self._process):
                os.set_blocking(pipe, False)
        return self._process

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None


def _pipes(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    if process.stdin is None or process.stdout is None:
        raise BrokenPipeError("the process has no pipes")
    return process.stdin.fileno(), process.stdout.fileno()


def _exchanged(process: subprocess.Popen[bytes], asked: bytes, until: float) -> bytes:
    way_in, way_out = _pipes(process)
    unsent = memoryview(asked)
    while unsent:
        _wait(way_in, until, writing=True)
        unsent = unsent[os.write(way_in, unsent) :]
    answer = bytearray()
    while (size := _size(answer)) is None or len(answer) < size:
        _wait(way_out, until, writing=False)
        got = os.read(way_out, 1 << 20)
        if not got:
            raise EOFError
        answer += got
    return bytes(answer[answer.index(b"\n") + 1 :])


def _size(answer: bytearray) -> int | None:
    """Return how long the whole answer is, with the line that says so; None while that line is not there."""
    line, end, _ = answer.partition(b"\n")
    return int(line) + len(line) + 1 if end else None


def _wait(pipe: int, until: float, *, writing: bool) -> None:
    left = until - time.monotonic()
    ready = select.select([] if writing else [pipe], [pipe] if writing else [], [], max(left, 0))
    if not (ready[0] or ready[1]):
        raise TimeoutError


INSPECTOR: Final = Inspector()
atexit.register(INSPECTOR.close)
