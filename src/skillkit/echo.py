"""What an app repeats of a credential, taken out of its answers; and where they point, without what may be a key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urljoin, urlsplit

from skillkit.destination import Base, below
from skillkit.document import dump, parse
from skillkit.secret import MARK, Redactor

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


def body(content: bytes, redactor: Redactor) -> bytes:
    r"""
    Return a body with no secret in it.

    >>> body(b'{"key": "\\u0061bc+def"}', Redactor(["abc+def"]))
    b'{"key":"[redacted]"}'
    """
    clean = redactor.scrub(content)
    # JSON can spell each letter in several ways, and only whoever parses it sees which it is.
    if b"\\" not in clean:
        return clean
    try:
        said = parse(clean)
    except ValueError:
        return clean
    bare = redactor.document(said)
    return clean if bare == said else dump(bare).encode("utf-8", "surrogatepass")


def headers(given: tuple[tuple[str, str], ...], redactor: Redactor) -> dict[str, str]:
    """Return headers by name, with no secret in them."""
    folded: dict[str, str] = {}
    for name, value in given:
        key, clean = redactor.text(name), redactor.text(value)
        folded[key] = f"{folded[key]}, {clean}" if key in folded else clean
    # A session that the app keeps by cookie is a credential too.
    return folded | ({"set-cookie": MARK} if "set-cookie" in folded else {})


def target(status: int, headers: Mapping[str, str], url: str) -> str:
    """Return the address that a redirect leads to; empty when it is no redirect, or leads nowhere."""
    location = headers.get("location", "")
    if status not in REDIRECTS or not location:
        return ""
    try:
        found = urljoin(url, location)
        return "" if urlsplit(found).username is not None else found
    except ValueError:
        return ""


def origin(url: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""


def discreet(status: int, headers: Mapping[str, str], url: str, base: Base) -> dict[str, str]:
    """Return the headers of an answer; of a redirect to elsewhere only where to, for the rest may be a key."""
    found = target(status, headers, url)
    if status not in REDIRECTS or "location" not in headers or below(found, base):
        return dict(headers)
    return {**headers, "location": origin(found)}
