"""`skillkit connector`: the apps that skillkit knows."""

from __future__ import annotations

import os
from typing import Any

import click

from skillkit.cli import words
from skillkit.cli.output import notice
from skillkit.cli.tree import Noun
from skillkit.cli.words import flag, workspace
from skillkit.errors import InvalidConnector, UnknownName


@click.group(cls=Noun)
def connector() -> None:
    """See and check the apps that skillkit knows."""


@connector.command("list")
@flag("--search", default="", metavar="TEXT", help="Only those whose name, id or tags have this in them.")
def list_connectors(search: str) -> Any:
    """List the apps."""
    catalog, text = workspace().catalog, search.casefold()
    for broken in catalog.broken():
        notice(f"{broken.id} does not work: skillkit connector check {broken.path}")
    found = [one for one in catalog.connectors() if text in f"{one.id} {one.name} {' '.join(one.tags)}".casefold()]
    rows = [
        {
            "id": one.id,
            "key": one.id,
            "name": one.name,
            "version": one.version,
            "actions": len(one.actions),
            "description": one.about,
        }
        for one in found
    ]
    return words.listed(rows, len(rows), columns=("key", "name", "version", "actions", "description"))


@connector.command("show")
@click.argument("key", metavar="CONNECTOR")
def show_connector(key: str) -> Any:
    """Show CONNECTOR: how one signs in, what it can do and what it cannot."""
    from skillkit.auth import SCHEMES, fields

    found = workspace().catalog.connector(key)
    menu = [
        {
            "name": auth.name,
            "type": auth.type,
            "help": auth.settings.get("help", ""),
            "fields": [
                words.described({"name": field.name, "title": field.title, "help": field.help, "secret": field.secret})
                for field in (fields(auth) if auth.type in SCHEMES else ())
            ],
        }
        for auth in found.access.auth
    ]
    params = [{"name": param.name, "required": param.required, **param.schema} for param in found.access.params]
    return words.described(
        {
            "id": found.id,
            "key": found.id,
            "name": found.name,
            "version": found.version,
            "description": found.about,
            "docs": found.docs,
            "baseUrl": found.access.base_url,
            "params": params,
            "auth": menu,
            "tags": list(found.tags),
            "unsupported": list(found.unsupported),
            "actions": list(found.actions),
        }
    )


@connector.command("check")
@click.argument("what", metavar="[CONNECTOR|FILE]", default="")
def check_connector(what: str) -> Any:
    """Check one connector, or all: its format, its style, and its examples."""
    from skillkit.authoring import check

    reports = [check.report(path) for path in _paths(what)]
    for report in reports:
        for warning in report.warnings:
            notice(f"warning: {warning}")
    if problems := tuple(problem for report in reports for problem in report.errors):
        rule = problems[0].rule
        raise InvalidConnector(f"{len(problems)} to mend", problems, hint=f"skillkit help lint explains {rule}" if rule else "")
    rows = [
        {
            "id": report.id,
            "actions": report.actions,
            "examples": report.examples,
            "warnings": len(report.warnings),
            "operations": report.operations,
        }
        for report in reports
    ]
    return words.listed(rows, len(rows), columns=("id", "actions", "examples", "warnings", "operations"))


def _paths(what: str) -> list[str]:
    """Return where the connectors that are meant lie: by id, by path, or all."""
    from skillkit.workspace import FOLDER, shipped

    known = {
        name: os.path.join(place, name)
        for place in (os.path.join(workspace().home, FOLDER), shipped())
        for name in (os.listdir(place) if os.path.isdir(place) else ())
        if os.path.isfile(os.path.join(place, name, "connector.yaml"))
    }
    if not what:
        return [known[name] for name in sorted(known)]
    if what in known:
        return [known[what]]
    if not os.path.exists(what):
        raise UnknownName(f"no connector and no file {what!r}", hint=f"known are {', '.join(sorted(known))}")
    return [what]
