"""By what an installed skill is known again: its frontmatter, and which connector in which state it was rendered from."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from skillkit import VERSION
from skillkit.skill.text import document

if TYPE_CHECKING:
    from skillkit.workspace import Workspace

# What the skill that leads to all others is called, and what stands where others name their connector.
ROUTER: Final = "skillkit"
_KEYS: Final = ("skillkit-connector", "skillkit-version", "skillkit-actions")
_FENCE: Final = b"---"


class Mark(NamedTuple):
    """What a skill was rendered from: its connector, that one's version, and a hash of what its actions do and take."""

    connector: str
    version: str
    actions: str

    def entries(self) -> dict[str, str]:
        """Return the mark as entries of the frontmatter's metadata."""
        return dict(zip(_KEYS, self, strict=True))


def digest(actions: Mapping[str, Any]) -> str:
    """Return a short hash; the order of what is hashed makes no difference."""
    return sha256(document(dict(sorted(actions.items()))).encode()).hexdigest()[:12]


def frontmatter(content: bytes) -> Mapping[str, Any]:
    r"""
    Return what the frontmatter of a SKILL.md says; nothing when it has none that can be read.

    >>> frontmatter(b"---\nname: a\n---\n# A")["name"], frontmatter(b"# A")
    ('a', {})
    """
    # Only those who look at a skill pay for it.
    import yaml

    parts = content.replace(b"\r\n", b"\n").split(b"\n---\n", 1)
    if len(parts) != 2 or not parts[0].startswith(_FENCE + b"\n"):
        return {}
    try:
        found = yaml.safe_load(parts[0][len(_FENCE) :].decode())
    # Brackets within brackets without end are no frontmatter either.
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def marked(front: Mapping[str, Any]) -> Mark | None:
    """Return the mark in a frontmatter; None when the skill is not one of ours."""
    metadata = front.get("metadata")
    if not isinstance(metadata, Mapping) or not all(isinstance(metadata.get(key), str) for key in _KEYS):
        return None
    return Mark(*(metadata[key] for key in _KEYS))


def current(space: Workspace, connector: str) -> Mark:
    """Return the mark that a skill of this connector has now; UnknownName when there is no such connector."""
    if connector == ROUTER:
        known = {one.id: one.version for one in space.catalog.connectors()}
        return Mark(ROUTER, VERSION, digest(known))
    found = space.catalog.connector(connector)
    # The user's own actions are in no skill.
    rows = [row for row in space.catalog.rows(found.id) if "layer" not in row]
    return Mark(found.id, found.version, digest({row["key"]: [row["effect"], row["inputSchema"]] for row in rows}))


def stale(front: Mapping[str, Any], space: Workspace) -> str:
    """Return in a sentence how an installed skill, by its frontmatter, is behind its connector; nothing when it is not."""
    from skillkit.errors import SkillkitError

    installed = marked(front)
    if installed is None:
        return ""
    name = front.get("name", installed.connector)
    try:
        now = current(space, installed.connector)
    except SkillkitError:
        return f"the skill {name} is for {installed.connector}, which is not here any more"
    if installed.version != now.version:
        return f"the skill {name} was made for {installed.connector} {installed.version}, and here is {now.version}"
    if installed.actions != now.actions:
        return f"the skill {name} was made before the actions of {installed.connector} changed"
    return ""
