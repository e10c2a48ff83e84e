"""The check of a connector: whether it fits the format, then every rule beyond that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from skillkit import format as fmt
from skillkit.authoring import behaviour, inputs, operations, samples, translation, wording
from skillkit.authoring.rule import Find, Level, Lint, Subject, subject
from skillkit.errors import InvalidConnector, Problem
from skillkit.source import Source, read


def check(*sources: Source, translations: Sequence[Source] = (), offered: tuple[str, str] = ("", "")) -> tuple[Problem, ...]:
    """
    Return all that is wrong with a connector: its main file, its groups of actions, its translations, what is `offered`.

    Rules speak of a connector that makes sense, so they come only when it fits the format.
    """
    try:
        source = fmt.merged(sources)
    except InvalidConnector as error:
        return error.problems
    if found := fmt.problems(source):
        return found
    whole = subject(source, translations, offered)
    return fmt.ordered(problem for find in FIND.values() for problem in find(whole))


def level(problem: Problem) -> Level:
    """Return whether a problem must be solved, or may be lived with."""
    return lints()[problem.rule].level if problem.rule in lints() else "error"


@cache
def lints() -> Mapping[str, Lint]:
    """Return every rule by its id; what explains them stands in lints.yaml."""
    from importlib.resources import files

    written: Any = read(files("skillkit.authoring").joinpath("lints.yaml").read_bytes(), "lints.yaml").document
    return {rule: Lint(rule, find=FIND.get(rule, _said_by_format), **told) for rule, told in written.items()}


def _said_by_format(_: Subject) -> Iterator[Problem]:
    """Find nothing: a connector that breaks such a rule does not fit the format, so no rule is asked."""
    yield from ()


FIND: Final[Mapping[str, Find]] = {
    **wording.RULES,
    **inputs.RULES,
    **behaviour.RULES,
    **samples.RULES,
    **translation.RULES,
    **operations.RULES,
}
