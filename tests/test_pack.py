"""Installing skills: written where agents read them, kept in order, taken away, and nothing of anybody else's touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from skillkit.errors import SkillkitError
from skillkit.pack import record, tree
from skillkit.pack.work import Row
from tests.packed import ROUTER, lying, machine, packer
from tests.process import environment

CLAUDE = ".claude/skills/alegra-accounting"
NAME = "alegra-accounting"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="folders and symbolic links as Linux and macOS have them")


@pytest.fixture
def user(tmp_path) -> Path:
    (tmp_path / "user").mkdir()
    return tmp_path / "user"


@pytest.fixture
def packed(tmp_path, user):
    return packer(tmp_path)


@pytest.fixture
def pack(packed):
    """Opens the pack as each command does."""
    return packed[0]


@pytest.fixture
def pages(packed):
    return packed[1]


def done(rows: list[Row]) -> list[str]:
    return [row.done for row in rows]


def test_claude_gets_a_copy_in_its_own_folder_and_the_shared_one_is_not_enough(pack, user):
    rows = pack().install(["alegra"], ["claude-code"], "user")

    assert [(row.skill, row.done, row.path) for row in rows] == [(NAME, "installed", str(user / CLAUDE))]
    assert sorted(lying(user)) == [f"{CLAUDE}/SKILL.md", f"{CLAUDE}/references/actions.md"]
    assert "# alegra-accounting claude en" in (user / CLAUDE / "SKILL.md").read_text()
    assert not (user / CLAUDE).is_symlink()


def test_each_agent_gets_its_profile_and_the_folder_holds_nothing_but_the_skill(pack, user):
    pack().install([ROUTER], ["claude-code", "codex", "openclaw", "gemini-cli"], "user")

    found = {path: text.splitlines()[-1] for path, text in lying(user).items() if path.endswith("SKILL.md")}
    assert found == {
        ".claude/skills/skillkit/SKILL.md": "# skillkit claude en",
        ".codex/skills/skillkit/SKILL.md": "# skillkit codex en",
        ".openclaw/skills/skillkit/SKILL.md": "# skillkit openclaw en",
        ".gemini/skills/skillkit/SKILL.md": "# skillkit gemini en",
    }
    assert set(lying(user)) - set(found) == {".codex/skills/skillkit/agents/openai.yaml"}


def test_a_project_has_its_own_copies(pack, user, tmp_path):
    pack().install([ROUTER], ["claude-code"], "project")

    assert sorted(lying(tmp_path / "project")) == [".claude/skills/skillkit/SKILL.md"]
    assert lying(user) == {}


def test_an_agent_with_a_project_of_its_own_gets_them_there(pack, user, tmp_path):
    pack().install([ROUTER], ["openclaw"], "project")

    assert sorted(lying(user)) == [".openclaw/workspace/skills/skillkit/SKILL.md"]
    assert lying(tmp_path / "project") == {}


def test_installing_again_writes_nothing(pack, user):
    pack().install(["alegra"], ["claude-code"], "user")
    before = (user / CLAUDE / "SKILL.md").stat()

    assert done(pack().install(["alegra"], ["claude-code"], "user")) == ["unchanged"]
    assert (user / CLAUDE / "SKILL.md").stat().st_mtime_ns == before.st_mtime_ns


def test_a_skill_that_is_named_twice_is_installed_once(pack):
    assert done(pack().install(["alegra", NAME], ["claude-code"], "user")) == ["installed"]


def test_a_folder_of_the_user_that_is_gone_is_made_again(pack, user):
    pack().install([ROUTER], ["claude-code"], "user")
    user.rename(user.parent / "moved")

    assert done(pack().update()) == ["repaired"]
    assert (user / ".claude/skills/skillkit/SKILL.md").is_file()


def test_an_older_skill_is_brought_up_to_date(pack, pages, user):
    pack().install(["alegra"], ["claude-code"], "user")
    pages.version = "2.0.0"

    assert done(pack().update()) == ["updated"]
    assert 'version: "2.0.0"' in (user / CLAUDE / "SKILL.md").read_text()
    assert done(pack().update()) == ["unchanged"]


@pytest.mark.parametrize("gone", ["references/actions.md", "SKILL.md", ""])
def test_what_is_gone_is_put_back(pack, user, gone):
    pack().install(["alegra"], ["claude-code"], "user")
    before = lying(user)
    tree.take(str(user / ".claude/skills"), NAME, "t") if not gone else (user / CLAUDE / gone).unlink()

    assert done(pack().update()) == ["repaired"]
    assert lying(user) == before


@pytest.mark.parametrize(("file", "text"), [("SKILL.md", "mine"), ("references/actions.md", "mine"), ("notes.md", "mine")])
def test_an_edited_skill_is_kept_and_reported_and_overwritten_only_by_force(pack, pages, user, file, text):
    pack().install(["alegra"], ["claude-code"], "user")
    (user / CLAUDE / file).write_text(text)

    (kept,) = pack().update()
    assert (kept.done, kept.why) == ("kept", f"{file} was edited by hand; --force undoes it")
    pages.version = "2.0.0"
    for rows in (pack().update(), pack().install(["alegra"], ["claude-code"], "user")):
        assert [(row.done, row.why) for row in rows] == [("withheld", f"{file} was edited by hand; --force overwrites it")]
        assert (user / CLAUDE / file).read_text() == text

    assert done(pack().update(force=True)) == ["updated"]
    assert "mine" not in lying(user / CLAUDE).values()


def test_what_a_desktop_leaves_in_a_folder_is_no_edit(pack, pages, user):
    pack().install(["alegra"], ["claude-code"], "user")
    (user / CLAUDE / ".DS_Store").write_bytes(b"\x00")
    pages.version = "2.0.0"

    assert done(pack().update()) == ["updated"]


def foreign_folder(path: Path) -> None:
    path.mkdir(parents=True)
    (path / "SKILL.md").write_text("---\nname: alegra-accounting\ndescription: of another pack\n---\n")


def foreign_link(path: Path) -> None:
    foreign_folder(path.parent.parent / "elsewhere")
    path.parent.mkdir(parents=True)
    path.symlink_to(path.parent.parent / "elsewhere")


def foreign_file(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("a file")


@pytest.mark.parametrize(
    ("put", "why"),
    [
        (foreign_folder, "a skill of that name is there, and it is not skillkit's"),
        (foreign_link, "a symbolic link that skillkit did not make is there"),
        (foreign_file, "a file of that name is there"),
    ],
)
@pytest.mark.parametrize("force", [False, True])
def test_a_name_that_another_pack_took_is_reported_and_left_alone(pack, user, put, why, force):
    put(user / CLAUDE)
    before = lying(user)

    taken, other = pack().install(["alegra", ROUTER], ["claude-code"], "user", force=force)

    assert (taken.done, taken.why.startswith(why)) == ("taken", True)
    assert other.done == "installed"
    assert {path: text for path, text in lying(user).items() if ROUTER not in path} == before
    assert done(pack().uninstall()) == ["removed"]
    assert lying(user) == before


def test_a_skill_of_ours_that_something_else_installed_is_taken_over_only_by_force(pack, pages, user):
    for path, content in pages("alegra", "portable", "en").items():
        (user / CLAUDE / path).parent.mkdir(parents=True, exist_ok=True)
        (user / CLAUDE / path).write_bytes(content)

    (taken,) = pack().install(["alegra"], ["claude-code"], "user")
    assert (taken.done, "--force" in taken.why) == ("taken", True)
    assert done(pack().install(["alegra"], ["claude-code"], "user", force=True)) == ["updated"]
    assert "alegra-accounting claude" in (user / CLAUDE / "SKILL.md").read_text()


def test_the_very_same_skill_that_is_there_already_is_only_written_down(pack, pages, user, tmp_path):
    pack().install(["alegra"], ["claude-code"], "user")
    os.unlink(tmp_path / "home" / record.FILE)

    assert done(pack().install(["alegra"], ["claude-code"], "user")) == ["unchanged"]
    assert done(pack().uninstall()) == ["removed"]


# Symbolic links.


@pytest.mark.parametrize("link", [".claude", ".claude/skills"])
def test_a_link_on_the_way_is_not_followed_out_of_the_place(pack, user, tmp_path, link):
    outside = tmp_path / "outside"
    outside.mkdir()
    (user / link).parent.mkdir(exist_ok=True)
    (user / link).symlink_to(outside)

    refused, other = pack().install([ROUTER], ["claude-code", "codex"], "user")

    assert refused.done == "refused"
    assert f"leads out of {user}, to {outside}" in refused.why
    assert lying(outside) == {}
    assert other.done == "installed"


def test_a_link_that_stays_in_the_place_is_followed_and_one_folder_is_written_once(pack, user):
    (user / ".agents/skills").mkdir(parents=True)
    (user / ".claude").mkdir()
    (user / ".claude/skills").symlink_to("../.agents/skills")

    rows = pack().install([ROUTER], ["claude-code", "zed"], "user")

    assert [(row.done, row.agents) for row in rows] == [("installed", ("claude-code", "zed"))]
    assert (user / ".claude/skills/skillkit/SKILL.md").is_file()


def test_nothing_is_taken_away_through_a_link_that_came_later(pack, user, tmp_path):
    pack().install([ROUTER], ["claude-code"], "user")
    os.rename(user / ".claude", tmp_path / "moved")
    (user / ".claude").symlink_to(tmp_path / "moved")

    assert done(pack().uninstall(force=True)) == ["refused"]
    assert list(lying(tmp_path / "moved")) == ["skills/skillkit/SKILL.md"]


def test_on_request_links_lead_to_one_copy_that_goes_with_the_last_of_them(pack, pages, user, tmp_path):
    rows = pack().install(["alegra"], ["claude-code", "cursor", "codex"], "user", link=True)

    links = [Path(row.path) for row in rows]
    assert all(link.is_symlink() and (link / "SKILL.md").is_file() for link in links)
    assert {os.readlink(link) for link in links} == {
        str(tmp_path / "home/skills" / kind / NAME) for kind in ("claude-en", "codex-en")
    }
    pages.version = "2.0.0"
    assert done(pack().update()) == ["updated", "updated"]
    assert all("2.0.0" in (link / "SKILL.md").read_text() for link in links)
    assert done(pack().uninstall()) == ["removed", "removed"]
    assert lying(user) == {}
    assert os.listdir(tmp_path / "home") == [record.LOCK]


def test_what_two_links_share_is_known_to_both_and_an_edit_of_it_is_kept(pack, pages, user, tmp_path):
    pack().install(["alegra"], ["junie"], "user", link=True)
    pack().install(["alegra"], ["roo"], "user", link=True)
    pages.version = "2.0.0"
    assert done(pack().update(agents=["junie"])) == ["updated"]
    assert done(pack().update()) == ["unchanged", "unchanged"]

    page = tmp_path / "home/skills/portable-en" / NAME / "SKILL.md"
    page.write_text("mine")
    pages.version = "3.0.0"
    pack().install(["alegra"], ["trae"], "user", link=True)

    assert page.read_text() == "mine"
    assert done(pack().update()) == ["withheld"] * 3
    assert done(pack().update(force=True)) == ["updated"] * 3
    assert "3.0.0" in page.read_text()


def test_what_was_edited_through_a_link_goes_with_the_last_one_and_not_without_force(pack, user, tmp_path):
    pack().install([ROUTER], ["junie", "roo"], "user", link=True)
    page = tmp_path / "home/skills/portable-en/skillkit/SKILL.md"
    page.write_text("mine")

    assert done(pack().uninstall()) == ["removed", "withheld"]
    assert page.read_text() == "mine"
    assert done(pack().uninstall(force=True)) == ["removed"]
    assert not page.exists()


def test_an_agent_that_takes_no_link_out_of_its_project_gets_a_copy(pack, user):
    (row,) = pack().install([ROUTER], ["openclaw"], "project", link=True)

    assert not os.path.islink(row.path)


def test_a_link_that_leads_elsewhere_from_now_on_leaves_nothing_behind(pack, tmp_path):
    pack().install([ROUTER], ["claude-code"], "user", link=True, language="de")

    assert done(pack().install([ROUTER], ["claude-code"], "user", language="es")) == ["updated"]
    assert list(lying(tmp_path / "home/skills")) == ["claude-es/skillkit/SKILL.md"]


def test_copies_become_links_when_that_is_asked_for(pack, user, tmp_path):
    pack().install([ROUTER], ["claude-code"], "user")

    assert done(pack().install([ROUTER], ["claude-code"], "user", link=True)) == ["updated"]
    assert (user / ".claude/skills/skillkit").is_symlink()
    assert done(pack().update()) == ["unchanged"]


# Taking away.


def test_nothing_is_left_behind_not_even_a_folder(pack, user, tmp_path):
    (user / ".codex").mkdir()
    pack().install(["alegra", ROUTER], ["claude-code", "codex", "opencode"], "user")
    pack().install([ROUTER], ["windsurf"], "project")

    assert set(done(pack().uninstall())) == {"removed"}
    assert lying(user) == {".codex/": ""}
    assert lying(tmp_path / "project") == {}
    assert os.listdir(tmp_path / "home") == [record.LOCK]


def test_a_folder_in_which_somebody_else_has_put_something_stays(pack, user):
    pack().install([ROUTER], ["claude-code"], "user")
    (user / ".claude/settings.json").write_text("{}")

    pack().uninstall()

    assert lying(user) == {".claude/settings.json": "{}"}


def test_one_skill_goes_and_the_others_stay(pack, user):
    pack().install(["alegra", ROUTER], ["claude-code"], "user")

    assert [(row.skill, row.done) for row in pack().uninstall(["alegra"])] == [(NAME, "removed")]
    assert list(lying(user)) == [".claude/skills/skillkit/SKILL.md"]


def test_a_skill_that_another_agent_reads_there_stays_for_it(pack, user):
    pack().install([ROUTER], ["claude-code", "opencode"], "user")

    (row,) = pack().uninstall(agents=["claude-code"])
    assert (row.done, row.why) == ("unchanged", "opencode reads it there too")
    assert done(pack().uninstall(agents=["opencode"])) == ["removed"]
    assert lying(user) == {}


def test_an_edited_skill_is_not_taken_away_without_force(pack, user):
    pack().install([ROUTER], ["claude-code"], "user")
    (user / ".claude/skills/skillkit/notes.md").write_text("mine")

    assert done(pack().uninstall()) == ["withheld"]
    assert (user / ".claude/skills/skillkit/notes.md").read_text() == "mine"
    assert done(pack().uninstall(force=True)) == ["removed"]
    assert lying(user) == {}


def test_what_took_the_place_of_a_skill_stays_when_it_is_uninstalled(pack, user):
    pack().install([ROUTER], ["claude-code"], "user")
    tree.take(str(user / ".claude/skills"), ROUTER, "t")
    (user / ".claude/skills/skillkit").symlink_to(user)

    assert done(pack().uninstall(force=True)) == ["forgotten"]
    assert (user / ".claude/skills/skillkit").is_symlink()


def test_a_project_that_is_gone_is_forgotten(pack, tmp_path):
    pack().install([ROUTER], ["claude-code"], "project")
    subprocess.run(["/bin/rm", "-r", tmp_path / "project"], check=True)

    assert done(pack().update()) == ["forgotten"]
    assert pack().update() == []
    assert not (tmp_path / "project/.claude").exists()


# What cannot be written, or makes no sense.


@pytest.mark.parametrize("way", [".claude", ".claude/skills"])
def test_a_folder_that_cannot_be_written_is_told_and_the_others_are_done(pack, user, way):
    (user / way).parent.mkdir(exist_ok=True)
    (user / way).write_text("a file in the way")
    before = lying(user)

    failed, other = pack().install([ROUTER], ["claude-code", "codex"], "user")

    assert failed.done == "failed"
    assert failed.why.startswith(str(user / ".claude/skills"))
    assert "cannot be written: " in failed.why
    assert other.done == "installed"
    assert done(pack().uninstall()) == ["removed"]
    assert lying(user) == before


def test_a_closed_folder_is_told(pack, user):
    (user / ".claude/skills").mkdir(parents=True)
    (user / ".claude").chmod(0o500)
    (user / ".claude/skills").chmod(0o500)
    if os.access(user / ".claude/skills", os.W_OK):
        pytest.skip("whoever runs this may write everywhere")

    (failed,) = pack().install([ROUTER], ["claude-code"], "user")

    assert (failed.done, "permission denied" in failed.why) == ("failed", True)


def test_a_skill_that_cannot_be_rendered_does_not_hold_up_the_others(pack, user):
    rows = pack().install(["nothing", ROUTER], ["claude-code"], "user")

    assert [(row.skill, row.done) for row in rows] == [("nothing", "failed"), (ROUTER, "installed")]
    assert rows[0].why == "there is no skill 'nothing'; known are some"


@pytest.mark.parametrize("name", ["../../evil", "a/b", "..", "", "Größe", "A", "a" * 65, "a.b", "-a", "a--b"])
def test_a_skill_whose_name_is_no_name_is_not_written(pack, pages, user, name):
    pages.known = {"evil": name}

    rows = pack().install(["evil"], ["claude-code"], "user")

    assert done(rows) == ["failed"]
    assert lying(user.parent) == lying(user.parent) | {"user/": ""}


def test_a_skill_that_is_called_otherwise_now_is_told(pack, pages, user):
    pages.known = {"alegra": "alegra"}
    pack().install(["alegra"], ["claude-code"], "user")
    pages.known = {"alegra": "alegra-accounting"}

    (row,) = pack().update()
    assert (row.done, row.why) == ("failed", "it is called 'alegra-accounting' now; skillkit skills uninstall alegra")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"layout": 2}', '{"layout": 1, "token": "a", "copies": [{}], "made": []}'])
def test_a_damaged_record_is_told_and_nothing_is_written(pack, user, tmp_path, content):
    pack().install([ROUTER], ["claude-code"], "user")
    (tmp_path / "home" / record.FILE).write_text(content)
    before = lying(user)

    with pytest.raises(SkillkitError, match=r"skills\.json' is damaged, or a newer skillkit wrote it"):
        pack().install(["alegra"], ["codex"], "user")
    assert lying(user) == before
    assert (tmp_path / "home" / record.FILE).read_text() == content


# Languages.


def test_a_skill_keeps_its_language_until_another_is_asked_for(pack, user):
    page = user / ".claude/skills/skillkit/SKILL.md"
    pack().install([ROUTER], ["claude-code"], "user", language="de")
    pack().install([ROUTER], ["claude-code"], "user")
    pack().update()
    assert "# skillkit claude de" in page.read_text()

    pack().install([ROUTER], ["claude-code"], "user", language="es")
    assert "# skillkit claude es" in page.read_text()


# Killed, and two at once.

KILLED = """
import json, os, sys
from pathlib import Path
from tests.packed import lying, packer

