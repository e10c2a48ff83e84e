"""What stands for a browser at the page where a person signs in: it keeps cookies, and says where its requests come from."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit

from skillkit.door import Asked, Reply

PORT = 4711
ORIGIN = f"http://127.0.0.1:{PORT}"


class Browser:
    """One browser of one person; `answer` is what would be behind the door."""

    def __init__(self, answer: Callable[[Asked], Reply], language: str = "en") -> None:
        self.answer = answer
        self.language = language
        # By name, with the path that each is for.
        self.cookies: dict[str, tuple[str, str]] = {}
        self.url = ""
        self.reply = Reply(0)

    @property
    def page(self) -> str:
        return self.reply.body.decode()

    @property
    def text(self) -> str:
        """What a person reads."""
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", self.page)).split())

    @property
    def status(self) -> int:
        return self.reply.status

    def open(self, url: str, **headers: str) -> Reply:
        navigation = {"sec-fetch-dest": "document", "sec-fetch-mode": "navigate", "sec-fetch-site": "none"}
        return self._ask("GET", url, navigation | _spelled(headers), b"")

    def send(self, fields: Mapping[str, str] | None = None, *, without: tuple[str, ...] = (), **headers: str) -> Reply:
        """Send the form that is shown, filled in with `fields`."""
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', self.page))
        filled = {name: html.unescape(value) for name, value in hidden.items()} | {"act": "connect"} | dict(fields or {})
        body = urlencode({name: value for name, value in filled.items() if name not in without}).encode()
        return self.post(body, **headers)

    def post(self, body: bytes, **headers: str) -> Reply:
        own = {"origin": ORIGIN, "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
        return self._ask("POST", self.url, own | _spelled(headers), body)

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self.url = url
        parts = urlsplit(url)
        kept = "; ".join(f"{name}={value}" for name, (value, path) in self.cookies.items() if parts.path.startswith(path))
        whole = {"host": parts.netloc, "accept-language": self.language} | ({"cookie": kept} if kept else {}) | dict(headers)
        # An empty one is not sent at all.
        told = tuple((name, value) for name, value in whole.items() if value)
        self.reply = self.answer(Asked(method, parts.path, parts.query, told, body))
        for name, value in self.reply.headers:
            if name == "Set-Cookie":
                crumb, *attributes = value.split("; ")
                key, _, word = crumb.partition("=")
                self.cookies[key] = (word, dict(one.partition("=")[::2] for one in attributes)["Path"])
        return self.reply


def _spelled(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
