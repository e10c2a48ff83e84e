"""Every line that published skills tell an agent to type does here what docs/membrane.md says it does, however it is spelled."""

from __future__ import annotations

import fcntl
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from skillkit import accounts
from skillkit.agent import AGENTS
from skillkit.cli.main import main
from skillkit.cli.output import EXITS
from skillkit.connecting import SignIn
from skillkit.document import at
from skillkit.network import Answer, Wire
from skillkit.sandbox.server import running
from skillkit.sandbox.vendors import KEYS, vendor
from skillkit.signin.process import LOCK
from skillkit.workspace import Workspace, shipped
from tests.process import ended, environment
from tests.sandboxed import MORNING, Sandboxes
from tests.wire import Clock

ROOT = Path(__file__).resolve().parent.parent
BOOK: dict[str, Any] = yaml.safe_load((ROOT / "tests/data/lines/lines.yaml").read_text("utf-8"))
RECORDS: list[dict[str, Any]] = [record for group in BOOK["groups"] for record in group["lines"]]
OURS = [record for record in RECORDS if record["answer"] != "not ours"]
SWITCHES = set(BOOK["switches"])
HOSTS = {"alegra": "api.alegra.com", "faktoora": "api.faktoora.com", "clientary": "acme.clientary.com"}
NO_KEYRING = "keyring.backends.fail.Keyring"
PAGE = "http://127.0.0.1:4711/s/"


# What is typed, and what must come of it.


