"""Numbers of documents, from the templates that count them."""

from __future__ import annotations

from typing import Any

from skillkit.sandbox.alegra.books import Books, Document
from skillkit.sandbox.alegra.problem import Refused


def numbered(books: Books, table: str, kind: str, asked: Any, before: Document | None) -> Document:
    """
    Return the number of a document as its `numberTemplate`: the one asked for, or the next of its template.

    A document that has a number keeps it, unless another one is asked for.
    """
    held: Document | None = before["numberTemplate"] if before else None
    if held and _is(held, asked):
        return held
    template = _template(books, kind, asked)
    wished = asked.get("number") if isinstance(asked, dict) else None
    number = int(wished or template["nextInvoiceNumber"])
    full = f"{template['prefix']}{number}"
    others = [row for row in books.state.rows(table) if not before or row["id"] != before["id"]]
    if any(row["numberTemplate"]["fullNumber"] == full for row in others):
        raise Refused(f"El número {full!a} del campo numberTemplate ya está en uso")
    if template["maxInvoiceNumber"] and number > int(template["maxInvoiceNumber"]):
        raise Refused(f"La numeración {template['name']!a} del campo numberTemplate está agotada")
    template["nextInvoiceNumber"] = str(max(number + 1, int(template["nextInvoiceNumber"])))
    template["deletable"] = False
    books.state.put("number-templates", template["id"], template)
    return {
        "id": template["id"],
        "prefix": template["prefix"],
        "number": str(number),
        "fullNumber": full,
        "isElectronic": template["isElectronic"],
    }


def _is(held: Document, asked: Any) -> bool:
    if not asked or asked is held:
        return True
    key = asked["id"]["id"] if isinstance(asked.get("id"), dict) else asked.get("id", held["id"])
    number = asked.get("number") or held["number"]
    return bool(key == held["id"] and str(number) == held["number"] and asked.get("prefix", held["prefix"]) == held["prefix"])


def _template(books: Books, kind: str, asked: Any) -> Document:
    templates = [row for row in books.state.rows("number-templates") if row["documentType"] == kind]
    if not asked:
        found = [row for row in templates if row["status"] == "active"]
        found.sort(key=lambda row: not row["isDefault"])
    elif asked.get("id"):
        key = asked["id"]["id"] if isinstance(asked["id"], dict) else asked["id"]
        found = [row for row in templates if row["id"] == key]
    else:
        # CHOICE: a prefix must be that of a template; that one counts on from the number asked for.
        found = [row for row in templates if row["prefix"] == asked.get("prefix", "")]
    if not found:
        raise Refused(f"El campo numberTemplate no corresponde a ninguna numeración de tipo {kind}")
    return found[0]
