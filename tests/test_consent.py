"""How a person lets skillkit in: through a browser, on another device, as an MCP server's documents say."""

from __future__ import annotations

import shutil
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from skillkit import accounts, calls, consent, secret
from skillkit.auth import CONSENTING
from skillkit.authoring import check
from skillkit.calls import Call
from skillkit.connecting import SignIn, way
from skillkit.connection import Connection
from skillkit.errors import InvalidInput, Unauthorized, Unavailable, Unreachable, Upstream
from skillkit.workspace import Workspace
from tests.authority import Authority
from tests.values import replace

EXAMPLES = Path(__file__).parent.parent / "examples"
REDIRECT = "http://127.0.0.1:51004/callback"
BASE = "https://login.example/api"
CLIENT = {"client_id": "web", "client_secret": "canary-web-5a0c"}
GIVEN = {"code": {}, "secret": CLIENT, "device": {}, "mcp": {"client_id": "cli"}}


class Stopwatch:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture(scope="module")
def furnished(tmp_path_factory):
    home = tmp_path_factory.mktemp("oauth") / "home"
    with closing(Workspace(str(home), folders=(str(EXAMPLES),))) as space:
        space.catalog.count()
        space.vault.init("keyfile")
    return home


@pytest.fixture
def authority(clock):
    return Authority(now=clock.now)


@pytest.fixture
def space(tmp_path, furnished, authority, clock):
    home = tmp_path / "home"
    shutil.copytree(furnished, home)
    opened = Workspace(
        str(home), folders=(str(EXAMPLES),), network=authority, sleep=clock.sleep, now=clock.now, chance=lambda: 0.5
    )
    with closing(opened):
        yield opened


def record(auth="code"):
    return Connection("c1", "oauth-demo", "OAuth Demo", "oauth-demo", auth, base_url=BASE)


def chosen(space, name):
    return way(space.catalog.connector("oauth-demo").access, name)


def begun(space, name="code", given=None, **more):
    return consent.begin(space, record(name), chosen(space, name), GIVEN[name] if given is None else given, REDIRECT, **more)


def query_of(url):
    return dict(parse_qsl(urlsplit(url).query))


def test_the_connector_that_shows_every_flow_is_in_order():
    found = check.report(str(EXAMPLES / "oauth-demo"))

    assert (found.errors, found.warnings) == ((), ())
    assert found.examples == 4


def test_it_has_every_flow_there_is(space):
    ways = space.catalog.connector("oauth-demo").access.auth

    assert {auth.settings["flow"] for auth in ways} == {*CONSENTING, "client_credentials"}


# A browser.


@pytest.mark.parametrize("name", ["code", "secret", "mcp"])
def test_a_person_who_agrees_is_signed_in(space, authority, name):
    waiting = begun(space, name)

    granted = consent.finish(space, waiting, authority.consented(waiting.url))
    said = SignIn("oauth-demo", dict(GIVEN[name]), auth=name, base_url=BASE, params=consent.captured(granted), granted=granted)
    connection = accounts.connect(space, said)

    assert connection.state == "READY"
    assert calls.perform(space, Call("get-me", connection=connection.key)).output == {"ok": True, "sub": "ada"}
    assert authority.grants == ["authorization_code"]


def test_the_address_says_who_asks_for_what_and_hides_the_verifier(space):
    waiting = begun(space)

    assert waiting.url.startswith("https://login.example/auth?")
    query = query_of(waiting.url)
    assert {**query, "state": "", "code_challenge": ""} == {
        "response_type": "code",
        "client_id": "cli",
        "redirect_uri": REDIRECT,
        "scope": "openid offline_access api:read",
        "state": "",
        "code_challenge": "",
        "code_challenge_method": "S256",
        "prompt": "consent",
    }
    # 32 random bytes each.
    assert len(query["state"]) == len(query["code_challenge"]) == len(waiting.verifier) == 43
    assert waiting.verifier not in waiting.url


