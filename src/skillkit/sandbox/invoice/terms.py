"""An invoice as the business terms of EN 16931 (BT-1, BG-25 and so on), from which factur-x writes CII and UBL."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from skillkit.sandbox.invoice.model import CREDIT_NOTE, Allowance, Invoice, Line, Party
from skillkit.sandbox.invoice.sums import Sums, Tax, rounded

Terms = dict[str, Any]

XRECHNUNG: Final = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
PROCESS: Final = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
TRANSFERS: Final = frozenset({"30", "58"})

# factur-x works on tables of its own module while it writes.
WRITING: Final = threading.Lock()

# Why a category is not taxed: what stands on the invoice unless it says so itself, and the code for it.
REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "E": ("", ""),
    "AE": ("Steuerschuldnerschaft des Leistungsempfängers", "VATEX-EU-AE"),
    "K": ("Steuerfreie innergemeinschaftliche Lieferung", "VATEX-EU-IC"),
    "G": ("Steuerfreie Ausfuhrlieferung", "VATEX-EU-G"),
    "O": ("Nicht steuerbar", "VATEX-EU-O"),
}


def plain(number: Decimal) -> str:
    """
    Return a number without zeros that say nothing.

    >>> plain(Decimal("10.500")), plain(Decimal("1E+1")), plain(Decimal("0.00"))
    ('10.5', '10', '0')
    """
    return format(number.normalize(), "f")


def reason(invoice: Invoice, category: str) -> tuple[str, str]:
    """Return why a category of `invoice` is not taxed, in words and as a code; nothing for one that is taxed."""
    if category not in REASONS:
        return "", ""
    usual, code = REASONS[category]
    # The message belongs to what is exempt; it speaks for another category only when nothing is.
    speaks = category == "E" or "E" not in invoice.categories
    return (invoice.exemption if speaks else "") or usual, code


def payment_terms(invoice: Invoice, sums: Sums) -> str:
    """Return the terms of payment: those of the invoice, or a sentence where there would be neither terms nor a day."""
    if invoice.terms or invoice.due or sums.due <= 0:
        return invoice.terms
    return "Der Betrag wird erstattet oder verrechnet." if invoice.type_code == CREDIT_NOTE else "Zahlbar sofort ohne Abzug."


def of(invoice: Invoice, sums: Sums, *, xrechnung: bool = False) -> Terms:
    """Return `invoice` as business terms; what is empty is left out."""
    outside = "O" in invoice.categories
    terms: Terms = {
        "BT-1": invoice.number,
        "BT-2": invoice.issued,
        "BT-3": invoice.type_code,
        "BT-5": invoice.currency,
        "BT-9": invoice.due,
        "BT-10": invoice.buyer_reference,
        "BT-20": payment_terms(invoice, sums),
        "BT-72": invoice.delivered,
        "BG-1": [{"BT-22": note} for note in invoice.notes],
        "BG-3": [_kept({"BT-25": invoice.preceding.number, "BT-26": invoice.preceding.issued})] if invoice.preceding else [],
        "BG-4": _seller(invoice, outside=outside),
        "BG-7": _buyer(invoice, outside=outside),
        "BG-13": _delivery(invoice),
        "BG-20": [_change(each) for each in invoice.allowances if not each.charge],
        "BG-21": [_change(each) for each in invoice.allowances if each.charge],
        "BG-23": [_tax(invoice, each) for each in sums.taxes],
        "BG-25": [_line(line, net) for line, net in zip(invoice.lines, sums.lines, strict=True)],
        **_payment(invoice),
        **_totals(invoice, sums),
    }
    if xrechnung:
        terms["BT-23"] = PROCESS
        # CHOICE: XRechnung wants a buyer reference; where faktoora is content with an e-mail address, that is it.
        terms["BT-10"] = invoice.buyer_reference or invoice.buyer.email
    return _kept(terms)


def _kept(terms: Terms) -> Terms:
    return {key: value for key, value in terms.items() if value}


def _party(party: Party) -> Terms:
    return {
        "name": party.name,
        "addr_l1": party.street,
        "addr_l2": party.extra,
        "postcode": party.postcode,
        "city": party.city,
        "country_code": party.country,
        "legal_identifier": party.register_id,
    }


def _seller(invoice: Invoice, *, outside: bool) -> Terms:
    seller, contact = invoice.seller, invoice.contact
    address = seller.email or contact.email
    # What is outside of VAT must not name anybody's VAT identifier.
    vat_id = "" if outside else seller.vat_id
    named = _kept({"name": contact.name or seller.name, "phone": contact.phone, "email": contact.email or seller.email})
    return _kept(
        {
            **_party(seller),
            "vat_identifier": vat_id,
            "tax_identifier": seller.tax_id,
            # Every seller needs one identifier; a small one may have no other than its tax number.
            "identifiers": {} if vat_id or seller.register_id else {None: seller.tax_id or seller.name},
            "einvoicing_addr": address,
            "einvoicing_addr_schemeid": "EM" if address else "",
            "contacts": [named] if named else [],
        }
    )


def _buyer(invoice: Invoice, *, outside: bool) -> Terms:
    buyer = invoice.buyer
    # CHOICE: a public buyer without an e-mail address is addressed by its Leitweg-ID, scheme 0204.
    address, scheme = (buyer.email, "EM") if buyer.email else (invoice.buyer_reference, "0204")
    return _kept(
        {
            **_party(buyer),
            "vat_identifier": "" if outside else buyer.vat_id,
            "einvoicing_addr": address,
            "einvoicing_addr_schemeid": scheme if address else "",
        }
    )


def _delivery(invoice: Invoice) -> Terms:
    # Within the EU the country delivered to decides about VAT, so it must be said; nobody else was named.
    if "K" not in invoice.categories:
        return {}
    terms = _party(invoice.buyer)
    terms.pop("legal_identifier")
    return _kept(terms)


def _change(change: Allowance) -> Terms:
    terms = {**_plain_change(change), "vat_category_code": change.category}
    return terms if change.category == "O" else {**terms, "vat_rate": plain(change.rate)}


def _plain_change(change: Allowance) -> Terms:
    return {"amount": f"{rounded(change.amount)}", "reason": change.reason}


def _tax(invoice: Invoice, tax: Tax) -> Terms:
    text, code = reason(invoice, tax.category)
    return _kept(
        {
            "BT-116": f"{tax.basis:.2f}",
            "BT-117": f"{tax.amount:.2f}",
            "BT-118": tax.category,
            "BT-119": plain(tax.rate),
            "BT-120": text,
            "BT-121": code,
        }
    )


def _line(line: Line, net: Decimal) -> Terms:
    return _kept(
        {
            "BT-126": line.id,
            "BT-129": plain(line.quantity),
            "BT-130": line.unit,
            "BT-131": f"{net:.2f}",
            "BT-146": plain(line.price),
            "BT-151": line.category,
            "BT-152": "" if line.category == "O" else plain(line.rate),
            "BT-153": line.name,
            "BT-154": line.description,
            "BT-155": line.product_id,
            "BG-27": [_plain_change(each) for each in line.allowances if not each.charge],
            "BG-28": [_plain_change(each) for each in line.allowances if each.charge],
        }
    )


def _payment(invoice: Invoice) -> Terms:
    payment = invoice.payment
    code = payment.code or ("58" if payment.iban else "1")
    terms = {"BT-81": code, "BT-83": invoice.number}
    if code not in TRANSFERS:
        return terms
    return {**terms, "BT-84": payment.iban, "BT-85": payment.account_name, "BT-86": payment.bic}


def _totals(invoice: Invoice, sums: Sums) -> Terms:
    # A total of nothing is said where there is an allowance or a charge of nothing.
    kinds = {each.charge for each in invoice.allowances}
    return {
        "BT-106": f"{sums.line_total:.2f}",
        "BT-107": f"{sums.allowance_total:.2f}" if False in kinds else "",
        "BT-108": f"{sums.charge_total:.2f}" if True in kinds else "",
        "BT-109": f"{sums.net:.2f}",
        "BT-110": f"{sums.tax:.2f}",
        "BT-112": f"{sums.gross:.2f}",
        "BT-115": f"{sums.due:.2f}",
    }
