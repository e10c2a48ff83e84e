"""Credentials at rest: what lies on the disk, who can open it, and what a kill leaves."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
from base64 import b64encode, urlsafe_b64encode
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillkit import database
from skillkit import vault as module
from skillkit.errors import Conflict, ConnectionNotReady, SkillkitError
from skillkit.vault import Vault, bound, seal, unseal

CANARY = 'cänary/+"&=7f3a91c2'

posix = pytest.mark.skipif(os.name == "nt", reason="SKIPPED: Windows has no modes and no fork")


def no_desktop():
    raise RuntimeError("no D-Bus")


def vault_in(folder, ask=str, notice=lambda line: None, keyring=no_desktop):
    return Vault(str(folder), ask=ask, notice=notice, keyring=keyring)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def vault(folder):
    return vault_in(folder)


def revealed(vault, connection):
    return {field: secret.reveal() for field, secret in vault.credential(connection).items()}


def raw(folder, statement, *values):
    """Do what somebody could who can write the file."""
    with closing(sqlite3.connect(folder / "vault.db", isolation_level=None)) as opened:
        opened.execute("PRAGMA synchronous = OFF")
        return opened.execute(statement, values).fetchall()


# What is kept


def test_a_credential_comes_back_as_it_was_put(vault):
    vault.put("one", {"user": "ada", "password": CANARY, "empty": ""})
    vault.put("two", {"api_key": "lone \udcff"})

    assert revealed(vault, "one") == {"user": "ada", "password": CANARY, "empty": ""}
    assert revealed(vault, "two") == {"api_key": "lone \udcff"}
    assert CANARY not in repr(vault.credential("one"))


def test_what_is_put_replaces_all_that_was_there(vault):
    vault.put("one", {"user": "ada", "password": "first"})
    vault.put("two", {"api_key": "other"})
    vault.put("one", {"token": "second"})

    assert revealed(vault, "one") == {"token": "second"}
    assert sorted(secret.reveal() for secret in vault.secrets()) == ["other", "second"]


def test_what_is_dropped_is_gone_and_dropping_nothing_is_no_error(vault, folder):
    vault.drop("one")
    assert not folder.exists(), "there was nothing to make a vault for"
    vault.put("one", {"api_key": "a"})
    vault.put("two", {"api_key": "b"})

    vault.drop("one")
    vault.drop("one")

    with pytest.raises(ConnectionNotReady, match="connection 'one' has no credential"):
        vault.credential("one")
    assert revealed(vault, "two") == {"api_key": "b"}


def test_without_a_vault_there_is_no_credential_and_none_is_made(vault, folder):
    with pytest.raises(ConnectionNotReady, match="has no credential") as refused:
        vault.credential("one")

    assert refused.value.hint == "skillkit connect --connectionId one"
    assert vault.secrets() == ()
    for act in (vault.rotate, vault.rekey):
        with pytest.raises(SkillkitError, match="there is no vault in"):
            act()
    assert not folder.exists()


def test_a_second_process_reads_what_the_first_one_put(vault, folder):
    vault.put("one", {"api_key": CANARY})

    assert revealed(vault_in(folder), "one") == {"api_key": CANARY}


# What lies on the disk


def spellings(secret):
    raw = secret.encode()
    yield from (raw, raw[::-1], raw.hex().encode(), raw.hex().upper().encode())
    yield from (secret.encode("utf-16-le"), secret.encode("utf-16-be"), quote(secret, safe="").encode())
    yield from (json.dumps(secret)[1:-1].encode(), json.dumps(secret, ensure_ascii=False)[1:-1].encode())
    for beside in (b"", b"u", b"us", b"usr:"):
        for encode in (b64encode, urlsafe_b64encode):
            # Its ends are made of what stands beside it too.
            yield encode(beside + raw)[8:-4]


def test_no_file_holds_a_secret_in_any_spelling(vault, folder):
    vault.put("one", {"api_key": CANARY})
    vault.put("one", {"api_key": CANARY, "again": CANARY})
    vault.rotate()
    vault.rekey()
    vault.put("two", {"api_key": CANARY})

    for path in folder.iterdir():
        content = path.read_bytes()
        assert [spelling for spelling in spellings(CANARY) if spelling in content] == [], path


def test_what_is_replaced_is_wiped_from_the_file(vault, folder):
    vault.put("one", {"api_key": CANARY})
    ((before,),) = raw(folder, "SELECT sealed FROM records")
    ((key,),) = raw(folder, "SELECT sealed FROM keys")
    assert before in (folder / "vault.db").read_bytes()

    vault.rotate()
    vault.put("one", {"api_key": CANARY})

    content = (folder / "vault.db").read_bytes()
    assert before not in content
    assert key not in content


@posix
def test_every_file_is_private_whatever_the_umask(folder):
    before = os.umask(0)
    try:
        vault_in(folder).put("one", {"api_key": CANARY})
    finally:
        os.umask(before)

    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


# Who has touched it


def refused(vault, connection="one"):
    with pytest.raises(SkillkitError, match="is not what skillkit put into the vault") as error:
        vault.credential(connection)
    assert CANARY not in str(error.value)
    assert error.value.kind == "error"
    return True


def test_no_bit_of_a_record_can_be_changed(vault, folder):
    vault.put("one", {"api_key": CANARY})
    ((sealed,),) = raw(folder, "SELECT sealed FROM records")
    key = b"k" * 32
    place = bound("record", b"store", "one", "api_key", 1)
    blob = seal(key, CANARY.encode(), place)

    for bit in range(len(blob) * 8):
        flipped = bytearray(blob)
        flipped[bit // 8] ^= 1 << bit % 8
        assert unseal(key, bytes(flipped), place) is None
    for bit in range(0, len(sealed) * 8, 5):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        raw(folder, "UPDATE records SET sealed = ?", bytes(flipped))
        assert refused(vault)


@pytest.mark.parametrize(
    "change",
    [
        "sealed = x''",
        "sealed = 7",
        "sealed = 'text'",
        "sealed = substr(sealed, 1, length(sealed) - 1)",
        "sealed = substr(sealed, 2)",
        "sealed = substr(sealed, 1, 12)",
        "sealed = CAST(sealed || x'00' AS BLOB)",
        "version = 2",
        "version = 'one'",
        "field = 'secret'",
        "field = CAST(field AS BLOB)",
    ],
)
def test_a_record_is_opened_as_it_was_put_or_not_at_all(vault, folder, change):
    vault.put("one", {"api_key": CANARY})

    raw(folder, f"UPDATE records SET {change}")

    assert refused(vault)


def test_a_record_opens_in_its_own_place_alone(vault, folder):
    vault.put("one", {"user": "u" * 9, "password": "p" * 9})
    vault.put("two", {"user": "v" * 9})
    sealed = {row[:2]: row[2] for row in raw(folder, "SELECT connection, field, sealed FROM records")}

    def placed(connection, field, blob):
        raw(folder, "UPDATE records SET sealed = ? WHERE connection = ? AND field = ?", blob, connection, field)

    placed("one", "user", sealed["two", "user"])
    placed("two", "user", sealed["one", "user"])
    assert refused(vault, "one")
    assert refused(vault, "two")

    placed("one", "user", sealed["one", "password"])
    assert refused(vault, "one")

    placed("one", "user", sealed["one", "user"])
    raw(folder, "UPDATE records SET connection = 'three' WHERE connection = 'one'")
    assert refused(vault, "three")


def test_a_record_opens_under_its_own_version_alone_even_of_one_key(vault, folder):
    vault.put("one", {"api_key": CANARY})
    ((store, sealed),) = raw(folder, "SELECT store, sealed FROM vault, keys")
    (key_file,) = folder.glob("*.key")
    own = bytes.fromhex(key_file.read_text())
    again = seal(own, unseal(own, sealed, bound("key", store, 1)) or b"", bound("key", store, 2))
    raw(folder, "INSERT INTO keys VALUES (2, ?)", again)
    assert revealed(vault, "one") == {"api_key": CANARY}

    raw(folder, "UPDATE records SET version = 2")

    assert refused(vault)


def test_a_tampered_record_stands_in_the_way_of_nobody_else(vault, folder):
    vault.put("one", {"api_key": CANARY})
    vault.put("two", {"api_key": "other"})
    raw(folder, "UPDATE records SET sealed = x'00' WHERE connection = 'one'")

    assert revealed(vault, "two") == {"api_key": "other"}
    with pytest.raises(SkillkitError, match="field 'api_key' of connection 'one'"):
        vault.rekey()
    assert revealed(vault, "two") == {"api_key": "other"}

    vault.put("one", {"api_key": "new"})
    vault.rekey()
    assert (revealed(vault, "one"), revealed(vault, "two")) == ({"api_key": "new"}, {"api_key": "other"})


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE vault SET store = x'00'",
        "UPDATE vault SET store = 'text'",
        "UPDATE vault SET note = 7",
        "UPDATE vault SET note = CAST(note AS BLOB)",
        "UPDATE vault SET note = '../other'",
        "UPDATE vault SET backend = 'kms'",
        "UPDATE vault SET backend = NULL",
        "UPDATE keys SET sealed = CAST(substr(sealed, 2) || x'00' AS BLOB)",
        "UPDATE keys SET version = 2",
        "DELETE FROM keys",
        "DROP TABLE keys",
        "DROP TABLE records",
    ],
)
def test_a_vault_that_was_changed_is_a_typed_error(vault, folder, change):
    vault.put("one", {"api_key": CANARY})
    raw(folder, change)

    for act in (lambda: vault_in(folder).credential("one"), lambda: vault_in(folder).put("two", {"a": "b"})):
        with pytest.raises(SkillkitError) as error:
            act()
        assert CANARY not in error.value.message
        assert error.value.hint


def test_a_vault_that_lost_its_head_gets_no_new_one(vault, folder):
    vault.put("one", {"api_key": CANARY})
    vault.rekey()
    raw(folder, "DELETE FROM vault")

    with pytest.raises(SkillkitError, match="is damaged"):
        vault_in(folder).put("two", {"a": "b"})


def test_a_newer_vault_is_refused_by_number(vault, folder):
    vault.put("one", {"api_key": CANARY})
    raw(folder, "PRAGMA user_version = 2")

    with pytest.raises(SkillkitError, match="its schema is 2, and this one reads 1"):
        vault.credential("one")


def test_a_spoiled_file_gives_the_credential_or_a_typed_error(vault, folder):
    vault.put("one", {"api_key": CANARY})
    path = folder / "vault.db"
    whole = path.read_bytes()
    chance = random.Random(7)
    spoiled = [whole[:length] for length in range(0, len(whole), 1024)]
    spoiled += [whole + b"x", whole + whole, bytes(len(whole)), b"", b"\xff" * 10]
    # The used parts of the file lie at the ends of its pages and in the first bytes of each.
    used = [place for place in range(len(whole)) if whole[place]]
    for place in chance.sample(used, min(len(used), 400)):
        spoiled.append(whole[:place] + bytes([whole[place] ^ 1 << chance.randrange(8)]) + whole[place + 1 :])

    outcomes = set()
    for content in spoiled:
        path.write_bytes(content)
        outcomes.add(outcome(folder))

    assert outcomes == {CANARY, "error", "connection_not_ready"}


def outcome(folder):
    try:
        return revealed(vault_in(folder), "one")["api_key"]
    except SkillkitError as error:
        return "leaked" if CANARY in error.message + error.hint else error.kind


# Sealing


def test_no_nonce_is_used_twice():
    key, place = b"k" * 32, b"place"

    nonces = {seal(key, b"", place)[: module.NONCE] for _ in range(100_000)}

    assert len(nonces) == 100_000


@given(st.lists(st.binary() | st.text(), max_size=4), st.lists(st.binary() | st.text(), max_size=4))
def test_no_two_places_are_bound_to_the_same(one, other):
    as_bytes = [[part if isinstance(part, bytes) else part.encode() for part in parts] for parts in (one, other)]

    assert (bound(*one) == bound(*other)) == (as_bytes[0] == as_bytes[1])


@given(st.binary(), st.binary(), st.binary(min_size=1))
def test_what_is_sealed_opens_with_its_key_and_its_place_alone(plain, place, other):
    key, wrong = b"k" * 32, b"w" * 32
    sealed = seal(key, plain, place)

    assert unseal(key, sealed, place) == plain
    assert unseal(wrong, sealed, place) is None
    assert unseal(key, sealed, place + other) is None
    assert unseal(key, sealed + other, place) is None
    assert plain not in sealed or len(plain) < 4


# By what the key is kept


class Desktop:
    def __init__(self):
        self.kept = {}

    def set_password(self, service, account, password):
        self.kept[account] = password

    def get_password(self, service, account):
        return self.kept.get(account)

    def delete_password(self, service, account):
        del self.kept[account]


def test_without_a_keyring_a_key_file_is_made_and_said_once(folder):
    said = []
    vault = vault_in(folder, notice=said.append)

    assert vault.init() == "keyfile"
    vault.put("one", {"api_key": CANARY})
    assert vault_in(folder, notice=said.append).init() == "keyfile"
    vault_in(folder, notice=said.append).put("two", {"api_key": CANARY})

    (key_file,) = folder.glob("*.key")
    (line,) = said
    assert str(key_file) in line


@pytest.mark.skipif(sys.platform != "linux", reason="SKIPPED: only Linux can be without a keyring")
def test_without_a_desktop_connecting_works_all_the_same(folder):
    script = "import sys; from skillkit.vault import Vault; Vault(sys.argv[1]).put('one', {'api_key': 'canary'})"
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("DBUS", "XDG", "DISPLAY"))}

    said = [
        subprocess.run([sys.executable, "-c", script, folder], capture_output=True, text=True, env=bare, check=True)
        for _ in range(2)
    ]

    (key_file,) = folder.glob("*.key")
    assert said[0].stderr.count("\n") == 1
    assert str(key_file) in said[0].stderr
    assert said[1].stderr == ""


def test_a_keyring_that_opens_keeps_the_key_and_no_file_does(folder):
    desktop = Desktop()
    vault = vault_in(folder, keyring=lambda: desktop)
    vault.put("one", {"api_key": CANARY})

    assert vault.init() == "keyring"
    assert os.listdir(folder) == ["vault.db"]
    assert len(desktop.kept) == 1
    assert revealed(vault_in(folder, keyring=lambda: desktop), "one") == {"api_key": CANARY}
    with pytest.raises(SkillkitError, match="the keyring did not open"):
        vault_in(folder).credential("one")
    with pytest.raises(SkillkitError, match="has no entry"):
        vault_in(folder, keyring=Desktop).credential("one")


def test_a_passphrase_is_asked_for_once_and_a_wrong_one_says_nothing_more(folder):
    asked = []

    def ask_for(phrase):
        return lambda: asked.append(phrase) or phrase

    assert vault_in(folder).init("passphrase", passphrase="right") == "passphrase"
    vault = vault_in(folder, ask=ask_for("right"))
    vault.put("one", {"api_key": CANARY})
    assert revealed(vault, "one") == {"api_key": CANARY}
    assert asked == ["right"]
    with pytest.raises(ConnectionNotReady):
        vault_in(folder, ask=ask_for("not asked")).credential("two")
    assert asked == ["right"]

    mistaken = vault_in(folder, ask=iter(["wrong", "", "Right", "right ", "x" * 5000]).__next__)
    messages = set()
    for _ in range(5):
        with pytest.raises(SkillkitError) as error:
            mistaken.credential("one")
        messages.add((error.value.message, error.value.hint, str(error.value.__cause__)))
    assert len(messages) == 1
    assert "the passphrase does not open the vault" in error.value.message


def test_a_vault_that_is_there_is_not_made_again_in_another_way(folder, vault):
    vault.init("keyfile")

    assert vault.init("keyfile") == vault.init() == "keyfile"
    with pytest.raises(Conflict, match="its key kept by 'keyfile'"):
        vault.init("passphrase", passphrase="p")


def test_a_key_file_of_another_vault_does_not_open_this_one(vault, folder, tmp_path):
    vault.put("one", {"api_key": CANARY})
    vault_in(tmp_path / "other").init()
    (mine,), (theirs,) = folder.glob("*.key"), (tmp_path / "other").glob("*.key")
    mine.write_bytes(theirs.read_bytes())

    with pytest.raises(SkillkitError, match="the key file does not open the vault"):
        vault_in(folder).credential("one")

    mine.unlink()
    with pytest.raises(SkillkitError, match=r"key file '.*' is gone"):
        vault_in(folder).credential("one")


def chmod(mode):
    return lambda path: path.chmod(mode)


def to_link(path):
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))


def to_stranger(path):
    if os.geteuid() != 0:
        pytest.skip("SKIPPED: only root can give a file to somebody else")
    os.chown(path, 12345, -1)


@posix
@pytest.mark.parametrize("which", ["vault.db", "*.key", "."])
@pytest.mark.parametrize(("spoil", "fix"), [(chmod(0o777), "chmod [67]00 "), (to_link, "rm "), (to_stranger, r"chown \d+ ")])
def test_what_others_could_reach_is_refused_with_the_fix(vault, folder, which, spoil, fix):
    vault.put("one", {"api_key": CANARY})
    (path,) = [folder] if which == "." else folder.glob(which)
    spoil(path)

    for act in (lambda: vault_in(folder).credential("one"), lambda: vault_in(folder).put("two", {"a": "b"})):
        with pytest.raises(SkillkitError, match=f"to fix it: {fix}"):
            act()


@posix
@pytest.mark.parametrize("which", ["vault.db", "*.key"])
def test_a_file_that_others_can_read_is_refused_with_the_fix(vault, folder, which):
    vault.put("one", {"api_key": CANARY})
    (path,) = folder.glob(which)
    path.chmod(0o644)

    with pytest.raises(SkillkitError, match=rf"\(mode 0644\); to fix it: chmod 600 {path}"):
        vault_in(folder).credential("one")


def test_many_commands_that_make_the_vault_at_once_make_one(folder):
    script = """
