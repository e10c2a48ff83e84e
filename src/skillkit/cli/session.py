"""`skillkit login`, `logout`, `status` and `open`: which agent is asking, and what is here for it."""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import click

from skillkit import VERSION
from skillkit.cli import asking, words
from skillkit.cli.output import notice
from skillkit.cli.tree import Verb, style
from skillkit.cli.words import flag, workspace
from skillkit.errors import SkillkitError, UnknownName, Usage

if TYPE_CHECKING:
    from skillkit.connection import Connection
    from skillkit.workspace import Workspace

NEXT: Final = 'skillkit connection ensure "https://the-app.example" --json'


@click.command(cls=Verb)
@click.argument("step", nargs=-1, metavar="[start | complete CODE]")
@click.option("--tenant", is_flag=True, help="Taken as other tools have it; here there is one tenant, you.")
@flag("--clientName", default="", metavar="AGENT", help="Which agent is asking, such as claude.  [default: a guess]")
@flag("--nonInteractive", is_flag=True, help="Taken as other tools have it; nothing is asked here anyway.")
def login(step: tuple[str, ...], tenant: bool, client_name: str, non_interactive: bool) -> Any:  # noqa: ARG001, FBT001 - as typed
    """Make the vault ready, and say which agent is asking."""
    from skillkit.agent import guessed, known

    space = workspace()
    if step[:1] == ("complete",) and len(step) < 3:
        told = "there is nothing to complete: no server is signed in to here, and no code is waited for"
        return {"message": told, **_session(space), "next": NEXT}
    if step not in {(), ("start",)}:
        # It may be a code, and is not repeated.
        raise Usage("skillkit login takes start, complete CODE, or nothing", hint="skillkit login --clientName claude")
    named = known(client_name) if client_name else guessed(os.environ)
    kept_by = space.vault.init()
    if named:
        asking.record(space, named)
    return {"message": "ready", **_session(space), "vault": kept_by, "next": NEXT}


@click.command(cls=Verb)
def logout() -> Any:
    """Forget which agent was asking; accounts stay connected."""
    space = workspace()
    asking.forget(space)
    ready = [one.key for one in _connections(space) if one.state == "READY"]
    told = "the agent is forgotten, and every account stays as it is"
    more = {"next": f"skillkit connection delete {ready[0]} forgets that account and its credential"} if ready else {}
    return {"message": told, "connected": ready, **more}


@click.command(cls=Verb)
def status() -> Any:
    """See what is here: the agent, the vault, the accounts."""
    from skillkit import pack

    space = workspace()
    behind = list(pack.behind(space))
    return {"version": VERSION, "home": space.home, **_session(space), **({"skills": behind} if behind else {})}


@click.command("open", cls=Verb)
@click.argument("name", metavar="[CONNECTION]", default="")
@flag("--noBrowser", is_flag=True, help="Print the page's address in place of opening it.")
def open_page(name: str, *, no_browser: bool) -> Any:
    """Open the page of CONNECTION in the browser: where its user signs in, or the app itself."""
    from skillkit import accounts
    from skillkit.cli import browser, client_action

    space = workspace()
    connection = accounts.current(space, space.connection(name) if name else _meant(space))
    waits = client_action.waits(connection)
    url = words.link(connection) if waits else _site(space, connection)
    shown = not no_browser and browser.opened(url)
    if not shown and not style().json:
        notice("open this in a browser on this computer:")
    what = "where its user signs in" if waits else "the app"
    return {"url": url, "opened": shown, "page": what, "connectionKey": connection.key} if style().json else url


def _session(space: Workspace) -> dict[str, Any]:
    """Return what is here; nothing is made by looking at it."""
    named = asking.agent(space)
    states = Counter("ARCHIVED" if one.archived else one.state for one in _connections(space))
    return {
        "agent": named.id,
        "agentName": named.title,
        "vault": _vault(space),
        "connections": dict(states),
        "connectors": _connectors(space),
        "signInPage": _page_is_open(space),
    }


def _connections(space: Workspace) -> tuple[Connection, ...]:
    return space.store.connections() if os.path.lexists(os.path.join(space.home, "store.db")) else ()


def _connectors(space: Workspace) -> int:
    """Return how many apps are known; where none has been asked for yet, how many are there to be read."""
    if os.path.lexists(os.path.join(space.home, "catalog.db")):
        return len(space.catalog.connectors())
    from skillkit.workspace import FOLDER, shipped

    places = [place for place in (shipped(), os.path.join(space.home, FOLDER)) if os.path.isdir(place)]
    return sum(os.path.isfile(os.path.join(place, name, "connector.yaml")) for place in places for name in os.listdir(place))


def _vault(space: Workspace) -> str:
    """Return what keeps the vault's key; a vault that cannot be used is what somebody who asks has to know."""
    if not os.path.lexists(os.path.join(space.home, "vault.db")):
        return "none yet"
    try:
        return space.vault.init()
    except SkillkitError as error:
        return f"cannot be used: {error.message}"


def _page_is_open(space: Workspace) -> bool:
    """Return whether a page waits for somebody to sign in: its process holds a lock as long as it lives."""
    from skillkit import home
    from skillkit.signin.process import LOCK

    try:
        import fcntl
    except ImportError:
        # Where there is no such lock, there is no such page.
        return False
    path = os.path.join(space.home, LOCK)
    if not home.found(path):
        return False
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _meant(space: Workspace) -> Connection:
    """Return the one account that waits to be signed in to, or else the only one there is."""
    from skillkit.cli import client_action

    here = [one for one in _connections(space) if not one.archived]
    waiting = [one for one in here if client_action.waits(one)]
    for found in (waiting, here):
        if len(found) == 1:
            return found[0]
        if found:
            listed = ", ".join(f"{one.key} ({one.state})" for one in found)
            raise UnknownName(f"{len(found)} accounts could be meant: {listed}", hint=f"skillkit open {found[0].key}")
    raise UnknownName("no account is here whose page could be opened", hint=NEXT)


def _site(space: Workspace, connection: Connection) -> str:
    """Return where the app itself is, for the person who works in it."""
    from skillkit.destination import HOST_PART
    from skillkit.document import names

    if not connection.connector:
        return f"https://{connection.wanted}"
    connector = space.catalog.connector(connection.connector)
    if connection.base_url:
        return connection.origin
    # The address of this very account says more than that of the app.
    for pattern in sorted(connector.access.domains, key=lambda pattern: "{" not in pattern):
        said = {name: str(connection.params.get(name, "")) for name in names(pattern)}
        if all(re.fullmatch(HOST_PART, value, re.IGNORECASE) for value in said.values()):
            return "https://" + pattern.format_map(said)
    return connector.docs or connection.origin
