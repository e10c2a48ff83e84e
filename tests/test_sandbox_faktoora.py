from __future__ import annotations

import http.server
import json
import re
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillkit.sandbox import faktoora
from skillkit.sandbox.faktoora import targets
from skillkit.sandbox.faktoora.app import VENDOR, app
from skillkit.sandbox.faktoora.call import Tools
from skillkit.sandbox.faktoora.choices import OWN
from skillkit.sandbox.faktoora.jobs import loopback
from skillkit.sandbox.faktoora.operations import OPERATIONS
from skillkit.sandbox.faktoora.papers import Files, Seen, check
from skillkit.sandbox.state import State
from skillkit.sandbox.vendor import Settings
from tests.asgi import Caller

KEY = VENDOR.credential["api_key"]
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC).timestamp()
MB = 1024 * 1024


class Clock:
    def __init__(self):
        self.time = NOON

    def __call__(self):
        return self.time


SAID = {
    "documentType": "invoice",
    "invoiceNumber": "R-7",
    "issueDate": "20260301",
    "currency": "EUR",
    "seller": {"name": "Papierhaus"},
    "buyer": {"name": "Elbkontor"},
    "totals": {"netTotal": "100.00", "taxTotal": "19.00", "grossTotal": "119.00", "due": "119.00"},
    "lineItems": [{"id": "1"}],
}


def look(content, kind):
    return Seen(b"good" in content, () if b"good" in content else ("it is torn",), SAID if b"torn" not in content else {})


def make(given):
    return Files(b"%PDF " + given["invoiceNumber"].encode(), b"" if given.get("format") == "pdf" else b"<xml/>", valid=True)


STUBS: dict[str, Any] = {"make": make, "look": look, "report": lambda title, lines: f"%PDF {title}: {' '.join(lines)}".encode()}


def tools(**others):
    return Tools(**{**STUBS, "post": lambda url, body: None, "start": lambda lane, job: job(), **others})


def caller(clock=Clock(), state=None, stubs=None, **options):  # noqa: B008 - a clock that nobody moves
    made = app(state or State(), Settings(clock, options), stubs or tools())
    return Caller(made, VENDOR.prefix, {"x-api-key": KEY})


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def call(clock):
    return caller(clock)


def product(name="Arbeit", **fields):
    taxes = [{"typeCode": "VAT", "categoryCode": "S", "rate": 19}]
    return {"name": name, "quantity": 2, "unitCode": "HUR", "price": 100.5, "taxes": taxes, **fields}


BUYER = {
    "name": "Hafenmuseum",
    "street": "Am Kai 3",
    "postcode": "22880",
    "city": "Wedel",
    "country": "DE",
    "email": "a@b.example",
}


def paper(number="R-1", **fields):
    items = [{"id": "1", "product": product()}]
    return {"format": "zf:2", "invoiceNumber": number, "issueDate": "20260331", "buyer": BUYER, "invoiceItems": items, **fields}


def invoice(call, number="R-1", **fields):
    """Create an invoice and return its id."""
    answer = call("POST", "/invoices", {"invoices": [paper(number, **fields)]})
    assert answer.status == 202, answer.body
    return answer.json[0]["faktooraId"]


FIRM = {"isCompany": True, "address": "Am Kai 3", "postcode": "22880", "city": "Wedel", "extras": {}, "name": "Hafenmuseum"}
THING = {"name": "Arbeit", "unit": "HUR", "tax": 19}


def add(call, path, body, **fields):
    """Create a record and return it."""
    answer = call("POST", path, {**body, **fields})
    assert answer.status == 201, answer.body
    return answer.json


def customer(call, **fields):
    return add(call, "/customer", FIRM, **fields)


def upload(call, path, content, name="rechnung.xml", kind="application/xml", field="file"):
    head = f'--cut\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'
    body = head.encode() + content + b"\r\n--cut--\r\n"
    return call("POST", path, content=body, content_type="multipart/form-data; boundary=cut")


def imported(call, content=b"good", path="/import/incoming"):
    """Import a file, wait, and return its id."""
    answer = upload(call, path, content)
    assert answer.status == 202, answer.body
    (key,) = answer.json.values()
    call("GET", f"{path}/{key}/status")
    return key


def error(answer):
    assert answer.json["statusCode"] == answer.status
    return answer.status, answer.json["code"]


def fields_of(answer):
    assert error(answer) == (400, "BAD_REQUEST")
    assert all(row["field"] in answer.json["message"] for row in answer.json["errors"])
    return {row["field"] for row in answer.json["errors"]}


# Who may call, and how it answers what does not fit.


@pytest.mark.parametrize("headers", [{}, {"x-api-key": ""}, {"x-api-key": KEY + "x"}, {"authorization": f"Bearer {KEY}"}])
@pytest.mark.parametrize(("method", "path"), [("GET", "/customers"), ("POST", "/invoices"), ("GET", "/nowhere")])
def test_nothing_is_answered_without_the_key(headers, method, path):
    answer = Caller(app(State(), Settings(), tools()), VENDOR.prefix, headers)(method, path)

    assert error(answer) == (401, "UNAUTHORIZED")
    assert set(answer.json) == {"code", "statusCode", "message"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/apikeys", 404),
        ("POST", "/apikeys", 404),
        ("GET", "/customers/", 404),
        ("PUT", "/customer/1", 405),
        ("POST", "/customers", 405),
        ("GET", "/customer/1", 404),
        ("GET", "/import/incoming/1/line-items", 404),
    ],
)
def test_what_is_not_there_is_answered_in_the_one_shape(call, method, path, status):
    assert error(call(method, path)) == (status, {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}[status])


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"NaN", "application/json", 400),
        (b"[" * 5000, "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"name=a", "application/x-www-form-urlencoded", 415),
        (b" " * 5_000_001, "application/json", 413),
    ],
)
def test_a_body_that_is_no_good_json_is_refused(call, content, kind, status):
    assert call("POST", "/product", content=content, content_type=kind).status == status


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        (b'{"a":' * 40 + b"1" + b"}" * 40, "nested deeper than 32"),
        (b"1e999999999", "1e999999999 is out of range"),
        (b"-1e-999999999", "-1e-999999999 is out of range"),
        (b"9" * 41, "is out of range"),
        (b"0." + b"1" * 40, "is out of range"),
    ],
)
def test_what_is_small_to_send_and_large_to_handle_is_refused_at_the_door(call, value, wrong):
    whole = json.dumps({**FIRM, "extras": {"a": "HERE"}}).encode().replace(b'"HERE"', value)
    answer = call("POST", "/customer", content=whole, content_type="application/json")

    assert answer.status == 400
    assert wrong in answer.json["message"]


def test_a_switch_that_has_no_such_position_is_refused_at_the_start():
    for options in ({"invoiceDeleteMode": "yes"}, {"polls": "many"}, {"pending": "done"}, {"seconds": "-1"}):
        with pytest.raises(ValueError, match=next(iter(options))):
            caller(**options)


