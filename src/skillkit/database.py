"""SQLite files of our own: private, of a schema that is known, and every failure a sentence."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from skillkit import home
from skillkit.errors import SkillkitError

# The library reads SQLite's messages as UTF-8, and they quote what a damaged file holds.
ERRORS = (sqlite3.Error, UnicodeDecodeError)

# For how long one command waits for another to finish writing.
PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Schema:
    """What a database of ours holds, and the number that tells it from any other SQLite file."""

    application: int
    version: int
    tables: tuple[str, ...]
    # Pragmas of every connection, each a statement.
    settings: tuple[str, ...] = ()
    wal: bool = False
    patience: float = PATIENCE


def opened(path: str, schema: Schema) -> sqlite3.Connection:
    """Return a connection to the database at `path`, made where there is none; threads may share it under a lock."""
    home.prepare(os.path.dirname(path))
    _prepare_file(path)
    database = sqlite3.connect(path, timeout=schema.patience, isolation_level=None, check_same_thread=False)
    try:
        for statement in schema.settings:
            database.execute(statement)
        if _version(database) == 0:
            _lay_out(database, path, schema)
        _check(database, path, schema)
    except (*ERRORS, SkillkitError):
        database.close()
        raise
    return database


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Hold the write lock from the first statement on; all of it is kept, or nothing."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    finally:
        if database.in_transaction:
            database.execute("ROLLBACK")


@contextmanager
def failures(path: str) -> Iterator[None]:
    """Turn what SQLite says of the file at `path` into our own error."""
    try:
        yield
    except ERRORS as error:
        raise failure(path, error) from None


def broken(error: Exception) -> bool:
    """Return whether it is the content of the file that makes no sense, and not the disk or another command."""
    # A text that is none has no name among SQLite's failures.
    return getattr(error, "sqlite_errorname", "") in {"", "SQLITE_NOTADB", "SQLITE_CORRUPT"}


def failure(path: str, error: Exception) -> SkillkitError:
    """Return the sentence for what SQLite says of the file at `path`."""
    # SQLite's own words may quote what the file holds, so only the name of the failure is used.
    name = getattr(error, "sqlite_errorname", "")
    for start, (reason, hint) in _REASONS.items():
        if name.startswith(start):
            return SkillkitError(f"{path!r} {reason}", hint=hint)
    return damaged(path)


def damaged(path: str) -> SkillkitError:
    """Return the error for a file whose content makes no sense."""
    return SkillkitError(
        f"{path!r} is damaged, or is not a file of skillkit's",
        hint="put back a copy of it, or move it away and connect again",
    )


# Closing a descriptor drops every lock this process has on the file, SQLite's too: nobody may
# open the file between its making and the closing of the descriptor it was made with.
_making = threading.Lock()


def _prepare_file(path: str) -> None:
    with _making:
        if not home.found(path):
            os.close(home.private_file(path))


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _lay_out(database: sqlite3.Connection, path: str, schema: Schema) -> None:
    with transaction(database):
        if _version(database):
            return
        if database.execute("SELECT 1 FROM sqlite_master").fetchone():
            raise damaged(path)
        for statement in schema.tables:
            database.execute(statement)
        database.execute(f"PRAGMA application_id = {schema.application}")
        database.execute(f"PRAGMA user_version = {schema.version}")


def _check(database: sqlite3.Connection, path: str, schema: Schema) -> None:
    if database.execute("PRAGMA application_id").fetchone()[0] != schema.application:
        raise damaged(path)
    version = _version(database)
    if version > schema.version:
        raise SkillkitError(
            f"{path!r} was written by a newer skillkit: its schema is {version}, and this one reads {schema.version}",
            hint="upgrade skillkit, or set SKILLKIT_HOME to another folder",
        )
    if schema.wal and database.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        _write_ahead(database)


def _write_ahead(database: sqlite3.Connection) -> None:
    try:
        database.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        # Another command is at work, and it or the next one makes the change, which is one for speed alone.
        if error.sqlite_errorname not in {"SQLITE_BUSY", "SQLITE_LOCKED"}:
            raise


_REASONS = {
    "SQLITE_FULL": ("cannot grow: the disk is full", "make room on the disk"),
    "SQLITE_READONLY": ("cannot be written", "make it and its folder writable for you"),
    "SQLITE_BUSY": ("is in use by another command", "try again when that one is done"),
    "SQLITE_LOCKED": ("is in use by another command", "try again when that one is done"),
    "SQLITE_CANTOPEN": ("cannot be opened", "make its folder writable for you"),
    "SQLITE_PERM": ("cannot be opened", "make it and its folder writable for you"),
    "SQLITE_IOERR": ("cannot be read or written: the disk refuses", "look whether the disk is full, or failing"),
}
