"""What can be done to documents of several kinds: send, void, open again, preview, comment."""

from __future__ import annotations

from copy import deepcopy

from skillkit.sandbox.alegra.books import Answer, Asked, Books, Document, done
from skillkit.sandbox.alegra.fields import record, text
from skillkit.sandbox.alegra.files import printed
from skillkit.sandbox.alegra.lines import EMAILS
from skillkit.sandbox.alegra.problem import Refused, unknown
from skillkit.sandbox.alegra.resource import Operation, Operations, Resource, checked, one, public, turned

COMMENT = record({"text": text(500)}, "text")


def mailed(resource: Resource) -> Operation:
    """Return what takes a document for sending; nothing leaves this machine."""

    def act(books: Books, asked: Asked) -> Answer:
        one(books, resource, asked.names["id"])
        EMAILS(books, asked.body, "body")
        # CHOICE: the status is known, the body is not.
        return done(f"Se envió {resource.noun} por correo electrónico")

    return act


def put_to(resource: Resource, status: str, *sources: str) -> Operation:
    """Return what takes a document from one of these states to another."""

    def act(books: Books, asked: Asked) -> Answer:
        before = one(books, resource, asked.names["id"])
        if before["status"] not in sources:
            raise Refused(f"No se puede pasar {resource.noun} del estado {before['status']} al estado {status}")
        # CHOICE: no reason is asked for, and the answer is the document.
        return Answer(public(turned(books, resource, before, {**deepcopy(before), "status": status})))

    return act


def voiding(resource: Resource, *, reopens: bool = True) -> Operations:
    """Return void and its undoing, by method and path."""
    found = {f"POST /{resource.path}/{{id}}/void": put_to(resource, "void", "open", "draft", "closed")}
    if reopens:
        found[f"POST /{resource.path}/{{id}}/open"] = put_to(resource, "open", "void", "draft")
    return found


def previewed(resource: Resource) -> Operation:
    """Return what makes a PDF of a document that is not kept."""

    def act(books: Books, asked: Asked) -> Answer:
        given = checked(books, resource, asked.body, resource.required)
        name = f"preview-{books.state.next('previews')}"
        # CHOICE: the address comes as `url`.
        return Answer({"url": printed(books, asked, name, "Vista previa", given)})

    return act


def commenting(resource: Resource, *, edits: bool = True) -> Operations:
    """Return what adds, changes and removes comments, by method and path."""
    path = f"/{resource.path}/{{id}}/comments"
    found: dict[str, Operation] = {f"POST {path}": _commented(resource)}
    if edits:
        found |= {f"PUT {path}/{{comment}}": _recommented(resource), f"DELETE {path}/{{comment}}": _uncommented(resource)}
    return found


def _commented(resource: Resource) -> Operation:
    def act(books: Books, asked: Asked) -> Answer:
        document = one(books, resource, asked.names["id"])
        written = COMMENT(books, asked.body, "body")["text"]
        # CHOICE: a comment is answered as itself.
        comment = {"id": str(books.state.next("id comments")), "text": written, "date": books.stamp()}
        _put(books, resource, document, [*document.get("comments", []), comment])
        return Answer(comment, 201)

    return act


def _recommented(resource: Resource) -> Operation:
    def act(books: Books, asked: Asked) -> Answer:
        document, comment = _comment(books, resource, asked)
        comment["text"] = COMMENT(books, asked.body, "body")["text"]
        _put(books, resource, document, document["comments"])
        return Answer(comment)

    return act


def _uncommented(resource: Resource) -> Operation:
    def act(books: Books, asked: Asked) -> Answer:
        document, comment = _comment(books, resource, asked)
        _put(books, resource, document, [each for each in document["comments"] if each is not comment])
        return done("Se eliminó el comentario")

    return act


def _comment(books: Books, resource: Resource, asked: Asked) -> tuple[Document, Document]:
    document = one(books, resource, asked.names["id"])
    for comment in document.get("comments", []):
        if comment["id"] == asked.names["comment"]:
            return document, comment
    raise unknown("el comentario", asked.names["comment"])


def _put(books: Books, resource: Resource, document: Document, comments: list[Document]) -> None:
    books.state.put(resource.path, str(document["id"]), {**document, "comments": comments})
