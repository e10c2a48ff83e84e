from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from skillkit import accounts
from skillkit.connecting import SignIn
from skillkit.connection import Connection
from skillkit.door import Asked
from skillkit.errors import Conflict, Quota, RateLimited, SkillkitError, Unauthorized, Unavailable, Unreachable, Upstream
from skillkit.home import unusable
from skillkit.secret import Redactor
from skillkit.signin import form, page, row
from skillkit.signin.desk import Desk
from skillkit.signin.links import LIFE, Links
from skillkit.signin.notice import COMMANDS
from skillkit.signin.visit import Passphrase
from skillkit.workspace import Workspace
from tests.browser import ORIGIN, PORT, Browser
from tests.wire import Clock, reply

CANARY = "canary-7b1d0e94aa"
FENCE = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"


@pytest.fixture
def passphrase() -> Passphrase:
    return Passphrase()


@pytest.fixture
def desk(workspace: Workspace, clock: Clock, passphrase: Passphrase) -> Desk:
    workspace.store.change(row.KEY, row.published(PORT))
    return Desk(workspace, Links(workspace.store, PORT, clock.now), PORT, passphrase)


@pytest.fixture
def browser(desk: Desk) -> Browser:
    return Browser(desk.answer)


@pytest.fixture
def link(workspace: Workspace, desk: Desk) -> Callable[[Connection], str]:
    count = iter(range(100))

    def link(connection: Connection) -> str:
        asked = row.asked(connection.id, f"{next(count):032x}", ready=connection.state == "READY")
        return workspace.store.change(row.KEY, asked)

    return link


@pytest.fixture
def ledger(workspace: Workspace) -> Connection:
    return accounts.begin(workspace, SignIn("ledger", None))


@pytest.fixture
def shown(browser: Browser, link: Callable[[Connection], str], ledger: Connection) -> Browser:
    """A browser that shows the form of the ledger."""
    browser.open(link(ledger))
    assert browser.status == 200
    return browser


def key(value: str = CANARY) -> dict[str, str]:
    return {"field.api_key": value}


def kept(workspace: Workspace, connection: Connection) -> dict[str, str]:
    try:
        return {name: value.reveal() for name, value in workspace.vault.credential(connection.id).items()}
    except SkillkitError:
        return {}


# The link.


def test_the_first_visit_shows_the_form_and_leaves_a_cookie_that_stays_here(shown):
    headers = dict(shown.reply.headers)

    assert re.fullmatch(r"skillkit-[0-9a-f]{8}=[0-9a-f]{32}; Path=/; SameSite=Strict; HttpOnly", headers["Set-Cookie"])
    assert "Location" not in headers
    assert "Connect Ledger" in shown.text


def test_every_page_is_fenced_in(shown, desk):
    pages = [shown.reply, shown.open(f"{ORIGIN}/s/none"), shown.send(key(""), origin="null"), shown.open(f"{ORIGIN}/page.css")]

    for one in pages:
        headers = dict(one.headers)
        assert headers["Content-Security-Policy"] == FENCE
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_nothing_in_a_page_runs_or_is_styled_in_place(shown):
    assert "<script" not in shown.page
    assert not re.search(r"\son\w+=|\sstyle=|<style", shown.page)
    assert not re.search(r'(?:src|href)="(?!/page\.css|data:,|/s/|https://)', shown.page)


def test_a_second_tab_of_the_same_browser_shows_it_too(shown):
    first = shown.page

    shown.open(shown.url)

    assert (shown.status, shown.page) == (200, first)
    assert "Set-Cookie" not in dict(shown.reply.headers)


def test_a_second_browser_is_told_that_the_link_was_opened_and_changes_nothing(shown, desk, ledger, workspace):
    before = workspace.store.connections()
    thief = Browser(desk.answer)

    thief.open(shown.url)

    assert thief.status == 403
    assert "opened already" in thief.text
    assert f"skillkit connect --connectionId {ledger.id}" in thief.text
    assert "Set-Cookie" not in dict(thief.reply.headers)
    assert "csrf" not in thief.page
    # Not even with what the form would bring along.
    thief.reply = shown.reply
    assert thief.send(key()).status == 403
    assert workspace.store.connections() == before
    assert kept(workspace, ledger) == {}


