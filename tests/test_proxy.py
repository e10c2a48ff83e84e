"""The place where a credential meets a request: where it goes, how it is retried, and what comes back without it."""

from __future__ import annotations

import json
import multiprocessing
import time
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from skillkit import calls
from skillkit import format as fmt
from skillkit.compile import sources
from skillkit.connector import Errors, Rate, Rule, connector
from skillkit.destination import Base
from skillkit.errors import (
    AnswerLost,
    Barred,
    ConnectionNotReady,
    InvalidInput,
    RateLimited,
    SkillkitError,
    Unavailable,
    Unreachable,
    Upstream,
)
from skillkit.network import Answer
from skillkit.proxy import Proxy, Surroundings
from skillkit.request import Request, Terms, Upload
from skillkit.secret import Secret
from skillkit.store import Store
from tests.values import replace
from tests.wire import Asked, Clock, Replies, reply

LEDGER = Path(__file__).parent / "data" / "connectors" / "ledger"
MAIN: Any = fmt.merged(sources(str(LEDGER))).document
ACCESS = connector(fmt.complete(MAIN)[0]).access
BASE = Base("https://api.ledger.example", "api.ledger.example", "/v1", named=False)
URL = "https://api.ledger.example/v1"
CANARY = "canary/Qx7+9Zt=4m"
CREDENTIALS: Mapping[str, Mapping[str, str]] = {
    "key": {"api_key": CANARY},
    "query": {"api_key": CANARY},
    "basic": {"email": "ada@example.com", "token": CANARY},
    "bearer": {"token": CANARY},
    "login": {"email": "ada@example.com", "password": CANARY},
}
READ = Terms(repeatable=True)


class Around:
    """A proxy, and what it met with."""

    def __init__(self, home: Path, wire: Replies, clock: Clock, way: str = "key") -> None:
        self.fetched = 0
        self.kept: list[Mapping[str, str]] = []
        self.store = Store(str(home))
        self.wire = wire
        self.clock = clock
        self.way = way
        self.home = home
        self.proxy = self.another()

    def another(self) -> Proxy:
        """Return one more proxy of the same connection, as a second command has it."""
        around = Surroundings(
            network=self.wire,
            pacing=self.store,
            home=str(self.home),
            sleep=self.clock.sleep,
            now=self.clock.now,
            chance=lambda: 0.5,
            token=lambda: "boundary",
        )
        return Proxy(
            connection="c1",
            access=ACCESS,
            auth=next(auth for auth in ACCESS.auth if auth.name == self.way),
            params={"country": "DE"},
            base=BASE,
            fetch=self.fetch,
            around=around,
            keep=self.kept.append,
        )

    def fetch(self) -> Mapping[str, Secret]:
        self.fetched += 1
        return {name: Secret(value) for name, value in CREDENTIALS[self.way].items()}


@pytest.fixture
def around(tmp_path, wire, clock):
    made: list[Around] = []

    def build(way: str = "key") -> Around:
        made.append(Around(tmp_path / "home", wire, clock, way))
        return made[-1]

    yield build
    for each in made:
        each.store.close()


def get(path: str = "/entries", **changes: Any) -> Request:
    return replace(Request("GET", path, terms=READ), **changes)


def post(path: str = "/entries", **changes: Any) -> Request:
    return replace(Request("POST", path, body={"n": 1}), **changes)


# Signing.


def test_the_credential_joins_a_request_that_was_checked(around, wire):
    wire.replies = [reply({"id": 1})]

    around().proxy.send(get(query=("page=2",)))

    (asked,) = wire.asked
    assert (asked.method, asked.url) == ("GET", f"{URL}/entries?page=2")
    assert asked.headers == {"X-Country": "DE", "X-LEDGER-KEY": CANARY}


@pytest.mark.parametrize(
    ("way", "carried"),
    [
        ("basic", "Basic " + b64encode(f"ada@example.com:{CANARY}".encode()).decode()),
        ("bearer", f"Bearer {CANARY}"),
    ],
)
def test_each_scheme_signs_in_its_own_way(around, wire, way, carried):
    wire.replies = [reply()]

    around(way).proxy.send(get())

    assert wire.asked[0].headers["Authorization"] == carried


def test_a_credential_in_the_query_is_escaped_and_stands_there_alone(around, wire):
    wire.replies = [reply()]

    around("query").proxy.send(get(query=("page=2",)))

    assert wire.asked[0].url == f"{URL}/entries?page=2&api_key=canary%2FQx7%2B9Zt%3D4m"
    assert "Authorization" not in wire.asked[0].headers


