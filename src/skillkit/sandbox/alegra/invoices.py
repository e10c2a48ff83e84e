"""Invoices: their sums and numbers, what opens and closes them, and what they do to stock."""

from __future__ import annotations

from typing import Any, Final

from skillkit.sandbox.alegra.actions import mailed, previewed, voiding
from skillkit.sandbox.alegra.balances import counted, noted
from skillkit.sandbox.alegra.books import Answer, Asked, Books, Document
from skillkit.sandbox.alegra.fields import Fields, entry, flag, many, one_of, record, reference, text
from skillkit.sandbox.alegra.files import attaching, detaching, printed
from skillkit.sandbox.alegra.lines import (
    BY_CLIENT,
    LONG,
    NUMBER,
    PAYMENTS,
    RETENTIONS,
    SALE,
    SALE_BLANK,
    currency_of,
    in_order,
)
from skillkit.sandbox.alegra.listing import same, truth
from skillkit.sandbox.alegra.numbers import numbered
from skillkit.sandbox.alegra.payments import PAYMENTS as PAYMENTS_TABLE
from skillkit.sandbox.alegra.problem import Refused
from skillkit.sandbox.alegra.resource import Operations, Resource, made, one, operations, public
from skillkit.sandbox.alegra.stamps import is_stamped, stamp, stamp_many
from skillkit.sandbox.alegra.stock import moving, sold
from skillkit.sandbox.alegra.sums import priced

STATUSES: Final = ("draft", "open", "closed", "void")

STOCK: Final = moving(sold)


def _generate(books: Books, value: Any, where: str) -> Document:
    wanted = (
        record({"generateStamp": flag})(books, value, where)
        if isinstance(value, dict)
        else {"generateStamp": flag(books, value, where)}
    )
    return {"generateStamp": wanted.get("generateStamp", False)}


FIELDS: Final[Fields] = {
    **SALE,
    "status": one_of(*STATUSES),
    "numberTemplate": NUMBER,
    "payments": PAYMENTS,
    "paymentForm": one_of("CASH", "CREDIT"),
    "paymentMethod": text(60),
    "paymentType": text(60),
    "type": text(60),
    "operationType": text(60),
    "stamp": _generate,
    "purchaseOrderNumber": text(60),
    "retentions": RETENTIONS,
    "remissions": many(entry("remissions", ("number",), {"items": many(record({"id": text()}, "id"))})),
    "estimate": reference("estimates", "number"),
    "comments": many(LONG),
    "periodicity": text(60),
    "saleCondition": text(60),
}

BLANK: Final[dict[str, Any]] = {
    **SALE_BLANK,
    "currency": None,
    "numberTemplate": None,
    "paymentForm": None,
    "paymentMethod": None,
    "paymentType": None,
    "type": None,
    "operationType": None,
    "stamp": None,
    "purchaseOrderNumber": None,
    "retentions": [],
    "remissions": [],
    "estimate": None,
    "comments": [],
    "periodicity": None,
    "saleCondition": None,
    "term": None,
    "economicActivity": None,
    "payments": [],
    "referenceDocuments": [],
    "events": [],
    "totalsPendingByTaxes": [],
    "canApplyREP": False,
    "pdfUrl": None,
    "url": None,
}


def _shape(books: Books, invoice: Document, before: Document | None) -> Document:
    in_order(invoice)
    (invoice["items"],), sums = priced(invoice["items"])
    invoice |= {**sums, "totalsSummary": sums, "currency": currency_of(books, invoice), "name": invoice["client"]["name"]}
    if before is None:
        return _opened(books, invoice)
    if is_stamped(before):
        raise Refused(f"La factura {before['id']} ya fue emitida: corríjala con una nota crédito")
    # CHOICE: payments are made and changed as payments; a PUT leaves them alone.
    invoice |= {"payments": before["payments"], "stamp": before["stamp"]}
    moved = (before["status"], invoice["status"])
    if moved[0] != moved[1] and moved != ("draft", "open"):
        raise Refused(f"El campo status no puede pasar de {moved[0]} a {moved[1]}")
    invoice["numberTemplate"] = numbered(books, "invoices", "invoice", invoice["numberTemplate"], before)
    return invoice


