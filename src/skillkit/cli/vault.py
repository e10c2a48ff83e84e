"""`skillkit vault`: how credentials are kept."""

from __future__ import annotations

from typing import Any

import click

from skillkit.cli.tree import Noun
from skillkit.cli.words import flag, workspace
from skillkit.errors import Usage


@click.group(cls=Noun)
def vault() -> None:
    """See and change how credentials are kept."""


@vault.command("init")
@flag("--passphrase", is_flag=True, help="Lock it by a passphrase, asked for at the terminal.")
@flag("--keyFile", is_flag=True, help="Lock it by a key file, even where there is a keyring.")
def init_vault(*, passphrase: bool, key_file: bool) -> Any:
    """Make the vault, if there is none."""
    if passphrase and key_file:
        raise Usage("--passphrase and --key-file are two ways to lock it", hint="give one of them")
    backend = "passphrase" if passphrase else "keyfile" if key_file else "auto"
    return {"keptBy": workspace().vault.init(backend)}


@vault.command("rotate")
@click.option(
    "--to",
    "backend",
    type=click.Choice(["keyring", "keyfile", "passphrase"]),
    default=None,
    help="What keeps the key from now on.",
)
def rotate_vault(backend: str | None) -> Any:
    """Lock the vault with a new key; what is in it stays as it is."""
    return {"keptBy": workspace().vault.rotate(backend or "")}


@vault.command("rekey")
def rekey_vault() -> Any:
    """Encrypt every credential anew, under a new data key."""
    return {"records": workspace().vault.rekey()}
