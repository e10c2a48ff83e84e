"""Credentials at rest: every field sealed under a key of the file, which is sealed under a key that lies elsewhere."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from skillkit import database, home, keys
from skillkit.errors import Conflict, ConnectionNotReady, SkillkitError
from skillkit.keys import Keeper
from skillkit.secret import Secret

NONCE = 12

# How many records `rekey` changes at a time: others read and write in between.
BATCH = 100

SCHEMA = database.Schema(
    application=0x536B5661,
    version=1,
    tables=(
        "CREATE TABLE vault (id INTEGER PRIMARY KEY CHECK (id = 1), store BLOB, backend TEXT, note TEXT)",
        "CREATE TABLE retired (backend TEXT, note TEXT)",
        "CREATE TABLE keys (version INTEGER PRIMARY KEY, sealed BLOB NOT NULL)",
        """CREATE TABLE records (connection TEXT, field TEXT, version INTEGER NOT NULL, sealed BLOB NOT NULL,
        PRIMARY KEY (connection, field)) WITHOUT ROWID""",
    ),
    settings=(
        # EXTRA is FULL, and the folder synced after a commit: `rotate` destroys the old key on the strength of it.
        "PRAGMA synchronous = EXTRA",
        "PRAGMA secure_delete = ON",
        "PRAGMA trusted_schema = OFF",
    ),
    # The first writer may be making a key in a slow keyring.
    patience=4 * keys.PROBE,
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A value as the file holds it."""

    connection: str
    field: str
    version: int
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """What was read of the file at one moment."""

    store: bytes
    keeper: Keeper
    # Sealed too, by version; the newest seals what is written now.
    keys: Mapping[int, bytes]
    records: tuple[Sealed, ...] = ()


