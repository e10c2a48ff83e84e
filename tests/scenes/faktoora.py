"""What is done at faktoora: every action, with what must come back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.sandboxed import Scene, Script, Step

FILES = Path(__file__).parent.parent / "data" / "invoices"


def begins(*words: bytes) -> Callable[[str], bool]:
    """Return what says whether a file begins with one of these."""
    return lambda path: Path(path).read_bytes().startswith(words)


def holds_text(*words: str) -> Callable[[str], bool]:
    """Return what says whether a file has all of these in it."""
    return lambda path: all(word in Path(path).read_text("utf-8") for word in words)


def filled(value: object) -> bool:
    return bool(value)


COMPANY = Step(
    "create-customer",
    {
        "isCompany": True,
        "name": "Werft am Priel GmbH",
        "address": "Am Priel 4",
        "postcode": "25980",
        "city": "Westerland",
        "customerId": "CUST-0900",
        "email": "rechnung@priel.example",
        "phoneNo": "+49 4651 5550100",
        "category": "Werft",
        "vatId": "DE999999999",
        "taxId": "48/123/45678",
        "nameAuthorisedSignatory": "Imke Harms",
        "supplierNumber": "L-77",
        "routeId": "04011000-12345-67",
        "peppolId": "0204:991-12345-67",
        "extras": {"berth": 4},
    },
    keep="customer",
)
CUSTOMERS = Scene(
    "a customer comes, moves and goes",
    [
        Step("verify-customer-number", {"customerNumber": "CUST-0900"}, holds={"succeed": True}),
        COMPANY,
        Step("verify-customer-number", {"customerNumber": "CUST-0900"}, holds={"succeed": False}),
        Step("generate-customer-number", holds={"value": "CUST-0901"}),
        Step("get-customer", {"id": "$customer.id"}, like="customer"),
        Step("list-customers", {"category": "Werft"}, like="customer", holds={"total": 1}),
        Step("list-customers", {"keywords": ["Priel"], "sort": "name", "order": "desc"}, like="customer"),
        Step("list-customers", {"relationFields": ["importedFile"], "limit": 100}, like="customer"),
        Step("create-customer", {**COMPANY.given, "name": "Twin"}, error="conflict"),
        Step("create-customer", {**COMPANY.given, "postcode": "1"}, error="invalid_input"),
        # What is not named stays, the required fields among it.
        Step("update-customer", {"id": "$customer.id", "city": "Sylt", "email": "post@priel.example"}, keep="customer"),
        Step("get-customer", {"id": "$customer.id"}, like="customer", holds={"city": "Sylt", "address": "Am Priel 4"}),
        Step("delete-customer", {"id": "$customer.id"}, holds={"succeed": True}),
        Step("get-customer", {"id": "$customer.id"}, error="not_found"),
        Step("list-customers", {"limit": 100}, gone="customer"),
    ],
)
STRICT = Scene(
    "a customer is changed where all required fields are asked for again",
    [
        COMPANY,
        Step("update-customer", {"id": "$customer.id", "category": "Hafen"}, keep="customer"),
        Step("get-customer", {"id": "$customer.id"}, like="customer", holds={"category": "Hafen", "isCompany": True}),
    ],
    options={"customerPatch": "strict"},
)
CSV = Scene(
    "customers are imported from a file",
    [
        Step("upload-customer-file", {"file": "customers.csv"}, keep="upload"),
        Step(
            "import-customers",
            {"fileId": "$upload.id"},
            keep="imported",
            holds={"[0].name": "Buhne 16 GmbH", "[0].isCompany": True, "[1].lastName": "Claasen", "[1].postcode": "25996"},
        ),
        Step("get-customer", {"id": "$imported.[1].id"}, holds={"firstName": "Boy", "city": "Wenningstedt"}),
        Step("import-customers", {"fileId": "$upload.id"}, error="conflict"),
    ],
)
PRODUCTS = Scene(
    "a product comes, gets dearer and goes",
    [
        Step("verify-product-code", {"code": "TAU-12"}, holds={"succeed": True}),
        Step(
            "create-product",
            {
                "name": "Tau, 12 mm",
                "unit": "MTR",
                "tax": 19,
                "code": "TAU-12",
                "description": "Geschlagen, je Meter",
                "price": 3.45,
                "cost": 1.2,
                "inventoryCount": 400,
                "time": 0.5,
                "estimate": 2,
                "buyerAssignedID": "B-12",
                "globalID": {"id": "4012345678901", "schemeId": "0160"},
                "additionalReferencedDocument": {"id": "D-1"},
            },
            keep="product",
        ),
        Step("verify-product-code", {"code": "TAU-12"}, holds={"succeed": False}),
        Step("get-product", {"id": "$product.id"}, like="product"),
        Step("list-products", {"code": "TAU-12"}, like="product", holds={"total": 1}),
        Step("list-products", {"keyword": "geschlagen", "sort": "price", "order": "desc"}, like="product"),
        Step("create-product", {"name": "Zweites", "unit": "MTR", "tax": 19, "code": "TAU-12"}, error="conflict"),
        Step("update-product", {"id": "$product.id", "price": 3.95, "inventoryCount": 388}, keep="product"),
        Step("get-product", {"id": "$product.id"}, like="product", holds={"price": 3.95, "name": "Tau, 12 mm"}),
        Step("delete-product", {"id": "$product.id"}, holds={"succeed": True}),
        Step("get-product", {"id": "$product.id"}, error="not_found"),
        Step("list-products", gone="product"),
    ],
)
INVOICE = {
    "format": "zf:2",
    "invoiceTypeCode": 380,
    "invoiceNumber": "2026/03/00900",
    "issueDate": "20260302",
    "dueDate": "20260316",
    "currency": "EUR",
    "buyer": {
        "name": "Werft am Priel GmbH",
        "street": "Am Priel 4",
        "postcode": "25980",
        "city": "Westerland",
        "country": "DE",
        "vatId": "DE999999999",
        "email": "rechnung@priel.example",
    },
    "invoiceItems": [
        {
            "id": "1",
            "product": {
                "name": "Spleißen",
                "quantity": 3,
                "unitCode": "HUR",
                "price": 80.5,
                "taxes": [{"typeCode": "VAT", "categoryCode": "S", "rate": 19}],
            },
        },
        {
            "id": "2",
            "product": {
                "name": "Knotenbuch",
                "quantity": 2,
                "unitCode": "H87",
                "price": "18.50",
                "taxes": [{"typeCode": "VAT", "categoryCode": "S", "rate": 7}],
            },
        },
    ],
}
# 241.50 and 37.00 net, with 45.89 and 2.59 of VAT.
NET, TAX, GROSS = "278.50", "48.48", "326.98"
INVOICES = Scene(
    "an invoice is numbered, made, downloaded, read again and deleted",
    [
        Step("update-invoice-number-template", {"template": "YYYY/MM/id", "padLength": 5}, keep="template"),
        Step("get-invoice-number-template", like="template", keep="template"),
        Step("verify-invoice-number", {"invoiceNumber": INVOICE["invoiceNumber"]}, holds={"succeed": True}),
        Step("create-invoice", {**INVOICE, "draftOnly": True, "validate": True}, keep="invoice", holds={"faktooraId": filled}),
        Step(
            "get-invoice-status",
            {"faktooraId": "$invoice.faktooraId"},
            holds={"jobStatus": "done", "validation.validity": "valid"},
        ),
        Step("verify-invoice-number", {"invoiceNumber": INVOICE["invoiceNumber"]}, holds={"succeed": False}),
        Step("get-next-invoice-number", holds={"invoiceNumber": "2026/03/00901", "counter": 900}),
        Step("get-next-invoice-number", {"template": "YYYY-id"}, holds={"invoiceNumber": "2026-00901", "template": "YYYY-id"}),
        Step("create-invoice", {**INVOICE, "draftOnly": True}, error="conflict"),
        Step(
            "list-outgoing-invoices",
            {"invoiceNumber": INVOICE["invoiceNumber"]},
            like="invoice",
            holds={
                "total": 1,
                "items[0].buyerName": "Werft am Priel GmbH",
                "items[0].netAmount": NET,
                "items[0].taxAmount": TAX,
                "items[0].grossAmount": GROSS,
            },
        ),
        Step("list-outgoing-invoices", {"keyword": "priel", "sort": "invoiceNumber"}, like="invoice"),
        Step(
            "get-invoice-by-id",
            {"faktooraId": "$invoice.faktooraId"},
            keep="pdf",
            holds={"path": begins(b"%PDF"), "size": filled},
        ),
        Step(
            "get-invoice-by-id",
            {"faktooraId": "$invoice.faktooraId", "format": "xml"},
            holds={"path": holds_text("Spleißen", GROSS, "2026/03/00900", "20260316")},
        ),
        Step("get-invoice-by-number", {"invoiceNumber": INVOICE["invoiceNumber"]}, holds={"path": begins(b"%PDF")}),
        Step(
            "get-invoice-by-number",
            {"invoiceNumber": INVOICE["invoiceNumber"], "format": "xml"},
            holds={"path": holds_text("Knotenbuch", TAX)},
        ),
        Step("get-validation-report", {"faktooraId": "$invoice.faktooraId"}, holds={"path": begins(b"%PDF")}),
        Step("import-outgoing-invoice", {"file": "$pdf.path"}, keep="outgoing"),
        Step("get-outgoing-invoice-status", {"faktooraId": "$outgoing.faktooraId"}),
        Step("get-outgoing-invoice-status", {"faktooraId": "$outgoing.faktooraId"}, holds={"validationStatus": "accepted"}),
        Step("get-outgoing-import-validation", {"faktooraId": "$outgoing.faktooraId"}, holds={"status": "accepted"}),
        Step("get-outgoing-import-validation-pdf", {"faktooraId": "$outgoing.faktooraId"}, holds={"path": begins(b"%PDF")}),
        Step(
            "get-outgoing-import-summary",
            {"faktooraId": "$outgoing.faktooraId"},
            holds={"invoiceNumber": INVOICE["invoiceNumber"], "netAmount": NET, "taxAmount": TAX, "grossAmount": GROSS},
        ),
        Step(
            "get-outgoing-invoice-content",
            {"faktooraId": "$outgoing.faktooraId"},
            holds={"buyer.name": "Werft am Priel GmbH", "buyer.city": "Westerland", "currency": "EUR"},
        ),
        Step("list-outgoing-imports", keep="row", like="outgoing", holds={"total": 1}),
        Step("delete-invoice", {"faktooraId": "$invoice.faktooraId"}, holds={"succeed": True}),
        Step("get-invoice-status", {"faktooraId": "$invoice.faktooraId"}, error="not_found"),
        Step("list-outgoing-invoices", gone="invoice"),
    ],
    options={"invoiceDeleteMode": "on"},
)
KEPT = Scene(
    "an invoice stays where invoices are not to be deleted",
    [
        Step(
            "create-invoice",
            {
                **INVOICE,
                "format": "xrechnung",
                "buyerReference": {"buyerReferenceId": "04011000-12345-67"},
                "contactPerson": {"email": "buchhaltung@nordlicht.example"},
                "reviewMode": True,
            },
            keep="invoice",
        ),
        Step("get-validation-report", {"faktooraId": "$invoice.faktooraId"}, error="not_found"),
        Step("delete-invoice", {"faktooraId": "$invoice.faktooraId"}, error="permission"),
        Step(
            "get-invoice-by-id",
            {"faktooraId": "$invoice.faktooraId", "format": "xml"},
            holds={"path": holds_text("04011000-12345-67")},
        ),
    ],
)
INCOMING = Scene(
    "a supplier's invoice is imported, read and corrected",
    [
        Step("import-incoming-invoice", {"file": "xrechnung-ubl.xml"}, keep="import"),
        Step("get-import-status", {"importId": "$import.importId"}),
        Step(
            "get-import-status",
            {"importId": "$import.importId"},
            holds={"validationStatus": "accepted", "visualizationStatus": "done"},
        ),
        Step("get-import-validation", {"importId": "$import.importId"}, holds={"status": "accepted"}),
        Step("get-import-validation-pdf", {"importId": "$import.importId"}, holds={"path": begins(b"%PDF")}),
        Step(
            "get-import-summary",
            {"importId": "$import.importId"},
            keep="summary",
            holds={"seller": filled, "grossAmount": filled},
        ),
        Step(
            "get-import-content",
            {"importId": "$import.importId"},
            holds={"invoiceNumber": "$summary.invoiceNumber", "seller": "$summary.seller", "buyer": filled, "taxes": filled},
        ),
        Step("list-incoming-invoices", {"order": "desc"}, like="import"),
        Step("update-incoming-invoice", {"importId": "$import.importId", "changes": {"note": "Bezahlt"}}, keep="import"),
        Step("list-incoming-invoices", {"sort": "createdAt"}, like="import", holds={"items[0].note": "Bezahlt"}),
        Step("import-incoming-invoice", {"file": "broken.xml"}, keep="broken"),
        Step("get-import-validation", {"importId": "$broken.importId"}),
        Step("get-import-validation", {"importId": "$broken.importId"}, holds={"status": "rejected"}),
        Step("get-import-content", {"importId": "$broken.importId"}, error="not_found"),
        Step("get-import-summary", {"importId": "nothing"}, error="not_found"),
    ],
)
PROJECTS = Scene(
    "a project with an invoice",
    [
        COMPANY,
        Step(
            "create-project",
            {
                "name": "Neue Takelage",
                "description": "Zwei Masten",
                "place": "Halle 2",
                "eta": "2026-06-30T12:00:00Z",
                "estMinutes": 4800,
                "currency": "EUR",
                "status": "paused",
                "customerId": "$customer.id",
            },
            keep="project",
            holds={"customer.name": "Werft am Priel GmbH"},
        ),
        Step("get-project", {"id": "$project.id"}, like="project"),
        Step(
            "list-projects", {"status": ["paused", "closed"], "customerId": ["$customer.id"]}, like="project", holds={"total": 1}
        ),
        Step("list-projects", {"status": ["active"]}, gone="project"),
        Step("list-projects", {"keyword": "masten", "sort": "updatedAt", "order": "asc"}, like="project"),
        Step("update-project", {"id": "$project.id", "place": None, "estMinutes": 5000, "status": "active"}, keep="project"),
        Step("get-project", {"id": "$project.id"}, like="project", holds={"place": None, "description": "Zwei Masten"}),
        Step("create-invoice", {**INVOICE, "draftOnly": True}, keep="invoice"),
        Step(
            "attach-project-document",
            {"id": "$project.id", "documentId": "$invoice.faktooraId", "documentType": "invoice"},
            keep="link",
            holds={"projectId": "$project.id"},
        ),
        Step("get-project", {"id": "$project.id"}, holds={"document.invoiceId": "$invoice.faktooraId"}),
        Step(
            "attach-project-document",
            {"id": "$project.id", "documentId": "another", "documentType": "offer"},
            error="conflict",
        ),
        Step(
            "detach-project-document",
            {"id": "$project.id", "documentId": "$invoice.faktooraId", "documentType": "invoice"},
            holds={"succeed": True},
        ),
        Step("get-project", {"id": "$project.id"}, holds={"document": None}),
        Step("delete-project", {"id": "$project.id"}, holds={"succeed": True}),
        Step("get-project", {"id": "$project.id"}, error="not_found"),
    ],
)
WEBHOOKS = Scene(
    "a webhook is set, moved and taken away",
    [
        Step("create-webhook", {"action": "invoiceCreate", "target": "https://hooks.elbkontor.de/in"}, keep="hook"),
        Step("list-webhooks", like="hook"),
        Step("create-webhook", {"action": "invoiceCreate", "target": "http://127.0.0.1/in"}, error="invalid_input"),
        Step("update-webhook", {"id": "$hook.id", "target": "https://hooks.elbkontor.de/new"}, keep="hook"),
        Step("list-webhooks", like="hook", holds={"items[0].target": "https://hooks.elbkontor.de/new"}),
        Step("delete-webhook", {"id": "$hook.id"}, holds={"succeed": True}),
        Step("list-webhooks", holds={"items": []}),
        Step("delete-webhook", {"id": "$hook.id"}, error="not_found"),
    ],
)

ROWS = """isCompany;name;firstName;lastName;address;postcode;city
ja;Buhne 16 GmbH;;;Listlandstraße 133;25980;Kampen
nein;;Boy;Claasen;Hauptstraße 1;25996;Wenningstedt
"""
SCRIPT = Script(
    scenes=(CUSTOMERS, STRICT, CSV, PRODUCTS, INVOICES, KEPT, INCOMING, PROJECTS, WEBHOOKS),
    renamed={"changes": "."},
    unsaid=frozenset(
        {
            # Only an id comes back from these; what was sent is looked at in the lists and the files.
            "create-invoice:*",
            "file",
            "fileId",
            *(f"create-invoice:{name}" for name in ("buyer", "invoiceItems", "draftOnly", "validate", "reviewMode")),
        }
    ),
    files={
        "customers.csv": ROWS.encode,
        "xrechnung-ubl.xml": (FILES / "xrechnung-ubl.xml").read_bytes,
        "broken.xml": b"<Invoice><unclosed>".strip,
    },
)
