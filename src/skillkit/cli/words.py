"""From the words of a command line to values: flags in both spellings, inputs in four forms."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from skillkit.errors import ConfirmationNeeded, InvalidInput, Problem, Usage

if TYPE_CHECKING:
    from skillkit.document import Json
    from skillkit.workspace import Workspace

Command = TypeVar("Command", bound=Callable[..., Any])

LARGEST_INPUT: Final = 25_000_000


def flag(name: str, *more: str, **settings: Any) -> Callable[[Command], Command]:
    """Return a long option in camelCase and kebab-case; its value comes under the snake_case name."""
    camel = name.removeprefix("--")
    kebab = re.sub(r"(?<=[a-z0-9])([A-Z])", lambda letter: f"-{letter[1].lower()}", camel)
    spellings = dict.fromkeys((f"--{camel}", f"--{kebab}", *more))
    return click.option(*spellings, kebab.replace("-", "_"), **settings)


def workspace() -> Workspace:
    """Return the workspace that this command line works in."""
    found: Workspace = click.get_current_context().meta["skillkit.workspace"]
    return found


def connection_flags(command: Command) -> Command:
    """Add the flags by which a connection is named."""
    by_id = flag("--connectionId", default="", metavar="ID", help="The connection, by its id, key or name.")
    by_key = flag("--connectionKey", default="", metavar="KEY", help="The same, as other tools spell it.")
    return by_id(by_key(command))


def one_of(first: str, second: str) -> str:
    """Return the connection that two flags name, of which either may be empty."""
    if first and second and first != second:
        raise Usage(f"--connectionId {first} and --connectionKey {second} name two connections", hint="give one of them")
    return first or second


def inputs(words: Sequence[str], typed: Callable[[str, str], Json]) -> dict[str, Any]:
    """
    Return the input that the words of `--input` give: JSON, `@file`, `-` for stdin, or `name=value`.

    `typed` makes a value of the type that the schema gives its name.
    """
    given: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if word[:1] in {"{", "@"} or word == "-" or not equals:
            given |= _object(text_of(word), word)
        else:
            given[name] = typed(name, value)
    return given


def text_of(word: str) -> str:
    """Return what a word stands for: itself, the file after `@`, or stdin for `-`."""
    if word == "-":
        return bytes_of_stdin().decode("utf-8", "replace")
    if word.startswith("@"):
        return _file(word[1:]).decode("utf-8", "replace")
    return word


def bytes_of_stdin() -> bytes:
    """Return all of stdin; what is longer than any input may be is refused."""
    if sys.stdin is None or sys.stdin.isatty():
        raise Usage("nothing is piped in, and - means to read it from there", hint="pipe it in, or use @file")
    stream: Any = getattr(sys.stdin, "buffer", None)
    content: bytes = stream.read(LARGEST_INPUT + 1) if stream else sys.stdin.read(LARGEST_INPUT + 1).encode()
    return _bounded(content, "stdin")


def document_of(text: str, what: str) -> Json:
    """Return a JSON text of the caller's as a document, or say where it breaks."""
    from skillkit.document import parse

    try:
        return parse(text)
    except ValueError as error:
        hint = "quote it for your shell, or write name=value, @file or -"
        raise InvalidInput(f"{what} is no JSON: {error}", (Problem(str(error), "", "json"),), hint=hint) from None


def pairs(words: Sequence[str], what: str) -> list[tuple[str, str]]:
    """Return `name=value` words taken apart."""
    found = [word.partition("=") for word in words]
    for name, equals, _ in found:
        if not equals or not name:
            raise Usage(f"{what} takes name=value, not {name!r}")
    return [(name, value) for name, _, value in found]


def confirm(what: str, *, yes: bool) -> None:
    """Ask at a terminal whether to go on; elsewhere somebody must have said so."""
    if yes:
        return
    line = " ".join(["skillkit", *map(_quoted, click.get_current_context().meta["skillkit.arguments"]), "--yes"])
    needed = ConfirmationNeeded(f"{what} cannot be taken back, and nobody has confirmed it", hint=f"if the user agrees: {line}")
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        raise needed
    if not click.confirm(f"{what} cannot be taken back. Go on?", err=True):
        raise needed


def bound(document: dict[str, Any], run: str, limit: int | None, home: str) -> Any:
    """Return a result that is cut to what one call may print, and kept whole where it is."""
    from skillkit.cli.output import MAX_BYTES, Bounded, style

    room = limit if limit is not None else MAX_BYTES if style().json and not sys.stdout.isatty() else 0

    def keep(content: bytes) -> str:
        from skillkit import home as folders

        folder = folders.prepare(os.path.join(folders.prepare(home), "outputs"))
        path = os.path.join(folder, f"{run or 'list'}-{os.urandom(4).hex()}.json")
        folders.write_new(path, content)
        return path

    return Bounded(document, room, keep)


def listed(rows: list[Any], following: str | None = None, columns: tuple[str, ...] = ()) -> Any:
    """Return a list as every command prints it, with `cursor` for those who know it by that name."""
    from skillkit.cli.output import Listed

    document: dict[str, Any] = {"items": rows, "next_cursor": following, "has_more": following is not None, "cursor": following}
    return Listed(document, columns)


def place(cursor: str) -> int:
    """Return the place in a list of our own that a cursor stands for."""
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise InvalidInput(f"{cursor[:60]!r} is not a cursor", hint="pass next_cursor on as it came")
    return int(cursor)


def _object(text: str, word: str) -> dict[str, Any]:
    found = document_of(text, "the input" if len(word) > 40 else repr(word))
    if not isinstance(found, dict):
        raise InvalidInput(f"the input is one JSON object, not {str(found)[:60]!r}", hint='write --input \'{"name": "value"}\' or name=value')
    return found


def _file(path: str) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise InvalidInput(f"{path!r} cannot be read: {(error.strerror or '').lower()}") from None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise InvalidInput(f"{path!r} is no regular file")
        return _bounded(file.read(LARGEST_INPUT + 1), path)


def _bounded(content: bytes, what: str) -> bytes:
    if len(content) > LARGEST_INPUT:
        raise InvalidInput(f"{what} has more than {LARGEST_INPUT:,} bytes", hint="send a large file by its path")
    return content


def _quoted(word: str) -> str:
    return word if re.fullmatch(r"[\w@%+=:,./-]+", word) else "'" + word.replace("'", "'\"'\"'") + "'"


def described(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of a table that say something."""
    return {key: value for key, value in table.items() if value not in (None, "", [], (), {})}
