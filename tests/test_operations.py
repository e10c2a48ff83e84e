"""`operations.tsv` agrees with the actions, and says of everything an app offers which action does it or why none does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skillkit.authoring.check import report
from skillkit.authoring.lint import check
from skillkit.authoring.operations import FILE, coverage, operations
from skillkit.authoring.rule import files, written
from skillkit.compile import sources
from skillkit.format import merged

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = sorted(path.parent.name for path in (ROOT / "connectors").glob("*/connector.yaml"))

HEAD = "method\tpath\tcertainty\taction\treason\n"
ACTIONS = """\
actions:
  list-things: {description: All things., request: "GET /things{?state}"}
  get-part:
    description: One part of a thing.
    request: GET /things/{thing}/parts/{id}
    input: {required: [thing, id], properties: {thing: {type: string}, id: {type: string}}}
"""
LIST = "GET\t/things\tCONFIRMED\tlist-things\t\n"
PART = "GET\t/things/{thing_id}/parts/{part_id}\tINFERRED\tget-part\t\n"


def problems(rows: str, actions: str = ACTIONS) -> list[tuple[str, int, str]]:
    main, _ = files(actions)
    found = check(main, offered=(rows, FILE))
    return [(each.file, each.line, each.message) for each in found if each.rule == "operations-listed"]


# What the connectors that ship leave out.


@pytest.mark.parametrize("connector", SHIPPED)
def test_every_operation_of_a_shipped_connector_has_an_action_or_a_reason(connector):
    listed = ROOT / "connectors" / connector / FILE
    assert listed.exists(), f"{connector} ships no {FILE}: nobody can say what it leaves out"

    found = report(str(listed.parent))
    covered = found.operations
    assert [str(each) for each in found.errors] == []
    assert covered is not None
    assert covered["covered"] + covered["left_out"] == covered["total"] > 0
    assert all(each.action or each.reason for each in operations(listed.read_text("utf-8")))
    # Shown by `pytest -rP`.
    said = f"{connector}: {covered['covered']} of {covered['total']} operations, {covered['left_out']} left out for a reason"
    print(said)  # noqa: T201


@pytest.mark.parametrize("connector", SHIPPED)
def test_every_action_that_ships_does_an_operation_that_the_app_is_known_to_offer(connector):
    rows = operations((ROOT / "connectors" / connector / FILE).read_text("utf-8"))

    assert [each.action for each in rows if each.action and each.certainty == "UNKNOWN"] == []


# What the rule finds.


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("", []),
        (HEAD + LIST + PART, []),
        (HEAD + LIST + PART + "DELETE\t/things/{id}\tINFERRED\t\tnobody has seen it answer\n", []),
        (HEAD + LIST.replace("/things", "/things?state={s}") + PART, []),
        (HEAD + LIST + PART + "GET\t/things\tINFERRED\t\tthe same by another name\n", []),
        (HEAD + LIST, [("connector.yaml", 11, f"get-part is no action of any row of {FILE}")]),
        (HEAD + LIST + PART + "GET\t/\tCONFIRMED\tget-me\t\n", [(FILE, 4, "there is no action 'get-me'")]),
        (HEAD + LIST.replace("GET", "PUT") + PART, [(FILE, 2, "list-things does not ask PUT /things")]),
        (HEAD + LIST.replace("/things", "/thing") + PART, [(FILE, 2, "list-things does not ask GET /thing")]),
        (HEAD + LIST.replace("/things", "/things?q={q}") + PART, [(FILE, 2, "list-things does not ask GET /things?q={q}")]),
        (HEAD + LIST.replace("/things", "things") + PART, [(FILE, 2, "list-things does not ask GET things")]),
        (HEAD + LIST + PART.replace("/{thing_id}/parts", "/parts/{thing_id}"), [
            (FILE, 3, "get-part does not ask GET /things/parts/{thing_id}/{part_id}"),
        ]),
        (HEAD + LIST + PART + "GET\t/x\tCONFIRMED\t\t \n", [(FILE, 4, "GET /x has neither an action nor a reason for none")]),
        (HEAD + LIST + PART + LIST, [(FILE, 4, "GET /things stands in line 2 already")]),
        (HEAD + LIST + PART + PART.replace("thing_id", "a"), [
            (FILE, 4, "GET /things/{a}/parts/{part_id} stands in line 3 already"),
        ]),
        (HEAD + LIST.replace("CONFIRMED", "SURE") + PART, [(FILE, 2, "'SURE' is no certainty: CONFIRMED, INFERRED, UNKNOWN")]),
        (HEAD + LIST + PART + "GET\t/x\n", [(FILE, 4, f"2 columns, where {FILE} has 5")]),
        (LIST + LIST + PART, [
            (FILE, 1, f"the first line of {FILE} is not method, path, certainty, action, reason with a tab between each two"),
        ]),
    ],
)  # fmt: skip
def test_the_list_and_the_actions_say_the_same(rows, expected):
    assert problems(rows) == expected


def test_an_operation_that_is_two_actions_is_counted_once():
    rows = HEAD + LIST + LIST.replace("list-things", "list-old-things") + "PUT\t/x\tCONFIRMED\t\tof no use\n"

    assert coverage(operations(rows)) == {"total": 2, "covered": 1, "left_out": 1}


def test_a_connector_without_a_list_is_none_the_worse(tmp_path):
    (tmp_path / "connector.yaml").write_text(written("")["connector.yaml"])

    assert report(str(tmp_path)).operations is None


def test_a_list_that_is_no_text_is_said_to_be_none(tmp_path):
    (tmp_path / "connector.yaml").write_text(written("")["connector.yaml"])
    (tmp_path / FILE).write_bytes(b"\xff")

    assert [each.message for each in report(str(tmp_path)).errors] == ["it is not UTF-8"]


@pytest.mark.parametrize("connector", SHIPPED)
def test_the_command_says_how_much_is_covered(connector, skillkit):
    asked = skillkit("connector", "check", str(ROOT / "connectors" / connector), "--json")

    (item,) = json.loads(asked.stdout)["items"]
    assert item["operations"] == coverage(operations((ROOT / "connectors" / connector / FILE).read_text("utf-8")))


# What each app keeps unique. By anything else, an older record would be taken for the one whose answer was lost.
UNIQUE = {
    "alegra": {"create-contact": {"identification"}, "create-category": {"code", "name"}, "create-currency": {"code"}},
    "clientary": {
        "create-client": {"number", "name"},
        "create-lead": {"number", "name"},
        "create-project": {"number", "name"},
        "create-invoice": {"number", "client_id"},
        "create-estimate": {"number", "client_id"},
    },
    "faktoora": {"create-invoice": {"invoiceNumber"}, "create-product": {"code"}},
}


@pytest.mark.parametrize("connector", sorted(UNIQUE))
def test_a_lost_create_is_looked_for_only_by_what_the_app_keeps_unique(connector):
    source: Any = merged(sources(str(ROOT / "connectors" / connector))).document
    found = {key: set(action["reconcile"]["match"]) for key, action in source["actions"].items() if "reconcile" in action}

    assert found == UNIQUE[connector]
