"""What a command prints, on which stream, and the number it ends with."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillkit import errors
from skillkit.cli import output, view
from skillkit.cli.bounds import cut
from skillkit.cli.output import EXITS, Bounded, Style, bounded, encoded
from skillkit.errors import AnswerLost, InvalidInput, SkillkitError, Unreachable
from tests.process import SKILLKIT, at_a_terminal, ended, environment
from tests.wire import reply

CANARY = "canary-of-the-ledger"


@pytest.fixture
def ledger(skillkit):
    """A connection to the fictional app, and what types commands on it."""
    words = ("connect", "--connectorKey", "ledger", "--credentials", "-", "--no-check")
    assert skillkit(*words, input=json.dumps({"api_key": CANARY})).exit_code == 0

    def run(action, *words, **more):
        return skillkit("action", "run", f"ledger/{action}", *words, **more)

    return run


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """A home for commands that run as processes, with its catalog compiled."""
    folder = tmp_path_factory.mktemp("processes") / "home"
    assert ended(folder, "connector", "list").returncode == 0
    return folder


def refusal(status, document=None, **headers):
    return lambda _asked: reply(document or {"error": {"message": "no"}}, status, **headers)


# Streams.


def test_a_result_is_one_document_on_stdout_and_nothing_else_there(ledger, wire):
    wire.replies = [reply({"entry": {"id": 7, "number": "R-7", "extra": 1}})]

    ended = ledger("get-entry", "-i", "id=7", "--json")

    document = json.loads(ended.stdout)
    assert document == {"output": {"id": 7, "number": "R-7"}, "runId": document["runId"], "actionRunId": document["runId"]}
    assert ended.stdout.count("\n") == 1
    assert (ended.exit_code, ended.stderr) == (0, "")


def test_a_failure_is_one_document_on_stderr_and_nothing_on_stdout(ledger, wire):
    wire.replies = refusal(404)

    ended = ledger("get-entry", "-i", "id=7", "--json")

    document = json.loads(ended.stderr)
    assert document["error"] == {**document["error"], "kind": "not_found", "status": 404, "message": "no"}
    assert document["runId"] == document["actionRunId"]
    assert (ended.exit_code, ended.stdout) == (6, "")


def test_a_failure_is_a_sentence_and_a_hint_for_a_person(ledger, wire):
    wire.replies = refusal(404)

    ended = ledger("get-entry", "-i", "id=7")

    first, second, third = ended.stderr.splitlines()
    assert (ended.stdout, first) == ("", "not found: no")
    assert second.startswith("hint: check the id")
    assert re.fullmatch(r"run: skillkit run show run_\w+", third)


def test_what_is_partly_done_is_on_both_streams(ledger, wire):
    wire.replies = [reply({"data": [{"id": 1}], "error": [{"id": 2, "reason": "locked"}]})]

    ended = ledger("stamp-entries", "-i", "ids=[1,2]", "--json")

    document = json.loads(ended.stdout)
    assert document["output"]["items"] == [{"id": 1}]
    assert document["output"]["failed"]
    assert json.loads(ended.stderr)["error"]["kind"] == "partial"
    assert json.loads(ended.stderr)["runId"] == document["runId"] == document["actionRunId"]
    assert ended.exit_code == 6


def test_what_is_pending_at_its_time_out_is_on_both_streams(ledger, wire):
    wire.replies = lambda asked: reply({"id": "r1", "state": "busy"})

    ended = ledger("make-report", "-i", "year=2025", "--json")

    assert json.loads(ended.stdout)["output"]["pending"] is True
    assert json.loads(ended.stdout)["output"]["poll"] == {"action": "get-report", "input": {"id": "r1", "year": 2025}}
    assert json.loads(ended.stderr)["error"]["kind"] == "pending"
    assert ended.exit_code == 8


def test_all_rows_are_a_line_each_and_the_last_line_names_the_run(ledger, wire):
    wire.replies = [reply({"events": [{"n": 1}], "next": "b"}), reply({"events": [{"n": 2}]})]

    ended = ledger("list-events", "--all", "--json")

    *rows, last = map(json.loads, ended.stdout.splitlines())
    assert rows == [{"n": 1}, {"n": 2}]
    assert list(last) == ["runId"]
    assert ended.exit_code == 0


def test_rows_that_break_off_end_with_a_line_that_says_why(ledger, wire, skillkit):
    wire.replies = lambda asked: reply({"events": [{"n": 1}], "next": "b"}) if "after" not in asked.url else refusal(403)(asked)

    ended = ledger("list-events", "--all", "--json")

    row, last = map(json.loads, ended.stdout.splitlines())
    assert row == {"n": 1}
    assert list(last) == ["runId", "error"]
    assert last["error"]["kind"] == "permission"
    assert json.loads(ended.stderr) == {**last, "actionRunId": last["runId"]}
    assert ended.exit_code == 6
    shown = json.loads(skillkit("run", "show", last["runId"], "--json").stdout)
    assert (shown["status"], shown["output"]) == ("error", {"rows": 1})


def test_rows_of_which_none_came_leave_stdout_empty(ledger, wire):
    wire.replies = refusal(403)

    ended = ledger("list-events", "--all", "--json")

    assert (ended.exit_code, ended.stdout) == (6, "")
    assert json.loads(ended.stderr)["error"]["kind"] == "permission"


def test_rows_that_were_printed_are_not_printed_again_when_some_could_not_be_read(ledger, wire):
    wire.replies = [reply({"data": [{"id": 1}], "error": [{"id": 2}]})]

    ended = ledger("list-halves", "--all", "--json")

    row, last = map(json.loads, ended.stdout.splitlines())
    assert row == {"id": 1}
    assert last["error"]["kind"] == "partial"
    assert ended.exit_code == 6


def test_the_last_line_of_a_long_list_is_bounded_by_nothing(ledger, wire):
    wire.replies = [reply({"events": [{"text": "x" * 50_000}]})]

    ended = ledger("list-events", "--all", "--json", "--max-bytes", "100")

    assert len(ended.stdout) > 50_000


# Numbers.


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        (refusal(400), "invalid_input", 3),
        (refusal(422), "invalid_input", 3),
        (refusal(401), "auth", 4),
        (refusal(402), "quota", 6),
        (refusal(403), "permission", 6),
        (refusal(404), "not_found", 6),
        (refusal(409), "conflict", 6),
        (refusal(429), "rate_limited", 7),
        (refusal(500), "upstream", 6),
        (refusal(503), "unavailable", 5),
        (lambda _asked: reply(content=b"<html>hello"), "upstream", 6),
        (lambda _asked: reply(content=b'{"half": '), "upstream", 6),
    ],
)
def test_each_answer_of_an_app_has_its_kind_and_its_number(ledger, wire, said, kind, code):
    wire.replies = said

    ended = ledger("get-company", "--json")

    assert json.loads(ended.stderr)["error"]["kind"] == kind
    assert (ended.exit_code, ended.stdout) == (code, "")


def test_no_answer_has_its_number_and_a_lost_one_another(ledger, wire):
    wire.replies = [Unreachable("nobody is there")] * 4
    assert ledger("get-company").exit_code == 5
    wire.replies = [AnswerLost("it broke off")]
    lost = ledger("create-note", "-i", "text=hello", "--json")

    assert json.loads(lost.stderr)["error"]["kind"] == "outcome_unknown"
    assert lost.exit_code == 9


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        (("action", "list", "--limit", "none"), "usage", 2),
        (("action", "get", "ledger/get-entri"), "unknown_name", 3),
        (("connection", "get", "legder"), "unknown_name", 3),
        (("run", "show", "run_1"), "unknown_name", 3),
        (("help", "exit"), "unknown_name", 3),
        (("action", "run", "ledger/get-entry"), "invalid_input", 3),
        (("action", "run", "ledger/delete-entry", "-i", "id=1"), "confirmation_needed", 4),
        (("action", "run", "alegra/list-items"), "connection_not_ready", 4),
    ],
)
def test_each_refusal_of_ours_has_its_kind_and_its_number(ledger, skillkit, words, kind, code):
    ended = skillkit(*words, "--json")

    error = json.loads(ended.stderr)["error"]
    assert (error["kind"], ended.exit_code, ended.stdout) == (kind, code, "")
    assert error["hint"]


def test_a_broken_connector_has_its_number(skillkit, tmp_path):
    (tmp_path / "broken.yaml").write_text("skillkit: 1\nid: broken\n")

    ended = skillkit("connector", "check", str(tmp_path / "broken.yaml"), "--json")

    assert json.loads(ended.stderr)["error"]["kind"] == "invalid_connector"
    assert ended.exit_code == 3


def test_a_tampered_home_has_its_number(skillkit, workspace):
    Path(workspace.home, "store.db").mkdir()

    ended = skillkit("connection", "list", "--json")

    assert json.loads(ended.stderr)["error"]["kind"] == "error"
    assert ended.exit_code == 1


# The contract, once more: nothing here is read from the code that keeps it.
NUMBERS = {
    1: {"error"},
    2: {"usage"},
    3: {"invalid_input", "invalid_connector", "unknown_name"},
    4: {"auth", "connection_not_ready", "confirmation_needed"},
    5: {"unreachable", "unavailable"},
    6: {"permission", "not_found", "conflict", "quota", "upstream", "partial"},
    7: {"rate_limited"},
    8: {"pending"},
    9: {"outcome_unknown"},
}


def kinds(error=SkillkitError):
    yield error
    for below in error.__subclasses__():
        yield from kinds(below)


@pytest.mark.parametrize("error", list(kinds()), ids=lambda error: error.__name__)
def test_every_error_there_is_ends_with_the_number_of_its_kind(error, capsys):
    code = output.fail(error("said"), Style(as_json=True))

    assert error.kind in NUMBERS[code]
    assert json.loads(capsys.readouterr().err)["error"]["kind"] == error.kind


def test_the_table_of_exit_codes_is_what_commands_end_with(skillkit):
    rows = json.loads(skillkit("help", "exit-codes", "--json").stdout)["items"]

    shown = {row["exit"]: set(row["kinds"].split(", ")) for row in rows}
    assert shown == {0: {"ok"}, **NUMBERS, 130: {"interrupted"}}
    assert set(EXITS) == set(errors.BY_KIND)


# How a process ends.


# More than is buffered, and less.
@pytest.mark.parametrize("words", [("action", "list", "--json"), ("action", "list", "--limit", "1")])
def test_a_pipe_that_is_closed_ends_a_command_quietly(home, words):
    with subprocess.Popen([*SKILLKIT, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(home)) as process:
        process.stdout.close()

        assert process.stderr.read() == b""

    assert process.returncode == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="SKIPPED: no /dev/full here")
def test_a_disk_that_is_full_is_said_and_not_dumped(home):
    with open("/dev/full", "wb") as full:
        process = subprocess.run(
            [*SKILLKIT, "action", "list", "--json"], stdout=full, stderr=subprocess.PIPE, env=environment(home), check=False
        )

    assert json.loads(process.stderr)["error"]["message"] == "the result cannot be written to stdout: no space left on device"
    assert process.returncode == 1


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_streams_that_are_closed_do_no_harm(home, closed):
    line = f"{' '.join(SKILLKIT)} action list --json {closed}"

    finished = subprocess.run(["/bin/sh", "-c", line], capture_output=True, env=environment(home), check=False)

    assert (finished.returncode, finished.stderr) == (0, b"")


INTERRUPTED = """
import os, signal, sys
from skillkit.cli.main import main
class Workspace:
    @property
    def catalog(self):
        os.kill(os.getpid(), signal.SIGINT)
