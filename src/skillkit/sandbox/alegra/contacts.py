"""Contacts: clients and suppliers, found by their identification, replaced by a PUT, and restored after a deletion."""

from __future__ import annotations

import re
from typing import Any, Final

from skillkit.sandbox.alegra.books import Answer, Asked, Books, Document
from skillkit.sandbox.alegra.fields import (
    Fields,
    either,
    email,
    flag,
    free,
    identity,
    many,
    number,
    one_of,
    one_or_many,
    record,
    reference,
    text,
    typed,
    yes_no,
)
from skillkit.sandbox.alegra.files import attaching, detaching
from skillkit.sandbox.alegra.lines import LONG, PRICE_LIST, SELLER
from skillkit.sandbox.alegra.listing import among, like, same
from skillkit.sandbox.alegra.problem import Refused, unknown
from skillkit.sandbox.alegra.resource import Operations, Resource, operations, public

DOCUMENTS: Final = ("RC", "TI", "CC", "TE", "CE", "NIT", "PP", "PEP", "DIE", "NUIP", "FOREIGN_NIT")
REGIMES: Final = (
    "SIMPLIFIED_REGIME",
    "COMMON_REGIME",
    "NOT_REPONSIBLE_FOR_CONSUMPTION",
    "SPECIAL_REGIME",
    "NATIONAL_CONSUMPTION_TAX",
    "INC_IVA_RESPONSIBLE",
)

WEIGHTS: Final = (3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71)

PARTS: Final = ("firstName", "secondName", "lastName", "secondLastName")
NAME: Final = record(dict.fromkeys(PARTS, text(100)))

IDENTIFICATION: Final = record({"type": typed("colombia", *DOCUMENTS), "number": text(40), "dv": text(1)}, "number")
ADDRESS: Final = record(dict.fromkeys(("address", "city", "department", "country", "zipCode"), text()))
PERSON: Final = record(
    {
        **dict.fromkeys(("name", "lastName", "mobile", "phone"), text()),
        "id": text(40),
        "email": email,
        "sendNotifications": yes_no,
    }
)
SPECIAL: Final = ("cfdiUse", "exporter", "giro", "ivaCondition", "paymentMethod", "paymentType", "thirdType", "thirdsType")


def _category(books: Books, value: Any, where: str) -> str:
    key = identity(value, where)
    if books.state.find("categories", key) is None:
        raise Refused(f"El campo {where} nombra a {key}, que no existe")
    return key


FIELDS: Final[Fields] = {
    "name": either(text(), NAME),
    "nameObject": NAME,
    "identification": text(40),
    "identificationObject": IDENTIFICATION,
    "kindOfPerson": typed("colombia", "LEGAL_ENTITY", "PERSON_ENTITY"),
    "regime": typed("colombia", *REGIMES),
    "regimeObject": one_or_many(text(60)),
    "email": email,
    "emailSecondary": email,
    **dict.fromkeys(("phonePrimary", "phoneSecondary", "mobile", "fax"), text(60)),
    "address": either(text(), ADDRESS),
    "type": one_or_many(one_of("client", "provider")),
    "status": one_of("active", "inactive"),
    "seller": SELLER,
    "priceList": PRICE_LIST,
    "term": reference("terms", "name", "days"),
    "creditLimit": number(),
    "accounting": record({"debtToPay": _category, "accountReceivable": _category}),
    "internalContacts": many(PERSON),
    "ignoreRepeated": flag,
    "statementAttached": flag,
    "enableHealthSector": flag,
    "equivalenceSurcharge": flag,
    "observations": LONG,
    **dict.fromkeys(SPECIAL, free),
}

BLANK: Final[dict[str, Any]] = {
    **dict.fromkeys(FIELDS),
    "type": [],
    "status": "active",
    "internalContacts": [],
    "regimeObject": [],
    "accounting": {"debtToPay": None, "accountReceivable": None},
    "address": {"address": None, "city": None},
    "statementAttached": False,
    "enableHealthSector": False,
    "equivalenceSurcharge": False,
    "ignoreRepeated": False,
}


def check_digit(nit: str) -> str:
    """
    Return the check digit of a Colombian tax number.

    >>> check_digit("900123456")
    '8'
    """
    left = sum(int(digit) * weight for digit, weight in zip(reversed(nit), WEIGHTS, strict=False)) % 11
    return str(left if left < 2 else 11 - left)


