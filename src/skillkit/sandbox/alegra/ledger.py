"""The chart of accounts and the journal."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any, Final

from skillkit.sandbox.alegra.books import Answer, Asked, Books, Document
from skillkit.sandbox.alegra.fields import day, entry, free, many, number, one_of, reference, text
from skillkit.sandbox.alegra.lines import CLIENT, COST_CENTER, LONG
from skillkit.sandbox.alegra.listing import Filters, among, dates, enveloped, kept, like, ordered, page, same
from skillkit.sandbox.alegra.problem import Refused
from skillkit.sandbox.alegra.resource import Operations, Resource, changed, made, one, operations
from skillkit.sandbox.alegra.sums import ZERO, exact, plain, total

TYPES: Final = ("income", "expense", "asset", "liability", "equity", "cost", "productionCost", "order")
NATURES: Final = {"income": "credit", "liability": "credit", "equity": "credit"}


def _category(books: Books, category: Document, before: Document | None) -> Document:
    if before and before["readOnly"]:
        raise Refused(f"La cuenta contable {before['id']} es de solo lectura")
    parent = category["idParent"]
    if parent:
        above = books.state.find("categories", str(parent["id"])) or {}
        if before and _within(books, above, before):
            raise Refused("El campo idParent nombra a una cuenta que está debajo de esta")
        category.setdefault("type", above["type"])
    kind = category.setdefault("type", "expense")
    category.setdefault("nature", NATURES.get(kind, "debit"))
    _unique(books, category, before)
    return {**category, "readOnly": False}


def _within(books: Books, category: Document, top: Document) -> bool:
    # No chart is this deep; a circle in one would be.
    for _ in range(100):
        if category["id"] == top["id"]:
            return True
        if not category["idParent"]:
            return False
        category = books.state.find("categories", str(category["idParent"]["id"])) or top
    return True


def _unique(books: Books, category: Document, before: Document | None) -> None:
    parent = (category["idParent"] or {}).get("id")
    for row in books.state.rows("categories"):
        if before and row["id"] == before["id"]:
            continue
        # CHOICE: both codes are known to say that it exists; which says what is ours.
        if category["code"] and row["code"] == category["code"]:
            raise Refused(f"Ya existe una cuenta contable con el código {category['code']!a}", code=32006)
        if row["name"] == category["name"] and (row["idParent"] or {}).get("id") == parent:
            raise Refused(f"Ya existe la cuenta contable {category['name']!a}", code=32021)


CATEGORY_FILTERS: Final[Filters] = {
    "type": among("type"),
    "status": among("status"),
    "name": like("name"),
    "code": same("code"),
}

CATEGORIES: Final = Resource(
    "categories",
    "la cuenta contable",
    {
        "name": text(),
        "code": text(40),
        "type": one_of(*TYPES),
        "nature": one_of("debit", "credit"),
        "description": LONG,
        "status": one_of("active", "inactive"),
        "idParent": reference("categories"),
    },
    required=("name",),
    ids="integer",
    blank={"code": None, "description": None, "status": "active", "idParent": None},
    filters=CATEGORY_FILTERS,
    orders={"id": "id", "name": "name", "code": "code"},
    # An account stays: there is no DELETE. How it is shown is said below.
    verbs=(),
    shape=_category,
)


def _shown(category: Document) -> Document:
    parent = category["idParent"]
    return {**category, "idParent": parent["id"] if parent else None, "children": []}


def _create(books: Books, asked: Asked) -> Answer:
    return Answer(_shown(made(books, CATEGORIES, asked.body)), 201)


def _update(books: Books, asked: Asked) -> Answer:
    changed(books, CATEGORIES, asked.names["id"], asked.body)
    return _show(books, asked)


def _list(books: Books, asked: Asked) -> Answer:
    rows = [_shown(row) for row in books.state.rows("categories")]
    matching = ordered(kept(rows, {**CATEGORY_FILTERS, "query": like("name")}, asked.query), CATEGORIES.orders, asked.query)
    if asked.query.get("format", "tree") == "tree":
        matching = _tree(matching)
    elif asked.query["format"] != "plain":
        raise Refused("El parámetro format debe ser tree o plain")
    return enveloped(books, page(matching, asked.query), len(matching), asked.query)


def _tree(rows: list[Document]) -> list[Document]:
    """Return the accounts that stand under none of the others, with those others under them."""
    by_id = {row["id"]: row for row in rows}
    for row in rows:
        if row["idParent"] in by_id:
            by_id[row["idParent"]]["children"].append(row)
    return [row for row in rows if row["idParent"] not in by_id]


def _show(books: Books, asked: Asked) -> Answer:
    category = one(books, CATEGORIES, asked.names["id"])
    below = [_shown(row) for row in books.state.rows("categories") if (row["idParent"] or {}).get("id") == category["id"]]
    return Answer({**_shown(category), "children": below})


SETTINGS: Final = "categories settings"


def _settings(books: Books, _: Asked) -> Answer:
    return Answer(books.state.find(SETTINGS, "1") or {})


def _set(books: Books, asked: Asked) -> Answer:
    if not isinstance(asked.body, dict):
        raise Refused("El cuerpo de la petición debe ser un objeto JSON")
    # CHOICE: which settings there are is not documented; scalars and flat objects are kept as they come.
    given = {name: free(books, value, name) for name, value in asked.body.items() if name.isidentifier() and name.isascii()}
    after = {**(books.state.find(SETTINGS, "1") or {}), **given}
    books.state.put(SETTINGS, "1", after)
    return Answer(after)


def _journal(books: Books, journal: Document, before: Document | None) -> Document:
    sides: dict[str, Decimal] = {"debit": ZERO, "credit": ZERO}
    for place, each in enumerate(journal["entries"]):
        given = [side for side in sides if each.get(side)]
        if len(given) != 1:
            raise Refused(f"El campo entries[{place}] debe tener uno de debit o credit")
        sides[given[0]] += exact(each[given[0]])
    if sides["debit"] != sides["credit"]:
        raise Refused(f"El campo entries no cuadra: debit suma {sides['debit']} y credit suma {sides['credit']}")
    number_ = before["number"] if before else str(books.state.next("number journals"))
    entries = [
        {"debit": 0, "credit": 0, "description": None, "client": None, "costCenter": None, **each} for each in journal["entries"]
    ]
    return {**journal, "entries": entries, "number": number_, "total": plain(sides["debit"])}


JOURNALS: Final = Resource(
    "journals",
    "el comprobante contable",
    {
        "date": day,
        "reference": text(255),
        "observations": LONG,
        "entries": many(
            entry(
                "categories",
                ("name", "code"),
                {"debit": number(), "credit": number(), "description": text(500), "client": CLIENT, "costCenter": COST_CENTER},
            ),
            least=2,
        ),
    },
    required=("date", "entries"),
    blank={"reference": None, "observations": None},
    filters={
        "client_id": same("entries.client.id"),
        "client_name": like("entries.client.name"),
        "reference": same("reference"),
        "observations": like("observations"),
        "number": same("number"),
        **dates("date"),
    },
    orders={"id": "id", "date": "date", "number": "number"},
    searched=("reference", "observations"),
    shape=_journal,
)


def _graph(books: Books, asked: Asked) -> Answer:
    # CHOICE: what the graph holds is not documented; here it is each month's debits and credits.
    months: dict[str, list[Any]] = defaultdict(list)
    for row in kept(books.state.rows("journals"), JOURNALS.filters, asked.query):
        months[row["date"][:7]] += row["entries"]
    sums = [
        {"date": month, **{side: plain(total(each[side] for each in entries)) for side in ("debit", "credit")}}
        for month, entries in sorted(months.items())
    ]
    return Answer({"data": sums})


OPERATIONS: Final[Operations] = {
    **operations(JOURNALS),
    "GET /categories": _list,
    "POST /categories": _create,
    "PUT /categories/{id}": _update,
    "GET /categories/{id}": _show,
    "GET /categories/settings": _settings,
    "PUT /categories/settings": _set,
    "GET /journals/entries/graph": _graph,
}
