"""What a company has on its first day: itself, its user, currencies, taxes, accounts, numbers, and a place for its money."""

from __future__ import annotations

from typing import Any, Final

from skillkit.sandbox.alegra.banks import ACCOUNTS
from skillkit.sandbox.alegra.books import Books
from skillkit.sandbox.alegra.catalogues import RESOURCES
from skillkit.sandbox.alegra.inventory import NUMERATIONS, WAREHOUSES
from skillkit.sandbox.alegra.ledger import CATEGORIES
from skillkit.sandbox.alegra.resource import Resource, made

# Of a fictional user, for a server that listens on this machine alone.
CREDENTIAL: Final = {"email": "demo@cafelapalma.example", "token": "demo-token"}

COMPANY: Final[dict[str, Any]] = {
    "id": "1",
    "name": "Café La Palma SAS",
    "identification": "901555123",
    "identificationObject": {"type": "NIT", "number": "901555123", "dv": "8"},
    "kindOfPerson": "LEGAL_ENTITY",
    "regime": "COMMON_REGIME",
    "email": "hola@cafelapalma.example",
    "phone": "604 555 0110",
    "website": "cafelapalma.example",
    "address": {"address": "Carrera 43A # 7-50", "city": "Medellín", "department": "Antioquia", "country": "Colombia"},
    "currency": {"code": "COP", "symbol": "$"},
    "multicurrency": True,
    "decimalPrecision": "2",
    "decimalSeparator": ",",
    "timezone": "America/Bogota",
    "registryDate": "2024-02-01 09:00:00",
    "invoicePreferences": {"defaultAnotation": None, "defaultTermsAndConditions": None},
    "logo": None,
    "file": None,
    "type": "company",
}

USER: Final[dict[str, Any]] = {
    "id": "1",
    "email": CREDENTIAL["email"],
    "username": CREDENTIAL["email"],
    "name": "Lucía",
    "lastName": "Restrepo",
    "role": "admin",
    "status": "active",
    "type": "user",
    "position": "Administradora",
    "phone": "604 555 0111",
    "phoneCode": "57",
    "language": "es",
    "file": None,
    "metadata": {},
}

CATALOGUES: Final[dict[str, list[dict[str, Any]]]] = {
    "currencies": [
        {"code": "COP", "name": "Peso colombiano", "symbol": "$", "exchangeRate": 1},
        {"code": "USD", "name": "Dólar estadounidense", "symbol": "US$", "exchangeRate": 4100},
    ],
    "price-lists": [{"name": "General", "description": "Lista principal"}],
    "terms": [{"name": "De contado", "days": 0}, {"name": "15 días", "days": 15}, {"name": "30 días", "days": 30}],
    "taxes": [
        {"name": "IVA", "percentage": 0, "description": "Exento"},
        {"name": "IVA", "percentage": 5},
        {"name": "IVA", "percentage": 19},
        {"name": "Impoconsumo", "percentage": 8, "type": "ICO"},
    ],
    "retentions": [
        {"name": "Compras generales", "percentage": "2.50", "type": "FUENTE"},
        {"name": "Servicios en general", "percentage": 4, "type": "FUENTE"},
        {"name": "Retención de IVA", "percentage": 15, "type": "IVA"},
    ],
    "number-templates": [
        {
            "name": "Factura electrónica",
            "documentType": "invoice",
            "prefix": "FV",
            "isElectronic": True,
            "maxInvoiceNumber": 99999,
        }
        | {"resolutionNumber": "18764000000001", "minInvoiceNumber": 1},
        {"name": "Cotización", "documentType": "estimate", "prefix": "COT"},
        {"name": "Nota crédito", "documentType": "creditNote", "prefix": "NC"},
        {"name": "Nota débito", "documentType": "debitNote", "prefix": "ND"},
        {"name": "Nota débito de cliente", "documentType": "incomeDebitNote", "prefix": "NDC"},
        {"name": "Recibo de caja", "documentType": "transactionIn", "prefix": "RC"},
        {"name": "Comprobante de egreso", "documentType": "transactionOut", "prefix": "CE"},
        {"name": "Documento soporte", "documentType": "supportDocument", "prefix": "DS"},
    ],
}

# Name, code, type, and the accounts below.
CHART: Final[list[tuple[str, str, str, list[tuple[str, str]]]]] = [
    ("Activos", "1", "asset", [("Caja y bancos", "11"), ("Cuentas por cobrar", "13"), ("Inventarios", "14")]),
    ("Pasivos", "2", "liability", [("Cuentas por pagar", "22"), ("Impuestos por pagar", "24")]),
    ("Patrimonio", "3", "equity", [("Capital social", "31"), ("Utilidades", "36")]),
    ("Ingresos", "4", "income", [("Ventas", "41"), ("Devoluciones en ventas", "4175"), ("Otros ingresos", "42")]),
    ("Costos", "6", "cost", [("Costo de la mercancía vendida", "61")]),
    ("Gastos", "5", "expense", [("Arrendamientos", "5120"), ("Servicios públicos", "5135"), ("Gastos de viaje", "5155")]),
]


def lay(books: Books) -> None:
    """Give the books what a company has on its first day, unless they have it."""
    if books.state.find("company", "1"):
        return
    with books.state.change():
        books.state.add("company", "1", COMPANY)
        books.state.add("users", "1", USER)
        books.state.next("id users")
        tables: dict[str, Resource] = {resource.path: resource for resource in RESOURCES}
        for path, bodies in CATALOGUES.items():
            for body in bodies:
                made(books, tables[path], {"isDefault": True, **body})
        for name, code, kind, below in CHART:
            top = made(books, CATEGORIES, {"name": name, "code": code, "type": kind})
            for each, number in below:
                made(books, CATEGORIES, {"name": each, "code": number, "type": kind, "idParent": top["id"]})
            books.state.put("categories", str(top["id"]), {**top, "readOnly": True})
        made(books, WAREHOUSES, {"name": "Principal", "isDefault": True})
        made(books, NUMERATIONS, {"name": "Ajustes", "prefix": "AJ", "isDefault": True})
        made(books, ACCOUNTS, {"name": "Caja general", "type": "cash"})
