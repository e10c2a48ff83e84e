"""Whether an input fits its schema, and every way in which it does not; `jsonschema` is the oracle."""

from __future__ import annotations

import json
import time

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillkit import connector
from skillkit.errors import InvalidConnector, InvalidInput
from skillkit.schema import MOST_PROBLEMS, defaults, fits, for_connection, problems, typed, validator


def action(line="POST /a", **keys):
    written = {"connector": "app", "key": "do", "title": "Do", "description": "Does.", "effect": "create", "request": line}
    schema = {"type": "object", "additionalProperties": False, **keys.pop("input", {})}
    return connector.action({**written, "input": schema, **keys})


def told(schema, value):
    return {problem.path: problem.message for problem in problems(schema, value)}


# Both judges agree.


NAMES = st.sampled_from(["a", "b", "c/d"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 1.0, 2.5])
    | st.sampled_from(["", "a", "bb", "2026-11-20"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
TYPES = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])


def grown(inner):
    """Return larger schemas made of smaller ones."""
    some = st.lists(inner, min_size=1, max_size=2)
    return st.one_of(
        st.fixed_dictionaries(
            {},
            optional={
                "properties": st.dictionaries(NAMES, inner, max_size=2),
                "required": st.lists(NAMES, max_size=2, unique=True),
                "additionalProperties": st.booleans() | inner,
                "minProperties": st.integers(0, 2),
                "propertyNames": st.just({"maxLength": 1}),
            },
        ),
        st.fixed_dictionaries(
            {},
            optional={"items": inner, "minItems": st.integers(0, 2), "maxItems": st.integers(1, 3), "uniqueItems": st.booleans()},
        ),
        st.fixed_dictionaries({}, optional={"allOf": some, "anyOf": some, "oneOf": some, "not": inner}),
        st.fixed_dictionaries({"if": inner}, optional={"then": inner, "else": inner}),
        st.just({"$ref": "#/$defs/shared"}),
    )


SCHEMAS = st.recursive(
    st.one_of(
        st.booleans(),
        st.builds(lambda one: {"type": one}, TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True)),
        st.builds(lambda some: {"enum": some}, st.lists(VALUES, min_size=1, max_size=3)),
        st.builds(lambda one: {"const": one}, VALUES),
        st.sampled_from([{"minLength": 1}, {"maxLength": 1}, {"pattern": "^a"}, {"pattern": "b$"}]),
        st.sampled_from([{"minimum": 1}, {"exclusiveMaximum": 2}, {"multipleOf": 0.5}, {"multipleOf": 2}]),
    ),
    grown,
    max_leaves=6,
)


@given(SCHEMAS, SCHEMAS, VALUES)
@settings(max_examples=250, deadline=None)
def test_both_judges_agree_on_what_fits(schema, shared, value):
    whole = {"allOf": [schema], "$defs": {"shared": shared if shared != {"$ref": "#/$defs/shared"} else {}}}
    if "#/$defs/shared" in json.dumps(shared):
        whole["$defs"] = {"shared": {"type": ["string", "integer"]}}

    assert (problems(whole, value) == ()) is jsonschema.Draft202012Validator(whole).is_valid(value)


# What is told.


ORDER = {
    "type": "object",
    "additionalProperties": False,
    "required": ["number", "buyer"],
    "properties": {
        "number": {"type": "string", "maxLength": 5},
        "buyer": {"$ref": "#/$defs/Party"},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
        "kind": {"enum": ["a", "b"]},
        "never": False,
    },
    "$defs": {
        "Party": {"type": "object", "required": ["name"], "additionalProperties": False, "properties": {"name": {}, "a/b~c": {}}},
        "Line": {
            "required": ["price"],
            "additionalProperties": False,
            "properties": {"price": {"type": "number"}, "vat_rate": {}},
        },
    },
}


def test_every_misfit_is_told_at_once_with_its_place():
    value = {
        "numbr": "R-1",
        "buyer": {"a/b~d": 1},
        "lines": [{"price": 1}, {"price": "1"}, {"vatrate": 1}],
        "kind": "c",
        "never": 1,
    }

    assert told(ORDER, value) == {
        "/number": "'number' is required",
        "/numbr": "'numbr' is not known here; did you mean 'number'?",
        "/buyer/name": "'name' is required",
        "/buyer/a~1b~0d": "'a/b~d' is not known here; did you mean 'a/b~c'?",
        "/lines/1/price": '"1" is not of type "number"',
        "/lines/2/price": "'price' is required",
        "/lines/2/vatrate": "'vatrate' is not known here; did you mean 'vat_rate'?",
        "/kind": '"c" is not one of "a" or "b"',
        "/never": "'never' is not known here; known are number, buyer, lines, kind",
    }


