"""From folders of connector files to the rows of the catalog."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final, TypeAlias

import skillkit.format as fmt
from skillkit import search
from skillkit.errors import InvalidConnector, Problem
from skillkit.source import LARGEST, Source, read

Row: TypeAlias = "tuple[str, tuple[Any, ...]]"

MAIN: Final = "connector.yaml"
GROUPS: Final = "actions"
LARGEST_CONNECTOR: Final = 2 * 1024 * 1024


def compiled(folders: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of every connector under `folders`; one that is broken is a row with its problems."""
    taken: dict[str, str] = {}
    for path in (path for folder in folders for path in _inside(folder)):
        name = os.path.basename(path)
        if not os.path.lexists(os.path.join(path, MAIN)):
            continue
        if name in taken:
            shadow = Problem(f"{taken[name]} is called {name!r} already", "/id", "shadowed", os.path.join(path, MAIN), 1, 1)
            yield _broken(f"{name} ({path})", path, (shadow,))
            continue
        taken[name] = path
        yield from _rows(name, path)


def sources(folder: str) -> tuple[Source, ...]:
    """Return the files of one connector, its own first; a link, a device or too much of it is refused."""
    groups = [path for path in _inside(os.path.join(folder, GROUPS)) if path.endswith(".yaml")]
    # What lies behind a link is not looked at when it is asked whether anything has changed.
    for path in (folder, os.path.join(folder, GROUPS)):
        if os.path.islink(path):
            raise _unread(path, "it is a symbolic link")
    found: list[Source] = []
    size = 0
    for path in (os.path.join(folder, MAIN), *groups):
        content = content_of(path)
        size += len(content)
        if size > LARGEST_CONNECTOR:
            raise _unread(folder, f"it has more than {LARGEST_CONNECTOR:,} bytes of connector files")
        found.append(read(content, path))
    return tuple(found)


def content_of(path: str) -> bytes:
    """Return the bytes of one connector file, or say why it is not read."""
    if os.path.islink(path):
        raise _unread(path, "it is a symbolic link")
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise _unread(path, (error.strerror or "it cannot be opened").lower()) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _unread(path, "it is no regular file")
    with os.fdopen(descriptor, "rb") as file:
        # One byte more than is allowed tells a file that is too long from one that just fits.
        return file.read(LARGEST + 1)


def _unread(path: str, why: str) -> InvalidConnector:
    return InvalidConnector(f"{path} is not read: {why}", (Problem(why, "", "file", path, 1, 1),))


def _inside(folder: str) -> list[str]:
    try:
        return sorted(os.path.join(folder, name) for name in os.listdir(folder))
    except OSError:
        return []


def _broken(name: str, path: str, problems: Sequence[Problem]) -> Row:
    return "connector", (name, path, "", json.dumps([asdict(problem) for problem in problems]))


def _rows(name: str, path: str) -> Iterator[Row]:
    try:
        source = fmt.merged(sources(path))
        problems = fmt.problems(source)
    except InvalidConnector as error:
        source, problems = Source(path, {}, {}), error.problems or (Problem(error.message),)
    document: Any = source.document
    if not problems and document["id"] != name:
        problems = (source.problem(f"its folder is called {name!r}", "/id", "folder"),)
    if problems:
        yield _broken(name, path, problems)
        return
    head, actions = fmt.complete(document)
    yield "connector", (name, path, json.dumps(head, ensure_ascii=False), "")
    for place, (key, action) in enumerate(actions.items()):
        row = _row(name, key, action)
        stored = {entry: value for entry, value in action.items() if entry not in {"examples", "intents"}}
        featured = key in head.get("featured", ())
        yield "action", (name, key, place, featured, json.dumps(stored, ensure_ascii=False), json.dumps(row, ensure_ascii=False))
        for alias in action.get("aliases", ()):
            yield "alias", (name, alias, key)
        yield "words", (name, key, *_words(head, key, action))


def _row(name: str, key: str, action: Mapping[str, Any]) -> dict[str, Any]:
    taken, given = fmt.shown(action)
    return {
        "id": f"{name}/{key}",
        "key": key,
        "name": action["title"],
        "description": action["description"],
        "connectorKey": name,
        "effect": action["effect"],
        "inputSchema": taken,
        "outputSchema": given,
    }


def _words(head: Mapping[str, Any], key: str, action: Mapping[str, Any]) -> tuple[str, ...]:
    intents = [phrase for phrases in action.get("intents", {}).values() for phrase in phrases]
    inputs = list(action.get("input", {}).get("properties", {}))
    texts = (f"{action['title']} {key} {head['name']}", action["description"], " ".join(intents), " ".join(inputs))
    return tuple(" ".join(search.words(text)) for text in texts)
