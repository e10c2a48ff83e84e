"""The ways to sign in: what each asks the person for, where its credential travels, and how it signs a request."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from skillkit.connector import Auth, request_line
from skillkit.document import MISSING, Json, find, fill, names, text
from skillkit.errors import ConnectionNotReady, InvalidInput, Problem, Unauthorized
from skillkit.request import Request, Response, Terms, document, escaped
from skillkit.secret import Secret

Credential: TypeAlias = Mapping[str, Secret]

# What a person signs in as is no secret; what proves it is.
OPEN: Final = frozenset({"email", "username", "user", "user_name", "client_id"})
SESSION: Final = "session_token"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that signing in asks for."""

    name: str
    title: str
    help: str
    secret: bool


@dataclass(frozen=True, slots=True)
class Scheme:
    """A row of the table: the fields asked for, how a request is signed, the header and query names that carry it."""

    fields: Callable[[Auth], tuple[str, ...]]
    sign: Callable[[Auth, Credential, Request], Request]
    carriers: Callable[[Auth], frozenset[str]]


def fields(auth: Auth) -> tuple[Field, ...]:
    """Return what signing in this way asks for, in the order it is asked."""
    described = auth.settings.get("fields", {})
    return tuple(
        Field(
            name,
            described.get(name, {}).get("title", name.replace("_", " ").capitalize()),
            described.get(name, {}).get("help", ""),
            described.get(name, {}).get("secret", name not in OPEN),
        )
        for name in _scheme(auth).fields(auth)
    )


def accepted(auth: Auth, given: Json) -> dict[str, str]:
    """Return the credential that `given` is, or say all that is wrong with it; no value appears in what is said."""
    if not isinstance(given, dict):
        raise InvalidInput("credentials are one JSON object", hint=f"write {_shape(auth)}")
    wanted = {field.name for field in fields(auth)}
    problems = [Problem(f"{name} is missing", f"/{name}", "credential") for name in sorted(wanted - given.keys())]
    problems += [Problem(f"{name} is not asked for", f"/{name}", "credential") for name in sorted(given.keys() - wanted)]
    problems += [
        Problem(f"{name} must be a text without line breaks, and not empty", f"/{name}", "credential")
        for name in sorted(wanted & given.keys())
        if not isinstance(given[name], str) or not str(given[name]).strip() or set(str(given[name])) & set("\r\n\0")
    ]
    if problems:
        raise InvalidInput(f"these are not the credentials that {auth.name!r} takes", tuple(problems), hint=f"write {_shape(auth)}")
    return {name: str(given[name]).strip() for name in wanted}


def sign(auth: Auth, credential: Credential, request: Request) -> Request:
    """Return the request with the credential joined to it; the one place where that happens."""
    missing = [name for name in _scheme(auth).fields(auth) if name not in credential]
    if missing:
        raise ConnectionNotReady(f"the stored credential has no {', '.join(missing)}", hint="skillkit connect --connectionId ID")
    return _scheme(auth).sign(auth, credential, request)


def carriers(auth: Auth) -> frozenset[str]:
    """Return the header and query names under which the credential travels, in lower case."""
    return _scheme(auth).carriers(auth)


def in_query(auth: Auth) -> bool:
    """Return whether the credential travels in the query."""
    return auth.settings.get("in") == "query"


def login(auth: Auth, credential: Credential) -> Request:
    """Return the request that opens a session."""
    line = request_line(auth.settings["request"])
    values = {name: value.reveal() for name, value in credential.items() if name != SESSION}
    template = auth.settings.get("body", {name: f"{{{name}}}" for name in _session_fields(auth)})
    body = fill(template, values, values)
    return Request(line.method, line.path, body=body, terms=Terms(repeatable=True, attempts=1))


def session(auth: Auth, response: Response) -> str:
    """Return the token that a session was opened with."""
    if response.status >= 400:
        raise Unauthorized("the app refused the sign-in", status=response.status)
    token = find(document(response), auth.settings["token"])
    if token is MISSING or not isinstance(token, str) or not token:
        raise Unauthorized(f"the app's answer to the sign-in has no {auth.settings['token']}", status=response.status)
    return token


def _shape(auth: Auth) -> str:
    return "{" + ", ".join(f'"{field.name}": "…"' for field in fields(auth)) + "}"


def _scheme(auth: Auth) -> Scheme:
    if auth.type not in SCHEMES:
        raise ConnectionNotReady(f"signing in by {auth.type} is not possible here yet", hint="choose another way with --auth NAME")
    return SCHEMES[auth.type]


def _under(auth: Auth, name: str, value: str, request: Request) -> Request:
    if in_query(auth):
        kept = tuple(part for part in request.query if part.partition("=")[0] != escaped(name))
        return replace(request, query=(*kept, f"{escaped(name)}={escaped(value)}"))
    return replace(request, headers={**request.headers, name: value})


def _api_key(auth: Auth, credential: Credential, request: Request) -> Request:
    value = auth.settings.get("prefix", "") + credential["api_key"].reveal()
    return _under(auth, auth.settings["name"], value, request)


def _bearer(_auth: Auth, credential: Credential, request: Request) -> Request:
    return replace(request, headers={**request.headers, "Authorization": f"Bearer {credential['token'].reveal()}"})


def _basic(auth: Auth, credential: Credential, request: Request) -> Request:
    values = {name: value.reveal() for name, value in credential.items()}
    pair = f"{text(_given(auth, 'username', values))}:{text(_given(auth, 'password', values))}"
    return replace(request, headers={**request.headers, "Authorization": f"Basic {b64encode(pair.encode()).decode()}"})


def _given(auth: Auth, part: str, values: Mapping[str, str]) -> str:
    filled = fill(auth.settings.get(part, ""), values, {})
    return filled if isinstance(filled, str) else ""


def _session(auth: Auth, credential: Credential, request: Request) -> Request:
    if SESSION not in credential:
        return request
    name = auth.settings.get("name", "Authorization")
    prefix = auth.settings.get("prefix", "Bearer " if name == "Authorization" else "")
    return _under(auth, name, prefix + credential[SESSION].reveal(), request)


def _basic_fields(auth: Auth) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*names(auth.settings.get("username", "")), *names(auth.settings.get("password", "")))))


def _session_fields(auth: Auth) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(names(auth.settings.get("body"))))
    return named or tuple(auth.settings.get("fields", ("username", "password")))


def _named(auth: Auth) -> frozenset[str]:
    return frozenset({auth.settings.get("name", "authorization").lower()})


def _authorization(_auth: Auth) -> frozenset[str]:
    return frozenset({"authorization"})


SCHEMES: Final[Mapping[str, Scheme]] = {
    "api_key": Scheme(lambda _: ("api_key",), _api_key, _named),
    "basic": Scheme(_basic_fields, _basic, _authorization),
    "bearer": Scheme(lambda _: ("token",), _bearer, _authorization),
    "session": Scheme(_session_fields, _session, _named),
}
"""One row a way to sign in; OAuth 2 comes as one row more."""
