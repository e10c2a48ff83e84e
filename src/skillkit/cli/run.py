"""`skillkit run`: what went out and came back."""

from __future__ import annotations

from typing import Any

import click

from skillkit.cli import words
from skillkit.cli.tree import Noun, style
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
@flag("--maxBytes", type=click.IntRange(0), help="Print no more than this; the whole goes to a file.")
def show_run(run_id: str, max_bytes: int | None) -> Any:
    """Show RUN: its input, its output or error, and each request and response, without secrets."""
    record = dict(workspace().store.run(run_id))
    return words.bound(record, f"{run_id}-shown", max_bytes) if style().json else record


@click.group(cls=Noun)
def action_run_log() -> None:
    """See what a run did, as older skills ask for it."""


@action_run_log.command("get")
@click.argument("run_id", metavar="RUN")
@click.option("--details", is_flag=True, help="What went out and came back, too.")
@flag("--maxBytes", type=click.IntRange(0), help="Print no more than this; the whole goes to a file.")
def show_run_log(run_id: str, details: bool, max_bytes: int | None) -> Any:  # noqa: FBT001 - click's signature
    """Show RUN: its input, its output or its error."""
    record = workspace().store.run(run_id)
    log = {key: record.get(key) for key in ("id", "status", "action", "connection", "integration", "input", "output", "error")}
    exchanged = record.get("details") or []
    if details:
        # One exchange is what other tools show; a list of several pages has one for each of them.
        log["details"] = {**(exchanged[-1] if exchanged else {}), **({"exchanges": exchanged} if len(exchanged) > 1 else {})}
    return words.bound(log, f"{run_id}-log", max_bytes) if style().json else log
