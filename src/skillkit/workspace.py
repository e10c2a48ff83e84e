"""Everything of one home folder, each part opened when it is first needed; every front door begins here."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from skillkit.catalog import Catalog
from skillkit.errors import ConnectionNotReady, UnknownName

# A list of actions opens neither vault nor network: what it does not use, it does not load.
if TYPE_CHECKING:
    from skillkit.auth import Credential
    from skillkit.connection import Connection, Event
    from skillkit.connector import Action
    from skillkit.exchange import Exchange
    from skillkit.proxy import Proxy
    from skillkit.run import World
    from skillkit.store import Store
    from skillkit.vault import Vault

FOLDER: Final = "connectors"


def shipped() -> str:
    """Return the folder of the connectors that come with skillkit: in the wheel, or in a checkout."""
    here = os.path.dirname(os.path.abspath(__file__))
    inside = os.path.join(here, "shipped", FOLDER)
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(os.path.dirname(here)), FOLDER)


def token() -> str:
    """Return a word that nobody can guess."""
    return os.urandom(16).hex()


def stamp(now: float) -> str:
    """
    Return a moment as it is written down.

    >>> stamp(0.5)
    '1970-01-01T00:00:00.500Z'
    """
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"


def _chance() -> float:
    return int.from_bytes(os.urandom(4), "big") / 2**32


def _secrets(fields: Mapping[str, str]) -> Credential:
    from skillkit.secret import Secret

    return {name: Secret(value) for name, value in fields.items()}


def _put(trial: dict[str, str], fields: Mapping[str, str]) -> None:
    trial.clear()
    trial.update(fields)


class Workspace:
    """The connectors, connections and credentials of one home folder, and the way out."""

    def __init__(
        self,
        home: str,
        *,
        folders: Sequence[str] = (),
        network: Exchange | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
        chance: Callable[[], float] = _chance,
        passphrase: Callable[[], str] | None = None,
    ) -> None:
        self.home = home
        self.catalog = Catalog(home, folders or (shipped(), os.path.join(home, FOLDER)))
        self.sleep = sleep
        self.now = now
        self._chance = chance
        self._network = network
        self._passphrase = passphrase

    def close(self) -> None:
        """Close whatever was opened; the next use opens it again."""
        self.catalog.close()
        for part in ("store", "network"):
            # A network that was given is its giver's to close.
            if part in self.__dict__ and self.__dict__[part] is not self._network:
                self.__dict__[part].close()

    @cached_property
    def store(self) -> Store:
        """The connections, and what was run."""
        from skillkit.store import Store

        return Store(self.home)

    @cached_property
    def vault(self) -> Vault:
        """The credentials; only signing in and signing requests come here."""
        from skillkit.vault import Vault

        # Where there is no terminal, whoever opens the workspace may know another way to ask for a passphrase.
        return Vault(self.home, ask=self._passphrase) if self._passphrase else Vault(self.home)

    @cached_property
    def network(self) -> Exchange:
        """The one way out."""
        from skillkit.network import Network

        # A company's own root certificate is trusted where a person has put it here, and not because a variable says so.
        ca_file = os.path.join(self.home, "ca.pem")
        return self._network or Network(ca_file=ca_file if os.path.exists(ca_file) else "")

    def connection(self, name: str) -> Connection:
        """Return the connection of this id, key or name."""
        from skillkit.connection import chosen

        return chosen(name, self.store.connections())

    def aim(self, action: str, connection: str = "") -> tuple[Action, Connection]:
        """Return the action and the connection that are meant; where only one connection fits, it need not be named."""
        owner, _, key = action.rpartition("/")
        if connection:
            found = self.connection(connection)
            if not found.connector:
                from skillkit.connection import ready

                # Of an app that nobody knows there is nothing to run.
                ready(found)
            if owner and owner != found.connector:
                raise UnknownName(
                    f"{action} is an action of {owner}, and {found.key!r} is a connection to {found.connector}",
                    hint=f"skillkit action list --connectionId {found.key}",
                )
            return self.catalog.action(found.connector, key), found
        owner = owner or self._owner(key)
        loaded = self.catalog.action(owner, key)
        own = tuple(one for one in self.store.connections() if one.connector == owner)
        if not own:
            raise ConnectionNotReady(f"no account of {owner} is connected", hint=f"skillkit connect --connectorKey {owner}")
        if len(own) > 1:
            listed = ", ".join(one.key for one in own)
            raise UnknownName(f"{len(own)} accounts of {owner} are connected: {listed}", hint="name one with --connectionId")
        return loaded, own[0]

    def owner(self, action: str, connection: str = "") -> tuple[str, str]:
        """Return the connector and the key of the action that is meant; it need not be connected."""
        owner, _, key = action.rpartition("/")
        if connection:
            return self.connection(connection).connector, key
        return (self.catalog.known(owner) if owner else self._owner(key)), key

    def _owner(self, key: str) -> str:
        owners = self.catalog.owners(key)
        if len(owners) == 1:
            return owners[0]
        connected = {one.connector for one in self.store.connections()} & set(owners)
        if len(connected) == 1:
            return connected.pop()
        if owners:
            listed = ", ".join(f"{owner}/{key}" for owner in owners)
            raise UnknownName(f"several apps have {key!r}: {listed}", hint="name the connection with --connectionId")
        raise UnknownName(f"no action {key!r} is here", hint=f"skillkit action list --intent '{key.replace('-', ' ')}'")

    def world(self, connection: Connection, output: str = "", trial: dict[str, str] | None = None) -> tuple[World, Proxy]:
        """
        Return what running an action of this connection is given, and the proxy through which it goes out.

        `trial` is a credential that is not in the vault yet: with what it brings, it stays out of it.
        """
        from skillkit import connecting, destination, files
        from skillkit.connection import ready
        from skillkit.proxy import Proxy, Surroundings
        from skillkit.run import World

        connection = ready(connection)
        access = self.catalog.connector(connection.connector).access
        base = destination.base(access, connection.params, connection.base_url)
        around = Surroundings(self.network, self.store, self.home, self.sleep, self.now, self._chance, token)
        proxy = Proxy(
            connection=connection.id,
            access=access,
            auth=connecting.way(access, connection.auth),
            params=connection.params,
            base=base,
            fetch=lambda: self._credential(connection, base.origin) if trial is None else _secrets(trial),
            around=around,
            keep=lambda fields: self.vault.put(connection.id, fields) if trial is None else _put(trial, fields),
            lost=lambda why: self._lost(connection, why),
            moved=lambda before, after: self._moved(connection, before, after),
            trial=trial is not None,
            since=connection.updated_at,
        )
        return World(
            send=proxy.send,
            sleep=self.sleep,
            now=self.now,
            base=base,
            params=connection.params,
            action=lambda key: self.catalog.action(connection.connector, key),
            save=lambda action, inputs, response: files.save(action, inputs, response, os.getcwd(), output),
            token=token,
        ), proxy

    def _credential(self, connection: Connection, origin: str) -> Credential:
        # Only now: what is merely shown goes nowhere, and drops nothing.
        if origin != connection.origin:
            self._moved(connection, connection.origin, origin)
        return self.vault.credential(connection.id)

    def _moved(self, connection: Connection, before: str, after: str) -> None:
        """Drop a credential that was given for another address."""
        self.vault.drop(connection.id)
        self.stepped(connection, "moved", f"it led to {before}, now to {after}")
        raise ConnectionNotReady(
            f"connection {connection.key!r} was signed in for {before} and would now go to {after}",
            hint=f"skillkit connect --connectionId {connection.key}",
        )

    def _lost(self, connection: Connection, why: str) -> None:
        """Write down that the person has to sign in again; the credential stays, for the sign-in server may have been wrong."""
        self.stepped(connection, "refused", why)

    def stepped(self, connection: Connection, event: Event, why: str) -> Connection:
        """Write down what has happened to a connection, and why; return it as it is then."""
        from skillkit.connection import step

        # Its name may have been changed while the app was asked.
        now = self.connection(connection.id)
        settled = replace(now, state=step(now.state, event), error=why, updated_at=stamp(self.now()))
        self.store.replace(settled)
        return settled
