"""What is done at Clientary: every action, with what must come back."""

from __future__ import annotations

from tests.sandboxed import TODAY, Scene, Script, Step

PARTY = {"address": "Pier 4", "address_2": "Floor 2", "city": "Portland", "state": "OR", "zip": "97201", "country": "US"}
PARTY |= {"website": "https://harborlane.example", "description": "Pays late.", "invoice_extra_fields": "VAT 12"}

CLIENT = Step("create-client", {"name": "Harbor Lane", "number": "C-900", **PARTY}, keep="client")
PROJECT = Step(
    "create-project",
    {
        "name": "Night shop",
        "rate": 90.5,
        "client_id": "$client.id",
        "number": "P-900",
        "description": "A shop that sleeps by day.",
        "project_type": 0,
        "budget_type": 1,
        "budget": 5000,
        "currency_code": "EUR",
        "start_date": "2026-01-05",
        "end_date": "2026-12-18",
        "status": 1,
    },
    keep="project",
)
TAXES = {"tax": 19, "tax_label": "VAT", "tax2": 2.5, "tax2_label": "City", "tax3": 1, "tax3_label": "Port", "compound_tax": True}
PAPER = {"date": "2026-02-10", "currency_code": "EUR", "client_id": "$client.id", "number": "R-77", "title": "February"}
PAPER |= {"summary": "Work in February", "note": "Thank you."}
LINES = [
    {"title": "Design", "quantity": 2.5, "price": 80, "taxable": True},
    {"title": "Fonts", "quantity": 1, "price": 49.9, "taxable": False},
]
# 200 of it is taxed: 38, then 2.5 % of 238, then 1 % of 200.
TOTAL = 295.85
INVOICE = Step(
    "create-invoice",
    {**PAPER, **TAXES, "due_date": "2026-02-24", "po": "PO-5", "status": 0, "invoice_items_attributes": LINES},
    keep="invoice",
    holds={"subtotal": 249.9, "total_cost": TOTAL, "balance": TOTAL, "total_payments": 0},
)

