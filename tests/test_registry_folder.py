from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

import pytest

from skillkit import registry
from skillkit.errors import SkillkitError
from skillkit.registry import folder
from skillkit.registry.archive import digest
from skillkit.registry.folder import LIST, build, put, tree
from tests.test_registry import BOOKS, SHELF, filled


def held(place: Path) -> dict[str, bytes]:
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "public"


def refused(place: Path, files: dict[str, bytes] | None = None) -> str:
    """Build, and return with what sentence it is refused; whatever is there stays as it is."""
    before = held(place) if place.is_dir() else {}
    with pytest.raises(SkillkitError) as error:
        build(str(place), files or tree(SHELF))
    assert (held(place) if place.is_dir() else {}) == before
    assert error.value.hint
    return error.value.message


def test_a_folder_has_all_that_a_web_server_can_answer_without_thinking(place):
    assert registry.build(SHELF, str(place)) == (len(tree(SHELF)), len(tree(SHELF)))

    assert held(place) == tree(SHELF)
    listed = json.loads((place / LIST).read_text())["files"]
    assert listed == {path: digest(content) for path, content in tree(SHELF).items() if path != LIST}
    assert {path.split("/")[0] for path in listed} == {".well-known", "api", "@acme-books", "@skillkit", "@tempo-hours"}


def test_no_file_says_on_which_machine_it_was_made_or_when(place):
    build(str(place), tree(SHELF))

    assert not [path for path, content in held(place).items() if b"http://" in content or b"127.0.0.1" in content]
    assert tree(SHELF) == tree(filled())


def test_the_places_that_the_files_name_are_there(place):
    build(str(place), tree(SHELF))
    install = json.loads((place / "api/v1/skills/acme/install").read_text())

    assert (place / install["archive"]["downloadUrl"].lstrip("/")).read_bytes() == SHELF.known["acme"].archive
    for index in place.glob("**/agent-skills/index.json"):
        for row in json.loads(index.read_text())["skills"]:
            assert f"sha256:{digest((index.parent / row['url']).read_bytes())}" == row["digest"]


def test_the_second_build_writes_what_has_changed_and_takes_away_what_is_no_more(place):
    build(str(place), tree(SHELF))
    times = {path: (place / path).stat().st_mtime_ns for path in held(place)}
    assert build(str(place), tree(SHELF)) == 0
    assert {path: (place / path).stat().st_mtime_ns for path in held(place)} == times

    fresh = build(str(place), tree(filled(BOOKS.replace("shop", "store"))))

    assert 0 < fresh < len(tree(SHELF))
    assert held(place) == tree(filled(BOOKS.replace("shop", "store")))


def test_folders_that_are_left_empty_go_too(place):
    files = tree(SHELF)
    build(str(place), files)
    listed = {"files": {}}
    build(str(place), {LIST: json.dumps(listed).encode()})

    assert os.listdir(place) == [LIST]


def test_what_lies_beside_a_registry_stays(place):
    build(str(place), tree(SHELF))
    (place / ".nojekyll").write_text("")
    (place / "api" / "other.json").write_text("{}")

    build(str(place), tree(filled(BOOKS.replace("shop", "store"))))

    assert (place / ".nojekyll").exists()
    assert (place / "api" / "other.json").read_text() == "{}"


def test_a_folder_that_holds_something_else_is_left_as_it_is(place):
    place.mkdir()
    (place / "thesis.md").write_text("# Thesis\n")

    assert refused(place) == f"{str(place)!r} holds something else already, and is not written over"


def test_an_empty_folder_will_do(place):
    place.mkdir()

    build(str(place), tree(SHELF))

    assert held(place) == tree(SHELF)


@pytest.mark.parametrize("path", [".well-known/agent-skills/index.json", "api/v1/skills/acme/card", LIST])
def test_a_file_that_somebody_has_changed_is_not_written_over(place, path):
    build(str(place), tree(SHELF))
    (place / path).write_text("mine")

    assert refused(place) == f"{str(place / path)!r} is not as it was built, and is not written over"


def test_a_file_that_somebody_has_changed_is_not_taken_away(place):
    build(str(place), tree(SHELF))
    path = place / "@acme-books/.well-known/agent-skills/index.json"
    path.write_text("mine")

    assert "is not as it was built" in refused(place, {LIST: b'{"files": {}}'})


