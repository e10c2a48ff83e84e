"""Every command line in every rendered skill does what the page says, at the vendors' sandboxes."""

from __future__ import annotations

import io
import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import pytest

from skillkit.cli.main import main
from skillkit.sandbox.vendors import KEYS
from skillkit.skill import lint, view
from skillkit.skill.lint import Page
from skillkit.workspace import Workspace
from tests.rendered import KINDS, books, pages
from tests.sandboxed import Stage, staged

# The skill that leads to all others speaks of the first app.
SKILLS = {"skillkit": "alegra", **{name: book.head["id"] for name, book in books().items()}}


def renderings(name: str) -> list[Page]:
    """Return a skill as it is in every language and for every profile."""
    return [page for kind in KINDS for page in pages(*kind) if page.name == name]


def typed(name: str) -> list[list[str]]:
    """Return every command line of a skill, in all its files and renderings, each once."""
    found = {line: None for page in renderings(name) for content in page.files.values() for line in lint.lines(content.decode())}
    return [shlex.split(line) for line in found]


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a line."""

    exit: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        return json.loads(self.stdout)


def entered(words: Sequence[str], space: Workspace) -> Came:
    assert words[0] == "skillkit"
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    hook = sys.excepthook
    try:
        with ExitStack() as streams:
            streams.enter_context(redirect_stdout(out))
            streams.enter_context(redirect_stderr(err))
            code = main(list(words[1:]), space, lambda _, connection: f"http://127.0.0.1:1/s/{connection.key}")
    finally:
        sys.excepthook = hook
    return Came(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))


@pytest.fixture
def stage(request, tmp_path, furnished, monkeypatch) -> Iterator[Stage]:
    monkeypatch.chdir(tmp_path)
    with staged(tmp_path / "home", furnished, request.param) as stage:
        yield stage


each_skill = pytest.mark.parametrize(("name", "stage"), SKILLS.items(), ids=list(SKILLS), indirect=["stage"])


@each_skill
def test_every_line_of_a_skill_works_as_it_stands(name, stage):
    lines = typed(name)
    assert len(lines) >= 7

    for words in lines:
        stage.afresh()
        came = entered(words, stage.space)
        said = f"{shlex.join(words)}: {came}"
        assert came.exit == 0, said
        # A notice would tell that the line is not how it is meant.
        assert came.stderr == "", said
        assert isinstance(came.document, dict), said
        check = CHECKS.get(" ".join(words[1:3]))
        assert check is None or check(came.document, words), said


def finds(document: Mapping[str, Any], _: Sequence[str]) -> bool:
    return bool(document["items"])


def ready(document: Mapping[str, Any], _: Sequence[str]) -> bool:
    return document["state"] == "READY"


def ran(document: Mapping[str, Any], words: Sequence[str]) -> bool:
    return "request" in json.dumps(document) if "--dry-run" in words else "output" in document


CHECKS: Mapping[str, Callable[[Mapping[str, Any], Sequence[str]], bool]] = {
    "action list": finds,
    "action run": ran,
    "connection ensure": ready,
    "connection get": ready,
    "connector list": finds,
}


@pytest.mark.parametrize("stage", KEYS, indirect=True)
def test_a_dry_run_changes_nothing(stage):
    (name,) = (name for name, key in SKILLS.items() if key == stage.connector and name != "skillkit")
    dry = [words for words in typed(name) if "--dry-run" in words]

    assert dry
    for words in dry:
        stage.afresh()
        assert entered(words, stage.space).exit == 0
        assert stage.sandboxes.statuses == []


@pytest.mark.parametrize("stage", KEYS, indirect=True)
def test_the_first_line_finds_the_action_that_the_first_example_runs(stage):
    (name,) = (name for name, key in SKILLS.items() if key == stage.connector and name != "skillkit")
    for words in typed(name):
        if words[1:3] == ["action", "list"]:
            found = [row["key"] for row in entered(words, stage.space).document["items"]]
            assert view.examples(books()[name])[0]["action"] in found[:3], shlex.join(words)


@pytest.mark.parametrize("stage", KEYS, indirect=True)
def test_an_example_prints_what_the_page_shows(stage):
    (told,) = (book for book in books().values() if book.head["id"] == stage.connector)
    examples = view.examples(told)
    assert len(examples) == 3

    for example in examples:
        stage.afresh()
        came = entered(shlex.split(view.line_of(told, example)), stage.space)
        assert came.exit == 0, came
        assert shape(came.document["output"]) == shape(example["output"]), came.stdout


def shape(value: Any) -> Any:
    """Return what a document is made of: its keys, how many rows a list has, and the kinds of values."""
    if isinstance(value, Mapping):
        return {key: shape(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [shape(entry) for entry in value]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def test_what_is_shown_is_true_to_the_page():
    for page in (page for name in books() for page in renderings(name)):
        shown = re.findall(r"^   `# (.*)`$", page.body, re.MULTILINE)
        assert [json.loads(each) for each in shown] == [example["output"] for example in view.examples(books()[page.name])]


@pytest.mark.parametrize("name", books())
def test_the_first_line_asks_whoever_is_not_connected_to_sign_in(name, workspace):
    first, second = (words for words in typed(name)[:2])
    came = entered(first, workspace)

    assert came.exit == 0, came
    assert came.document["clientAction"]["agentInstructions"]
    # The key that the page's other lines go by.
    assert came.document["key"] == second[3]


@pytest.mark.parametrize("name", books())
def test_every_action_that_a_page_speaks_of_is_there(name):
    book = books()[name]
    verbs = "|".join(sorted({key.partition("-")[0] for key in book.actions}))
    for page in renderings(name):
        for path, content in page.files.items():
            spoken = set(re.findall(rf"(?<![\w/-])(?:{verbs})(?:-[a-z0-9]+)+(?![\w-])", content.decode()))
            # Words that are written so, and are none.
            assert spoken - set(book.actions) - ORDINARY == set(), path


ORDINARY = {"read-only"}
