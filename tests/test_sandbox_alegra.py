from __future__ import annotations

import re
import threading
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skillkit.sandbox.alegra import (
    banks,
    catalogues,
    contacts,
    inventory,
    invoices,
    items,
    ledger,
    notes,
    payments,
    purchases,
    sales,
    webhooks,
)
from skillkit.sandbox.alegra import company as company_
from skillkit.sandbox.alegra.app import OPERATIONS, VENDOR, build
from skillkit.sandbox.alegra.contacts import check_digit
from skillkit.sandbox.alegra.resource import Resource
from skillkit.sandbox.alegra.stamps import FAILURES
from skillkit.sandbox.state import State
from skillkit.sandbox.vendor import Settings
from tests.asgi import Caller, basic

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC).timestamp()
USER, TOKEN = VENDOR.credential["email"], VENDOR.credential["token"]

UUID_V7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
CENT = Decimal("0.01")


def company(*, now=lambda: NOW, seed=False, post=None, **options):
    """Return what calls a sandbox of its own."""
    state = State()
    if seed:
        VENDOR.seed(state)
    app = build(state, Settings(now=now, options={"rate": "1000000", **options}), post)
    return Caller(app, VENDOR.prefix, {"authorization": basic(USER, TOKEN), "accept": "application/json"})


@pytest.fixture
def call():
    return company()


@pytest.fixture(scope="module")
def demo():
    """A seeded company that tests only read."""
    return company(seed=True, now=lambda: datetime.now(UTC).timestamp())


def ok(answer, status=200):
    assert answer.status == status, answer.body
    return answer.json


def made(call, path, body):
    return ok(call("POST", path, body), 201)


def refused(answer, word, status=400):
    assert answer.status == status, answer.body
    assert word in answer.json["message"], answer.json
    return answer.json


def client(call, name="Hotel Mirador", **more):
    return made(call, "/contacts", {"name": name, "type": "client", **more})["id"]


def thing(call, price=1000, **more):
    return made(call, "/items", {"name": "Café", "price": price, **more})["id"]


def cash(call):
    return ok(call("GET", "/bank-accounts"))[0]["id"]


def invoice(call, *, price=1000, tax=None, status="open", **more):
    line = {"id": thing(call), "price": price, "quantity": 1, **({"tax": [{"id": tax}]} if tax else {})}
    owner = more.pop("client", None) or client(call)
    body = {"date": "2026-11-20", "dueDate": "2026-12-20", "client": owner, "items": [line], "status": status}
    return made(call, "/invoices", {**body, **more})


def bill(call, price=1000, **more):
    body = {"date": "2026-11-20", "dueDate": "2026-12-20", "provider": client(call), "numberTemplate": {"number": "A-1"}}
    return made(call, "/bills", {**body, "purchases": {"items": [{"id": thing(call), "price": price, "quantity": 1}]}, **more})


def pay(call, document, amount, kind="in", **more):
    field = "invoices" if kind == "in" else "bills"
    settled = {"id": document["id"], "amount": amount, **more}
    return {"date": "2026-11-20", "bankAccount": {"id": cash(call)}, "paymentMethod": "transfer", "type": kind, field: [settled]}


# Every operation of the sheet.


def crud(*paths, verbs="LGCUD"):
    kinds = {"L": "GET /{}", "G": "GET /{}/{{id}}", "C": "POST /{}", "U": "PUT /{}/{{id}}", "D": "DELETE /{}/{{id}}"}
    return {kinds[verb].format(path) for path in paths for verb in verbs}


SHEET = {
    *crud("invoices", "estimates", "credit-notes", "income-debit-notes", "recurring-invoices", "remissions", "global-invoices"),
    *crud("transportation-receipts", "bills", "debit-notes", "purchase-orders", "payments", "bank-accounts", "contacts", "items"),
    *crud("item-categories", "warehouses", "warehouse-transfers", "inventory-adjustments", "inventory-adjustments/numerations"),
    *crud("price-lists", "variant-attributes", "custom-fields", "additional-charges", "users", "taxes", "retentions", "terms"),
    *crud("currencies", "number-templates", "cost-centers", "sellers", "journals", "webhooks/subscriptions"),
    *crud("recurring-payments", verbs="LG"),
    *crud("conciliations", verbs="LGCD"),
    *crud("categories", verbs="LGCU"),
    *("POST /invoices/{id}/void", "POST /invoices/{id}/open", "POST /invoices/{id}/email", "POST /invoices/stamp"),
    *("POST /invoices/preview", "POST /invoices/{id}/attachment", "DELETE /invoices/attachment/{file}"),
    *("PUT /invoices/{id}/retentions-applied", "POST /estimates/{id}/email", "POST /credit-notes/{id}/email"),
    *("POST /remissions/{id}/void", "POST /remissions/{id}/open", "POST /remissions/{id}/attachment"),
    *("POST /transportation-receipts/preview", "POST /transportation-receipts/{id}/void"),
    *("POST /transportation-receipts/{id}/open", "POST /transportation-receipts/{id}/email"),
    *("POST /transportation-receipts/{id}/attachment", "POST /bills/{id}/close", "POST /bills/{id}/comments"),
    *("PUT /bills/{id}/comments/{comment}", "DELETE /bills/{id}/comments/{comment}", "POST /bills/{id}/attachment"),
    *("DELETE /bills/attachment/{file}", "POST /bills/{id}/advances-applied", "PUT /bills/{id}/perceptions"),
    *("PUT /bills/{id}/retentions", "POST /bills/import-by-cufe", "POST /debit-notes/{id}/comments"),
    *("POST /purchase-orders/{id}/void", "POST /purchase-orders/{id}/email", "POST /purchase-orders/{id}/comments"),
    *("POST /purchase-orders/{id}/attachment", "POST /payments/{id}/void", "POST /payments/{id}/open"),
    *("POST /payments/{id}/stamp", "POST /payments/{id}/attachment", "POST /bank-accounts/{id}/transfer"),
    *("PUT /contacts/restore/{id}", "POST /contacts/{id}/attachment", "DELETE /contacts/attachment/{file}"),
    *("DELETE /items", "POST /items/{id}/attachment", "DELETE /items/attachment/{file}", "POST /item-categories/{id}/attachment"),
    *("GET /company", "PUT /company", "POST /company/attachment", "GET /users/self", "PUT /users/self"),
    *("PUT /users/self/metadata", "PUT /users/{id}/metadata", "GET /categories/settings", "PUT /categories/settings"),
    *("GET /journals/entries/graph", "GET /reports/sales-by-client", "GET /reports/sales-by-client-totals"),
    *("GET /reports/sales-by-seller", "GET /reports/income-statement", "GET /reports/account-statement"),
}


def test_every_operation_of_the_sheet_is_there_and_no_other():
    assert {line for line in OPERATIONS if "reconciliations" not in line} == SHEET


# What every resource does: a body that makes one, and one that changes it.

LINE = {"id": "$items", "price": 100, "quantity": 2}
DATED = {"date": "2026-11-20", "dueDate": "2026-12-01"}
SOLD = {**DATED, "client": "$contacts", "items": [LINE]}
ENTRIES = [{"id": "$categories", "debit": 50}, {"id": "$categories", "credit": 50}]
STOCKED = {"name": "Molino", "price": 10, "inventory": {"unit": "unit", "unitCost": 5, "initialQuantity": 100}}
PAID = {
    "date": "2026-11-20",
    "bankAccount": {"id": "$bank-accounts"},
    "paymentMethod": "cash",
    "categories": [{"id": "$categories", "price": 9}],
}

BODIES: dict = {
    "invoices": (SOLD, {"observations": "x"}),
    "estimates": (SOLD, {**SOLD, "anotation": "x"}),
    "remissions": (SOLD, {"observations": "x"}),
    "credit-notes": (SOLD, {"observations": "x"}),
    "income-debit-notes": (SOLD, {"observations": "x"}),
    "recurring-invoices": (
        {"startDate": "2026-12-01", "repeatEvery": 1, "client": "$contacts", "items": [LINE]},
        {"endDate": "2027-12-01"},
    ),
    "global-invoices": ({"date": "2026-11-20", "saleTickets": [{"id": "$invoices"}]}, {"date": "2026-11-21"}),
    "transportation-receipts": (
        {"date": "2026-11-20", "client": "$contacts", "origin": "Cali"},
        {"destination": {"city": "Tunja"}},
    ),
    "bills": (
        {**DATED, "provider": "$contacts", "purchases": {"items": [LINE]}},
        {**DATED, "provider": "$contacts", "observations": "x"},
    ),
    "debit-notes": ({"date": "2026-11-20", "client": "$contacts", "items": [LINE]}, {"observations": "x"}),
    "purchase-orders": (
        {"date": "2026-11-20", "deliveryDate": "2026-12-01", "provider": "$contacts", "items": [LINE]},
        {"observations": "x"},
    ),
    "payments": (PAID, {**PAID, "observations": "x"}),
    "bank-accounts": ({"name": "Davivienda", "type": "bank"}, {"number": "123"}),
    "conciliations": ({"bankAccount": "$bank-accounts", "date": "2026-11-20", "finalBalance": -5}, None),
    "contacts": ({"name": "Ana", "identification": "1", "email": "a@b.co"}, {"name": "Ana María", "email": "a@b.co"}),
    "items": (STOCKED, {"description": "x"}),
    "item-categories": ({"name": "Café"}, {"description": "x"}),
    "warehouses": ({"name": "Norte", "address": "Calle 1"}, {"observations": "x"}),
    "warehouse-transfers": (
        {"date": "2026-11-20", "origin": "$main", "destination": "$warehouses", "items": [{"id": "$stocked", "quantity": 3}]},
        {"observations": "x"},
    ),
    "inventory-adjustments": (
        {"date": "2026-11-20", "warehouse": "$main", "items": [{"id": "$stocked", "quantity": 3, "unitCost": 2, "type": "in"}]},
        {"observations": "x"},
    ),
    "inventory-adjustments/numerations": ({"name": "Otros", "prefix": "OT", "startNumber": 7}, {"status": "inactive"}),
    "price-lists": ({"name": "Mayoristas", "type": "percentage", "percentage": 10}, {"status": "inactive"}),
    "variant-attributes": ({"name": "Molienda", "options": [{"value": "Fina"}, {"value": "Gruesa"}]}, {"name": "Grano"}),
    "custom-fields": ({"name": "Lote", "key": "lote", "type": "text"}, {"description": "x"}),
    "additional-charges": ({"name": "Propina", "percentage": 10}, {"description": "x"}),
    "users": ({"name": "Juan", "email": "juan@b.co", "role": "seller"}, {"position": "Vendedor"}),
    "taxes": ({"name": "IVA", "percentage": 16, "type": "IVA"}, {"description": "x"}),
    "retentions": ({"name": "ICA", "percentage": "0.69"}, {"description": "x"}),
    "terms": ({"name": "60 días", "days": 60}, {"days": 61}),
    "currencies": ({"code": "EUR", "name": "Euro", "symbol": "€", "exchangeRate": 4500}, {"exchangeRate": 4600.5}),
    "number-templates": ({"name": "Bogotá", "documentType": "invoice", "prefix": "BO"}, {"resolutionNumber": "1"}),
    "cost-centers": ({"name": "Bodega", "code": "B"}, {"description": "x"}),
    "sellers": ({"name": "Andrés", "identification": 71}, {"observations": "x"}),
    "categories": ({"name": "Papelería", "type": "expense", "nature": "debit", "code": "5195"}, {"description": "x"}),
    "journals": ({"date": "2026-11-20", "entries": ENTRIES}, {"reference": "x"}),
}

