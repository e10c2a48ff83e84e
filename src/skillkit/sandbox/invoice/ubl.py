"""An invoice in UBL 2.1, a credit note as a CreditNote."""

from __future__ import annotations

from lxml import etree

from skillkit.sandbox.invoice import terms
from skillkit.sandbox.invoice.model import Invoice
from skillkit.sandbox.invoice.sums import Sums


def written(invoice: Invoice, sums: Sums, *, xrechnung: bool = False) -> bytes:
    """Return the XML; an XRechnung says so by its specification and its business process."""
    from facturx.generate_xml import generate_ubl_xml

    with terms.WRITING:
        # The checks of factur-x are left out: one needs a server, and `validate` does both.
        xml = generate_ubl_xml(terms.of(invoice, sums, xrechnung=xrechnung), "en16931", check_xsd=False, check_schematron="")
    if not xrechnung:
        return bytes(xml)
    root = etree.fromstring(xml)
    root.find("{*}CustomizationID").text = terms.XRECHNUNG
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
