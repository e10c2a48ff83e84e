"""Signing in to the demo app by each flow, as a person does it on the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

import httpx

from interop.authority import Authority
from interop.command import Home
from interop.person import Person

# What a person types into the form of each way.
TYPED: Mapping[str, Mapping[str, str]] = {
    "code": {},
    "secret": {"field.client_id": "web", "field.client_secret": "web-secret-8c1f53d2"},
    "post": {"field.client_id": "post", "field.client_secret": "post-secret-41c09ab7"},
    "m2m": {"field.client_id": "svc", "field.client_secret": "svc-secret-b7740e19"},
    "device": {},
    "mcp": {"field.client_id": "cli"},
}
CONNECTED = 'class="good" role="status"'


def asked(home: Home, authority: Authority, way: str) -> tuple[str, str]:
    """Ask for an account at the authority's app; return its id and the page."""
    found = home.ok("connect", "--connectorKey", "oauth-demo", "--auth", way, "--baseUrl", f"{authority.issuer}/api")
    return found["id"], found["clientAction"]["uiUrl"]


def agreed_to_sign_in(person: Person, url: str, way: str = "code") -> httpx.Response:
    """Open the page and send its form; return what it shows then."""
    return person.submit(person.open(url), {**TYPED[way], "act": "connect"})


def way_on(page: httpx.Response) -> str:
    """Return the address that the page sends the browser to, empty when to none."""
    found = re.search(r'<a class="button first" href="([^"]+)" rel="noreferrer"', page.text)
    return unescape(found[1]) if found else ""


def begun(home: Home, authority: Authority, person: Person, way: str = "code") -> tuple[str, str]:
    """Begin to sign in; return the account's id and the address at which to consent."""
    connection, url = asked(home, authority, way)
    page = agreed_to_sign_in(person, url, way)
    there = way_on(page)
    assert there.startswith(f"{authority.issuer}/auth?"), page.text
    return connection, there


def signed_in(home: Home, authority: Authority, way: str = "code", *, life: int = 60) -> str:
    """Sign in on the page, with tokens that live this long at first, and for long from then on; return the account's id."""
    authority.next(life=life)
    person = Person()
    connection, there = begun(home, authority, person, way)
    page = person.open(person.consent(there))
    assert CONNECTED in page.text, page.text
    # On a slow machine a token may have come to its end before the sign-in did.
    authority.next(life=600, counts={})
    return connection


def ran(home: Home, connection: str, action: str = "get-me") -> tuple[str, ...]:
    """Return the words that run an action of the demo app."""
    return ("action", "run", action, "--connectionId", connection)
