"""Connections, runs and pacing on disk, for many commands at once."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields
from typing import Any, TypeVar

from skillkit import database
from skillkit.connection import Connection
from skillkit.errors import Conflict, UnknownName

T = TypeVar("T")

# How many runs are kept.
RUNS = 500

SCHEMA = database.Schema(
    application=0x536B5374,
    version=1,
    tables=(
        "CREATE TABLE connections (position INTEGER PRIMARY KEY, id TEXT UNIQUE, key TEXT UNIQUE, document TEXT)",
        "CREATE TABLE runs (position INTEGER PRIMARY KEY, id TEXT UNIQUE, document TEXT)",
    ),
    settings=("PRAGMA synchronous = NORMAL", "PRAGMA trusted_schema = OFF"),
    wal=True,
)

PACE = database.Schema(
    application=0x536B5061,
    version=1,
    tables=("CREATE TABLE pace (key TEXT PRIMARY KEY, state TEXT) WITHOUT ROWID",),
    # What it holds matters for a minute: a power cut may take it.
    settings=("PRAGMA synchronous = OFF", "PRAGMA trusted_schema = OFF"),
    wal=True,
)

# A run that was forgotten while it ran is remembered again.
_FINISH = """INSERT INTO runs (id, document) VALUES (?, ?)
    ON CONFLICT (id) DO UPDATE SET document = excluded.document"""
_PRUNE = """DELETE FROM runs WHERE position <=
    (SELECT position FROM runs ORDER BY position DESC LIMIT 1 OFFSET ?)"""
_LAST = "SELECT document FROM runs ORDER BY position DESC LIMIT ?"

_NAMES = tuple(field.name for field in fields(Connection))


class Store:
    """The files `store.db` and `pace.db` of a home folder; threads may share it."""

    def __init__(self, home: str) -> None:
        self._store = _File(os.path.join(home, "store.db"), SCHEMA)
        self._pace = _File(os.path.join(home, "pace.db"), PACE)

    def connections(self) -> tuple[Connection, ...]:
        """Return all connections, the oldest first."""
        with self._using() as store:
            rows = store.execute("SELECT document FROM connections ORDER BY position").fetchall()
        return tuple(_connection(self._store.path, row[0]) for row in rows)

    def add(self, connection: Connection) -> None:
        """Keep a new connection; of two commands that add one key, one is refused."""
        self._keep(connection, "INSERT INTO connections (id, key, document) VALUES (:id, :key, :document)")

    def replace(self, connection: Connection) -> None:
        """Keep `connection` in place of the one with its id."""
        if not self._keep(connection, "UPDATE connections SET key = :key, document = :document WHERE id = :id"):
            raise UnknownName(f"no connection {connection.id!r}", hint="skillkit connection list")

    def remove(self, connection_id: str) -> None:
        """Forget the connection, if it is there."""
        with self._using() as store:
            store.execute("DELETE FROM connections WHERE id = ?", (connection_id,))

    def begin_run(self, run_id: str, record: Mapping[str, Any]) -> None:
        """Write down what is about to be done."""
        with self._using() as store:
            try:
                store.execute("INSERT INTO runs (id, document) VALUES (?, ?)", (run_id, _written(record)))
            except sqlite3.IntegrityError:
                raise Conflict(f"run {run_id!r} has begun already") from None

    def finish_run(self, run_id: str, record: Mapping[str, Any]) -> None:
        """Write down what came of it, and forget the oldest runs."""
        with self._using() as store, database.transaction(store):
            store.execute(_FINISH, (run_id, _written(record)))
            store.execute(_PRUNE, (RUNS,))

    def run(self, run_id: str) -> Mapping[str, Any]:
        """Return what was last written of the run."""
        with self._using() as store:
            row = store.execute("SELECT document FROM runs WHERE id = ?", (run_id,)).fetchone()
        if row is None:
            raise UnknownName(f"no run {run_id!r}; the last {RUNS} are kept", hint="skillkit run list")
        return _read(self._store.path, row[0])

    def runs(self, limit: int) -> tuple[Mapping[str, Any], ...]:
        """Return the last `limit` runs, the newest first."""
        with self._using() as store:
            # SQLite takes a negative limit for none at all.
            rows = store.execute(_LAST, (max(limit, 0),)).fetchall()
        return tuple(_read(self._store.path, row[0]) for row in rows)

    def change(self, table_key: str, step: Callable[[str], tuple[str, T]]) -> T:
        """
        Replace the text under `table_key` by what `step` makes of it, and return what else it says.

        Nobody else reads or writes between the two, so `step` must be quick; a text that is not there is empty.
        """
        try:
            return self._changed(table_key, step)
        except database.ERRORS as error:
            if not database.broken(error):
                raise database.failure(self._pace.path, error) from None
        # A power cut may have broken what is not synced to the disk, and nothing in there is worth a complaint.
        self._pace.discard()
        with database.failures(self._pace.path):
            return self._changed(table_key, step)

    def close(self) -> None:
        """Close the files; the next use opens them again."""
        self._store.close()
        self._pace.close()

    def _keep(self, connection: Connection, statement: str) -> int:
        document = _written({name: getattr(connection, name) for name in _NAMES})
        with self._using() as store:
            try:
                cursor = store.execute(statement, {"id": connection.id, "key": connection.key, "document": document})
            except sqlite3.IntegrityError:
                raise Conflict(
                    f"there is a connection {connection.key!r} already",
                    hint="skillkit connection list shows it; choose another key for this one",
                ) from None
            return cursor.rowcount

    def _changed(self, table_key: str, step: Callable[[str], tuple[str, T]]) -> T:
        with self._pace.used() as pace, database.transaction(pace):
            row = pace.execute("SELECT state FROM pace WHERE key = ?", (table_key,)).fetchone()
            before = row[0] if row else ""
            after, answer = step(before)
            if after != before:
                pace.execute("INSERT OR REPLACE INTO pace VALUES (?, ?)", (table_key, after))
        return answer

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with database.failures(self._store.path), self._store.used() as store:
            yield store


class _File:
    """One database, opened by its first use, for one thread at a time."""

    def __init__(self, path: str, schema: database.Schema) -> None:
        self.path = path
        self._schema = schema
        self._lock = threading.RLock()
        self._database: sqlite3.Connection | None = None

    @contextmanager
    def used(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._database is None:
                self._database = database.opened(self.path, self._schema)
            yield self._database

    def close(self) -> None:
        with self._lock:
            if self._database is not None:
                self._database.close()
            self._database = None

    def discard(self) -> None:
        with self._lock:
            self.close()
            for suffix in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    os.unlink(self.path + suffix)


def _written(record: Mapping[str, Any]) -> str:
    # A mapping that is not a dict, such as a read-only one, is written as one.
    return json.dumps(record, separators=(",", ":"), default=dict)


def _read(path: str, document: str) -> dict[str, Any]:
    try:
        record = json.loads(document)
    except (ValueError, TypeError):
        raise database.damaged(path) from None
    if not isinstance(record, dict):
        raise database.damaged(path)
    return record


def _connection(path: str, document: str) -> Connection:
    record = _read(path, document)
    try:
        # A newer skillkit may have written more than this one knows.
        return Connection(**{name: record[name] for name in _NAMES if name in record})
    except TypeError:
        raise database.damaged(path) from None
