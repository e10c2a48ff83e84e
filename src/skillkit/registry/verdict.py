"""What the registry says about whether a skill can be trusted: who made it, from what, and that nobody has looked at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from skillkit import VERSION
from skillkit.registry.archive import digest
from skillkit.registry.shelf import Entry, described
from skillkit.skill import ROUTER

OWNER: Final = "skillkit-local"
OWNER_NAME: Final = "skillkit on this machine"
REASON: Final = "security.not_audited"
STATUS: Final = "not-audited"
TEXTS: Final = (".json", ".md", ".yaml")


def overview(entry: Entry) -> str:
    """Return in a few sentences what an installer shows before it installs."""
    source = f"its connector {entry.connector} {entry.version}" if entry.connector != ROUTER else "its connectors"
    texts = all(path.endswith(TEXTS) for path in entry.files)
    return " ".join(
        (
            f"Rendered locally by skillkit {VERSION} from {source}.",
            "Not audited: nobody has scanned or reviewed it.",
            f"All that it holds is text: {_counted(entry)}, and no program." if texts else "Some of its files may be programs.",
            "Read it before you rely on it.",
        )
    )


def _counted(entry: Entry) -> str:
    return "one file" if len(entry.files) == 1 else f"{len(entry.files)} files"


def security(entry: Entry) -> dict[str, Any]:
    """Return the state of the audit that was never done, neither passed nor failed."""
    return {"status": STATUS, "passed": False, "overview": overview(entry), "signals": {}}


def unaudited(entry: Entry, asked: Mapping[str, str], version: str, base: str, at: int) -> dict[str, Any]:
    """
    Return the verdict on a skill.

    A client that hears `pass` calls the skill safe. On any other word it calls for a review, shows the overview, and lets
    the person go on.
    """
    return {
        "ok": True,
        "decision": "review",
        "reasons": [REASON],
        **asked,
        "slug": entry.name,
        "version": version,
        "displayName": entry.title,
        "publisherHandle": OWNER,
        "publisherDisplayName": OWNER_NAME,
        "createdAt": at,
        "checkedAt": None,
        "overview": overview(entry),
        "skillUrl": f"{base}/skills/{entry.name}",
        "securityAuditUrl": f"{base}/skills/{entry.name}/security-audit",
        "security": security(entry),
    }


def missing(asked: Mapping[str, str], code: str, message: str) -> dict[str, Any]:
    """Return the verdict on a skill that is not here."""
    return {
        "ok": False,
        "decision": "fail",
        "reasons": [code.replace("_not", ".not")],
        **asked,
        "slug": None,
        "version": None,
        "publisherHandle": None,
        "security": None,
        "error": {"code": code, "message": message},
    }


def verified(entry: Entry, version: str, resolved: Mapping[str, Any], base: str, at: int) -> dict[str, Any]:
    """Return where a skill comes from and by which sums it is known; that much is sure, and its security is another matter."""
    return {
        "schema": "clawhub.skill.verify.v1",
        "ok": True,
        "decision": "pass",
        "reasons": [REASON],
        "slug": entry.name,
        "displayName": entry.title,
        "pageUrl": f"{base}/skills/{entry.name}",
        "publisherHandle": OWNER,
        "publisherDisplayName": OWNER_NAME,
        "publisherProfileUrl": None,
        "version": version,
        **resolved,
        "createdAt": at,
        "card": {"available": True, "url": f"{base}/api/v1/skills/{entry.name}/card"},
        "artifact": {
            "kind": "archive",
            "sha256": digest(entry.archive),
            "size": len(entry.archive),
            "fingerprint": entry.fingerprint,
            "files": described(entry.files),
        },
        "provenance": {
            "source": "rendered-by-skillkit",
            "skillkit": VERSION,
            "connector": entry.connector,
            "connectorVersion": entry.version,
        },
        "security": security(entry),
        "signature": {"status": "unsigned"},
    }


def card(entry: Entry) -> str:
    """Return a page about a skill, in Markdown."""
    sums = [f"- `{row['path']}`: {row['size']} bytes, SHA-256 `{row['sha256']}`" for row in described(entry.files)]
    lines = [f"# {entry.title}", "", entry.summary, "", f"- name: `{entry.name}`", f"- version: `{entry.serial}`"]
    return "\n".join([*lines, f"- made from: connector `{entry.connector}` {entry.version}", "", overview(entry), "", *sums, ""])
