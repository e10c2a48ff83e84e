from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillkit.sandbox import clientary
from skillkit.sandbox.clientary.app import VENDOR
from skillkit.sandbox.clientary.operations import OPERATIONS
from skillkit.sandbox.state import State
from skillkit.sandbox.vendor import Settings
from tests.asgi import Caller, basic

TOKEN = VENDOR.credential["token"]
TODAY = "2026-03-31"
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC).timestamp()
DAY = 86_400


class Clock:
    def __init__(self):
        self.time = NOON

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


def caller(clock=Clock(), state=None, **options):  # noqa: B008 - a clock that nobody moves
    app = VENDOR.app(state or State(), Settings(clock, options))
    return Caller(app, VENDOR.prefix, {"authorization": basic(TOKEN, TOKEN), "accept": "application/json"})


@pytest.fixture
def call(clock):
    return caller(clock)


def make(call, path, wrapper, /, **fields):
    """Create a record and return it."""
    answer = call("POST", path, {wrapper: fields})
    assert answer.status == 201, answer.body
    return answer.json


def client(call, name="Harbor Lane Books", **fields):
    return make(call, "/clients", "client", name=name, **fields)


def project(call, **fields):
    return make(call, "/projects", "project", **{"name": "Shop", "rate": 95, **fields})


def invoice(call, *items, **fields):
    dates = {"date": "2026-03-01", "due_date": "2026-03-15", "currency_code": "USD"}
    lines = [{"title": "Work", "quantity": quantity, "price": price, **more} for quantity, price, more in items]
    return make(call, "/invoices", "invoice", **{**dates, "invoice_items_attributes": lines, **fields})


def schedule(call, owner, **fields):
    said = {"client_id": owner, "next_date": "2026-04-16", "due_period": 10, "currency_code": "USD", "time_interval": 5}
    lines = [{"title": "Care", "quantity": 1, "price": "49.99"}]
    return make(call, "/recurring", "recurring_schedule", **{**said, "recurring_schedule_items_attributes": lines, **fields})


def card(call, owner):
    names = {"stripe_customer_id": "cus_1", "stripe_source_id": "card_1", "last_four_digits": "4242", "name": "I. Okafor"}
    return make(call, f"/clients/{owner}/payment_profiles", "stripe_payment_profile", **names, expiration_date="2028-01-31")


# Who may call, and what is spoken.


def test_there_are_70_operations_and_two_other_spellings():
    spellings = {("POST", "/task"), ("PUT", "/invoice/{id}")}
    rows = {(method, path) for method, path, _ in OPERATIONS}

    assert spellings < rows
    assert len(OPERATIONS) == len(rows) == 70 + len(spellings)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic !!!",
        basic(TOKEN, "x"),
        basic("x", TOKEN),
        basic(TOKEN, ""),
        basic("", ""),
        f"Bearer {TOKEN}",
        basic("é", "é"),
    ],
)
def test_a_token_is_user_name_and_password_or_it_is_refused(call, authorization):
    answer = call("GET", "/staff", authorization=authorization)

    assert (answer.status, answer.json) == (401, {"error": "HTTP Basic: Access denied."})
    assert answer.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("/staff", "application/json", 200),
        ("/staff", "text/html, application/json;q=0.5", 200),
        ("/staff.json", "*/*", 200),
        ("/staff/1.json", "text/html", 200),
        ("/staff", "*/*", 406),
        ("/staff", "text/html", 406),
    ],
)
def test_json_is_asked_for_by_a_header_or_a_suffix(call, path, accept, status):
    assert call("GET", path, accept=accept).status == status


def test_writing_works_with_the_suffix_too(call):
    assert call("POST", "/clients.json", {"client": {"name": "A"}}, accept="*/*").status == 201


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("PATCH", "/clients/1"),
        ("GET", "/payments/1"),
        ("POST", "/staff"),
        ("GET", "/hours"),
        ("GET", "/clients/x"),
    ],
)
def test_what_the_api_does_not_have_is_not_found(call, method, path):
    answer = call(method, path)

    assert (answer.status, answer.json) == (404, {"error": "Record not found"})


@pytest.mark.parametrize("name", ["1" * 5000, "-1", "1.5", "%31", "٣", "0"])
def test_an_id_that_is_none_is_not_found(call, name):
    assert call("GET", f"/clients/{name}").status == 404


def test_a_body_that_is_no_json_is_told_from_one_that_is_not_sent_as_json(call):
    assert call("POST", "/clients", content=b"{", content_type="application/json").status == 400
    assert call("POST", "/clients", content=b'{"client": {"x": NaN}}', content_type="application/json").status == 400
    assert call("POST", "/clients", content=b"[" * 100_000, content_type="application/json").status == 400
    assert call("POST", "/clients", content=b'{"client": {"name": "A"}}', content_type="text/plain").status == 415
    assert call("POST", "/clients", content=b" " * 6_000_000, content_type="application/json").status == 413
    assert call("POST", "/clients").status == 422


def test_the_option_of_a_rate_limit_says_when_to_come_again(clock):
    call = caller(clock, rate_limit="2")
    statuses = [call("GET", "/staff").status for _ in range(3)]
    refused = call("GET", "/staff")
    clock.time += int(refused.headers["retry-after"])

    assert statuses == [200, 200, 429]
    assert call("GET", "/staff").status == 200


# Bodies.

