"""What is done at Alegra: every action, with what must come back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.sandboxed import TODAY, Scene, Script, Step

Input = Mapping[str, Any]

LATER = "2026-04-01"
PAGE = {"limit": 200}


def filled(value: object) -> bool:
    return bool(value)


def life(noun: str, made: Input, changed: Input, *, before: Iterable[Step] = (), key: str = "id", plural: str = "") -> Scene:
    """Return the scene of a record that is created, read, listed, changed and deleted."""
    own = {key: f"${noun}.{key}"}
    return Scene(
        f"a life: {noun}",
        [
            *before,
            Step(f"create-{noun}", made, keep=noun),
            Step(f"get-{noun}", own, like=noun),
            Step(f"list-{plural or noun + 's'}", PAGE, like=noun),
            Step(f"update-{noun}", {**own, **changed}, keep=noun),
            Step(f"get-{noun}", own, like=noun, holds={name: value for name, value in changed.items() if isinstance(value, str)}),
            Step(f"delete-{noun}", own),
            Step(f"get-{noun}", own, error="not_found"),
            Step(f"list-{plural or noun + 's'}", PAGE, gone=noun),
        ],
    )


CLIENT = Step(
    "create-contact",
    {
        "name": "Tienda La Esquina SAS",
        "identificationObject": {"type": "NIT", "number": "900123456"},
        "email": "compras@laesquina.example",
        "phonePrimary": "604 555 0199",
        "phoneSecondary": "604 555 0198",
        "mobile": "300 555 0199",
        "fax": "604 555 0197",
        "address": {
            "address": "Calle 10 20-30",
            "city": "Medellín",
            "department": "Antioquia",
            "country": "Colombia",
            "zipCode": "050021",
        },
        "type": ["client", "provider"],
        "status": "active",
        "creditLimit": 5000000,
        "internalContacts": [
            {
                "name": "Ana",
                "lastName": "Ruiz",
                "email": "ana@laesquina.example",
                "phone": "1",
                "mobile": "2",
                "sendNotifications": "yes",
            }
        ],
        "statementAttached": "yes",
        "ignoreRepeated": False,
    },
    keep="client",
    # Written as a word, read as a truth value.
    holds={"statementAttached": True},
)
ITEM = Step(
    "create-item",
    {
        "name": "Café Tolima 500 g",
        "price": 40000,
        "description": "Tostado medio",
        "reference": "CAF-TOL-500",
        "tax": [{"id": 2}],
        "inventory": {"unit": "unit", "unitCost": 22000, "initialQuantity": 100},
    },
    keep="item",
)
SERVICE = Step("create-item", {"name": "Catación", "price": 120000, "type": "service", "reference": "SER-9"}, keep="service")
CASH = Step("create-bank-account", {"name": "Caja menor", "type": "cash", "initialBalance": 9000000}, keep="account")
SPENT = Step("create-category", {"name": "Gastos de prueba", "type": "expense", "code": "5990"}, keep="spent")
EARNED = Step("create-category", {"name": "Ingresos de prueba", "type": "income", "code": "4990"}, keep="earned")
LINES = [{"id": "$item.id", "price": 40000, "quantity": 3, "discount": 10, "tax": [{"id": 3}]}]
# Three times 40000, less 10 %, and 19 % of it.
TOTAL = 128520
SOLD: Input = {"date": TODAY, "dueDate": LATER, "client": "$client.id", "items": LINES}
INVOICE = Step("create-invoice", {**SOLD, "status": "open"}, keep="invoice", holds={"total": TOTAL, "balance": TOTAL})
BOUGHT: Input = {
    "date": TODAY,
    "dueDate": LATER,
    "provider": "$client.id",
    "purchases": {
        "items": [{"id": "$item.id", "price": 20000, "quantity": 5, "tax": [{"id": 2}]}],
        "categories": [{"id": "$spent.id", "price": 50000, "quantity": 1}],
    },
}
BILL = Step(
    "create-bill", {**BOUGHT, "numberTemplate": {"number": "P-77"}}, keep="bill", holds={"total": 155000, "balance": 155000}
)
FILE = {"file": "note.txt"}
MAIL = {"emails": ["compras@laesquina.example"], "sendCopyToUser": True, "emailMessage": {"subject": "Su documento"}}


def papers(noun: str) -> list[Step]:
    """Return the steps of a file and an e-mail of a document."""
    return [
        Step(f"attach-{noun}-file", {"id": f"${noun}.id", **FILE}, holds={"id": filled}),
        Step(f"email-{noun}", {"id": f"${noun}.id", **MAIL}),
    ]


CATALOGUES = (
    life("cost-center", {"name": "Tostión", "code": "T1", "description": "La planta", "status": "active"}, {"name": "Planta"}),
    life("term", {"name": "45 días", "days": 45}, {"name": "50 días", "days": 50}),
    life(
        "seller",
        {"name": "Rosa Gil", "identification": "43555210", "observations": "Zona sur", "status": "active"},
        {"name": "Rosa Gil Mesa", "status": "inactive"},
    ),
    life(
        "item-category",
        {"name": "Máquinas", "description": "De café", "status": "active"},
        {"name": "Molinos"},
        plural="item-categories",
    ),
    life(
        "price-list",
        {"name": "Mayoristas", "description": "Por bulto", "type": "percentage", "percentage": 12, "status": "active"},
        {"name": "Distribuidores", "percentage": 15},
    ),
    life(
        "variant-attribute",
        {"name": "Molienda", "options": [{"value": "Fina"}, {"value": "Gruesa"}], "status": "active"},
        {"name": "Grado de molienda"},
    ),
    life(
        "custom-field",
        {
            "name": "Altura",
            "key": "altura",
            "description": "En metros",
            "type": "text",
            "resourceType": "item",
            "defaultValue": "1700",
            "options": [],
            "status": "active",
        },
        {"name": "Altitud"},
    ),
    life(
        "additional-charge",
        {"name": "Propina", "percentage": 10, "description": "Voluntaria", "status": "active"},
        {"name": "Servicio", "percentage": 8},
    ),
    life(
        "tax",
        {"name": "Bolsas", "percentage": 7, "description": "Impuesto de bolsas", "type": "ICO", "status": "active"},
        {"name": "Bolsas plásticas", "percentage": 8},
        plural="taxes",
    ),
    life(
        "retention",
        {
            "name": "Arriendo",
            "percentage": 3.5,
            "description": "De inmuebles",
            "type": "FUENTE",
            "calculatedBy": "base",
            "status": "active",
        },
        {"name": "Arrendamientos", "percentage": 4},
    ),
    life(
        "currency",
        {"code": "EUR", "name": "Euro", "symbol": "€", "exchangeRate": 4500},
        {"exchangeRate": 4600},
        key="code",
        plural="currencies",
    ),
    life(
        "number-template",
        {
            "name": "Recibos",
            "documentType": "transactionIn",
            "prefix": "RX",
            "autoincrement": True,
            "isDefault": False,
            "isElectronic": False,
            "startDate": "2026-01-01",
            "endDate": "2026-12-31",
            "resolutionNumber": "18764",
            "invoiceText": "Gracias",
            "minInvoiceNumber": 5,
            "maxInvoiceNumber": 500,
            "nextInvoiceNumber": 5,
            "status": "active",
        },
        {"name": "Recibos de caja", "prefix": "RY"},
    ),
    life(
        "warehouse",
        {"name": "Bodega norte", "address": "Calle 80", "observations": "Seca", "isDefault": False, "status": "active"},
        {"name": "Bodega sur", "address": "Calle 8"},
    ),
    life(
        "inventory-adjustment-numeration",
        {"name": "Mermas", "prefix": "ME", "startNumber": 10, "autoIncrement": True, "isDefault": False, "status": "active"},
        {"name": "Mermas y daños"},
    ),
    life(
        "bank-account",
        dict(CASH.given) | {"number": "77", "description": "Del local", "status": "active"},
        {"name": "Caja del local"},
    ),
    life(
        "journal",
        {
            "date": TODAY,
            "reference": "AJ-1",
            "observations": "Ajuste",
            "entries": [
                {"id": "$spent.id", "debit": 1000, "description": "Gasto", "client": {"id": "$client.id"}},
                {"id": "$earned.id", "credit": 1000},
            ],
        },
        {
            "date": "2026-03-01",
            "reference": "AJ-2",
            "entries": [{"id": "$spent.id", "debit": 1500}, {"id": "$earned.id", "credit": 1500}],
        },
        before=(SPENT, EARNED, CLIENT),
    ),
    life(
        "user",
        {
            "email": "pablo@cafelapalma.example",
            "name": "Pablo",
            "lastName": "Mesa",
            "position": "Contador",
            "phone": "300",
            "phoneCode": "57",
            "language": "es",
        },
        {"name": "Pablo José"},
    ),
    life("webhook", {"event": "new-invoice", "url": "hooks.cafelapalma.example/in"}, {"event": "edit-invoice"}),
)
STOCK = (
    life(
        "warehouse-transfer",
        {
            "date": TODAY,
            "origin": "$principal.items[0].id",
            "destination": "$other.id",
            "items": [{"id": "$item.id", "quantity": 4}],
            "observations": "Al norte",
        },
        {
            "date": "2026-03-01",
            "origin": "$principal.items[0].id",
            "destination": "$other.id",
            "items": [{"id": "$item.id", "quantity": 5}],
        },
        before=(
            ITEM,
            Step("list-warehouses", {"limit": 1}, keep="principal"),
            Step("create-warehouse", {"name": "Norte"}, keep="other"),
        ),
    ),
    life(
        "inventory-adjustment",
        {
            "date": TODAY,
            "warehouse": "$principal.items[0].id",
            "items": [{"id": "$item.id", "quantity": 2, "type": "in", "unitCost": 21000}],
            "observations": "Conteo",
        },
        {
            "date": "2026-03-01",
            "warehouse": "$principal.items[0].id",
            "items": [{"id": "$item.id", "quantity": 3, "type": "out", "unitCost": 21000}],
        },
        before=(ITEM, Step("list-warehouses", {"limit": 1}, keep="principal")),
    ),
)
COMPANY = Scene(
    "the company, its users and its accounts",
    [
        Step("get-company", keep="company", holds={"applicationVersion": "colombia"}),
        Step(
            "update-company",
            {
                "name": "Café La Palma",
                "email": "hola@lapalma.example",
                "phone": "604 1",
                "website": "lapalma.example",
                "address": {"address": "Carrera 1", "city": "Medellín"},
                "invoicePreferences": {"defaultAnotation": "Gracias"},
            },
            keep="company",
        ),
        Step("get-company", like="company", holds={"currency.code": "COP"}),
        Step("attach-company-file", FILE),
        Step("get-current-user", keep="self", holds={"email": "demo@cafelapalma.example"}),
        Step("update-current-user", {"name": "Lucía María", "position": "Gerente"}, keep="self"),
        Step("get-current-user", like="self", holds={"lastName": "Restrepo"}),
        Step("update-current-user-metadata", {"metadata": {"theme": "dark"}}),
        Step("list-users", like="self", keep="users"),
        Step("update-user-metadata", {"id": "$self.id", "metadata": {"theme": "light"}}),
        Step("list-categories", {"type": "expense", "format": "plain", **PAGE}, holds={"items": filled}),
        SPENT,
        Step("get-category", {"id": "$spent.id"}, like="spent"),
        Step("list-categories", {"name": "Gastos de prueba", "format": "plain"}, like="spent"),
        Step("update-category", {"id": "$spent.id", "name": "Gastos varios", "description": "De todo"}, keep="spent"),
        Step("get-category", {"id": "$spent.id"}, like="spent", holds={"name": "Gastos varios"}),
        Step("create-category", {"name": "Otra", "type": "expense", "code": "5990"}, error="conflict"),
        Step("get-category-settings", keep="settings"),
        Step("update-category-settings", {"settings": {"sales": "$spent.id"}}, keep="settings"),
        Step("get-category-settings", holds={"sales": "$spent.id"}),
        Step("get-journal-balances"),
        Step("list-recurring-payments", {"limit": 1}, keep="rent", holds={"items": filled}),
        Step("get-recurring-payment", {"id": "$rent.items[0].id"}, holds={"amount": "$rent.items[0].amount"}),
        Step("list-sales-by-client", {"from": "2026-01-01", "to": "2027-12-31"}, holds={"items": filled}),
        Step("get-sales-by-client-totals", {"from": "2026-01-01", "to": "2027-12-31"}, holds={"": filled}),
        Step("list-sales-by-seller", {"order_field": "total"}, holds={"items": filled}),
        Step("get-income-statement", {"from": "2026-01-01", "to": "2027-12-31"}, holds={"": filled}),
        Step("get-account-statement", {"client_id": 1}, holds={"": filled}),
    ],
)
CONTACTS = Scene(
    "a contact comes, moves, goes and comes back",
    [
        CLIENT,
        Step("get-contact", {"id": "$client.id"}, like="client", holds={"identification": "900123456"}),
        Step("list-contacts", {"identification": "900123456"}, like="client", holds={"total": 1}),
        Step("list-contacts", {"query": "esquina", "type": "provider", "order_field": "name"}, like="client"),
        Step(
            "create-contact", {"name": "Otra", "identificationObject": {"type": "NIT", "number": "900123456"}}, error="conflict"
        ),
        # What is not named stays, though a PUT forgets it.
        Step("update-contact", {"id": "$client.id", "name": "La Esquina", "mobile": "310"}, keep="client"),
        Step("get-contact", {"id": "$client.id"}, like="client", holds={"name": "La Esquina", "phonePrimary": "604 555 0199"}),
        Step("attach-contact-file", {"id": "$client.id", **FILE}, keep="file", holds={"id": filled}),
        Step("delete-contact-file", {"id": "$file.id"}),
        Step("delete-contact", {"id": "$client.id"}),
        Step("list-contacts", PAGE, gone="client"),
        Step("restore-contact", {"id": "$client.id"}),
        Step("get-contact", {"id": "$client.id"}, like="client"),
    ],
)
PERSON = Scene(
    "a person in Colombia",
    [
        Step(
            "create-contact",
            {
                "name": "Ana Ruiz",
                "nameObject": {"firstName": "Ana", "lastName": "Ruiz"},
                "identificationObject": {"type": "CC", "number": "43555666"},
                "kindOfPerson": "PERSON_ENTITY",
                "regime": "SIMPLIFIED_REGIME",
            },
            keep="person",
        ),
        Step("get-contact", {"id": "$person.id"}, like="person"),
    ],
    params={"country": "CO"},
)
MEXICO = Scene(
    "a customer and an item in Mexico",
    [
        Step(
            "create-contact",
            {
                "name": "Abarrotes Lupita",
                "identification": "XAXX010101000",
                "regime": "NO_REGIME",
                "regimeObject": ["NO_REGIME"],
                "cfdiUse": "G03",
            },
            keep="customer",
        ),
        Step("get-contact", {"id": "$customer.id"}, like="customer"),
        Step("create-item", {"name": "Taza", "price": 90, "productKey": "50201706"}, keep="cup"),
        Step("get-item", {"id": "$cup.id"}, like="cup"),
        Step(
            "create-invoice",
            {
                "date": TODAY,
                "dueDate": LATER,
                "client": "$customer.id",
                "items": [{"id": "$cup.id", "price": 90, "quantity": 2}],
                "paymentMethod": "PUE",
            },
            keep="invoice",
            holds={"total": 180},
        ),
    ],
    options={"country": "mexico"},
    params={"country": "MX"},
)
PERU = Scene(
    "a customer in Peru has an identification",
    [
        Step("create-contact", {"name": "Bodega Inti"}, error="invalid_input"),
        Step(
            "create-contact",
            {"name": "Bodega Inti", "identificationObject": {"type": "RUC", "number": "20100070970"}},
            keep="customer",
        ),
        Step("list-contacts", {"query": "inti"}, like="customer"),
    ],
    options={"country": "peru"},
    params={"country": "PE"},
)
ITEMS = Scene(
    "an item comes, gets dearer and goes",
    [
        ITEM,
        Step("get-item", {"id": "$item.id"}, like="item", holds={"inventory.availableQuantity": 100}),
        Step("list-items", {"reference": "CAF-TOL-500"}, like="item", holds={"total": 1}),
        Step(
            "list-items",
            {"query": "tolima", "inventariable": True, "order_field": "price", "order_direction": "DESC"},
            like="item",
        ),
        Step("update-item", {"id": "$item.id", "price": 43000}, keep="item"),
        Step("get-item", {"id": "$item.id"}, like="item", holds={"description": "Tostado medio"}),
        Step("attach-item-file", {"id": "$item.id", **FILE}, keep="file", holds={"id": filled}),
        Step("delete-item-file", {"id": "$file.id"}),
        Step("create-item-category", {"name": "Cafés"}, keep="group"),
        Step("attach-item-category-file", {"id": "$group.id", **FILE}),
        Step("delete-item", {"id": "$item.id"}),
        Step("get-item", {"id": "$item.id"}, error="not_found"),
        Step("list-items", PAGE, gone="item"),
    ],
)
INVOICES = Scene(
    "an invoice is written, opened, paid, and another voided",
    [
        CLIENT,
        ITEM,
        CASH,
        Step("create-seller", {"name": "Rosa"}, keep="seller"),
        Step("preview-invoice", SOLD, holds={"": filled}),
        Step(
            "create-invoice",
            {
                **SOLD,
                "status": "draft",
                "seller": {"id": "$seller.id"},
                "purchaseOrderNumber": "OC-9",
                "termsConditions": "Treinta días",
                "anotation": "Gracias",
                "observations": "Entregar temprano",
                "retentions": [{"id": 1, "amount": 100}],
            },
            keep="invoice",
            holds={"status": "draft", "subtotal": 120000, "discount": 12000, "tax": 20520, "total": TOTAL, "balance": TOTAL},
        ),
        Step("get-invoice", {"id": "$invoice.id"}, like="invoice"),
        Step("get-invoice", {"id": "$invoice.id", "fields": "pdf"}, holds={"pdf": filled}),
        Step("list-invoices", {"status": "draft", "client_id": "$client.id"}, like="invoice", holds={"total": 1}),
        Step("list-invoices", {"client_id": "$client.id", "dueDate_before": LATER}, gone="invoice"),
        Step(
            "list-invoices", {"client_id": "$client.id", "dueDate_beforeOrNow": LATER, "order_field": "dueDate"}, like="invoice"
        ),
        Step("update-invoice", {"id": "$invoice.id", "status": "open", "observations": "Tarde"}, keep="invoice"),
        Step("get-invoice", {"id": "$invoice.id"}, like="invoice", holds={"status": "open", "anotation": "Gracias"}),
        Step("update-invoice-retentions", {"id": "$invoice.id", "retentions": [{"id": 2, "amount": 50}]}, keep="invoice"),
        Step("email-invoice", {"id": "$invoice.id", **MAIL, "invoiceType": "copy"}),
        Step("attach-invoice-file", {"id": "$invoice.id", **FILE}, keep="file", holds={"id": filled}),
        Step("delete-invoice-file", {"idAttachment": "$file.id"}),
        Step("void-invoice", {"id": "$invoice.id"}),
        Step("get-invoice", {"id": "$invoice.id"}, holds={"status": "void"}),
        Step("open-invoice", {"id": "$invoice.id"}),
        Step(
            "create-payment",
            {
                "date": TODAY,
                "bankAccount": "$account.id",
                "paymentMethod": "cash",
                "type": "in",
                "client": "$client.id",
                "invoices": [{"id": "$invoice.id", "amount": 28520}],
                "observations": "Abono",
                "anotation": "En efectivo",
            },
            keep="payment",
            holds={"amount": 28520},
        ),
        Step("get-payment", {"id": "$payment.id"}, like="payment"),
        Step("list-payments", {"type": "in", "client_id": "$client.id"}, like="payment", holds={"total": 1}),
        Step("get-invoice", {"id": "$invoice.id"}, holds={"balance": 100000, "totalPaid": 28520, "status": "open"}),
        Step("delete-invoice", {"id": "$invoice.id"}, error="invalid_input"),
        Step("update-payment", {"id": "$payment.id", "observations": "Primer abono"}, keep="payment"),
        Step("get-payment", {"id": "$payment.id"}, like="payment", holds={"observations": "Primer abono"}),
        Step("attach-payment-file", {"id": "$payment.id", **FILE}),
        Step("void-payment", {"id": "$payment.id"}),
        Step("get-invoice", {"id": "$invoice.id"}, holds={"balance": TOTAL}),
        Step("open-payment", {"id": "$payment.id"}),
        Step("get-invoice", {"id": "$invoice.id"}, holds={"balance": 100000}),
        Step("stamp-payment", {"id": "$payment.id"}),
        Step(
            "create-payment",
            {
                "date": TODAY,
                "bankAccount": {"id": "$account.id"},
                "paymentMethod": "transfer",
                "invoices": [{"id": "$invoice.id", "amount": 100000}],
            },
            keep="rest",
        ),
        Step("get-invoice", {"id": "$invoice.id"}, holds={"balance": 0, "status": "closed"}),
        Step("delete-payment", {"id": "$rest.id"}),
        Step("get-payment", {"id": "$rest.id"}, error="not_found"),
        Step("create-invoice", SOLD, keep="second"),
        Step("delete-invoice", {"id": "$second.id"}),
        Step("get-invoice", {"id": "$second.id"}, error="not_found"),
    ],
)
STAMPED = Scene(
    "electronic invoices are stamped, one of them in vain",
    [
        CLIENT,
        ITEM,
        Step("create-invoice", {**SOLD, "status": "open", "paymentForm": "CREDIT", "type": "NATIONAL"}, keep="first"),
        Step("create-invoice", {**SOLD, "status": "open"}, keep="unfit"),
        Step("stamp-invoices", {"ids": ["$first.id"]}, holds={"items[0].id": "$first.id", "items[0].success": True}),
        Step("stamp-invoices", {"ids": ["$first.id", "$unfit.id"]}, error="partial"),
        Step("update-invoice", {"id": "$first.id", "observations": "Tarde"}, error="invalid_input"),
    ],
    params={"country": "CO"},
)
ESTIMATES = life(
    "estimate",
    {**SOLD, "anotation": "Válida quince días", "observations": "Con domicilio"},
    {**SOLD, "anotation": "Válida un mes"},
    before=(CLIENT, ITEM),
)
SALES = (
    ESTIMATES,
    life(
        "remission",
        {**SOLD, "anotation": "Frágil", "observations": "Con domicilio"},
        {**SOLD, "anotation": "Muy frágil"},
        before=(CLIENT, ITEM),
    ),
    life(
        "recurring-invoice",
        {
            "startDate": LATER,
            "endDate": "2026-12-31",
            "repeatEvery": 1,
            "client": "$client.id",
            "items": LINES,
            "term": 3,
            "termsConditions": "Mensual",
            "anotation": "Gracias",
            "observations": "Suscripción",
        },
        {"startDate": LATER, "client": "$client.id", "items": LINES, "anotation": "Muchas gracias"},
        before=(CLIENT, ITEM),
    ),
    life(
        "global-invoice",
        {"date": TODAY, "saleTickets": [{"id": "$invoice.id"}]},
        {"date": "2026-03-01", "saleTickets": [{"id": "$invoice.id"}]},
        before=(CLIENT, ITEM, INVOICE),
    ),
    life(
        "credit-note",
        {
            "date": TODAY,
            "client": "$client.id",
            "items": LINES,
            "invoices": [{"id": "$invoice.id", "amount": 1000}],
            "anotation": "Devuelto",
        },
        {"date": TODAY, "client": "$client.id", "items": LINES, "anotation": "Devuelto en parte"},
        before=(CLIENT, ITEM, INVOICE),
    ),
    life(
        "income-debit-note",
        {"date": TODAY, "dueDate": LATER, "client": "$client.id", "items": LINES, "invoice": "$invoice.id"},
        {"date": "2026-03-01", "client": "$client.id", "items": LINES},
        before=(CLIENT, ITEM, INVOICE),
    ),
    life(
        "debit-note",
        {
            "date": TODAY,
            "client": "$client.id",
            "items": LINES,
            "bills": [{"id": "$bill.id", "amount": 500}],
            "observations": "Sobrecosto",
        },
        {"date": TODAY, "client": "$client.id", "items": LINES, "observations": "Menos"},
        before=(CLIENT, ITEM, SPENT, BILL),
    ),
    life(
        "purchase-order",
        {
            **{name: value for name, value in BOUGHT.items() if name != "dueDate"},
            "deliveryDate": LATER,
            "observations": "Urgente",
            "termsConditions": "Contado",
        },
        {
            **{name: value for name, value in BOUGHT.items() if name != "dueDate"},
            "deliveryDate": LATER,
            "observations": "Sin afán",
        },
        before=(CLIENT, ITEM, SPENT),
    ),
    life(
        "transportation-receipt",
        {
            "date": TODAY,
            "dateShipping": "2026-03-03",
            "client": "$client.id",
            "items": [{"id": "$item.id", "quantity": 2, "description": "Sacos"}],
            "origin": {"city": "Medellín"},
            "destination": {"city": "Cali"},
            "transporter": {"name": "Envía"},
            "transferModality": "public",
            "transferReason": "sale",
            "packages": 2,
            "weight": 10.5,
            "observations": "Seco",
        },
        {"date": "2026-03-01", "client": "$client.id", "items": [{"id": "$item.id", "quantity": 3}]},
        before=(CLIENT, ITEM),
    ),
)
ROUNDS = Scene(
    "papers are sent, filed, voided and opened",
    [
        CLIENT,
        ITEM,
        SPENT,
        INVOICE,
        Step("create-estimate", SOLD, keep="estimate"),
        Step("email-estimate", {"id": "$estimate.id", **MAIL}),
        Step("list-estimates", {"client_id": "$client.id", "date_afterOrNow": TODAY}, like="estimate"),
        Step("create-remission", SOLD, keep="remission"),
        Step("attach-remission-file", {"id": "$remission.id", **FILE}),
        Step("void-remission", {"id": "$remission.id"}),
        Step("get-remission", {"id": "$remission.id"}, holds={"status": "void"}),
        Step("open-remission", {"id": "$remission.id"}),
        Step("get-remission", {"id": "$remission.id"}, holds={"status": "open"}),
        Step("create-credit-note", {"date": TODAY, "client": "$client.id", "items": LINES}, keep="note"),
        Step("email-credit-note", {"id": "$note.id", **MAIL}),
        Step("create-debit-note", {"date": TODAY, "client": "$client.id", "items": LINES}, keep="debit"),
        Step("comment-debit-note", {"id": "$debit.id", "text": "Revisar"}, holds={"text": "Revisar"}),
        Step(
            "create-purchase-order",
            {"date": TODAY, "deliveryDate": LATER, "provider": "$client.id", "purchases": BOUGHT["purchases"]},
            keep="purchase-order",
        ),
        Step("list-purchase-orders", {"client_id": "$client.id"}, like="purchase-order"),
        *papers("purchase-order"),
        Step("comment-purchase-order", {"id": "$purchase-order.id", "text": "Llamar"}, holds={"text": "Llamar"}),
        Step("void-purchase-order", {"id": "$purchase-order.id"}),
        Step("get-purchase-order", {"id": "$purchase-order.id"}, holds={"status": "void"}),
        Step(
            "preview-transportation-receipt",
            {"date": TODAY, "client": "$client.id", "items": [{"id": "$item.id", "quantity": 1}]},
            holds={"": filled},
        ),
        Step(
            "create-transportation-receipt",
            {"date": TODAY, "client": "$client.id", "items": [{"id": "$item.id", "quantity": 1}]},
            keep="transportation-receipt",
        ),
        *papers("transportation-receipt"),
        Step("void-transportation-receipt", {"id": "$transportation-receipt.id"}),
        Step("get-transportation-receipt", {"id": "$transportation-receipt.id"}, holds={"status": "void"}),
        Step("open-transportation-receipt", {"id": "$transportation-receipt.id"}),
        Step("get-transportation-receipt", {"id": "$transportation-receipt.id"}, holds={"status": "open"}),
    ],
)
BILLS = Scene(
    "a supplier's bill is written, discussed, paid and closed",
    [
        CLIENT,
        ITEM,
        SPENT,
        CASH,
        Step(
            "create-bill",
            {**BOUGHT, "numberTemplate": {"number": "P-77"}, "observations": "Mensual"},
            keep="bill",
            holds={"total": 155000},
        ),
        Step("get-bill", {"id": "$bill.id"}, like="bill"),
        Step("list-bills", {"client_id": "$client.id"}, like="bill", holds={"total": 1}),
        Step("update-bill", {"id": "$bill.id", "observations": "De marzo"}, keep="bill"),
        Step("get-bill", {"id": "$bill.id"}, like="bill", holds={"observations": "De marzo", "total": 155000}),
        Step("comment-bill", {"id": "$bill.id", "text": "Falta una caja"}, keep="comment", holds={"text": "Falta una caja"}),
        Step("update-bill-comment", {"id": "$bill.id", "commentId": "$comment.id", "text": "Llegó"}, holds={"text": "Llegó"}),
        Step("delete-bill-comment", {"id": "$bill.id", "commentId": "$comment.id"}),
        Step("attach-bill-file", {"id": "$bill.id", **FILE}, keep="file", holds={"id": filled}),
        Step("delete-bill-file", {"fileId": "$file.id"}),
        Step("update-bill-retentions", {"id": "$bill.id", "retentions": [{"id": 1, "amount": 100}]}),
        Step("get-bill", {"id": "$bill.id"}, holds={"retentions[0].id": 1, "retentions[0].amount": 100}),
        Step("update-bill-perceptions", {"id": "$bill.id", "perceptions": [{"id": 1, "amount": 10, "name": "IVA"}]}),
        Step(
            "create-payment",
            {
                "date": TODAY,
                "bankAccount": "$account.id",
                "paymentMethod": "transfer",
                "type": "out",
                "client": "$client.id",
                "categories": [{"id": "$spent.id", "price": 5000, "quantity": 1}],
            },
            keep="advance",
        ),
        Step("apply-bill-advances", {"id": "$bill.id", "advances": [{"id": "$advance.id", "amount": 5000}]}),
        Step("get-bill", {"id": "$bill.id"}, holds={"balance": 150000}),
        Step("close-bill", {"id": "$bill.id", "date": TODAY, "category": {"id": "$spent.id"}}),
        Step("get-bill", {"id": "$bill.id"}, holds={"balance": 0, "status": "closed"}),
        Step("create-bill", BOUGHT, keep="second"),
        Step("delete-bill", {"id": "$second.id"}),
        Step("get-bill", {"id": "$second.id"}, error="not_found"),
        Step("import-bill-by-cufe", {"cufe": "ab12" * 24}, holds={"id": filled}),
    ],
)
BANKS = Scene(
    "money is moved between accounts, and one of them reconciled",
    [
        CASH,
        Step("create-bank-account", {"name": "Ahorros", "type": "bank"}, keep="savings"),
        Step(
            "transfer-between-accounts",
            {"id": "$account.id", "idDestination": "$savings.id", "amount": 250000, "date": TODAY, "observations": "Ahorro"},
        ),
        Step("list-bank-accounts", {"includeBalance": True, **PAGE}, like="savings"),
        Step("list-bank-accounts", {"type": "bank", **PAGE}, gone="account"),
        Step(
            "create-reconciliation",
            {"account": "$savings.id", "bankAccount": "$savings.id", "date": TODAY, "realBalance": 250000},
            keep="match",
        ),
        Step("get-reconciliation", {"id": "$match.id"}, like="match"),
        Step("list-reconciliations", like="match"),
        Step("delete-reconciliation", {"id": "$match.id"}),
        Step("get-reconciliation", {"id": "$match.id"}, error="not_found"),
    ],
)

SCRIPT = Script(
    scenes=(*CATALOGUES, *STOCK, COMPANY, CONTACTS, PERSON, MEXICO, PERU, ITEMS, INVOICES, STAMPED, *SALES, ROUNDS, BILLS, BANKS),
    renamed={"settings": ".", "create-item:price": "price[0].price", "update-item:price": "price[0].price"},
    unsaid=frozenset(
        {
            "file",
            "ignoreRepeated",
            "statementAttached",
            # The sandbox has other names for these, of its own choice; what is documented is the path alone.
            "create-reconciliation:account",
            "create-reconciliation:realBalance",
            # In no list of what a receipt has; those lists are not complete.
            "create-transportation-receipt:observations",
        }
    ),
    files={"note.txt": b"Entregado.".strip},
)
