"""What stands on the page of an invoice, in German words, as `page.typ` shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from skillkit.sandbox.invoice import terms
from skillkit.sandbox.invoice.model import CREDIT_NOTE, Allowance, Invoice, Line, Party
from skillkit.sandbox.invoice.sums import Sums, rounded

UNITS: Final[Mapping[str, str]] = {
    "C62": "Stk.",
    "DAY": "Tage",
    "H87": "Stk.",
    "HUR": "Std.",
    "KGM": "kg",
    "KMT": "km",
    "LTR": "l",
    "MIN": "Min.",
    "MON": "Monate",
    "MTK": "m²",
    "MTQ": "m³",
    "MTR": "m",
    "P1": "%",
    "SET": "Set",
    "TNE": "t",
    "XPP": "Stk.",
}
CURRENCIES: Final[Mapping[str, str]] = {"EUR": "€", "USD": "US-$", "GBP": "£"}
COUNTRIES: Final[Mapping[str, str]] = {
    "AT": "Österreich",
    "CH": "Schweiz",
    "DE": "Deutschland",
    "ES": "Spanien",
    "FR": "Frankreich",
    "IT": "Italien",
    "NL": "Niederlande",
    "PL": "Polen",
}
MINUS: Final = "\u2212"
DASH: Final = "\u2013"


def number(value: Decimal, digits: int = 2) -> str:
    """
    Return a number as German writes it, with at least `digits` after the comma and no more than it has.

    >>> number(Decimal("1234.5")), number(Decimal("0.123456")), number(Decimal("3"), 0)
    ('1.234,50', '0,123456', '3')
    """
    has = len(terms.plain(value).partition(".")[2])
    english = f"{abs(value):,.{max(digits, has)}f}"
    return (MINUS if value < 0 else "") + english.replace(",", " ").replace(".", ",").replace(" ", ".")


def day(value: date | None) -> str:
    return f"{value:%d.%m.%Y}" if value else ""


def of(invoice: Invoice, sums: Sums, file: str = "", about: str = "") -> dict[str, Any]:
    """Return the page as JSON: texts, rows of texts, and the name of the file that is attached."""
    money = f" {CURRENCIES.get(invoice.currency, invoice.currency)}"
    issued = invoice.issued
    return {
        "title": invoice.title,
        "number": invoice.number,
        "subject": f"{invoice.title} {invoice.number} vom {day(issued)}",
        "date": [issued.year, issued.month, issued.day],
        "file": file,
        "about": about,
        "seller": _seller(invoice),
        "buyer": _address(invoice.buyer, invoice.seller.country),
        "facts": _facts(invoice),
        "opening": _opening(invoice),
        "lines": [_line(line, net, money) for line, net in zip(invoice.lines, sums.lines, strict=True)],
        "totals": _totals(invoice, sums, money),
        "due": ["Gutschriftbetrag" if invoice.type_code == CREDIT_NOTE else "Gesamtbetrag", number(sums.due) + money],
        **_taxes(invoice, sums, money),
        "notes": list(invoice.notes),
        "paying": _paying(invoice, sums, money),
        "bank": _bank(invoice),
        "closing": ["Mit freundlichen Grüßen", invoice.seller.name],
        "footer": _footer(invoice),
    }


def _seller(invoice: Invoice) -> dict[str, str]:
    seller = invoice.seller
    place = f"{seller.postcode} {seller.city}".strip()
    line = [seller.street, place, invoice.website or seller.email]
    return {
        "name": seller.name,
        "line": " · ".join(part for part in line if part),
        "sender": " · ".join(part for part in (seller.name, seller.street, place) if part),
    }


def _address(party: Party, home: str) -> list[str]:
    country = COUNTRIES.get(party.country, party.country) if party.country != home else ""
    rows = [party.name, party.extra, party.street, f"{party.postcode} {party.city}".strip(), country.upper()]
    return [row for row in rows if row]


def _facts(invoice: Invoice) -> list[list[str]]:
    contact, preceding = invoice.contact, invoice.preceding
    before = f"{preceding.number} vom {day(preceding.issued)}".removesuffix(" vom ") if preceding else ""
    rows = [
        ("Datum", day(invoice.issued)),
        ("Leistungsdatum", day(invoice.delivered)),
        ("Fällig am", day(invoice.due)),
        ("Ihre Referenz", invoice.buyer_reference),
        ("Ihre USt-IdNr.", invoice.buyer.vat_id),
        ("Zu Rechnung", before),
        ("Ansprechpartner", contact.name),
        ("Telefon", contact.phone),
        ("E-Mail", contact.email),
    ]
    return [[name, value] for name, value in rows if value]


def _opening(invoice: Invoice) -> list[str]:
    verb = "schreiben Ihnen gut" if invoice.type_code == CREDIT_NOTE else "berechnen Ihnen"
    return ["Sehr geehrte Damen und Herren,", f"wir {verb}:"]


def _line(line: Line, net: Decimal, money: str) -> dict[str, Any]:
    return {
        "id": line.id,
        "name": line.name,
        "number": line.product_id,
        "description": line.description,
        "changes": [_change(each, money) for each in line.allowances],
        "quantity": f"{number(line.quantity, 0)} {UNITS.get(line.unit, line.unit)}",
        "price": number(line.price) + money,
        "tax": _rate(line.category, line.rate),
        "net": number(net) + money,
    }


def _change(change: Allowance, money: str) -> str:
    return f"{_named(change)}: {number(rounded(change.signed))}{money}"


def _named(change: Allowance) -> str:
    return f"{'zzgl.' if change.charge else 'abzgl.'} {change.reason}"


def _rate(category: str, rate: Decimal) -> str:
    return DASH if category == "O" else f"{number(rate, 0)} %"


def _totals(invoice: Invoice, sums: Sums, money: str) -> list[list[str]]:
    rows = [["Summe der Positionen", number(sums.line_total) + money]] if invoice.allowances else []
    rows += [[_named(each), number(rounded(each.signed)) + money] for each in invoice.allowances]
    rows.append(["Nettobetrag", number(sums.net) + money])
    rows += [[f"zzgl. Umsatzsteuer {_rate(tax.category, tax.rate)}", number(tax.amount) + money] for tax in sums.taxes]
    return rows


def _taxes(invoice: Invoice, sums: Sums, money: str) -> dict[str, Any]:
    rows = [
        [
            _rate(tax.category, tax.rate),
            number(tax.basis) + money,
            number(tax.amount) + money,
            terms.reason(invoice, tax.category)[0],
        ]
        for tax in sums.taxes
    ]
    head = ["Umsatzsteuer", "Nettobetrag", "Steuerbetrag", "Hinweis"]
    if any(row[3] for row in rows):
        return {"reasons": True, "tax-head": head, "taxes": rows}
    return {"reasons": False, "tax-head": head[:3], "taxes": [row[:3] for row in rows]}


def _paying(invoice: Invoice, sums: Sums, money: str) -> list[str]:
    said = terms.payment_terms(invoice, sums)
    rows = [said] if said else []
    if invoice.delivered == invoice.issued and invoice.type_code != CREDIT_NOTE:
        rows.insert(0, "Das Leistungsdatum entspricht dem Datum der Rechnung.")
    if sums.due > 0 and invoice.due and invoice.type_code != CREDIT_NOTE:
        amount = number(sums.due) + money
        rows.append(f"Bitte überweisen Sie {amount} bis zum {day(invoice.due)} unter Angabe der Rechnungsnummer.")
    return rows


def _grouped(iban: str) -> str:
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))


def _bank(invoice: Invoice) -> list[list[str]]:
    payment = invoice.payment
    if not payment.iban or invoice.type_code == CREDIT_NOTE:
        return []
    rows = [
        ("Empfänger", payment.account_name),
        ("IBAN", _grouped(payment.iban)),
        ("BIC", payment.bic),
        ("Bank", payment.bank),
        ("Verwendungszweck", invoice.number),
    ]
    return [[name, value] for name, value in rows if value]


def _titled(title: str, value: str) -> str:
    return f"{title} {value}" if value else ""


def _footer(invoice: Invoice) -> list[list[str]]:
    seller, contact, payment = invoice.seller, invoice.contact, invoice.payment
    columns = [
        _address(seller, seller.country),
        [_titled("Tel.", contact.phone), seller.email, invoice.website],
        [payment.bank, _titled("IBAN", _grouped(payment.iban)), _titled("BIC", payment.bic)],
        [
            *invoice.imprint,
            _titled("USt-IdNr.", seller.vat_id),
            _titled("Steuernr.", seller.tax_id),
        ],
    ]
    kept = [[row for row in column if row] for column in columns]
    return [column for column in kept if column]
