"""What the pages say is so: rendered ones are current, named things exist, and the README's commands run as they stand there."""

from __future__ import annotations

import inspect
import json
import os
import pty
import re
import resource
import select
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo import run as demonstration
from demo.run import Stage, Step
from docs import reference
from skillkit import address, network, proxy, source, vault
from skillkit.authoring.check import report
from skillkit.cli.main import root
from skillkit.cli.output import EXITS, INTERRUPTED
from skillkit.connector import MAX_BYTES
from skillkit.sandbox.server import running
from skillkit.sandbox.vendors import vendor

ROOT = Path(__file__).resolve().parent.parent
SHORT = {"README.md": 150, "CONTRIBUTING.md": 120, "AGENTS.md": 80}


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


README = page("README.md")


# What is rendered.


@pytest.mark.parametrize("name", reference.PAGES)
def test_a_rendered_page_is_what_it_is_rendered_from(name):
    assert reference.written(name) == reference.PAGES[name](), f"{name} is stale: run `make render` and commit the result"


def test_rendering_makes_no_home(tmp_path, monkeypatch):
    monkeypatch.setenv("SKILLKIT_HOME", str(tmp_path / "home"))
    for name in reference.PAGES:
        if name != "README.md":
            reference.PAGES[name]()

    assert list(tmp_path.iterdir()) == []


COMMANDS = list(reference.commands(root, "skillkit"))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command["name"])
def test_a_command_has_help_and_stands_in_a_page(command):
    assert command["help"].endswith(".")
    assert f"skillkit {command['name']}" in README + page("docs/cli.md")


def test_every_key_of_the_format_stands_on_its_page():
    text = page("docs/connector-format.md")
    schema = json.loads(reference.SCHEMA.read_text("utf-8"))
    parts = [schema, *schema["$defs"].values()]

    keys = {key for part in parts for key in part.get("properties", ())}
    assert {key for key in keys if f"| `{key}`" not in text} == set()


def test_every_module_has_a_floor_and_a_sentence():
    paths = [path.relative_to(reference.SOURCE).with_suffix("") for path in reference.SOURCE.rglob("*.py")]
    # A package within a package is one row.
    known = {"/".join(path.parts[:2]).removesuffix("/__init__") for path in paths}

    assert {name for _, name, says in reference.modules() if says.endswith(".")} == known - {"__init__"}


def test_a_sandbox_says_what_was_chosen_where_nobody_knows():
    text = page("docs/sandboxes.md")

    assert [heading for heading in re.findall("^### (.+)$", text, re.MULTILINE) if vendor(heading).choices] == list(
        demonstration.APPS
    )


def test_the_readme_counts_the_actions_that_ship():
    actions = [report(str(path)).actions for path in sorted((ROOT / "connectors").iterdir())]

    assert f"with {sum(actions)} actions" in README


# What is named exists.


@pytest.mark.parametrize("name", SHORT)
def test_a_page_is_short_enough_to_be_read(name):
    assert len(page(name).splitlines()) <= SHORT[name]


PAGES = [path.relative_to(ROOT).as_posix() for path in sorted((*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))]


@pytest.mark.parametrize("name", PAGES)
def test_a_link_to_a_file_leads_somewhere(name):
    prose = re.sub(r"^```.*?^```", "", page(name), flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose)
    inside = [link for link in links if "://" not in link]

    assert [link for link in inside if not (ROOT / name).parent.joinpath(link).exists()] == []