UUIDS = {"price-lists", "inventory-adjustments", "warehouse-transfers", "warehouses", "sellers", "estimates", "remissions"}


NAMED = ("contacts", "items", "bank-accounts", "warehouses", "categories")
APART = {"name": "El primero", "identification": "900", "code": None}


@pytest.fixture(scope="module")
def stocked():
    """A company with one of what other documents name, and the ids of those."""
    return furnished()


def furnished():
    call = company()
    ids = {name: made(call, f"/{name}", {**BODIES[name][0], **APART})["id"] for name in NAMED}
    ids |= {"stocked": ids["items"], "main": ok(call("GET", "/warehouses"))[0]["id"]}
    return call, {**ids, "invoices": made(call, "/invoices", filled(SOLD, ids))["id"]}


def filled(value, ids):
    """Return a body with the ids that its `$names` stand for."""
    if isinstance(value, dict):
        return {name: filled(each, ids) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, ids) for each in value]
    return ids[value[1:]] if isinstance(value, str) and value[:1] == "$" else value


def holds(document, body):
    """Say whether what was sent is what came back; a reference may come back as more than its id."""
    if isinstance(body, dict):
        return isinstance(document, dict) and all(holds(document.get(name), each) for name, each in body.items())
    if isinstance(body, list):
        return len(document) == len(body) and all(map(holds, document, body))
    if isinstance(document, dict):
        document = document["id"]
    if isinstance(document, list):
        (document,) = ({"price": each.get("price")}["price"] for each in document)
    try:
        return str(document) == str(body) or Decimal(str(document)) == Decimal(str(body))
    except ArithmeticError:
        return False


def test_the_table_has_every_resource_that_can_be_made():
    assert {line[6:] for line in SHEET if re.fullmatch(r"POST /[^{]+", line)} - {f"/{path}"[1:] for path in BODIES} == {
        "invoices/stamp",
        "invoices/preview",
        "transportation-receipts/preview",
        "bills/import-by-cufe",
        "webhooks/subscriptions",
        "company/attachment",
    }


@pytest.mark.parametrize("path", BODIES)
def test_a_document_is_made_read_changed_and_deleted(stocked, path):
    call, ids = stocked
    body, change = (filled(each, ids) for each in BODIES[path])
    key = "code" if path == "currencies" else "id"

    document = made(call, f"/{path}", body)
    place = f"/{path}/{document[key]}"

    assert holds(document, body)
    assert ok(call("GET", place)) in (document, document | {"children": []})
    assert document[key] in [row[key] for row in listed(call, path)]
    if change:
        assert holds(ok(call("PUT", place, change)), change)
        assert holds(ok(call("GET", place)), change)
        # What was read may be sent back as it is.
        assert ok(call("PUT", place, ok(call("GET", place))))
    if path == "categories":
        assert call("DELETE", place).status == 405
        return
    assert sorted(ok(call("DELETE", place))) == ["code", "message"]
    assert call("GET", place).status == 404
    assert call("PUT", place, body).status == (405 if change is None else 404)
    assert call("DELETE", place).status == 404


def listed(call, path):
    """Return all rows of a resource, page by page."""
    rows = []
    query = {"format": "plain"} if path == "categories" else {}
    while len(page := ok(call("GET", f"/{path}", query={**query, "start": len(rows)}))) == 30:
        rows += page
    return rows + page


REQUIRED = {
    **dict.fromkeys(("invoices", "estimates", "remissions"), "date dueDate client items"),
    **dict.fromkeys(("credit-notes", "income-debit-notes"), "date client items"),
    "recurring-invoices": "startDate client items",
    "global-invoices": "date saleTickets",
    "transportation-receipts": "date client",
    "bills": "date dueDate provider purchases",
    "debit-notes": "date client items",
    "purchase-orders": "date deliveryDate provider items",
    "payments": "date bankAccount paymentMethod categories",
    "bank-accounts": "name type",
    "conciliations": "bankAccount date",
    "items": "name price",
    "warehouse-transfers": "date origin destination items",
    "inventory-adjustments": "date warehouse items",
    "users": "name email",
    **dict.fromkeys(("taxes", "retentions"), "name percentage"),
    "terms": "name days",
    "currencies": "code",
    "number-templates": "name documentType",
    "journals": "date entries",
}


@pytest.mark.parametrize("path", BODIES)
def test_a_body_without_a_required_field_is_refused_by_its_name(stocked, path):
    call, ids = stocked
    body = filled(BODIES[path][0], ids)

    for name in REQUIRED.get(path, "name").split():
        for empty in ({}, {name: None}, {name: ""}):
            shorter = {each: value for each, value in body.items() if each != name} | empty
            refused(call("POST", f"/{path}", shorter), name)
    refused(call("POST", f"/{path}", []), "objeto JSON")


@pytest.mark.parametrize("path", sorted(BODIES))
def test_ids_are_of_the_kind_that_the_vendor_gives(stocked, path):
    call, ids = stocked
    if path == "currencies":
        return
    key = made(
        call,
        f"/{path}",
        {**filled(BODIES[path][0], ids), "identification": "77", "name": "Otro", "code": None, "ignoreRepeated": True},
    )["id"]

    if path in UUIDS:
        assert UUID_V7.fullmatch(key)
    elif path in {"taxes", "categories"}:
        assert isinstance(key, int)
    else:
        assert isinstance(key, str)
        assert key.isdecimal()


# Who calls, and how often.


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic !",
        "Bearer " + TOKEN,
        basic(USER, "wrong"),
        basic("else@b.co", TOKEN),
        basic(TOKEN, USER),
        basic(USER + "ñ", TOKEN),
    ],
)
def test_a_stranger_is_refused_whatever_is_asked_for(call, header):
    for method, path in (("GET", "/company"), ("GET", "/nothing"), ("PATCH", "/company"), ("POST", "/invoices")):
        assert refused(call(method, path, authorization=header), "credenciales", 401)["code"] == 401


def test_the_email_is_known_whatever_its_case(call):
    assert call("GET", "/company", authorization=basic(USER.upper(), TOKEN)).status == 200


def test_every_answer_says_how_many_calls_are_left_and_the_151st_of_a_minute_is_refused():
    moments = [NOW]
    state = State()
    app = VENDOR.app(state, Settings(now=lambda: moments[0]))
    call = Caller(app, VENDOR.prefix, {"authorization": basic(USER, TOKEN)})

    for left in range(149, -1, -1):
        answer = call("GET", "/terms/1" if left % 2 else "/nothing")
        assert [answer.headers[f"x-rate-limit-{name}"] for name in ("limit", "remaining", "reset")] == ["150", str(left), "60"]
    moments[0] += 20.5
    late = call("GET", "/terms/1")

    assert refused(late, "límite", 429)["code"] == 429
    assert [late.headers[f"x-rate-limit-{name}"] for name in ("limit", "remaining", "reset")] == ["150", "0", "40"]
    # A stranger is somebody else.
    assert call("GET", "/terms/1", authorization="").headers["x-rate-limit-remaining"] == "149"
    moments[0] += 40
    assert call("GET", "/terms/1").headers["x-rate-limit-remaining"] == "149"


def test_what_nobody_knows_is_404_and_what_is_asked_wrongly_is_405(call):
    assert refused(call("GET", "/nothing"), "", 404)["code"] == 404
    assert refused(call("GET", "/invoices/9"), "factura", 404)["code"] == 404
    assert refused(call("PATCH", "/invoices/9", {}), "método", 405)["code"] == 405
    assert call("GET", "/invoices/").status == 404
    assert call("DELETE", "/contacts").status == 405
    assert call("POST", "/estimates/1/void").status == 404
    assert call("POST", "/recurring-payments", {}).status == 405


def test_reconciliations_are_forbidden_and_conciliations_work(call):
    assert refused(call("GET", "/reconciliations"), "permisos", 403)["code"] == 403
    assert ok(call("GET", "/conciliations")) == []


@pytest.mark.parametrize(("shape", "path"), [("flat", ["message"]), ("nested", ["error", "message"]), ("text", ["error"])])
def test_a_refusal_comes_in_the_shape_that_is_asked_for(shape, path):
    said = company(errors=shape)("GET", "/terms/77").json
    for step in path:
        said = said[step]

    assert said == "No existe el plazo de pago con el identificador '77'"


def test_a_suspended_account_and_a_small_plan_get_402(call):
    assert refused(company(plan="suspended")("GET", "/company"), "suspendida", 402)
    assert refused(company(plan="basic")("GET", "/reports/sales-by-client"), "plan", 402)
    assert company(plan="basic")("GET", "/company").status == 200


