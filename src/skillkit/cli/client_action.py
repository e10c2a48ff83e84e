"""A connection as commands print it: with what its person has to do, and how an agent goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from skillkit.cli import output, words
from skillkit.cli.tree import style
from skillkit.connection import WAITING, described
from skillkit.errors import Pending, SkillkitError

if TYPE_CHECKING:
    from skillkit.connection import Connection
    from skillkit.workspace import Workspace

# How often it is looked whether the person is done: at once, for a person; a fraction of a thousandth of the processor.
PAUSE: Final = 0.1

GUIDE: Final = (
    "1. Tell the user that skillkit does not know {host} yet, and ask whether somebody should write a connector for it. "
    "2. A connector is one YAML file: put it into {folder}, begin it with what `skillkit help connector` prints, and fill it "
    "from the app's API documentation, inventing nothing. "
    "3. Run: skillkit connector check {folder}/NAME/connector.yaml "
    "4. Run: skillkit connection ensure {host} --json"
)


def document(space: Workspace, connection: Connection, *, again: bool = False) -> dict[str, Any]:
    """
    Return the connection as every command prints it, with a page for its person where there is something to do.

    `again`: there is, also where it is ready.
    """
    if connection.state == "SETUP_FAILED":
        return described(connection) | {"clientAction": _unknown(space, connection)}
    if not again and not waits(connection):
        return described(connection)
    from socket import gethostname

    from skillkit.agent import waiting
    from skillkit.cli.asking import agent

    url, trouble = page(connection)
    action = {"type": "connect", "description": _description(space, connection) + trouble}
    action |= {"uiUrl": url} if url else {}
    return described(connection) | {
        "clientAction": action
        | {"agentInstructions": waiting(agent(space), connection.key, url, gethostname(), again=connection.state == "READY")}
    }


def row(connection: Connection) -> dict[str, Any]:
    """Return the connection as a list has it: it says how to learn what its person has to do."""
    if not waits(connection):
        return described(connection)
    told = f"Run: skillkit connection get {connection.key} --json"
    return described(connection) | {"clientAction": {"type": "connect", "agentInstructions": told}}


def waits(connection: Connection) -> bool:
    """Return whether its person has something to do."""
    return connection.state in {WAITING, "CONFIGURATION_ERROR"} and not connection.archived


def finished(space: Workspace, connection: Connection, seconds: float, *, again: bool = False) -> Connection:
    """Return the connection once its person has signed in, or as it is when the time is up."""
    left, ready = seconds, again and connection.state == "READY"
    now = connection
    while left > 0 and (now.state == WAITING or (ready and now == connection)):
        # What was slept is counted, and no clock asked: a clock may jump.
        pause = min(PAUSE, left)
        space.sleep(pause)
        left -= pause
        now = space.connection(connection.id)
    return now


def told(space: Workspace, connection: Connection, given: dict[str, Any], *, again: bool = False) -> dict[str, Any]:
    """Return what a command that may wait prints; with `--wait`, only a state that lasts is an answer."""
    shown = document(space, connection, again=again)
    if not given["wait"] or not (again or connection.state == WAITING):
        return shown
    # Whoever waits has to be able to do something about it meanwhile.
    output.progress(f"sign in at {shown['clientAction'].get('uiUrl', '')}")
    ended = finished(space, connection, given["timeout"], again=again)
    if ended.state != WAITING and ended != connection:
        return document(space, ended)
    output.show(document(space, ended), style())
    hint = f"skillkit connection get {ended.key} --wait --json goes on waiting"
    raise Pending(f"nobody has signed in to {ended.key} within {given['timeout']:g} s", hint=hint)


def page(connection: Connection) -> tuple[str, str]:
    """Return the address of the page where the person signs in; else why there is none."""
    try:
        return words.link(connection), ""
    except SkillkitError as error:
        # At a terminal it goes without one.
        return "", f" No page can be shown: {error.message}."


def _description(space: Workspace, connection: Connection) -> str:
    from skillkit.auth import fields
    from skillkit.connecting import way

    why = f" ({connection.error})" if connection.error else ""
    try:
        connector = space.catalog.connector(connection.connector)
        asked = [field.title for field in fields(way(connector.access, connection.auth))]
    except SkillkitError as error:
        return f"{connection.name} cannot be signed in to: {error.message}."
    missing = [one for one in connector.access.params if one.required and one.name not in connection.params]
    needed = [*(str(one.schema.get("title", one.name)) for one in missing), *asked]
    where = f" at {connection.origin}" if connection.origin else ""
    return f"The user signs in to {connector.name}{where}{why}" + (f", with: {', '.join(needed)}." if needed else ".")


def _unknown(space: Workspace, connection: Connection) -> dict[str, str]:
    from os.path import join

    from skillkit.workspace import FOLDER

    told = f"No connector for {connection.wanted} is here. One can be written: it is a YAML file, and no program."
    guide = GUIDE.format(host=connection.wanted, folder=join(space.home, FOLDER))
    return {"type": "provide-input", "description": told, "agentInstructions": guide}