folder = Path(sys.argv[1])
pack, pages = packer(folder)
pack().install(["alegra"], ["claude-code"], "user", link=sys.argv[2] == "link")
seen = []
# What happens between is the same; of links every other moment is enough.
step = 2 if sys.argv[2] == "link" else 1


def killed(moment):
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = [moment]

    def hook(event, arguments):
        # What changes the disk, and what comes between.
        if event in ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "ctypes.dlsym", "shutil.rmtree"):
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)

    sys.addaudithook(hook)
    pack().update()
    os._exit(0)


for version in range(2, 500):
    pages.version = f"{version}.0.0"
    before = {path: page.read_text() for path in ("SKILL.md", "references/actions.md")
              for page in [folder / "user/.claude/skills/alegra-accounting" / path]}
    ended = killed((version - 2) * step)
    after = {path: page.read_text() for path in ("SKILL.md", "references/actions.md")
             for page in [folder / "user/.claude/skills/alegra-accounting" / path]}
    new = {path: content.decode() for path, content in pages("alegra", "claude", "en").items()}
    assert after in (before, new), (version, after)
    seen.append(after == new)
    # A newer one finds what it left, whichever it is, and does not take it for an edit.
    pages.version = f"{version}.5.0"
    assert [row.done for row in pack().update()] == ["updated"]
    assert not [path for path in lying(folder / "user") if ".skillkit-" in path]
    if ended == 0:
        break
