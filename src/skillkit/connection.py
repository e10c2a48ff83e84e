"""One account on one app: what is known of it, its state, and the pure step `(state, event) -> state`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from skillkit.errors import ConnectionNotReady, UnknownName

State: TypeAlias = Literal["BUILDING", "READY", "CLIENT_ACTION_REQUIRED", "CONFIGURATION_ERROR", "SETUP_FAILED"]
Event: TypeAlias = Literal["opened", "proved", "trusted", "refused", "moved", "parted", "failed"]


@dataclass(frozen=True, slots=True)
class Connection:
    """One account on one app; the credential is not part of it."""

    id: str
    key: str
    name: str
    connector: str
    auth: str
    params: Mapping[str, Any] = field(default_factory=dict)
    # Given by the person who connects, in place of the connector's own; empty otherwise.
    base_url: str = ""
    # Scheme, host and port that the credential was given for.
    origin: str = ""
    state: State = "CLIENT_ACTION_REQUIRED"
    error: str = ""
    # What somebody asked for when no connector was known for it; empty as soon as one is.
    wanted: str = ""
    # Put away by its owner: no list shows it and it has no credential, and signing in brings it back.
    archived: bool = False
    created_at: str = ""
    updated_at: str = ""


WAITING: Final[State] = "CLIENT_ACTION_REQUIRED"

STEPS: Final[Mapping[tuple[State, Event], State]] = {
    # An app that somebody asked for is looked for; "opened": it is known, and its account can be signed in to.
    ("BUILDING", "opened"): WAITING,
    ("BUILDING", "failed"): "SETUP_FAILED",
    ("SETUP_FAILED", "opened"): WAITING,
    # "proved": the app accepted the credential. "trusted": the person said not to ask the app.
    (WAITING, "proved"): "READY",
    (WAITING, "trusted"): "READY",
    ("READY", "proved"): "READY",
    ("READY", "trusted"): "READY",
    ("CONFIGURATION_ERROR", "proved"): "READY",
    ("CONFIGURATION_ERROR", "trusted"): "READY",
    # "refused": the app takes the credential no more. "moved": the address has changed, so it was not given for that.
    # "parted": its owner has put the account away.
    ("READY", "refused"): WAITING,
    ("READY", "moved"): WAITING,
    ("READY", "parted"): WAITING,
    # "failed": the connector has changed, and what is known of the account does not do any more.
    ("READY", "failed"): "CONFIGURATION_ERROR",
    (WAITING, "failed"): "CONFIGURATION_ERROR",
    ("CONFIGURATION_ERROR", "opened"): WAITING,
    ("CONFIGURATION_ERROR", "moved"): WAITING,
    ("CONFIGURATION_ERROR", "parted"): WAITING,
}
"""Every step there is. What is not here changes nothing."""


def step(state: State, event: Event) -> State:
    """Return the state after `event`; an event that means nothing in a state changes nothing."""
    return STEPS.get((state, event), state)


def ready(connection: Connection) -> Connection:
    """Return `connection`, or say what its owner has to do first."""
    if connection.state == "READY":
        return connection
    reason = connection.error or "nobody has signed in yet"
    raise ConnectionNotReady(
        f"connection {connection.key!r} is {connection.state}: {reason}",
        hint=f"skillkit connect --connectionId {connection.key}",
    )


def described(connection: Connection) -> dict[str, Any]:
    """Return the connection as every command prints it; no field of it is secret."""
    document: dict[str, Any] = {
        "id": connection.id,
        "key": connection.key,
        "name": connection.name,
        "connectorId": connection.connector,
        "connectorKey": connection.connector,
        "auth": connection.auth,
        "params": dict(connection.params),
        "origin": connection.origin,
        "state": connection.state,
        "disconnected": connection.state != "READY",
        "createdAt": connection.created_at,
        "updatedAt": connection.updated_at,
    }
    document |= {"baseUrl": connection.base_url} if connection.base_url else {}
    document |= {"wanted": connection.wanted} if connection.wanted else {}
    document |= {"archived": True} if connection.archived else {}
    return document | ({"error": connection.error} if connection.error else {})


def free_key(wanted: str, taken: set[str]) -> str:
    """
    Return a key that is free: the connector's id, then that with a number.

    >>> free_key("alegra", {"alegra", "alegra-2"})
    'alegra-3'
    """
    number = 1
    while (key := wanted if number == 1 else f"{wanted}-{number}") in taken:
        number += 1
    return key


def chosen(name: str, connections: tuple[Connection, ...]) -> Connection:
    """Return the connection of this id, key or name; say which there are when it is none or several."""
    exact = [connection for connection in connections if name in {connection.id, connection.key}]
    folded = name.strip().casefold()
    found = exact or [one for one in connections if folded in {one.key.casefold(), one.name.casefold()}]
    # The app's own name is enough where only one account of it is connected.
    found = found or [one for one in connections if one.connector == folded]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(f"{one.key} ({one.name})" for one in found)
        raise UnknownName(f"{name!r} is the name of {len(found)} connections: {listed}", hint="give the key of one of them")
    raise UnknownName(f"no connection {name!r}", hint=_nearest(folded, [one.key for one in connections]))


def _nearest(name: str, known: list[str]) -> str:
    # Only a name that is not here needs it, and it is slow to import.
    from difflib import get_close_matches

    if near := get_close_matches(name, known, n=3, cutoff=0.5):
        return f"did you mean {' or '.join(near)}?"
    return f"known are {', '.join(known)}" if known else f"skillkit connect --connectorKey {name or 'KEY'}"
