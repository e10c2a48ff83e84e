"""A small German company, all of it fictional: its customers, its products, a project and an invoice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from skillkit.sandbox.faktoora import customers, invoices, numbers, products, projects
from skillkit.sandbox.faktoora.call import Account, Call, Document, Tools
from skillkit.sandbox.state import State
from skillkit.sandbox.vendor import Settings

KEY: Final = "demo-faktoora-key"

CUSTOMERS: Final[tuple[Document, ...]] = (
    {
        "name": "Hafenmuseum Wedel e. V.",
        "address": "Am Tonnenhof 3",
        "postcode": "22880",
        "city": "Wedel",
        "country": "DE",
        "email": "buchhaltung@hafenmuseum-wedel.example",
        "category": "Kultur",
    },
    {
        "name": "Bäckerei Thomsen GmbH",
        "address": "Lange Reihe 118",
        "postcode": "20099",
        "city": "Hamburg",
        "country": "DE",
        "email": "rechnung@baeckerei-thomsen.example",
        "vatId": "DE987654321",
        "category": "Handwerk",
    },
    {
        "name": "Almblick Reisen GmbH",
        "address": "Herrengasse 7",
        "postcode": "5020",
        "city": "Salzburg",
        "country": "AT",
        "email": "office@almblick.example",
        "vatId": "ATU12345675",
        "category": "Reisen",
    },
)
PERSON: Final[Document] = {
    "isCompany": False,
    "firstName": "Imke",
    "lastName": "Harms",
    "address": "Deichstraße 21",
    "postcode": "25840",
    "city": "Friedrichstadt",
    "country": "DE",
    "email": "imke.harms@post.example",
    "category": "Privat",
}
PRODUCTS: Final[tuple[Document, ...]] = (
    {"name": "Webentwicklung", "code": "ENTW-01", "unit": "HUR", "tax": 19, "price": 95, "description": "Nach Aufwand"},
    {
        "name": "Hosting",
        "code": "HOST-12",
        "unit": "MON",
        "tax": 19,
        "price": Decimal("24.9"),
        "description": "Webhosting, je Monat",
    },
    {
        "name": "Handbuch, gedruckt",
        "code": "BUCH-07",
        "unit": "H87",
        "tax": 7,
        "price": Decimal("18.5"),
        "cost": Decimal("7.2"),
        "inventoryCount": 40,
    },
)


def seed(state: State) -> None:
    """Fill an empty state; its invoice is made when the app starts."""
    account = Account(state, Settings(), Tools())

    def make(handler: Callable[[Call], Any], body: Document) -> Any:
        return handler(Call(account, body=body))

    made = [
        make(customers.create_customer, {"isCompany": True, "extras": {}, "customerId": f"CUST-{number:04}", **one})
        for number, one in enumerate(CUSTOMERS, 1)
    ]
    make(customers.create_customer, {"extras": {}, "customerId": "CUST-0004", **PERSON})
    for one in PRODUCTS:
        make(products.create_product, one)
    project = {"name": "Audioguide", "customerId": made[0]["id"], "estMinutes": 2400, "currency": "EUR", "place": "Wedel"}
    make(projects.create_project, project)
    make(invoices.create_invoices, {"invoices": [_invoice(numbers.next_number(Call(account))["invoiceNumber"], made[0])]})


def _invoice(number: str, buyer: Document) -> Document:
    today = datetime.now(UTC).date()
    lines = (("Konzept und Entwurf, Audioguide", "HUR", "12", "95", 19), ("Handbuch, gedruckt", "H87", "10", "18.50", 7))
    return {
        "format": "zf:2",
        "invoiceTypeCode": 380,
        "invoiceNumber": number,
        "issueDate": f"{today:%Y%m%d}",
        "dueDate": f"{today + timedelta(days=14):%Y%m%d}",
        "currency": "EUR",
        "buyer": {
            "name": buyer["name"],
            "street": buyer["address"],
            **{name: buyer[name] for name in ("postcode", "city", "country", "email")},
        },
        "invoiceItems": [
            {
                "id": str(place),
                "product": {
                    "name": name,
                    "unitCode": unit,
                    "quantity": quantity,
                    "price": price,
                    "taxes": [{"typeCode": "VAT", "categoryCode": "S", "rate": rate}],
                },
            }
            for place, (name, unit, quantity, price, rate) in enumerate(lines, 1)
        ],
        "draftOnly": True,
    }
