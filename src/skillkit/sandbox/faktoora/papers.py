"""The seam to the e-invoices: everything that this sandbox asks of `sandbox.invoice`, and nothing else does."""

from __future__ import annotations

import functools
import json
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from skillkit.sandbox.faktoora.company import COMPANY
from skillkit.sandbox.invoice import Invoice, Unfit, asked_for, looked_at, made, parsed

Document = dict[str, Any]

PRINTING: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong with an invoice that somebody sent; when nothing is, its number and what a list shows of it."""

    # Each with its field.
    problems: tuple[tuple[str, str], ...]
    number: str = ""
    shown: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Files:
    """An invoice as files; there is no XML where none was asked for."""

    pdf: bytes
    xml: bytes
    valid: bool
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What stands in a file; nothing where it could not be read."""

    accepted: bool
    reasons: tuple[str, ...]
    content: Document


def check(given: Document) -> Checked:
    """Return what is wrong with an invoice, all of it at once."""
    try:
        invoice = parsed(given, COMPANY)
    except Unfit as error:
        return Checked(tuple((problem.field, problem.message) for problem in error.problems))
    return Checked((), invoice.number, _shown(invoice, asked_for(given)[0]))


def make(given: Document) -> Files:
    """Return the files of an invoice in which nothing is wrong."""
    found = made(parsed(given, COMPANY), *asked_for(given))
    return Files(found.pdf, found.xml, all(each.level != "error" for each in found.findings), tuple(map(str, found.findings)))


def look(content: bytes, kind: str) -> Seen:
    """Return what stands in a file from a stranger."""
    found = looked_at(content, kind)
    return Seen(found.status == "accepted", found.reasons, found.content)


def report(title: str, lines: Sequence[str]) -> bytes:
    """Return a page with these lines as a PDF."""
    compiler, template = _press()
    inputs = {"report": json.dumps({"title": title, "lines": lines})}
    with PRINTING:
        return bytes(compiler.compile(template, format="pdf", sys_inputs=inputs))


@functools.cache
def _press() -> tuple[Any, bytes]:
    import typst

    with open(os.path.join(os.path.dirname(__file__), "report.typ"), "rb") as file:
        # The fonts are those in the wheel, so that a report looks the same on every machine.
        return typst.Compiler(ignore_system_fonts=True), file.read()


def _shown(invoice: Invoice, form: str) -> Document:
    from skillkit.sandbox.invoice import sums

    totals = sums.of(invoice)
    return {
        "invoiceNumber": invoice.number,
        "invoiceTypeCode": int(invoice.type_code),
        "format": form,
        "issueDate": f"{invoice.issued:%Y%m%d}",
        "dueDate": f"{invoice.due:%Y%m%d}" if invoice.due else None,
        "currency": invoice.currency,
        "buyerName": invoice.buyer.name,
        "netAmount": str(totals.net),
        "taxAmount": str(totals.tax),
        "grossAmount": str(totals.gross),
    }
