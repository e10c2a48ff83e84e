"""JSON documents: bounded parsing, dotted paths into them, `{name}` templates, projections."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

# Deeper documents are attacks, and every later step recurses over what is parsed here.
DEEPEST: Final = 100


class Missing:
    """The value of a place that is not there; unlike null, which is."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


# Text that becomes a document, and back.


def parse(content: str | bytes) -> Json:
    """
    Return the document that `content` is; ValueError says why it is none.

    Nothing is guessed: not what a broken text meant, not what lies beyond a number's range.
    """
    text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
    if text.count("[") + text.count("{") > DEEPEST and _deep(text):
        raise ValueError(f"it is nested deeper than {DEEPEST} levels")
    document: Json = json.loads(text, parse_float=_finite, parse_constant=_refused)
    return document


def dump(document: Json) -> str:
    """Return `document` on one line, readable in any language."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


class _Only(dict[int, int | None]):
    """A translation that drops every character it was not told to keep."""

    def __missing__(self, key: int) -> None:
        return None


_BRACKETS = _Only({ord(character): ord(character) for character in "[]{}"})


def _deep(text: str) -> bool:
    """Return whether brackets nest too deep, without recursing: every pass takes the innermost pairs away."""
    brackets = re.sub(r'"(?:[^"\\]|\\.)*+"', "", text, flags=re.DOTALL).translate(_BRACKETS)
    for _ in range(DEEPEST):
        brackets = brackets.replace("[]", "").replace("{}", "")
    # A truncated document leaves its open brackets: that is for the parser to say, unless there are too many for it.
    return len(brackets) > DEEPEST or "[]" in brackets or "{}" in brackets


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"the number {digits[:20]} is out of range")
    return number


def _refused(name: str) -> float:
    raise ValueError(f"{name} is no JSON value")


# Paths.

_NAME = r"[A-Za-z_$@][\w$@-]*"
_PATH = re.compile(rf'(?:{_NAME}|\[-?\d{{1,6}}\]|\["[^"\]]{{1,200}}"\])(?:\.{_NAME}|\[-?\d{{1,6}}\]|\["[^"\]]{{1,200}}"\])*')
_STEP = re.compile(rf'({_NAME})|\[(-?\d+)\]|\["([^"\]]+)"\]')


@lru_cache(maxsize=512)
def steps(path: str) -> tuple[str | int, ...]:
    """
    Return the steps of a dotted path; ValueError when it is none.

    >>> steps('links["@odata.nextLink"][-1].href')
    ('links', '@odata.nextLink', -1, 'href')
    """
    if path == ".":
        return ()
    if not _PATH.fullmatch(path):
        raise ValueError(f"{path!r} is not a path: write a.b, a[0], a[-1], [\"a.b\"], or . for the whole document")
    return tuple(name or quoted or int(index) for name, index, quoted in _STEP.findall(path))


def find(document: Json, path: str) -> Json | Missing:
    """
    Return the value `path` names, or MISSING.

    >>> find({"data": [{"id": None}]}, "data[0].id")
    >>> find({"data": [{"id": None}]}, "data[1].id")
    MISSING
    """
    place: Json = document
    for step in steps(path):
        if isinstance(step, str):
            if not isinstance(place, dict) or step not in place:
                return MISSING
            place = place[step]
        else:
            if not isinstance(place, list) or not -len(place) <= step < len(place):
                return MISSING
            place = place[step]
    return place


def at(document: Json, path: str) -> Json:
    """Return the value `path` names, or None when the document has no such place."""
    found = find(document, path)
    return None if isinstance(found, Missing) else found


def first(document: Json, paths: Sequence[str]) -> Json | Missing:
    """Return the value of the first of `paths` that the document has."""
    for path in paths:
        found = find(document, path)
        if not isinstance(found, Missing):
            return found
    return MISSING


# Templates.

_PLACE = re.compile(r"\{([A-Za-z_]\w*)\}")
REST: Final = "{...}"


def names(template: Json) -> Iterator[str]:
    """Yield the names a template uses, in the order they stand."""
    if isinstance(template, str):
        yield from _PLACE.findall(template)
    elif isinstance(template, list):
        for entry in template:
            yield from names(entry)
    elif isinstance(template, dict):
        for entry in template.values():
            yield from names(entry)


def takes_rest(template: Json) -> bool:
    """Return whether a template has a place for the inputs that stand nowhere else."""
    if isinstance(template, dict):
        return any(takes_rest(entry) for entry in template.values())
    if isinstance(template, list):
        return any(takes_rest(entry) for entry in template)
    return template == REST


def fill(template: Json, values: Mapping[str, Any], rest: Mapping[str, Any]) -> Json | Missing:
    """
    Return the template with its places filled; what names an absent value is left out whole.

    A string that is exactly one place takes the value as it is, so a number stays a number.

    >>> fill({"n": "{n}", "t": "no. {n}", "gone": "{x}", "in": "{...}"}, {"n": 7}, {"a": 1})
    {'n': 7, 't': 'no. 7', 'in': {'a': 1}}
    """
    if isinstance(template, dict):
        entries = {key: fill(entry, values, rest) for key, entry in template.items()}
        return {key: entry for key, entry in entries.items() if not isinstance(entry, Missing)}
    if isinstance(template, list):
        members = [fill(entry, values, rest) for entry in template]
        return [entry for entry in members if not isinstance(entry, Missing)]
    if not isinstance(template, str):
        return template
    if template == REST:
        return dict(rest)
    if whole := _PLACE.fullmatch(template):
        value: Json | Missing = values.get(whole[1], MISSING)
        return value
    if any(values.get(name) is None for name in names(template)):
        return MISSING
    return _PLACE.sub(lambda place: text(values[place[1]]), template)


def text(value: Json) -> str:
    """Return a value as it stands inside a text: a URL, a header, a file's name."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(not isinstance(entry, dict | list) for entry in value):
        return ",".join(text(entry) for entry in value)
    return dump(value)


