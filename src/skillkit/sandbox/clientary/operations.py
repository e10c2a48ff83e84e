"""Where each operation of Clientary's API is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from skillkit.sandbox.clientary import money, papers, people, recurring, work
from skillkit.sandbox.clientary.call import Call
from skillkit.sandbox.clientary.papers import ESTIMATE, INVOICE

Handler = Callable[[Call], Any]

# The kinds of record that have all five operations under one path.
FIVE: Final[Mapping[str, tuple[Handler, Handler, Handler, Handler, Handler]]] = {
    "clients": (people.list_clients, people.create_client, people.show_client, people.update_client, people.delete_client),
    "leads": (people.list_leads, people.create_lead, people.show_lead, people.update_lead, people.delete_lead),
    "projects": (work.list_projects, work.create_project, work.show_project, work.update_project, work.delete_project),
    "tasks": (work.list_tasks, work.create_task, work.show_task, work.update_task, work.delete_task),
    "expenses": (work.list_expenses, work.create_expense, work.show_expense, work.update_expense, work.delete_expense),
    "invoices": (
        papers.listed(INVOICE),
        papers.create(INVOICE),
        papers.show(INVOICE),
        papers.update(INVOICE),
        papers.delete,
    ),
    "estimates": (
        papers.listed(ESTIMATE),
        papers.create(ESTIMATE),
        papers.show(ESTIMATE),
        papers.update(ESTIMATE),
        papers.delete_estimate,
    ),
    "recurring": (
        recurring.list_schedules,
        recurring.create_schedule,
        recurring.show_schedule,
        recurring.update_schedule,
        recurring.delete_schedule,
    ),
}
OPERATIONS: Final[tuple[tuple[str, str, Handler], ...]] = (
    *(
        row
        for path, (index, create, show, update, delete) in FIVE.items()
        for row in (
            ("GET", f"/{path}", index),
            ("POST", f"/{path}", create),
            ("GET", f"/{path}/{{id}}", show),
            ("PUT", f"/{path}/{{id}}", update),
            ("DELETE", f"/{path}/{{id}}", delete),
        )
    ),
    ("POST", "/task", work.create_task),
    ("PUT", "/invoice/{id}", papers.update(INVOICE)),
    ("GET", "/contacts", people.list_contacts),
    ("GET", "/contacts/{id}", people.show_contact),
    ("PUT", "/contacts/{id}", people.update_contact),
    ("DELETE", "/contacts/{id}", people.delete_contact),
    ("GET", "/clients/{client_id}/contacts", people.list_client_contacts),
    ("POST", "/clients/{client_id}/contacts", people.create_contact),
    ("GET", "/clients/{client_id}/projects", work.list_client_projects),
    ("GET", "/clients/{client_id}/expenses", work.list_client_expenses),
    ("GET", "/clients/{client_id}/invoices", papers.listed(INVOICE, "client_id")),
    ("GET", "/clients/{client_id}/estimates", papers.listed(ESTIMATE, "client_id")),
    ("GET", "/clients/{client_id}/payment_profiles", money.list_profiles),
    ("POST", "/clients/{client_id}/payment_profiles", money.create_profile),
    ("DELETE", "/clients/{client_id}/payment_profiles/{id}", money.delete_profile),
    ("GET", "/projects/{project_id}/tasks", work.list_project_tasks),
    ("GET", "/projects/{project_id}/hours", work.list_hours),
    ("POST", "/projects/{project_id}/hours", work.create_hours),
    ("GET", "/projects/{project_id}/expenses", work.list_project_expenses),
    ("GET", "/projects/{project_id}/invoices", papers.listed(INVOICE, "project_id")),
    ("GET", "/projects/{project_id}/estimates", papers.listed(ESTIMATE, "project_id")),
    ("GET", "/hours/{id}", work.show_hours),
    ("PUT", "/hours/{id}", work.update_hours),
    ("DELETE", "/hours/{id}", work.delete_hours),
    ("POST", "/invoices/{id}/messages", papers.send(INVOICE)),
    ("POST", "/estimates/{id}/messages", papers.send(ESTIMATE)),
    ("GET", "/payments", money.list_payments),
    ("POST", "/invoices/{invoice_id}/payments", money.create_payment),
    ("DELETE", "/invoices/{invoice_id}/payments/{id}", money.delete_payment),
    ("GET", "/recurring/{id}/invoices", papers.listed(INVOICE, "recurring_id")),
    ("GET", "/staff", people.list_staff),
    ("GET", "/staff/{id}", people.show_staff),
)
