"""The vendors that have a sandbox, each loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Final

from skillkit.sandbox.vendor import Vendor

KEYS: Final = ("faktoora", "alegra", "clientary")


def known() -> tuple[str, ...]:
    """Return the keys of the vendors that have a sandbox here."""
    return tuple(key for key in KEYS if find_spec(f"skillkit.sandbox.{key}") and find_spec(f"skillkit.sandbox.{key}.app"))


def vendor(key: str) -> Vendor:
    """Return the sandbox of a vendor; `KeyError` when there is none."""
    if key not in known():
        raise KeyError(key)
    found: Vendor = import_module(f"skillkit.sandbox.{key}.app").VENDOR
    return found


def choices_page() -> str:
    """Return, as Markdown, what each sandbox does where its vendor's documents say nothing."""
    parts = [
        "# What the sandboxes do where nobody knows",
        "",
        "The sandboxes follow what the vendors document. Where a vendor's documents say nothing, a sandbox has to do something",
        "all the same, and here is what. None of it is a fact about the vendor.",
    ]
    for key in known():
        parts += ["", f"## {key}", "", "| Where | What the sandbox does | Why |", "|---|---|---|"]
        parts += [f"| {_cell(one.topic)} | {_cell(one.choice)} | {_cell(one.why)} |" for one in vendor(key).choices]
    return "\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
