"""Where a credential may travel: base URLs, paths, headers and names, by the vectors in data/."""

from __future__ import annotations

import re
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skillkit.connector import Access, Param
from skillkit.destination import (
    LONGEST_URL,
    Base,
    base,
    below,
    check_headers,
    check_names,
    check_path,
    is_loopback,
    path_refusal,
)
from skillkit.errors import InvalidInput

DATA = Path(__file__).parent / "data"
STANDS_FOR = {"TAB": "\t", "CR": "\r", "LF": "\n", "NUL": "\0", "DEL": "\x7f", "BLANK": " ", "COLON": ":"}


def vectors(name):
    """Return what a file of vectors says is to be rejected, and what is to be accepted."""
    _, _, rest = (DATA / name).read_text(encoding="utf-8").partition("[reject]\n")
    return [part.strip("\n").split("\n") for part in rest.split("[accept]\n")]


def meant(line):
    line, times, count = line.partition("<TIMES>")
    line = re.sub(r"<([A-Z]+)>", lambda found: STANDS_FOR[found[1]], line)
    return "" if line == "(empty)" else line[:-1] + line[-1] * int(count) if times else line


BAD_PATHS, GOOD_PATHS = vectors("paths.txt")
BAD_HEADERS, GOOD_HEADERS = vectors("headers.txt")

API = Base("https://api.test", "api.test", "/v1", named=False)
KEY = frozenset({"x-api-key"})


def test_no_vector_was_lost():
    assert [len(BAD_PATHS), len(GOOD_PATHS), len(BAD_HEADERS), len(GOOD_HEADERS)] == [77, 22, 42, 8]


# Paths.


@pytest.mark.parametrize("path", BAD_PATHS, ids=range(77))
def test_a_path_that_could_lead_astray_is_refused(path):
    with pytest.raises(InvalidInput, match="no path under the base URL"):
        check_path(meant(path))


@pytest.mark.parametrize("path", GOOD_PATHS)
def test_an_honest_path_passes(path):
    assert check_path(meant(path)) is None


@pytest.mark.parametrize(
    "path",
    [
        "/%EF%BC%85%32%65%EF%BC%852e/x",
        "/%E2%80%A4%E2%80%A4/x",
        "/..%EF%BC%8Fx",
        "/..%EF%BC%BCx",
        "/..%252f%CC%87x",
        "/..%EF%BC%9Bx",
        "/a%EF%BC%8F%EF%BC%8Fb",
        "/%ff",
        "/%" + "25" * 30 + "2e",
    ],
)
def test_neither_normalising_nor_decoding_once_more_reveals_another_path(path):
    assert path_refusal(path)


@pytest.mark.parametrize(
    "path",
    ["/%" + "25" * 4000, "/" + "%2525" * 1600, "/" + "%25" * 1300 + "%2e%EF%BC%85" * 300, "/" + "a/" * 4000, "/" + "%" * 8000],
)
def test_no_path_takes_long_to_judge(path):
    began = time.process_time()

    path_refusal(path)

    assert time.process_time() - began < 0.5


def test_a_path_has_a_longest():
    assert path_refusal("/" + "a" * (LONGEST_URL - 1)) == ""
    assert "more than 8,192" in path_refusal("/" + "a" * LONGEST_URL)


PIECES = st.sampled_from(
    [
        *"/.;%\\?#@:&=~ ",
        "..",
        "//",
        "a",
        "v1",
        "2e",
        "%2e",
        "%2f",
        "%5c",
        "%25",
        "%252e",
        "%00",
        "%0a",
        "%EF%BC%8E",
        "%EF%BC%8F",
        "%E2%80%A5",
        "%CC%87",
        "evil.test",
        "https:",
        "\N{TWO DOT LEADER}",
        "\N{FULLWIDTH FULL STOP}",
    ]
)


@given(st.lists(PIECES, max_size=9).map("".join), st.sampled_from(["/", ""]))
@example("..%252f%CC%87x", "/")
@settings(max_examples=1000, deadline=None)
def test_what_passes_stays_on_the_host_and_below_the_prefix(path, slash):
    if path_refusal(slash + path):
        return

    url = urlsplit(API.url + slash + path)

    assert (url.scheme, url.netloc, url.fragment) == ("https", "api.test", "")
    for seen in (url.path, unquote(url.path), unquote(unquote(url.path))):
        assert walked(seen)[:1] == ["v1"]


def walked(path):
    """Return where a naive server arrives that takes a path as one of files."""
    steps = []
    for step in re.split(r"[/\\]", path):
        if step.partition(";")[0] == "..":
            steps = steps[:-1]
        elif step not in {"", "."}:
            steps.append(step)
    return steps