WRAPPED: list[tuple[str, str, dict[str, Any], tuple[str, ...]]] = [
    ("/clients", "client", {"name": "A"}, ("clients",)),
    ("/leads", "lead", {"name": "A"}, ("client", "leads")),
    ("/clients/{client}/contacts", "client_user", {"name": "A", "email": "a@b.example"}, ("contact", "client")),
    ("/projects", "project", {"name": "A", "rate": 1}, ("projects",)),
    ("/task", "task", {"title": "A"}, ("tasks",)),
    ("/tasks", "task", {"title": "A"}, ("todo",)),
    ("/projects/{project}/hours", "project_item", {"hours": 1, "title": "A"}, ("hour", "hours")),
    ("/expenses", "expense", {"amount": 1}, ("expenses",)),
    ("/estimates", "estimate", {"date": TODAY, "currency_code": "USD"}, ("invoice",)),
    ("/invoices", "invoice", {"date": TODAY, "due_date": TODAY, "currency_code": "USD"}, ("estimate",)),
    ("/invoices/{invoice}/payments", "payment", {"amount": 1}, ("payments",)),
    (
        "/clients/{client}/payment_profiles",
        "stripe_payment_profile",
        {
            "stripe_customer_id": "c",
            "stripe_source_id": "s",
            "last_four_digits": "4242",
            "name": "A",
            "expiration_date": "2028-01-31",
        },
        ("payment_profile", "credit_card"),
    ),
    (
        "/recurring",
        "recurring_schedule",
        {"client_id": 1, "next_date": "2026-05-01", "due_period": 1, "currency_code": "USD", "time_interval": 5},
        ("recurring",),
    ),
]
wrapped = pytest.mark.parametrize(("path", "wrapper", "fields", "others"), WRAPPED, ids=[row[0] for row in WRAPPED])


@pytest.fixture
def filled(call):
    """A caller, and the paths below records that are there."""
    ids = {"client": client(call)["id"], "project": project(call)["id"], "invoice": invoice(call, (1, 100, {}))["id"]}
    return call, lambda path: path.format(**ids)


@wrapped
def test_a_body_has_its_own_wrapper_and_nothing_beside_it(filled, path, wrapper, fields, others):
    call, at = filled

    assert call("POST", at(path), {wrapper: fields}).status == 201
    assert call("POST", at(path), fields).status == 422
    assert call("POST", at(path), {wrapper: fields, "beside": 1}).json == {"errors": {"beside": [f"stands outside of {wrapper}"]}}
    for other in others:
        answer = call("POST", at(path), {other: fields})
        assert (answer.status, list(answer.json["errors"])) == (422, [wrapper])


@wrapped
def test_what_is_required_is_missed_by_its_name(filled, path, wrapper, fields, others):
    call, at = filled

    for name in fields:
        for blank in ({}, {name: None}, {name: "  "}):
            answer = call("POST", at(path), {wrapper: {key: value for key, value in fields.items() if key != name} | blank})
            assert (answer.status, list(answer.json["errors"])) == (422, [name])


@wrapped
def test_a_field_that_cannot_be_written_is_refused(filled, path, wrapper, fields, others):
    call, at = filled
    answer = call("POST", at(path), {wrapper: {**fields, "id": 9, "total": 9}})

    assert (answer.status, sorted(answer.json["errors"])) == (422, ["id", "total"])


@wrapped
def test_what_is_answered_is_what_was_sent(filled, path, wrapper, fields, others):
    call, at = filled
    answered = call("POST", at(path), {wrapper: fields}).json
    hidden = {"stripe_customer_id", "stripe_source_id", "last_four_digits"}

    for name in fields.keys() - hidden:
        sent = fields[name]
        assert answered[name] in (sent, str(sent).replace("-", "/"))


@pytest.mark.parametrize(
    ("path", "wrapper", "fields"),
    [row[:3] for row in WRAPPED if row[1] not in {"payment", "stripe_payment_profile"} and row[0] != "/task"],
)
def test_a_change_changes_what_it_names_and_nothing_else(filled, path, wrapper, fields):
    call, at = filled
    known = call("POST", at(path), {wrapper: fields}).json
    name = next(name for name in ("description", "note", "title") if name in known)
    place = f"/{path.rpartition('/')[2]}/{known['id']}"
    call("PUT", place, {wrapper: {name: "Ça va"}})
    now = call("GET", place).json

    assert now.pop(name) == "Ça va"
    known.pop(name)
    assert now == known


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"date": "2026/03/01"}, "date"),
        ({"date": "2026-02-30"}, "date"),
        ({"date": 20260301}, "date"),
        ({"currency_code": "usd"}, "currency_code"),
        ({"client_id": "1"}, "client_id"),
        ({"client_id": 99}, "client_id"),
        ({"client_id": True}, "client_id"),
        ({"project_id": 99}, "project_id"),
        ({"tax": 101}, "tax"),
        ({"tax": "a"}, "tax"),
        ({"status": 6}, "status"),
        ({"compound_tax": "yes"}, "compound_tax"),
        ({"title": {"a": 1}}, "title"),
        ({"invoice_items_attributes": {}}, "invoice_items_attributes"),
        ({"invoice_items_attributes": [{"title": "A", "price": 1}]}, "invoice_items_attributes[0].quantity"),
        ({"invoice_items_attributes": [{"id": 5}]}, "invoice_items_attributes[0].id"),
        (
            {"invoice_items_attributes": [{"title": "A", "price": 1, "quantity": 1, "_destroy": "x"}]},
            "invoice_items_attributes[0]._destroy",
        ),
        ({"invoice_items_attributes": [{"title": "A", "price": 1e12, "quantity": 1}]}, "invoice_items_attributes[0].price"),
    ],
)
def test_a_field_that_does_not_fit_is_named(call, fields, wrong):
    said = {"date": "2026-03-01", "due_date": "2026-03-15", "currency_code": "USD", **fields}
    answer = call("POST", "/invoices", {"invoice": said})

    assert (answer.status, list(answer.json["errors"])) == (422, [wrong])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ITEMS = ("invoice_items_attributes", "estimate_items_attributes", "recurring_schedule_items_attributes")
