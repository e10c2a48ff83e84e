"""Every rule keeps its own example and is broken by its own anti-example, and by nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from skillkit import format as fmt
from skillkit.authoring.lint import FIND, check, level, lints
from skillkit.authoring.rule import files, written
from skillkit.source import read

DATA = Path(__file__).parent / "data" / "connectors"

each_rule = pytest.mark.parametrize("lint", lints().values(), ids=lints().keys())


def checked(example: str):
    main, translations = files(example)
    return check(main, translations=translations)


@each_rule
def test_what_keeps_a_rule_keeps_all_of_them(lint):
    assert [str(problem) for problem in checked(lint.example)] == []


def marks(example: str) -> set[tuple[str, int]]:
    """Return the files and lines that `# here` stands in."""
    lines = [(file, number, line) for file, text in written(example).items() for number, line in enumerate(text.splitlines(), 1)]
    return {(file, number) for file, number, line in lines if line.endswith("# here")}


@each_rule
def test_what_breaks_a_rule_breaks_this_one_alone_at_the_line_it_marks(lint):
    found = checked(lint.anti_example)

    assert {problem.rule for problem in found} == {lint.id}
    assert {(problem.file, problem.line) for problem in found} == marks(lint.anti_example)
    assert level(found[0]) == lint.level