# Lists.


@pytest.fixture(scope="module")
def many():
    call = company()
    for number in range(35):
        made(
            call,
            "/contacts",
            {"name": f"Cliente {number:02}", "identification": f"9{number}", "type": ["client"] if number % 2 else ["provider"]},
        )
    return call


def test_a_list_is_a_bare_array_of_thirty(many):
    assert [row["name"] for row in ok(many("GET", "/contacts"))] == [f"Cliente {number:02}" for number in range(30)]


def test_start_and_limit_choose_the_page(many):
    assert [row["id"] for row in ok(many("GET", "/contacts", query={"start": 30}))] == ["31", "32", "33", "34", "35"]
    assert [row["id"] for row in ok(many("GET", "/contacts", query={"start": 3, "limit": 2}))] == ["4", "5"]
    assert ok(many("GET", "/contacts", query={"start": 99})) == []


@pytest.mark.parametrize(
    "query", [{"limit": 31}, {"limit": 0}, {"limit": "x"}, {"start": -1}, {"start": "²"}, {"limit": "9" * 5000}]
)
def test_a_page_that_is_too_large_or_none_is_refused(many, query):
    refused(many("GET", "/contacts", query=query), f"El parámetro {next(iter(query))}")


def test_metadata_counts_all_rows_and_not_those_of_the_page(many):
    page = ok(many("GET", "/contacts", query={"metadata": "true", "limit": 2, "type": "client"}))

    assert (page["metadata"], len(page["data"])) == ({"total": 17}, 2)


def test_rows_are_ordered_by_number_where_they_have_numbers_and_by_text_elsewhere(many):
    def ids(**query):
        return [row["id"] for row in ok(many("GET", "/contacts", query={"limit": 3, **query}))]

    assert ids(order_field="id", order_direction="DESC") == ["35", "34", "33"]
    assert ids(order_field="id") == ["1", "2", "3"]
    assert ids(order_field="name", order_direction="desc") == ["35", "34", "33"]
    refused(many("GET", "/contacts", query={"order_field": "address"}), "order_field")
    refused(many("GET", "/contacts", query={"order_direction": "UP"}), "order_direction")


def test_a_query_finds_words_and_a_filter_what_it_says(many):
    def names(**query):
        return [row["name"] for row in ok(many("GET", "/contacts", query=query))]

    assert names(query="cliente 1") == [f"Cliente 1{digit}" for digit in range(10)]
    assert names(identification="97") == ["Cliente 07"]
    assert names(name="nte 07", type="client") == ["Cliente 07"]
    assert names(name="nte 07", type="provider") == []
    assert names(identification="", colour="red", name="nte 07") == ["Cliente 07"]


def test_taxes_may_come_with_their_total_as_text(call):
    assert [row["percentage"] for row in ok(call("GET", "/taxes"))] == ["0.00", "5.00", "19.00", "8.00"]

    found = ok(company(lists="results")("GET", "/taxes"))

    assert (found["total"], len(found["results"])) == ("4", 4)
    assert ok(company(lists="results")("GET", "/terms"))[0]["name"]


# Invoices.


def test_an_invoice_has_the_sums_of_its_lines(call):
    items = [
        {"id": thing(call), "price": 100000, "quantity": 3, "discount": 10, "tax": [{"id": 3}]},
        {"id": thing(call), "price": 19.99, "quantity": 1.5, "tax": 2},
    ]
    document = invoice(call, items=items)

    assert [line["total"] for line in document["items"]] == [321300, 31.49]
    assert [document[name] for name in ("subtotal", "discount", "tax", "total")] == [300029.99, 30000, 51301.5, 321331.49]
    assert (document["balance"], document["totalPaid"], document["status"]) == (321331.49, 0, "open")
    assert [tax["percentage"] for line in document["items"] for tax in line["tax"]] == ["19.00", "5.00"]
    assert (document["currency"]["code"], document["decimalPrecision"]) == ("COP", "2")


amounts = st.decimals(0, 9_999_999, places=2).map(float)
lines = st.tuples(
    amounts, st.decimals(Decimal("0.001"), 9999, places=3).map(float), st.integers(0, 100), st.sampled_from([None, 1, 2, 3, 4])
)


@settings(max_examples=60, deadline=None)
@given(st.lists(lines, min_size=1, max_size=8))
def test_sums_are_exact_for_any_lines(drawn):
    call, ids = PRICED
    items = [
        {"id": ids["items"], "price": price, "quantity": count, "discount": discount, "tax": [{"id": tax}] if tax else []}
        for price, count, discount, tax in drawn
    ]
    document = made(call, "/invoices", {**filled(SOLD, ids), "items": items})

    def cents(value):
        return value.quantize(CENT, ROUND_HALF_UP)

    rates = {None: 0, 1: 0, 2: 5, 3: 19, 4: 8}
    gross = [cents(Decimal(str(price)) * Decimal(str(count))) for price, count, _, _ in drawn]
    discounts = [cents(one * discount / 100) for one, (_, _, discount, _) in zip(gross, drawn, strict=True)]
    taxes = [cents((one - less) * rates[tax] / 100) for one, less, (_, _, _, tax) in zip(gross, discounts, drawn, strict=True)]
    sums = {name: Decimal(str(document[name])) for name in ("subtotal", "discount", "tax", "total")}
    assert sums == {
        "subtotal": sum(gross),
        "discount": sum(discounts),
        "tax": sum(taxes),
        "total": sum(gross) - sum(discounts) + sum(taxes),
    }
    assert sum(Decimal(str(line["total"])) for line in document["items"]) == sums["total"]


def _priced():
    call = company()
    return call, {"contacts": client(call), "items": thing(call)}


PRICED = _priced()


def test_an_invoice_is_a_draft_unless_it_is_opened_or_paid(call):
    assert invoice(call, status=None)["status"] == "draft"
    assert invoice(call, status="open")["status"] == "open"
    paid = invoice(
        call,
        status="draft",
        payments=[{"date": "2026-11-20", "account": {"id": cash(call)}, "amount": 400, "paymentMethod": "cash"}],
    )

    assert (paid["status"], paid["totalPaid"], paid["balance"]) == ("open", 400, 600)
    (payment,) = ok(call("GET", "/payments"))
    assert (payment["type"], payment["amount"], payment["invoices"][0]["id"]) == ("in", 400, paid["id"])
    assert [each["id"] for each in paid["payments"]] == [payment["id"]]


def test_an_invoice_that_is_paid_when_it_is_made_is_closed(call):
    assert invoice(call, payments=[{"date": "2026-11-20", "account": cash(call), "amount": 1000}])["status"] == "closed"


def test_a_payment_too_large_takes_its_invoice_with_it(call):
    body = {**DATED, "client": client(call), "items": [{"id": thing(call), "price": 10, "quantity": 1}]}
    answer = call("POST", "/invoices", {**body, "payments": [{"date": "2026-11-20", "account": cash(call), "amount": 11}]})

    refused(answer, "supera el saldo")
    assert (ok(call("GET", "/invoices")), ok(call("GET", "/payments"))) == ([], [])
    assert made(call, "/invoices", body)["numberTemplate"]["fullNumber"] == "FV1"


def test_invoices_are_numbered_by_their_template(call):
    other = made(
        call,
        "/number-templates",
        {"name": "Norte", "documentType": "invoice", "prefix": "N", "nextInvoiceNumber": 5, "maxInvoiceNumber": 9},
    )

    def number(template):
        return invoice(call, numberTemplate=template)["numberTemplate"]["fullNumber"]

    assert [number(None), number(None), number({"id": other["id"]}), number({"prefix": "N", "number": 8})] == [
        "FV1",
        "FV2",
        "N5",
        "N8",
    ]
    assert number({"id": other["id"], "number": 9}) == "N9"
    body = {**DATED, "client": client(call), "items": [{"id": thing(call), "price": 10, "quantity": 1}]}
    refused(call("POST", "/invoices", {**body, "numberTemplate": {"prefix": "N", "number": 8}}), "ya está en uso")
    refused(call("POST", "/invoices", {**body, "numberTemplate": other["id"]}), "agotada")
    refused(call("POST", "/invoices", {**body, "numberTemplate": {"prefix": "X"}}), "numberTemplate")
    refused(call("DELETE", f"/number-templates/{other['id']}"), "en uso")


def test_an_invoice_keeps_its_number_when_what_was_read_is_sent_back(call):
    document = invoice(call, tax=3)

    again = ok(call("PUT", f"/invoices/{document['id']}", document))

    assert {**again, "datetime": 0} == {**document, "datetime": 0}


def test_an_invoice_is_found_by_what_it_says(call):
    ana, beto = client(call, "Ana", identification="11"), client(call, "Beto", identification="22")
    early = invoice(call, client=ana, date="2026-01-10", dueDate="2026-02-10")
    late = invoice(call, client={"id": beto}, date="2026-03-10", dueDate="2026-04-10", status="draft")

    def ids(**query):
        return [row["id"] for row in ok(call("GET", "/invoices", query=query))]

    both = [early["id"], late["id"]]
    assert ids(status="open,draft") == both
    assert ids(status="draft") == both[1:]
    assert ids(client_id=ana) == ids(client_name="an") == ids(client_identification="11") == both[:1]
    assert ids(numberTemplate_fullNumber="fv2") == both[1:]
    assert ids(item_id=early["items"][0]["id"]) == both[:1]
    assert ids(date_after="2026-01-10") == ids(date_afterOrNow="2026-01-11") == both[1:]
    assert ids(dueDate_before="2026-04-10") == ids(dueDate_beforeOrNow="2026-02-10") == ids(date="2026-01-10") == both[:1]
    assert ids(order_field="dueDate", order_direction="DESC") == both[::-1]
    refused(call("GET", "/invoices", query={"date": "yesterday"}), "date")


