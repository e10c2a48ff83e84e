"""Every action of every shipped connector, run against its cassette through the real proxy, with no network."""

from __future__ import annotations

import re
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from skillkit import calls
from skillkit.auth import fields
from skillkit.calls import Call
from skillkit.catalog import Catalog
from skillkit.compile import sources
from skillkit.connection import Connection
from skillkit.connector import connector as parsed
from skillkit.destination import base
from skillkit.format import complete, merged
from skillkit.run import Options
from skillkit.workspace import Workspace
from tests.replay import CREDENTIAL_HEADERS, Player

ROOT = Path(__file__).parent.parent
CONNECTORS = sorted(path.name for path in (ROOT / "connectors").iterdir() if (path / "connector.yaml").is_file())
DOCUMENTS: dict[str, Any] = {
    key: complete(merged(sources(str(ROOT / "connectors" / key))).document)  # type: ignore[arg-type]
    for key in CONNECTORS
}
HEADS = {key: parsed(head) for key, (head, _) in DOCUMENTS.items()}
ACTIONS = [(key, action) for key, (_, actions) in DOCUMENTS.items() for action in actions]
POPULAR = {
    "faktoora": """
        list-incoming-invoices list-outgoing-invoices list-products list-customers get-invoice-by-id
        get-invoice-by-number get-product get-customer create-product create-customer update-product update-customer
        delete-invoice delete-product delete-customer get-outgoing-invoice-content get-outgoing-invoice-status
        list-webhooks create-webhook update-webhook
    """,
    "alegra": """
        list-invoices list-contacts list-items list-bills list-estimates list-payments list-users create-invoice
        create-contact create-item create-bill create-estimate create-payment update-invoice update-contact update-item
        update-estimate get-invoice get-contact get-item
    """,
    "clientary": """
        list-clients list-projects list-invoices list-estimates list-tasks list-contacts list-expenses list-payments
        list-hours get-client get-project get-invoice get-estimate get-task get-contact get-expense get-hours-entry
        create-client create-project create-invoice
    """,
}


def example(connector: str, action: str) -> dict:
    """The first example of an action that is not an error: its cassette plays that call."""
    return next(one for one in DOCUMENTS[connector][1][action]["examples"] if "error" not in one)


def params(connector: str) -> dict:
    """What a person would say: the default of each parameter that is asked for, or the example beside it."""
    asked = [param for param in HEADS[connector].access.params if param.required or "default" in param.schema]
    return {param.name: param.schema.get("default", param.schema.get("examples", ["acme"])[0]) for param in asked}


def credential(connector: str) -> dict:
    way = HEADS[connector].access.auth[0]
    return {field.name: f"canary-{connector}-1b2c3d" if field.secret else "books@example.com" for field in fields(way)}


@pytest.fixture(scope="session")
def compiled(tmp_path_factory) -> bytes:
    """The catalog, compiled once for all: what a second command finds."""
    home = tmp_path_factory.mktemp("catalog")
    with closing(Workspace(str(home))) as space:
        space.catalog.count()
    return (home / "catalog.db").read_bytes()


@pytest.fixture
def connected(tmp_path, compiled):
    """A workspace with one account, whose app is a cassette."""
    with ExitStack() as opened:
        yield lambda connector, player: opened.enter_context(closing(account(tmp_path / "home", connector, player, compiled)))


def account(home: Path, connector: str, player: Player, compiled: bytes) -> Workspace:
    home.mkdir(mode=0o700)
    (home / "catalog.db").write_bytes(compiled)
    space = Workspace(str(home), network=player, sleep=lambda _seconds: None)
    connection = Connection(
        id=f"id-{connector}",
        key=connector,
        name=connector,
        connector=connector,
        auth="",
        params=params(connector),
        origin=base(HEADS[connector].access, params(connector)).origin,
        state="READY",
    )
    space.vault.init("keyfile")
    space.vault.put(connection.id, credential(connector))
    space.store.add(connection)
    return space


def fits(schema: dict, value: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(value)]


@pytest.mark.parametrize("connector", POPULAR)
def test_every_popular_action_is_there_under_its_key(connector):
    assert set(POPULAR[connector].split()) <= set(DOCUMENTS[connector][1])
    assert len(POPULAR[connector].split()) == 20


@pytest.mark.parametrize("connector", CONNECTORS)
def test_there_is_a_cassette_for_every_action_and_none_besides(connector):
    recorded = {path.stem for path in (ROOT / "cassettes" / connector).glob("*.yaml")}

    assert recorded == set(DOCUMENTS[connector][1])


@pytest.mark.parametrize(("connector", "action"), ACTIONS)
def test_an_action_replays_its_cassette(connector, action, tmp_path, monkeypatch, connected):
    monkeypatch.chdir(tmp_path)
    player = Player(ROOT / "cassettes" / connector / f"{action}.yaml")
    player.files(tmp_path)
    space = connected(connector, player)

    ran = calls.perform(space, Call(action, example(connector, action).get("input", {}), connector))

    assert player.cassette.all_played, "not every exchange of the cassette was asked for"
    assert ran.warnings == ()
    document = DOCUMENTS[connector][1][action]
    schema = document.get("output", {})
    if document.get("file"):
        assert (tmp_path / Path(ran.output["path"]).name).stat().st_size == ran.output["size"] > 0
    else:
        rows = ran.output["items"] if document.get("items") else [ran.output]
        assert [problem for row in rows for problem in fits(schema, row)] == []


@pytest.mark.parametrize(("connector", "action"), ACTIONS)
def test_the_credential_goes_out_with_every_exchange_and_stays_nowhere(connector, action, tmp_path, monkeypatch, connected):
    monkeypatch.chdir(tmp_path)
    player = Player(ROOT / "cassettes" / connector / f"{action}.yaml")
    player.files(tmp_path)
    space = connected(connector, player)
    secret = next(value for value in credential(connector).values() if value.startswith("canary"))

    ran = calls.perform(space, Call(action, example(connector, action).get("input", {}), connector, Options(raw=True)))

    carried = [{name.lower() for name, _ in wire.headers} & CREDENTIAL_HEADERS for wire in player.asked]
    assert all(len(names) == 1 for names in carried)
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    assert kept == []
    assert secret not in str(ran) + str(space.store.run(ran.id))


@pytest.mark.parametrize("path", sorted((ROOT / "cassettes").rglob("*.yaml")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_cassette_says_where_it_comes_from_and_holds_no_credential(path):
    text = path.read_text("utf-8")
    recorded = yaml.safe_load(text)

    assert re.match(r"# Provenance: (documented exchange, https://|written from the documented fields of https://)", text)
    for exchange in recorded["interactions"]:
        names = {name.lower() for name in (*exchange["request"]["headers"], *exchange["response"]["headers"])}
        assert not names & (CREDENTIAL_HEADERS | {"set-cookie"})


def test_the_catalog_is_what_the_suite_read(tmp_path):
    with closing(Catalog(str(tmp_path), (str(ROOT / "connectors"),))) as catalog:
        assert [connector.id for connector in catalog.connectors()] == CONNECTORS
        assert catalog.count() == len(ACTIONS)
        assert catalog.broken() == ()
