"""`skillkit request`: every flag that is typed today, and what comes back."""

from __future__ import annotations

import json
import shlex

import pytest

from skillkit.cli.request import separated
from tests.wire import reply

BASE = "https://api.ledger.example/v1"
CANARY = "canary-of-the-ledger"


@pytest.fixture
def request_(skillkit):
    """Types a request to the fictional app."""
    words = ("connect", "--connectorKey", "ledger", "--credentials", "-", "--no-check")
    assert skillkit(*words, input=json.dumps({"api_key": CANARY})).exit_code == 0

    def typed(line, **more):
        return skillkit(*shlex.split(line), **more)

    return typed


def error(ended):
    assert ended.stdout == ""
    return json.loads(ended.stderr)["error"]


# What goes out.


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("request ledger /a", ("GET", "/a", None, b"")),
        ("request ledger /a -X POST", ("POST", "/a", None, b"")),
        ("request ledger /a --method=patch -d '{}'", ("PATCH", "/a", "application/json", b"{}")),
        ("request -X PUT ledger /a -d '{\"a\": [1, 2]}'", ("PUT", "/a", "application/json", b'{"a":[1,2]}')),
        ("request ledger -X DELETE --yes /a", ("DELETE", "/a", None, b"")),
        ("request ledger /a --data text", ("POST", "/a", "text/plain; charset=utf-8", b"text")),
        ("request ledger /a -d ''", ("POST", "/a", "text/plain; charset=utf-8", b"")),
        ("request ledger /a --rawData '{ \"a\":1 }'", ("POST", "/a", "text/plain; charset=utf-8", b'{ "a":1 }')),
        ("request ledger /a --raw-data=@x", ("POST", "/a", "text/plain; charset=utf-8", b"@x")),
        ("request ledger /a --json '{\"a\": 1}'", ("POST", "/a", "application/json", b'{"a":1}')),
        ("request ledger --json '[1]' /a -X PUT", ("PUT", "/a", "application/json", b"[1]")),
        ("request ledger /a --json='\"text\"'", ("POST", "/a", "application/json", b'"text"')),
        ("request --json ledger /a --json '{}'", ("POST", "/a", "application/json", b"{}")),
        ("request ledger /a --query a=1 --query a=2 --query 'b=x y&z'", ("GET", "/a?a=1&a=2&b=x%20y%26z", None, b"")),
        ("request ledger '/a?x=1' --query=y=2", ("GET", "/a?x=1&y=2", None, b"")),
        ("request ledger '/a/{id}/b' --pathParam id=x/y", ("GET", "/a/x%2Fy/b", None, b"")),
        ("request ledger '/a/{id}' --path-param id=ä", ("GET", "/a/%C3%A4", None, b"")),
    ],
)
def test_each_flag_says_what_goes_out(request_, wire, line, expected):
    wire.replies = [reply({})]

    ended = request_(line)

    assert ended.exit_code == 0, ended.stderr
    (asked,) = wire.asked
    method, path, kind, body = expected
    assert (asked.method, asked.url, asked.body) == (method, BASE + path, body)
    assert asked.headers.get("Content-Type") == kind
    assert asked.headers["X-LEDGER-KEY"] == CANARY


def test_headers_of_the_callers_own_go_along(request_, wire):
    wire.replies = [reply({})]

    request_("request ledger /a -H 'Accept: text/csv' --header X-Trace:t -H X-Empty:")

    assert wire.asked[0].headers == {**wire.asked[0].headers, "Accept": "text/csv", "X-Trace": "t", "X-Empty": ""}


@pytest.mark.parametrize("dry", ["", " --dry-run"])
def test_the_type_of_a_body_is_the_callers_to_say(request_, wire, dry):
    wire.replies = lambda asked: reply({})

    ended = request_(f"--json request ledger /a --rawData '<a/>' -H 'Content-Type: application/xml'{dry}")

    headers = json.loads(ended.stdout)["request"]["headers"] if dry else wire.asked[0].headers
    assert {value for name, value in headers.items() if name.lower() == "content-type"} == {"application/xml"}


