"""The tree of commands as a whole: spellings, switches, versions, completion, and what each path loads."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from skillkit import VERSION
from skillkit.cli.main import COMMANDS, root
from skillkit.cli.tree import kebab
from tests.process import SKILLKIT, ended, environment
from tests.stub import served


def commands(group=root, path=()):
    """Yield every command there is, with the words that name it."""
    ctx = click.Context(group, info_name="skillkit")
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


TREE = dict(commands())
each_command = pytest.mark.parametrize("path", TREE, ids=" ".join)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home for commands that run as processes, with its catalog compiled."""
    folder = tmp_path_factory.mktemp("processes") / "home"
    assert ended(folder, "connector", "list").returncode == 0
    return folder


def error(ended):
    assert ended.stdout == ""
    return json.loads(ended.stderr)["error"]


# Spellings.


@each_command
def test_every_long_flag_has_both_spellings(path):
    for option in (each for each in TREE[path].params if isinstance(each, click.Option)):
        long = [word for word in option.opts if word.startswith("--")]
        camel = {re.sub("-([a-z])", lambda letter: letter[1].upper(), f"--{word[2:]}"[2:]) for word in long}

        assert {f"--{word}" for word in camel} <= set(long)
        assert {kebab(word) for word in long} <= set(long)


@each_command
def test_every_command_explains_itself(skillkit, path):
    shown = skillkit(*path, "--help")

    assert shown.exit_code == 0
    assert shown.stdout.startswith("Usage: skillkit " + " ".join(path))
    assert all(switch in shown.stdout for switch in ("--json", "--debug", "--no-color", "--help"))


@each_command
def test_a_help_is_a_sentence_and_every_option_has_one(path):
    command = TREE[path]

    assert re.fullmatch(r"[A-Z`].*\.", " ".join((command.help or "").split()))
    for option in (each for each in command.params if isinstance(each, click.Option) and not each.hidden):
        assert option.help
        assert "." in option.help


def test_the_table_of_nouns_says_what_they_say_of_themselves():
    told = {name: text for name, (_, _, text) in COMMANDS.items() if isinstance(TREE[name,], click.Group)}

    assert told == {name: TREE[name,].help for name in told}


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize(
    "line", ["action list", "connector list", "connection list", "run list", "help exit-codes", "help errors", "completion zsh"]
)
def test_the_switches_may_stand_at_any_place(skillkit, line, place):
    words = line.split()
    words.insert(place, "--json")
    if line.startswith(("help", "completion")) and place == 1:
        # `help` and `completion` are commands already: behind them stands their own word.
        words = [words[0], "--json", *words[2:]]

    ended = skillkit(*words)

    assert ended.exit_code == 0, ended.stderr
    assert ended.stdout.count("\n") == 1
    json.loads(ended.stdout)


@pytest.mark.parametrize(
    "words", [("--json", "action", "gett"), ("action", "--json", "gett"), ("action", "gett", "--json"), ("--json", "actoin")]
)
def test_an_error_heeds_the_switches_too(skillkit, words):
    refused = skillkit(*words)

    assert error(refused)["kind"] == "usage"
    assert "did you mean" in error(refused)["hint"]


# What is not there.


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("actions list", "did you mean action"),
        ("action lst", "did you mean list?"),
        ("conection get x", "did you mean connection or connect"),
        ("connection remove x", "known are"),
        ("action list --intnet x", "--intent"),
        ("action list --conectionId x", "--connectionId"),
        ("action list --limit", "--help"),
        ("action list --limit=ten", "--help"),
        ("action get", "--help"),
        ("action", "--help"),
        ("--json", "--help"),
        ("connection get", "--help"),
        ("connect", "--connectorKey"),
        ("request", "--help"),
        ("run show", "--help"),
        ("connector show", "--help"),
        ("completion tcsh", "--help"),
        ("help nonsense", "exit-codes"),
        ("connector show alegre", "alegra"),
        ("connector check alegre", "alegra"),
        ("connection get alegra", "skillkit connect"),
        ("run show run_1", "skillkit run list"),
    ],
)
def test_what_is_missing_or_unknown_is_answered_with_what_to_type(skillkit, line, hint):
    refused = skillkit(*line.split(), "--json")

    assert hint in error(refused)["hint"]
    assert error(refused)["kind"] in {"usage", "unknown_name"}
    assert refused.exit_code in {2, 3}


