"""
Which skill a query selects by the words of the descriptions: the tables of docs/triggers.md, or with `--wrong` what goes astray.

The index is made as that which finds actions. It knows words, no meanings: this says what a description gives one to go by.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from skillkit.search import query, words
from skillkit.skill import ROUTER, frontmatter, page
from skillkit.skill.book import ENGLISH, LANGUAGES, book, named
from skillkit.skill.profile import profile
from skillkit.workspace import shipped

SET: Final = Path(__file__).resolve().parent.parent / "tests/data/triggers.yaml"
# As `skillkit.catalog` has them, where a name is that of a skill; a test holds them equal.
TABLE: Final = """\
CREATE VIRTUAL TABLE words USING fts5 (connector UNINDEXED, key UNINDEXED, name, description, intents, inputs,
    tokenize = 'porter unicode61 remove_diacritics 2')"""
WEIGHTS: Final = "0, 0, 3.0, 1.5, 3.0, 0.5"
# About what one rare word of a description scores; fitted to the queries with an even place, before any description was changed.
ENOUGH: Final = 1.75
NONE: Final = "none"
SPOKEN: Final = {"en": "English", "de": "German", "es": "Spanish", "zh": "Chinese"}


class Told(NamedTuple):
    """What a skill says of itself in a language."""

    skill: str
    language: str
    description: str


class Query(NamedTuple):
    """What somebody types, the skill that it is meant for, and the list that it stands in."""

    text: str
    meant: str
    language: str
    listed: str
    place: int


class Figures(NamedTuple):
    """How many queries select what they want, how many of all that select a skill, and of all that want one."""

    right: int
    precision: float
    recall: float


def queries(path: Path = SET) -> tuple[Query, ...]:
    """Return the trigger set."""
    return tuple(_listed(yaml.safe_load(path.read_text("utf-8"))))


def _listed(lists: dict[str, dict[str, dict[str, list[str | dict[str, str]]]]]) -> Iterator[Query]:
    for skill, kinds in lists.items():
        for spoken in kinds.values():
            for language, typed in spoken.items():
                for place, each in enumerate(typed):
                    meant, text = (skill, each) if isinstance(each, str) else next(iter(each.items()))
                    yield Query(text, meant, language, skill, place)


def descriptions(folder: str = "") -> tuple[Told, ...]:
    """Return what every skill says of itself, in every language, as the pages that an agent reads have it."""
    return tuple(told for language in LANGUAGES for told in _described(folder or shipped(), language))


def _described(folder: str, language: str) -> Iterator[Told]:
    books = named([book(os.path.join(folder, name), language) for name in sorted(os.listdir(folder))], ROUTER)
    kind = profile("portable")
    pages = {ROUTER: page.leading(books, language, kind)} | {name: page.app(told, kind, name) for name, told in books.items()}
    for name, files in pages.items():
        yield Told(name, language, str(frontmatter(files[page.MAIN])["description"]))


def selected(told: Iterable[Told], asked: Sequence[Query], enough: float = ENOUGH) -> list[str]:
    """Return the skill whose description answers each query best, or none when no word of it tells enough."""
    with closing(sqlite3.connect(":memory:")) as index:
        index.execute(TABLE)
        rows = [(each.skill, each.language, _words(each.skill), _words(each.description)) for each in told]
        # What people type says how rare a word is: an app's name, which stands in half of the descriptions, would tell nothing.
        rows += [("", "", "", _words(each.text)) for each in asked]
        index.executemany("INSERT INTO words VALUES (?, ?, ?, ?, '', '')", rows)
        score = f"-bm25(words, {WEIGHTS})"
        best = f"SELECT connector, {score} FROM words WHERE words MATCH ? AND connector != '' ORDER BY 2 DESC, 1 LIMIT 1"  # noqa: S608 - our own words
        # What has no words asks for nothing.
        found = [index.execute(best, (query(each.text) or '""',)).fetchone() for each in asked]
    return [one[0] if one and one[1] >= enough else NONE for one in found]


def _words(text: str) -> str:
    return " ".join(words(text))


def figures(pairs: Iterable[tuple[str, str]]) -> Figures:
    """
    Return how well what was selected, the second of each pair, agrees with what was meant.

    >>> figures([("a", "a"), ("a", "b"), ("a", "none"), ("none", "none")])
    Figures(right=2, precision=0.5, recall=0.3333333333333333)
    """
    seen = list(pairs)
    hits = sum(meant == found != NONE for meant, found in seen)
    some, wanted = sum(found != NONE for _, found in seen), sum(meant != NONE for meant, _ in seen)
    return Figures(sum(meant == found for meant, found in seen), hits / max(1, some), hits / max(1, wanted))


def of(skill: str, pairs: Iterable[tuple[str, str]]) -> Figures:
    """Return the same, of one skill alone."""
    return figures((meant if meant == skill else NONE, found if found == skill else NONE) for meant, found in pairs)


def tables(told: Sequence[Told], asked: Sequence[Query]) -> str:
    """Return the tables of the page."""
    found = selected(told, asked)
    parts = (_confusion(told, asked, found), _lists(told, asked, found), _parts(told, asked, found))
    return "\n".join(part for table in parts for part in (*table, ""))


def _confusion(told: Sequence[Told], asked: Sequence[Query], found: Sequence[str]) -> Iterator[str]:
    skills = list(dict.fromkeys(each.skill for each in told))
    pairs = [(each.meant, one) for each, one in zip(asked, found, strict=True)]
    count = Counter(pairs)
    yield _row("Meant", *skills, NONE, "Recall")
    yield _row(*["---"] * (len(skills) + 3))
    for meant in (*skills, NONE):
        share = _share(of(meant, pairs).recall) if meant != NONE else ""
        yield _row(meant, *(_own(count[meant, one], meant == one) for one in (*skills, NONE)), share)
    yield _row("Precision", *(_share(of(one, pairs).precision) for one in skills), "", "")


def _lists(told: Sequence[Told], asked: Sequence[Query], found: Sequence[str]) -> Iterator[str]:
    pairs = list(zip(asked, found, strict=True))
    yield _row("Skill", "Queries that should select it", "do", "Queries that should not", "do all the same")
    yield _row(*["---"] * 5)
    for skill in dict.fromkeys(each.skill for each in told):
        should = [one == skill for each, one in pairs if each.listed == each.meant == skill]
        should_not = [one == skill for each, one in pairs if each.listed == skill != each.meant]
        yield _row(skill, *map(str, (len(should), sum(should), len(should_not), sum(should_not))))


def _parts(told: Sequence[Told], asked: Sequence[Query], found: Sequence[str]) -> Iterator[str]:
    pairs = [(each, each.meant, one) for each, one in zip(asked, found, strict=True)]
    yield _row("Queries", "Skills in", "Right", "Precision", "Recall")
    yield _row(*["---"] * 5)
    yield _measured("all", "all four languages", [pair[1:] for pair in pairs])
    for language, spoken in SPOKEN.items():
        yield _measured(spoken, "all four languages", [pair[1:] for pair in pairs if pair[0].language == language])
    for odd, name in enumerate(("at even places", "at odd places")):
        yield _measured(name, "all four languages", [pair[1:] for pair in pairs if pair[0].place % 2 == odd])
    yield _measured("all", "the language of the query", _own_language(told, asked))
    english = selected([each for each in told if each.language == ENGLISH], asked)
    yield _measured("all", "English", [(each.meant, one) for each, one in zip(asked, english, strict=True)])


def _own_language(told: Sequence[Told], asked: Sequence[Query]) -> list[tuple[str, str]]:
    """Return what is selected where only the skills of each query's own language are installed."""
    by_language = {language: selected([each for each in told if each.language == language], asked) for language in SPOKEN}
    return [(each.meant, by_language[each.language][place]) for place, each in enumerate(asked)]


def _measured(name: str, installed: str, pairs: Sequence[tuple[str, str]]) -> str:
    told = figures(pairs)
    return _row(name, installed, f"{told.right} of {len(pairs)}", _share(told.precision), _share(told.recall))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _own(count: int, right: bool) -> str:  # noqa: FBT001 - a private cell of a table
    return f"**{count}**" if right else str(count or "")


def _share(part: float) -> str:
    return f"{part:.0%}"


def main(arguments: list[str]) -> None:
    """Print the tables, or what goes astray."""
    told, asked = descriptions(), queries()
    if arguments != ["--wrong"]:
        print(tables(told, asked), end="")
        return
    for each, found in zip(asked, selected(told, asked), strict=True):
        if found != each.meant:
            print(f"{each.language} {each.meant} -> {found}: {each.text}{'' if each.place % 2 else ' *'}")


if __name__ == "__main__":
    main(sys.argv[1:])
