"""A registry of ours, started by its own command, with an app of the tests beside those that are shipped."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from interop.command import waited
from interop.skills.client import Person

ACME = Path(__file__).with_name("acme.yaml")
WORDS = "Invoices for small businesses."


def furnished(person: Person, version: str = "0.1.0", words: str = WORDS) -> None:
    """Give a person's skillkit the app of the tests, as it is in a version."""
    place = person.home / "skillkit" / "connectors" / "acme" / "connector.yaml"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(ACME.read_text().replace("0.1.0", version).replace(WORDS, words))


@contextmanager
def serving(keeper: Person, port: int = 0, *words: str) -> Iterator[str]:
    """Serve what a person's skillkit renders; where that is."""
    with keeper.start("skillkit", "registry", "serve", "--port", str(port), *words, "--json") as server:
        try:
            assert server.stdout
            yield json.loads(server.stdout.readline())["items"][0]["url"]
        finally:
            server.send_signal(signal.SIGINT)
            waited(server, seconds=10)