def test_the_credential_is_fetched_once_and_only_when_something_is_sent(around, wire):
    wire.replies = [reply(), reply()]
    here = around()
    assert here.fetched == 0

    here.proxy.send(get())
    here.proxy.send(get())

    assert here.fetched == 1


BAD_PATHS = [
    "//evil.example/x",
    "/../x",
    "/a/%2e%2e/x",
    "/a%2f..%2fx",
    "x",
    "",
    "/a b",
    "/\\evil",
    "/a//b",
    "/a\r\nX-Evil: 1",
    "/ü",
    "/a#b",
]
BAD_HEADERS = [
    "Host",
    "authorization",
    "Cookie",
    "X-Forwarded-For",
    "Transfer-Encoding",
    "X-Country",
    "x-http-method-override",
    "X-Account-Id",
]
BAD_NAMES = ["api_key", "API_KEY", "api_key[]", "api%5Fkey", "api_key%5B0%5D", "%61pi_key", "\uff41pi_key"]


@pytest.mark.parametrize("path", BAD_PATHS)
def test_a_path_that_leads_astray_opens_nothing(around, wire, path):
    here = around()

    with pytest.raises(InvalidInput):
        here.proxy.send(get(path))

    assert (here.fetched, wire.asked) == (0, [])


CARRIED = [("key", "X-LEDGER-KEY"), ("key", "x-ledger-key"), ("basic", "Authorization"), ("bearer", "AUTHORIZATION")]


@pytest.mark.parametrize(("way", "name"), [*((way, name) for way in CREDENTIALS for name in BAD_HEADERS), *CARRIED])
def test_a_header_that_is_not_the_callers_opens_nothing(around, wire, way, name):
    here = around(way)

    with pytest.raises(InvalidInput):
        here.proxy.send(get(headers={name: "mine"}))

    assert (here.fetched, wire.asked) == (0, [])


@pytest.mark.parametrize("name", BAD_NAMES)
def test_the_name_that_the_credential_travels_under_opens_nothing_in_any_spelling(around, wire, name):
    here = around("query")

    with pytest.raises(InvalidInput):
        here.proxy.send(get(query=("page=1", f"{name}=mine")))

    assert (here.fetched, wire.asked) == (0, [])


@pytest.mark.parametrize(
    "body",
    [
        {"api_key": "mine"},
        {"API_KEY[]": "mine"},
        '{"api_key": 1, "api_key": 2}',
        '{"n": 1, "\\u0061pi_key": 2}',
        "n=1&api_key=mine",
        "api%5Fkey=mine",
        b"n=1&api_key=mine",
    ],
)
def test_neither_in_a_body_of_any_kind(around, wire, body):
    here = around("query")
    raw = "json" if isinstance(body, dict) else "raw"

    with pytest.raises(InvalidInput):
        here.proxy.send(post(body=body, encoding=raw))

    assert (here.fetched, wire.asked) == (0, [])


def test_a_name_is_the_callers_where_the_credential_travels_elsewhere(around, wire):
    wire.replies = [reply()]

    around("key").proxy.send(get(query=("api_key=mine",)))

    assert wire.asked[0].url.endswith("?api_key=mine")


def test_a_file_that_may_not_be_sent_opens_nothing(around, wire, tmp_path):
    here = around()
    secret = tmp_path / "home" / "vault.db"
    secret.parent.mkdir(exist_ok=True)
    secret.write_bytes(b"x")

    with pytest.raises(InvalidInput, match="own folder"):
        here.proxy.send(post(body={"file": Upload(str(secret))}, encoding="multipart"))

    assert (here.fetched, wire.asked) == (0, [])


# What a dry run shows.


@pytest.mark.parametrize(
    ("way", "url", "header"),
    [
        ("key", f"{URL}/entries?page=1", {"X-LEDGER-KEY": "[redacted]"}),
        ("query", f"{URL}/entries?page=1&api_key=[redacted]", {}),
        ("basic", f"{URL}/entries?page=1", {"Authorization": "[redacted]"}),
        ("bearer", f"{URL}/entries?page=1", {"Authorization": "[redacted]"}),
        ("login", f"{URL}/entries?page=1", {"Authorization": "[redacted]"}),
    ],
)
def test_a_dry_run_opens_nothing_and_marks_where_the_credential_goes(around, wire, way, url, header):
    here = around(way)

    shown = here.proxy.shown(post(query=("page=1",)))

    assert shown == {
        "method": "POST",
        "url": url,
        "headers": {"X-Country": "DE", "Content-Type": "application/json", **header},
        "body": {"n": 1},
    }
    assert (here.fetched, wire.asked) == (0, [])
    assert not (here.home / "pace.db").exists()