def bound(*parts: str | bytes | int) -> bytes:
    """Return what a ciphertext is bound to; each part after its length, so that no other parts give the same."""
    encoded = [part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass") for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def seal(key: bytes, plain: bytes, place: bytes) -> bytes:
    """Return `plain` so that only `key` opens it, and only where `place` is the same."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, place)


def unseal(key: bytes, sealed: bytes, place: bytes) -> bytes | None:
    """Return what was sealed, or None when anything about it is not as it was."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], place)
    except (InvalidTag, ValueError, TypeError):
        return None


class Vault:
    """The file `vault.db` of a home folder; it is open only while a method runs."""

    def __init__(
        self,
        home: str,
        *,
        ask: Callable[[], str] = keys.ask_passphrase,
        notice: Callable[[str], None] = keys.say,
        keyring: Callable[[], keys.Keyring] = keys.system_keyring,
    ) -> None:
        self._path = os.path.join(home, "vault.db")
        self._around = keys.Surroundings(home, ask, notice, keyring)
        # Nobody is asked twice for one key: neither by two threads nor by two calls.
        self._asking = threading.RLock()
        self._fetched: dict[Keeper, bytes] = {}

    def init(self, backend: str = "auto", *, passphrase: str = "") -> str:
        """Make the vault if there is none, and return by what its key is kept; to ask for anything else is refused."""
        content = self._content()
        if content is None:
            chosen = keys.choose(backend, self._around)
            if chosen == "passphrase":
                # Before the file is locked: asking takes a person's time.
                passphrase = passphrase or self._around.ask()
            content = self._make(chosen, passphrase)
        kept = content.keeper.backend
        if backend not in {"auto", kept}:
            raise Conflict(
                f"the vault in {self._around.home!r} is there already, its key kept by {kept!r}",
                hint="skillkit vault rotate changes by what it is kept",
            )
        return kept

    def put(self, connection: str, fields: Mapping[str, str]) -> None:
        """Keep `fields`, and nothing else, for `connection`."""
        self.init()
        # Before the file is locked: asking takes a person's time.
        self._there(self._unlocked())
        with self._writing() as vault:
            content = self._there(self._read(vault))
            version, key = max(self._opened(content).items())
            vault.execute("DELETE FROM records WHERE connection = ?", (connection,))
            for field, value in fields.items():
                place = bound("record", content.store, connection, field, version)
                sealed = seal(key, value.encode("utf-8", "surrogatepass"), place)
                vault.execute("INSERT INTO records VALUES (?, ?, ?, ?)", (connection, field, version, sealed))

    def credential(self, connection: str) -> Mapping[str, Secret]:
        """Return every field that is kept for `connection`."""
        content = self._unlocked("WHERE connection = ?", connection)
        if content is None or not content.records:
            raise ConnectionNotReady(
                f"connection {connection!r} has no credential", hint=f"skillkit connect --connectionId {connection}"
            )
        opened = self._opened(content)
        return {record.field: Secret(_value(content.store, opened, record)) for record in content.records}

    def drop(self, connection: str) -> None:
        """Forget what is kept for `connection`, if anything is."""
        if self._content() is None:
            return
        with self._writing() as vault:
            vault.execute("DELETE FROM records WHERE connection = ?", (connection,))

    def secrets(self) -> tuple[Secret, ...]:
        """Return every value that is kept; it opens them all."""
        content = self._unlocked("WHERE true")
        if content is None:
            return ()
        opened = self._opened(content)
        return tuple(Secret(_value(content.store, opened, record)) for record in content.records)

    def rotate(self, backend: str = "", *, passphrase: str = "") -> str:
        """
        Have the vault opened by a new key, kept by `backend` or as until now; the old key opens nothing afterwards.

        The records stay as they are, so it takes no longer for many.
        """
        before = self._there(self._unlocked())
        chosen = keys.choose(backend or before.keeper.backend, self._around)
        # It is on the disk before anything needs it, and what is there now stays until nothing does.
        keeper, key = keys.make(chosen, self._around, passphrase)
        with self._writing() as vault:
            content = self._there(self._read(vault))
            if content.keeper != before.keeper:
                raise Conflict("another command has rotated the vault meanwhile", hint="its new key is in force")
            for version, opened in self._opened(content).items():
                sealed = seal(key, opened, bound("key", content.store, version))
                vault.execute("UPDATE keys SET sealed = ? WHERE version = ?", (sealed, version))
            vault.execute("UPDATE vault SET backend = ?, note = ?", (keeper.backend, keeper.note))
            vault.execute("INSERT INTO retired VALUES (?, ?)", (before.keeper.backend, before.keeper.note))
        self._fetched[keeper] = key
        self._fetched.pop(before.keeper, None)
        self._destroy_retired()
        return chosen

    def rekey(self) -> int:
        """
        Seal every record under a new key and return its version; one that was interrupted is completed by the next.

        Records stay readable meanwhile: the old key goes when nothing is sealed under it any more.
        """
        self._there(self._unlocked())
        with self._writing() as vault:
            content = self._there(self._read(vault))
            self._opened(content)
            version = max(content.keys) + 1
            own = self._fetched[content.keeper]
            sealed = seal(own, AESGCM.generate_key(256), bound("key", content.store, version))
            vault.execute("INSERT INTO keys VALUES (?, ?)", (version, sealed))
        while self._rekey_some(version):
            pass
        with self._writing() as vault:
            vault.execute("DELETE FROM keys WHERE version < ?", (version,))
        return version

    def _rekey_some(self, version: int) -> bool:
        with self._writing() as vault:
            content = self._there(self._read(vault, f"WHERE version < ? LIMIT {BATCH}", version))
            opened = self._opened(content)
            for record in content.records:
                value = _value(content.store, opened, record)
                place = bound("record", content.store, record.connection, record.field, version)
                sealed = seal(opened[version], value.encode("utf-8", "surrogatepass"), place)
                vault.execute(
                    "UPDATE records SET version = ?, sealed = ? WHERE connection = ? AND field = ?",
                    (version, sealed, record.connection, record.field),
                )
        return bool(content.records)

    def _make(self, backend: str, passphrase: str) -> Content:
        with self._writing() as vault:
            # Another command may have been faster: then its vault is the one.
            if content := self._read(vault):
                return content
            if vault.execute("SELECT 1 FROM keys UNION SELECT 1 FROM records").fetchone():
                raise database.damaged(self._path)
            keeper, key = keys.make(backend, self._around, passphrase)
            store = os.urandom(16)
            sealed = seal(key, AESGCM.generate_key(256), bound("key", store, 1))
            vault.execute("INSERT INTO vault VALUES (1, ?, ?, ?)", (store, keeper.backend, keeper.note))
            vault.execute("INSERT INTO keys VALUES (1, ?)", (sealed,))
        self._fetched[keeper] = key
        return Content(store, keeper, {1: sealed})

    def _destroy_retired(self) -> None:
        with self._connected() as vault:
            retired = vault.execute("SELECT backend, note FROM retired").fetchall()
        for backend, note in retired:
            if not keys.forget(Keeper(backend, note), self._around):
                self._around.notice(f"an old key of the vault is still in the {backend}, as {note}: remove it")
                continue
            with self._writing() as vault:
                vault.execute("DELETE FROM retired WHERE backend = ? AND note = ?", (backend, note))

    def _opened(self, content: Content) -> Mapping[int, bytes]:
        """Return the keys of the records; whoever keeps the vault's own key is asked for it once."""
        with self._asking:
            key = self._fetched.get(content.keeper)
            if key is None:
                key = keys.fetch(content.keeper, self._around)
            opened = {
                version: unseal(key, sealed, bound("key", content.store, version)) for version, sealed in content.keys.items()
            }
            fitting = {version: value for version, value in opened.items() if value is not None}
            if len(fitting) < len(opened):
                self._fetched.pop(content.keeper, None)
                raise SkillkitError(
                    keys.BACKENDS[content.keeper.backend].misfit, hint="use the one that the vault was closed with last"
                )
            self._fetched[content.keeper] = key
            return fitting

    def _unlocked(self, which: str = "WHERE false", *values: Any) -> Content | None:
        """Return what `_content` does, its key at hand; without a record that was asked for, nobody is asked for the key."""
        while content := self._content(which, *values):
            if values and not content.records:
                return content
            try:
                self._opened(content)
            except SkillkitError:
                now = self._content()
                # Another command may have rotated the vault since it was read: then the new key is the one to ask for.
                if now is None or now.keeper == content.keeper:
                    raise
                continue
            return content
        return None

    def _there(self, content: Content | None) -> Content:
        if content is None:
            raise SkillkitError(f"there is no vault in {self._around.home!r}", hint="skillkit vault init")
        return content

    def _content(self, which: str = "WHERE false", *values: Any) -> Content | None:
        if not home.found(self._path):
            return None
        with self._connected() as vault:
            # One moment for the keys and the records: a rekey may be under way.
            vault.execute("BEGIN")
            return self._read(vault, which, *values)

    def _read(self, vault: sqlite3.Connection, which: str = "WHERE false", *values: Any) -> Content | None:
        head = vault.execute("SELECT store, backend, note FROM vault").fetchone()
        if head is None:
            return None
        store, backend, note = head
        sealed = dict(vault.execute("SELECT version, sealed FROM keys").fetchall())
        # A column of SQLite holds values of any type: whoever can write the file can put one in.
        if not (isinstance(store, bytes) and isinstance(backend, str) and isinstance(note, str) and sealed):
            raise database.damaged(self._path)
        rows = vault.execute(f"SELECT connection, field, version, sealed FROM records {which}", values)  # noqa: S608
        return Content(store, Keeper(backend, note), sealed, tuple(Sealed(*row) for row in rows))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._connected() as vault, database.transaction(vault):
            yield vault

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with database.failures(self._path), closing(database.opened(self._path, SCHEMA)) as vault:
            yield vault


def _value(store: bytes, opened: Mapping[int, bytes], record: Sealed) -> str:
    place = bound("record", store, record.connection, record.field, record.version)
    value = unseal(opened[record.version], record.sealed, place) if record.version in opened else None
    if value is None or not isinstance(record.field, str):
        raise SkillkitError(
            f"field {record.field!r} of connection {record.connection!r} is not what skillkit put into the vault",
            hint=f"somebody changed vault.db; to sign in again: skillkit connect --connectionId {record.connection}",
        )
    return value.decode("utf-8", "surrogatepass")