def test_a_body_comes_from_a_file_or_from_stdin(request_, wire, tmp_path):
    path = tmp_path / "body.json"
    path.write_text('{"name": "发票"}', "utf-8")
    wire.replies = lambda asked: reply({})

    request_(f"request ledger /a --json @{path}")
    request_(f"request ledger /a -d @{path}")
    request_("request ledger /a -d -", input='{"piped": true}')

    assert [asked.json for asked in wire.asked] == [{"name": "发票"}, {"name": "发票"}, {"piped": True}]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a b --json", ["a", "b", "--json"]),
        ("--json a b", ["--json", "a", "b"]),
        ("--json {} b", ["--jsonBody={}", "b"]),
        ("--json [1] --json", ["--jsonBody=[1]", "--json"]),
        ("--json @f --json {}", ["--jsonBody=@f", "--jsonBody={}"]),
        ("--json --json {}", ["--json", "--jsonBody={}"]),
        ("--json=text", ["--jsonBody=text"]),
        ("a -- --json {}", ["a", "--", "--json", "{}"]),
    ],
)
def test_a_word_behind_json_is_a_body_only_when_it_looks_like_one(line, expected):
    assert separated(line.split()) == expected


# What comes back.


def test_without_json_the_body_comes_back_as_it_came(request_, wire):
    wire.replies = lambda asked: reply(content=b'{ "a" : 1 }\n\n')

    assert request_("request ledger /a").stdout == '{ "a" : 1 }\n\n'
    # A body behind --json is no wish for a document.
    assert request_("request ledger /a --json '{}'").stdout == '{ "a" : 1 }\n\n'


@pytest.mark.parametrize(
    ("line", "piped"),
    [("request ledger /a --json", None), ("--json request ledger /a --json {}", None), ("request --json ledger /a -d x", None)],
)
def test_with_json_the_body_comes_in_a_document(request_, wire, line, piped):
    wire.replies = [reply({"b": [1]}, status=201, x_trace="t")]

    document = json.loads(request_(line, input=piped).stdout)

    assert document["output"] == {"b": [1]}
    assert (document["status"], document["headers"]["x-trace"]) == (201, "t")
    assert document["runId"] == document["actionRunId"]


@pytest.mark.parametrize(
    ("content", "output"),
    [
        (b"", None),
        (b"text \xc3\xa4", "text ä"),
        (b"<p>", "<p>"),
        (b'{"half": ', '{"half": '),
        (b"7", 7),
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
    ],
)
def test_a_body_that_is_no_json_is_a_text(request_, wire, content, output):
    wire.replies = [reply(content=content)]

    assert json.loads(request_("request ledger /a --json").stdout)["output"] == output


