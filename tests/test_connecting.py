"""From what a person says to a connection."""

from __future__ import annotations

import pytest

from skillkit.connecting import LONGEST_NAME, SignIn, opened, parameters, way
from skillkit.connection import Connection
from skillkit.connector import connector
from skillkit.errors import InvalidInput, UnknownName
from tests.values import replace

APP = connector(
    {
        "id": "app",
        "version": "1.0.0",
        "name": "App",
        "connection": {
            "base_url": "https://{domain}.app.test/v1",
            "headers": {"X-Tenant": "{tenant}"},
            "params": {
                "domain": {"type": "string", "pattern": "^[a-z]+$", "title": "Account domain"},
                "country": {"enum": ["DE", "AT"], "default": "DE"},
                "seats": {"type": "integer", "optional": True},
                "tenant": {"optional": True},
            },
            "auth": {"key": {"type": "api_key", "name": "X-Key"}, "login": {"type": "basic", "username": "{email}"}},
        },
    }
)
BLANK = Connection("id", "", "", "app", "")
SAID = SignIn("app", {"api_key": "canary-4711"}, params={"domain": "acme"})


def refused(said, connection=BLANK, app=APP):
    with pytest.raises(InvalidInput) as raised:
        opened(app, said, connection)
    return raised.value


def test_what_a_person_says_becomes_a_connection_and_a_credential():
    connection, credential = opened(APP, SAID, BLANK)

    assert credential == {"api_key": "canary-4711"}
    assert connection == replace(
        BLANK, name="App", auth="key", params={"domain": "acme", "country": "DE"}, origin="https://acme.app.test"
    )
    assert "canary" not in repr(connection)


def test_signing_in_again_keeps_what_is_not_said_anew():
    known = replace(BLANK, name="Mine", auth="login", params={"domain": "acme", "country": "AT", "gone": "x"})

    connection, credential = opened(APP, SignIn("app", {"email": "e@x.test"}, params={"country": "DE"}), known)

    assert (connection.name, connection.auth, connection.params) == ("Mine", "login", {"domain": "acme", "country": "DE"})
    assert credential == {"email": "e@x.test"}
    assert opened(APP, replace(SAID, auth="key", name=" New "), known)[0].name == "New"


def test_another_address_replaces_ours_and_what_fills_it():
    elsewhere = SignIn("app", {"api_key": "k"}, base_url="https://my.test/api/")

    connection, _ = opened(APP, elsewhere, BLANK)
    again, _ = opened(APP, SignIn("app", {"api_key": "k2"}), connection)

    assert (connection.base_url, connection.origin, connection.params) == (
        "https://my.test/api/",
        "https://my.test",
        {"country": "DE"},
    )
    assert again == connection


@pytest.mark.parametrize("address", ["http://my.test", "http://127.0.0.1.evil.test", "http://10.0.0.1"])
def test_no_credential_goes_out_in_the_clear(address):
    error = refused(replace(SAID, base_url=address))

    assert "would send the credential in the clear" in str(error)


@pytest.mark.parametrize("address", ["http://localhost:9000", "http://127.0.0.1", "http://[::1]:80"])
def test_plain_http_is_for_this_machine(address):
    assert opened(APP, replace(SAID, base_url=address), BLANK)[0].base_url == address


def test_all_that_is_wrong_is_told_at_once_and_no_value_of_it():
    error = refused(SignIn("app", {"apikey": "canary-4711"}, params={"country": "XX", "domian": "acme", "seats": "many"}))

    assert [(problem.path, problem.message) for problem in error.problems] == [
        ("/params/domian", "there is no parameter 'domian'; did you mean 'domain'?"),
        ("/params/domain", "domain is required (Account domain)"),
        ("/params/country", 'country: "XX" is not one of "DE" or "AT"'),
        ("/params/seats", 'seats: "many" is not of type "integer"'),
        ("/api_key", "api_key is missing"),
        ("", "apikey is not asked for"),
    ]
    assert error.hint == '--param domain=… and write {"api_key": "…"}'
    assert "canary" not in f"{error} {error.described()}"


def test_a_host_stays_a_part_of_the_host_even_where_the_connector_forgot_its_pattern():
    loose = replace(APP, access=replace(APP.access, params=(replace(APP.access.params[0], schema={}),)))

    assert "domain cannot be 'evil.test/'" in str(refused(replace(SAID, params={"domain": "evil.test/"}), app=loose))


@pytest.mark.parametrize("name", ["x" * (LONGEST_NAME + 1), "a\nb", "a\x1b[31m", "a\N{RIGHT-TO-LEFT OVERRIDE}b"])
def test_a_name_is_short_and_printable(name):
    assert "at most 120 printable characters" in str(refused(replace(SAID, name=name)))


# Ways to sign in.


def test_the_first_way_is_the_default():
    assert way(APP.access, "").name == "key"
    assert way(APP.access, "login").type == "basic"
    with pytest.raises(UnknownName, match="no way to sign in called 'oauth'") as raised:
        way(APP.access, "oauth")
    assert raised.value.hint == "known are key, login"


# Parameters.


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"domain": "acme"}, {"domain": "acme", "country": "DE"}),
        ({"domain": "acme", "seats": "7"}, {"domain": "acme", "country": "DE", "seats": 7}),
        ({"domain": "acme", "seats": 7}, {"domain": "acme", "country": "DE", "seats": 7}),
        ({"domain": "acme", "country": "AT"}, {"domain": "acme", "country": "AT"}),
    ],
)
def test_parameters_have_their_types_and_defaults(given, expected):
    assert parameters(APP.access, given, elsewhere=False) == expected


def test_what_a_header_needs_is_asked_for_even_when_the_address_is_another():
    needing = replace(
        APP.access,
        headers={"X-Domain": "{domain}"},
        params=tuple(replace(param, required=True) for param in APP.access.params[:1]),
    )

    with pytest.raises(InvalidInput, match="domain is required"):
        parameters(needing, {}, elsewhere=True)
    assert parameters(replace(needing, headers={}), {}, elsewhere=True) == {}


@pytest.mark.parametrize(
    ("params", "told"), [(APP.access.params, "known are domain, country, seats, tenant"), ((), "it takes none")]
)
def test_a_parameter_that_there_is_not_is_told_with_those_there_are(params, told):
    with pytest.raises(InvalidInput, match=told):
        parameters(replace(APP.access, params=params), {"zzz": 1}, elsewhere=True)
