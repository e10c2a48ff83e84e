"""From the words of a command line to values: flags in both spellings, inputs in four forms."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from skillkit.cli.output import MAX_BYTES, Bounded, Listed, progress
from skillkit.cli.tree import kebab, style
from skillkit.errors import ConfirmationNeeded, InvalidInput, Problem, Usage

if TYPE_CHECKING:
    from skillkit.connection import Connection
    from skillkit.document import Json
    from skillkit.workspace import Workspace

Command = TypeVar("Command", bound=Callable[..., Any])

LARGEST_INPUT: Final = 25_000_000
# A day: nobody waits for a person longer.
LONGEST_WAIT: Final = 86_400
OBJECT: Final = 'write --input \'{"name": "value"}\' or name=value'


def flag(*names: str, **settings: Any) -> Callable[[Command], Command]:
    """Return an option whose long names, given in camelCase, are understood in kebab-case too; the first names its value."""
    spellings = dict.fromkeys(spelling for name in names for spelling in (name, kebab(name)))
    return click.option(*spellings, kebab(names[0]).lstrip("-").replace("-", "_"), **settings)


def workspace() -> Workspace:
    """Return the workspace that this command line works in."""
    given = click.get_current_context().meta
    if given["skillkit.workspace"] is None:
        from skillkit.home import home
        from skillkit.workspace import Workspace

        given["skillkit.workspace"] = Workspace(home(), sleep=_waited)
    found: Workspace = given["skillkit.workspace"]
    return found


def link(connection: Connection) -> str:
    """Return the address of a page on this machine where the person can sign in to a connection."""
    given = click.get_current_context().meta["skillkit.link"]
    if given is None:
        from skillkit.signin import link as given
    address: str = given(workspace(), connection)
    return address


def wait_flags(seconds: int) -> Callable[[Command], Command]:
    """Add the flags that say how long a command waits for a person."""

    def add(command: Command) -> Command:
        wait = click.option("--wait", is_flag=True, help="Wait until its person has signed in.")
        limit = click.option(
            "--timeout",
            type=click.FloatRange(0, LONGEST_WAIT),
            default=seconds,
            show_default=True,
            metavar="SECONDS",
            help="For how long.",
        )
        return wait(limit(command))

    return add


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
        if word == "-" or word.lstrip()[:1] in {"{", "[", "@"} or not equals:
            given |= _object(word)
        elif name:
            given[name] = typed(name, value)
        else:
            raise Usage(f"--input takes name=value, and {word[:40]!r} has no name", hint=OBJECT)
    return given


def text_of(word: str) -> str:
    """Return what a word stands for: itself, the file after `@`, or stdin for `-`."""
    if word == "-":
        return decoded(bytes_of_stdin(), "what is piped in")
    if word.startswith("@"):
        return decoded(_file(word[1:]), word[1:])
    return word


def decoded(content: bytes, what: str) -> str:
    """Return bytes as the text they are; nothing is guessed, for a guess would reach the app."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        told = f"{what} is no UTF-8: byte {error.start} is 0x{content[error.start]:02x}"
        raise InvalidInput(told, (Problem(told, "", "encoding"),), hint="save it as UTF-8") from None


def bytes_of_stdin() -> bytes:
    """Return all of stdin; what is longer than any input may be is refused."""
    if sys.stdin is None or sys.stdin.isatty():
        raise Usage("nothing is piped in, and - means to read it from there", hint="pipe it in, or use @file")
    return _bounded(sys.stdin.buffer.read(LARGEST_INPUT + 1), "what is piped in")


def document_of(text: str, what: str) -> Json:
    """Return a JSON text of the caller's as a document, or say where it breaks."""
    from skillkit.document import parse

    try:
        return parse(text)
    except ValueError as error:
        hint = "quote it for your shell, or write name=value, @file or -"
        raise InvalidInput(f"{what} is no JSON: {error}", (Problem(str(error), "", "json"),), hint=hint) from None