NAMES = [
    *{name for _, _, fields, _ in WRAPPED for name in fields},
    *ITEMS,
    "id",
    "_destroy",
    "quantity",
    "price",
    "status",
    "number",
    "project_id",
]
NAMES += ["tax", "compound_tax", "recipients", "occurrences_remaining", "action", "budget", "payment_profile_id", "received_on"]
LIKELY = st.sampled_from(["2026-01-01", "0001-01-01", "9999-12-31", "USD", 0, 1, 2, 5, 11, "1.50", True, 999_999_999, "\ud800"])
LINE = st.dictionaries(st.sampled_from(["id", "_destroy", "title", "quantity", "price", "taxable"]), LIKELY | JSON)
FIELDS = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), LIKELY | JSON | st.lists(LINE, max_size=3), max_size=4)


def stocked():
    """Return a caller with one record of each kind."""
    call = caller()
    owner = client(call)["id"]
    make(call, "/leads", "lead", name="A")
    make(call, f"/clients/{owner}/contacts", "client_user", name="A", email="a@b.example")
    make(call, f"/projects/{project(call)['id']}/hours", "project_item", hours=1, title="A")
    make(call, f"/invoices/{invoice(call, (1, 100, {}))['id']}/payments", "payment", amount=1)
    schedule(call, owner, payment_profile_id=card(call, owner)["id"])
    return call


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([row[:2] for row in OPERATIONS if row[0] != "GET"]), JSON | FIELDS)
def test_no_body_makes_the_sandbox_fail(operation, body):
    call = stocked()
    method, path = operation

    assert call(method, re.sub(r"\{\w+\}", "1", path), body).status in {200, 201, 204, 404, 422}


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(WRAPPED), st.booleans(), FIELDS)
def test_no_body_that_is_nearly_right_makes_the_sandbox_fail(row, change, given_fields):
    path, wrapper, fields, _ = row
    call = stocked()
    place = re.sub(r"\{\w+\}", "1", path)
    method, place = ("PUT", f"/{place.rpartition('/')[2]}/1") if change else ("POST", place)

    assert call(method, place, {wrapper: {**fields, **given_fields}}).status in {200, 201, 204, 404, 422}
    # Whatever was kept can be shown.
    for name in ("clients", "projects", "invoices", "estimates", "recurring", "tasks", "payments", "expenses"):
        assert call("GET", f"/{name}").status == 200


# Lists.


def test_a_list_comes_in_pages_with_an_envelope(call):
    for number in range(12):
        client(call, f"Client {number:02}")
    pages = [call("GET", "/clients", query={"page": page}).json for page in (1, 2, 3)]

    assert [len(page["clients"]) for page in pages] == [10, 2, 0]
    assert {(page["page_count"], page["page_size"], page["total_count"]) for page in pages} == {(2, 10, 12)}
    assert [row["name"] for row in pages[0]["clients"]] == [f"Client {number:02}" for number in range(10)]


@pytest.mark.parametrize(
    ("path", "name", "size"),
    [
        ("/clients", "clients", 10),
        ("/leads", "leads", 20),
        ("/contacts", "contacts", 10),
        ("/clients/1/contacts", "contacts", 10),
        ("/projects", "projects", 10),
        ("/clients/1/projects", "projects", 10),
        ("/invoices", "invoices", 30),
        ("/clients/1/invoices", "invoices", 30),
        ("/projects/1/invoices", "invoices", 30),
        ("/recurring/1/invoices", "invoices", 30),
        ("/estimates", "estimates", 30),
        ("/clients/1/estimates", "estimates", 30),
        ("/projects/1/estimates", "estimates", 30),
        ("/payments", "payments", 30),
        ("/recurring", "recurring", 30),
        ("/tasks", "tasks", 50),
        ("/projects/1/tasks", "tasks", 50),
        ("/clients/1/payment_profiles", "payment_profiles", 30),
    ],
)
def test_every_paged_list_has_its_key_and_its_size(call, path, name, size):
    client(call)
    project(call)
    schedule(call, 1)
    found = call("GET", path).json

    assert list(found) == ["page_count", "page_size", "total_count", name]
    assert (found["page_count"], found["page_size"]) == (1, size)
    assert call("GET", path, query={"page_size": 2, "page": 9}).json[name] == []


@pytest.mark.parametrize(("word", "size"), [("3", 3), ("100", 100), ("101", 100), ("0", 10), ("-1", 10), ("x", 10), ("", 10)])
def test_a_page_is_as_long_as_is_asked_for_up_to_100(call, word, size):
    assert call("GET", "/contacts", query={"page_size": word}).json["page_size"] == size


def test_clients_and_leads_are_sorted_as_they_are_asked_for(call):
    for name in ("Beta", "alpha", "Gamma"):
        client(call, name)
        make(call, "/leads", "lead", name=name)

    def names(path, **query):
        return [row["name"] for row in call("GET", path, query=query).json[path[1:]]]

    assert names("/clients") == ["alpha", "Beta", "Gamma"]
    assert names("/clients", sort="date") == ["Gamma", "alpha", "Beta"]
    assert names("/leads") == ["Gamma", "alpha", "Beta"]
    assert names("/leads", sort="oldest") == ["Beta", "alpha", "Gamma"]
    assert names("/leads", sort="name") == ["alpha", "Beta", "Gamma"]
    assert call("GET", "/leads", query={"sort": "size"}).status == 422


