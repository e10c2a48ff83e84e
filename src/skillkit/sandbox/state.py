"""What a sandbox remembers: documents by table and id, counters and files, in one SQLite database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS documents (
    place INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (kind, id)
);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY, content BLOB NOT NULL);
"""


class Taken(Exception):
    """There is a document of this id already."""


class State:
    """
    Documents by table and id; safe for threads.

    A document goes in and comes out as a copy: what a caller does with it changes nothing here.
    """

    def __init__(self, path: str = ":memory:") -> None:
        self._lock = RLock()
        self._depth = 0
        # Autocommit: a transaction is what `change` says it is.
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(SCHEMA)

    def add(self, table: str, id: str, document: dict[str, Any]) -> None:  # noqa: A002 - the word of every vendor
        """Keep a new document; `Taken` when there is one of this id."""
        try:
            self._run("INSERT INTO documents (kind, id, body) VALUES (?, ?, ?)", table, id, json.dumps(document))
        except sqlite3.IntegrityError:
            raise Taken(f"{table} has {id!r} already") from None

    def put(self, table: str, id: str, document: dict[str, Any]) -> None:  # noqa: A002 - the word of every vendor
        """Keep a document in the place of the one that had its id; at the end, where there was none."""
        self._run(
            "INSERT INTO documents (kind, id, body) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            *(table, id, json.dumps(document)),
        )

    def find(self, table: str, id: str) -> dict[str, Any] | None:  # noqa: A002 - the word of every vendor
        """Return the document of this id, or None."""
        found = self._run("SELECT body FROM documents WHERE kind = ? AND id = ?", table, id)
        return json.loads(found[0][0]) if found else None

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return all documents of a table, in the order in which they were added."""
        return [json.loads(body) for (body,) in self._run("SELECT body FROM documents WHERE kind = ? ORDER BY place", table)]

    def remove(self, table: str, id: str) -> bool:  # noqa: A002 - the word of every vendor
        """Forget a document; say whether there was one."""
        return bool(self._run("DELETE FROM documents WHERE kind = ? AND id = ? RETURNING place", table, id))

    def next(self, counter: str, start: int = 1) -> int:
        """Return the next number of a counter; the first is `start`."""
        ((value,),) = self._run(
            "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            *(counter, start),
        )
        return int(value)

    def keep(self, name: str, content: bytes) -> None:
        """Keep a file under a name, in the place of the one that had it."""
        self._run("INSERT OR REPLACE INTO files VALUES (?, ?)", name, content)

    def content(self, name: str) -> bytes | None:
        """Return the file of this name, or None."""
        found = self._run("SELECT content FROM files WHERE name = ?", name)
        return bytes(found[0][0]) if found else None

    def empty(self) -> bool:
        """Say whether nothing was ever added."""
        return not self._run("SELECT 1 FROM documents UNION ALL SELECT 1 FROM counters UNION ALL SELECT 1 FROM files LIMIT 1")

    @contextmanager
    def change(self) -> Iterator[None]:
        """
        Make one transaction of all calls inside; an exception takes all of them back.

        It may be nested, and then the outermost decides. Never `await` inside: other requests would join in.
        """
        with self._lock:
            if not self._depth:
                self._database.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._end("ROLLBACK")
                raise
            self._end("COMMIT")

    def close(self) -> None:
        """Let go of the database."""
        with self._lock:
            self._database.close()

    def __del__(self) -> None:
        # A sandbox is dropped as a whole, by a test or at the end; nobody else holds its memory.
        if hasattr(self, "_database"):
            self._database.close()

    def _end(self, word: str) -> None:
        self._depth -= 1
        if not self._depth:
            self._database.execute(word)

    def _run(self, statement: str, *values: str | int | bytes) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()
