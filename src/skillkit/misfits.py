"""Whether a document has the shape of the format, and every place where it has not, said in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from skillkit.errors import Problem
from skillkit.source import Source, pointer

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

# A ValidationError, whose every field is typed as perhaps unset; one that was raised has them.
Misfit: TypeAlias = Any
Explained: TypeAlias = Iterator[tuple[str, str, str]]

_KINDS: Final[Mapping[str, str]] = {
    "string": "a text",
    "object": "a mapping",
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "null",
}
# A branch that fails with one of these is not the branch that was meant.
_TELLING: Final = frozenset({"const", "enum", "type"})


def misfits(source: Source) -> Iterator[Problem]:
    """Yield every way in which a document is not shaped as the format says."""
    for error in _validator().iter_errors(source.document):
        for path, rule, message in _explained(error, ""):
            yield source.problem(message, path, rule)


@cache
def schema() -> Mapping[str, Any]:
    """Return the JSON Schema of one connector file."""
    from importlib.resources import files

    found: dict[str, Any] = json.loads(files("skillkit").joinpath("connector.schema.json").read_bytes())
    return found


@cache
def _validator() -> Validator:
    # Only authoring and compiling come here, so only they pay for the import.
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    # No schema but our own comes here, and it refers to itself alone, so there is nothing to retrieve.
    extended: Any = extend
    made: Validator = extended(Draft202012Validator, {"pattern": _matches})(schema())
    return made


def _matches(_: Validator, pattern: str, value: Any, __: Mapping[str, Any]) -> Iterator[ValidationError]:
    import re

    from jsonschema import ValidationError

    # In JSON Schema a dollar is the end of the text, in Python also the place before a last line break.
    whole = pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern
    if isinstance(value, str) and not re.search(whole, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _explained(error: Misfit, above: str) -> Explained:
    path = above
    for step in error.relative_path:
        path = pointer(path, step)
    if error.validator in {"oneOf", "anyOf"} and error.context:
        yield from _branch(error, path)
    elif "propertyNames" in error.relative_schema_path:
        yield pointer(path, error.instance), "format", _sentence(error)
    elif error.validator == "unevaluatedProperties":
        yield from _unknown(error, path)
    elif error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        yield from ((path, "format", f"{name!r} is missing") for name in missing)
    else:
        yield path, "format", _sentence(error)


def _unknown(error: Misfit, path: str) -> Explained:
    known = _known(error.schema)
    for key in error.instance:
        if key not in known and not key.startswith("x-"):
            near = get_close_matches(key, known, 1)
            yield (
                pointer(path, key),
                "unknown-key",
                f"unknown key {_told(key)}" + (f"; did you mean {near[0]!r}?" if near else ""),
            )


def _known(part: Mapping[str, Any]) -> set[str]:
    """Return the keys that a part of the schema names, with those of what it builds on."""
    known = set(part.get("properties", ()))
    if "$ref" in part:
        known |= _known(schema()["$defs"][part["$ref"].rpartition("/")[2]])
    return known


def _branch(error: Misfit, path: str) -> Explained:
    """Explain by the branch that was meant: the one whose kind fits."""
    branches: dict[Any, list[Misfit]] = {}
    for each in error.context or ():
        branches.setdefault(each.relative_schema_path[0], []).append(each)
    if all(set(branch) == {"required"} for branch in error.validator_value):
        yield path, "format", f"it needs one of {_either(error.validator_value)}"
        return
    meant = [
        found for found in branches.values() if not any(each.validator in _TELLING and not each.relative_path for each in found)
    ]
    if meant:
        for each in min(meant, key=len):
            yield from _explained(each, path)
        return
    wanted = [
        _wanted(each) for found in branches.values() for each in found if each.validator in _TELLING and not each.relative_path
    ]
    yield path, "format", f"{_told(error.instance)} is not {' or '.join(dict.fromkeys(wanted))}"


def _either(branches: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(" with ".join(branch["required"]) for branch in branches)


def _sentence(error: Misfit) -> str:
    said = SENTENCES.get(str(error.validator))
    return said(error) if said else str(error.message)[:200]


def _wanted(error: Misfit) -> str:
    value: Any = error.validator_value
    if error.validator == "type":
        return " or ".join(_KINDS[kind] for kind in ([value] if isinstance(value, str) else value))
    return ", ".join(json.dumps(each) for each in (value if error.validator == "enum" else [value]))


def _among(error: Misfit) -> str:
    near = get_close_matches(str(error.instance), [str(each) for each in error.validator_value], 1)
    return f"{_told(error.instance)} is none of {_wanted(error)}" + (f"; did you mean {near[0]!r}?" if near else "")


def _formed(error: Misfit) -> str:
    return f"{_told(error.instance)} is not {error.schema.get('title') or 'of the form ' + str(error.validator_value)}"


def _lacking(error: Misfit) -> str:
    lacking = [
        (key, name)
        for key, needed in error.validator_value.items()
        for name in needed
        if key in error.instance and name not in error.instance
    ]
    return "; ".join(f"{key!r} needs {name!r} beside it" for key, name in lacking)


def _told(value: Any) -> str:
    if isinstance(value, dict | list):
        return _KINDS["object" if isinstance(value, dict) else "array"]
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 60 else shown[:57] + "..."


SENTENCES: Final[Mapping[str, Callable[[Misfit], str]]] = {
    "type": lambda error: f"{_told(error.instance)} is not {_wanted(error)}",
    "const": lambda error: f"{_told(error.instance)} is not {_wanted(error)}",
    "enum": _among,
    "pattern": _formed,
    "dependentRequired": _lacking,
    "oneOf": lambda error: f"only one of {_either(error.validator_value)} may be there",
    "minLength": lambda _: "it is empty",
    "minItems": lambda _: "it is empty",
    "minProperties": lambda _: "it is empty",
    "uniqueItems": lambda _: "an entry is there twice",
}