@pytest.mark.parametrize("path", ["/clients", "/invoices"])
def test_only_what_changed_since_a_day_is_listed(call, clock, path):
    client(call)
    invoice(call)
    clock.time += 2 * DAY

    def count(day):
        return call("GET", path, query={"updated_since": day}).json["total_count"]

    assert (count("2026-03-31"), count("2026-04-01"), count("2026-03-31T00:00:00Z")) == (1, 0, 1)
    call("PUT", f"{path}/1", {path[1:-1]: {"number": "N-1"}})
    assert count("2026-04-01") == 1
    assert call("GET", path, query={"updated_since": "yesterday"}).status == 422


def test_projects_are_listed_without_the_completed_ones_unless_all_are_asked_for(call):
    owner = client(call)["id"]
    for status in (1, 2, 4):
        project(call, status=status, client_id=owner)

    for path in ("/projects", f"/clients/{owner}/projects"):
        assert [row["status"] for row in call("GET", path).json["projects"]] == [1, 4]
        assert [row["status"] for row in call("GET", path, query={"filter": "all"}).json["projects"]] == [1, 2, 4]


def test_expenses_are_listed_whole_for_this_year_or_the_days_that_are_asked_for(call):
    for day in ("2025-12-31", "2026-01-01", "2026-12-31"):
        make(call, "/expenses", "expense", amount="12.50", incurred_on=day)
    whole = call("GET", "/expenses").json
    asked = call("GET", "/expenses", query={"from_date": "2025-01-01", "to_date": "2025-12-31"}).json

    assert list(whole) == ["total_count", "from_date", "to_date", "expenses"]
    assert (whole["total_count"], whole["from_date"], whole["to_date"]) == (2, "2026/01/01", "2026/12/31")
    assert [(row["incurred_on"], row["amount"]) for row in asked["expenses"]] == [("2025/12/31", 12.5)]


def test_staff_is_listed_whole_and_cannot_be_written(call):
    (first, *_) = call("GET", "/staff").json["staff"]

    assert list(call("GET", "/staff").json) == ["staff"]
    assert call("GET", f"/staff/{first['id']}").json == first
    assert call("DELETE", f"/staff/{first['id']}").status == 404


# Clients, leads, contacts.


@pytest.mark.parametrize(
    ("path", "wrapper", "fields"), [row[:3] for row in WRAPPED if row[1] in {"client", "lead", "project", "invoice"}]
)
def test_a_number_is_taken_once_among_its_kind(call, path, wrapper, fields):
    first = make(call, path, wrapper, **fields, number="7")
    second = make(call, path, wrapper, **fields, number="8")
    taken = {"errors": {"number": ["has already been taken"]}}

    assert (again := call("POST", path, {wrapper: {**fields, "number": "7"}})).status == 422
    assert again.json == taken
    assert call("PUT", f"{path}/{second['id']}", {wrapper: {"number": "7"}}).json == taken
    assert call("PUT", f"{path}/{first['id']}", {wrapper: {"number": "7"}}).status == 200


def test_many_records_may_have_no_number(call):
    assert [client(call)["number"], client(call)["number"]] == [None, None]


@pytest.mark.parametrize(("path", "wrapper", "fields"), [row[:3] for row in WRAPPED[:3]])
def test_a_plan_that_is_full_takes_no_more(clock, path, wrapper, fields):
    call = caller(clock, plan_limit="1")
    if wrapper != "client":
        client(call)
    make(call, path.format(client=1), wrapper, **fields)

    assert call("POST", path.format(client=1), {wrapper: fields}).status == 426


def test_a_contact_belongs_to_a_client_or_to_a_lead(call):
    owner, lead = client(call), make(call, "/leads", "lead", name="Bramble Bikes")
    for one in (owner, lead):
        fresh = make(call, f"/clients/{one['id']}/contacts", "client_user", name="Jo", email="jo@b.example")
        assert (fresh["client_id"], fresh["client"]["name"]) == (one["id"], one["name"])
        assert call("GET", f"/clients/{one['id']}/contacts").json["contacts"] == [fresh]
    assert call("POST", "/clients/99/contacts", {"client_user": {"name": "Jo", "email": "jo@b.example"}}).status == 404
    assert call("GET", f"/clients/{lead['id']}").status == 404


def test_a_client_takes_everything_that_was_made_for_it_with_it(call):
    owner, other = client(call)["id"], client(call, "Other")["id"]
    for one in (owner, other):
        make(call, f"/clients/{one}/contacts", "client_user", name="Jo", email="jo@b.example")
        place = project(call, client_id=one)["id"]
        make(call, f"/projects/{place}/hours", "project_item", hours=1, title="Work")
        make(call, "/task", "task", title="Do", project_id=place)
        bill = invoice(call, (1, 100, {}), client_id=one)["id"]
        make(call, f"/invoices/{bill}/payments", "payment", amount=1)
        make(call, "/estimates", "estimate", date=TODAY, currency_code="USD", client_id=one)
        schedule(call, one, action=2, payment_profile_id=card(call, one)["id"])
    spent = make(call, "/expenses", "expense", amount=5, client_id=owner)

    gone = call("DELETE", f"/clients/{owner}")

    assert (gone.status, gone.body) == (204, b"")
    for name in ("clients", "contacts", "projects", "tasks", "invoices", "payments", "estimates", "recurring"):
        assert call("GET", f"/{name}").json["total_count"] == 1, name
    assert [call("GET", f"/hours/{number}").status for number in (1, 2)] == [404, 200]
    assert call("GET", f"/expenses/{spent['id']}").json["client_id"] is None
    assert call("GET", f"/clients/{owner}/payment_profiles").status == 404