# Lists.


def test_a_list_comes_in_pages_of_25_with_what_there_is_in_all(call):
    for number in range(27):
        customer(call, name=f"Kunde {number:02}")
    first, second, third = (call("GET", "/customers", query={"page": page}).json for page in (1, 2, 3))

    assert first["meta"] == {"page": 1, "perPage": 25, "totalItems": 27, "totalPages": 2}
    assert [len(page["data"]) for page in (first, second, third)] == [25, 2, 0]
    assert [row["name"] for row in second["data"]] == ["Kunde 25", "Kunde 26"]


def test_a_page_is_never_larger_than_1000_and_says_so(call):
    assert call("GET", "/products", query={"perPage": 5000}).json["meta"]["perPage"] == 1000


@pytest.mark.parametrize("query", [{"page": 0}, {"page": "two"}, {"perPage": -1}, {"order": "up"}, {"sort": "colour"}])
@pytest.mark.parametrize("path", ["/customers", "/products", "/projects", "/invoices", "/import/incoming", "/import/outgoing"])
def test_a_page_or_an_order_that_cannot_be_is_refused(call, path, query):
    assert fields_of(call("GET", path, query=query)) == set(query)


def test_lists_are_sorted_both_ways_with_what_is_not_there_at_the_end(call):
    for price in (9, None, 100, 20.5):
        add(call, "/product", THING, price=price)

    def prices(order):
        return [row["price"] for row in call("GET", "/products", query={"sort": "price", "order": order}).json["data"]]

    assert prices("asc") == [9, 20.5, 100, None]
    assert prices("desc") == [None, 100, 20.5, 9]


def test_customers_are_found_by_all_keywords_and_by_category(call):
    customer(call, name="Bäckerei Thomsen", city="Hamburg", category="Handwerk")
    customer(call, name="Bäckerei Wulf", city="Kiel", category="Kultur")

    def names(**query):
        return [row["name"] for row in call("GET", "/customers", query=query).json["data"]]

    assert names(keywords=["bäckerei", "hamburg"]) == ["Bäckerei Thomsen"]
    assert names(keywords="BÄCKEREI") == ["Bäckerei Thomsen", "Bäckerei Wulf"]
    assert names(category="Kultur") == ["Bäckerei Wulf"]
    assert names(keyword="nobody reads this word") == ["Bäckerei Thomsen", "Bäckerei Wulf"]


def test_products_are_found_by_one_keyword_and_by_their_exact_code(call):
    add(call, "/product", THING, code="A-1", description="Beratung vor Ort")
    add(call, "/product", THING, name="Hosting", code="A-10")

    def codes(**query):
        return [row["code"] for row in call("GET", "/products", query=query).json["data"]]

    assert (codes(keyword="beratung"), codes(keyword="a-1"), codes(code="A-1")) == (["A-1"], ["A-1", "A-10"], ["A-1"])


# Customers.


def test_a_customer_is_created_read_changed_and_deleted(call, clock):
    made = customer(call, extras={"note": ["a", 1.5]}, customerId="K-1")
    path = f"/customer/{made['id']}"
    clock.time += 60
    changed = call("PATCH", path, {"city": "Kiel", "email": None}).json

    assert made["extras"] == {"note": ["a", 1.5]}
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", made["id"])
    assert made["createdAt"] == "2026-03-31T12:00:00.000Z"
    assert changed == {**made, "city": "Kiel", "updatedAt": "2026-03-31T12:01:00.000Z"}
    assert call("GET", path).json == changed
    assert call("DELETE", path).json == {"succeed": True}
    assert error(call("GET", path)) == error(call("PATCH", path, {})) == error(call("DELETE", path)) == (404, "NOT_FOUND")


@pytest.mark.parametrize("name", ["isCompany", "address", "postcode", "city", "extras"])
def test_five_fields_of_a_customer_must_be_there_and_stay(call, name):
    body = {field: value for field, value in FIRM.items() if field != name}

    assert fields_of(call("POST", "/customer", body)) == {name}
    assert fields_of(call("PATCH", f"/customer/{customer(call)['id']}", {name: None})) == {name}


@pytest.mark.parametrize(
    ("country", "postcode", "status"),
    [
        (None, "22880", 201),
        (None, "2288", 400),
        ("DE", "01067", 201),
        ("DE", "D-22880", 400),
        ("DE", "١٢٣٤٥", 400),
        ("AT", "5020", 201),
        ("AT", "50200", 400),
        ("CH", "8001", 201),
        ("CH", "80010", 400),
        ("GB", "SW1A 1AA", 201),
    ],
)
def test_a_postcode_is_checked_by_its_country(call, country, postcode, status):
    assert call("POST", "/customer", {**FIRM, "country": country, "postcode": postcode}).status == status


def test_a_change_of_country_must_fit_the_postcode_that_is_there(call):
    path = f"/customer/{customer(call)['id']}"

    assert fields_of(call("PATCH", path, {"country": "AT"})) == {"postcode"}
    assert call("PATCH", path, {"country": "AT", "postcode": "5020"}).status == 200


def test_only_a_company_needs_a_name(call):
    assert fields_of(call("POST", "/customer", {**FIRM, "name": " "})) == {"name"}
    assert customer(call, isCompany=False, name=None, lastName="Harms")["lastName"] == "Harms"


def test_a_change_needs_the_five_fields_again_when_the_account_is_strict():
    call = caller(customerPatch="strict")
    path = f"/customer/{customer(call, email='a@b.example')['id']}"
    again = {name: FIRM[name] for name in ("isCompany", "address", "postcode", "city", "extras")}

    assert fields_of(call("PATCH", path, {"city": "Kiel"})) == {"isCompany", "address", "postcode", "extras"}
    assert call("PATCH", path, {**again, "city": "Kiel"}).json["email"] == "a@b.example"


def test_a_customer_number_is_generated_verified_and_taken_once(call):
    def free(number):
        return call("GET", "/customer/verify-customer-number", query={"customerNumber": number}).json

    first = call("GET", "/customers/generate-number").json["value"]
    assert (first, free(first)) == ("CUST-0001", {"succeed": True})
    mine = customer(call, customerId=first)

    assert free(first) == {"succeed": False}
    assert call("GET", "/customers/generate-number").json == {"value": "CUST-0002"}
    assert error(call("POST", "/customer", {**FIRM, "customerId": first})) == (409, "CONFLICT")
    assert call("PATCH", f"/customer/{mine['id']}", {"customerId": first}).status == 200
    assert error(call("PATCH", f"/customer/{customer(call)['id']}", {"customerId": first})) == (409, "CONFLICT")
    assert fields_of(call("GET", "/customer/verify-customer-number")) == {"customerNumber"}


