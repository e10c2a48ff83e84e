"""What stands around the page: commands that wait for it, a process that ends, a vault that is locked, names that lead astray."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import expect

from interop.authority import eventually
from interop.command import SKILLKIT, Home, waited
from interop.page import begun, field, fill, press, said
from interop.visitor import Visitor, look

Visit = Callable[..., Visitor]


def test_a_command_that_waits_wakes_when_the_person_is_done(home: Home, sandboxes: Any, visitor: Visit) -> None:
    connection, url = begun(home, "faktoora", sandboxes["faktoora"])
    with home.start("connection", "get", connection, "--wait", "--timeout", "60") as waiter:
        page = visitor().open(url)
        fill(page, sandboxes["faktoora"]["credential"])
        press(page)
        expect(page.get_by_role("status")).to_have_text(said("en", "connected_lead"))
        done = time.monotonic()
        ended = waited(waiter)

    assert time.monotonic() - done < 5
    assert ended.code == 0
    assert ended.document["state"] == "READY"


def test_an_address_that_an_agent_was_told_leads_to_a_page_that_says_where_the_key_would_go(home: Home, visitor: Visit) -> None:
    told = home.ok("connection", "ensure", "https://app.alegra.com/invoices?x=1")
    page = visitor().open(told["clientAction"]["uiUrl"])

    assert told["state"] == "CLIENT_ACTION_REQUIRED"
    assert told["clientAction"]["agentInstructions"]
    expect(page.locator(".host dd")).to_have_text("https://api.alegra.com")
    # It is the app's own address, and nobody has to be warned.
    expect(page.locator(".warning")).to_have_count(0)
    look(page, "alegra-own-address")


def test_a_browser_that_was_closed_is_followed_by_another_with_a_link_of_its_own(
    home: Home, sandboxes: Any, visitor: Visit
) -> None:
    connection, url = begun(home, "faktoora", sandboxes["faktoora"])
    gone = visitor()
    gone.open(url)
    gone.context.close()
    another = home.ok("connection", "get", connection)["clientAction"]["uiUrl"]
    page = visitor().open(another)
    fill(page, sandboxes["faktoora"]["credential"])
    press(page)

    assert another != url
    expect(page.get_by_role("status")).to_have_text(said("en", "connected_lead"))
    assert home.state(connection) == ("READY", "")


def test_commands_that_want_a_page_at_once_get_it_from_one_process(home: Home, sandboxes: Any) -> None:
    words = ("connect", "--connectorKey", "faktoora", "--allowMultipleConnections", "--baseUrl", sandboxes["faktoora"]["baseUrl"])
    started = [home.start(*words, "--connectionKey", key) for key in ("one", "two", "three", "four")]
    ended = [waited(process) for process in started]
    places = [urlsplit(each.document["clientAction"]["uiUrl"]) for each in ended]

    assert len({place.port for place in places}) == 1
    assert len({place.path for place in places}) == 4


def test_the_process_of_the_page_ends_when_nobody_is_waited_for(home: Home, sandboxes: Any, visitor: Visit) -> None:
    _, url = begun(home, "faktoora", sandboxes["faktoora"])
    page = visitor().open(url)
    fill(page, sandboxes["faktoora"]["credential"])
    press(page)
    expect(page.get_by_role("status")).to_have_text(said("en", "connected_lead"))
    # For a while the page can still be looked at again.
    page.reload()
    expect(page.get_by_role("status")).to_have_text(said("en", "connected_lead"))

    def closed() -> bool:
        with socket.socket() as caller:
            return caller.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) != 0

    eventually(closed, 30)


def test_a_name_that_somebody_points_at_this_machine_does_not_lead_to_the_page(
    home: Home, sandboxes: Any, visitor: Visit
) -> None:
    connection, url = begun(home, "faktoora", sandboxes["faktoora"])
    before = home.state(connection)
    person = visitor()
    person.names = ("http://evil.test:",)
    page = person.context.new_page()
    answer = page.goto(url.replace("127.0.0.1", "evil.test"))

    assert answer
    assert answer.status == 421
    assert "faktoora" not in page.content()
    assert home.state(connection) == before
    # The link has not been used up by it.
    page = visitor().open(url)
    fill(page, sandboxes["faktoora"]["credential"])
    press(page)
    expect(page.get_by_role("status")).to_have_text(said("en", "connected_lead"))


def test_a_locked_vault_is_opened_on_the_page(home: Home, sandboxes: Any, visitor: Visit) -> None:
    for name in os.listdir(home.path):
        if name.startswith("vault"):
            (home.path / name).unlink()
    reading, writing = os.pipe()
    os.write(writing, b"correct horse\n")
    os.close(writing)
    command = [*SKILLKIT, "vault", "init", "--passphrase"]
    spoken = home.environment(SKILLKIT_PASSPHRASE_FD=str(reading))
    subprocess.run(command, env=spoken, pass_fds=[reading], stdout=subprocess.DEVNULL, check=True)
    os.close(reading)
    connection, url = begun(home, "faktoora", sandboxes["faktoora"])
    page = visitor().open(url)
    passphrase = page.locator("[name*=passphrase]")
    look(page, "locked-1-form")
    fill(page, sandboxes["faktoora"]["credential"])
    passphrase.fill("wrong horse")
    press(page)
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "locked-2-wrong-passphrase")
    assert home.state(connection)[0] == "CLIENT_ACTION_REQUIRED"

    expect(field(page, "api_key")).to_have_value("")
    fill(page, sandboxes["faktoora"]["credential"])
    passphrase.fill("correct horse")
    press(page)
    expect(page.get_by_role("status")).to_have_text(said("en", "connected_lead"))
    look(page, "locked-3-connected")
    assert home.state(connection) == ("READY", "")
