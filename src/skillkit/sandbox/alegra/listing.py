"""Lists: which rows, in which order, which page of them, and in which envelope."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from skillkit.sandbox.alegra.books import Answer, Books, Document
from skillkit.sandbox.alegra.fields import NUMERAL, day
from skillkit.sandbox.alegra.problem import Refused, wrong
from skillkit.sandbox.alegra.sums import exact

Query = Mapping[str, str]

# Says whether a row stays, by the parameter's value and the whole query.
Filter = Callable[[Document, str, Query], bool]
Filters = Mapping[str, Filter]

LIMIT: Final = 30


def found(row: Any, path: str) -> list[Any]:
    """
    Return every value at a path, through the lists on the way.

    >>> found({"items": [{"id": 1}, {"id": 2}]}, "items.id")
    [1, 2]
    """
    values = [row]
    for step in path.split("."):
        values = [each[step] for each in _flat(values) if isinstance(each, dict) and step in each]
    return list(_flat(values))


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        yield from _flat(value) if isinstance(value, list) else (value,)


def same(path: str) -> Filter:
    """Keep rows that have this very value, whatever its case; ids are compared as text."""
    return lambda row, value, _: any(str(each).casefold() == value.casefold() for each in found(row, path))


def like(path: str) -> Filter:
    """Keep rows that have this text within."""
    return lambda row, value, _: any(value.casefold() in str(each).casefold() for each in found(row, path) if each is not None)


def among(path: str) -> Filter:
    """Keep rows that have one of these values, which commas part."""
    return lambda row, value, _: any(str(each) in value.split(",") for each in found(row, path))


def equal(path: str) -> Filter:
    """Keep rows that have this number."""

    def keeps(row: Document, value: str, _: Query) -> bool:
        if not NUMERAL.fullmatch(value):
            raise wrong(path, value, "un número")
        return any(exact(each) == exact(value) for each in found(row, path))

    return keeps


def truth(says: Callable[[Document], bool]) -> Filter:
    """Keep rows for which something is as the parameter has it."""
    return lambda row, value, _: says(row) == yes(value)


def yes(value: str) -> bool:
    return value.lower() in {"true", "1", "yes"}


def dates(name: str) -> Filters:
    """Return the filters of a date: on it, after, before, and the two that take the day itself as well."""

    def against(holds: Callable[[str, str], bool]) -> Filter:
        def keeps(row: Document, value: str, _: Query) -> bool:
            return any(holds(each, day(_UNUSED, value, name)) for each in found(row, name) if each)

        return keeps

    return {
        name: against(lambda one, other: one == other),
        f"{name}_after": against(lambda one, other: one > other),
        f"{name}_afterOrNow": against(lambda one, other: one >= other),
        f"{name}_before": against(lambda one, other: one < other),
        f"{name}_beforeOrNow": against(lambda one, other: one <= other),
    }


# A date is read without looking into any books.
_UNUSED: Any = None


def searching(paths: tuple[str, ...]) -> Filter:
    """Keep rows that have the words of `query` in one of these places."""
    return lambda row, value, query: any(like(path)(row, value, query) for path in paths)


def whole(query: Query, name: str, otherwise: int, low: int, high: int) -> int:
    """Return a number from a query; a refusal when it is none, or beyond its bounds."""
    value = query.get(name, str(otherwise))
    if not re.fullmatch("[0-9]{1,9}", value) or not low <= int(value) <= high:
        # CHOICE: the vendor documents an error for a limit beyond 30, and neither its status nor its text.
        raise Refused(f"El parámetro {name} debe ser un entero entre {low} y {high}")
    return int(value)


def kept(rows: list[Document], filters: Filters, query: Query) -> list[Document]:
    """Return the rows that every filter of the query lets through."""
    # CHOICE: parameters that a resource does not know, and empty ones, are ignored.
    for name, value in query.items():
        if value and name in filters:
            rows = [row for row in rows if filters[name](row, value, query)]
    return rows


def ordered(rows: list[Document], orders: Mapping[str, str], query: Query) -> list[Document]:
    """Return rows in the order that the query asks for; otherwise as they were made."""
    field, direction = query.get("order_field", ""), query.get("order_direction", "ASC") or "ASC"
    if direction.upper() not in {"ASC", "DESC"}:
        raise wrong("order_direction", direction, "ASC o DESC")
    if field and field not in orders:
        raise wrong("order_field", field, "uno de " + ", ".join(orders))
    # CHOICE: without a field, in the order in which they were made.
    if field:
        rows = sorted(rows, key=lambda row: _rank(found(row, orders[field])[:1]))
    return rows[::-1] if direction.upper() == "DESC" else rows


def _rank(values: list[Any]) -> tuple[int, float, str]:
    (value,) = values or (None,)
    if value is None:
        return 0, 0.0, ""
    if NUMERAL.fullmatch(str(value)):
        return 1, float(value), ""
    return 2, 0.0, str(value).casefold()


def page(rows: list[Document], query: Query) -> list[Document]:
    """Return the rows from `start` on, as many as `limit` says."""
    start = whole(query, "start", 0, 0, 10**9)
    limit = whole(query, "limit", LIMIT, 1, LIMIT)
    return rows[start : start + limit]


def enveloped(books: Books, rows: list[Document], count: int, query: Query, *, results: bool = False) -> Answer:
    """Return a page of rows, with the count of all of them where it is asked for."""
    if yes(query.get("metadata", "")):
        return Answer({"metadata": {"total": count}, "data": rows})
    if results and books.option("lists") == "results":
        return Answer({"total": str(count), "results": rows})
    return Answer(rows)