# Projections.


def resolve(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema that `schema` refers to, or itself; a chain that leads nowhere ends in an empty one."""
    for _ in range(DEEPEST):
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return schema
        schema = definitions.get(reference.rpartition("/")[2], {})
    return {}


def project(value: Json, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Json:
    """
    Return what of `value` the schema names; where it names no properties, all of it.

    >>> project({"id": 1, "wide": 2, "by": {"id": 3, "x": 4}}, {"properties": {"id": {}, "by": {"properties": {"id": {}}}}}, {})
    {'id': 1, 'by': {'id': 3}}
    """
    schema = resolve(schema, definitions)
    if isinstance(value, list):
        rows = schema.get("items")
        return [project(entry, rows, definitions) for entry in value] if isinstance(rows, Mapping) else value
    properties = schema.get("properties")
    if not isinstance(value, dict) or not properties:
        return value
    return {key: project(entry, properties[key], definitions) for key, entry in value.items() if key in properties}


def select(value: Json, paths: Sequence[str]) -> Json:
    """
    Return only what `paths` name, in its place; through lists, in every member.

    >>> select([{"id": 1, "by": {"name": "A", "x": 2}}], ["id", "by.name"])
    [{'id': 1, 'by': {'name': 'A'}}]
    """
    return _selected(value, [steps(path) for path in paths])


def _selected(value: Json, wanted: Sequence[tuple[str | int, ...]]) -> Json:
    if () in wanted:
        return value
    if isinstance(value, list):
        return [_selected(entry, wanted) for entry in value]
    if not isinstance(value, dict):
        return value
    heads = dict.fromkeys(path[0] for path in wanted)
    return {
        head: _selected(value[head], [path[1:] for path in wanted if path[0] == head])
        for head in heads
        if isinstance(head, str) and head in value
    }
