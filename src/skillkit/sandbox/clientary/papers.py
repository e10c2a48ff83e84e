"""Invoices and estimates: their lines, sums, numbers and status, and how they are sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from skillkit.sandbox.clientary import removal, shape, view
from skillkit.sandbox.clientary.call import Call, Document, Refused, invalid
from skillkit.sandbox.clientary.listing import newest, paged, since
from skillkit.sandbox.clientary.people import check_unique
from skillkit.sandbox.clientary.shape import Shape, accepted, read
from skillkit.sandbox.clientary.sums import NOTHING, decimal, summed
from skillkit.sandbox.clientary.work import check_known

DRAFT, SENT, CANCELLED, PAID = 0, 1, 3, 4

RATES: Final = ("tax", "tax2", "tax3")
TAXES: Final[Shape] = {
    **dict.fromkeys(RATES, shape.percent),
    **dict.fromkeys(("tax_label", "tax2_label", "tax3_label"), shape.text),
    "compound_tax": shape.flag,
}
PAPER: Final[Shape] = {
    "date": shape.day,
    "currency_code": shape.currency,
    "client_id": shape.whole,
    "number": shape.text,
    "title": shape.text,
    "note": shape.text,
    "po": shape.text,
    "summary": shape.text,
    # CHOICE: the project of an invoice
    "project_id": shape.whole,
    **TAXES,
}
ITEM: Final[Shape] = {
    "title": shape.text,
    "quantity": shape.number,
    "price": shape.number,
    "taxable": shape.flag,
    "item_type": shape.whole,
    "_destroy": shape.flag,
}
MESSAGE: Final[Shape] = {
    "recipients": shape.anything,
    "subject": shape.text,
    "message": shape.text,
    "send_copy": shape.flag,
    "attach_pdf": shape.flag,
}
REQUIRED_OF_ITEMS: Final = ("title", "quantity", "price")
REGULAR: Final = 3


@dataclass(frozen=True, slots=True)
class Paper:
    """A kind of document that goes to a client."""

    table: str
    word: str
    shape: Shape
    required: tuple[str, ...]

    @property
    def items(self) -> str:
        """Where its lines stand in an answer."""
        return f"{self.word}_items"


INVOICE: Final = Paper(
    "invoices",
    "invoice",
    {**PAPER, "due_date": shape.day, "status": shape.one_of(0, 1, 2, 3, 4, 5), "invoice_items_attributes": shape.anything},
    ("date", "due_date", "currency_code"),
)
ESTIMATE: Final = Paper(
    "estimates",
    "estimate",
    {**PAPER, "status": shape.one_of(0, 1, 2, 3, 4, 5, 6, 7), "estimate_items_attributes": shape.anything},
    ("date", "currency_code"),
)


def changed_items(call: Call, name: str, given: Any, known: list[Document]) -> list[Document]:
    """Return lines after what a body says of them: those with an id are changed or taken away, the others are added."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise invalid(name, "must be a list of items")
    items = {item["id"]: item for item in known}
    for number, one in enumerate(given):
        try:
            _change_item(call, items, one)
        except Refused as error:
            errors = error.document["errors"].items()
            raise Refused(422, {"errors": {f"{name}[{number}].{field}": said for field, said in errors}}) from None
    return list(items.values())


def _change_item(call: Call, items: dict[int, Document], given: Mapping[str, Any]) -> None:
    rest, own = {name: value for name, value in given.items() if name != "id"}, given.get("id")
    if own is None:
        fresh = read(rest, ITEM, REQUIRED_OF_ITEMS)
        # CHOICE: taxable unless it is said
        taxable = fresh["taxable"] is not False
        kind = REGULAR if fresh["item_type"] is None else fresh["item_type"]
        if not fresh.pop("_destroy"):
            key = call.state.next("items")
            items[key] = {"id": key, **fresh, "taxable": taxable, "item_type": kind}
        return
    if isinstance(own, bool) or own not in items:
        raise invalid("id", "is not an item of this document")
    change = read(rest, ITEM, (*REQUIRED_OF_ITEMS, "taxable", "item_type"), change=True)
    if change.pop("_destroy", None):
        del items[own]
    else:
        items[own] |= change


