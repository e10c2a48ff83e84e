"""No test reaches beyond this machine; which addresses are dialled can be watched."""

from __future__ import annotations

import sys
import threading
from typing import Any

LOOPBACK = ("127.", "::1", "localhost")

# The addresses that the watching test's own thread dialled; elsewhere nobody watches.
WATCHED = threading.local()


class Beyond(BaseException):
    """A test reached for another machine; no handler of ours takes it for an app that is down."""


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    address, watched = str(arguments[1][0]), getattr(WATCHED, "addresses", None)
    if watched is not None:
        watched.append(address)
    if address.startswith(LOOPBACK):
        return
    if watched is not None:
        raise ConnectionRefusedError(address)
    raise Beyond(f"a test connects to {arguments[1]}")


# A hook of the interpreter sees every socket, whoever opens it; it cannot be taken out, and need not be.
sys.addaudithook(_guard)
