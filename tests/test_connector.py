"""From a document of the format to values: request lines, durations, paging, and all that has a default."""

from __future__ import annotations

import pytest

from skillkit.connector import (
    EFFECT_OF,
    MAX_BYTES,
    File,
    Paging,
    Param,
    Rate,
    Reading,
    Rule,
    Wait,
    action,
    connector,
    paging,
    rate,
    request_line,
    seconds,
    several,
)

LEAST = {"connector": "app", "key": "do", "title": "Do", "description": "Does.", "effect": "read", "input": {}}


@pytest.mark.parametrize(
    ("line", "method", "path", "query"),
    [
        ("GET /", "GET", "/", ()),
        ("GET /a/{id}/b-{n}.json", "GET", "/a/{id}/b-{n}.json", ()),
        ("GET /a{?x}", "GET", "/a", (("x", "{x}", False),)),
        ("GET /a{?x,y*}{&z}", "GET", "/a", (("x", "{x}", False), ("y", "{y}", True), ("z", "{z}", False))),
        ("GET /a{?x, y}", "GET", "/a", (("x", "{x}", False), ("y", "{y}", False))),
        ("GET /a?per_page={limit}", "GET", "/a", (("per_page", "{limit}", False),)),
        ("GET /a?meta=true&q=a-{x}{&y}", "GET", "/a", (("meta", "true", False), ("q", "a-{x}", False), ("y", "{y}", False))),
        ("GET /a?flag", "GET", "/a", (("flag", "", False),)),
        ("GET /a?page%5Bsize%5D=a%20b", "GET", "/a", (("page[size]", "a b", False),)),
        ("GET /a?q=a=b", "GET", "/a", (("q", "a=b", False),)),
    ],
)
def test_a_request_line_is_taken_apart(line, method, path, query):
    found = request_line(line)

    assert (found.method, found.path, found.query) == (method, path, query)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "GET",
        "get /a",
        "GET a",
        "GET  /a",
        "GET /a b",
        "GET /{}",
        "GET /{a b}",
        "GET /{1}",
        "GET /{a.b}",
        "GET /a{x",
        "GET /a}",
        "GET /a{?}",
        "GET /a{?x,}",
        "GET /a{?x,,y}",
        "GET /a{?x y}",
        "GET /a{?x**}",
        "GET /a{#x}",
        "GET /a{+x}",
        "GET /a{?x}/b",
        "GET /a?",
        "GET https://evil.test/",
    ],
)
def test_what_is_no_request_line_is_refused(line):
    with pytest.raises(ValueError, match="is not a request line"):
        request_line(line)


@pytest.mark.parametrize(
    ("duration", "expected"), [("250ms", 0.25), ("30s", 30.0), ("1.5m", 90.0), ("2h", 7200.0), (7, 7.0), (0.5, 0.5)]
)
def test_a_duration_is_seconds(duration, expected):
    assert seconds(duration) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [("5/s", 1.0), ("5/sec", 1.0), ("5/min", 60.0), ("5/h", 3600.0), ("5/hour", 3600.0), ("5/day", 86400.0)],
)
def test_a_rate_is_calls_in_a_time(written, expected):
    assert rate({"limit": written}) == Rate(5.0, expected)
    assert rate({"limit": written, "remaining": "X-Left", "reset": "X-Back"}) == Rate(5.0, expected, "X-Left", "X-Back")


@pytest.mark.parametrize(("value", "expected"), [(None, ()), ("ab", ("ab",)), (["a", "b"], ("a", "b")), ([], ()), (404, (404,))])
def test_what_may_stand_alone_or_in_a_list_is_several(value, expected):
    assert several(value) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"offset": "start"}, Paging("offset", "start", first=0)),
        ({"offset": "start", "first": 1}, Paging("offset", "start", first=1)),
        ({"page": "page"}, Paging("page", "page", first=1)),
        ({"page": "page", "first": 0, "pages": "p", "total": "t"}, Paging("page", "page", first=0, pages="p", total="t")),
        ({"cursor": "after", "size": "limit", "next": "n", "more": "m"}, Paging("cursor", "after", "limit", next="n", more="m")),
        ({"link": "next", "size": "per_page", "max": 100}, Paging("link", "next", "per_page", 100)),
        ({"url": "links.next"}, Paging("url", "links.next")),
    ],
)
def test_the_key_that_names_a_style_of_paging_holds_what_it_goes_by(document, expected):
    assert paging(document) == expected