def test_a_lead_takes_its_estimates_and_contacts_with_it(call):
    lead = make(call, "/leads", "lead", name="Bramble Bikes")["id"]
    make(call, f"/clients/{lead}/contacts", "client_user", name="Jo", email="jo@b.example")
    make(call, "/estimates", "estimate", date=TODAY, currency_code="USD", client_id=lead)

    assert call("GET", f"/clients/{lead}/estimates").json["total_count"] == 1
    assert call("DELETE", f"/leads/{lead}").status == 204
    assert call("GET", "/contacts").json["total_count"] == call("GET", "/estimates").json["total_count"] == 0


def test_a_client_says_what_it_owes(call):
    owner = client(call)["id"]
    invoice(call, (1, "100.10", {}), client_id=owner, status=1)
    invoice(call, (1, "0.20", {}), client_id=owner, status=1)
    invoice(call, (1, 50, {}), client_id=owner)
    found = call("GET", f"/clients/{owner}").json

    assert (found["amount_outstanding"], found["pending_invoices"], found["status"]) == (100.3, 3, 1)


# Projects, hours, tasks.


def test_hours_add_up_in_their_project(call):
    place = project(call, client_id=client(call)["id"], number="P-1")
    for hours in ("1.5", 2.25):
        make(call, f"/projects/{place['id']}/hours", "project_item", hours=hours, title="Work", date="2026-03-30")
    found = call("GET", f"/projects/{place['id']}").json

    assert "client_id" not in found
    assert found["client"]["name"] == "Harbor Lane Books"
    assert (found["worked_hours"], found["unbilled_hours"], found["cost"]) == (3.75, 3.75, 356.25)
    call("PUT", "/hours/1", {"project_item": {"hours": 1}})
    call("DELETE", "/hours/2")
    assert call("GET", f"/projects/{place['id']}").json["worked_hours"] == 1


def test_an_entry_of_hours_belongs_to_whose_token_it_is_and_shows_what_it_costs(call):
    place = project(call)["id"]
    entry = make(call, f"/projects/{place}/hours", "project_item", hours="1.5", title="Work")

    assert entry == {
        "id": 1,
        "project_id": place,
        "user_id": 1,
        "title": "Work",
        "description": None,
        "date": "2026/03/31",
        "hours": 1.5,
        "rate": 95.0,
        "cost": 142.5,
        "billed?": False,
    }
    assert call("GET", f"/projects/{place}/hours").json == {"hours": [entry]}
    assert call("GET", f"/projects/{place}/hours", query={"filter": "billed"}).json == {"hours": []}
    assert call("GET", f"/projects/{place}/hours", query={"filter": "unbilled"}).json == {"hours": [entry]}


@pytest.mark.parametrize("path", ["/task", "/tasks"])
@pytest.mark.parametrize("word", ["complete", "completed"])
def test_a_task_is_created_and_completed_by_either_of_its_spellings(call, path, word):
    owner = client(call)["id"]
    fresh = make(call, path, "task", title="Do", project_id=project(call, client_id=owner)["id"], assignee_id=1, due_date=TODAY)
    assert (fresh["complete"], fresh["completed_at"], fresh["client_id"], fresh["due_date"]) == (False, None, owner, TODAY)

    answer = call("PUT", f"/tasks/{fresh['id']}", {"task": {word: True}})
    done = call("GET", f"/tasks/{fresh['id']}").json
    call("PUT", f"/tasks/{fresh['id']}", {"task": {word: False}})

    assert (answer.status, answer.body) == (204, b"")
    assert (done["complete"], done["completed_at"]) == (True, "2026-03-31T12:00:00Z")
    assert call("GET", f"/tasks/{fresh['id']}").json["completed_at"] is None


def test_a_project_that_goes_leaves_its_invoices_and_expenses(call):
    place = project(call)["id"]
    bill = invoice(call, (1, 1, {}), project_id=place)["id"]
    make(call, "/expenses", "expense", amount=1, project_id=place)
    assert call("GET", f"/projects/{place}/invoices").json["total_count"] == 1
    assert call("GET", f"/projects/{place}/expenses").json["total_count"] == 1

    assert call("DELETE", f"/projects/{place}").status == 204
    assert call("GET", f"/invoices/{bill}").json["projects"] == []
    assert call("GET", "/expenses/1").json["project_id"] is None


# Invoices and estimates.


def test_an_invoice_comes_to_its_lines_and_its_taxes(call):
    taxed, free = (2, "50.00", {}), (1, "10", {"taxable": False})
    found = invoice(call, taxed, free, tax="10", tax2="5", tax3=1, tax_label="VAT")
    names = ("subtotal", "total_tax", "total_tax2", "total_tax3", "total_taxes", "total_cost", "balance", "total_payments")

    assert [found[name] for name in names] == [110, 10, 5, 1, 16, 126, 126, 0]
    assert (found["tax"], found["tax_label"], found["date"], found["due_date"]) == (10, "VAT", "2026/03/01", "2026/03/15")
    compound = call("PUT", f"/invoices/{found['id']}", {"invoice": {"compound_tax": True}}).json
    assert [compound[name] for name in names[:6]] == [110, 10, 5.5, 1, 16.5, 126.5]


