"""`skillkit action`: finding and running what an app can do, as people and agents type it."""

from __future__ import annotations

import json
import os
import shlex
import stat
from pathlib import Path

import pytest

from skillkit.authoring.check import report
from tests.process import at_a_terminal, ended
from tests.stub import served
from tests.wire import reply

ROOT = Path(__file__).resolve().parent.parent
ALEGRA = report(str(ROOT / "connectors/alegra")).actions
CANARY = "canary-of-the-ledger"
CUSTOMER = "3d9a6c44-51b2-4c0e-9a77-0e4f5b8d2c02"


@pytest.fixture
def ledger(skillkit):
    """A connection to the fictional app, and what runs its actions."""
    words = ("connect", "--connectorKey", "ledger", "--credentials", "-", "--no-check")
    assert skillkit(*words, input=json.dumps({"api_key": CANARY})).exit_code == 0

    def run(action, *words, **more):
        return skillkit("action", "run", f"ledger/{action}", *words, **more)

    return run


@pytest.fixture
def listed(skillkit):
    """Lists actions; gives the document."""

    def items(*words):
        ended = skillkit("action", "list", *words, "--json")
        assert (ended.exit_code, ended.stderr) == (0, "")
        return json.loads(ended.stdout)

    return items


def error(ended):
    assert ended.stdout == ""
    return json.loads(ended.stderr)["error"]


# Lists.


def test_a_list_has_what_published_skills_read(listed):
    document = listed("--connector", "alegra", "--limit", "3")

    assert list(document) == ["items", "next_cursor", "has_more", "total", "cursor"]
    assert (len(document["items"]), document["has_more"], document["total"]) == (3, True, ALEGRA)
    assert document["next_cursor"] == document["cursor"] == "3"
    wanted = {"id", "key", "name", "description", "effect", "inputSchema", "outputSchema"}
    for row in document["items"]:
        assert wanted <= set(row)
        assert row["id"] == f"alegra/{row['key']}"


def test_no_action_has_an_empty_schema(listed):
    for connector in ("alegra", "clientary", "faktoora", "ledger"):
        for row in listed("--connector", connector, "--limit", "1000", "--max-bytes", "0")["items"]:
            assert all(row.values()), row["id"]
            assert row["inputSchema"]["type"] == "object"


def test_a_list_without_a_number_has_ten_and_a_compact_one_a_hundred(listed):
    assert len(listed("--max-bytes", "0")["items"]) == 10
    compact = listed("--compact", "--max-bytes", "0")
    assert len(compact["items"]) == 100 < compact["total"]


def test_a_compact_list_has_a_line_an_action(listed):
    (row,) = listed("--connector", "ledger", "--intent", "write entry under a key", "--compact", "--limit", "1")["items"]

    assert row == {
        "id": "ledger/create-keyed",
        "key": "create-keyed",
        "description": "Write an entry under a key of ours.",
        "effect": "create",
        "required": [],
    }


@pytest.mark.parametrize(
    "words", [("--limit", "7"), ("--limit", "7", "--compact"), ("--limit", "50"), ("--limit", "5", "--max-bytes", "4000")]
)
def test_cursors_walk_through_all_of_a_list(listed, words):
    seen, cursor = [], []
    while True:
        document = listed("--connector", "alegra", *words, *cursor)
        seen += [row["id"] for row in document["items"]]
        if not document["has_more"]:
            break
        cursor = ["--cursor", document["next_cursor"]]

    assert len(seen) == len(set(seen))
    # A row that is longer than the limit is in its file alone.
    assert len(seen) == ALEGRA or "--max-bytes" in words


@pytest.mark.parametrize("cursor", ["-1", "x", "1e3", "٣", "9" * 12, "1 "])
def test_a_cursor_that_is_none_is_refused(skillkit, cursor):
    refused = skillkit("action", "list", f"--cursor={cursor}", "--json")

    assert (error(refused)["kind"], refused.exit_code) == ("invalid_input", 3)
    assert repr(cursor) in error(refused)["message"]


