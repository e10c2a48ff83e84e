"""From a sentence to the words an index is asked for."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillkit.search import LONGEST, query, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("listOverdue-invoices", ["list", "overdue", "invoices"]),
        ("snake_case_word", ["snake", "case", "word"]),
        ("HTTPServer v2API", ["httpserver", "v2", "api"]),
        ("Rechnung schreiben", ["rechnung", "schreiben"]),
        ("facturación electrónica", ["facturación", "electrónica"]),
        ("facturacio\u0301n", ["facturación"]),
        ("\uff29\uff24 42", ["id", "42"]),
        ("未付发票", ["未付", "付发", "发票"]),
        ("票", ["票"]),
        ("pdf发票v2", ["pdf", "发票", "v2"]),
        ("请求書 list", ["请求", "求書", "list"]),
        ("", []),
        ("?!—…", []),
    ],
)
def test_a_text_is_taken_apart_as_the_index_has_it(text, expected):
    assert list(words(text)) == expected


@pytest.mark.parametrize(
    ("intent", "expected"),
    [
        ("overdue invoices", '"overdue" OR "invoices"'),
        ("show me all the invoices", '"show" OR "invoices"'),
        ("invoice the invoice", '"invoice"'),
        ("zeige mir bitte alle Rechnungen", '"zeige" OR "mir" OR "rechnungen"'),
        ("facturas de todos", '"facturas"'),
        ("what is this", '"what" OR "is" OR "this"'),
        ("", ""),
        ("  ?! ", ""),
        ('" OR 1=1 --', '"1"'),
        ('a" NEAR(b*', '"near" OR "b"'),
    ],
)
def test_an_intent_asks_for_its_telling_words(intent, expected):
    assert query(intent) == expected


def test_an_intent_has_a_longest():
    assert query("invoice " * 10_000 + "canary") == '"invoice"'
    assert len(query("x" * 10_000)) == LONGEST + 2


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_whatever_is_asked_the_index_understands_it(intent):
    index = sqlite3.connect(":memory:")
    index.execute("CREATE VIRTUAL TABLE words USING fts5 (text)")
    if asked := query(intent):
        index.execute("SELECT * FROM words WHERE words MATCH ?", (asked,)).fetchall()
    index.close()
