from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from skillkit.door import Asked, Door, Limits, Reply
from tests.wire import Clock


def health(asked: Asked) -> Reply:
    return Reply(200, (("Content-Type", "text/plain"),), f"{asked.method} {asked.path} {asked.query} {asked.body!r}".encode())


@contextmanager
def opened(answer: Callable[[Asked], Reply] = health, **options) -> Iterator[Door]:
    door = Door(answer, **options)
    thread = threading.Thread(target=door.serve)
    thread.start()
    try:
        yield door
    finally:
        door.close()
        thread.join(5)


def connected(door: Door) -> socket.socket:
    return socket.create_connection(("127.0.0.1", door.port), timeout=5)


def told(sock: socket.socket) -> bytes:
    said = b""
    while piece := sock.recv(65_536):
        said += piece
    return said


def said(door: Door, *lines: str, body: bytes = b"") -> bytes:
    """Send these lines, with PORT filled in, and return all that is answered."""
    with connected(door) as sock:
        head = "".join(f"{line}\r\n" for line in (*lines, "")).replace("PORT", str(door.port))
        sock.sendall(head.encode() + body)
        return told(sock)


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with opened(limits=Limits(body=100, head=2000)) as door:
        yield door


def test_a_request_reaches_the_function_whole_and_its_reply_goes_back(door):
    answer = said(door, "POST /a?b=%20c HTTP/1.1", "Host: 127.0.0.1:PORT", "Content-Length: 5", body=b"hello")

    assert status(answer) == 200
    assert answer.endswith(b"POST /a b=%20c b'hello'")
    assert b"connection: close" in answer.lower()


def test_a_body_in_chunks_is_put_together(door):
    lines = ("POST / HTTP/1.1", "Host: localhost:PORT", "Transfer-Encoding: chunked")

    assert said(door, *lines, body=b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").endswith(b"b'abcde'")


def test_it_listens_on_this_machine_alone(door):
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_INET))
        # Where 0.0.0.0 was bound, the other addresses of this machine would be taken too.
        listener.bind(("127.0.0.2", door.port))
        listener.listen()


@pytest.mark.parametrize(
    "lines",
    [
        ("GET / HTTP/1.1", "Host: evil.test"),
        ("GET / HTTP/1.1", "Host: evil.test:PORT"),
        ("GET / HTTP/1.1", "Host: 127.0.0.1"),
        ("GET / HTTP/1.1", "Host: 127.0.0.1:1"),
        ("GET / HTTP/1.1", "Host: 127.0.0.1.evil.test:PORT"),
        ("GET / HTTP/1.1", "Host: 127.0.0.1.:PORT"),
        ("GET / HTTP/1.1", "Host: localhost.:PORT"),
        ("GET / HTTP/1.1", "Host: 0.0.0.0:PORT"),
        ("GET / HTTP/1.1", "Host: [::1]:PORT"),
        ("GET / HTTP/1.1", "Host: [::ffff:7f00:1]:PORT"),
        ("GET / HTTP/1.1", "Host: 2130706433:PORT"),
        ("GET / HTTP/1.1", "Host: user@127.0.0.1:PORT"),
        ("GET / HTTP/1.1", "Host: 127.0.0.1:PORT, evil.test"),
        ("GET / HTTP/1.1", "Host:"),
        ("GET / HTTP/1.1", "Accept: */*"),
        ("GET / HTTP/1.0", "Accept: */*"),
        ("GET / HTTP/1.1", "Host: 127.0.0.1:PORT", "Host: 127.0.0.1:PORT"),
        ("GET / HTTP/1.1", "Host: 127.0.0.1:PORT", "Host: evil.test"),
        ("GET http://evil.test/ HTTP/1.1", "Host: 127.0.0.1:PORT"),
        ("GET http://127.0.0.1:PORT/ HTTP/1.1", "Host: 127.0.0.1:PORT"),
        ("POST * HTTP/1.1", "Host: 127.0.0.1:PORT"),
    ],
)
def test_a_request_for_any_other_address_is_misdirected(lines):
    asked: list[Asked] = []
    with opened(lambda one: asked.append(one) or health(one)) as door:
        assert status(said(door, *lines)) == 421

    assert asked == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("PUT / HTTP/1.1",), 405),
        (("TRACE / HTTP/1.1",), 405),
        (("CONNECT / HTTP/1.1",), 405),
        (("POST / HTTP/1.1", "Content-Length: 101"), 413),
        (("POST / HTTP/1.1", "Content-Length: 99999999999999"), 413),
        (("GET / HTTP/1.1", "X-Long: " + "x" * 3000), 431),
        (("POST / HTTP/1.1", "Content-Length: -1"), 400),
        (("POST / HTTP/1.1", "Content-Length: 1", "Content-Length: 2"), 400),
        (("GET / HTTP/1.1", "no header"), 400),
        (("GET /\x01 HTTP/1.1",), 400),
        (("\x16\x03\x01", "hello"), 400),
    ],
)
def test_what_is_not_taken_is_refused_with_its_number(door, lines, expected):
    answer = said(door, lines[0], "Host: 127.0.0.1:PORT", *lines[1:])

    assert status(answer) == expected
    assert b"Traceback" not in answer