def test_a_dry_run_refuses_what_would_not_be_sent(around):
    with pytest.raises(InvalidInput):
        around().proxy.shown(get("/../x"))


def test_a_dry_run_shows_a_file_by_path_type_and_size(around, tmp_path):
    file = tmp_path / "a.pdf"
    file.write_bytes(b"%PDF-1.7 x")

    shown = around().proxy.shown(post(body={"file": Upload(str(file), "application/pdf")}, encoding="multipart"))

    assert shown["body"] == {"file": {"file": str(file), "type": "application/pdf", "size": 10}}


# Redirects.

EVIL = [
    "https://evil.example/v1/entries",
    "https://api.ledger.example:8443/v1/entries",
    "http://api.ledger.example/v1/entries",
    "https://sub.api.ledger.example/v1/entries",
    "https://api.ledger.example.evil.example/v1/entries",
    "//evil.example/v1/entries",
    "https://ada:pw@api.ledger.example/v1/entries",
    "https://api.ledger.example@evil.example/v1/entries",
    "https://api.ledger.example\\@evil.example/v1/entries",
    "/v2/entries",
    "/",
    "/v1evil",
    "https://[evil/",
    "https://api.ledger.example/v1/../admin",
    "https://api.ledger.example/v1/a%2f..%2f..%2fadmin",
    "javascript:alert(1)",
    "",
]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", EVIL)
def test_no_redirect_takes_the_credential_elsewhere(around, wire, method, status, location):
    wire.replies = [reply(status=status, location=location)]
    request = get() if method == "GET" else post()

    response = around().proxy.send(request)

    assert len(wire.asked) == 1
    assert response.status == status


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location", ["/v1/moved?page=2", f"{URL}/moved?page=2", "moved?page=2", "https://API.ledger.example:443/v1/moved?page=2"]
)
def test_a_read_is_followed_on_the_same_origin_and_signed_there(around, wire, status, location):
    wire.replies = [reply(status=status, location=location), reply({"id": 1})]

    response = around().proxy.send(get())

    assert response.status == 200
    assert [asked.url for asked in wire.asked] == [f"{URL}/entries", f"{URL}/moved?page=2"]
    assert wire.asked[1].headers["X-LEDGER-KEY"] == CANARY


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_write_is_not_followed_and_its_body_not_sent_again(around, wire, status):
    wire.replies = [reply(status=status, location="/v1/moved")]

    assert around().proxy.send(post()).status == status
    assert len(wire.asked) == 1


@pytest.mark.parametrize("hops", [lambda number: "/v1/entries", lambda number: f"/v1/hop{number}"])
def test_redirects_without_end_end(around, wire, hops):
    wire.replies = lambda asked: reply(status=302, location=hops(len(wire.asked)))

    assert around().proxy.send(get()).status == 302
    assert len(wire.asked) == 4


@pytest.mark.parametrize("status", [300, 304, 305, 306])
def test_only_what_points_somewhere_is_followed(around, wire, status):
    wire.replies = [reply(status=status, location="/v1/moved")]

    assert around().proxy.send(get()).status == status


def test_a_link_that_repeats_the_credential_gets_it_signed_anew(around, wire):
    wire.replies = [reply(status=301, location=f"/v1/entries/?page=2&api_key={CANARY}"), reply({})]

    around("query").proxy.send(get())

    assert wire.asked[1].url == f"{URL}/entries/?page=2&api_key=canary%2FQx7%2B9Zt%3D4m"


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://storage.example/file?signature=s1gned", "https://storage.example"),
        ("https://ada:s1gned@storage.example/", ""),
        ("https://[s1gned/", ""),
    ],
)
def test_a_redirect_to_elsewhere_is_told_by_its_origin_alone(around, wire, location, told):
    wire.replies = [reply(status=302, location=location)]
    here = around()

    response = here.proxy.send(get())

    assert response.headers["location"] == told
    assert "s1gned" not in json.dumps([dict(one.response) for one in here.proxy.exchanged])