def test_a_body_that_is_no_text_is_put_into_a_file(request_, wire, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wire.replies = [reply(content=b"%PDF\xff\xfe", content_type="application/pdf")]

    output = json.loads(request_("request ledger /a --json").stdout)["output"]

    assert (tmp_path / "response.pdf").read_bytes() == b"%PDF\xff\xfe"
    assert output == {**output, "path": str(tmp_path / "response.pdf"), "type": "application/pdf", "size": 6}


@pytest.mark.parametrize("switch", ["", "--json"])
def test_the_answer_goes_where_the_caller_wants_it_and_never_over_another(request_, wire, tmp_path, switch):
    wire.replies = [reply({"a": 1})]
    path = tmp_path / "answer.json"

    ended = request_(f"request ledger /a --output {path} {switch}")
    again = request_(f"request ledger /a --output {path} --json")

    assert path.read_bytes() == b'{"a": 1}'
    assert str(path) in ended.stdout
    assert error(again)["kind"] == "conflict"
    assert len(wire.asked) == 1


def test_a_secret_in_an_answer_is_not_printed(request_, wire):
    wire.replies = lambda asked: reply({"echo": CANARY}, x_echo=CANARY)

    assert CANARY not in request_("request ledger /a").stdout
    assert CANARY not in request_("request ledger /a --json").stdout


@pytest.mark.parametrize(
    ("status", "kind", "code"), [(401, "auth", 4), (404, "not_found", 6), (422, "invalid_input", 3), (429, "rate_limited", 7)]
)
def test_a_refusal_of_the_app_is_an_error(request_, wire, status, kind, code):
    wire.replies = lambda asked: reply({"error": {"message": "no"}}, status)

    refused = request_("request ledger /a --json")

    assert (error(refused)["kind"], error(refused)["status"], refused.exit_code) == (kind, status, code)


# What does not go out.


@pytest.mark.parametrize(
    ("line", "kind", "told"),
    [
        ("request ledger", "usage", "PATH"),
        ("request", "usage", "CONNECTION"),
        ("request legder /a", "unknown_name", "ledger"),
        ("request ledger /a -X BREW", "usage", "BREW"),
        ("request ledger /a -d x --rawData y", "usage", "several bodies"),
        ("request ledger /a -d {} --json {}", "usage", "several bodies"),
        ("request ledger /a --json '{\"a\": '", "invalid_input", "the body is no JSON"),
        ("request ledger /a --json @nowhere", "invalid_input", "cannot be read"),
        ("request ledger /a --json text", "usage", "words left over"),
        ("request ledger /a -H Accept", "usage", "colon"),
        ("request ledger /a --query a", "usage", "NAME=VALUE"),
        ("request ledger /a --pathParam =x", "usage", "NAME=VALUE"),
        ("request ledger '/a/{id}'", "invalid_input", "id"),
        ("request ledger '/a/{id}' --pathParam id=..", "invalid_input", ".."),
        ("request ledger /../admin", "invalid_input", "/../admin"),
        ("request ledger //evil.example/a", "invalid_input", "//evil.example"),
        ("request ledger https://evil.example/a", "invalid_input", "https://evil.example"),
        ("request ledger a", "invalid_input", "'a'"),
        ("request ledger /a -H 'X-LEDGER-KEY: mine'", "invalid_input", "X-LEDGER-KEY"),
        ("request ledger /a -H 'Host: evil.example'", "invalid_input", "Host"),
    ],
)
@pytest.mark.parametrize("dry", ["", " --dry-run"])
def test_a_request_that_cannot_go_out_is_refused_before_anything_is_opened(request_, wire, line, kind, told, dry):
    refused = request_(line + dry, input="")
    again = request_(f"--json {line}{dry}", input="")

    assert error(again)["kind"] == kind
    assert told in error(again)["message"] + error(again)["hint"]
    assert refused.exit_code == again.exit_code
    assert wire.asked == []


def test_a_raw_delete_needs_a_yes(request_, wire):
    refused = request_("--json request ledger /a -X delete")

    assert (error(refused)["kind"], refused.exit_code) == ("confirmation_needed", 4)
    assert error(refused)["hint"].endswith("skillkit --json request ledger /a -X delete --yes")
    assert wire.asked == []


def test_a_raw_delete_that_cannot_go_out_is_not_worth_a_question(request_):
    assert error(request_("--json request ledger /../a -X DELETE"))["kind"] == "invalid_input"


@pytest.mark.parametrize(
    ("line", "body"),
    [("-d '{\"a\": 1}'", {"a": 1}), ("-d text", "text"), ("--rawData '{}'", "{}"), ("-X DELETE", None), ("--json '[1]'", [1])],
)
def test_a_dry_run_shows_the_request_and_sends_nothing(request_, wire, line, body):
    ended = request_(f"--json request ledger /a --query b=1 {line} --dry-run")

    shown = json.loads(ended.stdout)
    assert shown["dryRun"] is True
    assert shown["request"]["url"] == f"{BASE}/a?b=1"
    assert shown["request"]["headers"]["X-LEDGER-KEY"] == "[redacted]"
    assert shown["request"].get("body") == body
    assert wire.asked == []


def test_the_record_of_a_request_outlives_it(request_, wire, skillkit):
    wire.replies = [reply({"a": 1})]
    run = json.loads(request_("request ledger /a --json").stdout)["runId"]

    shown = json.loads(skillkit("run", "show", run, "--json").stdout)

    assert (shown["action"], shown["status"]) == ("GET /a", "success")
    assert shown["details"][0]["response"]["status"] == 200