def test_a_body_that_grows_beyond_its_bound_is_refused_while_it_comes(door):
    chunks = b"40\r\n" + b"x" * 64 + b"\r\n"

    answer = said(door, "POST / HTTP/1.1", "Host: 127.0.0.1:PORT", "Transfer-Encoding: chunked", body=chunks * 4)

    assert status(answer) == 413


def test_ten_megabytes_are_refused_by_what_their_head_says(door):
    started = time.monotonic()
    with connected(door) as sock:
        sock.sendall(f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{door.port}\r\nContent-Length: 10000000\r\n\r\n".encode())
        answer = told(sock)

    assert status(answer) == 413
    assert time.monotonic() - started < 1


def test_two_hundred_callers_who_never_finish_keep_nobody_waiting():
    with opened(limits=Limits(callers=100)) as door, ExitStack() as stack:
        for number in range(200):
            slow = stack.enter_context(connected(door))
            slow.sendall(f"GET /{number} HTTP/1.1\r\nHost: 127.0.0".encode())

        started = time.monotonic()
        answer = said(door, "GET /health HTTP/1.1", "Host: 127.0.0.1:PORT")
        took = time.monotonic() - started

    assert status(answer) == 200
    assert took < 0.1


def test_whoever_came_first_and_has_not_finished_gives_way_to_one_too_many():
    with opened(limits=Limits(callers=3)) as door, ExitStack() as stack:
        slow = [stack.enter_context(connected(door)) for _ in range(5)]
        said(door, "GET / HTTP/1.1", "Host: 127.0.0.1:PORT")

        assert [told(one) for one in slow[:2]] == [b"", b""]
        slow[-1].sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{door.port}\r\n\r\n".encode())
        assert status(told(slow[-1])) == 200


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"GET / HT", 408),
        (b"POST / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Length: 10\r\n\r\nabc", 408),
        # Browsers connect ahead of need, and an answer that nobody asked for would confuse them.
        (b"", 0),
    ],
)
def test_a_request_that_does_not_come_in_time_is_ended(sent, expected):
    clock = Clock()
    with opened(clock=clock.now) as door, connected(door) as sock:
        sock.sendall(sent.replace(b"PORT", str(door.port).encode()))
        time.sleep(0.05)
        clock.time += 31
        answer = told(sock)

    assert (status(answer) if answer else 0) == expected


def test_more_requests_at_once_than_are_answered_are_asked_to_come_again():
    busy, done = threading.Event(), threading.Event()

    def slow(asked: Asked) -> Reply:
        busy.set()
        done.wait(5)
        return health(asked)

    with opened(slow, limits=Limits(answers=1)) as door, connected(door) as sock:
        sock.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{door.port}\r\n\r\n".encode())
        assert busy.wait(5)
        second = said(door, "GET / HTTP/1.1", "Host: 127.0.0.1:PORT")
        done.set()
        first = told(sock)

    assert (status(first), status(second)) == (200, 503)


def test_a_fault_of_ours_is_told_without_what_it_was():
    def faulty(_: Asked) -> Reply:
        raise ZeroDivisionError("canary-1f")

    with opened(faulty) as door:
        answer = said(door, "GET / HTTP/1.1", "Host: 127.0.0.1:PORT")

    assert status(answer) == 500
    assert b"canary" not in answer
    assert b"Traceback" not in answer


def test_a_caller_who_hangs_up_is_forgotten(door):
    for _ in range(20):
        with connected(door) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nHo")

    assert status(said(door, "GET / HTTP/1.1", "Host: 127.0.0.1:PORT")) == 200


def test_it_ends_when_it_is_not_to_go_on():
    door = Door(health)
    left = iter([True, True, False])

    door.serve(lambda: next(left))

    with pytest.raises(ConnectionRefusedError):
        connected(door)


def test_of_a_header_that_came_twice_neither_is_believed_alone():
    asked = Asked("GET", "/", headers=(("origin", "http://a"), ("cookie", "x"), ("origin", "http://b")))

    assert asked.header("origin") == "http://a, http://b"
    assert asked.header("referer") == ""