@dataclass(frozen=True, slots=True)
class Expected:
    """What must come of a line; what is not said of the app is that nothing is asked of it."""

    exit: int = 0
    stdout: Mapping[str, Any] = field(default_factory=dict)
    stderr: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    hint: str = ""
    prints: str = ""
    asks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is typed in a home, with what stands for its placeholders."""

    text: str
    home: str
    fill: Mapping[str, str]
    expected: Mapping[str, Any]
    spelled: bool = True

    def filled(self, kept: Mapping[str, str]) -> tuple[list[str], Expected]:
        """Return the words behind the name of the command, and what must come, with nothing left to fill in."""
        line = filled(self.text, self.fill, kept)
        prefix = next(each for each in BOOK["prefixes"] if line.startswith(f"{each} "))
        return shlex.split(line.removeprefix(prefix)), Expected(**filled(dict(self.expected), self.fill, kept))


def filled(value: Any, fill: Mapping[str, str], kept: Mapping[str, str]) -> Any:
    """Return a value with its placeholders filled in: those of the pages first, then what the home keeps."""
    if isinstance(value, dict):
        return {name: filled(each, fill, kept) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, fill, kept) for each in value]
    if not isinstance(value, str):
        return value
    named = {f"${name}": each for name, each in kept.items()}
    return replaced(replaced(value, fill, r"(?<![A-Za-z_])({})(?![A-Za-z_])"), named, "({})")


def replaced(text: str, names: Mapping[str, str], around: str) -> str:
    """Return a text with each name replaced; of two that begin alike, the longer is meant."""
    pattern = around.format("|".join(map(re.escape, sorted(names, key=len, reverse=True))))
    return re.sub(pattern, lambda found: names[found[0]], text) if names else text


def lines(record: Mapping[str, Any]) -> Iterator[tuple[str, Line]]:
    """Yield the lines of a record that are typed, each with a name."""
    fields = set(Expected.__dataclass_fields__)
    for typed in record.get("typed", [record["published"]]):
        each = {**record, **(typed if isinstance(typed, dict) else {"line": typed})}
        for app in record.get("apps", [""]):
            fill = {**BOOK["fill"], **BOOK["apps"].get(app, {}), **record.get("fill", {})}
            expected = {name: each[name] for name in fields & set(each)}
            name = f"{each['line']} ({app})" if app else each["line"]
            yield name, Line(each["line"], each.get("home", "ready"), fill, expected, each.get("spellings", True))


TYPED = [each for record in OURS for each in lines(record)]


# How else it may be spelled.


@dataclass(frozen=True, slots=True)
class Parts:
    """A command line taken apart: the command, what stands alone, and the flags with their values."""

    command: Sequence[str]
    alone: Sequence[str]
    flags: Sequence[tuple[str, str | None]]


def parted(words: Sequence[str]) -> Parts:
    two = words[0] in BOOK["nouns"] or list(words[1:2]) == ["complete"]
    command, rest = words[: 1 + two], list(words[1 + two :])
    alone: list[str] = []
    flags: list[tuple[str, str | None]] = []
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if not re.match("--?[A-Za-z]", word):
            alone.append(word)
        elif equals and word.startswith("--"):
            flags.append((name, value))
        elif word not in SWITCHES or (command[0] == "request" and rest and rest[0][:1] in {"{", "["}):
            flags.append((word, rest.pop(0)))
        else:
            flags.append((word, None))
    return Parts(command, alone, flags)


def switched(words: Sequence[str]) -> list[str]:
    """Return a line that prints JSON; in `request`, the flag may have been a body."""
    return list(words) if ("--json", None) in parted(words).flags else [*words, "--json"]


def spellings(words: Sequence[str]) -> Iterator[tuple[str, list[str], str]]:
    """Yield how else a line may be spelled: a name, its words, and what is piped in."""
    parts = parted(words)
    command, alone, flags = parts.command, parts.alone, parts.flags
    yield "flags last, with =", [*command, *alone, *glued(flags)], ""
    yield "flags first, in another order", [*command, *spaced(turned(flags)), *alone], ""
    yield "kebab-case, around what stands alone", [*command, *glued(flags[:1], kebab), *alone, *spaced(flags[1:], kebab)], ""
    if ("--json", None) in flags:
        others = [each for each in flags if each != ("--json", None)]
        yield "--json before the command", ["--json", *command, *alone, *spaced(others)], ""
        yield "--json in the middle", [*command, *alone[:1], "--json", *alone[1:], *spaced(others)], ""
    for quoted in (old_quotes, new_quotes):
        requoted = shlex.split(" ".join(quoted(word) for word in [*command, *alone, *spaced(flags)]))
        if requoted != [*command, *alone, *spaced(flags)]:
            yield quoted.__name__.replace("_", " "), requoted, ""
    yield from other_inputs(parts)


def other_inputs(parts: Parts) -> Iterator[tuple[str, list[str], str]]:
    """Yield the other forms that an input may have."""
    given = [value for name, value in parts.flags if name == "--input" and value]
    if len(given) != 1 or not given[0].startswith("{"):
        return
    head = [*parts.command, *parts.alone, *spaced([each for each in parts.flags if each[0] != "--input"])]
    yield "the input in a file", [*head, "--input", "@input.json"], given[0]
    yield "the input piped in", [*head, "--input", "-"], given[0]
    pairs = [word for name, value in json.loads(given[0]).items() for word in ("--input", f"{name}={value}")]
    if pairs:
        yield "the input as name=value", [*head, *pairs], ""


def glued(flags: Sequence[tuple[str, str | None]], spelled: Callable[[str], str] = str) -> list[str]:
    long = [(BOOK["short"].get(name, name), value) for name, value in flags]
    return [spelled(name) if value is None else f"{spelled(name)}={value}" for name, value in long]


def spaced(flags: Sequence[tuple[str, str | None]], spelled: Callable[[str], str] = str) -> list[str]:
    return [word for name, value in flags for word in ([spelled(name)] if value is None else [spelled(name), value])]


def turned(flags: Sequence[tuple[str, str | None]]) -> list[tuple[str, str | None]]:
    """Return flags the other way round; those of one name keep their order, which may matter."""
    names = list(dict.fromkeys(name for name, _ in reversed(flags)))
    return sorted(flags, key=lambda each: names.index(each[0]))


def kebab(name: str) -> str:
    return re.sub("(?<=[a-z])[A-Z]", lambda letter: f"-{letter[0].lower()}", name)


def old_quotes(word: str) -> str:
    """Quote JSON as the first skills do: "{ \"k\": \"v\" }"."""
    if not word.startswith("{"):
        return shlex.quote(word)
    inner = json.dumps(json.loads(word), ensure_ascii=False)[1:-1]
    escaped = re.sub(r'(["\\$`])', r"\\\1", inner)
    return f'"{{ {escaped} }}"'


def new_quotes(word: str) -> str:
    """Quote JSON as later ones do: '{"k":"v"}'."""
    return f"'{json.dumps(json.loads(word), separators=(',', ':'))}'" if word.startswith("{") else shlex.quote(word)


# Where it is typed: homes as they were left, with the three apps behind them.


class Apps:
    """The seat of the network: the three sandboxes, each as it was at first whenever something was written to it."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.clock.time = MORNING
        self.sandboxes = Sandboxes(self.clock.now, folder)
        self.asked: list[str] = []
        self._touched = set(HOSTS)

    def exchange(self, wire: Wire) -> Answer:
        parts = urlsplit(wire.url)
        key = next(key for key, host in HOSTS.items() if host == parts.netloc)
        if key in self._touched:
            self.sandboxes.open(HOSTS[key], key)
            self._touched.discard(key)
        self.asked.append(f"{wire.method} {parts.path}{'?' if parts.query else ''}{parts.query}")
        if wire.method != "GET":
            self._touched.add(key)
        return self.sandboxes.exchange(wire)

    def space(self, home: Path, connectors: Path) -> Workspace:
        """Open a home."""
        self.asked.clear()
        self.clock.time = MORNING
        around: dict[str, Any] = {"sleep": self.clock.sleep, "now": self.clock.now, "chance": lambda: 0.5}
        return Workspace(str(home), folders=(str(connectors),), network=self, **around)


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a line."""

    exit: int
    stdout: str
    stderr: str
    asked: Sequence[str]

    @property
    def document(self) -> Any:
        return json.loads(self.stdout)

    @property
    def error(self) -> Any:
        """The one document of stderr; there may be notices before it."""
        return json.loads(next((line for line in self.stderr.splitlines() if line.startswith("{")), "{}"))


class Homes:
    """Homes to type in, each made once, and copied for every line."""

    def __init__(self, folder: Path, apps: Apps) -> None:
        self.folder = folder
        self.apps = apps
        self.kept: dict[str, dict[str, str]] = {}
        # Always the same, since a catalog is compiled anew for a home that is elsewhere.
        self.home = folder / "home"

    def typed(self, name: str, words: Sequence[str], piped: str = "") -> Came:
        """Type a line in a copy of a home."""
        self.ready(name)
        shutil.copytree(self.folder / name, self.home, copy_function=linked)
        try:
            return self._came(name, words, piped)
        finally:
            shutil.rmtree(self.home)

    def ready(self, name: str) -> Mapping[str, str]:
        """Make a home that is not there yet; return what it keeps."""
        if name not in self.kept:
            after = HOMES[name].get("after", "")
            kept = self.ready(after) if after else {}
            shutil.rmtree(self.home, ignore_errors=True)
            if after:
                shutil.copytree(self.folder / after, self.home, copy_function=linked)
            self.kept[name] = {**kept, **self._made(name, kept)}
            self.home.rename(self.folder / name)
        return self.kept[name]

    def _made(self, name: str, kept: Mapping[str, str]) -> dict[str, str]:
        told = HOMES[name]
        if "typed" not in told:
            return dict(told.get("make", compiled)(self._space(name)))
        words, _ = Line(told["typed"], name, BOOK["fill"], {}).filled(kept)
        came = self._came(name, words)
        assert came.exit == told.get("exit", 0), came
        document = came.error if came.exit else came.document
        return {key: str(at(document, path)) for key, path in told["keep"].items()}

    def _came(self, name: str, words: Sequence[str], piped: str = "") -> Came:
        space = self._space(name)
        try:
            code, out, err = entered(words, space, piped)
        finally:
            space.close()
        return Came(code, out, err, tuple(self.apps.asked))

    def _space(self, name: str) -> Workspace:
        return self.apps.space(self.home, self._connectors(name))

    def _connectors(self, name: str) -> Path:
        """Return the folder of the connectors that a home has, where nobody changes them meanwhile."""
        only = HOMES[name].get("connectors") or KEYS
        if "connectors" not in HOMES[name] and "after" in HOMES[name]:
            return self._connectors(HOMES[name]["after"])
        folder = self.folder / "-".join(only)
        for key in only:
            if not (folder / key).exists():
                shutil.copytree(Path(shipped()) / key, folder / key)
        return folder


def linked(source: str, target: str) -> None:
    """Copy a file of a home; what is replaced and never written to need not be copied, and then it is known again."""
    (os.link if source.endswith(("catalog.db", ".yaml")) else shutil.copy2)(source, target)


def compiled(space: Workspace) -> dict[str, str]:
    """Make what takes a second the first time, and no person sees."""
    space.catalog.count()
    space.close()
    return {}


def with_vault(space: Workspace) -> dict[str, str]:
    """Make a vault; that of somebody's own desktop is none of a test's business."""
    space.vault.init("keyfile")
    space.close()
    return {}


def connected(space: Workspace) -> dict[str, str]:
    """Connect an account at each app; return the ids."""
    ids = {}
    for key in KEYS:
        found = vendor(key)
        said = SignIn(key, dict(found.credential), params={**found.params}, key=key)
        ids[key] = accounts.connect(space, said).id
    space.close()
    return ids


# Those that everything begins with; the others are in the book.
HOMES: dict[str, dict[str, Any]] = {
    "bare": {},
    "new": {"after": "bare", "make": with_vault},
    "ready": {"after": "new", "make": connected},
    **BOOK["homes"],
}


def entered(words: Sequence[str], space: Workspace, piped: str = "") -> tuple[int, str, str]:
    """Type a line in this process, where nobody sits at a terminal."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    before = sys.stdin, sys.excepthook
    sys.stdin = io.TextIOWrapper(io.BytesIO(piped.encode()), encoding="utf-8")
    try:
        with ExitStack() as streams:
            streams.enter_context(redirect_stdout(out))
            streams.enter_context(redirect_stderr(err))
            code = main(words, space, lambda _, connection: f"{PAGE}{connection.key}")
    finally:
        sys.stdin, sys.excepthook = before
    return code, out.buffer.getvalue().decode(), err.buffer.getvalue().decode()


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homes]:
    folder = tmp_path_factory.mktemp("lines")
    apps = Apps(folder)
    yield Homes(folder, apps)
    apps.sandboxes.close()


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Nobody's own agent types, no browser is opened, and files go where nobody misses them."""
    for mark in ("AI_AGENT", *(mark.partition("=")[0] for agent in AGENTS for mark in (*agent.marks, *agent.traces))):
        monkeypatch.delenv(mark, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", NO_KEYRING)
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")
    monkeypatch.chdir(tmp_path)


# The lines.


@pytest.mark.parametrize("line", [line for _, line in TYPED], ids=[name for name, _ in TYPED])
def test_a_published_line_does_what_the_page_says(line, homes):
    words, expected = line.filled(homes.ready(line.home))

    came = homes.typed(line.home, words)
    as_json = came if switched(words) == words else homes.typed(line.home, switched(words))

    told = f"{shlex.join(words)}\n{came.stdout[:2000]}\n{came.stderr[:2000]}"
    assert came.exit == as_json.exit == expected.exit, told
    assert asked(came, expected) == asked(as_json, expected) == list(expected.asks), told
    assert re.search(expected.prints, came.stdout, re.DOTALL), told
    assert wrong(as_json, expected) == [], told
    if expected.error and as_json is not came:
        assert came.stderr.startswith(expected.error.replace("_", " ")), told
        assert "\nhint: " in came.stderr, told


def asked(came: Came, expected: Expected) -> list[str]:
    """Return what went out to the app, with its query only where that is expected."""
    whole = any("?" in each for each in expected.asks)
    return [each if whole else each.partition("?")[0] for each in came.asked]


def wrong(came: Came, expected: Expected) -> list[str]:
    """Return what of a line's documents is not as it must be."""
    found = []
    if expected.stdout:
        found += misfits(came.document, expected.stdout)
    if expected.error:
        error = came.error["error"]
        found += [f"{error['kind']} is not {expected.error}"] * (error["kind"] != expected.error)
        found += [f"the hint is {error.get('hint')!r}"] * (not re.search(expected.hint or ".", error.get("hint", "")))
        found += [f"{error['message']!r} says nothing"] * (not error["message"])
        found += misfits(came.error, expected.stderr)
        if not expected.stdout:
            found += [f"{came.stdout!r} is on stdout"] * bool(came.stdout)
    elif not expected.exit:
        found += [f"{came.error} is on stderr"] * bool(came.error)
    return found


def misfits(document: Any, expected: Mapping[str, Any]) -> list[str]:
    return [
        f"{path} is {at(document, path)!r}, not {wanted!r}"
        for path, wanted in expected.items()
        if not fits(at(document, path), wanted)
    ]


def fits(value: Any, wanted: Any) -> bool:
    """Say whether a value is the one that is wanted, or fits the pattern between two slashes."""
    if isinstance(wanted, str) and len(wanted) > 2 and wanted[0] == wanted[-1] == "/":
        text = value if isinstance(value, str) else json.dumps(value)
        return value not in (None, "", [], {}) and bool(re.search(wanted[1:-1], text))
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


SPELLED = [(name, line) for name, line in TYPED if line.spelled]


@pytest.mark.parametrize("line", [line for _, line in SPELLED], ids=[name for name, _ in SPELLED])
def test_a_line_comes_to_the_same_however_it_is_spelled(line, homes, tmp_path):
    kept = homes.ready(line.home)
    words, _ = line.filled(kept)
    words = switched(words)
    usual = plain(homes.typed(line.home, words), kept)

    for name, other, piped in spellings(words):
        (tmp_path / "input.json").write_text(piped)
        assert plain(homes.typed(line.home, other, piped), kept) == usual, f"{name}: {shlex.join(other)}"


def plain(came: Came, kept: Mapping[str, str]) -> tuple[Any, ...]:
    """Return what came without what is new every time: ids, and the line that a hint repeats."""

    def known(text: str) -> str:
        return re.sub(r"\brun_\w+\b|\b[0-9a-f]{20,32}\b", lambda found: found[0] if found[0] in kept.values() else "NEW", text)

    error = came.error.get("error", {})
    said = {name: value for name, value in error.items() if name != "hint" or error["kind"] != "confirmation_needed"}
    document = json.loads(came.stdout or "null")
    if isinstance(document, dict) and "status" in document and "headers" in document:
        # How many more requests are allowed goes down with each.
        document["headers"] = sorted(document["headers"])
    documents = [json.loads(known(json.dumps(each))) for each in (document, said)]
    return came.exit, documents, came.asked


G1 = """action run --connectionId=7 list-invoices --json --input "{ \\"limit\\": 2 }\""""


def test_the_spellings_of_a_line_are_many():
    found = {name: (shlex.join(words), piped) for name, words, piped in spellings(shlex.split(G1))}

    assert found == {
        "flags last, with =": ("action run list-invoices --connectionId=7 --json '--input={ \"limit\": 2 }'", ""),
        "flags first, in another order": ("action run --input '{ \"limit\": 2 }' --json --connectionId 7 list-invoices", ""),
        "kebab-case, around what stands alone": (
            "action run --connection-id=7 list-invoices --json --input '{ \"limit\": 2 }'",
            "",
        ),
        "--json before the command": ("--json action run list-invoices --connectionId 7 --input '{ \"limit\": 2 }'", ""),
        "--json in the middle": ("action run list-invoices --json --connectionId 7 --input '{ \"limit\": 2 }'", ""),
        "new quotes": ("action run list-invoices --connectionId 7 --json --input '{\"limit\":2}'", ""),
        "the input in a file": ("action run list-invoices --connectionId 7 --json --input @input.json", '{ "limit": 2 }'),
        "the input piped in": ("action run list-invoices --connectionId 7 --json --input -", '{ "limit": 2 }'),
        "the input as name=value": ("action run list-invoices --connectionId 7 --json --input limit=2", ""),
    }


@pytest.mark.parametrize(
    ("value", "wanted", "fitting"),
    [
        ("READY", "READY", True),
        ("READY", "/READ/", True),
        ("READY", "/^EADY/", False),
        (None, "/./", False),
        ([], "/./", False),
        ({"a": 1}, "/a/", True),
        (1, True, False),
        (None, None, True),
        ("x", None, False),
    ],
)
def test_what_is_expected_is_compared(value, wanted, fitting):
    assert fits(value, wanted) is fitting


# In a shell, as agents do it.


IN_A_SHELL = [
    ("membrane --version", "^skillkit "),
    ("membrane login --tenant --clientName=claude --json", '"agent":"claude-code"'),
    ("membrane search alegra --elementType=connector --json", r'"output":\{"items":\[\{"element":\{"id":"alegra"'),
    ("membrane connect --connectorKey alegra --credentials - --base-url $SANDBOX --json < credential.json", '"state":"READY"'),
    ("membrane connection list --json", '"key":"alegra"'),
    ("membrane connection get alegra --wait --json", '"state":"READY"'),
    ("membrane action list --intent=invoices --connectionId=alegra --json", '"id":"alegra/'),
    ('membrane action run --connectionId=alegra list-invoices --json --input "{ \\"limit\\": 2 }"', '"output":.*"actionRunId"'),
    ("membrane action run list-invoices --connectionId=alegra --input '{\"limit\": 2}' --json", '"output":.*"actionRunId"'),
    ("membrane request alegra /invoices --query limit=1", r'^\[\{"id"'),
    ('membrane connection ensure "https://acme.clientary.com/" --json', r'"uiUrl":"http://127\.0\.0\.1:\d+/s/'),
]


def test_a_shell_finds_membrane_where_it_was_installed(tmp_path):
    folder = tmp_path / "a folder of PATH"
    folder.mkdir()
    (tmp_path / "credential.json").write_text(json.dumps(dict(vendor("alegra").credential)))
    with running("alegra", seed="demo") as sandbox:
        around = environment(
            tmp_path / "home",
            PATH=f"{folder}:{os.environ['PATH']}",
            SANDBOX=sandbox["alegra"],
            PYTHON_KEYRING_BACKEND=NO_KEYRING,
        )
        installed = ended(tmp_path / "home", "compat", "membrane", "--install", str(folder), "--json", env=around)
        assert json.loads(installed.stdout)["onPath"] is True

        for line, printed in IN_A_SHELL:
            typed = subprocess.run(["/bin/sh", "-c", line], env=around, capture_output=True, encoding="utf-8", check=False)
            assert typed.returncode == 0, f"{line}\n{typed.stderr}"
            assert re.search(printed, typed.stdout), f"{line}\n{typed.stdout}"
    page_is_gone(tmp_path / "home")


def page_is_gone(home: Path) -> None:
    """Take a home away, and wait until the process of its page has noticed: it holds a lock as long as it lives."""
    with (home / LOCK).open("rb") as lock:
        shutil.rmtree(home)
        for _ in range(200):
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            time.sleep(0.05)
    pytest.fail("the page outlives its home")


# What is there is all there is.


def test_each_answer_says_what_it_has_to():
    assert {record["answer"] for record in RECORDS} == {"same", "different", "refused", "not ours"}
    assert [record["published"] for record in RECORDS if record["answer"] != "same" and not said(record)] == []
    assert [record["published"] for record in RECORDS if said(record) and not said(record).endswith(".")] == []


def said(record: Mapping[str, Any]) -> str:
    return str(record.get("why" if record["answer"] == "refused" else "how", ""))


def test_what_is_refused_ends_in_an_error_and_nothing_else_does():
    plain_errors = {record["published"] for record in OURS if record.get("error")}

    assert {record["published"] for record in OURS if record["answer"] == "refused"} - plain_errors == set()


def test_every_kind_that_is_expected_is_one_and_ends_with_its_number():
    for name, line in TYPED:
        if error := line.expected.get("error"):
            assert EXITS[error] == line.expected["exit"], name


@pytest.mark.parametrize(
    "record", [record for record in RECORDS if record["answer"] == "not ours"], ids=lambda each: each["published"]
)
def test_what_is_not_ours_begins_with_another_program(record):
    assert not record["published"].startswith(tuple(BOOK["prefixes"]))


def test_no_published_line_is_there_twice():
    published = [record["published"] for record in RECORDS]

    assert [each for each in published if published.count(each) > 1] == []


def test_every_row_of_the_table_is_covered():
    rows = {record["row"] for record in RECORDS if "row" in record}

    assert rows == {*range(1, 41), "Global", "Traps", "Frequency"}


# The pages that the lines were copied from, for whoever has them beside the checkout.
BESIDE = sorted(ROOT.parent.glob("*/design/cli.md"))


@pytest.fixture
def copied() -> Path:
    if not BESIDE:
        pytest.skip("THE PAGES THAT THE LINES WERE COPIED FROM ARE NOT HERE: NOBODY CHECKS THAT NONE IS LEFT OUT")
    return BESIDE[0].parent.parent


def test_no_line_of_the_table_is_left_out(copied):
    page = (copied / "design/cli.md").read_text("utf-8")
    table = {int(row): cell for row, cell in re.findall(r"^\| (\d+) \| (.*?) \| [\w/ ]+ \| ", page, re.MULTILINE)}
    published = {row: [spaceless(each["published"]) for each in RECORDS if each.get("row") == row] for row in table}

    assert set(table) == set(range(1, 41))
    lost = [
        (row, span)
        for row, cell in table.items()
        for span in re.findall("`([^`]+)`", cell.replace("\\|", "|"))
        if span[0] != "[" and not any(each.endswith(spaceless(span)) or f"{spaceless(span)}-" in each for each in published[row])
    ]
    assert lost == []


def test_no_line_outside_the_table_is_left_out(copied):
    page = (copied / "design/cli.md").read_text("utf-8")
    found = re.findall(r"`((?:membrane|npx|npm|openclaw|connection) [^`]*)`", page.replace("\\|", "|"))
    published = {spaceless(record["published"]) for record in RECORDS}

    # Spoken of, and not typed.
    names = {"connection ensure", 'connection ensure "<url>"', "connection list", "connection get --wait", "connection patch"}
    names |= {"membrane …", "npx @membranehq/cli …", "npx @membranehq/cli@latest …", "npx …@latest"}
    lost = [each for each in found if not {spaceless(each), spaceless(f"membrane {each}")} & published]
    assert [each for each in lost if each not in names] == []


def test_no_line_of_the_five_pages_is_left_out(copied):
    pages = sorted((copied / "brief").glob("*.txt"))
    published = {spaceless(record["published"]) for record in RECORDS}
    line = re.compile(
        r"((?:membrane|npx @membranehq/cli(?:@latest)?) (?:login|search|connect|connection|action|request|act)\b[ -~]*"
        r"|npm i\w* -[ -~]*|npx skills[ -~]*|openclaw skills[ -~]*)"
    )
    found = {found for page in pages for found in line.findall(page.read_text("utf-8"))}
    # Some stand in a sentence, which goes on behind them.
    bare = {re.sub(r" ?\(.*| to (?:find|check) .*|\.$", "", each).rstrip(" ") for each in found}

    assert len(pages) == 5
    assert [each for each in sorted(bare) if spaceless(each) not in published] == []


def spaceless(line: str) -> str:
    return re.sub(r"\s+", " ", line.removeprefix("…").strip())
