"""`skillkit help` and `skillkit completion`: what can be said without touching anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import click

from skillkit.cli import words
from skillkit.cli.output import EXITS, INTERRUPTED
from skillkit.cli.tree import Verb
from skillkit.errors import BY_KIND, UnknownName


def exit_codes() -> list[dict[str, Any]]:
    """Return the numbers a command ends with, and what they say."""
    rows: dict[int, list[str]] = {0: ["ok"]}
    for kind, code in EXITS.items():
        rows.setdefault(code, []).append(kind)
    rows[INTERRUPTED] = ["interrupted"]
    return [{"exit": code, "kinds": ", ".join(rows[code])} for code in sorted(rows)]


def kinds() -> list[dict[str, Any]]:
    """Return every kind of error, and what it says."""
    return [{"kind": kind, "exit": EXITS[kind], "says": (error.__doc__ or "").strip()} for kind, error in BY_KIND.items()]


def lint() -> list[dict[str, Any]]:
    """Return the rules that `connector check` holds a connector to."""
    from skillkit.authoring.check import rules

    return rules()


def connector() -> str:
    """Return the smallest connector, and how to go on from it."""
    from skillkit.authoring.rule import MINIMAL

    return (
        f"# Save it as connectors/acme/connector.yaml below SKILLKIT_HOME; the folder is called like the id.\n{MINIMAL}"
        "# skillkit connector check acme says what is wrong with it and where; skillkit help lint explains each rule.\n"
        "# skillkit connector show alegra shows a large one: how one signs in, what it can do."
    )


TOPICS: Final[Mapping[str, Callable[[], list[dict[str, Any]] | str]]] = {
    "exit-codes": exit_codes,
    "errors": kinds,
    "lint": lint,
    "connector": connector,
}


@click.command("help", cls=Verb)
@click.argument("name", metavar="[TOPIC]", default="")
def topic(name: str) -> Any:
    """Explain TOPIC: exit-codes, errors, lint or connector."""
    if not name:
        parent = click.get_current_context().parent
        return parent.get_help() if parent else ""
    if name not in TOPICS:
        raise UnknownName(f"no topic {name!r}", hint=f"known are {', '.join(TOPICS)}; of a command, skillkit COMMAND --help")
    said = TOPICS[name]()
    return said if isinstance(said, str) else words.listed(said, len(said))


@click.command(cls=Verb)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> Any:
    """Print the completion script of SHELL."""
    from click.shell_completion import ShellComplete, get_completion_class

    from skillkit.cli.main import COMPLETE, root

    known = get_completion_class(shell)
    # Not the shell's own `source`: it starts that shell, to ask for its version.
    return ShellComplete.source(known(root, {}, "skillkit", COMPLETE)).rstrip() if known else ""