# Headers.


def header(line):
    name, _, value = line.partition(":")
    return {meant(name): meant(value.removeprefix(" "))}


@pytest.mark.parametrize("line", BAD_HEADERS, ids=range(42))
def test_a_header_that_is_not_the_callers_is_refused(line):
    with pytest.raises(InvalidInput, match="is not sent") as raised:
        check_headers(header(line), KEY, Access("https://api.test", allow_headers=("X-Account-Id",)))

    assert len(str(raised.value)) < 250


@pytest.mark.parametrize("line", GOOD_HEADERS)
def test_a_header_that_is_the_callers_passes(line):
    assert check_headers(header(line), KEY, Access("https://api.test", allow_headers=("X-Account-Id",))) is None


@pytest.mark.parametrize("name", ["x-account-id", "X-Tenant", "X-Organization-Id", "organisation", "X-User-Id", "On-Behalf-Of"])
def test_a_header_that_chooses_an_account_needs_the_connectors_word(name):
    with pytest.raises(InvalidInput, match="it chooses an account"):
        check_headers({name: "42"}, KEY, Access("https://api.test"))

    assert check_headers({name: "42"}, KEY, Access("https://api.test", allow_headers=(name.upper(),))) is None


@pytest.mark.parametrize("carrier", ["authorization", "x-api-key", "x-shop-token", "session"])
def test_a_header_that_carries_the_credential_is_never_the_callers(carrier):
    allowing = Access("https://api.test", allow_headers=(carrier,))

    with pytest.raises(InvalidInput):
        check_headers({carrier.title(): "x"}, frozenset({carrier}), allowing)


def test_what_the_connection_sends_itself_cannot_be_replaced_but_for_what_is_asked_for():
    access = Access("https://api.test", headers={"X-Version": "2", "Accept": "application/json"})

    with pytest.raises(InvalidInput, match="the connection sets it"):
        check_headers({"x-version": "1"}, KEY, access)
    assert check_headers({"accept": "text/csv"}, KEY, access) is None


# Names.


@pytest.mark.parametrize(
    "name",
    [
        "api_key",
        "API_KEY",
        "api_key[]",
        "api_key[0]",
        "api%5Fkey",
        "api%255Fkey",
        "%61pi_key",
        "\uff41\uff50\uff49\uff3f\uff4b\uff45\uff59",
        "api.key",
        "api+key",
        "+api_key",
        "api_key%00x",
        "api_key%5B%5D",
    ],
)
def test_a_name_that_the_credential_travels_under_is_refused_however_it_is_spelled(name):
    carriers = frozenset({"api_key"})

    with pytest.raises(InvalidInput, match="the credential travels under it"):
        check_names((f"{name}=x",), None, carriers)
    with pytest.raises(InvalidInput, match="the credential travels under it"):
        check_names((), {name: "x"}, carriers)


@pytest.mark.parametrize("part", ["q=1&api_key=x", "q=1;api_key=x", "api_key", "api_key=a=b"])
def test_a_name_does_not_hide_beside_another(part):
    with pytest.raises(InvalidInput):
        check_names(("page=1", part), None, frozenset({"api_key"}))


def test_other_names_pass():
    assert check_names(("q=api_key", "api_keys=1", "key=2"), {"my_api_key": 1}, frozenset({"api_key"})) is None
    assert check_names(("q=1",), ["api_key"], frozenset({"api_key"})) is None


# Base URLs.


def app(base_url="https://{domain}.api.test/v2/", **schemas):
    schemas = schemas or {"domain": {"type": "string"}}
    return Access(base_url, params=tuple(Param(name, schema, required=True) for name, schema in schemas.items()))


@pytest.mark.parametrize("value", ["acme", "a", "a-b", "4711", "a" * 63])
def test_a_parameter_fills_a_part_of_the_host(value):
    assert base(app(), {"domain": value}) == Base(f"https://{value}.api.test", f"{value}.api.test", "/v2", named=False)


@pytest.mark.parametrize(
    "value",
    [
        "evil.test/",
        "a.b",
        "a@evil",
        "a#",
        "a?",
        "a:80",
        "-a",
        "a-",
        "a--b",
        "xn--80ak6aa92e",
        "",
        "a" * 64,
        "%2e",
        "\uff41",
        "A",
        "a_b",
        "a\n",
        "a b",
        "\\",
        "{domain}",
        None,
        7.5,
    ],
)
def test_a_parameter_never_leaves_its_part_of_the_host(value):
    with pytest.raises(InvalidInput, match="domain cannot be"):
        base(app(), {"domain": value})


