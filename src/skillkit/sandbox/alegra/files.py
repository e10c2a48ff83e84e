"""Files: attachments, and the PDF of a document."""

from __future__ import annotations

import re
from collections.abc import Mapping

from skillkit.sandbox.alegra.books import Answer, Asked, Books, Document, Upload, done
from skillkit.sandbox.alegra.problem import Refused, missing, unknown
from skillkit.sandbox.alegra.resource import Operation, Operations, Resource, one

# CHOICE: the vendor does not document what an attachment may be or weigh; everything may, up to this.
LARGEST = 10 * 1024 * 1024


def attach(resource: Resource) -> Operation:
    """Return what keeps a file with a document."""

    def act(books: Books, asked: Asked) -> Answer:
        document = one(books, resource, asked.names["id"])
        kept = keep(books, resource.path, document["id"], asked)
        document["attachments"] = [*document.get("attachments", []), kept]
        books.state.put(resource.path, str(document["id"]), document)
        # CHOICE: the answer to an upload is the file's id, name and address.
        return Answer(kept, 201)

    return act


def keep(books: Books, table: str, owner: object, asked: Asked) -> Document:
    """Keep the file of a request; return it as a document shows it."""
    file = _file(asked)
    key = str(books.state.next("id attachments"))
    books.state.keep(f"attachment-{key}", file.content)
    kept = {"id": key, "name": file.name, "url": f"{asked.origin}/files/attachment-{key}"}
    books.state.add("attachments", key, {**kept, "table": table, "owner": str(owner), "kind": file.kind})
    return kept


def _file(asked: Asked) -> Upload:
    if asked.file is None:
        raise missing("file")
    if len(asked.file.content) > LARGEST:
        raise Refused(f"El campo file no puede pasar de {LARGEST} bytes")
    return asked.file


def detach(resource: Resource) -> Operation:
    """Return what removes an attachment of any document of this kind."""

    def act(books: Books, asked: Asked) -> Answer:
        key = asked.names["file"]
        kept = books.state.find("attachments", key)
        if kept is None or kept["table"] != resource.path:
            raise unknown("el archivo", key)
        books.state.remove("attachments", key)
        document = books.state.find(resource.path, kept["owner"])
        if document:
            document["attachments"] = [each for each in document["attachments"] if each["id"] != key]
            books.state.put(resource.path, kept["owner"], document)
        return done("Se eliminó el archivo")

    return act


def attaching(*resources: Resource) -> Operations:
    """Return what uploads to these resources, by method and path."""
    return {f"POST /{resource.path}/{{id}}/attachment": attach(resource) for resource in resources}


def detaching(*resources: Resource) -> Operations:
    """Return what removes attachments of these resources, by method and path."""
    return {f"DELETE /{resource.path}/attachment/{{file}}": detach(resource) for resource in resources}


def fetched(books: Books, name: str) -> tuple[bytes, str]:
    """Return a file and its type; 404 when there is none."""
    content = books.state.content(name)
    if content is None:
        raise unknown("el archivo", name)
    if name.endswith(".pdf"):
        return content, "application/pdf"
    # What was uploaded must not run in somebody's browser, whatever it was said to be.
    return content, "application/octet-stream"


def printed(books: Books, asked: Asked, name: str, title: str, document: Mapping[str, object]) -> str:
    """Keep a document as a PDF; return its address."""
    texts = [title, *(f"{field}: {value}" for field, value in document.items() if isinstance(value, str | int | float))]
    books.state.keep(f"{name}.pdf", pdf(texts))
    return f"{asked.origin}/files/{name}.pdf"


def pdf(texts: list[str]) -> bytes:
    """Return a page with these lines on it."""
    lines = [" ".join(text.split())[:100].encode("latin-1", "replace") for text in texts[:50]]
    shown = b"".join(b"(" + re.sub(rb"([\\()])", rb"\\\1", line) + b") Tj T*\n" for line in lines)
    content = b"BT /F1 10 Tf 50 790 Td 14 TL\n" + shown + b"ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 6\n0000000000 65535 f \n%btrailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        len(out),
    )