@pytest.mark.parametrize(
    ("intent", "connector", "expected"),
    [
        ("overdue invoices", "clientary", "clientary/list-invoices"),
        ("Rechnung als PDF herunterladen", "faktoora", "faktoora/get-invoice-by-id"),
        ("registrar un cliente nuevo", "alegra", "alegra/create-contact"),
        ("create an invoice for a customer", "alegra", "alegra/create-invoice"),
    ],
)
def test_an_intent_finds_its_action_in_the_language_of_the_user(listed, intent, connector, expected):
    found = [row["id"] for row in listed("--intent", intent, "--connectorKey", connector, "--limit", "3")["items"]]

    assert expected in found


@pytest.mark.parametrize(
    "intent", ["", "发票", "🧾", '"', "* OR NEAR(", "the", "x" * 5000, "overdue invoices " * 300, "\x00", "'; --"]
)
def test_an_intent_may_be_anything(listed, intent):
    document = listed("--intent", intent, "--compact")

    assert isinstance(document["items"], list)
    assert (document["total"] is None) == bool(intent)


def test_a_list_is_narrowed_by_connection_and_by_connector(ledger, listed, skillkit):
    assert {row["id"].partition("/")[0] for row in listed("--connectionId", "ledger", "--compact")["items"]} == {"ledger"}
    assert {
        row["id"].partition("/")[0] for row in listed("--connectionKey=ledger", "--connector=ledger", "--compact")["items"]
    } == {"ledger"}
    refused = skillkit("action", "list", "--connectionId", "ledger", "--connector", "alegra", "--json")
    assert (error(refused)["kind"], refused.exit_code) == ("usage", 2)


def test_a_list_for_a_person_is_a_table(skillkit):
    first, *rest = skillkit("action", "list", "--connector", "alegra", "--limit", "1000").stdout.splitlines()

    assert first.split() == ["id", "effect", "description"]
    assert len(rest) == ALEGRA


@pytest.mark.parametrize("name", ["alegra/list-invoices", "list-outgoing-invoices", "ledger/read-entry"])
def test_an_action_is_shown_by_its_id_its_key_or_an_older_name(skillkit, name):
    row = json.loads(skillkit("action", "get", name, "--json").stdout)

    assert row["inputSchema"]["type"] == "object"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("alegra/list-invoises", "list-invoices"),
        ("alegre/list-invoices", "alegra"),
        ("list-invoices", "--connectionId"),
        ("nonsense", "action list --intent"),
    ],
)
def test_an_unknown_action_is_answered_with_the_nearest(skillkit, name, hint):
    refused = skillkit("action", "get", name, "--json")

    assert (error(refused)["kind"], refused.exit_code) == ("unknown_name", 3)
    assert hint in error(refused)["hint"]


# The lines that are typed already.


@pytest.mark.parametrize(
    "line",
    [
        'action run --connectionId=ledger ledger/get-entry --json --input "{ \\"id\\": \\"7\\" }"',
        'action run get-entry --connectionId=ledger --input \'{"id":"7"}\' --json',
        'action run get-entry --connectionKey ledger --input \'{"id": "7"}\' --json',
        "--json action run get-entry --connectionId ledger --input id=7",
        "action --json run --input id=7 --connection-id ledger get-entry",
        "action run get-entry --connection-key=ledger -i id=7 --json",
        "action run --json -iid=7 read-entry --connectionId Ledger",
        "action run ledger/get-entry -i id=7 --json",
    ],
)
def test_a_line_of_a_published_skill_runs_as_it_is(ledger, skillkit, wire, line):
    wire.replies = [reply({"entry": {"id": 7}})]

    ended = skillkit(*shlex.split(line))

    assert json.loads(ended.stdout)["output"] == {"id": 7}
    assert wire.asked[0].url == "https://api.ledger.example/v1/entries/7"


