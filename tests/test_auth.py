"""The ways to sign in: what each asks for, how it signs, and under which names its credential travels."""

from __future__ import annotations

from base64 import b64decode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillkit.auth import SCHEMES, accepted, carriers, fields, flow, hidden, in_query, lapsing, login, session, sign
from skillkit.connector import Auth
from skillkit.errors import ConnectionNotReady, InvalidInput, Unauthorized, Unavailable, Upstream
from skillkit.request import Request, Response, Terms
from skillkit.secret import Secret

REQUEST = Request("GET", "/x", ("q=1",), {"Accept": "a/b"})


def way(kind, **settings):
    return Auth("way", kind, {"type": kind, **settings})


KEY = way("api_key", name="X-API-Key", **{"in": "header"})
QUERIED = way("api_key", name="api key", **{"in": "query"})
BEARER = way("bearer")
BASIC = way("basic", username="{email}", password="{token}")
TOKEN_TWICE = way("basic", username="{token}", password="{token}")
SESSION = way("session", request="POST /login?grant=password", token="data.token")


def secrets(**values):
    return {name: Secret(value) for name, value in values.items()}


# Signing.


@pytest.mark.parametrize(
    ("auth", "credential", "headers", "query"),
    [
        (KEY, {"api_key": "k1"}, {"X-API-Key": "k1"}, ("q=1",)),
        (way("api_key", name="Authorization", prefix="Token "), {"api_key": "k1"}, {"Authorization": "Token k1"}, ("q=1",)),
        (QUERIED, {"api_key": "k 1&"}, {}, ("q=1", "api%20key=k%201%26")),
        (BEARER, {"token": "t1"}, {"Authorization": "Bearer t1"}, ("q=1",)),
        (BASIC, {"email": "a@b.test", "token": "t:ü"}, {"Authorization": "Basic YUBiLnRlc3Q6dDrDvA=="}, ("q=1",)),
        (TOKEN_TWICE, {"token": "t"}, {"Authorization": "Basic dDp0"}, ("q=1",)),
        (way("basic", username="{key}"), {"key": "k"}, {"Authorization": "Basic azo="}, ("q=1",)),
        (way("basic", username="api", password="{key}"), {"key": "k"}, {"Authorization": "Basic YXBpOms="}, ("q=1",)),
        (SESSION, {"username": "u", "password": "p", "session_token": "s"}, {"Authorization": "Bearer s"}, ("q=1",)),
        (way("oauth2", flow="code"), {"client_id": "c", "access_token": "a"}, {"Authorization": "Bearer a"}, ("q=1",)),
        (
            way("session", request="POST /login", token="t", name="X-Session"),
            {"username": "u", "password": "p", "session_token": "s"},
            {"X-Session": "s"},
            ("q=1",),
        ),
        (
            way("session", request="POST /login", token="t", name="sid", **{"in": "query"}),
            {"username": "u", "password": "p", "session_token": "s"},
            {},
            ("q=1", "sid=s"),
        ),
    ],
)
def test_a_request_is_signed_as_its_scheme_says(auth, credential, headers, query):
    signed = sign(auth, secrets(**credential), REQUEST)

    assert signed.headers == {"Accept": "a/b", **headers}
    assert signed.query == query
    assert REQUEST.headers == {"Accept": "a/b"}


@pytest.mark.parametrize("auth", [KEY, BEARER, BASIC])
@pytest.mark.parametrize("spelled", [str.lower, str.upper, str.title])
def test_what_stands_where_the_credential_goes_is_replaced_in_whatever_case(auth, spelled):
    (carrier,) = carriers(auth)
    credential = secrets(api_key="k", token="t", email="e")

    signed = sign(auth, credential, Request("GET", "/x", headers={spelled(carrier): "mine"}))

    assert len(signed.headers) == 1
    assert "mine" not in signed.headers.values()


def test_what_stands_where_the_credential_goes_in_the_query_is_replaced():
    signed = sign(QUERIED, secrets(api_key="k"), Request("GET", "/x", ("api%20key=mine", "a=1")))

    assert signed.query == ("a=1", "api%20key=k")