def next_number(call: Call, table: str) -> str:
    """Return the number after the highest that is in use."""
    taken = [int(row["number"]) for row in call.state.rows(table) if row["number"].isascii() and row["number"].isdigit()]
    # CHOICE: numbers go on from 1001
    return str(max(taken, default=1000) + 1)


def settled(call: Call, document: Document) -> Document:
    """Return an invoice or estimate with its sums, and what follows from them for its status."""
    sums = summed(document["items"], [document[rate] for rate in RATES], compound=bool(document["compound_tax"]))
    whole = {**document, "subtotal": str(sums.subtotal), "taxable_subtotal": str(sums.taxable), "total_cost": str(sums.total)}
    whole |= {name: str(tax) for name, tax in zip(("total_tax", "total_tax2", "total_tax3"), sums.taxes, strict=True)}
    if "due_date" not in document:
        return whole
    paid = call.rows("payments", invoice_id=document["id"])
    whole["total_payments"] = str(sum((decimal(row["amount"]) for row in paid), NOTHING))
    balance = sums.total - decimal(whole["total_payments"])
    if paid and balance <= 0 and whole["status"] != CANCELLED:
        return {**whole, "balance": str(balance), "status": PAID, "paid_date": max(row["received_on"] for row in paid)}
    # CHOICE: status goes back when a payment goes
    back = SENT if whole["status"] == PAID and balance > 0 else whole["status"]
    return {**whole, "balance": str(balance), "status": back, "paid_date": None}


def keep(call: Call, paper: Paper, document: Document) -> Document:
    """Keep a document with its sums as they are now."""
    return call.update(paper.table, settled(call, document))


def add(call: Call, paper: Paper, given: Document) -> Document:
    """Keep a new document; `given` has all of its fields, and its lines under `items`."""
    blank: Document = {"user_id": call.user, "recurring_id": None, "recipients": [], "secret": ""}
    filled = {"number": given["number"] or next_number(call, paper.table), "compound_tax": bool(given["compound_tax"])}
    document = call.create(paper.table, {**blank, **given, **filled, "status": given["status"] or DRAFT})
    # Whoever has the link may see the document.
    secret = hashlib.sha256(f"{paper.word} {document['id']}".encode()).hexdigest()[:20]
    return keep(call, paper, {**document, "secret": secret})


def create(paper: Paper) -> Callable[[Call], Document]:
    """Return what creates a document of this kind."""

    def run(call: Call) -> Document:
        given = accepted(call, paper.word, paper.shape, paper.required)
        _check(call, paper, given)
        items = given.pop(f"{paper.items}_attributes")
        given["items"] = changed_items(call, f"{paper.items}_attributes", [] if items is None else items, [])
        document = add(call, paper, given)
        _check_paid(paper, given, document)
        return shown(call, document, paper)

    return run


def update(paper: Paper) -> Callable[[Call], Document]:
    """Return what changes a document of this kind."""

    def run(call: Call) -> Document:
        known = call.record(paper.table)
        given = accepted(call, paper.word, paper.shape, (*paper.required, "number", "status"), change=True)
        _check(call, paper, given, known["id"])
        items = given.pop(f"{paper.items}_attributes", None)
        if items is not None:
            given["items"] = changed_items(call, f"{paper.items}_attributes", items, known["items"])
        document = keep(call, paper, {**known, **given})
        _check_paid(paper, given, document)
        return shown(call, document, paper)

    return run


def _check(call: Call, paper: Paper, given: Document, own: int = 0) -> None:
    # An estimate may be for a lead.
    if not (paper is ESTIMATE and call.find("leads", given.get("client_id"))):
        check_known(call, {name: given[name] for name in ("client_id",) if name in given})
    check_known(call, {name: given[name] for name in ("project_id",) if name in given})
    check_unique(call, paper.table, given, own)