@pytest.mark.parametrize(
    "line",
    [
        "action list --intent=QUERY --connectionId=ledger --json",
        'action list --connectionId=ledger --intent "QUERY" --limit 10 --json',
        'action list --connectionKey ledger --intent "…" --limit 10 --json',
        "action list --intent=QUERY --json",
        "connection list --json",
        "connection list --integrationKey ledger --search Led --limit 5 --json",
        "connection get ledger --json",
        "connection delete ledger --json",
        "action get ledger/get-entry --json",
        "run list --json",
    ],
)
def test_a_line_that_shows_something_prints_one_document(ledger, skillkit, line):
    ended = skillkit(*shlex.split(line))

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert isinstance(json.loads(ended.stdout), dict)


# Input.


def sent(wire):
    return wire.asked[-1].json


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["number=7"], {"number": "7"}),
        (["number=7", "keyword=a=b"], {"number": "7", "keyword": "a=b"}),
        (['{"number": "7"}', "keyword=x"], {"number": "7", "keyword": "x"}),
        (["keyword=x", '{"keyword": "y", "number": "7"}'], {"number": "7", "keyword": "y"}),
        (['  {"number": "a=b"}'], {"number": "a=b"}),
        (["number=发票 🧾"], {"number": "发票 🧾"}),
        (["number="], {"number": ""}),
        (["number=true"], {"number": "true"}),
        (['{"number": "\\u00e4\\ud83d\\ude00"}'], {"number": "ä😀"}),
    ],
)
def test_input_is_json_or_words_and_what_comes_later_counts(ledger, wire, words, expected):
    wire.replies = [reply({"data": {"entry": {"id": 1}}})]

    ended = ledger("create-entry", *(part for word in words for part in ("--input", word)))

    assert ended.exit_code == 0, ended.stderr
    assert sent(wire) == expected


@pytest.mark.parametrize(
    ("action", "word", "expected"),
    [
        ("make-report", "year=2025", {"year": 2025}),
        ("stamp-entries", "ids=[1, 2]", {"ids": [1, 2]}),
        ("stamp-entries", "ids=1", {"ids": [1]}),
    ],
)
def test_words_become_what_the_schema_says(ledger, wire, action, word, expected):
    wire.replies = [reply({"id": "x", "data": []})]

    ledger(action, "--input", word, "--no-wait")

    assert sent(wire) == expected


def test_a_word_becomes_a_truth_value_where_the_schema_says_so(ledger, wire):
    wire.replies = [reply({"data": {"entry": {"id": 1}}})]

    ledger("create-entry", "-i", "number=1", "-i", "validate=false")

    assert wire.asked[0].url.endswith("?validate=false")


def test_input_comes_from_a_file_or_from_stdin(ledger, wire, tmp_path):
    path = tmp_path / "input.json"
    path.write_bytes(b'\xef\xbb\xbf{"text": "\xe5\x8f\x91\xe7\xa5\xa8"}')
    wire.replies = [reply({}), reply({})]

    ledger("create-note", "--input", f"@{path}")
    ledger("create-note", "--input", "-", input='{"text": "piped 🧾"}')

    assert [asked.json for asked in wire.asked] == [{"text": "发票"}, {"text": "piped 🧾"}]


@pytest.mark.parametrize(
    ("word", "piped", "told"),
    [
        ("{'text': 1}", None, "line 1 column 2"),
        ('{"text": "x"', None, "line 1 column 13"),
        ('{"text": NaN}', None, "NaN"),
        ("[1, 2]", None, "one JSON object, not '[1, 2]'"),
        ('["a=b"]', None, "one JSON object"),
        ("text", None, "'text' is no JSON"),
        ("-", "", "what is piped in is no JSON"),
        ("-", b"\xff\xfe{", "what is piped in is no UTF-8: byte 0 is 0xff"),
        ("@nowhere.json", None, "'nowhere.json' cannot be read: no such file or directory"),
        ("@", None, "'' cannot be read"),
        ("@.", None, "'.' is no regular file"),
        ("@\x00", None, "is no path"),
        ("[" * 200, None, "nested deeper"),
    ],
)
def test_input_that_is_none_is_refused_with_its_place(ledger, wire, word, piped, told):
    refused = ledger("create-note", "--input", word, "--json", input=piped)

    assert (error(refused)["kind"], refused.exit_code) == ("invalid_input", 3)
    assert told in error(refused)["message"]
    assert wire.asked == []


