"""What the tree of commands is made of: nouns and verbs, and the switches that may stand behind any of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import click

from skillkit.cli.output import Style, show
from skillkit.errors import Usage

SECRETS: Final = "secrets are never taken from the command line: pipe them to --credentials - as one JSON object"

# What other tools of this kind have, and what to type here in its place.
INSTEAD: Final[Mapping[str, str]] = {
    "skillkit connect": "skillkit connect --connectorKey KEY --credentials -",
    "skillkit act": "skillkit action run ACTION, or skillkit request CONNECTION PATH",
    "skillkit action-run-log": "skillkit run show RUN",
    "skillkit credentials": "a credential is never shown; skillkit connection list shows what is connected",
    "skillkit init": "there is nothing to set up: skillkit connect --connectorKey KEY",
    "skillkit integration": "skillkit connector list",
    "skillkit external-app": "skillkit connector list --search TEXT",
    "skillkit login": "there is nothing to log in to: skillkit connect --connectorKey KEY",
    "skillkit search": "skillkit action list --intent TEXT, or skillkit connector list --search TEXT",
    "skillkit status": "skillkit connection list",
    "skillkit action create": "skillkit request CONNECTION PATH does what no action does",
    "skillkit connection archive": "skillkit connection delete CONNECTION",
    "skillkit connection ensure": "skillkit connection list, then skillkit connect --connectorKey KEY if it is not there",
}


def style() -> Style:
    """Return how the command line that is running wants its results."""
    return click.get_current_context().find_object(Style) or Style()


def _switch(ctx: click.Context, switch: click.Parameter, on: Any) -> None:
    style = ctx.find_object(Style)
    if not (on and style):
        return
    if switch.name == "no_color":
        style.color = False
    else:
        setattr(style, {"as_json": "json"}.get(switch.name or "", switch.name or ""), True)


def _switched(*words: str, text: str) -> click.Option:
    return click.Option(words, is_flag=True, expose_value=False, callback=_switch, help=text)


SWITCHES: Final = (
    _switched("--json", "as_json", text="Print one JSON document."),
    _switched("--debug", text="Show where an error came from."),
    _switched("--noColor", "--no-color", "no_color", text="Print no colours."),
)


class Verb(click.Command):
    """A command that prints what it returns."""

    allow_extra_args = True

    def __init__(self, name: str | None, **settings: Any) -> None:
        super().__init__(name, **settings)
        self.params += SWITCHES

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        super().parse_args(ctx, args)
        if ctx.args and not ctx.resilient_parsing:
            path = ctx.command_path
            takes = " ".join(one.make_metavar(ctx) for one in self.params if isinstance(one, click.Argument)) or "flags alone"
            # What is left over may be a secret, and is not repeated.
            raise Usage(f"{path} takes {takes}, and there are words left over", hint=INSTEAD.get(path, f"{path} --help"))
        return ctx.args

    def invoke(self, ctx: click.Context) -> None:
        show(super().invoke(ctx), style())


class Noun(click.Group):
    """A group of verbs; where it does not have one, it names the nearest."""

    command_class = Verb

    def __init__(self, name: str | None = None, **settings: Any) -> None:
        super().__init__(name, no_args_is_help=False, **settings)
        self.params += SWITCHES

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args[0] not in known and not ctx.resilient_parsing:
            raise Usage(f"{ctx.command_path} has no command {args[0][:60]!r}", hint=_instead(ctx.command_path, args[0], known))
        return super().resolve_command(ctx, args)


def _instead(path: str, name: str, known: list[str]) -> str:
    if hint := INSTEAD.get(f"{path} {name}"):
        return hint
    # Only a name that is not here needs it, and it is slow to import.
    from difflib import get_close_matches

    near = get_close_matches(name, known)
    return f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"


def usage(error: click.UsageError) -> Usage:
    """Return click's complaint as our own; a word that may be a secret is not repeated."""
    ctx = error.ctx
    path = ctx.command_path if ctx else "skillkit"
    hint = f"{path} --help"
    if isinstance(error, click.NoSuchOption):
        return _no_such_flag(error, path, hint)
    if ctx and isinstance(ctx.command, click.Group):
        return Usage(f"{path} takes a command: {', '.join(ctx.command.list_commands(ctx))}", hint=hint)
    message = error.format_message().rstrip(".")
    return Usage(message[:1].lower() + message[1:], hint=hint)


def _no_such_flag(error: click.NoSuchOption, path: str, hint: str) -> Usage:
    flag = error.option_name
    # A secret is often glued to its flag; a flag of ours is a name and no more.
    named = repr(flag) if re.fullmatch(r"--?[A-Za-z][A-Za-z-]{0,30}", flag) else "like one that was typed"
    if re.search(r"api.?key|^-+key|token|secret|pass|pwd|cred|bearer", flag, re.IGNORECASE):
        hint = SECRETS
    elif error.possibilities:
        hint = f"did you mean {' or '.join(error.possibilities[:3])}?"
    return Usage(f"{path} has no flag {named}", hint=hint)