def test_a_connector_is_read_with_its_defaults():
    found = connector(
        {
            "id": "app",
            "version": "1.0.0",
            "name": "App",
            "actions": ["do"],
            "connection": {
                "base_url": "https://{domain}.app.test/v1/",
                "params": {"domain": {"type": "string"}, "region": {"default": "eu"}, "tenant": {"optional": True}},
                "auth": {"key": {"type": "api_key", "name": "X-Key"}},
            },
        }
    )

    assert (found.id, found.name, found.about, found.actions) == ("app", "App", "", ("do",))
    assert found.access.base_url == "https://{domain}.app.test/v1"
    assert found.access.params == (
        Param("domain", {"type": "string"}, required=True),
        Param("region", {"default": "eu"}, required=False),
        Param("tenant", {"optional": True}, required=False),
    )
    (auth,) = found.access.auth
    assert (auth.name, auth.type, auth.settings["name"]) == ("key", "api_key", "X-Key")


def test_the_least_action_has_every_default():
    found = action({**LEAST, "request": "GET /a/{id}"})

    assert found.id == "app/do"
    assert (found.method, found.path, found.encoding) == ("GET", "/a/{id}", "json")
    assert (found.items, found.result, found.paging) == ((), (), None)
    assert (found.wait, found.file, found.merge, found.reconcile, found.rate) == (None, None, None, None, None)
    assert (found.attempts, found.max_wait, found.timeout, found.max_bytes) == (3, 60.0, 60.0, MAX_BYTES)


def test_an_action_that_says_all_is_read_whole():
    found = action(
        {
            **LEAST,
            "request": "POST /a{?x}",
            "body": {"a": "{...}"},
            "items": ["data", "."],
            "result": "a",
            "paginate": {"page": "page"},
            "errors": {
                "message": "m",
                "code": "c",
                "fail_when": {"ok": False},
                "partial": "failed",
                "rules": [{"status": [409, 410], "code": 905, "kind": "conflict", "hint": "Look."}],
            },
            "retry": {"max": 5, "max_wait": "2m"},
            "rate": {"limit": "5/s"},
            "timeout": "5s",
            "wait": {"poll": "get", "until": {"s": "done"}},
            "file": {"at": "content", "decode": "base64", "name_at": "name"},
            "merge": {"from": "get", "with": {"id": "{id}"}, "drop": ["x"]},
            "reconcile": {"action": "list", "match": {"number": "number"}},
        }
    )

    assert (found.items, found.result, found.paging) == (("data", "."), ("a",), Paging("page", "page", first=1))
    assert found.errors.rules == (Rule("conflict", (409, 410), ("905",), "Look."),)
    assert (found.errors.message, found.errors.partial, found.errors.fail_when) == (("m",), "failed", {"ok": False})
    assert (found.attempts, found.max_wait, found.rate, found.timeout) == (5, 120.0, Rate(5.0, 1.0), 5.0)
    assert found.wait == Wait("get", {}, {"s": "done"}, {}, 2.0, 30.0, 300.0)
    assert found.file == File(at="content", name_at="name")
    assert found.merge == Reading("get", {"id": "{id}"}, ("x",))
    assert found.reconcile == Reading("list", {}, match={"number": "number"})


def test_a_list_that_comes_whole_has_no_paging():
    assert action({**LEAST, "request": "GET /a", "items": ".", "paginate": False}).paging is None


def test_every_method_has_an_effect():
    assert set(EFFECT_OF) == {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}
