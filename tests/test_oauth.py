"""OAuth 2 as values: addresses, forms, answers of every kind, and when a token has to be renewed."""

from __future__ import annotations

import json
from base64 import b64decode
from hashlib import sha256
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skillkit import discovery, oauth
from skillkit.connector import Access, Auth, Param
from skillkit.destination import Base
from skillkit.errors import InvalidInput, SkillkitError, Unauthorized, Unavailable, Upstream
from skillkit.request import Response
from skillkit.secret import Secret

BASE = Base("https://api.app.example", "api.app.example", "/v1", named=False)
HOST_PART = "^[a-z0-9](-?[a-z0-9])*$"
ACCESS = Access("https://{team}.app.example/v1", (Param("team", {"type": "string", "pattern": HOST_PART}, required=True),))


def way(flow="code", **settings):
    return Auth("way", "oauth2", {"type": "oauth2", "flow": flow, **settings})


def said(document, status=200, **headers):
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


def secrets(**values):
    return {name: Secret(str(value)) for name, value in values.items()}


# Addresses.

GOOD = [
    "https://login.example",
    "https://login.example/authorize",
    "https://login.example:8443/t-1/oauth2/v2.0/authorize?p=b2c_1&x=y",
    "https://[2001:db8::1]/a",
    "http://127.0.0.1:9001/auth",
    "http://localhost/auth",
    "http://[::1]:80/auth",
]
BAD = [
    "",
    "login.example",
    "//login.example",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "ftp://login.example/",
    "https:login.example",
    "https:///auth",
    "https://x/$(touch y)",
    "https://x/$(touch)",
    "https://x/`id`",
    "https://x/;id",
    "https://x/'a'",
    'https://x/"a"',
    "https://x/a|b",
    "https://x/a\\b",
    "https://x/a b",
    "https://x/a\nb",
    "https://x/a\x00b",
    "https://x/ü",
    "https://ada:pw@login.example/",
    "https://ada@login.example/",
    "https://login.example#@evil.example",
    "https://login.example/#fragment",
    "https://login.example?a#b",
    "https://login_.example$/",
    "https://-login.example/",
    "https://login.example:port/",
    "http://login.example/auth",
    "http://127.0.0.1.evil.example/",
    "http://localhost.evil.example/",
    "http://10.0.0.1/",
    "http://2130706433/",
    "HTTPS://login.example/",
    " https://login.example/",
    "-https://login.example/",
    "https://login.example/" + "a" * 2000,
]


@pytest.mark.parametrize("url", GOOD)
def test_an_address_of_a_sign_in_server_may_be_opened(url):
    assert oauth.address_refusal(url) == ""


@pytest.mark.parametrize("url", BAD)
def test_what_could_be_anything_else_is_never_opened(url):
    assert oauth.address_refusal(url)


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_whatever_is_opened_is_a_plain_address_with_nothing_for_a_shell(text):
    for url in (text, f"https://x/{text}", f"https://{text}/", f"https://x?{text}"):
        if not oauth.address_refusal(url):
            assert url.startswith(("https://", "http://127.", "http://localhost", "http://[::1]"))
            assert not set(url) & set("$`;|<>\"'\\(){}^* \t\r\n#!")
            assert urlsplit(url).username is None


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("", ""),
        ("https://login.example/token", "https://login.example/token"),
        ("https://login.example/token/", "https://login.example/token/"),
        ("https://{team}.login.example/token", "https://acme.login.example/token"),
        ("/token", "https://api.app.example/token"),
        ("/o/token/", "https://api.app.example/o/token/"),
        ("/{team}/token", "https://api.app.example/acme/token"),
        ("/", "https://api.app.example"),
    ],
)
def test_an_address_is_written_whole_or_as_a_path_on_the_apps_own_origin(written, found):
    assert oauth.endpoint(written, ACCESS, {"team": "acme"}, BASE) == found


@pytest.mark.parametrize(
    ("written", "team"),
    [
        ("https://{team}.login.example/token", "evil.example/"),
        ("https://{team}.login.example/token", "a.b"),
        ("https://{team}.login.example/token", ""),
        ("/{team}/token", ".."),
        ("http://login.example/token", "acme"),
        ("https://login.example/token?x=1", "acme"),
        ("https://login.example/../token", "acme"),
    ],
)
def test_a_parameter_leads_no_sign_in_elsewhere(written, team):
    with pytest.raises(InvalidInput):
        oauth.endpoint(written, ACCESS, {"team": team}, BASE)


def test_a_path_leads_nowhere_while_the_apps_own_address_is_not_known():
    with pytest.raises(InvalidInput, match="not known yet"):
        oauth.endpoint("/token", ACCESS, {}, None)


