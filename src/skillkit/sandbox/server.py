"""The sandboxes as real HTTP servers: one process, one port for each, on this machine alone."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from skillkit.sandbox.faults import Drop, Faulty, parse
from skillkit.sandbox.state import State
from skillkit.sandbox.vendor import Settings, Vendor
from skillkit.sandbox.vendors import known, vendor

HOST: Final = "127.0.0.1"

# A web page on another site could name a host of its own that leads here.
OWN_NAMES: Final = {"127.0.0.1", "localhost", "[::1]"}

# With this a closed socket tells the other side that it broke, and not that it is done.
BREAK: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to run, and how."""

    keys: tuple[str, ...] = ()
    # The first vendor's port, and the next ones from there on; 0 is any that is free.
    port: int = 0
    # Where state is kept from one start to the next; "" is in memory.
    state_dir: str = ""
    # "demo" fills an empty state with records.
    seed: str = ""
    # See `faults.parse`.
    faults: str = ""
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that answers: where, and to whom."""

    key: str
    base_url: str
    credential: Mapping[str, str]
    params: Mapping[str, str]


def serve(plan: Plan, told: Callable[[Sequence[Running]], None]) -> None:
    """Run sandboxes until SIGTERM or SIGINT; `told` hears where they are as soon as they answer."""
    with ExitStack() as stack:
        server, places = _prepared(plan, stack)
        for number in (signal.SIGINT, signal.SIGTERM):
            # uvicorn stops at these, and then hands them on to whoever had them before: nobody, so the process ends well.
            stack.callback(signal.signal, number, signal.signal(number, lambda *_: None))
        server.run_until_stopped(lambda: told(places))


@contextmanager
def running(*keys: str, **plan: Any) -> Iterator[dict[str, str]]:
    """Run sandboxes in a thread while the block runs, and give the base URL of each; `plan` takes the fields of `Plan`."""
    with ExitStack() as stack:
        server, places = _prepared(Plan(keys, **plan), stack)
        ready = threading.Event()
        thread = threading.Thread(target=server.run_until_stopped, args=(ready.set,), daemon=True)
        thread.start()
        try:
            if not ready.wait(10):
                raise RuntimeError("the sandboxes did not start")
            yield {place.key: place.base_url for place in places}
        finally:
            server.should_exit = True
            thread.join(10)


def _prepared(plan: Plan, stack: ExitStack) -> tuple[Announcing, list[Running]]:
    """Return a server with everything in place but the loop; what it holds open is the stack's to close."""
    transports: Transports = {}
    sockets, places, apps = [], [], {}
    for number, found in enumerate(vendor(key) for key in plan.keys or known()):
        listening = stack.enter_context(_listening(plan.port + number if plan.port else 0))
        port = listening.getsockname()[1]
        app = _app(found, plan, stack)
        apps[port] = Faulty(app, parse(plan.faults), _dropper(transports)) if plan.faults else app
        sockets.append(listening)
        places.append(Running(found.key, f"http://{HOST}:{port}{found.prefix}", found.credential, found.params))
    config = uvicorn.Config(
        _by_port(apps),
        http=_protocol(transports),
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    return Announcing(config, sockets), places


def _app(found: Vendor, plan: Plan, stack: ExitStack) -> ASGIApp:
    if plan.state_dir:
        os.makedirs(plan.state_dir, exist_ok=True)
    state = State(os.path.join(plan.state_dir, f"{found.key}.db") if plan.state_dir else ":memory:")
    stack.callback(state.close)
    if plan.seed and state.empty():
        with state.change():
            found.seed(state)
    return found.app(state, plan.settings)


def _listening(port: int) -> socket.socket:
    # Only of a socket that says it is TCP does asyncio take Nagle's delay, 40 ms a call on a connection that is kept.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name != "nt":
        # On Windows it would let two programs have the same port.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise OSError(error.errno, f"port {port}: {(error.strerror or '').lower()}") from None
    return listening


class Announcing(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket]) -> None:
        super().__init__(config)
        self._sockets = sockets
        self._told: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._told()

    def run_until_stopped(self, told: Callable[[], None]) -> None:
        """Answer until a signal or `should_exit` says to stop."""
        self._told = told
        asyncio.run(self.serve(sockets=self._sockets))


def _by_port(apps: Mapping[int, ASGIApp]) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
        if host.rpartition(":")[0] not in OWN_NAMES:
            await PlainTextResponse(f"{host!r} is not this machine", 421)(scope, receive, send)
            return
        await apps[scope["server"][1]](scope, receive, send)

    return app


Transports = dict[Any, asyncio.Transport]


def _protocol(transports: Transports) -> type[H11Protocol]:
    class Remembered(H11Protocol):
        """Remembers which connection a request came by, since an app cannot cut it otherwise."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            transports[transport.get_extra_info("peername")] = transport
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            transports.pop(self.transport.get_extra_info("peername"), None)
            super().connection_lost(exc)

    return Remembered


def _dropper(transports: Transports) -> Drop:
    async def drop(scope: Scope, receive: Receive, *, broken: bool) -> None:
        transport = transports[tuple(scope["client"])]
        if broken:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, BREAK)
            transport.abort()
        else:
            transport.close()
        # Returning before uvicorn knows that it is gone would have it answer 500 into the void, and log it.
        while (await receive())["type"] != "http.disconnect":
            pass

    return drop
