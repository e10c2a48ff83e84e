"""What a person is asked on the page, and what they say with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from skillkit import auth as signing
from skillkit import connecting
from skillkit.connecting import SignIn
from skillkit.connection import Connection
from skillkit.connector import Auth, Connector, Param
from skillkit.document import names
from skillkit.errors import InvalidInput, Problem, UnknownName

# By what a vault is kept that is opened by a passphrase, and the name of the question for it.
PASSPHRASE: Final = "passphrase"  # noqa: S105 - its name, not one
_ORIGIN: Final = re.compile(r"https?://[^/?#]+")
_URL: Final = re.compile(r"https?://[^\s\"'<>]+")


class Question(NamedTuple):
    """One thing that is asked for, as it stands on the page."""

    name: str
    title: str
    help: str = ""
    secret: bool = False
    required: bool = True
    value: str = ""
    options: tuple[str, ...] = ()
    problem: str = ""

    @property
    def id(self) -> str:
        return self.name.replace(".", "-")

    @property
    def url(self) -> str:
        return linked(self.help)


class Way(NamedTuple):
    """Another way to sign in."""

    name: str
    title: str


class Subject(NamedTuple):
    """What a form is about."""

    connector: Connector
    connection: Connection
    auth: Auth


class Sheet(NamedTuple):
    """The form of one way to sign in to one account."""

    app: str
    about: str
    account: str
    host: str
    # The person who asked for the account gave an address that is not the app's own.
    elsewhere: bool
    noted: str
    way: str
    # The person agrees at the app.
    consent: bool
    help: str
    params: tuple[Question, ...]
    fields: tuple[Question, ...]
    ways: tuple[Way, ...]

    @property
    def url(self) -> str:
        return linked(self.help)

    @property
    def questions(self) -> tuple[Question, ...]:
        return self.params + self.fields


def sheet(subject: Subject, typed: Mapping[str, str]) -> Sheet:
    """Return the form, filled with what is known and with what was typed; secrets are never filled in."""
    connector, connection, auth = subject
    return Sheet(
        app=connector.name,
        about=connector.about,
        account=called(connection),
        host=host(connector, connection),
        elsewhere=bool(connection.base_url),
        noted=connection.error,
        way=auth.name,
        consent=bool(signing.flow(auth)),
        help=str(auth.settings.get("help", "")),
        params=tuple(_param(param, connection, typed) for param in asked(subject)),
        fields=tuple(
            Question(
                name,
                one.title,
                one.help,
                one.secret,
                required=not one.optional,
                value="" if one.secret else typed.get(name, ""),
            )
            for one in signing.fields(auth)
            for name in (f"field.{one.name}",)
        ),
        ways=tuple(Way(one.name, _called(one)) for one in connector.access.auth if one.name != auth.name),
    )


def said(subject: Subject, typed: Mapping[str, str]) -> SignIn:
    """Return what the person says who sends this form."""
    connector, _, auth = subject
    return SignIn(
        connector=connector.id,
        credentials={one.name: typed[f"field.{one.name}"] for one in signing.fields(auth) if typed.get(f"field.{one.name}")},
        auth=auth.name,
        # What was left empty is taken back.
        params={param.name: typed.get(f"param.{param.name}") or None for param in asked(subject)},
    )


def asked(subject: Subject) -> tuple[Param, ...]:
    """Return the parameters that are asked for: not those that the app says itself, nor what only fills an address not used."""
    connector, connection, auth = subject
    access = connector.access
    spare = set(names(access.base_url)) - set(names(dict(access.headers))) if connection.base_url else set()
    return tuple(param for param in access.params if param.name not in spare | set(auth.settings.get("capture", {})))


def called(connection: Connection) -> str:
    """Return an account's name, and its key where that says more."""
    return connection.name if connection.name == connection.key else f"{connection.name} ({connection.key})"


def host(connector: Connector, connection: Connection) -> str:
    """Return where the credential would go, with a {name} in it where the form still asks for it."""
    try:
        known = connecting.known(connector, SignIn(connector.id, None), connection).origin
    except (InvalidInput, UnknownName):
        # The connector has changed since, and the form asks anew.
        known = ""
    if known:
        return known
    found = _ORIGIN.match(connection.base_url or connector.access.base_url)
    return found[0] if found else connector.access.base_url


def missing(questions: Iterable[Question], typed: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the questions that must be answered and were not."""
    return tuple(one.name for one in questions if one.required and not typed.get(one.name, "").strip())


def placed(problems: Iterable[Problem]) -> dict[str, str]:
    """
    Return what is wrong with each answer, by the name of its question.

    >>> placed([Problem("too long", "/params/country"), Problem("must not be empty", "/api_key")])
    {'param.country': 'too long', 'field.api_key': 'must not be empty'}
    """
    found: dict[str, str] = {}
    for one in problems:
        name = one.path.removeprefix("/params/")
        found.setdefault(f"param.{name}" if name != one.path else f"field.{name.removeprefix('/')}", one.message)
    return found


def judged(given: Sheet, wrong: Mapping[str, str]) -> Sheet:
    """Return the form with what is wrong beside each answer."""
    return given._replace(
        params=tuple(one._replace(problem=wrong.get(one.name, "")) for one in given.params),
        fields=tuple(one._replace(problem=wrong.get(one.name, "")) for one in given.fields),
    )


def linked(text: str) -> str:
    """
    Return the address that a help text is, if it is one and nothing else.

    >>> linked("https://docs.example.com/keys"), linked("javascript:alert(1)"), linked("In the menu, https://a.example")
    ('https://docs.example.com/keys', '', '')
    """
    return text if _URL.fullmatch(text) else ""


def _param(param: Param, connection: Connection, typed: Mapping[str, str]) -> Question:
    name = f"param.{param.name}"
    known = connection.params.get(param.name, param.schema.get("default"))
    choices: Any = param.schema.get("enum", ("true", "false") if param.schema.get("type") == "boolean" else ())
    return Question(
        name,
        str(param.schema.get("title", param.name.replace("_", " ").capitalize())),
        str(param.schema.get("description", "")),
        required=param.required and "default" not in param.schema,
        value=typed[name] if name in typed else _written(known),
        options=tuple(_written(choice) for choice in choices),
    )


def _written(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _called(auth: Auth) -> str:
    return str(auth.settings.get("title", auth.name.replace("_", " ").capitalize()))
