"""Long work: the threads it runs in, and posting to webhooks of this machine."""

from __future__ import annotations

import functools
import http.client
import sqlite3
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final
from urllib.parse import urlsplit

Job = Callable[[], None]

# A slow receiver of webhooks must not keep invoices from being made.
LANES: Final = {"papers": 1, "post": 4}
PATIENCE: Final = 5.0


def in_thread(lane: str, job: Job) -> None:
    """Run a job in a thread, after those that came to its lane before."""
    _lane(lane).submit(_unless_ending, job).add_done_callback(_show)


@functools.cache
def _lane(name: str) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(LANES[name], f"faktoora-{name}")


def _unless_ending(job: Job) -> None:
    # The interpreter waits for its threads. What is not made now is made when the sandbox starts on this state again.
    if threading.main_thread().is_alive():
        job()


def _show(future: Future[None]) -> None:
    """Print what went wrong in a thread; a state that was closed meanwhile is none of it."""
    error = future.exception()
    if error and not isinstance(error, sqlite3.ProgrammingError):
        sys.excepthook(type(error), error, error.__traceback__)


def loopback(url: str, body: bytes) -> None:
    """Post to this machine; to any other, nothing is sent and nobody answers."""
    place = urlsplit(url)
    if place.scheme != "http" or place.hostname not in {"127.0.0.1", "::1", "localhost"}:
        raise ConnectionRefusedError(f"{url!r} is not on this machine")
    connection = http.client.HTTPConnection(place.hostname, place.port or 80, timeout=PATIENCE)
    path = (place.path or "/") + (f"?{place.query}" if place.query else "")
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        connection.getresponse().read()
    except http.client.HTTPException as error:
        raise ConnectionAbortedError(f"{url!r} does not speak HTTP") from error
    finally:
        connection.close()
