"""What every skill says in its own words, by language."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, TypeAlias

Say: TypeAlias = Callable[..., str]

FOLDER: Final = os.path.dirname(os.path.abspath(__file__))
ENGLISH: Final = "en"


@cache
def spoken() -> Mapping[str, Mapping[str, str]]:
    """Return all the words, by language and key."""
    with open(os.path.join(FOLDER, "words.json"), encoding="utf-8") as file:
        found: dict[str, dict[str, str]] = json.load(file)
    return found


def of(language: str, facts: Mapping[str, str]) -> Say:
    """Return what says a thing in a language, with the facts in their places, and what else is known of it."""
    told = spoken()[language]
    return lambda key, **more: told[key].format_map({**facts, **more})
