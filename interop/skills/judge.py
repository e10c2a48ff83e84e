"""Those who judge skills, each asked in its own words; what they find is one row each, and some of it is known."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from interop.skills.client import Person

KNOWN = Path(__file__).with_name("findings.toml")


class Finding(NamedTuple):
    """What a judge has to say of one rendering."""

    judge: str
    rule: str
    # `claude-en/skills/skillkit/SKILL.md`, or how much of that the judge names.
    place: str
    said: str


class Known(NamedTuple):
    """A finding that stays, and why."""

    judge: str
    rule: str
    places: list[str]
    why: str

    def meets(self, finding: Finding) -> bool:
        """Return whether this is the finding that was meant."""
        same = (self.judge, self.rule) == (finding.judge, finding.rule)
        return same and any(fnmatchcase(finding.place, place) for place in self.places)


def agentskills(person: Person, folder: Path) -> Iterator[Finding]:
    """Ask whether each skill keeps to the specification."""
    for page in sorted(folder.glob("*/skills/*/SKILL.md")):
        ended = person.run("agentskills", "validate", str(page.parent))
        if ended.code:
            yield Finding("agentskills", "specification", _named(page, folder), ended.stdout + ended.stderr)


def skillsaw(person: Person, folder: Path) -> Iterator[Finding]:
    """Ask what there is to say against each rendering as a whole: errors and warnings, but no hints."""
    for pack in sorted(folder.iterdir()):
        report = person.run("skillsaw", "lint", "--strict", "--format", "json", "--no-baseline", str(pack)).document
        for row in report["violations"]:
            yield Finding("skillsaw", row["rule_id"], f"{pack.name}/{row['file_path']}", row["message"])


def claude(person: Person, folder: Path) -> Iterator[Finding]:
    """Ask whether Claude would take each rendering as a plugin without a word, and its directory of plugins without a refusal."""
    for pack in sorted(folder.iterdir()):
        for way in ("--strict", "--profile=directory") if (pack / ".claude-plugin").exists() else ("--strict",):
            ended = person.run("claude", "plugin", "validate", way, str(pack))
            if ended.code:
                yield Finding("claude", way, pack.name, ended.stdout + ended.stderr)


def scanner(person: Person, folder: Path) -> Iterator[Finding]:
    """Ask whether a skill could do harm, by the strict rules."""
    report = person.home / "scan.json"
    asked = ("--recursive", "--policy", "strict", "--format", "json", "--output-json", str(report))
    person.ok("skill-scanner", "scan-all", str(folder), *asked, seconds=300)
    told = json.loads(report.read_text())
    assert told["summary"]["total_skills_scanned"] == len(list(folder.glob("*/skills/*/SKILL.md")))
    for skill in told["results"]:
        for row in skill["findings"]:
            place = Path(skill["skill_path"], row["file_path"] or "SKILL.md")
            yield Finding("skill-scanner", row["rule_id"], _named(place, folder), f"{row['severity']}: {row['title']}")


def _named(path: Path, folder: Path) -> str:
    return path.resolve().relative_to(folder.resolve()).as_posix()


JUDGES: Mapping[str, Callable[[Person, Path], Iterator[Finding]]] = {
    "agentskills": agentskills,
    "claude": claude,
    "skill-scanner": scanner,
    "skillsaw": skillsaw,
}


def known(judge: str) -> list[Known]:
    """Return what is known of a judge's findings."""
    return [Known(**row) for row in tomllib.loads(KNOWN.read_text())["known"] if row["judge"] == judge]
