"""The links of one process: which browser opened each, what came of it, and when it is over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hmac import compare_digest
from typing import Final, Protocol, TypeVar

from skillkit.connection import Connection
from skillkit.errors import SkillkitError
from skillkit.signin import row
from skillkit.workspace import token

T = TypeVar("T")


class Shared(Protocol):
    """What is used of the store: a row that commands change too, and the accounts."""

    def change(self, table_key: str, step: Callable[[str], tuple[str, T]], /) -> T: ...

    def connections(self) -> tuple[Connection, ...]: ...


# In seconds: a link is good for so long, and what came of it is shown for so long.
LIFE: Final = 15 * 60.0
LINGER: Final = 10.0
# How often the store is looked at for links that commands have made.
EVERY: Final = 1.0


@dataclass(frozen=True, slots=True)
class Link:
    """One link; nobody but the browser that opened it knows its cookie."""

    token: str
    connection: str
    # By a clock that only goes forward: when this process first heard of it, and when it was over.
    since: float
    # What the form brings back, so that no other page can send it.
    csrf: str
    # Tells the cookies of two links in one browser apart.
    mark: str
    # The account could not be used when the link was made.
    needed: bool
    cookie: str = ""
    # "connected", "declined", "gone", "expired"; empty while it waits.
    outcome: str = ""
    ended: float = 0.0
    # As it was connected.
    account: Connection | None = None
    # What its person should know all the same.
    note: str = ""

    @property
    def cookie_name(self) -> str:
        """Return what its cookie is called."""
        return f"skillkit-{self.mark}"


class Links:
    """Every link that this process has heard of, shared by its threads."""

    def __init__(self, store: Shared, port: int, clock: Callable[[], float], linger: float = LINGER) -> None:
        self._store = store
        self._port = port
        self._clock = clock
        self._linger = linger
        self._lock = threading.RLock()
        self._links: dict[str, Link] = {}
        self._turns: dict[str, threading.Lock] = {}
        # When somebody was last waited for, and when the store was last looked at.
        self._last = self._settled = clock()

    def find(self, given: str) -> Link | None:
        """Return the link of this token; one that a command has just made is asked for in the store."""
        with self._lock:
            found = self._known(given)
            if not found:
                self._settle(idle=False)
                found = self._known(given)
            return self._aged(found) if found else None

    def opened(self, link: Link) -> Link | None:
        """Return the link with a cookie for the browser that opens it first; whoever comes later gets nothing."""
        with self._lock:
            now = self._links[link.token]
            if now.cookie:
                return None
            self._links[link.token] = fresh = replace(now, cookie=token())
            self._settle(idle=False)
            return fresh

    def end(self, link: Link, outcome: str, account: Connection | None = None, note: str = "") -> Link:
        """Say what came of a link; the other links of an account that is connected now have nothing to ask any more."""
        with self._lock:
            for one in list(self._links.values()):
                same = one.token == link.token or (account and one.connection == link.connection)
                if same and not one.outcome:
                    self._links[one.token] = replace(one, outcome=outcome, ended=self._clock(), account=account, note=note)
            return self._links[link.token]

    def turn(self, link: Link) -> threading.Lock:
        """Return what lets one submit of a link work at a time."""
        with self._lock:
            return self._turns.setdefault(link.token, threading.Lock())

    def going(self) -> bool:
        """Return whether anybody is waited for; after a no this process is in no command's way."""
        with self._lock:
            for link in list(self._links.values()):
                if self._aged(link).outcome and self._clock() - self._links[link.token].ended > LIFE:
                    # A page that was left open longer is told that nobody knows it.
                    del self._links[link.token]
                    self._turns.pop(link.token, None)
            now = self._clock()
            waiting = [now for link in self._links.values() if not link.outcome]
            self._last = max(self._last, *waiting, *(link.ended for link in self._links.values()), 0.0)
            idle = now - self._last >= self._linger
            if not idle and now - self._settled < EVERY:
                return True
            return self._settle(idle=idle)

    def _known(self, given: str) -> Link | None:
        found = None
        for known, link in self._links.items():
            # All of them, each in the same time: how long it takes says nothing about a token.
            if compare_digest(known.encode(), given.encode()):
                found = link
        return found

    def _aged(self, link: Link) -> Link:
        if not link.outcome and self._clock() - link.since > LIFE:
            return self.end(link, "expired")
        return link

    def _settle(self, *, idle: bool) -> bool:
        """Tell the commands how things stand and hear what they ask for; return whether they still count on this process."""
        self._settled = self._clock()
        over = {link.token for link in self._links.values() if link.outcome}
        opened = {link.token for link in self._links.values() if link.cookie}
        try:
            told = self._store.change(row.KEY, row.settled(self._port, over, opened, idle=idle))
            accounts = {one.id: one for one in self._store.connections()} if told.links else {}
        except SkillkitError:
            # The disk is full, or somebody holds the store: what is known here still holds.
            return not idle
        for given, waiting in told.links.items():
            if given not in self._links:
                self._links[given] = Link(given, waiting.connection, self._clock(), token(), token()[:8], not waiting.ready)
            self._review(self._links[given], accounts)
        return bool(told.port)

    def _review(self, link: Link, accounts: Mapping[str, Connection]) -> None:
        """End a link whose account was signed in to at a terminal meanwhile, or deleted."""
        if link.connection not in accounts:
            self.end(link, "gone")
        elif link.needed and accounts[link.connection].state == "READY":
            self.end(link, "connected", accounts[link.connection])
