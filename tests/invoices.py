"""What the tests of e-invoices send: a fictional company, an invoice as faktoora takes it, and invoices at random."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from skillkit.sandbox.invoice import Company, Contact, Party, Payment

FILES = Path(__file__).parent / "data" / "invoices"

COMPANY = Company(
    party=Party(
        name="Nordlicht Werkzeugbau GmbH",
        street="Speicherstraße 14",
        postcode="20457",
        city="Hamburg",
        country="DE",
        vat_id="DE123456788",
        tax_id="48/123/45678",
        register_id="HRB 98765",
        email="rechnung@nordlicht.example",
    ),
    contact=Contact("Buchhaltung Größen", "+49 40 5550199", "buchhaltung@nordlicht.example"),
    payment=Payment("58", "DE02120300000000202051", "BYLADEM1001", "Nordlicht Werkzeugbau GmbH", "Deutsche Kreditbank"),
    imprint=("Amtsgericht Hamburg, HRB 98765", "Sitz der Gesellschaft: Hamburg-Lübecker Straße"),
    website="www.nordlicht.example",
)

BUYER = {
    "name": "Bäckerei Süßmilch & Söhne KG",
    "street": "Königsallee 7",
    "postcode": "40212",
    "city": "Düsseldorf",
    "country": "DE",
    "email": "einkauf@suessmilch.example",
}
AUSTRIAN = {**BUYER, "postcode": "1010", "city": "Wien", "country": "AT", "vatId": "ATU12345678"}
PRECEDING = {"IssuerAssignedID": "2026/10/00012", "issueDateTime": "20261001"}


def item(
    number: int = 1, *, category: str = "S", rate: Any = 19, quantity: Any = 2, price: Any = 100.5, **more: Any
) -> dict[str, Any]:
    taxes = [{"typeCode": "VAT", "categoryCode": category, "rate": rate}]
    product = {"name": "Fräsen, Größe Ü", "quantity": quantity, "unitCode": "HUR", "price": price, "taxes": taxes}
    return {"id": str(number), "product": product, **more}


def given(**changes: Any) -> dict[str, Any]:
    """Return an invoice as a caller sends it; a change to None takes a field away."""
    usual = {
        "format": "zf:2",
        "invoiceTypeCode": 380,
        "invoiceNumber": "2026/11/00043",
        "issueDate": "20261120",
        "dueDate": "20261204",
        "currency": "EUR",
        "buyer": BUYER,
        "invoiceItems": [item(1), item(2, quantity="3", price="19.99", rate=7)],
    }
    return {key: value for key, value in {**usual, **changes}.items() if value is not None}


# One invoice for each thing that changes which rules apply.
FAMILY: dict[str, dict[str, Any]] = {
    "two rates": given(),
    "credit note": given(invoiceTypeCode=381, dueDate=None, invoiceReferencedDocument=PRECEDING),
    "corrected": given(invoiceTypeCode=384, invoiceReferencedDocument=PRECEDING),
    "partial": given(invoiceTypeCode=326),
    "exempt": given(
        invoiceItems=[item(1, category="E", rate=0), item(2)], taxExemptionReasonMessage="Steuerfrei, § 4 Nr. 21 UStG"
    ),
    "within the EU": given(buyer=AUSTRIAN, invoiceItems=[item(category="K", rate=0)]),
    "reverse charge": given(buyer=AUSTRIAN, invoiceItems=[item(category="AE", rate=0)]),
    "export": given(buyer={**BUYER, "country": "CH", "postcode": "8001"}, invoiceItems=[item(category="G", rate=0)]),
    "outside of VAT": given(invoiceItems=[item(category="O", rate=0)]),
    "zero rated": given(invoiceItems=[item(category="Z", rate=0)]),
    "islands": given(invoiceItems=[item(1, category="L", rate=7), item(2, category="M", rate=4)]),
    "allowances": given(
        invoiceItems=[
            item(1, allowances=[{"amount": 3, "reason": "Treue"}], charges=[{"amount": "1.05", "reason": "Eile"}]),
            item(2, quantity="1.333333", price="0.123456", rate=7),
        ],
        allowances=[{"amount": 10, "reason": "Rabatt"}],
        charges=[{"amount": "5.55", "reason": "Fracht", "categoryCode": "S", "rate": 7}],
        notes=["Eins", "Zwei\nDrei"],
    ),
    "neither day nor terms": given(dueDate=None),
    "another seller": given(seller={**BUYER, "taxId": "12/345/67890"}),
    "paid in cash": given(paymentMeans={"typeCode": "10"}),
    "public buyer": given(buyer={**BUYER, "email": None}, buyerReference={"buyerReferenceId": "04011000-12345-34"}),
    "something given back": given(invoiceItems=[item(1, quantity=-3), item(2)]),
    "nothing to pay": given(invoiceItems=[item(price=0)], dueDate=None),
    "a charge of nothing": given(charges=[{"amount": 0, "reason": "Fracht"}], allowances=[{"amount": 0, "reason": "Rabatt"}]),
    "yen": given(currency="JPY", invoiceItems=[item(price=12345)]),
}


def numbers(least: str, most: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(least), Decimal(most), places=places, allow_nan=False, allow_infinity=False)


RATES = st.sampled_from([("S", 19), ("S", 7), ("S", "5.5"), ("Z", 0), ("E", 0), ("L", "3")])
CHANGES = st.lists(st.builds(lambda amount: {"amount": str(amount), "reason": "Grund"}, numbers("0", "500", 3)), max_size=2)
RATED_CHANGES = st.lists(
    st.builds(
        lambda amount, rated: {"amount": str(amount), "reason": "Grund", "categoryCode": rated[0], "rate": rated[1]},
        numbers("0", "500", 3),
        RATES,
    ),
    max_size=2,
)
LINES = st.lists(st.tuples(numbers("-999", "9999", 3), numbers("0", "99999", 4), RATES, CHANGES, CHANGES), min_size=1, max_size=8)


@st.composite
def invoices(draw: st.DrawFn) -> dict[str, Any]:
    """Return an invoice with up to eight lines of any category that needs nothing of the buyer."""
    items = [
        item(number, quantity=str(quantity), price=str(price), category=rated[0], rate=rated[1], allowances=off, charges=on)
        for number, (quantity, price, rated, off, on) in enumerate(draw(LINES), 1)
    ]
    return given(
        invoiceTypeCode=draw(st.sampled_from([380, 381, 326])),
        invoiceItems=items,
        allowances=draw(RATED_CHANGES),
        charges=draw(RATED_CHANGES),
        taxExemptionReasonMessage="Steuerfrei",
    )
