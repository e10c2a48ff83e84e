"""The whole check of one connector on disk: its format, its style, and its examples run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final

from skillkit.authoring import examples, lint
from skillkit.authoring.rule import subject
from skillkit.compile import content_of, sources
from skillkit.errors import InvalidConnector, Problem
from skillkit.format import merged
from skillkit.source import Source, read

TRANSLATIONS: Final = "i18n"


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked, and what is to be mended."""

    path: str
    id: str = ""
    actions: int = 0
    examples: int = 0
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def report(path: str) -> Report:
    """Check the connector in a folder, or the one file of it; its examples run only when nothing else is wrong."""
    try:
        files = sources(path) if os.path.isdir(path) else (read(content_of(path), path),)
        found = lint.check(*files, translations=_translations(path))
    except InvalidConnector as error:
        return Report(path, errors=error.problems or (Problem(error.message, rule="file", file=path, line=1, column=1),))
    errors = tuple(problem for problem in found if lint.level(problem) == "error")
    warnings = tuple(problem for problem in found if lint.level(problem) == "warning")
    if errors:
        return Report(path, errors=errors, warnings=warnings)
    checked = subject(merged(files))
    failed = tuple(examples.problems(checked))
    return Report(path, checked.head["id"], len(checked.actions), examples.count(checked), failed, warnings)


def rules() -> list[dict[str, Any]]:
    """Return every rule of style, with what keeps it and what breaks it."""
    return [
        {"rule": rule.id, "level": rule.level, "reason": rule.reason, "example": rule.example, "anti_example": rule.anti_example}
        for rule in lint.lints().values()
    ]


def _translations(path: str) -> tuple[Source, ...]:
    folder = os.path.join(path, TRANSLATIONS)
    if not os.path.isdir(folder):
        return ()
    names = sorted(name for name in os.listdir(folder) if name.endswith(".yaml"))
    return tuple(read(content_of(os.path.join(folder, name)), os.path.join(folder, name)) for name in names)
