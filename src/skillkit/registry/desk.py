"""Who asks for what, and what is answered: from the path of a request to the skill it means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote

from skillkit.door import PLAIN, Asked, Reply
from skillkit.registry import clawhub, verdict, wellknown
from skillkit.registry.clawhub import API, OF_ALL, OF_QUERY, OF_SKILL, Answer, Question, chosen, file, refused
from skillkit.registry.shelf import Shelf, found

VERDICTS: Final = f"{API}/skills/-/security-verdicts"
MOST_FIELDS: Final = 20
FIND: Final = "/api/search"
FINDS: Final = 20
CONFIGS: Final = ("/.well-known/clawhub.json", "/.well-known/clawdhub.json")
READ_ONLY: Final = "nothing can be published or changed here: this registry serves what skillkit renders from its connectors"


class Desk:
    """Answers every request to a registry; nothing that it is asked changes anything."""

    def __init__(self, shelf: Shelf, at: int = 0) -> None:
        self._shelf = shelf
        self._at = at
        self._pages = {f"/{path}": content for path, content in wellknown.pages(shelf).items()}

    def answer(self, asked: Asked) -> Reply:
        """Return what a request is answered with."""
        if asked.path == VERDICTS and asked.method != "POST":
            return refused(405, "a verdict is asked for with POST")._replace(headers=(*PLAIN, ("Allow", "POST")))
        if asked.path != VERDICTS and asked.method != "GET":
            return refused(403, READ_ONLY)
        query, words = _fields(asked.query), _words(asked.path)
        if query is None or words is None:
            return refused(400, "this address is not well-formed")
        base = f"http://{asked.header('host')}"
        question = Question(self._shelf, query, base, self._at, asked.body)
        answer = self._page(asked.path, question) or _answer(asked.path, words, question)
        if isinstance(answer, Reply):
            return answer
        return Reply(200, (("Content-Type", "application/json"), *PLAIN[1:]), json.dumps(answer).encode())

    def _page(self, path: str, question: Question) -> Answer | None:
        if path in self._pages:
            return file(path, self._pages[path])
        if path in CONFIGS:
            return {"apiBase": question.base}
        if path == FIND:
            return _finds(question)
        return refused(200, front(self._shelf, question.base)) if path == "/" else None


def front(shelf: Shelf, base: str) -> str:
    """Return what the registry says of itself to whoever opens it, with a line for each of its clients to type."""
    name = next(iter(shelf.known), "")
    lines = [
        "Skills that skillkit renders from its connectors. Nobody has audited them.",
        "",
        f"npx skills add {base}",
        f"OPENCLAW_CLAWHUB_URL={base} openclaw skills install {name}",
        f"CLAWHUB_REGISTRY={base} clawhub install {name}",
        "",
        *(f"{entry.name} {entry.serial}: {entry.summary}" for entry in shelf.listed.values()),
    ]
    return "\n".join(lines)


def _answer(path: str, words: tuple[str, ...], question: Question) -> Answer:
    if path == VERDICTS:
        return clawhub.verdicts(question)
    if path in OF_ALL:
        return OF_ALL[path](question)
    if path in OF_QUERY:
        if not question.query.get("slug"):
            return refused(400, f"name a skill: {path}?slug=…")
        entry = chosen(question, question.query["slug"])
        return entry if isinstance(entry, Reply) else OF_QUERY[path](entry, question)
    return _of_skill(words, question) or refused(404, f"nothing is served at {path[:80]!r}")


def _of_skill(words: tuple[str, ...], question: Question) -> Answer | None:
    """Return what is asked of the skill that the path names; None when the path is none of those."""
    routes = OF_SKILL
    if words[:1] == ("skills",):
        slug, rest = "".join(words[1:2]), words[2:]
        routes = {"": clawhub.page, "security-audit": clawhub.audit}
    elif words[:3] == ("api", "v1", "skills"):
        slug, rest = "".join(words[3:4]), words[4:]
    else:
        return None
    version = rest[1] if len(rest) == 2 and rest[0] == "versions" and routes is OF_SKILL else ""
    called = "/".join(rest)
    if not slug or not (version or called in routes):
        return None
    entry = chosen(question, slug, version)
    if isinstance(entry, Reply):
        return entry
    return clawhub.version(entry, question) if version else routes[called](entry, question)


def _finds(question: Question) -> Answer:
    """Return what `skills find` lists; what it prints for a skill can be typed behind `skills add`."""
    rows = found(question.shelf.portable, question.query.get("q", ""))[:FINDS]
    source = f"{question.base}/"
    skills = [
        {"id": f"{verdict.OWNER}/{entry.name}", "skillId": entry.name, "name": entry.name, "installs": 0, "source": source}
        for _, entry in rows
    ]
    return {"skills": skills}


def _fields(text: str) -> Mapping[str, str] | None:
    """Return the fields of a query; None of one that has a field twice, too many, or no text."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        return None
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else None


def _words(path: str) -> tuple[str, ...] | None:
    """Return the words of a path; None of one in which a word would be none or several once it is decoded."""
    try:
        words = tuple(unquote(word, errors="strict") for word in path.split("/")[1:])
    except UnicodeDecodeError:
        return None
    return None if any("/" in word or "\\" in word or word in {".", ".."} for word in words) else words