@pytest.mark.parametrize("name", ["AGENTS.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_paths_that_a_page_names_exist(name):
    words = re.findall(r"[`\s(]((?:src|tests|docs|demo|cassettes|connectors)/[\w./-]+|[\w-]+\.(?:md|toml|yaml))", page(name))
    named = {word.rstrip(".") for word in words if "acme" not in word}
    roots = (ROOT, ROOT / "docs", ROOT / "src/skillkit", ROOT / "src/skillkit/authoring", ROOT / "connectors/alegra")

    assert named
    assert {word for word in named if not any((root / word).exists() for root in roots)} == set()


# `test_house` checks that every recipe which a page names is one.
@pytest.mark.parametrize("name", ["README.md", "AGENTS.md", "CONTRIBUTING.md"])
def test_a_page_names_the_recipes_that_a_newcomer_needs(name):
    assert {"setup", "test"} <= set(re.findall(r"\bmake ([a-z]+)", page(name)))


def test_the_connector_that_a_newcomer_copies_is_one(tmp_path):
    (copied,) = re.findall(r"^```yaml\n(.*?)^```", page("CONTRIBUTING.md"), re.MULTILINE | re.DOTALL)
    (tmp_path / "connector.yaml").write_text(copied)

    found = report(str(tmp_path))
    assert (found.errors, found.warnings, found.examples) == ((), (), 1)


def test_a_pull_request_asks_five_things():
    assert page(".github/PULL_REQUEST_TEMPLATE.md").count("- [ ] ") == 5


STATIONS = [
    (file, function)
    for file, functions in re.findall(r"`([\w/]+\.py)`((?:,? (?:and )?`\w+`)+)", page("docs/architecture.md"))
    for function in re.findall(r"`(\w+)`", functions)
]


@pytest.mark.parametrize(("file", "function"), STATIONS)
def test_a_station_of_the_journey_is_where_the_page_says(file, function):
    assert re.search(rf"^ *def {function}\b", (reference.SOURCE / file).read_text("utf-8"), re.MULTILINE)


def test_the_journey_has_ten_steps():
    assert re.findall(r"^(\d+)\. ", page("docs/architecture.md"), re.MULTILINE) == [str(number) for number in range(1, 11)]
    assert len(STATIONS) > 20


def test_decisions_are_numbered_without_a_gap():
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs/decisions").glob("*.md"))]

    assert numbers == list(range(1, len(numbers) + 1))


def test_the_exit_codes_that_are_written_down_are_those_of_the_table():
    decided = re.findall(r"^\| (\d+) \|", page("docs/decisions/0007-exit-codes-and-error-envelope.md"), re.MULTILINE)
    listed = {
        kind: int(code)
        for code, kinds in re.findall(r"^\| (\d+) \| ([\w, ]+) \|$", page("docs/cli.md"), re.MULTILINE)
        for kind in kinds.split(", ")
    }

    assert {int(code) for code in decided} == {0, *EXITS.values(), INTERRUPTED}
    assert listed == {"ok": 0, **EXITS, "interrupted": INTERRUPTED}


PATIENCE = inspect.signature(network.Network).parameters


@pytest.mark.parametrize(
    "figure",
    [
        f"{vault.NONCE * 8}-bit nonce",
        f"At most {proxy.MOST_HOPS} redirects",
        f"{len(address.METADATA)} metadata addresses",
        f"{len(address.NEVER)} blocks never",
        f"{len(address.PRIVATE)} private blocks",
        f"{PATIENCE['connect_timeout'].default:.0f} s to connect",
        f"{PATIENCE['first_byte_timeout'].default:.0f} s to the first byte",
        f"{MAX_BYTES // 1_000_000} MB an answer",
        f"{source.LARGEST // 1024} KiB a connector file",
    ],
)
def test_a_figure_about_security_is_that_of_the_code(figure):
    assert figure in README


# The demonstration.

SECRET = "canary-of-the-demo"
LINES = "invoice_items_attributes"


def test_the_demonstration_says_first_that_it_is_one_and_leaves_only_the_invoice(tmp_path):
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    played = subprocess.run(
        [sys.executable, ROOT / "demo/run.py"], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False
    )

    assert played.returncode == 0, played.stdout + played.stderr
    assert played.stdout.startswith("A demonstration: it needs no account, and nothing leaves this machine.")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["RE-1042.pdf"]
    # Other tests run beside it, so what is counted is its own work; it waits for two seconds more.
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - began.ru_utime - began.ru_stime < 8


def test_a_command_of_the_demonstration_can_be_typed_as_it_is_printed():
    printed = re.findall(r"^\$ (skillkit action run clientary/create-invoice.*(?:\n    .*)*)", README, re.MULTILINE)
    words = [shlex.split(each.replace("\\\n", "")) for each in printed]

    assert [word.partition("=")[0] for word in words[0][5::2]] == ["client_id", "date", "due_date", "currency_code", LINES]
    assert [line["quantity"] for line in json.loads(words[0][-1].removeprefix(f"{LINES}="))] == [2.5, 1.5]


def test_the_demonstration_does_not_begin_without_its_apps(tmp_path, capsys):
    (tmp_path / "home").write_text("no folder")
    with demonstration.sandboxes(str(tmp_path)) as secrets:
        assert secrets == ()

    assert "SKILLKIT_HOME" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("step", "good"),
    [
        (Step(("help", "exit-codes"), "interrupted"), True),
        (Step(("help", "exit-codes"), "no such word"), False),
        (Step(("help", "exit-codes"), "interrupted", exit=4), False),
        (Step(("help", "no-such-topic"), "known are"), False),
        (Step(("help", "no-such-topic"), "known are", exit=3), True),
        (Step(("help", SECRET), "known are", exit=3), False),
    ],
)
def test_the_demonstration_stops_at_a_step_that_does_not_end_as_it_must(step, good, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert demonstration.play([step, step], Stage(str(tmp_path), (SECRET,))) is good


def test_the_demonstration_finds_a_secret_that_was_written_down(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stage = Stage(str(tmp_path), (SECRET,))
    assert demonstration.kept(stage)

    (tmp_path / "log").write_text(f"signed with {SECRET}")
    assert not demonstration.kept(stage)


# The README's commands.


@dataclass(frozen=True, slots=True)
class Shown:
    """A command line that a page shows, and what it says comes of it."""

    line: str
    output: tuple[str, ...]


def shown(text: str) -> list[Shown]:
    """Return the command lines of the console blocks, but for the demonstration's own."""
    blocks = re.findall(
        r"^```console\n(.*?)^```", re.sub(r"<!-- demo -->.*<!-- /demo -->", "", text, flags=re.DOTALL), re.DOTALL | re.MULTILINE
    )
    lines = [each.rstrip("\n").split("\n") for block in blocks for each in re.split(r"^\$ ", block, flags=re.MULTILINE) if each]
    return [Shown(line, tuple(output)) for line, *output in lines]


# Types the command line in this process, with the app's own address taken for the sandbox's.
SHIM = """\
#!{python}
import sys
from dataclasses import replace
from skillkit.cli.main import main
from skillkit.home import home
from skillkit.network import Network
from skillkit.workspace import Workspace

class Rerouted:
    network = Network()

    def exchange(self, wire):
        return self.network.exchange(replace(wire, url=wire.url.replace("https://api.alegra.com", "{address}"), private=True))

sys.exit(main(sys.argv[1:], Workspace(home(), network=Rerouted())))
"""
DEMO = vendor("alegra").credential
TYPED = {"E-mail address": DEMO["email"], "API token": DEMO["token"]}


def typed(line: str, folder: Path) -> tuple[int, str]:
    """Run a line in a shell with a terminal to be asked at, and return how it ended and what was seen."""
    keyboard, terminal = pty.openpty()
    environ = {
        **os.environ,
        "SKILLKIT_HOME": str(folder / "home"),
        "PATH": f"{folder}/.venv/bin:{os.environ['PATH']}",
        "NO_COLOR": "1",
        # Whoever is there over ssh is asked at the terminal, and no browser opens.
        "SSH_TTY": "/dev/null",
    }
    command = ["bash", "-euo", "pipefail", "-c", line]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdin=terminal,
        stderr=terminal,
        stdout=subprocess.PIPE,
        start_new_session=True,
        encoding="utf-8",
    ) as shell:
        os.close(terminal)
        said = answered(keyboard)
        printed = shell.stdout.read() if shell.stdout else ""
    os.close(keyboard)
    return shell.returncode, said + printed


def answered(keyboard: int) -> str:
    """Answer each question as it comes, and return what was said at the terminal."""
    said, asked = "", 0
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if not select.select([keyboard], [], [], 0.1)[0]:
            continue
        try:
            piece = os.read(keyboard, 4096)
        except OSError:
            # Nobody holds the other end any more.
            break
        if not piece:
            break
        said += piece.decode("utf-8", "replace").replace("\r\n", "\n")
        if said[asked:].endswith("): "):
            question = next(name for name in TYPED if name in said[asked:])
            asked = len(said)
            os.write(keyboard, f"{TYPED[question]}\n".encode())
    return said


def test_the_readme_connects_and_runs_an_action_in_four_commands():
    lines = [each.line for each in shown(README)]

    assert [each.split()[1:3] for each in lines[:4]] == [
        ["connection", "ensure"],
        ["connect", "--connectionId"],
        ["action", "list"],
        ["action", "run"],
    ]


def test_every_command_of_the_readme_runs_and_prints_what_stands_there(tmp_path):
    (tmp_path / ".venv/bin").mkdir(parents=True)
    shim = tmp_path / ".venv/bin/skillkit"
    with running("alegra", seed="demo") as sandbox:
        shim.write_text(SHIM.format(python=sys.executable, address=sandbox["alegra"].removesuffix("/api/v1")))
        shim.chmod(0o755)
        # A vault of somebody's own desktop is none of a test's business.
        assert typed("skillkit vault init --key-file", tmp_path)[0] == 0
        try:
            for each in shown(README):
                if each.line.startswith("make "):
                    continue
                code, seen = typed(each.line, tmp_path)
                assert code == 0, f"{each.line}\n{seen}"
                assert missing(each.output, seen) == [], f"{each.line}\n{seen}"
                assert DEMO["token"] not in seen
        finally:
            # The page's process ends with its home, and else a quarter of an hour later.
            shutil.rmtree(tmp_path / "home")


def missing(expected: tuple[str, ...], seen: str) -> list[str]:
    """Return the lines that do not come, in their order, in what was seen; … stands for anything."""
    rest = iter(seen.splitlines())
    return [
        line for line in expected if not any(re.fullmatch(re.escape(line).replace("…", ".*"), other.rstrip()) for other in rest)
    ]


@pytest.mark.parametrize(
    ("expected", "seen", "found"),
    [
        (("a…c", "d"), "abc\nx\nd\n", []),
        (("d", "a"), "a\nd\n", ["a"]),
        (("…",), "a\n", []),
        (("1.0",), "100\n", ["1.0"]),
    ],
)
def test_what_a_page_shows_is_compared_line_by_line(expected, seen, found):
    assert missing(expected, seen) == found
