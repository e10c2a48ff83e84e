"""Files in and out: which a caller may send, and where an app's may be written."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from unicodedata import normalize

from skillkit.document import Json, at
from skillkit.connector import Action
from skillkit.document import fill
from skillkit.errors import Conflict, InvalidInput, Problem, SkillkitError, Upstream
from skillkit.request import Response, Upload, document

PIECE: Final = 64 * 1024
LARGEST_UPLOAD: Final = 25_000_000
LONGEST_NAME: Final = 120
# No following of a link that somebody puts in the place of the file between two looks at it.
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)

# The beginning of a file says what it is; its name only says what somebody called it.
_MAGIC: Final[Mapping[bytes, str]] = {
    b"%PDF-": "application/pdf",
    b"<?xml": "application/xml",
    b"\xef\xbb\xbf<?xml": "application/xml",
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
_DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def looked_at(upload: Upload, home: str) -> tuple[str, int]:
    """Return the type and size of a file that is to be sent, or say why it is not."""
    descriptor = _opened(upload, home)
    try:
        beginning = os.read(descriptor, 16)
        size = os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
    kind = next((kind for magic, kind in _MAGIC.items() if beginning.startswith(magic)), "")
    if upload.type and kind and _family(kind) != _family(upload.type):
        raise _refused(upload, f"it is {kind}, not {upload.type}")
    return upload.type or kind or "application/octet-stream", size


def pieces(upload: Upload, home: str) -> Iterator[bytes]:
    """Yield a file's bytes, a piece at a time."""
    with os.fdopen(_opened(upload, home), "rb") as file:
        while piece := file.read(PIECE):
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
    path = _free(output, folder, clean(name, kind))
    size, digest = _written(path, content)
    return {"path": path, "type": kind, "size": size, "sha256": digest}


def clean(name: str, kind: str = "") -> str:
    """
    Return a name that is one plain file name on every system, whatever an app called it.

    >>> clean("../../etc/pass\\u202ewd\\x00.pdf"), clean("con"), clean("-rf .")
    ('etc_passwd.pdf', '_con', 'rf')
    """
    name = "".join(letter for letter in normalize("NFC", name) if letter.isprintable())
    name = re.sub(r'[\\/:*?"<>|\s]+', "_", name).strip("._- ")
    stem, suffix = os.path.splitext(name)
    suffix = suffix[:16] or _SUFFIX.get(kind, "")
    name = (stem[: LONGEST_NAME - len(suffix)] or "file") + suffix
    return f"_{name}" if _DEVICES.match(name) else name


def keep(content: bytes, folder: str, name: str) -> str:
    """Write content that was too long to print into a file of its own, and return its path."""
    path = _free("", folder, name)
    _written(path, (content,))
    return path


def _refused(upload: Upload, why: str) -> InvalidInput:
    problem = Problem(why, "/file", "upload")
    return InvalidInput(f"{upload.path!r} is not sent: {why}", (problem,))


def _opened(upload: Upload, home: str) -> int:
    path = os.path.realpath(upload.path)
    # What lies there is ours, the vault among it.
    if os.path.commonpath([path, os.path.realpath(home)]) == os.path.realpath(home):
        raise _refused(upload, "it lies in skillkit's own folder")
    try:
        descriptor = os.open(path, os.O_RDONLY | _NO_LINK)
    except OSError as error:
        raise _refused(upload, (error.strerror or "it cannot be opened").lower()) from None
    status = os.fstat(descriptor)
    limit = min(upload.limit or LARGEST_UPLOAD, LARGEST_UPLOAD)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise _refused(upload, "it is no regular file")
    if status.st_size > limit:
        os.close(descriptor)
        raise _refused(upload, f"it has {status.st_size:,} bytes, more than {limit:,}")
    return descriptor


def _family(kind: str) -> str:
    # XML has two names, and a spreadsheet is a zip file.
    return "xml" if kind.endswith("xml") and "openxml" not in kind else "zip" if "zip" in kind or "openxml" in kind else kind


def _embedded(action: Action, answer: Json) -> Iterator[bytes]:
    encoded = at(answer, action.file.at) if action.file else None
    if not isinstance(encoded, str):
        raise Upstream(f"{action.id}: the answer has no file at {action.file.at if action.file else ''}")
    try:
        yield b64decode("".join(encoded.split()), validate=True)
    except (NotBase64, ValueError) as error:
        raise Upstream(f"{action.id}: the file in the answer is no base64: {error}") from None


def _free(output: str, folder: str, name: str) -> str:
    if output and not os.path.isdir(output):
        return os.path.abspath(output)
    folder = os.path.abspath(output or folder)
    stem, suffix = os.path.splitext(name)
    for number in range(1, 10_000):
        path = os.path.join(folder, name if number == 1 else f"{stem}-{number}{suffix}")
        if not os.path.lexists(path):
            return path
    raise Conflict(f"{folder} has ten thousand files called {name} already")


def _written(path: str, content: Iterable[bytes]) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    try:
        # O_EXCL: never over a file that is there, also when it came there a moment ago.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o666)
    except FileExistsError:
        raise Conflict(f"{path} is there already", hint="choose another name with --output PATH") from None
    except OSError as error:
        raise SkillkitError(f"{path} cannot be written: {(error.strerror or '').lower()}", hint="choose another place with --output PATH") from None
    whole = False
    try:
        with os.fdopen(descriptor, "wb") as file:
            for piece in content:
                digest.update(piece)
                size += len(piece)
                file.write(piece)
        whole = True
    except OSError as error:
        raise SkillkitError(f"{path} cannot be written: {(error.strerror or '').lower()}") from None
    finally:
        if not whole:
            # Half a file looks like a whole one to whoever opens it next.
            os.unlink(path)
    return size, digest.hexdigest()