CLIENTS = Scene(
    "a client comes, changes its name and goes",
    [
        CLIENT,
        Step("get-client", {"id": "$client.id"}, like="client"),
        Step("list-clients", like="client"),
        Step("list-clients", {"sort": "date", "updated_since": TODAY, "limit": 1}, like="client"),
        Step("create-client", {"name": "Twin", "number": "C-900"}, error="invalid_input"),
        Step("update-client", {"id": "$client.id", "name": "Harbor Lane Books", "city": "Salem"}, keep="client"),
        Step("get-client", {"id": "$client.id"}, like="client", holds={"name": "Harbor Lane Books", "zip": "97201"}),
        Step("delete-client", {"id": "$client.id"}),
        Step("get-client", {"id": "$client.id"}, error="not_found"),
        Step("list-clients", gone="client"),
    ],
)
LEADS = Scene(
    "a lead is written down, and lost",
    [
        Step("create-lead", {"name": "Bramble Bikes", "number": "L-900", **PARTY}, keep="lead"),
        Step("get-lead", {"id": "$lead.id"}, like="lead"),
        Step("list-leads", {"sort": "name"}, like="lead"),
        Step("update-lead", {"id": "$lead.id", "name": "Bramble", "website": "https://bramble.example"}, keep="lead"),
        Step("list-leads", like="lead"),
        Step("delete-lead", {"id": "$lead.id"}),
        Step("get-lead", {"id": "$lead.id"}, error="not_found"),
        Step("list-leads", {"sort": "oldest"}, gone="lead"),
    ],
)
CONTACTS = Scene(
    "a client's contact",
    [
        CLIENT,
        Step(
            "create-contact",
            {
                "client_id": "$client.id",
                "name": "Ines Okafor",
                "email": "ines@harborlane.example",
                "title": "Owner",
                "phone": "+1 503 555 0100",
                "ext": "12",
                "mobile": "+1 503 555 0101",
            },
            keep="contact",
            holds={"client_id": "$client.id"},
        ),
        Step("get-contact", {"id": "$contact.id"}, like="contact", holds={"client.name": "Harbor Lane"}),
        Step("list-contacts", like="contact"),
        Step("list-client-contacts", {"client_id": "$client.id"}, like="contact", holds={"total": 1}),
        Step("update-contact", {"id": "$contact.id", "email": "io@harborlane.example", "ext": "13"}, keep="contact"),
        Step("get-contact", {"id": "$contact.id"}, like="contact", holds={"name": "Ines Okafor"}),
        Step("delete-contact", {"id": "$contact.id"}),
        Step("get-contact", {"id": "$contact.id"}, error="not_found"),
        Step("list-client-contacts", {"client_id": "$client.id"}, holds={"total": 0, "items": []}),
    ],
)
STAFF = Scene(
    "the staff is read",
    [
        Step("list-staff", {"limit": 1}, keep="staff", holds={"items[0].id": 1, "has_more": True}),
        Step("get-staff", {"id": "$staff.items[0].id"}, holds={"name": "$staff.items[0].name", "email": "$staff.items[0].email"}),
        Step("get-staff", {"id": 999}, error="not_found"),
    ],
)
PROJECTS = Scene(
    "a project with a task and hours",
    [
        CLIENT,
        PROJECT,
        Step("get-project", {"id": "$project.id"}, like="project", holds={"client.id": "$client.id"}),
        Step("list-projects", like="project"),
        Step("list-client-projects", {"client_id": "$client.id"}, like="project"),
        Step(
            "create-task",
            {
                "title": "Measure",
                "description": "Shelf by shelf.",
                "project_id": "$project.id",
                "assignee_id": 2,
                "due_date": "2026-03-20",
            },
            keep="task",
            holds={"complete": False, "client_id": "$client.id"},
        ),
        Step("get-task", {"id": "$task.id"}, like="task"),
        Step("list-tasks", {"limit": 40}, like="task"),
        Step("list-project-tasks", {"project_id": "$project.id"}, like="task"),
        Step("update-task", {"id": "$task.id", "title": "Measure twice", "complete": True}, keep="task"),
        Step("get-task", {"id": "$task.id"}, like="task", holds={"description": "Shelf by shelf."}),
        Step("delete-task", {"id": "$task.id"}),
        Step("get-task", {"id": "$task.id"}, error="not_found"),
        Step("list-project-tasks", {"project_id": "$project.id"}, holds={"items": []}),
        Step(
            "create-hours-entry",
            {"project_id": "$project.id", "hours": 2.5, "title": "Plans", "description": "Two of them.", "date": "2026-02-27"},
            keep="entry",
            holds={"rate": 90.5, "cost": 226.25, "billed": False},
        ),
        Step("get-hours-entry", {"id": "$entry.id"}, like="entry", holds={"project_id": "$project.id"}),
        Step("list-hours", {"project_id": "$project.id", "filter": "unbilled"}, like="entry"),
        Step("list-hours", {"project_id": "$project.id", "filter": "billed"}, gone="entry"),
        Step("update-hours-entry", {"id": "$entry.id", "hours": 3, "date": "2026-02-28"}, keep="entry"),
        Step("list-hours", {"project_id": "$project.id"}, like="entry", holds={"items[0].cost": 271.5}),
        Step("get-project", {"id": "$project.id"}, holds={"worked_hours": 3, "unbilled_hours": 3}),
        Step("delete-hours-entry", {"id": "$entry.id"}),
        Step("get-hours-entry", {"id": "$entry.id"}, error="not_found"),
        Step("update-project", {"id": "$project.id", "name": "Night shop II", "status": 2}, keep="project"),
        Step("list-projects", gone="project"),
        Step("list-projects", {"filter": "all"}, like="project"),
        Step("delete-project", {"id": "$project.id"}),
        Step("get-project", {"id": "$project.id"}, error="not_found"),
        Step("list-client-projects", {"client_id": "$client.id", "filter": "all"}, holds={"items": []}),
    ],
)
EXPENSES = Scene(
    "an expense of a project",
    [
        CLIENT,
        PROJECT,
        Step(
            "create-expense",
            {
                "amount": 129.95,
                "description": "Photographs",
                "incurred_on": "2026-02-03",
                "client_id": "$client.id",
                "project_id": "$project.id",
            },
            keep="expense",
        ),
        Step("get-expense", {"id": "$expense.id"}, like="expense"),
        Step("list-expenses", {"from_date": "2026-02-01", "to_date": "2026-02-28"}, like="expense"),
        Step("list-expenses", {"from_date": "2026-02-04", "to_date": "2026-02-28"}, gone="expense"),
        Step("list-client-expenses", {"client_id": "$client.id"}, like="expense"),
        Step("list-project-expenses", {"project_id": "$project.id"}, like="expense"),
        Step("update-expense", {"id": "$expense.id", "amount": 99, "incurred_on": "2025-12-31"}, keep="expense"),
        Step("list-client-expenses", {"client_id": "$client.id"}, gone="expense"),
        Step(
            "list-project-expenses",
            {"project_id": "$project.id", "from_date": "2025-12-01", "to_date": "2025-12-31"},
            like="expense",
        ),
        Step("delete-expense", {"id": "$expense.id"}),
        Step("get-expense", {"id": "$expense.id"}, error="not_found"),
    ],
)
ESTIMATES = Scene(
    "an estimate is written, changed, sent and deleted",
    [
        CLIENT,
        Step(
            "create-estimate",
            {**PAPER, **TAXES, "status": 0, "estimate_items_attributes": LINES},
            keep="estimate",
            holds={"subtotal": 249.9, "total_cost": TOTAL},
        ),
        Step("get-estimate", {"id": "$estimate.id"}, like="estimate"),
        Step("list-estimates", like="estimate"),
        Step("list-client-estimates", {"client_id": "$client.id"}, like="estimate"),
        Step(
            "update-estimate",
            {
                "id": "$estimate.id",
                "title": "March",
                "compound_tax": False,
                "estimate_items_attributes": [
                    {"id": "$estimate.estimate_items[0].id", "quantity": 3},
                    {"id": "$estimate.estimate_items[1].id", "_destroy": True},
                ],
            },
            keep="estimate",
            holds={"title": "March", "subtotal": 240, "total_cost": 294, "estimate_items[0].title": "Design"},
        ),
        Step(
            "send-estimate",
            {
                "id": "$estimate.id",
                "recipients": ["ines@harborlane.example"],
                "subject": "Our estimate",
                "message": "As we said.",
                "send_copy": True,
                "attach_pdf": True,
            },
        ),
        Step("get-estimate", {"id": "$estimate.id"}, holds={"status": 1, "recipients": ["ines@harborlane.example"]}),
        Step("update-estimate", {"id": "$estimate.id", "status": 6}, keep="estimate"),
        Step("delete-estimate", {"id": "$estimate.id"}),
        Step("get-estimate", {"id": "$estimate.id"}, error="not_found"),
        Step("list-project-estimates", {"project_id": 1}, gone="estimate"),
    ],
)
INVOICES = Scene(
    "an invoice is written, sent, paid twice, and deleted",
    [
        CLIENT,
        INVOICE,
        Step("get-invoice", {"id": "$invoice.id"}, like="invoice"),
        Step("list-invoices", {"updated_since": TODAY}, like="invoice"),
        Step("list-client-invoices", {"client_id": "$client.id"}, like="invoice", holds={"total": 1}),
        # What is seeded has an invoice of this project.
        Step("list-project-invoices", {"project_id": 1}, gone="invoice", holds={"total": 1, "items[0].associated_project_id": 1}),
        Step("create-invoice", {**INVOICE.given, "title": "Twin"}, error="invalid_input"),
        Step(
            "update-invoice",
            {
                "id": "$invoice.id",
                "due_date": "2026-03-10",
                "tax2": 0,
                "tax3": 0,
                "invoice_items_attributes": [
                    {"id": "$invoice.invoice_items[1].id", "_destroy": True},
                    {"title": "Hosting", "quantity": 12, "price": 10, "taxable": False},
                ],
            },
            keep="invoice",
            holds={
                "subtotal": 320,
                "total_cost": 358,
                "invoice_items[0].title": "Design",
                "invoice_items[1].title": "Hosting",
                "invoice_items[1].quantity": 12,
                "invoice_items[1].price": 10,
                "invoice_items[1].taxable": False,
            },
        ),
        Step("send-invoice", {"id": "$invoice.id", "recipients": ["ines@harborlane.example"], "subject": "Invoice"}),
        Step("get-invoice", {"id": "$invoice.id"}, holds={"status": 1, "due_date": "2026/03/10", "note": "Thank you."}),
        Step("create-payment", {"invoice_id": "$invoice.id", "amount": 100, "note": "By bank"}, keep="first"),
        Step("list-payments", like="first"),
        Step("get-invoice", {"id": "$invoice.id"}, holds={"balance": 258, "total_payments": 100, "payments[0].note": "By bank"}),
        Step("create-payment", {"invoice_id": "$invoice.id", "amount": 259}, error="invalid_input"),
        Step("create-payment", {"invoice_id": "$invoice.id", "amount": 258}, keep="second"),
        Step("get-invoice", {"id": "$invoice.id"}, holds={"balance": 0, "status": 4}),
        Step("delete-payment", {"invoice_id": "$invoice.id", "id": "$second.id"}),
        Step("list-payments", {"sort": "created_at"}, gone="second"),
        Step("get-invoice", {"id": "$invoice.id"}, holds={"balance": 258, "status": 1}),
        Step("delete-invoice", {"id": "$invoice.id"}),
        Step("get-invoice", {"id": "$invoice.id"}, error="not_found"),
        Step("list-client-invoices", {"client_id": "$client.id"}, holds={"items": []}),
    ],
)
CARD = Step(
    "create-payment-profile",
    {
        "client_id": "$client.id",
        "stripe_customer_id": "cus_900",
        "stripe_source_id": "card_900",
        "last_four_digits": "4242",
        "name": "Ines Okafor",
        "expiration_date": "2028-01-31",
        "card_type": "Visa",
        "address": "Pier 4",
        "city": "Portland",
        "zip": "97201",
        "state": "OR",
        "country": "US",
    },
    keep="card",
    holds={"client_id": "$client.id", "gateway": "stripe"},
)
CARDS = Scene(
    "a card on file pays an invoice",
    [
        CLIENT,
        INVOICE,
        CARD,
        Step("list-payment-profiles", {"client_id": "$client.id"}, like="card"),
        Step(
            "charge-payment-profile",
            {"invoice_id": "$invoice.id", "payment_profile_id": "$card.id"},
            keep="charge",
            holds={"amount": TOTAL, "transaction_id": lambda text: text.startswith("ch_")},
        ),
        Step("get-invoice", {"id": "$invoice.id"}, holds={"balance": 0, "status": 4}),
        Step("charge-payment-profile", {"invoice_id": "$invoice.id", "payment_profile_id": "$card.id"}, error="invalid_input"),
        Step("delete-payment-profile", {"client_id": "$client.id", "id": "$card.id"}),
        Step("list-payment-profiles", {"client_id": "$client.id"}, holds={"items": []}),
        Step("delete-payment-profile", {"client_id": "$client.id", "id": "$card.id"}, error="not_found"),
    ],
)
RECURRING = Scene(
    "a schedule makes an invoice by itself",
    [
        CLIENT,
        CARD,
        Step(
            "create-recurring",
            {
                "client_id": "$client.id",
                "next_date": TODAY,
                "due_period": 10,
                "currency_code": "EUR",
                "time_interval": 5,
                "action": 1,
                "payment_profile_id": "$card.id",
                "unlimited": False,
                "occurrences_remaining": 3,
                "status": 0,
                "number": "S-9",
                "title": "Care plan",
                "summary": "Monthly care",
                "note": "Stops in May.",
                "po": "PO-6",
                **TAXES,
                "recurring_schedule_items_attributes": [{"title": "Care", "quantity": 1, "price": 49.99}],
            },
            keep="schedule",
            holds={"subtotal": 49.99},
        ),
        # It was due at once.
        Step(
            "list-recurring-invoices",
            {"id": "$schedule.id"},
            keep="made",
            holds={"total": 1, "items[0].title": "Care plan", "items[0].client_id": "$client.id", "items[0].subtotal": 49.99},
        ),
        Step(
            "get-invoice", {"id": "$made.items[0].id"}, holds={"recurring_schedules[0].id": "$schedule.id", "date": "2026/03/02"}
        ),
        Step(
            "get-recurring",
            {"id": "$schedule.id"},
            holds={"occurrences_remaining": 2, "next_date": "2026-04-02", "title": "Care plan", "action": 1, "po": "PO-6"},
        ),
        Step(
            "update-recurring",
            {
                "id": "$schedule.id",
                "next_date": "2026-05-01",
                "occurrences_remaining": 5,
                "action": 2,
                "recurring_schedule_items_attributes": [{"id": "$schedule.recurring_schedule_items[0].id", "price": 59}],
            },
            keep="schedule",
            holds={"subtotal": 59, "recurring_schedule_items[0].title": "Care"},
        ),
        Step("list-recurring", like="schedule"),
        Step("update-recurring", {"id": "$schedule.id", "status": 1}, keep="schedule"),
        Step("get-recurring", {"id": "$schedule.id"}, like="schedule"),
        Step("delete-recurring", {"id": "$schedule.id"}),
        Step("get-recurring", {"id": "$schedule.id"}, error="not_found"),
    ],
)
CASCADE = Scene(
    "a client that goes takes what it had",
    [
        CLIENT,
        PROJECT,
        INVOICE,
        Step("delete-client", {"id": "$client.id"}),
        Step("get-project", {"id": "$project.id"}, error="not_found"),
        Step("get-invoice", {"id": "$invoice.id"}, error="not_found"),
        Step("create-payment", {"invoice_id": "$invoice.id", "amount": 1}, error="not_found"),
    ],
)

SCRIPT = Script(
    scenes=(CLIENTS, LEADS, CONTACTS, STAFF, PROJECTS, EXPENSES, ESTIMATES, INVOICES, CARDS, RECURRING, CASCADE),
    renamed={
        "create-estimate:estimate_items_attributes": "estimate_items",
        "create-invoice:invoice_items_attributes": "invoice_items",
        "create-recurring:recurring_schedule_items_attributes": "recurring_schedule_items",
        "create-project:client_id": "client",
        "stripe_source_id": "gateway_token",
    },
    unsaid=frozenset(
        {
            # A card's number is nobody's to read.
            "stripe_customer_id",
            "last_four_digits",
            "card_type",
            "charge-payment-profile:payment_profile_id",
            # Lines that are changed in part, or go: what is left of them is looked at where it is done.
            "update-estimate:estimate_items_attributes",
            "update-invoice:invoice_items_attributes",
            "update-recurring:recurring_schedule_items_attributes",
        }
    ),
)