@pytest.mark.parametrize(
    ("url", "target", "private"),
    [
        ("https://erp.test/token", Base("https://erp.test", "erp.test", "", named=True), True),
        ("http://127.0.0.1:9/token", Base("http://127.0.0.1:8", "127.0.0.1", "", named=True), True),
        ("https://erp.test/token", Base("https://erp.test", "erp.test", "", named=False), False),
        ("https://other.test/token", Base("https://erp.test", "erp.test", "", named=True), False),
        ("https://erp.test/token", None, False),
    ],
)
def test_a_private_network_is_reached_only_at_the_host_that_the_person_named(url, target, private):
    assert oauth.is_private(url, target) is private


# What is asked.


def test_a_challenge_is_the_digest_of_its_verifier():
    verifier = oauth.encoded(bytes(range(32)))

    assert b64decode(oauth.challenge(verifier) + "=", altchars=b"-_") == sha256(verifier.encode()).digest()
    assert len(verifier) == 43


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=4))
@settings(max_examples=100, deadline=None)
def test_what_a_connector_adds_never_takes_the_place_of_what_we_say(theirs):
    ours = {"state": "s", "client_id": "c", "redirect_uri": "http://127.0.0.1:1/callback", "scope": "a b"}

    url = oauth.authorization_url("https://login.example/auth?p=1", ours, {**theirs, "state": "theirs"})

    query = parse_qs(urlsplit(url).query, keep_blank_values=True)
    assert {name: query[name] for name in ours} == {name: [value] for name, value in ours.items()}
    assert oauth.address_refusal(url.partition("?")[0]) == ""
    assert not set(url) & set("$`;|<>\"'\\(){} ")


@pytest.mark.parametrize("name", ["state", "client_id", "redirect_uri", "request", "request_uri"])
def test_an_address_that_says_our_part_itself_is_not_used(name):
    with pytest.raises(Upstream, match=f"says {name} itself"):
        oauth.authorization_url(
            f"https://login.example/auth?{name}=x", dict.fromkeys(("state", "client_id", "redirect_uri"), "x"), {}
        )


@pytest.mark.parametrize(
    ("auth", "fields", "header", "form"),
    [
        (way(), {"client_id": "c:1", "client_secret": "s&2"}, "c%3A1:s%262", {}),
        (way(), {"client_id": "c"}, "", {"client_id": "c"}),
        (way(client_id="brought"), {}, "", {"client_id": "brought"}),
        (way(client_id="brought"), {"client_id": "own"}, "", {"client_id": "own"}),
        (way(client_auth="post"), {"client_id": "c", "client_secret": "s"}, "", {"client_id": "c", "client_secret": "s"}),
        (way(client_auth="none"), {"client_id": "c", "client_secret": "s"}, "", {"client_id": "c"}),
        (way(client_auth="basic"), {"client_id": "c", "client_secret": ""}, "", {"client_id": "c"}),
        (way(), {"client_id": "c", "client_secret": "s", "client_auth": "post"}, "", {"client_id": "c", "client_secret": "s"}),
    ],
)
def test_a_client_shows_its_secret_in_its_own_way(auth, fields, header, form):
    asked = oauth.ask("https://login.example/token", oauth.client(auth, fields), {"grant_type": "x", "scope": ""})

    carried = asked.headers.get("Authorization", "").removeprefix("Basic ")
    assert b64decode(carried).decode() == header
    assert dict(parse_qsl(asked.body.decode())) == {"grant_type": "x", **form}
    assert "s&2" not in repr(asked)


def test_without_a_client_nobody_is_asked():
    with pytest.raises(Unauthorized, match="which client"):
        oauth.client(way(), {})


# What comes back.