def test_where_a_new_record_is_is_told_in_full(around, wire):
    wire.replies = [reply({"id": 7}, 201, location="https://elsewhere.example/entries/7")]

    assert around().proxy.send(post()).headers["location"] == "https://elsewhere.example/entries/7"


STREAMED = Terms(repeatable=True, streamed=True)


def test_a_download_goes_on_to_an_origin_the_connector_names_without_the_credential(around, wire):
    wire.replies = [
        reply(status=302, location="https://files.ledger.example/a.pdf?signature=s1gned"),
        reply(content=b"%PDF-1.7", content_type="application/pdf"),
    ]
    here = around()

    response = here.proxy.send(get("/reports/7/file", terms=STREAMED))

    assert b"".join(response.chunks or ()) == b"%PDF-1.7"
    assert wire.asked[1].url == "https://files.ledger.example/a.pdf?signature=s1gned"
    assert wire.asked[1].headers == {"Accept": "*/*"}
    assert "s1gned" not in json.dumps([[dict(one.request), dict(one.response)] for one in here.proxy.exchanged])


@pytest.mark.parametrize(
    ("request_", "location"),
    [
        (get(), "https://files.ledger.example/a.pdf"),
        (post(terms=Terms(streamed=True)), "https://files.ledger.example/a.pdf"),
        (get(terms=STREAMED), "http://files.ledger.example/a.pdf"),
        (get(terms=STREAMED), "https://files.ledger.example:8443/a.pdf"),
        (get(terms=STREAMED), "https://other.example/a.pdf"),
        (get(terms=STREAMED), "https://x.files.ledger.example/a.pdf"),
        (get(terms=STREAMED), "https://ada@files.ledger.example/a.pdf"),
    ],
)
def test_nothing_else_goes_on_to_there(around, wire, request_, location):
    wire.replies = [reply(status=302, location=location)]

    assert around().proxy.send(request_).status == 302
    assert len(wire.asked) == 1


def test_a_download_is_followed_once_to_elsewhere_and_no_further(around, wire):
    wire.replies = [
        reply(status=302, location="https://files.ledger.example/a.pdf"),
        reply(status=302, location="https://files.ledger.example/b.pdf"),
    ]

    assert around().proxy.send(get(terms=STREAMED)).status == 302


# Retries.


@pytest.mark.parametrize(
    "trouble",
    [
        reply(status=502),
        reply(status=503),
        reply(status=504),
        reply(status=429),
        AnswerLost("broke off"),
        Unreachable("no route"),
    ],
)
def test_a_read_is_tried_three_times(around, wire, clock, trouble):
    again = [trouble if isinstance(trouble, SkillkitError) else reply(status=trouble.status) for _ in range(2)]
    wire.replies = [*again, reply({"id": 1})]

    assert around().proxy.send(get()).status == 200
    assert clock.slept == [0.5, 1.0]


def test_and_then_no_more(around, wire):
    wire.replies = [AnswerLost("broke off") for _ in range(3)]

    with pytest.raises(AnswerLost):
        around().proxy.send(get())


@pytest.mark.parametrize(
    "trouble",
    [reply(status=status) for status in (408, 425, 500, 502, 503, 504, 429)]
    + [
        reply(status=502, retry_after="1"),
        reply(status=504, retry_after="1"),
        reply(status=500, retry_after="1"),
        AnswerLost("broke off"),
    ],
)
def test_a_create_that_may_have_been_done_is_sent_once(around, wire, clock, trouble):
    wire.replies = [trouble]

    with suppress(AnswerLost):
        around().proxy.send(post())

    assert len(wire.asked) == 1
    assert clock.slept == []


@pytest.mark.parametrize(
    "trouble", [reply(status=429, retry_after="7"), reply(status=503, retry_after="7"), Unreachable("no route")]
)
def test_a_create_that_was_not_done_is_sent_again(around, wire, clock, trouble):
    wire.replies = [trouble, reply({"id": 1}, 201)]

    assert around().proxy.send(post()).status == 201
    assert clock.slept == [0.5 if isinstance(trouble, Unreachable) else 7.0]


def test_what_must_not_be_reached_is_not_tried_again(around, wire):
    wire.replies = [Barred("169.254.169.254 is not dialled")]

    with pytest.raises(Barred):
        around().proxy.send(get())


def test_a_retry_sends_what_was_sent_before(around, wire):
    wire.replies = [reply(status=503), reply({})]

    around().proxy.send(post(headers={"Idempotency-Key": "k1"}, terms=READ))

    assert wire.asked[0] == wire.asked[1]