def pairs(words: Sequence[str], what: str) -> list[tuple[str, str]]:
    """Return `name=value` words taken apart; one that is none may be a secret, and is not repeated."""
    found = [word.partition("=") for word in words]
    for place, (name, equals, _) in enumerate(found, 1):
        if not equals or not name:
            raise Usage(f"{what} takes NAME=VALUE, and number {place} of them is not", hint=f"{what} NAME=VALUE")
    return [(name, value) for name, _, value in found]


def confirm(what: str, *, yes: bool) -> None:
    """Ask at a terminal whether to go on; elsewhere somebody must have said so."""
    if yes:
        return
    words: list[str] = list(click.get_current_context().meta["skillkit.words"])
    # Behind -- it would be no flag.
    place = words.index("--") if "--" in words else len(words)
    line = " ".join(["skillkit", *map(_quoted, [*words[:place], "--yes", *words[place:]])])
    needed = ConfirmationNeeded(f"{what} cannot be taken back, and nobody has confirmed it", hint=f"if the user agrees: {line}")
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        raise needed
    from skillkit.cli.view import visible

    if not click.confirm(f"{visible(what)} cannot be taken back. Go on?", err=True):
        raise needed


def bound(document: dict[str, Any], run: str, limit: int | None, start: int | None = None) -> Bounded:
    """Return a result that is cut to what one call may print, and kept whole where it is."""
    room = limit if limit is not None else MAX_BYTES if style().json and not sys.stdout.isatty() else 0
    home = workspace().home

    def keep(content: bytes) -> str:
        from skillkit.cli.bounds import kept

        return kept(home, run, content)

    return Bounded(document, room, keep, start)


def listed(rows: list[Any], total: int | None, following: int | None = None, columns: tuple[str, ...] = ()) -> Listed:
    """Return a list as every command prints it, with `cursor` for those who know it by that name."""
    cursor = None if following is None else str(following)
    document = {"items": rows, "next_cursor": cursor, "has_more": cursor is not None, "total": total, "cursor": cursor}
    return Listed(document, columns)


def place(cursor: str) -> int:
    """Return the place in a list of our own that a cursor stands for."""
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise InvalidInput(f"{cursor[:60]!r} is not a cursor", hint="pass next_cursor on as it came")
    return int(cursor)


def described(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of a table that say something."""
    return {key: value for key, value in table.items() if value not in (None, "", [], (), {})}


def _object(word: str) -> dict[str, Any]:
    what = "what is piped in" if word == "-" else repr(word) if len(word) <= 60 else "the input"
    found = document_of(text_of(word), what)
    if not isinstance(found, dict):
        raise InvalidInput(f"the input is one JSON object, not {str(found)[:60]!r}", hint=OBJECT)
    return found


def _file(path: str) -> bytes:
    import stat

    try:
        # A named pipe is refused at once, and not waited for.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise InvalidInput(f"{path!r} cannot be read: {(error.strerror or '').lower()}") from None
    except ValueError:
        raise InvalidInput(f"{path!r} is no path") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InvalidInput(f"{path!r} is no regular file", hint="pipe it in, and write - in its place")
    with os.fdopen(descriptor, "rb") as file:
        return _bounded(file.read(LARGEST_INPUT + 1), repr(path))


def _bounded(content: bytes, what: str) -> bytes:
    if len(content) > LARGEST_INPUT:
        raise InvalidInput(f"{what} has more than {LARGEST_INPUT:,} bytes", hint="send a large file by its path")
    return content


def _quoted(word: str) -> str:
    import re

    return word if re.fullmatch(r"[\w@%+=:,./-]+", word) else "'" + word.replace("'", "'\"'\"'") + "'"


def _waited(seconds: float) -> None:
    import time

    if seconds >= 1:
        progress(f"waiting {seconds:.0f} s …")
    time.sleep(seconds)
