"""Signing in without a page: at a terminal, or by what is piped in."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import click

from skillkit.cli import output, words
from skillkit.cli.tree import SECRETS
from skillkit.errors import InvalidInput, Usage

if TYPE_CHECKING:
    from skillkit.auth import Field
    from skillkit.connecting import SignIn
    from skillkit.connection import Connection
    from skillkit.connector import Auth
    from skillkit.document import Json
    from skillkit.workspace import Workspace

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


def consented(space: Workspace, connection: Connection, said: SignIn) -> SignIn:
    """Return what was said with what the person has consented to, in a browser that may be on another machine."""
    from skillkit import consent
    from skillkit.auth import flow
    from skillkit.connecting import way

    auth = way(space.catalog.connector(connection.connector).access, connection.auth)
    typed = said.credentials if isinstance(said.credentials, dict) else {}
    given = {name: str(value) for name, value in typed.items() if value}
    granted = (_by_code if flow(auth) == "device" else _by_address)(space, connection, auth, given)
    if warning := consent.narrowed(auth, granted):
        output.notice(f"note: {warning}")
    return replace(said, granted=granted, params={**said.params, **consent.captured(granted)})


def _by_address(space: Workspace, connection: Connection, auth: Auth, given: Mapping[str, str]) -> dict[str, str]:
    """Have the person bring back where the browser ended: it may be on a machine from which nothing gets here."""
    import socket
    from urllib.parse import parse_qsl, urlsplit

    from skillkit import consent

    with socket.socket() as held:
        # Nobody listens there. As long as it is held, nobody else does either.
        held.bind(("127.0.0.1", 0))
        begun = consent.begin(space, connection, auth, given, f"http://127.0.0.1:{held.getsockname()[1]}/callback")
        output.notice(f"open this in a browser, and agree:\n\n  {begun.url}\n")
        output.notice("It ends at an address of this machine, which does not load. Copy the whole of that address.")
        ended: str = click.prompt("The address", err=True)
        return consent.finish(space, begun, dict(parse_qsl(urlsplit(ended.strip()).query)))


def _by_code(space: Workspace, connection: Connection, auth: Auth, given: Mapping[str, str]) -> dict[str, str]:
    """Wait for the person to type a code where the app says."""
    from skillkit import consent

    device = consent.device(space, connection, auth, given)
    output.notice(f"open {device.uri} in any browser, and type this code: {device.user_code}")
    while True:
        space.sleep(device.interval)
        if granted := consent.poll(space, device):
            return granted


def _asked(field: Field, auth: Auth) -> str:
    from skillkit.cli.view import visible

    where = field.help or auth.settings.get("help", "")
    question = visible(f"{field.title}{f' ({where})' if where else ''}")
    # What may be left out may be left empty.
    empty = "" if field.optional else None
    answer: str = click.prompt(question, hide_input=field.secret, err=True, default=empty, show_default=False)
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
