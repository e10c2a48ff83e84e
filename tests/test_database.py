"""SQLite files of our own, and what stands in the way of using one."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
from contextlib import closing

import pytest

from skillkit import database
from skillkit.errors import SkillkitError

SCHEMA = database.Schema(application=7, version=2, tables=("CREATE TABLE t (a TEXT)",), wal=True)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "home" / "it.db")


def use(path, statement="SELECT a FROM t", *values, schema=SCHEMA):
    with database.failures(path), closing(database.opened(path, schema)) as opened:
        return opened.execute(statement, values).fetchall()


def change(path, *statements):
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        for statement in statements:
            raw.execute(statement)


@pytest.mark.skipif(os.name == "nt", reason="SKIPPED: Windows has no modes to check")
def test_every_file_of_it_is_private_whatever_the_umask(path):
    before = os.umask(0)
    try:
        with closing(database.opened(path, SCHEMA)) as opened:
            opened.execute("INSERT INTO t VALUES ('a')")
            folder = os.path.dirname(path)
            modes = {name: stat.S_IMODE(os.lstat(f"{folder}/{name}").st_mode) for name in os.listdir(folder)}
    finally:
        os.umask(before)

    assert modes == {"it.db": 0o600, "it.db-wal": 0o600, "it.db-shm": 0o600}


def test_it_is_laid_out_once(path):
    use(path, "INSERT INTO t VALUES ('a')")

    assert use(path) == [("a",)]


def test_a_newer_schema_is_refused_by_number(path):
    use(path)
    change(path, "PRAGMA user_version = 3")

    with pytest.raises(SkillkitError, match="its schema is 3, and this one reads 2") as refused:
        use(path)
    assert "upgrade skillkit" in refused.value.hint


@pytest.mark.parametrize("version", [0, 2])
def test_a_database_of_another_program_is_left_alone(path, version):
    os.makedirs(os.path.dirname(path), 0o700)
    change(path, "CREATE TABLE t (a)", "INSERT INTO t VALUES ('theirs')", f"PRAGMA user_version = {version}")
    os.chmod(path, 0o600)

    with pytest.raises(SkillkitError, match="is damaged, or is not a file of skillkit's"):
        use(path)

    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT a FROM t").fetchall() == [("theirs",)]
        assert raw.execute("PRAGMA application_id").fetchone() == (0,)


def test_a_file_that_is_no_database_is_damaged(path):
    os.makedirs(os.path.dirname(path), 0o700)
    os.close(os.open(path, os.O_CREAT, 0o600))
    with open(path, "wb") as file:
        file.write(b"no database at all" * 100)

    with pytest.raises(SkillkitError, match="is damaged"):
        use(path)


def test_no_error_quotes_what_the_file_holds(path):
    use(path, "INSERT INTO t VALUES (CAST(x'63616e617279ff' AS TEXT))")

    with pytest.raises(SkillkitError) as refused:
        use(path)

    assert "canary" not in refused.value.message
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_a_transaction_keeps_all_or_nothing(path):
    with closing(database.opened(path, SCHEMA)) as opened:

        def failing():
            with database.transaction(opened):
                opened.execute("INSERT INTO t VALUES ('a')")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            failing()
        with database.transaction(opened):
            opened.execute("INSERT INTO t VALUES ('b')")

    assert use(path) == [("b",)]


def test_a_file_that_another_command_holds_is_said_to_be_in_use(path):
    impatient = database.Schema(**{name: getattr(SCHEMA, name) for name in SCHEMA.__slots__} | {"patience": 0.01})
    with closing(database.opened(path, SCHEMA)) as other, database.transaction(other):
        other.execute("INSERT INTO t VALUES ('a')")
        with pytest.raises(SkillkitError, match="in use by another command"):
            use(path, "INSERT INTO t VALUES ('b')", schema=impatient)


def run(script, *arguments):
    command = [sys.executable, "-c", textwrap.dedent(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


FULL = """
    import resource, sys
    from skillkit import database
    from skillkit.errors import SkillkitError
    schema = database.Schema(application=7, version=2, tables=("CREATE TABLE t (a TEXT)",), wal={wal})
    database.opened(sys.argv[1], schema).close()
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    try:
        with database.failures(sys.argv[1]):
            opened = database.opened(sys.argv[1], schema)
            opened.execute("PRAGMA max_page_count = {pages}")
            opened.execute("INSERT INTO t VALUES (hex(zeroblob(100000)))")
    except SkillkitError as error:
        print(error.message, "|", error.hint)
"""


@pytest.mark.skipif(os.name == "nt", reason="SKIPPED: Windows has no file size limit")
@pytest.mark.parametrize("wal", [True, False])
@pytest.mark.parametrize(("pages", "expected"), [(5, "the disk is full | make room"), (9999, "disk")])
def test_a_full_disk_is_a_sentence_and_what_was_there_stays(path, wal, pages, expected):
    said = run(FULL.format(wal=wal, pages=pages), path)

    assert expected in said.stdout
    assert said.stderr == ""
    assert use(path) == []


READ_ONLY = """
    import os, shutil, sys, tempfile
    from skillkit import database
    from skillkit.errors import SkillkitError
    schema = database.Schema(application=7, version=2, tables=("CREATE TABLE t (a TEXT)",), wal={wal})
    above = tempfile.mkdtemp()
    os.chmod(above, 0o755)
    path = above + "/home/it.db"
    database.opened(path, schema).close()
    if os.geteuid() == 0:
        # Root is not stopped by a mode, so this becomes somebody who is.
        for name in (path, above + "/home"):
            os.chown(name, 65534, 65534)
        left = os.fork()
        if left:
            os.waitpid(left, 0)
            shutil.rmtree(above)
            raise SystemExit
        os.setresuid(65534, 65534, 65534)
    os.chmod(path, {file:#o})
    os.chmod(above + "/home", {folder:#o})
    try:
        with database.failures(path):
            opened = database.opened(path, schema)
            opened.execute("INSERT INTO t VALUES ('a')")
    except SkillkitError as error:
        print(error.message, "|", error.hint, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="SKIPPED: Windows has no modes to check")
@pytest.mark.parametrize("wal", [True, False])
@pytest.mark.parametrize(
    ("file", "folder", "expected"),
    [(0o600, 0o500, "writable"), (0o400, 0o700, "cannot be written | make it and its folder writable")],
)
def test_a_disk_that_cannot_be_written_is_a_sentence(wal, file, folder, expected):
    said = run(READ_ONLY.format(wal=wal, file=file, folder=folder))

    assert said.stderr == ""
    assert expected in said.stdout


MAKER = """
    import sys
    from skillkit import database
    from test_database import SCHEMA, use
    print("ready", flush=True)
    sys.stdin.readline()
    use(sys.argv[1], "INSERT INTO t VALUES (?)", sys.argv[2])
"""


def test_many_commands_can_make_it_at_once(path):
    command = [sys.executable, "-c", textwrap.dedent(MAKER), path]
    here = {**os.environ, "PYTHONPATH": os.pathsep.join([os.path.dirname(__file__), *sys.path])}
    makers = [
        subprocess.Popen([*command, str(number)], stdin=-1, stdout=-1, stderr=-1, text=True, env=here) for number in range(4)
    ]
    for maker in makers:
        maker.stdout.readline()
    for maker in makers:
        maker.stdin.write("go\n")
        maker.stdin.flush()

    assert [maker.communicate()[1] for maker in makers] == [""] * 4
    assert sorted(use(path)) == [("0",), ("1",), ("2",), ("3",)]