def test_input_without_a_name_is_refused(ledger):
    refused = ledger("create-note", "--input", "=x", "--json")

    assert (error(refused)["kind"], refused.exit_code) == ("usage", 2)


def test_a_named_pipe_is_refused_and_not_waited_for(ledger, tmp_path):
    os.mkfifo(tmp_path / "pipe")

    refused = ledger("create-note", "--input", f"@{tmp_path}/pipe", "--json")

    assert "is no regular file" in error(refused)["message"]


def test_a_file_that_is_too_large_is_refused(ledger, tmp_path):
    with open(tmp_path / "large.json", "wb") as file:
        file.truncate(25_000_001)

    refused = ledger("create-note", "--input", f"@{tmp_path}/large.json", "--json")

    assert "has more than 25,000,000 bytes" in error(refused)["message"]


def test_every_misfit_has_its_place(ledger, wire):
    refused = ledger("update-entry", "-i", '{"id": [], "kind": "both", "lines": [1], "colour": "red"}', "--json")

    told = error(refused)
    assert {problem["path"] for problem in told["problems"]} >= {"/id", "/kind", "/lines/0", "/colour"}
    assert "colour" in told["message"] + str(told["problems"])
    assert wire.asked == []


# What of the answer.


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), {"id": 7, "number": "R"}),
        (("--raw",), {"id": 7, "number": "R", "by": {"name": "A", "mail": "a@b"}}),
        (("--select", "id, by.name"), {"id": 7, "by": {"name": "A"}}),
        (("--select=number",), {"number": "R"}),
    ],
)
def test_the_caller_says_what_of_the_answer_is_wanted(ledger, wire, words, expected):
    wire.replies = [reply({"entry": {"id": 7, "number": "R", "by": {"name": "A", "mail": "a@b"}}})]

    assert json.loads(ledger("get-entry", "-i", "id=7", "--json", *words).stdout)["output"] == expected


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("get-entry", "-i", "id=1", "--select", "a..b"), "usage"),
        (("get-entry", "-i", "id=1", "--output", "x.pdf"), "usage"),
        (("get-entry", "-i", "id=1", "--all"), "usage"),
        (("get-entry", "-i", "id=1", "--since", "2025-01-01"), "invalid_input"),
        (("get-entry", "-i", "id=1", "--limit", "3"), "invalid_input"),
        (("list-entries", "--limit", "0"), "usage"),
        (("list-entries", "--cursor", "nonsense"), "invalid_input"),
        (("list-entries", "--since", "yesterday"), "invalid_input"),
    ],
)
def test_a_flag_that_means_nothing_for_an_action_is_refused(ledger, wire, words, kind):
    refused = ledger(*words, "--json")

    assert error(refused)["kind"] == kind
    assert wire.asked == []


def test_a_list_goes_on_at_its_cursor(ledger, wire):
    wire.replies = lambda asked: reply({"data": [{"id": 1, "number": "a"}, {"id": 2, "number": "b"}], "meta": {"total": 5}})
    first = json.loads(ledger("list-entries", "--limit", "2", "--json").stdout)["output"]

    ledger("list-entries", "--limit", "2", "--cursor", first["next_cursor"])

    assert (first["total"], first["has_more"], len(first["items"])) == (5, True, 2)
    assert ["page=1" in wire.lines[0], "page=2" in wire.lines[1]] == [True, True]


def test_a_date_fills_the_input_that_the_action_names(ledger, wire):
    wire.replies = [reply({"data": [], "meta": {"total": 0}})]

    ledger("list-entries", "--since", "2025-01-31")

    assert "updated_since=2025-01-31" in wire.asked[0].url