def test_an_invoice_is_voided_and_opened_again(call):
    document = invoice(call)
    place = f"/invoices/{document['id']}"

    assert ok(call("POST", f"{place}/void"))["status"] == "void"
    refused(call("POST", f"{place}/void"), "del estado void")
    refused(call("POST", "/payments", pay(call, document, 10)), "anulada")
    assert ok(call("POST", f"{place}/open"))["status"] == "open"
    made(call, "/payments", pay(call, document, 10))
    refused(call("POST", f"{place}/void"), "tiene pagos")
    refused(call("DELETE", place), "tiene pagos")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"dueDate": "2026-11-19"}, "dueDate"),
        ({"items": []}, "items"),
        ({"items": [{"price": 1, "quantity": 1}]}, "items[0].id"),
        ({"items": [{**LINE, "id": 1, "quantity": 0}]}, "items[0].quantity"),
        ({"items": [{**LINE, "id": 1, "discount": 101}]}, "items[0].discount"),
        ({"items": [{**LINE, "id": 1, "tax": [{"id": 9}]}]}, "items[0].tax[0]"),
        ({"items": [{"id": 1, "price": 1e11, "quantity": 1e11, "discount": 100}]}, "items"),
        ({"items": [{"id": 1, "price": 6e11, "quantity": 1}] * 17}, "items"),
        ({"client": "9"}, "client nombra a 9"),
        ({"client": {}}, "client.id"),
        ({"observations": "x" * 501}, "observations"),
        ({"status": "closed"}, "status"),
        ({"paymentForm": "cash"}, "paymentForm"),
        ({"currency": "XYZ"}, "currency"),
    ],
)
def test_an_invoice_that_makes_no_sense_is_refused_by_the_name_of_the_field(change, word):
    call, ids = PRICED

    refused(call("POST", "/invoices", {**filled(SOLD, ids), **change}), word)


def test_a_draft_is_opened_by_a_change_and_nothing_else_is(call):
    place = f"/invoices/{invoice(call, status='draft')['id']}"

    assert ok(call("PUT", place, {"status": "open"}))["status"] == "open"
    refused(call("PUT", place, {"status": "void"}), "status")
    refused(call("PUT", place, {"client": ""}), "client")


def test_an_invoice_has_a_pdf_when_it_is_asked_for(call):
    document = invoice(call, client=client(call, "Niño (S.A.) \\"))
    assert "pdf" not in ok(call("GET", f"/invoices/{document['id']}"))
    address = ok(call("GET", f"/invoices/{document['id']}", query={"fields": "url,pdf"}))["pdf"]

    answer = Caller(call.app)("GET", address.removeprefix("http://127.0.0.1"))

    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.body.startswith(b"%PDF-1.4")
    assert b"FV1" in answer.body
    preview = ok(call("POST", "/invoices/preview", {**DATED, "client": client(call), "items": document["items"]}))
    assert Caller(call.app)("GET", preview["url"].removeprefix("http://127.0.0.1")).body.startswith(b"%PDF")
    assert Caller(call.app)("GET", "/files/nothing.pdf").status == 404


def test_an_invoice_is_sent_to_somebody(call):
    place = f"/invoices/{invoice(call)['id']}/email"

    ok(
        call(
            "POST",
            place,
            {"emails": ["a@b.co"], "sendCopyToUser": True, "invoiceType": "copy", "emailMessage": {"subject": "Su factura"}},
        )
    )
    refused(call("POST", place, {}), "emails")
    refused(call("POST", place, {"emails": []}), "emails")
    refused(call("POST", place, {"emails": ["nobody"]}), "emails[0]")
    refused(call("POST", "/invoices/99/email", {"emails": ["a@b.co"]}), "factura", 404)


# Stamping.


def test_stamping_tells_apart_what_was_stamped_and_what_could_not_be(call):
    good, draft = invoice(call, paymentForm="CREDIT"), invoice(call, status="draft", paymentForm="CREDIT")
    bare, owing = invoice(call), invoice(call, paymentForm="CASH")

    first = ok(call("POST", "/invoices/stamp", {"ids": [good["id"], draft["id"], int(bare["id"]), owing["id"], 999]}))
    again = ok(call("POST", "/invoices/stamp", {"ids": [good["id"]]}))

    assert first["data"] == [
        {"id": good["id"], "success": True, "emissionStatus": "STAMPED_AND_ACCEPTED", "message": "El documento fue emitido"}
    ]
    assert [(each["id"], each["code"]) for each in first["error"]] == [
        (draft["id"], 3051),
        (bare["id"], 3051),
        (owing["id"], 3051),
        ("999", 404),
    ]
    assert (again["data"], [each["code"] for each in again["error"]]) == ([], [3246])
    assert ok(call("GET", f"/invoices/{good['id']}"))["stamp"]["legalStatus"] == "ACCEPTED"


@pytest.mark.parametrize("ids", [[], list(range(11)), "1", None, [None], [[]], [{}], ["../1"]])
def test_stamping_takes_one_to_ten_ids(call, ids):
    refused(call("POST", "/invoices/stamp", {"ids": ids}), "ids")


@pytest.mark.parametrize("code", FAILURES)
def test_a_certificate_that_is_no_good_fails_every_stamp(code):
    call = company(stamp=code)
    document = invoice(call, paymentForm="CREDIT")

    assert ok(call("POST", "/invoices/stamp", {"ids": [document["id"]]}))["error"][0]["code"] == code


def test_a_stamped_invoice_stays_as_it_is(call):
    place = f"/invoices/{invoice(call, paymentForm='CREDIT', stamp={'generateStamp': True})['id']}"

    assert ok(call("GET", place))["stamp"]["cufe"]
    refused(call("PUT", place, {"observations": "x"}), "nota crédito")
    refused(call("DELETE", place), "nota crédito")
    refused(call("POST", f"{place}/void"), "nota crédito")


def test_an_invoice_whose_stamp_fails_is_not_made():
    call = company(stamp="AEP1001")
    body = {
        **DATED,
        "client": client(call),
        "items": [{"id": thing(call), "price": 10, "quantity": 1}],
        "paymentForm": "CREDIT",
        "status": "open",
    }

    assert refused(call("POST", "/invoices", {**body, "stamp": True}), "certificado")["code"] == "AEP1001"
    assert ok(call("GET", "/invoices")) == []


def test_what_colombia_wants_for_a_stamp_other_countries_do_not():
    call = company(country="peru")

    assert len(ok(call("POST", "/invoices/stamp", {"ids": [invoice(call)["id"]]}))["data"]) == 1


# Payments.


@pytest.mark.parametrize(("kind", "make", "path"), [("in", invoice, "invoices"), ("out", bill, "bills")])
def test_a_payment_closes_what_it_pays_and_opens_it_again_when_it_goes(call, kind, make, path):
    document = make(call)

    def now():
        found = ok(call("GET", f"/{path}/{document['id']}"))
        return found["status"], found["totalPaid"], found["balance"], len(found["payments"])

    half = made(call, "/payments", pay(call, document, 400, kind))
    assert now() == ("open", 400, 600, 1)
    rest = made(call, "/payments", pay(call, document, 600, kind))
    assert now() == ("closed", 1000, 0, 2)
    assert ok(call("POST", f"/payments/{rest['id']}/void"))["status"] == "void"
    assert now() == ("open", 400, 600, 1)
    assert ok(call("POST", f"/payments/{rest['id']}/open"))["status"] == "open"
    assert now() == ("closed", 1000, 0, 2)
    ok(call("DELETE", f"/payments/{half['id']}"))
    assert now() == ("open", 600, 400, 1)
    ok(call("PUT", f"/payments/{rest['id']}", pay(call, document, 1000, kind)))
    assert now() == ("closed", 1000, 0, 1)


def test_nothing_is_paid_twice(call):
    document = invoice(call)
    made(call, "/payments", pay(call, document, 1000))

    refused(call("POST", "/payments", pay(call, document, 0.01)), "supera el saldo")
    assert len(ok(call("GET", "/payments"))) == 1


def test_what_a_payment_retains_counts_as_paid(call):
    document = invoice(call)

    payment = made(call, "/payments", pay(call, document, 975, retentions=[{"id": 1, "amount": 25}]))

    assert ok(call("GET", f"/invoices/{document['id']}"))["status"] == "closed"
    assert payment["invoices"][0]["retentions"] == [{"id": "1", "name": "Compras generales", "percentage": "2.50", "amount": 25}]


def test_a_payment_is_numbered_by_its_type_and_names_its_client(call):
    document = invoice(call)
    into = made(call, "/payments", pay(call, document, 10))
    out = made(call, "/payments", pay(call, bill(call), 10, "out"))

    assert (into["numberTemplate"]["fullNumber"], out["numberTemplate"]["fullNumber"]) == ("RC1", "CE1")
    assert into["client"]["id"] == document["client"]["id"]
    assert [row["id"] for row in ok(call("GET", "/payments", query={"type": "out"}))] == [out["id"]]
    assert [row["id"] for row in ok(call("GET", "/payments", query={"client_id": document["client"]["id"]}))] == [into["id"]]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"date": None}, "date"),
        ({"bankAccount": None}, "bankAccount"),
        ({"bankAccount": {"id": "77"}}, "bankAccount nombra a 77"),
        ({"paymentMethod": "CASH"}, "paymentMethod"),
        ({"invoices": []}, "invoices"),
        ({"type": "out"}, "invoices"),
        ({"invoices": [{"id": "1", "amount": 0}]}, "invoices[0].amount"),
        ({"invoices": [{"id": "1"}]}, "invoices[0].amount"),
        ({"client": "2"}, "contacto 2"),
    ],
)
def test_a_payment_that_makes_no_sense_is_refused(call, change, word):
    document = invoice(call)
    client(call)
    body = {**pay(call, document, 10), **change}

    refused(call("POST", "/payments", body), word)


def test_a_payment_needs_its_three_fields_in_a_change_as_well(call):
    document = invoice(call)
    payment = made(call, "/payments", pay(call, document, 10))

    for name in ("date", "bankAccount", "paymentMethod"):
        body = pay(call, document, 10)
        del body[name]
        refused(call("PUT", f"/payments/{payment['id']}", body), name)


