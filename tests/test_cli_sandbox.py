from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from skillkit.cli.sandbox import FILE, check_installed
from skillkit.errors import SkillkitError
from skillkit.network import Network
from skillkit.sandbox.server import running
from skillkit.sandbox.vendors import vendor
from skillkit.workspace import Workspace


@pytest.fixture
def workspace(tmp_path, furnished):
    """A workspace that calls out: what it reaches is on this machine."""
    shutil.copytree(furnished, tmp_path / "home")
    network = Network()
    space = Workspace(str(tmp_path / "home"), network=network)
    yield space
    network.close()
    space.store.close()
    space.catalog.close()


@pytest.fixture(scope="module")
def clientary():
    with running("clientary", seed="demo") as urls:
        yield urls["clientary"]


def test_what_is_not_installed_is_said_with_the_way_to_install_it():
    with pytest.raises(
        SkillkitError, match="the sandboxes need no_such_library, no_such_other, which are not installed"
    ) as refused:
        check_installed(("json", "no_such_library", "no_such_other"))

    assert "pip install --editable '.[sandbox]'" in refused.value.hint
    check_installed()


@pytest.mark.parametrize("ending", ["", "/", "/api/v2"])
def test_a_sandbox_is_connected_by_its_address(skillkit, clientary, ending):
    address = clientary.removesuffix("/api/v2") + ending
    (row,) = json.loads(skillkit("sandbox", "connect", "--baseUrl", f"clientary={address}", "--json").stdout)["items"]

    assert (row["key"], row["state"], row["baseUrl"]) == ("clientary-sandbox", "READY", clientary)


def test_a_sandbox_is_connected_where_the_home_folder_says_it_is_and_again_where_it_moved(skillkit, workspace, clientary):
    found = vendor("clientary")
    place = {"baseUrl": clientary, "credential": dict(found.credential), "params": dict(found.params)}
    path = os.path.join(workspace.home, FILE)
    with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        json.dump({"clientary": place}, file)
    first = json.loads(skillkit("sandbox", "connect", "--json").stdout)["items"]
    with running("clientary") as urls:
        again = json.loads(skillkit("sandbox", "connect", "--baseUrl", f"clientary={urls['clientary']}", "--json").stdout)[
            "items"
        ]

    assert [row["baseUrl"] for row in (*first, *again)] == [clientary, urls["clientary"]]
    assert first[0]["id"] == again[0]["id"]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("connect",), "unknown_name"),
        (("connect", "clientary"), "unknown_name"),
        (("connect", "--baseUrl", "acme=http://127.0.0.1:1"), "unknown_name"),
        (("connect", "--baseUrl", "http://127.0.0.1:1"), "usage"),
        (("start", "acme"), "unknown_name"),
        (("start", "--fault", "explode=1"), "usage"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_starts(skillkit, words, kind):
    assert json.loads(skillkit("sandbox", *words, "--json").stderr)["error"]["kind"] == kind


def test_a_port_that_is_in_use_is_a_sentence(skillkit, clientary, workspace):
    port = clientary.split(":")[2].partition("/")[0]
    answer = skillkit("sandbox", "start", "clientary", "--port", port)

    assert (answer.exit_code, f"port {port}: address already in use" in answer.stderr) == (1, True)
    assert not os.path.exists(os.path.join(workspace.home, FILE))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
def test_a_started_sandbox_is_noted_while_it_runs(tmp_path):
    home = tmp_path / "home"
    words = [sys.executable, "-m", "skillkit", "sandbox", "start", "clientary", "--json"]
    environment = {**os.environ, "SKILLKIT_HOME": str(home)}
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        (row,) = json.loads(process.stdout.readline())["items"]
        noted = json.loads((home / FILE).read_text())
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=10)

    assert noted == {row.pop("key"): row}
    assert (process.returncode, "skillkit sandbox connect" in told) == (0, True)
    assert json.loads((home / FILE).read_text()) == {}