def test_no_two_consents_have_anything_in_common(space):
    first, second = begun(space), begun(space)

    assert len({first.state, second.state, first.verifier, second.verifier}) == 4


def test_nothing_that_waits_shows_its_secrets(space, authority):
    waiting = begun(space, "secret")
    device = consent.device(space, record("device"), chosen(space, "device"), {})

    shown = repr(waiting) + repr(waiting.asked) + repr(device)
    assert not any(word in shown for word in (waiting.state, waiting.verifier, CLIENT["client_secret"], device.code))
    assert secret.live().text(f"{waiting.verifier} {CLIENT['client_secret']} {device.code}") == " ".join(["[redacted]"] * 3)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"state": ""}, "another sign-in"),
        ({"state": "x" * 43}, "another sign-in"),
        ({"state": "ü"}, "another sign-in"),
        ({"iss": "https://evil.example"}, "not from 'https://login.example'"),
        ({"iss": "https://login.example/"}, "not from 'https://login.example'"),
        ({"iss": "HTTPS://login.example"}, "not from 'https://login.example'"),
        ({"iss": ""}, "not from 'https://login.example'"),
        ({"iss": None}, "does not say that it is from"),
        ({"code": ""}, "without a code"),
        ({"code": "a b"}, "without a code"),
        ({"error": "access_denied"}, "was declined"),
        ({"error": "server_error", "error_description": "try later"}, r"refused: server_error \(try later\)"),
        ({"error": "<script>", "error_description": "a\nb"}, "refused: unnamed$"),
        # What somebody else says is not repeated.
        ({"iss": "https://evil.example", "error": "x", "error_description": "call 555"}, "not from 'https://login.example'$"),
    ],
)
def test_an_answer_that_is_not_the_one_that_was_asked_for_gets_nothing(space, authority, changes, told):
    waiting = begun(space)
    query = {name: value for name, value in {**authority.consented(waiting.url), **changes}.items() if value is not None}

    with pytest.raises((Unauthorized, Upstream), match=told) as refused:
        consent.finish(space, waiting, query)

    assert authority.grants == []
    assert refused.value.hint or "server_error" in told or "unnamed" in told


def test_an_answer_counts_once_and_somebody_elses_does_not_use_it_up(space, authority):
    waiting = begun(space)
    query = authority.consented(waiting.url)
    with pytest.raises(Unauthorized, match="another sign-in"):
        consent.finish(space, waiting, {**query, "state": "guessed"})

    consent.finish(space, waiting, query)
    with pytest.raises(Unauthorized, match="used before"):
        consent.finish(space, waiting, query)

    assert authority.grants == ["authorization_code"]


def test_an_answer_is_used_up_for_other_processes_as_well(space, authority, furnished):
    waiting = begun(space)
    query = authority.consented(waiting.url)
    with pytest.raises(Unauthorized, match="declined"):
        consent.finish(space, waiting, {**query, "error": "access_denied"})

    with closing(Workspace(space.home, folders=(str(EXAMPLES),), network=authority)) as another:
        another.now = space.now
        with pytest.raises(Unauthorized, match="used before"):
            consent.finish(another, waiting, query)


@pytest.mark.parametrize(("after", "ends"), [(599.0, False), (601.0, True)])
def test_a_consent_waits_for_ten_minutes_by_a_clock_that_nobody_sets(space, authority, clock, after, ends):
    watch = Stopwatch()
    waiting = begun(space, clock=watch)
    query = authority.consented(waiting.url)
    watch.time += after
    # The clock on the wall may jump as it likes.
    clock.time += 86_400.0

    if ends:
        with pytest.raises(Unauthorized, match="within 10 minutes"):
            consent.finish(space, waiting, query, clock=watch)
        assert authority.grants == []
    else:
        assert consent.finish(space, waiting, query, clock=watch)["access_token"]


