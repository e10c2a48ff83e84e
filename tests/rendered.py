"""Every skill in every language and for every profile, rendered once, as the tests look at it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache

from skillkit.skill import page, words
from skillkit.skill.book import LANGUAGES, Book, book, named
from skillkit.skill.lint import Page
from skillkit.skill.mark import ROUTER
from skillkit.skill.profile import PROFILES
from skillkit.workspace import shipped

KINDS = [(profile, language) for profile in PROFILES for language in LANGUAGES]


@cache
def books(language: str = "en") -> dict[str, Book]:
    """Return the shipped connectors by the names of their skills."""
    folders = [os.path.join(shipped(), name) for name in sorted(os.listdir(shipped()))]
    return named([book(folder, language) for folder in folders], ROUTER)


@cache
def pages(profile: str = "portable", language: str = "en") -> tuple[Page, ...]:
    """Return every shipped skill, the one that leads to all others first."""
    return tuple(_pages(profile, language))


def _pages(profile: str, language: str) -> Iterator[Page]:
    known, kind = books(language), PROFILES[profile]
    yield looked_at(page.leading(known, language, kind), ROUTER, profile, language)
    for name, told in known.items():
        yield looked_at(page.app(told, kind, name), name, profile, language, told)


def looked_at(files, name: str, profile: str = "portable", language: str = "en", told: Book | None = None) -> Page:
    """Return a rendered skill as the rules look at it."""
    say = words.of(language, {"app": told.head["name"] if told else ""})
    marks = {effect: say(effect) for effect in ("create", "update", "delete", "send")}
    return Page(files, name, profile, language, told, marks, say("boundary" if told else "router_data"))
