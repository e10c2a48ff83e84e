"""A sign-in with a real server, recorded: none of its tokens is in the recording, which plays without the server (S8)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from interop.authority import Authority
from interop.conftest import DEMO
from interop.person import Person
from interop.signing import TYPED
from skillkit import accounts, calls, consent
from skillkit.calls import Call
from skillkit.connecting import SignIn, way
from skillkit.connection import Connection
from skillkit.exchange import Exchange
from skillkit.network import Network
from skillkit.workspace import Workspace
from tests.scrub import MARK, Recorder

CLIENT = {name.removeprefix("field."): value for name, value in TYPED["secret"].items()}


def worked(home: Path, issuer: str, network: Exchange, person: Person | None, name: str) -> list[str]:
    """Sign in with a browser and call the app until its token was renewed; return whatever opened anything on the way."""
    late = 0.0
    with closing(Workspace(str(home), folders=(str(DEMO.parent),), network=network, now=lambda: time.time() + late)) as space:
        space.vault.init("keyfile")
        record = Connection("c1", "", "", "oauth-demo", name, base_url=f"{issuer}/api")
        client: Mapping[str, str] = CLIENT if name == "secret" else {"client_id": "cli"}
        auth = way(space.catalog.connector("oauth-demo").access, name)
        begun = consent.begin(space, record, auth, client, "http://127.0.0.1:51004/callback")
        there = person.consent(begun.url) if person else f"?code={MARK}&state={begun.state}&iss={issuer}"
        back = dict(parse_qsl(urlsplit(there).query))
        granted = consent.finish(space, begun, back)
        said = SignIn("oauth-demo", dict(client), auth=name, base_url=record.base_url, granted=granted)
        account = accounts.connect(space, said)
        late = 700.0
        calls.perform(space, Call("get-me", connection=account.id))
        return [begun.state, begun.verifier, back["code"], granted["access_token"], granted["refresh_token"]]


@pytest.mark.parametrize("name", ["secret", "mcp"])
def test_no_token_of_a_real_server_is_in_a_recording_and_it_plays(authority: Authority, tmp_path: Path, name: str) -> None:
    authority.next(life=600)
    path = tmp_path / "sign-in.yaml"
    with closing(Network()) as network:
        recorder = Recorder(path, network)
        secrets = worked(tmp_path / "recorded", authority.issuer, recorder, Person(), name)
    recorder.save()
    secrets += [*authority.given(), CLIENT["client_secret"]]
    # An id token says in the clear whose it is, but for its signature.
    secrets += [token.rpartition(".")[2] for token in authority.given() if token.count(".") == 2]
    written = path.read_text()

    assert authority.answered("refresh_token") == {"200": 1}
    assert len(set(secrets)) > 7
    assert [secret for secret in secrets if secret in written] == []
    assert worked(tmp_path / "played", authority.issuer, Recorder(path), None, name)[3:] == [MARK, MARK]
    assert authority.asked("authorization_code") == 1