def _shape(books: Books, contact: Document, before: Document | None) -> Document:
    repeated = contact.pop("ignoreRepeated", False)
    _identified(contact)
    # CHOICE: a PUT that takes another contact's identification is refused as a new one would be.
    if contact["identification"] and not repeated:
        _unique(books, contact, before)
    name = contact["name"]
    if isinstance(name, dict):
        contact |= {"nameObject": name, "name": " ".join(name[part] for part in PARTS if name.get(part))}
    if not contact["name"].strip():
        raise Refused("El campo name es obligatorio")
    if isinstance(contact["address"], str):
        contact["address"] = {"address": contact["address"]}
    for name in ("address", "accounting"):
        contact[name] = {**BLANK[name], **contact[name]}
    contact["type"] = sorted(set(contact["type"]))
    contact["internalContacts"] = [
        {"id": str(place), "sendNotifications": "no", **each} for place, each in enumerate(contact["internalContacts"], 1)
    ]
    now = books.stamp()
    return {**contact, "created_at": before["created_at"] if before else now, "updated_at": now}


def _identified(contact: Document) -> None:
    known = contact["identificationObject"]
    if known is None:
        return
    contact["identification"] = known["number"]
    if known.get("type") != "NIT" or not re.fullmatch("[0-9]{1,15}", known["number"]):
        return
    digit = check_digit(known["number"])
    # CHOICE: a check digit that is left out is worked out, and one that is wrong is refused.
    if known.setdefault("dv", digit) != digit:
        raise Refused("El campo identificationObject.dv no corresponde al campo identificationObject.number")


def _unique(books: Books, contact: Document, before: Document | None) -> None:
    for row in books.state.rows("contacts"):
        if row["identification"] == contact["identification"] and (not before or row["id"] != before["id"]):
            raise Refused(f"Ya existe un contacto con la identificación {contact['identification']!a}", code=905)


# Documents whose contact cannot be deleted, and where they name it.
HOLDERS: Final = {
    **dict.fromkeys(
        ("invoices", "estimates", "remissions", "credit-notes", "income-debit-notes", "recurring-invoices", "payments"), "client"
    ),
    **dict.fromkeys(("debit-notes", "transportation-receipts"), "client"),
    **dict.fromkeys(("bills", "purchase-orders"), "provider"),
}

DELETED: Final = "contacts deleted"


def _settle(books: Books, before: Document | None, after: Document | None) -> None:
    if after or not before:
        return
    for table, field in HOLDERS.items():
        if any((row.get(field) or {}).get("id") == before["id"] for row in books.state.rows(table)):
            # CHOICE: a contact that documents name is not deleted.
            raise Refused(f"El contacto {before['id']} tiene documentos asociados")
    books.state.put(DELETED, before["id"], before)


SIMPLE: Final = ("id", "name", "identification", "email", "phonePrimary", "phoneSecondary", "mobile", "address", "type")


def _seen(_: Books, contact: Document, asked: Asked) -> Document:
    # CHOICE: the simple mode shows what a list needs.
    return {name: contact[name] for name in SIMPLE} if asked.query.get("mode") == "simple" else contact


CONTACTS: Final = Resource(
    "contacts",
    "el contacto",
    FIELDS,
    required=("name",),
    again=("name",),
    blank=BLANK,
    filters={
        "identification": same("identification"),
        "name": like("name"),
        "email": same("email"),
        "type": among("type"),
        "status": among("status"),
    },
    orders={"id": "id", "name": "name", "email": "email"},
    searched=("name", "identification", "email"),
    replaces=True,
    shape=_shape,
    settle=_settle,
    seen=_seen,
    event="client",
)


def _restored(books: Books, asked: Asked) -> Answer:
    key = asked.names["id"]
    contact = books.state.find(DELETED, key)
    if contact is None:
        raise unknown("el contacto eliminado", key)
    books.state.remove(DELETED, key)
    books.state.add("contacts", key, contact)
    return Answer(public(contact))


OPERATIONS: Final[Operations] = {
    **operations(CONTACTS),
    **attaching(CONTACTS),
    **detaching(CONTACTS),
    "PUT /contacts/restore/{id}": _restored,
}
