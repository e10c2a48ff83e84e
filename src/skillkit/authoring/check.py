"""The whole check of one connector on disk: its format, its style, and its examples run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from skillkit.authoring import examples, lint
from skillkit.authoring import operations as offers
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
    # How much of the app is covered; nothing when nobody listed what it offers.
    operations: Mapping[str, int] | None = None


def report(path: str) -> Report:
    """Check the connector in a folder, or the one file of it; its examples run only when nothing else is wrong."""
    try:
        files = sources(path) if os.path.isdir(path) else (read(content_of(path), path),)
        offered = _operations(path)
        found = lint.check(*files, translations=_translations(path), offered=offered)
    except InvalidConnector as error:
        return Report(path, errors=error.problems or (Problem(error.message, rule="file", file=path, line=1, column=1),))
    errors = tuple(problem for problem in found if lint.level(problem) == "error")
    warnings = tuple(problem for problem in found if lint.level(problem) == "warning")
    if errors:
        return Report(path, errors=errors, warnings=warnings)
    checked = subject(merged(files))
    failed = tuple(examples.problems(checked))
    covered = offers.coverage(offers.operations(offered[0])) if offered[0] else None
    return Report(path, checked.head["id"], len(checked.actions), examples.count(checked), failed, warnings, covered)


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


def _operations(path: str) -> tuple[str, str]:
    """Return the list of what the app offers, and where it stands; nothing when there is none."""
    file = os.path.join(path, offers.FILE)
    if not os.path.isfile(file):
        return "", ""
    try:
        return content_of(file).decode(), file
    except UnicodeDecodeError:
        raise InvalidConnector(f"{file} is not UTF-8", (Problem("it is not UTF-8", "", "file", file, 1, 1),)) from None
