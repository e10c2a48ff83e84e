"""What a front door begins with: names become actions and connections, and parts are opened when they are needed."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from skillkit import accounts
from skillkit.errors import ConnectionNotReady, UnknownName
from skillkit.request import Request
from skillkit.workspace import Workspace, shipped, token

SOURCE = str(Path(__file__).parent.parent / "src")


def test_an_action_is_named_by_its_id_or_by_its_key_where_one_app_has_it(workspace, connected):
    connected("ledger")

    for name in ("ledger/list-entries", "list-entries"):
        action, connection = workspace.aim(name)
        assert (action.id, connection.key) == ("ledger/list-entries", "ledger")


def test_a_connection_says_which_app_is_meant(workspace, connected):
    connected("ledger")
    connected("faktoora", credential={"api_key": "canary"}, params={"host": "api.faktoora.com"})

    assert workspace.aim("create-product", "faktoora")[0].id == "faktoora/create-product"
    with pytest.raises(UnknownName, match="ledger has no action"):
        workspace.aim("create-product", "ledger")


def test_an_action_of_another_app_is_not_run_on_a_connection(workspace, connected):
    connected("ledger")

    with pytest.raises(UnknownName, match="is an action of alegra"):
        workspace.aim("alegra/list-invoices", "ledger")


def test_several_apps_that_have_an_action_are_told_apart_by_what_is_connected(workspace, connected):
    with pytest.raises(UnknownName, match="several apps have 'list-invoices'"):
        workspace.aim("list-invoices")

    connected("alegra", credential={"email": "a@example.com", "token": "canary"})

    assert workspace.aim("list-invoices")[0].id == "alegra/list-invoices"


def test_several_accounts_of_an_app_have_to_be_named(workspace, connected):
    connected("ledger")
    connected("ledger")

    with pytest.raises(UnknownName, match="ledger, ledger-2"):
        workspace.aim("ledger/list-entries")
    assert workspace.aim("ledger/list-entries", "ledger-2")[1].key == "ledger-2"


def test_an_action_of_an_app_that_is_not_connected_says_how_to_connect_it(workspace):
    with pytest.raises(ConnectionNotReady) as refused:
        workspace.aim("ledger/list-entries")

    assert refused.value.hint == "skillkit connect --connectorKey ledger"


@pytest.mark.parametrize("name", ["nothing", "ledger/nothing", "nobody/list-entries", "", "/"])
def test_an_action_that_is_not_there_is_said_to_be_none(workspace, name):
    with pytest.raises(UnknownName):
        workspace.aim(name)


def test_an_action_that_several_connectors_know_by_an_older_name_is_found(workspace, connected):
    connected("ledger")

    assert workspace.aim("read-entry")[0].key == "get-entry"


def test_nothing_is_made_before_it_is_needed(tmp_path):
    home = tmp_path / "home"

    Workspace(str(home))

    assert not home.exists()


def test_a_list_of_actions_opens_neither_vault_nor_store(workspace):
    workspace.store.close()
    for name in ("vault.db", "store.db"):
        Path(workspace.home, name).unlink(missing_ok=True)

    assert workspace.catalog.rows("ledger")

    assert not {"vault.db", "store.db"} & set(os.listdir(workspace.home))


def test_a_list_of_actions_loads_neither_vault_nor_network(tmp_path):
    home = str(tmp_path / "home")
    with closing(Workspace(home)) as space:
        space.catalog.count()
    code = f"""
import sys
from skillkit.workspace import Workspace
assert Workspace({home!r}).catalog.rows("alegra", "overdue invoices")
own = {{"skillkit." + name for name in ("vault", "network", "proxy", "run", "compile", "store", "schema", "format")}}
print(*(own | {{"yaml", "jsonschema_rs", "cryptography", "h11", "keyring", "ssl", "click"}}) & set(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": SOURCE}, capture_output=True, text=True, check=False
    )

    assert (done.stdout.split(), done.stderr) == ([], "")


def test_the_shipped_connectors_are_found_from_a_checkout():
    assert {"alegra", "clientary", "faktoora"} <= set(os.listdir(shipped()))


def test_a_users_own_connectors_lie_in_home(tmp_path):
    home = tmp_path / "home"
    own = home / "connectors" / "minimal"
    own.mkdir(parents=True)
    home.chmod(0o700)
    source = Path(__file__).parent / "data" / "connectors" / "ledger" / "connector.yaml"
    (own / "connector.yaml").write_text(source.read_text().replace("id: ledger", "id: minimal"))

    with closing(Workspace(str(home))) as space:
        assert {"alegra", "minimal"} <= {one.id for one in space.catalog.connectors()}


def test_a_root_certificate_of_the_persons_own_is_used_where_it_lies_in_home(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    assert Workspace(str(home)).network._ca_file == ""  # type: ignore[attr-defined]  # noqa: SLF001

    (home / "ca.pem").write_text("")

    assert Workspace(str(home)).network._ca_file == str(home / "ca.pem")  # type: ignore[attr-defined]  # noqa: SLF001


def test_a_connection_that_is_not_ready_opens_nothing(workspace, connected, wire):
    connection = connected("ledger")
    accounts.disconnect(workspace, "ledger")

    # As a command holds it that was asked a moment before.
    _, proxy = workspace.world(connection)
    with pytest.raises(ConnectionNotReady, match="has no credential"):
        proxy.send(Request("GET", "/company"))

    assert wire.asked == []


def test_tokens_differ():
    assert len({token() for _ in range(1000)}) == 1000


def test_a_country_is_a_parameter_of_the_connection_and_a_header_of_its_requests(workspace, connected):
    connection = connected("ledger", params={"country": "CH"})

    world, proxy = workspace.world(connection)

    assert world.params == {"country": "CH"}
    assert proxy.shown(Request("GET", "/company"))["headers"] == {"X-Country": "CH", "X-LEDGER-KEY": "[redacted]"}


def test_a_closed_workspace_opens_again(workspace):
    before = workspace.catalog.count()
    workspace.store.connections()

    workspace.close()

    assert workspace.catalog.count() == before
    assert workspace.store.connections() == ()