def _opened(books: Books, invoice: Document) -> Document:
    asked = invoice.get("status", "draft")
    if asked not in {"draft", "open"}:
        raise Refused("El campo status debe ser uno de draft, open")
    wanted = (invoice["stamp"] or {}).get("generateStamp", False)
    if wanted and asked == "draft" and not invoice["payments"]:
        raise Refused("El campo stamp.generateStamp exige que el campo status sea open")
    return {
        **invoice,
        "datetime": books.stamp(),
        "status": "open" if invoice["payments"] else asked,
        # CHOICE: a draft has its number from the start.
        "numberTemplate": numbered(books, "invoices", "invoice", invoice["numberTemplate"], None),
        "totalPaid": 0,
        "balance": invoice["total"],
        "decimalPrecision": "2",
        "payments": [],
        "stamp": None,
        "_stamping": wanted,
        "_paying": invoice["payments"],
    }


def _settle(books: Books, before: Document | None, after: Document | None) -> None:
    if before and (not after or (after["status"] == "void" and before["status"] != "void")):
        _let_go(books, before)
    STOCK(books, before, after)
    if after is None:
        return
    key = after["id"]
    if before is None:
        _pay(books, key, after.pop("_paying"), stamping=after.pop("_stamping"))
    counted(books, "invoices", key)
    # CHOICE: an estimate, or a remission, that became an invoice is closed.
    taken = [("estimates", after["estimate"]), *(("remissions", each) for each in after["remissions"])]
    for table, named in taken:
        document = books.state.find(table, str(named["id"])) if named else None
        if document and document["status"] == "open":
            books.state.put(table, str(document["id"]), {**document, "status": "closed"})


def _pay(books: Books, key: str, payments: list[Document], *, stamping: bool) -> None:
    invoice = one(books, INVOICES, key)
    invoice = {name: value for name, value in invoice.items() if name not in {"_paying", "_stamping"}}
    books.state.put("invoices", key, invoice)
    for payment in payments:
        settled = {"id": key, "amount": payment["amount"], "retentions": payment.get("retentions", [])}
        rest = {name: value for name, value in payment.items() if name in {"date", "observations", "anotation", "currency"}}
        # CHOICE: a payment that comes with an invoice and names no method is in cash.
        method = payment.get("paymentMethod", "cash")
        paid = {**rest, "type": "in", "bankAccount": payment["account"], "paymentMethod": method, "invoices": [settled]}
        made(books, PAYMENTS_TABLE, paid)
    if stamping:
        # CHOICE: when the stamp fails, nothing is made.
        stamp(books, one(books, INVOICES, key))


def _let_go(books: Books, invoice: Document) -> None:
    if is_stamped(invoice):
        raise Refused(f"La factura {invoice['id']} ya fue emitida: corríjala con una nota crédito")
    if noted(books, "invoices", invoice["id"]):
        raise Refused(f"La factura {invoice['id']} tiene pagos o notas crédito asociados")


def _seen(books: Books, invoice: Document, asked: Asked) -> Document:
    if "pdf" not in asked.query.get("fields", "").split(","):
        return invoice
    title = f"Factura de venta {invoice['numberTemplate']['fullNumber']}"
    return {**invoice, "pdf": printed(books, asked, f"invoices-{invoice['id']}", title, public(invoice))}


INVOICES: Final = Resource(
    "invoices",
    "la factura de venta",
    FIELDS,
    required=("date", "dueDate", "client", "items"),
    blank=BLANK,
    filters={
        **BY_CLIENT,
        "numberTemplate_fullNumber": same("numberTemplate.fullNumber"),
        # CHOICE: what waits to be replaced is what the tax authority rejected.
        "toReplace": truth(lambda row: (row["stamp"] or {}).get("emissionStatus") == "STAMPED_AND_REJECTED"),
    },
    orders={"id": "id", "name": "name", "date": "date", "dueDate": "dueDate", "status": "status"},
    searched=("client.name", "numberTemplate.fullNumber"),
    shape=_shape,
    settle=_settle,
    seen=_seen,
    event="invoice",
)


def _retained(books: Books, asked: Asked) -> Answer:
    invoice = one(books, INVOICES, asked.names["id"])
    given = record({"retentions": RETENTIONS}, "retentions")(books, asked.body, "body")
    # CHOICE: retentions are noted; the balance stays the total less what was paid.
    invoice["retentions"] = given["retentions"]
    books.state.put("invoices", invoice["id"], invoice)
    return Answer(public(invoice))


OPERATIONS: Final[Operations] = {
    **operations(INVOICES),
    **voiding(INVOICES),
    **attaching(INVOICES),
    **detaching(INVOICES),
    "POST /invoices/{id}/email": mailed(INVOICES),
    "POST /invoices/stamp": stamp_many,
    "POST /invoices/preview": previewed(INVOICES),
    "PUT /invoices/{id}/retentions-applied": _retained,
}
