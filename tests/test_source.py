"""A connector file is plain data: what YAML can do beyond that is refused, quickly, with its line and column."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillkit.errors import InvalidConnector
from skillkit.source import DEEPEST, LARGEST, Source, pointer, read

# Refused.

ALIAS_BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 16))
MERGE_BOMB = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 16))


@pytest.mark.parametrize(
    ("content", "line", "column", "said"),
    [
        (ALIAS_BOMB, 1, 5, "anchors and aliases"),
        (MERGE_BOMB, 1, 5, "anchors and aliases"),
        ("a: *b", 1, 4, "anchors and aliases"),
        ("[" * 100_000, 1, DEEPEST + 2, "nested deeper than 40 levels"),
        ("{a: " * 50_000, 1, 4 * (DEEPEST + 1) + 1, "nested deeper than 40 levels"),
        ("x: 1\na: !!python/object/apply:os.system [id]", 2, 4, "the tag tag:yaml.org,2002:python/object/apply:os.system"),
        ("a: !!str 1", 1, 4, "the tag"),
        ("!!set {a}", 1, 1, "the tag"),
        ("a: 1\nb: 2\na: 3", 3, 1, "the key 'a' is there twice"),
        ("a: {b: 1, b: 2}", 1, 11, "the key 'b' is there twice"),
        ("a:\n\tb: 1", 2, 1, "found character that cannot start any token"),
        ("\ufeffa: 1", 1, 1, "a byte order mark"),
        ("a: 1\nb: \ufeff", 2, 4, "a byte order mark"),
        ("a: 1\nb: x\0y", 2, 5, "the character U+0000"),
        ("a: \x1b[31m", 1, 4, "the character U+001B"),
        ("a:\n  <<: {b: 1}", 2, 3, "merge keys"),
        ("a: 1\n---\nb: 2", 2, 1, "a second document"),
        ("? [a, b]\n: 1", 1, 3, "a key is a plain word"),
        ("&k a: 1", 1, 1, "a key is a plain word"),
        ("a: " + "9" * 400, 1, 4, "a number of 400 digits"),
        ("a: 1e999", 1, 4, "out of range"),
        ("a: b: c", 1, 5, "mapping values are not allowed"),
        ("", 1, 1, "it is empty"),
        ("# nothing\n", 1, 1, "it is empty"),
    ],
)
def test_what_is_more_than_data_is_refused_with_its_place(content, line, column, said):
    begun = time.perf_counter()
    with pytest.raises(InvalidConnector) as raised:
        read(content.encode(), "connector.yaml")
    (problem,) = raised.value.problems

    assert said in problem.message
    assert (problem.file, problem.line, problem.column, problem.rule) == ("connector.yaml", line, column, "strict-yaml")
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("a: 1\nb: ü".encode("utf-16"), 1, "not UTF-8"),
        ("a: 1\nb: ü".encode("latin-1"), 2, "not UTF-8"),
        (b"a: " + b"x" * 1_000_000, 1, "more than 262,144"),
        (b"#" * (LARGEST + 1), 1, "more than 262,144"),
    ],
)
def test_what_is_no_utf_8_or_too_long_is_refused_unread(content, line, said):
    with pytest.raises(InvalidConnector, match=said) as raised:
        read(content, "connector.yaml")

    assert raised.value.problems[0].line == line


# Read.


WORDS = [
    "no", "NO", "on", "off", "yes", "y", "True", "FALSE", "Null", "~", "12:30", "12:30:45", "0o17", "017", "01067", "0x1F",
    "1_000", ".5", "5.", "+1", "1e", "--1", "=", ".inf", "-.inf", ".nan", "2026-11-20", "2026-11-20T10:00:00Z",
]  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_a_word_that_only_yaml_takes_for_something_else_stays_a_text(word):
    assert read(f"a: {word}\n{word}: b".encode(), "x").document == {"a": word, word: "b"}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("0", 0),
        ("-7", -7),
        ("1e3", 1000.0),
        ("-0.5", -0.5),
        ("1.0", 1.0),
        ("2E-2", 0.02),
    ],
)
def test_the_words_and_numbers_of_json_are_typed_unless_in_quotes(word, value):
    document = read(f"a: {word}\nb: '{word}'\nc: \"{word}\"".encode(), "x").document

    assert document == {"a": value, "b": word, "c": word}
    assert type(document["a"]) is type(value)


def test_a_key_and_a_value_that_say_what_a_merge_says_in_quotes_are_just_that():
    assert read(b"'<<': '*a'", "x").document == {"<<": "*a"}


def test_the_place_of_a_value_is_that_of_its_key_and_of_a_member_its_own():
    source = read(b"a:\n  b/c: [1,\n    2]\n", "x")

    assert source.places == {"": (1, 1), "/a": (1, 1), "/a/b~1c": (2, 3), "/a/b~1c/0": (2, 9), "/a/b~1c/1": (3, 5)}


def test_a_problem_of_what_is_not_there_stands_at_what_is_around_it():
    problem = read(b"a:\n  b: {c: 1}", "x.yaml").problem("it lacks d", pointer("/a/b", "d"), "rule")

    assert str(problem) == "x.yaml:2:3: it lacks d [rule]"
    assert problem.path == "/a/b/d"


# Whatever comes.

# Halves of surrogate pairs cannot be written in UTF-8.
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
documents = st.recursive(
    st.none() | st.booleans() | numbers | words, lambda below: st.lists(below) | st.dictionaries(words, below), max_leaves=20
)


def given_back(content: bytes) -> Source | None:
    """Return what is read, or nothing when it is refused as it should be."""
    try:
        return read(content, "x")
    except InvalidConnector as error:
        (problem,) = error.problems
        assert problem.line >= 1
        assert problem.column >= 1
        return None


@settings(max_examples=150, deadline=None)
@given(documents)
def test_json_is_read_as_it_was_written_or_refused(document):
    source = given_back(json.dumps(document, ensure_ascii=False).encode())

    assert source is None or source.document == document


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | words.map(str.encode) | st.text("ab:-[]{}&*!|>'\"%@`#?, \n\t~<0.", max_size=60).map(str.encode))
def test_no_content_raises_anything_but_a_refusal(content):
    given_back(content)
