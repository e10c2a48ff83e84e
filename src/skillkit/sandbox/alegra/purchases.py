"""Bills, purchase orders and recurring payments: what the company buys."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from skillkit.sandbox.alegra.actions import commenting, mailed, put_to
from skillkit.sandbox.alegra.balances import counted, noted, payments_of
from skillkit.sandbox.alegra.books import Answer, Asked, Books, Document
from skillkit.sandbox.alegra.fields import Fields, day, either, entry, many, money_of, number, record, reference, text
from skillkit.sandbox.alegra.files import attaching, detaching
from skillkit.sandbox.alegra.lines import (
    COST_CENTER,
    LONG,
    PAYMENTS,
    PROVIDER,
    PURCHASES,
    RETENTIONS,
    SELLER,
    TEXTS,
    WAREHOUSE,
    currency_of,
    in_order,
    line,
)
from skillkit.sandbox.alegra.listing import among, dates, like, same, yes
from skillkit.sandbox.alegra.payments import PAYMENTS as PAYMENTS_TABLE
from skillkit.sandbox.alegra.problem import Refused
from skillkit.sandbox.alegra.resource import Operations, Resource, made, one, operations, public, turned
from skillkit.sandbox.alegra.stock import bought, moving
from skillkit.sandbox.alegra.sums import exact, plain, priced, total

# A supplier's own number.
NUMBER: Final = either(text(40), record({"id": text(40), "prefix": text(20), "number": text(40)}))

FIELDS: Final[Fields] = {
    "date": day,
    "dueDate": day,
    "provider": PROVIDER,
    "purchases": PURCHASES,
    "numberTemplate": NUMBER,
    "warehouse": WAREHOUSE,
    "retentions": RETENTIONS,
    "currency": money_of,
    "payments": PAYMENTS,
    "costCenter": COST_CENTER,
    "observations": LONG,
    "termsConditions": LONG,
    "paymentMethod": text(60),
    "paymentType": text(60),
    "type": text(60),
    "operationType": text(60),
    "purchaseOrder": reference("purchase-orders", "number"),
}

BLANK: Final[dict[str, Any]] = {
    **dict.fromkeys(("warehouse", "currency", "costCenter", "observations", "termsConditions", "paymentMethod", "paymentType")),
    **dict.fromkeys(("operationType", "purchaseOrder", "stamp", "journal", "physicalDocument", "url")),
    "numberTemplate": {"number": None},
    "purchases": {},
    "payments": [],
    "retentions": [],
    "perceptions": [],
    "comments": [],
    "type": "bill",
    "decimalPrecision": "2",
    "calculationScale": 2,
}

REQUIRED: Final = ("date", "dueDate", "provider")

STOCK: Final = moving(bought)


def _shape(books: Books, bill: Document, before: Document | None) -> Document:
    in_order(bill)
    items, categories = bill["purchases"].get("items", []), bill["purchases"].get("categories", [])
    if not items and not categories:
        # Lines at the top of a bill, as invoices have them, end here as well.
        raise Refused("El campo purchases.items o purchases.categories es obligatorio")
    (items, categories), sums = priced(items, categories)
    bill |= {"purchases": {"items": items, "categories": categories}, "currency": currency_of(books, bill), **sums}
    bill |= {"name": bill["provider"]["name"], "numberTemplate": _number(bill["numberTemplate"])}
    if before:
        return {**bill, "payments": before["payments"]}
    # CHOICE: a bill is open from the start.
    return {**bill, "status": "open", "totalPaid": 0, "balance": sums["total"], "payments": [], "_paying": bill["payments"]}


def _number(given: Any) -> Document:
    given = given if isinstance(given, dict) else {"number": given}
    full = f"{given.get('prefix') or ''}{given.get('number') or ''}"
    return {"prefix": None, "number": None, **given, "fullNumber": full or None}


def _settle(books: Books, before: Document | None, after: Document | None) -> None:
    if before and not after and noted(books, "bills", before["id"]):
        raise Refused(f"La factura de compra {before['id']} tiene pagos o notas débito asociados")
    STOCK(books, before, after)
    if after is None:
        return
    if before is None:
        payments = after.pop("_paying")
        books.state.put("bills", after["id"], after)
        for payment in payments:
            _pay(books, after["id"], payment)
    counted(books, "bills", after["id"])


def _pay(books: Books, key: str, payment: Document) -> None:
    settled = {"id": key, "amount": payment["amount"], "retentions": payment.get("retentions", [])}
    rest = {name: value for name, value in payment.items() if name in {"date", "observations", "anotation", "currency"}}
    method = payment.get("paymentMethod", "cash")
    made(
        books,
        PAYMENTS_TABLE,
        {**rest, "type": "out", "bankAccount": payment["account"], "paymentMethod": method, "bills": [settled]},
    )


def _seen(books: Books, bill: Document, asked: Asked) -> Document:
    if not yes(asked.query.get("includeVoidPayments", "")):
        return bill
    return {**bill, "payments": payments_of(books, "bills", bill["id"], voided=True)}


BILLS: Final = Resource(
    "bills",
    "la factura de compra",
    FIELDS,
    required=(*REQUIRED, "purchases"),
    again=REQUIRED,
    blank=BLANK,
    filters={
        "billNumber": same("numberTemplate.number"),
        "client_name": like("provider.name"),
        "client_id": same("provider.id"),
        "provider_name": like("provider.name"),
        "status": among("status"),
        "item_id": same("purchases.items.id"),
        "uuid": same("stamp.cufe"),
        "purchaseOrder_id": same("purchaseOrder.id"),
        "type": same("type"),
        **dates("date"),
        **dates("dueDate"),
    },
    # CHOICE: bills are ordered by what invoices are ordered by.
    orders={"id": "id", "name": "name", "date": "date", "dueDate": "dueDate", "status": "status"},
    searched=("provider.name", "numberTemplate.number"),
    shape=_shape,
    settle=_settle,
    seen=_seen,
    event="bill",
)


def _close(books: Books, asked: Asked) -> Answer:
    bill = one(books, BILLS, asked.names["id"])
    given = record({"date": day, "category": reference("categories", "name")}, "date", "category")(books, asked.body, "body")
    if bill["status"] != "open":
        raise Refused(f"La factura de compra {bill['id']} no está abierta")
    # CHOICE: what was still owed goes to the account that was named.
    closed = {**bill, "_written_off": plain(exact(bill["balance"]) + exact(bill.get("_written_off"))), "closing": given}
    return Answer(public(turned(books, BILLS, bill, closed)))


ADVANCES: Final = record({"advances": many(entry("payments", (), {"amount": number("0.01")}, "amount"), least=1)}, "advances")


def _advance(books: Books, asked: Asked) -> Answer:
    bill = one(books, BILLS, asked.names["id"])
    # CHOICE: the body is {advances: [{id, amount}]}, each id that of a payment out which pays accounts and not documents.
    for each in ADVANCES(books, asked.body, "body")["advances"]:
        payment = books.state.find("payments", each["id"]) or {}
        applied = payment["appliedAdvances"]
        left = exact(payment["amount"]) - total(past["amount"] for past in applied)
        if payment["type"] != "out" or payment["bills"] or payment["status"] == "void" or exact(each["amount"]) > left:
            raise Refused(f"El campo advances nombra al pago {payment['id']}, que no es un anticipo por ese valor")
        payment["appliedAdvances"] = [*applied, {"bill": {"id": bill["id"]}, "amount": each["amount"]}]
        books.state.put("payments", payment["id"], payment)
        bill["_written_off"] = plain(exact(bill.get("_written_off")) + exact(each["amount"]))
    books.state.put("bills", bill["id"], bill)
    counted(books, "bills", bill["id"])
    return Answer(public(one(books, BILLS, bill["id"])))


def _perceived(books: Books, asked: Asked) -> Answer:
    # CHOICE: a perception is a name and an amount, which is noted and added to nothing.
    perception = record({"id": text(40), "name": text(), "amount": number()}, "amount")
    return _noted(books, asked, {"perceptions": many(perception)})


def _retained(books: Books, asked: Asked) -> Answer:
    return _noted(books, asked, {"retentions": RETENTIONS})


def _noted(books: Books, asked: Asked, fields: Fields) -> Answer:
    bill = one(books, BILLS, asked.names["id"])
    given = record(fields, *fields)(books, asked.body, "body")
    books.state.put("bills", bill["id"], {**bill, **given})
    return Answer(public({**bill, **given}))


def _imported(books: Books, asked: Asked) -> Answer:
    cufe = record({"cufe": text(96)}, "cufe")(books, asked.body, "body")["cufe"].lower()
    if not re.fullmatch("[0-9a-f]{96}", cufe):
        raise Refused("El campo cufe debe tener 96 caracteres hexadecimales")
    if any((row["stamp"] or {}).get("cufe") == cufe for row in books.state.rows("bills")):
        raise Refused("Ya existe una factura de compra con el campo cufe indicado")
    # CHOICE: no authority is asked; the bill is made up from the CUFE itself, for the first provider and the first expense.
    providers = [row for row in books.state.rows("contacts") if "provider" in row["type"]]
    expenses = [row for row in books.state.rows("categories") if row["type"] == "expense"]
    if not providers or not expenses:
        raise Refused("El campo cufe corresponde a un proveedor que no existe", 404)
    price = int(hashlib.sha256(cufe.encode()).hexdigest()[:4], 16) * 100 + 10000
    day_ = books.today().isoformat()
    category = {"id": expenses[0]["id"], "price": price, "quantity": 1}
    number_ = {"number": f"CUFE-{cufe[:8].upper()}"}
    body = {
        "date": day_,
        "dueDate": day_,
        "provider": providers[0]["id"],
        "numberTemplate": number_,
        "purchases": {"categories": [category]},
    }
    bill = {**made(books, BILLS, body), "stamp": {"cufe": cufe}}
    books.state.put("bills", bill["id"], bill)
    return Answer(public(bill), 201)


def _ordered(books: Books, order: Document, before: Document | None) -> Document:
    items, bought_ = order["items"], order["purchases"]
    lines, categories = bought_.get("items", []), bought_.get("categories", [])
    if not (items or lines or categories):
        raise Refused("El campo items es obligatorio")
    (items, lines, categories), sums = priced(items, lines, categories)
    number_ = before["number"] if before else str(books.state.next("number purchase-orders"))
    order |= {"items": items, "purchases": {"items": lines, "categories": categories}, "number": number_, **sums}
    return {"status": "open", **order, "name": order["provider"]["name"], "currency": currency_of(books, order)}


PURCHASE_ORDERS: Final = Resource(
    "purchase-orders",
    "la orden de compra",
    # CHOICE: lines come as `items`, as on estimates, or under `purchases`, as on bills.
    {
        **{name: FIELDS[name] for name in ("date", "dueDate", "provider", "purchases", "warehouse", "currency", "costCenter")},
        "deliveryDate": day,
        "items": many(line("items")),
        "seller": SELLER,
        **TEXTS,
    },
    required=("date", "deliveryDate", "provider"),
    blank={
        **dict.fromkeys(("dueDate", "warehouse", "currency", "costCenter", "seller", *TEXTS)),
        "items": [],
        "purchases": {},
        "comments": [],
    },
    filters={
        "status": among("status"),
        "provider_name": like("provider.name"),
        "client_id": same("provider.id"),
        "warehouse_id": same("warehouse.id"),
        "costCenter_id": same("costCenter.id"),
        "number": same("number"),
        "currency": same("currency.code"),
        **dates("date"),
        **dates("deliveryDate"),
    },
    orders={"id": "id", "name": "name", "date": "date", "deliveryDate": "deliveryDate", "status": "status"},
    searched=("provider.name", "number"),
    shape=_ordered,
)

RECURRING_PAYMENTS: Final = Resource("recurring-payments", "el pago recurrente", {}, verbs=("list", "show"))

OPERATIONS: Final[Operations] = {
    **operations(BILLS, PURCHASE_ORDERS, RECURRING_PAYMENTS),
    **commenting(BILLS),
    **commenting(PURCHASE_ORDERS, edits=False),
    **attaching(BILLS, PURCHASE_ORDERS),
    **detaching(BILLS),
    "POST /bills/{id}/close": _close,
    "POST /bills/{id}/advances-applied": _advance,
    "PUT /bills/{id}/perceptions": _perceived,
    "PUT /bills/{id}/retentions": _retained,
    "POST /bills/import-by-cufe": _imported,
    "POST /purchase-orders/{id}/void": put_to(PURCHASE_ORDERS, "void", "open"),
    "POST /purchase-orders/{id}/email": mailed(PURCHASE_ORDERS),
}
