"""What a connector says to the person who signs in, in their language as far as somebody has translated it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from skillkit.compile import content_of
from skillkit.connector import Auth, Connector, Param
from skillkit.errors import InvalidConnector
from skillkit.source import read


def spoken(connector: Connector, folder: str, language: str) -> Connector:
    """Return the connector in `folder` with its texts in a language; what has no translation stays English."""
    said = _translation(os.path.join(folder, "i18n", f"{language}.yaml"))
    told = _part(said, "connection")
    access = connector.access._replace(
        params=tuple(_param(param, _part(_part(told, "params"), param.name)) for param in connector.access.params),
        auth=tuple(_auth(auth, _part(_part(told, "auth"), auth.name)) for auth in connector.access.auth),
    )
    return connector._replace(access=access, about=_texts(said, "about").get("about", connector.about))


def _param(param: Param, said: Mapping[str, Any]) -> Param:
    return param._replace(schema={**param.schema, **_texts(said, "title", "description")})


def _auth(auth: Auth, said: Mapping[str, Any]) -> Auth:
    described = {
        name: {**field, **_texts(_part(_part(said, "fields"), name), "title", "help")}
        for name, field in auth.settings.get("fields", {}).items()
    }
    return auth._replace(settings={**auth.settings, **_texts(said, "title"), **({"fields": described} if described else {})})


def _translation(path: str) -> Mapping[str, Any]:
    # English is not translated, and what somebody has got wrong is no reason to show no page.
    with suppress(OSError, InvalidConnector):
        status = os.stat(path, follow_symlinks=False)
        return _read(path, (status.st_mtime_ns, status.st_size))
    return {}


@lru_cache(maxsize=16)
def _read(path: str, seen: tuple[int, int]) -> Mapping[str, Any]:  # noqa: ARG001 - it is what the memory goes by
    found = read(content_of(path), path).document
    return found if isinstance(found, Mapping) else {}


def _part(said: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = said.get(key)
    return found if isinstance(found, Mapping) else {}


def _texts(said: Mapping[str, Any], *keys: str) -> dict[str, str]:
    return {key: said[key] for key in keys if isinstance(said.get(key), str) and said[key].strip()}
