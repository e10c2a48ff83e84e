"""A resource as one row of a table: its fields, its ids, its filters, and what follows from a change to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from skillkit.sandbox.alegra.books import IDS, Answer, Asked, Books, Document, done
from skillkit.sandbox.alegra.fields import Fields, filled
from skillkit.sandbox.alegra.listing import Filters, enveloped, kept, ordered, page, searching
from skillkit.sandbox.alegra.problem import Refused, unknown

Operation = Callable[[Books, Asked], Answer]
Operations = Mapping[str, Operation]

# Returns a document with everything that follows from what was given; the second is what it was before, if it was.
Shape = Callable[[Books, Document, Document | None], Document]

# Does what a change entails elsewhere: (books, before, after), either of which may be nothing.
Settle = Callable[[Books, Document | None, Document | None], None]


def as_given(_: Books, document: Document, __: Document | None) -> Document:
    return document


def nothing(_: Books, __: Document | None, ___: Document | None) -> None:
    return None


def as_kept(_: Books, document: Document, __: Asked) -> Document:
    return document


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of document."""

    path: str
    # With its article, as messages name it: "la factura".
    noun: str
    fields: Fields
    required: tuple[str, ...] = ()
    # What PUT cannot do without either.
    again: tuple[str, ...] = ()
    # "numeric", "integer", "uuid", or "code" where a field of that name is the id.
    ids: str = "numeric"
    blank: Mapping[str, Any] = field(default_factory=dict)
    filters: Filters = field(default_factory=dict)
    # What may be ordered by, and where it stands in a document.
    orders: Mapping[str, str] = field(default_factory=lambda: {"id": "id", "name": "name"})
    searched: tuple[str, ...] = ("name",)
    verbs: tuple[str, ...] = ("list", "show", "create", "update", "delete")
    # PUT forgets what it does not name.
    replaces: bool = False
    # The list may come as {total, results}.
    results: bool = False
    shape: Shape = as_given
    settle: Settle = nothing
    # Adds to one document what is shown on request only.
    seen: Callable[[Books, Document, Asked], Document] = as_kept
    # The noun of webhook events.
    event: str = ""


def rows(books: Books, resource: Resource, asked: Asked) -> Answer:
    """Answer with a page of a resource."""
    filters = {**resource.filters, "query": searching(resource.searched)}
    matching = ordered(kept(books.state.rows(resource.path), filters, asked.query), resource.orders, asked.query)
    shown = [public(resource.seen(books, row, asked)) for row in page(matching, asked.query)]
    return enveloped(books, shown, len(matching), asked.query, results=resource.results)


def public(document: Document) -> Document:
    """Return a document without what the sandbox notes for itself."""
    return {name: value for name, value in document.items() if name[:1] != "_"}


def one(books: Books, resource: Resource, key: str) -> Document:
    """Return the document of this id; 404 when there is none."""
    document = books.state.find(resource.path, key)
    if document is None:
        raise unknown(resource.noun, key)
    return document


def checked(books: Books, resource: Resource, body: Any, required: tuple[str, ...]) -> Document:
    """Return the fields that a body gives."""
    if not isinstance(body, dict):
        raise Refused("El cuerpo de la petición debe ser un objeto JSON")
    return filled(books, resource.fields, body, required, resource.blank)


def made(books: Books, resource: Resource, body: Any) -> Document:
    """Make a document, and do what follows from it."""
    given = checked(books, resource, body, resource.required)
    document = resource.shape(books, {**deepcopy(dict(resource.blank)), **given}, None)
    if resource.ids == "code":
        key = document["code"]
        if books.state.find(resource.path, key):
            raise Refused(f"Ya existe {resource.noun} {key}")
    else:
        document = {"id": IDS[resource.ids](books, resource.path), **document}
        key = str(document["id"])
    books.state.add(resource.path, key, document)
    resource.settle(books, None, document)
    told(books, resource, "new", key)
    return one(books, resource, key)


def changed(books: Books, resource: Resource, key: str, body: Any) -> Document:
    """Change a document by a body, and do what follows from it."""
    before = one(books, resource, key)
    given = checked(books, resource, body, resource.again)
    _not_emptied(resource, body)
    start = _unwritable(resource, before) if resource.replaces else before
    after = resource.shape(books, {**start, **given}, deepcopy(before))
    if resource.ids == "code":
        after["code"] = key
    return turned(books, resource, before, after)


def turned(books: Books, resource: Resource, before: Document, after: Document) -> Document:
    """Put a changed document in the place of the one before it, and do what follows from it."""
    key = _key(resource, before)
    books.state.put(resource.path, key, after)
    resource.settle(books, before, after)
    told(books, resource, "edit", key)
    return one(books, resource, key)


def removed(books: Books, resource: Resource, key: str) -> None:
    """Remove a document, and do what follows from it."""
    before = one(books, resource, key)
    told(books, resource, "delete", key)
    books.state.remove(resource.path, key)
    resource.settle(books, before, None)


def told(books: Books, resource: Resource, act: str, key: str) -> None:
    """Note what a webhook is to tell."""
    if resource.event:
        books.told.append((f"{act}-{resource.event}", public(one(books, resource, key))))


def _key(resource: Resource, document: Document) -> str:
    return str(document["code" if resource.ids == "code" else "id"])


def _not_emptied(resource: Resource, body: Document) -> None:
    emptied = [name for name in resource.required if name in body and body[name] in (None, "")]
    if emptied:
        raise Refused(f"El campo {emptied[0]} no puede quedar vacío")


def _unwritable(resource: Resource, before: Document) -> Document:
    left = {name: value for name, value in before.items() if name not in resource.fields}
    return {**deepcopy(dict(resource.blank)), **left}


def _list(resource: Resource) -> Operation:
    return lambda books, asked: rows(books, resource, asked)


def _show(resource: Resource) -> Operation:
    return lambda books, asked: Answer(public(resource.seen(books, one(books, resource, asked.names["id"]), asked)))


def _create(resource: Resource) -> Operation:
    return lambda books, asked: Answer(public(made(books, resource, asked.body)), 201)


def _update(resource: Resource) -> Operation:
    return lambda books, asked: Answer(public(changed(books, resource, asked.names["id"], asked.body)))


def _delete(resource: Resource) -> Operation:
    def act(books: Books, asked: Asked) -> Answer:
        removed(books, resource, asked.names["id"])
        return done(f"Se eliminó {resource.noun}")

    return act


VERBS: Final[Mapping[str, tuple[str, Callable[[Resource], Operation]]]] = {
    "list": ("GET /{path}", _list),
    "show": ("GET /{path}/{{id}}", _show),
    "create": ("POST /{path}", _create),
    "update": ("PUT /{path}/{{id}}", _update),
    "delete": ("DELETE /{path}/{{id}}", _delete),
}


def operations(*resources: Resource) -> Operations:
    """Return what every resource of a table can do, by method and path."""
    return {
        VERBS[verb][0].format(path=resource.path): VERBS[verb][1](resource) for resource in resources for verb in resource.verbs
    }
