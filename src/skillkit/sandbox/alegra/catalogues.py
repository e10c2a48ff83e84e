"""The lists that documents choose from: taxes, terms, templates, sellers and the like, each a row of one table."""

from __future__ import annotations

from typing import Any, Final

from skillkit.sandbox.alegra.books import Books, Document
from skillkit.sandbox.alegra.fields import (
    Fields,
    day,
    email,
    flag,
    free,
    many,
    number,
    numeral,
    one_of,
    record,
    reference,
    text,
    whole,
)
from skillkit.sandbox.alegra.files import attaching
from skillkit.sandbox.alegra.lines import LONG
from skillkit.sandbox.alegra.listing import among, like, same
from skillkit.sandbox.alegra.problem import Refused
from skillkit.sandbox.alegra.resource import Operations, Resource, operations

ACTIVE: Final = one_of("active", "inactive")
STATUS: Final = {"status": among("status"), "name": like("name")}

DOCUMENT_TYPES: Final = (
    *("invoice", "estimate", "creditNote", "debitNote", "incomeDebitNote"),
    *("transactionIn", "transactionOut", "supportDocument"),
)


def _option(books: Books, value: Any, where: str) -> Document:
    """Read an option, as its text or as an object; CHOICE: options are numbered by their place."""
    given = value if isinstance(value, dict) else {"value": value}
    return dict(record({"id": text(40), "value": text()}, "value")(books, given, where))


def _optioned(_: Books, document: Document, __: Document | None) -> Document:
    options = [{"id": str(place), **each} for place, each in enumerate(document["options"] or [], 1)]
    return {**document, "options": options}


def _template(books: Books, template: Document, before: Document | None) -> Document:
    low, high = template["minInvoiceNumber"], template["maxInvoiceNumber"]
    if low and high and int(low) > int(high):
        raise Refused("El campo maxInvoiceNumber no puede ser menor que el campo minInvoiceNumber")
    if template["isDefault"] and not (before or {}).get("isDefault"):
        _no_default(books, template["documentType"])
    following = template["nextInvoiceNumber"] or low or 1
    # CHOICE: a template that has counted stays.
    return {
        **template,
        "nextInvoiceNumber": str(following),
        "deletable": not before or before["deletable"],
    }


def _no_default(books: Books, kind: str) -> None:
    for row in books.state.rows("number-templates"):
        if row["documentType"] == kind:
            books.state.put("number-templates", row["id"], {**row, "isDefault": False})


def _not_counting(_: Books, before: Document | None, after: Document | None) -> None:
    if before and not after and (before["isDefault"] or not before["deletable"]):
        raise Refused(f"La numeración {before['name']!a} está en uso y no se puede eliminar")


def _not_taxed(books: Books, before: Document | None, after: Document | None) -> None:
    if (
        before
        and not after
        and any(str(tax["id"]) == str(before["id"]) for row in books.state.rows("items") for tax in row["tax"])
    ):
        # CHOICE: a tax that items have is not deleted.
        raise Refused(f"El impuesto {before['id']} tiene ítems asociados")


def _currency(_: Books, currency: Document, before: Document | None) -> Document:
    code = currency["code"] if before is None else before["code"]
    if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
        raise Refused("El campo code debe ser un código ISO de tres letras mayúsculas")
    return {**currency, "code": code, "name": currency["name"] or code, "symbol": currency["symbol"] or "$"}


def _not_own(books: Books, before: Document | None, after: Document | None) -> None:
    company = books.state.find("company", "1") or {}
    if before and not after and before["code"] == company["currency"]["code"]:
        raise Refused(f"La moneda {before['code']} es la de la empresa y no se puede eliminar")


RATED: Final[Fields] = {"name": text(), "percentage": numeral(), "description": LONG, "type": text(60), "status": ACTIVE}
RATED_BLANK: Final = {"description": None, "type": None, "status": "active"}

TEMPLATE: Final[Fields] = {
    "name": text(),
    "documentType": one_of(*DOCUMENT_TYPES),
    "prefix": text(20),
    "autoincrement": flag,
    "isDefault": flag,
    "isElectronic": flag,
    "status": ACTIVE,
    "startDate": day,
    "endDate": day,
    "resolutionNumber": text(60),
    "invoiceText": LONG,
    "minInvoiceNumber": whole(1),
    "maxInvoiceNumber": whole(1),
    "nextInvoiceNumber": whole(1),
}

