"""What the documents of sales and purchases have in common: their lines, and the fields that most of them take."""

from __future__ import annotations

from typing import Any, Final

from skillkit.sandbox.alegra.books import Books, Document
from skillkit.sandbox.alegra.fields import (
    Fields,
    Kind,
    day,
    either,
    email,
    entry,
    many,
    money_of,
    number,
    one_of,
    one_or_many,
    record,
    reference,
    text,
    whole,
)
from skillkit.sandbox.alegra.listing import Filters, dates, like, same
from skillkit.sandbox.alegra.problem import Refused

LONG: Final = text(500)

CLIENT: Final = reference("contacts", "name", "identification", "phonePrimary", "address", "email")
PROVIDER: Final = CLIENT
SELLER: Final = reference("sellers", "name", "identification")
WAREHOUSE: Final = reference("warehouses", "name")
PRICE_LIST: Final = reference("price-lists", "name")
COST_CENTER: Final = reference("cost-centers", "name", "code")
BANK_ACCOUNT: Final = reference("bank-accounts", "name", "type")
TAXES: Final = one_or_many(reference("taxes", "name", "percentage", "type"))

# How money changes hands, on payments of every country.
METHODS: Final = ("cash", "check", "transfer", "deposit", "credit-card", "debit-card")

RETENTIONS: Final = many(entry("retentions", ("name", "percentage"), {"amount": number()}, "amount"))


def bare(key: str) -> int | str:
    """Return the id of an item as lines show it: a number, where it is one."""
    # CHOICE: lines number their items while items name themselves with text; both were seen.
    return int(key) if isinstance(key, str) and key.isdecimal() else key


def line(table: str) -> Kind:
    """Return a kind that reads a line: what is sold or bought, for how much, how often."""
    fields: Fields = {
        "name": text(),
        "description": text(500),
        "reference": text(),
        "observations": LONG,
        "price": number(),
        "quantity": number("0.000001"),
        "discount": number("0", "100"),
        "tax": TAXES,
    }
    # CHOICE: the documents list these as optional and every client sends them; here they are required.
    read_entry = entry(table, ("name", "description", "reference"), fields, "price", "quantity")

    def read(books: Books, value: Any, where: str) -> Document:
        given = read_entry(books, value, where)
        # CHOICE: a line without taxes has none; it does not inherit its item's.
        return {"observations": None, "discount": 0, "tax": [], **given, "id": bare(given["id"])}

    return read


LINES: Final = many(line("items"), least=1)

PURCHASES: Final = record({"items": many(line("items")), "categories": many(line("categories"))})

CONVEYED: Final[Fields] = {
    "date": day,
    "account": BANK_ACCOUNT,
    "amount": number("0.01"),
    "paymentMethod": one_of(*METHODS),
    "observations": LONG,
    "anotation": LONG,
    "retentions": RETENTIONS,
    "currency": money_of,
}
PAYMENTS: Final = many(record(CONVEYED, "date", "account", "amount"))

NUMBER: Final = either(
    reference("number-templates"),
    record({"id": reference("number-templates"), "prefix": text(20), "number": whole(1), "fullNumber": text(40)}),
)

TEXTS: Final[Fields] = {"observations": LONG, "anotation": LONG, "termsConditions": LONG}

# Of what is sold.
SALE: Final[Fields] = {
    "date": day,
    "dueDate": day,
    "client": CLIENT,
    "items": LINES,
    "seller": SELLER,
    "priceList": PRICE_LIST,
    "warehouse": WAREHOUSE,
    "costCenter": COST_CENTER,
    "currency": money_of,
    **TEXTS,
}
SALE_BLANK: Final = dict.fromkeys(
    ("dueDate", "seller", "priceList", "warehouse", "costCenter", "observations", "anotation", "termsConditions")
)

BY_CLIENT: Final[Filters] = {
    "id": same("id"),
    "client_id": same("client.id"),
    "client_name": like("client.name"),
    "client_identification": same("client.identification"),
    "item_id": same("items.id"),
    "status": lambda row, value, _: row.get("status") in value.split(","),
    "number": same("number"),
    **dates("date"),
    **dates("dueDate"),
}

EMAILS: Final = record(
    {
        "emails": many(email, least=1),
        "sendCopyToUser": lambda _, value, __: bool(value),
        "invoiceType": text(20),
        "emailMessage": record({"subject": text(), "message": text(2000)}),
    },
    "emails",
)


def in_order(document: Document) -> None:
    """Refuse a document that is due before it is made."""
    # CHOICE: the vendor documents no such check.
    if document.get("dueDate") and document["dueDate"] < document["date"]:
        raise Refused("El campo dueDate no puede ser anterior al campo date")


def currency_of(books: Books, document: Document) -> Document:
    """Return the currency of a document: its own, or the company's."""
    found = document.get("currency")
    return found if isinstance(found, dict) else money_of(books, company_currency(books), "currency")


def company_currency(books: Books) -> str:
    company = books.state.find("company", "1") or {}
    return str(company["currency"]["code"])