AMOUNTS = st.decimals(0, 9999, places=2).map(str)
LINES = st.lists(st.tuples(AMOUNTS, AMOUNTS, st.fixed_dictionaries({"taxable": st.booleans()})), max_size=6)


@settings(max_examples=60, deadline=None)
@given(LINES, AMOUNTS.map(lambda rate: str(Decimal(rate) / 100)), st.booleans())
def test_the_sums_of_any_invoice_hold_to_the_cent(lines, rate, compound):
    found = invoice(caller(), *lines, tax=rate, tax2="7", compound_tax=compound)

    def cents(value):
        return value.quantize(Decimal("0.01"), ROUND_HALF_UP)

    amounts = [(cents(Decimal(quantity) * Decimal(price)), more["taxable"]) for quantity, price, more in lines]
    base = sum((amount for amount, taxed in amounts if taxed), Decimal(0))
    first = cents(base * Decimal(rate) / 100)
    second = cents((base + (first if compound else 0)) * 7 / 100)
    total = sum((amount for amount, _ in amounts), Decimal(0)) + first + second

    assert [Decimal(str(found[name])) for name in ("total_tax", "total_tax2", "total_cost", "balance")] == [
        first,
        second,
        total,
        total,
    ]


def test_no_amount_passes_through_a_float(call):
    # Half up, 2.675 is 2.68; as a float it is a little less, and would be 2.67.
    assert invoice(call, (1, 2.675, {}))["total_cost"] == 2.68
    assert invoice(call, (1, 0.125, {}))["total_cost"] == 0.13
    assert invoice(call, *[("0.1", "1", {})] * 3)["total_cost"] == 0.3


def test_lines_are_added_changed_and_taken_away_by_their_ids(call):
    found = invoice(call, (1, 10, {}), (1, 20, {}), (1, 30, {}))
    first, second, _ = [item["id"] for item in found["invoice_items"]]
    change = [{"id": first, "price": "15"}, {"id": second, "_destroy": True}, {"title": "New", "quantity": 2, "price": 1}]
    now = call("PUT", f"/invoices/{found['id']}", {"invoice": {"invoice_items_attributes": change}}).json

    assert [(item["title"], item["price"], item["quantity"]) for item in now["invoice_items"]] == [
        ("Work", 15, 1),
        ("Work", 30, 1),
        ("New", 1, 2),
    ]
    assert now["total_cost"] == 47
    assert now["invoice_items"][0] == {
        "id": first,
        "title": "Work",
        "quantity": 1.0,
        "price": 15.0,
        "taxable": True,
        "item_type": 3,
    }


@pytest.mark.parametrize(("path", "wrapper"), [("/invoices", "invoice"), ("/estimates", "estimate")])
def test_numbers_go_up_by_themselves_and_are_strings(call, path, wrapper):
    fields = {"date": TODAY, "currency_code": "USD"} | ({"due_date": TODAY} if wrapper == "invoice" else {})
    numbers = [
        make(call, path, wrapper, **fields, **more)["number"] for more in ({}, {}, {"number": 2000}, {}, {"number": "A-1"}, {})
    ]

    assert numbers == ["1001", "1002", "2000", "2001", "A-1", "2002"]


def test_the_documented_singular_of_an_invoice_is_taken_too(call):
    found = invoice(call)

    assert call("PUT", f"/invoice/{found['id']}", {"invoice": {"title": "New"}}).json["title"] == "New"


@pytest.mark.parametrize(("path", "wrapper"), [("/invoices", "invoice"), ("/estimates", "estimate")])
def test_what_is_sent_is_a_draft_no_more_and_its_body_is_not_wrapped(call, path, wrapper):
    fields = {"date": TODAY, "currency_code": "USD"} | ({"due_date": TODAY} if wrapper == "invoice" else {})
    place = f"{path}/{make(call, path, wrapper, **fields)['id']}"
    message = {"recipients": ["a@b.example"], "subject": "Hello", "message": "Here", "send_copy": 1, "attach_pdf": True}

    assert call("GET", place).json["status"] == 0
    assert call("POST", f"{place}/messages", {"message": message}).status == 422
    for wrong in ([], "a@b.example", ["a"], None):
        assert call("POST", f"{place}/messages", {**message, "recipients": wrong}).status == 422
    answer = call("POST", f"{place}/messages", message)
    assert (answer.status, answer.body) == (204, b"")
    assert (call("GET", place).json["status"], call("GET", place).json["recipients"]) == (1, ["a@b.example"])
    call("PUT", place, {wrapper: {"status": 2}})
    call("POST", f"{place}/messages", message)
    assert call("GET", place).json["status"] == 2
    call("PUT", place, {wrapper: {"status": 3}})
    assert call("POST", f"{place}/messages", message).status == 422


def test_an_estimate_has_nothing_of_an_invoice(call):
    items = [{"title": "A", "quantity": 1, "price": 10}]
    found = make(call, "/estimates", "estimate", date=TODAY, currency_code="USD", status=6, estimate_items_attributes=items)

    assert found["estimate_items"][0]["price"] == 10
    assert (found["date"], found["total_cost"], found["status"]) == ("2026/03/31", 10, 6)
    assert not {"due_date", "balance", "payments", "recurring_schedules", "invoice_items"} & found.keys()
    wrong = {"date": TODAY, "currency_code": "USD", "due_date": TODAY}
    assert call("POST", "/estimates", {"estimate": wrong}).status == 422


