"""The accounts on this machine: found or begun, signed in to, changed, put away, forgotten."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from skillkit import connecting, proof, site
from skillkit.connecting import SignIn
from skillkit.connection import WAITING, Connection, free_key, step
from skillkit.errors import Conflict, InvalidConnector, InvalidInput, Problem, SkillkitError, Unauthorized, UnknownName
from skillkit.workspace import Workspace, stamp, token

# It is typed on command lines, so it looks like no flag and needs no quotes.
KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")

# What a patch may change, by the names it has in other tools as well.
PARAMETERS: Final = ("connectorParameters", "params", "input")
CHANGES: Final = ("name", "connectionKey", "key", *PARAMETERS)


def ensure(workspace: Workspace, asked: str, said: SignIn) -> Connection:
    """Return the account of the app that is meant by an address, a domain, a name or a key; there is one afterwards."""
    text = asked.strip()
    app = _named(workspace, text)
    mentioned = [one for one in workspace.store.connections() if text in {one.id, one.key} and text and not app]
    if mentioned:
        return current(workspace, mentioned[0])
    connector, params, wanted = (app, dict[str, str](), "") if app else _at(workspace, text)
    said = replace(said, connector=connector, params={**params, **said.params})
    while True:
        here = workspace.store.connections()
        fitting = [one for one in here if _fits(one, said, params, wanted)]
        if len(fitting) > 1:
            listed = ", ".join(f"{one.key} ({one.name}, {one.state})" for one in fitting)
            hint = "ask the user which account is meant, and name it with --connectionKey"
            raise UnknownName(f"{len(fitting)} accounts of {connector or wanted} are here: {listed}", hint=hint)
        if fitting:
            return current(workspace, fitting[0])
        _check_key(workspace, said.key, None)
        record = _looked_for(workspace, wanted, said) if wanted else _blank(workspace, said)
        settled = replace(record, key=said.key or free_key(_key_of(connector or wanted), {one.key for one in here}))
        # Another command may have been a moment faster; then its account is the one.
        with suppress(Conflict):
            workspace.store.add(settled)
            return settled


def begin(workspace: Workspace, said: SignIn, connection: str = "", *, another: bool = False) -> Connection:
    """
    Return an account that waits for its person to sign in, with what was said of it: a new one, or one that is here.

    One that was begun and never signed in to is taken up again, unless it is to be `another`.
    """
    found = workspace.connection(connection) if connection else None if another else _begun(workspace, said)
    _check_key(workspace, said.key, found)
    if not found:
        return _added(workspace, _blank(workspace, said), said.key)
    return _moved(workspace, found, connecting.known(_connector(workspace, found, said), said, found))


def connect(workspace: Workspace, said: SignIn, connection: str = "") -> Connection:
    """Connect an account, or sign in again to one that is; nothing is kept of what the app refuses."""
    known = workspace.connection(connection) if connection else None
    connector = _connector(workspace, known, said)
    _check_key(workspace, said.key, known)
    now = stamp(workspace.now())
    blank = known or Connection(token()[:20], "", "", connector.id, "", created_at=now)
    fresh, credential = connecting.opened(connector, said, replace(blank, updated_at=now))
    if said.seen not in {"", fresh.origin}:
        told = f"it would go to {fresh.origin}, and its person was shown {said.seen}"
        raise Conflict(f"the credential is not used: {told}", hint="look at the page again")
    if said.check:
        _prove(workspace, fresh, credential, known)
    state = step(step(fresh.state, "opened"), "proved" if said.check else "trusted")
    settled = replace(fresh, state=state, error="", archived=False)
    workspace.vault.put(settled.id, credential)
    try:
        if not known:
            return _added(workspace, settled, said.key)
        workspace.store.replace(settled)
    except SkillkitError:
        # A credential without a connection would never be found again.
        if not (known and known.state == "READY"):
            workspace.vault.drop(settled.id)
        raise
    return settled


def current(workspace: Workspace, connection: Connection) -> Connection:
    """Return the account as it is now that its connector may have changed, or have come."""
    if connection.wanted:
        connector, params = site.nearest(connection.wanted, workspace.catalog.domains())
        if not connector:
            return connection
        fresh = connecting.known(workspace.catalog.connector(connector), SignIn(connector, None, params=params), connection)
        return _settled(workspace, connection, replace(fresh, state=step(connection.state, "opened"), error=""))
    try:
        connector_now = workspace.catalog.connector(connection.connector)
        connecting.known(connector_now, SignIn(connection.connector, None), connection, complete=connection.state == "READY")
    except (InvalidConnector, InvalidInput, UnknownName) as error:
        return _settled(workspace, connection, replace(connection, state=step(connection.state, "failed"), error=error.message))
    if connection.state != "CONFIGURATION_ERROR":
        return connection
    return _settled(workspace, connection, replace(connection, state=step(connection.state, "opened"), error=""))


def patch(workspace: Workspace, name: str, changes: Mapping[str, Any]) -> Connection:
    """Change what an account is called or what its app needs to know; where it then leads elsewhere, its person signs in anew."""
    connection = workspace.connection(name)
    _check_changes(changes)
    params = {key: value for part in PARAMETERS for key, value in changes.get(part, {}).items()}
    key = str(changes.get("connectionKey", changes.get("key", connection.key)))
    if key != connection.key:
        _check_key(workspace, key, None)
    said = SignIn(connection.connector, None, params=params, name=str(changes.get("name", "")))
    connector = workspace.catalog.connector(connection.connector)
    fresh = connecting.known(connector, said, replace(connection, key=key), complete=connection.state == "READY")
    return _moved(workspace, connection, fresh)


def archive(workspace: Workspace, name: str) -> Connection:
    """Put an account away: its credential is forgotten, and its id stays, so that it can be signed in to again."""
    connection = workspace.connection(name)
    workspace.vault.drop(connection.id)
    put_away = replace(connection, state=step(connection.state, "parted"), error="", archived=True)
    return _settled(workspace, connection, put_away)


def disconnect(workspace: Workspace, name: str) -> Connection:
    """Forget a connection and its credential."""
    connection = workspace.connection(name)
    # The credential first: a connection without one can be mended, a credential without one is never found.
    workspace.vault.drop(connection.id)
    workspace.store.remove(connection.id)
    return connection


def _named(workspace: Workspace, text: str) -> str:
    """Return the app of this key or name; empty when none is."""
    folded = text.casefold()
    return next((one.id for one in workspace.catalog.connectors() if folded in {one.id, one.name.casefold()}), "")


def _at(workspace: Workspace, text: str) -> tuple[str, Mapping[str, str], str]:
    """Return the app of an address and what that says of the account, or the domain of one that nobody knows."""
    host = site.domain(text)
    if not host:
        hint = "give the app's address, as in https://app.example.com, or its name; skillkit search TEXT finds one"
        problem = Problem("no address, no domain, and no app's name", "/app", "app")
        raise InvalidInput(f"{text[:100]!r} is no address, no domain, and the name of no app that is here", (problem,), hint=hint)
    connector, params = site.nearest(host, workspace.catalog.domains())
    return connector, params, "" if connector else host


def _fits(one: Connection, said: SignIn, params: Mapping[str, str], wanted: str) -> bool:
    if one.archived or (one.wanted, "" if one.wanted else one.connector) != (wanted, said.connector):
        return False
    if said.key or said.name:
        return (not said.key or one.key == said.key) and (not said.name or one.name.casefold() == said.name.strip().casefold())
    # A subdomain that names an account means no other.
    return all(str(one.params.get(name, value)) == value for name, value in params.items())


def _looked_for(workspace: Workspace, host: str, said: SignIn) -> Connection:
    """Return a record of an app that nobody knows yet, so that what becomes of it can be asked for."""
    now = stamp(workspace.now())
    # Who builds connectors will take it from here; nobody does yet.
    state = step("BUILDING", "failed")
    told = f"no connector for {host} is here"
    name = said.name or host
    return Connection(token()[:20], "", name, "", "", state=state, error=told, wanted=host, created_at=now, updated_at=now)


def _key_of(name: str) -> str:
    # An address of numbers may look like no key.
    return name if KEY.fullmatch(name) else "app"


def _blank(workspace: Workspace, said: SignIn) -> Connection:
    now = stamp(workspace.now())
    connector = workspace.catalog.connector(said.connector)
    record = Connection(token()[:20], "", "", connector.id, "", state="BUILDING", created_at=now, updated_at=now)
    fresh = connecting.known(connector, said, record)
    return replace(fresh, state=step(fresh.state, "opened"))


def _begun(workspace: Workspace, said: SignIn) -> Connection | None:
    waiting = [one for one in workspace.store.connections() if one.state == WAITING and not one.archived]
    fitting = [
        one
        for one in waiting
        if one.connector == said.connector and said.key in {"", one.key} and said.name.strip() in {"", one.name}
    ]
    return fitting[-1] if fitting else None


def _moved(workspace: Workspace, before: Connection, after: Connection) -> Connection:
    """Keep a record that has changed; where it leads elsewhere now, without the credential that was given for the old place."""
    if after.origin != before.origin and before.origin:
        # First the credential: it must not meet the new place.
        workspace.vault.drop(before.id)
        told = f"it led to {before.origin}, now to {after.origin or 'nowhere yet'}"
        # Of an account that nobody has signed in to there is no before.
        fresh = before.state == WAITING and not before.error
        after = replace(after, state=step(before.state, "moved"), error="" if fresh else told)
    return _settled(workspace, before, after)


def _connector(workspace: Workspace, known: Connection | None, said: SignIn) -> Any:
    return workspace.catalog.connector((known.connector if known else "") or said.connector)


def _settled(workspace: Workspace, before: Connection, after: Connection) -> Connection:
    """Keep a record that has changed; one that has not is left alone."""
    if after == before:
        return before
    settled = replace(after, updated_at=stamp(workspace.now()))
    workspace.store.replace(settled)
    return settled


def _check_changes(changes: Mapping[str, Any]) -> None:
    for name in changes:
        if name in CHANGES:
            continue
        if name.replace("_", "").casefold() == "baseurl":
            hint = "whoever signs in gives it: skillkit connect --connectionId ID --base-url URL"
            raise InvalidInput("a patch cannot change where a connection leads", (Problem("", "/baseUrl", "patch"),), hint=hint)
        problem = Problem(f"{name[:60]!r} is not a patch's to change", "", "patch")
        raise InvalidInput(problem.message, (problem,), hint=f"what can be changed: {', '.join(CHANGES)}")
    for name in PARAMETERS:
        if not isinstance(changes.get(name, {}), dict):
            raise InvalidInput(f"{name} is an object", (Problem("not an object", f"/{name}", "patch"),))
    for name in ("name", "connectionKey", "key"):
        if not isinstance(changes.get(name, "x"), str) or not changes.get(name, "x"):
            raise InvalidInput(f"{name} is a text, and not empty", (Problem("not a text", f"/{name}", "patch"),))


def _check_key(workspace: Workspace, key: str, known: Connection | None) -> None:
    """Refuse a key that cannot be used, before an app is asked about the credential."""
    if not key or (known and key == known.key):
        return
    if known:
        raise InvalidInput(f"connection {known.key!r} keeps its key", hint="connect without a key, or without an id")
    if not KEY.fullmatch(key):
        problem = Problem("letters, digits, dots, hyphens and underscores, at most 80", "/key", "pattern")
        raise InvalidInput(f"{key[:100]!r} cannot be the key of a connection: {problem.message}", (problem,))
    if any(key in {one.key, one.id} for one in workspace.store.connections()):
        raise Conflict(
            f"there is a connection {key!r} already", hint=f"skillkit connect --connectionId {key} signs in to it again"
        )


def _added(workspace: Workspace, connection: Connection, key: str) -> Connection:
    while True:
        taken = {one.key for one in workspace.store.connections()}
        settled = replace(connection, key=key or free_key(connection.connector, taken))
        try:
            workspace.store.add(settled)
        except Conflict:
            # Another command took the key a moment ago; only one that the person chose is worth an error.
            if key:
                raise
        else:
            return settled


def _prove(workspace: Workspace, fresh: Connection, credential: dict[str, str], known: Connection | None) -> None:
    try:
        proof.prove(workspace, fresh, credential)
    except Unauthorized as error:
        # Whoever waits for it learns that it was tried; of one that works, a wrong key says nothing.
        if known and known.state != "READY":
            workspace.stepped(known, "refused", f"the app refused what was typed: {error.message}")
        raise