TEMPLATE_BLANK: Final = {
    "prefix": "",
    "autoincrement": True,
    "isDefault": False,
    "isElectronic": False,
    "status": "active",
    **dict.fromkeys(("startDate", "endDate", "resolutionNumber", "invoiceText")),
    **dict.fromkeys(("minInvoiceNumber", "maxInvoiceNumber", "nextInvoiceNumber")),
}

ITEM_CATEGORIES: Final = Resource(
    "item-categories",
    "la categoría de ítems",
    {"name": text(), "description": LONG, "status": ACTIVE},
    required=("name",),
    blank={"description": None, "status": "active", "image": None, "url": None},
    filters=STATUS,
)

RESOURCES: Final = (
    ITEM_CATEGORIES,
    Resource(
        "price-lists",
        "la lista de precios",
        {
            "name": text(),
            "description": LONG,
            "type": one_of("amount", "percentage"),
            "percentage": numeral("-100"),
            "status": ACTIVE,
        },
        required=("name",),
        ids="uuid",
        blank={"description": None, "type": "amount", "percentage": None, "status": "active"},
        filters=STATUS,
    ),
    Resource(
        "variant-attributes",
        "el atributo de variantes",
        {"name": text(), "options": many(_option), "status": ACTIVE},
        required=("name",),
        blank={"options": [], "status": "active"},
        filters=STATUS,
        shape=_optioned,
    ),
    Resource(
        "custom-fields",
        "el campo adicional",
        {
            **dict.fromkeys(("name", "key", "type", "resourceType", "defaultValue"), text()),
            "description": LONG,
            "options": many(_option),
            "settings": free,
            "status": ACTIVE,
        },
        required=("name",),
        blank={**dict.fromkeys(("key", "description", "defaultValue", "settings")), "type": "text", "resourceType": "item"}
        | {"options": [], "status": "active"},
        filters={**STATUS, "resourceType": same("resourceType")},
        shape=_optioned,
    ),
    # CHOICE: an additional charge has the fields of a tax, or a fixed amount; none are documented.
    Resource(
        "additional-charges",
        "el cargo adicional",
        {**RATED, "amount": number()},
        required=("name",),
        blank={**RATED_BLANK, "percentage": None, "amount": None},
        filters=STATUS,
    ),
    Resource(
        "taxes",
        "el impuesto",
        {
            **RATED,
            "rate": text(60),
            "categoryFavorable": reference("categories", "name"),
            "categoryToBePaid": reference("categories", "name"),
        },
        required=("name", "percentage"),
        ids="integer",
        blank={**RATED_BLANK, "type": "IVA", "rate": None, "categoryFavorable": None, "categoryToBePaid": None},
        filters={**STATUS, "type": same("type")},
        results=True,
        settle=_not_taxed,
    ),
    Resource(
        "retentions",
        "la retención",
        {**RATED, "calculatedBy": text(60), "idRetentionReference": text(60)},
        required=("name", "percentage"),
        blank={**RATED_BLANK, "calculatedBy": None, "idRetentionReference": None},
        filters={**STATUS, "type": same("type")},
    ),
    Resource("terms", "el plazo de pago", {"name": text(), "days": whole(0, 3650)}, required=("name", "days")),
    Resource(
        "currencies",
        "la moneda",
        {"code": text(3), "name": text(), "symbol": text(5), "exchangeRate": number("0.000001"), "status": ACTIVE},
        required=("code",),
        ids="code",
        blank={"name": None, "symbol": None, "exchangeRate": 1, "status": "active"},
        filters=STATUS,
        orders={"code": "code", "name": "name"},
        searched=("code", "name"),
        shape=_currency,
        settle=_not_own,
    ),
    Resource(
        "number-templates",
        "la numeración",
        TEMPLATE,
        required=("name", "documentType"),
        blank=TEMPLATE_BLANK,
        filters={**STATUS, "documentType": same("documentType")},
        shape=_template,
        settle=_not_counting,
    ),
    Resource(
        "cost-centers",
        "el centro de costo",
        {"name": text(), "code": text(60), "description": LONG, "status": ACTIVE},
        required=("name",),
        blank={"code": None, "description": None, "status": "active"},
        filters={**STATUS, "code": same("code")},
        searched=("name", "code"),
    ),
    Resource(
        "sellers",
        "el vendedor",
        {"name": text(), "identification": text(40), "observations": LONG, "status": ACTIVE, "email": email},
        required=("name",),
        ids="uuid",
        blank={"identification": None, "observations": None, "status": "active"},
        filters={**STATUS, "identification": same("identification")},
    ),
)

OPERATIONS: Final[Operations] = {**operations(*RESOURCES), **attaching(ITEM_CATEGORIES)}