@pytest.mark.parametrize("moment", [0, 1, 2, 15, 20, 25, 30, 35])
@pytest.mark.parametrize("whole", [True, False])
def test_a_build_that_was_cut_short_is_taken_up_by_any_later_one(place, moment, whole):
    first, second, third = (tree(filled(BOOKS.replace("shop", word))) for word in ("shop", "store", "market"))
    left = [0]

    def cut(path: str, content: bytes) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        put(path, content)

    for files, allowed in ((first, 1_000 if whole else moment), (second, moment)):
        left[0] = allowed
        with suppress(KeyboardInterrupt):
            build(str(place), files, cut)
    build(str(place), third)

    assert held(place) == third


def test_a_file_stands_where_another_was_at_any_moment(place):
    seen = []
    build(str(place), tree(SHELF))
    kept = os.open(place / LIST, os.O_RDONLY)
    build(str(place), tree(filled(BOOKS.replace("shop", "store"))))
    with os.fdopen(kept, "rb") as file:
        seen.append(file.read())

    # What was there is replaced and not written into.
    assert seen == [tree(SHELF)[LIST]]
    assert not [path for path in held(place) if path.endswith(".part")]


@pytest.mark.parametrize("link", ["public", "public/.well-known", "public/.well-known/skills", "public/skillkit-registry.json"])
def test_a_link_leads_nothing_out_of_the_folder(tmp_path, place, link):
    away = tmp_path / "away"
    away.mkdir()
    build(str(place), tree(SHELF))
    target = tmp_path / link
    target.rename(tmp_path / "moved")
    target.symlink_to(tmp_path / "moved")
    before = held(tmp_path / "moved") if (tmp_path / "moved").is_dir() else (tmp_path / "moved").read_bytes()

    with pytest.raises(SkillkitError, match=r"is a symbolic link|is no folder of its own"):
        build(str(place), tree(filled(BOOKS.replace("shop", "store"))))

    assert (held(tmp_path / "moved") if (tmp_path / "moved").is_dir() else (tmp_path / "moved").read_bytes()) == before


@pytest.mark.parametrize("path", ["../outside.md", "{tmp}/outside.md", "api/../../outside.md", "", "a\x00b"])
def test_a_list_that_was_tampered_with_takes_away_no_file_outside(tmp_path, place, path):
    outside = tmp_path / "outside.md"
    outside.write_text("mine")
    build(str(place), tree(SHELF))
    listed = json.loads((place / LIST).read_text())
    listed["files"][path.format(tmp=tmp_path)] = digest(b"mine")
    (place / LIST).write_text(json.dumps(listed))

    build(str(place), tree(filled(BOOKS.replace("shop", "store"))))

    assert outside.read_text() == "mine"


@pytest.mark.parametrize("said", ["", "{", "[]", '{"files": []}', '{"files": {}, "before": {"a": 1}}', "[" * 50_000])
def test_a_list_that_says_nothing_makes_no_folder_ours(place, said):
    place.mkdir()
    (place / LIST).write_text(said)

    assert refused(place) == f"{str(place / LIST)!r} is not as it was built, and is not written over"


def test_a_file_or_a_folder_in_the_way_is_said(place):
    build(str(place), tree(SHELF))
    inside = place / "@acme-books"
    for path in sorted(inside.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    inside.rmdir()
    inside.write_text("mine")

    assert refused(place) == f"{str(inside)!r} is not a folder, and is not written over"
    inside.unlink()
    card = place / "api/v1/skills/acme/card"
    card.unlink()
    card.mkdir()
    assert refused(place) == f"{str(card)!r} is not a file, and is not written over"
    place.joinpath("file").write_text("")
    assert refused(place / "file") == f"{str(place / 'file')!r} is no folder of its own, and is not written over"


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_to_is_said(place):
    place.mkdir(mode=0o500)

    assert refused(place).endswith("cannot be used: permission denied")


def test_a_disk_that_fails_is_said_in_a_sentence(place, tmp_path):
    too_long = {**tree(SHELF), f"api/{'x' * 300}": b""}
    with pytest.raises(SkillkitError, match="cannot be used: file name too long"):
        folder.build(str(place), too_long)