def test_a_verifier_that_is_not_ours_is_refused_by_the_server(space, authority):
    waiting = begun(space)
    query = authority.consented(waiting.url)

    with pytest.raises(Unauthorized, match="refused: invalid_grant"):
        consent.finish(space, replace(waiting, verifier="x" * 43), query)


@pytest.mark.parametrize(
    "redirect",
    [
        "http://localhost:51004/callback",
        "http://127.0.0.1/callback",
        "http://127.0.0.1.evil.example:80/",
        "https://evil.example/callback",
        "http://127.0.0.1:51004@evil.example/",
        "javascript:alert(1)",
        "",
    ],
)
def test_a_browser_comes_back_to_this_machine_by_number_and_nowhere_else(space, redirect):
    with pytest.raises(InvalidInput, match="no address on this machine"):
        consent.begin(space, record(), chosen(space, "code"), {}, redirect)


def test_a_client_that_the_server_does_not_know_is_told_without_its_secret(space, authority):
    waiting = begun(space, "secret", {"client_id": "web", "client_secret": "canary-wrong-77"})
    authority.next = [(401, {"error": "invalid_client", "error_description": "no client has canary-wrong-77"})]

    with pytest.raises(Unauthorized, match=r"invalid_client \(no client has \[redacted\]\)"):
        consent.finish(space, waiting, authority.consented(waiting.url))


@pytest.mark.parametrize("auth", ["m2m"])
def test_what_nobody_consents_to_is_not_begun(space, auth):
    with pytest.raises(InvalidInput, match="nobody has to consent"):
        consent.begin(space, record(auth), chosen(space, auth), CLIENT, REDIRECT)


def test_less_than_was_asked_for_is_worth_a_warning(space, authority):
    authority.scope = "openid"
    waiting = begun(space)

    granted = consent.finish(space, waiting, authority.consented(waiting.url))

    assert consent.narrowed(chosen(space, "code"), granted) == (
        "the sign-in does not cover api:read: what needs that will be refused"
    )


def test_the_credential_remembers_for_whom_it_is(space, authority):
    waiting = begun(space, "secret")

    granted = consent.finish(space, waiting, authority.consented(waiting.url))

    assert {name: granted[name] for name in ("client_id", "client_auth", "issuer", "token_origin")} == {
        "client_id": "web",
        "client_auth": "basic",
        "issuer": "https://login.example",
        "token_origin": "https://login.example",
    }
    assert float(granted["expires_at"]) == space.now() + 3600


# Another device.


@pytest.fixture
def device(space):
    return consent.device(space, record("device"), chosen(space, "device"), {})


def test_a_person_with_another_device_is_told_where_to_go_and_what_to_type(space, authority, clock, device):
    assert (device.user_code, device.uri, device.interval) == ("WDJB-MJHT", "https://login.example/device", 5.0)
    clock.time += 5
    assert consent.poll(space, device) is None

    authority.decide("yes")
    clock.time += 5

    granted = consent.poll(space, device)
    assert granted
    assert granted["access_token"].startswith("canary-access")


def test_a_server_is_not_asked_more_often_than_it_says(space, authority, clock, device):
    for _ in range(100):
        assert consent.poll(space, device) is None
        clock.time += 0.5

    # Not at once, and then every five seconds of the fifty.
    assert len(authority.grants) == 9


def test_neither_by_two_processes_together(space, authority, clock, device):
    with closing(Workspace(space.home, folders=(str(EXAMPLES),), network=authority, now=clock.now)) as another:
        for _ in range(50):
            consent.poll(space, device)
            consent.poll(another, device)
            clock.time += 0.5

    assert len(authority.grants) == 4


def test_a_server_that_says_slow_down_is_asked_five_seconds_later_each_time(space, authority, clock, device):
    authority.decide("slow")
    asked = []
    for _ in range(80):
        before = len(authority.grants)
        consent.poll(space, device)
        asked += [clock.time] * (len(authority.grants) - before)
        clock.time += 1.0

    assert [round(later - sooner) for sooner, later in pairwise(asked)] == [10, 15, 20, 25]


