"""Rules about examples: that they fit the schemas beside them, and hold nothing that should not be public."""

from __future__ import annotations

import math
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from skillkit import schema
from skillkit.authoring.rule import Document, Find, Subject, request, texts, within
from skillkit.connector import several
from skillkit.document import MISSING, first, names
from skillkit.errors import BY_KIND, Problem
from skillkit.request import renamed
from skillkit.source import pointer


def _examples(subject: Subject) -> Iterator[tuple[str, str, Document, Document]]:
    for path, key, _, whole in subject.written():
        for place, example in enumerate(whole.get("examples", ())):
            yield f"{path}/examples/{place}", key, example, whole


def _unfit_inputs(subject: Subject) -> Iterator[Problem]:
    for path, key, example, whole in _examples(subject):
        # An example may show what is refused before anything is sent.
        if within(example, "error/kind") == "invalid_input" and "response" not in example:
            continue
        tried = [schema.problems(each, example.get("input", {})) for each in _input_schemas(whole)]
        if all(tried):
            for problem in tried[0]:
                yield subject.source.problem(f"{key}: {problem.message}", f"{path}/input{problem.path}", "example-input")


def _input_schemas(whole: Document) -> Iterator[Document]:
    """Yield the input schema, and as each variant has it."""
    written = whole["input"]
    if "merge" in whole:
        # The record has what the caller leaves out.
        written = {**written, "required": [name for name in written.get("required", ()) if name in names(request(whole).path)]}
    yield written
    for values in whole.get("variants", {}).values():
        for added in values.values():
            known = {**written.get("properties", {}), **added.get("properties", {})}
            yield {**written, "properties": known, "required": [*written.get("required", ()), *added.get("required", ())]}


def _unfit_outputs(subject: Subject) -> Iterator[Problem]:
    for path, key, example, whole in _examples(subject):
        response = example.get("response", {})
        said = response.get("json")
        if not whole.get("output") or "json" not in response or "error" in example or response.get("status", 200) >= 300:
            continue
        rows = first(said, several(whole.get("items") or whole.get("result") or "."))
        if rows is MISSING:
            place = f"{path}/response/json"
            yield subject.source.problem(f"{key}: the answer has nothing where items or result says", place, "example-output")
            continue
        back = {wire: name for name, wire in whole.get("names", {}).items()}
        for row in rows if "items" in whole and isinstance(rows, list) else [rows]:
            for problem in schema.problems(whole["output"], renamed(row, back)):
                said = f"{key}: {problem.path or 'the answer'}: {problem.message}"
                yield subject.source.problem(said, f"{path}/response/json", "example-output")


def _unknown_kinds(subject: Subject) -> Iterator[Problem]:
    for path, _, example, _ in _examples(subject):
        kind = within(example, "error/kind")
        if kind is not None and kind not in BY_KIND:
            yield subject.source.problem(f"{kind!r} is no kind of error", f"{path}/error/kind", "example-kind")


# Secrets.

_KNOWN: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\b(?:sk|rk)[-_](?:live|proj|ant)[-_]\w{8}|\bgh[pousr]_\w{20}|\bgithub_pat_\w{20}"
    r"|\bglpat-[\w-]{16}|\bxox[abeprs]-[\w-]{10}|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{30}|\bSG\.[\w-]{16}\.|\bya29\.[\w-]{20}|\bshpat_\w{20}"
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.|\b(?:Bearer|Basic) [\w.~+/=-]{16}"
)
_HEADERS: Final = re.compile(
    r"(?:proxy-)?authorization|(?:set-)?cookie2?|x-api-key|api-key|x-auth-token|x-access-token", re.IGNORECASE
)
_TOKEN: Final = re.compile(r"[A-Za-z0-9_+-]{20,512}={0,2}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HEX: Final = re.compile(r"[0-9a-f]{32,}", re.IGNORECASE)
# What is known to stand for nothing, and what is public by its nature.
_FAKE: Final = re.compile(r"example|sample|dummy|fake|test|redact|placeholder|0123456789|123456789|x{4}|abcdef", re.IGNORECASE)
_DIGESTS: Final = re.compile(r"sha\d*|md5|hash|digest|checksum|etag|fingerprint|cufe|cude|uuid", re.IGNORECASE)
_HEX_BITS: Final = 3.0
_RANDOM_BITS: Final = 3.8
# Of the neighbours in a drawn word six in ten are of different kinds; who writes one keeps to a kind for a while.
_RANDOM_CHANGES: Final = 0.42


def _secrets(subject: Subject) -> Iterator[Problem]:
    carriers = {auth["name"].lower() for auth in subject.document["connection"].get("auth", {}).values() if "name" in auth}
    for path, key, example, _ in _examples(subject):
        for side in ("request", "response"):
            for name in within(example, f"{side}/headers") or {}:
                if _HEADERS.fullmatch(name) or name.lower() in carriers:
                    place = pointer(f"{path}/{side}/headers", name)
                    yield subject.source.problem(f"an example of {key} has the header {name}", place, "secret-in-example")
        for below, text in texts({**example, "response": {**example.get("response", {}), "headers": {}, "base64": ""}}):
            if found := _secret(below.rpartition("/")[2], text):
                said = f"an example of {key} holds {found[:4]}..., which looks like a credential"
                yield subject.source.problem(said, path + below, "secret-in-example")


def _secret(name: str, text: str) -> str:
    if known := _KNOWN.search(text):
        return "" if _FAKE.search(text[known.start() :][:80]) else known[0]
    if _DIGESTS.search(name) or _UUID.fullmatch(text):
        return ""
    return next((token for token in _TOKEN.findall(text) if _random(token)), "")


def _random(token: str) -> bool:
    """
    Return whether a word was drawn rather than written.

    >>> _random("9fK2mQ7xLw4ZtB8vRc1NpD6h"), _random("DE89370400440532013000"), _random("list_incoming_invoices_2026")
    (True, False, False)
    """
    if _FAKE.search(token) or _UUID.fullmatch(token) or _readable(token):
        return False
    if _HEX.fullmatch(token):
        return not token.isdecimal() and _bits(token) > _HEX_BITS
    kinds = ["a" if each.islower() else "A" if each.isupper() else "0" for each in token if each.isalnum()]
    changes = sum(one != other for one, other in pairwise(kinds))
    return len(set(kinds)) > 2 and changes > _RANDOM_CHANGES * len(kinds) and _bits(token) > _RANDOM_BITS


def _bits(token: str) -> float:
    counts = Counter(token).values()
    return -sum(count / len(token) * math.log2(count / len(token)) for count in counts)


def _readable(token: str) -> bool:
    """Return whether a word is text in base64, as cursors are, or the beginning of a known kind of file."""
    try:
        content = b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return False
    return content.startswith((b"%PDF", b"PK", b"\x89PNG", b"<?xml")) or (
        content.isascii() and content.decode("ascii").isprintable()
    )


RULES: Final[Mapping[str, Find]] = {
    "example-input": _unfit_inputs,
    "example-output": _unfit_outputs,
    "example-kind": _unknown_kinds,
    "secret-in-example": _secrets,
}
