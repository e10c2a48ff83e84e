"""Reports: what was sold to whom and by whom, what was earned, and what a client owes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from skillkit.sandbox.alegra.books import Answer, Asked, Books, Document
from skillkit.sandbox.alegra.fields import day, identity
from skillkit.sandbox.alegra.listing import Query, ordered, whole
from skillkit.sandbox.alegra.problem import Refused, missing, unknown
from skillkit.sandbox.alegra.resource import Operation, Operations
from skillkit.sandbox.alegra.sums import exact, plain, total

LIMIT: Final = 10


def _sales(books: Books, query: Query) -> list[Document]:
    """Return the invoices of a period that count: neither drafts nor void ones."""
    return [row for row in _within(books, "invoices", query) if row["status"] in {"open", "closed"}]


def _within(books: Books, table: str, query: Query) -> list[Document]:
    # CHOICE: a period that is not named has no end.
    first, last = (day(books, query[name], name) if query.get(name) else "" for name in ("from", "to"))
    return [row for row in books.state.rows(table) if first <= row["date"] and (not last or row["date"] <= last)]


def _grouped(rows: Iterable[Document], field: str) -> list[tuple[Document, list[Document]]]:
    groups: dict[str, tuple[Document, list[Document]]] = {}
    for row in rows:
        owner = row[field] or {"id": None, "name": None}
        groups.setdefault(str(owner["id"]), (owner, []))[1].append(row)
    return list(groups.values())


def _added(rows: list[Document], field: str) -> int | float:
    return plain(total(row[field] for row in rows))


def _before_taxes(rows: list[Document]) -> int | float:
    return plain(total(row["subtotal"] for row in rows) - total(row["discount"] for row in rows))


def _by_client(books: Books, query: Query) -> list[Document]:
    rows = [
        {
            "client": {"id": client["id"], "name": client["name"]},
            "totalDocuments": len(sales),
            "subTotal": _before_taxes(sales),
            "total": _added(sales, "total"),
        }
        for client, sales in _grouped(_sales(books, query), "client")
    ]
    return _named(rows, "client", query.get("clientName", ""))


def _by_seller(books: Books, query: Query) -> list[Document]:
    rows = [
        {
            "seller": {"id": seller["id"], "name": seller["name"]},
            "totalDocuments": len(sales),
            "totalPayed": _added(sales, "totalPaid"),
            "beforeTaxes": _before_taxes(sales),
            "total": _added(sales, "total"),
        }
        for seller, sales in _grouped(_sales(books, query), "seller")
    ]
    return _named(rows, "seller", query.get("sellerName", ""))


def _named(rows: list[Document], who: str, name: str) -> list[Document]:
    return [row for row in rows if name.casefold() in str(row[who]["name"] or "").casefold()]


def _client_totals(books: Books, query: Query) -> list[Document]:
    rows = _by_client(books, query)
    sums = {name: plain(total(row[name] for row in rows)) for name in ("totalDocuments", "subTotal", "total")}
    # CHOICE: the totals are a list of one.
    return [{**sums, "totalClients": len(rows)}]


def _income(books: Books, query: Query) -> list[Document]:
    income = sum((exact(row["subtotal"]) - exact(row["discount"]) for row in _sales(books, query)), exact(0))
    bills = [row for row in _within(books, "bills", query) if row["status"] in {"open", "closed"}]
    spent = sum((exact(row["subtotal"]) - exact(row["discount"]) for row in bills), exact(0))
    # CHOICE: the statement has what was earned, what was spent, and the difference.
    rows = {"income": income, "expenses": spent, "netIncome": income - spent}
    return [{"name": name, "total": plain(value)} for name, value in rows.items()]


def _account(books: Books, query: Query) -> list[Document]:
    if not query.get("client_id"):
        raise missing("client_id")
    key = identity(query["client_id"], "client_id")
    if books.state.find("contacts", key) is None:
        raise unknown("el contacto", key)
    # CHOICE: the statement is the client's invoices with what is still owed of each.
    return [
        {
            **{name: row[name] for name in ("id", "date", "dueDate", "status", "total", "totalPaid", "balance")},
            "number": row["numberTemplate"]["fullNumber"],
        }
        for row in _sales(books, query)
        if row["client"]["id"] == key
    ]


Report = Callable[[Books, Query], list[Document]]

# What reports on, and what it may be ordered by.
REPORTS: Final[Mapping[str, tuple[Report, tuple[str, ...]]]] = {
    "sales-by-client": (_by_client, ("totalDocuments", "subTotal", "total")),
    "sales-by-client-totals": (_client_totals, ()),
    "sales-by-seller": (_by_seller, ("totalDocuments", "totalPayed", "beforeTaxes", "total")),
    "income-statement": (_income, ()),
    "account-statement": (_account, ("date", "dueDate", "total", "balance")),
}


def _report(report: Report, orders: tuple[str, ...]) -> Operation:
    def act(books: Books, asked: Asked) -> Answer:
        if books.option("plan") == "basic":
            raise Refused("Su plan no incluye reportes", 402)
        found: list[dict[str, Any]] = ordered(report(books, asked.query), {name: name for name in orders}, asked.query)
        start, limit = whole(asked.query, "start", 0, 0, 10**9), whole(asked.query, "limit", LIMIT, 1, 30)
        return Answer({"data": found[start : start + limit]})

    return act


OPERATIONS: Final[Operations] = {f"GET /reports/{name}": _report(*row) for name, row in REPORTS.items()}