@pytest.mark.parametrize("error", [Unreachable("no route"), Unavailable("busy")])
def test_a_server_that_is_not_there_is_asked_again_later(space, authority, clock, device, error):
    authority.next = [error]
    clock.time += 5
    assert consent.poll(space, device) is None
    clock.time += 5
    assert consent.poll(space, device) is None
    assert len(authority.grants) == 1

    authority.decide("yes")
    clock.time += 5

    assert consent.poll(space, device)


@pytest.mark.parametrize(("decision", "told"), [("no", "was declined"), (None, "expired_token")])
def test_a_person_who_declines_or_is_too_late_ends_it(space, authority, clock, device, decision, told):
    authority.devices = {} if decision is None else dict.fromkeys(authority.devices, decision)
    clock.time += 5

    with pytest.raises(Unauthorized, match=told):
        consent.poll(space, device)


def test_a_code_that_was_not_used_in_time_is_asked_about_no_more(space, authority, clock, device):
    clock.time += 601

    with pytest.raises(Unauthorized, match="not used in time"):
        consent.poll(space, device)
    assert authority.grants == []


def test_a_clock_that_was_set_back_keeps_nobody_waiting(space, authority, clock, device):
    clock.time += 300
    consent.poll(space, device)
    clock.time -= 280
    consent.poll(space, device)
    clock.time += 5
    consent.poll(space, device)

    assert len(authority.grants) == 2


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"device": {"verification_uri": "javascript:alert(1)"}}, "no plain https"),
        ({"device": {"verification_uri": "http://evil.example/"}}, "in the clear"),
        ({"device": {"verification_uri": None}}, "it is no text"),
        ({"device": {"verification_uri_complete": "file:///etc/passwd"}}, "no plain https"),
        ({"device": {"user_code": "a\nb"}}, "no code for the person"),
        ({"device": {"device_code": ""}}, "no code for the person"),
    ],
)
def test_a_person_is_sent_only_where_it_is_safe_to_go(space, authority, changes, told):
    authority.metadata = changes

    with pytest.raises(Upstream, match=told):
        consent.device(space, record("device"), chosen(space, "device"), {})


# An MCP server's documents.


def test_the_documents_are_read_in_the_order_of_the_specification(space, authority):
    waiting = begun(space, "mcp")

    assert [path for _, path, _ in authority.asked] == [
        "/api",
        "/.well-known/oauth-protected-resource/api",
        "/.well-known/oauth-authorization-server",
    ]
    query = query_of(waiting.url)
    assert (query["resource"], query["scope"]) == (BASE, "api:read")


def test_the_address_in_the_challenge_is_read_first_and_its_scopes_are_asked_for(space, authority):
    place = "https://login.example/.well-known/oauth-protected-resource/api"
    authority.challenge = f'Bearer resource_metadata="{place}", scope="extra"'
    authority.metadata = {"scopes_supported": ["offline_access"]}

    waiting = begun(space, "mcp")

    assert query_of(waiting.url)["scope"] == "api:read extra offline_access"
    assert [path for _, path, _ in authority.asked][1] == "/.well-known/oauth-protected-resource/api"


