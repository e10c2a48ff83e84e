from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillkit.connection import Connection
from skillkit.door import Asked
from skillkit.signin import row
from skillkit.signin.desk import Desk
from skillkit.signin.links import EVERY, LIFE, LINGER, Link, Links
from skillkit.signin.page import FENCE
from skillkit.signin.row import Row, Waiting
from skillkit.signin.visit import Passphrase
from tests.wire import Clock


class Shelf:
    """Stands for the store: one text, and the accounts."""

    def __init__(self) -> None:
        self.text = ""
        self.looks = 0
        self.accounts = {name: Connection(name, name, name, "ledger", "key") for name in ("one", "two")}
        self._lock = threading.Lock()

    def change(self, _key, step):
        with self._lock:
            self.looks += 1
            self.text, answer = step(self.text)
            return answer

    def connections(self) -> tuple[Connection, ...]:
        return tuple(self.accounts.values())

    def ask(self, connection: str, token: str) -> str:
        known = self.accounts.get(connection)
        return self.change(row.KEY, row.asked(connection, token, ready=known is not None and known.state == "READY"))

    @property
    def tokens(self) -> list[str]:
        return [*row.read(self.text).links]


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf()
    shelf.change(row.KEY, row.published(80))
    return shelf


@pytest.fixture
def links(shelf: Shelf, clock: Clock) -> Links:
    return Links(shelf, 80, clock.now)


def found(links: Links, token: str) -> Link:
    link = links.find(token)
    assert link
    return link


def test_while_no_process_answers_there_is_no_link():
    assert Shelf().ask("one", "a") == ""


def test_a_link_that_nobody_opened_is_given_again_to_the_same_account_alone(shelf):
    assert shelf.ask("one", "a") == "http://127.0.0.1:80/s/a"
    assert shelf.ask("one", "b") == "http://127.0.0.1:80/s/a"
    assert shelf.ask("two", "c") == "http://127.0.0.1:80/s/c"


def test_after_it_was_opened_the_next_one_is_new(shelf, links):
    shelf.ask("one", "a")

    assert links.opened(found(links, "a"))

    assert shelf.ask("one", "b") == "http://127.0.0.1:80/s/b"


def test_after_its_time_the_next_one_is_new(shelf, links, clock):
    shelf.ask("one", "a")
    assert links.going()
    clock.time += EVERY
    assert links.going()
    clock.time += LIFE + 1
    assert links.going()

    assert found(links, "a").outcome == "expired"
    assert shelf.ask("one", "b") == "http://127.0.0.1:80/s/b"


def test_an_agent_that_asks_again_and_again_gets_no_more_than_so_many(shelf):
    for number in range(3 * row.MOST):
        shelf.ask(f"account {number}", f"{number}")

    assert len(shelf.tokens) == row.MOST
    assert shelf.tokens[-1] == f"{3 * row.MOST - 1}"


def test_nobody_knows_a_link_that_was_not_made(links):
    assert links.find("a") is None
    assert links.find("") is None


def test_of_many_threads_one_opens_a_link(shelf, links):
    shelf.ask("one", "a")
    link, barrier, opened = found(links, "a"), threading.Barrier(8), []

    def visit() -> None:
        barrier.wait()
        opened.append(links.opened(link))

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len([one for one in opened if one]) == 1


def test_a_link_is_over_once_and_stays_as_it_ended(shelf, links):
    shelf.ask("one", "a")
    links.end(found(links, "a"), "declined")
    links.end(found(links, "a"), "connected")

    assert found(links, "a").outcome == "declined"


def test_it_goes_on_while_somebody_is_waited_for_and_ends_a_moment_after(shelf, links, clock):
    shelf.ask("one", "a")
    for _ in range(3):
        clock.time += LINGER / 2
        assert links.going()
    links.end(found(links, "a"), "connected")

    clock.time += LINGER - 1
    assert links.going()
    clock.time += 1
    assert not links.going()

    assert shelf.text == ""


def test_without_any_link_it_ends_a_moment_after_it_began(links, clock):
    assert links.going()
    clock.time += LINGER
    assert not links.going()


