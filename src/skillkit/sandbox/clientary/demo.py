"""A small believable agency, all of it fictional; its dates lie around today."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from skillkit.sandbox.clientary import money, papers, people, recurring, work
from skillkit.sandbox.clientary.call import Call
from skillkit.sandbox.state import State
from skillkit.sandbox.vendor import Settings

TOKEN = "demo-clientary-token"  # noqa: S105 - it opens a sandbox and nothing else
OWNER = 1


def staff(state: State) -> None:
    """Keep the staff; the first one is whose token it is."""
    rows = (
        ("Nora Lindqvist", "nora@fjordpine.example", "Owner"),
        ("Tomás Abreu", "tomas@fjordpine.example", "Designer"),
        ("Wei Han", "wei@fjordpine.example", "Developer"),
    )
    for number, (name, email, title) in enumerate(rows, OWNER):
        state.put(
            "staff",
            str(number),
            {"id": number, "name": name, "email": email, "title": title, **dict.fromkeys(("phone", "ext", "mobile", "avatar"))},
        )


def seed(state: State) -> None:
    """Fill an empty state."""
    staff(state)
    now = time.time()
    settings = Settings(now=lambda: now)

    def make(handler: Callable[[Call], Any], wrapper: str, fields: dict[str, Any], **ids: int) -> int:
        named = {name: str(value) for name, value in ids.items()}
        return int(handler(Call(state, settings, OWNER, named, body={wrapper: fields}))["id"])

    def day(offset: int) -> str:
        return (Call(state, settings, OWNER).today() + timedelta(days=offset)).isoformat()

    clients = _people(make)
    projects = _projects(make, clients, day)
    # What the first invoice is for.
    for row in state.rows("hours")[:2]:
        state.put("hours", str(row["id"]), {**row, "billed": True})
    _billing(make, clients, projects, day)


Make = Callable[..., int]
Day = Callable[[int], str]


def _people(make: Make) -> list[int]:
    rows = (
        ("Harbor Lane Books", "HLB", "Portland", "Ines Okafor", "ines@harborlane.example"),
        ("Quietwater Spa", "QWS", "Duluth", "Pete Salonen", "pete@quietwater.example"),
        ("Alder & Finch Architects", "AFA", "Seattle", "Ruth Finch", "ruth@alderfinch.example"),
    )
    clients = []
    for name, number, city, contact, email in rows:
        clients.append(make(people.create_client, "client", {"name": name, "number": number, "city": city, "country": "US"}))
        make(people.create_contact, "client_user", {"name": contact, "email": email}, client_id=clients[-1])
    lead = make(people.create_lead, "lead", {"name": "Bramble Bikes", "city": "Bend"})
    make(people.create_contact, "client_user", {"name": "Jo Bramble", "email": "jo@bramblebikes.example"}, client_id=lead)
    return clients


def _projects(make: Make, clients: list[int], day: Day) -> list[int]:
    shop = {"name": "Online shop", "number": "P-01", "rate": 95, "client_id": clients[0], "start_date": day(-60)}
    booking = {"name": "Booking page", "number": "P-02", "rate": 4200, "client_id": clients[1], "project_type": 2}
    website = {"name": "Old website", "number": "P-03", "rate": 80, "client_id": clients[2], "status": 2, "end_date": day(-90)}
    projects = [make(work.create_project, "project", one) for one in (shop, booking, website)]
    for offset, hours, title in ((-12, 6, "Product pages"), (-11, "4.5", "Cart"), (-2, 3, "Payment tests")):
        make(work.create_hours, "project_item", {"hours": hours, "title": title, "date": day(offset)}, project_id=projects[0])
    for title, offset in (("Write the size guide", 3), ("Check the shipping rates", 7)):
        make(work.create_task, "task", {"title": title, "project_id": projects[0], "assignee_id": 2, "due_date": day(offset)})
    make(
        work.create_expense,
        "expense",
        {"amount": "129.00", "description": "Photo stock", "project_id": projects[0], "client_id": clients[0]},
    )
    return projects


def _billing(make: Make, clients: list[int], projects: list[int], day: Day) -> None:
    def invoice(client: int, start: int, items: list[dict[str, Any]], **more: Any) -> int:
        dates = {"date": day(start), "due_date": day(start + 14), "currency_code": "USD", "client_id": client}
        return make(papers.create(papers.INVOICE), "invoice", {**dates, "invoice_items_attributes": items, **more})

    invoice(
        clients[0], -30, [{"title": "Product pages and cart", "quantity": "10.5", "price": 95}], status=1, project_id=projects[0]
    )
    invoice(
        clients[1],
        -5,
        [{"title": "First half, booking page", "quantity": 1, "price": 2100}],
        status=1,
        tax="8.25",
        tax_label="Sales tax",
    )
    paid = invoice(clients[2], -100, [{"title": "Hosting, one year", "quantity": 12, "price": "24.90"}], status=1)
    make(money.create_payment, "payment", {"amount": "298.80", "note": "Bank transfer", "received_on": day(-92)}, invoice_id=paid)
    items = [{"title": "Workshop", "quantity": 2, "price": 800}, {"title": "Prototype", "quantity": 1, "price": 3500}]
    offer = {"date": day(-3), "currency_code": "USD", "client_id": clients[0], "title": "Shop, second step"}
    make(papers.create(papers.ESTIMATE), "estimate", {**offer, "estimate_items_attributes": items})
    care = {"client_id": clients[2], "next_date": day(20), "due_period": 10, "currency_code": "USD", "time_interval": 5}
    care |= {"title": "Care plan", recurring.ITEMS: [{"title": "Care plan, one month", "quantity": 1, "price": "49.99"}]}
    make(recurring.create_schedule, "recurring_schedule", care)
