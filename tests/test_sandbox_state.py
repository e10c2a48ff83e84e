from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from skillkit.sandbox.state import State, Taken


@pytest.fixture
def state():
    found = State()
    yield found
    found.close()


def test_a_document_is_found_as_it_was_added(state):
    state.add("clients", "7", {"id": 7, "name": "Ada"})

    assert state.find("clients", "7") == {"id": 7, "name": "Ada"}
    assert state.find("clients", "8") is None
    assert state.find("leads", "7") is None


def test_what_a_caller_does_with_a_document_changes_nothing(state):
    document = {"items": [1]}
    state.add("t", "1", document)
    document["items"].append(2)
    state.find("t", "1")["items"].append(3)
    state.rows("t")[0]["items"].append(4)

    assert state.find("t", "1") == {"items": [1]}


def test_an_id_is_taken_once(state):
    state.add("t", "1", {"n": 1})

    with pytest.raises(Taken, match="t has '1' already"):
        state.add("t", "1", {"n": 2})
    assert state.find("t", "1") == {"n": 1}


def test_rows_come_in_the_order_in_which_they_were_added_whatever_is_put_later(state):
    for number in ("10", "9", "1"):
        state.add("t", number, {"id": number})
    state.put("t", "10", {"id": "10", "new": True})
    state.put("t", "2", {"id": "2"})

    assert [row["id"] for row in state.rows("t")] == ["10", "9", "1", "2"]
    assert state.rows("t")[0]["new"]


def test_a_document_is_removed_once(state):
    state.add("t", "1", {})

    assert state.remove("t", "1")
    assert not state.remove("t", "1")
    assert state.rows("t") == []


def test_a_counter_starts_where_it_is_told_and_goes_on(state):
    assert [state.next("invoices", 1001), state.next("invoices", 1001), state.next("clients")] == [1001, 1002, 1]


def test_threads_never_get_the_same_number(state):
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: state.next("n"), range(200)))

    assert sorted(numbers) == list(range(1, 201))


def test_a_file_is_kept_as_it_is(state):
    state.keep("a.pdf", b"\x00\xff")
    state.keep("a.pdf", b"\x00\xfe")

    assert state.content("a.pdf") == b"\x00\xfe"
    assert state.content("b.pdf") is None


def test_an_exception_takes_back_all_of_a_change(state):
    state.add("t", "1", {"n": 1})

    def fail():
        with state.change():
            state.put("t", "1", {"n": 2})
            with state.change():
                state.add("t", "2", {})
            state.next("n")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert state.rows("t") == [{"n": 1}]
    assert state.next("n") == 1


def test_nobody_sees_the_middle_of_a_change(state):
    with ThreadPoolExecutor(1) as pool:
        with state.change():
            state.add("t", "1", {})
            seen = pool.submit(state.rows, "t")
            state.add("t", "2", {})
        assert len(seen.result(5)) == 2


def test_a_state_in_a_file_is_there_again(tmp_path):
    path = str(tmp_path / "state.db")
    first = State(path)
    assert first.empty()
    first.add("t", "1", {"n": 1})
    first.next("n")
    first.close()

    again = State(path)

    assert not again.empty()
    assert again.rows("t") == [{"n": 1}]
    assert again.next("n") == 2
    again.close()