@pytest.mark.parametrize(
    ("auth", "credential", "lacking"),
    [(KEY, {}, "api_key"), (BEARER, {"api_key": "k"}, "token"), (BASIC, {"email": "e"}, "token"), (BASIC, {}, "email, token")],
)
def test_without_its_whole_credential_nothing_is_signed(auth, credential, lacking):
    with pytest.raises(ConnectionNotReady, match=f"has no {lacking}"):
        sign(auth, secrets(**credential), REQUEST)


def test_without_a_session_nothing_goes_out_unsigned():
    with pytest.raises(ConnectionNotReady, match="no session is open"):
        sign(SESSION, secrets(username="u", password="p"), REQUEST)


@pytest.mark.parametrize(
    ("auth", "expected", "queried"),
    [
        (KEY, {"x-api-key"}, False),
        (QUERIED, {"api key"}, True),
        (BEARER, {"authorization"}, False),
        (BASIC, {"authorization"}, False),
        (SESSION, {"authorization"}, False),
        (way("session", name="X-Session"), {"x-session"}, False),
    ],
)
def test_it_is_known_under_which_names_a_credential_travels(auth, expected, queried):
    assert carriers(auth) == expected
    assert in_query(auth) is queried


def test_a_way_that_is_not_possible_yet_is_refused():
    for act in (fields, carriers, lambda auth: sign(auth, {}, REQUEST)):
        with pytest.raises(ConnectionNotReady, match="hawk is not possible here yet"):
            act(way("hawk"))


def test_every_scheme_has_its_row():
    assert set(SCHEMES) == {"api_key", "basic", "bearer", "oauth2", "session"}


# What is asked for.


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        (KEY, [("api_key", "Api key", True)]),
        (BEARER, [("token", "Token", True)]),
        (BASIC, [("email", "Email", False), ("token", "Token", True)]),
        (TOKEN_TWICE, [("token", "Token", True)]),
        (way("basic", username="u", password="p"), []),
        (SESSION, [("username", "Username", False), ("password", "Password", True)]),
        (way("session", body={"login": "{user}", "pw": ["{pin}"]}), [("user", "User", False), ("pin", "Pin", True)]),
        (way("session", fields={"client_id": {}, "key": {}}), [("client_id", "Client id", False), ("key", "Key", True)]),
    ],
)
def test_signing_in_asks_for_what_its_templates_name(auth, expected):
    assert [(field.name, field.title, field.secret) for field in fields(auth)] == expected


def test_the_connector_may_say_what_a_field_is_called_and_whether_it_is_secret():
    described = {"email": {"title": "Login", "help": "https://app.test/me", "secret": True}, "token": {"secret": False}}

    email, token = fields(way("basic", username="{email}", password="{token}", fields=described))

    assert (email.title, email.help, email.secret) == ("Login", "https://app.test/me", True)
    assert (token.title, token.secret) == ("Token", False)


CODE = way("oauth2", flow="code")
SERVICE = way("oauth2", flow="client_credentials")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"flow": "code"}, [("client_id", False), ("client_secret", True)]),
        ({"flow": "device"}, [("client_id", False), ("client_secret", True)]),
        ({"flow": "code", "client_auth": "basic"}, [("client_id", False), ("client_secret", False)]),
        ({"flow": "code", "client_auth": "none"}, [("client_id", False)]),
        ({"flow": "code", "client_id": "ours"}, []),
        ({"flow": "code", "client_id": "ours", "fields": {"client_id": {}}}, [("client_id", True)]),
        ({"flow": "client_credentials"}, [("client_id", False), ("client_secret", False)]),
        ({"flow": "mcp"}, [("client_id", False), ("client_secret", True)]),
        ({"flow": "mcp", "client_id": "https://skillkit.example/client.json"}, [("client_id", True)]),
    ],
)
def test_of_a_client_only_what_the_connector_does_not_bring_is_asked_for(settings, expected):
    found = fields(way("oauth2", **settings))

    assert [(field.name, field.optional) for field in found] == expected
    assert all(field.secret is (field.name == "client_secret") for field in found)


