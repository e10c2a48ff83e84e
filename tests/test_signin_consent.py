from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from skillkit import accounts
from skillkit.connecting import SignIn
from skillkit.connection import Connection
from skillkit.errors import SkillkitError
from skillkit.secret import Redactor
from skillkit.signin import row
from skillkit.signin.consents import Consents
from skillkit.signin.desk import Desk
from skillkit.signin.links import Links
from skillkit.signin.visit import Passphrase
from skillkit.workspace import Workspace
from tests.browser import ORIGIN, PORT, Browser
from tests.wire import Asked, Clock, Replies, reply

CONNECTOR = """
skillkit: 1
id: cloudy
version: 0.1.0
name: Cloudy
about: A fictional app whose accounts are reached by consent.
connection:
  params: {tenant: {type: string, optional: true}, realm: {type: string}}
  base_url: https://api.cloudy.example/v1
  check: get-me
  auth:
    consent:
      {type: oauth2, flow: code, authorize: https://id.cloudy.example/auth, token: https://id.cloudy.example/token,
       client_id: skillkit, scopes: [read, write], capture: {realm: realm}}
    device:
      {type: oauth2, flow: device, device: https://id.cloudy.example/device, token: https://id.cloudy.example/token,
       client_id: skillkit, scopes: [read], capture: {realm: realm}}
    own: {type: oauth2, flow: code, authorize: https://id.cloudy.example/auth, token: https://id.cloudy.example/token,
       capture: {realm: realm}}
    machine: {type: oauth2, flow: client_credentials, token: https://id.cloudy.example/token}
actions:
  get-me: {description: Who is signed in., request: GET /me}
"""
ACCESS, REFRESH, CODE = "canary-access-51e0", "canary-refresh-90aa", "canary-code-7711"
TOKENS = {"access_token": ACCESS, "refresh_token": REFRESH, "token_type": "Bearer", "expires_in": 3600, "realm": "north"}


class Cloudy:
    """The app and its sign-in server; `granted` is what the next question for a token gets."""

    def __init__(self) -> None:
        self.granted: list[tuple[int, object]] = []
        self.forms: list[dict[str, str]] = []

    def __call__(self, asked: Asked):
        if asked.url.endswith("/me"):
            return reply({"name": "Ada"}, 200 if asked.headers.get("Authorization") == f"Bearer {ACCESS}" else 401)
        self.forms.append(dict(parse_qsl(asked.body.decode())))
        if asked.url.endswith("/device"):
            place = "https://id.cloudy.example/enter"
            return reply(
                {
                    "device_code": "canary-device-1",
                    "user_code": "WDJB-MJHT",
                    "verification_uri": place,
                    "expires_in": 600,
                    "interval": 5,
                }
            )
        status, document = self.granted.pop(0) if self.granted else (200, TOKENS)
        return reply(document, status)


@pytest.fixture
def cloudy(wire: Replies) -> Cloudy:
    app = Cloudy()
    wire.replies = app
    return app


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("connectors")
    (folder / "cloudy").mkdir()
    (folder / "cloudy" / "connector.yaml").write_text(CONNECTOR)
    return folder


@pytest.fixture
def space(tmp_path: Path, folder: Path, wire: Replies, clock: Clock) -> Iterator[Workspace]:
    space = Workspace(str(tmp_path / "home"), folders=(str(folder),), network=wire, sleep=clock.sleep, now=clock.now)
    space.vault.init("keyfile")
    space.store.change(row.KEY, row.published(PORT))
    yield space
    space.close()


@pytest.fixture
def account(space: Workspace) -> Connection:
    return accounts.begin(space, SignIn("cloudy", None))


@pytest.fixture
def desk(space: Workspace, clock: Clock) -> Desk:
    return Desk(space, Links(space.store, PORT, clock.now), PORT, Passphrase())


