"""The fault run: where a fifth of all requests goes wrong, nothing is lost and nothing is done twice."""

from __future__ import annotations

import json
import shutil

import pytest

from benchmarks.faults import table
from skillkit.calls import Call
from skillkit.network import Answer
from skillkit.sandbox.state import State
from skillkit.sandbox.vendors import known
from skillkit.workspace import Workspace, shipped
from tests.conftest import FICTIONAL
from tests.mixed import FAULTS, LOADS, Ended, Plan, Planned, Tally, Watched, met

FOLDERS = (shipped(), str(FICTIONAL))


@pytest.fixture
def home(tmp_path, furnished) -> str:
    shutil.copytree(furnished, tmp_path / "home")
    return str(tmp_path / "home")


def summed(tallies: dict[str, Tally], name: str) -> int:
    return sum(getattr(tally, name) for tally in tallies.values())


def creations_told_as_failed(tally: Tally) -> set[str]:
    """Return how creations were told as failed that had been done: with these two, it was the app itself that said so."""
    return {told for told in tally.done_all_the_same if told.startswith("create")}


@pytest.mark.parametrize("seed", [1, 2])
def test_where_a_fifth_goes_wrong_nothing_is_lost_and_nothing_is_done_twice(home, seed):
    tallies = met(home, Plan(500, seed=seed), FOLDERS)

    for tally in tallies.values():
        assert (tally.lost, tally.doubled, tally.wrong) == ([], [], [])
        assert tally.done + tally.unknown + tally.failed.total() == tally.calls
        assert creations_told_as_failed(tally) <= {"create upstream 500", "create unavailable 503"}
    assert set(tallies) == {load.key for load in LOADS if load.key in known()}
    assert summed(tallies, "calls") == 500
    # It did go wrong, and most of it was made good.
    assert summed(tallies, "retried") > 20
    assert summed(tallies, "unknown") + summed(tallies, "reconciled") > 0
    assert summed(tallies, "done") > 400
    # And every call has left its last word in the record.
    space = Workspace(home, folders=FOLDERS)
    runs = space.store.runs(500)
    space.close()
    assert {run["connection"] for run in runs} == set(tallies)
    assert {run["status"] for run in runs} == {"success", "error"}


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3, 7))
def test_nor_in_a_long_run_where_twice_as_much_goes_wrong(home, seed):
    worse = FAULTS.replace("reset=0.06", "reset=0.16").replace("429=0.04", "429=0.10").replace("truncate=0.03", "truncate=0.07")

    tallies = met(home, Plan(4000, workers=8, seed=seed, faults=worse), FOLDERS)

    assert [tally.amiss for tally in tallies.values() if tally.amiss] == []
    assert summed(tallies, "calls") == 4000


# That the count would see it.


class Twice(Watched):
    """A network that sends every creation once more than it was told to."""

    def exchange(self, wire):
        if wire.method == "POST":
            b"".join(super().exchange(wire).chunks)
        return super().exchange(wire)


class Deaf(Watched):
    """A network that says that a creation was done, and sends nothing."""

    def exchange(self, wire):
        if wire.method != "POST":
            return super().exchange(wire)
        return Answer(201, (("content-type", "application/json"),), iter([json.dumps({"id": 1}).encode()]))


class Muddled(Watched):
    """A network that answers a read with another record's name."""

    def exchange(self, wire):
        answer = super().exchange(wire)
        whole = b"".join(answer.chunks)
        return Answer(answer.status, answer.headers, iter([whole.replace(b'"name": "k', b'"name": "j')]))


@pytest.mark.parametrize(("network", "amiss"), [(Twice, "doubled"), (Deaf, "lost"), (Muddled, "wrong")])
def test_the_count_sees_what_must_not_be(home, network, amiss):
    tallies = met(home, Plan(30, keys=("clientary",), faults="latency=0ms"), FOLDERS, network)

    for name in ("lost", "doubled", "wrong"):
        assert bool(getattr(tallies["clientary"], name)) is (name == amiss), name


@pytest.mark.parametrize(
    ("effect", "kind", "rows", "column"),
    [
        ("create", "", 1, "done"),
        ("create", "", 0, "lost"),
        ("create", "", 2, "doubled"),
        ("create", "outcome_unknown", 0, "unknown"),
        ("create", "outcome_unknown", 1, "unknown_done"),
        ("create", "outcome_unknown", 2, "doubled"),
        ("create", "unavailable", 0, "failed"),
        ("create", "unavailable", 1, "done_all_the_same"),
        ("create", "unavailable", 2, "doubled"),
        ("update", "", 1, "done"),
        ("update", "", 0, "lost"),
        ("update", "upstream", 1, "done_all_the_same"),
        ("delete", "", 0, "done"),
        ("delete", "", 1, "lost"),
        ("delete", "not_found", 0, "done_all_the_same"),
    ],
)
def test_a_call_is_judged_by_what_the_sandbox_holds(effect, kind, rows, column):
    state = State()
    for row in range(rows):
        state.add("tasks", str(row), {"id": row, "title": "k1"})
    tally = Tally()

    tally.add(Ended(Planned(Call("x/y"), effect, "tasks", "title", "k1", "0"), kind), state)

    assert getattr(tally, column)
    assert bool(tally.amiss) is (column in {"lost", "doubled"})


def test_a_read_is_judged_by_what_it_gave():
    tally = Tally()
    read = Planned(Call("x/y"), "read", wanted={"id": 1})

    for ended in (Ended(read, output={"id": 1}), Ended(read, output={"id": 2}), Ended(read, "upstream")):
        tally.add(ended, State())

    assert [ended.output for ended in tally.wrong] == [{"id": 2}]
    assert (tally.done, tally.failed["upstream"]) == (2, 1)


def test_the_table_has_a_line_for_each_vendor_and_one_for_all():
    tally = Tally(calls=7, done=4, unknown=2, unknown_done=1)
    tally.failed.update({"upstream": 1})

    *_, acme, other, total = table({"acme": tally, "other": tally}).splitlines()

    assert acme.split()[:2] == ["acme", "7"]
    assert other.split()[:2] == ["other", "7"]
    assert total.split()[:2] == ["all", "14"]
    assert "upstream 2" in total