def test_customers_are_imported_from_a_file_once_and_all_or_none(call):
    words = "\ufeffname;isCompany;address;postcode;city\n"
    good = words + "Thomsen;true;Reihe 1;20099;Hamburg\n;nein;Deich 2;25840;Husum\n"
    bad = good.replace("25840", "2584")
    sent = [upload(call, "/customers/import/upload", text.encode(), "kunden.csv", "text/csv") for text in (bad, good)]
    assert [answer.status for answer in sent] == [201, 201]
    first, second = ({"fileId": answer.json["id"]} for answer in sent)

    assert fields_of(call("POST", "/customers/import", first)) == {"rows[2].postcode"}
    assert call("GET", "/customers").json["data"] == []
    made = call("POST", "/customers/import", second).json
    assert [(row["name"], row["isCompany"], row["city"]) for row in made] == [
        ("Thomsen", True, "Hamburg"),
        (None, False, "Husum"),
    ]
    assert error(call("POST", "/customers/import", second)) == (409, "CONFLICT")
    assert error(call("POST", "/customers/import", {"fileId": "none"})) == (404, "NOT_FOUND")
    (row, _) = call("GET", "/customers", query={"relationFields": ["importedFile", "customerContacts"]}).json["data"]
    assert (row["importedFile"]["filename"], row["customerContacts"]) == ("kunden.csv", [])
    assert fields_of(call("GET", "/customers", query={"relationFields": "secrets"})) == {"relationFields"}


@pytest.mark.parametrize("content", [b"", b"name", b"\xff\n\xff", b'name\n"a', b"name\n" + b"a\n" * 1001])
def test_a_file_that_is_no_csv_is_refused_when_it_comes(call, content):
    assert fields_of(upload(call, "/customers/import/upload", content, "kunden.csv", "text/csv")) == {"file"}


def test_a_row_with_more_or_fewer_cells_is_named(call):
    for row in (b"a,b,c", b"a"):
        sent = upload(call, "/customers/import/upload", b"name,city\n" + row, "kunden.csv", "text/csv")
        assert fields_of(call("POST", "/customers/import", {"fileId": sent.json["id"]})) == {"rows[1]"}


# Products.


def test_a_product_is_created_read_changed_and_deleted(call):
    identity = {"id": "4012345000001", "schemeId": "0160"}
    made = add(call, "/product", THING, price=18.55, inventoryCount=40, globalID=identity, additionalReferencedDocument={"a": 1})
    path = f"/product/{made['id']}"

    assert (made["price"], made["inventoryCount"], made["globalID"], made["cost"]) == (18.55, 40, identity, None)
    assert call("PATCH", path, {"tax": 7, "price": None}).json["tax"] == 7
    assert call("GET", path).json["price"] is None
    assert call("DELETE", path).json == {"succeed": True}
    assert error(call("GET", path)) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": None}, "name"),
        ({"unit": ""}, "unit"),
        ({"tax": None}, "tax"),
        ({"tax": "19"}, "tax"),
        ({"tax": 101}, "tax"),
        ({"tax": True}, "tax"),
        ({"name": "Kaffee ☕"}, "name"),
        ({"description": "Rakete 🚀"}, "description"),
        ({"price": 1e300}, "price"),
        ({"price": 0.1234567890123456}, "price"),
        ({"globalID": {"id": "1"}}, "globalID"),
        ({"globalID": {"id": "1", "schemeId": "GTIN"}}, "globalID"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_product_that_does_not_fit_is_refused_by_the_name_of_its_field(call, fields, wrong):
    assert fields_of(call("POST", "/product", {**THING, **fields})) == {wrong}


def test_all_that_is_wrong_is_said_at_once(call):
    assert fields_of(call("POST", "/product", {"tax": "a", "price": "b"})) == {"name", "unit", "tax", "price"}
    assert fields_of(call("POST", "/product", [])) == {"body"}


def test_a_product_code_belongs_to_one_product(call):
    mine = add(call, "/product", THING, code="A-1")

    assert call("GET", "/product/valid-code", query={"code": "A-1"}).json == {"succeed": False}
    assert call("GET", "/product/valid-code", query={"code": "A-2"}).json == {"succeed": True}
    assert error(call("POST", "/product", {**THING, "code": "A-1"})) == (409, "CONFLICT")
    assert call("PATCH", f"/product/{mine['id']}", {"code": "A-1"}).status == 200
    assert fields_of(call("GET", "/product/valid-code")) == {"code"}


# Projects.


def test_a_project_knows_its_customer(call):
    owner = customer(call)
    made = add(call, "/project", {"name": "Audioguide"}, customerId=owner["id"], eta="2026-05-01T10:00:00Z", estMinutes=90)
    path = f"/project/{made['id']}"

    assert made["customer"] == {"id": owner["id"], "name": "Hafenmuseum"}
    assert (made["status"], made["document"], made["currency"]) == ("active", None, None)
    assert call("PATCH", path, {"status": "closed"}).json["status"] == "closed"
    call("DELETE", f"/customer/{owner['id']}")
    assert (call("GET", path).json["customer"], call("GET", path).json["customerId"]) == (None, None)
    assert call("DELETE", path).json == {"succeed": True}
    assert error(call("GET", path)) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "a" * 256},
        {"place": "a" * 256},
        {"eta": "soon"},
        {"eta": "2026-02-30"},
        {"estMinutes": -1},
        {"estMinutes": 1.5},
        {"currency": "euro"},
        {"status": "done"},
        {"customerId": "nobody"},
    ],
)
def test_a_project_that_does_not_fit_is_refused(call, fields):
    assert fields_of(call("POST", "/project", {"name": "Audioguide", **fields})) == set(fields)


def test_projects_are_filtered_by_several_states_and_customers(call):
    first, second = customer(call)["id"], customer(call)["id"]
    for name, status, owner in (("A", "active", first), ("B", "paused", first), ("C", "closed", second), ("D", "active", second)):
        add(call, "/project", {"name": name}, status=status, customerId=owner)

    def names(**query):
        return "".join(row["name"] for row in call("GET", "/projects", query=query).json["data"])

    assert names(status=["active", "paused"]) == "ABD"
    assert names(status=["active", "closed"], customerId=[second]) == "CD"
    assert names(customerId=[first, second], sort="name", order="desc") == "DCBA"
    assert names(keyword="b") == "B"
    assert fields_of(call("GET", "/projects", query={"status": "lost"})) == {"status"}