@pytest.fixture
def browser(space: Workspace, account: Connection, desk: Desk, cloudy: Cloudy) -> Browser:
    """A browser that shows the form of an account that waits for consent."""
    browser = Browser(desk.answer)
    browser.open(space.store.change(row.KEY, row.asked(account.id, "a" * 32)))
    assert browser.status == 200
    return browser


def left(browser: Browser) -> dict[str, str]:
    """Return what the app is asked for by the address that the browser is sent to."""
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', browser.page)
    assert found
    return dict(parse_qsl(urlsplit(found[1].replace("&amp;", "&")).query))


def came_back(browser: Browser, **query: str) -> str:
    """Return to the page as the app sends the browser."""
    words = "&".join(f"{name}={value}" for name, value in query.items())
    browser.open(f"{ORIGIN}/callback?{words}", sec_fetch_site="cross-site")
    return browser.text


def kept(space: Workspace, account: Connection) -> dict[str, str]:
    try:
        return {name: value.reveal() for name, value in space.vault.credential(account.id).items()}
    except SkillkitError:
        return {}


def test_the_form_asks_for_no_key_where_a_person_agrees_at_the_app(browser):
    assert "You agree at Cloudy itself" in browser.text
    assert "field." not in browser.page
    # What the app says itself is not asked for.
    assert "param.realm" not in browser.page
    assert "param.tenant" in browser.page


def test_the_person_is_sent_to_the_app_by_a_page_and_not_by_a_redirect(browser):
    browser.send()

    assert browser.status == 200
    asked = left(browser)
    assert asked["redirect_uri"] == f"{ORIGIN}/callback"
    assert asked["code_challenge_method"] == "S256"
    assert "Continue to id.cloudy.example" in browser.text
    crumb = dict(browser.reply.headers)["Set-Cookie"]
    assert re.fullmatch(r"skillkit-consent-[\w-]{8}=[0-9a-f]{32}; Path=/callback; SameSite=Lax; HttpOnly", crumb)
    assert "Location" not in dict(browser.reply.headers)


def test_whoever_agrees_is_connected_with_what_the_app_gave(browser, space, account, cloudy):
    browser.send({"param.tenant": "acme"})

    told = came_back(browser, code=CODE, state=left(browser)["state"])

    assert "Cloudy is connected" in told
    now = space.connection(account.id)
    assert (now.state, now.auth, now.params) == ("READY", "consent", {"tenant": "acme", "realm": "north"})
    assert kept(space, account)["access_token"] == ACCESS
    assert kept(space, account)["refresh_token"] == REFRESH
    assert cloudy.forms[0]["redirect_uri"] == f"{ORIGIN}/callback"
    assert "is connected" in browser.open(f"{ORIGIN}/s/{'a' * 32}").body.decode()


def test_a_callback_that_is_loaded_again_shows_the_result_and_asks_nobody(browser, cloudy):
    browser.send()
    state = left(browser)["state"]
    came_back(browser, code=CODE, state=state)

    assert "Cloudy is connected" in came_back(browser, code=CODE, state=state)
    assert len(cloudy.forms) == 1


@pytest.mark.parametrize(
    "query",
    [
        {"error": "access_denied"},
        {"error": "access_denied", "error_description": "<b>no</b>"},
        {"error": "server_error"},
        {"code": ""},
        {},
    ],
    ids=str,
)
def test_a_callback_with_an_error_keeps_nothing_and_leads_on(browser, space, account, cloudy, query):
    browser.send()

    assert "Cloudy was not connected" in came_back(browser, **query, state=left(browser)["state"])

    assert browser.status == 422
    assert cloudy.forms == []
    assert kept(space, account) == {}
    assert space.connection(account.id).state == "CLIENT_ACTION_REQUIRED"
    assert "<b>" not in browser.page
    browser.open(f"{ORIGIN}/s/{'a' * 32}?way=consent")
    browser.send()
    assert "is connected" in came_back(browser, code=CODE, state=left(browser)["state"])