print(json.dumps([len(seen), any(seen), all(seen)]))
"""


@pytest.mark.parametrize("how", ["copy", "link"])
def test_whenever_it_is_killed_the_old_skill_or_the_new_one_is_there_and_the_next_command_puts_all_in_order(tmp_path, how):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, tmp_path, how],
        capture_output=True,
        env=environment(tmp_path / "home", PYTHONPATH=os.getcwd()),
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr.decode()
    moments, some, every = json.loads(done.stdout)
    assert moments > 10
    assert (some, every) == (True, False)


def test_a_system_that_cannot_exchange_two_names_has_the_new_one_too(tmp_path):
    for content in ({"SKILL.md": b"old", "b": b"b"}, {"SKILL.md": b"new"}):
        tree.put(str(tmp_path / "skills"), "a", content, "t", exchange=lambda one, other: False)

    assert lying(tmp_path) == {"skills/a/SKILL.md": "new"}


def test_many_at_once_lose_nothing(tmp_path, user):
    pack, pages = packer(tmp_path)
    pages.known = {f"app-{number}": f"app-{number}" for number in range(8)}
    agents = ["claude-code", "codex", "junie", "roo", "trae", "qoder", "mux", "grok"]
    failed = []

    def work(number: int) -> None:
        from time import monotonic, sleep

        from skillkit.pack.work import Pack

        rows = Pack(machine(tmp_path, pages), monotonic, sleep).install([f"app-{number}"], agents, "user")
        failed.extend(row for row in rows if row.done != "installed")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert len(record.read(str(tmp_path / "home")).copies) == 64
    assert done(pack().update()) == ["unchanged"] * 64


def test_whoever_cannot_have_the_lock_says_so(pack, tmp_path):
    with (
        record.alone(str(tmp_path / "home"), lambda: 0.0, lambda _: None),
        pytest.raises(SkillkitError, match="has been installing"),
    ):
        pack().install([ROUTER], ["claude-code"], "user")


def test_what_another_skillkit_is_about_to_put_in_place_is_not_swept_away(pack, user):
    pack().install([ROUTER], ["claude-code"], "user")
    (user / ".claude/.skillkit-other-1").mkdir()

    pack().update()

    assert (user / ".claude/.skillkit-other-1").is_dir()


def test_a_link_is_read_through_only_where_it_is_our_own(tmp_path):
    foreign_folder(tmp_path / "elsewhere")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")

    assert tree.look(str(tmp_path / "link"), str(tmp_path)) == tree.Found("link", {}, str(tmp_path / "elsewhere"))
    assert list(tree.look(str(tmp_path / "link"), str(tmp_path / "elsewhere")).files) == ["SKILL.md"]


def test_a_file_without_end_is_not_read(tmp_path):
    (tmp_path / "large").mkdir()
    with (tmp_path / "large/file").open("wb") as file:
        file.truncate(tree.LARGEST + 1)

    assert tree.look(str(tmp_path / "large")).files == {"file": "too large"}


def test_a_foreign_folder_without_end_is_not_read_to_its_end(tmp_path):
    (tmp_path / "large").mkdir()
    for number in range(tree.MOST + 1):
        (tmp_path / "large" / str(number)).write_bytes(b"")

    assert tree.look(str(tmp_path / "large")).files == {"": "too many"}
