"""Credit and debit notes: what lowers the debt of invoices and bills, and what raises it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from skillkit.sandbox.alegra.actions import commenting, mailed
from skillkit.sandbox.alegra.balances import touched
from skillkit.sandbox.alegra.books import Books, Document
from skillkit.sandbox.alegra.fields import Fields, Kind, day, entry, many, number, one_of, record, reference, text, typed
from skillkit.sandbox.alegra.lines import (
    BANK_ACCOUNT,
    BY_CLIENT,
    LINES,
    LONG,
    METHODS,
    NUMBER,
    SALE,
    SALE_BLANK,
    currency_of,
    in_order,
    line,
)
from skillkit.sandbox.alegra.numbers import numbered
from skillkit.sandbox.alegra.problem import Refused
from skillkit.sandbox.alegra.resource import Operations, Resource, Settle, operations
from skillkit.sandbox.alegra.stock import moving, returned
from skillkit.sandbox.alegra.sums import ZERO, exact, plain, priced, total

CREDIT_TYPES: Final = (
    "PARTIALL_DEVOLUTION",
    "VOID_ELECTRONIC_INVOICE",
    "REDUCTION_DISCOUNT_PARTIAL_TOTAL",
    "PRICE_ADJUSTMENT",
    "OTHER",
)
DEBIT_TYPES: Final = ("PROFITS", "EXPENSES_RECEIVABLE", "VALUE_CHANGE", "OTHERS")

ORDERS: Final = {"id": "id", "date": "date", "name": "client.name", "status": "status"}

# CHOICE: a refund is money that goes back, described as a payment is; a method is not asked for.
REFUNDS: Final = many(
    record(
        {"date": day, "account": BANK_ACCOUNT, "amount": number("0.01"), "paymentMethod": one_of(*METHODS), "observations": LONG},
        "amount",
    )
)


def _applied(table: str) -> Kind:
    """Read what a note settles; CHOICE: without an amount, all that is owed."""
    read_all = many(entry(table, ("balance", "numberTemplate", "client", "provider"), {"amount": number("0.01")}))

    def read(books: Books, value: Any, where: str) -> list[Document]:
        found = []
        for each in read_all(books, value, where):
            owner = each["client"] or each["provider"]
            shown = {"id": each["id"], "number": (each["numberTemplate"] or {}).get("fullNumber"), "_owner": owner["id"]}
            found.append({**shown, "amount": each.get("amount", each["balance"])})
        return found

    return read


def _balanced(note: Document, table: str) -> Document:
    for each in note[table]:
        owner = each.pop("_owner", note["client"]["id"])
        if owner != note["client"]["id"]:
            raise Refused(f"El campo {table} nombra al documento {each['id']}, que es de otro contacto")
    applied: Decimal = total(each["amount"] for each in note[table])
    balance = exact(note["total"]) - applied - total(each["amount"] for each in note["refunds"])
    if balance < ZERO:
        raise Refused(f"El campo {table} aplica más que el total de la nota")
    return {**note, "totalApplied": plain(applied), "balance": plain(balance), "status": "open" if balance else "closed"}


def _credit(books: Books, note: Document, before: Document | None) -> Document:
    (note["items"],), sums = priced(note["items"])
    note |= {**sums, "currency": currency_of(books, note), "decimalPrecision": "2"}
    note["numberTemplate"] = numbered(books, "credit-notes", "creditNote", note["numberTemplate"], before)
    return _balanced(note, "invoices")


def _supplier(books: Books, note: Document, before: Document | None) -> Document:
    if not note["items"] and not note["categories"]:
        raise Refused("El campo items o categories es obligatorio")
    (note["items"], note["categories"]), sums = priced(note["items"], note["categories"])
    note |= {**sums, "currency": currency_of(books, note)}
    note["numberTemplate"] = numbered(books, "debit-notes", "debitNote", note["numberTemplate"], before)
    return _balanced(note, "bills")


def _raised(books: Books, note: Document, before: Document | None) -> Document:
    in_order(note)
    (note["items"],), sums = priced(note["items"])
    note |= {**sums, "balance": sums["total"], "currency": currency_of(books, note), "status": "open"}
    note["numberTemplate"] = numbered(books, "income-debit-notes", "incomeDebitNote", note["numberTemplate"], before)
    return note


def _both(*settles: Settle) -> Settle:
    def settle(books: Books, before: Document | None, after: Document | None) -> None:
        for each in settles:
            each(books, before, after)

    return settle


NOTE_BLANK: Final[dict[str, Any]] = {
    **SALE_BLANK,
    "numberTemplate": None,
    "currency": None,
    "type": None,
    "items": [],
    "refunds": [],
}

CREDIT_NOTES: Final = Resource(
    "credit-notes",
    "la nota crédito",
    {
        **SALE,
        "invoices": _applied("invoices"),
        "refunds": REFUNDS,
        "type": typed("colombia", *CREDIT_TYPES),
        "numberTemplate": NUMBER,
    },
    required=("date", "client", "items"),
    blank={**NOTE_BLANK, "invoices": []},
    filters=BY_CLIENT,
    orders=ORDERS,
    searched=("client.name", "numberTemplate.fullNumber"),
    shape=_credit,
    settle=_both(moving(returned), touched),
)

SUPPLIER_FIELDS: Final[Fields] = {
    **SALE,
    "items": many(line("items")),
    "categories": many(line("categories")),
    "bills": _applied("bills"),
    "refunds": REFUNDS,
    "numberTemplate": NUMBER,
    "type": text(60),
}

DEBIT_NOTES: Final = Resource(
    "debit-notes",
    "la nota débito de proveedor",
    SUPPLIER_FIELDS,
    required=("date", "client"),
    blank={**NOTE_BLANK, "bills": [], "categories": []},
    filters=BY_CLIENT,
    orders=ORDERS,
    searched=("client.name", "numberTemplate.fullNumber"),
    shape=_supplier,
    settle=touched,
)

INCOME_DEBIT_NOTES: Final = Resource(
    "income-debit-notes",
    "la nota débito de cliente",
    {
        **SALE,
        "items": LINES,
        "invoice": reference("invoices", "numberTemplate", "date", "total"),
        "type": typed("colombia", *DEBIT_TYPES),
        "numberTemplate": NUMBER,
        "paymentMethod": text(60),
        "paymentType": text(60),
    },
    required=("date", "client", "items"),
    blank={**NOTE_BLANK, "invoice": None, "paymentMethod": None, "paymentType": None},
    filters=BY_CLIENT,
    orders=ORDERS,
    searched=("client.name", "numberTemplate.fullNumber"),
    shape=_raised,
)

OPERATIONS: Final[Operations] = {
    **operations(CREDIT_NOTES, DEBIT_NOTES, INCOME_DEBIT_NOTES),
    **commenting(DEBIT_NOTES, edits=False),
    "POST /credit-notes/{id}/email": mailed(CREDIT_NOTES),
}