def test_who_does_not_wait_is_told_how_to_ask(ledger, wire):
    wire.replies = [reply({"id": "r1", "state": "busy"})]

    ended = ledger("make-report", "-i", "year=2025", "--no-wait", "--json")

    assert json.loads(ended.stdout)["output"]["poll"]["action"] == "get-report"
    assert ended.exit_code == 0


def test_a_file_goes_where_the_caller_wants_it_and_never_over_another(ledger, wire, tmp_path):
    path = tmp_path / "report.pdf"
    wire.replies = [reply(content=b"%PDF-1", content_type="application/pdf")]

    saved = json.loads(ledger("download-report", "-i", "id=r1", "--output", str(path), "--json").stdout)["output"]
    again = ledger("download-report", "-i", "id=r1", "--output", str(path), "--json")

    assert saved == {"path": str(path), "type": "application/pdf", "size": 6, "sha256": saved["sha256"]}
    assert path.read_bytes() == b"%PDF-1"
    assert error(again)["kind"] == "conflict"
    assert len(wire.asked) == 1


def test_what_is_odd_about_an_answer_is_a_note_beside_it(ledger, wire):
    wire.replies = [reply({"entry": {"id": "seven"}})]

    ended = ledger("get-entry", "-i", "id=7", "--json")

    assert ended.stderr.startswith("note: ledger/get-entry: the answer differs from its schema")
    assert json.loads(ended.stdout)["output"] == {"id": "seven"}


# Confirming, and not doing it at all.


@pytest.mark.parametrize("action", ["delete-entry", "send-entry"])
def test_what_cannot_be_taken_back_needs_a_yes(ledger, wire, action):
    refused = ledger(action, "-i", "id=it's 1", "--json")

    told = error(refused)
    assert (told["kind"], refused.exit_code, wire.asked) == ("confirmation_needed", 4, [])
    line = told["hint"].partition("if the user agrees: ")[2]
    words = shlex.split(line)
    assert words == ["skillkit", "action", "run", f"ledger/{action}", "-i", "id=it's 1", "--json", "--yes"]


def test_the_line_of_the_hint_does_it(ledger, skillkit, wire):
    wire.replies = [reply({})]
    line = error(ledger("delete-entry", "--json", "-i", 'id={"a": "$HOME"} `x` !$(y) é'))["hint"].partition(": ")[2]

    ended = skillkit(*shlex.split(line)[1:])

    assert (ended.exit_code, wire.asked[0].method) == (0, "DELETE")


def test_the_yes_of_the_hint_stands_before_the_end_of_the_flags(ledger, skillkit):
    refused = skillkit("action", "run", "--input", "id=1", "--json", "--", "ledger/delete-entry")

    assert error(refused)["hint"].endswith("--json --yes -- ledger/delete-entry")


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("", 4)])
def test_a_person_is_asked_at_the_terminal(tmp_path, answer, code):
    home = tmp_path / "home"
    line = "connect --connectorKey faktoora --credentials - --no-check --base-url"
    with served(ROOT / "cassettes" / "faktoora") as address:
        assert ended(home, *line.split(), f"{address}/api/v1", given=b'{"api_key": "canary-0123456789"}').returncode == 0
        shown = at_a_terminal(home, "action", "run", "delete-customer", "-i", f"id={CUSTOMER}", answers=[answer])

    assert shown[0] == code, shown
    assert "faktoora/delete-customer on faktoora cannot be taken back. Go on? [y/N]: " in shown[1]


def test_input_that_misfits_is_reported_before_anybody_is_asked(ledger):
    assert error(ledger("delete-entry", "--json"))["kind"] == "invalid_input"


@pytest.mark.parametrize("action", ["delete-entry", "send-entry"])
def test_a_dry_run_never_asks_and_never_sends(ledger, wire, action):
    ended = ledger(action, "-i", "id=1", "--dry-run", "--json")

    shown = json.loads(ended.stdout)
    assert (ended.exit_code, shown["dryRun"], wire.asked) == (0, True, [])
    assert shown["request"]["headers"]["X-LEDGER-KEY"] == "[redacted]"