@pytest.mark.parametrize("after", ["86400", "61", "Fri, 31 Dec 9999 23:59:59 GMT", "9" * 400])
def test_a_wait_above_the_cap_ends_at_once(around, wire, clock, after):
    wire.replies = [reply(status=429, retry_after=after)]

    response = around().proxy.send(get())

    assert (response.status, clock.slept) == (429, [])
    assert response.headers["retry-after"] == after


@pytest.mark.parametrize("after", ["-1", "NaN", "soon", "1e9", ""])
def test_a_wait_that_is_none_is_taken_for_none(around, wire, clock, after):
    wire.replies = [reply(status=429, retry_after=after), reply({})]

    assert around().proxy.send(get()).status == 200
    assert clock.slept == [0.5]


def test_the_error_at_the_end_says_when_to_come_back(workspace, wire, connected):
    connected("ledger")
    wire.replies = [reply(status=429, retry_after="86400")]

    with pytest.raises(RateLimited) as limited:
        calls.perform(workspace, calls.Call("ledger/get-company"))

    assert limited.value.described()["retry_after"] == 86400


# Breaker, budget, rate.


def test_an_app_that_fails_is_left_alone_and_one_call_finds_out_when_it_is_back(around, wire, clock):
    here = around()
    once = get(terms=replace(READ, attempts=1))
    wire.replies = lambda asked: reply(status=500)
    for _ in range(10):
        here.proxy.send(once)

    with pytest.raises(Unavailable, match="left alone") as refused:
        here.another().send(once)
    assert len(wire.asked) == 10
    assert refused.value.retry_after == pytest.approx(10)

    clock.time += 10.5
    here.proxy.send(once)
    with pytest.raises(Unavailable):
        here.another().send(once)
    assert len(wire.asked) == 11

    clock.time += 10.5
    wire.replies = lambda asked: reply({})
    assert here.proxy.send(once).status == 200
    assert here.another().send(once).status == 200


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429])
def test_an_app_that_refuses_is_well(around, wire, status):
    here = around()
    wire.replies = lambda asked: reply(status=status)

    for _ in range(30):
        here.proxy.send(get(terms=replace(READ, attempts=1)))

    assert len(wire.asked) == 30


def test_a_hundred_workers_do_not_beat_on_an_app_that_is_down(around, wire, clock):
    here = around()
    wire.replies = lambda asked: reply(status=503)
    refused = 0

    for _ in range(100):
        clock.time += 0.6
        try:
            here.another().send(get())
        except Unavailable:
            refused += 1

    assert len(wire.asked) <= 10 + 60 / 10 + 1
    assert refused > 80


def test_retries_have_a_budget_that_success_fills_up(around, wire, clock):
    here = around()
    wire.replies = lambda asked: reply(status=429)
    for _ in range(20):
        here.another().send(get())
    assert len(wire.asked) == 20 + 10

    clock.time += 61
    wire.replies = lambda asked: reply({})
    for _ in range(20):
        here.proxy.send(get())
    wire.asked.clear()
    wire.replies = lambda asked: reply(status=429)
    for _ in range(20):
        here.another().send(get())
    assert 20 + 20 <= len(wire.asked) <= 20 + 30


def test_two_proxies_of_one_connection_share_its_rate(around, wire, clock):
    here = around()
    other = here.another()
    times: list[float] = []

    def noted(asked: Asked) -> Answer:
        times.append(clock.now())
        return reply({})

    wire.replies = noted
    paced = get(terms=replace(READ, rate=Rate(50, 1)))
    for _ in range(100):
        here.proxy.send(paced)
        other.send(paced)

    assert most_within_a_second(times) <= 50 + 10
    assert clock.time - 1_750_000_000 >= (200 - 10) / 50 - 0.01


def most_within_a_second(times: list[float]) -> int:
    return max(sum(1 for time in times if start <= time < start + 1) for start in times)


def test_a_turn_that_comes_too_late_is_refused_at_once(around, wire, clock):
    wire.replies = lambda asked: reply({})
    here = around()
    paced = get(terms=replace(READ, rate=Rate(5, 3600)))
    here.proxy.send(paced)

    with pytest.raises(RateLimited) as limited:
        here.proxy.send(paced)

    assert limited.value.retry_after == pytest.approx(720)
    assert (len(wire.asked), clock.slept) == (1, [])


