"""The schemas of a connector open nothing, take linear time, and stand alone once bundled."""

from __future__ import annotations

import socket
import time

import pytest

from skillkit.definitions import DEEPEST, LARGEST, MOST, bundled, problems, subschemas


def rules(schema, shared=None, **options):
    return [(problem.rule, problem.path) for problem in problems(schema, shared or {}, **options)]


def nested(levels: int):
    schema = {}
    for _ in range(levels):
        schema = {"not": schema}
    return schema


# Each of the 16 names applies the next one twice: 65,536 ways through a single value.
FAN_OUT = {f"A{n}": {"anyOf": [{"$ref": f"#/schemas/A{n + 1}"}, {"$ref": f"#/schemas/A{n + 1}"}]} for n in range(16)} | {
    "A16": {}
}


@pytest.mark.parametrize(
    ("schema", "rule", "path"),
    [
        ({"$ref": "https://acme.example/x.json"}, "schema-ref", "/$ref"),
        ({"$ref": "file:///etc/passwd"}, "schema-ref", "/$ref"),
        ({"$ref": "other.yaml#/schemas/A"}, "schema-ref", "/$ref"),
        ({"$ref": "//acme.example/x"}, "schema-ref", "/$ref"),
        ({"$ref": "#"}, "schema-ref", "/$ref"),
        ({"$ref": "#/schemas/B"}, "schema-ref", "/$ref"),
        ({"$ref": "#/schemas/A/properties/x"}, "schema-ref", "/$ref"),
        ({"$ref": "#/actions/x/input"}, "schema-ref", "/$ref"),
        ({"$ref": 7}, "schema-ref", "/$ref"),
        ({"$ref": "#/$defs/T", "$defs": {"T": True}}, "schema-ref", "/$ref"),
        ({"properties": {"a": {"$defs": {"T": {}}}}}, "schema-ref", "/properties/a/$defs"),
        ({"$defs": {"A": {}}}, "schema-ref", "/$defs/A"),
        ({"$id": "https://acme.example/a"}, "schema-ref", "/$id"),
        ({"properties": {"a": {"$id": "x"}, "b": {"type": "string"}}}, "schema-ref", "/properties/a/$id"),
        ({"$anchor": "a"}, "schema-ref", "/$anchor"),
        ({"$dynamicRef": "#a"}, "schema-ref", "/$dynamicRef"),
        ({"$dynamicAnchor": "a"}, "schema-ref", "/$dynamicAnchor"),
        ({"$schema": "http://json-schema.org/draft-04/schema#"}, "schema-ref", "/$schema"),
        ({"pattern": "^(?=a)b"}, "schema-pattern", "/pattern"),
        ({"pattern": "(?<!a)b"}, "schema-pattern", "/pattern"),
        ({"pattern": "(a)\\1"}, "schema-pattern", "/pattern"),
        ({"pattern": "("}, "schema-pattern", "/pattern"),
        ({"pattern": "((a{1000}){1000}){1000}"}, "schema-pattern", "/pattern"),
        ({"patternProperties": {"(?!a)": {}}}, "schema-pattern", "/patternProperties/(?!a)"),
        ({"items": {"maxLength": 1e308}}, "schema-bound", "/items/maxLength"),
        ({"minItems": 2**40}, "schema-bound", "/minItems"),
        ({"minItems": -1}, "schema-bound", "/minItems"),
        ({"maxItems": True}, "schema-bound", "/maxItems"),
        ({"maximum": 1e300}, "schema-bound", "/maximum"),
        ({"multipleOf": "2"}, "schema-bound", "/multipleOf"),
        ({"propertes": {}}, "schema-keyword", "/propertes"),
        ({"nullable": True}, "schema-keyword", "/nullable"),
        ({"type": "strng"}, "schema", "/type"),
        ({"properties": {"a/b": {"required": "x"}}}, "schema", "/properties/a~1b/required"),
        ({"properties": []}, "schema", "/properties"),
        ({"allOf": {}}, "schema", "/allOf"),
        ({"items": [{}]}, "schema", "/items"),
        ({"$defs": {"T": {"$ref": "#/$defs/T"}}, "$ref": "#/$defs/T"}, "schema-size", ""),
        (nested(DEEPEST), "schema-size", ""),
        ({"properties": {str(n): {} for n in range(MOST)}}, "schema-size", ""),
        ({"description": "x" * LARGEST}, "schema-size", ""),
        ({"enum": [[[]] * 50_000] * 3}, "schema-size", ""),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_schema_that_could_reach_out_or_hold_up_is_refused_where_it_does(schema, rule, path):
    assert rules(schema, {"A": {}}) == [(rule, path)]


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"$ref": "#/schemas/A", "description": "one of them"},
        {"$ref": "#/$defs/T", "$defs": {"T": {"$ref": "#/schemas/A"}}},
        {"pattern": "^(a+)+$"},
        {"anyOf": [True, {"type": "string"}]},
        {"properties": {"$ref": {"type": "string"}, "$id": {}, "pattern": {"pattern": "^a$"}}},
        {
            "const": {"$ref": "https://acme.example"},
            "default": {"$id": 1},
            "examples": [{"pattern": "("}],
            "enum": [{"maxLength": -1}],
        },
        {"type": ["string", "null"], "format": "file", "x-max-bytes": 5, "maxLength": 2**31 - 1, "multipleOf": 0.01},
        nested(DEEPEST - 2),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_schema_that_stays_within_bounds_is_taken(schema):
    assert rules(schema, {"A": {"type": "object"}}) == []


def test_a_schema_may_refer_to_itself_one_level_down_but_not_in_place():
    tree = {"properties": {"below": {"items": {"$ref": "#/schemas/Tree"}}}}
    loop = {"allOf": [{"$ref": "#/schemas/Loop"}]}

    assert rules(tree, {"Tree": tree}, own=False) == []
    assert rules(loop, {"Loop": loop}, own=False) == [("schema-size", "")]


def test_branches_that_multiply_are_refused_at_once():
    begun = time.perf_counter()

    assert rules(FAN_OUT["A0"], FAN_OUT, own=False) == [("schema-size", "")]
    assert rules(FAN_OUT["A10"], FAN_OUT, own=False) == []
    assert time.perf_counter() - begun < 1


def test_what_a_schema_refers_to_elsewhere_is_never_asked_for():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        port = server.getsockname()[1]
        refused = rules(
            {"properties": {"a": {"$ref": f"http://127.0.0.1:{port}/x"}, "b": {"$dynamicRef": f"http://127.0.0.1:{port}/y"}}}
        )

        with pytest.raises(BlockingIOError):
            server.accept()
    assert {rule for rule, _ in refused} == {"schema-ref"}


def test_a_shared_schema_has_no_definitions_of_its_own():
    assert rules({"$defs": {"T": {}}}, own=False) == [("schema-ref", "/$defs")]


def test_a_parameter_may_have_a_keyword_that_a_schema_has_not():
    assert rules({"type": "string", "optional": True}, besides=("optional",)) == []
    assert rules({"type": "string", "optional": True}) == [("schema-keyword", "/optional")]


def test_an_unknown_keyword_and_a_lost_reference_are_told_what_is_near():
    (keyword,) = problems({"maxlength": 5}, {})
    (reference,) = problems({"$ref": "#/schemas/Invoic"}, {"Invoice": {}})

    assert keyword.message == "unknown keyword 'maxlength'; did you mean 'maxLength'?"
    assert reference.message == "'#/schemas/Invoic' leads to no schema of this connector; did you mean '#/schemas/Invoice'?"


# Standing alone.


def test_a_bundle_has_what_is_reached_and_no_more():
    shared = {"A": {"properties": {"b": {"$ref": "#/schemas/B"}}}, "B": {"items": {"$ref": "#/schemas/A"}}, "C": {}}

    assert bundled({"anyOf": [{"$ref": "#/schemas/A"}, True]}, shared) == {
        "anyOf": [{"$ref": "#/$defs/A"}, True],
        "$defs": {"A": {"properties": {"b": {"$ref": "#/$defs/B"}}}, "B": {"items": {"$ref": "#/$defs/A"}}},
    }
    assert bundled({"type": "string"}, shared) == {"type": "string"}
    assert bundled({}, shared, {"properties": {"c": {"$ref": "#/schemas/C"}}}) == {"$defs": {"C": {}}}


def test_a_bundle_keeps_what_only_looks_like_a_reference():
    schema = {"properties": {"$ref": {"const": {"$ref": "#/schemas/A"}}}, "$defs": {"T": {}}}

    assert bundled(schema, {"A": {}}) == schema


def test_every_schema_within_is_met_once_with_its_place():
    schema = {"properties": {"a/b": {"not": {}}}, "oneOf": [{}, False], "items": True, "default": {"not": {}}}

    assert [path for path, _ in subschemas(schema)] == ["", "/properties/a~1b", "/properties/a~1b/not", "/oneOf/0"]
