"""How the pages look: templates, words in the browser's language, and the headers that fence them in."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from skillkit import secret
from skillkit.door import Reply

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER: Final = os.path.dirname(os.path.abspath(__file__))
FALLBACK: Final = "en"

# No script, no frame, nothing from elsewhere, and nothing of it kept by the browser.
POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
FENCE: Final = (
    ("Content-Security-Policy", POLICY),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)
HTML: Final = (("Content-Type", "text/html; charset=utf-8"), ("Vary", "Accept-Language"))
CSS: Final = (("Content-Type", "text/css; charset=utf-8"),)
# As much of one text of somebody else's as a page shows.
LONGEST: Final = 1000

_WEIGHED: Final = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?")


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """Return what the pages say, by language and key."""
    with open(os.path.join(FOLDER, "words.json"), encoding="utf-8") as file:
        spoken: dict[str, dict[str, str]] = json.load(file)
    return spoken


def language(accepted: str) -> str:
    """
    Return which of our languages a browser wants most, English when it wants none of them.

    >>> language("fr, es;q=0.7, de-AT;q=0.8"), language("zh-Hant-TW"), language("")
    ('de', 'zh', 'en')
    """
    best, most = FALLBACK, 0.0
    for part in accepted[:LONGEST].split(","):
        found = _WEIGHED.fullmatch(part)
        if found and (weight := float(found[2] or 1)) > most and found[1].lower() in words():
            best, most = found[1].lower(), weight
    return best


def said(spoken: str, key: str, **values: object) -> str:
    """Return the words of a key in a language."""
    return words()[spoken][key].format(**values)


def plain(text: object) -> str:
    r"""
    Return a text of somebody else's so that it shows as it is: nothing that hides, or turns around what stands beside it.

    >>> plain("Acme\u202e\x00 Books")
    'Acme�� Books'
    """
    shown = "".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in str(text))
    return shown if len(shown) <= LONGEST else shown[:LONGEST] + "…"


def rendered(template: str, spoken: str, status: int = 200, headers: tuple[tuple[str, str], ...] = (), **values: Any) -> Reply:
    """Return the page as a reply; everything that is filled in is escaped."""
    say: Callable[..., str] = lambda key, **named: said(spoken, key, **named)  # noqa: E731 - it belongs to this page alone
    page = _templates().get_template(f"{template}.html")
    body = page.render({"letter": "", "refresh": "", **values}, language=spoken, say=say)
    return Reply(status, (*HTML, *FENCE, *headers), body.encode())


def stylesheet() -> Reply:
    """Return the one stylesheet."""
    return Reply(200, (*CSS, *FENCE), _css())


def clean(message: str) -> str:
    """Return what an error says without any secret that this process has met."""
    return secret.live().text(message)


def letter(name: str) -> str:
    """Return what stands for an app's logo."""
    return next((each.upper() for each in name if each.isalnum()), "?")


@cache
def _css() -> bytes:
    with open(os.path.join(FOLDER, "templates", "page.css"), "rb") as file:
        return file.read()


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(
        loader=FileSystemLoader(os.path.join(FOLDER, "templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["plain"] = plain
    return found