def test_of_many_browsers_that_open_it_at_once_one_is_the_first(link, ledger, desk):
    url, barrier, statuses = link(ledger), threading.Barrier(8), []

    def visit() -> None:
        barrier.wait()
        statuses.append(Browser(desk.answer).open(url).status)

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(statuses) == [200, *[403] * 7]


def test_two_links_in_one_browser_do_not_disturb_each_other(browser, link, ledger, workspace):
    other = link(accounts.begin(workspace, SignIn("ledger", None), another=True))
    first = link(ledger)

    for url in (first, other, first, other):
        assert browser.open(url).status == 200


def test_it_is_one_place_to_a_browser_however_it_is_called(browser, link, ledger):
    url = link(ledger).replace("127.0.0.1", "localhost")

    browser.open(f"{url}?way=basic")

    assert browser.status == 307
    assert dict(browser.reply.headers)["Location"] == f"{link(ledger)}?way=basic"


@pytest.mark.parametrize("path", ["/", "/s/", "/s/none", "/s/é", "/nothing", "/page.css/", "/s/../page.css", "/callback/"])
def test_a_link_that_is_none_leads_nowhere(browser, path):
    browser.open(ORIGIN + path)

    assert browser.status == 404
    assert "leads nowhere" in browser.text


def test_a_link_is_over_after_its_time_whatever_the_clock_on_the_wall_says(shown, clock, workspace, ledger):
    workspace.now = lambda: clock.time + 10 * 365 * 86_400
    assert shown.open(shown.url).status == 200
    workspace.now = lambda: 0.0
    assert shown.open(shown.url).status == 200

    clock.time += LIFE + 1

    assert shown.send(key()).status == 410
    assert "15 minutes" in shown.text
    assert kept(workspace, ledger) == {}


def test_of_an_account_that_was_deleted_the_page_says_so(shown, workspace, ledger):
    accounts.disconnect(workspace, ledger.id)

    assert shown.send(key()).status == 410
    assert "not here any more" in shown.text


# Where a request comes from.

STRANGE = [
    {"origin": "https://evil.test"},
    {"origin": "null"},
    {"origin": ""},
    {"origin": f"http://127.0.0.1:{PORT + 1}"},
    {"origin": f"http://localhost:{PORT}"},
    {"origin": f"https://127.0.0.1:{PORT}"},
    {"origin": f"http://127.0.0.1:{PORT}.evil.test"},
    {"origin": f"{ORIGIN}, https://evil.test"},
    {"host": f"evil.test:{PORT}", "origin": f"http://evil.test:{PORT}"},
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
    {"sec_fetch_site": "none"},
    {"content_type": "text/plain"},
    {"content_type": "application/json"},
    {"content_type": "multipart/form-data; boundary=x"},
    {"content_type": ""},
    {"content_type": "application/x-www-form-urlencoded; charset=utf-7"},
    {"x_http_method_override": "PUT"},
    {"x_method_override": "DELETE"},
    {"cookie": "skillkit=1"},
    {"cookie": ""},
]


@pytest.mark.parametrize("headers", STRANGE, ids=str)
def test_a_form_from_anywhere_else_changes_nothing(shown, workspace, ledger, headers):
    before = workspace.store.connections()

    for act in ("connect", "decline"):
        shown.open(shown.url)
        assert shown.send(key() | {"act": act}, **headers).status == 403

    assert workspace.store.connections() == before
    assert kept(workspace, ledger) == {}


@pytest.mark.parametrize("csrf", [None, "", "0" * 32, "é", "x\x00"])
def test_a_form_without_the_word_of_the_page_changes_nothing(shown, workspace, ledger, csrf):
    sent = shown.send(key(), without=("csrf",)) if csrf is None else shown.send(key() | {"csrf": csrf})

    assert sent.status == 403
    assert kept(workspace, ledger) == {}


