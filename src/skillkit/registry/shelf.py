"""The skills that a registry holds, each with what its clients ask for: archives, sums, a version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

from skillkit.registry.archive import Files, digest, fingerprint, tarred, zipped
from skillkit.search import STOP, words
from skillkit.skill import frontmatter, marked
from skillkit.workspace import Workspace

Rendered: TypeAlias = "Mapping[str, Files]"

MAIN: Final = "SKILL.md"
LONGEST_QUERY: Final = 200
# By how much more a word of its name says than one of its description.
NAMED: Final = 3


class Entry(NamedTuple):
    """A skill as one kind of client gets it."""

    name: str
    title: str
    summary: str
    # From what it was rendered.
    connector: str
    version: str
    files: Files
    archive: bytes
    fingerprint: str
    terms: Mapping[str, int]

    @property
    def serial(self) -> str:
        """
        Return the version that clients are told: the connector's, and what tells two renderings of it apart.

        It is no semantic version: a client that compares two of those would take two renderings of one version for the same.
        For the same reason the connector's alone is not given out: it cannot be compared with one of these.
        """
        return f"{self.version}_{self.fingerprint[:12]}"

    def called(self, version: str) -> bool:
        """Return whether a version that somebody asks for is this one."""
        return version in {self.serial, "latest"}


class Shelf(NamedTuple):
    """What a registry answers with."""

    # For ClawHub's clients: what they are shown, and what they may ask for, an app's own id among it.
    listed: Mapping[str, Entry]
    known: Mapping[str, Entry]
    # For whoever looks at `/.well-known`.
    portable: Mapping[str, Entry]


def stocked(space: Workspace, language: str = "en") -> Shelf:
    """Return the shelf with every skill that is rendered from the connectors of a workspace."""
    from skillkit import skill

    names = skill.names(space)
    listed = {name: skill.rendered(space, name, "openclaw", language) for name in names}
    own = {name: connector for name in names if (connector := _connector(listed[name])) and connector not in names}
    also = {connector: skill.rendered(space, name, "openclaw", language, connector) for name, connector in own.items()}
    return shelf(listed, also, {name: skill.rendered(space, name, "portable", language) for name in names})


def shelf(listed: Rendered, also: Rendered, portable: Rendered) -> Shelf:
    """Return the shelf with these skills; `also` are those that are given to who asks for them, and shown to nobody."""
    shown = {name: _entry(name, files, zipped(files)) for name, files in sorted(listed.items())}
    hidden = {name: _entry(name, files, zipped(files)) for name, files in sorted(also.items())}
    return Shelf(
        shown, {**hidden, **shown}, {name: _entry(name, files, _alone(files)) for name, files in sorted(portable.items())}
    )


def found(entries: Mapping[str, Entry], query: str) -> list[tuple[float, Entry]]:
    """Return the skills that a query may mean, the best first, each with how much of the query it has."""
    asked = list(dict.fromkeys(words(query[:LONGEST_QUERY])))
    telling = [word for word in asked if word not in STOP] or asked
    scored = [
        (sum(_weight(entry.terms, word) for word in telling) / (NAMED * len(telling)), entry)
        for entry in entries.values()
        if telling
    ]
    return sorted((row for row in scored if row[0]), key=lambda row: (-row[0], row[1].name))


def _weight(terms: Mapping[str, int], word: str) -> int:
    # Whoever is still typing, or wrote the singular or the plural, means it all the same.
    return terms.get(word, 0) or int(any(_begins(term, word) or _begins(word, term) for term in terms))


def _begins(long: str, short: str) -> bool:
    return len(short) > 2 and long.startswith(short)


def _entry(name: str, files: Files, archive: bytes) -> Entry:
    page = files[MAIN]
    front = frontmatter(page)
    mark = marked(front)
    heading = re.search(rb"^# (.+)$", page, re.MULTILINE)
    title = heading[1].decode() if heading else name
    summary = str(front.get("description", ""))
    connector, version = (mark.connector, mark.version) if mark else (name, "0.0.0")
    terms = dict.fromkeys(words(summary), 1) | dict.fromkeys(words(f"{name} {title} {connector}"), NAMED)
    return Entry(name, title, summary, connector, version, files, archive, fingerprint(files), terms)


def _alone(files: Files) -> bytes:
    """Return what a client fetches: the page itself where there is nothing else, or an archive."""
    return files[MAIN] if set(files) == {MAIN} else tarred(files)


def _connector(files: Files) -> str:
    mark = marked(frontmatter(files[MAIN]))
    return mark.connector if mark else ""


def described(files: Files) -> list[dict[str, object]]:
    """Return what is said of each file of a skill."""
    return [
        {"path": path, "size": len(content), "sha256": digest(content), "contentType": kind(path).partition(";")[0]}
        for path, content in sorted(files.items())
    ]


_KINDS: Final = {
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
    "yaml": "application/yaml",
    "zip": "application/zip",
    "gz": "application/gzip",
}


def kind(path: str) -> str:
    """Return of what content type a file is, by its name."""
    return _KINDS.get(path.rpartition(".")[2], "application/octet-stream")
