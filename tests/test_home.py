"""Where our files lie, and that nobody else reaches them."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap

import pytest

from skillkit import home
from skillkit.errors import SkillkitError

posix = pytest.mark.skipif(os.name == "nt", reason="SKIPPED: Windows has no modes to check")
root = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="SKIPPED: only root can give a file to somebody else")


@pytest.fixture
def folder(tmp_path):
    return home.prepare(str(tmp_path / "home"))


@pytest.fixture
def umask():
    before = os.umask(0)
    yield os.umask
    os.umask(before)


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


@posix
@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        ({"SKILLKIT_HOME": "/a/b/../c", "HOME": "/h"}, "linux", "/a/c"),
        ({"HOME": "/h"}, "linux", "/h/.local/share/skillkit"),
        ({"HOME": "/h", "XDG_DATA_HOME": "/x"}, "linux", "/x/skillkit"),
        ({"HOME": "/h", "XDG_DATA_HOME": "relative"}, "linux", "/h/.local/share/skillkit"),
        ({"HOME": "/h", "SKILLKIT_HOME": ""}, "darwin", "/h/Library/Application Support/skillkit"),
        ({"HOME": "/h", "LOCALAPPDATA": "/l"}, "win32", "/l/skillkit"),
        ({"HOME": "/h"}, "win32", "/h/AppData/Local/skillkit"),
    ],
)
def test_home_is_where_the_environment_or_else_the_platform_says(environ, platform, expected):
    assert home.home(environ, platform) == expected


@posix
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777])
def test_what_is_made_is_private_whatever_the_umask(tmp_path, umask, mask):
    umask(mask)

    folder = home.prepare(str(tmp_path / "home"))
    os.close(home.private_file(f"{folder}/opened"))
    home.write_new(f"{folder}/new", b"x")
    home.write_whole(f"{folder}/whole", b"x")

    assert mode(folder) == 0o700
    assert [mode(f"{folder}/{name}") for name in ("opened", "new", "whole")] == [0o600] * 3


def test_a_folder_is_prepared_with_the_folders_above_it(tmp_path):
    path = str(tmp_path / "a" / "b" / "home")

    assert home.prepare(path) == home.prepare(path) == path


@posix
@pytest.mark.parametrize("open_to", [0o755, 0o750, 0o701])
def test_an_own_folder_that_others_can_only_look_into_is_closed(folder, open_to):
    os.chmod(folder, open_to)

    home.prepare(folder)

    assert mode(folder) == 0o700


@posix
@pytest.mark.parametrize("open_to", [0o777, 0o770, 0o703])
def test_a_folder_that_others_can_write_to_is_refused_with_the_command_that_closes_it(folder, open_to):
    os.chmod(folder, open_to)

    with pytest.raises(SkillkitError, match=f"chmod 700 {folder}") as refused:
        home.prepare(folder)

    assert f"(mode {open_to:04o})" in refused.value.message
    assert refused.value.hint == f"chmod 700 {folder}"


@posix
@pytest.mark.parametrize("open_to", [0o644, 0o660, 0o602])
@pytest.mark.parametrize("use", [home.found, home.private_file, home.read_whole])
def test_a_file_that_others_can_reach_is_refused_with_the_command_that_closes_it(folder, use, open_to):
    path = f"{folder}/it's mine"
    home.write_new(path, b"x")
    os.chmod(path, open_to)

    with pytest.raises(SkillkitError, match="chmod 600 ") as refused:
        use(path)

    # The command can be pasted as it is.
    subprocess.run(refused.value.hint, shell=True, check=True)
    assert mode(path) == 0o600


@root
def test_what_belongs_to_somebody_else_is_refused(folder):
    path = f"{folder}/file"
    home.write_new(path, b"x")
    os.chown(path, 12345, -1)
    with pytest.raises(SkillkitError, match=f"belongs to user 12345 .* chown 0 {path}"):
        home.found(path)

    os.chown(folder, 12345, -1)
    with pytest.raises(SkillkitError, match=f"belongs to user 12345 .* chown 0 {folder}"):
        home.prepare(folder)


@posix
@pytest.mark.parametrize("use", [home.found, home.private_file, home.read_whole])
def test_a_symbolic_link_is_not_followed(folder, use):
    home.write_new(f"{folder}/target", b"x")
    os.symlink("target", f"{folder}/link")
    os.symlink("nowhere", f"{folder}/dangling")

    for name in ("link", "dangling"):
        with pytest.raises(SkillkitError, match="is a symbolic link; to fix it: rm "):
            use(f"{folder}/{name}")

    assert not os.path.exists(f"{folder}/nowhere")


@posix
def test_a_home_that_is_a_symbolic_link_or_a_file_is_refused(folder, tmp_path):
    os.symlink(folder, tmp_path / "link")
    (tmp_path / "file").write_text("x")

    with pytest.raises(SkillkitError, match="is a symbolic link"):
        home.prepare(str(tmp_path / "link"))
    with pytest.raises(SkillkitError, match="is not a folder"):
        home.prepare(str(tmp_path / "file"))
    with pytest.raises(SkillkitError, match="cannot be used: not a directory"):
        home.prepare(str(tmp_path / "file" / "below"))


@posix
@pytest.mark.parametrize("use", [home.found, home.private_file, home.read_whole])
def test_a_named_pipe_is_refused_and_not_waited_for(folder, use):
    os.mkfifo(f"{folder}/pipe", 0o600)

    with pytest.raises(SkillkitError, match=r"is not a file|cannot be used"):
        use(f"{folder}/pipe")


def test_a_private_file_is_opened_as_it_is(folder):
    os.close(home.private_file(f"{folder}/file"))
    home.write_whole(f"{folder}/file", b"content")

    with open(home.private_file(f"{folder}/file", os.O_RDONLY), "rb") as file:
        assert file.read() == b"content"


def test_a_file_that_is_not_there_is_not_found_and_not_read(folder):
    assert not home.found(f"{folder}/none")
    with pytest.raises(SkillkitError, match="cannot be used: no such file"):
        home.read_whole(f"{folder}/none")


def test_a_new_file_never_replaces_one(folder):
    home.write_new(f"{folder}/file", b"first")

    with pytest.raises(SkillkitError, match="file exists"):
        home.write_new(f"{folder}/file", b"second")

    assert home.read_whole(f"{folder}/file") == b"first"


def test_a_write_that_fails_leaves_the_old_file_and_no_litter(folder):
    os.mkdir(f"{folder}/taken")

    with pytest.raises(SkillkitError, match="cannot be used"):
        home.write_whole(f"{folder}/taken", b"x")

    assert os.listdir(folder) == ["taken"]


@pytest.mark.parametrize(("number", "hint"), [("ENOSPC", "make room"), ("EROFS", "writable"), ("EIO", "SKILLKIT_HOME")])
def test_a_refusing_disk_is_named_with_what_to_do(number, hint):
    import errno

    code = getattr(errno, number)
    refused = home.unusable("/h/file", OSError(code, os.strerror(code)))

    assert os.strerror(code).lower() in refused.message
    assert hint in refused.hint


WRITER = """
import sys
from skillkit import home
path, size = sys.argv[1], 1 << 18
print("ready", flush=True)
while True:
    for letter in (b"a", b"b"):
        home.write_whole(path, letter * size)
"""


@posix
def test_a_writer_that_is_killed_leaves_all_of_the_old_file_or_all_of_the_new(folder):
    path = f"{folder}/file"
    home.write_whole(path, b"a" * (1 << 18))
    for pause in range(8):
        with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE) as writer:
            writer.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                writer.wait(0.004 + pause / 1000)
            os.kill(writer.pid, signal.SIGKILL)

        content = home.read_whole(path)
        assert len(content) == 1 << 18
        assert len(set(content)) == 1


@posix
def test_a_full_disk_is_a_sentence_and_the_old_file_stays(folder):
    home.write_whole(f"{folder}/file", b"old")
    script = """
        import resource, sys
        from skillkit import home
        from skillkit.errors import SkillkitError
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            home.write_whole(sys.argv[1], b"x" * 8192)
        except SkillkitError as error:
            print(error.message, "|", error.hint)
    """

    said = subprocess.check_output([sys.executable, "-c", textwrap.dedent(script), f"{folder}/file"], text=True)

    assert "cannot be used: file too large | make room on the disk" in said
    assert home.read_whole(f"{folder}/file") == b"old"
    assert os.listdir(folder) == ["file"]