@pytest.mark.parametrize(
    ("schema", "value", "path", "message"),
    [
        ({"additionalProperties": False}, {"x": 1}, "/x", "'x' is not known here"),
        (
            {"additionalProperties": False, "properties": {"alpha": {}, "beta": {}}},
            {"x": 1},
            "/x",
            "'x' is not known here; known are alpha, beta",
        ),
        ({"items": {"additionalProperties": False}}, [{"x": 1}], "/0/x", "'x' is not known here"),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"required": ["a"]}}}, {}, "/a", "'a' is required"),
        ({"type": "string"}, 7, "", '7 is not of type "string"'),
        ({"type": "string"}, "\ud800", "", "a text in it has half a character, which is no text"),
        ({"propertyNames": {"maxLength": 9}}, {"\ud800": 1}, "", "a text in it has half a character, which is no text"),
        ({"properties": {"required": False}}, {"required": 1}, "/required", "'required' is not known here"),
        ({"unevaluatedProperties": False}, {"x": 1}, "/x", "'x' is not known here"),
        ({"prefixItems": [{}], "items": False}, [1, 2], "/1", "False schema does not allow 2"),
        ({"not": True}, 1, "", "true is not allowed for 1"),
    ],
)
def test_a_misfit_is_told_in_a_sentence(schema, value, path, message):
    (problem,) = problems(schema, value)

    assert (problem.path, problem.message) == (path, message)


def test_what_is_told_has_an_end():
    many = problems({"items": {"type": "string"}}, list(range(10_000)))
    unknown = problems({"additionalProperties": False}, {f"n{number}": 1 for number in range(10_000)})

    assert len(many) == len(unknown) == MOST_PROBLEMS
    assert len(problems({"type": "string"}, ["x" * 10_000])[0].message) <= 300


# An action's input.


def test_an_input_that_fits_has_the_defaults_it_left_open():
    schema = {"properties": {"a": {"default": 1}, "b": {"default": 2}, "c": {"properties": {"d": {"default": 3}}}, "e": True}}
    taking = action(input=schema)

    assert fits(taking, {"b": 7, "c": {}}, {}) == {"a": 1, "b": 7, "c": {}}
    assert defaults(schema, {"a": None}) == {"a": None, "b": 2}
    assert defaults(schema, {}, fill=False) == {}
    assert defaults({}, {"x": 1}) == {"x": 1}


def test_an_input_that_does_not_fit_is_told_whole():
    taking = action(input={"required": ["a", "b", "c", "d"]})

    with pytest.raises(InvalidInput, match="app/do cannot take this input: ") as raised:
        fits(taking, {}, {})

    assert len(raised.value.problems) == 4
    assert str(raised.value).endswith(" …")
    assert raised.value.hint == "skillkit action get app/do shows what it takes"


def test_a_merge_needs_only_what_the_path_names():
    taking = action("PUT /a/{id}", input={"required": ["id", "name"], "properties": {"id": {}, "name": {}, "x": {"default": 1}}})

    assert fits(taking, {"id": 1}, {}, partly=True) == {"id": 1}
    with pytest.raises(InvalidInput, match="'id' is required"):
        fits(taking, {"name": "n"}, {}, partly=True)


def test_a_country_may_ask_for_more():
    swiss = {"required": ["iban"], "properties": {"iban": {"pattern": "^CH"}}}
    taking = action(
        input={"required": ["n"], "properties": {"n": {}}}, variants={"country": {"CH": swiss, "7": {"required": ["seven"]}}}
    )

    assert for_connection(taking, {}) is taking.input
    assert for_connection(taking, {"country": "DE"}) is taking.input
    assert fits(taking, {"n": 1}, {"country": "DE"}) == {"n": 1}
    assert fits(taking, {"n": 1, "iban": "CH1"}, {"country": "CH"}) == {"n": 1, "iban": "CH1"}
    assert for_connection(taking, {"country": 7})["required"] == ["n", "seven"]
    with pytest.raises(InvalidInput, match="'iban' is required"):
        fits(taking, {"n": 1}, {"country": "CH"})
    with pytest.raises(InvalidInput, match="'iban' is not known here"):
        fits(taking, {"n": 1, "iban": "CH1"}, {"country": "DE"})


# Words of a command line.