def test_neither_the_word_nor_the_cookie_of_another_link_will_do(shown, browser, link, workspace, ledger):
    word = re.search(r'name="csrf" value="(\w+)"', shown.page)
    other = link(accounts.begin(workspace, SignIn("ledger", None), another=True))
    shown.open(other)

    assert word
    assert shown.send(key() | {"csrf": word[1]}).status == 403


def test_a_cookie_that_is_there_twice_is_nobodys(shown):
    name, (value, _) = next(iter(shown.cookies.items()))

    assert shown.send(key(), cookie=f"{name}={value}; {name}={value}").status == 403


@pytest.mark.parametrize("body", [b"\xff\xfe", b"csrf=%ff", b"csrf=a&csrf=b", b"&".join(b"a%d=1" % n for n in range(200)), b""])
def test_a_body_that_is_no_form_of_ours_changes_nothing(shown, body):
    assert shown.post(body).status == 403


def test_a_form_that_says_one_thing_twice_changes_nothing(shown):
    word = re.search(r'name="csrf" value="(\w+)"', shown.page)
    assert word

    assert shown.post(f"csrf={word[1]}&act=connect&act=decline".encode()).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_dest": "iframe"},
        {"sec_fetch_dest": "image"},
        {"sec_fetch_dest": "script"},
        {"sec_fetch_dest": "empty", "sec_fetch_mode": "cors"},
        {"sec_fetch_dest": "websocket", "sec_fetch_mode": "websocket"},
        {"connection": "Upgrade", "upgrade": "websocket"},
        {"x_http_method_override": "POST"},
    ],
)
def test_a_page_elsewhere_cannot_use_up_a_link(browser, link, ledger, headers):
    url = link(ledger)

    assert browser.open(url, **headers).status == 403
    assert Browser(browser.answer).open(url).status == 200


def test_a_form_for_a_link_that_nobody_has_opened_is_refused(desk, link, ledger, workspace):
    browser = Browser(desk.answer)
    browser.url = link(ledger)

    assert browser.post(urlencode({"csrf": "x", **key()}).encode()).status == 403
    assert browser.open(browser.url).status == 200


def test_whether_the_page_is_well_says_nothing_else(desk):
    assert desk.answer(Asked("GET", "/health")).body == b"ok\n"


# Signing in.


def test_a_key_that_the_app_takes_connects_the_account(shown, wire, workspace, ledger):
    wire.replies = [reply({"name": "Ledger Ltd"})]

    shown.send(key())

    assert shown.status == 200
    assert "Ledger is connected" in shown.text
    assert "https://api.ledger.example and nowhere else" in shown.text
    assert "A key file beside it" in shown.text
    assert "You can close this window" in shown.text
    assert workspace.connection(ledger.id).state == "READY"
    assert kept(workspace, ledger) == {"api_key": CANARY}
    assert [asked.headers["X-LEDGER-KEY"] for asked in wire.asked] == [CANARY]


def test_loading_the_result_again_shows_it_and_asks_nobody(shown, wire):
    form_page = shown.reply
    wire.replies = [reply({"name": "Ledger Ltd"})]
    shown.send(key())
    result = shown.page

    assert shown.open(shown.url).body.decode() == result
    shown.reply = form_page
    assert shown.send(key()).body.decode() == result
    assert len(wire.asked) == 1


