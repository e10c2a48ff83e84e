"""Every flow of OAuth 2 with an authorization server that nobody here wrote, and what a browser may bring back (S24, S25)."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from interop.authority import Authority, eventually
from interop.command import Home
from interop.person import Person
from interop.signing import CONNECTED, TYPED, agreed_to_sign_in, asked, begun, ran, signed_in, way_on
from interop.visitor import Visitor, look

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


# Every flow, from the command to the app's answer.


@pytest.mark.parametrize(("way", "client"), [("code", "cli"), ("secret", "web"), ("post", "post"), ("mcp", "cli")])
def test_a_person_consents_and_the_agent_works_and_goes_on_working(
    home: Home, authority: Authority, way: str, client: str
) -> None:
    connection = signed_in(home, authority, way, life=1)
    time.sleep(1)

    output = home.ok(*ran(home, connection))["output"]
    assert (output["sub"], output["client"]) == ("paula", client)
    assert authority.answered("refresh_token") == {"200": 1}
    if way == "mcp":
        assert output["aud"] == f"{authority.issuer}/api"


def test_a_service_signs_in_by_itself_and_asks_again_when_its_token_is_over(home: Home, authority: Authority) -> None:
    authority.next(life=1)
    given = '{"client_id": "svc", "client_secret": "svc-secret-b7740e19"}'
    words = (
        "connect",
        "--connectorKey",
        "oauth-demo",
        "--auth",
        "m2m",
        "--baseUrl",
        f"{authority.issuer}/api",
        "--credentials",
        "-",
    )
    connection = home.ok(*words, given=given)["id"]
    time.sleep(1)
    authority.next(life=600, counts={})

    assert [home.ok(*ran(home, connection))["output"]["client"] for _ in range(2)] == ["svc", "svc"]
    assert authority.answered("client_credentials") == {"200": 1}
    assert authority.asked("refresh_token") == 0


def test_a_service_whose_secret_is_wrong_is_not_connected(home: Home, authority: Authority) -> None:
    given = '{"client_id": "svc", "client_secret": "canary-not-the-secret"}'
    words = (
        "connect",
        "--connectorKey",
        "oauth-demo",
        "--auth",
        "m2m",
        "--baseUrl",
        f"{authority.issuer}/api",
        "--credentials",
        "-",
    )
    ended = home.run(*words, given=given)

    assert ended.error["kind"] == "auth"
    assert "canary" not in ended.stdout + ended.stderr
    assert home.ok("connection", "list")["items"] == []


def test_a_person_signs_in_and_consents_in_a_real_browser(
    home: Home, authority: Authority, visitor: Callable[..., Visitor]
) -> None:
    connection, url = asked(home, authority, "code")
    person = visitor()
    page = person.open(url)
    look(page, "oauth-1-form")
    page.get_by_role("link", name="In a browser, with a client of your own").click()
    for name, value in TYPED["secret"].items():
        page.locator(f"[name='{name}']").fill(value)
    look(page, "oauth-2-another-way")
    page.locator("button[value=connect]").click()
    consented(page, authority)

    expect(page.locator(".good")).to_be_visible()
    look(page, "oauth-3-connected")
    assert home.state(connection) == ("READY", "")
    assert home.ok(*ran(home, connection))["output"]["client"] == "web"
    person.strangers(authority.issuer)


def consented(page: Page, authority: Authority) -> None:
    page.wait_for_url(f"{authority.issuer}/interaction/*")
    page.locator("[name=login]").fill("paula")
    page.locator("[name=password]").fill("x")
    page.locator("[type=submit]").click()
    page.locator("[type=submit]", has_text="Continue").click()


def test_a_browser_that_does_not_go_on_by_itself_has_a_link(
    home: Home, authority: Authority, visitor: Callable[..., Visitor]
) -> None:
    connection, url = asked(home, authority, "code")
    person = visitor(locale="es-ES", viewport={"width": 320, "height": 640})
    # An answer that leaves the browser where it is.
    person.context.route(f"{authority.issuer}/auth?*", lambda route: route.fulfill(status=204))
    page = person.open(url)
    page.locator("button[value=connect]").click()
    way = page.locator("a.first")
    expect(way).to_be_visible()
    look(page, "oauth-leave-es-phone")
    person.context.unroute(f"{authority.issuer}/auth?*")
    way.click()
    consented(page, authority)

    expect(page.locator(".good")).to_be_visible()
    assert home.state(connection) == ("READY", "")
    person.strangers(authority.issuer)


def test_a_person_who_does_not_agree_is_told_that_nothing_was_kept(
    home: Home, authority: Authority, visitor: Callable[..., Visitor]
) -> None:
    connection, url = asked(home, authority, "code")
    person = visitor(locale="de-DE", color_scheme="dark")
    page = person.open(url)
    page.locator("button[value=connect]").click()
    page.wait_for_url(f"{authority.issuer}/interaction/*")
    page.get_by_text("[ Cancel ]").click()

    page.wait_for_url("**/callback*")
    look(page, "oauth-refused-de-dark")
    assert home.state(connection)[0] == "CLIENT_ACTION_REQUIRED"
    assert authority.asked("authorization_code") == 0
    person.strangers(authority.issuer)


# What the browser is sent away with.


def test_the_browser_is_sent_away_with_a_challenge_a_state_and_an_address_of_this_machine(
    home: Home, authority: Authority
) -> None:
    _, there = begun(home, authority, Person())
    said = {name: values[0] for name, values in parse_qs(urlsplit(there).query).items()}

    assert said["code_challenge_method"] == "S256"
    assert re.fullmatch(r"[\w-]{43}", said["code_challenge"])
    assert len(said["state"]) >= 43
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/callback", said["redirect_uri"])
    assert "client_secret" not in said


def test_nobody_else_can_listen_where_the_browser_comes_back_to(home: Home, authority: Authority) -> None:
    _, there = begun(home, authority, Person())
    port = urlsplit(parse_qs(urlsplit(there).query)["redirect_uri"][0]).port

    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        with socket.socket() as second:
            second.setsockopt(socket.SOL_SOCKET, option, 1)
            with pytest.raises(OSError, match="in use"):
                second.bind(("127.0.0.1", port or 0))


# What the browser brings back.


def changed(url: str, **changes: str | None) -> str:
    """Return the address with other parameters; None takes one out."""
    found = httpx.URL(url)
    kept = {name: value for name, value in found.params.items() if name not in changes}
    return str(found.copy_with(params={**kept, **{name: value for name, value in changes.items() if value is not None}}))


@pytest.mark.parametrize(
    ("changes", "waits"),
    [
        ({"state": "A" * 43}, True),
        ({"state": None}, True),
        ({"state": ""}, True),
        ({"iss": "http://127.0.0.1:1"}, False),
        ({"iss": None}, False),
        ({"code": None}, False),
        ({"code": "canary-made-up-code"}, False),
        ({"code": None, "error": "access_denied"}, False),
        ({"code": None, "error": "<script>alert(1)</script>", "error_description": "<b>canary</b>"}, False),
        ({"code": None, "error": "server_error"}, False),
    ],
)
def test_what_did_not_come_from_this_consent_connects_nothing(
    home: Home, authority: Authority, changes: dict[str, str | None], waits: bool
) -> None:
    person = Person()
    connection, there = begun(home, authority, person)
    back = person.consent(there)
    page = person.client.get(changed(back, **changes))

    assert CONNECTED not in page.text
    assert "<script>" not in page.text
    assert "<b>" not in page.text
    assert home.state(connection)[0] == "CLIENT_ACTION_REQUIRED"
    # An answer that is another's leaves the consent waiting; one that is bad has used it up.
    assert (CONNECTED in person.client.get(back).text) is waits
    assert home.state(connection)[0] == ("READY" if waits else "CLIENT_ACTION_REQUIRED")


def test_an_answer_in_another_browser_is_refused(home: Home, authority: Authority) -> None:
    person = Person()
    connection, there = begun(home, authority, person)
    back = person.consent(there)
    page = Person().open(back)

    assert page.status_code == 403
    assert authority.asked("authorization_code") == 0
    assert home.state(connection)[0] == "CLIENT_ACTION_REQUIRED"


def test_an_answer_that_comes_twice_asks_for_tokens_once(home: Home, authority: Authority) -> None:
    person = Person()
    connection, there = begun(home, authority, person)
    back = person.consent(there)
    pages = [person.open(back) for _ in range(3)]

    assert all(CONNECTED in page.text for page in pages)
    assert authority.asked("authorization_code") == 1
    # The server would have taken back what it gave for a code that is used twice.
    assert home.ok(*ran(home, connection))["output"]["sub"] == "paula"


def test_a_code_that_was_given_for_another_challenge_is_of_no_use(home: Home, authority: Authority) -> None:
    thief, person = Person(), Person()
    _, theirs = begun(home, authority, thief)
    stolen = httpx.URL(thief.consent(theirs)).params["code"]
    connection, url = asked_anew(home, authority)
    there = way_on(agreed_to_sign_in(person, url))
    page = person.open(changed(person.consent(there), code=stolen))

    assert CONNECTED not in page.text
    assert authority.answered("authorization_code") == {"400": 1}
    assert home.state(connection)[0] == "CLIENT_ACTION_REQUIRED"


def asked_anew(home: Home, authority: Authority) -> tuple[str, str]:
    words = ("connect", "--connectorKey", "oauth-demo", "--auth", "code", "--baseUrl", f"{authority.issuer}/api")
    found = home.ok(*words, "--allowMultipleConnections", "--connectionKey", "second")
    return found["id"], found["clientAction"]["uiUrl"]


# What the server says of itself.

HOSTILE = [
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/html,x",
    "https://login.example/$(touch opened)",
    "https://login.example/`touch opened`",
    "https://login.example/; touch opened",
    "https://user:password@login.example/auth",
    "http://login.example/auth",
    "--version",
    "https://login.example/\nauth",
]


@pytest.mark.parametrize("place", HOSTILE)
def test_an_address_that_no_browser_should_open_is_never_shown(home: Home, authority: Authority, place: str) -> None:
    authority.next(discovery={"authorization_endpoint": place})
    connection, url = asked(home, authority, "mcp")
    page = agreed_to_sign_in(Person(), url, "mcp")

    assert 'role="alert"' in page.text
    assert way_on(page) == ""
    assert "http-equiv" not in page.text
    assert not list(home.path.rglob("opened"))
    assert not Path("opened").exists()
    assert home.state(connection)[0] == "CLIENT_ACTION_REQUIRED"


@pytest.mark.parametrize(
    "document",
    [
        {"discovery": {"code_challenge_methods_supported": None}},
        {"discovery": {"code_challenge_methods_supported": ["plain"]}},
        {"discovery": {"code_challenge_methods_supported": "S256"}},
        {"discovery": {"issuer": "http://127.0.0.1:1"}},
        {"discovery": {"token_endpoint": None}},
        {"discovery": {"token_endpoint": "http://login.example/token"}},
        {"discovery": {"token_endpoint": "http://169.254.169.254/token"}},
        {"resource": {"authorization_servers": []}},
        {"resource": {"authorization_servers": None}},
        {"resource": {"authorization_servers": ["file:///etc"]}},
        {"resource": {"resource": "https://other.example/api"}},
        {"resource": {"resource": None}},
    ],
    ids=str,
)
def test_a_server_that_describes_itself_amiss_is_not_signed_in_to(
    home: Home, authority: Authority, document: dict[str, Any]
) -> None:
    authority.next(**document)
    connection, url = asked(home, authority, "mcp")
    page = agreed_to_sign_in(Person(), url, "mcp")

    assert 'role="alert"' in page.text
    assert way_on(page) == ""
    assert authority.asked("authorization_code") == 0
    assert home.state(connection)[0] == "CLIENT_ACTION_REQUIRED"


# A device that cannot show a page.


def shown_code(page: httpx.Response) -> str:
    found = re.search(r'<div class="code"><dt>[^<]*</dt><dd>([^<]+)</dd>', page.text)
    assert found, page.text
    return found[1]


def test_a_code_is_typed_elsewhere_and_the_page_sees_it_by_itself(
    home: Home, authority: Authority, visitor: Callable[..., Visitor]
) -> None:
    authority.next(device={"interval": 1})
    connection, url = asked(home, authority, "device")
    page = visitor(color_scheme="dark").open(url)
    page.locator("button[value=connect]").click()
    code = page.locator(".code dd").inner_text()
    look(page, "device-1-code-dark")
    expect(page.locator(".host dd")).to_have_text(f"{authority.issuer}/device")
    assert home.state(connection)[0] == "CLIENT_ACTION_REQUIRED"

    Person().approve(f"{authority.issuer}/device?user_code={code}")
    expect(page.locator(".good")).to_be_visible()
    look(page, "device-2-connected-dark")
    assert home.state(connection) == ("READY", "")
    assert home.ok(*ran(home, connection))["output"]["client"] == "tv"


def test_a_server_is_never_asked_faster_than_it_wants(home: Home, authority: Authority) -> None:
    authority.next(device={"interval": 2})
    _, url = asked(home, authority, "device")
    person, start = Person(), time.monotonic()
    agreed_to_sign_in(person, url, "device")
    while time.monotonic() - start < 5:
        person.open(url)

    assert 1 <= authority.asked(DEVICE) <= 3


def test_a_server_that_wants_it_slower_is_asked_five_seconds_later(home: Home, authority: Authority) -> None:
    slower = {"instead": {"status": 400, "said": '{"error": "slow_down"}'}}
    authority.next(device={"interval": 1}, tokens=[slower])
    _, url = asked(home, authority, "device")
    person = Person()
    agreed_to_sign_in(person, url, "device")
    eventually(lambda: person.open(url) and authority.asked(DEVICE) == 1)
    start = time.monotonic()
    eventually(lambda: person.open(url) and authority.asked(DEVICE) == 2)

    assert time.monotonic() - start > 4.5


def test_a_code_that_was_refused_or_forgotten_is_said_to_be_over(home: Home, authority: Authority) -> None:
    authority.next(device={"interval": 1})
    connection, url = asked(home, authority, "device")
    person = Person()
    code = shown_code(agreed_to_sign_in(person, url, "device"))
    Person().approve(f"{authority.issuer}/device?user_code={code}", refuse=True)
    eventually(lambda: 'class="code"' not in person.open(url).text)
    assert CONNECTED not in person.open(url).text
    assert home.state(connection)[0] == "CLIENT_ACTION_REQUIRED"

    authority.next(device={"interval": 1, "expires_in": 2}, patience=2)
    code = shown_code(agreed_to_sign_in(person, url, "device"))
    eventually(lambda: 'class="code"' not in person.open(url).text)
    assert CONNECTED not in person.open(url).text
    assert home.state(connection)[0] == "CLIENT_ACTION_REQUIRED"


# Where a secret stands.


def test_no_token_stands_anywhere_but_encrypted_in_the_vault(home: Home, authority: Authority) -> None:
    connection = signed_in(home, authority, "secret", life=1)
    time.sleep(1)
    shown = [home.run(*ran(home, connection)), home.run("connection", "get", connection), home.run("run", "list")]
    secrets = [*authority.given(), TYPED["secret"]["field.client_secret"]]

    assert len(secrets) > 4
    for secret in secrets:
        assert not [ended for ended in shown if secret in ended.stdout + ended.stderr]
        found = [path for path in home.path.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
        assert found == []


def test_the_page_s_process_has_no_secret_in_its_arguments_or_its_environment(home: Home, authority: Authority) -> None:
    begun(home, authority, Person(), "secret")
    mine = [pid for pid in os.listdir("/proc") if pid.isdigit() and str(home.path) in environment_of(pid)]

    assert mine
    for pid in mine:
        assert TYPED["secret"]["field.client_secret"] not in environment_of(pid) + Path(f"/proc/{pid}/cmdline").read_text()


def environment_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/environ").read_text()
    except OSError:
        return ""
