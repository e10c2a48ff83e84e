"""Files in and out: which a caller may send, and where an app's may be written."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final
from unicodedata import normalize

from skillkit.connector import Action
from skillkit.document import Json, at, fill
from skillkit.errors import Conflict, InvalidInput, Problem, SkillkitError, Upstream
from skillkit.request import Response, Upload, document

PIECE: Final = 64 * 1024
LARGEST_UPLOAD: Final = 25_000_000
# In bytes: what a disk takes, less room for a number.
LONGEST_NAME: Final = 200
# A named pipe is refused at once, and not waited for.
_GENTLE: Final = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

# The beginning of a file says what it is; its name only says what somebody called it.
_MAGIC: Final[Mapping[bytes, str]] = {
    b"%PDF-": "application/pdf",
    b"<?xml": "application/xml",
    b"\x89PNG\r\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"PK\x03\x04": "application/zip",
}
_SUFFIX: Final[Mapping[str, str]] = {
    "application/pdf": ".pdf",
    "application/xml": ".xml",
    "text/xml": ".xml",
    "text/csv": ".csv",
    "text/plain": ".txt",
    "application/json": ".json",
    "application/zip": ".zip",
    "image/png": ".png",
    "image/jpeg": ".jpg",
}
# What always has a beginning of its own; XML need not say that it is.
_MARKED: Final = frozenset({"zip", *_MAGIC.values()}) - {"application/xml", "application/zip"}
_DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d\u00b9\u00b2\u00b3])(?:\.|$)", re.IGNORECASE)


def looked_at(upload: Upload, home: str) -> tuple[str, int]:
    """Return the type and size of a file that is to be sent, or say why it is not."""
    descriptor = _opened(upload, home)
    try:
        beginning = os.read(descriptor, 1024)
        size = os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
    kind = _sniffed(beginning)
    said, found = _family(upload.type), _family(kind)
    if said != found and not (said in {"", "application/octet-stream"} or (not kind and said not in _MARKED)):
        raise _refused(upload, f"it is {kind or 'something else'}, not {upload.type}")
    return upload.type or kind or "application/octet-stream", size


def pieces(upload: Upload, home: str) -> Iterator[bytes]:
    """Yield a file's bytes, a piece at a time, and no more than it has when it is opened."""
    with os.fdopen(_opened(upload, home), "rb") as file:
        left = os.fstat(file.fileno()).st_size
        while piece := file.read(min(PIECE, left)):
            left -= len(piece)
            yield piece


def read(upload: Upload, home: str) -> bytes:
    """Return a file's bytes whole, for a place inside JSON."""
    return b"".join(pieces(upload, home))


def save(action: Action, inputs: Mapping[str, Any], response: Response, folder: str, output: str) -> Json:
    """Write the file of an answer where the caller wants it; return its path, type, size and digest."""
    if action.file is None:
        raise Upstream(f"{action.id} answers no file")
    said = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if action.file.at:
        answer = document(response)
        content: Iterable[bytes] = _embedded(action, answer)
        named = at(answer, action.file.name_at) if action.file.name_at else ""
    else:
        content = response.chunks if response.chunks is not None else (response.content,)
        named = ""
    kind = action.file.type or (said if not action.file.at else "") or "application/octet-stream"
    wanted = named or fill(action.file.name, inputs, {}) or action.key
    return put(content, wanted if isinstance(wanted, str) else action.key, kind, folder, output)


def put(content: Iterable[bytes], name: str, kind: str, folder: str, output: str) -> dict[str, Json]:
    """Write a file under a clean name where nothing is yet; return its path, type, size and digest."""
    path, descriptor = _made(output, folder, clean(name, kind))
    size, digest = _written(path, descriptor, content)
    return {"path": path, "type": kind, "size": size, "sha256": digest}


def vacant(output: str) -> None:
    """Refuse a place for a file where something is: before an app is asked for it, and not after."""
    if output and not os.path.isdir(output) and os.path.lexists(output):
        raise _taken(os.path.abspath(output))


def clean(name: str, kind: str = "") -> str:
    r"""
    Return a name that is one plain file name on every system, whatever an app called it.

    >>> clean("../../etc/pass\u202ewd\x00.pdf"), clean("con"), clean("-rf .")
    ('etc_passwd.pdf', '_con', 'rf')
    """
    name = "".join(letter for letter in normalize("NFC", name) if letter.isprintable())
    name = re.sub(r'[\\/:*?"<>|\s]+', "_", name).strip("._-~ ")
    stem, suffix = os.path.splitext(name)
    suffix = suffix[:16] or _SUFFIX.get(kind, "")
    room = LONGEST_NAME - len(suffix.encode())
    name = (stem.encode()[:room].decode("utf-8", "ignore") or "file") + suffix
    return f"_{name}" if _DEVICES.match(name) else name


