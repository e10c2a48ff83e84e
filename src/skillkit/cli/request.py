"""`skillkit request`: a request of the caller's own, below a connection's address and signed like any other."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import click

from skillkit.cli import words
from skillkit.cli.output import Bytes
from skillkit.cli.tree import Verb, style
from skillkit.cli.words import flag, workspace
from skillkit.errors import Usage

BODY_BEGINS = ("{", "[", "@")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def separated(words: Sequence[str]) -> list[str]:
    """
    Return a line in which `--json` is only a switch: a body behind it has a flag of its own.

    >>> separated(["--json", "{}", "--json", "/path"])
    ['--jsonBody={}', '--json', '/path']
    """
    told: list[str] = []
    place = 0
    while place < len(words):
        word, following = words[place], "".join(words[place + 1 : place + 2])
        if word == "--":
            return [*told, *words[place:]]
        if word == "--json" and following.startswith(BODY_BEGINS):
            told.append(f"--jsonBody={following}")
            place += 1
        else:
            told.append(f"--jsonBody={word[7:]}" if word.startswith("--json=") else word)
        place += 1
    return told


class WithBody(Verb):
    """A command whose `--json` is a switch, or takes the word after it where that is a body."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, separated(args))


@click.command(cls=WithBody)
@click.argument("connection", metavar="CONNECTION")
@click.argument("path", metavar="PATH")
@flag("--method", "-X", default="", metavar="METHOD", help="GET, POST, PUT, PATCH or DELETE.  [default: GET, with a body POST]")
@flag("--header", "-H", multiple=True, metavar="'NAME: VALUE'", help="A header of your own (repeatable).")
@flag("--data", "-d", default=None, metavar="BODY", help="The body: JSON if it is some, else text; @file, or - for stdin.")
@flag("--rawData", default=None, metavar="BODY", help="The body, sent untouched.")
@flag("--query", multiple=True, metavar="NAME=VALUE", help="A parameter of the query (repeatable).")
@flag("--pathParam", multiple=True, metavar="NAME=VALUE", help="What stands for {NAME} in PATH (repeatable).")
@flag("--jsonBody", default=None, hidden=True)
@flag("--output", default="", metavar="PATH", help="Where the answer goes.  [default for what is no text: the current folder]")
@flag("--maxBytes", type=click.IntRange(0), help="With --json, print no more than this.")
@click.option("--yes", is_flag=True, help="The user has agreed to what cannot be taken back.")
@flag("--dryRun", is_flag=True, help="Show what would be sent, and send nothing.")
def request(connection: str, path: str, **given: Any) -> Any:
    """Send a request to PATH below CONNECTION's address; `--json BODY` sends a JSON body."""
    return sent(connection, _request(path, given), given)


def sent(connection: str, asked: Any, given: dict[str, Any]) -> Any:
    """Send a request as the flags say, and return what is printed of the answer."""
    from skillkit import calls, files

    space = workspace()
    if given["dry_run"]:
        return calls.planned_request(space, connection, asked)
    if asked.method == "DELETE":
        calls.planned_request(space, connection, asked)
        words.confirm(f"DELETE {asked.path} on {connection}", yes=given["yes"])
    files.vacant(given["output"])
    ran = calls.ask(space, connection, asked)
    response = ran.output
    if not (style().json or given["output"]):
        return Bytes(response.content)
    document = {
        "output": _document(response, given["output"]),
        "status": response.status,
        "headers": dict(response.headers),
        "runId": ran.id,
        "actionRunId": ran.id,
    }
    return words.bound(document, ran.id, given["max_bytes"])


def _request(path: str, given: dict[str, Any]) -> Any:
    from skillkit.document import MISSING
    from skillkit.request import Request, filled_path, parts

    body, encoding = _body(given)
    method = (given["method"] or ("GET" if body is MISSING else "POST")).upper()
    if method not in METHODS:
        raise Usage(f"{method!r} is no method that is sent", hint="GET, HEAD, POST, PUT, PATCH or DELETE")
    plain, _, query = path.partition("?")
    named = [part for name, value in words.pairs(given["query"], "--query") for part in parts(name, value)]
    return Request(
        method=method,
        path=filled_path(plain, dict(words.pairs(given["path_param"], "--pathParam"))),
        query=(*((query.split("&")) if "?" in path else ()), *named),
        headers=_headers(given["header"]),
        body=body,
        encoding=encoding,
    )


def _body(given: dict[str, Any]) -> tuple[Any, str]:
    from skillkit.document import MISSING, parse

    bodies = [name for name in ("data", "raw_data", "json_body") if given[name] is not None]
    if len(bodies) > 1:
        raise Usage("there are several bodies", hint="give one of -d, --rawData and --json BODY")
    if given["json_body"] is not None:
        return words.document_of(words.text_of(given["json_body"]), "the body"), "json"
    if given["raw_data"] is not None:
        return given["raw_data"], "raw"
    if given["data"] is None:
        return MISSING, "json"
    text = words.text_of(given["data"])
    try:
        return parse(text), "json"
    except ValueError:
        return text, "raw"


def _headers(lines: tuple[str, ...]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise Usage("-H takes 'NAME: VALUE', and one of them has no colon", hint="-H 'Accept: application/json'")
        # One blank after the colon is how everybody writes it; any more would be part of the value.
        headers[name] = value.removeprefix(" ")
    return headers


def _document(response: Any, output: str) -> Any:
    """Return a body for the JSON document: a document, a text, or the file that it was put into."""
    from skillkit import files
    from skillkit.document import parse

    content = response.content
    if not output:
        if not content:
            return None
        for reading in (parse, bytes.decode):
            try:
                return reading(content)
            except ValueError:
                continue
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return files.put((content,), "response", kind, os.getcwd(), output)
