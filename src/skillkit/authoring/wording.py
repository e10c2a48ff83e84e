"""Rules about what people and agents read: ids, titles, descriptions, intents, links."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from skillkit.authoring.rule import Find, Subject
from skillkit.errors import Problem
from skillkit.source import pointer

LONGEST_ID: Final = 56
LONGEST_DESCRIPTION: Final = 1024
MOST_FEATURED: Final = 20

_FULL_STOPS: Final = (".", "?", "!", "。")
# Words that tell no two actions apart.
_EMPTY: Final = frozenset(
    {"a", "all", "an", "and", "by", "for", "from", "in", "is", "it", "its", "of", "on", "or", "the", "to", "with"}
)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _long_ids(subject: Subject) -> Iterator[Problem]:
    for path, key, _, _ in subject.written():
        whole = f"{subject.head['id']}/{key}"
        if len(whole) > LONGEST_ID:
            yield subject.source.problem(f"{whole!r} has {len(whole)} characters, more than {LONGEST_ID}", path, "long-id")


def _empty(subject: Subject) -> Iterator[Problem]:
    for path, key, action, _ in subject.written():
        if not action["description"].strip():
            yield subject.source.problem(f"{key} has no description", f"{path}/description", "description-empty")


def _long(subject: Subject) -> Iterator[Problem]:
    for path, key, action, _ in subject.written():
        if (length := len(action["description"])) > LONGEST_DESCRIPTION:
            said = f"the description of {key} has {length:,} characters, more than {LONGEST_DESCRIPTION:,}"
            yield subject.source.problem(said, f"{path}/description", "description-long")


def _unfinished(subject: Subject) -> Iterator[Problem]:
    for path, key, action, _ in subject.written():
        text = action["description"].rstrip()
        if text and not text.endswith(_FULL_STOPS):
            yield subject.source.problem(
                f"the description of {key} ends without a full stop", f"{path}/description", "description-full-stop"
            )


def _repeats_title(subject: Subject) -> Iterator[Problem]:
    for path, key, action, _ in subject.written():
        title = _words(action.get("title", ""))
        if title and _words(action["description"])[: len(title)] == title:
            said = f"the description of {key} begins with its title; say what is not said yet"
            yield subject.source.problem(said, f"{path}/description", "description-repeats-title")


def _alike(subject: Subject) -> Iterator[Problem]:
    first: dict[frozenset[str], str] = {}
    for path, key, action, _ in subject.written():
        said = frozenset(_words(action["description"])) - _EMPTY
        other = first.setdefault(said, key)
        if said and other != key:
            message = f"the descriptions of {other} and {key} say the same; nobody can choose by them"
            yield subject.source.problem(message, f"{path}/description", "description-alike")


def _repeated_intents(subject: Subject) -> Iterator[Problem]:
    first: dict[str, tuple[str, str, int]] = {}
    for path, key, action, whole in subject.written():
        for language, phrases in whole["intents"].items():
            below = f"{path}/intents" if isinstance(action["intents"], list) else pointer(f"{path}/intents", language)
            for place, phrase in enumerate(phrases):
                here = (key, language, place)
                other = first.setdefault(" ".join(_words(phrase)), here)
                # One action may be asked for in the same words in two languages.
                if other[0] != key or (other[1] == language and other != here):
                    said = f"{phrase!r} is an intent of {other[0]} already"
                    yield subject.source.problem(said, f"{below}/{place}", "intent-twice")


def _too_many_featured(subject: Subject) -> Iterator[Problem]:
    if (count := len(subject.document.get("featured", ()))) > MOST_FEATURED:
        yield subject.source.problem(f"{count} actions are featured, more than {MOST_FEATURED}", "/featured", "featured-many")


def _clashing_aliases(subject: Subject) -> Iterator[Problem]:
    taken = dict.fromkeys(subject.actions, "a key")
    for path, _, action, _ in subject.written():
        for place, alias in enumerate(action.get("aliases", ())):
            if alias in taken:
                yield subject.source.problem(f"{alias!r} is {taken[alias]} already", f"{path}/aliases/{place}", "alias-clash")
            taken.setdefault(alias, "an alias")


def _unsafe_links(subject: Subject) -> Iterator[Problem]:
    auth = subject.document["connection"].get("auth", {})
    links = [(f"/connection/auth/{name}/help", each["help"]) for name, each in auth.items() if "help" in each]
    links += [("/docs", subject.document["docs"])] if "docs" in subject.document else []
    for path, link in links:
        if not re.fullmatch(r"https://\S+", link):
            yield subject.source.problem(f"{link!r} is no link that begins https://", path, "help-https")


RULES: Final[Mapping[str, Find]] = {
    "long-id": _long_ids,
    "description-empty": _empty,
    "description-long": _long,
    "description-full-stop": _unfinished,
    "description-repeats-title": _repeats_title,
    "description-alike": _alike,
    "intent-twice": _repeated_intents,
    "featured-many": _too_many_featured,
    "alias-clash": _clashing_aliases,
    "help-https": _unsafe_links,
}