def test_of_two_submits_at_once_one_connects_and_the_other_shows_the_result(shown, wire, desk):
    wire.replies = [reply({"name": "Ledger Ltd"})]
    barrier, pages = threading.Barrier(2), []

    def submit() -> None:
        tab = Browser(desk.answer)
        tab.cookies, tab.url, tab.reply = dict(shown.cookies), shown.url, shown.reply
        barrier.wait()
        pages.append(tab.send(key()).body.decode())

    threads = [threading.Thread(target=submit) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert pages[0] == pages[1]
    assert "Ledger is connected" in pages[0]
    assert len(wire.asked) == 1


def test_another_link_of_an_account_that_was_connected_shows_the_result(browser, link, ledger, wire):
    wire.replies = [reply({"name": "Ledger Ltd"})]
    first = link(ledger)
    browser.open(first)
    second = link(ledger)
    browser.open(second)
    assert first != second

    browser.send(key())

    assert "is connected" in browser.open(first).body.decode()


def test_a_wrong_key_is_told_and_what_was_typed_stays_except_for_it(browser, link, workspace, ledger, wire):
    wire.replies = [reply({"error": {"message": f"bad token {CANARY}"}}, status=401)]
    browser.open(f"{link(ledger)}?way=basic")
    browser.send({"field.email": "ada@example.com", "field.token": CANARY, "param.region": "north", "param.country": "CH"})

    assert browser.status == 422
    assert "Ledger does not take this key" in browser.text
    assert 'role="alert"' in browser.page
    assert 'value="ada@example.com"' in browser.page
    assert 'value="north"' in browser.page
    assert '<option value="CH" selected>' in browser.page
    assert CANARY not in browser.page
    assert workspace.connection(ledger.id).state == "CLIENT_ACTION_REQUIRED"
    assert "refused what was typed" in workspace.connection(ledger.id).error
    assert kept(workspace, ledger) == {}


def test_after_a_wrong_key_the_right_one_connects(shown, wire, workspace, ledger):
    wire.replies = [reply(status=401), reply({"name": "Ledger Ltd"})]

    shown.send(key("wrong-key-0000"))
    shown.send(key())

    assert "is connected" in shown.text
    assert workspace.connection(ledger.id).error == ""


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Unauthorized("no"), "does not take this key"),
        (Unreachable("no route"), "could not be reached"),
        (Unavailable("down"), "cannot answer now"),
        (RateLimited("slow"), "asked too often"),
        (Quota("plan"), "plan of this account"),
        (Upstream("what"), "makes no sense here"),
        (Conflict("taken"), "could not be finished"),
    ],
)
def test_each_way_in_which_an_app_fails_has_its_sentence_and_the_reason(shown, wire, workspace, ledger, error, sentence):
    def fails(_: object) -> None:
        raise error

    wire.replies = fails

    shown.send(key())

    assert shown.status == 422
    assert sentence in shown.text
    assert error.message in shown.text
    assert kept(workspace, ledger) == {}


def test_a_reason_that_quotes_the_key_is_told_without_it(shown, wire):
    def fails(_: object) -> None:
        raise Unreachable("nobody is at canary-of-this-test-alone")

    wire.replies = fails

    shown.send(key("canary-of-this-test-alone"))

    assert "nobody is at [redacted]" in shown.text


@pytest.mark.parametrize("fields", [{}, {"field.api_key": ""}, {"field.api_key": "  "}])
def test_what_is_missing_is_said_beside_it_and_above(shown, fields):
    shown.send(fields)

    assert shown.status == 422
    assert '<a href="#field-api_key">Api key: Please fill this in.</a>' in shown.page
    assert 'aria-describedby="field-api_key-problem" aria-invalid=true' in shown.page


def test_what_does_not_fit_is_said_beside_it(shown):
    shown.send(key() | {"param.country": "Atlantis", "param.region": "north"})

    assert shown.status == 422
    assert 'id="param-country-problem"' in shown.page
    assert 'value="north"' in shown.page


def test_a_parameter_that_is_emptied_is_taken_back(browser, link, workspace, wire):
    connection = accounts.begin(workspace, SignIn("ledger", None, params={"region": "north"}))
    wire.replies = [reply({"name": "Ledger Ltd"})]
    browser.open(link(connection))

    browser.send(key() | {"param.region": "", "param.country": "CH"})

    assert workspace.connection(connection.id).params == {"country": "CH"}


def test_whoever_declines_keeps_nothing_and_the_agent_can_see_it(shown, workspace, ledger):
    shown.send(key() | {"act": "decline"})

    assert "Not connected" in shown.text
    assert workspace.connection(ledger.id).error == "its person declined to sign in"
    assert workspace.connection(ledger.id).state == "CLIENT_ACTION_REQUIRED"
    assert kept(workspace, ledger) == {}
    assert "Not connected" in shown.open(shown.url).body.decode()


