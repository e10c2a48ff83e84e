"""What an answer means: rows and results, or which kind of error and what to do about it."""

from __future__ import annotations

import json

import pytest

from skillkit import connector
from skillkit.answer import KINDS, failed, failure, holds, result, rows, same
from skillkit.connector import Errors, Rate, Rule
from skillkit.document import MISSING
from skillkit.errors import BY_KIND, Upstream
from skillkit.request import Response

SAYS = Errors(message=("error.message", "message"), code="error.code")


def said(status, document=None, content=b"", **headers):
    content = content if document is None else json.dumps(document).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


def found(errors, response, **keys):
    return failure(errors, response, 0.0, **keys)


def action(**keys):
    written = {"connector": "app", "key": "do", "title": "Do", "description": "Does.", "effect": "read", "input": {}}
    return connector.action({**written, "request": "GET /a", **keys})


# Which kind.


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_input"),
        (401, "auth"),
        (402, "quota"),
        (403, "permission"),
        (404, "not_found"),
        (405, "upstream"),
        (406, "upstream"),
        (408, "unavailable"),
        (409, "conflict"),
        (410, "not_found"),
        (412, "conflict"),
        (413, "invalid_input"),
        (415, "invalid_input"),
        (418, "upstream"),
        (422, "invalid_input"),
        (423, "conflict"),
        (425, "unavailable"),
        (429, "rate_limited"),
        (500, "upstream"),
        (501, "upstream"),
        (502, "unavailable"),
        (503, "unavailable"),
        (504, "unavailable"),
        (599, "upstream"),
    ],
)
def test_a_status_is_a_kind_of_error(status, kind):
    error = found(Errors(), said(status))

    assert (error.kind, error.status) == (kind, status)
    assert str(error) == f"the app answered {status}"


def test_every_kind_of_the_table_has_its_error():
    assert set(KINDS.values()) <= set(BY_KIND)


@pytest.mark.parametrize("status", [200, 201, 204, 206, 304])
def test_what_worked_is_no_error(status):
    assert found(SAYS, said(status, {"message": "all is well"})) is None


@pytest.mark.parametrize(
    ("status", "document", "kind", "hint"),
    [
        (402, {}, "quota", "Pay."),
        (409, {"error": {"code": "NUMBER_TAKEN"}}, "conflict", "Ask for another."),
        (400, {"error": {"code": "NUMBER_TAKEN"}}, "conflict", "Ask for another."),
        (400, {"error": {"code": 905}}, "conflict", "It is there."),
        (400, {"error": {"code": "905"}}, "conflict", "It is there."),
        (400, {"error": {"code": "9050"}}, "invalid_input", ""),
        (403, {"error": {"code": "LIMIT"}}, "rate_limited", "Slower."),
        (404, {"error": {"code": "LIMIT"}}, "not_found", "check the id; a list action shows the ones there are"),
        (400, {"error": {"code": True}}, "invalid_input", ""),
        (400, {"error": {"code": {"a": 1}}}, "invalid_input", ""),
        (400, {"error": {"code": None}}, "invalid_input", ""),
    ],
)
def test_the_first_rule_that_fits_says_more_than_the_status(status, document, kind, hint):
    rules = (
        Rule("quota", statuses=(402,), hint="Pay."),
        Rule("rate_limited", statuses=(403, 429), codes=("LIMIT",), hint="Slower."),
        Rule("conflict", codes=("NUMBER_TAKEN",), hint="Ask for another."),
        Rule("conflict", codes=("905", "906"), hint="It is there."),
        Rule("upstream", codes=("905",), hint="Never."),
    )

    error = found(Errors(code="error.code", rules=rules), said(status, document))

    assert (error.kind, error.hint) == (kind, hint)


def test_a_rule_without_a_hint_keeps_the_hint_of_its_kind():
    error = found(Errors(rules=(Rule("unavailable", statuses=(500,)),)), said(500))

    assert error.hint == "the app has trouble of its own; try again later"


# Errors inside a 200.


@pytest.mark.parametrize(
    ("fail_when", "document", "fails"),
    [
        ({"success": False}, {"success": False, "message": "no"}, True),
        ({"success": False}, {"success": True}, False),
        ({"success": False}, {}, False),
        ({"success": False}, {"success": 0}, False),
        ({"status": ["error", "failed"]}, {"status": "failed"}, True),
        ({"status": ["error", "failed"], "code": 7}, {"status": "failed", "code": "8"}, False),
        ({"status": "error", "code": 7}, {"status": "error", "code": "7"}, True),
        ({}, {"status": "error"}, False),
    ],
)
def test_an_app_may_say_that_it_failed_inside_a_200(fail_when, document, fails):
    error = found(Errors(message=("message",), fail_when=fail_when), said(200, document))

    assert (error is not None) is fails
    assert error is None or (error.kind, error.status) == ("upstream", 200)
    assert holds(fail_when, document) is fails


def test_an_answer_of_200_that_is_no_document_is_not_judged_here():
    assert found(Errors(fail_when={"success": False}), said(200, content=b"%PDF")) is None


def test_a_rule_may_say_what_an_error_inside_a_200_is():
    errors = Errors(code="code", fail_when={"ok": False}, rules=(Rule("not_found", codes=("gone",)),))

    assert found(errors, said(200, {"ok": False, "code": "gone"})).kind == "not_found"