def test_a_dry_run_shows_the_address_and_the_body(ledger):
    shown = json.loads(ledger("create-entry", "-i", "number=7", "--dryRun", "--json").stdout)["request"]

    assert (shown["method"], shown["url"]) == ("POST", "https://api.ledger.example/v1/entries?validate=true")
    assert shown["body"] == {"number": "7"}


def test_a_dry_run_of_an_update_shows_the_read_before_it(ledger, wire):
    shown = json.loads(ledger("update-entry", "-i", "id=7", "-i", "note=x", "--dry-run", "--json").stdout)

    assert shown["reads"]["url"] == "https://api.ledger.example/v1/entries/7"
    assert shown["request"]["body"] == {"note": "x"}
    assert wire.asked == []


def test_a_dry_run_of_an_upload_shows_the_file_and_not_its_bytes(ledger, tmp_path):
    path = tmp_path / "receipt.pdf"
    path.write_bytes(b"%PDF-1.7 content")

    shown = json.loads(ledger("upload-receipt", "-i", f"file={path}", "--dry-run", "--json").stdout)["request"]

    assert shown["body"] == {"file": {"file": str(path), "type": "application/pdf", "size": 16}}


def test_a_dry_run_opens_no_vault(ledger, workspace, wire):
    for path in Path(workspace.home).glob("vault*"):
        path.write_bytes(b"broken")
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)

    assert ledger("get-company", "--dry-run").exit_code == 0
    assert ledger("get-company").exit_code == 1
    assert wire.asked == []


@pytest.fixture(scope="module")
def connected(tmp_path_factory):
    """A home with one connection, to an address where nobody is."""
    home = tmp_path_factory.mktemp("connected") / "home"
    connect = "connect --connectorKey faktoora --credentials - --no-check --base-url http://127.0.0.1:9"
    assert ended(home, *connect.split(), given=b'{"api_key": "canary-0123456789"}').returncode == 0
    return home


WATCHED = """
import os, sys
def watch(event, arguments):
    if event.startswith("socket.") or (event in {"open", "sqlite3.connect"} and "vault" in os.path.basename(str(arguments[0]))):
        print("opened", event, arguments, flush=True)
        os._exit(99)
sys.addaudithook(watch)
from skillkit.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("action run faktoora/delete-customer -i id=1 --dry-run", 0),
        ("request faktoora /customer -d {} --dry-run", 0),
        ("action run faktoora/delete-customer -i id=1", 4),
        ("action run faktoora/delete-customer", 3),
        ("request faktoora /../customer", 3),
        ("action run faktoora/list-customers", 99),
    ],
)
def test_nothing_is_opened_for_what_is_not_sent(connected, line, code):
    assert ended(connected, *line.split(), code=WATCHED).returncode == code


def test_an_ambiguous_connection_is_refused_with_the_candidates(ledger, skillkit):
    skillkit("connect", "--connectorKey", "ledger", "--credentials", "-", "--no-check", input='{"api_key": "another-canary"}')

    told = error(ledger("get-company", "--json"))

    assert told["kind"] == "unknown_name"
    assert "ledger, ledger-2" in told["message"]


def test_two_names_of_one_connection_must_agree(ledger, skillkit):
    refused = skillkit("action", "run", "get-company", "--connectionId", "ledger", "--connectionKey", "other", "--json")

    assert (error(refused)["kind"], refused.exit_code) == ("usage", 2)


def test_a_run_is_shown_with_what_went_out_and_came_back(ledger, skillkit, wire):
    wire.replies = [reply({"entry": {"id": 7, "echo": CANARY}})]
    run = json.loads(ledger("get-entry", "-i", "id=7", "--json").stdout)["runId"]

    shown = skillkit("run", "show", run, "--json").stdout

    assert CANARY not in shown
    assert json.loads(shown)["details"][0]["request"]["url"] == "https://api.ledger.example/v1/entries/7"
    assert json.loads(skillkit("run", "list", "--json").stdout)["items"][0]["id"] == run


# A user's own actions.

CONFIG = json.dumps({"request": {"method": "GET", "path": "/things/{id}", "query": {"wide": "{wide}"}}})


@pytest.fixture
def created(ledger, skillkit):
    """An own action of the fictional app, typed as developers' skills do."""
    line = ["--key", "get-thing", "--type", "api-request-to-external-app", "--config", CONFIG, "--integrationKey", "ledger"]
    ended = skillkit("action", "create", *line, "--name", "Get a thing", "--json")
    assert (ended.exit_code, ended.stderr) == (0, "")
    return json.loads(ended.stdout)


