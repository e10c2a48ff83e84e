"""From folders of connector files to the rows of the catalog."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final, TypeAlias

import skillkit.format as fmt
from skillkit import search
from skillkit.connector import EFFECT_OF
from skillkit.errors import InvalidConnector, Problem
from skillkit.source import LARGEST, Source, read

Row: TypeAlias = "tuple[str, tuple[Any, ...]]"

MAIN: Final = "connector.yaml"
GROUPS: Final = "actions"
LARGEST_CONNECTOR: Final = 2 * 1024 * 1024


def compiled(folders: Sequence[str], own: str = "") -> Iterator[Row]:
    """
    Yield the rows of every connector under `folders`; one that is broken is a row with its problems.

    `own` is the folder of the user's own actions, which stand beside those of their connectors and never in their place.
    """
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
        yield from _rows(name, path, os.path.join(own, name) if own else "")
    for folder in _inside(own):
        name = os.path.basename(folder)
        if name not in taken:
            lost = Problem(f"no connector {name!r} is here", "", "unknown-connector")
            yield from (_broken_action(name, file, (lost,)) for file in _written(folder))


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


def _rows(name: str, path: str, own: str) -> Iterator[Row]:
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
    for place, pattern in enumerate(head["connection"].get("domains", ())):
        yield "domain", (name, place, pattern)
    for place, action in enumerate(actions.values()):
        yield from _action_rows(head, action, place)
    for place, file in enumerate(_written(own), len(actions)):
        try:
            action = _beside(source, file, content_of(file))
        except InvalidConnector as error:
            yield _broken_action(name, file, error.problems or (Problem(error.message),))
        else:
            yield from _action_rows(head, action, place, own=True)


def _action_rows(head: Mapping[str, Any], action: Mapping[str, Any], place: int, *, own: bool = False) -> Iterator[Row]:
    name, key = head["id"], action["key"]
    row = _row(action) | ({"layer": OWN} if own else {})
    stored = {entry: value for entry, value in action.items() if entry not in {"examples", "intents"}}
    featured = key in head.get("featured", ()) and not own
    yield "action", (name, key, place, featured, json.dumps(stored, ensure_ascii=False), json.dumps(row, ensure_ascii=False))
    for alias in action.get("aliases", ()):
        yield "alias", (name, alias, key)
    yield "words", (name, key, *_words(head, key, action))


def _row(action: Mapping[str, Any]) -> dict[str, Any]:
    taken, given = fmt.shown(action)
    return {
        "id": f"{action['connector']}/{action['key']}",
        "key": action["key"],
        "name": action["title"],
        "description": action["description"],
        "connectorKey": action["connector"],
        "effect": action["effect"],
        "state": "READY",
        "inputSchema": taken,
        "outputSchema": given,
    }


def _words(head: Mapping[str, Any], key: str, action: Mapping[str, Any]) -> tuple[str, ...]:
    intents = [phrase for phrases in action.get("intents", {}).values() for phrase in phrases]
    inputs = list(action.get("input", {}).get("properties", {}))
    texts = (f"{action['title']} {key} {head['name']}", action["description"], " ".join(intents), " ".join(inputs))
    return tuple(" ".join(search.words(text)) for text in texts)


# The user's own actions.

OWN: Final = "own"
ENDING: Final = ".yaml"
LONGEST_ID: Final = 56
# What an action may say it does, by what its method does: as much, or something that is guarded more.
GUARDED: Final[Mapping[str, frozenset[str]]] = {
    "read": frozenset({"read", "create", "update", "delete", "send"}),
    "create": frozenset({"create", "send"}),
    "update": frozenset({"update", "delete", "send"}),
    "delete": frozenset({"delete", "send"}),
}


def beside(folder: str, file: str, content: bytes) -> None:
    """Refuse what cannot be an own action beside the connector in `folder`; `file` is what it is, or would be, called."""
    _beside(fmt.merged(sources(folder)), file, content)


def _written(own: str) -> list[str]:
    return [path for path in _inside(own) if path.endswith(ENDING)] if own else []


def _key(file: str) -> str:
    return os.path.basename(file).removesuffix(ENDING)


def _broken_action(name: str, file: str, problems: Sequence[Problem]) -> Row:
    return "broken_action", (name, _key(file), file, json.dumps([asdict(problem) for problem in problems]))


def _beside(source: Source, file: str, content: bytes) -> dict[str, Any]:
    """Return an own action as complete as a shipped one, or raise InvalidConnector with all that is wrong with it."""
    # What lies behind a link is not looked at when it is asked whether anything has changed.
    if os.path.islink(os.path.dirname(file)):
        raise _unread(os.path.dirname(file), "it is a symbolic link")
    key, group, shipped = _key(file), read(content, file), _actions(source)
    if list(_actions(group)) != [key]:
        raise _unfit(group.problem(f"it holds one action, and that is {key!r}, as its name says", "/actions", "own-key"))
    whole = fmt.merged((source, group))
    if former := [name for name, action in shipped.items() if key in action.get("aliases", ())]:
        raise _unfit(whole.problem(f"{key!r} leads to {former[0]!r} already", f"/actions/{key}", "own-key"))
    # An app's schemas take longer to look at than all else, and few own actions refer to one.
    alone = _alone(whole, key, shipped, shared=b"schemas" in content)
    if found := fmt.problems(alone):
        raise _unfit(*found)
    complete = fmt.complete(_document(alone))[1]
    if found := tuple(_unguarded(alone, key, complete)):
        raise _unfit(*found)
    return complete[key]


def _document(source: Source) -> dict[str, Any]:
    return source.document if isinstance(source.document, dict) else {}


def _actions(source: Source) -> dict[str, Any]:
    found = _document(source).get("actions")
    return found if isinstance(found, dict) else {}


def _alone(whole: Source, key: str, shipped: Mapping[str, Any], *, shared: bool) -> Source:
    """Return the connector with no more in it than the action of this key and what it reads: the rest is known to fit."""
    document, action = _document(whole), _actions(whole)[key]
    reads = {name: shipped[name] for _, name in _reads(action) if name in shipped}
    left = {"featured", "webhooks"} if reads or shared else {"featured", "webhooks", "schemas"}
    kept = {name: value for name, value in document.items() if name not in left}
    kept["connection"] = {name: value for name, value in kept["connection"].items() if name != "check"}
    return replace(whole, document=kept | {"actions": {**reads, key: action}})


def _reads(action: Any) -> Iterator[tuple[str, str]]:
    """Yield where an action names another, and what it names there."""
    for place in fmt.READS:
        part = action
        for step in place.split("/"):
            part = part.get(step) if isinstance(part, dict) else None
        # What else may stand there does not fit the format, which says so.
        if isinstance(part, str):
            yield place, part


def _unguarded(source: Source, key: str, complete: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield by what an own action would get round what a shipped one is held to."""
    action, path = complete[key], f"/actions/{key}"
    if len(whole := f"{action['connector']}/{key}") > LONGEST_ID:
        yield source.problem(f"{whole!r} has {len(whole)} characters, more than {LONGEST_ID}", path, "long-id")
    if "aliases" in action:
        yield source.problem("an own action has one key, and no former ones", f"{path}/aliases", "own-key")
    if "request" not in action:
        yield source.problem("an own action is a request to the app's API", f"{path}/tool", "own-request")
        return
    method = action["request"].partition(" ")[0]
    usual = EFFECT_OF[method]
    if action["effect"] not in GUARDED[usual]:
        said = f"a {method} is a {usual}, and cannot be taken for a {action['effect']}, which is guarded less"
        yield source.problem(said, f"{path}/effect", "own-effect")
    for place, name in _reads(action):
        if (effect := complete[name]["effect"]) != "read":
            yield source.problem(f"{name} is no read but a {effect}", f"{path}/{place}", "not-a-read")


def _unfit(*problems: Problem) -> InvalidConnector:
    return InvalidConnector(f"it cannot be an action: {problems[0].message}", problems)
