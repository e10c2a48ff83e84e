"""What surrounds invoices: estimates, remissions, recurring and global invoices, transportation receipts."""

from __future__ import annotations

from typing import Final

from skillkit.sandbox.alegra.actions import mailed, previewed, voiding
from skillkit.sandbox.alegra.books import Books, Document
from skillkit.sandbox.alegra.fields import Fields, day, entry, free, many, number, reference, text
from skillkit.sandbox.alegra.files import attaching
from skillkit.sandbox.alegra.lines import BY_CLIENT, NUMBER, SALE, SALE_BLANK, WAREHOUSE, currency_of, in_order
from skillkit.sandbox.alegra.listing import among, dates, same
from skillkit.sandbox.alegra.numbers import numbered
from skillkit.sandbox.alegra.problem import Refused
from skillkit.sandbox.alegra.resource import Operations, Resource, operations
from skillkit.sandbox.alegra.sums import plain, priced, total

WHOLE: Final = ("date", "dueDate", "client", "items")

DATED: Final = {"id": "id", "name": "client.name", "date": "date", "dueDate": "dueDate"}


def _summed(books: Books, document: Document) -> Document:
    (document["items"],), sums = priced(document["items"])
    # CHOICE: documents that are no debts show their sums as invoices do.
    return {**document, **sums, "currency": currency_of(books, document)}


def _estimate(books: Books, estimate: Document, before: Document | None) -> Document:
    in_order(estimate)
    template = numbered(books, "estimates", "estimate", None, before)
    # CHOICE: an estimate is open until an invoice takes it.
    return {"status": "open", **_summed(books, estimate), "numberTemplate": template, "number": template["number"]}


ESTIMATES: Final = Resource(
    "estimates",
    "la cotización",
    SALE,
    required=WHOLE,
    again=WHOLE,
    ids="uuid",
    blank={**SALE_BLANK, "currency": None},
    filters=BY_CLIENT,
    orders=DATED,
    searched=("client.name", "number"),
    shape=_estimate,
)


def _remission(books: Books, remission: Document, before: Document | None) -> Document:
    in_order(remission)
    number_ = before["number"] if before else str(books.state.next("number remissions"))
    fixed = {"number": number_, "documentName": "remission", "name": remission["client"]["name"]}
    return {"status": "open", **_summed(books, remission), **fixed}


REMISSIONS: Final = Resource(
    "remissions",
    "la remisión",
    SALE,
    required=WHOLE,
    ids="uuid",
    blank={**SALE_BLANK, "currency": None, "url": None},
    filters=BY_CLIENT,
    orders={**DATED, "status": "status"},
    searched=("client.name", "number"),
    shape=_remission,
)


def _recurring(books: Books, recurring: Document, before: Document | None) -> Document:
    if recurring["endDate"] and recurring["endDate"] < recurring["startDate"]:
        raise Refused("El campo endDate no puede ser anterior al campo startDate")
    # CHOICE: a recurring invoice makes none here; it says when it would.
    held = {"lastCreation": before["lastCreation"] if before else None}
    return {**_summed(books, recurring), **held, "nextCreation": max(recurring["startDate"], books.today().isoformat())}


RECURRING_INVOICES: Final = Resource(
    "recurring-invoices",
    "la factura recurrente",
    {
        **{name: kind for name, kind in SALE.items() if name != "date"},
        "startDate": day,
        "endDate": day,
        # CHOICE: how it repeats is not documented; what comes is kept.
        "repeatEvery": free,
        "term": reference("terms", "name", "days"),
        "numberTemplate": reference("number-templates", "name", "prefix"),
    },
    required=("startDate", "client", "items"),
    blank={**SALE_BLANK, "endDate": None, "repeatEvery": 1, "term": None, "numberTemplate": None, "currency": None},
    filters={**BY_CLIENT, **dates("startDate")},
    orders={"id": "id", "name": "client.name", "startDate": "startDate"},
    searched=("client.name",),
    shape=_recurring,
)


def _global(books: Books, invoice: Document, before: Document | None) -> Document:
    template = numbered(books, "global-invoices", "invoice", invoice["numberTemplate"], before)
    sums = plain(total(each["total"] for each in invoice["saleTickets"]))
    return {"status": "open", "stamp": None, **invoice, "numberTemplate": template, "total": sums}


GLOBAL_INVOICES: Final = Resource(
    "global-invoices",
    "la factura global",
    # CHOICE: the sale tickets of a global invoice are invoices of the company, each named by its id.
    {"date": day, "numberTemplate": NUMBER, "saleTickets": many(entry("invoices", ("date", "total"), {}), least=1)},
    required=("date", "saleTickets"),
    blank={"numberTemplate": None},
    filters={"status": among("status"), **dates("date")},
    orders={"id": "id", "date": "date"},
    searched=("numberTemplate.fullNumber",),
    shape=_global,
)

CARRIED: Final = (
    *("origin", "destination", "route", "transporter", "transferModality", "transferReason", "descriptionReasonTransfer"),
    *("packages", "weight", "complement", "cfdiUse", "regime", "regimeClient"),
)

RECEIPT_FIELDS: Final[Fields] = {
    "date": day,
    "dateShipping": day,
    "client": SALE["client"],
    # CHOICE: what is carried has a quantity and no price.
    "items": many(entry("items", ("name", "reference"), {"quantity": number("0.000001"), "description": text(500)}, "quantity")),
    "invoice": reference("invoices", "numberTemplate", "date"),
    "warehouse": WAREHOUSE,
    "warehouseTransfer": reference("warehouse-transfers", "date"),
    # CHOICE: the shapes of these are not documented; a text, a number or a flat object is kept as it comes.
    **dict.fromkeys(CARRIED, free),
}


def _receipt(books: Books, receipt: Document, before: Document | None) -> Document:
    number_ = before["number"] if before else str(books.state.next("number transportation-receipts"))
    template = {"id": None, "prefix": "GT", "number": number_, "fullNumber": f"GT{number_}"}
    held = {
        "number": number_,
        "numberTemplate": template,
        "stamp": None,
        "isElectronicResolution": False,
        "pdfUrl": None,
        "url": None,
    }
    return {"status": "open", "editable": True, "deletable": True, "voidable": True, **receipt, **held}


TRANSPORTATION_RECEIPTS: Final = Resource(
    "transportation-receipts",
    "la guía de transporte",
    RECEIPT_FIELDS,
    required=("date", "client"),
    blank={**dict.fromkeys((*CARRIED, "dateShipping", "invoice", "warehouse", "warehouseTransfer")), "items": []},
    filters={"client_id": same("client.id"), "status": among("status"), "number": same("number"), **dates("date")},
    orders={"id": "id", "date": "date", "number": "number"},
    searched=("client.name", "number"),
    shape=_receipt,
)

OPERATIONS: Final[Operations] = {
    **operations(ESTIMATES, REMISSIONS, RECURRING_INVOICES, GLOBAL_INVOICES, TRANSPORTATION_RECEIPTS),
    **voiding(REMISSIONS),
    **voiding(TRANSPORTATION_RECEIPTS),
    **attaching(REMISSIONS, TRANSPORTATION_RECEIPTS),
    "POST /estimates/{id}/email": mailed(ESTIMATES),
    "POST /transportation-receipts/{id}/email": mailed(TRANSPORTATION_RECEIPTS),
    "POST /transportation-receipts/preview": previewed(TRANSPORTATION_RECEIPTS),
}