# Payments.


def test_an_invoice_is_paid_when_nothing_is_left_and_sent_again_when_a_payment_goes(call):
    place = f"/invoices/{invoice(call, (1, 100, {}), status=1)['id']}"
    first = make(call, f"{place}/payments", "payment", amount="40", note="Bank")
    assert first == {"id": 1, "invoice_id": 1, "amount": 40, "note": "Bank", "received_on": TODAY} | dict.fromkeys(
        ("created_at", "updated_at"), "2026-03-31T12:00:00Z"
    )
    part = call("GET", place).json
    make(call, f"{place}/payments", "payment", amount=60)
    paid = call("GET", place).json
    gone = call("DELETE", f"{place}/payments/{first['id']}")
    back = call("GET", place).json

    assert [(one["status"], one["balance"], one["total_payments"]) for one in (part, paid, back)] == [
        (1, 60, 40),
        (4, 0, 100),
        (1, 40, 60),
    ]
    assert (len(paid["payments"]), paid["paid_date"], back["paid_date"]) == (2, "2026/03/31", None)
    assert (gone.status, gone.body) == (204, b"")


@pytest.mark.parametrize("amount", [0, -1, "101", "x", None])
def test_a_payment_is_more_than_nothing_and_no_more_than_the_balance(call, amount):
    place = f"/invoices/{invoice(call, (1, 100, {}))['id']}/payments"

    assert list(call("POST", place, {"payment": {"amount": amount}}).json["errors"]) == ["amount"]


def test_an_invoice_is_not_paid_by_word_alone(call):
    place = f"/invoices/{invoice(call, (1, 100, {}))['id']}"

    assert call("PUT", place, {"invoice": {"status": 4, "title": "New"}}).json == {
        "errors": {"status": ["cannot be paid: there is a balance of 100.00"]}
    }
    assert call("GET", place).json["title"] is None
    dates = {"date": TODAY, "due_date": TODAY, "currency_code": "USD", "status": 4}
    items = [{"title": "A", "quantity": 1, "price": 10}]
    assert call("POST", "/invoices", {"invoice": {**dates, "invoice_items_attributes": items}}).status == 422
    assert call("GET", "/invoices").json["total_count"] == 1
    assert call("PUT", place, {"invoice": {"status": 3}}).json["status"] == 3
    assert call("POST", f"{place}/payments", {"payment": {"amount": 1}}).status == 422


def test_a_payment_is_deleted_by_its_own_invoice_alone(call):
    first, second = (invoice(call, (1, 100, {}))["id"] for _ in range(2))
    make(call, f"/invoices/{first}/payments", "payment", amount=1)

    assert call("DELETE", f"/invoices/{second}/payments/1").status == 404
    assert call("DELETE", f"/invoices/{first}/payments/1").status == 204


def test_a_card_is_charged_all_that_is_open(call):
    owner = client(call)["id"]
    profile = card(call, owner)
    place = f"/invoices/{invoice(call, (1, 100, {}), client_id=owner)['id']}"
    charged = make(call, f"{place}/payments", "payment", payment_profile_id=profile["id"], amount=1, note="ignored")

    assert (charged["amount"], charged["note"], charged["transaction_fee_amount"]) == (100, None, 3.2)
    assert charged["transaction_id"].startswith("ch_")
    assert call("GET", place).json["status"] == 4
    assert call("POST", f"{place}/payments", {"payment": {"payment_profile_id": profile["id"]}}).status == 422
    stranger = invoice(call, (1, 100, {}), client_id=client(call)["id"])["id"]
    wrong = call("POST", f"/invoices/{stranger}/payments", {"payment": {"payment_profile_id": profile["id"]}})
    assert list(wrong.json["errors"]) == ["payment_profile_id"]


def test_payments_are_listed_by_the_day_they_came_or_by_when_they_were_written_down(call):
    place = f"/invoices/{invoice(call, (1, 100, {}))['id']}/payments"
    for day in ("2026-01-02", "2026-01-03", "2026-01-01"):
        make(call, place, "payment", amount=1, received_on=day)

    def days(**query):
        return [row["received_on"][-1] for row in call("GET", "/payments", query=query).json["payments"]]

    assert (days(), days(sort="created_at")) == (["3", "2", "1"], ["1", "3", "2"])


def test_a_payment_profile_shows_a_token_and_no_digits(call):
    owner, other = client(call)["id"], client(call)["id"]
    profile = card(call, owner)

    assert (profile["gateway"], profile["gateway_token"], profile["expiration_date"]) == ("stripe", "card_1", "2028-01-31")
    assert not [name for name in profile if name.startswith(("stripe", "last_four"))]
    assert call("GET", f"/clients/{owner}/payment_profiles").json["payment_profiles"] == [profile]
    assert call("DELETE", f"/clients/{other}/payment_profiles/{profile['id']}").status == 404
    assert call("DELETE", f"/clients/{owner}/payment_profiles/{profile['id']}").status == 204


def test_without_stripe_there_are_no_payment_profiles(clock):
    call = caller(clock, stripe="off")
    client(call)

    assert call("POST", "/clients/1/payment_profiles", {"stripe_payment_profile": {}}).status == 422


# Recurring schedules.