@pytest.mark.parametrize("state", ["", "unknown", "é", "a" * 5000])
def test_a_callback_with_a_state_of_nobodys_is_refused(browser, space, account, cloudy, state):
    browser.send()

    came_back(browser, code=CODE, state=state)

    assert browser.status == 403
    assert cloudy.forms == []
    assert kept(space, account) == {}


def test_a_callback_in_another_browser_is_refused(browser, space, account, cloudy):
    browser.send()
    thief = Browser(browser.answer)

    came_back(thief, code=CODE, state=left(browser)["state"])

    assert thief.status == 403
    assert cloudy.forms == []
    assert kept(space, account) == {}


def test_what_came_back_once_is_not_taken_again(browser, space, account, cloudy):
    browser.send()
    state = left(browser)["state"]
    came_back(browser, error="access_denied", state=state)

    told = came_back(browser, code=CODE, state=state)

    assert "Cloudy was not connected" in told
    assert cloudy.forms == []
    assert kept(space, account) == {}


def test_a_consent_is_for_the_session_cookie_of_nobody_else(browser):
    browser.send()
    name, (value, path) = next((name, one) for name, one in browser.cookies.items() if "consent" in name)
    browser.cookies[name] = (value[:-1] + ("0" if value[-1] != "0" else "1"), path)

    came_back(browser, code=CODE, state=left(browser)["state"])

    assert browser.status == 403


@pytest.mark.parametrize(
    "answer", [(400, {"error": "invalid_grant"}), (500, {}), (200, {}), (200, {"ok": False, "error": "bad_code"})], ids=str
)
def test_a_code_that_the_app_does_not_take_keeps_nothing(browser, space, account, cloudy, answer):
    cloudy.granted = [answer]
    browser.send()

    assert "Cloudy was not connected" in came_back(browser, code=CODE, state=left(browser)["state"])
    assert kept(space, account) == {}
    assert space.connection(account.id).state == "CLIENT_ACTION_REQUIRED"


def test_less_than_was_asked_for_is_told(browser, cloudy):
    cloudy.granted = [(200, {**TOKENS, "scope": "read"})]
    browser.send()

    assert "write" in came_back(browser, code=CODE, state=left(browser)["state"])


def test_a_client_of_ones_own_is_asked_for_and_its_secret_shown_to_nobody(browser, cloudy, space, account):
    browser.open(f"{ORIGIN}/s/{'a' * 32}?way=own")
    assert 'name="field.client_secret" type="password"' in browser.page
    assert "(optional)" in browser.text
    browser.send()
    assert "Client id: Please fill this in" in browser.text

    browser.send({"field.client_id": "mine", "field.client_secret": "canary-client-00"})

    assert left(browser)["client_id"] == "mine"
    assert "canary-client-00" not in browser.page
    came_back(browser, code=CODE, state=left(browser)["state"])
    assert kept(space, account)["client_secret"] == "canary-client-00"


def test_a_code_for_another_device_is_shown_until_it_was_used(browser, space, account, cloudy, clock):
    browser.open(f"{ORIGIN}/s/{'a' * 32}?way=device")
    browser.send()
    assert "WDJB-MJHT" in browser.text
    assert "Open id.cloudy.example" in browser.text
    assert dict(browser.reply.headers)["Refresh"] == f"5;url=/s/{'a' * 32}"

    cloudy.granted = [(400, {"error": "authorization_pending"})]
    clock.time += 6
    browser.open(f"{ORIGIN}/s/{'a' * 32}")
    assert "WDJB-MJHT" in browser.text
    # Sooner than the app allows nobody is asked.
    asked = len(cloudy.forms)
    browser.open(f"{ORIGIN}/s/{'a' * 32}")
    assert len(cloudy.forms) == asked

    clock.time += 6
    browser.open(f"{ORIGIN}/s/{'a' * 32}")
    assert "Cloudy is connected" in browser.text
    assert space.connection(account.id).params == {"realm": "north"}


