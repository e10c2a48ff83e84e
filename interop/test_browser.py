"""The page where a person signs in, in a real browser: what it looks like, who can use it, and who cannot."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from playwright.sync_api import expect

from interop.command import Home
from interop.page import WORDS, begun, field, fill, press, said
from interop.visitor import Visitor, look

Visit = Callable[..., Visitor]
Sandboxes = Mapping[str, Mapping[str, Any]]

# As narrow as a page is that somebody has blown up to four times its size.
PHONE = {"viewport": {"width": 320, "height": 640}, "is_mobile": True, "has_touch": True}


@pytest.mark.parametrize(
    ("key", "app", "manner", "language"),
    [
        ("faktoora", "faktoora", {"locale": "en-GB"}, "en"),
        ("faktoora", "faktoora", {"locale": "de-DE", "color_scheme": "dark", **PHONE}, "de"),
        ("alegra", "Alegra", {"locale": "es-CO", "color_scheme": "dark"}, "es"),
        ("alegra", "Alegra", {"locale": "zh-CN", **PHONE}, "zh"),
        ("clientary", "Clientary", {"locale": "fr-FR", "forced_colors": "active"}, "en"),
        ("clientary", "Clientary", {"locale": "de-AT", "java_script_enabled": False}, "de"),
    ],
)
def test_a_person_signs_in(
    home: Home, sandboxes: Sandboxes, visitor: Visit, key: str, app: str, manner: Any, language: str
) -> None:
    connection, url = begun(home, key, sandboxes[key])
    scripts = manner.get("java_script_enabled", True)
    person = visitor(**manner)
    page = person.open(url)
    name = f"{key}-{language}-{'dark' if 'color_scheme' in manner else 'light'}{'-phone' if 'viewport' in manner else ''}"

    expect(page.locator("html")).to_have_attribute("lang", re.compile(language))
    expect(page.get_by_role("heading", level=1)).to_have_text(said(language, "title", app=app))
    expect(page.locator("main")).to_contain_text(sandboxes[key]["baseUrl"].split("/")[2])
    look(page, f"{name}-1-form", judge=scripts)
    fill(page, sandboxes[key]["credential"])
    press(page)

    expect(page.get_by_role("status")).to_have_text(said(language, "connected_lead"))
    look(page, f"{name}-2-connected", judge=scripts)
    # A policy that the page itself breaks would be said here.
    assert person.complaints == []
    assert home.state(connection) == ("READY", "")


def test_a_wrong_key_is_said_first_and_what_was_typed_stays_but_for_the_secret(
    home: Home, sandboxes: Sandboxes, visitor: Visit
) -> None:
    connection, url = begun(home, "alegra", sandboxes["alegra"])
    page = visitor().open(url)
    fill(page, {**sandboxes["alegra"]["credential"], "token": "canary-wrong-7c1e"})
    press(page)

    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text(said("en", "error_auth", app="Alegra"))
    expect(field(page, "email")).to_have_value(sandboxes["alegra"]["credential"]["email"])
    expect(field(page, "token")).to_have_value("")
    assert "canary-wrong" not in page.content()
    look(page, "alegra-wrong-key")
    assert home.state(connection)[0] == "CLIENT_ACTION_REQUIRED"

    fill(page, sandboxes["alegra"]["credential"])
    press(page)
    expect(page.get_by_role("status")).to_have_text(said("en", "connected_lead"))
    assert home.state(connection) == ("READY", "")


def test_an_app_that_does_not_answer_is_said_to_be_out_of_reach(home: Home, sandboxes: Sandboxes, visitor: Visit) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        connection, url = begun(home, "faktoora", sandboxes["faktoora"], f"http://127.0.0.1:{nobody.getsockname()[1]}/api/v1")
    page = visitor(**PHONE).open(url)
    fill(page, sandboxes["faktoora"]["credential"])
    press(page)

    expect(page.get_by_role("alert")).to_contain_text(said("en", "error_unreachable", app="faktoora"))
    look(page, "faktoora-unreachable-phone")
    assert home.state(connection)[0] == "CLIENT_ACTION_REQUIRED"


def test_a_second_tab_works_and_the_first_one_shows_what_came_of_it(home: Home, sandboxes: Sandboxes, visitor: Visit) -> None:
    connection, url = begun(home, "faktoora", sandboxes["faktoora"])
    person = visitor()
    first, second = person.open(url), person.open(url)
    fill(second, sandboxes["faktoora"]["credential"])
    press(second)
    expect(second.get_by_role("status")).to_have_text(said("en", "connected_lead"))

    # Too late, and wrong besides: it was done in the other tab.
    fill(first, {"api_key": "something else"})
    press(first)
    expect(first.get_by_role("status")).to_have_text(said("en", "connected_lead"))
    first.goto(url)
    expect(first.get_by_role("status")).to_have_text(said("en", "connected_lead"))
    assert home.state(connection) == ("READY", "")


def test_whoever_has_the_link_but_not_the_browser_learns_nothing_and_changes_nothing(
    home: Home, sandboxes: Sandboxes, visitor: Visit
) -> None:
    connection, url = begun(home, "faktoora", sandboxes["faktoora"])
    page = visitor().open(url)
    stranger = visitor().open(url)

    expect(stranger.get_by_role("heading", level=1)).to_have_text(said("en", "opened_title"))
    expect(stranger.locator("form")).to_have_count(0)
    look(stranger, "opened-already")

    fill(page, sandboxes["faktoora"]["credential"])
    press(page)
    expect(page.get_by_role("status")).to_have_text(said("en", "connected_lead"))
    assert home.state(connection) == ("READY", "")
    stranger.reload()
    expect(stranger.get_by_role("heading", level=1)).to_have_text(said("en", "opened_title"))


def test_a_person_who_does_not_want_to_says_so_and_the_agent_is_told(home: Home, sandboxes: Sandboxes, visitor: Visit) -> None:
    connection, url = begun(home, "faktoora", sandboxes["faktoora"])
    page = visitor(color_scheme="dark").open(url)
    press(page, "decline")

    expect(page.get_by_role("heading", level=1)).to_have_text(said("en", "declined_title"))
    look(page, "declined-dark")
    state, error = home.state(connection)
    assert state == "CLIENT_ACTION_REQUIRED"
    assert "declined" in error
    page.goto(url)
    expect(page.locator("form")).to_have_count(0)


def test_the_keyboard_is_enough(home: Home, sandboxes: Sandboxes, visitor: Visit) -> None:
    connection, url = begun(home, "clientary", sandboxes["clientary"])
    page = visitor().open(url)
    typed = {f"field.{name}": value for name, value in sandboxes["clientary"]["credential"].items()}
    stops = []
    for _ in range(20):
        page.keyboard.press("Tab")
        name = page.evaluate("() => document.activeElement.name || document.activeElement.tagName")
        stops.append(name)
        outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", f"nobody sees that {name} has the focus"
        if name in typed:
            page.keyboard.type(typed.pop(name))
        if not typed:
            break
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_have_text(said("en", "connected_lead"))
    assert home.state(connection) == ("READY", ""), stops


@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_language_has_every_sentence_of_a_sign_in_that_goes_wrong(
    home: Home, sandboxes: Sandboxes, visitor: Visit, language: str
) -> None:
    _, url = begun(home, "clientary", sandboxes["clientary"])
    page = visitor(locale=language, color_scheme="dark", **PHONE).open(url)
    fill(page, {"token": "wrong"})
    press(page)

    expect(page.get_by_role("alert")).to_contain_text(said(language, "error_auth", app="Clientary"))
    look(page, f"clientary-wrong-key-{language}-dark-phone")
    press(page, "decline")
    expect(page.get_by_role("heading", level=1)).to_have_text(said(language, "declined_title"))


def test_a_link_that_nobody_made_leads_nowhere(home: Home, sandboxes: Sandboxes, visitor: Visit) -> None:
    _, url = begun(home, "faktoora", sandboxes["faktoora"])
    page = visitor().open(url[:-4] + "AAAA")

    expect(page.get_by_role("heading", level=1)).to_have_text(said("en", "unknown_title"))
    look(page, "unknown-link")


def test_an_account_that_was_deleted_meanwhile_is_not_brought_back(home: Home, sandboxes: Sandboxes, visitor: Visit) -> None:
    connection, url = begun(home, "faktoora", sandboxes["faktoora"])
    page = visitor().open(url)
    home.ok("connection", "delete", connection)
    fill(page, sandboxes["faktoora"]["credential"])
    press(page)

    expect(page.get_by_role("heading", level=1)).to_have_text(said("en", "gone_title"))
    look(page, "gone")
    assert home.ok("connection", "list")["items"] == []


def test_where_the_key_goes_is_asked_again_when_it_has_changed_behind_the_page(
    home: Home, sandboxes: Sandboxes, visitor: Visit
) -> None:
    connection, url = begun(home, "faktoora", sandboxes["faktoora"])
    page = visitor().open(url)
    elsewhere = sandboxes["alegra"]["baseUrl"]
    home.ok("connect", "--connectionId", connection, "--baseUrl", elsewhere)
    fill(page, sandboxes["faktoora"]["credential"])
    press(page)

    expect(page.get_by_role("alert")).to_contain_text(said("en", "changed"))
    expect(page.locator("main")).to_contain_text(elsewhere.split("/")[2])
    look(page, "moved")
    assert home.state(connection)[0] == "CLIENT_ACTION_REQUIRED"
