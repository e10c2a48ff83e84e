"""What `make interop` brings along is pinned; its tests are elsewhere, and this suite says so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_every_package_of_node_has_its_version_and_its_hash():
    lock = json.loads((ROOT / "interop" / "package-lock.json").read_text())
    packages = {name: row for name, row in lock["packages"].items() if name}

    assert len(packages) > 20
    assert [name for name, row in packages.items() if not (row["version"] and row["integrity"].startswith("sha512-"))] == []


def test_what_is_asked_of_node_is_one_version_each():
    asked = json.loads((ROOT / "interop" / "package.json").read_text())["dependencies"]

    assert [name for name, version in asked.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


def test_every_pin_of_interop_has_its_hashes_and_no_line_names_an_index_or_a_place():
    lines = (ROOT / "requirements" / "interop.txt").read_text().replace("\\\n", "").splitlines()
    pins = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]

    assert pins
    assert [pin for pin in pins if not re.fullmatch(r"[a-z0-9.-]+==\S+( +--hash=sha256:[0-9a-f]{64})+", pin)] == []


def test_oauth_meets_a_real_server_and_the_page_a_real_browser():
    pytest.skip("OAuth against a real authorization server and the page in a real browser: make interop")
