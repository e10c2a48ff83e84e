"""A registry as a folder of plain files, for any web server to serve; a folder that holds something else is left as it is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from skillkit import VERSION
from skillkit.errors import SkillkitError
from skillkit.registry import clawhub, verdict, wellknown
from skillkit.registry.archive import digest
from skillkit.registry.clawhub import API, Question
from skillkit.registry.shelf import Entry, Shelf

# By this a folder is known to be one that was built, and which of its files are ours.
LIST: Final = "skillkit-registry.json"


def tree(shelf: Shelf) -> dict[str, bytes]:
    """
    Return the files of a registry by their paths, the same bytes every time.

    What a client asks with a query or sends with POST no folder can answer; of the API of ClawHub the rest is here.
    """
    question = Question(shelf, {"limit": str(clawhub.MOST_ROWS)})
    files = wellknown.pages(shelf)
    files[f"{API[1:]}/trending"] = _document(clawhub.trending(question))
    for entry in shelf.known.values():
        files.update(_of_skill(entry, question))
    listed = {"skillkit": VERSION, "files": {path: digest(content) for path, content in sorted(files.items())}}
    return dict(sorted({**files, LIST: _document(listed)}.items()))


def put(path: str, content: bytes) -> None:
    """Write a file so that at any moment it holds all of the old or all of the new."""
    beside = f"{path}.{os.urandom(4).hex()}.part"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(beside, "xb") as whole:
            whole.write(content)
        os.replace(beside, path)
    except OSError as error:
        raise _unusable(path, error) from error
    finally:
        if os.path.lexists(beside):
            os.unlink(beside)


def build(place: str, files: Mapping[str, bytes], write: Callable[[str, bytes], None] = put) -> int:
    """Write the files of a registry into a folder, take away what an earlier one left there, and return how many are new."""
    ours = _ours(place)
    fresh = [path for path, content in files.items() if _held(place, path) != content]
    gone = [path for path in ours if path not in files and _held(place, path) is not None]
    for path in (*fresh, *gone):
        held = _held(place, path)
        if held is not None and path != LIST and digest(held) not in ours.get(path, ()):
            raise _foreign(os.path.join(place, path), "is not as it was built")
    if fresh or gone:
        # Whenever this is cut short, both what was and what is to be are known to be ours.
        write(os.path.join(place, LIST), _document({**json.loads(files[LIST]), "before": ours}))
    for path in gone:
        _taken_away(place, path)
    for path in fresh:
        if path != LIST:
            write(os.path.join(place, path), files[path])
    if fresh or gone:
        write(os.path.join(place, LIST), files[LIST])
    return len(fresh)


def _of_skill(entry: Entry, question: Question) -> dict[str, bytes]:
    below = f"{API[1:]}/skills/{entry.name}"
    archive = f"{API[1:]}/archives/{entry.name}-{entry.serial}.zip"
    install = {
        "ok": True,
        "slug": entry.name,
        "installKind": "archive",
        "archive": {"version": entry.serial, "downloadUrl": f"/{archive}"},
    }
    return {
        archive: entry.archive,
        f"{below}/install": _document(install),
        f"{below}/verify": _document(clawhub.verify(entry, question)),
        f"{below}/card": verdict.card(entry).encode(),
    }


def _ours(place: str) -> dict[str, list[str]]:
    """Return which files an earlier registry has in this folder, each with the sums it may have; none where there is none yet."""
    if os.path.islink(place) or (os.path.lexists(place) and not os.path.isdir(place)):
        raise _foreign(place, "is no folder of its own")
    content = _held(place, LIST)
    if content is None:
        if _names(place):
            raise _foreign(place, "holds something else already")
        return {}
    try:
        said = json.loads(content)
        files = {path: [sum_] for path, sum_ in said["files"].items()}
        for path, sums in said.get("before", {}).items():
            files[path] = sorted({*files.get(path, ()), *sums})
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        raise _foreign(os.path.join(place, LIST), "is not as it was built") from None
    # Whoever has edited the list does not have other files taken away by it.
    return {path: sums for path, sums in sorted(files.items()) if _inside(path)}


def _names(place: str) -> list[str]:
    try:
        return os.listdir(place) if os.path.lexists(place) else []
    except OSError as error:
        raise _unusable(place, error) from error


def _inside(path: str) -> bool:
    return not path.startswith("/") and not {"", ".", ".."} & set(path.split("/")) and "\\" not in path and "\0" not in path


def _held(place: str, path: str) -> bytes | None:
    """Return what a file holds; None where there is none. What is no plain file, or lies behind a link, is not ours."""
    walked = place
    for word in path.split("/"):
        walked = os.path.join(walked, word)
        if os.path.islink(walked):
            raise _foreign(walked, "is a symbolic link")
        if not os.path.lexists(walked):
            return None
        if not os.path.isdir(walked) and walked != os.path.join(place, path):
            raise _foreign(walked, "is not a folder")
    if not os.path.isfile(walked):
        raise _foreign(walked, "is not a file")
    try:
        with open(walked, "rb") as content:
            return content.read()
    except OSError as error:
        raise _unusable(walked, error) from error


def _taken_away(place: str, path: str) -> None:
    try:
        os.unlink(os.path.join(place, path))
        above = os.path.dirname(path)
        while above and not os.listdir(os.path.join(place, above)):
            os.rmdir(os.path.join(place, above))
            above = os.path.dirname(above)
    except OSError as error:
        raise _unusable(os.path.join(place, path), error) from error


def _foreign(path: str, why: str) -> SkillkitError:
    return SkillkitError(f"{path!r} {why}, and is not written over", hint="name a folder that is empty or not there yet")


def _unusable(path: str, error: OSError) -> SkillkitError:
    reason = (error.strerror or type(error).__name__).lower()
    return SkillkitError(f"{path!r} cannot be used: {reason}", hint="name a folder that is yours to write to")


def _document(document: Any) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
