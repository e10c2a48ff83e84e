"""Connectors against the sandboxes, through the real runner and proxy and with no socket: the stage, and the steps of a scene."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlsplit

from jsonschema import Draft202012Validator

from skillkit import accounts, calls
from skillkit.calls import Call, Ran
from skillkit.compile import sources
from skillkit.connecting import SignIn
from skillkit.document import at
from skillkit.errors import SkillkitError
from skillkit.format import complete, merged
from skillkit.network import Answer, Stream, Wire
from skillkit.sandbox.faktoora import papers
from skillkit.sandbox.faktoora.app import app as faktoora
from skillkit.sandbox.faktoora.call import Tools
from skillkit.sandbox.faktoora.papers import Files
from skillkit.sandbox.state import State
from skillkit.sandbox.vendor import Settings
from skillkit.sandbox.vendors import vendor
from skillkit.workspace import Workspace, shipped
from tests.wire import Clock

FICTIONAL = Path(__file__).parent / "data" / "connectors"
EMPTY: Mapping[str, Any] = MappingProxyType({})

# A Monday; what is seeded lies around the real today, and no scene depends on it.
MORNING = 1_772_442_000.0
TODAY = "2026-03-02"


@cache
def actions(connector: str) -> dict[str, dict[str, Any]]:
    """Return the complete document of each action of a connector."""
    _, found = complete(merged(sources(os.path.join(shipped(), connector))).document)  # type: ignore[arg-type]
    return found


@cache
def _papers(given: str) -> Files:
    return papers.make(json.loads(given))


# Long work is done at once, since a clock that does not tick would not wait for a thread; and the same invoice is made once.
TOOLS = Tools(make=lambda given: _papers(json.dumps(given)), start=lambda _, job: job())
APPS: Mapping[str, Callable[[State, Settings], Any]] = {"faktoora": lambda state, settings: faktoora(state, settings, TOOLS)}

# The seat of the network.


class Sandboxes:
    """The seat of the network: each host is the sandbox of one vendor, in this process."""

    def __init__(self, now: Callable[[], float], folder: Path) -> None:
        self._now = now
        self._folder = folder
        self._loop = asyncio.Runner()
        self._apps: dict[str, Any] = {}
        self._states: dict[str, State] = {}
        self.statuses: list[int] = []

    def open(self, host: str, key: str, options: Mapping[str, str] = EMPTY) -> None:
        """Let a host be a fresh sandbox with the vendor's demo records, or those that were there at `keep`."""
        start, here = self._folder / f"{key}-start.db", self._folder / f"{key}.db"
        if not start.exists():
            state = State(str(start))
            with state.change():
                vendor(key).seed(state)
            self._app(key, state, options)
            state.close()
        self._closed(host)
        shutil.copyfile(start, here)
        self._states[host] = State(str(here))
        self._apps[host] = self._app(key, self._states[host], options)

    def keep(self, host: str, key: str) -> None:
        """Begin from here when the sandbox is opened again."""
        self._closed(host)
        shutil.copyfile(self._folder / f"{key}.db", self._folder / f"{key}-start.db")

    def _app(self, key: str, state: State, options: Mapping[str, str]) -> Any:
        return APPS.get(key, vendor(key).app)(state, Settings(self._now, options))

    def _closed(self, host: str) -> None:
        if host in self._states:
            self._states.pop(host).close()

    def exchange(self, wire: Wire) -> Answer:
        body = b"".join(wire.body.open()) if isinstance(wire.body, Stream) else wire.body
        status, headers, content = self._loop.run(self._asked(wire, body))
        self.statuses.append(status)
        return Answer(status, headers, iter([content] if content else []))

    async def _asked(self, wire: Wire, body: bytes) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        parts = urlsplit(wire.url)
        waiting: list[dict[str, Any]] = [{"type": "http.request", "body": body}]
        heard: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            heard.append(message)

        sized = {"content-length": str(len(body))} if body or wire.method not in {"GET", "HEAD"} else {}
        named = [("host", parts.netloc), *sized.items(), *wire.headers]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": parts.scheme,
            "method": wire.method,
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in named],
            "client": ("127.0.0.1", 1),
            "server": (parts.hostname, parts.port or 443),
        }
        await self._apps[parts.netloc](scope, receive, send)
        headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in heard[0]["headers"])
        return heard[0]["status"], headers, b"".join(message.get("body", b"") for message in heard[1:])

    def close(self) -> None:
        for state in self._states.values():
            state.close()
        self._loop.close()