def _check_paid(paper: Paper, given: Document, document: Document) -> None:
    if paper is INVOICE and given.get("status") == PAID and decimal(document["balance"]) > 0:
        raise invalid("status", f"cannot be paid: there is a balance of {document['balance']}")


def show(paper: Paper) -> Callable[[Call], Document]:
    """Return what shows a document of this kind."""
    return lambda call: shown(call, call.record(paper.table), paper)


def listed(paper: Paper, owner: str = "") -> Callable[[Call], Document]:
    """Return what lists the documents of this kind: all, or those of an owner of which the path has the id."""
    tables = {"client_id": ("clients", "leads") if paper is ESTIMATE else ("clients",), "project_id": ("projects",), "": ()}
    tables["recurring_id"] = ("recurring",)

    def run(call: Call) -> Document:
        name = "id" if owner == "recurring_id" else owner
        rows = (
            call.rows(paper.table, **{owner: call.record(*tables[owner], id=name)["id"]})
            if owner
            else call.state.rows(paper.table)
        )
        found = since(call, rows) if paper is INVOICE else rows
        return paged(call, paper.table, newest(found), 30, lambda call, row: shown(call, row, paper))

    return run


def delete(call: Call) -> None:
    removal.invoice(call, call.record("invoices"))


def delete_estimate(call: Call) -> None:
    call.remove("estimates", call.record("estimates"))


def send(paper: Paper) -> Callable[[Call], None]:
    """Return what sends a document of this kind; the body is not wrapped."""

    def run(call: Call) -> None:
        document = call.record(paper.table)
        if not isinstance(call.body, dict):
            raise invalid("recipients", "can't be blank")
        given = read(call.body, MESSAGE, ("recipients",))
        people = given["recipients"]
        if not isinstance(people, list) or not people:
            raise invalid("recipients", "must be a list of email addresses")
        for person in people:
            _check_address(person)
        if document["status"] == CANCELLED:
            raise invalid("status", "a cancelled document cannot be sent")
        call.create("messages", {"about": [paper.table, document["id"]], **given})
        status = SENT if document["status"] == DRAFT else document["status"]
        keep(call, paper, {**document, "status": status, "recipients": [*document["recipients"], *people]})

    return run


def _check_address(person: Any) -> None:
    try:
        shape.email(person)
    except ValueError as error:
        raise invalid("recipients", str(error)) from None


AMOUNTS: Final = (
    "subtotal",
    "taxable_subtotal",
    "total_tax",
    "total_tax2",
    "total_tax3",
    "total_cost",
    "total_payments",
    "balance",
)


def shown(call: Call, document: Document, paper: Paper) -> Document:
    """Return a document as it is answered."""
    kept = view.slashed(view.numbers(view.rates(document, RATES), AMOUNTS), ("date", "due_date", "paid_date"))
    rest = {name: value for name, value in kept.items() if name not in {"items", "project_id", "recurring_id"}}
    project = call.find("projects", document["project_id"])
    taxes = sum((Decimal(document[name]) for name in ("total_tax", "total_tax2", "total_tax3")), NOTHING)
    rest |= {
        paper.items: [view.numbers(item, ("quantity", "price")) for item in document["items"]],
        "client": view.client(call, document["client_id"]),
        "associated_project_id": document["project_id"],
        "projects": [{"id": project["id"], "name": project["name"]}] if project else [],
        "client_view_url": f"https://acme.clientary.com/{paper.table}/{document['secret']}",
        "total_taxes": float(taxes),
        "non_taxable_subtotal": float(decimal(document["subtotal"]) - decimal(document["taxable_subtotal"])),
    }
    if paper is ESTIMATE:
        return rest
    paid = call.rows("payments", invoice_id=document["id"])
    schedules = [] if document["recurring_id"] is None else [{"id": document["recurring_id"]}]
    return {**rest, "payments": [payment(row) for row in paid], "recurring_schedules": schedules}


def payment(document: Document) -> Document:
    """Return a payment as it is answered."""
    kept = view.numbers(document, ("amount", "transaction_fee_amount"))
    # Only what a gateway has charged has these.
    return {name: value for name, value in kept.items() if value is not None or not name.startswith("transaction")}
