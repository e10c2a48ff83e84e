"""Clientary's API as an app: who may call it, what it speaks, and how it answers."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any, Final, NoReturn

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from skillkit.sandbox.clientary import demo
from skillkit.sandbox.clientary.call import Call, Refused, missing, refused
from skillkit.sandbox.clientary.choices import CHOICES
from skillkit.sandbox.clientary.operations import OPERATIONS, Handler
from skillkit.sandbox.clientary.recurring import make_due
from skillkit.sandbox.state import State
from skillkit.sandbox.vendor import Settings, Vendor

PREFIX: Final = "/api/v2"
SUFFIX: Final = ".json"
LARGEST_BODY: Final = 5_000_000
MINUTE: Final = 60.0

NOT_JSON: Final = "<!doctype html><title>Not acceptable</title><p>Send Accept: application/json, or end the path in .json."


class Suffix:
    """Takes `.json` off a path, and remembers that it was there."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path.endswith(SUFFIX):
            scope = {**scope, "path": path.removesuffix(SUFFIX), "clientary.json": True}
        await self._app(scope, receive, send)


def app(state: State, settings: Settings) -> Starlette:
    """Return the app; an account is never without its owner."""
    if not state.rows("staff"):
        demo.staff(state)
    limit = _limit(settings)
    routes = [
        Route(PREFIX + path, _endpoint(state, settings, limit, handler), methods=[method]) for method, path, handler in OPERATIONS
    ]
    # CHOICE: unknown paths and methods
    nowhere = {404: _nowhere, 405: _nowhere}
    return Starlette(routes=routes, middleware=[Middleware(Suffix)], exception_handlers=nowhere)


def _endpoint(
    state: State, settings: Settings, limit: Callable[[], None], handler: Handler
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            content = await _content(request)
            user = _user(request.headers.get("authorization", ""))
            limit()
            if not (request.scope.get("clientary.json") or "application/json" in request.headers.get("accept", "")):
                # CHOICE: Accept is asked for
                return Response(NOT_JSON, 406, media_type="text/html")
            body = _body(request, content) if request.method in {"POST", "PUT"} else None
            call = Call(state, settings, user, request.path_params, request.query_params, body)
            with state.change():
                make_due(call)
                found = handler(call)
        except Refused as error:
            return _reply(error.status, error.document, error.headers)
        if found is None:
            # CHOICE: status codes
            return Response(status_code=204)
        return _reply(201 if request.method == "POST" else 200, found)

    return endpoint


async def _nowhere(_request: Request, _error: Exception) -> Response:
    error = missing()
    return _reply(error.status, error.document)


def _reply(status: int, document: Any, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json.dumps(document, allow_nan=False), status, headers, "application/json")


def _user(authorization: str) -> int:
    """Return whose token it is: HTTP Basic has it as user name and as password."""
    scheme, _, word = authorization.partition(" ")
    try:
        user, _, password = base64.b64decode(word, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        user = password = ""
    known = demo.TOKEN.encode()
    same = hmac.compare_digest(user.encode(), known) and hmac.compare_digest(password.encode(), known)
    if scheme.lower() != "basic" or not same:
        headers = {"WWW-Authenticate": 'Basic realm="Clientary"'}
        raise Refused(401, {"error": "HTTP Basic: Access denied."}, headers)
    return demo.OWNER


async def _content(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise refused(413, "the body is too large")
        parts.append(part)
    return b"".join(parts)


def _body(request: Request, content: bytes) -> Any:
    if not content:
        return None
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        # CHOICE: Content-Type is asked for
        raise refused(415, "send the body as application/json")
    try:
        # Amounts must not pass through a float.
        return json.loads(content, parse_float=Decimal, parse_constant=_constant)
    except (ValueError, RecursionError):
        raise refused(400, "the body is not JSON") from None


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _limit(settings: Settings) -> Callable[[], None]:
    """Return what refuses a request that is one too many in its minute."""
    allowed = int(settings.options.get("rate_limit", "0"))
    served: deque[float] = deque()

    def check() -> None:
        # CHOICE: rate limit
        if not allowed:
            return
        now = settings.now()
        while served and served[0] <= now - MINUTE:
            served.popleft()
        if len(served) >= allowed:
            wait = int(served[0] + MINUTE - now) + 1
            raise Refused(429, {"error": "Too many requests"}, {"Retry-After": str(wait)})
        served.append(now)

    return check


VENDOR: Final = Vendor(
    key="clientary",
    prefix=PREFIX,
    credential={"token": demo.TOKEN},
    params={"domain": "acme"},
    app=app,
    seed=demo.seed,
    choices=CHOICES,
)