def test_a_received_payment_is_stamped_once(call):
    place = f"/payments/{made(call, '/payments', pay(call, invoice(call), 10))['id']}/stamp"

    assert ok(call("POST", place))["stamp"]["uuid"]
    assert refused(call("POST", place), "timbrado")["code"] == 3246


# Bills.


def test_a_bill_holds_its_lines_under_purchases_and_nowhere_else(call):
    line = {"id": thing(call), "price": 10, "quantity": 3, "tax": [{"id": 3}]}
    body = {**DATED, "provider": {"id": client(call)}}
    categories = [{"id": 2, "price": 100, "quantity": 1}]

    document = made(call, "/bills", {**body, "purchases": {"items": [line], "categories": categories}})

    assert [document[name] for name in ("subtotal", "tax", "total", "balance")] == [130, 5.7, 135.7, 135.7]
    assert [line["total"] for group in document["purchases"].values() for line in group] == [35.7, 100]
    refused(call("POST", "/bills", {**body, "items": [line]}), "purchases")
    refused(call("POST", "/bills", {**body, "purchases": {"items": []}}), "purchases.items")
    refused(call("PUT", f"/bills/{document['id']}", {"observations": "x"}), "date")


def test_a_bill_may_be_paid_when_it_is_made(call):
    document = bill(
        call, payments=[{"date": "2026-11-20", "account": {"id": cash(call)}, "amount": 1000, "paymentMethod": "cash"}]
    )

    assert document["status"] == "closed"
    assert ok(call("GET", "/payments"))[0]["type"] == "out"


def test_a_bill_is_closed_against_an_account(call):
    place = f"/bills/{bill(call)['id']}"

    refused(call("POST", f"{place}/close", {"date": "2026-11-20"}), "category")
    closed = ok(call("POST", f"{place}/close", {"date": "2026-11-20", "category": {"id": 2}}))

    assert (closed["status"], closed["balance"], closed["totalPaid"]) == ("closed", 0, 0)
    refused(call("POST", f"{place}/close", {"date": "2026-11-20", "category": 2}), "no está abierta")


def test_a_bill_shows_void_payments_on_request(call):
    document = bill(call)
    payment = made(call, "/payments", pay(call, document, 10, "out"))
    ok(call("POST", f"/payments/{payment['id']}/void"))

    assert ok(call("GET", f"/bills/{document['id']}"))["payments"] == []
    shown = ok(call("GET", f"/bills/{document['id']}", query={"includeVoidPayments": "true"}))["payments"]
    assert [each["status"] for each in shown] == ["void"]


def test_an_advance_is_applied_to_a_bill_as_far_as_it_goes(call):
    document = bill(call)
    advance = made(call, "/payments", {**pay(call, document, 1, "out"), "bills": [], "categories": [{"id": 2, "price": 300}]})
    place = f"/bills/{document['id']}/advances-applied"

    assert ok(call("POST", place, {"advances": [{"id": advance["id"], "amount": 200}]}))["balance"] == 800
    refused(call("POST", place, {"advances": [{"id": advance["id"], "amount": 200}]}), "anticipo")
    refused(call("POST", place, {}), "advances")


def test_retentions_and_perceptions_are_noted(call):
    documents = bill(call), invoice(call)

    places = [f"/bills/{documents[0]['id']}/retentions", f"/invoices/{documents[1]['id']}/retentions-applied"]
    for place in places:
        assert ok(call("PUT", place, {"retentions": [{"id": "1", "amount": 25}]}))["retentions"][0]["amount"] == 25
        refused(call("PUT", place, {}), "retentions")
    perceived = ok(call("PUT", f"/bills/{documents[0]['id']}/perceptions", {"perceptions": [{"name": "IIBB", "amount": 5}]}))
    assert perceived["perceptions"] == [{"name": "IIBB", "amount": 5}]


def test_a_bill_is_imported_by_its_cufe_once(call):
    client(call, type="provider")
    cufe = "ab" * 48

    document = made(call, "/bills/import-by-cufe", {"cufe": cufe})

    assert document["stamp"] == {"cufe": cufe}
    assert [row["id"] for row in ok(call("GET", "/bills", query={"uuid": cufe}))] == [document["id"]]
    refused(call("POST", "/bills/import-by-cufe", {"cufe": cufe.upper()}), "cufe")
    refused(call("POST", "/bills/import-by-cufe", {"cufe": "x"}), "cufe")


@pytest.mark.parametrize("path", ["bills", "debit-notes", "purchase-orders"])
def test_documents_of_purchases_take_comments(stocked, path):
    call, ids = stocked
    place = f"/{path}/{made(call, f'/{path}', filled(BODIES[path][0], ids))['id']}"

    comment = made(call, f"{place}/comments", {"text": "Revisar"})

    refused(call("POST", f"{place}/comments", {}), "text")
    assert ok(call("GET", place))["comments"] == [comment]
    if path != "bills":
        assert call("PUT", f"{place}/comments/{comment['id']}", {"text": "x"}).status == 404
        return
    assert ok(call("PUT", f"{place}/comments/{comment['id']}", {"text": "Revisado"}))["text"] == "Revisado"
    assert ok(call("GET", place))["comments"][0]["text"] == "Revisado"
    ok(call("DELETE", f"{place}/comments/{comment['id']}"))
    refused(call("DELETE", f"{place}/comments/{comment['id']}"), "comentario", 404)


def test_bills_are_found_by_what_they_say(call):
    document, other = bill(call), bill(call, numberTemplate={"number": "B-2"})

    def ids(**query):
        return [row["id"] for row in ok(call("GET", "/bills", query=query))]

    assert ids(billNumber="b-2") == ids(provider_name="mirador", client_id=other["provider"]["id"]) == [other["id"]]
    assert ids(item_id=document["purchases"]["items"][0]["id"]) == [document["id"]]


# Notes.


def test_a_credit_note_lowers_what_an_invoice_owes_until_it_is_gone(call):
    document = invoice(call)
    line = {"id": document["items"][0]["id"], "price": 300, "quantity": 1}
    body = {"date": "2026-11-20", "client": document["client"]["id"], "items": [line]}

    note = made(
        call, "/credit-notes", {**body, "invoices": [{"id": document["id"], "amount": 200}], "type": "PARTIALL_DEVOLUTION"}
    )

    assert (note["total"], note["totalApplied"], note["balance"], note["status"]) == (300, 200, 100, "open")
    assert ok(call("GET", f"/invoices/{document['id']}"))["balance"] == 800
    used = ok(
        call("PUT", f"/credit-notes/{note['id']}", {"refunds": [{"amount": 100, "date": "2026-11-20", "account": cash(call)}]})
    )
    assert (used["balance"], used["status"]) == (0, "closed")
    refused(call("POST", "/credit-notes", {**body, "invoices": [{"id": document["id"], "amount": 301}]}), "invoices")
    refused(
        call("POST", "/credit-notes", {**body, "client": client(call), "invoices": [{"id": document["id"], "amount": 1}]}),
        "otro contacto",
    )
    refused(call("POST", "/credit-notes", {**body, "type": "DEVOLUTION"}), "type")
    ok(call("DELETE", f"/credit-notes/{note['id']}"))
    assert ok(call("GET", f"/invoices/{document['id']}"))["balance"] == 1000


def test_a_suppliers_debit_note_lowers_what_a_bill_owes(call):
    document = bill(call)
    categories = [{"id": 2, "price": 1000, "quantity": 1}]
    body = {
        "date": "2026-11-20",
        "client": document["provider"]["id"],
        "categories": categories,
        "bills": [{"id": document["id"]}],
    }

    note = made(call, "/debit-notes", body)

    assert (note["totalApplied"], note["status"], note["numberTemplate"]["fullNumber"]) == (1000, "closed", "ND1")
    assert ok(call("GET", f"/bills/{document['id']}"))["status"] == "closed"
    refused(call("POST", "/debit-notes", {"date": "2026-11-20", "client": document["provider"]["id"]}), "categories")


def test_an_estimate_and_a_remission_that_became_an_invoice_are_closed(stocked):
    call, ids = stocked
    estimate, remission = (made(call, f"/{path}", filled(SOLD, ids)) for path in ("estimates", "remissions"))

    document = invoice(call, estimate=estimate["id"], remissions=[{"id": remission["id"], "items": [{"id": 1}]}])

    assert document["remissions"][0]["id"] == remission["id"]
    for path, each in (("estimates", estimate), ("remissions", remission)):
        assert each["status"] == "open"
        assert ok(call("GET", f"/{path}/{each['id']}"))["status"] == "closed"


@pytest.mark.parametrize("path", ["remissions", "transportation-receipts", "purchase-orders"])
def test_what_can_be_voided_is_void_then(stocked, path):
    call, ids = stocked
    place = f"/{path}/{made(call, f'/{path}', filled(BODIES[path][0], ids))['id']}"

    assert ok(call("POST", f"{place}/void"))["status"] == "void"
    assert call("POST", f"{place}/open").status == (404 if path == "purchase-orders" else 200)


# Contacts.


def test_a_contact_is_found_twice_only_when_that_is_wanted(call):
    made(call, "/contacts", {"name": "Ana", "identification": "900"})

    assert refused(call("POST", "/contacts", {"name": "Otra", "identification": "900"}), "900")["code"] == 905
    assert (
        refused(call("POST", "/contacts", {"name": "Otra", "identificationObject": {"type": "CC", "number": "900"}}), "900")[
            "code"
        ]
        == 905
    )
    assert made(call, "/contacts", {"name": "Otra", "identification": "900", "ignoreRepeated": True})["identification"] == "900"
    assert made(call, "/contacts", {"name": "Sin cédula"})["identification"] is None


def test_a_change_of_a_contact_replaces_it_and_needs_its_name(call):
    contact = made(call, "/contacts", {"name": "Ana", "email": "a@b.co", "identification": "1", "type": ["client", "provider"]})
    place = f"/contacts/{contact['id']}"

    refused(call("PUT", place, {"email": "c@d.co"}), "name")
    after = ok(call("PUT", place, {"name": "Ana", "mobile": "300"}))

    assert (after["email"], after["identification"], after["type"], after["mobile"]) == (None, None, [], "300")
    assert after["created_at"] == contact["created_at"]
    assert ok(call("PUT", place, contact)) == contact


