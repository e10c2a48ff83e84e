"""Projects, their tasks and hours, and expenses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from skillkit.sandbox.clientary import removal, shape, view
from skillkit.sandbox.clientary.call import Call, Document, invalid
from skillkit.sandbox.clientary.listing import chosen, day, paged
from skillkit.sandbox.clientary.people import check_unique
from skillkit.sandbox.clientary.shape import Shape, accepted
from skillkit.sandbox.clientary.sums import NOTHING, cents, decimal

PROJECT: Final[Shape] = {
    "name": shape.text,
    "rate": shape.number,
    "number": shape.text,
    "description": shape.text,
    "client_id": shape.whole,
    "status": shape.one_of(1, 2, 4),
    "project_type": shape.one_of(0, 2),
    "budget_type": shape.one_of(0, 1),
    "budget": shape.number,
    "currency_code": shape.currency,
    "start_date": shape.day,
    "end_date": shape.day,
}
TASK: Final[Shape] = {
    "title": shape.text,
    "description": shape.text,
    "project_id": shape.whole,
    "client_id": shape.whole,
    "assignee_id": shape.whole,
    "due_date": shape.day,
}
# The documents say `completed` where they update a task, and `complete` where they show one: both are taken.
CHANGED_TASK: Final[Shape] = {**TASK, "complete": shape.flag, "completed": shape.flag}
HOURS: Final[Shape] = {"hours": shape.positive, "title": shape.text, "description": shape.text, "date": shape.day}
EXPENSE: Final[Shape] = {
    "amount": shape.number,
    "description": shape.text,
    "incurred_on": shape.day,
    "client_id": shape.whole,
    "project_id": shape.whole,
    "invoice_id": shape.whole,
}

# By its name in other records, the table in which a record must be.
TABLES: Final = {"client_id": "clients", "project_id": "projects", "invoice_id": "invoices", "assignee_id": "staff"}

FIXED: Final = 2
CLOSED: Final = 2


def check_known(call: Call, given: Document) -> None:
    """Refuse the id of a record that is not there."""
    for name in TABLES.keys() & given.keys():
        if given[name] is not None and not call.find(TABLES[name], given[name]):
            raise invalid(name, "does not exist")


def list_projects(call: Call) -> Document:
    return paged(call, "projects", _open(call, call.state.rows("projects")), 10, project)


def list_client_projects(call: Call) -> Document:
    owner = call.record("clients", id="client_id")
    return paged(call, "projects", _open(call, call.rows("projects", client_id=owner["id"])), 10, project)


def _open(call: Call, rows: list[Document]) -> list[Document]:
    everything = chosen(call, "filter", {"all": True}, default=False)
    return [row for row in rows if everything or row["status"] != CLOSED]


def show_project(call: Call) -> Document:
    return project(call, call.record("projects"))


def create_project(call: Call) -> Document:
    given = accepted(call, "project", PROJECT, ("name", "rate"))
    check_known(call, given)
    check_unique(call, "projects", given)
    filled = {
        "status": given["status"] or 1,
        "project_type": given["project_type"] or 0,
        "budget_type": given["budget_type"] or 0,
    }
    filled["currency_code"] = given["currency_code"] or "USD"
    return project(call, call.create("projects", {**given, **filled}))


def update_project(call: Call) -> Document:
    known = call.record("projects")
    required = ("name", "rate", "status", "project_type", "budget_type", "currency_code")
    given = accepted(call, "project", PROJECT, required, change=True)
    check_known(call, given)
    check_unique(call, "projects", given, known["id"])
    return project(call, call.update("projects", {**known, **given}))


def delete_project(call: Call) -> None:
    removal.project(call, call.record("projects"))


def project(call: Call, document: Document) -> Document:
    """Return a project as it is answered: with what was worked on it."""
    hours = call.rows("hours", project_id=document["id"])
    tasks = call.rows("tasks", project_id=document["id"])
    worked = sum((decimal(row["hours"]) for row in hours), NOTHING)
    unbilled = sum((decimal(row["hours"]) for row in hours if not row["billed"]), NOTHING)
    # CHOICE: what a project costs
    fixed = document["project_type"] == FIXED
    rate = decimal(document["rate"])
    spent = rate if fixed else cents(worked * rate)
    shown = view.numbers(document, ("rate", "budget"))
    del shown["client_id"]
    return {
        **shown,
        "client": view.client(call, document["client_id"]),
        "cost": float(spent),
        "worked_hours": float(worked),
        "unbilled_hours": float(unbilled),
        "unbilled_amount": float(NOTHING if fixed else cents(unbilled * rate)),
        "billed_percentage": float(cents((worked - unbilled) / worked * 100)) if worked else 0.0,
        "budget_enabled": document["budget"] is not None,
        "budget_percentage": _share(document, worked, spent),
        "tasks_count": len(tasks),
        "todo_tasks_count": sum(not row["complete"] for row in tasks),
    }


def _share(document: Document, worked: Decimal, spent: Decimal) -> float:
    budget = decimal(document["budget"])
    return float(cents((spent if document["budget_type"] else worked) / budget * 100)) if budget else 0.0


def list_tasks(call: Call) -> Document:
    return paged(call, "tasks", call.state.rows("tasks"), 50, _task)


def list_project_tasks(call: Call) -> Document:
    owner = call.record("projects", id="project_id")
    return paged(call, "tasks", call.rows("tasks", project_id=owner["id"]), 50, _task)


def show_task(call: Call) -> Document:
    return _task(call, call.record("tasks"))


def create_task(call: Call) -> Document:
    given = _placed(call, accepted(call, "task", TASK, ("title",)))
    return _task(call, call.create("tasks", {**given, "complete": False, "completed_at": None, "user_id": call.user}))


def update_task(call: Call) -> None:
    """Change a task; the answer to it is empty."""
    known = call.record("tasks")
    given = accepted(call, "task", CHANGED_TASK, ("title", "complete", "completed"), change=True)
    done = given.pop("completed", given.get("complete", known["complete"]))
    when = (known["completed_at"] or call.stamp()) if done else None
    call.update("tasks", {**known, **_placed(call, given), "complete": done, "completed_at": when})


def _placed(call: Call, given: Document) -> Document:
    """Return a task with the client of its project, where it has one."""
    check_known(call, given)
    owner = call.find("projects", given.get("project_id"))
    return {**given, "client_id": owner["client_id"]} if owner and not given.get("client_id") else given


def delete_task(call: Call) -> None:
    call.remove("tasks", call.record("tasks"))


def _task(_call: Call, document: Document) -> Document:
    extras: dict[str, Any] = {"start_date": None, "total_hours": 0.0, "total_cost": 0.0, "budget": None, "budget_type": 0}
    return {**document, **extras, "task_group_id": None, "is_template_task": False, "comments": []}


def list_hours(call: Call) -> Document:
    owner = call.record("projects", id="project_id")
    billed = chosen(call, "filter", {"billed": True, "unbilled": False}, None)
    rows = call.rows("hours", project_id=owner["id"])
    return {"hours": [_entry(row) for row in rows if billed in {None, row["billed"]}]}


def show_hours(call: Call) -> Document:
    return _entry(call.record("hours"))


def create_hours(call: Call) -> Document:
    owner = call.record("projects", id="project_id")
    given = accepted(call, "project_item", HOURS, ("hours", "title"))
    given["date"] = given["date"] or call.today().isoformat()
    # A fixed price is the project's, not an hour's.
    rate = "0" if owner["project_type"] == FIXED else owner["rate"]
    entry = {"project_id": owner["id"], "user_id": call.user, **given, "rate": rate, "billed": False}
    return _entry(call.create("hours", entry))


def update_hours(call: Call) -> Document:
    known = call.record("hours")
    given = accepted(call, "project_item", HOURS, ("hours", "title", "date"), change=True)
    return _entry(call.update("hours", {**known, **given}))


def delete_hours(call: Call) -> None:
    call.remove("hours", call.record("hours"))


def _entry(document: Document) -> Document:
    cost = cents(decimal(document["hours"]) * decimal(document["rate"]))
    shown = view.slashed(view.numbers(document, ("hours", "rate")), ("date",))
    names = ("id", "project_id", "user_id", "title", "description", "date", "hours", "rate")
    return {**{name: shown[name] for name in names}, "cost": float(cost), "billed?": document["billed"]}


def list_expenses(call: Call) -> Document:
    return _spent(call, call.state.rows("expenses"))


def list_client_expenses(call: Call) -> Document:
    return _spent(call, call.rows("expenses", client_id=call.record("clients", id="client_id")["id"]))


def list_project_expenses(call: Call) -> Document:
    return _spent(call, call.rows("expenses", project_id=call.record("projects", id="project_id")["id"]))


def _spent(call: Call, rows: list[Document]) -> Document:
    # CHOICE: fiscal year
    year = call.today().year
    start, end = day(call, "from_date", f"{year}-01-01"), day(call, "to_date", f"{year}-12-31")
    found = [_expense(row) for row in rows if start <= row["incurred_on"] <= end]
    return {
        "total_count": len(found),
        **view.slashed({"from_date": start, "to_date": end}, ("from_date", "to_date")),
        "expenses": found,
    }


def show_expense(call: Call) -> Document:
    return _expense(call.record("expenses"))


def create_expense(call: Call) -> Document:
    given = accepted(call, "expense", EXPENSE, ("amount",))
    check_known(call, given)
    given["incurred_on"] = given["incurred_on"] or call.today().isoformat()
    return _expense(call.create("expenses", {**given, "invoice_item_id": None, "user_id": call.user}))


def update_expense(call: Call) -> Document:
    known = call.record("expenses")
    given = accepted(call, "expense", EXPENSE, ("amount", "incurred_on"), change=True)
    check_known(call, given)
    return _expense(call.update("expenses", {**known, **given}))


def delete_expense(call: Call) -> None:
    call.remove("expenses", call.record("expenses"))


def _expense(document: Document) -> Document:
    return view.slashed(view.numbers(document, ("amount",)), ("incurred_on",))
