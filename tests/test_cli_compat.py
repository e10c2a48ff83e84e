"""`skillkit compat membrane`: skills written for another tool find skillkit."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from skillkit import VERSION
from skillkit.cli.compat import script
from tests.process import ended, environment

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the command is a shell script")


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder whose name a shell would take apart."""
    path = tmp_path / "my $HOME's; bin"
    path.mkdir()
    return path


@pytest.fixture
def compat(tmp_path):
    """Runs `skillkit compat membrane` as a process, with a PATH of its own."""

    def run(*words, path: str = "/usr/bin:/bin"):
        done = ended(tmp_path / "home", "compat", "membrane", *words, "--json", env={"PATH": path})
        return done.returncode, json.loads(done.stdout or done.stderr)

    return run


def typed(file: Path, *words: str, home: Path, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([file, *words], capture_output=True, env=environment(home), cwd=cwd, timeout=30, check=False)


def test_a_line_that_begins_with_the_other_name_runs_here(compat, folder, tmp_path):
    code, document = compat("--install", str(folder))
    path = folder / "membrane"

    assert (code, document["path"], document["onPath"]) == (0, str(path), False)
    assert stat.S_IMODE(path.stat().st_mode) & 0o700 == 0o700
    assert os.listdir(folder) == ["membrane"]
    assert typed(path, "--version", home=tmp_path / "home").stdout.decode() == f"skillkit {VERSION}\n"
    listed = typed(path, "connector", "list", "--search", "alegra", "--json", home=tmp_path / "home")
    assert [row["id"] for row in json.loads(listed.stdout)["items"]] == ["alegra"]


def test_words_arrive_as_they_were_typed(compat, folder, tmp_path):
    compat("--install", str(folder))

    refused = typed(folder / "membrane", "help", "a b/$x `y` \"'*", "--json", home=tmp_path / "home")

    assert refused.returncode == 3
    assert "a b/$x `y` \"'*" in json.loads(refused.stderr)["error"]["message"].replace("\\'", "'")


def test_what_lies_in_the_current_folder_is_not_taken_for_skillkit(compat, folder, tmp_path):
    compat("--install", str(folder))
    trap = tmp_path / "trap"
    trap.mkdir()
    (trap / "skillkit.py").write_text("raise SystemExit(99)")
    (trap / "json.py").write_text("raise SystemExit(99)")

    assert typed(folder / "membrane", "--version", home=tmp_path / "home", cwd=trap).returncode == 0


@pytest.mark.parametrize("python", ["/usr/bin/python3", "/opt/my py/bin/python", "/a'b\"c/$(touch x)/`y`;\nz/python"])
def test_the_path_of_python_is_quoted_whole(python):
    *_, line = script(python).decode().split("\nexec ")

    assert shlex.split(line) == [python, "-P", "-m", "skillkit", "$@"]


def test_it_is_written_again_over_itself(compat, folder):
    assert compat("--install", str(folder))[0] == 0
    (folder / "membrane").write_bytes(script("/an/older/python"))

    assert compat("--install", str(folder))[0] == 0
    assert (folder / "membrane").read_bytes() == script(sys.executable)


@pytest.mark.parametrize("there", ["file", "link", "dangling", "folder", "ours elsewhere"])
def test_what_somebody_else_put_there_stays(compat, folder, tmp_path, there):
    path = folder / "membrane"
    other = tmp_path / "other"
    other.write_bytes(script("/usr/bin/python3") if there == "ours elsewhere" else b"#!/bin/sh\necho the real one\n")
    before = other.read_bytes()
    if there == "file":
        path.write_bytes(before)
    elif there == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "nowhere" if there == "dangling" else other)

    code, document = compat("--install", str(folder))

    assert (code, document["error"]["kind"]) == (6, "conflict")
    assert other.read_bytes() == before
    assert os.listdir(folder) == ["membrane"]
    assert there != "file" or path.read_bytes() == before


def test_it_says_what_stands_in_the_way(compat, folder, tmp_path):
    first = tmp_path / "first"
    first.mkdir()
    (first / "membrane").write_text("#!/bin/sh\n")
    (first / "membrane").chmod(0o755)

    _, document = compat("--install", str(folder), path=f"{first}:{folder}/.:/bin")
    assert (document["onPath"], document["first"]) == (True, str(first / "membrane"))
    assert "stands before it" in document["about"]

    _, document = compat("--install", str(folder), path=f"{folder}:{first}:/bin")
    assert (document["onPath"], document["about"]) == (True, "skills that type `membrane` now find skillkit")


def test_without_a_folder_it_explains_itself(compat, folder):
    code, document = compat()
    assert (code, document["installed"]) == (0, False)
    assert "npx @membranehq/cli" in document["about"]

    compat("--install", str(folder))
    _, document = compat(path=f"{folder}:/bin")
    assert (document["installed"], document["command"]) == (True, str(folder / "membrane"))


@pytest.mark.parametrize("wrong", ["nowhere", "file"])
def test_a_folder_that_is_none_is_refused(compat, tmp_path, wrong):
    (tmp_path / "file").touch()

    code, document = compat("--install", str(tmp_path / wrong))

    assert (code, document["error"]["kind"]) == (2, "usage")
    assert "make it first" in document["error"]["hint"]
