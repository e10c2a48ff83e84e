"""How many of an item lie in which warehouse, and what moves them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from skillkit.sandbox.alegra.books import Books, Document
from skillkit.sandbox.alegra.problem import Refused
from skillkit.sandbox.alegra.resource import Settle
from skillkit.sandbox.alegra.sums import ZERO, exact, plain, total

# An item, the warehouse (or "" for the one it lies in first), and how many come or, below zero, go.
Move = tuple[str, str, Decimal]


def moving(moves: Callable[[Document], list[Move]], *, strict: bool = False) -> Settle:
    """Return what undoes the moves of the document before, and does those of the one after."""

    def settle(books: Books, before: Document | None, after: Document | None) -> None:
        for key, warehouse, count in moves(before) if before else []:
            _move(books, key, warehouse, -count)
        for key, warehouse, count in moves(after) if after else []:
            _move(books, key, warehouse, count, strict=strict)

    return settle


# CHOICE: open invoices take from stock, credit notes and bills bring to it.
def sold(document: Document) -> list[Move]:
    """Return the moves of what is sold: out of the document's warehouse, unless it is a draft or void."""
    return _lines(document, document.get("items") or [], -1)


def returned(document: Document) -> list[Move]:
    """Return the moves of what comes back from a client."""
    return _lines(document, document.get("items") or [], 1)


def bought(document: Document) -> list[Move]:
    """Return the moves of what is bought."""
    return _lines(document, (document.get("purchases") or {}).get("items") or [], 1)


def _lines(document: Document, lines: list[Document], sign: int) -> list[Move]:
    if document.get("status") in {"draft", "void"}:
        return []
    warehouse = (document.get("warehouse") or {}).get("id", "")
    return [(str(line["id"]), warehouse, sign * exact(line["quantity"])) for line in lines]


def place(books: Books, key: str) -> Document:
    """Return a warehouse as it stands in an item that has nothing there."""
    warehouse = books.state.find("warehouses", key) or {}
    return {
        "id": key,
        "name": warehouse.get("name"),
        "initialQuantity": 0,
        "availableQuantity": 0,
        "minQuantity": None,
        "maxQuantity": None,
    }


def default_warehouse(books: Books) -> str:
    """Return the id of the warehouse for what names none; "" where there is no warehouse at all."""
    rows = sorted(books.state.rows("warehouses"), key=lambda row: not row["isDefault"])
    return str(rows[0]["id"]) if rows else ""


def _move(books: Books, key: str, warehouse: str, count: Decimal, *, strict: bool = False) -> None:
    item = books.state.find("items", key)
    if item is None or not item["inventory"].get("warehouses"):
        if strict:
            raise Refused(f"El campo items.id nombra al ítem {key}, que no es inventariable")
        return
    places = item["inventory"]["warehouses"]
    warehouse = warehouse or places[0]["id"]
    here = next((each for each in places if each["id"] == warehouse), None)
    if here is None:
        here = place(books, warehouse)
        places.append(here)
    left = exact(here["availableQuantity"]) + count
    # CHOICE: sales may take more than there is; transfers and adjustments may not.
    if strict and count < ZERO and left < ZERO:
        raise Refused(f"El campo items.quantity supera lo disponible del ítem {key} en la bodega {here['name']!a}")
    here["availableQuantity"] = plain(left)
    item["inventory"]["availableQuantity"] = plain(total(each["availableQuantity"] for each in places))
    books.state.put("items", key, item)
