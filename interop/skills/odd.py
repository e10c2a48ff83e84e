"""Skills that are not as they should be: what one agent shows, another drops without a word."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

WHAT = "Finds probes of this kind. Use when probing."
LONG = "probe-" + "x" * 59


def page(name: str, description: str = WHAT, more: str = "", end: str = "---\n") -> str:
    """Return a page with these entries; without a name or a description, the entry is not there."""
    entries = {"name": name, "description": description}
    said = "".join(f"{key}: {value}\n" for key, value in entries.items() if value)
    return f"---\n{said}{more}{end}\n# Probe\n\nFinds probes.\n"


NEEDS = "metadata:\n  openclaw:\n    requires:\n      bins:\n        - no-such-command\n"

ODD: Mapping[str, str] = {
    "bare/SKILL.md": "# Probe\n\nFinds probes.\n",
    "deep/nested/SKILL.md": page("nested"),
    "elsewhere/SKILL.md": page("renamed"),
    "lower/skill.md": page("lower"),
    "nameless/SKILL.md": page(""),
    "needing/SKILL.md": page("needing", more=NEEDS),
    "plain/SKILL.md": page("plain"),
    "silent/SKILL.md": page("silent", ""),
    "unclosed/SKILL.md": page("unclosed", end=""),
    "with-colon/SKILL.md": page("with-colon", "Use when: probing a colon"),
    "with-mark/SKILL.md": "\ufeff" + page("with-mark"),
    "wordy/SKILL.md": page("wordy", WHAT * 25),
    f"{LONG}/SKILL.md": page(LONG),
}


def written(folder: Path) -> None:
    """Write them all, and one that is a link to a folder elsewhere."""
    for place, text in ODD.items():
        path = folder / place
        path.parent.mkdir(parents=True)
        path.write_text(text)
    beyond = folder.parent.parent / "elsewhere" / "linked"
    beyond.mkdir(parents=True, exist_ok=True)
    (beyond / "SKILL.md").write_text(page("linked"))
    (folder / "linked").symlink_to(beyond)