def test_the_resource_goes_along_to_the_token_endpoint_too(space, authority):
    waiting = begun(space, "mcp")

    granted = consent.finish(space, waiting, authority.consented(waiting.url))

    assert authority.asked[-1][2]["resource"] == granted["resource"] == BASE
    assert granted["token_endpoint"] == "https://login.example/token"


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ({"issuer": "https://evil.example"}, "calls itself 'https://evil.example'"),
        ({"issuer": "https://login.example/"}, "calls itself 'https://login.example/'"),
        ({"issuer": None}, "calls itself"),
        ({"code_challenge_methods_supported": None}, "S256"),
        ({"code_challenge_methods_supported": ["plain"]}, "S256"),
        ({"code_challenge_methods_supported": "S256"}, "S256"),
        ({"authorization_endpoint": "file:///etc/passwd"}, "no plain https"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "no plain https"),
        ({"authorization_endpoint": "https://x/$(touch y)"}, "no plain https"),
        ({"authorization_endpoint": "https://x/`touch`"}, "no plain https"),
        ({"authorization_endpoint": "https://ada:pw@login.example/"}, "no plain https"),
        ({"authorization_endpoint": "http://login.example/auth"}, "in the clear"),
        ({"authorization_endpoint": None}, "no text"),
        ({"authorization_endpoint": "https://login.example/auth?client_id=mine"}, "says client_id itself"),
        ({"token_endpoint": "http://evil.example/token"}, "in the clear"),
        ({"token_endpoint": ["https://login.example/token"]}, "no text"),
    ],
)
def test_a_sign_in_server_that_describes_itself_badly_is_not_used(space, authority, metadata, told):
    authority.metadata = metadata

    with pytest.raises(Upstream, match=told.replace("$", r"\$")):
        begun(space, "mcp")
    assert authority.grants == []


@pytest.mark.parametrize(
    ("resource", "told"),
    [
        ({"resource": "https://evil.example/api"}, "is about 'https://evil.example/api'"),
        ({"resource": "https://login.example/other"}, "is about"),
        ({"resource": None}, "is about"),
        ({"authorization_servers": []}, "names no sign-in server"),
        ({"authorization_servers": ["http://evil.example"]}, "names no sign-in server"),
        ({"authorization_servers": "https://login.example"}, "names no sign-in server"),
    ],
)
def test_an_app_that_describes_itself_badly_is_not_signed_in_to(space, authority, resource, told):
    authority.resource = resource

    with pytest.raises(Upstream, match=told):
        begun(space, "mcp")


def test_an_app_that_describes_itself_nowhere_says_so(space, authority):
    space.catalog.close()
    authority.challenge = 'Bearer resource_metadata="file:///etc/passwd"'
    with pytest.raises(Upstream, match="describes itself at 'file:///etc/passwd'"):
        begun(space, "mcp")


def test_without_a_client_that_the_server_knows_nobody_is_sent_anywhere(space):
    with pytest.raises(Unauthorized, match="wants a client that it knows"):
        begun(space, "mcp", {})


def mcp_with(space, **settings):
    auth = chosen(space, "mcp")
    return replace(auth, settings={**auth.settings, **settings})


DOCUMENT = "https://skillkit.example/client.json"


def test_a_client_with_a_document_about_it_needs_no_other_where_the_server_reads_such(space, authority):
    authority.metadata = {"client_id_metadata_document_supported": True}

    waiting = consent.begin(space, record("mcp"), mcp_with(space, client_id=DOCUMENT), {}, REDIRECT)

    assert query_of(waiting.url)["client_id"] == DOCUMENT


def test_where_the_server_reads_no_such_document_the_persons_own_client_is_used(space):
    auth = mcp_with(space, client_id=DOCUMENT)
    with pytest.raises(Unauthorized, match="wants a client that it knows"):
        consent.begin(space, record("mcp"), auth, {}, REDIRECT)

    waiting = consent.begin(space, record("mcp"), auth, {"client_id": "cli"}, REDIRECT)

    assert query_of(waiting.url)["client_id"] == "cli"


@pytest.mark.parametrize(("issuer", "reused"), [("https://login.example", True), ("https://before.example", False)])
def test_the_client_of_the_last_sign_in_is_one_servers_and_no_others(space, issuer, reused):
    space.vault.put("c1", {"client_id": "web", "client_secret": "canary-web-5a0c", "issuer": issuer})

    if not reused:
        with pytest.raises(Unauthorized, match="wants a client that it knows"):
            begun(space, "mcp", {})
        return
    assert begun(space, "mcp", {}).asked.client.id == "web"


def test_a_secret_is_shown_as_the_server_reads_it(space, authority):
    authority.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}

    assert begun(space, "mcp", CLIENT).asked.client.method == "post"
