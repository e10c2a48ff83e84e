"""What goes when a record goes."""

from __future__ import annotations

from skillkit.sandbox.clientary.call import Call, Document

# CHOICE: cascades reach what hangs on what goes


def client(call: Call, document: Document) -> None:
    """Forget a client with everything that was made for it."""
    for row in call.rows("invoices", client_id=document["id"]):
        invoice(call, row)
    for table in ("estimates", "contacts", "payment_profiles", "recurring"):
        for row in call.rows(table, client_id=document["id"]):
            call.remove(table, row)
    for row in call.rows("projects", client_id=document["id"]):
        project(call, row)
    _let_go(call, ("tasks", "expenses"), "client_id", document["id"])
    call.remove("clients", document)


def lead(call: Call, document: Document) -> None:
    """Forget a lead with its estimates and contacts."""
    for table in ("estimates", "contacts"):
        for row in call.rows(table, client_id=document["id"]):
            call.remove(table, row)
    call.remove("leads", document)


def project(call: Call, document: Document) -> None:
    """Forget a project with its hours and tasks; what was spent and billed for it stays."""
    for table in ("hours", "tasks"):
        for row in call.rows(table, project_id=document["id"]):
            call.remove(table, row)
    _let_go(call, ("invoices", "estimates", "expenses"), "project_id", document["id"])
    call.remove("projects", document)


def invoice(call: Call, document: Document) -> None:
    """Forget an invoice with its payments."""
    for row in call.rows("payments", invoice_id=document["id"]):
        call.remove("payments", row)
    _let_go(call, ("expenses",), "invoice_id", document["id"])
    call.remove("invoices", document)


def recurring(call: Call, document: Document) -> None:
    """Forget a schedule; the invoices that it made stay."""
    _let_go(call, ("invoices",), "recurring_id", document["id"])
    call.remove("recurring", document)


def payment_profile(call: Call, document: Document) -> None:
    """Forget a card; the schedules that charged it do so no more."""
    _let_go(call, ("recurring",), "payment_profile_id", document["id"])
    call.remove("payment_profiles", document)


def _let_go(call: Call, tables: tuple[str, ...], name: str, id: int) -> None:  # noqa: A002 - the word of the vendor
    for table in tables:
        for row in call.rows(table, **{name: id}):
            call.update(table, {**row, name: None})
