"""Calls through a whole workspace: what they give, and the record that each leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skillkit import calls
from skillkit.calls import Call
from skillkit.errors import (
    AnswerLost,
    Conflict,
    ConnectionNotReady,
    InvalidInput,
    NotFound,
    OutcomeUnknown,
    Partial,
    Pending,
    SkillkitError,
    Unauthorized,
    Unavailable,
    UnknownName,
    Upstream,
    Usage,
)
from skillkit.request import Request
from skillkit.run import Options
from tests.wire import Asked, reply

CANARY = "canary-5f2e9c71d4"


@pytest.fixture(autouse=True)
def ledger(connected):
    return connected("ledger")


def record(workspace: Any, run: str) -> Any:
    return workspace.store.run(run)


def last(workspace: Any) -> Any:
    return workspace.store.runs(1)[0]


def test_a_call_gives_its_output_and_leaves_its_record(workspace, wire, ledger):
    wire.replies = [reply({"entry": {"id": 7, "number": "R-1"}}, x_echo=CANARY)]

    ran = calls.perform(workspace, Call("ledger/get-entry", {"id": 7}))

    assert ran.output == {"id": 7, "number": "R-1"}
    assert record(workspace, ran.id) == {
        "id": ran.id,
        "status": "success",
        "action": "ledger/get-entry",
        "connection": "ledger",
        "integration": "ledger",
        "input": {"id": 7},
        "output": {"id": 7, "number": "R-1"},
        "startedAt": "2025-06-15T15:06:40.000Z",
        "finishedAt": "2025-06-15T15:06:40.000Z",
        "details": [
            {
                "request": {
                    "method": "GET",
                    "url": "https://api.ledger.example/v1/entries/7",
                    "headers": {"X-Country": "DE", "X-LEDGER-KEY": "[redacted]"},
                    "body": None,
                },
                "response": {
                    "status": 200,
                    "headers": {"content-type": "application/json", "x-echo": "[redacted]"},
                    "body": '{"entry": {"id": 7, "number": "R-1"}}',
                },
            }
        ],
    }


def test_an_action_is_found_by_an_older_name_and_recorded_under_its_own(workspace, wire):
    wire.replies = [reply({"entry": {"id": 7}})]

    ran = calls.perform(workspace, Call("read-entry", {"id": 7}, "ledger"))

    assert record(workspace, ran.id)["action"] == "ledger/get-entry"


def test_a_call_that_fails_leaves_its_record_and_the_error_names_it(workspace, wire):
    wire.replies = [reply({"error": {"message": f"no entry for {CANARY}"}}, 404)]

    with pytest.raises(NotFound) as error:
        calls.perform(workspace, Call("ledger/get-entry", {"id": 7}))

    kept = record(workspace, error.value.run)
    assert kept["status"] == "error"
    assert kept["error"]["kind"] == "not_found"
    assert kept["error"]["message"] == str(error.value) == "no entry for [redacted]"


def test_an_input_that_does_not_fit_leaves_its_record_and_sends_nothing(workspace):
    with pytest.raises(InvalidInput) as error:
        calls.perform(workspace, Call("ledger/create-entry", {"nmber": 1}))

    assert record(workspace, error.value.run)["error"]["problems"]


def test_runs_stand_in_the_order_in_which_they_were_made(workspace, wire, clock):
    wire.replies = lambda asked: reply({})
    made = []
    for _ in range(5):
        clock.time += 0.01
        made.append(calls.perform(workspace, Call("ledger/get-company")).id)

    assert made == sorted(made)
    assert [run["id"] for run in workspace.store.runs(5)] == made[::-1]


@pytest.mark.parametrize(
    ("action", "inputs"), [("create-note", {"text": "x"}), ("send-entry", {"id": "7"}), ("delete-entry", {"id": "7"})]
)
def test_what_changes_something_is_written_down_before_it_is_done(workspace, wire, action, inputs):
    seen: list[Any] = []

    def looking(asked: Asked) -> Any:
        seen.append(dict(last(workspace)))
        return reply({})

    wire.replies = looking
    ran = calls.perform(workspace, Call(f"ledger/{action}", inputs))

    assert [(run["id"], run["status"], run["input"]) for run in seen] == [(ran.id, "running", inputs)]
    assert len(workspace.store.runs(10)) == 1


def test_what_cannot_be_written_down_is_not_done(workspace, wire):
    full(workspace)

    with pytest.raises(SkillkitError, match="cannot be written"):
        calls.perform(workspace, Call("ledger/create-note", {"text": "x"}))

    assert wire.asked == []


def test_a_record_that_cannot_be_kept_does_not_hide_what_was_done(workspace, wire):
    def filling(asked: Asked) -> Any:
        full(workspace)
        return reply({"id": 7})

    wire.replies = filling
    ran = calls.perform(workspace, Call("ledger/create-note", {"text": "x"}))

    assert ran.output == {"id": 7}
    assert "not written down" in ran.warnings[0]


def full(workspace: Any) -> None:
    """Have the disk be full: nothing more can be written to the store."""
    with workspace.store._using() as store:  # noqa: SLF001 - the disk is not an argument
        store.execute("PRAGMA query_only = ON")


def test_a_read_needs_no_record(workspace, wire):
    wire.replies = [reply({"entry": {"id": 7}})]
    full(workspace)

    assert calls.perform(workspace, Call("ledger/get-entry", {"id": 7})).output == {"id": 7}


def test_a_lost_create_is_there_as_what_nobody_knows(workspace, wire):
    wire.replies = [AnswerLost("broke off")]

    with pytest.raises(OutcomeUnknown) as error:
        calls.perform(workspace, Call("ledger/create-note", {"text": "x"}))

    kept = record(workspace, error.value.run)
    assert (kept["status"], kept["error"]["kind"]) == ("error", "outcome_unknown")
    assert kept["details"][0]["request"]["body"] == {"text": "x"}


@pytest.mark.parametrize("action", ["get-company", "create-note"])
def test_a_call_that_is_interrupted_says_so_in_its_record(workspace, wire, action):
    def interrupting(asked: Asked) -> Any:
        raise KeyboardInterrupt

    wire.replies = interrupting
    with pytest.raises(KeyboardInterrupt):
        calls.perform(workspace, Call(f"ledger/{action}"))

    assert last(workspace)["status"] == "interrupted"


@pytest.mark.parametrize(
    ("action", "inputs", "answers", "kind"),
    [
        ("stamp-entries", {"ids": [1, 2]}, [reply({"data": [{"id": 1}], "error": [{"id": 2}]})], Partial),
        ("make-report", {}, [reply({"id": "r1"}), *(reply({"state": "running"}) for _ in range(40))], Pending),
    ],
)
def test_what_was_reached_all_the_same_is_in_the_record(workspace, wire, action, inputs, answers, kind):
    wire.replies = lambda asked: answers[len(wire.asked) - 1]

    with pytest.raises(kind) as error:
        calls.perform(workspace, Call(f"ledger/{action}", inputs))

    assert record(workspace, error.value.run)["output"] == error.value.output


def test_long_bodies_are_cut_in_the_record_alone(workspace, wire):
    long = "x" * 200_000
    wire.replies = [reply({"text": long})]

    ran = calls.perform(workspace, Call("ledger/create-note", {"text": long}))
    kept = record(workspace, ran.id)

    assert ran.output == {"text": long}
    assert len(json.dumps(kept)) < 5 * 66_000
    for place in (kept["input"], kept["output"], kept["details"][0]["request"]["body"]):
        assert place.startswith('{"text":"xxx')
        assert "cut" in place[-40:]


def test_the_record_of_many_pages_has_the_first_and_the_last(workspace, wire):
    wire.replies = lambda asked: reply({"data": [{"id": len(wire.asked)}] * 30, "meta": {"total": 900}})

    ran = calls.perform(workspace, Call("ledger/list-entries", {"limit": 900}))

    assert len(record(workspace, ran.id)["details"]) == 10


def test_a_retry_sends_the_same_key_and_the_next_call_another(workspace, wire):
    wire.replies = [reply(status=503), reply({}), reply({})]

    for _ in range(2):
        calls.perform(workspace, Call("ledger/create-keyed", {"text": "a"}))

    first, again, second = (asked.headers["Idempotency-Key"] for asked in wire.asked)
    assert first == again != second
    assert len(first) == 32


# Rows.


def test_rows_are_read_as_they_are_asked_for_and_the_record_counts_them(workspace, wire):
    wire.replies = [
        reply({"data": [{"id": 1}, {"id": 2}], "meta": {"total": 3}}),
        reply({"data": [{"id": 3}], "meta": {"total": 3}}),
    ]

    run, found = calls.rows(workspace, Call("ledger/list-entries"))
    assert wire.asked == []

    assert list(found) == [{"id": 1}, {"id": 2}, {"id": 3}]
    assert (record(workspace, run)["status"], record(workspace, run)["output"]) == ("success", {"rows": 3})


def test_rows_that_break_off_say_so_in_the_record(workspace, wire):
    wire.replies = [reply({"data": [{"id": 1}], "meta": {"total": 3}}), reply(status=500)]
    run, found = calls.rows(workspace, Call("ledger/list-entries"))

    with pytest.raises(Upstream) as error:
        list(found)

    assert error.value.run == run
    assert (record(workspace, run)["status"], record(workspace, run)["output"]) == ("error", {"rows": 1})


def test_rows_that_nobody_reads_to_the_end_are_interrupted(workspace, wire):
    wire.replies = [reply({"data": [{"id": 1}, {"id": 2}], "meta": {"total": 3}})]
    run, found = calls.rows(workspace, Call("ledger/list-entries"))

    next(found)
    found.close()  # type: ignore[attr-defined]

    assert record(workspace, run)["status"] == "interrupted"


# Dry runs.


def test_a_dry_run_says_what_would_go_out_and_opens_nothing(workspace):
    shown = calls.planned(workspace, Call("ledger/create-entry", {"number": "R-1"}))

    assert shown == {
        "dryRun": True,
        "request": {
            "method": "POST",
            "url": "https://api.ledger.example/v1/entries?validate=true",
            "headers": {"X-Country": "DE", "Content-Type": "application/json", "X-LEDGER-KEY": "[redacted]"},
            "body": {"number": "R-1"},
        },
    }
    assert workspace.store.runs(1) == ()


def test_a_dry_run_of_an_update_says_what_would_be_read_first(workspace):
    shown = calls.planned(workspace, Call("ledger/update-entry", {"id": 7, "note": None}))

    assert (shown["reads"]["method"], shown["reads"]["url"]) == ("GET", "https://api.ledger.example/v1/entries/7")
    assert (shown["request"]["method"], shown["request"]["body"]) == ("PUT", {"note": None})


def test_a_dry_run_refuses_what_would_be_refused(workspace):
    with pytest.raises(InvalidInput):
        calls.planned(workspace, Call("ledger/create-entry", {}))


# Requests of the caller's own.


def test_a_request_of_the_callers_own_gives_the_response_and_leaves_a_record(workspace, wire):
    wire.replies = [reply({"id": 1}, x_page="2")]

    ran = calls.ask(workspace, "ledger", Request("GET", "/entries", query=("page=2",)))

    assert (ran.output.status, json.loads(ran.output.content), ran.output.headers["x-page"]) == (200, {"id": 1}, "2")
    assert wire.asked[0].headers["X-LEDGER-KEY"] == CANARY
    kept = record(workspace, ran.id)
    assert (kept["action"], kept["status"], kept["output"]) == ("GET /entries", "success", None)


@pytest.mark.parametrize("lost", [AnswerLost("broke off"), reply(status=502), reply(status=504)])
def test_a_post_of_the_callers_own_whose_answer_was_lost_is_unknown(workspace, wire, lost):
    wire.replies = [lost]

    with pytest.raises(OutcomeUnknown) as error:
        calls.ask(workspace, "ledger", Request("POST", "/entries", body={"n": 1}))

    assert record(workspace, error.value.run)["error"]["kind"] == "outcome_unknown"


def test_a_delete_of_the_callers_own_is_tried_again(workspace, wire):
    wire.replies = [AnswerLost("broke off"), reply(status=504), reply(status=504)]

    with pytest.raises(Unavailable):
        calls.ask(workspace, "ledger", Request("DELETE", "/entries/7"))


def test_an_error_of_the_app_is_told_as_the_connector_reads_it(workspace, wire):
    wire.replies = [reply({"error": {"code": "TAKEN", "message": "it is there"}}, 400)]

    with pytest.raises(Conflict, match="it is there"):
        calls.ask(workspace, "ledger", Request("POST", "/entries", body={}))


@pytest.mark.parametrize("request_", [Request("GET", "/../x"), Request("GET", "/x", headers={"Authorization": "x"})])
def test_a_request_that_leads_astray_leaves_neither_trace_nor_record(workspace, wire, request_):
    for call in (calls.ask, calls.planned_request):
        with pytest.raises(InvalidInput):
            call(workspace, "ledger", request_)

    assert wire.asked == []
    assert workspace.store.runs(1) == ()


def test_a_dry_run_of_a_request_marks_the_credentials_place(workspace):
    shown = calls.planned_request(workspace, "ledger", Request("GET", "/entries"))

    assert shown["request"]["headers"]["X-LEDGER-KEY"] == "[redacted]"


# Files.


@pytest.fixture
def here(tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_a_file_is_streamed_to_the_current_folder(workspace, wire, here):
    wire.replies = [reply(content=b"%PDF-1.7", content_type="application/pdf")]

    found = calls.perform(workspace, Call("ledger/download-report", {"id": "r1"})).output

    assert (Path(found["path"]), found["size"], found["type"]) == (here / "report-r1.pdf", 8, "application/pdf")
    assert last(workspace)["details"][0]["response"]["body"] == "(a file)"
    assert wire.asked[0].headers["Accept"] == "application/pdf"


def test_a_file_inside_json_is_written_under_the_name_that_it_has_there(workspace, wire, here):
    wire.replies = [reply({"scan": {"content": "JVBERi0xLjc=", "name": "../scan 1.pdf"}})]

    found = calls.perform(workspace, Call("ledger/get-scan", {"id": "7"})).output

    assert Path(found["path"]) == here / "scan_1.pdf"
    assert Path(found["path"]).read_bytes() == b"%PDF-1.7"


def test_a_place_that_is_taken_is_refused_before_anything_is_asked_for(workspace, wire, here):
    (here / "mine.pdf").write_bytes(b"mine")

    with pytest.raises(Conflict):
        calls.perform(workspace, Call("ledger/download-report", {"id": "r1"}, output="mine.pdf"))

    assert wire.asked == []


def test_a_download_that_breaks_off_leaves_no_file(workspace, wire, here):
    def breaking() -> Any:
        yield b"%PDF-" + b"x" * 1000
        raise AnswerLost("broke off")

    wire.replies = [type(reply())(200, (), breaking())]

    with pytest.raises(AnswerLost):
        calls.perform(workspace, Call("ledger/download-report", {"id": "r1"}))

    assert list(here.iterdir()) == []


def test_a_file_is_sent_as_a_part_or_inside_json(workspace, wire, here):
    (here / "a.pdf").write_bytes(b"%PDF-1.7")
    wire.replies = [reply({}), reply({})]

    calls.perform(workspace, Call("ledger/upload-receipt", {"file": "a.pdf", "note": "x"}))
    calls.perform(workspace, Call("ledger/embed-receipt", {"file": "a.pdf"}))

    assert b"%PDF-1.7" in wire.asked[0].body
    assert wire.asked[1].json == {"file": "JVBERi0xLjc="}
    assert last(workspace)["details"][0]["request"]["body"] == {"file": {"file": "a.pdf", "type": "", "size": 8}}


def test_nothing_of_skillkits_own_is_sent(workspace, wire):
    with pytest.raises(InvalidInput, match="own folder"):
        calls.perform(workspace, Call("ledger/embed-receipt", {"file": f"{workspace.home}/vault.db"}))

    assert wire.asked == []


# What does not come so far.


def test_an_action_of_the_apps_own_mcp_server_is_reserved(workspace):
    with pytest.raises(Usage, match="reserved"):
        calls.perform(workspace, Call("ledger/ask-oracle"))


def test_an_account_that_is_not_connected_says_how_to_connect_it(workspace):
    with pytest.raises(ConnectionNotReady) as error:
        calls.perform(workspace, Call("alegra/list-invoices"))

    assert error.value.hint == "skillkit connect --connectorKey alegra"


def test_an_action_that_is_not_there_names_the_nearest(workspace):
    with pytest.raises(UnknownName) as error:
        calls.perform(workspace, Call("ledger/get-entri"))

    assert "get-entry" in error.value.hint


def test_what_is_shown_is_what_the_options_say(workspace, wire):
    wire.replies = [reply({"entry": {"id": 7, "wide": 1}}), reply({"entry": {"id": 7, "wide": 1}})]

    narrow = calls.perform(workspace, Call("ledger/get-entry", {"id": 7}, options=Options(raw=False)))
    selected = calls.perform(workspace, Call("ledger/get-entry", {"id": 7}, options=Options(select=("wide",))))

    assert (narrow.output, selected.output) == ({"id": 7}, {"wide": 1})


def test_the_hint_of_an_error_names_the_run_and_the_connection_it_speaks_of(workspace, wire, ledger):
    wire.replies = [reply(content=b"<html>")]

    with pytest.raises(SkillkitError) as refused:
        calls.perform(workspace, Call("ledger/get-entry", {"id": 7}))

    assert refused.value.hint == f"skillkit run show {refused.value.run} has the answer as it came"

    wire.replies = [reply({"message": "who?"}, status=401), reply({"name": "Muster GmbH"})]
    with pytest.raises(SkillkitError) as refused:
        calls.perform(workspace, Call("ledger/get-entry", {"id": 7}))

    assert f"skillkit connect --connectionId {ledger.key}" in refused.value.hint


@pytest.mark.parametrize("ask", ["perform", "rows", "ask"])
def test_an_account_whose_credential_the_app_refuses_waits_for_its_person_again(workspace, wire, ledger, ask):
    wire.replies = [reply({"error": {"message": "revoked"}}, status=401), reply({"error": {"message": "revoked"}}, status=401)]
    acts = {
        "perform": lambda: calls.perform(workspace, Call("ledger/get-entry", {"id": 7})),
        "rows": lambda: list(calls.rows(workspace, Call("ledger/list-entries"))[1]),
        "ask": lambda: calls.ask(workspace, "ledger", Request("GET", "/entries/7")),
    }

    with pytest.raises(Unauthorized) as refused:
        acts[ask]()

    after = workspace.connection(ledger.id)
    assert wire.lines[1] == "GET https://api.ledger.example/v1/company"
    assert (after.state, after.error) == ("CLIENT_ACTION_REQUIRED", "the app refused the credential: revoked")
    assert "skillkit connection get ledger --json" in refused.value.hint
    with pytest.raises(ConnectionNotReady, match="revoked"):
        acts[ask]()
    assert len(wire.asked) == 2, "once is enough to know"


@pytest.mark.parametrize("second", [reply({"name": "Muster GmbH"}), AnswerLost("broke off"), reply({}, status=500)])
def test_one_refusal_that_the_check_does_not_share_leaves_the_account_as_it_is(workspace, wire, ledger, second):
    wire.replies = [reply({"message": "not yours"}, status=401), *[second] * 3]

    with pytest.raises(Unauthorized):
        calls.perform(workspace, Call("ledger/get-entry", {"id": 7}))

    wire.replies = []
    assert workspace.connection(ledger.id).state == "READY"


def test_a_check_that_is_refused_is_not_asked_twice(workspace, wire, ledger):
    wire.replies = [reply({"error": {"message": "revoked"}}, status=401)]

    with pytest.raises(Unauthorized):
        calls.perform(workspace, Call("ledger/get-company"))

    assert workspace.connection(ledger.id).state == "CLIENT_ACTION_REQUIRED"
