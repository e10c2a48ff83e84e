"""Lists: pages with their envelope, filters and orders."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from skillkit.sandbox.faktoora.call import Call, Document, invalid

View = Callable[[Document], Document]

SIZE: Final = 25
LARGEST: Final = 1000


def public(row: Document) -> Document:
    """Return a record without what is for the sandbox alone."""
    return {name: value for name, value in row.items() if name[0] != "_"}


def paged(call: Call, rows: Sequence[Document], sorts: Collection[str], view: View = public) -> Document:
    """Return one page of a list in its envelope; behind the last page there is an empty one."""
    page = _count(call, "page", 1)
    size = min(_count(call, "perPage", SIZE), LARGEST)
    found = _sorted(call, rows, sorts)[(page - 1) * size : page * size]
    # CHOICE: totalPages of an empty list
    meta = {"page": page, "perPage": size, "totalItems": len(rows), "totalPages": -(-len(rows) // size)}
    return {"data": [view(row) for row in found], "meta": meta}


def word(call: Call, name: str) -> str:
    """Return a word that the query must have."""
    found = call.query.get(name, "")
    if not found:
        raise invalid(((name, "is required in the query"),))
    return found


def words(call: Call, name: str, known: Collection[str] = ()) -> list[str]:
    """Return all values that the query gives a name; with `known`, they must be among them."""
    found = [one for one in call.query.getlist(name) if one]
    for one in found:
        if known and one not in known:
            raise invalid(((name, f"must be one of {', '.join(known)}"),))
    return found


def holding(rows: Iterable[Document], names: Sequence[str], keywords: Sequence[str]) -> list[Document]:
    """Return the rows that have each keyword somewhere in these fields."""
    # CHOICE: how keywords match
    wanted = [keyword.casefold() for keyword in keywords if keyword]

    def holds(row: Document) -> bool:
        texts = [str(row.get(name) or "").casefold() for name in names]
        return all(any(keyword in text for text in texts) for keyword in wanted)

    return [row for row in rows if holds(row)]


def dated(call: Call, rows: Iterable[Document]) -> list[Document]:
    """Return the rows whose issue date is in the range that the query asks for."""
    # CHOICE: date ranges
    first, last = _day(call, "issueDateFrom"), _day(call, "issueDateTo")
    if not (first or last):
        return list(rows)
    return [row for row in rows if (first or "0") <= (row.get("issueDate") or "") <= (last or "9")]


def _day(call: Call, name: str) -> str:
    found = call.query.get(name, "").replace("-", "")
    if found and not re.fullmatch(r"\d{8}", found, re.ASCII):
        raise invalid(((name, "must be a date as YYYYMMDD or YYYY-MM-DD"),))
    return found


def _count(call: Call, name: str, default: int) -> int:
    found = call.query.get(name, "") or str(default)
    if not re.fullmatch(r"0*[1-9]\d{0,8}", found, re.ASCII):
        # CHOICE: words of the query that do not fit
        raise invalid(((name, "must be a whole number above 0"),))
    return int(found)


def _sorted(call: Call, rows: Sequence[Document], sorts: Collection[str]) -> Sequence[Document]:
    (order,) = words(call, "order", ("asc", "desc"))[:1] or ["asc"]
    # CHOICE: order without a sort
    (name,) = words(call, "sort", sorts)[:1] or [""]
    found = sorted(rows, key=lambda row: _key(row.get(name))) if name else list(rows)
    return found if order == "asc" else found[::-1]


def _key(value: object) -> tuple[bool, float, str]:
    """Return where a value stands among others of its field; what is not there comes last."""
    if isinstance(value, int | float):
        return False, value, ""
    return value is None, 0, str(value).casefold()