def test_to_decline_a_new_sign_in_leaves_an_account_that_works_alone(browser, link, connected, workspace):
    connection = connected("ledger")
    browser.open(link(connection))

    browser.send({"act": "decline"})

    assert workspace.connection(connection.id) == connection
    assert kept(workspace, connection)


# What is shown.


def test_the_form_says_where_the_key_goes_and_for_which_account(browser, link, workspace):
    connection = accounts.begin(workspace, SignIn("clientary", None, params={"domain": "acme"}, name="Acme's books", key="acme"))

    browser.open(link(connection))

    assert "Your key goes to https://acme.clientary.com" in browser.text
    assert "Account Acme's books (acme)" in browser.text
    assert "not Clientary's own address" not in browser.text
    assert '<a href="https://www.clientary.com/api" target="_blank" rel="noopener noreferrer">' in browser.page
    assert '<input id="param-domain" name="param.domain" type="text"' in browser.page
    assert 'value="acme"' in browser.page
    assert '<input id="field-token" name="field.token" type="password" autocomplete="off"' in browser.page


def test_an_address_that_is_not_known_yet_has_a_place_for_what_is_asked(browser, link, workspace):
    browser.open(link(accounts.begin(workspace, SignIn("clientary", None))))

    assert "Your key goes to https://{domain}.clientary.com" in browser.text


def test_an_address_of_somebodys_own_is_pointed_out(browser, link, workspace):
    browser.open(link(accounts.begin(workspace, SignIn("clientary", None, base_url="https://mirror.test/api"))))

    assert "Your key goes to https://mirror.test" in browser.text
    assert "This is not Clientary's own address" in browser.text
    # It only fills the address that is not used.
    assert "param.domain" not in browser.page


def test_an_account_that_leads_elsewhere_now_says_where_it_led(browser, link, connected, workspace):
    connection = connected("clientary", credential={"token": CANARY}, params={"domain": "acme"})
    moved = accounts.patch(workspace, connection.id, {"params": {"domain": "other"}})

    browser.open(link(moved))

    assert "https://other.clientary.com" in browser.text
    assert "it led to https://acme.clientary.com" in browser.text


def test_a_key_for_an_address_that_changed_meanwhile_is_sent_nowhere(shown, workspace, wire, ledger):
    workspace.store.replace(replace(ledger, base_url="https://evil.test", origin="https://evil.test"))

    shown.send(key())

    assert shown.status == 409
    assert "was changed while this page was open" in shown.text
    assert "https://evil.test" in shown.text
    assert wire.asked == []
    assert kept(workspace, ledger) == {}


def test_every_way_to_sign_in_can_be_chosen(shown, ledger, workspace):
    names = re.findall(r'href="/s/\w+\?way=(\w+)"', shown.page)

    assert names == ["query", "basic", "bearer", "login"]
    shown.open(f"{shown.url}?way=login")
    assert 'name="field.email" type="text"' in shown.page
    assert 'name="field.password" type="password"' in shown.page
    assert 'name="way" value="login"' in shown.page


def test_a_way_that_is_not_there_is_the_first_one(shown):
    assert shown.open(f"{shown.url.partition('?')[0]}?way=<script>").body == shown.open(shown.url.partition("?")[0]).body


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=y>{{ 7*7 }}{% raw %}"


def test_what_others_wrote_is_shown_as_it_is_and_does_nothing(browser, link, workspace):
    browser.open(link(accounts.begin(workspace, SignIn("ledger", None, name=HOSTILE[:110]))))

    assert "<script" not in browser.page
    assert "<img" not in browser.page
    assert HOSTILE[:60] in browser.text
    assert "49" not in browser.text