def test_a_parameter_that_was_not_given_is_no_part_of_a_host():
    with pytest.raises(InvalidInput, match="domain cannot be"):
        base(app(), {})


def test_what_the_author_of_the_connector_lists_may_be_a_whole_host():
    region = {"enum": ["api.eu.test", "api.us.test:8443"]}

    assert base(app("https://{region}/v1", region=region), {"region": "api.us.test:8443"}).origin == "https://api.us.test:8443"
    with pytest.raises(InvalidInput):
        base(app("https://{region}/v1", region=region), {"region": "evil.test"})


def test_a_parameter_in_the_path_is_one_segment():
    access = app("https://api.test/{tenant}/v1", tenant={})

    assert base(access, {"tenant": "a b/c"}).prefix == "/a%20b%2Fc/v1"
    for value in ("..", "", "a\\b", "a/../b"):
        with pytest.raises(InvalidInput):
            base(access, {"tenant": value})


def test_a_name_in_the_host_that_is_no_parameter_leads_nowhere():
    with pytest.raises(InvalidInput, match="is not a base URL"):
        base(Access("https://{gone}.api.test"), {})


@pytest.mark.parametrize(
    ("given", "origin", "prefix"),
    [
        ("https://my.test", "https://my.test", ""),
        ("https://MY.test:443/", "https://my.test", ""),
        ("HTTPS://my.test:8443/api//", "https://my.test:8443", "/api"),
        ("http://localhost:9000/a%20b", "http://localhost:9000", "/a%20b"),
        ("http://my.test:080", "http://my.test", ""),
        ("http://[::1]:80/x", "http://[::1]", "/x"),
        ("https://under_score.test.", "https://under_score.test.", ""),
    ],
)
def test_the_person_who_connects_may_name_another_address(given, origin, prefix):
    found = base(app(), {}, given)

    assert (found.origin, found.prefix, found.named) == (origin, prefix, True)
    assert found.url == origin + prefix
    assert found.host == urlsplit(given).hostname


@pytest.mark.parametrize(
    "given",
    [
        "/",
        "my.test",
        "//my.test",
        "ftp://my.test",
        "https://",
        "https://user@my.test",
        "https://user:pw@my.test",
        "https://my.test?x=1",
        "https://my.test?",
        "https://my.test/#",
        "https://my.test:http",
        "https://my.test:99999",
        "https://my.test/../x",
        "https://my.test//x",
        "https://my.test/a b",
        "https://my.test\\@evil.test",
        "https://my.test\\.evil.test",
        "https://m\ty.test",
        " https://my.test",
        "https://my..test",
        "https://.test",
        "https://\uff4dy.test",
        "https://ex%61mple.test",
        "https://[::1",
        "https://[evil]",
        "https://my.test/\n",
        "https://my.test/ü",
    ],
)
def test_what_is_no_plain_address_is_refused(given):
    with pytest.raises(InvalidInput, match="is not a base URL"):
        base(app(), {"domain": "acme"}, given)


@pytest.mark.parametrize(("host", "expected"), [("localhost", True), ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True)])
def test_this_machine_is_known_by_its_names(host, expected):
    assert is_loopback(host) is expected


@pytest.mark.parametrize("host", ["127.0.0.1.evil.test", "localhost.evil.test", "127.1", "0.0.0.0", "10.0.0.1", "127.0.0.1."])
def test_what_only_looks_like_this_machine_is_not(host):
    assert not is_loopback(host)


# Addresses that the app itself names.


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.test/v1/x?page=2", "/x?page=2"),
        ("https://API.test:443/v1/x#part", "/x"),
        ("https://api.test/v1/", "/"),
        ("https://api.test/v1", ""),
        ("https://api.test/v10/x", ""),
        ("https://api.test/x", ""),
        ("http://api.test/v1/x", ""),
        ("https://api.test:8443/v1/x", ""),
        ("https://sub.api.test/v1/x", ""),
        ("https://user@api.test/v1/x", ""),
        ("https://api.test@evil.test/v1/x", ""),
        ("https://api.test.evil.test/v1/x", ""),
        ("//api.test/v1/x", ""),
        ("/v1/x", ""),
        ("https://[api.test/v1/x", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_only_what_is_below_the_base_is_followed(url, expected):
    assert below(url, API) == expected


def test_below_a_base_without_a_path_is_the_whole_origin():
    assert below("https://api.test/x", Base("https://api.test", "api.test", "", named=False)) == "/x"