@pytest.mark.parametrize(
    ("auth", "given", "kept"),
    [
        (CODE, {"client_id": "c"}, {"client_id": "c"}),
        (CODE, {"client_id": "c", "client_secret": ""}, {"client_id": "c"}),
        (CODE, {"client_id": "c", "client_secret": None}, {"client_id": "c"}),
        (CODE, {"client_id": "c", "client_secret": " s "}, {"client_id": "c", "client_secret": "s"}),
        (way("oauth2", flow="code", client_id="ours"), {}, {}),
    ],
)
def test_what_may_be_left_out_may_be_left_empty(auth, given, kept):
    assert accepted(auth, given) == kept


@pytest.mark.parametrize(
    "given", [{"client_id": "c"}, {"client_id": "c", "client_secret": ""}, {"client_id": "c", "client_secret": []}]
)
def test_a_service_has_to_prove_who_it_is(given):
    with pytest.raises(InvalidInput):
        accepted(SERVICE, given)


@pytest.mark.parametrize(
    ("auth", "expected"),
    [(CODE, "code"), (way("oauth2", flow="device"), "device"), (way("oauth2", flow="mcp"), "mcp"), (SERVICE, ""), (KEY, "")],
)
def test_it_is_known_whether_a_person_has_to_consent(auth, expected):
    assert flow(auth) == expected


def test_what_ends_by_itself_is_known_by_its_field():
    assert {name: scheme.lapsing for name, scheme in SCHEMES.items() if scheme.lapsing} == {
        "oauth2": "access_token",
        "session": "session_token",
    }
    assert [lapsing(auth) for auth in (KEY, BASIC, SESSION, CODE)] == ["", "", "session_token", "access_token"]


def test_nobody_consented_nothing_goes_out():
    with pytest.raises(ConnectionNotReady, match="nobody has consented yet"):
        sign(CODE, secrets(client_id="c"), REQUEST)


def test_of_a_credential_that_was_granted_only_the_secrets_are_hidden():
    names = ("access_token", "refresh_token", "previous_refresh_token", "client_secret", "client_id", "scope", "expires_at")

    assert hidden(CODE, names) == names[:4]
    assert hidden(SESSION, ("username", "password", "session_token")) == ("password", "session_token")


# What is accepted.


def test_a_credential_is_accepted_without_the_blanks_around_it():
    assert accepted(BASIC, {"token": " t 1\n", "email": "e@x.test"}) == {"email": "e@x.test", "token": "t 1"}
    assert accepted(BASIC, {"token": "pä ss", "email": "e"})["token"] == "pä ss"
    assert list(accepted(BASIC, {"token": "t", "email": "e"})) == ["email", "token"]


@pytest.mark.parametrize(
    ("auth", "given", "told"),
    [
        (KEY, {}, ["api_key is missing"]),
        (KEY, {"api_key": ""}, ["api_key must be a text, and not empty"]),
        (KEY, {"api_key": " \n"}, ["api_key must be a text, and not empty"]),
        (KEY, {"api_key": None}, ["api_key must be a text, and not empty"]),
        (KEY, {"api_key": 4711}, ["api_key must be a text, and not empty"]),
        (KEY, {"api_key": ["k"]}, ["api_key must be a text, and not empty"]),
        (KEY, {"api_key": "a\nb"}, ["api_key must have no line breaks, and no characters that nobody sees"]),
        (KEY, {"api_key": "a\0b"}, ["api_key must have no line breaks, and no characters that nobody sees"]),
        (KEY, {"api_key": "a\u200bb"}, ["api_key must have no line breaks, and no characters that nobody sees"]),
        (BASIC, {"email": "e", "token": "\ud800"}, ["token must have no line breaks, and no characters that nobody sees"]),
        (KEY, {"api_key": "schlüssel"}, ["api_key must be plain ASCII, for a header carries it"]),
        (BEARER, {"token": "tökn"}, ["token must be plain ASCII, for a header carries it"]),
        (
            BASIC,
            {"tokn": "x", "email": 7},
            ["token is missing", "tokn is not asked for", "email must be a text, and not empty"],
        ),
        (KEY, {"sk-live-4711": "", "api_key": "k"}, ["another name is not asked for"]),
        (KEY, {"a" * 31: "", "api_key": "k"}, ["another name is not asked for"]),
    ],
)
def test_all_that_is_wrong_with_a_credential_is_told_at_once(auth, given, told):
    with pytest.raises(InvalidInput, match="are not the credentials that 'way' takes") as raised:
        accepted(auth, given)

    assert [problem.message for problem in raised.value.problems] == told
    assert raised.value.hint.startswith("write {")