def test_no_text_of_a_connector_leaves_its_place():
    asked = form.Question("param.x", HOSTILE, HOSTILE, value=HOSTILE, options=(HOSTILE,), problem=HOSTILE)
    secret = form.Question("field.x", HOSTILE, "javascript:alert(1)", secret=True)
    sheet = form.Sheet(
        HOSTILE,
        HOSTILE,
        HOSTILE,
        HOSTILE,
        True,
        HOSTILE,
        HOSTILE,
        False,
        HOSTILE,
        (asked,),
        (secret,),
        (form.Way(HOSTILE, HOSTILE),),
    )

    found = page.rendered("form", "en", title=HOSTILE, sheet=sheet, trouble=None, action="/s/x", csrf="x").body.decode()

    assert not re.search(r"<(script|img)|javascript:alert\(1\)[\"']", found)
    assert not re.search(r"\"'>", found)


def test_a_secret_is_filled_in_neither_by_the_form_nor_by_its_template(workspace, ledger):
    connector = workspace.catalog.connector("ledger")
    (filled,) = form.sheet(form.Subject(connector, ledger, connector.access.auth[0]), key()).fields
    assert filled == form.Question("field.api_key", "Api key", secret=True)

    sheet = form.Sheet("A", "", "", "", False, "", "", False, "", (), (filled._replace(value=CANARY),), ())
    found = page.rendered("form", "en", title="A", sheet=sheet, trouble=None, action="/s/x", csrf="x")
    assert CANARY not in found.body.decode()


def test_text_that_hides_or_turns_around_shows_that_it_does():
    assert page.plain("https://api\u202e.test\u200b\x1b") == "https://api\ufffd.test\ufffd\ufffd"
    assert len(page.plain("x" * 5000)) < 1100


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("de", "de"),
        ("de-CH,de;q=0.9,en;q=0.8", "de"),
        ("fr-FR, fr;q=0.9", "en"),
        ("fr, es;q=0.3, zh;q=0.4", "zh"),
        ("zh-Hans-CN", "zh"),
        ("EN-us", "en"),
        ("es;q=0", "en"),
        ("*", "en"),
        ("", "en"),
        ("de;q=nonsense", "en"),
        ("," * 100_000, "en"),
    ],
)
def test_the_language_is_the_browsers(accepted, expected):
    assert page.language(accepted) == expected


def test_no_language_lacks_a_word_or_a_place_in_it():
    english = page.words()["en"]

    assert set(page.words()) == {"en", "de", "es", "zh"}
    for spoken, words in page.words().items():
        assert words.keys() == english.keys(), spoken
        for name, text in words.items():
            assert sorted(re.findall(r"\{(\w+)\}", text)) == sorted(re.findall(r"\{(\w+)\}", english[name])), f"{spoken} {name}"


@pytest.mark.parametrize("spoken", ["en", "de", "es", "zh"])
def test_every_page_is_spoken_in_every_language(browser, link, ledger, wire, workspace, spoken):
    browser.language = spoken
    words = page.words()[spoken]
    wire.replies = [reply(status=401), reply({"name": "Ledger Ltd"})]

    browser.open(link(ledger))
    assert f'<html lang="{spoken}">' in browser.page
    assert words["connect"] in browser.text
    browser.send(key("wrong-key-0000"))
    assert words["error_auth"].format(app="Ledger") in browser.text
    browser.send(key())
    assert words["connected_lead"] in browser.text
    for name in ("declined", "opened", "unknown", "expired", "gone", "refused", "trouble"):
        assert words[f"{name}_title"]
        assert words[f"{name}_lead"]
    assert browser.page.count("<h1>") == 1


def test_every_command_that_a_notice_names_is_one():
    from skillkit.cli.main import COMMANDS as KNOWN

    assert {command.split()[1] for command in COMMANDS.values()} <= set(KNOWN)


# When something of ours does not work.


