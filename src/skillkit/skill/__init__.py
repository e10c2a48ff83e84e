"""Skills: pages that make an agent good at an app, rendered from the connectors alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from skillkit.errors import UnknownName
from skillkit.skill.mark import ROUTER, Mark, current, frontmatter, marked, stale

if TYPE_CHECKING:
    from skillkit.skill.book import Book
    from skillkit.workspace import Workspace

__all__ = ["ROUTER", "Mark", "current", "frontmatter", "marked", "names", "pack", "rendered", "stale"]


def names(space: Workspace) -> tuple[str, ...]:
    """Return every skill there is: the one that leads to all others, then one for each app."""
    return (ROUTER, *_books(space, "en"))


def rendered(space: Workspace, skill: str, profile: str = "portable", lang: str = "en", name: str = "") -> Mapping[str, bytes]:
    """
    Return the files of a skill by their paths, the same bytes every time; `skill` is its name or its connector's id.

    `name` is what it is called instead.
    """
    from skillkit.skill import page
    from skillkit.skill.profile import profile as row

    books, kind = _books(space, lang), row(profile)
    own = _called(skill, books)
    if own == ROUTER:
        return page.leading(books, lang, kind, name or ROUTER)
    return page.app(books[own], kind, name or own)


def pack(space: Workspace, profile: str = "portable", lang: str = "en", only: tuple[str, ...] = ()) -> Mapping[str, bytes]:
    """Return the files of all skills, or of `only` these, by their paths, with the manifests that the profile has for a pack."""
    from skillkit.skill import page
    from skillkit.skill.profile import profile as row

    books = _books(space, lang)
    wanted = dict.fromkeys(_called(each, books) for each in only or (ROUTER, *books))
    return page.packed({each: rendered(space, each, profile, lang) for each in wanted}, row(profile), books)


def _called(skill: str, books: Mapping[str, Book]) -> str:
    """Return the name of the skill that is meant by its name or by its connector's id."""
    for own, book in books.items():
        if skill in {own, book.head["id"]}:
            return own
    if skill == ROUTER:
        return ROUTER
    raise UnknownName(f"there is no skill {skill[:60]!r}", hint=f"known are {', '.join((ROUTER, *books))}")


def _books(space: Workspace, lang: str) -> dict[str, Book]:
    from skillkit.skill.book import book, known, named

    known(lang)
    folders = [space.catalog.folder(one.id) for one in space.catalog.connectors()]
    if not folders:
        raise UnknownName("no app is here that a skill could be about", hint="skillkit connector check")
    return named([book(folder, lang) for folder in folders], ROUTER)