import sys
from skillkit.vault import Vault
def no_desktop(): raise RuntimeError
vault = Vault(sys.argv[1], keyring=no_desktop)
print("ready", flush=True)
sys.stdin.readline()
vault.put(sys.argv[2], {"api_key": sys.argv[2]})
"""
    makers = [
        subprocess.Popen([sys.executable, "-c", script, folder, str(number)], stdin=-1, stdout=-1, stderr=-1, text=True)
        for number in range(4)
    ]
    for maker in makers:
        maker.stdout.readline()
    for maker in makers:
        maker.stdin.write("go\n")
        maker.stdin.flush()

    said = "".join(maker.communicate()[1] for maker in makers)

    assert said.count("\n") == said.count("the key of the vault is in") == 1
    assert len(list(folder.glob("*.key"))) == 1
    assert [revealed(vault_in(folder), str(number)) for number in range(4)] == [{"api_key": str(n)} for n in range(4)]


# New keys


def test_rotating_leaves_the_records_as_they_are_and_the_old_key_gone(vault, folder):
    vault.put("one", {"api_key": CANARY})
    records = raw(folder, "SELECT * FROM records")
    (old,) = folder.glob("*.key")
    old_key = old.read_bytes()

    assert vault.rotate() == "keyfile"

    (new,) = folder.glob("*.key")
    assert new.name != old.name
    assert new.read_bytes() != old_key
    assert raw(folder, "SELECT * FROM records") == records
    assert raw(folder, "SELECT * FROM retired") == []
    assert revealed(vault_in(folder), "one") == revealed(vault, "one") == {"api_key": CANARY}

    new.write_bytes(old_key)
    with pytest.raises(SkillkitError, match="does not open the vault"):
        vault_in(folder).credential("one")


def test_rotating_goes_from_any_way_of_keeping_to_any_other(folder):
    desktop = Desktop()
    vault = vault_in(folder, ask=lambda: "second", keyring=lambda: desktop)
    vault.init("passphrase", passphrase="first")
    opened = vault_in(folder, ask=lambda: "first", keyring=lambda: desktop)
    opened.put("one", {"api_key": CANARY})

    with pytest.raises(SkillkitError, match="the passphrase does not open the vault"):
        vault_in(folder, ask=lambda: "second").rotate("keyfile")
    assert opened.rotate(passphrase="second") == "passphrase"
    assert opened.rotate("keyring") == "keyring"
    assert opened.rotate("keyfile") == "keyfile"
    assert desktop.kept == {}
    assert opened.rotate("auto") == "keyring"
    assert opened.rotate("passphrase", passphrase="last") == "passphrase"

    assert desktop.kept == {}
    assert os.listdir(folder) == ["vault.db"]
    assert revealed(vault_in(folder, ask=lambda: "last"), "one") == {"api_key": CANARY}
    for old in ("first", "second"):
        with pytest.raises(SkillkitError, match="the passphrase does not open the vault"):
            vault_in(folder, ask=lambda old=old: old).credential("one")


def test_an_old_key_that_cannot_be_destroyed_is_named_and_tried_again(folder):
    class Stubborn(Desktop):
        def delete_password(self, service, account):
            if not account.startswith("probe"):
                raise RuntimeError("no")

    said, stubborn = [], Stubborn()
    vault = vault_in(folder, notice=said.append, keyring=lambda: stubborn)
    vault.init("keyring")
    (old,) = (account for account in stubborn.kept if account.startswith("vault"))

    vault.rotate("keyfile")
    assert any(f"an old key of the vault is still in the keyring, as {old}" in line for line in said)

    willing = Desktop()
    willing.kept = stubborn.kept
    vault_in(folder, keyring=lambda: willing).rotate("keyfile")
    assert old not in willing.kept
    assert raw(folder, "SELECT * FROM retired") == []


def test_of_two_commands_that_rotate_at_once_one_is_refused(folder):
    vault = vault_in(folder)
    vault.put("one", {"api_key": CANARY})
    asked = []

    def slowly():
        asked.append("new")
        vault.rotate()
        return "typed meanwhile"

    with pytest.raises(Conflict, match="another command has rotated the vault"):
        vault_in(folder, ask=slowly).rotate("passphrase")

    assert asked == ["new"]
    assert revealed(vault_in(folder), "one") == {"api_key": CANARY}


def test_who_reads_while_another_command_rotates_asks_for_the_new_key(folder):
    vault_in(folder).init("passphrase", passphrase="old")
    writing = vault_in(folder, ask=lambda: "old")
    writing.put("one", {"api_key": CANARY})

    def rotated_meanwhile():
        writing.rotate("keyfile")
        return "mistyped"

    assert revealed(vault_in(folder, ask=rotated_meanwhile), "one") == {"api_key": CANARY}


def test_a_commit_is_on_the_disk_before_an_old_key_is_destroyed(vault, folder):
    vault.init()

    with closing(database.opened(str(folder / "vault.db"), module.SCHEMA)) as opened:
        kept = {name: opened.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode", "secure_delete")}

    assert kept == {"synchronous": 3, "journal_mode": "delete", "secure_delete": 1}


def test_rekeying_seals_every_record_anew(vault, folder):
    vault.put("one", {f"field{number}": str(number) for number in range(module.BATCH * 2 + 1)})
    before = dict(raw(folder, "SELECT field, sealed FROM records"))
    other = vault_in(folder)
    revealed(other, "one")

    assert vault.rekey() == 2

    after = raw(folder, "SELECT field, sealed, version FROM records")
    assert {version for _, _, version in after} == {2}
    assert not any(before[field] == sealed for field, sealed, _ in after)
    assert raw(folder, "SELECT version FROM keys") == [(2,)]
    # One that had opened the vault before sees the new key, and so does one that opens it now.
    assert revealed(other, "one") == revealed(vault_in(folder), "one")
    other.put("two", {"api_key": CANARY})
    assert vault.rekey() == 3
    assert revealed(other, "two") == {"api_key": CANARY}


READER = """
import sys
from skillkit.vault import Vault
vault = Vault(sys.argv[1])
print("ready", flush=True)
while True:
    assert len({secret.reveal() for secret in vault.secrets()}) == 1000
    print("read", flush=True)
