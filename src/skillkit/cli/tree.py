"""What the tree of commands is made of: nouns and verbs, and the switches that may stand behind any of them."""

from __future__ import annotations

import re
from typing import Any, Final

import click

from skillkit.cli.output import Style, notice, show
from skillkit.errors import Usage

SECRETS: Final = "secrets are never taken from the command line: pipe them to --credentials - as one JSON object"


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


def kebab(name: str) -> str:
    """
    Return a name in camelCase as some people type it.

    >>> kebab("connectionId"), kebab("--connectionId"), kebab("-X")
    ('connection-id', '--connection-id', '-X')
    """
    return name if re.match("-[A-Za-z]", name) else re.sub("[A-Z]", lambda found: f"-{found[0].lower()}", name)


def _switched(*words: str, text: str) -> click.Option:
    return click.Option(words, is_flag=True, expose_value=False, callback=_switch, help=text)


def _moot(ctx: click.Context, switch: click.Parameter, given: Any) -> None:
    if given is not None and not ctx.resilient_parsing:
        notice(f"note: {switch.opts[0]} says nothing here: connections and credentials are on this machine")


def _elsewhere(camel: str) -> click.Option:
    return click.Option([f"--{camel}", f"--{kebab(camel)}"], expose_value=False, hidden=True, callback=_moot, metavar="TEXT")


SWITCHES: Final = (
    _switched("--json", "as_json", text="Print one JSON document."),
    _switched("--debug", text="Show where an error came from."),
    _switched("--noColor", "--no-color", "no_color", text="Print no colours."),
    # What tools of this kind that keep everything on a server of theirs are told in every skill.
    *(_elsewhere(name) for name in ("workspaceKey", "tenantKey", "apiUri")),
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
            from skillkit.cli.refused import WORDLESS

            hint = WORDLESS.get(path.removeprefix("skillkit "), f"{path} --help")
            # What is left over may be a secret, and is not repeated.
            raise Usage(f"{path} takes {takes}, and there are words left over", hint=hint)
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
            raise _unknown(ctx.command_path, args, known)
        return super().resolve_command(ctx, args)


def _unknown(path: str, words: list[str], known: list[str]) -> Usage:
    # Only a name that is not here needs these, and they are slow to import.
    from difflib import get_close_matches

    from skillkit.cli.refused import refusal

    if found := refusal([*path.split()[1:], *words]):
        return Usage(f"{path} has no {words[0]!r}: {found.why}", hint=found.instead)
    near = get_close_matches(words[0], known)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
    return Usage(f"{path} has no command {words[0][:60]!r}", hint=hint)


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