def test_a_line_without_words_explains_itself(skillkit):
    assert skillkit().stdout == skillkit("--help").stdout
    assert skillkit().exit_code == 0
    assert all(name in skillkit().stdout for name in COMMANDS)


# The nouns.


def test_connectors_are_listed_and_shown(skillkit):
    listed = json.loads(skillkit("connector", "list", "--search", "accounting", "--json").stdout)
    shown = json.loads(skillkit("connector", "show", "alegra", "--json").stdout)

    (alegra,) = (row for row in listed["items"] if row["id"] == "alegra")
    assert (shown["id"], shown["baseUrl"], len(shown["actions"])) == ("alegra", shown["baseUrl"], alegra["actions"])
    assert [field["name"] for field in shown["auth"][0]["fields"]] == ["email", "token"]


def test_connectors_are_checked_by_id_and_by_path(skillkit, tmp_path):
    by_id = json.loads(skillkit("connector", "check", "faktoora", "--json").stdout)
    by_path = json.loads(
        skillkit("connector", "check", str(Path(__file__).parent.parent / "connectors" / "faktoora"), "--json").stdout
    )

    assert by_id == by_path
    assert by_id["items"][0]["examples"] >= 20


def test_a_connector_that_is_broken_has_a_place_for_every_problem(skillkit, tmp_path):
    (tmp_path / "broken.yaml").write_text("skillkit: 1\nid: Broken\nactions: []\n")

    told = error(skillkit("connector", "check", str(tmp_path / "broken.yaml"), "--json"))

    assert told["kind"] == "invalid_connector"
    assert all(problem["line"] and problem["column"] and problem["rule"] for problem in told["problems"])


def test_a_connector_of_the_user_that_is_broken_is_a_notice_beside_the_list(skillkit, home, tmp_path):
    own = tmp_path / "home"
    (own / "connectors" / "mine").mkdir(parents=True)
    (own / "connectors" / "mine" / "connector.yaml").write_text("skillkit: 1\n")
    own.chmod(0o700)

    finished = ended(own, "connector", "list", "--json")

    assert {row["id"] for row in json.loads(finished.stdout)["items"]} == {"alegra", "clientary", "faktoora"}
    assert b"mine does not work: skillkit connector check " in finished.stderr


def test_a_vault_is_made_once_and_locked_anew(skillkit):
    assert json.loads(skillkit("vault", "init", "--json").stdout) == {"keptBy": "keyfile"}
    assert json.loads(skillkit("vault", "rotate", "--to", "keyfile", "--json").stdout) == {"keptBy": "keyfile"}
    assert list(json.loads(skillkit("vault", "rekey", "--json").stdout)) == ["records"]


def test_a_vault_is_locked_in_one_way(skillkit):
    refused = skillkit("vault", "init", "--passphrase", "--keyFile", "--json")

    assert (error(refused)["kind"], refused.exit_code) == ("usage", 2)


def test_a_connection_is_deleted_by_its_name(skillkit):
    skillkit(
        "connect",
        "--connectorKey",
        "ledger",
        "--credentials",
        "-",
        "--no-check",
        "--name",
        "Books",
        input='{"api_key": "canary-1"}',
    )

    assert json.loads(skillkit("connection", "delete", "books", "--json").stdout)["deleted"] is True
    assert json.loads(skillkit("connection", "list", "--json").stdout) == {
        "items": [],
        "next_cursor": None,
        "has_more": False,
        "total": 0,
        "cursor": None,
    }


# Versions and completion.


def test_the_version_is_answered_early_and_the_same(skillkit, tmp_path):
    early = ended(tmp_path, "--version")

    assert early.stdout.decode() == skillkit("--version").stdout == f"skillkit {VERSION}\n"
    assert (early.returncode, skillkit("--version").exit_code) == (0, 0)


LOADED = """
import sys
from skillkit.__main__ import main
code = main()
sys.stdout.flush()
sys.stderr.write("\\n".join(sorted(sys.modules)))
sys.exit(code)
"""