"""


def test_a_thousand_records_stay_readable_while_they_are_rekeyed(vault, folder):
    vault.put("one", {str(number): f"value {number}" for number in range(1000)})
    with subprocess.Popen([sys.executable, "-c", READER, folder], stdin=-1, stdout=-1, stderr=-1, text=True) as reader:
        reader.stdout.readline()
        for _ in range(3):
            vault.rekey()
            assert reader.stdout.readline() == "read\n"
        reader.kill()
        assert reader.communicate()[1] == ""

    assert raw(folder, "SELECT DISTINCT version FROM records") == [(4,)]


# What a kill leaves

KILLED = """
import os, shutil, signal, sys
from skillkit import database, keys, vault
from skillkit.errors import SkillkitError

watched = {keys.__file__, vault.__file__, database.__file__}
template, folder, act = sys.argv[1:]
changes_nothing = {"<listcomp>", "<genexpr>", "<dictcomp>", "bound", "seal", "unseal", "opened", "_check", "_version"}
vault.BATCH = 2

def no_desktop():
    raise RuntimeError

def opened():
    return vault.Vault(folder, notice=lambda line: None, keyring=no_desktop)

def killed_after(lines):
    left = lines
    def watch(frame, event, _):
        nonlocal left
        code = frame.f_code
        if code.co_filename not in watched or code.co_name in changes_nothing:
            return None
        if event == "line":
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return watch
    child = os.fork()
    if child == 0:
        sys.settrace(watch)
        getattr(opened(), act)()
        sys.settrace(None)
        os._exit(0)
    return os.waitpid(child, 0)[1] == signal.SIGKILL

