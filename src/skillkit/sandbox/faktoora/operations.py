"""Where each operation of faktoora's API is; words of a path stand before the ids that could be taken for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from skillkit.sandbox.faktoora import customer_files, customers, imports, invoices, numbers, products, projects, webhooks
from skillkit.sandbox.faktoora.call import Call
from skillkit.sandbox.faktoora.imports import INCOMING, OUTGOING, Kind


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path."""

    method: str
    path: str
    handler: Callable[[Call], Any]
    status: int = 200
    # What its body is: "json", "file", or nothing.
    body: str = ""


def _importing(path: str, kind: Kind) -> Iterator[Operation]:
    yield Operation("POST", path, imports.upload(kind), 202, "file")
    for part, handler in (
        ("validation", imports.show_validation),
        ("validation/pdf", imports.show_report),
        ("status", imports.show_status),
        ("summary", imports.show_summary),
        ("content", imports.show_content),
    ):
        yield Operation("GET", f"{path}/{{{kind.id}}}/{part}", handler(kind))


# CHOICE: statuses of success
OPERATIONS: Final = (
    Operation("GET", "/invoices", invoices.list_or_download),
    Operation("POST", "/invoices", invoices.create_invoices, 202, "json"),
    Operation("GET", "/invoices/next-number", numbers.next_number),
    Operation("GET", "/invoices/verify-number", numbers.verify_number),
    Operation("GET", "/invoices/{faktooraId}", invoices.download),
    Operation("DELETE", "/invoices/{faktooraId}", invoices.delete_invoice),
    Operation("GET", "/invoices/{faktooraId}/status", invoices.show_status),
    Operation("GET", "/invoices/{faktooraId}/validation-report", invoices.show_report),
    Operation("GET", "/settings/invoice-number-template", numbers.show_template),
    Operation("PUT", "/settings/invoice-number-template", numbers.change_template, 200, "json"),
    Operation("GET", "/import/incoming", imports.listed(INCOMING)),
    Operation("PATCH", "/import/incoming/{importId}", imports.edit(INCOMING), 200, "json"),
    *_importing("/import/incoming", INCOMING),
    Operation("GET", "/import/outgoing", imports.listed(OUTGOING)),
    *_importing("/import/outgoing", OUTGOING),
    # The older paths of what was received.
    *_importing("/import", INCOMING),
    Operation("GET", "/customers", customers.list_customers),
    Operation("GET", "/customers/generate-number", customers.generate_number),
    Operation("POST", "/customers/import/upload", customer_files.upload, 201, "file"),
    Operation("POST", "/customers/import", customer_files.import_customers, 201, "json"),
    Operation("GET", "/customer/verify-customer-number", customers.verify_number),
    Operation("POST", "/customer", customers.create_customer, 201, "json"),
    Operation("GET", "/customer/{id}", customers.show_customer),
    Operation("PATCH", "/customer/{id}", customers.update_customer, 200, "json"),
    Operation("DELETE", "/customer/{id}", customers.delete_customer),
    Operation("GET", "/products", products.list_products),
    Operation("GET", "/product/valid-code", products.verify_code),
    Operation("POST", "/product", products.create_product, 201, "json"),
    Operation("GET", "/product/{id}", products.show_product),
    Operation("PATCH", "/product/{id}", products.update_product, 200, "json"),
    Operation("DELETE", "/product/{id}", products.delete_product),
    Operation("GET", "/projects", projects.list_projects),
    Operation("POST", "/project", projects.create_project, 201, "json"),
    Operation("GET", "/project/{id}", projects.show_project),
    Operation("PATCH", "/project/{id}", projects.update_project, 200, "json"),
    Operation("DELETE", "/project/{id}", projects.delete_project),
    Operation("POST", "/project/{id}/document", projects.attach, 201, "json"),
    Operation("DELETE", "/project/{id}/document", projects.detach, 200, "json"),
    Operation("GET", "/webhooks", webhooks.list_webhooks),
    Operation("POST", "/webhooks", webhooks.create_webhook, 201, "json"),
    Operation("PATCH", "/webhooks/{id}", webhooks.update_webhook, 200, "json"),
    Operation("DELETE", "/webhooks/{id}", webhooks.delete_webhook),
)