def loaded(home, *words):
    finished = ended(home, *words, code=LOADED)
    assert finished.returncode == 0, finished.stderr
    return set(finished.stderr.decode().split())


def test_a_version_loads_neither_click_nor_json(tmp_path):
    assert not loaded(tmp_path, "--version") & {"click", "json", "re", "skillkit.cli", "typing"}


@pytest.mark.parametrize(
    "words", [("--json",), ("--intent", "overdue invoices", "--json"), ("--connector", "alegra", "--limit", "1")]
)
def test_a_list_of_actions_loads_only_what_it_needs(home, words):
    unneeded = {
        "yaml",
        "jsonschema",
        "jsonschema_rs",
        "cryptography",
        "h11",
        "httpx",
        "jinja2",
        "keyring",
        "argon2",
        "ssl",
        "socket",
    }
    unneeded |= {"skillkit.request", "skillkit.run", "skillkit.proxy", "skillkit.vault", "skillkit.store", "skillkit.cli.request"}
    unneeded |= {"pathlib", "logging", "asyncio", "importlib.metadata", "secrets", "difflib", "shutil", "traceback"}
    unneeded |= {"skillkit.connector"} if "--connector" not in words else set()

    assert loaded(home, "action", "list", *words) & unneeded == set()


def test_a_run_of_an_action_loads_only_what_it_needs(tmp_path):
    home = tmp_path / "home"
    with served(Path(__file__).parent.parent / "cassettes" / "faktoora") as address:
        line = f"connect --connectorKey faktoora --base-url {address}/api/v1 --credentials - --no-check"
        assert ended(home, "vault", "init", "--key-file").returncode == 0
        assert ended(home, *line.split(), given=b'{"api_key": "canary-0123456789"}').returncode == 0
        modules = loaded(home, "action", "run", "faktoora/list-webhooks", "--json")

    assert {"skillkit.run", "jsonschema_rs", "h11"} <= modules
    unneeded = {
        "yaml",
        "jsonschema",
        "httpx",
        "jinja2",
        "keyring",
        "argon2",
        "importlib.metadata",
        "asyncio",
        "logging",
        "pathlib",
    }
    assert modules & unneeded == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_completion_script(skillkit, shell):
    script = skillkit("completion", shell)

    assert (script.exit_code, script.stderr) == (0, "")
    assert f"_SKILLKIT_COMPLETE={shell}_complete" in script.stdout
    assert "skillkit" in script.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("skillkit ", {"action", "connect", "connection", "connector", "request", "run", "vault", "completion", "help"}),
        ("skillkit act", {"action"}),
        ("skillkit action ", {"list", "get", "run"}),
        ("skillkit nonsense ", set(COMMANDS)),
        ("skillkit action nonsense ", {"list"}),
        ("skillkit action list --connectionId nonsense --", {"--intent"}),
        ("skillkit completion ", {"bash", "zsh", "fish"}),
        ("skillkit vault rotate --t", {"--to"}),
    ],
)
def test_words_are_completed_also_where_there_is_no_home(tmp_path, words, expected):
    typed = words.split(" ")
    env = {"_SKILLKIT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(typed) - 1), "HOME": "/nonexistent"}

    finished = ended(tmp_path / "none" / "home", env=env)

    offered = {line.partition(",")[2] for line in finished.stdout.decode().split()}
    assert offered >= expected
    assert finished.stderr == b""
    assert not (tmp_path / "none").exists()


def test_the_command_of_the_package_and_its_module_are_one():
    script = Path(sys.executable).with_name("skillkit")
    if not script.exists():
        pytest.skip("SKIPPED: the package is not installed here")
    text = script.read_text()

    assert "from skillkit.__main__ import main" in text


def test_a_process_needs_nothing_of_its_surroundings(home):
    finished = subprocess.run(
        [*SKILLKIT, "connector", "list", "--json"],
        capture_output=True,
        env={"SKILLKIT_HOME": str(home), "PYTHONPATH": environment(home).get("PYTHONPATH", "")},
        cwd=os.path.abspath(os.sep),
        check=False,
    )

    assert (finished.returncode, finished.stderr) == (0, b"")
