"""Signing in without a page: at a terminal, or by what is piped in."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click

from skillkit.cli import words
from skillkit.cli.tree import SECRETS
from skillkit.errors import InvalidInput, Usage

if TYPE_CHECKING:
    from skillkit.auth import Field
    from skillkit.connector import Auth
    from skillkit.document import Json

PIPED: Final = "what is piped in"


def present() -> bool:
    """Return whether somebody is there to be asked."""
    return bool(sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty())


def piped(word: str, auth: Auth) -> Json:
    """Return the credential that is piped in; whatever of it is secret is taken out of all that is printed from now on."""
    from skillkit.auth import fields

    if word != "-":
        raise Usage("--credentials takes -, and no secret: other programs can read the command line", hint=SECRETS)
    given = words.document_of(words.decoded(words.bytes_of_stdin(), PIPED), PIPED)
    hidden = {field.name for field in fields(auth) if field.secret}
    for name, value in given.items() if isinstance(given, dict) else ():
        if name in hidden and isinstance(value, str):
            _remember(name, value)
    return given


def asked(auth: Auth) -> Json:
    """Return the credential that a person at the terminal types."""
    from skillkit.auth import fields

    return {field.name: _asked(field, auth) for field in fields(auth)}


def _asked(field: Field, auth: Auth) -> str:
    from skillkit.cli.view import visible

    where = field.help or auth.settings.get("help", "")
    question = visible(f"{field.title}{f' ({where})' if where else ''}")
    answer: str = click.prompt(question, hide_input=field.secret, err=True)
    if field.secret:
        _remember(field.name, answer)
    return answer


def _remember(name: str, value: str) -> None:
    """Have a secret taken out of everything that is printed from now on."""
    from skillkit import secret

    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidInput(f"{name} is no text: it has half a character in it") from None
    secret.remember(value)
