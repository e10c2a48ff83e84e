from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from skillkit.sandbox.faults import KINDS, LIES, Faults, Faulty, parse
from tests.asgi import Caller


def counted():
    """Return an app that counts what it did, and the count."""
    done = []

    def work(request):
        done.append(request.method)
        allowed = request.headers.get("authorization") == "Basic x" or request.headers.get("x-api-key") == "x"
        return JSONResponse({"done": len(done), "allowed": allowed}) if request.method != "DELETE" else Response(status_code=204)

    return Starlette(routes=[Route("/", work, methods=["GET", "POST", "DELETE"])]), done


def broken(spec):
    app, done = counted()
    return Caller(Faulty(app, parse(spec))), done


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("explode=0.1", "is no fault; known are reset, hang"),
        ("404=0.1", "is no fault"),
        ("reset=2", "takes a share from 0 to 1"),
        ("reset=nan", "takes a share from 0 to 1"),
        ("reset", "takes a share from 0 to 1"),
        ("reset-during=0.1", "is no fault"),
        ("429-after=0.1", "429 happens before the app did its work"),
        ("lie-before=0.1", "lie happens after the app did its work"),
        ("latency=50", "takes a time such as 50ms or 1.5s"),
        ("expire=1.5", "takes a whole number"),
        ("retry-after=-1", "takes a whole number"),
        ("reset=0.6,hang=0.5", "breaks more than every request"),
    ],
)
def test_a_spec_that_means_nothing_is_refused(spec, message):
    with pytest.raises(ValueError, match=message):
        parse(spec)


def test_a_spec_says_what_goes_wrong():
    found = parse(" reset=0.2, 503-after=.1,latency=1.5s,expire=100,retry-after=0,seed=7,")

    assert [(fault.name, fault.rate, fault.moment) for fault in found.faults] == [("reset", 0.2, ""), ("503", 0.1, "after")]
    assert (found.latency, found.expire, found.retry_after, found.seed) == (1.5, 100, 0, 7)
    assert parse("") == Faults()


@pytest.mark.parametrize(("spec", "did"), [("reset-before=1", 0), ("reset-after=1", 1)])
def test_a_connection_breaks_before_or_after_the_work_is_done(spec, did):
    call, done = broken(spec)

    with pytest.raises(ConnectionResetError, match="broke"):
        call("POST", "/")
    assert len(done) == did


def test_where_nothing_is_said_it_is_sometimes_the_one_and_sometimes_the_other():
    call, done = broken("500=1")
    statuses = {call("POST", "/").status for _ in range(40)}

    assert statuses == {500}
    assert 5 < len(done) < 35


def test_too_many_requests_are_told_when_to_come_again_and_nothing_is_done():
    call, done = broken("429=1,retry-after=7")
    answer = call("POST", "/")

    assert (answer.status, answer.headers["retry-after"], done) == (429, "7", [])


def test_a_request_that_hangs_ends_when_the_caller_has_had_enough():
    call, done = broken("hang-after=1")

    with pytest.raises(IndexError):
        call("POST", "/")
    assert done == ["POST"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_truncated_answer_promises_more_than_it_holds(method):
    app, done = counted()
    sent = []

    async def drop(scope, receive, *, broken):
        assert not broken

    answer = Caller(Faulty(app, parse("truncate=1"), drop=drop))(method, "/")
    sent.append(answer)

    assert answer.status == 200
    assert int(answer.headers["content-length"]) > len(answer.body)
    assert done == [method]


def test_a_lie_stands_in_the_place_of_an_answer_that_was_given():
    call, done = broken("lie=1")
    told = {
        (answer.status, answer.headers["content-type"].encode(), answer.body) for answer in (call("POST", "/") for _ in range(40))
    }

    assert told == set(LIES)
    assert len(done) == 40


@pytest.mark.parametrize("headers", [{"authorization": "Basic x"}, {"X_API_KEY": "x"}])
def test_a_credential_expires_after_so_many_requests(headers):
    call, _ = broken("expire=2")

    assert [call("GET", "/", **headers).json["allowed"] for _ in range(4)] == [True, True, False, False]


def test_latency_is_waited_for():
    call, _ = broken("latency=50ms")
    start = time.monotonic()
    call("GET", "/")

    assert time.monotonic() - start >= 0.05


def test_the_same_seed_gives_the_same_faults_and_another_seed_others():
    def run(seed):
        call, _ = broken(f"500=0.3,503=0.3,seed={seed}")
        return [call("POST", "/").status for _ in range(30)]

    assert run(1) == run(1) != run(2)


@given(st.lists(st.tuples(st.sampled_from([*KINDS, "500", "502"]), st.floats(0, 0.1)), max_size=10))
def test_every_spec_of_known_faults_is_understood(pairs):
    spec = ",".join(f"{name}={rate}" for name, rate in pairs)

    assert [(fault.name, fault.rate) for fault in parse(spec).faults] == pairs


def test_faults_come_as_often_as_they_were_asked_for():
    call, done = broken("500-before=0.2")
    failed = sum(call("POST", "/").status == 500 for _ in range(500))

    assert 70 < failed < 130
    assert len(done) == 500 - failed
