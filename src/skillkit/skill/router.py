"""What the skill says that leads to all others: how to find, connect and run anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final

from skillkit.skill import view, words
from skillkit.skill.book import Book
from skillkit.skill.text import command, line, prose
from skillkit.skill.view import Values

# As many apps as it names; a command lists the rest.
APPS: Final = 12


def values(books: Mapping[str, Book], language: str) -> Values:
    """Return what the page says of the skills that have these names; the first app stands for all of them."""
    first = next(iter(books.values()))
    listing, key = view.reads(first), first.head["id"]
    told = [f"{prose(book.head['name'], 60)}: `{name}`, {view.address(book.head)}" for name, book in books.items()][:APPS]
    return {
        "say": words.of(language, {"id": key, "apps": known(books.values())}),
        "apps": told,
        "lines": [
            command("skillkit", "search", line(first.head["name"], 60), "--json"),
            command("skillkit", "action", "list", "--intent", view.intent(first), "--compact", "--json"),
            # Not as the app's own page has them: by its name, and with a time.
            command("skillkit", "connection", "ensure", line(first.head["name"], 60), "--json"),
            command("skillkit", "connection", "get", key, "--wait", "--timeout", "60", "--json"),
            command("skillkit", "action", "get", listing["key"], "--connectionKey", key, "--json"),
            view.typed(first, listing["key"], {}, *(("--limit", "5") if "items" in listing else ())),
            command(
                "skillkit", "request", key, re.split(r"[{?]", listing.get("request", "GET /").partition(" ")[2])[0], "--json"
            ),
        ],
    }


def known(books: Iterable[Book]) -> str:
    """Return the names of the apps, as many as a sentence holds."""
    return ", ".join(line(book.head["name"], 30) for book in islice(books, 3))
