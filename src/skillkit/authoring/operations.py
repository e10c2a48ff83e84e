"""What an app offers and which action does it: the rule about `operations.tsv`, and how much of the app is covered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from skillkit.authoring.rule import Find, Subject, request
from skillkit.connector import RequestLine, request_line
from skillkit.errors import Problem
from skillkit.source import pointer

FILE: Final = "operations.tsv"
COLUMNS: Final = ("method", "path", "certainty", "action", "reason")
# How sure the app's documentation makes us that there is such an operation.
CERTAINTIES: Final = ("CONFIRMED", "INFERRED", "UNKNOWN")
RULE: Final = "operations-listed"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation that the app offers, and the action that does it or the reason why there is none."""

    line: int
    method: str
    path: str
    certainty: str
    action: str
    reason: str


def operations(text: str) -> tuple[Operation, ...]:
    """Return the rows of an `operations.tsv`; what is no row is left to the rule."""
    rows = [(number, line.split("\t")) for number, line in enumerate(text.splitlines(), 1)]
    return tuple(Operation(number, *cells) for number, cells in rows[1:] if len(cells) == len(COLUMNS))


def coverage(found: Sequence[Operation]) -> dict[str, int]:
    """Return how many operations there are, how many an action does, and how many are left out for a reason."""
    # One operation may be two actions, to each of which it is something else.
    total = {_place(each) for each in found}
    covered = {_place(each) for each in found if each.action}
    return {"total": len(total), "covered": len(covered), "left_out": len(total - covered)}


def _listed(whole: Subject) -> Iterator[Problem]:
    """Find what the list and the actions say differently; a connector without a list is no worse for it."""
    if not whole.operations:
        return
    found = operations(whole.operations)
    said = [*_misshapen(whole.operations), *_repeated(found)]
    said += [(each.line, message) for each in found for message in _misfits(each, whole)]
    yield from (Problem(message, "", RULE, whole.operations_file, line, 1) for line, message in said)
    named = {each.action for each in found}
    for path, key, action, _ in whole.written():
        if "request" in action and key not in named:
            yield whole.source.problem(f"{key} is no action of any row of {FILE}", pointer(path, "request"), RULE)


def _misshapen(text: str) -> Iterator[tuple[int, str]]:
    head, *rows = text.splitlines()
    if head.split("\t") != list(COLUMNS):
        yield 1, f"the first line of {FILE} is not {', '.join(COLUMNS)} with a tab between each two"
    for number, row in enumerate(rows, 2):
        if (cells := len(row.split("\t"))) != len(COLUMNS):
            yield number, f"{cells} columns, where {FILE} has {len(COLUMNS)}"


def _repeated(found: Sequence[Operation]) -> Iterator[tuple[int, str]]:
    seen: dict[tuple[str, str, str], int] = {}
    for each in found:
        row = *_place(each), each.action
        if row in seen:
            yield each.line, f"{each.method} {each.path} stands in line {seen[row]} already"
        seen.setdefault(row, each.line)


def _misfits(each: Operation, whole: Subject) -> Iterator[str]:
    """Yield all that is wrong with one row."""
    if each.certainty not in CERTAINTIES:
        yield f"{each.certainty!r} is no certainty: {', '.join(CERTAINTIES)}"
    if not each.action and not each.reason.strip():
        yield f"{each.method} {each.path} has neither an action nor a reason for none"
    if not each.action:
        return
    if each.action not in whole.actions:
        yield f"there is no action {each.action!r}"
    elif "request" in whole.actions[each.action] and not _agrees(each, request(whole.actions[each.action])):
        yield f"{each.action} does not ask {each.method} {each.path}"


def _agrees(each: Operation, asked: RequestLine) -> bool:
    """Say whether an action asks for this: parameters of a path by their position, those of a query by their names."""
    try:
        offered = request_line(f"{each.method} {each.path}")
    except ValueError:
        return False
    same = (offered.method, _by_position(offered.path)) == (asked.method, _by_position(asked.path))
    return same and {name for name, _, _ in offered.query} <= {name for name, _, _ in asked.query}


def _place(each: Operation) -> tuple[str, str]:
    return each.method, _by_position(each.path)


def _by_position(path: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", path)


RULES: Final[Mapping[str, Find]] = {RULE: _listed}
