"""What invoices and bills still owe: counted anew from the payments and notes that name them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from skillkit.sandbox.alegra.books import Books, Document
from skillkit.sandbox.alegra.problem import Refused
from skillkit.sandbox.alegra.sums import ZERO, exact, plain, total

# Which notes lower the debt of which documents.
NOTES: Final[Mapping[str, str]] = {"invoices": "credit-notes", "bills": "debit-notes"}

NOUNS: Final[Mapping[str, str]] = {"invoices": "la factura de venta", "bills": "la factura de compra"}


def named(document: Document | None, table: str) -> set[str]:
    """Return the ids of the documents that a payment or a note settles."""
    return {str(each["id"]) for each in (document or {}).get(table) or []}


def touched(books: Books, before: Document | None, after: Document | None) -> None:
    """Count anew what a payment or a note settles, or settled before."""
    for table in NOTES:
        for key in sorted(named(before, table) | named(after, table)):
            counted(books, table, key)


def payments_of(books: Books, table: str, key: str, *, voided: bool = False) -> list[Document]:
    """Return the payments of a document, as it shows them."""
    return [
        {
            "id": payment["id"],
            "number": payment["number"],
            "date": payment["date"],
            "amount": plain(_settles(each)),
            "paymentMethod": payment["paymentMethod"],
            "account": payment["bankAccount"],
            "status": payment["status"],
        }
        for payment in books.state.rows("payments")
        if voided or payment["status"] != "void"
        for each in payment.get(table) or []
        if str(each["id"]) == key
    ]


def counted(books: Books, table: str, key: str) -> None:
    """Count anew what a document owes; a refusal when that is less than nothing."""
    document = books.state.find(table, key)
    if document is None:
        return
    payments = payments_of(books, table, key)
    paid, other = total(each["amount"] for each in payments), _credited(books, table, key) + exact(document.get("_written_off"))
    balance = exact(document["total"]) - paid - other
    if (paid or other) and document["status"] == "void":
        raise Refused(f"No se puede pagar {NOUNS[table]} {key} porque está anulada")
    if balance < ZERO:
        raise Refused(f"El campo amount supera el saldo de {NOUNS[table]} {key}")
    document |= {"payments": payments, "totalPaid": plain(paid), "balance": plain(balance)}
    document["status"] = _status(document["status"], owed=bool(balance), paid=bool(paid))
    books.state.put(table, key, document)


def _status(now: str, *, owed: bool, paid: bool) -> str:
    if now == "void" or (now == "draft" and not paid):
        return now
    return "open" if owed else "closed"


def _credited(books: Books, table: str, key: str) -> Decimal:
    notes = [row for row in books.state.rows(NOTES[table]) if row["status"] != "void"]
    return total(each["amount"] for note in notes for each in note.get(table) or [] if str(each["id"]) == key)


def _settles(each: Document) -> Decimal:
    # CHOICE: what a payment retains for the tax office settles a document as the money does.
    return exact(each["amount"]) + total(one["amount"] for one in each.get("retentions") or [])


def noted(books: Books, table: str, key: str) -> bool:
    """Say whether a payment or a note settles any of a document."""
    return bool(payments_of(books, table, key) or _credited(books, table, key))