@dataclass(frozen=True, slots=True)
class Stage:
    """A home with an account at one vendor's sandbox, and the folder where files lie."""

    connector: str
    space: Workspace
    sandboxes: Sandboxes
    clock: Clock
    host: str
    options: Mapping[str, str]

    def run(self, action: str, given: Mapping[str, Any]) -> Ran:
        return calls.perform(self.space, Call(action, given, self.connector))

    def outcome(self, action: str, given: Mapping[str, Any]) -> Ran | SkillkitError:
        """Return what an action gave, or the error it ended in."""
        try:
            return self.run(action, given)
        except SkillkitError as error:
            return error

    def afresh(self) -> None:
        """Begin again with what was there at first, or at `keep`; the connection stays."""
        self.sandboxes.open(self.host, self.connector, self.options)
        self.sandboxes.statuses.clear()

    def keep(self) -> None:
        """Let what is there now be there whenever it begins again."""
        self.sandboxes.keep(self.host, self.connector)
        self.afresh()


@contextmanager
def staged(
    home: Path, furnished: Path, connector: str, options: Mapping[str, str] = EMPTY, params: Mapping[str, str] = EMPTY
) -> Iterator[Stage]:
    """Connect an account at the sandbox of `connector`; no time passes but what somebody waits."""
    shutil.copytree(furnished, home)
    clock = Clock()
    clock.time = MORNING
    sandboxes = Sandboxes(clock.now, home)
    space = Workspace(
        str(home),
        folders=(shipped(), str(FICTIONAL)),
        network=sandboxes,
        sleep=clock.sleep,
        now=clock.now,
        chance=lambda: 0.5,
    )
    found = vendor(connector)
    try:
        said = SignIn(connector, dict(found.credential), params={**found.params, **params}, key=connector, check=False)
        made = accounts.connect(space, said)
        host = urlsplit(made.origin).netloc
        sandboxes.open(host, connector, options)
        # Signing in again asks the app whether it takes the credential.
        made = accounts.connect(space, SignIn(connector, dict(found.credential)), made.key)
        assert made.state == "READY"
        yield Stage(connector, space, sandboxes, clock, host, options)
    finally:
        space.close()
        sandboxes.close()


# Scenes.

# The name of an earlier output, in a document's text.
REFERENCE = re.compile(r'"[$]([a-z-]+)')


@dataclass(frozen=True, slots=True)
class Step:
    """
    One call of an action, and what must hold of its output.

    A text "$name.path" in the input, or in what is expected, is a place in the output that an earlier step kept as `name`.
    """

    action: str
    given: Mapping[str, Any] = field(default_factory=dict)
    # Under which name the output is kept. Every input of a step that writes and keeps must come back, if anything does.
    keep: str = ""
    # All that was sent for the record of this name, until now, must be in the output; of a list, in the row with its id.
    like: str = ""
    # The record of this name must be in no row.
    gone: str = ""
    # What must be at a path of the output: a value, or a function that says whether it is right.
    holds: Mapping[str, Any] = field(default_factory=dict)
    # The kind of the error that must come.
    error: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """Steps that belong together, on a sandbox of their own."""

    name: str
    steps: Sequence[Step]
    options: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Script:
    """The scenes of a connector; where an app gives a field back under another name, and what it never gives back."""

    scenes: Sequence[Scene]
    # By the name that was sent, or "action:name", the path in the output.
    renamed: Mapping[str, str] = field(default_factory=dict)
    # What an app takes and does not show: "name", or "action:name" of the action that sends or shows; "action:*" shows nothing.
    unsaid: frozenset[str] = frozenset()
    files: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)


def played(stage: Stage, script: Script, scene: Scene) -> None:
    """Play a scene on a stage, in the current folder."""
    lay(script)
    Player(stage, script).play(scene)


def lay(script: Script) -> None:
    """Put the files of a script into the current folder."""
    for name, content in script.files.items():
        Path(name).write_bytes(content())


