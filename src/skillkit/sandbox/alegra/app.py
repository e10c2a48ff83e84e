"""Alegra's sandbox: its operations behind its gate."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from skillkit.sandbox.alegra import (
    banks,
    catalogues,
    company,
    contacts,
    files,
    inventory,
    invoices,
    items,
    ledger,
    notes,
    payments,
    purchases,
    reports,
    sales,
    webhooks,
)
from skillkit.sandbox.alegra.books import Answer, Asked, Books, Upload
from skillkit.sandbox.alegra.choices import CHOICES
from skillkit.sandbox.alegra.demo import sow
from skillkit.sandbox.alegra.gate import Gate
from skillkit.sandbox.alegra.ground import CREDENTIAL, lay
from skillkit.sandbox.alegra.problem import Refused, body
from skillkit.sandbox.alegra.resource import Operation
from skillkit.sandbox.state import State
from skillkit.sandbox.vendor import Settings, Vendor

PREFIX: Final = "/api/v1"

LARGEST: Final = files.LARGEST + 1024 * 1024

NOUNS: Final = (
    *(invoices, sales, notes, purchases, payments, banks, contacts, items, inventory, catalogues),
    *(ledger, company, webhooks, reports),
)

OPERATIONS: Final[Mapping[str, Operation]] = {line: act for noun in NOUNS for line, act in noun.OPERATIONS.items()}

UNROUTED: Final = {404: "No existe el recurso", 405: "El método no está permitido para este recurso"}


@dataclass(frozen=True, slots=True)
class Server:
    """What requests are served with."""

    state: State
    settings: Settings
    post: webhooks.Post
    # What comes before an operation and waits for the network, so it stands outside of any transaction.
    first: Mapping[str, Callable[[Books, Asked], None]]

    def serve(self, line: str, asked: Asked) -> tuple[Answer, list[tuple[str, dict[str, Any]]]]:
        """Return the answer of an operation, and what webhooks are to tell."""
        books = Books(self.state, self.settings)
        if line in self.first:
            self.first[line](books, asked)
        with self.state.change():
            return OPERATIONS[line](books, asked), books.told


def build(state: State, settings: Settings, post: webhooks.Post | None = None) -> Starlette:
    """Return the app; `post` is the only way out, and without it the option `webhooks` decides."""
    chosen = post or (webhooks.loopback if settings.options.get("webhooks") == "loopback" else webhooks.silent)
    server = Server(state, settings, chosen, {webhooks.CREATE: webhooks.greeting(chosen)})
    lay(Books(state, settings))
    gate = Middleware(Gate, credential=CREDENTIAL, prefix=PREFIX, options=settings.options, now=settings.now)

    async def refuse(_: Request, error: Exception) -> Response:
        return _told(_as_refused(error), settings)

    app = Starlette(
        routes=_routes(server),
        middleware=[gate],
        exception_handlers={Refused: refuse, HTTPException: refuse, ClientDisconnect: refuse},
    )
    app.router.redirect_slashes = False
    return app


def _as_refused(error: Exception) -> Refused:
    if isinstance(error, Refused):
        return error
    status = error.status_code if isinstance(error, HTTPException) else 400
    return Refused(UNROUTED.get(status, "La petición no es válida"), status)


def _told(refused: Refused, settings: Settings) -> Response:
    return JSONResponse(body(refused, settings.options), refused.status)


def _routes(server: Server) -> list[Route]:
    methods: dict[str, list[str]] = {}
    for line in OPERATIONS:
        method, _, path = line.partition(" ")
        methods.setdefault(path, []).append(method)
    # A path with words stands before one of the same shape with an id.
    paths = sorted(methods, key=lambda path: [part[:1] == "{" for part in path.split("/")])
    routes = [Route(PREFIX + path, _endpoint(server, path), methods=methods[path]) for path in paths]

    async def file(request: Request) -> Response:
        content, kind = files.fetched(Books(server.state, server.settings), request.path_params["name"])
        return Response(content, media_type=kind, headers={"X-Content-Type-Options": "nosniff"})

    return [*routes, Route("/files/{name}", file)]


def _endpoint(server: Server, path: str) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        asked = await _read(request)
        answer, told = await run_in_threadpool(server.serve, f"{method} {path}", asked)
        task = BackgroundTask(webhooks.deliver, server.state, server.post, told) if told else None
        return JSONResponse(answer.body, answer.status, background=task)

    return endpoint


async def _read(request: Request) -> Asked:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST:
            raise Refused(f"El cuerpo de la petición no puede pasar de {LARGEST} bytes")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    upload = await _upload(request, bytes(content)) if kind == "multipart/form-data" else None
    document = _document(bytes(content)) if content and upload is None else None
    origin = str(request.base_url).rstrip("/")
    return Asked(dict(request.path_params), dict(request.query_params), document, upload, origin)


def _document(content: bytes) -> Any:
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError):
        raise Refused("El cuerpo de la petición no es JSON válido") from None


def _no_number(word: str) -> Any:
    raise ValueError(f"{word!r} is no number in JSON")


async def _upload(request: Request, content: bytes) -> Upload | None:
    from starlette.datastructures import UploadFile
    from starlette.formparsers import MultiPartException, MultiPartParser

    async def stream() -> Any:
        yield content

    try:
        form = await MultiPartParser(request.headers, stream(), max_files=1, max_fields=20).parse()
    except MultiPartException:
        raise Refused("El cuerpo de la petición no es multipart/form-data válido") from None
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Refused("El campo file es obligatorio")
        return Upload((file.filename or "archivo")[:200], file.content_type or "application/octet-stream", await file.read())
    finally:
        await form.close()


VENDOR: Final = Vendor(
    key="alegra",
    prefix=PREFIX,
    credential=CREDENTIAL,
    params={},
    app=build,
    seed=sow,
    choices=CHOICES,
)