lines, killed, midway = 0, True, 0
while killed:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder)
    killed = killed_after(lines)
    for connection in "ab":
        found = {field: secret.reveal() for field, secret in opened().credential(connection).items()}
        assert found == {"user": connection, "password": connection * 20}, (lines, found)
    if lines % 5 == 0:
        # What was interrupted can be done again, and is whole then.
        getattr(opened(), act)()
        assert len(opened().secrets()) == 4, lines
    lines += 1
print(lines)
"""


@pytest.fixture
def in_memory(tmp_path):
    """A folder where syncing costs nothing: it is a process that dies, and not the machine."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tmp_path
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@posix
@pytest.mark.parametrize(("act", "least"), [("rotate", 60), ("rekey", 60)])
def test_killed_at_any_line_every_record_still_opens(in_memory, act, least):
    template = in_memory / "template"
    for connection in "ab":
        vault_in(template).put(connection, {"user": connection, "password": connection * 20})

    done = subprocess.run(
        [sys.executable, "-c", KILLED, template, in_memory / "home", act],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert int(done.stdout) > least


WRITER = """
import sys
from skillkit.vault import Vault
vault = Vault(sys.argv[1])
for number in range(10**9):
    vault.put("one", {"number": str(number), "same": str(number)})
    print(number, flush=True)
"""


@posix
def test_a_writer_that_is_killed_loses_nothing_it_had_written(vault, folder):
    vault.put("one", {"number": "0", "same": "0"})
    for pause in range(5):
        with subprocess.Popen([sys.executable, "-c", WRITER, folder], stdout=subprocess.PIPE, text=True) as writer:
            writer.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                writer.wait(0.003 + pause / 500)
            os.kill(writer.pid, signal.SIGKILL)
            acknowledged = int(["0", *writer.stdout.read().split()][-1])

        found = revealed(vault_in(folder), "one")
        assert found["number"] == found["same"]
        assert int(found["number"]) >= acknowledged