def test_a_project_has_one_document_and_a_document_one_project():
    call = caller(invoiceDeleteMode="on")
    paths = [f"/project/{add(call, '/project', {'name': name})['id']}/document" for name in "AB"]
    mine = {"documentId": invoice(call), "documentType": "invoice"}
    other = {"documentId": "offer-1", "documentType": "offer"}
    link = add(call, paths[0], mine)

    assert set(link) == {"id", "projectId", "documentId", "documentType"}
    assert error(call("POST", paths[0], other)) == (409, "CONFLICT")
    assert error(call("POST", paths[1], mine)) == (409, "CONFLICT")
    assert error(call("DELETE", paths[0], other)) == (404, "NOT_FOUND")
    shown = call("GET", paths[0].removesuffix("/document")).json["document"]
    assert (shown["id"], shown["invoiceId"], shown["offerId"]) == (link["id"], mine["documentId"], None)
    assert len(shown) == 7
    assert call("DELETE", paths[0], mine).json == {"succeed": True}
    add(call, paths[1], mine)
    call("DELETE", f"/invoices/{mine['documentId']}")
    assert call("GET", paths[1].removesuffix("/document")).json["document"] is None
    assert call("DELETE", paths[0]).status == 415


@pytest.mark.parametrize(
    ("link", "status"),
    [
        ({"documentId": "none", "documentType": "invoice"}, 404),
        ({"documentId": "none", "documentType": "invoiceincoming"}, 404),
        ({"documentId": "L-1", "documentType": "letter"}, 201),
        ({"documentId": "1", "documentType": "poem"}, 400),
        ({"documentId": "\ud800", "documentType": "invoice"}, 400),
        ({"documentType": "offer"}, 400),
    ],
)
def test_only_a_document_that_can_be_there_is_attached(call, link, status):
    project = add(call, "/project", {"name": "A"})

    assert call("POST", f"/project/{project['id']}/document", link).status == status


# Webhooks.


def hook(call, action="customerCreate", target="https://hooks.elbkontor.de/in"):
    return add(call, "/webhooks", {"action": action, "target": target})


def test_a_webhook_is_subscribed_changed_and_deleted(call):
    made = hook(call)
    path = f"/webhooks/{made['id']}"
    changed = call("PATCH", path, {"action": "productCreate"}).json

    assert (changed["action"], changed["target"]) == ("productCreate", made["target"])
    assert call("GET", "/webhooks").json == [changed]
    assert call("DELETE", path).json == {"succeed": True}
    assert call("GET", "/webhooks").json == []
    assert fields_of(call("POST", "/webhooks", {"action": "everything"})) == {"action", "target"}


HERE = ["http://127.0.0.1:8080/in", "http://localhost/", "http://[::1]:99/"]
NOT_PUBLIC = [
    *("http://10.0.0.7/", "http://192.168.1.1/", "http://172.16.0.1", "http://169.254.169.254/meta", "http://0.0.0.0/"),
    *(
        "http://[fd00::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://224.0.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://127.1/",
    ),
    *(
        "http://printer/",
        "https://nas.local/",
        "https://a.invalid",
        "https://a.test/",
        "https://a.localhost./",
        "https://x.internal/",
    ),
    *("ftp://hooks.elbkontor.de/", "hooks.elbkontor.de", "https://", "https://u:p@hooks.elbkontor.de/", "https://a b.de/"),
    *("https://hooks.elbkontor.de:port/", "https://[::1", "", "https://" + "a" * 2000),
]


@pytest.mark.parametrize("target", NOT_PUBLIC)
def test_a_target_that_is_not_public_is_refused_in_either_mode(target):
    for mode in ("strict", "loopback"):
        answer = caller(webhooks=mode)("POST", "/webhooks", {"action": "invoiceCreate", "target": target})
        assert error(answer) == (400, "BAD_REQUEST")


def test_a_target_on_this_machine_is_taken_in_one_mode_alone():
    for target in HERE:
        assert caller()("POST", "/webhooks", {"action": "invoiceCreate", "target": target}).status == 400
        call = caller(webhooks="loopback")
        path = f"/webhooks/{hook(call)['id']}"
        assert call("PATCH", path, {"target": target}).status == 200
    assert error(caller()("PATCH", f"/webhooks/{hook(caller())['id']}", {"target": HERE[0]})) == (404, "NOT_FOUND")
    assert targets.problem("https://hooks.elbkontor.de:8443/in?a=b", loopback=False) == ""


def test_a_change_of_target_is_checked_as_well(call):
    assert error(call("PATCH", f"/webhooks/{hook(call)['id']}", {"target": HERE[0]})) == (400, "BAD_REQUEST")


def test_each_event_is_told_to_whoever_subscribed_to_it():
    told = []
    call = caller(stubs=tools(post=lambda url, body: told.append((url, json.loads(body)))))
    for action in ("invoiceCreated", "invoiceSent", "invoiceIncomingCreate", "customerCreate", "productCreate"):
        hook(call, action, f"https://hooks.elbkontor.de/{action}")
    hook(call, "validationJobCompleted")
    owner = customer(call)["id"]
    add(call, "/product", THING)
    draft, sent = invoice(call, "R-1", draftOnly=True), invoice(call, "R-2", validate=True)
    key = imported(call)

    assert [(url.rpartition("/")[2], body["action"]) for url, body in told] == [
        ("customerCreate", "customerCreate"),
        ("productCreate", "productCreate"),
        ("invoiceCreated", "invoiceCreate"),
        ("invoiceCreated", "invoiceCreate"),
        ("in", "validationJobCompleted"),
        ("invoiceSent", "invoiceSent"),
        ("invoiceIncomingCreate", "invoiceIncomingCreate"),
    ]
    assert told[0][1]["id"] == owner
    assert [body["faktooraId"] for _, body in told[2:6]] == [draft, sent, sent, sent]
    assert told[6][1]["importId"] == key


def test_what_was_refused_is_told_to_nobody():
    told = []
    call = caller(stubs=tools(post=lambda url, body: told.append(body)))
    hook(call, "invoiceCreate")
    invoice(call)
    call("POST", "/invoices", {"invoices": [paper("R-2"), paper("R-1")]})

    assert len(told) == 1


def test_a_receiver_that_is_not_there_disturbs_nobody():
    def post(url, body):
        raise ConnectionRefusedError(url)

    call = caller(stubs=tools(post=post))
    hook(call)

    assert customer(call)["name"] == "Hafenmuseum"


def test_who_is_told_that_a_file_is_there_can_fetch_it_at_once(call):
    hook(call, "invoiceCreate")

    assert call("GET", f"/invoices/{invoice(call)}").status == 200


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "http://hooks.elbkontor.de/in", "http://127.0.0.1.nip.io/"])
def test_nothing_is_posted_to_another_machine(url):
    with pytest.raises(ConnectionRefusedError):
        loopback(url, b"{}")


# Invoices.


def test_invoices_are_taken_in_a_batch_and_answered_with_where_they_are(call):
    answer = call("POST", "/invoices", {"invoices": [paper("R-1"), paper("R-2")]})

    assert answer.status == 202
    assert [set(row) for row in answer.json] == [{"faktooraId", "detailsPage"}] * 2
    assert answer.json[0]["faktooraId"] != answer.json[1]["faktooraId"]


