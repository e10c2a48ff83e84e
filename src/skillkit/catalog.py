"""Every connector here, compiled into one read-only file with its search index, and made anew when a connector changes."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from skillkit import VERSION
from skillkit.errors import InvalidConnector, Problem, SkillkitError, UnknownName, Usage

if TYPE_CHECKING:
    from skillkit.connector import Action, Connector

# What a compiled file looks like; another number and it is made anew.
LAYOUT: Final = 3
# What decides what is a connector, and what becomes of it.
MAKERS: Final = ("compile.py", "format.py", "connector.schema.json")
FILE: Final = "catalog.db"
# Beside it, a folder for each connector that the user has given actions of their own.
OWN: Final = "actions"

_TABLES: Final = """
CREATE TABLE stamp (value TEXT);
CREATE TABLE connector (id TEXT PRIMARY KEY, path TEXT, head TEXT, problems TEXT);
CREATE TABLE action (connector TEXT, key TEXT, place INTEGER, featured INTEGER, document TEXT, row TEXT,
    PRIMARY KEY (connector, key)) WITHOUT ROWID;
CREATE TABLE alias (connector TEXT, alias TEXT, key TEXT, PRIMARY KEY (connector, alias)) WITHOUT ROWID;
CREATE TABLE broken_action (connector TEXT, key TEXT, path TEXT, problems TEXT, PRIMARY KEY (connector, key)) WITHOUT ROWID;
CREATE TABLE domain (connector TEXT, place INTEGER, pattern TEXT, PRIMARY KEY (connector, place)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (connector UNINDEXED, key UNINDEXED, name, description, intents, inputs,
    tokenize = 'porter unicode61 remove_diacritics 2');
"""


@dataclass(frozen=True, slots=True)
class Broken:
    """A connector or an own action that is none, and why."""

    id: str
    path: str
    problems: tuple[Problem, ...]


class Catalog:
    """The connectors under some folders, and the user's own actions; what stands first is never shadowed by what comes later."""

    def __init__(self, home: str, folders: Sequence[str]) -> None:
        self.own = os.path.join(home, OWN)
        self._file = os.path.join(home, FILE)
        self._folders = tuple(folders)
        self._lock = RLock()
        self._open: sqlite3.Connection | None = None

    def connectors(self) -> tuple[Connector, ...]:
        """Return every connector that works, by name."""
        from skillkit.connector import connector

        return tuple(
            connector(json.loads(head)) for (head,) in self._rows("SELECT head FROM connector WHERE head != '' ORDER BY id")
        )

    def broken(self) -> tuple[Broken, ...]:
        """Return every connector that does not work."""
        rows = self._rows("SELECT id, path, problems FROM connector WHERE problems != '' ORDER BY id")
        return tuple(Broken(key, path, _problems(found)) for key, path, found in rows)

    def broken_actions(self, connector_id: str = "", key: str = "") -> tuple[Broken, ...]:
        """Return every own action that does not work: of all, of one connector, or the one of a key."""
        asked = "SELECT connector, key, path, problems FROM broken_action WHERE ?1 IN ('', connector) AND ?2 IN ('', key)"
        rows = self._rows(f"{asked} ORDER BY connector, key", connector_id, key)
        return tuple(Broken(f"{owner}/{name}", path, _problems(found)) for owner, name, path, found in rows)

    def domains(self) -> list[tuple[str, str]]:
        """Return which connector an address belongs to: its id, and a domain it declares, such as `{domain}.acme.example`."""
        return self._rows("SELECT connector, pattern FROM domain ORDER BY connector, place")

    def connector(self, key: str) -> Connector:
        """Return a connector by its id, whatever its case."""
        # A list of actions needs none of these values, and they cost more than the list.
        from skillkit.connector import connector

        for head, path, problems in self._rows("SELECT head, path, problems FROM connector WHERE id = ?", key.strip().lower()):
            if not head:
                found = _problems(problems)
                raise InvalidConnector(f"{path} is no connector: {found[0]}", found, hint=f"skillkit connector check {key}")
            return connector(json.loads(head))
        known = [name for (name,) in self._rows("SELECT id FROM connector ORDER BY id")]
        raise UnknownName(f"no connector {key!r} is here", hint=_nearest(key, known, "skillkit connector list"))

    def action(self, connector_id: str, key: str) -> Action:
        """Return one action of a connector, by its key, an older name of it, or its id."""
        from skillkit.connector import action

        document = self.document(connector_id, key)
        if "tool" in document:
            raise Usage(
                f"{connector_id}/{document['key']} runs on the app's own MCP server, which is reserved and not possible yet",
                hint=f"skillkit action list --connector {connector_id} shows what else there is",
            )
        return action(document)

    def document(self, connector_id: str, key: str) -> dict[str, Any]:
        """Return the complete document of one action."""
        key = key.removeprefix(f"{connector_id}/")
        if found := self._found("document", connector_id, key):
            return found
        # One that is broken, or not here, has no actions for that reason.
        self.connector(connector_id)
        for broken in self.broken_actions(connector_id, key):
            raise InvalidConnector(
                f"your own action {broken.id} does not work: {broken.problems[0]}", broken.problems, hint=_mending(broken)
            )
        keys = [name for (name,) in self._rows("SELECT key FROM action WHERE connector = ? ORDER BY place", connector_id)]
        raise UnknownName(
            f"{connector_id} has no action {key!r}",
            hint=_nearest(key, keys, f"skillkit action list --connector {connector_id} --intent '...'"),
        )

    def _found(self, column: str, connector_id: str, key: str) -> dict[str, Any]:
        alias = "SELECT key FROM alias WHERE connector = ?1 AND alias = ?2"
        named = f"SELECT {column} FROM action WHERE connector = ?1 AND key IN (?2, ({alias}))"  # noqa: S608 - our own words
        found: dict[str, Any] = next((json.loads(written) for (written,) in self._rows(named, connector_id, key)), {})
        return found

    def known(self, key: str) -> str:
        """Return the id of a connector that works; say which there are when it is none of them."""
        return self.connector(key).id

    def row(self, connector_id: str, key: str) -> dict[str, Any]:
        """Return what a list says of one action; an own one that does not work says why."""
        key = key.removeprefix(f"{connector_id}/")
        if found := self._found("row", connector_id, key):
            return found
        for broken in self.broken_actions(connector_id, key):
            return _unable(connector_id, key, broken)
        # It is not here, which is for the other question to say.
        return self.document(connector_id, key)

    def owners(self, key: str) -> tuple[str, ...]:
        """Return the connectors that have an action of this key."""
        places = ("action WHERE key", "alias WHERE alias", "broken_action WHERE key")
        named = " UNION ".join(f"SELECT connector FROM {place} = ?1" for place in places)  # noqa: S608 - our own words
        return tuple(name for (name,) in self._rows(f"{named} ORDER BY 1", key))

    def rows(self, connector_id: str = "", intent: str = "", limit: int = -1, skip: int = 0) -> list[dict[str, Any]]:
        """Return the actions of one connector, or of all, the best for `intent` first."""
        asked, named = _asked(intent)
        if asked:
            found = self._rows(
                "SELECT action.row FROM words JOIN action ON action.connector = words.connector AND action.key = words.key"
                " WHERE words MATCH ?1 AND (?2 = '' OR words.connector = ?2)"
                # Whoever says its very name means it. Else, how much a word counts where it stands: the name and the
                # intents say what an action is for; what many people do is meant more often than what few do.
                " ORDER BY action.key != ?3, bm25(words, 0, 0, 3.0, 1.5, 3.0, 0.5) * (1 + 0.25 * action.featured), action.place"
                " LIMIT ?4 OFFSET ?5",
                asked, connector_id, named, limit, skip,
            )  # fmt: skip
        else:
            found = self._rows(
                "SELECT row FROM action WHERE ?1 = '' OR connector = ?1 ORDER BY connector, place LIMIT ?2 OFFSET ?3",
                connector_id, limit, skip,
            )  # fmt: skip
        return [json.loads(row) for (row,) in found]

    def count(self, connector_id: str = "") -> int:
        """Return how many actions there are."""
        return int(self._rows("SELECT count(*) FROM action WHERE ?1 = '' OR connector = ?1", connector_id)[0][0])

    def _read(self, statement: str, values: tuple[Any, ...]) -> list[Any]:
        # One connection serves all threads, and its cache of statements serves them one at a time.
        with self._lock:
            return self._database().execute(statement, values).fetchall()

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        try:
            return self._read(statement, values)
        except sqlite3.DatabaseError:
            # What a disk or a person has damaged is made anew, like what is out of date.
            self.close()
            with suppress(FileNotFoundError):
                os.unlink(self._file)
        try:
            return self._read(statement, values)
        except sqlite3.DatabaseError as error:
            raise SkillkitError(f"{self._file} cannot be read: {error}", hint="try again") from None

    def folder(self, connector_id: str) -> str:
        """Return where a connector that works lies."""
        ((path,),) = self._rows("SELECT path FROM connector WHERE id = ?", self.known(connector_id))
        return str(path)

    def close(self) -> None:
        """Close the file; the next use opens it again, and sees which connectors have changed."""
        if self._open is not None:
            self._open.close()
        self._open = None

    def _database(self) -> sqlite3.Connection:
        if self._open is None:
            self._open = self._fresh()
        return self._open

    def _fresh(self) -> sqlite3.Connection:
        for _ in range(3):
            stamp = _stamp(self._folders, self.own)
            if (found := _current(self._file, stamp)) is not None:
                return found
            # Only whoever finds it out of date compiles, so only then is all that loaded.
            from skillkit.compile import compiled

            _replaced(self._file, stamp, compiled(self._folders, self.own))
            if (found := _current(self._file, stamp)) is not None:
                return found
        raise SkillkitError(f"the connectors that {self._file} is made of change while they are read", hint="try again")


def _problems(written: str) -> tuple[Problem, ...]:
    return tuple(Problem(**entry) for entry in json.loads(written))


def _unable(connector_id: str, key: str, broken: Broken) -> dict[str, Any]:
    error = {
        "message": str(broken.problems[0]),
        "hint": _mending(broken),
        "problems": [one.described() for one in broken.problems],
    }
    named = {"id": broken.id, "key": key, "connectorKey": connector_id}
    return {**named, "state": "CONFIGURATION_ERROR", "layer": "own", "error": error}


def _mending(broken: Broken) -> str:
    return f"skillkit action replace {broken.id} --data JSON, or skillkit action delete {broken.id}"


def _asked(intent: str) -> tuple[str, str]:
    """Return an intent as a question to the index, and as the key of an action that is called so."""
    if not intent:
        return "", ""
    from skillkit import search

    return search.query(intent), "-".join(word for word in search.words(intent[: search.LONGEST]) if word not in search.STOP)


def _nearest(name: str, known: list[str], otherwise: str) -> str:
    # Only an unknown name needs it, and it is slow to import.
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else otherwise


def _stamp(folders: Sequence[str], own: str) -> str:
    """Return what tells whether any file of any connector has changed since it was compiled."""
    seen = [(entry.path, *_state(entry)) for folder in folders for entry in _files(folder, 3)]
    # Two of these may be written within one tick of the file system's clock.
    mine = [(entry.path, *_state(entry), entry.inode()) for entry in _files(own, 1)]
    return json.dumps([LAYOUT, VERSION, _makers(), sorted(seen), sorted(mine)])


def _makers() -> list[tuple[int, int]]:
    """Return what tells whether what compiles has changed: in a checkout it does, and the version stays."""
    here = os.path.dirname(os.path.abspath(__file__))
    found = [os.stat(path) for name in MAKERS if os.path.exists(path := os.path.join(here, name))]
    return [(status.st_mtime_ns, status.st_size) for status in found]


def _state(entry: os.DirEntry[str]) -> tuple[int, int]:
    status = entry.stat(follow_symlinks=False)
    return status.st_mtime_ns, status.st_size


def _files(folder: str, depth: int) -> Iterator[os.DirEntry[str]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False) and depth:
            yield from _files(entry.path, depth - 1)
        elif entry.name.endswith(".yaml"):
            yield entry


def _current(path: str, stamp: str) -> sqlite3.Connection | None:
    if not os.path.isfile(path):
        return None
    # Only with these does a path mean something else inside a URI.
    name = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    database = None
    with suppress(sqlite3.Error):
        database = sqlite3.connect(f"file:{name}?mode=ro", uri=True, check_same_thread=False)
        if database.execute("SELECT value FROM stamp").fetchone() == (stamp,):
            return database
    if database is not None:
        database.close()
    return None


def _replaced(path: str, stamp: str, entries: Iterator[tuple[str, tuple[Any, ...]]]) -> None:
    """Write the compiled file beside the old one and put it in its place: a reader sees one or the other."""
    from skillkit.home import prepare

    fresh = f"{path}.{os.urandom(4).hex()}.part"
    try:
        prepare(os.path.dirname(path))
        with closing(sqlite3.connect(fresh)) as database:
            database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
            for table, row in entries:
                database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608 - our own tables
            database.execute("INSERT INTO stamp VALUES (?)", (stamp,))
            database.commit()
        os.chmod(fresh, stat.S_IRUSR | stat.S_IWUSR)
        os.replace(fresh, path)
    except (OSError, sqlite3.Error) as error:
        raise SkillkitError(f"{path} cannot be written: {error}", hint="set SKILLKIT_HOME to a folder of your own") from None
    finally:
        with suppress(OSError):
            os.unlink(fresh)