class Player:
    """Remembers what was kept in a scene, and what was sent for it."""

    def __init__(self, stage: Stage, script: Script) -> None:
        self.stage = stage
        self.script = script
        self.kept: dict[str, Any] = {}
        self.sent: dict[str, dict[str, Any]] = {}

    def play(self, scene: Scene) -> None:
        for number, step in enumerate(scene.steps):
            self._step(step, f"{scene.name}, step {number}, {step.action}")

    def furnish(self) -> None:
        """Only create what the scenes create, as far as that works in one account, so that every kind of record is there."""
        steps = [step for scene in self.script.scenes if not scene.params for step in scene.steps]
        for step in steps:
            wanted = step.keep and not step.error and step.action.startswith(("create-", "get-", "import-", "list-", "upload-"))
            if not wanted or not set(REFERENCE.findall(json.dumps(step.given))) <= self.kept.keys():
                continue
            # An earlier scene made the same one, and that is kept.
            with suppress(SkillkitError):
                self.kept[step.keep] = self.stage.run(step.action, self._filled(step.given)).output

    def _step(self, step: Step, where: str) -> None:
        given = self._filled(step.given)
        ran = self.stage.outcome(step.action, given)
        if isinstance(ran, SkillkitError):
            assert ran.kind == step.error, f"{where}: {ran.described()} {given}"
            return
        assert not step.error, f"{where}: {step.error} was expected, and not {ran.output}"
        assert ran.warnings == (), f"{where}: {ran.warnings}"
        assert misfits(self.stage.connector, step.action, ran.output) == [], where
        if step.keep:
            self._keep(step, given, ran.output, where)
        made = step.keep if ran.output and actions(self.stage.connector)[step.action]["effect"] != "read" else ""
        for name in filter(None, (step.like, made)):
            lost = self._lost(step.action, name, self._row(ran.output, name, where))
            assert lost == [], f"{where}: {lost}"
        if step.gone:
            assert identity(self.kept[step.gone]) not in map(identity, ran.output["items"]), where
        for path, wanted in self._filled(step.holds).items():
            found = at(ran.output, path) if path else ran.output
            right = wanted(found) if callable(wanted) else same(wanted, found)
            assert right, f"{where}: {path} is {found!r}, not {wanted!r}: {ran.output}"

    def _keep(self, step: Step, given: dict[str, Any], output: Any, where: str) -> None:
        if step.keep not in self.kept:
            reads = actions(self.stage.connector)[step.action]["effect"] == "read"
            assert output or reads, f"{where}: nothing came back"
            self.sent[step.keep] = {}
        # What is answered by nothing is still what it was.
        self.kept[step.keep] = output or self.kept.get(step.keep, output)
        in_path = set(re.findall(r"\{(\w+)\}", actions(self.stage.connector)[step.action]["request"]))
        fields = {name: value for name, value in given.items() if name not in in_path}
        self.sent[step.keep] |= {f"{step.action}:{name}": value for name, value in fields.items()}
        # What is sent again counts as it was sent last.
        for word in list(self.sent[step.keep]):
            sender, _, name = word.partition(":")
            if name in fields and sender != step.action:
                del self.sent[step.keep][word]

    def _row(self, output: Any, name: str, where: str) -> Any:
        if not (isinstance(output, dict) and "items" in output and "has_more" in output):
            return output
        known = identity(self.kept[name])
        found = [row for row in output["items"] if identity(row) == known]
        assert len(found) == 1, f"{where}: {known} is in {len(found)} rows of {output}"
        return found[0]

    def _lost(self, action: str, name: str, row: Any) -> list[str]:
        """Return what was sent and did not come back."""
        lost = []
        for word, value in self.sent[name].items():
            field_name = word.partition(":")[2]
            here = f"{action}:{field_name}"
            if {word, here, field_name, f"{action}:*"} & self.script.unsaid:
                continue
            renamed = self.script.renamed
            path = renamed.get(here) or renamed.get(word) or renamed.get(field_name, field_name)
            found = row if path == "." else at(row, path)
            if not same(value, found):
                lost.append(f"{word} was sent as {value!r} and is {found!r} at {path}")
        return lost

    def _filled(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("$"):
            name, _, path = value[1:].partition(".")
            found = at(self.kept[name], path)
            assert found is not None, f"{value} is nothing in {self.kept[name]}"
            return found
        if isinstance(value, Mapping):
            return {name: self._filled(one) for name, one in value.items()}
        return [self._filled(one) for one in value] if isinstance(value, list | tuple) else value


def identity(record: Mapping[str, Any]) -> str:
    """Return what a record is known by."""
    return str(next(record[name] for name in ("id", "faktooraId", "importId", "code") if name in record))


def same(sent: Any, found: Any) -> bool:
    """
    Return whether what was sent came back: with more beside it, dates with slashes, amounts as texts, a record for its id.

    >>> same({"day": "2026-03-02", "price": "9.5", "owner": 4}, {"day": "2026/03/02", "price": 9.5, "owner": {"id": 4}, "id": 1})
    True
    >>> same([{"price": 1}], [{"price": 2}])
    False
    """
    if isinstance(sent, Mapping):
        return isinstance(found, Mapping) and all(same(value, found.get(name)) for name, value in sent.items())
    if isinstance(sent, list):
        return isinstance(found, list) and len(sent) == len(found) and all(map(same, sent, found))
    if isinstance(found, Mapping):
        return "id" in found and same(sent, found["id"])
    if isinstance(sent, bool) or sent is None or found is None or isinstance(found, bool):
        return sent is found
    one, other = str(sent), str(found)
    return one == other or one == other.replace("/", "-") or (_amount(one) is not None and _amount(one) == _amount(other))


def _amount(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def misfits(connector: str, action: str, output: Any) -> list[str]:
    """Return where an output is not as the connector says."""
    document = actions(connector)[action]
    if document.get("file") or not document.get("output"):
        return []
    rows = output["items"] if document.get("items") else [output]
    fit = Draft202012Validator(document["output"])
    return [f"{error.json_path}: {error.message}" for row in rows for error in fit.iter_errors(row)]
