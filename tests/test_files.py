"""Files in and out: what may be sent, and where what an app sends may lie."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
import threading
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillkit import files
from skillkit.connector import Action, File
from skillkit.errors import AnswerLost, Conflict, InvalidInput, SkillkitError, Upstream
from skillkit.request import Response, Upload

PDF = b"%PDF-1.7\n1 0 obj\n"


@pytest.fixture
def home(tmp_path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    (folder / "vault.db").write_bytes(b"sealed")
    return folder


def action(**file: str) -> Action:
    return Action("ledger", "get-file", "", "", "GET", "/file", "read", file=File(**file))


def saved(
    folder: Path, content: Any = PDF, output: str = "", headers: Any = None, inputs: Any = None, **file: str
) -> dict[str, Any]:
    response = Response(200, headers or {}, chunks=iter([content]) if isinstance(content, bytes) else content)
    found: Any = files.save(
        action(**(file or {"name": "{id}"})), {"id": "a"} if inputs is None else inputs, response, str(folder), output
    )
    return found


# In.


def test_a_regular_file_is_sent_as_it_is(home, tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(PDF * 10_000)
    upload = Upload(str(path), "application/pdf")

    assert files.looked_at(upload, str(home)) == ("application/pdf", len(PDF) * 10_000)
    assert b"".join(files.pieces(upload, str(home))) == files.read(upload, str(home)) == PDF * 10_000


def test_what_grows_while_it_is_sent_is_sent_as_long_as_it_was(home, tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"a" * 100_000)
    pieces = files.pieces(Upload(str(path)), str(home))

    first = next(pieces)
    with path.open("ab") as file:
        file.write(b"b" * 100_000)

    assert first + b"".join(pieces) == b"a" * 100_000


@pytest.mark.parametrize("make", ["vault.db", "deep/er/key", "../home/vault.db", "link", "folder-link/vault.db"])
def test_nothing_below_home_is_sent_by_whatever_path(home, tmp_path, make):
    (home / "deep" / "er").mkdir(parents=True)
    (home / "deep" / "er" / "key").write_bytes(b"k")
    (tmp_path / "link").symlink_to(home / "vault.db")
    (tmp_path / "folder-link").symlink_to(home)
    path = tmp_path / make if "link" in make else home / make

    with pytest.raises(InvalidInput, match="own folder"):
        files.looked_at(Upload(str(path)), str(home))


def test_home_may_be_named_by_a_link_too(home, tmp_path):
    (tmp_path / "alias").symlink_to(home)

    with pytest.raises(InvalidInput, match="own folder"):
        files.looked_at(Upload(str(home / "vault.db")), str(tmp_path / "alias"))


def test_a_neighbour_of_home_may_be_sent(home, tmp_path):
    path = tmp_path / "home-work.txt"
    path.write_text("x")

    assert files.looked_at(Upload(str(path)), str(home)) == ("application/octet-stream", 1)


@pytest.mark.parametrize(
    "kind", ["folder", "pipe", "socket", "device", "link to device", "link to folder", "link to pipe", "nothing", "loop"]
)
def test_only_regular_files_are_sent(home, tmp_path, kind, monkeypatch):
    path = tmp_path / "it"
    # The path of a socket has to be short.
    monkeypatch.chdir(tmp_path)
    device, folder, pipe = Path("/dev/zero"), tmp_path / "folder", tmp_path / "pipe"
    folder.mkdir()
    os.mkfifo(pipe)
    listener = socket.socket(socket.AF_UNIX)
    match kind:
        case "folder":
            path = folder
        case "pipe":
            path = pipe
        case "socket":
            listener.bind("it")
        case "device":
            path = device
        case "link to device":
            path.symlink_to(device)
        case "link to folder":
            path.symlink_to(folder)
        case "link to pipe":
            path.symlink_to(pipe)
        case "loop":
            path.symlink_to(path)
    try:
        with pytest.raises(InvalidInput) as refused:
            files.looked_at(Upload(str(path)), str(home))
    finally:
        listener.close()

    assert refused.value.problems[0].rule == "upload"


@pytest.mark.parametrize("path", ["a\0b", "\ud800", "", "x" * 5000])
def test_what_is_no_path_is_said_to_be_none(home, path):
    with pytest.raises(InvalidInput):
        files.looked_at(Upload(path), str(home))


@pytest.mark.parametrize(
    ("limit", "size", "fits"), [(0, 25_000_000, True), (0, 25_000_001, False), (100, 100, True), (100, 101, False)]
)
def test_a_file_has_a_largest_size(home, tmp_path, limit, size, fits):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(size)
    upload = Upload(str(path), limit=limit)

    if fits:
        assert files.looked_at(upload, str(home))[1] == size
    else:
        with pytest.raises(InvalidInput, match="more than"):
            files.looked_at(upload, str(home))


@pytest.mark.parametrize(
    ("content", "declared", "found"),
    [
        (PDF, "", "application/pdf"),
        (PDF, "application/pdf", "application/pdf"),
        (b"scanned by X\r\n" + PDF, "application/pdf", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg", "image/jpeg"),
        (b"<?xml version='1.0'?>", "text/xml", "text/xml"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "application/xml", "application/xml"),
        (b"<Invoice/>", "application/xml", "application/xml"),
        ("<?xml?>".encode("utf-16"), "application/xml", "application/xml"),
        (
            b"PK\x03\x04",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (b"PK\x03\x04", "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
        (PDF, "application/octet-stream", "application/octet-stream"),
        (b"a;b", "text/csv", "text/csv"),
        (b"a;b", "", "application/octet-stream"),
        (b"", "", "application/octet-stream"),
    ],
)
def test_a_file_is_of_the_type_it_begins_with(home, tmp_path, content, declared, found):
    path = tmp_path / "file"
    path.write_bytes(content)

    assert files.looked_at(Upload(str(path), declared), str(home))[0] == found


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (b"MZ\x90", "application/pdf"),
        (b"#!/bin/sh", "application/pdf"),
        (b"", "application/pdf"),
        (b"<html>", "image/png"),
        (PDF, "image/png"),
        (PDF, "text/csv"),
        (PDF, "application/xml"),
        (b"\x7fELF", "application/zip"),
        (b"\x89PNG\r\n", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_not_sent(home, tmp_path, content, declared):
    path = tmp_path / "file"
    path.write_bytes(content)

    with pytest.raises(InvalidInput, match=f"not {declared}"):
        files.looked_at(Upload(str(path), declared), str(home))


def test_a_link_that_is_turned_around_while_it_is_opened_opens_nothing(home, tmp_path):
    harmless, link = tmp_path / "harmless", tmp_path / "link"
    harmless.write_bytes(b"fine")
    stop = threading.Event()

    def turn() -> None:
        while not stop.is_set():
            for target in (home / "vault.db", harmless):
                fresh = tmp_path / "fresh"
                fresh.symlink_to(target)
                fresh.replace(link)

    link.symlink_to(harmless)
    turning = threading.Thread(target=turn)
    turning.start()
    read: set[bytes] = set()
    try:
        for _ in range(300):
            try:
                read.add(files.read(Upload(str(link)), str(home)))
            except InvalidInput:
                continue
    finally:
        stop.set()
        turning.join()

    assert read <= {b"fine"}


# Out.


def test_a_file_is_written_and_told_by_path_type_size_and_digest(tmp_path):
    found = saved(tmp_path, headers={"content-type": "application/pdf; charset=x"})

    assert found == {
        "path": str(tmp_path / "a.pdf"),
        "type": "application/pdf",
        "size": len(PDF),
        "sha256": hashlib.sha256(PDF).hexdigest(),
    }
    assert (tmp_path / "a.pdf").read_bytes() == PDF


def test_the_connectors_type_wins_over_the_apps(tmp_path):
    assert saved(tmp_path, headers={"content-type": "text/html"}, name="x", type="application/pdf")["path"].endswith("x.pdf")


def test_a_file_of_many_pieces_is_never_held_whole(tmp_path):
    alive = 0

    def pieces() -> Iterator[bytes]:
        nonlocal alive
        for number in range(100):
            alive = (tmp_path / "a").stat().st_size if number else 0
            yield bytes(64 * 1024)

    saved(tmp_path, pieces())

    assert alive > 90 * 64 * 1024


def test_nothing_is_ever_overwritten(tmp_path):
    first, second, third = (saved(tmp_path, content, name="a.pdf")["path"] for content in (b"1", b"2", b"3"))

    assert [Path(path).name for path in (first, second, third)] == ["a.pdf", "a-2.pdf", "a-3.pdf"]
    assert [Path(path).read_bytes() for path in (first, second, third)] == [b"1", b"2", b"3"]


def test_what_was_chosen_by_name_is_not_overwritten_either(tmp_path):
    there = tmp_path / "mine.pdf"
    there.write_bytes(b"mine")

    with pytest.raises(Conflict, match="there already"):
        saved(tmp_path, output=str(there))
    with pytest.raises(Conflict, match="there already"):
        files.vacant(str(there))

    assert there.read_bytes() == b"mine"


@pytest.mark.parametrize("dangling", [True, False])
def test_a_link_in_the_way_is_not_written_through(tmp_path, dangling):
    target = tmp_path / "target"
    if not dangling:
        target.write_bytes(b"mine")
    (tmp_path / "a.pdf").symlink_to(target)

    with pytest.raises(Conflict):
        saved(tmp_path, output=str(tmp_path / "a.pdf"))
    found = saved(tmp_path, name="a.pdf")

    assert Path(found["path"]).name == "a-2.pdf"
    assert target.exists() is not dangling
    assert dangling or target.read_bytes() == b"mine"


def test_eight_that_save_under_one_name_save_eight_files(tmp_path):
    gate = threading.Barrier(8)
    found: list[str] = []

    def save(number: int) -> None:
        gate.wait()
        found.append(saved(tmp_path, bytes([number]), name="a.pdf")["path"])

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(Path(path).read_bytes() for path in found) == [bytes([number]) for number in range(8)]


@pytest.mark.parametrize("error", [AnswerLost("broke off"), OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_half_a_file_is_taken_away_again(tmp_path, error):
    def broken() -> Iterator[bytes]:
        yield PDF
        raise error

    with pytest.raises((SkillkitError, KeyboardInterrupt)) as raised:
        saved(tmp_path, broken())

    assert list(tmp_path.iterdir()) == []
    assert not isinstance(error, OSError) or "no space left" in str(raised.value)


def test_a_chosen_folder_takes_the_files_own_name(tmp_path):
    (tmp_path / "out").mkdir()

    assert saved(tmp_path, output=str(tmp_path / "out"), name="{id}.pdf")["path"] == str(tmp_path / "out" / "a.pdf")


@pytest.mark.parametrize("output", ["no/such/folder/a.pdf", "file/a.pdf", "a\0b", "x" * 300])
def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path, output, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(SkillkitError):
        saved(tmp_path, output=output)


HOSTILE = [
    *(
        "../../x",
        "/abs",
        "C:\\x",
        "con",
        "CON.pdf",
        "com1",
        "LPT9.txt",
        "nul.tar.gz",
        "aux ",
        "COM\u00b9",
        "a\0b",
        "-rf",
        "x.",
        "x ",
    ),
    *("", "..", ".", "~", ".bashrc", "a/b", "a\\b", "a:b", "a\nb", "\u202efdp.exe", "a|b", "a?b*", "x" * 300, "x" * 300 + ".pdf"),
    *("\u00e9" * 300, "\U0001f600" * 200),
]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_an_app_calls_a_file_is_never_a_path(tmp_path, name):
    inside = tmp_path / "chosen"
    inside.mkdir()
    answer = {"scan": {"content": b64encode(PDF).decode(), "name": name}}
    response = Response(200, {}, json.dumps(answer).encode())

    found: Any = files.save(action(at="scan.content", name_at="scan.name"), {}, response, str(inside), "")

    path = Path(found["path"])
    assert path.parent == inside
    assert list(tmp_path.iterdir()) == [inside]
    assert path.read_bytes() == PDF
    assert stat.S_ISREG(path.lstat().st_mode)


DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}


@given(st.text(max_size=400) | st.sampled_from(HOSTILE), st.sampled_from(["", "application/pdf", "text/csv"]))
def test_a_clean_name_is_one_plain_name_on_every_system(name, kind):
    found = files.clean(name, kind)

    assert 0 < len(found.encode()) <= 210
    assert not set(found) & set('/\\:*?"<>|\0\n\r\t ')
    assert found.isprintable()
    assert found[0] not in ".-~"
    assert found[-1] not in ". "
    assert found.partition(".")[0].lower() not in {
        "con",
        "prn",
        "aux",
        "nul",
        *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
    }
    assert files.clean(found, kind) == found


def test_a_name_is_filled_from_the_input_and_cleaned(tmp_path):
    assert Path(saved(tmp_path, name="{id}.pdf", inputs={"id": "../../etc/x"})["path"]).name == "etc_x.pdf"


def test_a_name_that_lacks_its_input_is_the_actions(tmp_path):
    assert Path(saved(tmp_path, name="{id}.pdf", inputs={})["path"]).name == "get-file"


# Bytes inside JSON.


@pytest.mark.parametrize(
    "encoded",
    [
        b64encode(PDF).decode(),
        "\n".join(b64encode(PDF).decode()[at : at + 8] for at in range(0, 40, 8)),
        " " + b64encode(PDF).decode() + "\r\n",
    ],
)
def test_base64_may_be_broken_into_lines(tmp_path, encoded):
    response = Response(200, {}, json.dumps({"data": {"pdf": encoded}}).encode())

    found: Any = files.save(action(at="data.pdf", name="x", type="application/pdf"), {}, response, str(tmp_path), "")

    assert (tmp_path / "x.pdf").read_bytes() == PDF
    assert found["size"] == len(PDF)


@pytest.mark.parametrize("encoded", ["JVBERi0xLjc", "JVBERi0=xLjc=", "not base64!", "JVBE Ri0é", "====", None, 7, {"a": 1}])
def test_what_is_no_base64_is_the_apps_fault_and_leaves_no_file(tmp_path, encoded):
    response = Response(200, {}, json.dumps({"pdf": encoded}).encode())

    with pytest.raises(Upstream):
        files.save(action(at="pdf", name="x"), {}, response, str(tmp_path), "")

    assert list(tmp_path.iterdir()) == []


def test_what_is_kept_because_it_is_long_is_kept_beside_the_rest(tmp_path):
    first, second = files.keep(b"1", str(tmp_path), "run.json"), files.keep(b"2", str(tmp_path), "run.json")

    assert [Path(path).name for path in (first, second)] == ["run.json", "run-2.json"]
