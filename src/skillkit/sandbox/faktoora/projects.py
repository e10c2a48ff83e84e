"""Projects, each for a customer and with one document at most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from skillkit.sandbox.faktoora import customers, shape
from skillkit.sandbox.faktoora.call import Account, Call, Document, Refused, invalid, missing, uuid
from skillkit.sandbox.faktoora.listing import holding, paged, words
from skillkit.sandbox.faktoora.shape import Shape, accepted

STATUS: Final = ("active", "paused", "closed")

FIELDS: Final[Shape] = {
    "name": shape.text(),
    "description": shape.text(5000),
    "place": shape.text(),
    "eta": shape.moment,
    "estMinutes": shape.whole(),
    "currency": shape.currency,
    "status": shape.one_of(*STATUS),
    "customerId": shape.text(),
}
REQUIRED: Final = ("name",)

# Under which name each type of document stands in a project.
DOCUMENTS: Final[Mapping[str, str]] = {
    "invoice": "invoiceId",
    "invoiceincoming": "invoiceIncomingId",
    "offer": "offerId",
    "letter": "letterId",
    "reminder": "reminderId",
    "orderconfirmation": "orderConfirmationId",
}
# Those that can be looked up here.
TABLES: Final = {"invoice": "invoices", "invoiceincoming": "incoming"}
LINK: Final[Shape] = {"documentId": shape.text(), "documentType": shape.one_of(*DOCUMENTS)}


def list_projects(call: Call) -> Document:
    found = holding(call.state.rows("projects"), ("name", "description", "place"), words(call, "keyword")[:1])
    if status := words(call, "status", STATUS):
        found = [row for row in found if row["status"] in status]
    if owners := words(call, "customerId"):
        found = [row for row in found if row["customerId"] in owners]
    return paged(call, found, ("name", "createdAt", "updatedAt"), lambda row: _shown(call.account, row))


def show_project(call: Call) -> Document:
    return _shown(call.account, call.record("projects", "project"))


def create_project(call: Call) -> Document:
    given = accepted(call.body, FIELDS, REQUIRED)
    _check(call.account, given)
    key = uuid()
    # CHOICE: the status of a new project
    whole = {"id": key, **given, "status": given["status"] or "active", "_link": None}
    return _shown(call.account, call.account.create("projects", key, whole))


def update_project(call: Call) -> Document:
    known = call.record("projects", "project")
    given = accepted(call.body, FIELDS, REQUIRED, change=True)
    _check(call.account, given)
    return _shown(call.account, call.account.update("projects", known["id"], {**known, **given}))


def delete_project(call: Call) -> Document:
    known = call.record("projects", "project")
    call.state.remove("projects", known["id"])
    return {"succeed": True}


def attach(call: Call) -> Document:
    known = call.record("projects", "project")
    given = accepted(call.body, LINK, tuple(LINK))
    if known["_link"]:
        raise Refused(409, "the project has a document already")
    if any(_same(row["_link"], given) for row in call.state.rows("projects")):
        raise Refused(409, "the document has a project already")
    # CHOICE: documents of a project
    table = TABLES.get(given["documentType"], "")
    if table and call.state.find(table, given["documentId"]) is None:
        raise missing("document")
    link = {"id": uuid(), "projectId": known["id"], **given}
    call.account.update("projects", known["id"], {**known, "_link": link})
    return link


def detach(call: Call) -> Document:
    known = call.record("projects", "project")
    given = accepted(call.body, LINK, tuple(LINK))
    if not _same(known["_link"], given):
        raise missing("document")
    call.account.update("projects", known["id"], {**known, "_link": None})
    return {"succeed": True}


def forget(account: Account, kind: str, id: str) -> None:  # noqa: A002 - the word of the vendor
    """Take a document that is no more off its project."""
    for row in account.state.rows("projects"):
        if _same(row["_link"], {"documentType": kind, "documentId": id}):
            account.update("projects", row["id"], {**row, "_link": None})


def _same(link: Document | None, given: Document) -> bool:
    return bool(link) and all((link or {})[name] == given[name] for name in LINK)


def _check(account: Account, given: Document) -> None:
    # CHOICE: the customer of a project
    if given.get("customerId") and account.state.find("customers", given["customerId"]) is None:
        raise invalid((("customerId", "is not the id of a customer"),))


def _shown(account: Account, row: Document) -> Document:
    owner = account.state.find("customers", row["customerId"]) if row["customerId"] else None
    return {
        **{field: row[field] for field in ("id", *FIELDS)},
        "customer": {"id": owner["id"], "name": customers.name_of(owner)} if owner else None,
        "document": _linked(row["_link"]) if row["_link"] else None,
        **{field: row[field] for field in ("createdAt", "updatedAt")},
    }


def _linked(link: Document) -> Document:
    ids = {field: link["documentId"] if link["documentType"] == kind else None for kind, field in DOCUMENTS.items()}
    return {"id": link["id"], **ids}