def hammer(home: str, gate: Any, times: Any) -> None:
    """Call as fast as the rate lets us, as a command of its own does, in real time."""
    wire = Replies()

    def noted(asked: Asked) -> Answer:
        times.append(time.monotonic())
        return reply({})

    wire.replies = noted
    clock = Clock()
    here = Around(Path(home), wire, clock)
    around = replace(here.proxy.around, sleep=time.sleep, now=time.time)
    proxy = Proxy("c1", ACCESS, here.proxy.auth, {"country": "DE"}, BASE, here.fetch, around)
    gate.wait()
    for _ in range(20):
        proxy.send(get(terms=replace(READ, rate=Rate(50, 1))))
    here.store.close()


def test_two_processes_share_the_rate_of_a_connection(tmp_path):
    spawn = multiprocessing.get_context("fork")
    with spawn.Manager() as manager:
        gate, times = spawn.Barrier(2), manager.list()
        workers = [spawn.Process(target=hammer, args=(str(tmp_path / "home"), gate, times)) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(20)
        found = sorted(times)

    assert [worker.exitcode for worker in workers] == [0, 0]
    assert len(found) == 40
    # Ten at once, then fifty a second.
    assert found[-1] - found[0] >= (40 - 10) / 50 * 0.8


# Sessions.


def logged_in(token: str) -> Answer:
    return reply({"data": {"token": token}})


def test_a_session_is_opened_once_and_kept(around, wire):
    wire.replies = [logged_in("token-1-canary"), reply({}), reply({})]
    here = around("login")

    here.proxy.send(get())
    here.proxy.send(get())

    login, first, second = wire.asked
    assert (login.method, login.url, login.json) == ("POST", f"{URL}/login", {"user": "ada@example.com", "pass": CANARY})
    assert "Authorization" not in login.headers
    assert first.headers["Authorization"] == second.headers["Authorization"] == "Bearer token-1-canary"
    assert here.kept == [{**CREDENTIALS["login"], "session_token": "token-1-canary"}]


def test_a_session_that_is_over_is_opened_again_once(around, wire):
    wire.replies = [logged_in("token-1-canary"), reply(status=401), logged_in("token-2-canary"), reply({"old": "token-1-canary"})]
    here = around("login")

    response = here.proxy.send(post())

    assert wire.asked[3].headers["Authorization"] == "Bearer token-2-canary"
    assert wire.asked[3].json == {"n": 1}
    # The one that is over may be taken back by nobody, but it was a secret, and stays one.
    assert response.content == b'{"old": "[redacted]"}'
    assert here.kept[-1]["session_token"] == "token-2-canary"


def test_a_session_that_is_refused_twice_is_refused(around, wire):
    wire.replies = [logged_in("token-1-canary"), reply(status=401), logged_in("token-2-canary"), reply(status=401)]

    assert around("login").proxy.send(get()).status == 401


ERRORS = Errors(
    code="error",
    fail_when={"ok": False},
    rules=(Rule("auth", codes=("over",)), Rule("permission", statuses=(401,), codes=("no",))),
)


@pytest.mark.parametrize(
    ("answer", "renewed"),
    [
        ({"document": {"ok": False, "error": "over"}}, True),
        ({"document": {"error": "over"}, "status": 403}, True),
        ({"document": {}, "status": 401}, True),
        ({"document": {"ok": False, "error": "other"}}, False),
        ({"document": {"ok": True, "error": "over"}}, False),
        ({"document": {"error": "no"}, "status": 401}, False),
        ({"document": {}, "status": 403}, False),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_the_connector_says_is_a_session_that_is_over_is_opened_again_once(around, wire, answer, renewed, method):
    wire.replies = [logged_in("token-1-canary"), reply(**answer)]
    wire.replies += [logged_in("token-2-canary"), reply({"ok": True})] if renewed else []

    response = around("login").proxy.send(Request(method, "/entries", terms=Terms(errors=ERRORS)))

    assert len(wire.asked) == (4 if renewed else 2)
    assert (response.content == b'{"ok": true}') is renewed


def test_other_ways_to_sign_in_are_not_tried_again(around, wire):
    wire.replies = [reply(status=401)]

    assert around("bearer").proxy.send(get()).status == 401


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply({"error": "no"}, 401), ConnectionNotReady),
        (reply({"error": "no"}, 403), ConnectionNotReady),
        (reply(status=302, location="/login"), ConnectionNotReady),
        (reply({"data": {}}), ConnectionNotReady),
        (reply({"data": {"token": 7}}), ConnectionNotReady),
        (reply(content=b"<html>"), Upstream),
        (reply(content=b"<html>", status=500), Unavailable),
    ],
)
def test_a_sign_in_that_is_refused_says_so_and_sends_nothing_else(around, wire, answer, error):
    wire.replies = [answer]
    here = around("login")

    with pytest.raises(error):
        here.proxy.send(get())

    assert here.kept == []