sys.exit(main(["connector", "list"], Workspace()))
"""


def test_an_interrupted_command_says_so_and_nothing_more(home):
    finished = ended(home, code=INTERRUPTED)

    assert (finished.returncode, finished.stdout, finished.stderr) == (130, b"", b"interrupted\n")


def test_a_command_that_is_interrupted_while_it_loads_says_no_more(home):
    code = "import os, signal, sys; sys.argv[1:] = ['action', 'list']; from skillkit import __main__\n"
    code += "class Loading:\n    find_spec = staticmethod(lambda *_: os.kill(os.getpid(), signal.SIGINT))\n"
    code += "sys.meta_path.insert(0, Loading); sys.exit(__main__.main())"
    finished = ended(home, code=code)

    assert (finished.returncode, finished.stdout, finished.stderr) == (130, b"", b"")


FAULTY = """
import sys
from skillkit import secret
from skillkit.cli.main import main
secret.remember("canary-of-a-fault")
class Workspace:
    @property
    def catalog(self):
        raise RuntimeError("it broke over canary-of-a-fault")
sys.exit(main(sys.argv[1:], Workspace()))
"""


def test_what_nobody_foresaw_is_a_sentence_and_no_traceback(tmp_path):
    shown = ended(tmp_path, "connector", "list", code=FAULTY)
    told = ended(tmp_path, "connector", "list", "--json", code=FAULTY)

    assert shown.stderr.decode().splitlines()[0] == "error: skillkit has a fault: RuntimeError"
    assert json.loads(told.stderr)["error"]["kind"] == "error"
    assert (shown.returncode, told.returncode, shown.stdout, told.stdout) == (1, 1, b"", b"")


def test_a_traceback_that_was_asked_for_has_no_secret_in_it(tmp_path):
    shown = ended(tmp_path, "connector", "list", "--debug", code=FAULTY)

    assert b"Traceback" in shown.stderr
    assert b"it broke over [redacted]" in shown.stderr
    assert b"canary-of-a-fault" not in shown.stderr


def test_an_error_on_purpose_shows_where_it_came_from_only_when_asked(skillkit):
    assert "Traceback" not in skillkit("action", "get", "nothing").stderr
    assert "Traceback" in skillkit("action", "get", "nothing", "--debug").stderr


# What a person sees, and what must not act on a terminal.

NASTY = (
    "\x1b[2J\x1b]8;;https://evil.example\x07pay\x1b]8;;\x07 \u202egnp.exe \u200b\U000e0041\U000e0042 \x9b31m \u2066 \ufeff done"
)
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")


@pytest.mark.parametrize("words", [(), ("--json",), ("--raw",), ("--select", "note"), ("--all",)])
def test_what_an_app_says_cannot_act_on_a_terminal(ledger, wire, words):
    wire.replies = [reply({"rows": [{"note": NASTY, NASTY: "x", "deep": {"a": [NASTY]}}]})]

    ended = ledger("list-links", *words)

    assert ended.exit_code == 0
    assert not ACTING.search(ended.stdout + ended.stderr)


def test_a_document_parses_back_to_the_very_same_values(ledger, wire):
    row = {"note": NASTY, "emoji": "👩\u200d💻❤\ufe0f", "chinese": "发票", "half": "\ud83d", NASTY: 1}
    wire.replies = [reply({"rows": [row]})]

    ended = ledger("list-links", "--json")

    assert json.loads(ended.stdout)["output"]["items"] == [row]
    assert "发票" in ended.stdout


def test_a_refusal_of_an_app_cannot_act_on_a_terminal(ledger, wire):
    wire.replies = refusal(422, {"error": {"message": NASTY}})
    shown, told = ledger("get-company"), ledger("get-company", "--json")

    assert not ACTING.search(shown.stderr + told.stderr)
    assert json.loads(told.stderr)["error"]["message"].startswith("\x1b[2J")


@given(st.text())
def test_visible_text_has_nothing_that_acts(text):
    assert not ACTING.search(view.visible(text))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_encoded_documents_have_nothing_that_acts_and_mean_the_same(document):
    line = encoded(document)

    assert json.loads(line) == document
    assert not ACTING.search(line)
    assert "\n" not in line


REMEMBERED = """
from skillkit import secret
from skillkit.cli import output
secret.remember("true")
secret.remember("98765432")
output.show({"flag": True, "n": 987654321, "text": "so true", "list": [98765432]}, output.Style(as_json=True))
"""


def test_a_secret_that_got_this_far_leaves_a_document_that_is_one_still(tmp_path):
    told = json.loads(ended(tmp_path, code=REMEMBERED).stdout)

    assert told == {"flag": True, "n": "[redacted]", "text": "so [redacted]", "list": ["[redacted]"]}


# Terminals.


def test_a_table_fits_the_terminal(home):
    code, shown = at_a_terminal(home, "action", "list", "--connector", "alegra", "--limit", "20", columns=60)

    lines = shown.splitlines()
    assert code == 0
    assert len(lines) == 22
    assert max(map(len, lines)) == 60
    assert any(line.endswith("…") for line in lines)


def test_a_table_that_is_piped_is_whole(skillkit):
    shown = skillkit("action", "list", "--connector", "alegra").stdout

    assert "…" not in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("words", "env", "colored"),
    [((), {}, True), (("--no-color",), {}, False), (("--noColor",), {}, False), ((), {"NO_COLOR": "1"}, False)],
)
def test_colours_are_for_a_terminal_that_wants_them(home, words, env, colored):
    _, shown = at_a_terminal(home, "action", "lst", *words, env=env)

    assert ("\x1b[31m" in shown) is colored


def test_wide_letters_take_two_places():
    table = view.readable([{"name": "发票", "n": 1}, {"name": "abcd", "n": 2}])

    assert table.splitlines() == ["name  n", "发票  1", "abcd  2"]


@pytest.mark.parametrize("env", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "latin-1"}, {"PYTHONUTF8": "0", "LC_ALL": "POSIX"}])
def test_a_stream_that_is_no_utf8_still_gets_the_result(home, env):
    words = ("connect", "--connectorKey", "faktoora", "--credentials", "-", "--no-check", "--json", "--name")
    # Where the words themselves are ASCII, no other can be typed.
    named = "发票" if "PYTHONIOENCODING" in env else "Books"
    connected = ended(home, *words, named, given=b'{"api_key": "canary-of-a-stream"}', env=env)
    refused = ended(home, "action", "get", named, env=env)

    assert json.loads(connected.stdout)["name"] == named
    assert f"no action {named!r}" in refused.stderr.decode()


def test_a_word_that_is_no_utf8_is_refused(home):
    command = [*(word.encode() for word in SKILLKIT), b"action", b"get", b"caf\xe9"]
    finished = subprocess.run(command, capture_output=True, env=environment(home), check=False)

    assert finished.stderr.decode().splitlines()[0] == "usage: word 3 of the command line is no UTF-8"
    assert finished.returncode == 2


# What is too long.


def whole_of(folder):
    (path,) = Path(folder, "outputs").iterdir()
    return path, json.loads(path.read_text())


def test_a_result_that_is_too_long_is_cut_at_a_row_and_kept_whole(ledger, wire, workspace):
    rows = [{"id": number, "text": "ä" * 500} for number in range(100)]
    wire.replies = [reply({"rows": rows})]

    ended = ledger("list-links", "--json")

    document = json.loads(ended.stdout)
    count = len(document["output"]["items"])
    path, whole = whole_of(workspace.home)
    assert len(ended.stdout.encode()) <= 32 * 1024 + 1
    assert 25 < count < 40
    assert document["output"]["items"] == rows[:count]
    assert (document["truncated"], document["file"]) == (True, str(path))
    assert whole["output"]["items"] == rows
    assert whole["runId"] == document["runId"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_same_list_is_kept_once_and_no_more_is_kept_than_runs_are(skillkit, workspace):
    folder = Path(workspace.home, "outputs")
    first, second = (json.loads(skillkit("action", "list", "--json", "--max-bytes", "3000").stdout) for _ in range(2))
    for number in range(510):
        (folder / f"run_{number:04}.json").touch()
    third = json.loads(skillkit("action", "list", "--limit", "20", "--json", "--max-bytes", "3000").stdout)

    assert first == second
    assert first["file"] != third["file"]
    assert len(os.listdir(folder)) == 500
    assert not (folder / "run_0000.json").exists()


def test_a_result_is_as_long_as_the_caller_allows(ledger, wire, workspace):
    wire.replies = lambda asked: reply({"rows": [{"id": number} for number in range(100)]})
    whole = ledger("list-links", "--json", "--max-bytes", "0")
    cut_short = ledger("list-links", "--json", "--maxBytes=600")

    assert len(json.loads(whole.stdout)["output"]["items"]) == 100
    assert len(cut_short.stdout) <= 601
    assert json.loads(cut_short.stdout)["truncated"] is True


def test_a_record_that_is_too_long_keeps_what_is_short(ledger, wire, workspace, skillkit):
    wire.replies = [reply({"rows": [{"text": "x" * 500} for _ in range(100)]})]
    run = json.loads(ledger("list-links", "--json").stdout)["runId"]

    shown = json.loads(skillkit("run", "show", run, "--json", "--max-bytes", "1500").stdout)

    assert (shown["id"], shown["status"], shown["action"], shown["truncated"]) == (run, "success", "ledger/list-links", True)
    assert len(json.loads(Path(shown["file"]).read_text())["output"]["items"]) == 100


@given(st.integers(0, 3000))
def test_however_little_is_printed_the_run_is_named(limit):
    document = {
        "output": {"items": [{"n": number} for number in range(300)], "total": 300},
        "runId": "run_1",
        "actionRunId": "run_1",
    }

    printed = bounded(Bounded(document, limit, lambda _content: "/outputs/run_1.json"))

    assert printed["runId"] == printed["actionRunId"] == "run_1"
    assert not limit or len(encoded(printed)) <= max(limit, 100)


def test_a_person_gets_the_whole(ledger, wire, workspace):
    wire.replies = [reply({"rows": [{"text": "x" * 500} for _ in range(100)]})]

    assert len(ledger("list-links").stdout) > 50_000
    assert not os.path.exists(os.path.join(workspace.home, "outputs"))


def test_a_body_that_is_printed_as_it_came_is_not_cut(ledger, wire, skillkit):
    wire.replies = [reply(content=b"x" * 50_000)]

    assert skillkit("request", "ledger", "/text").stdout == "x" * 50_000


def test_what_cannot_be_kept_is_printed_whole(ledger, wire, workspace):
    Path(workspace.home, "outputs").write_text("in the way")
    wire.replies = [reply({"rows": [{"text": "x" * 500} for _ in range(100)]})]

    ended = ledger("list-links", "--json")

    assert len(json.loads(ended.stdout)["output"]["items"]) == 100
    assert ended.stderr.startswith("printed whole: ")
    assert ended.exit_code == 0


records = st.dictionaries(st.text(max_size=10), st.text() | st.integers(-9, 9) | st.lists(st.text() | st.integers(), max_size=20))


@given(
    records | st.lists(records) | st.text() | st.fixed_dictionaries({"items": st.lists(records), "total": st.none()}),
    st.integers(0, 400),
)
def test_what_is_cut_fits(value, room):
    def size(document):
        return len(encoded(document).encode("utf-8", "replace"))

    shorter = cut(value, room, size)

    assert size(shorter) <= max(room, len("null"))
    if isinstance(value, list) and room >= 2:
        assert shorter == value[: len(shorter)]


@given(st.lists(records, max_size=30), st.integers(200, 2000))
def test_a_list_of_our_own_goes_on_behind_the_last_row_that_was_printed(rows, limit):
    document = {"items": rows, "next_cursor": None, "has_more": False, "total": len(rows), "cursor": None}

    printed = bounded(Bounded(document, limit, lambda _content: "/outputs/list.json", 5))

    if printed is not document:
        assert printed["items"] == rows[: len(printed["items"])]
        assert printed["next_cursor"] == printed["cursor"] == str(5 + max(1, len(printed["items"])))
        assert printed["has_more"] is True
        assert len(encoded(printed).encode("utf-8", "replace")) <= max(limit, 200)


def test_progress_is_for_a_person_who_waits(capsys):
    output.progress("waiting")

    assert capsys.readouterr() == ("", "")


def test_a_misfit_is_told_once(capsys):
    problem = errors.Problem("'id' is required", "/id", "required")
    output.fail(InvalidInput("a/b cannot take this input: /id: 'id' is required [required]", (problem,)), Style())

    assert capsys.readouterr().err.count("'id' is required") == 1
