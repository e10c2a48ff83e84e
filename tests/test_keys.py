"""Where the vault's key comes from, and what happens where it does not."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from skillkit import home, keys
from skillkit.errors import InvalidInput, SkillkitError, UnknownName
from skillkit.keys import Keeper


class Desktop:
    """A keyring that opens."""

    def __init__(self):
        self.kept = {}

    def set_password(self, service, account, password):
        self.kept[service, account] = password

    def get_password(self, service, account):
        return self.kept.get((service, account))

    def delete_password(self, service, account):
        del self.kept[service, account]


class Null(Desktop):
    """A keyring that keeps nothing and says so to nobody."""

    def set_password(self, service, account, password):
        pass

    def delete_password(self, service, account):
        pass


class Locked(Desktop):
    """A keyring that waits for a person who is not there."""

    def set_password(self, service, account, password):
        threading.Event().wait(60)

    def get_password(self, service, account):
        threading.Event().wait(60)


def no_desktop():
    raise RuntimeError("no D-Bus")


def no_library():
    raise ImportError("no module named 'keyring'")


@pytest.fixture
def around(tmp_path):
    said = []
    folder = home.prepare(str(tmp_path / "home"))
    return keys.Surroundings(folder, lambda: "pass phrase", said.append, no_desktop, probe=0.5, unlock=0.5)


def with_keyring(around, keyring):
    return replace(around, keyring=lambda: keyring)


def test_auto_is_a_keyring_that_really_opens(around):
    desktop = Desktop()

    assert keys.choose("auto", with_keyring(around, desktop)) == "keyring"
    assert desktop.kept == {}, "the probe is taken out again"


@pytest.mark.parametrize("load", [no_desktop, no_library, Null])
def test_auto_is_a_key_file_where_no_keyring_opens(around, load):
    around = replace(around, keyring=load)

    assert keys.choose("auto", around) == "keyfile"
    with pytest.raises(SkillkitError, match="no keyring opens here"):
        keys.choose("keyring", around)


def test_a_locked_keyring_hangs_no_command(around):
    around = replace(with_keyring(around, Locked()), probe=0.05, unlock=0.05)
    began = time.monotonic()

    assert keys.choose("auto", around) == "keyfile"
    with pytest.raises(SkillkitError, match=r"did not open within 0\.05 seconds"):
        keys.fetch(Keeper("keyring", "vault-1"), around)
    with pytest.raises(SkillkitError, match="did not keep the key"):
        keys.make("keyring", around)
    assert not keys.forget(Keeper("keyring", "vault-1"), around)

    assert time.monotonic() - began < 2


def test_the_keyring_is_not_loaded_for_another_backend(around):
    def loaded():
        pytest.fail("the keyring was loaded")

    assert keys.choose("keyfile", replace(around, keyring=loaded)) == "keyfile"
    assert keys.choose("passphrase", replace(around, keyring=loaded)) == "passphrase"


def test_there_is_no_other_backend(around):
    with pytest.raises(UnknownName, match="'kms'"):
        keys.choose("kms", around)
    with pytest.raises(SkillkitError, match="'kms'"):
        keys.fetch(Keeper("kms", ""), around)
    assert not keys.forget(Keeper("kms", ""), around)


@pytest.mark.parametrize("backend", ["keyring", "keyfile", "passphrase"])
def test_a_key_is_fetched_as_it_was_made_and_every_one_made_is_another(around, backend):
    around = with_keyring(around, Desktop())
    one, first = keys.make(backend, around)
    two, second = keys.make(backend, around)

    assert (keys.fetch(one, around), keys.fetch(two, around)) == (first, second)
    assert len(first) == 32
    assert first != second
    assert first.hex() not in one.note


@pytest.mark.parametrize("backend", ["keyring", "keyfile"])
def test_a_key_that_is_forgotten_is_gone_and_its_neighbour_is_not(around, backend):
    around = with_keyring(around, Desktop())
    old, _ = keys.make(backend, around)
    new, key = keys.make(backend, around)

    assert keys.forget(old, around)
    assert keys.forget(old, around), "to forget it again is no error"

    assert keys.fetch(new, around) == key
    with pytest.raises(SkillkitError, match=r"is gone|has no entry"):
        keys.fetch(old, around)


def test_a_real_keyring_keeps_a_key(around):
    around = replace(around, keyring=keys.system_keyring, probe=3.0, unlock=3.0)
    if keys.choose("auto", around) != "keyring":
        pytest.skip("SKIPPED: no keyring opens on this machine, so no real one was tried")

    keeper, key = keys.make("keyring", around)

    assert keys.fetch(keeper, around) == key
    assert keys.forget(keeper, around)


def test_the_key_file_is_private_and_named_once(tmp_path):
    said = []
    folder = home.prepare(str(tmp_path / "home"))
    before = os.umask(0)
    try:
        keeper, key = keys.make("keyfile", keys.Surroundings(folder, str, said.append, no_desktop))
    finally:
        os.umask(before)

    path = os.path.join(folder, keeper.note)
    (line,) = said
    assert path in line
    assert key.hex() not in line
    assert home.read_whole(path) == key.hex().encode()
    if os.name != "nt":
        assert os.lstat(path).st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name == "nt", reason="SKIPPED: Windows has no modes to check")
def test_a_key_file_that_others_can_read_is_refused_with_the_fix(around):
    keeper, _ = keys.make("keyfile", around)
    os.chmod(os.path.join(around.home, keeper.note), 0o644)

    with pytest.raises(SkillkitError, match=r"open to others \(mode 0644\); to fix it: chmod 600 "):
        keys.fetch(keeper, around)


@pytest.mark.skipif(os.name == "nt", reason="SKIPPED: a link needs a privilege on Windows")
def test_a_key_file_that_is_a_link_is_refused(around):
    keeper, _ = keys.make("keyfile", around)
    path = os.path.join(around.home, keeper.note)
    os.rename(path, f"{path}.moved")
    os.symlink(f"{path}.moved", path)

    with pytest.raises(SkillkitError, match="symbolic link"):
        keys.fetch(keeper, around)


@pytest.mark.parametrize("content", [b"", b"00", b"zz" * 32, b"\xff" * 64, b"00" * 33])
def test_a_key_file_that_holds_no_key_is_refused_and_not_quoted(around, content):
    keeper, _ = keys.make("keyfile", around)
    home.write_whole(os.path.join(around.home, keeper.note), content)

    with pytest.raises(SkillkitError, match=r"vault-[0-9a-f]+\.key' holds no key$"):
        keys.fetch(keeper, around)


@pytest.mark.parametrize("note", ["../../etc/passwd", "/etc/passwd", "vault.db", "", "vault-0123456789abcdef.key\n"])
def test_the_note_of_a_key_file_leads_nowhere_else(around, note):
    with pytest.raises(SkillkitError, match="is not the name of a key file"):
        keys.fetch(Keeper("keyfile", note), around)
    with pytest.raises(SkillkitError, match="is not the name of a key file"):
        keys.forget(Keeper("keyfile", note), around)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "argon2id t=3 m=99999999 p=4 " + "0" * 32,
        "argon2id t=99 m=65536 p=4 " + "0" * 32,
        "argon2id t=3 m=65536 p=4 00",
        "scrypt t=3 m=65536 p=4 " + "0" * 32,
    ],
)
def test_a_note_that_asks_for_all_of_the_machine_is_refused_before_anybody_types(around, note):
    def asked():
        pytest.fail("a passphrase was asked for")

    with pytest.raises(SkillkitError, match="does not say how the key is made"):
        keys.fetch(Keeper("passphrase", note), replace(around, ask=asked))


def test_a_passphrase_costs_what_it_should(around):
    keeper, _ = keys.make("passphrase", around)

    assert keeper.note.startswith("argon2id t=3 m=65536 p=4 ")


def test_one_passphrase_in_two_spellings_is_one(around):
    composed, decomposed = "caf\u00e9 \udcff", "cafe\u0301 \udcff"
    keeper, key = keys.make("passphrase", around, composed)

    assert keys.fetch(keeper, replace(around, ask=lambda: decomposed)) == key


def test_an_empty_passphrase_keeps_nothing(around):
    with pytest.raises(InvalidInput, match="of no letters"):
        keys.make("passphrase", replace(around, ask=str))


def test_a_passphrase_is_read_from_the_descriptor_line_by_line():
    reading, writing = os.pipe()
    os.write(writing, b"old one\r\nnew \xff\nrest")
    os.close(writing)
    environ = {"SKILLKIT_PASSPHRASE_FD": str(reading)}

    assert [keys.ask_passphrase(environ) for _ in range(3)] == ["old one", "new \udcff", "rest"]
    with pytest.raises(SkillkitError, match=f"descriptor {reading} holds no passphrase"):
        keys.ask_passphrase(environ)
    os.close(reading)


@pytest.mark.parametrize("number", ["x", "-1", "3.0", "²"])
def test_what_is_no_number_is_no_descriptor(number):
    with pytest.raises(InvalidInput, match="not the number of a descriptor"):
        keys.ask_passphrase({"SKILLKIT_PASSPHRASE_FD": number})


@pytest.mark.parametrize("number", ["1023", "9" * 40])
def test_a_descriptor_that_is_not_open_is_said_to_be_so(number):
    with pytest.raises(SkillkitError, match="cannot be read"):
        keys.ask_passphrase({"SKILLKIT_PASSPHRASE_FD": number})


def test_a_descriptor_without_end_is_read_to_a_limit():
    with open("/dev/zero" if os.name != "nt" else os.devnull, "rb") as endless:
        line = keys.ask_passphrase({"SKILLKIT_PASSPHRASE_FD": str(endless.fileno())})

    assert len(line) == keys.LONGEST


ASK = "from skillkit import keys; print('asked', len(keys.ask_passphrase({})))"


def test_without_a_terminal_nobody_is_asked():
    said = subprocess.run([sys.executable, "-c", ASK], input="typed", capture_output=True, text=True, check=False)

    assert "there is no terminal to ask at" in said.stderr
    assert "asked" not in said.stdout


@pytest.mark.skipif(os.name == "nt", reason="SKIPPED: Windows has no pseudo-terminals")
def test_what_is_typed_at_the_terminal_is_not_shown():
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", ASK], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as asking:
        os.close(theirs)
        shown = b""
        while b"Passphrase" not in shown:
            shown += os.read(ours, 1024)
        os.write(ours, b"canary\n")
        while b"asked 6" not in shown:
            shown += os.read(ours, 1024)
        assert asking.wait(5) == 0
    os.close(ours)

    assert b"canary" not in shown


def test_a_notice_goes_past_what_the_command_prints(capsys):
    keys.say("a line")

    assert capsys.readouterr() == ("", "skillkit: a line\n")
