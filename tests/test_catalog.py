"""The catalog: compiled once, found again, and made anew when a connector changes."""

from __future__ import annotations

import json
import multiprocessing
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from skillkit.catalog import FILE, Catalog
from skillkit.errors import InvalidConnector, SkillkitError, UnknownName, Usage
from skillkit.source import LARGEST

FICTIONAL = Path(__file__).parent / "data" / "connectors"


def connector(key: str, **changes: Any) -> str:
    """Return a connector file; JSON is YAML, too."""
    document = {
        "skillkit": 1,
        "id": key,
        "version": "0.1.0",
        "name": key.title(),
        "connection": {"base_url": f"https://api.{key}.example", "auth": {"pat": {"type": "bearer"}}},
        "actions": {"list-things": {"description": f"Things of {key}.", "request": "GET /things", "items": "data"}},
        **changes,
    }
    return json.dumps(document)


def write(folder: Path, key: str, text: str | None = None, **changes: Any) -> Path:
    path = folder / key / "connector.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(connector(key, **changes) if text is None else text)
    return path


@pytest.fixture
def home(tmp_path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def first(tmp_path) -> Path:
    return tmp_path / "first"


@pytest.fixture
def own(tmp_path) -> Path:
    return tmp_path / "own"


@pytest.fixture
def opened(home, first, own) -> Iterator[Any]:
    made: list[Catalog] = []

    def build() -> Catalog:
        made.append(Catalog(str(home), (str(first), str(own))))
        return made[-1]

    yield build
    for catalog in made:
        catalog.close()


def made(home: Path) -> int:
    """Return a number that is another one when the file is."""
    return (home / FILE).stat().st_ino


def test_each_domain_leads_to_the_connector_that_declares_it(opened, first):
    for key, domains in (("beta", ["{domain}.beta.example"]), ("acme", ["b.example", "a.example"]), ("none", [])):
        connection = {"base_url": "https://api.example", "auth": {"pat": {"type": "bearer"}}, "domains": domains}
        write(first, key, connection=connection)
    write(first, "broken", "skillkit: 1")

    assert opened().domains() == [("acme", "b.example"), ("acme", "a.example"), ("beta", "{domain}.beta.example")]


def test_what_is_compiled_is_found_again(opened, home, first):
    write(first, "acme")
    assert [one.id for one in opened().connectors()] == ["acme"]
    before = made(home)

    assert [one.id for one in opened().connectors()] == ["acme"]

    assert made(home) == before
    assert stat.S_IMODE((home / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert os.listdir(home) == [FILE]


def test_no_file_of_a_connector_is_read_when_none_has_changed(opened, first):
    path = write(first, "acme")
    opened().count()
    status = path.stat()
    path.write_text("x" * status.st_size)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert opened().connector("acme").name == "Acme"


def changed(path: Path, text: str) -> None:
    path.write_text(text)
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


@pytest.mark.parametrize("change", ["edit", "add", "remove", "group", "one byte for another"])
def test_a_change_makes_it_anew(opened, home, first, change):
    path = write(first, "acme")
    write(first, "other")
    opened().count()
    before = made(home)

    if change == "edit":
        changed(path, connector("acme", name="Acme Books"))
    elif change == "add":
        write(first, "more")
    elif change == "remove":
        (first / "other" / "connector.yaml").unlink()
    elif change == "group":
        (first / "acme" / "actions").mkdir()
        group = {"actions": {"get-thing": {"description": "A thing.", "request": "GET /thing"}}}
        (first / "acme" / "actions" / "things.yaml").write_text(json.dumps(group))
    else:
        changed(path, connector("acme", name="Acmf"))

    found = opened()
    names = {one.id: one.name for one in found.connectors()}
    expected = {
        "edit": {"acme": "Acme Books", "other": "Other"},
        "add": {"acme": "Acme", "more": "More", "other": "Other"},
        "remove": {"acme": "Acme"},
        "group": {"acme": "Acme", "other": "Other"},
        "one byte for another": {"acme": "Acmf", "other": "Other"},
    }
    assert names == expected[change]
    assert found.count("acme") == (2 if change == "group" else 1)
    assert made(home) != before


def test_a_file_of_another_version_is_made_anew(opened, home, first):
    write(first, "acme")
    opened().count()
    with sqlite3.connect(home / FILE) as database:
        database.execute("UPDATE stamp SET value = 'older'")
    database.close()

    assert opened().count() == 1


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + b"\0" * 4096, bytes(range(256)) * 64])
def test_a_file_that_is_damaged_is_made_anew(opened, home, first, content):
    write(first, "acme")
    opened().count()
    (home / FILE).write_bytes(content)

    assert opened().count() == 1


def test_a_file_that_is_damaged_in_the_middle_is_made_anew(opened, home, first):
    write(first, "acme", actions={f"get-{n}": {"description": "x" * 500 + ".", "request": f"GET /x{n}"} for n in range(200)})
    opened().count()
    with (home / FILE).open("r+b") as file:
        for page in range(4, 40):
            file.seek(page * 4096)
            file.write(b"\xff" * 4096)

    assert len(opened().rows("acme")) == 200


@pytest.mark.parametrize("name", ["a b", "a?b", "a#b", "a%20b", "é", "a'b"])
def test_a_home_may_be_called_anything(tmp_path, first, name):
    write(first, "acme")
    catalog = Catalog(str(tmp_path / name), (str(first),))

    assert catalog.count() == 1
    assert os.listdir(tmp_path / name) == [FILE]
    catalog.close()


@pytest.mark.parametrize("place", ["file/home", "file", "/proc/nowhere/home", "/dev/null/home"])
def test_a_home_that_cannot_be_written_is_a_sentence(tmp_path, first, place):
    write(first, "acme")
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(SkillkitError) as error:
        opened_at(tmp_path / place, first)

    assert error.value.kind == "error"
    assert error.value.hint


def test_a_home_that_others_reach_is_refused(home, first, opened):
    write(first, "acme")
    home.mkdir()
    home.chmod(0o777)

    with pytest.raises(SkillkitError, match="open to others"):
        opened().count()


def opened_at(home: Path | str, folder: Path | str) -> int:
    with closing(Catalog(str(home), (str(folder),))) as catalog:
        return catalog.count()


def compile_at_once(home: str, folder: str, gate: Any, counts: Any) -> None:
    gate.wait()
    counts.append(opened_at(home, folder))


def test_two_processes_that_compile_at_once_both_find_it(home, first):
    for number in range(10):
        write(first, f"acme-{number}")
    fork = multiprocessing.get_context("fork")
    with fork.Manager() as manager:
        gate, counts = fork.Barrier(4), manager.list()
        workers = [fork.Process(target=compile_at_once, args=(str(home), str(first), gate, counts)) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(20)
        found = list(counts)

    assert found == [10] * 4
    assert os.listdir(home) == [FILE]


def test_threads_of_one_process_may_compile_at_once(home, first):
    write(first, "acme")
    gate = threading.Barrier(6)
    found: list[int] = []

    def count() -> None:
        gate.wait()
        found.append(opened_at(home, first))

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [1] * 6
    assert os.listdir(home) == [FILE]


# Connectors that are none.


def test_a_connector_that_is_none_does_not_disturb_the_others(opened, first, own):
    write(first, "acme")
    write(own, "mine", "skillkit: 1\nid: mine\n")
    write(own, "works")

    catalog = opened()

    assert [one.id for one in catalog.connectors()] == ["acme", "works"]
    (broken,) = catalog.broken()
    assert (broken.id, broken.path) == ("mine", str(own / "mine"))
    assert broken.problems[0].file == str(own / "mine" / "connector.yaml")
    assert broken.problems[0].line >= 1
    for act in (lambda: catalog.connector("mine"), lambda: catalog.action("mine", "list-things")):
        with pytest.raises(InvalidConnector, match="is no connector"):
            act()


@pytest.mark.parametrize(
    "text",
    ["", "\0", "[" * 10_000, "a: &x 1\nb: *x\n", "- 1", "{}", "null", "skillkit: 1\nskillkit: 1\n", "!!python/none x", "\tx"],
)
def test_what_is_no_yaml_of_ours_is_told_with_its_place(opened, own, text):
    write(own, "mine", text)

    (broken,) = opened().broken()

    assert broken.id == "mine"
    assert broken.problems


def test_a_connector_lies_in_a_folder_of_its_name(opened, own):
    write(own, "mine", connector("yours"))

    (broken,) = opened().broken()

    assert "its folder is called 'mine'" in broken.problems[0].message


def test_a_users_connector_never_takes_the_place_of_a_shipped_one(opened, first, own):
    write(first, "acme", name="The shipped one")
    write(own, "acme", name="Another one")

    catalog = opened()

    assert catalog.connector("acme").name == "The shipped one"
    (broken,) = catalog.broken()
    assert broken.path == str(own / "acme")
    assert "is called 'acme' already" in broken.problems[0].message


def group(folder: Path) -> Path:
    """Return the place of a group of actions beside a connector that is one."""
    write(folder.parent, "mine")
    (folder / "actions").mkdir()
    return folder / "actions" / "a.yaml"


def much(folder: Path) -> None:
    group(folder)
    for number in range(9):
        (folder / "actions" / f"{number}.yaml").write_text("actions: {}\n" + "#" * (LARGEST - 100))


# What lies where a connector is looked for: made in its folder, with a connector that lies elsewhere.
ODD = {
    "link": lambda folder, outside: (folder / "connector.yaml").symlink_to(outside / "connector.yaml"),
    "dangling link": lambda folder, outside: (folder / "connector.yaml").symlink_to(outside / "nothing"),
    "linked folder": lambda folder, outside: folder.rmdir() or folder.symlink_to(outside),
    "linked group": lambda folder, outside: group(folder).symlink_to(outside / "actions" / "a.yaml"),
    "linked groups": lambda folder, outside: (
        write(folder.parent, "mine") and (folder / "actions").symlink_to(outside / "actions")
    ),
    "pipe": lambda folder, _: os.mkfifo(folder / "connector.yaml"),
    "pipe in a group": lambda folder, _: os.mkfifo(group(folder)),
    "folder": lambda folder, _: (folder / "connector.yaml").mkdir(),
    "folder in a group": lambda folder, _: group(folder).mkdir(),
    "large": lambda folder, _: write(folder.parent, "mine", connector("mine") + " " * LARGEST),
    "much": lambda folder, _: much(folder),
}


@pytest.mark.parametrize("kind", ODD)
def test_only_regular_files_of_bounded_size_are_read(opened, own, tmp_path, kind):
    outside = write(tmp_path / "outside", "mine").parent
    (outside / "actions").mkdir()
    (outside / "actions" / "a.yaml").write_text("actions: {}\n")
    (own / "mine").mkdir(parents=True)
    ODD[kind](own / "mine", outside)
    write(own, "works")

    catalog = opened()

    assert [one.id for one in catalog.connectors()] == ["works"]
    assert [broken.id for broken in catalog.broken()] == ["mine"]


def test_what_is_no_connector_at_all_is_not_looked_at(opened, own):
    write(own, "works")
    (own / "notes.yaml").write_text("[")
    (own / "empty").mkdir()

    catalog = opened()

    assert (catalog.count(), catalog.broken()) == (1, ())


def test_no_folder_is_no_connectors(opened):
    assert (opened().connectors(), opened().rows(), opened().count()) == ((), [], 0)


# What it is asked for.


@pytest.fixture
def ledger(tmp_path) -> Iterator[Catalog]:
    catalog = Catalog(str(tmp_path / "home"), (str(FICTIONAL),))
    yield catalog
    catalog.close()


def test_an_action_has_its_key_its_id_and_its_older_names(ledger):
    for name in ("get-entry", "ledger/get-entry", "read-entry", "ledger/read-entry"):
        assert ledger.action("ledger", name).id == "ledger/get-entry"
        assert ledger.row("ledger", name)["id"] == "ledger/get-entry"
    assert ledger.owners("get-entry") == ledger.owners("read-entry") == ("ledger",)
    assert ledger.owners("nothing") == ()


@pytest.mark.parametrize(
    ("connector_id", "key", "near"), [("ledger", "get-entries", "get-entry"), ("legder", "get-entry", "ledger")]
)
def test_a_name_that_is_not_there_names_the_nearest(ledger, connector_id, key, near):
    with pytest.raises(UnknownName) as refused:
        ledger.document(connector_id, key)

    assert near in refused.value.hint


def test_a_connector_is_found_whatever_the_case(ledger):
    assert ledger.connector(" Ledger ").id == ledger.known("LEDGER") == "ledger"


def test_an_action_of_the_apps_own_mcp_server_is_listed_and_not_run(ledger):
    assert ledger.row("ledger", "ask-oracle")["effect"] == "read"
    with pytest.raises(Usage, match="reserved"):
        ledger.action("ledger", "ask-oracle")


def test_a_row_is_what_published_skills_expect(ledger):
    row = ledger.row("ledger", "create-entry")

    assert (row["id"], row["key"], row["name"], row["effect"]) == (
        "ledger/create-entry",
        "create-entry",
        "Create an entry",
        "create",
    )
    assert row["inputSchema"]["required"] == ["number"]
    assert row["outputSchema"]["properties"]["id"] == {"type": "integer"}
    assert "intents" not in ledger.document("ledger", "create-entry")


def test_no_schema_in_any_row_is_empty(ledger):
    for row in ledger.rows():
        assert row["inputSchema"].get("type") == "object"
        assert row["outputSchema"]


def test_rows_come_in_the_order_of_the_file_and_in_parts(ledger):
    every = [row["key"] for row in ledger.rows("ledger")]

    assert every[:3] == ["get-company", "list-entries", "list-notes"]
    assert len(every) == ledger.count("ledger") == ledger.count()
    parts = [[row["key"] for row in ledger.rows("ledger", limit=5, skip=skip)] for skip in range(0, 100, 5)]
    assert [key for part in parts for key in part] == every


@pytest.mark.parametrize(
    ("intent", "key"),
    [
        ("book a payment", "create-entry"),
        ("show my bookings", "list-entries"),
        ("mail an entry to a customer", "send-entry"),
        ("order a report", "make-report"),
        ("download a report as a file", "download-report"),
        ("strike out", "delete-entry"),
        ("what happened", "list-events"),
        ("upload receipt as a part", "upload-receipt"),
        ("create-entry", "create-entry"),
        ("CREATE AN ENTRY!", "create-entry"),
    ],
)
def test_an_intent_finds_its_action_first(ledger, intent, key):
    assert ledger.rows("ledger", intent)[0]["key"] == key
    assert ledger.rows("", intent, limit=1)[0]["key"] == key


@pytest.mark.parametrize(
    "intent",
    ['"', "'; DROP TABLE action; --", "a OR b NOT", "NEAR(", "*", "\0", "(" * 1000, "x" * 100_000, "name:entry", "-entry"],
)
def test_an_intent_is_words_and_never_a_query(ledger, intent):
    assert isinstance(ledger.rows("ledger", intent), list)
    assert ledger.count("ledger") > 0


@pytest.mark.parametrize(
    ("owner", "intent", "key"),
    [
        ("alegra", "list invoices", "list-invoices"),
        ("alegra", "create a contact", "create-contact"),
        ("clientary", "list clients", "list-clients"),
        ("faktoora", "create product", "create-product"),
        ("faktoora", "delete a customer", "delete-customer"),
    ],
)
def test_a_simple_intent_finds_its_action_in_a_shipped_connector(workspace, owner, intent, key):
    assert workspace.catalog.rows(owner, intent, limit=1)[0]["key"] == key


def test_an_intent_is_also_searched_in_parts(ledger):
    every = [row["key"] for row in ledger.rows("ledger", "entry report")]

    assert len(every) > 4
    assert [row["key"] for row in ledger.rows("ledger", "entry report", limit=2, skip=1)] == every[1:3]


def test_threads_may_share_one(ledger):
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(ledger.rows("ledger", "entry")))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(found)) == 1
    assert len(found) == 8


def test_many_threads_read_one_catalog(ledger):
    found: list[str] = []

    def read() -> None:
        found.extend(ledger.connector("ledger").id for _ in range(60))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == ["ledger"] * 480
