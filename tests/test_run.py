"""Running an action, with a function for the network and a clock that does not tick."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from skillkit import format as fmt
from skillkit import run as running
from skillkit.compile import sources
from skillkit.connector import Action, action
from skillkit.destination import Base
from skillkit.errors import (
    AnswerLost,
    Conflict,
    InvalidInput,
    NotFound,
    OutcomeUnknown,
    Partial,
    Pending,
    RateLimited,
    SkillkitError,
    Unauthorized,
    Unavailable,
    Unreachable,
    Upstream,
)
from skillkit.request import Request, Response
from skillkit.run import Options, World, prepared, rows, run
from tests.values import replace
from tests.wire import Clock

LEDGER = Path(__file__).parent / "data" / "connectors" / "ledger"
MAIN: Any = fmt.merged(sources(str(LEDGER))).document
_, DOCUMENTS = fmt.complete(MAIN)
AS_IT_CAME = Options()
BASE = Base("https://api.ledger.example", "api.ledger.example", "/v1", named=False)


def ledger(key: str) -> Action:
    return action(DOCUMENTS[key])


def said(document: Any = None, status: int = 200, content: bytes | None = None, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, named, json.dumps(document).encode() if content is None else content)


class App:
    """An app that answers from a list or a function, and remembers what was asked."""

    def __init__(
        self, *replies: Response | SkillkitError, by: Callable[[Request], Response] | None = None, **params: str
    ) -> None:
        self.replies = list(replies)
        self.by = by
        self.asked: list[Request] = []
        self.saved: list[Response] = []
        self.clock = Clock()
        keys = iter(f"key-{number}" for number in range(100))
        self.world = World(
            send=self.send,
            sleep=self.clock.sleep,
            now=self.clock.now,
            base=BASE,
            params={"country": "DE", **params},
            action=ledger,
            save=self.save,
            token=lambda: next(keys),
        )

    def send(self, request: Request) -> Response:
        self.asked.append(request)
        if self.by:
            return self.by(request)
        reply = self.replies.pop(0)
        if isinstance(reply, SkillkitError):
            raise reply
        return reply

    def save(self, action: Action, inputs: Any, response: Response) -> Any:
        assert action.file
        self.saved.append(response)
        return {"path": "report.pdf"}

    def run(self, key: str, options: Options = AS_IT_CAME, **inputs: Any) -> Any:
        return run(ledger(key), inputs, self.world, options).output

    @property
    def lines(self) -> list[str]:
        return [f"{request.method} {request.url}" for request in self.asked]


def paged(rows_in_all: int, size: int) -> Callable[[Request], Response]:
    """An app whose entries come in pages, by number."""

    def page(request: Request) -> Response:
        asked = dict(part.split("=") for part in request.query)
        long = int(asked.get("per_page", size))
        first = (int(asked["page"]) - 1) * long
        found = [{"id": number} for number in range(first, min(first + long, rows_in_all))]
        return said({"data": found, "meta": {"total": rows_in_all}})

    return page


# Check, build, send, extract.


def test_an_input_that_does_not_fit_is_refused_before_anything_is_sent():
    app = App()

    with pytest.raises(InvalidInput) as refused:
        app.run("create-entry", keywrd="rent")

    assert [problem.path for problem in refused.value.problems] == ["/keywrd", "/number"]
    assert app.asked == []


def test_what_is_asked_for_in_one_country_alone_is_asked_for_there():
    german, swiss = App(said({"data": {"entry": {"id": 1}}})), App(country="CH")

    german.run("create-entry", number="R-1")
    with pytest.raises(InvalidInput, match="'iban' is required"):
        swiss.run("create-entry", number="R-1")

    assert swiss.asked == []


def test_the_record_is_taken_from_where_the_connector_says():
    assert App(said({"entry": {"id": 7}})).run("get-entry", id=7) == {"id": 7}


def test_a_record_that_is_not_there_is_the_apps_fault():
    with pytest.raises(Upstream, match="nothing at entry"):
        App(said({"record": {}})).run("get-entry", id=7)


def test_an_empty_answer_is_an_empty_record():
    assert App(said(content=b"", status=204)).run("delete-entry", id="7") == {}


@pytest.mark.parametrize(
    ("content", "headers", "told"),
    [
        (b"<html><body>sign in</body></html>", {"content_type": "text/html; charset=utf-8"}, "no JSON but text/html"),
        (b'{"entry": {"id": 7', {}, "no JSON"),
        (b"\xff\xfe\x00", {}, "no JSON"),
        (b"[" * 1_000_000, {}, "nested deeper"),
        (b'{"entry":' * 200 + b"1" + b"}" * 200, {}, "nested deeper"),
        (b'{"entry": ' + b"7" * 10_000 + b"}", {}, "no JSON"),
        (b'{"entry": NaN}', {}, "no JSON value"),
        (b"[]", {}, "nothing at entry"),
        (b"null", {}, "nothing at entry"),
        (b"", {}, "answered 200 and nothing else"),
    ],
)
def test_an_answer_that_makes_no_sense_is_an_error_of_the_apps(content, headers, told):
    with pytest.raises(Upstream, match=told) as refused:
        App(said(content=content, **headers)).run("get-entry", id=7)

    assert "<html>" not in str(refused.value)


@pytest.mark.parametrize(
    ("response", "kind", "told"),
    [
        (said({"error": {"message": "no such entry"}}, 404), "not_found", "no such entry"),
        (said({"error": {"code": "TAKEN"}}, 400), "conflict", "with code TAKEN"),
        (said({"ok": False, "error": {"message": "closed for the year"}}), "upstream", "closed for the year"),
        (said({"ok": False, "error": {"code": "TAKEN"}}), "conflict", "TAKEN"),
        (said(content=b"<h1>oops</h1>", status=500), "upstream", "answered 500"),
        (said(content=b"", status=429, retry_after="86400"), "rate_limited", "answered 429"),
        (said(content=b"", status=302, location="https://evil.example/a?token=x"), "upstream", "https://evil.example;"),
    ],
)
def test_an_error_is_of_the_kind_that_status_and_code_say(response, kind, told):
    with pytest.raises(SkillkitError, match=told) as refused:
        App(response).run("get-entry", id=7)

    assert refused.value.kind == kind
    assert "token=x" not in str(refused.value)


def test_an_error_says_when_to_come_back():
    with pytest.raises(RateLimited) as refused:
        App(said(content=b"", status=429, retry_after="86400")).run("get-entry", id=7)

    assert refused.value.retry_after == 86400


def test_what_the_schema_names_is_shown_unless_all_of_it_is_asked_for():
    wide = {"id": 7, "number": "R-1", "internal": "x", "lines": [{"sum": 1.5, "hash": "y"}]}

    shown = App(said({"entry": wide})).run("get-entry", Options(raw=False), id=7)
    raw = App(said({"entry": wide})).run("get-entry", Options(raw=True), id=7)
    selected = App(said({"entry": wide})).run("get-entry", Options(raw=False, select=("internal", "lines.hash")), id=7)

    assert shown == {"id": 7, "number": "R-1", "lines": [{"sum": 1.5}]}
    assert raw == wide
    assert selected == {"internal": "x", "lines": [{"hash": "y"}]}


def test_an_answer_that_differs_from_its_schema_is_worth_a_word_and_no_more():
    app = App(said({"entry": {"id": "seven", "number": "R-1"}}))

    found = run(ledger("get-entry"), {"id": 7}, app.world)

    assert found.output == {"id": "seven", "number": "R-1"}
    (warning,) = found.warnings
    assert "ledger/get-entry" in warning
    assert "/id" in warning


# Lists.


def test_a_list_without_a_limit_is_one_page():
    app = App(by=paged(7, 3))

    found = app.run("list-entries")

    assert [row["id"] for row in found["items"]] == [0, 1, 2]
    assert (found["has_more"], found["total"]) == (True, 7)
    assert app.lines == ["GET /entries?page=1"]


@pytest.mark.parametrize(
    ("limit", "asked", "more"),
    [
        (2, ["page=1&per_page=2"], True),
        (30, ["page=1&per_page=30"], True),
        (31, ["page=1&per_page=30", "page=2&per_page=30"], True),
        (60, ["page=1&per_page=30", "page=2&per_page=30"], True),
        (70, ["page=1&per_page=30", "page=2&per_page=30", "page=3&per_page=30"], False),
        (500, ["page=1&per_page=30", "page=2&per_page=30", "page=3&per_page=30"], False),
    ],
)
def test_a_limit_is_the_page_size_up_to_what_the_app_allows_and_pages_are_followed_above_it(limit, asked, more):
    app = App(by=paged(70, 30))

    found = app.run("list-entries", limit=limit)

    assert [row["id"] for row in found["items"]] == list(range(min(limit, 70)))
    assert (found["has_more"], found["next_cursor"] is not None, found["total"]) == (more, more, 70)
    assert [line.partition("?")[2] for line in app.lines] == asked


@pytest.mark.parametrize("limit", [1, 7, 30, 31, 64, 100])
@pytest.mark.parametrize(
    ("key", "app"), [("list-entries", paged(100, 30)), ("list-notes", lambda _: said({"notes": [{"id": n} for n in range(100)]}))]
)
def test_cursors_lead_through_all_rows_once_however_long_the_pages_wanted(key, app, limit):
    seen: list[int] = []
    cursor = {}
    while True:
        found = App(by=app).run(key, limit=limit, **cursor)
        assert len(found["items"]) <= limit
        seen += [row["id"] for row in found["items"]]
        if not found["has_more"]:
            break
        cursor = {"cursor": found["next_cursor"]}

    assert seen == list(range(100))
    assert found["next_cursor"] is None


def test_a_list_that_comes_whole_is_cut_here_and_the_cursor_keeps_the_place():
    notes = [{"id": number} for number in range(5)]
    first = App(said({"notes": notes})).run("list-notes", limit=2)
    app = App(said({"notes": notes}))
    second = app.run("list-notes", limit=2, cursor=first["next_cursor"])
    rest = App(said({"notes": notes})).run("list-notes", cursor=second["next_cursor"])

    assert [row["id"] for row in [*first["items"], *second["items"], *rest["items"]]] == [0, 1, 2, 3, 4]
    assert (first["has_more"], rest["has_more"], rest["total"]) == (True, False, None)
    assert app.lines == ["GET /notes"]


def test_the_first_of_the_paths_that_is_there_has_the_rows():
    assert App(said({"data": [{"id": 1}]})).run("list-notes")["items"] == [{"id": 1}]


def test_an_answer_without_rows_is_the_apps_fault():
    with pytest.raises(Upstream, match="where its rows should be"):
        App(said({"data": {"id": 1}})).run("list-notes")


def test_a_place_that_was_seen_before_ends_the_list():
    pages = {"": "b", "b": "c", "c": "b"}

    def circle(request: Request) -> Response:
        place = dict(part.split("=") for part in request.query).get("after", "")
        return said({"events": [{"at": place}], "next": pages[place]})

    app = App(by=circle)
    found = app.run("list-events", limit=100)

    assert [row["at"] for row in found["items"]] == ["", "b", "c"]
    assert (found["has_more"], found["next_cursor"]) == (False, None)
    assert len(app.asked) == 3


def test_pages_that_are_named_in_a_header_are_followed_on_the_same_origin_alone():
    app = App(
        said({"rows": [1]}, link='<https://api.ledger.example/v1/links?page=2>; rel="next"'),
        said({"rows": [2]}),
    )
    assert app.run("list-links", limit=9)["items"] == [1, 2]
    assert app.lines == ["GET /links", "GET /links?page=2"]

    with pytest.raises(Upstream, match="not below"):
        App(said({"rows": [1]}, link='<https://evil.example/v1/links?page=2>; rel="next"')).run("list-links")


@pytest.mark.parametrize(
    ("key", "taken_from"),
    [
        ("list-entries", "list-events"),
        ("list-entries", "list-notes"),
        ("list-notes", "list-entries"),
        ("list-links", "list-entries"),
    ],
)
def test_the_cursor_of_another_list_is_refused_before_anything_is_sent(key, taken_from):
    replies = {
        "list-events": said({"events": [1, 2], "next": "b"}),
        "list-notes": said({"notes": [1, 2]}),
        "list-entries": said({"data": [1, 2], "meta": {"total": 9}}),
    }
    cursor = App(replies[taken_from]).run(taken_from, limit=1 if taken_from == "list-notes" else 2)["next_cursor"]
    app = App()

    with pytest.raises(InvalidInput, match=r"(no|not a) cursor"):
        app.run(key, cursor=cursor)

    assert app.asked == []


def test_since_is_an_input_like_any_other():
    app = App(said({"data": []}))

    app.run("list-entries", updated_since="2026-11-01")

    assert app.lines == ["GET /entries?updated_since=2026-11-01&page=1"]


def test_a_list_that_could_not_all_be_read_says_what_was_and_what_was_not():
    with pytest.raises(Partial) as partial:
        App(said({"data": [{"id": 1}], "error": [{"id": 2}]})).run("list-halves")

    assert partial.value.output == {"items": [{"id": 1}], "failed": [{"id": 2}]}


# Every row.


def test_all_rows_are_read_in_pages_as_long_as_the_app_allows():
    app = App(by=paged(70, 10))

    found: list[Any] = list(rows(ledger("list-entries"), {}, app.world))
    assert [row["id"] for row in found] == list(range(70))
    assert [line.partition("?")[2] for line in app.lines] == [f"page={page}&per_page=30" for page in (1, 2, 3)]


def test_no_page_is_asked_for_after_the_last_row_that_is_wanted():
    app = App(by=paged(100, 30))

    assert len(list(rows(ledger("list-entries"), {"limit": 60}, app.world))) == 60
    assert len(app.asked) == 2


def test_rows_are_given_out_before_the_next_page_is_asked_for():
    app = App(by=paged(100, 30))
    found = rows(ledger("list-entries"), {}, app.world)

    for _ in range(30):
        next(found)

    assert len(app.asked) == 1


def test_ten_thousand_rows_take_no_more_memory_than_one_page():
    app = App()
    stream = rows(ledger("list-entries"), {}, replace(app.world, send=paged(10_000, 30)))

    tracemalloc.start()
    try:
        for _ in range(300):
            next(stream)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        count = 300 + sum(1 for _ in stream)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()

    assert count == 10_000
    assert peak < 200_000


@pytest.mark.parametrize("key", ["get-company", "stamp-entries", "create-note"])
def test_only_a_list_that_is_read_has_all_its_rows(key):
    app = App()

    with pytest.raises(InvalidInput, match="is no list"):
        next(rows(ledger(key), {}, app.world))

    assert app.asked == []


def test_rows_that_were_read_are_given_out_before_what_failed_is_told():
    found = rows(ledger("list-halves"), {}, App(said({"data": [1, 2], "error": [{"id": 3}]})).world)

    assert [next(found), next(found)] == [1, 2]
    with pytest.raises(Partial):
        next(found)


# Merge.

RECORD = {"id": 7, "number": "R-1", "kind": "debit", "note": "old", "lines": [{"a": 1}], "address": {"city": "Bern", "zip": "1"}}


def merged(record: Any = RECORD, **changes: Any) -> tuple[App, Any]:
    app = App(said({"entry": {**record, "stamp": "s", "internal": True}}), said({"entry": {"id": 7}}))
    app.run("update-entry", id=7, **changes)
    return app, app.asked[-1].body


def test_an_update_changes_what_is_given_and_keeps_the_rest():
    app, body = merged(number="R-2")

    assert app.lines == ["GET /entries/7", "PUT /entries/7"]
    assert body == {**{name: value for name, value in RECORD.items() if name != "id"}, "number": "R-2"}


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({"lines": [{"b": 2}]}, {"lines": [{"b": 2}]}),
        ({"address": {"city": "Basel"}}, {"address": {"city": "Basel"}}),
        ({"note": None}, {"note": None}),
        ({"stamp": "mine"}, {"stamp": "mine"}),
    ],
)
def test_objects_and_arrays_are_replaced_whole_and_null_clears(changes, sent):
    _, body = merged(**changes)

    assert {name: body[name] for name in sent} == sent


def test_what_is_dropped_is_not_carried_over_and_what_the_input_does_not_name_neither():
    _, body = merged()

    assert {"stamp", "internal", "id"} & body.keys() == set()


def test_what_the_record_holds_is_the_apps_own_and_is_not_judged():
    _, body = merged({**RECORD, "kind": "something the schema does not list", "note": 7})

    assert (body["kind"], body["note"]) == ("something the schema does not list", 7)


def test_what_neither_the_record_nor_the_caller_has_is_asked_for():
    app = App(said({"entry": {"id": 7, "number": "R-1"}}))

    with pytest.raises(InvalidInput, match="also needs kind") as refused:
        app.run("update-entry", id=7)

    assert [problem.path for problem in refused.value.problems] == ["/kind"]
    assert len(app.asked) == 1


@pytest.mark.parametrize("inputs", [{}, {"id": 7, "kind": "neither"}, {"id": 7, "knd": "debit"}, {"id": 7, "number": None}])
def test_what_the_caller_gives_is_judged_before_the_record_is_read(inputs):
    app = App()

    with pytest.raises(InvalidInput):
        app.run("update-entry", **inputs)

    assert app.asked == []


def test_a_record_that_is_none_is_not_merged_with():
    with pytest.raises(Upstream, match="no record to lay the changes over"):
        App(said({"entry": [1]})).run("update-entry", id=7)


def test_a_dry_run_shows_the_read_that_would_come_first_and_the_changes_alone():
    before, request = prepared(ledger("update-entry"), {"id": 7, "note": "new"}, App().world)

    assert before is not None
    assert (before.method, before.path) == ("GET", "/entries/7")
    assert (request.method, request.path, request.body) == ("PUT", "/entries/7", {"note": "new"})


def test_a_dry_run_of_a_list_shows_its_first_page():
    assert prepared(ledger("list-entries"), {"limit": 5}, App().world)[1].url == "/entries?page=1&per_page=5"


# Waiting.

ORDERED = said({"id": "r1", "name": "books"}, 202)


def states(*found: str) -> Iterable[Response]:
    return (said({"state": state}) for state in found)


def test_a_job_is_asked_after_until_it_is_done():
    app = App(ORDERED, *states("queued", "running", "running", "done"))

    found = app.run("make-report", Options(raw=False), year=2026)

    assert found == {"id": "r1", "wait": {"state": "done"}}
    assert app.lines == ["POST /reports", *["GET /reports/r1?year=2026"] * 4]
    assert app.clock.slept == [2.0, 3.0, 4.5]


def test_a_job_that_fails_says_so_and_what_it_said():
    with pytest.raises(Upstream, match="then failed") as failed:
        App(ORDERED, *states("running", "gone")).run("make-report")

    assert failed.value.output == {"id": "r1", "name": "books", "wait": {"state": "gone"}}


def test_a_job_that_takes_too_long_is_pending_and_says_how_to_ask_again():
    app = App(ORDERED, *states(*["running"] * 50))

    with pytest.raises(Pending) as pending:
        app.run("make-report", year=2026)

    assert pending.value.output == {
        "id": "r1",
        "name": "books",
        "pending": True,
        "poll": {"action": "get-report", "input": {"id": "r1", "year": 2026}},
        "wait": {"state": "running"},
    }
    assert "ledger/get-report" in pending.value.hint
    assert sum(app.clock.slept) <= 60
    assert max(app.clock.slept) == 10.0


def test_who_does_not_want_to_wait_gets_what_was_taken_on_and_how_to_ask():
    app = App(ORDERED)

    found = app.run("make-report", Options(wait=False, raw=False, select=("id",)), year=2026)

    assert found == {"id": "r1", "pending": True, "poll": {"action": "get-report", "input": {"id": "r1", "year": 2026}}}
    assert len(app.asked) == 1


def test_an_app_that_is_away_for_a_moment_does_not_end_the_wait():
    app = App(ORDERED, AnswerLost("gone"), said(status=503), said(status=429, retry_after="9"), *states("done"))

    assert app.run("make-report")["wait"] == {"state": "done"}
    assert app.clock.slept == [2.0, 3.0, 9.0]


@pytest.mark.parametrize("trouble", [said(status=401), said(status=404), said(content=b"<html>"), NotFound("gone")])
def test_a_job_that_cannot_be_asked_after_was_taken_on_all_the_same(trouble):
    with pytest.raises(Pending) as pending:
        App(ORDERED, trouble).run("make-report")

    assert pending.value.output["id"] == "r1"
    assert pending.value.output["poll"]["input"] == {"id": "r1"}


@pytest.mark.parametrize(("effect", "kind"), [("create", OutcomeUnknown), ("read", Upstream)])
def test_an_answer_without_what_is_asked_by_is_the_apps_fault_and_the_job_may_be_under_way(effect, kind):
    app = App(said({"name": "books"}, 202))

    with pytest.raises(kind, match="the answer has no id"):
        run(replace(ledger("make-report"), effect=effect), {}, app.world)


# What must not be done twice.


def test_a_lost_create_is_looked_for_and_found():
    app = App(
        AnswerLost("api.ledger.example broke off"),
        said({"data": [{"id": 1, "number": "R-1", "word": "x"}, {"id": 2, "number": "R-9", "word": "rent"}]}),
    )

    found = run(ledger("create-entry"), {"number": "R-9", "keyword": "rent"}, app.world, Options(raw=False))

    assert found.output == {"id": 2, "number": "R-9"}
    assert app.lines == ["POST /entries?validate=true", "GET /entries?keyword=rent&page=1&per_page=30"]
    assert "lost" in found.warnings[0]


@pytest.mark.parametrize(
    "lost",
    [
        AnswerLost("broke off"),
        said(status=502),
        said(status=504),
        said(content=b"<html>", status=200),
        said(content=b'{"data": {"entry"', status=201),
        said({"data": {}}),
        Upstream("the answer is larger than 25000000 bytes", status=200),
        Upstream("the answer is not in HTTP as it should be"),
    ],
)
@pytest.mark.parametrize(
    "lookup",
    [said({"data": [{"number": "R-1", "word": "rent"}]}), AnswerLost("again"), said(status=500), said({"rows": []})],
)
def test_a_lost_create_that_is_not_found_may_have_been_done_or_not(lost, lookup):
    app = App(lost, lookup)

    with pytest.raises(OutcomeUnknown) as unknown:
        app.run("create-entry", number="R-9", keyword="rent")

    assert "list-entries" in unknown.value.hint
    assert [line[:4] for line in app.lines] == ["POST", "GET "]


@pytest.mark.parametrize(
    "refused",
    [
        said({"error": {"code": "TAKEN"}}, 409),
        said({"ok": False}),
        said(status=503),
        said(status=500),
        Unreachable("no route"),
        Upstream("the answer has an encoding nobody asked for", status=500),
    ],
)
def test_a_create_that_was_refused_or_never_sent_is_not_looked_for(refused):
    app = App(refused)

    with pytest.raises(SkillkitError) as error:
        app.run("create-entry", number="R-9", keyword="rent")

    assert not isinstance(error.value, OutcomeUnknown)
    assert len(app.asked) == 1


def test_what_was_not_given_matches_nothing():
    app = App(AnswerLost("broke off"))

    with pytest.raises(OutcomeUnknown):
        app.run("create-entry", number="R-9")

    assert len(app.asked) == 1


def test_an_id_is_the_same_as_a_number_and_as_a_text():
    app = App(AnswerLost("broke off"), said({"data": [{"id": 2, "number": 9, "word": "rent"}]}))

    assert app.run("create-entry", number="9", keyword="rent")["id"] == 2


@pytest.mark.parametrize("key", ["create-note", "send-entry"])
def test_what_nothing_can_find_again_is_unknown(key):
    inputs: Any = {"id": "7"} if key == "send-entry" else {}

    with pytest.raises(OutcomeUnknown, match="may have been done or not") as unknown:
        App(AnswerLost("broke off")).run(key, **inputs)

    assert "the app itself" in unknown.value.hint


@pytest.mark.parametrize("key", ["delete-entry", "get-entry"])
@pytest.mark.parametrize(
    ("lost", "kind"), [(AnswerLost("broke off"), AnswerLost), (said(status=504), Unavailable), (said(content=b"<"), Upstream)]
)
def test_what_can_be_done_twice_is_told_as_what_it_is(key, lost, kind):
    with pytest.raises(kind):
        App(lost).run(key, id="7")


def test_a_call_has_one_key_and_the_next_call_another():
    app = App(said({"id": 1}), said({"id": 2}))

    app.run("create-keyed", text="a")
    app.run("create-keyed", text="a")

    assert [request.headers["Idempotency-Key"] for request in app.asked] == ["key-0", "key-1"]
    assert all(request.terms.repeatable for request in app.asked)


def test_a_number_that_is_taken_leads_to_the_record_that_has_it():
    app = App(said({"error": {"code": "TAKEN"}}, 409), said({"id": 5, "number": "R-9"}))

    found = run(ledger("create-numbered"), {"number": "R-9"}, app.world)

    assert found.output == {"id": 5, "number": "R-9"}
    assert "there already" in found.warnings[0]
    assert app.lines == ["POST /numbered", "GET /numbers/R-9"]


@pytest.mark.parametrize("lookup", [said(status=404), said({"id": 5, "number": "R-8"}), said({}), AnswerLost("again")])
def test_a_number_that_is_taken_by_nothing_that_is_found_stays_a_conflict(lookup):
    with pytest.raises(Conflict):
        App(said({"error": {"code": "TAKEN"}}, 409), lookup).run("create-numbered", number="R-9")


def test_a_lost_create_is_found_by_its_number():
    app = App(AnswerLost("broke off"), said({"id": 5, "number": "R-9"}))

    assert app.run("create-numbered", number="R-9") == {"id": 5, "number": "R-9"}


def test_a_create_without_its_number_is_not_looked_for():
    app = App(AnswerLost("broke off"))

    with pytest.raises(OutcomeUnknown):
        app.run("create-numbered", text="x")

    assert len(app.asked) == 1


def test_what_was_done_in_part_is_told_in_full():
    with pytest.raises(Partial, match="1 of it failed") as partial:
        App(said({"data": [{"id": 1}], "error": [{"id": 2, "message": "closed"}]})).run("stamp-entries", ids=[1, 2])

    assert partial.value.output == {"items": [{"id": 1}], "failed": [{"id": 2, "message": "closed"}]}


@pytest.mark.parametrize("error", ["", None, {}, "none", []])
def test_nothing_failed_unless_something_is_listed(error):
    assert App(said({"data": [{"id": 1}], "error": error})).run("stamp-entries", ids=[1])["data"] == [{"id": 1}]


# Files.


def test_a_file_goes_to_where_it_is_saved_and_not_through_the_result():
    app = App(said(content=b"%PDF-"))

    assert app.run("download-report", id="r1", format="xml") == {"path": "report.pdf"}
    (request,) = app.asked
    assert (request.url, request.headers["Accept"], request.terms.streamed) == ("/reports/r1/file", "application/xml", True)


def test_a_file_that_the_app_does_not_have_is_not_saved():
    app = App(said({"error": {"message": "none"}}, 404))

    with pytest.raises(NotFound):
        app.run("download-report", id="r1")

    assert app.saved == []


def test_a_refused_credential_is_told_as_such():
    with pytest.raises(Unauthorized):
        App(said(status=401)).run("get-company")


def test_a_connector_is_never_asked_for_pages_without_end():
    endless = App(by=lambda request: said({"events": [1], "next": f"n{len(endless.asked)}"}))

    with pytest.raises(Upstream, match="more than 10,000 pages"):
        for _ in rows(ledger("list-events"), {}, endless.world):
            pass

    assert len(endless.asked) == running.MOST_PAGES


def test_a_delete_that_is_gone_when_it_is_sent_again_is_done():
    app = App(said({"message": "no such entry"}, status=404)._replace(again=True))

    outcome = run(ledger("delete-entry"), {"id": "7"}, app.world)

    assert outcome.output == {}
    assert "not there any more" in outcome.warnings[0]


def test_a_delete_of_what_never_was_is_not_found():
    with pytest.raises(NotFound):
        App(said({"message": "no such entry"}, status=404)).run("delete-entry", id="7")


@pytest.mark.parametrize("status", [500, 503])
def test_a_create_that_an_app_in_trouble_failed_is_not_to_be_done_again_unseen(status):
    with pytest.raises(SkillkitError) as refused:
        App(said(status=status)).run("create-entry", number="R-9")

    assert refused.value.hint == "it may have been done all the same: look before doing it again"