@pytest.mark.parametrize(
    "scope", ["--connectionId=ledger", "--connectionKey ledger", "--integrationKey ledger", "--connector=ledger", ""]
)
def test_an_own_action_is_listed_shown_and_run_like_any_other(created, skillkit, listed, wire, scope):
    key = "get-thing" if scope else "ledger/get-thing"
    wire.replies = [reply({"thing": 7})]

    ran = skillkit("action", "run", key, *scope.split(), "--input", '{"id": 7, "wide": true}', "--json")

    assert json.loads(ran.stdout)["output"] == {"thing": 7}
    assert wire.asked[0].url == "https://api.ledger.example/v1/things/7?wide=true"
    assert wire.asked[0].headers["X-LEDGER-KEY"] == CANARY
    assert (created["state"], created["layer"], created["name"]) == ("READY", "own", "Get a thing")
    assert json.loads(skillkit("action", "get", key, *scope.split(), "--wait", "--timeout", "5", "--json").stdout) == created
    assert created in listed("--connector", "ledger", "--intent", "get a thing")["items"]


@pytest.mark.parametrize(
    "line",
    [
        'action create "Every booking of a year" --connectionId=ledger --json',
        'action create "Every booking of a year" --connectionKey ledger --json',
        'action create --intent "Every booking of a year" --integrationKey ledger --json',
        'action create "Every booking of a year" --json',
    ],
)
def test_a_sentence_alone_makes_no_action_and_is_answered_with_what_comes_nearest(ledger, skillkit, line):
    ended = skillkit(*shlex.split(line))
    document = json.loads(ended.stdout)

    assert (ended.exit_code, ended.stderr, document["state"]) == (0, "", "SETUP_FAILED")
    assert {"key", "description", "error", "nearest", "agentInstructions"} <= set(document)
    assert "action create --key" in document["error"]["hint"]
    assert document["description"] == "Every booking of a year"
    assert "connectorKey" not in document or "ledger/list-entries" in [row["id"] for row in document["nearest"]]


def test_what_an_agent_is_told_to_type_can_be_typed(ledger, skillkit):
    document = json.loads(skillkit("action", "create", "Foo", "--connectionId", "ledger", "--json").stdout)
    _, *words = shlex.split(document["error"]["hint"].replace("--key KEY", "--key mine").replace("/PATH", "/foo"))

    assert json.loads(skillkit(*words, "--json").stdout)["id"] == "ledger/mine"


@pytest.mark.parametrize(
    ("line", "kind", "told"),
    [
        ("action create", "usage", "what is the action to do?"),
        ('action create ""', "usage", "what is the action to do?"),
        ("action create --type run-javascript --key k --integrationKey ledger", "usage", "no code from an agent is run here"),
        ("action create --type list-data-records --key k --config '{}'", "usage", "no type of action"),
        (f"action create --key k --config '{CONFIG}'", "usage", "an app that it is for"),
        (f"action create --integrationKey ledger --config '{CONFIG}'", "usage", "has a key"),
        (f"action create --key alegra/k --integrationKey ledger --config '{CONFIG}'", "usage", "an app that it is for"),
        ("action create --key k --integrationKey ledger --config '{'", "invalid_input", "--config is no JSON"),
        (f"action create --key k --integrationKey nowhere --config '{CONFIG}'", "unknown_name", "nowhere"),
        (f"action create --key get-entry --integrationKey ledger --config '{CONFIG}'", "invalid_input", "is there twice"),
        (f"action create --key read-entry --integrationKey ledger --config '{CONFIG}'", "invalid_input", "leads to 'get-entry'"),
        ('action update ledger/get-entry --data \'{"name": "x"}\'', "usage", "comes with its connector"),
        ('action replace ledger/get-entry --data \'{"name": "x"}\'', "usage", "comes with its connector"),
        ("action delete read-entry --connectionKey ledger", "usage", "ledger/get-entry comes with its connector"),
        ("action update ledger/get-entry", "usage", "--data takes one JSON object"),
        ("action update ledger/get-entry --data []", "usage", "--data takes one JSON object"),
        ("action delete nothing-of-the-kind", "unknown_name", "nothing-of-the-kind"),
        ("action delete ledger/../../x", "unknown_name", "ledger/../.."),
    ],
)
def test_what_cannot_be_made_or_changed_is_refused_with_the_reason(ledger, skillkit, workspace, line, kind, told):
    refused = skillkit(*shlex.split(line), "--json")

    assert error(refused)["kind"] == kind
    assert told in error(refused)["message"]
    assert not os.path.exists(workspace.catalog.own)