def test_a_contact_of_colombia_has_a_kind_of_document_and_a_check_digit(call):
    nit = {"type": "NIT", "number": "900123456"}
    contact = made(
        call,
        "/contacts",
        {"name": "ACME SAS", "identificationObject": nit, "kindOfPerson": "LEGAL_ENTITY", "regime": "COMMON_REGIME"},
    )

    assert (contact["identification"], contact["identificationObject"]) == ("900123456", {**nit, "dv": "8"})
    refused(
        call("POST", "/contacts", {"name": "X", "identificationObject": {**nit, "number": "1", "dv": "0"}}),
        "identificationObject.dv",
    )
    refused(
        call("POST", "/contacts", {"name": "X", "identificationObject": {"type": "RUT", "number": "1"}}),
        "identificationObject.type",
    )
    refused(call("POST", "/contacts", {"name": "X", "regime": "GENERAL"}), "regime")
    assert made(company(country="chile"), "/contacts", {"name": "X", "identificationObject": {"type": "RUT", "number": "1"}})


@pytest.mark.parametrize(
    ("nit", "digit"), [("900123456", "8"), ("800197268", "4"), ("860002964", "4"), ("890903938", "8"), ("899999068", "1")]
)
def test_the_check_digit_of_a_nit(nit, digit):
    assert check_digit(nit) == digit


def test_a_person_may_be_named_by_parts(call):
    contact = made(call, "/contacts", {"name": {"firstName": "Ana", "lastName": "Gil"}, "type": "provider"})

    assert (contact["name"], contact["nameObject"], contact["type"]) == (
        "Ana Gil",
        {"firstName": "Ana", "lastName": "Gil"},
        ["provider"],
    )
    refused(call("POST", "/contacts", {"name": {}}), "name")


def test_a_deleted_contact_comes_back(call):
    key = client(call, identification="5")
    ok(call("DELETE", f"/contacts/{key}"))

    assert ok(call("PUT", f"/contacts/restore/{key}"))["identification"] == "5"
    assert ok(call("GET", f"/contacts/{key}"))["id"] == key
    assert call("PUT", f"/contacts/restore/{key}").status == 404


def test_a_contact_with_documents_is_not_deleted(call):
    refused(call("DELETE", f"/contacts/{invoice(call)['client']['id']}"), "documentos")


# Items and stock.


def test_an_item_is_changed_in_part(call):
    item = made(call, "/items", {**STOCKED, "reference": "M-1", "tax": 3})
    after = ok(call("PUT", f"/items/{item['id']}", {"price": 12.5}))

    assert after == {**item, "price": [{**item["price"][0], "price": 12.5}]}
    assert (item["tax"][0]["id"], item["type"]) == (3, "product")
    assert ok(call("GET", "/items", query={"reference": "m-1"}))[0]["id"] == item["id"]
    assert ok(call("GET", "/items", query={"price": "12.50"}))[0]["id"] == item["id"]
    assert ok(call("GET", "/items", query={"inventariable": "false"})) == []


def test_an_item_has_a_price_on_each_list(call):
    lists = [ok(call("GET", "/price-lists"))[0]["id"], made(call, "/price-lists", {"name": "Mayoristas"})["id"]]

    item = made(
        call, "/items", {"name": "Café", "price": [{"idPriceList": lists[0], "price": 10}, {"idPriceList": lists[1], "price": 9}]}
    )

    assert [(each["idPriceList"], each["price"]) for each in item["price"]] == [(lists[0], 10), (lists[1], 9)]
    refused(call("POST", "/items", {"name": "X", "price": [{"price": 1}]}), "price[0].idPriceList")
    refused(call("POST", "/items", {"name": "X", "price": -1}), "price")


def stock(call, item):
    found = ok(call("GET", f"/items/{item}"))["inventory"]
    return {each["id"]: each["availableQuantity"] for each in found["warehouses"]} | {"": found["availableQuantity"]}


def test_transfers_and_adjustments_move_stock(call):
    item, north = made(call, "/items", STOCKED)["id"], made(call, "/warehouses", {"name": "Norte"})["id"]
    (main,) = (each["id"] for each in ok(call("GET", "/warehouses")) if each["isDefault"])
    body = {"date": "2026-11-20", "origin": main, "destination": north, "items": [{"id": item, "quantity": 30}]}

    transfer = made(call, "/warehouse-transfers", body)
    assert stock(call, item) == {main: 70, north: 30, "": 100}
    ok(call("PUT", f"/warehouse-transfers/{transfer['id']}", {"items": [{"id": item, "quantity": 10}]}))
    assert stock(call, item) == {main: 90, north: 10, "": 100}
    refused(call("POST", "/warehouse-transfers", {**body, "items": [{"id": item, "quantity": 91}]}), "supera lo disponible")
    refused(call("POST", "/warehouse-transfers", {**body, "origin": north}), "destination")
    refused(call("POST", "/warehouse-transfers", {**body, "items": [{"id": thing(call), "quantity": 1}]}), "inventariable")
    lines_ = [{"id": item, "quantity": 4, "type": "out"}, {"id": item, "quantity": 1, "type": "in"}]
    adjustment = made(call, "/inventory-adjustments", {"date": "2026-11-20", "warehouse": north, "items": lines_})
    assert (stock(call, item), adjustment["number"]) == ({main: 90, north: 7, "": 97}, "AJ1")
    ok(call("DELETE", f"/inventory-adjustments/{adjustment['id']}"))
    ok(call("DELETE", f"/warehouse-transfers/{transfer['id']}"))
    assert stock(call, item) == {main: 100, north: 0, "": 100}
    ok(call("DELETE", f"/warehouses/{north}"))
    refused(call("DELETE", f"/warehouses/{main}"), "principal")


def test_sales_take_from_stock_and_purchases_bring_to_it(call):
    item = made(call, "/items", STOCKED)["id"]
    line = {"id": item, "price": 10, "quantity": 3}

    document = invoice(call, items=[line])
    assert stock(call, item)[""] == 97
    invoice(call, items=[line], status="draft")
    assert stock(call, item)[""] == 97
    bill(call, purchases={"items": [{**line, "quantity": 5}]})
    assert stock(call, item)[""] == 102
    ok(call("POST", f"/invoices/{document['id']}/void"))
    assert stock(call, item)[""] == 105


def test_several_items_are_deleted_at_once_or_not_at_all(call):
    first, second = thing(call), thing(call)

    refused(call("DELETE", "/items", {"ids": [first, "77"]}), "77", 404)
    assert len(ok(call("GET", "/items"))) == 2
    ok(call("DELETE", "/items", query={"id": f"{first},{second}"}))
    assert ok(call("GET", "/items")) == []
    refused(call("DELETE", "/items"), "body")
    refused(call("DELETE", "/items", {"ids": []}), "ids")


# Money in the bank, accounts and the journal.


def test_a_transfer_moves_money_from_one_account_to_another(call):
    bank = made(call, "/bank-accounts", {"name": "Davivienda", "type": "bank", "initialBalance": 500.5})["id"]

    answer = ok(
        call("POST", f"/bank-accounts/{bank}/transfer", {"idDestination": cash(call), "amount": 100.25, "date": "2026-11-20"})
    )

    assert [answer[each]["type"] for each in ("transactionOut", "transactionIn")] == ["out", "in"]
    balances = {row["id"]: row["balance"] for row in ok(call("GET", "/bank-accounts", query={"includeBalance": "true"}))}
    assert balances == {cash(call): 100.25, bank: 400.25}
    refused(
        call("POST", f"/bank-accounts/{bank}/transfer", {"idDestination": bank, "amount": 1, "date": "2026-11-20"}),
        "idDestination",
    )
    refused(call("DELETE", f"/bank-accounts/{bank}"), "pagos")


def test_inactive_accounts_are_shown_on_request(call):
    ok(call("PUT", f"/bank-accounts/{cash(call)}", {"status": "inactive"}))

    assert ok(call("GET", "/bank-accounts")) == []
    assert len(ok(call("GET", "/bank-accounts", query={"includeInactive": "true", "type": "cash"}))) == 1


def test_what_is_in_a_conciliation_stays_as_it_is(call):
    payment = made(call, "/payments", pay(call, invoice(call), 10))
    free = made(call, "/payments", pay(call, invoice(call), 10))
    body = {"bankAccount": cash(call), "date": "2026-11-20", "payments": [{"id": payment["id"]}]}

    conciliation = made(call, "/conciliations", body)

    refused(call("POST", "/conciliations", body), "conciliado")
    refused(call("POST", f"/payments/{payment['id']}/void"), "conciliado")
    refused(call("DELETE", f"/payments/{payment['id']}"), "conciliado")
    query = {"conciliation_id": conciliation["id"]}
    assert [row["id"] for row in ok(call("GET", "/payments", query=query))] == [payment["id"]]
    assert len(ok(call("GET", "/payments", query={**query, "includeUnconciliated": "true"}))) == 2
    ok(call("DELETE", f"/conciliations/{conciliation['id']}"))
    ok(call("DELETE", f"/payments/{payment['id']}"))
    assert [row["id"] for row in ok(call("GET", "/payments"))] == [free["id"]]


def test_accounts_are_a_tree_and_may_be_had_flat(call):
    tree = ok(call("GET", "/categories"))
    plain = ok(call("GET", "/categories", query={"format": "plain"}))
    expenses = next(row for row in tree if row["name"] == "Gastos")

    assert len(tree) == 6
    assert [row["code"] for row in expenses["children"]] == ["5120", "5135", "5155"]
    assert len(plain) == 20
    assert not any(row["children"] for row in plain)
    child = made(
        call, "/categories", {"name": "Fletes", "type": "expense", "nature": "debit", "code": "5145", "idParent": expenses["id"]}
    )
    assert child["id"] in [row["id"] for row in ok(call("GET", f"/categories/{expenses['id']}"))["children"]]
    assert [row["name"] for row in ok(call("GET", "/categories", query={"code": "5145"}))] == ["Fletes"]
    assert {row["type"] for row in ok(call("GET", "/categories", query={"type": "income", "format": "plain"}))} == {"income"}
    refused(call("GET", "/categories", query={"format": "xml"}), "format")


