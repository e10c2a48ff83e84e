"""Rules about translations, and the English texts that they translate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from skillkit.authoring.rule import Document, Find, Subject
from skillkit.errors import Problem
from skillkit.source import Source, pointer

HASHES: Final = "hashes"
"""The key of a translation under which lies, for each JSON pointer of it, the hash of the English it was made from."""


def hashed(text: str) -> str:
    """
    Return the short hash by which a translation knows the English it was made from.

    >>> hashed("Company profile of the connected account.")
    'c5eed123'
    """
    return sha256(text.encode()).hexdigest()[:8]


def english(document: Mapping[str, Any]) -> dict[str, str]:
    """Return every text of a connector that a translation may have, by the JSON pointer that it has there."""
    skill, connection = document.get("skill", {}), document["connection"]
    found = _said(document, "", "about", "unsupported")
    found |= _said(skill, "/skill", "use_when", "words", "gotchas", "examples")
    for name, param in connection.get("params", {}).items():
        found |= _said(param, f"/connection/params/{name}", "title", "description")
    for name, auth in connection.get("auth", {}).items():
        found |= _said(auth, f"/connection/auth/{name}", "title")
        for field, words in auth.get("fields", {}).items():
            found |= _said(words, f"/connection/auth/{name}/fields/{field}", "title", "help")
    for key, action in document["actions"].items():
        path = pointer("/actions", key)
        found |= _said({"title": "", "intents": "", **action}, path, "title", "description", "intents", "deprecated")
        found |= _inputs(action, path)
    return found


def _said(part: Document | Mapping[str, Any], path: str, *keys: str) -> dict[str, str]:
    return {f"{path}/{key}": _text(part[key]) for key in keys if key in part}


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return _text(value.get("en", ""))
    return "\n".join(map(_asked, value)) if isinstance(value, list) else str(value)


def _asked(value: Any) -> str:
    # Of a worked example, a person reads what is asked; the rest is the same in every language.
    return str(value.get("ask", "")) if isinstance(value, Mapping) else str(value)


def _inputs(action: Mapping[str, Any], path: str) -> dict[str, str]:
    properties = dict(action.get("input", {}).get("properties", {}))
    for values in action.get("variants", {}).values():
        for added in values.values():
            properties |= added.get("properties", {})
    return {
        pointer(f"{path}/input", name): schema.get("description", schema.get("title", ""))
        for name, schema in properties.items()
        if isinstance(schema, Mapping)
    }


def _translated(source: Source, known: Mapping[str, str]) -> Iterator[str]:
    """Yield the JSON pointers of what a file translates: down to a text of the English, or to where it has none."""
    waiting: list[tuple[str, Any]] = [("", source.document)]
    while waiting:
        path, value = waiting.pop()
        if path in known or not isinstance(value, Mapping):
            yield path
        else:
            waiting += [(pointer(path, key), each) for key, each in value.items() if (path, key) != ("", HASHES)]


def _unknown(subject: Subject) -> Iterator[Problem]:
    known = english(subject.document)
    for translation in subject.translations:
        for path in [*_translated(translation, known), *_hashes(translation)]:
            if path not in known:
                yield translation.problem(f"there is nothing to translate at {path or '/'}", path, "i18n-unknown")


def _hashes(translation: Source) -> Mapping[str, str]:
    hashes = translation.document.get(HASHES) if isinstance(translation.document, Mapping) else None
    return {str(path): str(value) for path, value in hashes.items()} if isinstance(hashes, Mapping) else {}


def _stale(subject: Subject) -> Iterator[Problem]:
    known = english(subject.document)
    for translation in subject.translations:
        hashes = _hashes(translation)
        for path in _translated(translation, known):
            if known.get(path) and hashes.get(path) != hashed(known[path]):
                said = "the English has changed" if path in hashes else "it is not known which English this was made from"
                yield translation.problem(
                    f"{said}: look at it again and set its hash to {hashed(known[path])}", path, "i18n-stale"
                )


def _missing(subject: Subject) -> Iterator[Problem]:
    known = english(subject.document)
    for translation in subject.translations:
        done = set(_translated(translation, known))
        wanted = [path for path, text in known.items() if text and path not in done and path.endswith(("/title", "/description"))]
        lacking = [path for path in wanted if path.startswith("/actions/")]
        if lacking:
            said = f"{len(lacking)} titles and descriptions have no translation, the first at {lacking[0]}"
            yield translation.problem(said, "/actions", "i18n-missing")


RULES: Final[Mapping[str, Find]] = {"i18n-unknown": _unknown, "i18n-stale": _stale, "i18n-missing": _missing}