def keep(content: bytes, folder: str, name: str) -> str:
    """Write content that was too long to print into a file of its own, and return its path."""
    path, descriptor = _made("", folder, name)
    _written(path, descriptor, (content,))
    return path


def _refused(upload: Upload, why: str) -> InvalidInput:
    problem = Problem(why, "/file", "upload")
    return InvalidInput(f"{upload.path!r} is not sent: {why}", (problem,))


def _opened(upload: Upload, home: str) -> int:
    try:
        descriptor = os.open(upload.path, os.O_RDONLY | _GENTLE)
    except OSError as error:
        raise _refused(upload, (error.strerror or "it cannot be opened").lower()) from None
    except ValueError:
        raise _refused(upload, "that is no path") from None
    if refusal := _refusal(upload, os.fstat(descriptor), home):
        os.close(descriptor)
        raise _refused(upload, refusal)
    return descriptor


def _refusal(upload: Upload, status: os.stat_result, home: str) -> str:
    limit = min(upload.limit or LARGEST_UPLOAD, LARGEST_UPLOAD)
    if not stat.S_ISREG(status.st_mode):
        return "it is no regular file"
    if status.st_size > limit:
        return f"it has {status.st_size:,} bytes, more than {limit:,}"
    path = os.path.realpath(upload.path)
    try:
        # What was opened is judged, whatever a link leads to by now.
        same = os.path.samestat(os.stat(path), status)
    except OSError:
        same = False
    if not same:
        return "it changes while it is opened"
    # What lies there is ours, the vault among it; a system may have several spellings of one folder.
    return "it lies in skillkit's own folder" if any(_is(home, parent) for parent in _parents(path)) else ""


def _parents(path: str) -> Iterator[str]:
    while path != (path := os.path.dirname(path)):
        yield path


def _is(home: str, folder: str) -> bool:
    try:
        return os.path.samefile(home, folder)
    except OSError:
        return False


def _sniffed(beginning: bytes) -> str:
    bare = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    kind = next((kind for magic, kind in _MAGIC.items() if bare.startswith(magic)), "")
    # Scanners write a line of their own before a PDF, and readers take it.
    return kind or ("application/pdf" if b"%PDF-" in beginning else "")


def _family(kind: str) -> str:
    # XML has two names, and a spreadsheet is a zip file.
    if "openxml" in kind or "opendocument" in kind or "zip" in kind:
        return "zip"
    return "xml" if kind.endswith("xml") else kind


def _embedded(action: Action, answer: Json) -> Iterator[bytes]:
    encoded = at(answer, action.file.at) if action.file else None
    if not isinstance(encoded, str):
        raise Upstream(f"{action.id}: the answer has no file at {action.file.at if action.file else ''}")
    try:
        yield b64decode("".join(encoded.split()), validate=True)
    except (NotBase64, ValueError) as error:
        raise Upstream(f"{action.id}: the file in the answer is no base64: {error}") from None


def _made(output: str, folder: str, name: str) -> tuple[str, int]:
    """Return the path and the descriptor of a file that was not there before."""
    if output and not os.path.isdir(output):
        path = os.path.abspath(output)
        descriptor = _new(path)
        if descriptor is None:
            raise _taken(path)
        return path, descriptor
    folder = os.path.abspath(output or folder)
    stem, suffix = os.path.splitext(name)
    for number in range(1, 10_000):
        path = os.path.join(folder, name if number == 1 else f"{stem}-{number}{suffix}")
        if (descriptor := _new(path)) is not None:
            return path, descriptor
    raise Conflict(f"{folder} has ten thousand files called {name} already")


def _taken(path: str) -> Conflict:
    return Conflict(f"{path} is there already", hint="choose another name with --output PATH")


def _unwritable(path: str, error: OSError) -> SkillkitError:
    return SkillkitError(
        f"{path} cannot be written: {(error.strerror or '').lower()}", hint="choose another place with --output PATH"
    )


def _new(path: str) -> int | None:
    try:
        # O_EXCL: never over a file that is there, nor through a link, also when it came there a moment ago.
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _GENTLE, 0o666)
    except FileExistsError:
        return None
    except OSError as error:
        raise _unwritable(path, error) from None
    except ValueError:
        raise InvalidInput(f"{path!r} is no path") from None


def _written(path: str, descriptor: int, content: Iterable[bytes]) -> tuple[int, str]:
    digest, size, whole = hashlib.sha256(), 0, False
    try:
        with os.fdopen(descriptor, "wb") as file:
            for piece in content:
                digest.update(piece)
                size += len(piece)
                file.write(piece)
        whole = True
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        if not whole:
            # Half a file looks like a whole one to whoever opens it next.
            with suppress(OSError):
                os.unlink(path)
    return size, digest.hexdigest()
