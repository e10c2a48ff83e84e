"""A connector's examples as contract tests: the request that is built, the output that is extracted, the kind of error."""

from __future__ import annotations

import tempfile
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any, Final

from skillkit import connector as values
from skillkit import destination, files, payload, run
from skillkit.authoring.rule import Subject
from skillkit.connector import Action
from skillkit.document import Json, dump
from skillkit.errors import InvalidConnector, Problem, SkillkitError
from skillkit.request import Request, Response
from skillkit.run import Options, World
from skillkit.source import pointer

RULE: Final = "example"


def problems(subject: Subject) -> Iterator[Problem]:
    """Yield every way in which an example and what the runner makes of it differ."""
    for key, document in subject.actions.items():
        if "tool" in document:
            continue
        for number, example in enumerate(document.get("examples", ())):
            place = pointer(pointer(pointer("/actions", key), "examples"), number)
            for message, below in _differences(subject, values.action(document), example):
                yield subject.source.problem(f"{key}: {message}", place + below, RULE)


def count(subject: Subject) -> int:
    """Return how many examples there are."""
    return sum(len(document.get("examples", ())) for document in subject.actions.values())


def _differences(subject: Subject, action: Action, example: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    sent: list[Request] = []
    output: Json = None
    failed: SkillkitError | None = None
    with tempfile.TemporaryDirectory() as folder:
        try:
            world = _world(subject, example, sent, folder)
            if "response" in example:
                output = run.run(action, example.get("input", {}), world, Options(wait=False, merge=False)).output
            else:
                sent.append(run.prepared(action, example.get("input", {}), world)[1])
        except SkillkitError as error:
            failed = error
    if sent and "request" in example:
        yield from _request_differences(sent[0], example["request"])
    elif "request" in example:
        yield f"no request was built: {failed}", "/input"
    if "error" in example:
        yield from _error_differences(failed, example["error"])
    elif failed:
        yield f"it fails: {failed} ({failed.kind})", "/response" if sent else "/input"
    elif "output" in example and (difference := _beyond(example["output"], output, "")):
        yield f"the output differs: {difference}", "/output"


def _world(subject: Subject, example: Mapping[str, Any], sent: list[Request], folder: str) -> World:
    access = values.access(subject.head["connection"])
    params = {param.name: _param(param.schema) for param in access.params if param.required or "default" in param.schema}
    params |= example.get("params", {})

    def send(request: Request) -> Response:
        if sent:
            raise InvalidConnector("the example needs more than the one exchange it shows")
        sent.append(request)
        return _response(example["response"], streamed=request.terms.streamed)

    return World(
        send=send,
        sleep=lambda _seconds: None,
        now=lambda: 0.0,
        base=destination.base(access, params),
        params=params,
        action=lambda key: values.action(subject.actions[key]),
        save=lambda action, inputs, response: files.save(action, inputs, response, folder, ""),
        token=lambda: "example",
    )


def _param(schema: Mapping[str, Any]) -> Any:
    if "default" in schema:
        return schema["default"]
    return next(iter(schema.get("examples", schema.get("enum", ()))), "example")


def _response(document: Mapping[str, Any], *, streamed: bool) -> Response:
    headers = {str(name).lower(): str(value) for name, value in document.get("headers", {}).items()}
    content = b""
    if "json" in document:
        content = dump(document["json"]).encode()
        headers = {"content-type": "application/json", **headers}
    elif "text" in document:
        content = document["text"].encode()
    elif "base64" in document:
        content = b64decode(document["base64"])
    status = document.get("status", 200)
    return Response(status, headers, content, iter((content,)) if streamed and status < 300 else None)


def _request_differences(request: Request, expected: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if expected.get("method", request.method) != request.method:
        yield f"the method is {request.method}", "/request/method"
    if expected.get("url", request.url) != request.url:
        yield f"the url is {request.url}", "/request/url"
    headers = {name.lower(): value for name, value in request.headers.items()}
    for name, value in expected.get("headers", {}).items():
        if headers.get(name.lower()) != str(value):
            yield f"the header {name} is {headers.get(name.lower())!r}", "/request/headers"
    for key in ("json", "form", "text"):
        body = payload.shown(request.body, lambda upload: (upload.type, 0))
        if key in expected and body != expected[key]:
            yield f"the body is {dump(body)[:400]}", f"/request/{key}"


def _error_differences(failed: SkillkitError | None, expected: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if failed is None:
        yield f"it succeeds, and should fail with {expected['kind']}", "/error"
        return
    said = failed.described()
    for key, value in expected.items():
        if said.get(key) != value:
            yield f"the error's {key} is {said.get(key)!r}", f"/error/{key}"


def _beyond(expected: Any, found: Any, place: str) -> str:
    """Return where `found` lacks or changes something that is expected; what it has besides does not matter."""
    if isinstance(expected, dict) and isinstance(found, dict):
        missing = [key for key in expected if key not in found]
        if missing:
            return f"{place}/{missing[0]} is missing"
        return next(filter(None, (_beyond(value, found[key], f"{place}/{key}") for key, value in expected.items())), "")
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return next(filter(None, (_beyond(one, other, f"{place}/{index}") for index, (one, other) in pairs)), "")
    return "" if expected == found else f"{place or '/'} is {dump(found)[:200]}"
