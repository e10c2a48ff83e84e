"""How a person sees a result: tables that fit, and text that cannot act on a terminal."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final
from unicodedata import combining, east_asian_width

# What moves a terminal's cursor, hides text, turns it around or has no width of its own. A line's end and a tab are text.
_ACTING: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
MOST_COLUMNS: Final = 6


def visible(text: str) -> str:
    r"""
    Return a text with whatever could act on a terminal written out, as JSON writes it.

    >>> visible("pay\u202e\x1b[2J")
    'pay\\u202e\\u001b[2J'
    """
    return _ACTING.sub(_escape, text)


def readable(value: Any) -> str:
    """Return a value for a person: a table for a list, a line a field for a record."""
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        return listed(value)
    if isinstance(value, dict):
        return "\n".join(_line(key, entry) for key, entry in value.items()) or "done"
    if isinstance(value, list):
        return _table(value, ())
    return visible(value) if isinstance(value, str) else _cell(value)


def listed(document: Mapping[str, Any], columns: Sequence[str] = ()) -> str:
    """Return a list with how much of it there is; `columns` are the fields that a person wants to see."""
    rows = document["items"]
    lines = [_table(rows, columns) if rows else "nothing found"]
    if document.get("next_cursor"):
        total = f" of {document['total']}" if isinstance(document.get("total"), int) else ""
        lines.append(f"{len(rows)}{total} shown; the next: --cursor {_cell(document['next_cursor'])}")
    return "\n".join(lines)


def _line(key: str, entry: Any) -> str:
    """Return a field in a line; a record of plain values below it, in a line each."""
    if not (isinstance(entry, dict) and entry and not any(isinstance(part, dict | list) for part in entry.values())):
        return f"{_cell(key)}: {_cell(entry)}"
    return "\n".join([f"{_cell(key)}:", *(_indented(f"{_cell(name)}: {_text(part)}") for name, part in entry.items())])


def _indented(text: str) -> str:
    return "  " + text.replace("\n", "\n  ")


def _text(value: Any) -> str:
    # What is written in lines is read in lines.
    return "\n".join(map(visible, value.split("\n"))) if isinstance(value, str) else _cell(value)


def _table(rows: Sequence[Any], columns: Sequence[str]) -> str:
    if not rows or not all(isinstance(row, dict) for row in rows):
        return "\n".join(map(_cell, rows))
    names = list(columns) or _telling(rows)
    cells = [[_cell(name) for name in names], *([_cell(row.get(name)) for name in names] for row in rows)]
    widths = [max(_width(line[column]) for line in cells) for column in range(len(names))]
    room = _room()
    return "\n".join(_fitted("  ".join(map(_padded, line, widths)).rstrip(), room) for line in cells)


def _telling(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the fields that are worth a column: those that hold a single value in every row."""
    known = dict.fromkeys(name for row in rows[:50] for name in row)
    single = [name for name in known if not any(isinstance(row.get(name), dict | list) for row in rows[:50])]
    return (single or list(known))[:MOST_COLUMNS]


def _cell(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return visible(" ".join(text.split()) if "\n" in text or "\t" in text else text)


def _room() -> int:
    """Return how wide a line may be: a table that wraps is no table, and a pipe does not wrap."""
    if not sys.stdout.isatty():
        return sys.maxsize
    try:
        # A terminal that nobody has measured says 0.
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except OSError:
        return 80


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _fitted(line: str, room: int) -> str:
    if len(line) * 2 <= room or _width(line) <= room:
        return line
    kept, used = "", 0
    for letter in line:
        used += _width(letter)
        if used > room - 1:
            break
        kept += letter
    return kept + "…"


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
