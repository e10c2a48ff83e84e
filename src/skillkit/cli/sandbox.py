"""`skillkit sandbox`: stand-ins for the vendors' servers, on this machine alone."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from skillkit.cli import output, words
from skillkit.cli.tree import Noun, style
from skillkit.cli.words import flag, workspace
from skillkit.errors import SkillkitError, UnknownName, Usage

if TYPE_CHECKING:
    from skillkit.connection import Connection
    from skillkit.sandbox.server import Running

# What the extra brings. An installed skillkit does without.
NEEDED: Final = ("starlette", "uvicorn", "python_multipart", "typst", "facturx", "saxonche", "pypdf", "lxml")

# In the home folder, for `connect`: where the sandboxes are that answer now.
FILE: Final = "sandboxes.json"


@click.group(cls=Noun)
def sandbox() -> None:
    """Run stand-ins for the apps on this machine."""


@sandbox.command("start")
@click.argument("keys", nargs=-1, metavar="[APP]...")
@flag("--port", type=click.IntRange(0, 65_000), default=0, help="The first one's port; the others follow.  [default: free ones]")
@flag("--state", default="", metavar="DIR", help="Keep what they hold in DIR.  [default: in memory]")
@flag("--seed", type=click.Choice(["demo"]), default=None, help="Begin with a few records.")
@flag("--fault", default="", metavar="SPEC", help="What is to go wrong: reset=0.2,429=0.1,latency=50ms,….")
def start_sandboxes(keys: tuple[str, ...], port: int, state: str, seed: str | None, fault: str) -> None:
    """Run the sandboxes of APP, or all, until Ctrl-C."""
    check_installed()
    from skillkit.sandbox.faults import parse
    from skillkit.sandbox.server import Plan, serve

    try:
        parse(fault)
    except ValueError as error:
        raise Usage(str(error), hint="--fault reset=0.2,429=0.1,latency=50ms") from None
    path = os.path.join(workspace().home, FILE)
    plan = Plan(_known(keys), port=port, state_dir=os.path.abspath(state) if state else "", seed=seed or "", faults=fault)
    mine: dict[str, Any] = {}
    try:
        serve(plan, lambda places: _announce(path, mine, places))
    except OSError as error:
        raise SkillkitError(f"the sandboxes cannot start: {error.strerror}", hint="try another --port or --state") from None
    finally:
        if mine:
            _note(path, {key: place for key, place in _noted(path).items() if place != mine.get(key)})
    # What there is to say was said when they started.
    click.get_current_context().exit()


@sandbox.command("connect")
@click.argument("keys", nargs=-1, metavar="[APP]...")
@flag("--baseUrl", multiple=True, metavar="APP=URL", help="A sandbox that was started elsewhere (repeatable).")
def connect_sandboxes(keys: tuple[str, ...], base_url: tuple[str, ...]) -> Any:
    """Connect the sandboxes of APP, or all that are running."""
    from skillkit.connection import described

    places = _noted(os.path.join(workspace().home, FILE))
    for key, url in words.pairs(base_url, "--baseUrl"):
        places[key] = _elsewhere(key, url)
    wanted = keys or tuple(places)
    for key in wanted:
        if key not in places:
            raise UnknownName(f"no sandbox of {key!r} is running", hint=f"skillkit sandbox start {key}")
    if not wanted:
        raise UnknownName("no sandbox is running", hint="skillkit sandbox start")
    rows = [described(_connected(key, places[key])) for key in wanted]
    return words.listed(rows, len(rows), None, ("key", "name", "connectorKey", "state", "origin"))


def _connected(key: str, place: Mapping[str, Any]) -> Connection:
    from skillkit import accounts
    from skillkit.connecting import SignIn

    space, name = workspace(), f"{key}-sandbox"
    known = next((one.id for one in space.store.connections() if one.key == name), "")
    said = SignIn(key, place["credential"], params=place["params"], base_url=place["baseUrl"], name=f"{key} sandbox", key=name)
    return accounts.connect(space, said, known)


def _announce(path: str, mine: dict[str, Any], places: Sequence[Running]) -> None:
    for place in places:
        mine[place.key] = {"baseUrl": place.base_url, "credential": dict(place.credential), "params": dict(place.params)}
    _note(path, _noted(path) | mine)
    rows = [{"key": key, **place} for key, place in mine.items()]
    output.show(words.listed(rows, len(rows), None, ("key", "baseUrl", "credential")), style())
    output.notice("connect them with: skillkit sandbox connect; stop them with Ctrl-C")


def _noted(path: str) -> dict[str, Any]:
    from skillkit import home
    from skillkit.document import parse

    found = parse(home.read_whole(path).decode()) if home.found(path) else {}
    return found if isinstance(found, dict) else {}


def _note(path: str, places: Mapping[str, Any]) -> None:
    from skillkit import home

    home.prepare(os.path.dirname(path))
    home.write_whole(path, output.encoded(places).encode())


def _elsewhere(key: str, url: str) -> dict[str, Any]:
    check_installed()
    from skillkit.sandbox.vendors import vendor

    found = vendor(*_known((key,)))
    # The address alone will do: what stands behind it is the vendor's.
    whole = url if re.search(r"://[^/]+/.", url) else url.rstrip("/") + found.prefix
    return {"baseUrl": whole, "credential": dict(found.credential), "params": dict(found.params)}


def _known(keys: tuple[str, ...]) -> tuple[str, ...]:
    from skillkit.sandbox.vendors import known

    for key in keys:
        if key not in known():
            raise UnknownName(f"{key[:60]!r} has no sandbox", hint=f"known are {', '.join(known())}")
    return tuple(dict.fromkeys(keys)) or known()


def check_installed(needed: Sequence[str] = NEEDED) -> None:
    """Refuse to begin what would break for want of a library, and say how to get it."""
    from importlib.util import find_spec

    if missing := [name for name in needed if not find_spec(name)]:
        raise SkillkitError(
            f"the sandboxes need {', '.join(missing)}, which {'are' if missing[1:] else 'is'} not installed",
            hint="in a checkout of skillkit: python -m pip install --editable '.[sandbox]'",
        )
