"""JSON documents: bounded parsing, dotted paths into them, `{name}` templates, projections."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any, Final, TypeAlias

from skillkit.errors import InvalidInput

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

# Deeper documents are attacks, and every later step recurses over what is parsed here.
DEEPEST: Final = 100
# What one text of a template may grow to; more is an attack, or will not fit into a request anyway.
LONGEST: Final = 25_000_000


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
    if text.count("[") + text.count("{") > DEEPEST and _depth(text) > DEEPEST:
        raise ValueError(f"it is nested deeper than {DEEPEST} levels")
    document: Json = json.loads(text, parse_float=_finite, parse_constant=_refused)
    return document


def dump(document: Json) -> str:
    """Return `document` on one line, readable in any language; half a character stays the escape that it came as."""
    written = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_unwritten)
    return written.encode("utf-8", "backslashreplace").decode("utf-8")


def _unwritten(value: Any) -> Json:
    raise InvalidInput(f"{value!r} cannot be written here", hint="a file goes into a body, and not into a text")


# All but the brackets; a string that does not end is one to the end, so that every character is looked at once.
_NO_BRACKETS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[^"\[\]{}]++', re.DOTALL)
_DEEPER: Final = {"[": 1, "{": 1, "]": -1, "}": -1}


def _depth(text: str) -> int:
    """Return how deep brackets nest, without recursing; of what is no JSON, at least as deep as a parser gets."""
    return max(accumulate(map(_DEEPER.__getitem__, _NO_BRACKETS.sub("", text))), default=0)


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
        raise ValueError(f'{path[:200]!r} is not a path: write a.b, a[0], a[-1], ["a.b"], or . for the whole document')
    found = tuple(name or quoted or int(index) for name, index, quoted in _STEP.findall(path))
    if len(found) > DEEPEST:
        raise ValueError(f"a path of {len(found)} steps leads nowhere: documents have {DEEPEST} levels")
    return found


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
    words = {name: text(values[name]) for name in names(template)}
    if sum(len(words[name]) for name in names(template)) > LONGEST:
        raise InvalidInput(f"{template[:80]!r} would become a text of more than {LONGEST:,} characters")
    return _PLACE.sub(lambda place: words[place[1]], template)


def text(value: Json) -> str:
    """Return a value as it stands inside a text: a URL, a header, a file's name."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(not isinstance(entry, dict | list) for entry in value):
        return ",".join(text(entry) for entry in value)
    return dump(value)


# Projections.


def resolve(schema: Any, definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema that `schema` refers to, or itself; one that says nothing, or leads nowhere, is empty."""
    for _ in range(DEEPEST):
        if not isinstance(schema, Mapping):
            return {}
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return schema
        schema = definitions.get(reference.rpartition("/")[2], {})
    return {}


# With one of these a value may rightly have names that `properties` does not list.
_OPEN: Final = frozenset({"allOf", "anyOf", "dependentSchemas", "if", "oneOf", "patternProperties"})


def project(value: Json, schema: Any, definitions: Mapping[str, Any]) -> Json:
    """
    Return what of `value` the schema names; where it names no properties, or says that others may come too, all of it.

    >>> project({"id": 1, "wide": 2, "by": {"id": 3, "x": 4}}, {"properties": {"id": {}, "by": {"properties": {"id": {}}}}}, {})
    {'id': 1, 'by': {'id': 3}}
    """
    schema = resolve(schema, definitions)
    if isinstance(value, list):
        rows = {} if "prefixItems" in schema else schema.get("items", {})
        return [project(entry, rows, definitions) for entry in value]
    properties = schema.get("properties")
    if not isinstance(value, dict) or not properties:
        return value
    others = schema.get("additionalProperties") or bool(_OPEN & schema.keys())
    kept = properties.keys() if not others else value.keys()
    return {key: project(entry, properties.get(key, others), definitions) for key, entry in value.items() if key in kept}


# The steps of several paths, grouped; None where all is wanted.
_Wanted: TypeAlias = "Mapping[str | int, _Wanted] | None"


def select(value: Json, paths: Sequence[str]) -> Json:
    """
    Return only what `paths` name, in its place; through lists, in every member, or in the one that is counted.

    >>> select([{"id": 1, "by": {"name": "A", "x": 2}}], ["id", "by.name"])
    [{'id': 1, 'by': {'name': 'A'}}]
    """
    return _selected(value, _grouped([steps(path) for path in paths]))


def _grouped(paths: Sequence[tuple[str | int, ...]]) -> _Wanted:
    if () in paths:
        return None
    heads = dict.fromkeys(path[0] for path in paths)
    return {head: _grouped([path[1:] for path in paths if path[0] == head]) for head in heads}


def _selected(value: Json, wanted: _Wanted) -> Json:
    if wanted is None:
        return value
    if isinstance(value, list):
        counted = [step for step in wanted if isinstance(step, int)]
        if not counted:
            return [_selected(entry, wanted) for entry in value]
        return [_selected(value[step], wanted[step]) for step in counted if -len(value) <= step < len(value)]
    if not isinstance(value, dict):
        return value
    return {step: _selected(value[step], below) for step, below in wanted.items() if isinstance(step, str) and step in value}