@pytest.mark.parametrize("code", sorted(oauth.TERMINAL))
@pytest.mark.parametrize("status", [200, 400, 401, 403])
def test_what_asking_again_would_not_change_is_the_persons_to_mend(code, status):
    with pytest.raises(Unauthorized) as refused:
        oauth.granted(said({"error": code, "error_description": "because"}, status), {})

    assert "because" in str(refused.value)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("response", "error", "told"),
    [
        (said({"error": "temporarily_unavailable"}, 400), Unavailable, "temporarily_unavailable"),
        (said({"error": "invalid_grant"}, 500), Unavailable, "invalid_grant"),
        (said({}, 429, retry_after="7"), Unavailable, "429"),
        (said(b"<html>down</html>", 503), Unavailable, "503"),
        (said({"error": "invalid_scope"}, 400), Upstream, "refused: invalid_scope"),
        (said({"error": "invalid_request"}, 400), Upstream, "refused: invalid_request"),
        (said({"error": {"code": 190, "message": "no"}}), Upstream, r"refused: 190 \(no\)"),
        (said({"error": {"status": "UNAUTHENTICATED"}}), Upstream, "refused: UNAUTHENTICATED"),
        (said({"ok": False, "error": "bad_code"}), Upstream, "refused: bad_code"),
        (said({"ok": False}), Upstream, "refused: unnamed"),
        (said({"error": "a b\n"}, 400), Upstream, "refused: unnamed"),
        (said(b"<html>sign in</html>", content_type="text/html; charset=utf-8"), Upstream, "answered 200 with text/html"),
        (said(b""), Upstream, "text of no named type"),
        (said([]), Upstream, "answered 200"),
        (said(b'{"access_token": "a", "expires_in": NaN}'), Upstream, "answered 200"),
        (said(b"", 302, location="https://evil.example"), Upstream, "answered 302"),
        (said({}, 404), Upstream, "answered 404"),
        (said({"token_type": "bearer"}), Upstream, "no access token"),
        (said({"access_token": ""}), Upstream, "no access token"),
        (said({"access_token": None}), Upstream, "no access token"),
        (said({"access_token": 7}), Upstream, "no access token"),
        (said({"access_token": "a b"}), Upstream, "no access token"),
        (said({"access_token": "a\r\nX: y"}), Upstream, "no access token"),
        (said({"access_token": "ü"}), Upstream, "no access token"),
        (said({"access_token": "a" * 20_000}), Upstream, "no access token"),
        (said({"access_token": "a", "token_type": "mac"}), Upstream, "token of type 'mac'"),
        (said({"access_token": "a", "token_type": "DPoP"}), Upstream, "token of type 'DPoP'"),
        (said({"access_token": "a", "token_type": ["bearer"]}), Upstream, "token of type"),
    ],
)
def test_what_is_no_token_and_no_last_word_keeps_the_one_that_is_there(response, error, told):
    with pytest.raises(error, match=told) as raised:
        oauth.granted(response, {})

    assert type(raised.value) is error


def test_a_server_that_says_when_to_come_back_is_believed():
    with pytest.raises(Unavailable) as raised:
        oauth.granted(said({}, 429, retry_after="7"), {})

    assert raised.value.retry_after == 7.0


@pytest.mark.parametrize(
    ("expires_in", "lifetime"),
    [
        (3600, 3600.0),
        ("3600", 3600.0),
        (3600.5, 3600.5),
        ("3600.5", 3600.5),
        (None, None),
        (-1, None),
        ("-1", None),
        (0, None),
        ("0", None),
        ("", None),
        ("NaN", None),
        ("Infinity", None),
        ("soon", None),
        (True, None),
        ([3600], None),
        (10**400, oauth.LONGEST_LIFE),
        ("9" * 20, oauth.LONGEST_LIFE),
        ("9" * 30, None),
    ],
)
def test_a_lifetime_is_read_however_it_is_written(expires_in, lifetime):
    found = oauth.granted(said({"access_token": "a", "expires_in": expires_in}), {})

    assert found.lifetime == lifetime


def test_an_answer_without_a_lifetime_is_one_too():
    assert oauth.granted(said({"access_token": "a", "token_type": "BEARER", "error": ""}), {}) == oauth.Grant("a")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9), lambda inner: st.lists(inner, max_size=3), max_leaves=4
    )
)
@settings(max_examples=200, deadline=None)
def test_whatever_an_answer_holds_it_is_a_grant_or_an_error_of_ours(value):
    for name in ("access_token", "refresh_token", "expires_in", "scope", "token_type", "error", "error_description", "ok"):
        try:
            found = oauth.granted(said({"access_token": "a", name: value}), {})
        except SkillkitError:
            continue
        assert found.access_token
        assert found.lifetime is None or 0 < found.lifetime <= oauth.LONGEST_LIFE


def test_fields_of_an_answer_become_parameters():
    document = {"access_token": "a", "instance": "eu-1", "team": {"id": 7}, "odd": {"a": 1}}
    captured = {"instance": "instance", "team.id": "team", "odd": "odd", "missing": "missing"}

    assert oauth.granted(said(document), captured).captured == {"instance": "eu-1", "team": "7"}


@pytest.mark.parametrize(
    ("wanted", "given", "lacking"),
    [
        (("a", "b"), None, ""),
        (("a", "b"), ("b", "a", "c"), ""),
        (("a", "b"), ("a",), "b"),
        (("a", "offline_access"), ("a",), ""),
        (("a", "b"), ("x",), "a, b"),
        ((), ("x",), ""),
    ],
)
def test_less_than_was_asked_for_is_told(wanted, given, lacking):
    told = oauth.narrowed(wanted, given)

    assert told == (f"the sign-in does not cover {lacking}: what needs that will be refused" if lacking else "")


def test_nothing_that_is_granted_is_shown():
    shown = repr(oauth.granted(said({"access_token": "canary-a", "refresh_token": "canary-r"}), {})) + repr(
        oauth.Client("c", "canary-s", "basic")
    )

    assert "canary" not in shown


