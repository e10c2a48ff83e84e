"""The consents that are under way at apps, each bound to the browser that began it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from skillkit.workspace import token

if TYPE_CHECKING:
    from skillkit.consent import Begun, Device

CALLBACK: Final = "/callback"
# Each that is begun anew leaves one behind; nobody begins more by hand.
MOST: Final = 100


class Pending(NamedTuple):
    """A consent that was begun: from which link, and what the form said."""

    link: str
    typed: Mapping[str, str]
    begun: Begun
    cookie: str

    @property
    def cookie_name(self) -> str:
        """Return what its cookie is called: two consents in one browser do not disturb each other."""
        return f"skillkit-consent-{self.begun.state[:8]}"

    @property
    def crumb(self) -> str:
        """Return its cookie; the app's redirect comes from another site, and must bring it."""
        return f"{self.cookie_name}={self.cookie}; Path={CALLBACK}; SameSite=Lax"


class Consents:
    """Every consent of this process, shared by its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[str, Pending] = {}
        self._devices: dict[str, tuple[Device, Mapping[str, str]]] = {}
        # What ended a wait while nobody looked.
        self._ends: dict[str, str] = {}

    def begin(self, link: str, typed: Mapping[str, str], begun: Begun) -> Pending:
        """Remember a consent until the browser comes back."""
        with self._lock:
            self._pending[begun.state] = pending = Pending(link, typed, begun, token())
            while len(self._pending) > MOST:
                del self._pending[next(iter(self._pending))]
            return pending

    def found(self, state: str) -> Pending | None:
        """Return the consent of this state; that a state is used once alone is for `consent.finish` to see to."""
        with self._lock:
            return self._pending.get(state)

    def watch(self, link: str, typed: Mapping[str, str], device: Device) -> None:
        """Remember a consent that is given on another device."""
        with self._lock:
            self._devices[link] = (device, typed)

    def watched(self, link: str) -> tuple[Device, Mapping[str, str]] | None:
        """Return the consent that this link waits for from another device."""
        with self._lock:
            return self._devices.get(link)

    def waiting(self) -> tuple[str, ...]:
        """Return the links that wait for another device."""
        with self._lock:
            return tuple(self._devices)

    def stop(self, link: str, why: str) -> None:
        """Wait for no device any more, and remember why until somebody looks."""
        with self._lock:
            self._devices.pop(link, None)
            self._ends[link] = why

    def ended(self, link: str) -> str:
        """Return, once, why this link waits for no device any more; empty when nobody has to be told."""
        with self._lock:
            return self._ends.pop(link, "")