@pytest.mark.parametrize("word", ["access_denied", "expired_token"])
def test_a_code_that_was_refused_elsewhere_leads_back_to_the_form(browser, space, account, cloudy, clock, word):
    browser.open(f"{ORIGIN}/s/{'a' * 32}?way=device")
    browser.send()
    cloudy.granted = [(400, {"error": word})]
    clock.time += 6

    browser.open(f"{ORIGIN}/s/{'a' * 32}")

    assert "Cloudy was not connected" in browser.text
    assert kept(space, account) == {}
    browser.open(f"{ORIGIN}/s/{'a' * 32}")
    assert "Connect Cloudy" in browser.text


def test_a_code_that_is_used_while_the_page_is_closed_connects_all_the_same(browser, space, account, cloudy, clock, desk):
    browser.open(f"{ORIGIN}/s/{'a' * 32}?way=device")
    browser.send()
    cloudy.granted = [(400, {"error": "authorization_pending"})]
    for expected in ("CLIENT_ACTION_REQUIRED", "READY", "READY"):
        clock.time += 6
        desk.ask()
        assert space.connection(account.id).state == expected

    asked = len(cloudy.forms)
    clock.time += 6
    desk.ask()
    assert len(cloudy.forms) == asked, "nobody waits any more"
    browser.open(f"{ORIGIN}/s/{'a' * 32}")
    assert "Cloudy is connected" in browser.text


def test_why_a_code_was_refused_while_the_page_was_closed_is_told_once_it_is_opened(browser, cloudy, clock, desk):
    browser.open(f"{ORIGIN}/s/{'a' * 32}?way=device")
    browser.send()
    cloudy.granted = [(400, {"error": "access_denied"})]
    clock.time += 6
    desk.ask()

    browser.open(f"{ORIGIN}/s/{'a' * 32}")
    assert "Cloudy was not connected" in browser.text
    browser.open(f"{ORIGIN}/s/{'a' * 32}")
    assert "Connect Cloudy" in browser.text


def test_an_account_that_is_deleted_is_asked_about_no_more(browser, space, account, cloudy, clock, desk):
    browser.open(f"{ORIGIN}/s/{'a' * 32}?way=device")
    browser.send()
    accounts.disconnect(space, account.id)
    asked = len(cloudy.forms)
    for _ in range(3):
        clock.time += 6
        desk.ask()

    assert len(cloudy.forms) == asked


def test_no_page_holds_what_the_app_gave(browser, cloudy):
    pages = [browser.page]
    browser.send()
    pages.append(browser.page)
    verifier = ""
    came_back(browser, code=CODE, state=left(browser)["state"])
    verifier = cloudy.forms[0]["code_verifier"]
    pages += [browser.page, browser.open(f"{ORIGIN}/s/{'a' * 32}").body.decode()]

    everything = "\n".join(pages)
    assert Redactor([ACCESS, REFRESH, CODE, verifier]).text(everything) == everything


def test_of_consents_that_nobody_comes_back_with_only_so_many_are_remembered():
    from types import SimpleNamespace

    consents = Consents()
    for number in range(300):
        consents.begin("link", {}, SimpleNamespace(state=f"state-{number:04}"))  # type: ignore[arg-type]

    assert consents.found("state-0000") is None
    assert consents.found("state-0299")


def test_a_consent_is_used_nowhere_but_where_its_person_saw_it_would_be(browser, space, account):
    browser.send()
    state = left(browser)["state"]
    accounts.begin(space, SignIn("cloudy", None, base_url="https://evil.example/v1"), account.id)

    assert "is connected" not in came_back(browser, code=CODE, state=state)

    assert browser.status == 422
    assert kept(space, account) == {}
    assert space.connection(account.id).state == "CLIENT_ACTION_REQUIRED"
