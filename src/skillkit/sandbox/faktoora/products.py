"""Products, each with a code of its own where it has one."""

from __future__ import annotations

from typing import Final

from skillkit.sandbox.faktoora import shape, webhooks
from skillkit.sandbox.faktoora.call import Account, Call, Document, Refused, uuid
from skillkit.sandbox.faktoora.listing import holding, paged, word, words
from skillkit.sandbox.faktoora.shape import Shape, accepted

FIELDS: Final[Shape] = {
    "name": shape.text(emoji=False),
    "unit": shape.text(20),
    "tax": shape.number(0, 100),
    "code": shape.text(100),
    "description": shape.text(5000, emoji=False),
    "price": shape.number(),
    "cost": shape.number(),
    "inventoryCount": shape.number(),
    "time": shape.number(0),
    "estimate": shape.number(0),
    "buyerAssignedID": shape.text(),
    "globalID": shape.record(
        {"id": shape.text(), "schemeId": shape.matching(r"\d{4}", "an ISO/IEC 6523 code, as 0160")}, "id", "schemeId"
    ),
    "additionalReferencedDocument": shape.mapping,
}
REQUIRED: Final = ("name", "unit", "tax")

SORTS: Final = ("code", "name", "unit", "tax", "price", "cost", "inventoryCount", "createdAt", "description", "buyerAssignedID")


def list_products(call: Call) -> Document:
    found = holding(call.state.rows("products"), ("name", "code", "description"), words(call, "keyword")[:1])
    if code := call.query.get("code", ""):
        found = [row for row in found if row["code"] == code]
    return paged(call, found, SORTS)


def show_product(call: Call) -> Document:
    return call.record("products", "product")


def create_product(call: Call) -> Document:
    given = accepted(call.body, FIELDS, REQUIRED)
    _check(call.account, given)
    key = uuid()
    call.later.append(webhooks.telling(call.account, "productCreate", id=key))
    return call.account.create("products", key, {"id": key, **given})


def update_product(call: Call) -> Document:
    known = call.record("products", "product")
    given = accepted(call.body, FIELDS, REQUIRED, change=True)
    _check(call.account, given, known["id"])
    return call.account.update("products", known["id"], {**known, **given})


def delete_product(call: Call) -> Document:
    known = call.record("products", "product")
    call.state.remove("products", known["id"])
    return {"succeed": True}


def verify_code(call: Call) -> Document:
    # CHOICE: the query of the checks for a free number or code
    return {"succeed": not _taken(call.account, word(call, "code"))}


def _check(account: Account, given: Document, own: str = "") -> None:
    if given.get("code") and _taken(account, given["code"], own):
        raise Refused(409, f"code {given['code']!r} is already taken")


def _taken(account: Account, code: str, own: str = "") -> bool:
    return any(row["code"] == code and row["id"] != own for row in account.state.rows("products"))
