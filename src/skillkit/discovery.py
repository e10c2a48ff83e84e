"""How MCP's own flow finds the sign-in server of an address: which documents are read, in which order, and what counts."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from skillkit.document import Json
from skillkit.errors import Upstream
from skillkit.oauth import LONGEST_SAID, Server, address_refusal, origin

PROTECTED: Final = "/.well-known/oauth-protected-resource"
AUTHORIZING: Final = "/.well-known/oauth-authorization-server"
OPENID: Final = "/.well-known/openid-configuration"

_SAID = re.compile(r'(?:^|[\s,])(resource_metadata|scope)="([^"\\]{1,2000})"')


class Resource(NamedTuple):
    """What an address says of itself (RFC 9728): what tokens for it are for, and who gives them."""

    id: str
    servers: tuple[str, ...]
    scopes: tuple[str, ...] = ()


def challenged(header: str) -> tuple[str, tuple[str, ...]]:
    """
    Return what a WWW-Authenticate header says: where the address describes itself, and which scopes it wants.

    >>> challenged('Bearer resource_metadata="https://a.example/m", scope="read write"')
    ('https://a.example/m', ('read', 'write'))
    """
    found = dict(_SAID.findall(header))
    return found.get("resource_metadata", ""), tuple(found.get("scope", "").split())


def resource_places(resource: str) -> tuple[str, ...]:
    """
    Return where an address may describe itself, in the order in which they are asked.

    >>> resource_places("https://a.example/mcp")[1]
    'https://a.example/.well-known/oauth-protected-resource'
    """
    path = urlsplit(resource).path.rstrip("/")
    root = origin(resource) + PROTECTED
    return (root + path, root) if path else (root,)


def server_places(issuer: str) -> tuple[str, ...]:
    """
    Return where a sign-in server may describe itself, in the order of the MCP specification.

    >>> server_places("https://a.example/t1")[-1]
    'https://a.example/t1/.well-known/openid-configuration'
    """
    path, root = urlsplit(issuer).path.rstrip("/"), origin(issuer)
    if not path:
        return root + AUTHORIZING, root + OPENID
    return root + AUTHORIZING + path, root + OPENID + path, root + path + OPENID


def resource(document: Json, asked: str) -> Resource:
    """Return what an address says of itself; a document that is about another one is not used."""
    said = _object(document, "the app's description of itself")
    name = said.get("resource")
    if not isinstance(name, str) or not _covers(name, asked):
        raise Upstream(f"the app's description of itself is about {str(name)[:LONGEST_SAID]!r}, not {asked!r}")
    servers = tuple(one for one in _texts(said, "authorization_servers") if not address_refusal(one))
    if not servers:
        raise Upstream("the app's description of itself names no sign-in server that can be asked")
    return Resource(name, servers, _texts(said, "scopes_supported"))


def server(document: Json, issuer: str) -> Server:
    """Return the sign-in server that a document describes; not used is one of another name, nor one without S256."""
    said = _object(document, "the sign-in server's description of itself")
    if said.get("issuer") != issuer:
        raise Upstream(f"the sign-in server {issuer!r} calls itself {str(said.get('issuer'))[:LONGEST_SAID]!r}")
    if "S256" not in _texts(said, "code_challenge_methods_supported"):
        raise Upstream(f"the sign-in server {issuer!r} does not say that it takes S256, without which a code can be stolen")
    places = {key: said.get(f"{name}_endpoint") for key, name in (("token", "token"), ("authorize", "authorization"))}
    for key, place in places.items():
        if refusal := address_refusal(place) if isinstance(place, str) else "it is no text":
            raise Upstream(f"the sign-in server {issuer!r} names {str(place)[:80]!r} as its {key} address: {refusal}")
    return Server(
        token=str(places["token"]),
        authorize=str(places["authorize"]),
        issuer=issuer,
        signs=said.get("authorization_response_iss_parameter_supported") is True,
        documents=said.get("client_id_metadata_document_supported") is True,
        methods=_texts(said, "token_endpoint_auth_methods_supported"),
        scopes=_texts(said, "scopes_supported"),
    )


def _covers(name: str, asked: str) -> bool:
    """Return whether a description is about this address, or about the whole origin that it is on."""
    same = name.rstrip("/") == asked.rstrip("/")
    return not address_refusal(name) and (same or name.rstrip("/") == origin(asked))


def _object(document: Json, what: str) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise Upstream(f"{what} is no JSON object")
    return document


def _texts(said: dict[str, Any], name: str) -> tuple[str, ...]:
    found = said.get(name)
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()
