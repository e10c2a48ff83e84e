"""From what a person says to a connection: which way to sign in, which parameters, which address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from skillkit import auth as signing
from skillkit import destination, schema
from skillkit.connection import Connection
from skillkit.connector import Access, Auth, Connector, Param
from skillkit.document import Json, names
from skillkit.errors import InvalidInput, Problem, UnknownName

LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a person who connects says: which app, how, as whom, and where it is."""

    connector: str
    credentials: Json
    auth: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    base_url: str = ""
    name: str = ""
    key: str = ""
    # Whether the app is asked if it takes the credential.
    check: bool = True
    # What an authorization server gave; it becomes part of the credential as it is.
    granted: Mapping[str, str] = field(default_factory=dict, repr=False)
    # Where the person was told that the credential goes, if they were; it goes nowhere else.
    seen: str = ""


def way(access: Access, name: str) -> Auth:
    """Return the way to sign in that is called `name`; the connector's first when none is named."""
    for auth in access.auth:
        if name in {auth.name, ""}:
            return auth
    raise UnknownName(
        f"there is no way to sign in called {name!r}", hint=f"known are {', '.join(auth.name for auth in access.auth)}"
    )


def opened(connector: Connector, said: SignIn, connection: Connection) -> tuple[Connection, dict[str, str]]:
    """Return the connection as it is to be, and its credential; all that is wrong with what was said is said at once."""
    refused: list[InvalidInput] = []
    settled, credential = connection, dict[str, str]()
    try:
        settled = known(connector, said, connection, complete=True)
    except InvalidInput as error:
        refused.append(error)
    try:
        credential = {**signing.accepted(way(connector.access, said.auth or connection.auth), said.credentials), **said.granted}
    except InvalidInput as error:
        refused.append(error)
    if refused:
        problems = tuple(problem for error in refused for problem in error.problems)
        hints = " and ".join(error.hint for error in refused if error.hint)
        raise InvalidInput(" and ".join(error.message for error in refused), problems, hint=hints)
    return settled, credential


def known(connector: Connector, said: SignIn, connection: Connection, *, complete: bool = False) -> Connection:
    """Return the connection with what was said of it; until somebody signs in it need not be `complete`."""
    access = connector.access
    address = said.base_url or connection.base_url
    # A newer connector may have fewer parameters than the one that was connected.
    kept = {param.name: connection.params[param.name] for param in access.params if param.name in connection.params}
    # What is said to be nothing is taken back.
    told = {name: value for name, value in {**kept, **said.params}.items() if value is not None}
    params = parameters(access, told, elsewhere=bool(address), complete=complete)
    return replace(
        connection,
        connector=connector.id,
        auth=way(access, said.auth or connection.auth).name,
        params=params,
        base_url=address,
        origin=_origin(access, params, address) if complete or address or set(names(access.base_url)) <= set(params) else "",
        name=_named(said.name) or connection.name or connector.name,
        wanted="",
    )


def _origin(access: Access, params: Mapping[str, Any], address: str) -> str:
    base = destination.base(access, params, address)
    if base.origin.startswith("http:") and not destination.is_loopback(base.host):
        raise InvalidInput(
            f"{base.origin} would send the credential in the clear", hint="use https; plain http is for this machine alone"
        )
    return base.origin


def parameters(access: Access, given: Mapping[str, Any], *, elsewhere: bool, complete: bool = True) -> dict[str, Any]:
    """Return the parameters with their defaults; where the person names another address, what only fills ours is not needed."""
    allowed = [param.name for param in access.params]
    spare = set(names(access.base_url)) - set(names(dict(access.headers))) if elsewhere else set()
    problems = [_unknown(name, allowed) for name in given if name not in allowed]
    filled: dict[str, Any] = {}
    for param in access.params:
        value = _typed(param, given[param.name]) if param.name in given else param.schema.get("default")
        if value is None and param.required and complete and param.name not in spare:
            problems.append(Problem(f"{param.name} is required{_about(param)}", f"/params/{param.name}", "required"))
        elif value is not None:
            problems += [
                Problem(f"{param.name}: {found.message}", f"/params/{param.name}", found.rule)
                for found in schema.problems({"properties": {param.name: dict(param.schema)}}, {param.name: value})
            ]
            filled[param.name] = value
    if problems:
        raise InvalidInput(
            "; ".join(problem.message for problem in problems),
            tuple(problems),
            hint=" ".join(f"--param {param.name}=…" for param in access.params if param.required),
        )
    return filled


def _named(name: str) -> str:
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"a connection's name is at most {LONGEST_NAME} printable characters")
    return name.strip()


def _typed(param: Param, value: Any) -> Any:
    return schema.typed({"properties": {param.name: dict(param.schema)}}, param.name, value) if isinstance(value, str) else value


def _unknown(name: str, known: list[str]) -> Problem:
    # Only a name that is not known needs it, and it is slow to import.
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    told = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}" if known else "it takes none"
    return Problem(f"there is no parameter {name!r}; {told}", f"/params/{name}", "unknown")


def _about(param: Param) -> str:
    title = param.schema.get("title", "")
    return f" ({title})" if title else ""