def test_neither_password_nor_token_is_in_any_record(around, wire):
    def forgetful(asked: Asked) -> Answer:
        if asked.url.endswith("/login"):
            return logged_in(f"token-{len(wire.asked)}-canary")
        return reply(status=401, content=b"over: " + asked.headers["Authorization"].encode())

    wire.replies = forgetful
    here = around("login")

    # More than are kept, so that every place of the record has been a neighbour of a sign-in.
    for _ in range(8):
        here.proxy.send(get())
        here.clock.time += 61
    told = json.dumps([[dict(one.request), dict(one.response)] for one in here.proxy.exchanged])

    assert len(here.proxy.exchanged) == 10
    assert "canary" not in told
    assert "/login" not in told


def test_a_sign_in_that_nobody_answers_leaves_no_password_in_the_record(around, wire):
    wire.replies = [AnswerLost("broke off")]
    here = around("login")

    with pytest.raises(AnswerLost):
        here.proxy.send(get())

    assert here.proxy.exchanged == []


# What comes back.

REFLECTIONS = {
    "json": lambda value: json.dumps({"you sent": {"X-LEDGER-KEY": value, "list": [value]}}).encode(),
    "escaped": lambda value: json.dumps({"you sent": value}).replace("/", "\\/").encode(),
    "spelled by number": lambda value: json.dumps({"you sent": value}).replace("c", "\\u0063").replace("+", "\\u002B").encode(),
    "json in json": lambda value: json.dumps({"you sent": json.dumps({"key": value}).replace("/", "\\/")}).encode(),
    "html": lambda value: (
        f"<pre>{value}</pre><a href='/?k={value.replace('/', '%2F').replace('+', '%2B').replace('=', '%3D')}'>".encode()
    ),
    "base64": lambda value: b64encode(b"ada@example.com:" + value.encode()),
    "base64 of all": lambda value: b64encode(b'{"headers": {"x-ledger-key": "' + value.encode() + b'"}}'),
    "hex": lambda value: value.encode().hex().encode(),
    "reversed": lambda value: value[::-1].encode(),
    "utf-16": lambda value: ("key: " + value).encode("utf-16-le"),
    "binary": lambda value: b"\x00\xff" + value.encode() + b"\x80\x00",
}


def spelled(value: str) -> list[bytes]:
    pair = [b64encode(shift * b"x" + value.encode()).rstrip(b"=")[4:-2] for shift in range(3)]
    return [
        value.encode(),
        value.encode().hex().encode(),
        value[::-1].encode(),
        value.encode("utf-16-le"),
        value.replace("/", "\\/").encode(),
        *pair,
    ]


# A file is not parsed, so a letter that JSON spells by its number stays one.
STREAMS = [
    (kind, streamed)
    for kind in REFLECTIONS
    for streamed in (False, True)
    if not (streamed and kind.startswith(("sp", "json in")))
]


@pytest.mark.parametrize(("kind", "streamed"), STREAMS)
def test_what_an_app_repeats_of_the_credential_is_taken_out(around, wire, kind, streamed):
    content = REFLECTIONS[kind](CANARY)
    wire.replies = [reply(content=content)]

    response = around().proxy.send(get(terms=STREAMED if streamed else READ))
    got = b"".join(response.chunks) if response.chunks else response.content

    assert b"[redacted]" in got
    assert [spelling for spelling in spelled(CANARY) if spelling in got] == []


@pytest.mark.parametrize("streamed", [False, True])
def test_also_where_it_is_split_between_two_pieces(around, wire, streamed):
    whole = b'{"echo": "' + CANARY.encode() + b'"}'
    wire.replies = [Answer(200, (), iter([whole[:cut], whole[cut:]])) for cut in range(1, len(whole))]
    wire.replies.append(Answer(200, (), iter([whole[at : at + 1] for at in range(len(whole))])))
    here = around()

    for _ in range(len(wire.replies)):
        response = here.proxy.send(get(terms=STREAMED if streamed else READ))
        assert (b"".join(response.chunks) if response.chunks else response.content) == b'{"echo": "[redacted]"}'


