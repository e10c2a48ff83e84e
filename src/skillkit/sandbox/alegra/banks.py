"""Bank accounts, transfers between them, and conciliations with what the bank says."""

from __future__ import annotations

from typing import Final

from skillkit.sandbox.alegra.books import Answer, Asked, Books, Document
from skillkit.sandbox.alegra.fields import day, entry, many, money_of, number, one_of, record, reference, text
from skillkit.sandbox.alegra.lines import BANK_ACCOUNT, COST_CENTER, LONG, currency_of
from skillkit.sandbox.alegra.listing import among, dates, like, same, yes
from skillkit.sandbox.alegra.numbers import numbered
from skillkit.sandbox.alegra.payments import BLANK, PAYMENTS
from skillkit.sandbox.alegra.problem import Refused
from skillkit.sandbox.alegra.resource import Operations, Resource, one, operations, rows
from skillkit.sandbox.alegra.sums import exact, plain, total


def _balance(books: Books, account: Document) -> Document:
    moved = [row for row in books.state.rows("payments") if row["bankAccount"]["id"] == account["id"] and row["status"] != "void"]
    into = total(row["amount"] for row in moved if row["type"] == "in")
    out = total(row["amount"] for row in moved if row["type"] == "out")
    return {**account, "balance": plain(exact(account["initialBalance"]) + into - out)}


def _seen(books: Books, account: Document, asked: Asked) -> Document:
    return _balance(books, account) if yes(asked.query.get("includeBalance", "")) else account


def _unused(books: Books, before: Document | None, after: Document | None) -> None:
    if before and not after and any(row["bankAccount"]["id"] == before["id"] for row in books.state.rows("payments")):
        # CHOICE: an account that payments name is not deleted.
        raise Refused(f"La cuenta de banco {before['id']} tiene pagos asociados")


ACCOUNTS: Final = Resource(
    "bank-accounts",
    "la cuenta de banco",
    # CHOICE: of its fields the documents name the type alone.
    {
        "name": text(),
        "type": one_of("bank", "credit-card", "cash"),
        "number": text(60),
        "description": LONG,
        "initialBalance": number("-999999999999"),
        "initialBalanceDate": day,
        "currency": money_of,
        "status": one_of("active", "inactive"),
    },
    required=("name", "type"),
    blank={
        "number": None,
        "description": None,
        "initialBalance": 0,
        "initialBalanceDate": None,
        "currency": None,
        "status": "active",
    },
    filters={"type": among("type"), "status": among("status"), "name": like("name")},
    searched=("name", "number"),
    settle=_unused,
    seen=_seen,
)


def _list(books: Books, asked: Asked) -> Answer:
    # CHOICE: inactive accounts are left out unless they are asked for.
    query = dict(asked.query)
    if not yes(query.get("includeInactive", "")):
        query.setdefault("status", "active")
    return rows(books, ACCOUNTS, Asked(asked.names, query))


TRANSFER: Final = record(
    {
        "idDestination": reference("bank-accounts", "name", "type"),
        "amount": number("0.01"),
        "date": day,
        "observations": LONG,
        "exchangeRate": number("0.000001"),
        "costCenterOrigin": COST_CENTER,
        "costCenterDestination": COST_CENTER,
        "idResolution": reference("number-templates"),
        "idResolutionOut": reference("number-templates"),
    },
    "idDestination",
    "amount",
    "date",
)


def _transfer(books: Books, asked: Asked) -> Answer:
    origin = one(books, ACCOUNTS, asked.names["id"])
    given = TRANSFER(books, asked.body, "body")
    if given["idDestination"]["id"] == origin["id"]:
        raise Refused("El campo idDestination debe ser distinto de la cuenta de origen")
    here = {"id": origin["id"], "name": origin["name"], "type": origin["type"]}
    out = _moved(
        books, "out", here, {**given, "template": given.get("idResolutionOut"), "costCenter": given.get("costCenterOrigin")}
    )
    arrived = plain(exact(given["amount"]) * exact(given.get("exchangeRate", 1)))
    there = {**given, "amount": arrived, "template": given.get("idResolution"), "costCenter": given.get("costCenterDestination")}
    into = _moved(books, "in", given["idDestination"], there)
    # CHOICE: a transfer is two payments, one out and one in, and the answer shows both.
    return Answer({"code": 200, "message": "Se hizo la transferencia", "transactionOut": out, "transactionIn": into})


def _moved(books: Books, kind: str, account: Document, given: Document) -> Document:
    key = str(books.state.next("id payments"))
    template = numbered(books, "payments", "transactionIn" if kind == "in" else "transactionOut", given["template"], None)
    payment = {
        "id": key,
        **BLANK,
        "type": kind,
        "date": given["date"],
        "amount": given["amount"],
        "bankAccountAmount": given["amount"],
        "bankAccount": account,
        "account": account,
        "paymentMethod": "transfer",
        "status": "open",
        "observations": given.get("observations"),
        "costCenter": given["costCenter"],
        "currency": currency_of(books, {}),
        "numberTemplate": template,
        "number": template["number"],
    }
    books.state.add(PAYMENTS.path, key, payment)
    return payment


def _bound(books: Books, before: Document | None, after: Document | None) -> None:
    for conciliation, mark in ((before, None), (after, (after or {}).get("id"))):
        for each in (conciliation or {}).get("payments", []):
            payment = books.state.find("payments", each["id"])
            if payment:
                books.state.put("payments", each["id"], {**payment, "conciliation": {"id": mark} if mark else None})


def _conciliation(_: Books, conciliation: Document, __: Document | None) -> Document:
    for each in conciliation["payments"]:
        if each.pop("conciliation", None):
            raise Refused(f"El campo payments nombra al pago {each['id']}, que ya está conciliado")
        if each.pop("bankAccount")["id"] != conciliation["bankAccount"]["id"]:
            raise Refused(f"El campo payments nombra al pago {each['id']}, que es de otra cuenta")
    return {"status": "open", **conciliation}


CONCILIATIONS: Final = Resource(
    "conciliations",
    "la conciliación",
    # CHOICE: a conciliation is of an account, up to a day, and names the payments that the bank confirms.
    {
        "bankAccount": BANK_ACCOUNT,
        "date": day,
        "startDate": day,
        "endDate": day,
        "initialBalance": number("-999999999999"),
        "finalBalance": number("-999999999999"),
        "payments": many(entry("payments", ("date", "amount", "type", "bankAccount", "conciliation"), {})),
        "observations": LONG,
    },
    required=("bankAccount", "date"),
    blank={**dict.fromkeys(("startDate", "endDate", "initialBalance", "finalBalance", "observations")), "payments": []},
    filters={"bankAccount_id": same("bankAccount.id"), **dates("date")},
    orders={"id": "id", "date": "date"},
    searched=("bankAccount.name",),
    verbs=("list", "show", "create", "delete"),
    shape=_conciliation,
    settle=_bound,
)


def _forbidden(_: Books, __: Asked) -> Answer:
    # The documents name this path, and the real server refuses it.
    raise Refused("No tiene permisos para esta operación", 403)


OPERATIONS: Final[Operations] = {
    **operations(ACCOUNTS, CONCILIATIONS),
    "GET /bank-accounts": _list,
    "POST /bank-accounts/{id}/transfer": _transfer,
    **{f"{verb} /reconciliations": _forbidden for verb in ("GET", "POST")},
    **{f"{verb} /reconciliations/{{id}}": _forbidden for verb in ("GET", "PUT", "DELETE")},
}
