"""What a command prints and the number it ends with: results on stdout and nothing else there, everything else on stderr."""

from __future__ import annotations

import functools
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import click

from skillkit import secret
from skillkit.errors import SkillkitError, Usage

Command = TypeVar("Command", bound=Callable[..., Any])

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

# Valid inside JSON, and able to move a terminal's cursor, hide text or turn it around.
_UNSAFE: Final = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f]")


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


class Style:
    """How this command line wants its results; its flags may stand at any place of it."""

    def __init__(self, *, as_json: bool = False, debug: bool = False, color: bool = True) -> None:
        self.json = as_json
        self.debug = debug
        self.color = color


def prints(command: Command) -> Command:
    """Add `--json`, `--debug` and `--no-color` to a command, and print what it returns."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    @click.option("--debug", is_flag=True, help="Show where an error came from.")
    @click.option("--no-color", "--noColor", "no_color", is_flag=True, help="Print no colours.")
    @functools.wraps(command)
    def printing(*args: Any, as_json: bool, debug: bool, no_color: bool, **options: Any) -> None:
        wanted = style()
        wanted.json |= as_json
        wanted.debug |= debug
        wanted.color &= not no_color
        show(command(*args, **options), wanted)

    return printing  # type: ignore[return-value]


def style() -> Style:
    """Return how the command line that is running wants its results."""
    return click.get_current_context().find_object(Style) or Style()


def show(result: Any, style: Style) -> None:
    """Print a result, whatever kind it is."""
    if isinstance(result, Bytes):
        sys.stdout.flush()
        sys.stdout.buffer.write(secret.live().scrub(result.content))
        sys.stdout.buffer.flush()
    elif isinstance(result, Lines):
        _stream(result)
    elif isinstance(result, Bounded):
        document = bounded(result.document, result.limit, result.keep)
        _write(encoded(document) if style.json else readable(document.get("output", document)))
        if not style.json and document.get("truncated"):
            notice(f"cut; the whole is in {document['file']}")
    elif isinstance(result, Listed):
        _write(encoded(result.document) if style.json else _listed(result.document, result.columns))
    elif result is not None:
        _write(encoded(result) if style.json else result if isinstance(result, str) else readable(result))


def fail(error: SkillkitError, style: Style) -> int:
    """Say what went wrong, and return the number to end with."""
    ids = {"runId": error.run, "actionRunId": error.run} if error.run else {}
    if error.output is not None and error.kind in {"partial", "pending"}:
        document = {"output": error.output, **ids}
        _write(encoded(document) if style.json else readable(error.output))
    if style.json:
        _tell(encoded({"error": error.described(), **ids}))
    else:
        _tell(_colored(f"{error.kind.replace('_', ' ')}: ", "31", style) + visible(error.message))
        for problem in error.problems:
            if str(problem.message) not in error.message:
                _tell(f"  {visible(str(problem))}")
        if error.hint:
            _tell(_colored("hint: ", "36", style) + visible(error.hint))
        if error.run:
            _tell(f"run:  skillkit run show {error.run}")
    return EXITS[error.kind]


def notice(text: str) -> None:
    """Say something beside the result."""
    _tell(visible(text))


def progress(text: str) -> None:
    """Say what is being waited for, to a person who waits."""
    if sys.stderr.isatty():
        _tell(visible(text))


def encoded(document: Any) -> str:
    """Return a document as JSON in which nothing can act on a terminal."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":") if not sys.stdout.isatty() else None)
    return _UNSAFE.sub(_escape, text)


def visible(text: str) -> str:
    """Return a text for a person, with whatever could act on the terminal made visible."""
    return _UNSAFE.sub(_escape, _CONTROL.sub(_escape, text))


