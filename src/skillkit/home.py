"""Where skillkit keeps its own files, and the rule that nobody but their owner reaches them."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Mapping

from skillkit.errors import SkillkitError

_WINDOWS = os.name == "nt"

# O_NONBLOCK: a named pipe put in a file's place is refused at once, and not waited for.
_ALWAYS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK", "O_BINARY"))

_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)


def home(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> str:
    """
    Return the folder of everything skillkit keeps; it need not exist yet.

    >>> home({"HOME": "/home/ada"}, "linux")
    '/home/ada/.local/share/skillkit'
    """
    if chosen := environ.get("SKILLKIT_HOME"):
        return os.path.abspath(chosen)
    own = environ.get("HOME") or os.path.expanduser("~")
    if platform == "darwin":
        return os.path.join(own, "Library", "Application Support", "skillkit")
    if platform == "win32":
        return os.path.join(environ.get("LOCALAPPDATA") or os.path.join(own, "AppData", "Local"), "skillkit")
    shared = environ.get("XDG_DATA_HOME", "")
    # The XDG rules say that a relative one is to be ignored.
    return os.path.join(shared if os.path.isabs(shared) else os.path.join(own, ".local", "share"), "skillkit")


def prepare(path: str) -> str:
    """Return `path`, a folder of mode 0700; made where there is none, refused where others can write to it."""
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        os.mkdir(path, 0o700)
    except FileExistsError:
        _close(path)
        check_folder(path)
        return path
    except OSError as error:
        raise unusable(path, error) from error
    # An umask takes bits away, and could have taken the owner's.
    os.chmod(path, 0o700)
    return path


def _close(path: str) -> None:
    """
    Take away that others may look into an own folder, as one made by hand with `mkdir` has it.

    One that they may write to stays as it is, to be refused: somebody may have put something there.
    """
    try:
        status = os.lstat(path)
    except OSError as error:
        raise unusable(path, error) from error
    own = stat.S_ISDIR(status.st_mode) and (_WINDOWS or status.st_uid == os.geteuid())
    if own and status.st_mode & 0o055 and not status.st_mode & 0o022:
        os.chmod(path, 0o700)


def check_folder(path: str) -> None:
    """Refuse a folder that is not there, is not the user's own, or is open to others."""
    try:
        status = os.lstat(path)
    except OSError as error:
        raise unusable(path, error) from error
    _check(path, status, stat.S_ISDIR, "folder", "700")


def found(path: str) -> bool:
    """Return whether there is a file at `path`; one that others can reach is refused."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise unusable(path, error) from error
    _check(path, status, stat.S_ISREG, "file", "600")
    return True


def private_file(path: str, flags: int = os.O_RDWR) -> int:
    """Return a descriptor of the file at `path`, made with mode 0600 where there is none, whatever the umask."""
    if found(path):
        return _open_existing(path, flags)
    try:
        return _open_new(path, flags)
    except FileExistsError:
        # Somebody was faster.
        return _open_existing(path, flags)
    except OSError as error:
        raise unusable(path, error) from error


def read_whole(path: str) -> bytes:
    """Return what the file at `path` holds, if it is one that nobody else reaches."""
    with open(_open_existing(path, os.O_RDONLY), "rb") as file:
        return file.read()


def write_new(path: str, content: bytes) -> None:
    """Write a file that was not there; it is on the disk when this returns."""
    try:
        with open(_open_new(path, os.O_WRONLY), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _sync_folder(path)
    except OSError as error:
        raise unusable(path, error) from error


def write_whole(path: str, content: bytes) -> None:
    """Write the file at `path` so that at any moment, a power cut's too, it holds all of the old or all of the new."""
    beside = f"{path}.{os.urandom(4).hex()}.part"
    try:
        write_new(beside, content)
        os.replace(beside, path)
        _sync_folder(path)
    except OSError as error:
        raise unusable(path, error) from error
    finally:
        if os.path.lexists(beside):
            os.unlink(beside)


def unusable(path: str, error: OSError) -> SkillkitError:
    """Return the sentence for what the operating system says of a file of ours."""
    reason = (error.strerror or type(error).__name__).lower()
    if error.errno in _ROOM:
        hint = "make room on the disk, or set SKILLKIT_HOME to a folder on another one"
    elif error.errno in _CLOSED:
        hint = f"make {os.path.dirname(path)!r} writable for you, or set SKILLKIT_HOME to a folder that is"
    else:
        hint = "set SKILLKIT_HOME to a folder that can be used"
    return SkillkitError(f"{path!r} cannot be used: {reason}", hint=hint)


def _open_new(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL | _ALWAYS, 0o600)
    if not _WINDOWS:
        os.fchmod(descriptor, 0o600)
    return descriptor


def _open_existing(path: str, flags: int) -> int:
    try:
        descriptor = os.open(path, flags | _ALWAYS)
    except OSError as error:
        # What stands in the way may be what `found` refuses: its sentence is the better one.
        found(path)
        raise unusable(path, error) from error
    try:
        # What was opened is judged, not what stood at the path a moment before.
        _check(path, os.fstat(descriptor), stat.S_ISREG, "file", "600")
    except SkillkitError:
        os.close(descriptor)
        raise
    return descriptor


def _check(path: str, status: os.stat_result, fits: Callable[[int], bool], noun: str, mode: str) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise _refused(path, "is a symbolic link", "rm", f"put the {noun} itself there")
    if not fits(status.st_mode):
        raise SkillkitError(f"{path!r} is not a {noun}", hint="move it away, or set SKILLKIT_HOME to another folder")
    if _WINDOWS:
        return
    if status.st_uid != os.geteuid():
        raise _refused(path, f"belongs to user {status.st_uid} and not to you", f"chown {os.geteuid()}")
    if status.st_mode & 0o077:
        raise _refused(path, f"is open to others (mode {stat.S_IMODE(status.st_mode):04o})", f"chmod {mode}")


def _refused(path: str, reason: str, command: str, then: str = "") -> SkillkitError:
    import shlex

    fix = f"{command} {shlex.quote(path)}" + (f", then {then}" if then else "")
    return SkillkitError(f"{path!r} {reason}; to fix it: {fix}", hint=fix)


def _sync_folder(path: str) -> None:
    # A new name is on the disk when its folder is; Windows does not open folders, and needs no such thing.
    if _WINDOWS:
        return
    descriptor = os.open(os.path.dirname(path) or ".", os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