# When a token is renewed.


@pytest.mark.parametrize(
    ("life", "left", "due"),
    [
        (3600, 61, False),
        (3600, 59, True),
        (3600, -5, True),
        (600, 59, True),
        (599, 60, False),
        (599, 59, True),
        (5, 0.6, False),
        (5, 0.4, True),
        ("", 59, True),
    ],
)
def test_a_token_is_renewed_a_minute_or_a_tenth_of_its_life_before_its_end(life, left, due):
    credential = secrets(access_token="a", refresh_token="r", lifetime=life, expires_at=1000.0 + left)

    assert oauth.is_due(way(), credential, 1000.0) is due


@pytest.mark.parametrize(
    ("auth", "credential", "due"),
    [
        (way(), secrets(access_token="a", refresh_token="r"), False),
        (way(), secrets(access_token="a", expires_at=1.0), False),
        (way(), secrets(access_token="a", refresh_token="r", expires_at="soon"), False),
        (way(), secrets(), False),
        (way("client_credentials"), secrets(client_id="c"), True),
        (way("client_credentials"), secrets(access_token="a", expires_at=1.0), True),
        (way("client_credentials"), secrets(access_token="a", expires_at=9999.0), False),
        (way("client_credentials"), secrets(access_token="a"), False),
    ],
)
def test_what_cannot_be_renewed_or_may_never_end_is_used_until_it_is_refused(auth, credential, due):
    assert oauth.is_due(auth, credential, 1000.0) is due


@given(st.floats(1, 1e6), st.floats(0, 2e6))
@example(1.0000000000000002, 0.0)
@settings(max_examples=200, deadline=None)
def test_a_token_is_never_used_beyond_its_end_nor_renewed_in_the_first_nine_tenths_of_its_life(life, passed):
    kept = oauth.kept(oauth.Grant("a", "r", life), 1_700_000_000.0)
    due = oauth.is_due(way(), secrets(**kept), 1_700_000_000.0 + passed)

    assert due or passed < life
    assert not due or passed >= life * 0.9 - 0.01


# Discovery.


@pytest.mark.parametrize(
    ("header", "place", "scopes"),
    [
        ('Bearer resource_metadata="https://a.example/m"', "https://a.example/m", ()),
        ('Bearer error="invalid_token",resource_metadata="https://a.example/m", scope="a b"', "https://a.example/m", ("a", "b")),
        ('Basic realm="x", Bearer scope="a"', "", ("a",)),
        ("Bearer", "", ()),
        ("", "", ()),
        ('Bearer xresource_metadata="https://evil.example"', "", ()),
        ('Bearer resource_metadata=""', "", ()),
    ],
)
def test_a_challenge_says_where_the_app_describes_itself(header, place, scopes):
    assert discovery.challenged(header) == (place, scopes)


@pytest.mark.parametrize(
    ("resource", "places"),
    [
        ("https://a.example", ["/.well-known/oauth-protected-resource"]),
        ("https://a.example/", ["/.well-known/oauth-protected-resource"]),
        ("https://a.example/p/mcp", ["/.well-known/oauth-protected-resource/p/mcp", "/.well-known/oauth-protected-resource"]),
    ],
)
def test_an_app_is_looked_for_at_its_path_and_then_at_the_root(resource, places):
    assert discovery.resource_places(resource) == tuple("https://a.example" + place for place in places)


@pytest.mark.parametrize(
    ("issuer", "places"),
    [
        ("https://a.example", ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]),
        (
            "https://a.example/t1",
            [
                "/.well-known/oauth-authorization-server/t1",
                "/.well-known/openid-configuration/t1",
                "/t1/.well-known/openid-configuration",
            ],
        ),
    ],
)
def test_a_sign_in_server_is_looked_for_in_the_order_of_the_specification(issuer, places):
    assert discovery.server_places(issuer) == tuple("https://a.example" + place for place in places)


@pytest.mark.parametrize("name", ["https://a.example/mcp", "https://a.example/mcp/", "https://a.example", "https://a.example/"])
def test_a_description_may_be_of_the_address_or_of_its_whole_origin(name):
    document = {"resource": name, "authorization_servers": ["https://l.example"], "scopes_supported": ["a", 7]}

    assert discovery.resource(document, "https://a.example/mcp") == discovery.Resource(name, ("https://l.example",), ("a",))


@pytest.mark.parametrize("document", [None, [], "x", 7])
def test_a_description_is_an_object(document):
    with pytest.raises(Upstream, match="no JSON object"):
        discovery.resource(document, "https://a.example")
    with pytest.raises(Upstream, match="no JSON object"):
        discovery.server(document, "https://a.example")
