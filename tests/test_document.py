"""Documents: what is parsed and what is refused, paths, templates, projections."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillkit.document import (
    DEEPEST,
    LONGEST,
    MISSING,
    Missing,
    at,
    dump,
    fill,
    find,
    first,
    names,
    parse,
    project,
    resolve,
    select,
    steps,
    takes_rest,
    text,
)
from skillkit.errors import InvalidInput

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
)


class Clock:
    """Says how long what is inside it took."""

    def __enter__(self):
        self.began = time.process_time()
        return self

    def __exit__(self, *_):
        self.took = time.process_time() - self.began


# Parsing and writing.


@given(DOCUMENTS)
@settings(max_examples=100, deadline=None)
def test_what_is_written_is_read_again(document):
    assert parse(dump(document)) == document
    assert parse(dump(document).encode()) == document


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (" null ", None),
        ("[" * DEEPEST + "]" * DEEPEST, json.loads("[" * DEEPEST + "]" * DEEPEST)),
        ('"' + "[" * 300 + '"', "[" * 300),
        (json.dumps(['\\"', "[" * 300, "\\"]), ['\\"', "[" * 300, "\\"]),
        ("[" + ",".join(["[]"] * 300) + "]", [[]] * 300),
        ("9" * 4300, int("9" * 4300)),
        (r'"\ud800"', "\ud800"),
    ],
)
def test_json_is_read(content, expected):
    assert parse(content) == expected


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "{'a': 1}",
        "[1,]",
        "NaN",
        "[Infinity]",
        "-Infinity",
        "1e400",
        "01",
        "\ufeff1",
        b"\xff",
        b'"\xc3"',
        b"\xff\xfe1\x00",
        "9" * 5000,
        "[" * 1_000_000,
        "{" * 1_000_000,
        '{"a":' * 101 + "1" + "}" * 101,
        "[{" * 51 + '"a":1' + "}]" * 51,
        "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1),
        "]" * 200 + "[" * 200,
        "[" * 200 + '"',
        '"' + '\\"' * 500_000 + "[" * 200,
        '"\\' + "[" * 200,
    ],
    ids=range(23),
)
def test_what_is_no_json_is_refused_at_once(content):
    with Clock() as clock, pytest.raises(ValueError, match=r".") as raised:
        parse(content)

    assert len(str(raised.value)) < 200
    assert clock.took < 1


def test_how_deep_a_document_is_does_not_depend_on_how_its_brackets_alternate():
    mixed = "".join("[{"[level % 2] + '"a":' * (level % 2) for level in range(DEEPEST + 1))

    with pytest.raises(ValueError, match="deeper than 100"):
        parse(mixed)


def test_half_a_character_is_written_as_the_escape_that_it_came_as():
    assert dump(parse(r'["\ud800", "é"]')) == r'["\ud800","é"]'


def test_what_is_no_json_is_not_written():
    thing: Any = object()

    with pytest.raises(InvalidInput, match="cannot be written here"):
        dump({"a": thing})
    with pytest.raises(ValueError, match="JSON compliant"):
        dump(float("nan"))


# Paths.


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.b", 1),
        ("c[0].d", 2),
        ("c[-1].d", 3),
        ('["x.y"].z', 4),
        ("@odata.z", None),
        ("n", None),
        ("$ref", 5),
        ("__class__", "a name like any other"),
        (".", "whole"),
    ],
)
def test_a_path_leads_to_a_value(path, expected):
    document: Any = {
        "a": {"b": 1},
        "c": [{"d": 2}, {"d": 3}],
        "x.y": {"z": 4},
        "@odata": {"z": None},
        "n": None,
        "$ref": 5,
        "__class__": "a name like any other",
    }

    assert find(document, path) == (document if expected == "whole" else expected)
    assert at(document, path) == (document if expected == "whole" else expected)


@pytest.mark.parametrize(
    "path", ["b", "a[0]", "a.b.c", "l.a", "l[1]", "l[-2]", "t[0]", "n.a", "__class__", "a.__class__", "l.append"]
)
def test_a_path_to_nowhere_finds_nothing(path):
    document: Any = {"a": {"b": 1}, "l": [0], "t": "text", "n": None}

    assert find(document, path) is MISSING
    assert at(document, path) is None


@pytest.mark.parametrize(
    "path",
    [
        "",
        "..",
        "a..b",
        ".a",
        "a.",
        "a b",
        "a[",
        "a[b]",
        "a[1e3]",
        "a[0:2]",
        "a[*]",
        "*",
        "$..a",
        "a[?(@.b)]",
        "a()",
        "{a}",
        "{{ a }}",
        "a|upper",
        "a[9999999]",
        '["a"b"]',
        "a" + ".a" * DEEPEST,
        "a" + "[0]" * 100_000,
    ],
    ids=range(22),
)
def test_a_path_is_names_and_numbers_and_nothing_more(path):
    with pytest.raises(ValueError, match="path") as raised:
        steps(path)

    assert len(str(raised.value)) < 400


def test_the_first_path_that_leads_somewhere_counts():
    assert first({"b": None, "c": 1}, ["a", "b", "c"]) is None
    assert first({}, ["a", "b"]) is MISSING
    assert first({}, []) is MISSING


def test_nothing_there_is_not_the_same_as_null():
    assert not MISSING
    assert repr(MISSING) == "MISSING"
    assert isinstance(MISSING, Missing)


# Templates.


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{n}", 7),
        ("{list}", [1, "b", None, True]),
        ("{null}", None),
        ("no. {n}", "no. 7"),
        ("{n}{n}", "77"),
        ("{list}!", "1,b,null,true!"),
        ("{map}!", '{"a":[1]}!'),
        ("{deep}!", "[[1]]!"),
        ("{yes}!", "true!"),
        ("{gone}", MISSING),
        ("x {gone}", MISSING),
        ("x {null}", MISSING),
        ("{...}", {"rest": 1}),
        ("a {...}", "a {...}"),
        ("{}", "{}"),
        ("{0}", "{0}"),
        ("{n.real}", "{n.real}"),
        (5, 5),
        (None, None),
        ({"a": "{gone}", "b": ["{n}", "{gone}"], "c": {"d": "{gone}"}}, {"b": [7], "c": {}}),
    ],
)
def test_a_template_is_filled(template, expected):
    values = {"n": 7, "list": [1, "b", None, True], "map": {"a": [1]}, "deep": [[1]], "yes": True, "null": None}

    assert fill(template, values, {"rest": 1}) == expected


def test_what_a_value_says_is_not_filled_again():
    assert fill("{a} {b}", {"a": "{b}", "b": "{a}"}, {}) == "{b} {a}"


def test_a_template_does_not_grow_beyond_bounds():
    with Clock() as clock, pytest.raises(InvalidInput, match="more than"):
        fill("{a}" * 20_000, {"a": "x" * 10_000}, {})

    assert clock.took < 1
    assert len(str(fill("{a}{a}", {"a": "x" * (LONGEST // 2)}, {}))) == LONGEST


@pytest.mark.parametrize(
    ("template", "used", "rest"),
    [
        ("{a}/{b}", ["a", "b"], False),
        ({"x": ["{a}", {"y": "{b} {a}"}], "{key}": 1}, ["a", "b", "a"], False),
        ("{...}", [], True),
        ({"x": [1, {"y": "{...}"}]}, [], True),
        (["{a}"], ["a"], False),
        (None, [], False),
    ],
)
def test_a_template_says_what_it_uses(template, used, rest):
    assert list(names(template)) == used
    assert takes_rest(template) is rest


@pytest.mark.parametrize(
    ("value", "expected"), [("a b", "a b"), (1, "1"), (1.5, "1.5"), (False, "false"), (None, "null"), ([], "")]
)
def test_a_value_has_one_way_to_stand_in_a_text(value, expected):
    assert text(value) == expected


# Projections.


ROW: Any = {"id": 1, "wide": 2, "by": {"id": 3, "x": 4}, "lines": [{"n": 1, "x": 2}]}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"properties": {"id": {}, "gone": {}}}, {"id": 1}),
        ({"properties": {"id": True, "by": {"properties": {"id": {}}}}}, {"id": 1, "by": {"id": 3}}),
        ({"properties": {"lines": {"items": {"properties": {"n": {}}}}}}, {"lines": [{"n": 1}]}),
        ({"properties": {"lines": {"type": "array"}}}, {"lines": [{"n": 1, "x": 2}]}),
        ({"properties": {"lines": {"prefixItems": [{}], "items": {"properties": {"n": {}}}}}}, {"lines": [{"n": 1, "x": 2}]}),
        ({"properties": {"by": {"$ref": "#/$defs/By"}}}, {"by": {"x": 4}}),
        ({"$ref": "#/$defs/Loop"}, ROW),
        ({"$ref": "#/$defs/Gone"}, ROW),
        ({}, ROW),
        (True, ROW),
        ({"properties": {}}, ROW),
    ],
)
def test_a_projection_keeps_what_the_schema_names(schema, expected):
    definitions = {"By": {"properties": {"x": {}}}, "Loop": {"$ref": "#/$defs/Loop"}}

    assert project(ROW, schema, definitions) == expected


@pytest.mark.parametrize(
    "opening", [{"additionalProperties": True}, {"allOf": [{}]}, {"patternProperties": {"^w": {}}}, {"if": {}}]
)
def test_where_others_may_come_nothing_is_projected_away_at_that_level(opening):
    by = {"properties": {"id": {}}}

    assert project(ROW, {"properties": {"by": by}, **opening}, {}) == {**ROW, "by": {"id": 3}}
    assert project(ROW, {"properties": {"by": {**by, **opening}}}, {}) == {"by": ROW["by"]}


def test_what_others_look_like_is_projected_too():
    schema = {"properties": {"id": {}}, "additionalProperties": {"properties": {"x": {}}}}

    assert project(ROW, schema, {}) == {"id": 1, "wide": 2, "by": {"x": 4}, "lines": ROW["lines"]}
    assert project(ROW, {"properties": {"id": {}}, "additionalProperties": False}, {}) == {"id": 1}


def test_a_schema_that_refers_to_itself_ends_where_the_value_ends():
    node = {"properties": {"id": {}, "child": {"$ref": "#/$defs/Node"}}}
    value: Any = {"id": 1, "x": 1, "child": {"id": 2, "x": 2, "child": None}}

    assert project(value, {"$ref": "#/$defs/Node"}, {"Node": node}) == {"id": 1, "child": {"id": 2, "child": None}}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [({"$ref": 1}, {"$ref": 1}), ({"$ref": "#/$defs/A"}, {"type": "string"}), (False, {}), ({"$ref": "#/$defs/No"}, {})],
)
def test_a_reference_leads_to_a_schema_or_to_nothing(schema, expected):
    assert resolve(schema, {"A": {"type": "string"}}) == expected


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["id"], {"id": 1}),
        (["by.id", "id"], {"by": {"id": 3}, "id": 1}),
        (["by", "by.id"], {"by": {"id": 3, "x": 4}}),
        (["lines.n"], {"lines": [{"n": 1}]}),
        (["lines[0].x"], {"lines": [{"x": 2}]}),
        (["lines[-1].n", "lines[0].x"], {"lines": [{"n": 1}, {"x": 2}]}),
        (["lines[7]"], {"lines": []}),
        (["id.deeper"], {"id": 1}),
        (["[0]"], {}),
        (["gone", "__class__"], {}),
        (["."], ROW),
    ],
)
def test_only_what_is_selected_stays(paths, expected):
    assert select(ROW, paths) == expected


def test_a_selection_goes_through_lists():
    assert select([ROW, [ROW, 7]], ["id"]) == [{"id": 1}, [{"id": 1}, 7]]
    assert select([ROW, {"id": 2}], ["[1].id"]) == [{"id": 2}]


def test_very_many_members_are_selected_in_time():
    with Clock() as clock:
        found: Any = select([7] * 999_999 + [{"id": 1, "x": 2}], ["id"])

    assert len(found) == 1_000_000
    assert found[-1] == {"id": 1}
    assert clock.took < 8


@given(DOCUMENTS, st.lists(st.sampled_from(["a", "a.b", "b[0]", "[-1].a", '["é"]']), min_size=1, max_size=3))
@settings(max_examples=100, deadline=None)
def test_a_selection_is_never_larger_than_what_it_was_made_from(document, paths):
    assert len(dump(select(document, paths))) <= len(dump(document)) * len(paths)
