"""The trigger set, how well the descriptions of the skills route it today, and the measuring itself."""

from __future__ import annotations

import inspect
import sqlite3
from collections import Counter
from contextlib import closing

import pytest

from benchmarks import triggers
from benchmarks.triggers import NONE, Figures, Query, Told, figures, of, queries, selected
from skillkit import catalog
from skillkit.skill import names
from skillkit.skill.book import LANGUAGES
from tests.rendered import pages

ASKED = queries()
TOLD = triggers.descriptions()
PAIRS = list(zip([each.meant for each in ASKED], selected(TOLD, ASKED), strict=True))
SKILLS = ["skillkit", "alegra-accounting", "clientary-agency", "faktoora-e-invoicing"]


# The set.


def test_every_shipped_skill_has_a_list(workspace):
    assert list(dict.fromkeys(each.listed for each in ASKED)) == [*SKILLS[1:], SKILLS[0]]
    assert set(names(workspace)) - {"ledger"} == set(SKILLS)


@pytest.mark.parametrize("skill", SKILLS)
def test_a_skill_has_twenty_queries_that_should_select_it_and_twenty_that_should_not(skill):
    should = [each.meant == skill for each in ASKED if each.listed == skill]

    assert min(Counter(should)[True], Counter(should)[False]) >= 20
    assert {each.meant for each in ASKED if each.listed == skill} >= {skill, NONE}


@pytest.mark.parametrize("skill", SKILLS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_has_five_of_each_kind_in_every_language(skill, language):
    kinds = Counter(each.meant == skill for each in ASKED if (each.listed, each.language) == (skill, language))

    assert min(kinds[True], kinds[False]) >= 5


def test_no_query_is_there_twice_and_all_mean_a_skill_that_is_here_or_none():
    assert [text for text, count in Counter(each.text.casefold() for each in ASKED).items() if count > 1] == []
    assert {each.meant for each in ASKED} == {*SKILLS, NONE}


# What it says today: a worse description is seen, and a skill that draws what another is meant for. A better one raises a floor.


RIGHT = 146
BY_SKILL = [
    ("skillkit", 0.84, 0.5),
    ("alegra-accounting", 0.79, 0.81),
    ("clientary-agency", 0.73, 0.91),
    ("faktoora-e-invoicing", 0.78, 1.0),
]
BY_LANGUAGE = [("en", 0.76, 0.74), ("de", 0.78, 0.74), ("es", 0.79, 0.81), ("zh", 0.78, 0.86)]


def test_so_many_queries_select_what_they_want():
    assert figures(PAIRS).right >= RIGHT


@pytest.mark.parametrize(("skill", "precision", "recall"), BY_SKILL)
def test_a_skill_is_selected_when_it_is_wanted(skill, precision, recall):
    measured = of(skill, PAIRS)

    assert measured.precision >= precision
    assert measured.recall >= recall


@pytest.mark.parametrize(("language", "precision", "recall"), BY_LANGUAGE)
def test_a_language_is_understood(language, precision, recall):
    measured = figures(pair for each, pair in zip(ASKED, PAIRS, strict=True) if each.language == language)

    assert measured.precision >= precision
    assert measured.recall >= recall


# The measuring.


def test_the_index_is_made_as_the_one_that_finds_actions(workspace):
    workspace.catalog.count()
    with closing(sqlite3.connect(f"{workspace.home}/{catalog.FILE}")) as database:
        ((written,),) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'words'")

    assert written == triggers.TABLE
    assert f"bm25(words, {triggers.WEIGHTS})" in inspect.getsource(catalog)


def test_the_descriptions_are_those_of_the_pages_in_all_languages():
    assert {tuple(each) for each in TOLD} == {
        (page.name, language, page.front["description"]) for language in LANGUAGES for page in pages(language=language)
    }


HERE = [
    Told("acme-books", "en", "Write invoices and find customers in Acme. Use when the user names Acme."),
    Told("acme-books", "de", "Rechnungen und Kunden in Acme. Verwenden, wenn es um Lieferscheine geht."),
    Told("rover-care", "en", "Plan walks for dogs in Rover. Use when the user wants a leash or a walk."),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write an invoice to Mrs Park", "acme-books"),
        ("ACME?", "acme-books"),
        ("Lieferscheine vom Oktober", "acme-books"),
        ("a long walk with the dog", "rover-care"),
        ("rover", "rover-care"),
        ("tune the piano", NONE),
        ("?!", NONE),
        ("", NONE),
    ],
)
def test_the_skill_whose_words_a_query_has_is_selected(text, expected):
    others = [Query(said, NONE, "en", "", 0) for said in ("play a song", "how late is it", "und morgen?", "book a table", "hm")]

    assert selected(HERE, [Query(text, "", "en", "", 0), *others], 0.5)[0] == expected


def test_a_word_that_everybody_types_tells_less_than_a_rare_one():
    asked = [Query(text, "", "en", "", 0) for text in ("acme walk", *["a walk in the park"] * 9)]

    assert selected(HERE, asked, 0.5)[0] == "acme-books"


def test_what_tells_too_little_selects_nothing():
    asked = [Query(text, "", "en", "", 0) for text in ("walk", "one", "two", "three")]

    assert selected(HERE, asked, 0)[0] == "rover-care"
    assert selected(HERE, asked, 99)[0] == NONE


def test_without_descriptions_nothing_is_selected():
    assert selected([], [Query("an invoice", "", "en", "", 0)]) == [NONE]
    assert selected(HERE, []) == []


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], Figures(0, 0, 0)),
        ([("a", "a")], Figures(1, 1, 1)),
        ([(NONE, NONE)], Figures(1, 0, 0)),
        ([("a", NONE)], Figures(0, 0, 0)),
        ([("a", "a"), (NONE, "a")], Figures(1, 0.5, 1)),
        ([("a", "a"), ("a", "b"), ("b", NONE), (NONE, NONE)], Figures(2, 0.5, 1 / 3)),
    ],
)
def test_precision_is_of_what_was_selected_and_recall_of_what_was_wanted(pairs, expected):
    assert figures(pairs) == expected


def test_the_figures_of_one_skill_leave_the_others_out():
    assert of("a", [("a", "a"), ("a", "b"), ("b", "a"), ("b", "b"), (NONE, NONE)]) == Figures(3, 0.5, 0.5)


def test_the_tables_count_every_query_once():
    asked = [Query("acme", "acme-books", "en", "acme-books", 0), Query("rover", NONE, "de", "acme-books", 1)]

    assert triggers.tables(HERE, asked).splitlines()[:5] == [
        "| Meant | acme-books | rover-care | none | Recall |",
        "| --- | --- | --- | --- | --- |",
        "| acme-books | **0** |  | 1 | 0% |",
        "| rover-care |  | **0** |  | 0% |",
        "| none |  |  | **1** |  |",
    ]
    shown = triggers.tables(TOLD, ASKED).splitlines()
    assert sum(int(cell.strip("* ") or 0) for row in shown[2:7] for cell in row.split("|")[2:7]) == len(ASKED)


def test_what_goes_astray_is_printed(capsys):
    triggers.main(["--wrong"])

    astray = capsys.readouterr().out.splitlines()
    assert len(astray) == len(ASKED) - figures(PAIRS).right
    assert sum(line.endswith(" *") for line in astray) == sum(
        meant != found for each, (meant, found) in zip(ASKED, PAIRS, strict=True) if each.place % 2 == 0
    )
