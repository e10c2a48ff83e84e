"""Whether an input or an output fits its JSON Schema, and every way in which it does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from skillkit.connector import Action
from skillkit.document import Json, parse, resolve
from skillkit.errors import InvalidConnector, InvalidInput, Problem

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError, Validator

MOST_PROBLEMS: Final = 50
LONGEST_MESSAGE: Final = 300

# Built validators by the identity of their schema, which is kept beside them so that it stays unique.
_BUILT: Final[dict[int, tuple[Mapping[str, Any], Validator]]] = {}
_MOST_BUILT: Final = 256


def validator(schema: Mapping[str, Any]) -> Validator:
    """Return the validator of a schema: it opens nothing, and its patterns take linear time."""
    if (built := _BUILT.get(id(schema))) and built[0] is schema:
        return built[1]
    import jsonschema_rs

    try:
        made = jsonschema_rs.validator_for(
            dict(schema), validate_formats=True, offline=True, pattern_options=jsonschema_rs.RegexOptions()
        )
    except ValueError as error:
        raise InvalidConnector(f"a schema cannot be used: {str(error).partition(chr(10))[0][:LONGEST_MESSAGE]}") from None
    if len(_BUILT) >= _MOST_BUILT:
        _BUILT.clear()
    _BUILT[id(schema)] = (schema, made)
    return made


def problems(schema: Mapping[str, Any], value: Json) -> tuple[Problem, ...]:
    """Return every way in which `value` misfits, each with a JSON pointer to its place."""
    fit = validator(schema)
    try:
        if fit.is_valid(value):
            return ()
        found: list[Problem] = []
        for error in fit.iter_errors(value):
            found += _told(error, schema, value)
            if len(found) >= MOST_PROBLEMS:
                break
        return tuple(found)
    except UnicodeEncodeError:
        return (Problem("a text in it has half a character, which is no text", "", "unicode"),)


def fits(action: Action, given: Mapping[str, Any], params: Mapping[str, Any], *, partly: bool = False) -> dict[str, Any]:
    """
    Return the inputs with their defaults, or say all that is wrong with them at once.

    With `partly`, what is required may be absent: a merge has it from the record.
    """
    schema = for_connection(action, params)
    if partly:
        schema = {**schema, "required": [name for name in schema.get("required", ()) if f"{{{name}}}" in action.path]}
    inputs = defaults(schema, given, fill=not partly)
    if found := problems(schema, inputs):
        raise InvalidInput(
            f"{action.id} cannot take this input: " + "; ".join(map(str, found[:3])) + (" …" if len(found) > 3 else ""),
            found,
            hint=f"skillkit action get {action.id} shows what it takes",
        )
    return inputs


def for_connection(action: Action, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the input schema as it is for one connection: an app can ask for more in one country than in another."""
    added = [options[str(params[param])] for param, options in action.variants.items() if str(params.get(param)) in options]
    if not added:
        return action.input
    schema = dict(action.input)
    for variant in added:
        schema["properties"] = {**schema.get("properties", {}), **variant.get("properties", {})}
        schema["required"] = [*schema.get("required", ()), *variant.get("required", ())]
    return schema


def defaults(schema: Mapping[str, Any], given: Mapping[str, Any], *, fill: bool = True) -> dict[str, Any]:
    """Return the input with the top-level defaults it leaves open."""
    if not fill:
        return dict(given)
    properties = schema.get("properties", {})
    open_ones = [name for name, part in properties.items() if isinstance(part, Mapping) and "default" in part]
    return {**given, **{name: properties[name]["default"] for name in open_ones if name not in given}}


def typed(schema: Mapping[str, Any], name: str, word: str) -> Json:
    """
    Return a word of the command line as the schema's type of that input; a word that is none stays a text.

    >>> typed({"properties": {"n": {"type": "integer"}}}, "n", "7")
    7
    """
    return _typed(schema.get("properties", {}).get(name), schema.get("$defs", {}), word)


def _typed(part: Any, definitions: Mapping[str, Any], word: str) -> Json:
    part = resolve(part, definitions)
    types = part.get("type", ())
    wanted = {types} if isinstance(types, str) else set(types)
    if "string" in wanted or word in part.get("enum", ()):
        return word
    try:
        value = parse(word)
    except ValueError:
        value = word
    if "array" in wanted and not isinstance(value, list):
        return [_typed(part.get("items"), definitions, word)]
    if not wanted and "enum" in part:
        return value if value in part["enum"] else word
    return value


def _told(error: ValidationError, schema: Mapping[str, Any], value: Any) -> list[Problem]:
    steps, kind = list(error.instance_path), type(error.kind).__name__
    rule = str(error.schema_path[-1]) if error.schema_path else ""
    said: Any = error.kind
    if kind == "Required":
        return [Problem(f"{said.property!r} is required", _pointer([*steps, said.property]), rule)]
    names: list[Any] = getattr(said, "unexpected", [])
    if kind == "FalseSchema" and rule == "additionalProperties":
        # Where no name is known at all, the error stands at the object and names none.
        for step in steps:
            value = value[step]
        names = list(value)
    elif kind == "FalseSchema" and steps and isinstance(steps[-1], str):
        names = [steps.pop()]
    if not names:
        return [Problem(error.message[:LONGEST_MESSAGE], _pointer(steps), rule)]
    known = [name for name, part in _at(schema, steps).get("properties", {}).items() if part is not False]
    return [
        Problem(f"{name!r} is not known here{_nearest(name, known)}", _pointer([*steps, name]), rule)
        for name in names[:MOST_PROBLEMS]
    ]


def _pointer(steps: Iterable[str | int]) -> str:
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def _at(schema: Mapping[str, Any], steps: Iterable[str | int]) -> Mapping[str, Any]:
    """Return the schema of a part of a value, as far as properties, items and references lead to it."""
    definitions = schema.get("$defs", {})
    found = resolve(schema, definitions)
    for step in steps:
        below = found.get("items") if isinstance(step, int) else found.get("properties", {}).get(step)
        found = resolve(below, definitions)
    return found


def _nearest(name: str, known: list[str]) -> str:
    # Only a name that is not known needs it, and it is slow to import.
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=3)
    if near:
        return f"; did you mean {' or '.join(map(repr, near))}?"
    return f"; known are {', '.join(known[:20])}" if known else ""