@pytest.mark.parametrize(
    ("envelope", "where"),
    [
        ("array", lambda body: body[0]),
        ("data", lambda body: body["data"][0]),
        ("invoices", lambda body: body["invoices"][0]),
        ("object", lambda body: body),
    ],
)
def test_the_envelope_of_new_invoices_can_be_chosen(envelope, where):
    answer = caller(createEnvelope=envelope)("POST", "/invoices", {"invoices": [paper()]})

    assert where(answer.json)["faktooraId"]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"invoiceNumber": None}, "invoiceNumber"),
        ({"issueDate": "2026-03-31"}, "issueDate"),
        ({"buyer": {**BUYER, "postcode": "228"}}, "buyer.postcode"),
        ({"invoiceItems": []}, "invoiceItems"),
        ({"invoiceItems": [{"id": "1", "product": product(price=None)}]}, "invoiceItems[0].product.price"),
        ({"invoiceTypeCode": 384}, "invoiceReferencedDocument"),
        ({"format": "xrechnung", "buyer": {**BUYER, "email": None}}, "buyer.email"),
        ({"draftOnly": "yes"}, "draftOnly"),
        ({"validate": 1}, "validate"),
        ({"delivery": "email"}, "delivery"),
        ({"delivery": {"method": "pigeon"}}, "delivery"),
    ],
)
def test_an_invoice_that_does_not_fit_is_refused_with_its_whole_batch(call, fields, wrong):
    answer = call("POST", "/invoices", {"invoices": [paper("R-1"), paper(**{"number": "R-2", **fields})]})

    assert fields_of(answer) == {f"invoices[1].{wrong}"}
    assert call("GET", "/invoices").json["data"] == []


@pytest.mark.parametrize("body", [{}, [], {"invoices": {}}, {"invoices": []}, {"invoices": [paper()] * 101}, paper()])
def test_invoices_come_in_their_wrapper(call, body):
    assert fields_of(call("POST", "/invoices", body)) == {"invoices"}


def test_an_invoice_number_is_taken_once_in_an_account(call):
    key = invoice(call, "R-1")

    assert error(call("POST", "/invoices", {"invoices": [paper("R-1")]})) == (409, "CONFLICT")
    assert error(call("POST", "/invoices", {"invoices": [paper("R-2"), paper("R-2")]})) == (409, "CONFLICT")
    assert [row["faktooraId"] for row in call("GET", "/invoices").json["data"]] == [key]
    assert call("GET", "/invoices/verify-number", query={"invoiceNumber": "R-1"}).json == {"succeed": False}
    assert call("GET", "/invoices/verify-number", query={"invoiceNumber": "R-2"}).json == {"succeed": True}


def status(call, key):
    return call("GET", f"/invoices/{key}/status").json


def test_an_invoice_is_pending_for_as_many_polls_as_was_chosen():
    call = caller(polls="3", pending="in the making")
    key = invoice(call)

    assert [status(call, key)["jobStatus"] for _ in range(5)] == ["in the making"] * 3 + ["done"] * 2


def test_asking_for_the_file_counts_as_a_poll_too():
    call = caller(polls="2", notReady="425")
    key = invoice(call)
    answers = [call("GET", f"/invoices/{key}") for _ in range(3)]

    assert [answer.status for answer in answers] == [425, 425, 200]
    assert error(answers[0]) == (425, "TOO_EARLY")


def test_an_invoice_is_pending_until_the_clock_says_otherwise(clock):
    call = caller(clock, seconds="10")
    key = invoice(call)
    clock.time += 9
    assert [status(call, key)["jobStatus"] for _ in range(3)] == ["pending"] * 3
    clock.time += 1

    assert status(call, key)["jobStatus"] == "done"


@pytest.fixture
def ready():
    return caller(polls="0")


@pytest.mark.parametrize(
    ("accept", "kind", "content"),
    [
        ("application/pdf", "application/pdf", b"%PDF R/1"),
        ("application/xml", "application/xml", b"<xml/>"),
        ("text/xml", "application/xml", b"<xml/>"),
        ("", "application/pdf", b"%PDF R/1"),
        ("*/*", "application/pdf", b"%PDF R/1"),
        ("application/json;q=0.1, application/xml;q=0.9", "application/xml", b"<xml/>"),
    ],
)
def test_a_file_is_what_accept_says_by_id_and_by_number(ready, accept, kind, content):
    key = invoice(ready, "R/1")
    for answer in (
        ready("GET", f"/invoices/{key}", accept=accept),
        ready("GET", "/invoices", query={"invoiceNumber": "R/1"}, accept=accept),
    ):
        assert (answer.status, answer.headers["content-type"], answer.body) == (200, kind, content)
        assert re.fullmatch(r'attachment; filename="R-1\.(pdf|xml)"', answer.headers["content-disposition"])


def test_a_file_is_no_json_but_by_number_json_is_the_list(ready):
    key = invoice(ready, "R-1")
    invoice(ready, "R-2")

    assert error(ready("GET", f"/invoices/{key}", accept="application/json")) == (406, "NOT_ACCEPTABLE")
    assert error(ready("GET", "/invoices", query={"invoiceNumber": "R-1"}, accept="image/png")) == (406, "NOT_ACCEPTABLE")
    found = ready("GET", "/invoices", query={"invoiceNumber": "R-1"}, accept="application/json").json
    assert [row["faktooraId"] for row in found["data"]] == [key]


def test_a_file_that_is_not_there_is_404(ready):
    plain = invoice(ready, "R-1", format="pdf")

    assert error(ready("GET", f"/invoices/{plain}", accept="application/xml")) == (404, "NOT_FOUND")
    assert error(ready("GET", "/invoices/none")) == (404, "NOT_FOUND")
    assert error(ready("GET", "/invoices/none/status")) == (404, "NOT_FOUND")
    assert error(ready("GET", "/invoices", query={"invoiceNumber": "none"})) == (404, "NOT_FOUND")


def test_invoices_are_listed_by_keyword_and_date_and_sorted(ready):
    invoice(ready, "R-2", issueDate="20260301", buyer={**BUYER, "name": "Almblick"})
    invoice(ready, "R-1", issueDate="20260315")
    invoice(ready, "R-3", issueDate="20260401", draftOnly=True)

    def numbers(**query):
        return [row["invoiceNumber"] for row in ready("GET", "/invoices", query=query).json["data"]]

    assert numbers(sort="invoiceNumber") == ["R-1", "R-2", "R-3"]
    assert numbers(keyword="almblick") == ["R-2"]
    assert numbers(issueDateFrom="2026-03-15", issueDateTo="20260331") == ["R-1"]
    assert numbers(sort="issueDate", order="desc", perPage=1) == ["R-3"]
    assert fields_of(ready("GET", "/invoices", query={"issueDateFrom": "March"})) == {"issueDateFrom"}
    row = ready("GET", "/invoices", query={"keyword": "R-1"}).json["data"][0]
    assert (row["netAmount"], row["taxAmount"], row["grossAmount"]) == ("201.00", "38.19", "239.19")
    assert (row["jobStatus"], row["status"]) == ("done", "open")


