"""Lists: pages with their envelope, filters and orders."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from skillkit.sandbox.clientary.call import Call, Document, invalid

View = Callable[[Call, Document], Document]


def paged(call: Call, name: str, rows: Sequence[Document], size: int, view: View) -> Document:
    """Return one page of a list in its envelope; behind the last page there is an empty one."""
    # CHOICE: page_size is taken everywhere
    size = min(_count(call.query.get("page_size", ""), size), 100)
    first = (_count(call.query.get("page", ""), 1) - 1) * size
    return {
        # CHOICE: page_count is never 0
        "page_count": max(1, -(-len(rows) // size)),
        "page_size": size,
        "total_count": len(rows),
        name: [view(call, row) for row in rows[first : first + size]],
    }


def chosen(call: Call, name: str, known: Mapping[str, Any], default: Any) -> Any:
    """Return what a word of the query stands for."""
    word = call.query.get(name, "")
    if word and word not in known:
        # CHOICE: filters must be known
        raise invalid(name, f"must be one of {', '.join(known)}")
    return known[word] if word else default


def day(call: Call, name: str, default: str) -> str:
    """Return a date of the query."""
    word = call.query.get(name, "") or default
    if word and not re.fullmatch(r"\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d)?)?", word, re.ASCII):
        raise invalid(name, "must be a date as YYYY-MM-DD")
    return word[:10]


def since(call: Call, rows: Sequence[Document]) -> list[Document]:
    """Return the rows that changed on or after the day that the query names."""
    start = day(call, "updated_since", "")
    return [row for row in rows if row["updated_at"][:10] >= start]


def by_name(rows: Sequence[Document]) -> list[Document]:
    """Return rows from A to Z."""
    return sorted(rows, key=lambda row: row["name"].casefold())


def newest(rows: Sequence[Document]) -> list[Document]:
    """Return rows as they were added, the last one first."""
    return list(reversed(rows))


def _count(word: str, default: int) -> int:
    return int(word) if re.fullmatch(r"0*[1-9]\d{0,8}", word, re.ASCII) else default
