"""Clients, leads, their contacts, and the staff."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from skillkit.sandbox.clientary import removal, shape, view
from skillkit.sandbox.clientary.call import Call, Document, invalid, refused
from skillkit.sandbox.clientary.listing import by_name, chosen, newest, paged, since
from skillkit.sandbox.clientary.shape import Shape, accepted

PARTY: Final[Shape] = {
    "name": shape.text,
    "number": shape.text,
    "address": shape.text,
    "address_2": shape.text,
    "city": shape.text,
    "state": shape.text,
    "zip": shape.text,
    "country": shape.text,
    "website": shape.text,
    "description": shape.text,
    "invoice_extra_fields": shape.anything,
}
CLIENT: Final[Shape] = {**PARTY, "status": shape.one_of(1, 2)}
CONTACT: Final[Shape] = {
    "name": shape.text,
    "email": shape.email,
    "title": shape.text,
    "phone": shape.text,
    "ext": shape.text,
    "mobile": shape.text,
}

OPEN: Final = {0, 1, 2, 5}


def check_unique(call: Call, table: str, given: Document, own: int = 0) -> None:
    """Refuse a number that another record has."""
    number = given.get("number")
    if number and any(row["id"] != own for row in call.rows(table, number=number)):
        raise invalid("number", "has already been taken")


def check_plan(call: Call, table: str) -> None:
    """Refuse a new record where the account's plan has room for no more."""
    limit = call.settings.options.get("plan_limit", "")
    if limit and len(call.state.rows(table)) >= int(limit):
        raise refused(426, f"Your plan is limited to {limit} {table}. Please upgrade.")


# Clients and leads have one shape, and one count of ids: a lead that is won becomes a client.


def list_clients(call: Call) -> Document:
    order = chosen(call, "sort", {"date": newest}, by_name)
    return paged(call, "clients", order(since(call, call.state.rows("clients"))), 10, client)


def list_leads(call: Call) -> Document:
    order = chosen(call, "sort", {"name": by_name, "oldest": list}, newest)
    return paged(call, "leads", order(call.state.rows("leads")), 20, lead)


def show_client(call: Call) -> Document:
    return client(call, call.record("clients"))


def show_lead(call: Call) -> Document:
    return lead(call, call.record("leads"))


def create_client(call: Call) -> Document:
    given = accepted(call, "client", CLIENT, ("name",))
    return client(call, _add(call, "clients", {**given, "status": given["status"] or 1}))


def create_lead(call: Call) -> Document:
    given = accepted(call, "lead", PARTY, ("name",))
    return lead(call, _add(call, "leads", {**given, "status": 1}))


def update_client(call: Call) -> Document:
    return client(call, _change(call, "clients", accepted(call, "client", CLIENT, ("name", "status"), change=True)))


def update_lead(call: Call) -> Document:
    return lead(call, _change(call, "leads", accepted(call, "lead", PARTY, ("name",), change=True)))


def delete_client(call: Call) -> None:
    removal.client(call, call.record("clients"))


def delete_lead(call: Call) -> None:
    removal.lead(call, call.record("leads"))


def _add(call: Call, table: str, given: Document) -> Document:
    check_plan(call, table)
    check_unique(call, table, given)
    return call.create(table, given, "parties")


def _change(call: Call, table: str, given: Document) -> Document:
    known = call.record(table)
    check_unique(call, table, given, known["id"])
    return call.update(table, {**known, **given})


def lead(call: Call, document: Document) -> Document:
    """Return a lead as it is answered."""
    return {**document, "users_count": len(call.rows("contacts", client_id=document["id"]))}


def client(call: Call, document: Document) -> Document:
    """Return a client as it is answered: with what it owes."""
    own: dict[str, Any] = {"client_id": document["id"]}
    due = [row for row in call.rows("invoices", **own) if row["status"] in OPEN and Decimal(row["balance"]) > 0]
    unbilled = [row["id"] for row in call.rows("projects", **own) if call.rows("hours", project_id=row["id"], billed=False)]
    return {
        **document,
        "contact_viewable": True,
        "amount_outstanding": float(sum((Decimal(row["balance"]) for row in due if row["status"]), Decimal(0))),
        "pending_invoices": len(due),
        "unbilled_projects_count": len(unbilled),
        "notes_count": 0,
        "users_count": len(call.rows("contacts", **own)),
        "was_lead": False,
        "account": {"currency_code": "USD"},
    }


def list_contacts(call: Call) -> Document:
    return paged(call, "contacts", call.state.rows("contacts"), 10, contact)


def list_client_contacts(call: Call) -> Document:
    # CHOICE: leads in the place of clients
    owner = call.record("clients", "leads", id="client_id")
    return paged(call, "contacts", call.rows("contacts", client_id=owner["id"]), 10, contact)


def show_contact(call: Call) -> Document:
    return contact(call, call.record("contacts"))


def create_contact(call: Call) -> Document:
    owner = call.record("clients", "leads", id="client_id")
    given = accepted(call, "client_user", CONTACT, ("name", "email"))
    check_plan(call, "contacts")
    return contact(call, call.create("contacts", {"client_id": owner["id"], **given}))


def update_contact(call: Call) -> Document:
    known = call.record("contacts")
    given = accepted(call, "client_user", CONTACT, ("name", "email"), change=True)
    return contact(call, call.update("contacts", {**known, **given}))


def delete_contact(call: Call) -> None:
    call.remove("contacts", call.record("contacts"))


def contact(call: Call, document: Document) -> Document:
    """Return a contact as it is answered."""
    pictures = dict.fromkeys(("avatar", "mini_avatar_url", "thumb_avatar_url"))
    extras = {"role": 0, "hourly_rate": None, "is_client_user": True, "client": view.client(call, document["client_id"])}
    return {**document, **pictures, **extras}


def list_staff(call: Call) -> Document:
    return {"staff": [_member(row) for row in call.state.rows("staff")]}


def show_staff(call: Call) -> Document:
    return _member(call.record("staff"))


def _member(document: Document) -> Document:
    return {name: document[name] for name in ("id", "name", "email", "title", "phone", "ext", "mobile", "avatar")}
