from __future__ import annotations

import json
import shutil
import signal
import subprocess
import urllib.request

import pytest

from skillkit.workspace import Workspace, shipped
from tests.process import SKILLKIT, environment


@pytest.fixture
def workspace(tmp_path, furnished):
    """A workspace with the shipped connectors alone, which are quick to render."""
    shutil.copytree(furnished, tmp_path / "home")
    space = Workspace(str(tmp_path / "home"), folders=(shipped(),))
    yield space
    space.close()


def test_a_registry_is_built_into_a_folder_and_said_what_is_in_it(skillkit, tmp_path):
    place = tmp_path / "public"
    typed = skillkit("registry", "build", str(place), "--lang", "de", "--json")
    said = json.loads(typed.stdout)

    assert typed.exit_code == 0
    assert said["folder"] == str(place)
    assert said["files"] == said["written"] == sum(path.is_file() for path in place.rglob("*"))
    assert "faktoora-e-invoicing" in said["skills"]
    assert "Rechnungen" in (place / ".well-known/skills/alegra-accounting/SKILL.md").read_text("utf-8")
    assert json.loads(skillkit("registry", "build", str(place), "--lang", "de", "--json").stdout)["written"] == 0


def test_a_folder_of_something_else_and_a_language_that_is_none_are_refused(skillkit, tmp_path):
    (tmp_path / "file").write_text("")
    foreign = skillkit("registry", "build", str(tmp_path))
    unspoken = skillkit("registry", "build", str(tmp_path / "new"), "--lang", "tlh")

    assert (foreign.exit_code, unspoken.exit_code) == (1, 3)
    assert "holds something else already" in foreign.stderr
    assert "there are no skills in 'tlh'" in unspoken.stderr
    assert not (tmp_path / "new").exists()


def test_a_registry_is_served_until_ctrl_c_and_says_first_where_it_is(tmp_path, furnished):
    home = shutil.copytree(furnished, tmp_path / "home")
    command = [*SKILLKIT, "registry", "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(home)) as process:
        try:
            rows = json.loads(process.stdout.readline())["items"]
            url = rows[0]["url"]
            with urllib.request.urlopen(f"{url}/api/v1/skills/faktoora/install") as answer:
                found = json.load(answer)
        finally:
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=10)

    assert {"name", "version", "url"} == set(rows[0])
    assert found["archive"]["version"].startswith("0.")
    assert process.returncode == 0
    assert f"npx skills add {url}" in said.decode()
    assert "Traceback" not in said.decode()
