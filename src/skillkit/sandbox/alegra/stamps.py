"""Stamping: sending invoices to the tax authority, up to ten at once, each with a fate of its own."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from skillkit.sandbox.alegra.books import Answer, Asked, Books, Document
from skillkit.sandbox.alegra.fields import identity, many, record
from skillkit.sandbox.alegra.problem import Refused

# CHOICE: the option `stamp` has every stamping fail with a code of the vendor's; what each says is ours.
FAILURES: Final = {
    "AEP1001": "El certificado digital no está configurado",
    "AEP1003": "El certificado digital está vencido",
    "AEP1005": "La contraseña del certificado digital no es válida",
    "AEP2011": "Ya hay un proceso de emisión en curso",
    "AEP6008": "La autoridad tributaria no aceptó los datos del documento",
    "EPR500": "El proveedor tecnológico tuvo un error interno",
    "EPR503": "El proveedor tecnológico no está disponible",
}

MOST: Final = 10


IDS: Final = record({"ids": many(lambda _, value, where: identity(value, where), least=1, most=MOST)}, "ids")


def stamp_many(books: Books, asked: Asked) -> Answer:
    """Stamp several invoices; those that cannot be are told apart from those that were."""
    stamped: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for key in IDS(books, asked.body, "body")["ids"]:
        try:
            stamped.append(stamp(books, _invoice(books, key)))
        except Refused as refused:
            failed.append({"id": key, "code": refused.code, "message": refused.message})
    # CHOICE: the status is 200 also when none could be stamped.
    return Answer({"data": stamped, "error": failed})


def stamp(books: Books, invoice: Document) -> dict[str, Any]:
    """Stamp an invoice and keep it; return what the vendor tells about it."""
    _stampable(books, invoice)
    cufe = hashlib.sha384(f"{invoice['id']} {invoice['date']} {invoice['total']}".encode()).hexdigest()
    status = books.option("emission", "STAMPED_AND_ACCEPTED")
    invoice["stamp"] = {"legalStatus": "ACCEPTED", "emissionStatus": status, "cufe": cufe, "date": books.stamp()}
    books.state.put("invoices", invoice["id"], invoice)
    return {"id": invoice["id"], "success": True, "emissionStatus": status, "message": "El documento fue emitido"}


def _invoice(books: Books, key: str) -> Document:
    found = books.state.find("invoices", key)
    if found is None:
        raise Refused(f"No existe la factura {key}", 404)
    return found


def _stampable(books: Books, invoice: Document) -> None:
    if is_stamped(invoice):
        raise Refused(f"La factura {invoice['id']} ya fue emitida o se está emitiendo", code=3246)
    failure = books.option("stamp")
    if failure in FAILURES:
        raise Refused(FAILURES[failure], code=failure)
    if invoice["status"] not in {"open", "closed"}:
        raise Refused(f"La factura {invoice['id']} no está abierta", code=3051)
    if books.country() != "colombia":
        return
    if not invoice["paymentForm"]:
        raise Refused("El campo paymentForm es obligatorio para la factura electrónica", code=3051)
    if invoice["paymentForm"] == "CASH" and not invoice["paymentMethod"]:
        raise Refused("El campo paymentMethod es obligatorio para las facturas de contado", code=3051)


def is_stamped(invoice: Document) -> bool:
    """Say whether the tax authority has an invoice, which makes it unchangeable."""
    return bool((invoice.get("stamp") or {}).get("cufe"))
