"""`skillkit search`, `external-app` and `integration`: apps and actions, by what they are called or do."""

from __future__ import annotations

import json

import pytest

from skillkit.cli.find import connectors


def document(ended):
    assert ended.exit_code == 0, ended.stderr
    return json.loads(ended.stdout)


def elements(ended):
    return [item["element"] for item in document(ended)["items"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alegra", "alegra"),
        ("ALEGRA ", "alegra"),
        ("Clientary", "clientary"),
        ("https://app.alegra.com/x", "alegra"),
        ("acme.clientary.com", "clientary"),
        ("CRM", "clientary"),
        ("my freelancer agency", "clientary"),
        ("alegra invoices", "alegra"),
        ("bookkeeping", "alegra"),
        ("Peppol", "faktoora"),
        ("e-invoices", "faktoora"),
        ("fakt", "faktoora"),
        ("ålegra", "alegra"),
    ],
)
def test_an_app_is_found_by_name_address_tag_or_what_is_said_of_it(workspace, text, expected):
    assert expected in [one.id for one in connectors(workspace, text)][:2]


@pytest.mark.parametrize("text", ["", "   ", "!!!", "xqzzy", "slack.com", "https://example.com", "the of and", "未付发票"])
def test_what_means_no_app_finds_none(workspace, text):
    assert connectors(workspace, text) == []


def test_the_best_comes_first(workspace):
    first, *rest = [one.id for one in connectors(workspace, "clientary invoicing")]

    assert first == "clientary"
    assert rest


def test_whoever_says_an_apps_very_name_means_no_other(workspace):
    assert [one.id for one in connectors(workspace, "Alegra")] == ["alegra"]


def test_search_answers_as_old_and_new_skills_read_it(skillkit):
    found = document(skillkit("search", "alegra", "--elementType=connector", "--json"))

    assert found["items"][0]["element"]["id"] == found["output"]["items"][0]["element"]["id"] == "alegra"
    assert found["items"][0]["element"]["type"] == "Connector"
    assert found["items"][0]["element"]["key"] == "alegra"
    assert found["items"] == found["output"]["items"]


def test_search_finds_apps_and_what_they_do(skillkit):
    types = [element["type"] for element in elements(skillkit("search", "invoices", "--limit", "6", "--json"))]

    assert types == ["Connector"] * 3 + ["Action"] * 3


def test_who_names_an_app_gets_its_actions(skillkit):
    found = elements(skillkit("search", "clientary", "invoices", "--elementType=action", "--json"))

    assert {element["connectorId"] for element in found} == {"clientary"}
    assert all(element["id"] == f"clientary/{element['key']}" for element in found)
    assert "list-invoices" in [element["key"] for element in found]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("connector", "Connector"),
        ("Connector", "Connector"),
        ("CONNECTORS", "Connector"),
        ("action", "Action"),
        ("integration", "Integration"),
        ("external-app", "ExternalApp"),
        ("externalApp", "ExternalApp"),
        ("connection", "Connection"),
    ],
)
def test_a_kind_is_understood_in_any_case_and_spelling(skillkit, connected, kind, expected):
    connected("faktoora")

    assert {element["type"] for element in elements(skillkit("search", "faktoora", "--element-type", kind, "--json"))} == {
        expected
    }


def test_several_kinds_may_be_named(skillkit):
    found = elements(skillkit("search", "faktoora invoice", "--elementType=action,connector", "--elementType=action", "--json"))

    assert {element["type"] for element in found} == {"Action", "Connector"}


def test_a_kind_that_is_none_is_refused(skillkit):
    refused = skillkit("search", "alegra", "--elementType=planet", "--json")

    assert refused.exit_code == 3
    assert "known are connector, action" in json.loads(refused.stderr)["error"]["hint"]


@pytest.mark.parametrize("query", [(), ("",), ("  ",), ("x" * 201,)])
def test_a_search_for_nothing_or_for_a_novel_is_refused(skillkit, query):
    refused = skillkit("search", *query, "--json")

    assert refused.exit_code == 3
    assert refused.stdout == ""
    assert json.loads(refused.stderr)["error"]["kind"] == "invalid_input"


@pytest.mark.parametrize("limit", [1, 2, 5, 1000])
def test_no_more_is_found_than_was_asked_for(skillkit, limit):
    assert len(elements(skillkit("search", "invoice", "--limit", str(limit), "--json"))) <= limit


@pytest.mark.parametrize("query", ["xqzzy", "!!!", "' OR '' --", "the of and", '"', "*", "NEAR(", "\u202e"])
def test_finding_nothing_is_no_error(skillkit, query):
    found = document(skillkit("search", query, "--json"))

    assert found["items"] == found["output"]["items"] == []


def test_a_person_who_finds_nothing_is_told_what_to_do(skillkit):
    found = skillkit("search", "xqzzy")

    assert found.exit_code == 0
    assert found.stdout == "nothing found\n"
    assert "skillkit connection ensure" in found.stderr


def test_a_person_sees_a_table(skillkit):
    assert skillkit("search", "CRM").stdout.splitlines()[0].split() == ["type", "key", "name", "description"]


def test_an_app_says_where_it_is(skillkit):
    (app,) = document(skillkit("external-app", "list", "--search", "clientary", "--json"))["items"]

    assert (app["id"], app["key"], app["externalAppId"]) == ("clientary",) * 3
    assert (app["domain"], app["url"]) == ("clientary.com", "https://clientary.com")
    assert document(skillkit("external-app", "get", "clientary", "--json")) == app


@pytest.mark.parametrize("noun", ["external-app", "integration"])
def test_a_list_goes_on_where_it_ended(skillkit, workspace, noun):
    first = document(skillkit(noun, "list", "--limit", "2", "--json"))
    rest = document(skillkit(noun, "list", "--cursor", first["next_cursor"], "--json"))

    assert first["cursor"] == first["next_cursor"]
    assert [row["id"] for row in first["items"] + rest["items"]] == [one.id for one in workspace.catalog.connectors()]
    assert first["total"] == len(workspace.catalog.connectors())
    assert not rest["has_more"]


@pytest.mark.parametrize("noun", ["external-app", "integration"])
def test_a_list_of_nothing_is_a_list(skillkit, noun):
    assert document(skillkit(noun, "list", "--search", "xqzzy", "--json"))["items"] == []


@pytest.mark.parametrize("flags", [("--connectors", "1", "--externalApps", "1"), ("--connectors", "--external-apps")])
def test_an_integration_brings_its_connector_and_its_app_along(skillkit, connected, flags):
    connected("faktoora")

    (row,) = document(skillkit("integration", "list", *flags, "--search", "faktoora", "--json"))["items"]

    assert row["integrationKey"] == row["connector"]["id"] == row["externalApp"]["id"] == "faktoora"
    assert row["connections"] == ["faktoora"]
    assert document(skillkit("integration", "get", "faktoora", "--json")) == row


def test_an_integration_alone_brings_nothing_along(skillkit):
    rows = document(skillkit("integration", "list", "--connectors", "0", "--json"))["items"]

    assert all("connector" not in row and "externalApp" not in row for row in rows)


@pytest.mark.parametrize("noun", ["external-app", "integration"])
def test_an_app_that_is_not_here_is_said_to_be_none(skillkit, noun):
    assert skillkit(noun, "get", "slack", "--json").exit_code == 3
