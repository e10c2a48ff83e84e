"""Rendered skills in a folder: what was committed is what would be written, and what is somebody else's stays."""

from __future__ import annotations

import os
import shutil
import stat

import pytest

from skillkit.errors import Conflict, SkillkitError
from skillkit.skill import folder
from tests.goldens import drift, skills


def test_what_is_committed_is_what_render_writes():
    assert drift() == [], "run `make render`, look at the difference, and commit it"


def test_what_is_written_differs_no_more(tmp_path):
    place = str(tmp_path / "out")

    assert folder.written(place, skills()) == sorted(skills())
    assert folder.differing(place, skills()) == []
    assert folder.written(place, skills()) == []


def test_what_is_left_from_earlier_goes_and_what_changed_is_written(tmp_path):
    folder.written(str(tmp_path), skills())
    (tmp_path / "skillkit/references").mkdir()
    (tmp_path / "skillkit/references/old.md").write_text("old")
    (tmp_path / "alegra-accounting/SKILL.md").write_bytes(skills()["alegra-accounting/SKILL.md"] + b"more")

    assert folder.written(str(tmp_path), skills()) == ["alegra-accounting/SKILL.md", "skillkit/references/old.md"]
    assert not (tmp_path / "skillkit/references").exists()


@pytest.mark.parametrize("content", [b"# my own notes", b"---\nname: skillkit\ndescription: mine\n---\n"])
def test_a_folder_of_somebody_else_is_left_alone(tmp_path, content):
    (tmp_path / "skillkit").mkdir()
    (tmp_path / "skillkit/SKILL.md").write_bytes(content)

    with pytest.raises(Conflict, match="holds something that skillkit has not written"):
        folder.written(str(tmp_path), skills())
    assert os.listdir(tmp_path) == ["skillkit"]
    assert (tmp_path / "skillkit/SKILL.md").read_bytes() == content


@pytest.mark.parametrize("name", ["skillkit", "alegra-accounting/references"])
def test_a_link_is_not_followed(tmp_path, name):
    folder.written(str(tmp_path), skills())
    shutil.rmtree(tmp_path / name)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Conflict, match="is a symbolic link"):
        folder.written(str(tmp_path), skills())
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_file_that_is_a_link_is_replaced_and_not_written_through(tmp_path):
    folder.written(str(tmp_path), skills())
    outside = tmp_path / "outside"
    outside.write_text("mine")
    (tmp_path / "skillkit/extra.md").symlink_to(outside)
    (tmp_path / "alegra-accounting/references/errors.md").unlink()
    (tmp_path / "alegra-accounting/references/errors.md").symlink_to(outside)
    same = tmp_path / "same"
    same.write_bytes(skills()["alegra-accounting/references/gotchas.md"])
    (tmp_path / "alegra-accounting/references/gotchas.md").unlink()
    (tmp_path / "alegra-accounting/references/gotchas.md").symlink_to(same)

    folder.written(str(tmp_path), skills())
    assert outside.read_text() == "mine"
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))
    assert folder.differing(str(tmp_path), skills()) == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="for this user every folder is writable")
def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)

    with pytest.raises(SkillkitError, match="cannot be written: permission denied"):
        folder.written(str(tmp_path), skills())


def test_a_file_in_the_way_of_a_folder_is_told(tmp_path):
    (tmp_path / "out").write_text("")

    with pytest.raises(SkillkitError, match="cannot be written"):
        folder.written(str(tmp_path / "out"), skills())
