"""What a command prints and the number it ends with: results on stdout and nothing else there, everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TextIO

from skillkit import secret
from skillkit.errors import SkillkitError

EXITS: Final[Mapping[str, int]] = {
    "error": 1,
    "usage": 2,
    "invalid_input": 3,
    "invalid_connector": 3,
    "unknown_name": 3,
    "auth": 4,
    "connection_not_ready": 4,
    "confirmation_needed": 4,
    "unreachable": 5,
    "unavailable": 5,
    "permission": 6,
    "not_found": 6,
    "conflict": 6,
    "quota": 6,
    "upstream": 6,
    "partial": 6,
    "rate_limited": 7,
    "pending": 8,
    "outcome_unknown": 9,
}
INTERRUPTED: Final = 130
MAX_BYTES: Final = 32 * 1024
KEPT: Final = ("id", "runId", "actionRunId")


class Lines(NamedTuple):
    """A result of many documents, each printed as soon as it is there."""

    run: str
    rows: Iterator[Any]


class Listed(NamedTuple):
    """A result with rows, and which of their fields a person wants to see."""

    document: dict[str, Any]
    columns: tuple[str, ...]


class Bytes(NamedTuple):
    """A result that is printed as it came."""

    content: bytes


class Bounded(NamedTuple):
    """A result that may be too long to print: it is then cut, and kept whole in a file."""

    document: dict[str, Any]
    limit: int
    keep: Callable[[bytes], str]
    # Of a list of our own, the place it begins at: cut, it goes on behind the last row that is printed.
    start: int | None = None


class Style:
    """How this command line wants its results; its flags may stand at any place of it."""

    def __init__(self, *, as_json: bool = False, debug: bool = False, color: bool = True) -> None:
        self.json = as_json
        self.debug = debug
        self.color = color


def show(result: Any, style: Style) -> None:
    """Print a result, whatever kind it is."""
    if isinstance(result, Bytes):
        _write_bytes(result.content)
    elif isinstance(result, Lines):
        _stream(result)
    elif isinstance(result, Bounded):
        document = bounded(result)
        _write_document(document) if style.json else _write(_read(document.get("output", document)))
        if not style.json and document.get("truncated"):
            notice(f"cut; the whole is in {document['file']}")
    elif isinstance(result, Listed):
        _write_document(result.document) if style.json else _write(_read(result.document, result.columns))
    elif style.json:
        _write_document(result)
    elif isinstance(result, str):
        _write(result)
    else:
        _write(_read(result))


def fail(error: SkillkitError, style: Style) -> int:
    """Say what went wrong, and return the number to end with."""
    ids = {"runId": error.run, "actionRunId": error.run} if error.run else {}
    if error.output is not None and error.kind in {"partial", "pending"}:
        show({"output": error.output, **ids} if style.json else error.output, style)
    if style.json:
        _tell(_clean({"error": error.described(), **ids}))
        return EXITS[error.kind]
    lines = [_colored(f"{error.kind.replace('_', ' ')}: ", "31", style) + _visible(error.message)]
    lines += [f"  {_visible(str(problem))}" for problem in error.problems if problem.message not in error.message]
    lines += [_colored("hint: ", "36", style) + _visible(error.hint)] if error.hint else []
    lines += [f"run: skillkit run show {error.run}"] if error.run else []
    _tell("\n".join(lines))
    return EXITS[error.kind]


def notice(text: str) -> None:
    """Say something beside the result."""
    _tell(_visible(text))


def progress(text: str) -> None:
    """Say what is being waited for, to a person who waits."""
    if sys.stderr.isatty():
        _tell(_visible(text))


def trace(error: BaseException) -> None:
    """Say where an error came from."""
    import traceback

    _tell("".join(traceback.format_exception(error)).rstrip())


def encoded(document: Any) -> str:
    """Return a document as JSON in which nothing can act on a terminal, and which is the same document still."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":") if not sys.stdout.isatty() else None)
    # Most text is plain, and then what knows all the others is not even loaded.
    return text if text.isascii() and text.isprintable() else _visible(text)


