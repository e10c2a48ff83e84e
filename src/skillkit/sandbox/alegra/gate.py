"""What stands before every operation: who calls, how often, and the headers that say so."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import math
from collections.abc import Callable, Mapping
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from skillkit.sandbox.alegra.problem import Refused, body

WINDOW: Final = 60.0
CALLS: Final = 150


class Pace:
    """How many calls each user has made in the current minute."""

    def __init__(self, limit: int, now: Callable[[], float]) -> None:
        self._limit = limit
        self._now = now
        # When the minute began, and the calls in it.
        self._minutes: dict[str, tuple[float, int]] = {}

    def counted(self, user: str) -> tuple[bool, Mapping[str, str]]:
        """Count a call; return whether it may go on, and the headers that every answer carries."""
        # CHOICE: the minute begins with the first call after the last one ended, and refused calls count.
        now = self._now()
        began, calls = self._minutes.get(user, (now, 0))
        if not 0 <= now - began < WINDOW:
            began, calls = now, 0
        calls += 1
        self._minutes[user] = (began, calls)
        return calls <= self._limit, {
            "X-Rate-Limit-Limit": str(self._limit),
            "X-Rate-Limit-Remaining": str(max(0, self._limit - calls)),
            "X-Rate-Limit-Reset": str(math.ceil(WINDOW - (now - began))),
        }


class Gate:
    """An ASGI layer that counts calls, and refuses those of strangers and those that are too many."""

    def __init__(
        self, app: ASGIApp, *, credential: Mapping[str, str], prefix: str, options: Mapping[str, str], now: Callable[[], float]
    ) -> None:
        self._app = app
        self._user, self._token = credential["email"], credential["token"]
        self._prefix = prefix
        self._options = options
        self._pace = Pace(int(options.get("rate", CALLS)), now)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        known = self._known(dict(scope["headers"]).get(b"authorization", b""))
        # CHOICE: strangers are counted together.
        allowed, headers = self._pace.counted(self._user if known else "")
        refused = self._refusal(scope["path"], known=known, allowed=allowed)

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        if refused is None:
            await self._app(scope, receive, stamped)
            return
        said = json.dumps(body(refused, self._options)).encode()
        kind = [(b"content-type", b"application/json"), (b"content-length", str(len(said)).encode())]
        await stamped({"type": "http.response.start", "status": refused.status, "headers": kind})
        await stamped({"type": "http.response.body", "body": said})

    def _refusal(self, path: str, *, known: bool, allowed: bool) -> Refused | None:
        if not allowed:
            return Refused("Se superó el límite de peticiones por minuto", 429)
        if not path.startswith(f"{self._prefix}/"):
            # Files are behind addresses that only an answer tells.
            return None
        if not known:
            return Refused("Las credenciales no son válidas", 401)
        if self._options.get("plan") == "suspended":
            return Refused("La cuenta está suspendida", 402)
        return None

    def _known(self, header: bytes) -> bool:
        scheme, _, encoded = header.partition(b" ")
        if scheme.lower() != b"basic":
            return False
        try:
            user, _, token = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        except (binascii.Error, ValueError):
            return False
        same_user = hmac.compare_digest(user.lower(), self._user.encode())
        return hmac.compare_digest(token, self._token.encode()) and same_user