def test_a_full_disk_is_told_and_leaves_nothing_half_made(shown, workspace, wire, ledger):
    class Full:
        def init(self) -> str:
            return "keyfile"

        def put(self, *_: object) -> None:
            raise unusable("/home/ada/vault.db", OSError(28, "No space left on device"))

    whole = workspace.vault
    wire.replies = [reply({"name": "Ledger Ltd"})]
    workspace.__dict__["vault"] = Full()

    shown.send(key())
    workspace.__dict__["vault"] = whole

    assert shown.status == 422
    assert "could not be finished on this computer" in shown.text
    assert "no space left on device" in shown.text
    assert workspace.connection(ledger.id) == ledger
    assert kept(workspace, ledger) == {}


def test_a_store_of_a_newer_skillkit_is_told(shown, workspace):
    workspace.store.close()
    with sqlite3.connect(f"{workspace.home}/store.db") as store:
        store.execute("PRAGMA user_version = 99")
    store.close()

    shown.open(shown.url)

    assert shown.status == 503
    assert "newer skillkit" in shown.text


def test_links_hold_while_the_store_cannot_be_used(workspace, clock, ledger, link):
    class Full:
        """The store, with a disk under it that is full from one moment on."""

        full = False

        def change(self, *change: object) -> row.Row:
            if self.full:
                raise unusable("/home/ada/pace.db", OSError(28, "No space left on device"))
            return workspace.store.change(*change)

        def connections(self) -> tuple[Connection, ...]:
            return workspace.store.connections()

    store = Full()
    browser = Browser(Desk(workspace, Links(store, PORT, clock.now), PORT, Passphrase()).answer)  # type: ignore[arg-type]
    url = link(ledger)
    browser.open(url)
    store.full = True

    assert browser.open(url).status == 200
    assert browser.open(f"{ORIGIN}/s/other").status == 404


def test_whoever_signed_in_at_a_terminal_meanwhile_is_shown_that(shown, workspace, ledger, desk, clock):
    accounts.connect(workspace, SignIn("ledger", {"api_key": CANARY}, check=False), ledger.id)
    # What happens about once a second.
    clock.time += 2
    desk._links.going()  # noqa: SLF001

    assert "Ledger is connected" in shown.open(shown.url).body.decode()


def test_a_vault_that_is_locked_is_opened_with_what_the_person_types(tmp_path, wire, clock, furnished):
    import shutil

    home = tmp_path / "home"
    shutil.copytree(furnished, home, ignore=shutil.ignore_patterns("vault*"))
    asked = Passphrase()
    space = Workspace(str(home), network=wire, sleep=clock.sleep, now=clock.now, passphrase=asked.ask)
    space.vault.init("passphrase", passphrase="open sesame")
    space.__dict__.pop("vault")
    space.store.change(row.KEY, row.published(PORT))
    connection = accounts.begin(space, SignIn("faktoora", None))
    browser = Browser(Desk(space, Links(space.store, PORT, clock.now), PORT, asked).answer)
    wire.replies = lambda _: reply({"data": []})

    browser.open(space.store.change(row.KEY, row.asked(connection.id, "0" * 32)))
    assert 'name="passphrase" type="password"' in browser.page
    browser.send(key())
    assert "Passphrase of the vault: Please fill this in" in browser.text
    browser.send(key() | {"passphrase": "wrong horse"})
    assert "the passphrase does not open the vault" in browser.text
    assert 'name="passphrase"' in browser.page
    browser.send(key() | {"passphrase": "open sesame"})
    assert "is connected" in browser.text
    assert "Your passphrase." in browser.text
    assert page.clean("open sesame") == "[redacted]"
    space.close()


def test_no_page_holds_what_was_typed_as_a_secret(shown, wire, desk):
    told: list[str] = []
    shown.send(key() | {"param.country": "Atlantis"})
    told.append(shown.page)
    for status in (401, 403, 422, 429, 500, 302, 200):
        wire.replies = lambda _, status=status: reply({"error": {"message": f"what is {CANARY}?"}, "name": CANARY}, status=status)
        shown.send(key())
        told += [shown.page, *(value for _, value in shown.reply.headers)]
    shown.open(shown.url)
    assert "is connected" in shown.text

    everything = "\n".join((*told, shown.page))
    assert Redactor([CANARY]).text(everything) == everything
