"""Payments in and out: what they settle, and what becomes of it when they are voided."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from skillkit.sandbox.alegra.actions import voiding
from skillkit.sandbox.alegra.balances import touched
from skillkit.sandbox.alegra.books import Answer, Asked, Books, Document
from skillkit.sandbox.alegra.fields import Fields, Kind, day, entry, many, money_of, number, one_of, text
from skillkit.sandbox.alegra.files import attaching
from skillkit.sandbox.alegra.lines import BANK_ACCOUNT, CLIENT, COST_CENTER, LONG, METHODS, RETENTIONS, TAXES, currency_of
from skillkit.sandbox.alegra.listing import Query, among, dates, same, yes
from skillkit.sandbox.alegra.numbers import numbered
from skillkit.sandbox.alegra.problem import Refused
from skillkit.sandbox.alegra.resource import Operations, Resource, one, operations, public
from skillkit.sandbox.alegra.sums import HUNDRED, MOST, ZERO, cents, exact, plain, total

SHOWN: Final = ("date", "dueDate", "total", "numberTemplate")

CATEGORY: Final[Fields] = {"price": number("0.01"), "quantity": number("0.000001"), "tax": TAXES, "observations": LONG}

OWNERS: Final = {"invoices": "client", "bills": "provider"}


def _settled(table: str) -> Kind:
    return many(entry(table, (*SHOWN, OWNERS[table]), {"amount": number("0.01"), "retentions": RETENTIONS}, "amount"))


FIELDS: Final[Fields] = {
    "date": day,
    "bankAccount": BANK_ACCOUNT,
    "paymentMethod": one_of(*METHODS),
    "type": one_of("in", "out"),
    "client": CLIENT,
    "invoices": _settled("invoices"),
    "bills": _settled("bills"),
    "categories": many(entry("categories", ("name",), CATEGORY, "price")),
    "retentions": RETENTIONS,
    "currency": money_of,
    "costCenter": COST_CENTER,
    "observations": LONG,
    "anotation": LONG,
    "comments": many(text(500)),
}

BLANK: Final[dict[str, Any]] = {
    "client": None,
    "invoices": [],
    "bills": [],
    "categories": [],
    "retentions": [],
    "appliedAdvances": [],
    "comments": [],
    "currency": None,
    "costCenter": None,
    "observations": None,
    "anotation": None,
    "saleCondition": None,
    "stamp": None,
    "reason": None,
    "url": None,
}


def _shape(books: Books, payment: Document, before: Document | None) -> Document:
    _unbound(before)
    # CHOICE: a payment that does not say its type is out when it pays bills.
    kind = payment.setdefault("type", "out" if payment["bills"] else "in")
    if before and before["type"] != kind:
        raise Refused("El campo type no se puede cambiar")
    if payment["bills" if kind == "in" else "invoices"]:
        raise Refused(f"El campo {'bills' if kind == 'in' else 'invoices'} no corresponde a un pago de tipo {kind}")
    for table, owner in OWNERS.items():
        payment[table] = [_of_client(payment, each, table, owner) for each in payment[table]]
    payment["categories"] = [_priced(each) for each in payment["categories"]]
    settled = [*payment["invoices"], *payment["bills"]]
    # CHOICE: a payment is for documents or for accounts, so one for nothing is refused.
    if not settled and not payment["categories"]:
        raise Refused("El campo invoices, bills o categories es obligatorio")
    amount = total(each["amount"] for each in settled) + total(each["total"] for each in payment["categories"])
    if amount >= MOST:
        raise Refused("El campo amount es demasiado grande")
    template = numbered(books, "payments", "transactionIn" if kind == "in" else "transactionOut", None, before)
    return {
        **payment,
        "status": "open",
        **({"status": before["status"]} if before else {}),
        "amount": plain(amount),
        "bankAccountAmount": plain(amount),
        "account": payment["bankAccount"],
        "currency": currency_of(books, payment),
        "numberTemplate": template,
        "number": template["number"],
    }


def _of_client(payment: Document, each: Document, table: str, owner: str) -> Document:
    if owner not in each:
        return each
    contact = each.pop(owner)
    payment["client"] = payment["client"] or contact
    # CHOICE: a payment is one client's.
    if payment["client"]["id"] != contact["id"]:
        raise Refused(f"El campo {table} nombra al documento {each['id']}, que no es del contacto {payment['client']['id']}")
    template = each.pop("numberTemplate") or {}
    return {"number": template.get("fullNumber"), "retentions": [], **each}


def _priced(line: Document) -> Document:
    line = {"quantity": 1, "tax": [], "observations": None, **line}
    net = exact(line["price"]) * exact(line["quantity"])
    if net >= MOST:
        raise Refused("El campo categories suma un valor demasiado grande")
    tax: Decimal = sum((cents(net * exact(each["percentage"]) / HUNDRED) for each in line["tax"]), ZERO)
    return {**line, "total": plain(cents(net) + tax)}


def _unbound(payment: Document | None) -> None:
    # CHOICE: what the bank has confirmed stays as it is.
    if payment and payment.get("conciliation"):
        raise Refused(f"El pago {payment['id']} está conciliado y no se puede cambiar")


def _settle(books: Books, before: Document | None, after: Document | None) -> None:
    if not after or after["status"] == "void":
        _unbound(before)
    touched(books, before, after)


def _in_conciliation(row: Document, value: str, query: Query) -> bool:
    bound = row.get("conciliation")
    return str(bound["id"]) == value if bound else yes(query.get("includeUnconciliated", ""))


PAYMENTS: Final = Resource(
    "payments",
    "el pago",
    FIELDS,
    required=("date", "bankAccount", "paymentMethod"),
    again=("date", "bankAccount", "paymentMethod"),
    blank=BLANK,
    filters={
        "id": same("id"),
        "type": same("type"),
        "client_id": same("client.id"),
        "conciliation_id": _in_conciliation,
        "status": among("status"),
        **dates("date"),
    },
    orders={"id": "id", "date": "date"},
    searched=("number", "client.name"),
    shape=_shape,
    settle=_settle,
)


def _stamped(books: Books, asked: Asked) -> Answer:
    payment = one(books, PAYMENTS, asked.names["id"])
    if payment["stamp"]:
        raise Refused(f"El pago {payment['id']} ya fue timbrado", code=3246)
    if payment["status"] == "void" or payment["type"] != "in":
        raise Refused("Solo se timbran pagos recibidos que no estén anulados", code=3051)
    payment["stamp"] = {"uuid": f"REP-{payment['id']}", "date": books.stamp()}
    books.state.put(PAYMENTS.path, payment["id"], payment)
    return Answer(public(payment))


OPERATIONS: Final[Operations] = {
    **operations(PAYMENTS),
    **voiding(PAYMENTS),
    **attaching(PAYMENTS),
    "POST /payments/{id}/stamp": _stamped,
}
