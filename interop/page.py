"""The page as a person at a browser uses it: the words on it, its fields and buttons."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

import skillkit
from interop.command import Home

WORDS: dict[str, dict[str, str]] = json.loads((Path(skillkit.__file__).parent / "signin" / "words.json").read_text())


def said(language: str, key: str, **names: str) -> str:
    return WORDS[language][key].format(**names)


def begun(home: Home, key: str, row: Mapping[str, Any], base_url: str = "") -> tuple[str, str]:
    """Ask for an account as an agent does, let its person name the sandbox, and return its id and the page."""
    connection = home.ok("connection", "ensure", key)["id"]
    params = [word for name, value in row["params"].items() for word in ("--param", f"{name}={value}")]
    asked = home.ok("connect", "--connectionId", connection, "--baseUrl", base_url or row["baseUrl"], *params)
    return connection, asked["clientAction"]["uiUrl"]


def field(page: Page, name: str) -> Locator:
    return page.locator(f"[name='field.{name}']")


def fill(page: Page, typed: Mapping[str, str]) -> None:
    for name, value in typed.items():
        field(page, name).fill(value)


def press(page: Page, act: str = "connect") -> None:
    page.locator(f"button[value={act}]").click()
