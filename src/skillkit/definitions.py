"""The JSON Schemas inside a connector: walking them, making one stand alone, and the bounds they keep."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, TypeAlias

from skillkit.errors import Problem
from skillkit.source import pointer

Schemas: TypeAlias = Mapping[str, Any]

LARGEST: Final = 256 * 1024
DEEPEST: Final = 64
MOST: Final = 2_000
# No count of anything in a document is above this; what a schema says beyond it is a mistake or an attack.
LARGEST_COUNT: Final = 2**31 - 1
LARGEST_NUMBER: Final = 1e18

SHARED: Final = "#/schemas/"
OWN: Final = "#/$defs/"

_ONE: Final = frozenset(
    {
        "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames", "then",
        "unevaluatedItems", "unevaluatedProperties",
    }
)  # fmt: skip
_SOME: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_NAMED: Final = frozenset({"$defs", "dependentSchemas", "patternProperties", "properties"})
# These apply to the value itself, and not to a part of it.
_SAME_PLACE: Final = frozenset({"allOf", "anyOf", "dependentSchemas", "else", "if", "not", "oneOf", "then"})
_COUNTS: Final = frozenset(
    {"maxContains", "maxItems", "maxLength", "maxProperties", "minContains", "minItems", "minLength", "minProperties"}
)
_NUMBERS: Final = frozenset({"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"})
_PLAIN: Final = frozenset(
    {
        "$comment", "$ref", "const", "contentEncoding", "contentMediaType", "default", "dependentRequired", "deprecated",
        "description", "enum", "examples", "format", "pattern", "readOnly", "required", "title", "type", "uniqueItems",
        "writeOnly",
    }
)  # fmt: skip
# They rename what a schema is called by, so that what refers to it cannot be read off it.
_REFUSED: Final = frozenset(
    {"$anchor", "$dynamicAnchor", "$dynamicRef", "$id", "$recursiveAnchor", "$recursiveRef", "$schema", "$vocabulary"}
)
KEYWORDS: Final = _ONE | _SOME | _NAMED | _COUNTS | _NUMBERS | _PLAIN


def subschemas(schema: Any, path: str = "") -> Iterator[tuple[str, Schemas]]:
    """Yield a schema and all within it, each with the JSON pointer that leads there."""
    if not isinstance(schema, Mapping):
        return
    yield path, schema
    for step, below in _below(schema):
        yield from subschemas(below, path + step)


def _below(schema: Schemas, keywords: frozenset[str] = _ONE | _SOME | _NAMED) -> Iterator[tuple[str, Any]]:
    for key, value in schema.items():
        step = pointer("", key)
        if key not in keywords:
            continue
        if key in _ONE:
            yield step, value
        elif key in _SOME and isinstance(value, list):
            yield from ((pointer(step, place), each) for place, each in enumerate(value))
        elif key in _NAMED and isinstance(value, Mapping):
            yield from ((pointer(step, name), each) for name, each in value.items())


# Standing alone.


def bundled(schema: Schemas, shared: Schemas, *others: Schemas) -> dict[str, Any]:
    """
    Return the schema with what it refers to in it, and nothing that it, or one of `others`, does not refer to.

    >>> bundled({"$ref": "#/schemas/A"}, {"A": {"type": "string"}, "B": {}})
    {'$ref': '#/$defs/A', '$defs': {'A': {'type': 'string'}}}
    """
    reached: dict[str, Any] = {}
    waiting = [name for each in (schema, *others) for name in _shared_names(each)]
    while waiting:
        name = waiting.pop(0)
        if name not in reached and name in shared:
            reached[name] = rewritten(shared[name])
            waiting += _shared_names(shared[name])
    alone: dict[str, Any] = rewritten(schema)
    return {**alone, "$defs": {**alone.get("$defs", {}), **reached}} if reached else alone


def rewritten(schema: Any) -> Any:
    """Return the schema with its references as they are once it stands alone."""
    if not isinstance(schema, Mapping):
        return schema
    return {key: _rewritten(key, value) for key, value in schema.items()}


def _rewritten(key: str, value: Any) -> Any:
    if key == "$ref" and isinstance(value, str):
        return value.replace(SHARED, OWN, 1) if value.startswith(SHARED) else value
    if key in _ONE:
        return rewritten(value)
    if key in _SOME and isinstance(value, list):
        return [rewritten(each) for each in value]
    if key in _NAMED and isinstance(value, Mapping):
        return {name: rewritten(each) for name, each in value.items()}
    return value


def _shared_names(schema: Any) -> list[str]:
    references = [each.get("$ref") for _, each in subschemas(schema)]
    return [name.removeprefix(SHARED) for name in references if isinstance(name, str) and name.startswith(SHARED)]


# Bounds.


def problems(schema: Schemas, shared: Schemas, *, own: bool = True, besides: tuple[str, ...] = ()) -> tuple[Problem, ...]:
    """
    Return what is wrong with a schema of a connector, each with its JSON pointer; a server must be able to bear it.

    `own` says whether it may have definitions of its own, `besides` which keywords it may have beyond JSON Schema's.
    """
    if refusal := _too_much(schema):
        return (Problem(refusal, "", "schema-size"),)
    found = [problem for path, each in subschemas(schema) for problem in _faults(path, each, besides)]
    found += _lost(schema, shared, own=own)
    if found:
        return tuple(found)
    return tuple(_misfits(schema, shared)) or tuple(_endless(schema, shared))


def _too_much(schema: Schemas) -> str:
    level: list[Any] = [schema]
    for _ in range(DEEPEST):
        level = [below for each in level for below in _inside(each)]
    if level:
        return f"the schema is nested deeper than {DEEPEST} levels"
    if (size := len(json.dumps(schema, ensure_ascii=False).encode("utf-8", "surrogatepass"))) > LARGEST:
        return f"the schema has {size:,} bytes, more than {LARGEST:,}"
    if (count := sum(1 for _ in subschemas(schema))) > MOST:
        return f"the schema has {count:,} schemas in it, more than {MOST:,}"
    return ""


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _faults(path: str, schema: Schemas, besides: tuple[str, ...]) -> Iterator[Problem]:
    for key, value in schema.items():
        place = pointer(path, key)
        if key in _REFUSED:
            yield Problem(f"{key} is not used here: schemas refer to each other as #/schemas/Name alone", place, "schema-ref")
        elif key not in KEYWORDS and key not in besides and not key.startswith("x-"):
            near = get_close_matches(key, KEYWORDS, 1)
            yield Problem(f"unknown keyword {key!r}" + (f"; did you mean {near[0]!r}?" if near else ""), place, "schema-keyword")
        elif key in BOUNDS and (refusal := BOUNDS[key](value)):
            yield Problem(refusal, place, "schema-bound")
    if isinstance(schema.get("pattern"), str):
        yield from _pattern_faults(schema["pattern"], pointer(path, "pattern"))
    if isinstance(named := schema.get("patternProperties"), Mapping):
        for pattern in named:
            yield from _pattern_faults(pattern, pointer(pointer(path, "patternProperties"), pattern))


def _count_refusal(value: Any) -> str:
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_COUNT
    return "" if fits else f"{str(value)[:20]} is no count between 0 and {LARGEST_COUNT:,}"


def _number_refusal(value: Any) -> str:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER
    return "" if fits else f"{str(value)[:20]} is no number between ±{LARGEST_NUMBER:g}"


BOUNDS: Final[Mapping[str, Callable[[Any], str]]] = {
    **dict.fromkeys(_COUNTS, _count_refusal),
    **dict.fromkeys(_NUMBERS, _number_refusal),
}


def _pattern_faults(pattern: str, path: str) -> Iterator[Problem]:
    if _refusal({"pattern": pattern}):
        shown = pattern if len(pattern) <= 60 else pattern[:57] + "..."
        yield Problem(
            f"{shown!r} takes no linear time, or is no pattern: no look-around, no backreference", path, "schema-pattern"
        )


def _lost(schema: Schemas, shared: Schemas, *, own: bool) -> Iterator[Problem]:
    local = schema.get("$defs") if own else None
    local = local if isinstance(local, Mapping) else {}
    for path, each in subschemas(schema):
        if "$defs" in each and (path or not own):
            yield Problem("$defs stands at the top of an action's schema, or in schemas", f"{path}/$defs", "schema-ref")
        if "$ref" in each and not _leads(each["$ref"], shared, local):
            reference = str(each["$ref"])[:80]
            near = get_close_matches(reference, [SHARED + name for name in shared], 1)
            hint = f"; did you mean {near[0]!r}?" if near else "; write #/schemas/Name"
            yield Problem(f"{reference!r} leads to no schema of this connector{hint}", f"{path}/$ref", "schema-ref")
    for name in sorted(set(local) & set(shared)):
        yield Problem(f"{name!r} is in schemas already", pointer("/$defs", name), "schema-ref")


def _leads(reference: Any, shared: Schemas, own: Schemas) -> bool:
    folder, _, name = reference.rpartition("/") if isinstance(reference, str) else ("", "", "")
    return isinstance({SHARED: shared, OWN: own}.get(f"{folder}/", {}).get(name), Mapping)


def _misfits(schema: Schemas, shared: Schemas) -> Iterator[Problem]:
    """Say where it is no JSON Schema; what it refers to is judged by itself."""
    alone = bundled(schema, dict.fromkeys(shared, True))
    if error := _refusal(alone):
        path = ""
        for step in error.instance_path:
            path = pointer(path, step)
        yield Problem(f"it is no JSON Schema: {error.message[:200]}", path, "schema")


def _refusal(schema: Schemas) -> Any:
    # Only authoring and compiling come here, so only they pay for the import.
    import jsonschema_rs

    try:
        jsonschema_rs.validator_for(dict(schema), offline=True, pattern_options=jsonschema_rs.RegexOptions())
    except jsonschema_rs.ValidationError as error:
        return error
    return None


def _endless(schema: Schemas, shared: Schemas) -> Iterator[Problem]:
    """Say where more applies to one value than can be borne: a schema that refers to itself, or branches that multiply."""
    known = {SHARED + name: each for name, each in shared.items()}
    known |= {OWN + name: each for name, each in schema.get("$defs", {}).items()}
    weights: dict[str, float] = {}
    for path, each in subschemas(schema):
        weight = _weight(each, known, weights, ())
        if weight > MOST:
            said = (
                "it refers to itself without going deeper" if math.isinf(weight) else f"{weight:,.0f} schemas apply to one value"
            )
            yield Problem(f"{said}; at most {MOST:,} may", path, "schema-size")
            return


def _weight(schema: Any, known: Schemas, weights: dict[str, float], above: tuple[str, ...]) -> float:
    if not isinstance(schema, Mapping):
        return 1
    weight = 1 + sum(_weight(below, known, weights, above) for _, below in _below(schema, _SAME_PLACE))
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return weight
    if reference in above:
        return math.inf
    if reference not in weights:
        weights[reference] = _weight(known.get(reference), known, weights, (*above, reference))
    return weight + weights[reference]
