"""What a person says of an app, its address or its domain, and which app's domain that is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

LONGEST: Final = 2048
LONGEST_HOST: Final = 253

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_ADDRESS: Final = re.compile(r"\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\]")
_PLACE: Final = re.compile(r"\{([a-z_][a-z0-9_]*)\}", re.IGNORECASE)


def domain(said: str) -> str:
    """
    Return the domain of an address or a domain, as it is looked up; empty when what was said is neither.

    >>> domain("https://app.Alegra.com/x"), domain("ALEGRA.com."), domain("bücher.example"), domain("not a url")
    ('app.alegra.com', 'alegra.com', 'xn--bcher-kva.example', '')
    """
    text = said.strip()
    if len(text) > LONGEST or not text.isprintable() or " " in text:
        return ""
    # A colon may also stand before a port.
    whole = text if "://" in text else "" if _SCHEME.match(text) and not re.search(r":\d", text) else f"https://{text}"
    try:
        parts = urlsplit(whole)
        # A port that is none makes no address.
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return ""
    # Behind a name and a password stands another host than one reads first.
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or "\\" in text:
        return ""
    return _spelled(f"[{host}]" if ":" in host else host)


def matched(pattern: str, host: str) -> Mapping[str, str] | None:
    """
    Return what `host` says of an app whose domain is `pattern`, parameters in braces; None when it is not that app's.

    >>> matched("{domain}.clientary.com", "acme.clientary.com"), matched("alegra.com", "app.alegra.com")
    ({'domain': 'acme'}, {})
    """
    names = _PLACE.findall(pattern)
    if not names:
        # What stands below an app's domain is the app's.
        return {} if host == pattern or host.endswith(f".{pattern}") else None
    places = "".join(f"(?P<{part}>[a-z0-9-]+)" if at % 2 else re.escape(part) for at, part in enumerate(_PLACE.split(pattern)))
    found = re.fullmatch(places, host)
    # Nobody's account is called so.
    return found.groupdict() if found and "www" not in found.groups() else None


def nearest(host: str, patterns: list[tuple[str, str]]) -> tuple[str, Mapping[str, str]]:
    """Return the app that a domain is of, by the pattern that says most about it, and what that says; empty when none is."""
    fitting = [(key, pattern, said) for key, pattern in patterns if (said := matched(pattern, host)) is not None]
    # A domain in full says more than one with a place in it, and that more than one above it; then, the longer.
    fitting.sort(key=lambda row: (row[1] != host, "{" not in row[1], -len(row[1]), row[0]))
    return (fitting[0][0], fitting[0][2]) if fitting else ("", {})


def _spelled(host: str) -> str:
    if _ADDRESS.fullmatch(host):
        return host
    try:
        # Also what looks like a dot, or like a letter, becomes what a browser makes of it.
        name = host.encode("idna").decode("ascii").lower().removesuffix(".") if host else ""
    except UnicodeError:
        return ""
    labels = name.split(".")
    fits = len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()
    return name if len(name) <= LONGEST_HOST and (fits or name == "localhost") else ""
