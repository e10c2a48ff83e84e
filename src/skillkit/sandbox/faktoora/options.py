"""The switches of the account, each with what it is when nobody says anything, and what it may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ON_OFF: Final = ("off", "on")

# The first of each is the default; an empty tuple takes any word.
OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "invoiceDeleteMode": ON_OFF,
    "invoiceValidation": ("on", "off"),
    "customerPatch": ("partial", "strict"),
    "webhooks": ("strict", "loopback"),
    "createEnvelope": ("array", "data", "invoices", "object"),
    "notReady": ("404", "409", "423", "425"),
}
PENDING: Final = "pending"
POLLS: Final = 1


def check(options: Mapping[str, str]) -> None:
    """Refuse to start with a switch that has no such position; switches of other vendors stand beside ours."""
    for name, words in OPTIONS.items():
        if options.get(name, words[0]) not in words:
            raise ValueError(f"{name} cannot be {options[name]!r}: it is one of {', '.join(words)}")
    for name in ("polls", "seconds"):
        if not (word := options.get(name, "0")).isascii() or not word.isdigit():
            raise ValueError(f"{name} cannot be {word!r}: it is a whole number")
    if options.get("pending", PENDING) in {"", "done", "failed"}:
        raise ValueError(f"pending cannot be {options['pending']!r}: it is a word of its own")