def test_a_link_that_is_made_as_it_would_end_keeps_it(shelf, links, clock):
    clock.time += LINGER
    shelf.ask("one", "a")

    assert links.going()
    assert found(links, "a").connection == "one"


def test_it_looks_at_the_store_about_once_a_second(shelf, links, clock):
    shelf.ask("one", "a")
    before = shelf.looks

    for _ in range(40):
        clock.time += 0.25
        links.going()

    assert 8 <= shelf.looks - before <= 12


def test_a_link_is_over_when_its_account_was_signed_in_to_elsewhere(shelf, links, clock):
    shelf.ask("one", "a")
    found(links, "a")
    shelf.accounts["one"] = replace(shelf.accounts["one"], state="READY")
    clock.time += EVERY
    links.going()

    assert found(links, "a").outcome == "connected"


def test_a_link_is_over_when_its_account_was_signed_in_to_before_this_process_heard_of_it(shelf, links, clock):
    shelf.ask("one", "a")
    shelf.accounts["one"] = replace(shelf.accounts["one"], state="READY")
    clock.time += EVERY
    links.going()

    assert found(links, "a").outcome == "connected"


def test_a_link_to_sign_in_anew_to_an_account_that_works_waits_all_the_same(shelf, links, clock):
    shelf.accounts["one"] = replace(shelf.accounts["one"], state="READY")
    shelf.ask("one", "a")
    for _ in range(3):
        clock.time += EVERY
        links.going()

    assert found(links, "a").outcome == ""


def test_a_link_is_over_when_its_account_was_deleted(shelf, links, clock):
    shelf.ask("one", "a")
    found(links, "a")
    del shelf.accounts["one"]
    clock.time += EVERY
    links.going()

    assert found(links, "a").outcome == "gone"


def test_a_store_that_forgot_the_port_is_told_it_again(shelf, links, clock):
    shelf.text = ""

    clock.time += EVERY
    assert links.going()

    assert row.read(shelf.text).port == 80


def test_whether_a_token_is_known_is_compared_in_a_time_that_says_nothing():
    import inspect

    assert "compare_digest" in inspect.getsource(Links._known)  # noqa: SLF001


LATIN = st.text(st.characters(max_codepoint=255), max_size=40)
NAMES = st.sampled_from(["host", "origin", "cookie", "content-type", "sec-fetch-dest", "sec-fetch-site", "accept-language", "x"])


@given(
    method=st.sampled_from(["GET", "POST"]),
    path=LATIN | st.sampled_from(["/callback", "/s/", "/s/a", "/health", "/page.css"]),
    query=LATIN,
    headers=st.lists(st.tuples(NAMES, LATIN), max_size=8),
    body=st.binary(max_size=80),
)
def test_whatever_is_asked_of_nobodys_link_is_answered_within_the_fence(method, path, query, headers, body):
    shelf = Shelf()
    # No link is known, so nobody may ask the workspace for anything.
    desk = Desk(None, Links(shelf, 80, Clock().now), 80, Passphrase())  # type: ignore[arg-type]

    reply = desk.answer(Asked(method, path, query, tuple(headers), body))

    assert reply.status in {200, 307, 403, 404}
    assert set(FENCE) <= set(reply.headers)
    assert "\n" not in "".join(value for _, value in reply.headers)


@given(st.text())
def test_a_row_that_makes_no_sense_says_nothing(text):
    assert isinstance(row.read(text), Row)


@given(st.dictionaries(st.text(), st.builds(Waiting, st.text(), st.booleans())), st.integers(1, 65_535))
def test_a_row_comes_back_as_it_was_written(links, port):
    assert row.read(row.written(Row(port, links))) == Row(port, links)


@pytest.mark.parametrize(
    "text", ["[]", "1", "null", '{"port": 80}', '{"port": null, "links": {}}', '{"port": 8, "links": {"a": []}}']
)
def test_a_row_of_another_shape_says_nothing(text):
    assert row.read(text) == Row()
