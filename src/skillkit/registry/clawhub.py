"""The API of ClawHub, as far as its clients ask for it to find, install, update and verify a skill."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import urlencode

from skillkit.door import PLAIN, Reply
from skillkit.registry import verdict
from skillkit.registry.shelf import Entry, Shelf, described, found, kind

API: Final = "/api/v1"
MOST_ROWS: Final = 200
FEW_ROWS: Final = 25
MOST_VERDICTS: Final = 100
VERDICTS: Final = "clawhub.skill.security-verdicts.v1"


class Question(NamedTuple):
    """What a client wants to know, and of whom: `base` is the address by which it reached us, `at` when the shelf was filled."""

    shelf: Shelf
    query: Mapping[str, str]
    base: str = ""
    at: int = 0
    body: bytes = b""


Answer: TypeAlias = "Mapping[str, Any] | str | Reply"


def refused(status: int, text: str) -> Reply:
    """Return a refusal as the clients want it, which show its text: plain."""
    return Reply(status, PLAIN, f"{text}\n".encode("utf-8", "backslashreplace"))


def file(path: str, content: bytes) -> Reply:
    """Return a file."""
    return Reply(200, (("Content-Type", kind(path)), *PLAIN[1:]), content)


def chosen(question: Question, slug: str, version: str = "") -> Entry | Reply:
    """Return the skill of this name, if it is the one with the owner, version and tag that are asked for."""
    query = question.query
    entry = question.shelf.known.get(slug)
    owner = query.get("ownerHandle", verdict.OWNER).lstrip("@").lower()
    if entry is None or owner != verdict.OWNER:
        of = "" if owner == verdict.OWNER else f" of {owner[:60]!r}"
        return refused(404, f"no skill {slug[:60]!r}{of} is here: skill not found")
    for said in filter(None, (version, query.get("version"))):
        if not entry.called(said):
            return refused(404, f"the skill {slug} has no version {said[:60]!r}; it has {entry.serial}")
    if query.get("tag", "latest") != "latest":
        return refused(404, f"the skill {slug} has no tag {query['tag'][:60]!r}; it has latest")
    return entry


def search(question: Question) -> Answer:
    """Return what a query finds; of an exact one, the skill of that name."""
    asked = question.query.get("q", "")
    rows = found(question.shelf.listed, asked)
    if question.query.get("mode") == "exact":
        rows = [(1.0, entry) for _, entry in rows if entry.name == asked.strip()]
    return {"results": [{"score": score, **_row(entry, question)} for score, entry in rows[: _most(question)]]}


def trending(question: Question) -> Answer:
    """Return every skill, for nobody counts which is used how often."""
    return {"items": [_row(entry, question) for entry in list(question.shelf.listed.values())[: _most(question)]]}


def explored(question: Question) -> Answer:
    """Return a page of the list of all skills."""
    query = question.query
    start, most = _number(query.get("cursor", ""), 0), _most(question)
    entries = [entry for name, entry in question.shelf.listed.items() if name.startswith(query.get("prefix", ""))]
    items = [
        {**_skill(each, question.at), "latestVersion": _version(each, question.at)} for each in entries[start : start + most]
    ]
    return {"items": items, "nextCursor": str(start + most) if start + most < len(entries) else None}


def whoami(question: Question) -> Answer:  # noqa: ARG001 - a row of the table
    """Refuse to know anybody."""
    return refused(401, "this registry has no accounts: whatever is on it can be read without one")


def detail(entry: Entry, question: Question) -> Answer:
    """Return what is known of a skill."""
    return {
        "skill": _skill(entry, question.at),
        "latestVersion": _version(entry, question.at),
        "metadata": None,
        "owner": _owner(),
        # Whatever stands here, clients print as clean; and nobody has looked.
        "moderation": None,
    }


def install(entry: Entry, question: Question) -> Answer:  # noqa: ARG001 - a row of the table
    """Return from where a skill is fetched."""
    place = f"{API}/download?{urlencode({'slug': entry.name, 'version': entry.serial})}"
    return {"ok": True, "slug": entry.name, "installKind": "archive", "archive": {"version": entry.serial, "downloadUrl": place}}


def download(entry: Entry, question: Question) -> Answer:  # noqa: ARG001 - a row of the table
    """Return the archive of a skill."""
    return file(f"{entry.name}.zip", entry.archive)


def resolved(entry: Entry, question: Question) -> Answer:
    """
    Return which version has files of this sum.

    A client that has the files of today is told the connector's version twice, and is content. One that has others hears
    our own, which it cannot compare: it takes the files again if nobody has edited those that it has.
    """
    same = question.query.get("hash") == entry.fingerprint
    return {
        "match": {"version": entry.version} if same else None,
        "latestVersion": {"version": entry.version if same else entry.serial},
    }


def versions(entry: Entry, question: Question) -> Answer:
    """Return the one version that there is."""
    return {"items": [_version(entry, question.at)], "nextCursor": None}


def version(entry: Entry, question: Question) -> Answer:
    """Return a version with its files."""
    shown = {**_version(entry, question.at), "files": described(entry.files), "security": verdict.security(entry)}
    return {"version": shown, "skill": {"slug": entry.name, "displayName": entry.title}}


def one_file(entry: Entry, question: Question) -> Answer:
    """Return one file of a skill."""
    path = question.query.get("path", "")
    if path not in entry.files:
        return refused(404, f"the skill {entry.name} has no file {path[:60]!r}")
    return file(path, entry.files[path])


def verify(entry: Entry, question: Question) -> Answer:
    """Return where a skill comes from, and its sums."""
    named = question.query.get("version", "")
    tag = question.query.get("tag")
    way = {"resolvedFrom": "version" if named else "tag" if tag else "latest", "tag": tag}
    return verdict.verified(entry, named if named and named != "latest" else entry.serial, way, question.base, question.at)


def page(entry: Entry, question: Question) -> Answer:  # noqa: ARG001 - a row of the table
    """Return the page about a skill."""
    return file(f"{entry.name}.md", verdict.card(entry).encode())


def audit(entry: Entry, question: Question) -> Answer:  # noqa: ARG001 - a row of the table
    """Return what there is to read behind a verdict."""
    return refused(200, verdict.overview(entry))


def moderation(entry: Entry, question: Question) -> Answer:  # noqa: ARG001 - a row of the table
    """Return that nobody has looked whether there is anything to object to."""
    return {"moderation": None}


def verdicts(question: Question) -> Answer:
    """Return a verdict on each skill that is asked about."""
    wrong = refused(400, f'send {{"items": [{{"slug": "…", "version": "…"}}]}}, at most {MOST_VERDICTS} of them')
    try:
        said = json.loads(question.body)
    except (ValueError, RecursionError):
        return wrong
    items = said.get("items") if isinstance(said, dict) else None
    if not isinstance(items, list) or len(items) > MOST_VERDICTS or not all(_well_formed(item) for item in items):
        return wrong
    return {"schema": VERDICTS, "items": [_verdict(item, question) for item in items]}


def _verdict(item: Mapping[str, str], question: Question) -> Mapping[str, Any]:
    asked = {f"requested{key[0].upper()}{key[1:]}": item[key] for key in ("slug", "ownerHandle", "version") if key in item}
    named = question._replace(query={"ownerHandle": item.get("ownerHandle", verdict.OWNER)})
    entry = chosen(named, item["slug"])
    if isinstance(entry, Reply):
        return verdict.missing(asked, "skill_not_found", entry.body.decode().strip())
    if not entry.called(item["version"]):
        return verdict.missing(asked, "version_not_found", f"it has {entry.serial}")
    return verdict.unaudited(entry, asked, item["version"], question.base, question.at)


def _well_formed(item: Any) -> bool:
    keys = {"slug", "version"}
    return (
        isinstance(item, dict)
        and keys <= set(item)
        and all(isinstance(item.get(each, ""), str) for each in (*keys, "ownerHandle"))
    )


def _row(entry: Entry, question: Question) -> dict[str, Any]:
    page = f"{question.base}/skills/{entry.name}"
    return {
        "slug": entry.name,
        "displayName": entry.title,
        "summary": entry.summary,
        "version": entry.serial,
        "updatedAt": question.at,
        "ownerHandle": verdict.OWNER,
        "owner": _owner(),
        "publisher": {"kind": "user", **_owner(), "official": False},
        "metrics": {"rolling60DayInstalls": None, "bookmarks": None, "updatedAt": question.at},
        "source": "clawhub",
        "install": {"kind": "clawhub", "reference": f"@{verdict.OWNER}/{entry.name}", "sourceUrl": page},
    }


def _skill(entry: Entry, at: int) -> dict[str, Any]:
    return {
        "slug": entry.name,
        "displayName": entry.title,
        "summary": entry.summary,
        "topics": [],
        "tags": {"latest": entry.serial},
        "stats": {},
        "createdAt": at,
        "updatedAt": at,
    }


def _version(entry: Entry, at: int) -> dict[str, Any]:
    return {"version": entry.serial, "createdAt": at, "changelog": "", "license": None}


def _owner() -> dict[str, Any]:
    return {"handle": verdict.OWNER, "displayName": verdict.OWNER_NAME, "image": None}


def _most(question: Question) -> int:
    return max(1, min(_number(question.query.get("limit", ""), FEW_ROWS), MOST_ROWS))


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else otherwise


# What is asked of the registry.
OF_ALL: Final[Mapping[str, Callable[[Question], Answer]]] = {
    f"{API}/search": search,
    f"{API}/trending": trending,
    f"{API}/skills": explored,
    f"{API}/whoami": whoami,
}

# What is asked of one skill, named in the query.
OF_QUERY: Final[Mapping[str, Callable[[Entry, Question], Answer]]] = {f"{API}/download": download, f"{API}/resolve": resolved}

# What is asked of one skill, named in the path before it.
OF_SKILL: Final[Mapping[str, Callable[[Entry, Question], Answer]]] = {
    "": detail,
    "install": install,
    "versions": versions,
    "file": one_file,
    "verify": verify,
    "card": page,
    "moderation": moderation,
}
