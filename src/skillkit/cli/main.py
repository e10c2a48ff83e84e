"""The tree of commands, each file of it loaded when one of its commands is typed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import TracebackType
from typing import Any, Final

import click

from skillkit import VERSION, secret
from skillkit.cli import output
from skillkit.cli.output import Style
from skillkit.errors import SkillkitError, Usage
from skillkit.workspace import Workspace

# Name, the file it is in, its attribute there, its help: a command's own file is loaded only when it is typed.
COMMANDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "connect": ("connect", "connect", "Connect an account of an app."),
    "action": ("action", "action", "Find and run what an app can do."),
    "request": ("request", "request", "Send a request of your own to a connected app."),
    "connection": ("connection", "connection", "See and delete connected accounts."),
    "connector": ("connector", "connector", "See and check the apps that skillkit knows."),
    "run": ("run", "run", "See what went out and came back."),
    "vault": ("vault", "vault", "See and change how credentials are kept."),
    "completion": ("topics", "completion", "Print the completion script of a shell."),
    "help": ("topics", "topic", "Explain a topic, such as exit-codes."),
}


class Lazy(click.Group):
    """A group whose commands are named in a table and loaded one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"skillkit.cli.{module}"), attribute)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        return resolved(self, super().resolve_command, ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


class Noun(click.Group):
    """A group that names the nearest command when it does not have one."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        return resolved(self, super().resolve_command, ctx, args)


def resolved(group: click.Group, resolve: Any, ctx: click.Context, args: list[str]) -> Any:
    """Return the command that `args` name, or the nearest names there are."""
    known = group.list_commands(ctx)
    if args and args[0] not in known and not args[0].startswith("-"):
        from difflib import get_close_matches

        near = get_close_matches(args[0], known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
        raise Usage(f"{ctx.command_path} has no command {args[0]!r}", hint=hint)
    return resolve(ctx, args)


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--debug", is_flag=True, help="Show where an error came from.")
@click.option("--no-color", "--noColor", "no_color", is_flag=True, help="Print no colours.")
@click.version_option(VERSION, prog_name="skillkit", message="%(prog)s %(version)s", help="Print the version.")
@click.pass_context
def root(ctx: click.Context, *, as_json: bool, debug: bool, no_color: bool) -> None:
    """Work in business apps without holding their keys."""
    style = ctx.find_object(Style) or Style()
    style.json |= as_json
    style.debug |= debug
    style.color &= not no_color


def main(arguments: Sequence[str], workspace: Workspace | None = None) -> int:
    """Run one command line and return the number it ends with."""
    style = Style(as_json="--json" in arguments, debug="--debug" in arguments)
    sys.excepthook = _quiet(style)
    _utf8()
    try:
        with root.make_context("skillkit", list(arguments) or ["--help"], obj=style) as ctx:
            ctx.meta["skillkit.arguments"] = list(arguments)
            ctx.meta["skillkit.workspace"] = workspace or _workspace()
            root.invoke(ctx)
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.UsageError as error:
        return output.fail(output.usage(error), style)
    except click.Abort:
        return output.INTERRUPTED
    except SkillkitError as error:
        if style.debug:
            _trace(error)
        return output.fail(error, style)
    except KeyboardInterrupt:
        output.notice("interrupted")
        return output.INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough; what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 0


def _workspace() -> Workspace:
    from skillkit.home import home

    return Workspace(home(), sleep=_waited)


def _waited(seconds: float) -> None:
    if seconds >= 1:
        output.progress(f"waiting {seconds:.0f} s …")
    time.sleep(seconds)


def _utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a letter shows its number; a pipe gets what programs expect.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")


def _quiet(style: Style) -> Any:
    """Return a hook for what nobody foresaw: a sentence, and the traceback only where it was asked for."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if style.debug:
            _trace(error.with_traceback(trace))
        what = SkillkitError(f"skillkit has a fault: {kind.__name__}", hint="run it again with --debug, and report what it shows")
        output.fail(what, style)

    return hook


def _trace(error: BaseException) -> None:
    import traceback

    sys.stderr.write(secret.live().text("".join(traceback.format_exception(error))))