def test_a_schedule_shows_its_lines_as_the_vendor_does(call):
    found = schedule(call, client(call)["id"], tax="8.25", occurrences_remaining=10)
    item = {"title": "Care", "price": "49.99", "quantity": 1.0, "taxable?": True, "secondary_tax?": True, "tertiary_tax?": True}

    assert found["recurring_schedule_items"] == [{"id": 1, "recurring_schedule_id": 1, "item_type": 1, **item, "total_tax": 4.12}]
    assert (found["next_date"], found["subtotal"], found["total_cost"]) == ("2026-04-16", 49.99, 54.11)
    assert (found["unlimited"], found["occurrences_remaining"], found["status"], found["action"]) == (False, 10, 0, 0)
    assert found["updated_at"] == "2026-03-31T12:00:00+00:00"
    assert found["client"]["name"] == "Harbor Lane Books"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"action": 2}, "payment_profile_id"),
        ({"payment_profile_id": 9}, "payment_profile_id"),
        ({"unlimited": False}, "occurrences_remaining"),
        ({"time_interval": 12}, "time_interval"),
        ({"client_id": 9}, "client_id"),
        ({"due_period": -1}, "due_period"),
    ],
)
def test_a_schedule_that_cannot_run_is_refused(call, fields, wrong):
    said = {"client_id": client(call)["id"], "next_date": TODAY, "due_period": 1, "currency_code": "USD", "time_interval": 5}
    answer = call("POST", "/recurring", {"recurring_schedule": {**said, **fields}})

    assert (answer.status, list(answer.json["errors"])) == (422, [wrong])


@pytest.mark.parametrize(("action", "status"), [(0, 1), (1, 0), (2, 4)])
def test_a_schedule_makes_an_invoice_when_its_day_has_come(call, clock, action, status):
    owner = client(call)["id"]
    profile = {"payment_profile_id": card(call, owner)["id"]} if action == 2 else {}
    place = f"/recurring/{schedule(call, owner, action=action, occurrences_remaining=2, **profile)['id']}"
    assert call("GET", f"{place}/invoices").json["total_count"] == 0

    clock.time += 20 * DAY
    (made,) = call("GET", f"{place}/invoices").json["invoices"]
    after = call("GET", place).json
    clock.time += 31 * DAY
    call("GET", "/staff")

    assert (made["status"], made["date"], made["due_date"], made["total_cost"]) == (status, "2026/04/20", "2026/04/30", 49.99)
    assert (made["client_id"], made["recurring_schedules"]) == (owner, [{"id": 1}])
    assert (after["next_date"], after["occurrences_remaining"], after["status"]) == ("2026-05-16", 1, 0)
    assert (call("GET", place).json["status"], call("GET", "/invoices").json["total_count"]) == (2, 2)
    call("DELETE", place)
    assert call("GET", f"/invoices/{made['id']}").json["recurring_schedules"] == []


@pytest.mark.parametrize(
    ("interval", "coming"),
    [
        (1, "2026-04-07"),
        (2, "2026-04-14"),
        (3, "2026-04-15"),
        (4, "2026-04-28"),
        (5, "2026-04-30"),
        (6, "2026-05-31"),
        (7, "2026-06-30"),
        (8, "2026-09-30"),
        (9, "2027-03-31"),
        (10, "2028-03-31"),
        (11, "2026-07-31"),
    ],
)
def test_every_interval_leads_to_its_next_day(call, interval, coming):
    place = f"/recurring/{schedule(call, client(call)['id'], next_date=TODAY, time_interval=interval)['id']}"

    assert call("GET", place).json["next_date"] == coming


def test_a_paused_schedule_makes_nothing_and_days_long_gone_are_not_made_up(call):
    owner = client(call)["id"]
    schedule(call, owner, next_date="2020-01-31", status=1)
    schedule(call, owner, next_date="2020-01-31", time_interval=1)
    call("GET", "/staff")

    assert call("GET", "/invoices").json["total_count"] == 1
    coming = date.fromisoformat(call("GET", "/recurring/2").json["next_date"])
    assert 0 < (coming - date(2026, 3, 31)).days <= 7


# Demo records, and choices.


def test_the_demo_records_are_a_believable_agency():
    state = State()
    VENDOR.seed(state)
    call = Caller(
        VENDOR.app(state, Settings()), VENDOR.prefix, {"authorization": basic(TOKEN, TOKEN), "accept": "application/json"}
    )
    rows = call("GET", "/invoices").json["invoices"]

    assert {row["status"] for row in rows} == {1, 4}
    assert call("GET", "/projects/1/hours", query={"filter": "billed"}).json["hours"]
    for name in ("clients", "leads", "contacts", "projects", "tasks", "estimates", "payments", "recurring"):
        assert call("GET", f"/{name}").json["total_count"], name


def test_every_place_where_something_was_chosen_has_its_row():
    topics = [choice.topic for choice in VENDOR.choices]
    sources = [path.read_text() for path in Path(clientary.__file__).parent.glob("*.py")]
    places = [place for source in sources for place in re.findall(r"# CHOICE: (.+)", source)]

    assert len(topics) == len(set(topics))
    assert [place for place in places if not place.startswith(tuple(topics))] == []
    assert len(places) > 15


def test_what_is_refused_changes_nothing(clock):
    state = State()
    call = caller(clock, state)
    found = invoice(call, (1, 10, {}))
    before = json.dumps(state.rows("invoices"))
    items = [{"id": found["invoice_items"][0]["id"], "price": 99}, {"id": 777}]

    assert call("PUT", "/invoices/1", {"invoice": {"invoice_items_attributes": items}}).status == 422
    assert json.dumps(state.rows("invoices")) == before
