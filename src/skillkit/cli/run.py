"""`skillkit run`: what went out and came back."""

from __future__ import annotations

from typing import Any

import click

from skillkit.cli import words
from skillkit.cli.tree import Noun
from skillkit.cli.words import flag, workspace


@click.group(cls=Noun)
def run() -> None:
    """See what went out and came back."""


@run.command("list")
@flag("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="How many at most.")
def list_runs(limit: int) -> Any:
    """List the last runs, the newest first."""
    rows = [
        {key: record.get(key) for key in ("id", "status", "action", "connection", "startedAt", "finishedAt")}
        for record in workspace().store.runs(limit)
    ]
    return words.listed(rows, None)


@run.command("show")
@click.argument("run_id", metavar="RUN")
def show_run(run_id: str) -> Any:
    """Show RUN: its input, its output or error, and each request and response, without secrets."""
    return dict(workspace().store.run(run_id))
