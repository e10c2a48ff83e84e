"""`skillkit search`, `external-app` and `integration`: apps and actions, found by what they are called or do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

import click

from skillkit.cli import words
from skillkit.cli.output import notice
from skillkit.cli.tree import Noun, Verb, style
from skillkit.cli.words import flag, workspace
from skillkit.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from skillkit.connection import Connection
    from skillkit.connector import Connector
    from skillkit.workspace import Workspace

LONGEST: Final = 200
# How much it says of an app that a word stands in its name, in its tags, in what is said about it.
NAMED, TAGGED, TOLD = 8, 4, 1
# A word and another form of it begin alike: invoices and invoicing, agency and agencies.
STEM: Final = 5
ENDING: Final = 4
HINT: Final = "skillkit external-app list shows the apps; skillkit connection ensure https://… says how another one can be added"


def connectors(space: Workspace, text: str) -> list[Connector]:
    """Return the connectors that a text means, by name, address, tag or what is said about them; the best first."""
    from skillkit import site

    known = space.catalog.connectors()
    said = text.strip().casefold()
    if exact := [one for one in known if said in {one.id, one.name.casefold()}]:
        return exact
    if host := site.domain(text):
        owner, _ = site.nearest(host, space.catalog.domains())
        return [one for one in known if one.id == owner]
    asked = _telling(text)
    scores = {one.id: sum(_score(word, one) for word in asked) for one in known}
    return sorted((one for one in known if scores[one.id]), key=lambda one: (-scores[one.id], one.id))


@click.command(cls=Verb)
@click.argument("query", nargs=-1, metavar="QUERY")
@flag("--elementType", multiple=True, metavar="TYPE", help="Only connector, action, integration, external-app or connection.")
@flag("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many at most.")
def search(query: tuple[str, ...], element_type: tuple[str, ...], limit: int) -> Any:
    """Find apps and actions by what they are called or do."""
    text = _asked(" ".join(query))
    kinds, found = _kinds(element_type), list[dict[str, Any]]()
    for place, kind in enumerate(kinds, 1):
        # Many of one kind leave room for the next, and the last has what is left.
        found += KINDS[kind](workspace(), text, -(-limit * place // len(kinds)) - len(found))
    if not style().json:
        return _readable(found, ("type", "key", "name", "description"))
    items = [{"element": element} for element in found]
    return {**words.listed(items, None).document, "output": {"items": items}}


@click.group(cls=Noun)
def external_app() -> None:
    """See the apps that can be connected."""


@external_app.command("list")
@flag("--search", default="", metavar="TEXT", help="Only those that this text means, the best first.")
@flag("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="How many at most.")
@flag("--cursor", default="", metavar="CURSOR", help="Go on where an earlier list ended.")
def list_apps(search: str, limit: int, cursor: str) -> Any:
    """List the apps that can be connected."""
    return _paged([_app(one) for one in _sought(search)], limit, cursor)


@external_app.command("get")
@click.argument("key", metavar="APP")
def show_app(key: str) -> Any:
    """Show APP: what it is, and where."""
    return _app(workspace().catalog.connector(key))


@click.group(cls=Noun)
def integration() -> None:
    """See the apps that can be connected, by their older name."""


@integration.command("list")
@flag("--search", default="", metavar="TEXT", help="Only those that this text means, the best first.")
@click.option("--connectors", is_flag=False, flag_value="1", default="", metavar="[1]", help="With the connector of each.")
@flag("--externalApps", is_flag=False, flag_value="1", default="", metavar="[1]", help="With the app of each.")
@flag("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="How many at most.")
@flag("--cursor", default="", metavar="CURSOR", help="Go on where an earlier list ended.")
def list_integrations(search: str, connectors: str, external_apps: str, limit: int, cursor: str) -> Any:
    """List the apps that can be connected."""
    accounts = workspace().store.connections()
    rows = []
    for one in _sought(search):
        more = {"connector": _connector(one)} if _wanted(connectors) else {}
        more |= {"externalApp": _app(one)} if _wanted(external_apps) else {}
        rows.append(_integration(one, accounts) | more)
    return _paged(rows, limit, cursor)


@integration.command("get")
@click.argument("key", metavar="APP")
def show_integration(key: str) -> Any:
    """Show APP: what it is, where, and which accounts of it are here."""
    space = workspace()
    found = space.catalog.connector(key)
    return _integration(found, space.store.connections()) | {"connector": _connector(found), "externalApp": _app(found)}


def _asked(text: str) -> str:
    said = text.strip()
    if not said or len(said) > LONGEST:
        told = f"a search has 1 to {LONGEST} characters, and this one has {len(said)}"
        raise InvalidInput(told, (Problem(told, "/query", "length"),), hint='skillkit search "unpaid invoices"')
    return said


def _kinds(given: tuple[str, ...]) -> list[str]:
    """Return what is looked for; people write a kind in any case, with or without hyphens, one or several."""
    said = [kind for word in given for kind in word.replace(",", " ").split()]
    folded = ["".join(letter for letter in kind.casefold() if letter.isalnum()).removesuffix("s") for kind in said]
    for kind, typed in zip(folded, said, strict=True):
        if kind not in KINDS:
            raise InvalidInput(f"there is no kind of element {typed[:40]!r}", hint=f"known are {', '.join(KINDS)}")
    return list(dict.fromkeys(folded)) or ["connector", "action"]


def _telling(text: str) -> list[str]:
    from skillkit.search import STOP

    return [word for word in dict.fromkeys(_words(text[:LONGEST])) if word not in STOP]


def _words(text: str) -> Iterable[str]:
    from unicodedata import combining, normalize

    from skillkit.search import words as parts

    # Not everybody types the accents of a name.
    return parts("".join(letter for letter in normalize("NFKD", text) if not combining(letter)))


def _score(word: str, connector: Connector) -> int:
    names = [*_words(f"{connector.id} {connector.name}")]
    if any(name == word or (len(word) > 1 and name.startswith(word)) or _alike(word, name) for name in names):
        return NAMED
    if any(_alike(word, part) for tag in connector.tags for part in _words(tag)):
        return TAGGED
    return TOLD if any(_alike(word, part) for part in _words(connector.about)) else 0


def _alike(word: str, other: str) -> bool:
    stem = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word, other, strict=False)))
    return word == other or (stem >= STEM and max(len(word), len(other)) - stem <= ENDING)


def _sought(text: str) -> list[Connector]:
    space = workspace()
    return connectors(space, _asked(text)) if text else list(space.catalog.connectors())


def _paged(rows: list[dict[str, Any]], limit: int, cursor: str) -> Any:
    skip = words.place(cursor)
    following = skip + limit if len(rows) > skip + limit else None
    if not rows:
        return _readable([], ())
    return words.listed(rows[skip : skip + limit], len(rows), following, ("key", "name", "url", "description"))


def _readable(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> Any:
    if not rows and not style().json:
        notice(f"hint: {HINT}")
    return words.listed(rows, len(rows), columns=columns)


def _wanted(word: str) -> bool:
    return word.casefold() not in {"", "0", "false", "no"}


def _connector(one: Connector) -> dict[str, Any]:
    return {"id": one.id, "key": one.id, "name": one.name, "version": one.version, "description": one.about}


def _app(one: Connector) -> dict[str, Any]:
    """Return an app as lists print it; `externalAppId` and `connectorId` are its id, as everything here goes by that."""
    domain = next((domain for domain in one.access.domains if "{" not in domain), "")
    place = {"domain": domain, "url": f"https://{domain}" if domain else "", "docs": one.docs, "tags": list(one.tags)}
    ids = {"id": one.id, "key": one.id, "name": one.name, "externalAppId": one.id, "connectorId": one.id}
    return ids | words.described({"description": one.about, **place})


def _integration(one: Connector, accounts: tuple[Connection, ...]) -> dict[str, Any]:
    own = [account.key for account in accounts if account.connector == one.id and not account.archived]
    return {**_app(one), "connectorKey": one.id, "integrationKey": one.id, "connections": own}


def _action(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: row[name] for name in ("id", "key", "name") if name in row}
    told |= {"type": "Action", "connectorId": str(row.get("id", "")).rpartition("/")[0]}
    return told | {name: row[name] for name in ("description", "effect") if name in row}


def _actions(space: Workspace, text: str, limit: int) -> list[dict[str, Any]]:
    asked = _telling(text)
    if not asked:
        # A text with no such word in it would find everything.
        return []
    meant = [one.id for one in space.catalog.connectors() if set(asked) & set(_words(f"{one.id} {one.name}"))]
    # Whoever names one app means its actions.
    rows = space.catalog.rows(meant[0] if len(meant) == 1 else "", text, limit)
    return [_action(row) for row in rows]


def _accounts(space: Workspace, text: str, limit: int) -> list[dict[str, Any]]:
    folded = text.casefold()
    found = [one for one in space.store.connections() if folded in f"{one.name} {one.key} {one.connector}".casefold()]
    return [
        {"id": one.id, "key": one.key, "name": one.name, "type": "Connection", "connectorId": one.connector, "state": one.state}
        for one in found[:limit]
    ]


def _of(kind: str) -> Callable[[Workspace, str, int], list[dict[str, Any]]]:
    def found(space: Workspace, text: str, limit: int) -> list[dict[str, Any]]:
        return [{**_app(one), "type": kind} for one in connectors(space, text)[:limit]]

    return found


KINDS: Final[Mapping[str, Callable[[Workspace, str, int], list[dict[str, Any]]]]] = {
    "connector": _of("Connector"),
    "action": _actions,
    "integration": _of("Integration"),
    "externalapp": _of("ExternalApp"),
    "connection": _accounts,
}