@pytest.mark.parametrize(
    ("fields", "word", "held"),
    [({"draftOnly": True}, "draft", "held"), ({"reviewMode": True}, "review", "held"), ({}, "open", "sent")],
)
def test_drafts_and_reviews_are_made_but_not_sent(ready, fields, word, held):
    key = invoice(ready, **fields)

    assert ready("GET", "/invoices").json["data"][0]["status"] == word
    assert status(ready, key)["delivery"]["status"] == held
    assert ready("GET", f"/invoices/{key}").status == 200


def test_a_validation_report_is_there_when_it_was_asked_for(call):
    plain, checked = invoice(call, "R-1"), invoice(call, "R-2", validate=True)

    assert status(call, checked)["validation"] is None
    assert status(call, checked)["validation"] == {"status": "done", "validity": "valid", "createdAt": "2026-03-31T12:00:00.000Z"}
    report = call("GET", f"/invoices/{checked}/validation-report")
    assert (report.headers["content-type"], report.body) == (
        "application/pdf",
        b"%PDF Validation of invoice R-2: The invoice is valid.",
    )
    assert error(call("GET", f"/invoices/{plain}/validation-report")) == (404, "NOT_FOUND")
    assert [status(call, plain)["validation"] for _ in range(2)] == [None, None]


def test_an_account_without_the_feature_validates_nothing():
    call = caller(invoiceValidation="off")

    assert error(call("POST", "/invoices", {"invoices": [paper(validate=True)]})) == (403, "FORBIDDEN")
    assert call("POST", "/invoices", {"invoices": [paper(validate=False)]}).status == 202


def test_an_invoice_is_deleted_only_where_the_account_allows_it(call):
    key = invoice(call)
    assert error(call("DELETE", f"/invoices/{key}")) == (403, "FORBIDDEN")
    assert call("GET", f"/invoices/{key}/status").status == 200

    free = caller(invoiceDeleteMode="on", polls="0")
    key = invoice(free)
    assert free("DELETE", f"/invoices/{key}").json == {"succeed": True}
    for path in (f"/invoices/{key}", f"/invoices/{key}/status"):
        assert error(free("GET", path)) == (404, "NOT_FOUND")
    assert error(free("DELETE", f"/invoices/{key}")) == (404, "NOT_FOUND")
    assert invoice(free)


class Held:
    """Jobs that wait until somebody runs them."""

    def __init__(self):
        self.jobs = []

    def __call__(self, lane, job):
        self.jobs.append(job)

    def run(self):
        while self.jobs:
            self.jobs.pop(0)()


def test_an_invoice_is_not_done_before_it_is_made_however_often_one_asks():
    held = Held()
    call = caller(stubs=tools(start=held), polls="0")
    key = invoice(call)
    assert [status(call, key)["jobStatus"] for _ in range(3)] == ["pending"] * 3
    assert call("GET", f"/invoices/{key}").status == 404
    held.run()

    assert status(call, key)["jobStatus"] == "done"


def test_what_was_not_made_is_made_after_the_next_start():
    state = State()
    call = caller(state=state, stubs=tools(start=Held()), polls="0")
    key, one = invoice(call), imported(call)
    again = caller(state=state, polls="0")

    assert status(again, key)["jobStatus"] == "done"
    assert again("GET", f"/import/incoming/{one}/validation").json["status"] == "accepted"


def test_an_invoice_that_cannot_be_made_does_not_stay_pending():
    def torn(given):
        raise OSError("no ink")

    held = Held()
    call = caller(stubs=tools(start=held, make=torn))
    key = invoice(call)
    with pytest.raises(OSError, match="no ink"):
        held.run()

    assert status(call, key)["jobStatus"] == "failed"
    assert error(call("GET", f"/invoices/{key}")) == (404, "NOT_FOUND")


def test_an_invoice_that_is_deleted_while_it_is_made_stays_deleted():
    held, told = Held(), []

    def slow(given):
        call("DELETE", f"/invoices/{key}")
        return make(given)

    call = caller(stubs=tools(start=held, make=slow, post=lambda url, body: told.append(body)), invoiceDeleteMode="on")
    key = invoice(call)
    hook(call, "invoiceCreate")
    held.run()

    assert call("GET", "/invoices").json["data"] == []
    assert told == []


def test_an_invoice_is_made_once(call):
    held, seen = Held(), []
    call = caller(stubs=tools(start=held, make=lambda given: seen.append(given) or make(given)))
    invoice(call)
    held.jobs *= 2
    held.run()

    assert len(seen) == 1


def test_amounts_reach_the_maker_as_they_were_written():
    seen = []
    call = caller(stubs=tools(make=lambda given: seen.append(given) or make(given)))
    content = json.dumps({"invoices": [paper()]}).replace("100.5", "0.10000000000000000001").encode()
    assert call("POST", "/invoices", content=content, content_type="application/json").status == 202

    assert seen[0]["invoiceItems"][0]["product"]["price"] == "0.10000000000000000001"


# Invoice numbers.


def test_the_next_number_is_a_preview_after_the_last_used_one(call):
    def following(**query):
        return call("GET", "/invoices/next-number", query=query).json

    assert following() == following() == {"invoiceNumber": "2026/03/00001", "counter": 0}
    invoice(call, "2026/03/00042")
    assert following() == {"invoiceNumber": "2026/03/00043", "counter": 42}
    assert following(template="YYYY-id") == {"invoiceNumber": "2026-00043", "counter": 42, "template": "YYYY-id"}
    invoice(call, "2026-00043")
    assert following(template="YYYY-id")["invoiceNumber"] == "2026-00044"
    assert following()["invoiceNumber"] == "2026/03/00043"


def test_the_template_of_numbers_is_changed_in_parts(call):
    path = "/settings/invoice-number-template"

    assert call("GET", path).json == {"template": "YYYY/MM/id", "padLength": 5, "counter": 0}
    assert call("PUT", path, {"padLength": 3}).json == {"template": "YYYY/MM/id", "padLength": 3, "counter": 0}
    assert call("PUT", path, {"template": "DD.MM.YYYY_id"}).json["template"] == "DD.MM.YYYY_id"
    assert call("GET", "/invoices/next-number").json["invoiceNumber"] == "31.03.2026_001"
    assert fields_of(call("PUT", path, {"counter": 9})) == {"counter"}
    assert fields_of(call("PUT", path, {})) == {"template"}
    assert fields_of(call("PUT", path, {"padLength": 0})) == {"padLength"}


@pytest.mark.parametrize(
    "template", ["", "id", "-id", "YYYY", "YYYYid", "id-YYYY", "YYYY-id-MM", "R-YYYY-id", "YYYY-YYYY-id", "YYYY--id", 7]
)
def test_a_template_ends_with_a_separator_and_id(call, template):
    assert fields_of(call("PUT", "/settings/invoice-number-template", {"template": template})) == {"template"}
    if template and isinstance(template, str):
        assert fields_of(call("GET", "/invoices/next-number", query={"template": template})) == {"template"}


