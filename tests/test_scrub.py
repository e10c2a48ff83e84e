"""A recording of a sign-in: nothing in it opens anything, and it plays all the same."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillkit import consent, oauth, tokens
from skillkit.connecting import way
from skillkit.connection import Connection
from skillkit.workspace import Workspace
from tests import scrub
from tests.authority import Authority
from tests.scrub import FIELDS, MARK, Recorder

EXAMPLES = Path(__file__).parent.parent / "examples"
CANARY = "canary-7d1f"


@pytest.mark.parametrize("name", sorted(FIELDS | {"X-Amz-Signature", "sig", "api_key", "Access_Token"}))
def test_whatever_carries_a_key_is_scrubbed_in_every_place(name):
    form = urlencode({"grant_type": "x", name: CANARY})

    assert CANARY not in scrub.url(f"https://a.example/x?{form}")
    assert CANARY.encode() not in scrub.body(form.encode())
    assert CANARY.encode() not in scrub.body(json.dumps({"a": [{name: CANARY}], "to": f"https://a.example/?{form}"}).encode())


@pytest.mark.parametrize("name", ["Authorization", "cookie", "Set-Cookie", "X-API-KEY", "proxy-authorization"])
def test_headers_that_sign_are_left_out(name):
    assert scrub.headers({name: CANARY, "Accept": "a/b"}) == {"Accept": "a/b"}


def test_where_a_redirect_leads_is_scrubbed():
    assert scrub.headers({"Location": f"http://127.0.0.1:1/callback?code={CANARY}&iss=x"}) == {
        "Location": f"http://127.0.0.1:1/callback?code={MARK}&iss=x"
    }


@given(st.dictionaries(st.sampled_from(["id", "total", "grant_type"]), st.text() | st.integers(), min_size=1))
@settings(max_examples=50, deadline=None)
def test_what_is_no_key_is_recorded_as_it_is(document):
    plain = {name: value for name, value in document.items() if not str(value).startswith("http")}

    assert json.loads(scrub.body(json.dumps(plain).encode())) == plain


@pytest.mark.parametrize("content", [b"", b"plain text, a=b", b"%PDF-1.7\n\xff", b"a=b c"])
def test_what_is_neither_document_nor_form_is_recorded_as_it_is(content):
    assert scrub.body(content) == content


def signed_in(home: Path, network) -> dict[str, str]:
    """Sign in with a browser, then on another device, and renew what was given."""
    with closing(Workspace(str(home), folders=(str(EXAMPLES),), network=network, now=lambda: 0.0)) as space:
        record = Connection("c1", "", "", "oauth-demo", "secret", base_url="https://login.example/api")
        access = space.catalog.connector("oauth-demo").access
        client = {"client_id": "web", "client_secret": "canary-web-5a0c"}
        begun = consent.begin(space, record, way(access, "secret"), client, "http://127.0.0.1:51004/callback")
        back = AUTHORITY.consented(begun.url)
        granted = consent.finish(space, begun, back)
        device = consent.device(space, record, way(access, "device"), {})
        AUTHORITY.decide("yes")
        space.now = lambda: 6.0
        consent.poll(space, device)
        form = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
        asked = oauth.ask("https://login.example/token", oauth.Client("web", "canary-web-5a0c", "basic"), form)
        tokens.asked(network, asked, None)
        return granted


AUTHORITY = Authority()


def test_a_sign_in_is_recorded_without_a_key_and_plays(tmp_path):
    path = tmp_path / "sign-in.yaml"
    recorder = Recorder(path, AUTHORITY)

    granted = signed_in(tmp_path / "home", recorder)
    recorder.save()

    assert granted["access_token"].startswith("canary-access")
    written = path.read_text()
    assert written.count("interactions:") == 1
    assert written.count("uri: https://login.example/token") == 3
    assert "canary" not in written
    for name in ("access_token", "refresh_token", "client_secret", "code_verifier", "device_code"):
        assert not [line for line in written.splitlines() if name in line and MARK not in line]
    shutil.rmtree(tmp_path / "home")
    assert signed_in(tmp_path / "home", Recorder(path))["access_token"] == MARK
