"""A connector as its skill tells it: the documents of its files, with the texts of one language laid over them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

import skillkit.format as fmt
from skillkit.compile import GROUPS, content_of, sources
from skillkit.errors import InvalidConnector, UnknownName
from skillkit.source import Source, read

LANGUAGES: Final = ("en", "zh", "es", "de")
ENGLISH: Final = "en"
TRANSLATIONS: Final = "i18n"
# As many of its actions as a skill shows first.
FEATURED: Final = 20


class Book(NamedTuple):
    """A connector without its actions, and each action complete."""

    head: Mapping[str, Any]
    actions: Mapping[str, Mapping[str, Any]]
    language: str = ENGLISH

    @property
    def skill(self) -> Mapping[str, Any]:
        """Return what the connector says about its skill."""
        found: Mapping[str, Any] = self.head.get("skill", {})
        return found

    @property
    def featured(self) -> tuple[str, ...]:
        """Return the actions that are shown first; of a connector that names none, the first it has."""
        return tuple(self.head.get("featured") or self.actions)[:FEATURED]


def book(folder: str, language: str = ENGLISH) -> Book:
    """Return the connector in a folder as the skill in a language tells it; what has no translation stays English."""
    return _bound(folder, language, _stamp(folder))


def named(books: Iterable[Book], reserved: str) -> dict[str, Book]:
    """Return what the skill of each connector is called; who comes later does not take the name of another."""
    found: dict[str, Book] = {}
    for each in books:
        key = each.head["id"]
        free = [name for name in (each.skill.get("name"), key) if name and name not in found and name != reserved]
        if not free:
            said = f"the skill of the connector {key!r} would be called {key!r}, which is taken"
            raise InvalidConnector(said, hint="give it a name of its own, as skill.name")
        found[free[0]] = each
    return found


def known(language: str) -> str:
    """Return a language that skills are told in."""
    if language not in LANGUAGES:
        raise UnknownName(f"there are no skills in {language[:20]!r}", hint=f"known are {', '.join(LANGUAGES)}")
    return language


def laid(english: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a connector with the texts of a translation in their places."""
    whole = {**english, **_texts(said, "about")}
    skill = english.get("skill", {})
    told = _part(said, "skill")
    whole["skill"] = {
        **skill,
        **_texts(told, "use_when"),
        **_lists(told, skill, "gotchas"),
        "examples": _asked(skill.get("examples", ()), told.get("examples")),
    }
    translated = _part(said, "actions")
    whole["actions"] = {
        key: {**action, **_texts(_part(translated, key), "title", "description")} for key, action in english["actions"].items()
    }
    return whole


def _part(said: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = said.get(key)
    return found if isinstance(found, Mapping) else {}


def _texts(said: Mapping[str, Any], *keys: str) -> dict[str, str]:
    return {key: said[key] for key in keys if isinstance(said.get(key), str) and said[key].strip()}


def _lists(said: Mapping[str, Any], english: Mapping[str, Any], *keys: str) -> dict[str, list[str]]:
    """Return the lists that say as much as the English ones do."""
    return {
        key: found
        for key in keys
        if isinstance(found := said.get(key), list) and len(found) == len(english.get(key, ())) and _all_text(found)
    }


def _all_text(found: list[Any]) -> bool:
    return all(isinstance(each, str) and each.strip() for each in found)


def _asked(examples: Any, said: Any) -> list[Any]:
    """Return the examples with what is asked in the words of a translation."""
    if not (isinstance(said, list) and len(said) == len(examples) and _all_text(said)):
        return list(examples)
    return [{**example, "ask": ask} if isinstance(example, Mapping) else ask for example, ask in zip(examples, said, strict=True)]


Stamp: TypeAlias = "tuple[tuple[str, int, int], ...]"


def _stamp(folder: str) -> Stamp:
    """Return what tells whether a file of a connector has changed since it was read."""
    places = (folder, os.path.join(folder, GROUPS), os.path.join(folder, TRANSLATIONS))
    entries = [entry for place in places if os.path.isdir(place) for entry in os.scandir(place) if entry.name.endswith(".yaml")]
    return tuple(sorted((entry.path, entry.stat().st_mtime_ns, entry.stat().st_size) for entry in entries))


@lru_cache(maxsize=64)
def _bound(folder: str, language: str, stamp: Stamp) -> Book:
    path = os.path.join(folder, TRANSLATIONS, f"{language}.yaml")
    # A connector that nobody has translated has a skill all the same.
    said = read(content_of(path), path).document if language != ENGLISH and os.path.lexists(path) else {}
    whole: Any = _read(folder, stamp).document
    return Book(*fmt.complete(laid(whole, said if isinstance(said, Mapping) else {})), language)


@lru_cache(maxsize=16)
def _read(folder: str, stamp: Stamp) -> Source:  # noqa: ARG001 - it is what the memory goes by
    return fmt.merged(sources(folder))