def bounded(document: dict[str, Any], limit: int, keep: Callable[[bytes], str]) -> dict[str, Any]:
    """Return a result that fits into `limit` bytes, cut at a row; what was cut is kept whole in a file."""
    whole = encoded(document).encode("utf-8", "replace")
    if not limit or len(whole) <= limit:
        return document
    marks = {"truncated": True, "file": keep(whole)}
    if "output" not in document:
        return {**_cut(document, limit - len(encoded(marks))), **marks}
    room = limit - len(encoded({**document, "output": None, **marks})) - 64
    return {**document, "output": _cut(document["output"], room), **marks}


def _cut(value: Any, room: int) -> Any:
    """Return as much of the beginning of a value as `room` bytes hold: whole rows, whole fields, or a piece of a text."""
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        rest = {key: entry for key, entry in value.items() if key != "items"}
        return {"items": _cut(value["items"], room - len(encoded(rest)) - 12), **rest}
    if isinstance(value, list):
        return [value[index] for index in range(_fitting([entry for entry in value], room))]
    if isinstance(value, dict):
        names = list(value)
        return {name: value[name] for name in names[: _fitting([{name: value[name]} for name in names], room)]}
    return value[: max(0, room // 6)] if isinstance(value, str) else None


def _fitting(entries: Sequence[Any], room: int) -> int:
    for index, entry in enumerate(entries):
        room -= len(encoded(entry).encode("utf-8", "replace")) + 1
        if room < 0:
            return index
    return len(entries)


def readable(value: Any) -> str:
    """Return a value for a person: a table for a list, a line a field for a record."""
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        return _listed(value)
    if isinstance(value, dict):
        return "\n".join(f"{visible(key)}: {_plain(entry)}" for key, entry in value.items()) or "done"
    if isinstance(value, list):
        return _table(value)
    return _plain(value)


def _listed(value: dict[str, Any], columns: tuple[str, ...] = ()) -> str:
    lines = [_table(value["items"], columns) if value["items"] else "nothing found"]
    if value.get("next_cursor"):
        total = f" of {value['total']}" if isinstance(value.get("total"), int) else ""
        lines.append(f"{len(value['items'])}{total} shown; the next: --cursor {value['next_cursor']}")
    return "\n".join(lines)


def _table(rows: list[Any], columns: tuple[str, ...] = ()) -> str:
    if not rows or not all(isinstance(row, dict) for row in rows):
        return "\n".join(_plain(row) for row in rows)
    plain = [name for name in rows[0] if not isinstance(rows[0][name], dict | list)]
    names = list(columns) or plain[:6] or list(rows[0])[:3]
    cells = [list(names), *([_plain(row.get(name)) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    # The last column takes what is left of the line; a table that wraps is no table.
    wide = os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else 10_000
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells)
    return "\n".join(line if len(line) <= wide else line[: wide - 1] + "…" for line in lines)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return visible(value).replace("\n", " ")
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    return encoded(value)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _stream(lines: Lines) -> None:
    for row in lines.rows:
        _write(encoded(row))
    _write(encoded({"runId": lines.run}))


def _colored(text: str, code: str, style: Style) -> str:
    plain = not style.color or os.environ.get("NO_COLOR") or not sys.stderr.isatty()
    return text if plain else f"\x1b[{code}m{text}\x1b[0m"


def _write(text: str) -> None:
    # The one way to stdout; a secret that got this far all the same goes no further.
    sys.stdout.write(secret.live().text(text) + "\n")
    sys.stdout.flush()


def _tell(text: str) -> None:
    sys.stderr.write(secret.live().text(text) + "\n")
    sys.stderr.flush()


def usage(error: click.UsageError) -> Usage:
    """Return click's complaint as our own."""
    hint = ""
    if error.ctx is not None:
        hint = f"{error.ctx.command_path} --help"
    named = getattr(error, "option_name", "") or ""
    if re.search(r"key|token|secret|password|credential", named, re.IGNORECASE):
        hint = "secrets are never taken from the command line: pipe them to --credentials - as one JSON object"
    elif near := getattr(error, "possibilities", None):
        hint = f"did you mean {' or '.join(sorted(near)[:3])}?"
    return Usage(error.format_message().rstrip("."), hint=hint)
