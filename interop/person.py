"""A person with the simplest of browsers: opens pages, keeps cookies, fills in forms, presses buttons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

# What is typed into each of the authorization server's forms, by what is in it.
ANSWERS: Mapping[str, Mapping[str, str]] = {
    'value="login"': {"login": "paula", "password": "x"},
    'value="consent"': {},
    'name="user_code"': {},
}


class Forms(HTMLParser):
    """The forms of a page: where each leads, and what is in it before anybody types."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((attributes.get("action", ""), attributes.get("method", "get").upper(), {}))
        elif tag == "input" and self.forms and attributes.get("name"):
            self.forms[-1][2][attributes["name"]] = attributes.get("value", "")


@dataclass(slots=True)
class Person:
    """Somebody who signs in."""

    # Nobody has to close what is not kept.
    client: httpx.Client = field(default_factory=lambda: httpx.Client(limits=httpx.Limits(max_keepalive_connections=0)))

    def open(self, url: str, *, stay: str = "") -> httpx.Response:
        """Follow an address until a page comes, or until it leads away from those that begin with `stay`."""
        return self._followed(self.client.get(url), stay)

    def submit(self, page: httpx.Response, typed: Mapping[str, str], *, form: int = 0, stay: str = "") -> httpx.Response:
        """Fill in a form of the page and send it."""
        action, method, fields = Forms(page.text).forms[form]
        headers = {"Origin": str(page.url.copy_with(raw_path=b"")).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
        url = urljoin(str(page.url), action)
        return self._followed(self.client.request(method, url, data={**fields, **typed}, headers=headers), stay)

    def consent(self, url: str, *, refuse: bool = False) -> str:
        """Sign in at the authorization server, agree or not, and return the address that it then sends the browser to."""
        page = self._agreed(url, refuse=refuse)
        assert page.is_redirect, f"no way on from {page.url}: {page.text[-600:]}"
        return urljoin(str(page.url), page.headers["location"])

    def approve(self, url: str, *, refuse: bool = False) -> str:
        """Agree to a device or not, and return what the page then says."""
        return self._agreed(url, refuse=refuse).text

    def _agreed(self, url: str, *, refuse: bool) -> httpx.Response:
        """Fill in the authorization server's forms until there are none, or it sends the browser elsewhere."""
        here = url[: url.index("/", 8) + 1]
        page = self.open(url, stay=here)
        for _ in range(6):
            marks = [mark for mark in ANSWERS if mark in page.text]
            if page.is_redirect or not marks:
                break
            answer = ANSWERS[marks[0]]
            confirms = "op.deviceConfirmForm" in page.text
            if refuse and (confirms or 'value="consent"' in page.text):
                # Where a page has no button for it, there is a link.
                page = self.submit(page, {"abort": "yes"}, stay=here) if confirms else self.open(f"{page.url}/abort", stay=here)
                break
            page = self.submit(page, answer, stay=here)
        return page

    def _followed(self, page: httpx.Response, stay: str) -> httpx.Response:
        while page.is_redirect and (there := urljoin(str(page.url), page.headers["location"])).startswith(stay):
            page = self.client.get(there)
        return page
