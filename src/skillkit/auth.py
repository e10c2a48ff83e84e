"""The ways to sign in: what each asks the person for, where its credential travels, and how it signs a request."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple, TypeAlias

from skillkit.connector import Auth, request_line
from skillkit.document import Json, at, fill, names
from skillkit.errors import ConnectionNotReady, InvalidInput, Problem, Unauthorized, Unavailable
from skillkit.request import Request, Response, Terms, document, escaped, parts
from skillkit.secret import Secret

Credential: TypeAlias = Mapping[str, Secret]

# What a person signs in as is no secret; what proves it is.
OPEN: Final = frozenset({"email", "username", "user", "user_name", "client_id"})
SESSION: Final = "session_token"
ACCESS: Final = "access_token"
# What of an OAuth credential is secret; the rest of it says when it ends, and for whom it is.
HIDDEN: Final = frozenset({ACCESS, "refresh_token", "previous_refresh_token", "client_secret"})
# How a person consents, where one has to: `consent` knows each of these ways.
CONSENTING: Final = frozenset({"code", "device", "mcp"})
LONGEST_NAME: Final = 30


class Field(NamedTuple):
    """One thing that signing in asks for."""

    name: str
    title: str
    help: str
    secret: bool
    optional: bool = False


class Scheme(NamedTuple):
    """A row of the table: the fields asked for, how a request is signed, the header and query names that carry it."""

    fields: Callable[[Auth], tuple[str, ...]]
    sign: Callable[[Auth, Credential, Request], Request]
    carriers: Callable[[Auth], frozenset[str]]
    # Which of the fields need not be given.
    optional: Callable[[Auth], frozenset[str]] = lambda _auth: frozenset()
    # The part of the credential that ends by itself, and that `tokens` renews; empty where none does.
    lapsing: str = ""


def fields(auth: Auth) -> tuple[Field, ...]:
    """Return what signing in this way asks for, in the order it is asked."""
    described, optional = auth.settings.get("fields", {}), _scheme(auth).optional(auth)
    return tuple(
        Field(
            name,
            described.get(name, {}).get("title", name.replace("_", " ").capitalize()),
            described.get(name, {}).get("help", ""),
            described.get(name, {}).get("secret", name not in OPEN),
            name in optional,
        )
        for name in _scheme(auth).fields(auth)
    )


def accepted(auth: Auth, given: Json) -> dict[str, str]:
    """Return the credential that `given` is, or say all that is wrong with it; no value appears in what is said."""
    hint = f"write {_shape(auth)}"
    if not isinstance(given, dict):
        raise InvalidInput("credentials are one JSON object", hint=hint)
    optional = _scheme(auth).optional(auth)
    # What may be left out may be left empty as well.
    given = {name: value for name, value in given.items() if not (name in optional and (value is None or value == ""))}
    wanted = [field.name for field in fields(auth) if field.name in given or field.name not in optional]
    problems = [Problem(f"{name} is missing", f"/{name}", "credential") for name in wanted if name not in given]
    problems += [Problem(f"{_told(name)} is not asked for", "", "credential") for name in given if name not in wanted]
    problems += [
        Problem(f"{name} {flaw}", f"/{name}", "credential")
        for name in wanted
        if name in given and (flaw := _flaw(auth, given[name]))
    ]
    if problems:
        raise InvalidInput(f"these are not the credentials that {auth.name!r} takes", tuple(problems), hint=hint)
    return {name: str(given[name]).strip() for name in wanted}


def _told(name: str) -> str:
    # Somebody may have put the credential where its name belongs.
    return name if re.fullmatch(r"[A-Za-z]+([_-][A-Za-z]+)*", name) and len(name) <= LONGEST_NAME else "another name"


def _flaw(auth: Auth, value: Json) -> str:
    if not isinstance(value, str) or not value.strip():
        return "must be a text, and not empty"
    if not value.strip().isprintable():
        return "must have no line breaks, and no characters that nobody sees"
    if auth.type in {"api_key", "bearer"} and not value.strip().isascii():
        return "must be plain ASCII, for a header carries it"
    return ""


def sign(auth: Auth, credential: Credential, request: Request) -> Request:
    """Return the request with the credential joined to it; the one place where that happens."""
    scheme = _scheme(auth)
    missing = [name for name in scheme.fields(auth) if name not in credential and name not in scheme.optional(auth)]
    if missing:
        raise ConnectionNotReady(f"the stored credential has no {', '.join(missing)}", hint="skillkit connect --connectionId ID")
    return scheme.sign(auth, credential, request)


def flow(auth: Auth) -> str:
    """Return how a person consents in this way to sign in; empty where what was typed is all there is to it."""
    found: str = auth.settings.get("flow", "")
    return found if found in CONSENTING else ""


def lapsing(auth: Auth) -> str:
    """Return the field of the credential that ends by itself and is renewed; empty where none does."""
    return _scheme(auth).lapsing


def hidden(auth: Auth, names: Iterable[str]) -> tuple[str, ...]:
    """Return which fields of a credential nobody may see."""
    if auth.type == "oauth2":
        # The others are when and where, and words such as a scope's must stay readable.
        return tuple(name for name in names if name in HIDDEN)
    seen = {field.name for field in fields(auth) if not field.secret}
    return tuple(name for name in names if name not in seen)


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
    fixed = tuple(part for name, value, _ in line.query if not [*names(value)] for part in parts(name, value))
    template = auth.settings.get("body", {name: f"{{{name}}}" for name in _session_fields(auth)})
    body = fill(template, values, values)
    return Request(line.method, line.path, fixed, body=body, terms=Terms(repeatable=True, attempts=1))


def session(auth: Auth, response: Response) -> str:
    """Return the token that a session was opened with."""
    if response.status == 429 or response.status >= 500:
        raise Unavailable("the app cannot take a sign-in now", status=response.status, hint="try again later")
    if response.status >= 300:
        raise Unauthorized("the app refused the sign-in", status=response.status)
    token = at(document(response), auth.settings["token"])
    if not isinstance(token, str) or not token:
        raise Unauthorized(f"the app's answer to the sign-in has no {auth.settings['token']}", status=response.status)
    return token


def _shape(auth: Auth) -> str:
    return "{" + ", ".join(f'"{field.name}": "…"' for field in fields(auth)) + "}"


def _scheme(auth: Auth) -> Scheme:
    if auth.type not in SCHEMES:
        raise ConnectionNotReady(
            f"signing in by {auth.type} is not possible here yet", hint="choose another way with --auth NAME"
        )
    return SCHEMES[auth.type]


def _under(auth: Auth, name: str, value: str, request: Request) -> Request:
    if in_query(auth):
        kept = tuple(part for part in request.query if part.partition("=")[0] != escaped(name))
        return replace(request, query=(*kept, f"{escaped(name)}={escaped(value)}"))
    # Last, and alone: in another case it would be the same header.
    others = {other: content for other, content in request.headers.items() if other.lower() != name.lower()}
    return replace(request, headers={**others, name: value})


def _api_key(auth: Auth, credential: Credential, request: Request) -> Request:
    value = auth.settings.get("prefix", "") + credential["api_key"].reveal()
    return _under(auth, auth.settings["name"], value, request)


def _bearer(auth: Auth, credential: Credential, request: Request) -> Request:
    return _under(auth, "Authorization", f"Bearer {credential['token'].reveal()}", request)


def _basic(auth: Auth, credential: Credential, request: Request) -> Request:
    values = {name: value.reveal() for name, value in credential.items()}
    pair = ":".join(str(fill(auth.settings.get(part, ""), values, {})) for part in ("username", "password"))
    return _under(auth, "Authorization", f"Basic {b64encode(pair.encode()).decode()}", request)


def _session(auth: Auth, credential: Credential, request: Request) -> Request:
    if SESSION not in credential:
        raise ConnectionNotReady("no session is open")
    name = auth.settings.get("name", "Authorization")
    prefix = auth.settings.get("prefix", "Bearer " if name == "Authorization" else "")
    return _under(auth, name, prefix + credential[SESSION].reveal(), request)


def _oauth2(auth: Auth, credential: Credential, request: Request) -> Request:
    if ACCESS not in credential:
        raise ConnectionNotReady("nobody has consented yet", hint="skillkit connect --connectionId ID")
    return _under(auth, "Authorization", f"Bearer {credential[ACCESS].reveal()}", request)


def _client_fields(auth: Auth) -> tuple[str, ...]:
    """Return what of a client is asked for; what the connector brings is not, unless it describes the field all the same."""
    described, brought = auth.settings.get("fields", {}), "client_id" in auth.settings
    public = brought or auth.settings.get("client_auth") == "none"
    # A server that does not know a client by its document wants one that it does know.
    asked = [] if brought and "client_id" not in described and auth.settings.get("flow") != "mcp" else ["client_id"]
    return (*asked, *(() if public and "client_secret" not in described else ("client_secret",)))


def _optional_client(auth: Auth) -> frozenset[str]:
    brought = frozenset({"client_id"} if "client_id" in auth.settings else ())
    secret = auth.settings.get("client_auth") in {"basic", "post"} or auth.settings.get("flow") == "client_credentials"
    return brought if secret else brought | {"client_secret"}


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
    "oauth2": Scheme(_client_fields, _oauth2, _authorization, _optional_client, lapsing=ACCESS),
    "session": Scheme(_session_fields, _session, _named, lapsing=SESSION),
}
"""One row a way to sign in."""