@pytest.mark.parametrize(
    ("part", "word", "expected"),
    [
        ({"type": "string"}, "7", "7"),
        ({"type": "string"}, "01067", "01067"),
        ({"type": ["string", "integer"]}, "7", "7"),
        ({"type": "integer"}, "7", 7),
        ({"type": "integer"}, "seven", "seven"),
        ({"type": "integer"}, "01067", "01067"),
        ({"type": "number"}, "0.5", 0.5),
        ({"type": "number"}, "NaN", "NaN"),
        ({"type": "boolean"}, "true", True),
        ({"type": "boolean"}, "yes", "yes"),
        ({"type": ["integer", "null"]}, "null", None),
        ({"type": "object"}, '{"a": 1}', {"a": 1}),
        ({"type": "array"}, "[1, 2]", [1, 2]),
        ({"type": "array"}, "7", [7]),
        ({"type": "array"}, "a", ["a"]),
        ({"type": "array", "items": {"type": "string"}}, "7", ["7"]),
        ({"type": "array", "items": {"type": ["string", "integer"]}}, "7", ["7"]),
        ({"type": "array", "items": {"$ref": "#/$defs/Id"}}, "7", ["7"]),
        ({"type": "array", "items": True}, "7", [7]),
        ({"type": ["array", "null"]}, "null", [None]),
        ({"$ref": "#/$defs/Id"}, "7", "7"),
        ({"enum": ["1", 2]}, "1", "1"),
        ({"enum": ["1", 2]}, "2", 2),
        ({"enum": ["1", 2]}, "3", "3"),
        ({"enum": ["DE", "NO"]}, "NO", "NO"),
        ({"type": "integer", "enum": [1, 2]}, "2", 2),
        ({}, "7", 7),
        ({}, "text", "text"),
        (True, "7", 7),
        (None, "7", 7),
    ],
)
def test_a_word_is_taken_as_its_schema_says(part, word, expected):
    schema = {"properties": {} if part is None else {"n": part}, "$defs": {"Id": {"type": "string"}}}

    assert typed(schema, "n", word) == expected
    assert type(typed(schema, "n", word)) is type(expected)


# What a schema cannot do.


def test_a_pattern_takes_linear_time():
    schema = {"type": "string", "pattern": "^(a+)+$"}
    validator(schema)
    began = time.process_time()

    assert problems(schema, "a" * 30_000 + "!")

    assert time.process_time() - began < 0.05


@pytest.mark.parametrize(
    "reference", ["http://127.0.0.1:9/schema", "https://evil.test/schema", "file:///etc/hostname", "other.json"]
)
def test_a_reference_to_elsewhere_opens_nothing(reference, tmp_path):
    (tmp_path / "schema.json").write_text('{"type": "string"}')

    for schema in ({"$ref": reference}, {"$ref": (tmp_path / "schema.json").as_uri()}):
        with pytest.raises(InvalidConnector, match="a schema cannot be used"):
            problems(schema, 1)


@pytest.mark.parametrize(
    "schema", [{"type": "nonsense"}, {"pattern": "(?=a)b"}, {"pattern": "a{1000}{1000}{1000}"}, {"$ref": "#/$defs/no"}]
)
def test_a_schema_that_is_none_is_the_connectors_fault(schema):
    with pytest.raises(InvalidConnector, match="a schema cannot be used") as raised:
        problems(schema, "x")

    assert len(str(raised.value)) < 400


def fanned(depth):
    ways = {f"d{level}": {"anyOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(depth)}
    return {"$ref": "#/$defs/d0", "$defs": {**ways, f"d{depth}": {"type": "string"}}}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"$ref": "#"}, 1),
        ({"properties": {"a": {"$ref": "#"}}}, {"a": {"a": {}}}),
        ({"$dynamicRef": "#a", "$dynamicAnchor": "a"}, 1),
        ({"maxLength": 1e308}, "x"),
        ({"$defs": {"a": {"$id": "x:a"}, "b": {"$id": "x:a"}}}, 1),
        (fanned(16), "x"),
        ({"type": "integer"}, 10**4000),
    ],
    ids=range(7),
)
def test_odd_schemas_are_judged_in_time(schema, value):
    validator(schema)
    began = time.process_time()

    assert problems(schema, value) == ()

    assert time.process_time() - began < 0.05


def test_a_validator_is_built_once_and_not_kept_for_ever():
    schema = {"type": "string"}
    built = validator(schema)

    assert validator(schema) is built
    for number in range(300):
        validator({"const": number})
    assert validator(schema) is not built
    assert problems(schema, 7)