def test_an_own_action_is_changed_written_anew_and_deleted(created, skillkit, wire):
    changed = skillkit("action", "update", "get-thing", "--data", '{"name": "Thing"}', "--connectionKey", "ledger", "--json")
    assert json.loads(changed.stdout) == {**created, "name": "Thing"}

    config = {"request": {"method": "DELETE", "path": "/things/{id}"}}
    skillkit("action", "replace", "ledger/get-thing", "--data", json.dumps({"config": config}), "--json")
    refused = skillkit("action", "run", "ledger/get-thing", "-i", "id=7", "--json")
    assert (error(refused)["kind"], refused.exit_code) == ("confirmation_needed", 4)

    deleted = skillkit("action", "delete", "get-thing", "--integrationKey", "ledger", "--json")
    assert json.loads(deleted.stdout)["deleted"]
    assert error(skillkit("action", "get", "ledger/get-thing", "--json"))["kind"] == "unknown_name"
    assert wire.asked == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_no_agent_declares_away_what_a_method_does(created, skillkit, method):
    data = {"config": {"request": {"method": method, "path": "/things/{id}"}}, "effect": "read"}

    refused = skillkit("action", "replace", "ledger/get-thing", "--data", json.dumps(data), "--json")

    assert "guarded less" in error(refused)["message"]
    assert json.loads(skillkit("action", "get", "ledger/get-thing", "--json").stdout) == created


def test_an_agent_may_ask_for_more_guarding(created, skillkit):
    data = {"config": {"request": {"method": "POST", "path": "/things/{id}/mail"}}, "effect": "send"}
    skillkit("action", "replace", "ledger/get-thing", "--data", json.dumps(data), "--json")

    assert error(skillkit("action", "run", "ledger/get-thing", "-i", "id=7", "--json"))["kind"] == "confirmation_needed"


def test_an_own_action_that_does_not_work_is_told_of_and_hinders_nothing(created, skillkit, workspace):
    path = Path(workspace.catalog.own, "ledger", "get-thing.yaml")
    path.write_text(path.read_text().replace("GET /things", "FETCH /things"))
    workspace.catalog.close()

    listed = skillkit("action", "list", "--connector", "ledger", "--json")
    shown = json.loads(skillkit("action", "get", "ledger/get-thing", "--json").stdout)
    refused = skillkit("action", "run", "ledger/get-thing", "-i", "id=7", "--json")

    assert (listed.exit_code, "ledger/get-thing does not work" in listed.stderr) == (0, True)
    assert len(json.loads(listed.stdout)["items"]) == 10
    assert (shown["state"], shown["error"]["problems"][0]["file"]) == ("CONFIGURATION_ERROR", str(path))
    assert (error(refused)["kind"], refused.exit_code) == ("invalid_connector", 3)
    assert "skillkit action delete ledger/get-thing" in error(refused)["hint"]
    assert skillkit("action", "delete", "ledger/get-thing").exit_code == 0