# Imports.


@pytest.mark.parametrize(
    ("path", "name"), [("/import/incoming", "importId"), ("/import/outgoing", "faktooraId"), ("/import", "importId")]
)
def test_an_import_is_answered_from_what_is_in_its_file(call, path, name):
    sent = upload(call, path, b"good")
    assert (sent.status, list(sent.json)) == (202, [name])
    key = sent.json[name]

    def part(word):
        return call("GET", f"{path}/{key}/{word}").json

    assert part("validation") == {"status": "pending"}
    assert part("validation") == {"status": "accepted", "reasons": []}
    assert part("status") == {"validationStatus": "accepted", "visualizationStatus": "done"}
    assert part("content") == {name: key, **SAID}
    summary = part("summary")
    assert (summary["invoiceNumber"], summary["grossAmount"], summary["seller"]) == ("R-7", "119.00", {"name": "Papierhaus"})
    report = call("GET", f"{path}/{key}/validation/pdf")
    assert (report.headers["content-type"], report.body) == (
        "application/pdf",
        b"%PDF Validation of rechnung.xml: The invoice is accepted.",
    )


@pytest.mark.parametrize(("content", "visible"), [(b"bad", "done"), (b"torn", "failed")])
def test_a_file_that_is_rejected_says_why(call, content, visible):
    key = imported(call, content)

    def part(word):
        return call("GET", f"/import/incoming/{key}/{word}")

    assert part("validation").json == {"status": "rejected", "reasons": ["it is torn"]}
    assert part("status").json == {"validationStatus": "rejected", "visualizationStatus": visible}
    assert part("content").status == part("summary").status == (200 if visible == "done" else 404)
    assert b"it is torn" in part("validation/pdf").body


def test_what_is_not_read_yet_is_not_ready():
    held = Held()
    call = caller(stubs=tools(start=held), notReady="409")
    key = imported(call)

    for part in ("summary", "content", "validation/pdf"):
        assert error(call("GET", f"/import/incoming/{key}/{part}")) == (409, "CONFLICT")
    assert call("GET", "/import/incoming").json["data"][0]["validationStatus"] == "pending"
    held.run()
    assert call("GET", f"/import/incoming/{key}/summary").status == 200


def test_imports_are_listed_each_kind_for_itself(call):
    first, second = imported(call), imported(call, b"torn")
    other = imported(call, path="/import/outgoing")

    def keys(path, **query):
        return [row.get("importId", row.get("faktooraId")) for row in call("GET", path, query=query).json["data"]]

    assert keys("/import/incoming") == [first, second]
    assert keys("/import/incoming", keyword="papierhaus") == keys("/import/incoming", issueDateFrom="2026-03-01") == [first]
    assert keys("/import/outgoing") == [other]
    assert keys("/invoices") == []
    for path in ("status", "content"):
        assert error(call("GET", f"/import/incoming/{other}/{path}")) == (404, "NOT_FOUND")


def test_an_import_is_edited_and_its_file_stays_as_it_is(call):
    path = f"/import/incoming/{imported(call)}"
    changed = call("PATCH", path, {"invoiceNumber": "R-8", "note": "paid"}).json

    assert (changed["invoiceNumber"], changed["note"], changed["sellerName"]) == ("R-8", "paid", "Papierhaus")
    assert call("GET", path + "/summary").json["invoiceNumber"] == "R-8"
    assert call("GET", path + "/content").json["invoiceNumber"] == "R-7"
    assert fields_of(call("PATCH", path, {"issueDate": "20260230", "grossAmount": "1"})) == {"issueDate", "grossAmount"}


def test_a_file_has_20_megabytes_at_most(call):
    assert upload(call, "/import/incoming", b"a" * (20 * MB)).status == 202
    for size in (20 * MB + 1, 21 * MB):
        assert error(upload(call, "/import/incoming", b"a" * size)) == (413, "PAYLOAD_TOO_LARGE")


def test_an_upload_is_a_file_in_its_field(call):
    assert fields_of(upload(call, "/import/incoming", b"good", field="document")) == {"file"}
    assert call("POST", "/import/incoming", {"file": "good"}).status == 415
    assert call("POST", "/import/incoming", content=b"good", content_type="multipart/form-data").status == 415
    for content in (b"good", b"--cut\r\n", b"--cut\r\n\r\n\r\n--cut--", b""):
        assert call("POST", "/import/incoming", content=content, content_type="multipart/form-data; boundary=cut").status == 400
    torn = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.xml"\r\n\r\ngood'
    answer = call("POST", "/import/incoming", content=torn, content_type="multipart/form-data; boundary=cut")
    assert answer.json["message"] == "the body ends too early"
    field = b'--cut\r\nContent-Disposition: form-data; name="file"\r\n\r\ngood\r\n--cut--\r\n'
    assert call("POST", "/import/incoming", content=field, content_type="multipart/form-data; boundary=cut").status == 400


# Whatever comes.


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
LIKELY = st.sampled_from(
    [
        "20260131",
        "00010101",
        "99991231",
        "EUR",
        "DE",
        "xrechnung",
        "pdf",
        "UBL",
        "E",
        "O",
        0,
        1,
        380,
        384,
        "1.50",
        True,
        1e17,
        "\ud800",
        "\0",
    ]
)
LEAVES = [
    *paper(),
    *BUYER,
    *product(),
    *FIRM,
    *("draftOnly", "validate", "delivery", "dueDate", "invoiceTypeCode", "seller", "currency", "schema", "notes", "allowances"),
    *("typeCode", "categoryCode", "rate", "id", "amount", "reason", "iban", "paymentMeans", "invoiceReferencedDocument"),
    *(
        "code",
        "tax",
        "unit",
        "globalID",
        "customerId",
        "eta",
        "status",
        "action",
        "target",
        "documentId",
        "documentType",
        "template",
    ),
    *("padLength", "fileId", "issueDate", "country", "vatId", "email"),
]
NEAR = st.recursive(
    LIKELY | JSON,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(LEAVES), inner, max_size=4),
    max_leaves=8,
)
OBJECT = st.dictionaries(st.sampled_from(LEAVES) | st.text(max_size=5), NEAR, max_size=5)
RIGHT: dict[str, Any] = {
    "/customer": FIRM,
    "/product": THING,
    "/project": {"name": "A"},
    "/webhooks": {"action": "invoiceCreate", "target": "https://a.de/"},
    "/invoices": {},
}
LISTS = ("/customers", "/products", "/projects", "/webhooks", "/invoices", "/import/incoming")


def stocked():
    """Return a caller, and the path of one record of each kind."""
    call = caller(invoiceDeleteMode="on", polls="0")
    paths = {path: f"{path}/{add(call, path, body)['id']}" for path, body in RIGHT.items() if body}
    return call, {**paths, "/import/incoming": f"/import/incoming/{imported(call)}", "/invoices": f"/invoices/{invoice(call)}"}


