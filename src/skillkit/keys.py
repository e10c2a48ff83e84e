"""Where the key that opens the vault comes from: the desktop's keyring, a key file, or a passphrase."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

from skillkit import home
from skillkit.errors import InvalidInput, SkillkitError, UnknownName

T = TypeVar("T")

LENGTH = 32

# A keyring that waits for somebody to unlock it must not hang a command. A new vault does without it
# soon; one that needs it leaves its owner the time to type a password.
PROBE = 3.0
UNLOCK = 20.0

# Of a passphrase, in bytes: what comes out of a wrong descriptor may have no end.
LONGEST = 4096


class Keyring(Protocol):
    """What is used of the `keyring` module."""

    def set_password(self, service: str, account: str, password: str, /) -> None: ...

    def get_password(self, service: str, account: str, /) -> str | None: ...

    def delete_password(self, service: str, account: str, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who keeps a key, and the note by which it is found there; neither is secret."""

    backend: str
    note: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What keys are kept in, and the people they are asked of."""

    home: str
    ask: Callable[[], str]
    notice: Callable[[str], None]
    keyring: Callable[[], Keyring]
    probe: float = PROBE
    unlock: float = UNLOCK


@dataclass(frozen=True, slots=True)
class Backend:
    """One way of keeping a key."""

    # A new key and its note; the passphrase is used by the backend that has one.
    make: Callable[[Surroundings, str], tuple[str, bytes]]
    fetch: Callable[[Surroundings, str], bytes]
    # Whether the key is gone now.
    forget: Callable[[Surroundings, str], bool]
    # Said whenever the key does not fit, whatever the reason: a guesser learns nothing from it.
    misfit: str


def choose(backend: str, around: Surroundings) -> str:
    """Return the backend that `backend` means here: `auto` is a keyring that really opens, else a key file."""
    if backend != "auto" and backend not in BACKENDS:
        raise UnknownName(f"no key backend {backend!r}", hint=f"one of auto, {', '.join(BACKENDS)}")
    if backend not in {"auto", "keyring"}:
        return backend
    if _keyring_opens(around):
        return "keyring"
    if backend == "auto":
        return "keyfile"
    raise SkillkitError("no keyring opens here", hint="unlock the desktop's keyring, or choose keyfile or passphrase")


def make(backend: str, around: Surroundings, passphrase: str = "") -> tuple[Keeper, bytes]:
    """Return a new key, kept under a note that no other key has: the ones made before stay as they are."""
    note, key = BACKENDS[backend].make(around, passphrase)
    return Keeper(backend, note), key


def fetch(keeper: Keeper, around: Surroundings) -> bytes:
    """Return the key that `keeper` keeps."""
    if keeper.backend not in BACKENDS:
        raise SkillkitError(f"the vault's key is kept by {keeper.backend!r}, unknown here", hint="upgrade skillkit")
    return BACKENDS[keeper.backend].fetch(around, keeper.note)


def forget(keeper: Keeper, around: Surroundings) -> bool:
    """Destroy the key that `keeper` keeps, and return whether it is gone."""
    return keeper.backend in BACKENDS and BACKENDS[keeper.backend].forget(around, keeper.note)


def say(line: str) -> None:
    """Tell the person at the terminal, past what the command prints."""
    sys.stderr.write(f"skillkit: {line}\n")


def system_keyring() -> Keyring:
    """Return the `keyring` library; importing it may already speak to the desktop."""
    import keyring

    return keyring


def ask_passphrase(environ: Mapping[str, str] = os.environ) -> str:
    """Return a line from the descriptor that SKILLKIT_PASSPHRASE_FD names, else what is typed at the terminal."""
    chosen = environ.get("SKILLKIT_PASSPHRASE_FD", "")
    if not chosen:
        return _typed()
    if not chosen.isdecimal():
        raise InvalidInput(f"SKILLKIT_PASSPHRASE_FD is {chosen!r}, not the number of a descriptor")
    line = bytearray()
    try:
        # Byte by byte, so that the next line is left for whoever asks next: `rotate` asks twice.
        while (byte := os.read(int(chosen), 1)) not in {b"", b"\n"} and len(line) < LONGEST:
            line += byte
    except (OSError, OverflowError):
        raise SkillkitError(f"descriptor {chosen} cannot be read", hint="open it for skillkit, as in: 3<file") from None
    if not line:
        raise SkillkitError(f"descriptor {chosen} holds no passphrase", hint="one line for every time it is asked")
    return line.decode("utf-8", "surrogateescape").removesuffix("\r")


def _typed() -> str:
    import getpass

    if not sys.stdin or not sys.stdin.isatty():
        raise SkillkitError(
            "the vault's passphrase is wanted, and there is no terminal to ask at",
            hint="put it in a file descriptor and its number in SKILLKIT_PASSPHRASE_FD",
        )
    return getpass.getpass("Passphrase of the vault: ")


def _new_name() -> str:
    return os.urandom(8).hex()


# The note of a key file is its name in the home folder.
_FILE_NAME = re.compile(r"vault-[0-9a-f]{16}\.key")


def _make_file(around: Surroundings, _passphrase: str) -> tuple[str, bytes]:
    key = os.urandom(LENGTH)
    name = f"vault-{_new_name()}.key"
    path = os.path.join(around.home, name)
    home.write_new(path, key.hex().encode())
    around.notice(f"the key of the vault is in the file {path}: who reads it and vault.db reads the credentials")
    return name, key


def _fetch_file(around: Surroundings, note: str) -> bytes:
    path = _key_path(around, note)
    if not home.found(path):
        raise SkillkitError(f"the vault's key file {path!r} is gone", hint="put it back, or move vault.db away and connect again")
    return _parsed(home.read_whole(path).decode("ascii", "replace"), f"the key file {path!r}")


def _forget_file(around: Surroundings, note: str) -> bool:
    path = _key_path(around, note)
    with suppress(OSError):
        os.unlink(path)
    return not os.path.lexists(path)


def _key_path(around: Surroundings, note: str) -> str:
    # The note comes out of a file: it names a key file of ours, or leads nowhere.
    if not _FILE_NAME.fullmatch(note):
        raise SkillkitError(f"{note!r} is not the name of a key file", hint="put back a copy of vault.db")
    return os.path.join(around.home, note)


def _parsed(text: str, source: str) -> bytes:
    if not re.fullmatch(r"[0-9a-f]{64}", text.strip()):
        raise SkillkitError(f"{source} holds no key", hint="put back a copy of it")
    return bytes.fromhex(text.strip())


# The note of a key in the keyring is the account that it is kept under.
_SERVICE = "skillkit"


def _keyring_opens(around: Surroundings) -> bool:
    account, token = f"probe-{_new_name()}", _new_name()

    def round_trip() -> bool:
        keyring = around.keyring()
        keyring.set_password(_SERVICE, account, token)
        same = keyring.get_password(_SERVICE, account) == token
        keyring.delete_password(_SERVICE, account)
        return same

    return _answers(round_trip, around.probe) == [True]


def _make_in_keyring(around: Surroundings, _passphrase: str) -> tuple[str, bytes]:
    key = os.urandom(LENGTH)
    account = f"vault-{_new_name()}"

    def keep() -> str | None:
        keyring = around.keyring()
        keyring.set_password(_SERVICE, account, key.hex())
        return keyring.get_password(_SERVICE, account)

    if _answers(keep, around.probe) != [key.hex()]:
        raise SkillkitError("the keyring did not keep the key", hint="unlock it, or choose keyfile or passphrase")
    return account, key


def _fetch_from_keyring(around: Surroundings, note: str) -> bytes:
    answers = _answers(lambda: around.keyring().get_password(_SERVICE, note), around.unlock)
    if not answers:
        raise SkillkitError(
            f"the keyring did not open within {around.unlock:g} seconds",
            hint="unlock the desktop's keyring and try again; over ssh, unlock it there first",
        )
    if answers[0] is None:
        raise SkillkitError(
            f"the keyring has no entry {note!r} of {_SERVICE}",
            hint="log in as who made the vault, or move vault.db away and connect again",
        )
    return _parsed(answers[0], f"the keyring's entry {note!r}")


def _forget_in_keyring(around: Surroundings, note: str) -> bool:
    def remove() -> bool:
        keyring = around.keyring()
        if keyring.get_password(_SERVICE, note) is not None:
            keyring.delete_password(_SERVICE, note)
        return True

    return _answers(remove, around.probe) == [True]


def _answers(question: Callable[[], T], limit: float) -> list[T]:
    """Return the one answer to `question`, or none when it failed or took longer than `limit`."""
    import threading

    answers: list[T] = []

    def ask() -> None:
        # A keyring is somebody else's plug-in speaking to a desktop, and raises whatever it likes.
        with suppress(Exception):
            answers.append(question())

    # A daemon: when the desktop never answers, the command must still be able to end.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(limit)
    return list(answers)


# The note of a passphrase is the cost of trying one, and the salt. The key itself is kept nowhere.
_COST = (3, 64 * 1024, 4)
_NOTE = re.compile(r"argon2id t=([1-9]) m=([0-9]{4,6}) p=([1-8]) ([0-9a-f]{32})")


def _make_from_passphrase(around: Surroundings, passphrase: str) -> tuple[str, bytes]:
    passphrase = passphrase or around.ask()
    if not passphrase:
        raise InvalidInput("a passphrase of no letters keeps nothing", hint="choose a long one")
    salt = os.urandom(16)
    note = "argon2id t={} m={} p={} {}".format(*_COST, salt.hex())
    return note, _derived(passphrase, salt, _COST)


def _fetch_from_passphrase(around: Surroundings, note: str) -> bytes:
    found = _NOTE.fullmatch(note)
    # Looked at before anybody types: a note out of a file must not ask for all of the machine's memory.
    if not found:
        raise SkillkitError(f"{note!r} does not say how the key is made", hint="put back a copy of vault.db")
    passes, memory, lanes = (int(part) for part in found.groups()[:3])
    return _derived(around.ask(), bytes.fromhex(found[4]), (passes, memory, lanes))


def _forget_nothing(_around: Surroundings, _note: str) -> bool:
    return True


def _derived(passphrase: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    import unicodedata

    from argon2.low_level import Type, hash_secret_raw

    # Two keyboards may write one accented letter in two ways.
    secret = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogateescape")
    return hash_secret_raw(secret, salt, *cost, LENGTH, Type.ID)


BACKENDS: Mapping[str, Backend] = {
    "keyring": Backend(_make_in_keyring, _fetch_from_keyring, _forget_in_keyring, "the keyring's key does not open the vault"),
    "keyfile": Backend(_make_file, _fetch_file, _forget_file, "the key file does not open the vault"),
    "passphrase": Backend(
        _make_from_passphrase, _fetch_from_passphrase, _forget_nothing, "the passphrase does not open the vault"
    ),
}
