"""The tree of commands, each file of it loaded when one of its commands is typed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Final

import click

from skillkit import VERSION
from skillkit.cli import output, tree
from skillkit.cli.output import Style
from skillkit.errors import SkillkitError, Usage

if TYPE_CHECKING:
    from skillkit.connection import Connection
    from skillkit.workspace import Workspace

    Link = Callable[[Workspace, Connection], str]

# Name, the file it is in, its attribute there, its help: a command's own file is loaded only when it is typed.
COMMANDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "connect": ("connect", "connect", "Connect an account of an app."),
    "action": ("action", "action", "Find and run what an app can do."),
    "act": ("act", "act", "Run one action or one request, as newer skills type it."),
    "request": ("request", "request", "Send a request of your own to a connected app."),
    "connection": ("connection", "connection", "Connect, see, change and delete accounts."),
    "connection-request": ("connection_request", "connection_request", "Ask for an account, and see what came of it."),
    "search": ("find", "search", "Find apps and actions by what they are called or do."),
    "external-app": ("find", "external_app", "See the apps that can be connected."),
    "integration": ("find", "integration", "See the apps that can be connected, by their older name."),
    "connector": ("connector", "connector", "See and check the apps that skillkit knows."),
    "skills": ("skills", "skills", "Render, install and check the pages that make agents good at apps."),
    "registry": ("registry", "registry", "Serve skills to the installers of agents."),
    "run": ("run", "run", "See what went out and came back."),
    "action-run-log": ("run", "action_run_log", "See what a run did, as older skills ask for it."),
    "login": ("session", "login", "Make the vault ready, and say which agent is asking."),
    "logout": ("session", "logout", "Forget which agent was asking; accounts stay connected."),
    "status": ("session", "status", "See what is here: the agent, the vault, the accounts."),
    "open": ("session", "open_page", "Open the page of an account in the browser."),
    "vault": ("vault", "vault", "See and change how credentials are kept."),
    "sandbox": ("sandbox", "sandbox", "Run stand-ins for the apps on this machine."),
    "compat": ("compat", "compat", "Let skills written for other tools find skillkit."),
    "completion": ("topics", "completion", "Print the completion script of a shell."),
    "help": ("topics", "topic", "Explain a topic, such as exit-codes."),
}
# The shell sets it while a word is being completed.
COMPLETE: Final = "_SKILLKIT_COMPLETE"


class Lazy(tree.Noun):
    """A noun whose commands are named in a table and loaded one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"skillkit.cli.{module}"), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="skillkit", message="%(prog)s %(version)s", help="Print the version.")
def root() -> None:
    """Work in business apps without holding their keys."""


def main(arguments: Sequence[str], workspace: Workspace | None = None, link: Link | None = None) -> int:
    """
    Run one command line and return the number it ends with.

    `link` gives the address of a page where a person signs in; without one, such a page is opened on this machine.
    """
    words = list(arguments) or ["--help"]
    style = _asked(words)
    _open_streams()
    sys.excepthook = _fault(style)
    try:
        if instruction := os.environ.get(COMPLETE):
            from click.shell_completion import shell_complete

            return shell_complete(root, {}, "skillkit", COMPLETE, instruction)
        return _ended(words, style, workspace, link)
    except (KeyboardInterrupt, click.Abort):
        output.notice("interrupted")
        return output.INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        output.hush(sys.stdout)
        return 0


def _ended(words: list[str], style: Style, workspace: Workspace | None, link: Link | None) -> int:
    """Run a command line; what goes wrong on purpose becomes a sentence and a number."""
    try:
        _check(words)
        with root.make_context("skillkit", list(words), obj=Style()) as ctx:
            ctx.meta["skillkit.words"] = words
            ctx.meta["skillkit.workspace"] = workspace
            ctx.meta["skillkit.link"] = link
            root.invoke(ctx)
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.UsageError as error:
        return output.fail(tree.usage(error), style)
    except SkillkitError as error:
        if style.debug:
            output.trace(error)
        return output.fail(error, style)
    return 0


def _asked(words: Sequence[str]) -> Style:
    """Return how errors are wanted, also by a line that cannot be read to its end."""
    flags = list(words[: words.index("--")] if "--" in words else words)
    if "request" in flags:
        from skillkit.cli.request import separated

        flags = separated(flags)
    return Style(as_json="--json" in flags, debug="--debug" in flags, color=not {"--no-color", "--noColor"} & set(flags))


def _check(words: Sequence[str]) -> None:
    for number, word in enumerate(words, 1):
        try:
            word.encode()
        except UnicodeEncodeError:
            hint = "write it into a file in UTF-8, and give @FILE"
            raise Usage(f"word {number} of the command line is no UTF-8", hint=hint) from None


def _open_streams() -> None:
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # Whoever closed it wants none of it.
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - it is open as long as the process
        elif hasattr(stream, "reconfigure"):
            # A terminal that cannot show a letter shows its number; a pipe gets what programs expect.
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")


def _fault(style: Style) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """Return a hook for what nobody foresaw: a sentence, and the traceback only where it was asked for."""

    def hook(kind: type[BaseException], error: BaseException, place: TracebackType | None) -> None:
        if style.debug:
            output.trace(error.with_traceback(place))
        what = SkillkitError(f"skillkit has a fault: {kind.__name__}", hint="run it again with --debug, and report what it shows")
        output.fail(what, style)

    return hook