def filled(path, paths):
    """Return an operation's path with the ids of records that are there."""
    stem = path.partition("/{")[0]
    return (
        path.replace("/{faktooraId}", "/{id}")
        .replace("/{importId}", "/{id}")
        .replace(stem + "/{id}", paths.get(stem, stem + "/1"))
    )


def check_shown(call):
    # Whatever was kept can be shown.
    for path in LISTS:
        assert call("GET", path).status == 200


@settings(max_examples=50, deadline=None)
@given(st.sampled_from([one for one in OPERATIONS if one.body == "json"]), JSON | OBJECT)
def test_no_body_makes_the_sandbox_fail(operation, body):
    call, paths = stocked()

    answer = call(
        operation.method, filled(operation.path, paths), content=json.dumps(body).encode(), content_type="application/json"
    )

    assert answer.status in {200, 201, 202, 400, 404, 409}
    check_shown(call)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(RIGHT)), st.booleans(), OBJECT, OBJECT)
def test_no_body_that_is_nearly_right_makes_the_sandbox_fail(path, change, fields, inner):
    call, paths = stocked()
    invoices = {"invoices": [{**paper("R-2"), **fields, "invoiceItems": [{"id": "1", "product": {**product(), **inner}}]}]}
    body = invoices if path == "/invoices" else {**RIGHT[path], **fields}
    place = paths[path] if change and path != "/invoices" else path

    assert call("PATCH" if place != path else "POST", place, body).status in {200, 201, 202, 400, 409}
    check_shown(call)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([one for one in OPERATIONS if one.method == "GET"]),
    st.dictionaries(
        st.sampled_from(["page", "perPage", "sort", "order", "keyword", "keywords", "code", "template"]), st.text(max_size=8)
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
)
def test_no_query_makes_the_sandbox_fail(operation, query, accept):
    call, paths = stocked()
    query = {name: value.encode("utf-8", "replace") for name, value in query.items()}
    answer = Caller(call.app, call.prefix, call.headers)("GET", filled(operation.path, paths), query=query, accept=ascii(accept))

    assert answer.status in {200, 400, 404, 406}


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["/import/incoming", "/customers/import/upload"]))
def test_no_upload_makes_the_sandbox_fail(content, path):
    call = caller()

    assert upload(call, path, content).status in {201, 202, 400}
    assert call("POST", path, content=b"--cut\r\n" + content, content_type="multipart/form-data; boundary=cut").status == 400


def test_words_of_a_path_are_not_taken_for_ids():
    places = [(one.method, one.path) for one in OPERATIONS]
    for number, (method, path) in enumerate(places):
        pattern = re.sub(r"\{\w+\}", "[^/]+", path)
        later = [other for kind, other in places[number + 1 :] if kind == method and re.fullmatch(pattern, other)]
        assert later == [], path


# The demo records, the choices, and the real thing.


def test_the_demo_records_are_a_believable_company():
    state = State()
    VENDOR.seed(state)
    call = caller(time.time, state)

    assert [call("GET", f"/{name}").json["meta"]["totalItems"] for name in ("customers", "products", "projects", "invoices")] == [
        4,
        3,
        1,
        1,
    ]
    (row,) = call("GET", "/invoices").json["data"]
    assert (row["grossAmount"], row["status"]) == ("1554.55", "draft")


def test_every_place_where_something_was_chosen_has_its_row():
    topics = [choice.topic for choice in OWN]
    sources = [path.read_text() for path in Path(faktoora.__file__).parent.glob("*.py")]
    places = {place for source in sources for place in re.findall(r"# CHOICE: (.+)", source)}

    assert len(topics) == len(set(topics))
    assert places - set(topics) == set()
    assert len(places) > 30


class Receiver(http.server.BaseHTTPRequestHandler):
    server: Any

    def do_POST(self):
        self.server.heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(204)
        self.end_headers()
        self.server.ready.set()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server: Any
    with http.server.HTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.heard, server.ready = [], threading.Event()
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def test_work_and_posting_are_done_in_threads_while_the_sandbox_answers(receiver):
    pen, names = threading.Event(), []

    def checked(given):
        names.append(threading.current_thread().name)
        return check(given)

    def slow(given):
        names.append(threading.current_thread().name)
        assert pen.wait(5)
        return make(given)

    call = caller(stubs=Tools(**{**STUBS, "make": slow, "check": checked}), webhooks="loopback")
    hook(call, "invoiceCreate", f"http://127.0.0.1:{receiver.server_port}/in")
    key = invoice(call)
    assert status(call, key)["jobStatus"] == "pending"
    assert customer(call)
    pen.set()

    assert receiver.ready.wait(5)
    assert receiver.heard[0]["faktooraId"] == key
    assert status(call, key)["jobStatus"] == "done"
    assert names[0] != threading.main_thread().name
    assert names[1].startswith("faktoora-papers")


def eventually(ask):
    """Return the first good answer."""
    until = time.monotonic() + 20
    while (answer := ask()) is None:
        assert time.monotonic() < until
        time.sleep(0.02)
    return answer


def test_an_invoice_becomes_a_real_one_and_is_read_back_from_its_pdf():
    call = caller(stubs=Tools())
    key = invoice(call, "2026/03/00007", validate=True)
    eventually(lambda: True if status(call, key)["jobStatus"] == "done" else None)
    pdf, xml = (call("GET", f"/invoices/{key}", accept=f"application/{kind}").body for kind in ("pdf", "xml"))

    assert pdf.startswith(b"%PDF-")
    assert b"CrossIndustryInvoice" in xml
    assert status(call, key)["validation"]["validity"] == "valid"
    assert call("GET", f"/invoices/{key}/validation-report").body.startswith(b"%PDF-")
    answer = upload(call, "/import/incoming", pdf, "rechnung.pdf", "application/pdf").json["importId"]
    path = f"/import/incoming/{answer}"
    eventually(lambda: True if call("GET", f"{path}/validation").json["status"] == "accepted" else None)
    summary = call("GET", f"{path}/summary").json
    assert (summary["invoiceNumber"], summary["grossAmount"], summary["buyerName"]) == ("2026/03/00007", "239.19", "Hafenmuseum")
    assert call("GET", f"{path}/content").json["lineItems"][0]["product"]["price"] == "100.5"


def test_a_hostile_file_is_rejected_with_its_reason():
    call = caller(stubs=Tools(), polls="0")
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>'
    key = upload(call, "/import/incoming", bomb).json["importId"]
    path = f"/import/incoming/{key}/validation"
    answer = eventually(lambda: found if (found := call("GET", path).json)["status"] != "pending" else None)

    assert answer["status"] == "rejected"
    assert "document type" in answer["reasons"][0]
    assert call("GET", f"{path}/pdf").body.startswith(b"%PDF-")
