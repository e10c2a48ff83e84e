"""What a person says of an app, and whose domain that is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillkit.site import LONGEST, domain, matched, nearest

PATTERNS = [
    ("alegra", "alegra.com"),
    ("alegra", "app.alegra.com"),
    ("clientary", "clientary.com"),
    ("clientary", "{domain}.clientary.com"),
    ("shop", "{shop}.{region}.shops.example"),
]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("https://app.alegra.com/x", "app.alegra.com"),
        ("http://app.alegra.com:8080/x?y=1#z", "app.alegra.com"),
        ("HTTPS://App.Alegra.COM", "app.alegra.com"),
        ("ALEGRA.com.", "alegra.com"),
        ("  alegra.com \n", "alegra.com"),
        ("alegra.com/login", "alegra.com"),
        ("alegra.com:443", "alegra.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("\uff41legra\u3002com", "alegra.com"),
        # Not the letter that it looks like, so not that app.
        ("\u0430legra.com", "xn--legra-3ve.com"),
        ("https://alegra.com#@evil.example", "alegra.com"),
        ("localhost:9000", "localhost"),
        ("http://127.0.0.1:9000", "127.0.0.1"),
        ("[::1]:9000", "[::1]"),
    ],
)
def test_an_address_or_a_domain_becomes_the_domain_that_is_looked_up(said, expected):
    assert domain(said) == expected


@pytest.mark.parametrize(
    "said",
    [
        "",
        " ",
        "not a url",
        "alegra",
        "Slack",
        "http://",
        "https:///x",
        "ftp://alegra.com",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "mailto:ada@alegra.com",
        "data:text/plain,x",
        # What stands before the @ is read first, and is not the host.
        "https://alegra.com@evil.example/",
        "https://user:secret@alegra.com",
        "https:\\\\alegra.com",
        "https://alegra.com\\@evil.example",
        "https://alegra.com:99999",
        "https://alegra.com:port",
        "a..b",
        "-a.com",
        "a-.com",
        "1.2.3",
        "alegra.c_m",
        "ale\x00gra.com",
        "ale\u202egra.com",
        "ale gra.com",
        "https://[::1",
        "x" * 64 + ".com",
        ".".join(["x" * 60] * 5),
        "https://alegra.com/" + "x" * LONGEST,
    ],
)
def test_what_is_neither_is_none(said):
    assert domain(said) == ""


@given(st.text(max_size=80) | st.text("https:/@.#?[]\\%-_aA1é。 ", max_size=40))
def test_whatever_is_said_the_domain_is_one_or_none(said):
    found = domain(said)

    assert found == domain(found), "what was normalised stays as it is"
    assert found.isascii()
    assert not set(found) & set("/@#?\\ ")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("alegra.com", ("alegra", {})),
        ("www.alegra.com", ("alegra", {})),
        ("mi.app.alegra.com", ("alegra", {})),
        ("clientary.com", ("clientary", {})),
        ("www.clientary.com", ("clientary", {})),
        ("acme.clientary.com", ("clientary", {"domain": "acme"})),
        ("a.b.clientary.com", ("clientary", {})),
        ("nord.eu.shops.example", ("shop", {"shop": "nord", "region": "eu"})),
        ("shops.example", ("", {})),
        ("notalegra.com", ("", {})),
        ("alegra.com.evil.example", ("", {})),
        ("alegra-com.example", ("", {})),
        ("clientaryxcom", ("", {})),
    ],
)
def test_a_domain_is_of_the_app_whose_pattern_says_most_about_it(host, expected):
    assert nearest(host, PATTERNS) == expected


def test_a_dot_of_a_pattern_is_a_dot():
    assert matched("{domain}.clientary.com", "acme-clientary.com") is None
    assert matched("alegra.com", "alegraxcom") is None
