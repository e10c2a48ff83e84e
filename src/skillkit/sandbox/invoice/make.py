"""An invoice made: its page, its XML, and what the validator says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from skillkit.sandbox.invoice import cii, pdf, read, sums, ubl, untrusted, zugferd1
from skillkit.sandbox.invoice.inspector import INSPECTOR
from skillkit.sandbox.invoice.model import Invoice
from skillkit.sandbox.invoice.parse import Format, Written
from skillkit.sandbox.invoice.sums import Sums
from skillkit.sandbox.invoice.validate import Finding


@dataclass(frozen=True, slots=True)
class Made:
    """The two files of an invoice, the XML empty where none was asked for, and the findings of the validator."""

    pdf: bytes
    xml: bytes
    findings: tuple[Finding, ...]


def _zugferd_1(invoice: Invoice, totals: Sums) -> bytes:
    return zugferd1.downgraded(untrusted.tree(cii.written(invoice, totals)), invoice.title)


WRITERS: Final[Mapping[tuple[Format, Written], Callable[[Invoice, Sums], bytes]]] = {
    ("zf:1", "CII"): _zugferd_1,
    ("zf:2", "CII"): cii.written,
    ("xrechnung", "CII"): lambda invoice, totals: cii.written(invoice, totals, xrechnung=True),
    ("xrechnung", "UBL"): lambda invoice, totals: ubl.written(invoice, totals, xrechnung=True),
}


def made(invoice: Invoice, format: Format, syntax: Written = "CII") -> Made:  # noqa: A002  the vendor's word for it
    """
    Return `invoice` as the files of a format.

    Only an XRechnung can be UBL; the PDFs of the others hold CII, whatever `syntax` says. A PDF holds CII or nothing: an
    XRechnung in UBL has a page to look at, and its XML beside it.
    """
    totals = sums.of(invoice)
    if format == "pdf":
        return Made(pdf.printed(invoice, totals), b"", ())
    chosen: Written = syntax if format == "xrechnung" else "CII"
    xml = WRITERS[format, chosen](invoice, totals)
    hybrid = pdf.HYBRIDS[format] if chosen == "CII" else None
    findings = tuple(Finding(**each) for each in INSPECTOR.ask("judge", xml)["findings"])
    return Made(pdf.printed(invoice, totals, xml, hybrid), xml, findings)


def looked_at(content: bytes, kind: str = "") -> read.Read:
    """Return what stands in a file that somebody sent; it is opened in a process of its own, with an end to its patience."""
    if len(content) > untrusted.BYTES:
        return read.Read("rejected", (f"the file has {len(content)} bytes, more than {untrusted.BYTES}",), {})
    try:
        return read.opened(INSPECTOR.ask("read", content, kind))
    except untrusted.Refused as refused:
        return read.Read("rejected", (str(refused),), {})