def bounded(result: Bounded) -> dict[str, Any]:
    """Return a result that fits into its limit, cut at a row; what was cut is kept whole in a file."""
    document = result.document
    whole = _clean(document).encode("utf-8", "replace")
    if not result.limit or len(whole) <= result.limit:
        return document
    try:
        marks = {"truncated": True, "file": result.keep(whole)}
    except SkillkitError as error:
        # Better too long than lost.
        notice(f"printed whole: {error.message}")
        return document
    from skillkit.cli.bounds import cut

    if result.start is not None:
        return _going_on(result, marks)
    # By what a result is found again it is known, however little of it there is room for.
    kept = {name: document[name] for name in KEPT if name in document}
    rest = {name: entry for name, entry in document.items() if name not in kept}
    fitting = cut(rest, result.limit - _size(kept | marks), _size) | kept
    return {**{name: fitting[name] for name in document if name in fitting}, **marks}


def _going_on(result: Bounded, marks: dict[str, Any]) -> dict[str, Any]:
    """Return a list of our own with as many rows as fit, and the cursor of the first that does not."""
    from skillkit.cli.bounds import cut

    # As long as a cursor can get.
    going = {"next_cursor": "9" * 10, "has_more": True, "cursor": "9" * 10}
    rest = {name: entry for name, entry in result.document.items() if name != "items"} | going | marks
    rows = cut(result.document["items"], result.limit - _size({**rest, "items": []}) + 2, _size)
    # A row that is longer than the limit is in the file alone.
    following = str((result.start or 0) + max(1, len(rows)))
    return {"items": rows, **rest, "next_cursor": following, "cursor": following}


def _size(document: Any) -> int:
    return len(encoded(document).encode("utf-8", "replace"))


def _stream(lines: Lines) -> None:
    printed = False
    try:
        for row in lines.rows:
            _write_document(row)
            printed = True
    except SkillkitError as error:
        if printed:
            _write_document({"runId": lines.run, "error": error.described()})
            # The rows are out already.
            error.output = None
        raise
    finally:
        # However it ends, also when the reader has seen enough, it is written down now.
        if isinstance(lines.rows, Generator):
            lines.rows.close()
    _write_document({"runId": lines.run})


def _read(value: Any, columns: Sequence[str] = ()) -> str:
    from skillkit.cli import view

    return view.listed(value, columns) if columns else view.readable(value)


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    from skillkit.cli.view import visible

    return visible(text)


def _colored(text: str, code: str, style: Style) -> str:
    plain = not style.color or os.environ.get("NO_COLOR") or not sys.stderr.isatty()
    return text if plain else f"\x1b[{code}m{text}\x1b[0m"


def _clean(document: Any) -> str:
    """Return a document as JSON with no secret in it; a secret that got this far all the same goes no further."""
    text, live = encoded(document), secret.live()
    # Taken out of the values and not of the text, or what is left might be no JSON.
    return text if live.text(text) == text else encoded(_without(document, live))


def _without(value: Any, live: secret.Redactor) -> Any:
    if isinstance(value, dict):
        return {live.text(key): _without(entry, live) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_without(entry, live) for entry in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value if live.text(str(value)) == str(value) else secret.MARK
    return live.text(value) if isinstance(value, str) else value


def _write_document(document: Any) -> None:
    _out(_clean(document) + "\n")


def _write(text: str) -> None:
    _out(secret.live().text(text) + "\n")


def _write_bytes(content: bytes) -> None:
    clean = secret.live().scrub(content)
    # What an app sends must not act on a terminal; a program gets it as it came.
    _out(_visible(clean.decode("utf-8", "replace")) if sys.stdout.isatty() else clean)


def _out(content: str | bytes) -> None:
    """Write to stdout; nothing else does."""
    try:
        if isinstance(content, bytes):
            sys.stdout.buffer.write(content)
        else:
            sys.stdout.write(content)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        hush(sys.stdout)
        told = f"the result cannot be written to stdout: {(error.strerror or '').lower()}"
        raise SkillkitError(told, hint="what was done is done; skillkit run list shows it") from None


def _tell(text: str) -> None:
    """Write to stderr; where nobody reads it, there is nobody to tell."""
    try:
        sys.stderr.write(secret.live().text(text) + "\n")
        sys.stderr.flush()
    except OSError:
        hush(sys.stderr)


def hush(stream: TextIO) -> None:
    """Have what is still buffered for a stream that is gone go nowhere, or the end of the process would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
