"""What is found below `/.well-known`, in both versions of the agreement about it: plain files, from a server or a folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from skillkit.registry.archive import digest
from skillkit.registry.shelf import MAIN, Entry, Shelf

SCHEMA: Final = "https://schemas.agentskills.io/discovery/0.2.0/schema.json"
NEWER: Final = ".well-known/agent-skills"
OLDER: Final = ".well-known/skills"
INDEX: Final = "index.json"


def pages(shelf: Shelf) -> dict[str, bytes]:
    """Return the files by their paths; no address of a server is in them, so that they may lie anywhere."""
    entries = shelf.portable.values()
    single = {f"{NEWER}/{_place(entry)}": entry.archive for entry in entries}
    # A client that found one skill by searching looks for an index that has nothing else.
    scoped = {f"@{entry.name}/{NEWER}/{INDEX}": _document(newer([entry], f"../../../{NEWER}/")) for entry in entries}
    loose = {f"{OLDER}/{entry.name}/{path}": content for entry in entries for path, content in entry.files.items()}
    indexes = {f"{NEWER}/{INDEX}": _document(newer(entries)), f"{OLDER}/{INDEX}": _document(older(entries))}
    return dict(sorted({**indexes, **single, **scoped, **loose}.items()))


def newer(entries: Iterable[Entry], up: str = "") -> Mapping[str, Any]:
    """Return the index as version 0.2.0 has it; `up` leads from it to what it names."""
    return {
        "$schema": SCHEMA,
        "skills": [
            {
                "name": entry.name,
                "type": "skill-md" if _lonely(entry) else "archive",
                "description": entry.summary,
                "url": up + _place(entry),
                "digest": f"sha256:{digest(entry.archive)}",
            }
            for entry in entries
        ],
    }


def older(entries: Iterable[Entry]) -> Mapping[str, Any]:
    """Return the index as version 0.1.0 has it."""
    return {"skills": [{"name": each.name, "description": each.summary, "files": sorted(each.files)} for each in entries]}


def _place(entry: Entry) -> str:
    return f"{entry.name}/{MAIN}" if _lonely(entry) else f"{entry.name}.tar.gz"


def _lonely(entry: Entry) -> bool:
    return set(entry.files) == {MAIN}


def _document(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