def test_an_account_that_exists_is_told_by_its_code(call):
    assert refused(call("POST", "/categories", {"name": "Otra", "code": "41"}), "41")["code"] == 32006
    assert (
        refused(
            call(
                "POST",
                "/categories",
                {"name": "Ventas", "idParent": ok(call("GET", "/categories", query={"code": "4"}))[0]["id"]},
            ),
            "Ventas",
        )["code"]
        == 32021
    )
    refused(call("PUT", "/categories/1", {"name": "X"}), "solo lectura")


def test_an_account_never_stands_below_itself(call):
    top = made(call, "/categories", {"name": "A"})["id"]
    below = made(call, "/categories", {"name": "B", "idParent": top})["id"]

    refused(call("PUT", f"/categories/{top}", {"idParent": below}), "idParent")
    refused(call("PUT", f"/categories/{top}", {"idParent": top}), "idParent")


@pytest.mark.parametrize(
    ("entries", "word"),
    [
        ([{"id": 2, "debit": 10}, {"id": 3, "credit": 9.99}], "no cuadra"),
        ([{"id": 2, "debit": 10, "credit": 10}, {"id": 3, "credit": 10}], "entries[0]"),
        ([{"id": 2, "debit": 10}, {"id": 3}], "entries[1]"),
        ([{"id": 2, "debit": 10}], "entries"),
        ([{"id": 99, "debit": 10}, {"id": 3, "credit": 10}], "entries[0].id"),
    ],
)
def test_a_journal_that_does_not_balance_is_refused(call, entries, word):
    refused(call("POST", "/journals", {"date": "2026-11-20", "entries": entries}), word)


def test_a_journal_adds_up_to_the_cent(call):
    entries = [{"id": 2, "debit": 0.1}, {"id": 4, "debit": 0.2, "client": {"id": client(call)}}, {"id": 3, "credit": 0.3}]

    journal = made(call, "/journals", {"date": "2026-11-20", "entries": entries, "reference": "Ajuste"})

    assert (journal["total"], journal["number"]) == (0.3, "1")
    assert ok(call("GET", "/journals/entries/graph")) == {"data": [{"date": "2026-11", "debit": 0.3, "credit": 0.3}]}
    assert len(ok(call("GET", "/journals", query={"client_name": "mirador", "reference": "ajuste"}))) == 1


# The company, its people and its currencies.


def test_the_company_says_which_country_it_is_in(call):
    assert ok(call("GET", "/company"))["applicationVersion"] == "colombia"
    assert ok(company(country="mexico")("GET", "/company"))["applicationVersion"] == "mexico"
    assert ok(call("PUT", "/company", {"phone": "1"}))["phone"] == "1"
    refused(call("PUT", "/company", {"name": ""}), "name")


def test_the_user_of_the_credential_is_self(call):
    assert ok(call("GET", "/users/self"))["email"] == USER
    assert ok(call("PUT", "/users/self", {"position": "Contadora"}))["position"] == "Contadora"
    assert ok(call("PUT", "/users/self/metadata", {"tour": True}))["metadata"] == {"tour": True}
    assert ok(call("PUT", "/users/1/metadata", {"theme": "dark"}))["metadata"] == {"tour": True, "theme": "dark"}
    assert ok(call("GET", "/users", query={"role": "admin", "fields": "permissions"}))[0]["permissions"]["invoices"] is True
    assert call("GET", "/users/me").status == 404
    refused(call("DELETE", "/users/1"), "credencial")


def test_a_currency_is_named_by_its_code(call):
    made(call, "/currencies", BODIES["currencies"][0])

    assert ok(call("PUT", "/currencies/EUR", {"exchangeRate": 4600, "code": "XXX"})) == {
        **BODIES["currencies"][0],
        "exchangeRate": 4600,
        "status": "active",
    }
    assert [row["code"] for row in ok(call("GET", "/currencies", query={"order_field": "code"}))] == ["COP", "EUR", "USD"]
    refused(call("POST", "/currencies", {"code": "EUR"}), "EUR")
    refused(call("POST", "/currencies", {"code": "eur"}), "code")
    refused(call("DELETE", "/currencies/COP"), "COP")
    assert invoice(call, currency={"code": "EUR", "exchangeRate": 4700})["currency"] == {
        "code": "EUR",
        "symbol": "€",
        "exchangeRate": 4700,
    }
    assert invoice(call, currency="USD")["currency"]["exchangeRate"] == 4100


def test_number_templates_are_listed_by_document(call):
    assert [row["prefix"] for row in ok(call("GET", "/number-templates", query={"documentType": "creditNote"}))] == ["NC"]
    made(call, "/number-templates", {"name": "Nueva", "documentType": "creditNote", "prefix": "X", "isDefault": True})
    assert [row["isDefault"] for row in ok(call("GET", "/number-templates", query={"documentType": "creditNote"}))] == [
        False,
        True,
    ]
    refused(call("POST", "/number-templates", {"name": "Y", "documentType": "bill"}), "documentType")


def test_settings_of_accounts_are_kept(call):
    assert ok(call("GET", "/categories/settings")) == {}
    assert (
        ok(call("PUT", "/categories/settings", {"sales": {"id": "12"}}))
        == ok(call("GET", "/categories/settings"))
        == {"sales": {"id": "12"}}
    )


# Files.


def upload(call, path, content=b"\x00hello", name="recibo.pdf", field="file", boundary="x", header=None):
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
    head += "Content-Type: application/pdf\r\n\r\n"
    kind = header or f"multipart/form-data; boundary={boundary}"
    return call("POST", path, content=head.encode() + content + f"\r\n--{boundary}--\r\n".encode(), content_type=kind)


@pytest.mark.parametrize("path", sorted(line[6:-15] for line in SHEET if line.endswith("{id}/attachment")))
def test_a_file_is_kept_with_a_document(stocked, path):
    call, ids = stocked
    body = filled(BODIES[path[:-1]][0], ids)
    place = f"/{path}{made(call, f'/{path[:-1]}', {**body, 'ignoreRepeated': True})['id']}"

    kept = ok(upload(call, f"{place}/attachment"), 201)
    answer = Caller(call.app)("GET", kept["url"].removeprefix("http://127.0.0.1"))

    assert (answer.body, kept["name"]) == (b"\x00hello", "recibo.pdf")
    # A page that somebody uploads must not run on this server.
    assert (answer.headers["content-type"], answer.headers["x-content-type-options"]) == ("application/octet-stream", "nosniff")
    assert ok(call("GET", place))["attachments"] == [kept]
    if f"DELETE /{path}attachment/{{file}}" in SHEET:
        ok(call("DELETE", f"/{path}attachment/{kept['id']}"))
        assert ok(call("GET", place))["attachments"] == []
        refused(call("DELETE", f"/{path}attachment/{kept['id']}"), "archivo", 404)


def test_the_company_has_a_logo(call):
    kept = ok(upload(call, "/company/attachment"), 201)

    assert ok(call("GET", "/company"))["logo"] == kept["url"]


def test_a_file_of_one_kind_of_document_is_not_deleted_as_another(call):
    kept = ok(upload(call, f"/items/{thing(call)}/attachment"), 201)

    assert call("DELETE", f"/invoices/attachment/{kept['id']}").status == 404


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"field": "document"}, "file"),
        ({"header": "multipart/form-data"}, "multipart"),
        ({"header": "multipart/form-data; boundary=y"}, ""),
        ({"header": "multipart/form-data; boundary=\u00e9"}, "multipart"),
        ({"header": "application/json"}, "JSON"),
        ({"content": b"x" * (10 * 1024 * 1024 + 1)}, "file"),
        ({"content": b"x" * (12 * 1024 * 1024)}, "cuerpo"),
    ],
)
def test_an_upload_that_is_none_is_refused(changes, word):
    call, ids = PRICED

    refused(upload(call, f"/items/{ids['items']}/attachment", **changes), word)


@pytest.mark.parametrize("charset", ["base64", "\\0", "nothing", "rot13"])
def test_an_upload_whose_charset_is_none_is_taken_all_the_same(charset):
    call, ids = PRICED

    ok(upload(call, f"/items/{ids['items']}/attachment", header=f"multipart/form-data; boundary=x; charset={charset}"), 201)


# Webhooks.


