"""
E-invoices for the sandboxes: made from what a caller sends, judged by the official validators, and read from files.

    parsed(given, company) -> Invoice          or `Unfit` with every problem
    asked_for(given) -> (format, syntax)
    made(invoice, format, syntax) -> Made      a PDF, its XML, the findings
    looked_at(content, kind) -> Read           what stands in a file, or why it is refused

Nothing here imports the rest of the package, and everything heavy is imported when it is first used.
"""

from __future__ import annotations

from skillkit.sandbox.invoice.choices import CHOICES
from skillkit.sandbox.invoice.make import Made, looked_at, made
from skillkit.sandbox.invoice.model import Company, Contact, Invoice, Party, Payment, Problem, Unfit
from skillkit.sandbox.invoice.parse import Format, Written, asked_for, parsed
from skillkit.sandbox.invoice.paths import Attachment
from skillkit.sandbox.invoice.read import Read
from skillkit.sandbox.invoice.validate import Finding

__all__ = [
    "CHOICES",
    "Attachment",
    "Company",
    "Contact",
    "Finding",
    "Format",
    "Invoice",
    "Made",
    "Party",
    "Payment",
    "Problem",
    "Read",
    "Unfit",
    "Written",
    "asked_for",
    "looked_at",
    "made",
    "parsed",
]
