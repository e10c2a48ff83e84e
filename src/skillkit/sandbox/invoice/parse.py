"""From the invoice that a caller of faktoora sends to the values of `model`, or to everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal, cast

from skillkit.sandbox.invoice.codes import allowed, is_postcode, is_vat_id
from skillkit.sandbox.invoice.fields import LONG, Fields
from skillkit.sandbox.invoice.model import (
    CORRECTED,
    INVOICE,
    TYPES,
    Allowance,
    Company,
    Contact,
    Invoice,
    Line,
    Party,
    Payment,
    Reference,
    Unfit,
)

Format = Literal["zf:1", "zf:2", "xrechnung", "pdf"]
Written = Literal["CII", "UBL"]

FORMATS: Final = frozenset({"zf:1", "zf:2", "xrechnung", "pdf"})
WRITTEN: Final = frozenset({"CII", "UBL"})
# CHOICE: the largest invoice; nothing says where faktoora stops.
LINES: Final = 1000
# CHOICE: of the codes for a means of payment, those that need nothing but an account or nothing at all.
MEANS: Final = frozenset({"1", "10", "20", "30", "42", "57", "58", "68", "97", "ZZZ"})
TRANSFERS: Final = frozenset({"30", "58"})
_NEVER: Final = date(1970, 1, 1)
# Categories whose rate must be above zero, and those whose rate must be zero.
TAXED: Final = frozenset({"S"})
UNTAXED: Final = frozenset({"Z", "E", "AE", "K", "G", "O"})


def asked_for(given: Mapping[str, Any]) -> tuple[Format, Written]:
    """Return the format and the syntax that an invoice asks for; `parsed` has to have taken it before."""
    # CHOICE: without a format, ZUGFeRD 2; and the syntax of an XRechnung is chosen as the MCP tool does it, by `schema`.
    return cast("Format", given.get("format") or "zf:2"), cast("Written", given.get("schema") or "CII")


def parsed(given: Mapping[str, Any], company: Company) -> Invoice:
    """Return `given` as an invoice of `company`; raises `Unfit` with every problem there is."""
    fields = Fields(given)
    invoice = _invoice(fields, company)
    _check_format(fields, invoice)
    _check_taxes(fields, invoice)
    if fields.problems:
        raise Unfit(tuple(dict.fromkeys(fields.problems)))
    return invoice


def _invoice(fields: Fields, company: Company) -> Invoice:
    own = not fields.has("seller")
    issued = fields.day("issueDate", required=True)
    lines = tuple(_line(each) for each in fields.rows("invoiceItems"))
    seller = company.party if own else _party(fields.inner("seller"))
    return Invoice(
        number=fields.text("invoiceNumber", required=True, limit=100),
        type_code=_type_code(fields),
        # A missing day is a problem by now, and nobody sees this one.
        issued=issued or _NEVER,
        # CHOICE: euros when no currency is given.
        currency=fields.code("currency", allowed("currency"), default="EUR"),
        seller=seller,
        buyer=_party(fields.inner("buyer", required=True)),
        lines=lines,
        due=fields.day("dueDate"),
        # CHOICE: delivered on the day of the invoice unless `deliveryDate` says otherwise; German law wants the day.
        delivered=fields.day("deliveryDate") or issued,
        contact=_contact(fields.inner("contactPerson"), company.contact if own else Contact()),
        buyer_reference=fields.inner("buyerReference").text("buyerReferenceId", limit=200),
        allowances=_allowances(fields, lines[0] if lines else None),
        notes=fields.texts("notes"),
        payment=_payment(fields, company.payment if own else Payment()),
        terms=fields.text("paymentTerms", limit=LONG),
        preceding=_preceding(fields),
        exemption=fields.text("taxExemptionReasonMessage", limit=LONG),
        imprint=company.imprint if own else (),
        website=company.website if own else "",
    )


def _type_code(fields: Fields) -> str:
    value = fields.given.get("invoiceTypeCode", INVOICE)
    code = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if code not in TYPES:
        fields.wrong("invoiceTypeCode", f"must be one of {', '.join(sorted(TYPES))}")
        return INVOICE
    return code


def _party(fields: Fields) -> Party:
    country = fields.code("country", allowed("country"), required=True)
    postcode = fields.text("postcode", required=True, limit=20)
    if postcode and not is_postcode(postcode, country):
        fields.wrong("postcode", f"{postcode!r} is not a postcode of {country}")
    vat_id = fields.text("vatId").replace(" ", "")
    if vat_id and not is_vat_id(vat_id):
        fields.wrong("vatId", f"{vat_id!r} is not a VAT identifier: a country's two letters, then up to 13 letters and digits")
    return Party(
        name=fields.text("name", required=True),
        street=fields.text("street", required=True),
        postcode=postcode,
        city=fields.text("city", required=True),
        country=country,
        extra=fields.text("addressAddition"),
        vat_id=vat_id,
        tax_id=fields.text("taxId", limit=50),
        register_id=fields.text("registerId", limit=50),
        email=_email(fields),
    )


def _email(fields: Fields) -> str:
    email = fields.text("email", limit=254)
    if email and not re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", email):
        fields.wrong("email", f"{email!r} is not an e-mail address")
    return email


def _contact(fields: Fields, own: Contact) -> Contact:
    given = Contact(fields.text("name"), fields.text("phone", limit=50), _email(fields))
    return Contact(given.name or own.name, given.phone or own.phone, given.email or own.email)


def _line(fields: Fields) -> Line:
    product = fields.inner("product", required=True)
    category, rate = _tax(product)
    return Line(
        id=fields.text("id", required=True, limit=50),
        name=product.text("name", required=True),
        quantity=product.number("quantity", required=True),
        unit=product.code("unitCode", allowed("unit"), required=True),
        price=product.amount("price"),
        category=category,
        rate=rate,
        description=product.text("description", limit=LONG),
        product_id=product.text("productId", limit=100),
        allowances=tuple(replace(each, category=category, rate=rate) for _, each in _changes(fields)),
    )


def _tax(product: Fields) -> tuple[str, Decimal]:
    taxes = product.rows("taxes")
    if len(taxes) != 1:
        product.wrong("taxes", "must be an array of exactly one tax")
        return "", Decimal(0)
    (tax,) = taxes
    if tax.text("typeCode", required=True) not in {"", "VAT"}:
        tax.wrong("typeCode", "must be 'VAT'")
    return _rated(tax)


def _rated(tax: Fields) -> tuple[str, Decimal]:
    rate = tax.number("rate", required=True)
    # CHOICE: without a category, standard when there is a rate, zero rated when it is 0.
    category = tax.code("categoryCode", allowed("category"), default="S" if rate else "Z")
    if not 0 <= rate <= 100:
        tax.wrong("rate", "must be between 0 and 100")
    if category in TAXED and rate == 0:
        tax.wrong("rate", f"must be above 0 in category {category}")
    if category in UNTAXED and rate != 0:
        tax.wrong("rate", f"must be 0 in category {category}")
    return category, rate


# CHOICE: `allowances` and `charges`, of the invoice and of an item, are named as EN 16931 names them in English.
def _changes(fields: Fields) -> Iterable[tuple[Fields, Allowance]]:
    for key, charge in (("allowances", False), ("charges", True)):
        for each in fields.rows(key):
            yield each, Allowance(each.amount("amount"), each.text("reason", required=True), charge)


def _allowances(fields: Fields, first: Line | None) -> tuple[Allowance, ...]:
    category, rate = (first.category, first.rate) if first else ("S", Decimal(0))
    found = []
    for row, change in _changes(fields):
        own = _rated(row) if row.has("categoryCode") or row.has("rate") else (category, rate)
        found.append(replace(change, category=own[0], rate=own[1]))
    return tuple(found)


def _payment(fields: Fields, own: Payment) -> Payment:
    if not fields.has("paymentMeans"):
        return own
    means = fields.inner("paymentMeans")
    iban = means.text("iban", limit=50).replace(" ", "").upper()
    if iban and not re.fullmatch(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}", iban):
        means.wrong("iban", f"{iban!r} is not an IBAN")
    bic = means.text("bic", limit=11)
    if bic and not re.fullmatch(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", bic):
        means.wrong("bic", f"{bic!r} is not a BIC")
    code = means.code("typeCode", MEANS, default="58" if iban else "1")
    if code in TRANSFERS and not iban:
        means.wrong("iban", f"is required with payment means {code}")
    return Payment(code, iban, bic, means.text("accountName"), means.text("bankName"))


def _preceding(fields: Fields) -> Reference | None:
    if not fields.has("invoiceReferencedDocument"):
        return None
    document = fields.inner("invoiceReferencedDocument")
    return Reference(document.text("IssuerAssignedID", required=True, limit=100), document.day("issueDateTime"))


def _check_format(fields: Fields, invoice: Invoice) -> None:
    form = fields.code("format", FORMATS)
    fields.code("schema", WRITTEN)
    if not invoice.lines:
        fields.wrong("invoiceItems", "must have at least one item")
    if len(invoice.lines) > LINES:
        fields.wrong("invoiceItems", f"must not have more than {LINES} items")
    ids = [line.id for line in invoice.lines if line.id]
    for double in {each for each in ids if ids.count(each) > 1} if len(ids) <= LINES else ():
        fields.wrong("invoiceItems", f"id {double!r} stands on more than one item")
    if invoice.type_code == CORRECTED and not invoice.preceding:
        fields.wrong("invoiceReferencedDocument", f"is required with invoice type {CORRECTED}")
    if form != "xrechnung":
        return
    # CHOICE: the account's own e-mail address counts as the seller's.
    if not (invoice.seller.email or invoice.contact.email):
        fields.wrong("seller.email", "an XRechnung needs seller.email or contactPerson.email")
    if not (invoice.buyer.email or invoice.buyer_reference):
        fields.wrong("buyer.email", "an XRechnung needs buyer.email or buyerReference.buyerReferenceId")


def _check_taxes(fields: Fields, invoice: Invoice) -> None:
    """Note what EN 16931 wants of the parties because of the categories of VAT on the lines."""
    categories = invoice.categories - {""}
    seller, buyer = invoice.seller, invoice.buyer
    if "E" in categories and not invoice.exemption:
        fields.wrong("taxExemptionReasonMessage", "is required with tax category E")
    if categories - {"K", "G"} and not (seller.vat_id or seller.tax_id):
        fields.wrong("seller.vatId", "seller.vatId or seller.taxId is required")
    for category in sorted(categories & {"K", "G"}):
        if not seller.vat_id:
            fields.wrong("seller.vatId", f"is required with tax category {category}")
    for category in sorted(categories & {"AE", "K"}):
        if not buyer.vat_id:
            fields.wrong("buyer.vatId", f"is required with tax category {category}")
    if "O" in categories and len(categories) > 1:
        fields.wrong("invoiceItems", "tax category O cannot stand beside another")