class Hook:
    """What stands at the end of a webhook."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.heard = []

    def __call__(self, url, body):
        self.heard.append((url, body))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return answer


SUBSCRIPTION = {"event": "new-client", "url": "example.com/hooks/1"}


def test_a_subscription_is_made_once_its_address_took_an_empty_body():
    hook = Hook()
    call = company(post=hook)

    answer = made(call, "/webhooks/subscriptions", SUBSCRIPTION)

    assert hook.heard == [("example.com/hooks/1", b"")]
    assert {**answer["subscription"], "id": 0} == {**SUBSCRIPTION, "id": 0}
    assert ok(call("GET", "/webhooks/subscriptions")) == {"subscriptions": [answer["subscription"]]}


@pytest.mark.parametrize("answer", [500, 302, 404, TimeoutError(), ConnectionRefusedError()])
def test_a_subscription_whose_address_does_not_answer_is_not_made(answer):
    call = company(post=Hook(answer))

    refused(call("POST", "/webhooks/subscriptions", SUBSCRIPTION), "2XX")
    assert ok(call("GET", "/webhooks/subscriptions")) == {"subscriptions": []}


@pytest.mark.parametrize(
    "change",
    [
        {"event": "new-payment"},
        {"event": None},
        {"url": "https://example.com/x"},
        {"url": "e x.com"},
        {"url": "a\r\nb"},
        {"url": "a@b.co/x"},
        {"url": 5.5},
    ],
)
def test_a_subscription_that_makes_no_sense_is_refused_before_anybody_is_asked(change):
    hook = Hook()

    refused(company(post=hook)("POST", "/webhooks/subscriptions", {**SUBSCRIPTION, **change}), next(iter(change)))
    assert hook.heard == []


@pytest.mark.parametrize(
    ("noun", "make", "path"),
    [("client", client, "contacts"), ("item", thing, "items"), ("bill", bill, "bills"), ("invoice", invoice, "invoices")],
)
def test_what_happens_is_told_with_its_document(noun, make, path):
    import json

    hook = Hook()
    call = company(post=hook)
    for act in ("new", "edit", "delete"):
        made(call, "/webhooks/subscriptions", {"event": f"{act}-{noun}", "url": "example.com/x"})
    hook.heard.clear()

    key = make(call)
    key = key["id"] if isinstance(key, dict) else key
    document = ok(call("GET", f"/{path}/{key}"))
    ok(call("PUT", f"/{path}/{key}", document))
    ok(call("DELETE", f"/{path}/{key}"))

    told = [json.loads(body) for _, body in hook.heard]
    assert [each["subject"] for each in told] == [f"{act}-{noun}" for act in ("new", "edit", "delete")]
    assert all(each["message"][noun]["id"] == key for each in told)
    assert not any(name[:1] == "_" for each in told for name in each["message"][noun])


def test_a_refused_change_is_told_to_nobody():
    hook = Hook()
    call = company(post=hook)
    made(call, "/webhooks/subscriptions", SUBSCRIPTION)
    refused(call("POST", "/contacts", {"name": ""}), "name")

    assert len(hook.heard) == 1


def test_ten_failures_in_a_row_remove_a_subscription():
    hook = Hook(200, *[500] * 9, 200, *[TimeoutError()] * 10)
    call = company(post=hook)
    made(call, "/webhooks/subscriptions", SUBSCRIPTION)

    for number in range(19):
        client(call, f"Cliente {number}")
    assert len(ok(call("GET", "/webhooks/subscriptions"))["subscriptions"]) == 1
    client(call)

    assert ok(call("GET", "/webhooks/subscriptions")) == {"subscriptions": []}


def test_a_subscription_is_read_changed_and_deleted(call):
    place = f"/webhooks/subscriptions/{made(call, '/webhooks/subscriptions', SUBSCRIPTION)['subscription']['id']}"

    assert ok(call("PUT", place, {"url": "example.org/y"}))["subscription"]["url"] == "example.org/y"
    assert ok(call("GET", place))["subscription"]["event"] == "new-client"
    ok(call("DELETE", place))
    assert call("GET", place).status == 404


@pytest.mark.parametrize(
    "url",
    ["example.com/x", "10.0.0.1", "127.0.0.1.example.com", "localhost@example.com", "[::1]/x", "127.0.0.1:99999", "0.0.0.0"],
)
def test_nothing_leaves_this_machine(url):
    with pytest.raises(ConnectionRefusedError, match="not on this machine"):
        webhooks.loopback(url, b"")


def test_with_the_option_a_hook_on_this_machine_is_posted_to():
    heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        call = company(webhooks="loopback")
        made(call, "/webhooks/subscriptions", {**SUBSCRIPTION, "url": f"127.0.0.1:{server.server_port}/x?y=1"})
        client(call)
        server.shutdown()

    assert [path for path, _ in heard] == ["/x?y=1"] * 2
    assert heard[0][1] == b""
    assert b'"subject": "new-client"' in heard[1][1]
    refused(call("POST", "/webhooks/subscriptions", SUBSCRIPTION), "2XX")


# Reports and the demo.


def test_reports_add_up_what_was_sold(call):
    ana, beto = client(call, "Ana"), client(call, "Beto")
    seller = made(call, "/sellers", {"name": "Andrés"})["id"]
    invoice(call, client=ana, price=100, tax=3, seller=seller)
    invoice(call, client=ana, price=50, date="2026-10-01")
    invoice(call, client=beto, price=10, status="draft")

    def report(name, **query):
        return ok(call("GET", f"/reports/{name}", query=query))["data"]

    assert report("sales-by-client") == [
        {"client": {"id": ana, "name": "Ana"}, "totalDocuments": 2, "subTotal": 150, "total": 169}
    ]
    assert report("sales-by-client", **{"from": "2026-11-01", "to": "2026-11-30"})[0]["total"] == 119
    assert report("sales-by-client", clientName="beto") == []
    assert report("sales-by-client-totals")[0]["total"] == 169
    assert [(row["seller"]["name"], row["total"]) for row in report("sales-by-seller", order_field="total")] == [
        (None, 50),
        ("Andrés", 119),
    ]
    assert {row["name"]: row["total"] for row in report("income-statement")} == {"income": 150, "expenses": 0, "netIncome": 150}
    assert [row["balance"] for row in report("account-statement", client_id=ana, order_field="balance")] == [50, 119]
    refused(call("GET", "/reports/account-statement"), "client_id")
    refused(call("GET", "/reports/account-statement", query={"client_id": "99"}), "contacto", 404)
    refused(call("GET", "/reports/sales-by-client", query={"from": "x"}), "from")


def test_the_demo_company_has_invoices_that_are_paid_open_and_overdue(demo):
    rows = ok(demo("GET", "/invoices"))
    today = (datetime.now(UTC) - timedelta(hours=5)).date().isoformat()
    late = ok(demo("GET", "/invoices", query={"status": "open", "dueDate_before": today}))

    assert {row["status"] for row in rows} == {"draft", "open", "closed"}
    assert len(late) >= 2
    assert all(row["balance"] > 0 for row in late)
    assert any(row["dueDate"] > today for row in rows if row["status"] == "open")
    assert all(date.fromisoformat(row["dueDate"]) for row in rows)
    assert len(ok(demo("GET", "/recurring-payments"))) == 1
    assert ok(demo("GET", "/recurring-payments/1"))["amount"] == 1850000


@pytest.mark.parametrize("line", sorted(line for line in SHEET if line.startswith("GET") and "{" not in line))
def test_everything_of_the_demo_company_can_be_listed(demo, line):
    answer = demo("GET", line[4:], query={"client_id": 1} if "account-statement" in line else {})

    assert answer.status == 200


# Whatever comes.


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1", "2026-11-20", -1, 1e308, "\ud800", "\x00"])
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.just("id"), inner, max_size=3),
    max_leaves=6,
)
WRITES = sorted(line for line in SHEET if line[:3] in {"POS", "PUT"} and "attachment" not in line)
QUIET = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@QUIET
@given(st.sampled_from(WRITES), anything)
def test_any_body_at_all_is_taken_or_refused(line, body):
    call, _ = PRICED
    method, path = line.split()

    answer = call(method, path.replace("{id}", "1").replace("{comment}", "1"), body)

    assert answer.status in {200, 201, 400, 404}, answer.body
    assert answer.status < 400 or answer.json["message"]


@QUIET
@given(st.data())
def test_a_good_body_with_anything_in_one_place_is_taken_or_refused_by_that_name(data):
    call, ids = FUZZED
    path = data.draw(st.sampled_from(sorted(BODIES)))
    body, change = (filled(each, ids) for each in BODIES[path])
    name = data.draw(st.sampled_from(KNOWN[path]))
    wrong = {**body, name: data.draw(anything)}

    answers = [call("POST", f"/{path}", wrong)]
    if change and (rows := [row for row in listed(call, path) if "id" in row]):
        answers.append(call("PUT", f"/{path}/{rows[-1]['id']}", {**change, name: wrong[name]}))

    for answer in answers:
        assert answer.status in {200, 201, 400, 405}, answer.body
        assert answer.status < 400 or answer.json["message"]
    assert call("GET", f"/{path}").status == 200


FUZZED = furnished()
KNOWN = {
    resource.path: sorted(resource.fields)
    for module in (banks, catalogues, contacts, inventory, invoices, items, ledger, notes, payments, purchases, sales, webhooks)
    for resource in (*vars(module).values(), *getattr(module, "RESOURCES", ()))
    if isinstance(resource, Resource)
} | {"users": sorted(company_.WRITTEN)}


@QUIET
@given(
    st.sampled_from(sorted(line for line in SHEET if line.startswith("GET"))),
    st.dictionaries(
        st.sampled_from(
            [
                "start",
                "limit",
                "metadata",
                "order_field",
                "order_direction",
                "query",
                "fields",
                "mode",
                "format",
                "from",
                "to",
                "client_id",
                "price",
                "id",
                "date",
                "date_after",
            ]
        ),
        st.text(max_size=6) | st.sampled_from(["1", "true", "id", "name", "2026-01-01", "simple", "pdf", "DESC"]),
        max_size=4,
    ),
)
def test_any_query_at_all_is_taken_or_refused(line, query):
    call, _ = FUZZED
    query = {name: value.encode("utf-8", "replace").decode() for name, value in query.items()}

    assert call("GET", line[4:].replace("{id}", "1"), query=query).status in {200, 400, 404}


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"name": "x", "price": 1, "more": NaN}',
        b'{"name": "x", "price": 1.0000000000000001}',
        b'{"name": "x", "price": Infinity}',
        b'{"name": 1' + b"0" * 5000 + b"}",
        b'{"price": 1e9999999999999999999}',
        b'{"price": 1E-99999999}',
        b"null",
        b'"x"',
    ],
)
def test_what_is_no_json_object_is_refused(content):
    call, _ = PRICED

    refused(call("POST", "/items", content=content, content_type="application/json"), "")


@pytest.mark.parametrize("name", ["\ud800", {"firstName": "a\udfff"}])
def test_a_text_that_cannot_be_written_is_refused(call, name):
    refused(call("POST", "/contacts", {"name": name}), "texto válido")
    assert call("PUT", "/users/self/metadata", {"x": "\ud800"}).status == 400


@pytest.mark.parametrize("key", ["%00", "../1", "1 OR 1", "é", "x" * 500, "1;", "-", "\u0661"])
def test_an_id_that_is_none_is_404(call, key):
    assert call("GET", f"/items/{key}").status == 404


def test_every_choice_says_what_and_why():
    assert len({choice.topic for choice in VENDOR.choices}) == len(VENDOR.choices) > 50
    assert all(choice.choice and choice.why for choice in VENDOR.choices)
