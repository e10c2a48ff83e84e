"""What `--seed demo` puts there: a small coffee roaster in Medellín, its clients, and invoices of which some are overdue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from skillkit.sandbox.alegra.banks import ACCOUNTS
from skillkit.sandbox.alegra.books import Books
from skillkit.sandbox.alegra.catalogues import ITEM_CATEGORIES, RESOURCES
from skillkit.sandbox.alegra.contacts import CONTACTS
from skillkit.sandbox.alegra.ground import lay
from skillkit.sandbox.alegra.invoices import INVOICES
from skillkit.sandbox.alegra.items import ITEMS
from skillkit.sandbox.alegra.payments import PAYMENTS
from skillkit.sandbox.alegra.purchases import BILLS
from skillkit.sandbox.alegra.resource import made
from skillkit.sandbox.alegra.sales import ESTIMATES
from skillkit.sandbox.state import State
from skillkit.sandbox.vendor import Settings

# Name, NIT, e-mail, city, type.
FIRMS: Final = (
    ("Hotel Mirador del Poblado SAS", "900412873", "compras@mirador.example", "Medellín", "client"),
    ("Panadería El Trigal Ltda", "811034551", "pagos@eltrigal.example", "Envigado", "client"),
    ("Oficinas Compartidas Nodo SAS", "901287640", "admin@nodo.example", "Bogotá", "client"),
    ("Restaurante La Ceiba SAS", "900755318", "contabilidad@laceiba.example", "Cali", "client"),
    ("Cooperativa de Caficultores del Suroeste", "890905321", "ventas@coopsuroeste.example", "Andes", "provider"),
    ("Empaques Aburrá SAS", "830122907", "facturacion@empaquesaburra.example", "Itagüí", "provider"),
)

# Name, reference, price, tax, cost, how many there are; without a cost it is a service.
GOODS: Final = (
    ("Café de origen Huila 500 g", "CAF-HUI-500", 38000, 2, 21000, 240),
    ("Café de origen Nariño 500 g", "CAF-NAR-500", 42000, 2, 24000, 180),
    ("Café para espresso 2,5 kg", "CAF-ESP-2500", 165000, 2, 98000, 90),
    ("Molino manual de muelas", "MOL-MAN-01", 189000, 3, 112000, 25),
    ("Taller de catación (por persona)", "SER-CAT", 120000, 3, 0, 0),
    ("Mantenimiento de máquina de espresso", "SER-MAN", 250000, 3, 0, 0),
)

Line = tuple[int, int, int]
Sold = tuple[int, int, int, tuple[Line, ...], float | None]

# Client, days ago, days to pay, lines (item, quantity, discount), and the share that is paid, or a draft.
INVOICED: Final[tuple[Sold, ...]] = (
    (1, 75, 30, ((3, 8, 0), (6, 1, 0)), 1.0),
    (2, 62, 30, ((1, 20, 5), (2, 10, 5)), 0.0),
    (3, 48, 15, ((3, 4, 0), (4, 2, 10)), 0.4),
    (1, 40, 30, ((3, 10, 8),), 0.0),
    (4, 33, 30, ((2, 24, 5),), 1.0),
    (4, 20, 30, ((3, 6, 0), (5, 6, 0)), 0.0),
    (2, 9, 30, ((1, 30, 10),), 0.0),
    (3, 2, 15, ((5, 12, 15),), None),
)


def sow(state: State) -> None:
    """Fill the books of a company that has none; dates are as many days ago as the table says."""
    books = Books(state, Settings())
    lay(books)
    accounts = made(
        books, ACCOUNTS, {"name": "Bancolombia ahorros", "type": "bank", "number": "015-555888-20", "initialBalance": 18500000}
    )
    tables = {resource.path: resource for resource in RESOURCES}
    seller = made(books, tables["sellers"], {"name": "Andrés Villa", "identification": "71555210"})
    made(books, tables["cost-centers"], {"name": "Tostadora", "code": "TOS"})
    made(books, ITEM_CATEGORIES, {"name": "Café tostado"})
    for name, nit, mail, city, kind in FIRMS:
        made(books, CONTACTS, _firm(name, nit, mail, city, kind))
    for name, reference, price, tax, cost, count in GOODS:
        stock = {"inventory": {"unit": "unit", "unitCost": cost, "initialQuantity": count}} if cost else {"type": "service"}
        made(books, ITEMS, {"name": name, "reference": reference, "price": price, "tax": [{"id": tax}], **stock})
    for row in INVOICED:
        _invoice(books, row, seller["id"], accounts["id"])
    _purchases(books, accounts["id"])


def _firm(name: str, nit: str, mail: str, city: str, kind: str) -> dict[str, Any]:
    return {
        "name": name,
        "identificationObject": {"type": "NIT", "number": nit},
        "kindOfPerson": "LEGAL_ENTITY",
        "regime": "COMMON_REGIME",
        "email": mail,
        "address": {"city": city, "country": "Colombia"},
        "type": [kind],
    }


def _day(books: Books, ago: int) -> str:
    return (books.today() - timedelta(days=ago)).isoformat()


def _lines(lines: tuple[Line, ...]) -> list[dict[str, Any]]:
    return [
        {"id": item, "price": GOODS[item - 1][2], "quantity": count, "discount": discount, "tax": [{"id": GOODS[item - 1][3]}]}
        for item, count, discount in lines
    ]


def _invoice(books: Books, row: Sold, seller: str, account: str) -> None:
    client, ago, term, lines, paid = row
    body: dict[str, Any] = {
        "date": _day(books, ago),
        "dueDate": _day(books, ago - term),
        "client": client,
        "items": _lines(lines),
        "seller": seller,
        "status": "draft" if paid is None else "open",
        "paymentForm": "CREDIT",
    }
    invoice = made(books, INVOICES, body)
    if paid:
        settled = [{"id": invoice["id"], "amount": round(invoice["total"] * paid, 2)}]
        paid_on = {"date": _day(books, max(ago - term, 1)), "paymentMethod": "transfer", "bankAccount": account}
        made(books, PAYMENTS, {**paid_on, "type": "in", "invoices": settled})


def _purchases(books: Books, account: str) -> None:
    rent = next(row["id"] for row in books.state.rows("categories") if row["code"] == "5120")
    coffee = {"items": [{"id": 1, "price": 21000, "quantity": 60, "tax": [{"id": 2}]}]}
    for number, ago, provider, purchases in (
        ("CS-2281", 28, 5, coffee),
        ("AR-118", 12, 6, {"categories": [{"id": rent, "price": 1850000, "quantity": 1}]}),
    ):
        dates = {"date": _day(books, ago), "dueDate": _day(books, ago - 30)}
        made(books, BILLS, {**dates, "provider": provider, "numberTemplate": {"number": number}, "purchases": purchases})
    quoted = {"date": _day(books, 4), "dueDate": _day(books, -26), "client": 4, "items": _lines(((3, 12, 10), (4, 3, 0)))}
    made(books, ESTIMATES, quoted)
    repeated = {"id": "1", "number": "1", "startDate": _day(books, 90), "endDate": None, "repeatEvery": 1, "amount": 1850000}
    kept = {"account": {"id": account, "name": "Bancolombia ahorros"}, "currency": {"code": "COP", "symbol": "$"}}
    books.state.add("recurring-payments", "1", {**repeated, **kept, "datesEditable": True, "decimalPrecision": 2})
