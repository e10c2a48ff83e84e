"""Recurring schedules, and the invoices that they make when their day has come."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import Final

from skillkit.sandbox.clientary import removal, shape, view
from skillkit.sandbox.clientary.call import Call, Document, invalid
from skillkit.sandbox.clientary.listing import paged
from skillkit.sandbox.clientary.money import charge
from skillkit.sandbox.clientary.papers import DRAFT, INVOICE, RATES, SENT, TAXES, add, changed_items
from skillkit.sandbox.clientary.shape import Shape, accepted
from skillkit.sandbox.clientary.sums import decimal, summed
from skillkit.sandbox.clientary.work import check_known

ITEMS: Final = "recurring_schedule_items_attributes"
ACTIVE, STOPPED = 0, 2
DRAFTED, CHARGED = 1, 2

# By time_interval: days, or whole months.
DAYS: Final = {1: 7, 2: 14, 3: 15, 4: 28}
MONTHS: Final = {5: 1, 6: 2, 7: 3, 8: 6, 9: 12, 10: 24, 11: 4}

SCHEDULE: Final[Shape] = {
    "client_id": shape.whole,
    "next_date": shape.day,
    "due_period": shape.whole,
    "currency_code": shape.currency,
    "time_interval": shape.one_of(*DAYS, *MONTHS),
    "number": shape.text,
    "title": shape.text,
    "note": shape.text,
    "po": shape.text,
    "summary": shape.text,
    "status": shape.one_of(0, 1, 2),
    "action": shape.one_of(0, 1, 2),
    "unlimited": shape.flag,
    "occurrences_remaining": shape.whole,
    "payment_profile_id": shape.whole,
    **TAXES,
    ITEMS: shape.anything,
}
REQUIRED: Final = ("client_id", "next_date", "due_period", "currency_code", "time_interval")


def list_schedules(call: Call) -> Document:
    return paged(call, "recurring", call.state.rows("recurring"), 30, _schedule)


def show_schedule(call: Call) -> Document:
    return _schedule(call, call.record("recurring"))


def create_schedule(call: Call) -> Document:
    given = accepted(call, "recurring_schedule", SCHEDULE, REQUIRED)
    items = given.pop(ITEMS)
    given["items"] = changed_items(call, ITEMS, [] if items is None else items, [])
    # CHOICE: schedules are unlimited unless it is said
    endless = given["occurrences_remaining"] is None if given["unlimited"] is None else given["unlimited"]
    filled = {name: given[name] or 0 for name in ("status", "action")}
    number = given["number"] or str(call.state.next("schedules", 1_000_001))
    whole = {**given, **filled, "unlimited": endless, "number": number, "compound_tax": bool(given["compound_tax"])}
    _check(call, whole)
    return _schedule(call, call.create("recurring", whole))


def update_schedule(call: Call) -> Document:
    known = call.record("recurring")
    given = accepted(call, "recurring_schedule", SCHEDULE, (*REQUIRED, "status", "action", "unlimited", "number"), change=True)
    items = given.pop(ITEMS, None)
    if items is not None:
        given["items"] = changed_items(call, ITEMS, items, known["items"])
    whole = {**known, **given}
    _check(call, whole)
    return _schedule(call, call.update("recurring", whole))


def delete_schedule(call: Call) -> None:
    removal.recurring(call, call.record("recurring"))


def _check(call: Call, whole: Document) -> None:
    check_known(call, {"client_id": whole["client_id"]})
    for name in ("due_period", "occurrences_remaining"):
        if whole[name] is not None and not 0 <= whole[name] <= 10_000:
            raise invalid(name, "must be between 0 and 10000")
    if not whole["unlimited"] and whole["occurrences_remaining"] is None:
        raise invalid("occurrences_remaining", "can't be blank unless unlimited")
    profile = call.find("payment_profiles", whole["payment_profile_id"])
    if whole["payment_profile_id"] is not None and (not profile or profile["client_id"] != whole["client_id"]):
        raise invalid("payment_profile_id", "is not a payment profile of this client")
    if whole["action"] == CHARGED and not profile:
        raise invalid("payment_profile_id", "can't be blank for autobill")


def _schedule(call: Call, document: Document) -> Document:
    compound = bool(document["compound_tax"])
    rates = [document[rate] for rate in RATES]
    sums = summed(document["items"], rates, compound=compound)
    shown = view.rates(document, RATES)
    items = [_item(document, item, float(sum(summed([item], rates, compound=compound).taxes))) for item in document["items"]]
    rest = {name: value for name, value in shown.items() if name not in {"items", "created_at"}}
    return {
        **rest,
        # The one kind of record whose moments were seen with an offset.
        "updated_at": document["updated_at"].replace("Z", "+00:00"),
        "client": view.client(call, document["client_id"]),
        "subtotal": float(sums.subtotal),
        "total_cost": float(sums.total),
        "recurring_schedule_items": items,
    }


def _item(document: Document, item: Document, tax: float) -> Document:
    flags = dict.fromkeys(("taxable?", "secondary_tax?", "tertiary_tax?"), item["taxable"])
    kept = {"id": item["id"], "recurring_schedule_id": document["id"], "item_type": 1, "title": item["title"]}
    return {**kept, "price": item["price"], "quantity": float(decimal(item["quantity"])), **flags, "total_tax": tax}


def make_due(call: Call) -> None:
    """Make the invoices of all schedules whose day has come."""
    today = call.today()
    for row in call.rows("recurring", status=ACTIVE):
        if row["next_date"] <= today.isoformat() and (row["unlimited"] or row["occurrences_remaining"]):
            _make(call, row, today)


def _make(call: Call, schedule: Document, today: date) -> None:
    """Make one invoice; the occurrences that nobody was here for are not made up."""
    due = (today + timedelta(days=schedule["due_period"])).isoformat()
    names = ("client_id", "currency_code", "title", "note", "po", "summary", *TAXES)
    given = {name: schedule[name] for name in names} | {"project_id": None, "number": None, "recurring_id": schedule["id"]}
    given |= {"date": today.isoformat(), "due_date": due, "status": DRAFT if schedule["action"] == DRAFTED else SENT}
    invoice = add(call, INVOICE, {**given, "items": schedule["items"]})
    if schedule["action"] == CHARGED and schedule["payment_profile_id"] is not None and decimal(invoice["balance"]) > 0:
        charge(call, invoice)
    left = schedule["occurrences_remaining"]
    left = left if schedule["unlimited"] or left is None else left - 1
    status = STOPPED if not schedule["unlimited"] and not left else ACTIVE
    coming = _after(date.fromisoformat(schedule["next_date"]), schedule["time_interval"], today)
    call.update("recurring", {**schedule, "next_date": coming.isoformat(), "occurrences_remaining": left, "status": status})


def _after(start: date, interval: int, today: date) -> date:
    """Return the first day of a schedule that is later than today."""
    if interval in DAYS:
        missed = (today - start).days // DAYS[interval]
        return start + timedelta(days=DAYS[interval] * (missed + 1))
    steps = 1
    while (coming := _months(start, steps * MONTHS[interval])) <= today:
        steps += 1
    return coming


def _months(start: date, count: int) -> date:
    """
    Return the same day some months on; where a month has no such day, its last.

    >>> _months(date(2024, 1, 31), 1)
    datetime.date(2024, 2, 29)
    """
    year, month = divmod(start.year * 12 + start.month - 1 + count, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))
