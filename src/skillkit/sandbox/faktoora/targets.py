"""Which addresses a webhook may have."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

# Names that no public address has.
RESERVED: Final = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "invalid", "test", "example", "onion")
NAME: Final = re.compile(r"(?!.{254})([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]*[a-z0-9]\.?")


def problem(target: str, *, loopback: bool) -> str:
    """
    Return what is wrong with a target, or nothing.

    >>> problem("https://hooks.elbkontor.de/in", loopback=False), problem("http://127.0.0.1:8080/", loopback=True)
    ('', '')
    >>> problem("http://10.0.0.7/", loopback=True)
    'URL resolves to an address that is not public'
    """
    place = _split(target)
    if place is None or place.scheme not in {"http", "https"} or "@" in place.netloc or not place.hostname:
        return "URL is not valid"
    host = place.hostname.rstrip(".")
    if loopback and host in {"127.0.0.1", "::1", "localhost"}:
        return ""
    # CHOICE: no name is resolved
    if host.endswith(tuple(f".{name}" for name in RESERVED)) or host in RESERVED:
        return "URL resolves to no public address"
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return "" if NAME.fullmatch(host) else "URL resolves to no public address"
    public = found.is_global and not found.is_multicast
    return "" if public else "URL resolves to an address that is not public"


def _split(target: str) -> SplitResult | None:
    if len(target) > 2000 or not re.fullmatch(r"[!-~]+", target):
        return None
    try:
        found = urlsplit(target)
        found.port  # noqa: B018 - it is read when it is asked for, and may be no number
    except ValueError:
        return None
    return found
