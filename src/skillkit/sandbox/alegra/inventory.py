"""Warehouses, and what moves stock between them or corrects it."""

from __future__ import annotations

from typing import Any, Final

from skillkit.sandbox.alegra.books import Books, Document
from skillkit.sandbox.alegra.fields import day, entry, flag, many, number, one_of, reference, text, whole
from skillkit.sandbox.alegra.lines import COST_CENTER, LONG, WAREHOUSE
from skillkit.sandbox.alegra.listing import among, dates, like, same
from skillkit.sandbox.alegra.problem import Refused
from skillkit.sandbox.alegra.resource import Operations, Resource, operations
from skillkit.sandbox.alegra.stock import Move, moving
from skillkit.sandbox.alegra.sums import exact


def _warehouse(books: Books, warehouse: Document, before: Document | None) -> Document:
    if warehouse["isDefault"] and not (before or {}).get("isDefault"):
        for row in books.state.rows("warehouses"):
            books.state.put("warehouses", row["id"], {**row, "isDefault": False})
    return warehouse


def _kept(books: Books, before: Document | None, after: Document | None) -> None:
    if after or not before:
        return
    if before["isDefault"]:
        raise Refused("La bodega principal no se puede eliminar")
    for item in books.state.rows("items"):
        for place in item["inventory"].get("warehouses") or []:
            if place["id"] == before["id"] and place["availableQuantity"]:
                # CHOICE: a warehouse in which something lies is not deleted.
                raise Refused(f"La bodega {before['id']} tiene existencias")


def _address(books: Books, value: Any, where: str) -> str:
    return str(text()(books, value.get("address") if isinstance(value, dict) else value, where))


WAREHOUSES: Final = Resource(
    "warehouses",
    "la bodega",
    {
        "name": text(),
        "address": _address,
        "observations": LONG,
        "isDefault": flag,
        "status": one_of("active", "inactive"),
        "costCenter": COST_CENTER,
    },
    required=("name",),
    ids="uuid",
    blank={"address": None, "observations": None, "isDefault": False, "status": "active", "costCenter": None},
    filters={"status": among("status"), "name": like("name")},
    shape=_warehouse,
    settle=_kept,
)


def _transferred(transfer: Document) -> list[Move]:
    # What goes out goes first, so that it is known to be there.
    lines = transfer["items"]
    gone: list[Move] = [(line["id"], transfer["origin"]["id"], -exact(line["quantity"])) for line in lines]
    return gone + [(line["id"], transfer["destination"]["id"], exact(line["quantity"])) for line in lines]


def _apart(_: Books, transfer: Document, __: Document | None) -> Document:
    if transfer["origin"]["id"] == transfer["destination"]["id"]:
        raise Refused("El campo destination debe ser distinto del campo origin")
    return transfer


TRANSFERS: Final = Resource(
    "warehouse-transfers",
    "el traslado",
    {
        "date": day,
        "origin": WAREHOUSE,
        "destination": WAREHOUSE,
        "items": many(entry("items", ("name",), {"quantity": number("0.000001")}, "quantity"), least=1),
        "observations": LONG,
    },
    required=("date", "origin", "destination", "items"),
    ids="uuid",
    blank={"observations": None},
    filters={"origin_id": same("origin.id"), "destination_id": same("destination.id"), **dates("date")},
    orders={"id": "id", "date": "date"},
    searched=("observations", "items.name"),
    shape=_apart,
    settle=moving(_transferred, strict=True),
)


def _adjusted(adjustment: Document) -> list[Move]:
    signs = {"in": 1, "out": -1}
    warehouse = adjustment["warehouse"]["id"]
    return [(line["id"], warehouse, signs[line["type"]] * exact(line["quantity"])) for line in adjustment["items"]]


def _numbered(books: Books, adjustment: Document, before: Document | None) -> Document:
    items = [{"type": "in", "unitCost": 0, "observations": None, **line} for line in adjustment["items"]]
    counting = _numeration(books, adjustment)
    number_ = before["number"] if before else counting
    return {**adjustment, "items": items, "number": number_}


def _numeration(books: Books, adjustment: Document) -> str:
    rows = books.state.rows("inventory-adjustments/numerations")
    asked = adjustment.pop("numeration", None)
    rows = [row for row in rows if (row["id"] == asked["id"] if asked else row["isDefault"])]
    if not rows or adjustment.get("number"):
        return str(adjustment.get("number") or books.state.next("number inventory-adjustments"))
    row = rows[0]
    books.state.put("inventory-adjustments/numerations", row["id"], {**row, "number": row["number"] + 1})
    return f"{row['prefix'] or ''}{row['number']}"


ADJUSTMENTS: Final = Resource(
    "inventory-adjustments",
    "el ajuste de inventario",
    {
        "date": day,
        "warehouse": WAREHOUSE,
        "costCenter": COST_CENTER,
        "number": text(40),
        "numeration": reference("inventory-adjustments/numerations"),
        # CHOICE: a line says what comes or goes: {id, type: "in" | "out", quantity, unitCost}.
        "items": many(
            entry(
                "items",
                ("name",),
                {"type": one_of("in", "out"), "quantity": number("0.000001"), "unitCost": number(), "observations": LONG},
                "quantity",
            ),
            least=1,
        ),
        "observations": LONG,
    },
    required=("date", "warehouse", "items"),
    ids="uuid",
    blank={"costCenter": None, "observations": None},
    filters={"warehouse_id": same("warehouse.id"), "number": same("number"), **dates("date")},
    orders={"id": "id", "date": "date", "number": "number"},
    searched=("number", "items.name"),
    shape=_numbered,
    settle=moving(_adjusted, strict=True),
)


def _counter(_: Books, numeration: Document, before: Document | None) -> Document:
    given: Any = numeration.get("startNumber") or 1
    return {**numeration, "startNumber": given, "number": before["number"] if before else given}


NUMERATIONS: Final = Resource(
    "inventory-adjustments/numerations",
    "la numeración de ajustes",
    {
        "name": text(),
        "prefix": text(20),
        "startNumber": whole(1),
        "autoIncrement": flag,
        "isDefault": flag,
        "status": one_of("active", "inactive"),
        "idResolution": text(40),
    },
    required=("name",),
    blank={"prefix": None, "startNumber": 1, "autoIncrement": True, "isDefault": False, "status": "active", "idResolution": None},
    filters={"status": among("status")},
    shape=_counter,
)

OPERATIONS: Final[Operations] = operations(WAREHOUSES, TRANSFERS, NUMERATIONS, ADJUSTMENTS)
