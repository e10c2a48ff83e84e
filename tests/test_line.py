"""One connection, where a network in between would make its end a matter of luck."""

from __future__ import annotations

import socket

import h11
import pytest

from skillkit.errors import AnswerLost, Unreachable
from skillkit.line import Line

REQUEST = h11.Request(method="POST", target="/", headers=[("Host", "api.test"), ("Content-Length", "2")])


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def line(sock, origin="http://api.test"):
    made = Line(sock, origin, lambda: 0.0, 0.1, 0.1)
    made.begin(1.0)
    return made


def test_when_nothing_went_out_nothing_can_have_been_done(ends):
    ours, theirs = ends
    theirs.close()
    made = line(ours)

    made.send(REQUEST, iter([b"{}"]))
    with pytest.raises(Unreachable) as raised:
        made.head()

    assert type(raised.value) is Unreachable
    assert made.was_stale(repeatable=False)


def test_under_tls_nobody_knows_whether_anything_went_out(ends):
    ours, theirs = ends
    theirs.close()
    made = line(ours, "https://api.test")

    made.send(REQUEST, iter([b"{}"]))
    with pytest.raises(AnswerLost):
        made.head()

    assert not made.was_stale(repeatable=False)
    assert made.was_stale(repeatable=True)


def test_an_answer_that_waits_is_read_although_the_other_side_has_hung_up(ends):
    ours, theirs = ends
    theirs.sendall(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
    theirs.close()
    made = line(ours)

    made.send(REQUEST, iter([b"{}"]))

    assert made.head().status_code == 413
