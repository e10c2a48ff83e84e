"""What calls an ASGI app with no socket in between."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Heard:
    """What an app answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls an app; `headers` go with every call."""

    app: Any
    prefix: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] = MappingProxyType({}),
        content: bytes = b"",
        **headers: str,
    ) -> Heard:
        """Send a request; `body` goes as JSON, and `content_type="…"` is the header Content-Type."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = content if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"content-type": "application/json"}
        return asyncio.run(self._ask(method, path, urlencode(query, doseq=True), {**self.headers, **kind, **given}, sent))

    async def _ask(self, method: str, path: str, query: str, headers: Mapping[str, str], sent: bytes) -> Heard:
        heard: list[Any] = []
        waiting = [{"type": "http.request", "body": sent}]

        async def receive() -> Any:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            heard.append(message)

        named = [(name.lower().encode(), value.encode()) for name, value in {"host": "127.0.0.1", **headers}.items()]
        scope = {"type": "http", "method": method, "path": self.prefix + path, "raw_path": (self.prefix + path).encode()}
        scope |= {"query_string": query.encode(), "headers": named, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}
        await self.app({**scope, "scheme": "http", "root_path": "", "http_version": "1.1"}, receive, send)
        body = b"".join(message.get("body", b"") for message in heard[1:])
        return Heard(heard[0]["status"], {name.decode(): value.decode() for name, value in heard[0]["headers"]}, body)


def basic(user: str, password: str) -> str:
    """Return the header of HTTP Basic."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()
