"""`skillkit connect`: join an account; the secret comes by prompt or stdin, never on the command line."""

from __future__ import annotations

import sys
from typing import Any

import click

from skillkit.cli import words
from skillkit.cli.tree import SECRETS, Verb
from skillkit.cli.words import flag, workspace
from skillkit.errors import ConnectionNotReady, InvalidInput, Usage

PIPED = "what is piped in"


@click.command(cls=Verb)
@flag("--connectorKey", "--connectorId", default="", metavar="KEY", help="The app, as `skillkit connector list` names it.")
@flag("--connectionId", default="", metavar="ID", help="Sign in again to this connection.")
@flag("--connectionKey", default="", metavar="KEY", help="The key of the new connection.  [default: the app's]")
@flag("--param", multiple=True, metavar="NAME=VALUE", help="What the app needs to know beside the secret (repeatable).")
@flag("--credentials", default="", metavar="-", help="Read the secret from stdin, as one JSON object.")
@flag("--auth", default="", metavar="NAME", help="Which way to sign in.  [default: the app's first]")
@flag("--baseUrl", default="", metavar="URL", help="Another address than the app's own.")
@flag("--name", default="", metavar="NAME", help="What to call the account.")
@flag("--noCheck", is_flag=True, help="Do not ask the app whether it takes the secret.")
def connect(connector_key: str, connection_id: str, connection_key: str, **given: Any) -> Any:
    """Connect an account of an app."""
    from skillkit import accounts
    from skillkit.connecting import SignIn, way
    from skillkit.connection import described

    space = workspace()
    known = space.connection(connection_id) if connection_id else None
    if not (known or connector_key):
        raise Usage("which app?", hint="skillkit connect --connectorKey KEY; skillkit connector list shows the keys")
    if set("@?#") & set(given["base_url"]):
        # A secret is as visible there as anywhere on the line, so not even the complaint repeats it.
        raise Usage("--base-url takes no user, no query and no fragment", hint="write it as https://host/path")
    connector = space.catalog.connector(known.connector if known else connector_key)
    auth = way(connector.access, given["auth"] or (known.auth if known else ""))
    said = SignIn(
        connector=connector.id,
        credentials=_credentials(given["credentials"], auth),
        auth=auth.name,
        params=dict(words.pairs(given["param"], "--param")),
        base_url=given["base_url"],
        name=given["name"],
        key=connection_key,
        check=not given["no_check"],
    )
    return described(accounts.connect(space, said, known.id if known else ""))


def _credentials(word: str, auth: Any) -> Any:
    """Return what the person signs in with: from stdin, or asked for at a terminal."""
    from skillkit.auth import fields

    if word not in {"", "-"}:
        raise Usage("--credentials takes -, and no secret: other programs can read the command line", hint=SECRETS)
    if word == "-":
        given = words.document_of(words.decoded(words.bytes_of_stdin(), PIPED), PIPED)
        hidden = {field.name for field in fields(auth) if field.secret}
        for name, value in given.items() if isinstance(given, dict) else ():
            if name in hidden and isinstance(value, str):
                _remember(name, value)
        return given
    if not (sys.stdin and sys.stdin.isatty()):
        raise ConnectionNotReady(
            "signing in needs a secret, and there is no terminal to ask at",
            hint="pipe it in as one JSON object: --credentials -",
        )
    return {field.name: _asked(field, auth) for field in fields(auth)}


def _asked(field: Any, auth: Any) -> str:
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
