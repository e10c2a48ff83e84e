"""Customers: the five fields that each must have, their numbers, and import from CSV."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from skillkit.sandbox.faktoora import shape, webhooks
from skillkit.sandbox.faktoora.call import Account, Call, Document, Refused, invalid, opaque, uuid
from skillkit.sandbox.faktoora.listing import holding, paged, public, word, words
from skillkit.sandbox.faktoora.shape import Shape, accepted

FIELDS: Final[Shape] = {
    "isCompany": shape.flag,
    "address": shape.text(),
    "postcode": shape.text(20),
    "city": shape.text(),
    "extras": shape.mapping,
    # CHOICE: the country of a customer
    "country": shape.country,
    "name": shape.text(),
    "firstName": shape.text(),
    "lastName": shape.text(),
    "email": shape.email,
    "phoneNo": shape.text(50),
    "category": shape.text(),
    "vatId": shape.text(50),
    "taxId": shape.text(50),
    "nameAuthorisedSignatory": shape.text(),
    "invoiceProfile": shape.text(),
    "supplierNumber": shape.text(),
    "routeId": shape.text(),
    "peppolId": shape.text(),
    "customerId": shape.text(50),
}
REQUIRED: Final = ("isCompany", "address", "postcode", "city", "extras")

SORTS: Final = (
    *("customerId", "name", "nameAuthorisedSignatory", "address", "phoneNo", "category", "isCompany", "email", "faktooraId"),
    *("vatId", "taxId", "invoiceProfile", "supplierNumber", "routeId", "peppolId", "createdAt", "updatedAt"),
)
SEARCHED: Final = ("name", "firstName", "lastName", "email", "customerId", "address", "postcode", "city", "category", "vatId")

# What else may be asked for with a customer; none of it has a way in, but for the file it was imported from.
RELATIONS: Final[Mapping[str, object]] = {
    "user": None,
    "legalform": None,
    "importedFile": None,
    "customerContacts": [],
    "invoiceTemplate": None,
    "customerDeliveryAddresses": [],
}

POSTCODES: Final = {"DE": 5, "AT": 4, "CH": 4}
# CHOICE: generated numbers
NUMBER: Final = re.compile(r"CUST-([0-9]{1,9})")


def list_customers(call: Call) -> Document:
    relations = words(call, "relationFields", RELATIONS)
    found = holding(call.state.rows("customers"), SEARCHED, words(call, "keywords"))
    if category := call.query.get("category", ""):
        found = [row for row in found if row["category"] == category]
    return paged(call, found, SORTS, lambda row: _related(row, relations))


def show_customer(call: Call) -> Document:
    return public(call.record("customers", "customer"))


def create_customer(call: Call) -> Document:
    made = add(call.account, accepted(call.body, FIELDS, REQUIRED))
    call.later.append(webhooks.telling(call.account, "customerCreate", id=made["id"]))
    return public(made)


def update_customer(call: Call) -> Document:
    known = call.record("customers", "customer")
    strict = call.account.option("customerPatch") == "strict"
    given = accepted(call.body, FIELDS, REQUIRED, change=True)
    if strict and (absent := [name for name in REQUIRED if name not in given]):
        raise invalid([(name, "is required") for name in absent])
    whole = {**known, **given}
    check(call.account, whole)
    return public(call.account.update("customers", known["id"], whole))


def delete_customer(call: Call) -> Document:
    known = call.record("customers", "customer")
    call.state.remove("customers", known["id"])
    # CHOICE: projects of a deleted customer
    for row in call.state.rows("projects"):
        if row["customerId"] == known["id"]:
            call.account.update("projects", row["id"], {**row, "customerId": None})
    return {"succeed": True}


def generate_number(call: Call) -> Document:
    numbers = [NUMBER.fullmatch(row["customerId"] or "") for row in call.state.rows("customers")]
    return {"value": f"CUST-{max((int(found[1]) for found in numbers if found), default=0) + 1:04}"}


def verify_number(call: Call) -> Document:
    # CHOICE: the query of the checks for a free number or code
    return {"succeed": not _taken(call.account, word(call, "customerNumber"))}


def add(account: Account, given: Document, **more: object) -> Document:
    """Keep a new customer."""
    check(account, given)
    key = uuid()
    return account.create("customers", key, {"id": key, "faktooraId": opaque(), **given, **more})


def check(account: Account, whole: Document) -> None:
    """Refuse a customer whose fields do not fit each other, or whose number another one has."""
    if problems := misfits(whole):
        raise invalid(problems)
    if whole["customerId"] and _taken(account, whole["customerId"], whole.get("id", "")):
        raise Refused(409, f"customerId {whole['customerId']!r} is already taken")


def misfits(whole: Document) -> Sequence[tuple[str, str]]:
    """Return what is wrong with fields because of others."""
    problems = []
    # CHOICE: names of customers
    if whole["isCompany"] and not (whole["name"] or "").strip():
        problems.append(("name", "is required for a company"))
    digits = POSTCODES.get(whole["country"] or "DE")
    if digits and not re.fullmatch(f"[0-9]{{{digits}}}", whole["postcode"]):
        problems.append(("postcode", f"must have {digits} digits"))
    return problems


def name_of(customer: Document) -> str:
    """Return what a company or a person is called."""
    return customer["name"] or " ".join(part for part in (customer["firstName"], customer["lastName"]) if part)


def _taken(account: Account, number: str, own: str = "") -> bool:
    return any(row["customerId"] == number and row["id"] != own for row in account.state.rows("customers"))


def _related(row: Document, relations: Sequence[str]) -> Document:
    # CHOICE: relations of customers
    return {**public(row), **{name: row.get(f"_{name}", RELATIONS[name]) for name in relations}}