def test_headers_are_cleaned_too_and_cookies_are_nobodys_business(around, wire):
    wire.replies = [reply({}, x_echo=f"key {CANARY}", set_cookie="session=abc", etag='"1"')]

    headers = around().proxy.send(get()).headers

    assert headers["x-echo"] == "key [redacted]"
    assert headers["set-cookie"] == "[redacted]"
    assert headers["etag"] == '"1"'


def test_the_name_one_signs_in_with_is_no_secret(around, wire):
    wire.replies = [reply({"email": "ada@example.com"})]

    assert around("basic").proxy.send(get()).content == b'{"email": "ada@example.com"}'


def test_an_error_of_the_network_that_quotes_the_credential_is_cleaned(around, wire):
    wire.replies = [Upstream(f"the answer is not HTTP: X-Echo {CANARY}")]
    here = around()

    with pytest.raises(Upstream) as error:
        here.proxy.send(get())

    assert CANARY not in str(error.value) + repr(error.value) + json.dumps(error.value.described())
    assert "[redacted]" in str(error.value)
    assert CANARY not in str(here.proxy.exchanged)


def test_the_proxy_itself_does_not_print_what_it_holds(around, wire):
    wire.replies = [reply({})]
    here = around("basic")
    here.proxy.send(get())

    assert CANARY not in repr(here.proxy)


# What is written down.


def test_of_many_exchanges_the_first_and_the_last_are_written_down(around, wire):
    wire.replies = lambda asked: reply({"n": len(wire.asked)})
    here = around()
    for number in range(40):
        here.proxy.send(get(query=(f"page={number}",)))

    pages = [str(one.request["url"]).rpartition("=")[2] for one in here.proxy.exchanged]

    assert pages == ["0", "1", *map(str, range(32, 40))]


def test_what_is_written_down_shows_where_the_credential_was_and_is_cut(around, wire):
    wire.replies = [reply(content=b"x" * 100_000)]
    here = around()

    here.proxy.send(post())

    (one,) = here.proxy.exchanged
    headers = {"X-Country": "DE", "Content-Type": "application/json", "X-LEDGER-KEY": "[redacted]"}
    assert one.request == {"method": "POST", "url": f"{URL}/entries", "headers": headers, "body": {"n": 1}}
    assert len(str(one.response["body"])) == 64 * 1024


def test_a_call_that_came_to_nothing_is_written_down_too(around, wire):
    wire.replies = [Barred("evil.example is not dialled")]
    here = around()

    with pytest.raises(Barred):
        here.proxy.send(get())

    (one,) = here.proxy.exchanged
    assert one.response == {"error": {"kind": "unreachable", "message": "evil.example is not dialled"}}


# Bodies.


def test_files_go_out_as_parts_and_are_not_held(around, wire, tmp_path):
    file = tmp_path / "receipt.pdf"
    file.write_bytes(b"%PDF-" + b"x" * 200_000)
    wire.replies = [reply({})]

    around().proxy.send(post(body={"note": "a", "file": Upload(str(file), "application/pdf")}, encoding="multipart"))

    (asked,) = wire.asked
    assert asked.headers["Content-Type"] == "multipart/form-data; boundary=skillkit-boundary"
    assert b'name="note"\r\n\r\na\r\n' in asked.body
    assert b'filename="receipt.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF-xxx' in asked.body


def test_files_that_are_too_much_together_are_not_sent(around, wire, tmp_path):
    for name in "ab":
        with (tmp_path / name).open("wb") as file:
            file.truncate(20_000_000)

    with pytest.raises(InvalidInput, match="more than 25,000,000"):
        around().proxy.send(post(body={name: Upload(str(tmp_path / name)) for name in "ab"}, encoding="multipart"))

    assert wire.asked == []


def test_an_answer_says_whether_an_attempt_before_it_may_have_been_carried_out(around, wire):
    wire.replies = [AnswerLost("reset"), reply({"ok": True}), reply({"ok": True})]
    here = around()

    assert here.proxy.send(get()).again
    assert not here.proxy.send(get()).again


@pytest.mark.parametrize(("status", "again"), [(502, True), (504, True), (429, False), (503, False)])
def test_what_an_app_says_it_did_not_do_was_not_done(around, wire, status, again):
    wire.replies = [reply(status=status, retry_after="1"), reply(status=404)]

    assert around().proxy.send(get()).again is again
