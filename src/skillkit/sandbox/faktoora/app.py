"""faktoora's API as an app: who may call it, what it speaks, and how it answers."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from skillkit.sandbox.faktoora import body, demo, imports, invoices, options
from skillkit.sandbox.faktoora.call import Account, Answer, Call, Refused, Tools, Unready
from skillkit.sandbox.faktoora.choices import CHOICES
from skillkit.sandbox.faktoora.operations import OPERATIONS, Operation
from skillkit.sandbox.state import State
from skillkit.sandbox.vendor import Settings, Vendor

PREFIX: Final = "/api/v1"


def app(state: State, settings: Settings, tools: Tools | None = None) -> Starlette:
    """Return the app, which goes on with what was not made when the sandbox ended; a test gives its own tools."""
    options.check(settings.options)
    account = Account(state, settings, tools or Tools())
    for noun in (invoices, imports):
        noun.resume(account)
    routes = [Route(PREFIX + one.path, _endpoint(account, one), methods=[one.method]) for one in OPERATIONS]
    handlers = {HTTPException: _nowhere, Refused: _refuse, ClientDisconnect: _refuse}
    made = Starlette(routes=routes, exception_handlers=handlers)
    made.router.redirect_slashes = False
    return made


def _endpoint(account: Account, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        check_key(request)
        content = await body.content(request, operation.body)
        call = Call(
            account,
            request.path_params,
            request.query_params,
            body.document(request, content) if operation.body == "json" else None,
            await body.upload(request, content) if operation.body == "file" else None,
            request.headers.get("accept", ""),
        )
        # Even taking an invoice can be work: nothing of it is done in the loop.
        return _reply(await run_in_threadpool(_served, operation, call), operation.status)

    return endpoint


def _served(operation: Operation, call: Call) -> Any:
    with call.state.change():
        try:
            answer = operation.handler(call)
        except Unready as unready:
            # Raised in here, it would take back that it was asked for.
            answer = unready
    if isinstance(answer, Unready):
        raise answer
    for job in call.later:
        job()
    return answer


def check_key(request: Request) -> None:
    """Refuse a request without the key."""
    given = request.headers.get("x-api-key", "")
    if not hmac.compare_digest(given.encode(), demo.KEY.encode()):
        raise Refused(401, "X-API-KEY is missing or unknown")


def _reply(answer: Any, status: int) -> Response:
    if isinstance(answer, Answer):
        # What was sent by others must not run in somebody's browser, whatever it was said to be.
        headers = {"Content-Disposition": f'attachment; filename="{answer.name}"', "X-Content-Type-Options": "nosniff"}
        return Response(answer.content, status, headers, answer.kind)
    return Response(json.dumps(answer, allow_nan=False), status, media_type="application/json")


async def _nowhere(request: Request, error: Exception) -> Response:
    try:
        check_key(request)
    except Refused as refused:
        return await _refuse(request, refused)
    # CHOICE: unknown paths and methods
    found = isinstance(error, HTTPException) and error.status_code == 405
    words = f"{request.method} is not allowed here" if found else "the path does not exist"
    return await _refuse(request, Refused(405 if found else 404, words))


async def _refuse(_request: Request, error: Exception) -> Response:
    refused = error if isinstance(error, Refused) else Refused(400, "the body ended too early")
    return _reply(refused.document, refused.status)


VENDOR: Final = Vendor(
    key="faktoora",
    prefix=PREFIX,
    credential={"api_key": demo.KEY},
    params={},
    app=app,
    seed=demo.seed,
    choices=CHOICES,
)
