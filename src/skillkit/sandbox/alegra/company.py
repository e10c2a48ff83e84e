"""The company itself, and the people who work in it."""

from __future__ import annotations

from typing import Final

from skillkit.sandbox.alegra.books import Answer, Asked, Books, Document
from skillkit.sandbox.alegra.fields import Fields, day, email, flag, free, one_of, record, text
from skillkit.sandbox.alegra.files import keep
from skillkit.sandbox.alegra.lines import LONG
from skillkit.sandbox.alegra.listing import among
from skillkit.sandbox.alegra.problem import Refused
from skillkit.sandbox.alegra.resource import Operations, Resource, changed, one, operations, public

COMPANY: Final = Resource(
    "company",
    "la empresa",
    {
        **dict.fromkeys(("name", "identification", "kindOfPerson", "regime", "phone", "website", "timezone"), text()),
        "identificationObject": record({"type": text(40), "number": text(40), "dv": text(1)}),
        "email": email,
        "address": record(dict.fromkeys(("address", "city", "department", "country", "zipCode"), text())),
        "multicurrency": flag,
        "decimalSeparator": one_of(".", ","),
        "invoicePreferences": record({"defaultAnotation": LONG, "defaultTermsAndConditions": LONG}),
        "registryDate": day,
    },
    required=("name",),
)


def _own(books: Books, _: Asked) -> Answer:
    return Answer(_of_country(books, one(books, COMPANY, "1")))


def _update(books: Books, asked: Asked) -> Answer:
    return Answer(_of_country(books, changed(books, COMPANY, "1", asked.body)))


def _of_country(books: Books, company: Document) -> Document:
    shown = {name: value for name, value in public(company).items() if name != "id"}
    return {**shown, "applicationVersion": books.country()}


def _logo(books: Books, asked: Asked) -> Answer:
    kept = keep(books, COMPANY.path, "1", asked)
    books.state.put(COMPANY.path, "1", {**one(books, COMPANY, "1"), "logo": kept["url"], "file": kept["name"]})
    return Answer(kept, 201)


WRITTEN: Final[Fields] = {
    **dict.fromkeys(("name", "lastName", "username", "role", "position", "phone", "phoneCode", "type"), text()),
    "email": email,
    "status": one_of("active", "inactive"),
    "language": text(10),
}

# CHOICE: the demo credential is the first user's.
SELF: Final = "1"


def _kept(_: Books, before: Document | None, after: Document | None) -> None:
    if before and not after and before["id"] == SELF:
        raise Refused("No se puede eliminar al usuario de la credencial")


def _user(_: Books, user: Document, __: Document | None) -> Document:
    return {**user, "username": user["username"] or user["email"]}


def _seen(_: Books, user: Document, asked: Asked) -> Document:
    if "permissions" not in asked.query.get("fields", "").split(","):
        return user
    # CHOICE: permissions are by noun; the administrator has them all.
    return {**user, "permissions": dict.fromkeys(("invoices", "bills", "contacts", "items", "reports"), user["role"] == "admin")}


USERS: Final = Resource(
    "users",
    "el usuario",
    WRITTEN,
    required=("name", "email"),
    blank={
        **dict.fromkeys(("lastName", "username", "position", "phone", "phoneCode", "type", "file")),
        "role": "collaborator",
        "language": "es",
        "status": "active",
        "metadata": {},
    },
    filters={"status": among("status"), "role": among("role")},
    searched=("name", "lastName", "email"),
    shape=_user,
    settle=_kept,
    seen=_seen,
)


def _me(books: Books, asked: Asked) -> Answer:
    return Answer(public(_seen(books, one(books, USERS, SELF), asked)))


def _update_me(books: Books, asked: Asked) -> Answer:
    return Answer(public(changed(books, USERS, SELF, asked.body)))


def _remember(books: Books, asked: Asked) -> Answer:
    user = one(books, USERS, asked.names.get("id", SELF))
    if not isinstance(asked.body, dict):
        raise Refused("El cuerpo de la petición debe ser un objeto JSON")
    # CHOICE: metadata is whatever scalars and flat objects an app keeps with a user.
    given = {name: free(books, value, name) for name, value in asked.body.items() if name.isidentifier() and name.isascii()}
    user["metadata"] = {**user["metadata"], **given}
    books.state.put(USERS.path, user["id"], user)
    return Answer(public(user))


OPERATIONS: Final[Operations] = {
    "GET /company": _own,
    "PUT /company": _update,
    "POST /company/attachment": _logo,
    **operations(USERS),
    "GET /users/self": _me,
    "PUT /users/self": _update_me,
    "PUT /users/self/metadata": _remember,
    "PUT /users/{id}/metadata": _remember,
}