@pytest.mark.parametrize("given", [None, "canary", ["canary"], 7])
def test_a_credential_is_one_object(given):
    with pytest.raises(InvalidInput, match="one JSON object") as raised:
        accepted(BASIC, given)

    assert raised.value.hint == 'write {"email": "…", "token": "…"}'


VALUES = st.sampled_from(["canary-4711", "canary-4711\n\0", "canary-4711ü", ["canary-4711"], {"canary-4711": 1}, 4711])


@given(st.dictionaries(st.sampled_from(["api_key", "token", "email", "key", "canary-4711"]), VALUES))
@settings(max_examples=200, deadline=None)
def test_no_error_tells_a_value(given):
    for auth in (KEY, BEARER, BASIC, SESSION):
        with pytest.raises(InvalidInput) as raised:
            accepted(auth, {**given, "not asked for": "canary-4711"})

        assert "4711" not in f"{raised.value} {raised.value.hint} {raised.value.described()}"


# Sessions.


def test_a_session_is_opened_with_what_was_asked_for():
    request = login(SESSION, secrets(username="u", password="p", session_token="old"))

    assert (request.method, request.url) == ("POST", "/login?grant=password")
    assert request.body == {"username": "u", "password": "p"}
    assert request.terms == Terms(repeatable=True, attempts=1)


def test_a_session_may_want_a_body_of_its_own():
    auth = way("session", request="POST /login", body={"auth": {"name": "{user}", "all": "{...}"}}, token="t")

    assert login(auth, secrets(user="u")).body == {"auth": {"name": "u", "all": {"user": "u"}}}


@pytest.mark.parametrize(("path", "content"), [("data.token", b'{"data": {"token": "s1"}}'), (".", b'"s1"')])
def test_a_session_has_the_token_that_the_app_answers(path, content):
    assert session(way("session", token=path), Response(200, content=content)) == "s1"


@pytest.mark.parametrize(
    ("status", "content", "error"),
    [
        (401, b"", Unauthorized),
        (403, b"<html>", Unauthorized),
        (302, b"", Unauthorized),
        (429, b"", Unavailable),
        (500, b"", Unavailable),
        (503, b"{}", Unavailable),
        (200, b"{}", Unauthorized),
        (200, b'{"data": {"token": ""}}', Unauthorized),
        (200, b'{"data": {"token": null}}', Unauthorized),
        (200, b'{"data": {"token": {"a": 1}}}', Unauthorized),
        (200, b'{"data": {"token": 7}}', Unauthorized),
        (200, b"<html>canary-4711", Upstream),
    ],
)
def test_a_sign_in_that_fails_says_why_and_quotes_nothing(status, content, error):
    with pytest.raises(error) as raised:
        session(SESSION, Response(status, content=content))

    assert type(raised.value) is error
    assert raised.value.status == status
    assert "canary" not in str(raised.value)


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8"), min_size=1))
@settings(max_examples=50, deadline=None)
def test_a_basic_credential_is_what_both_sides_encoded(email, token):
    signed = sign(BASIC, secrets(email=email, token=token), REQUEST)

    assert b64decode(signed.headers["Authorization"].removeprefix("Basic ")).decode() == f"{email}:{token}"


@pytest.mark.parametrize("value", [[], {}, 7, True])
def test_an_optional_field_that_is_no_text_is_refused_like_any_other(value):
    way = Auth("own", "oauth2", {"type": "oauth2", "flow": "code"})

    with pytest.raises(InvalidInput, match="not the credentials"):
        accepted(way, {"client_id": "cli", "client_secret": value})