# What it says.


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"error": {"message": "the number is taken"}}, "the number is taken"),
        ({"message": "no"}, "no"),
        ({"error": {"message": None}, "message": "no"}, "no"),
        ({"error": {"message": ""}, "message": "no"}, "no"),
        ({"message": {"number": ["is taken", "ü"]}}, '{"number":["is taken","ü"]}'),
        ({"message": ["a", "b"]}, '["a","b"]'),
        ({"message": 7}, "7"),
        ({"error": {"code": "E7"}}, "the app answered 400 with code E7"),
        ({"error": {"code": ""}}, "the app answered 400"),
        ({"error": "text"}, "the app answered 400"),
        ({}, "the app answered 400"),
        ([], "the app answered 400"),
        ("text", "the app answered 400"),
        (None, "the app answered 400"),
    ],
)
def test_the_apps_own_words_are_told_whatever_they_are(document, message):
    assert str(found(SAYS, said(400, document))) == message


@pytest.mark.parametrize(
    "content", [b"<html>canary</html>", b"canary", b"\xff\xfecanary", b"[" * 200 + b"canary", b'{"message": canary}']
)
@pytest.mark.parametrize("status", [400, 401, 404, 500, 502])
def test_a_page_for_browsers_is_never_quoted(status, content):
    error = found(SAYS, said(status, content=content, content_type="text/html"))

    assert str(error) == f"the app answered {status}"
    assert "canary" not in str(error.described())


def test_what_an_app_says_is_cut():
    assert len(str(found(SAYS, said(400, {"message": "x" * 10_000})))) == 500
    assert len(str(found(SAYS, said(400, {"error": {"code": "x" * 10_000}})))) < 120


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (429, {"retry_after": "86400"}, 86400.0),
        (503, {"retry_after": "7"}, 7.0),
        (429, {"x_reset": "9"}, 9.0),
        (404, {"x_reset": "9"}, None),
        (429, {"retry_after": "soon"}, None),
        (429, {}, None),
    ],
)
def test_an_error_says_how_long_to_wait(status, headers, expected):
    assert found(Errors(), said(status, **headers), rate=Rate(1, 1, reset="X-Reset")).retry_after == expected
    assert found(Errors(), said(status, **headers)).retry_after == (None if "x_reset" in headers else expected)


# Redirects.


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://evil.test/path?token=canary", "points to https://evil.test;"),
        ("https://user:canary@evil.test:8443/x", "points to https://evil.test;"),
        ("//evil.test/canary", "points to //evil.test;"),
        ("/login?canary", "points to another path;"),
        ("https://[canary", "points to another path;"),
        ("javascript:canary", "points to another path;"),
        ("", "points to another path;"),
    ],
)
def test_a_redirect_is_told_by_where_it_leads_and_no_more(status, location, told):
    error = found(SAYS, said(status, {"message": "canary"}, location=location))

    assert told in str(error)
    assert "canary" not in str(error.described())
    assert (error.kind, error.status) == ("upstream", status)


# Rows and results.


@pytest.mark.parametrize(
    ("items", "document", "expected"),
    [
        ("data", {"data": [1, 2]}, [1, 2]),
        (".", [1], [1]),
        (["data", "results", "."], {"results": []}, []),
        (["data", "."], [3], [3]),
        ("a.b[0]", {"a": {"b": [[7]]}}, [7]),
    ],
)
def test_the_rows_are_where_the_first_path_leads(items, document, expected):
    assert rows(action(items=items), document) == expected


@pytest.mark.parametrize(
    ("items", "document", "told"),
    [
        ("data", {}, "has nothing where its rows should be"),
        ("data", {"data": {"a": 1}}, 'has {"a":1} where'),
        (["data", "results"], {"data": None, "results": [1]}, "has null where its rows should be"),
        (".", {"x": "y" * 10_000}, "where its rows should be"),
    ],
)
def test_where_there_are_no_rows_the_answer_makes_no_sense(items, document, told):
    with pytest.raises(Upstream) as raised:
        rows(action(items=items), document)

    assert told in str(raised.value)
    assert len(str(raised.value)) < 300


def test_the_result_is_where_the_first_path_leads():
    assert result(action(result=["data", "record"]), {"record": {"id": 1}}) == {"id": 1}
    assert result(action(result="data"), {"data": None}) is None
    assert result(action(), {"id": 1}) == {"id": 1}
    with pytest.raises(Upstream, match="has nothing at data, record"):
        result(action(result=["data", "record"]), {})


@pytest.mark.parametrize(
    ("partial", "document", "expected"),
    [
        ("error", {"data": [1], "error": [{"id": 2}]}, [{"id": 2}]),
        ("error", {"data": [1], "error": []}, []),
        ("error", {"error": {"message": "no"}}, []),
        ("error", {"error": None}, []),
        ("error", {}, []),
        ("", {"error": [1]}, []),
    ],
)
def test_a_partial_success_is_one_only_where_the_failed_are_a_list(partial, document, expected):
    assert failed(action(errors={"partial": partial}), document) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (1, 1, True),
        (1, "1", True),
        ("1", 1, True),
        (1, 1.0, True),
        ("1.0", 1, False),
        ("01", 1, False),
        ("a", "a", True),
        ("a", "A", False),
        (True, True, True),
        (True, 1, False),
        (True, "true", False),
        (False, 0, False),
        (None, None, True),
        (None, "", False),
        (None, 0, False),
        (None, False, False),
        ([1], [1], True),
        ({"a": 1}, {"a": 1}, True),
        ([1], "[1]", False),
        ({}, "", False),
    ],
)
def test_an_id_may_be_a_number_in_one_place_and_a_text_in_another(left, right, expected):
    assert same(left, right) is expected
    assert same(right, left) is expected


def test_a_condition_on_what_is_not_there_does_not_hold():
    assert not holds({"a": None}, {})
    assert holds({"a": None}, {"a": None})
    assert not MISSING
