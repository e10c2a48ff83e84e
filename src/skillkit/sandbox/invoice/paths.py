"""Reading an invoice by tables of paths: what is not there is left out."""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

Paths = Mapping[str, str]
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with an invoice, or the address where one lies."""

    id: str
    name: str = ""
    file: str = ""
    mime: str = ""
    address: str = ""
    content: bytes = b""


@functools.cache
def _path(path: str) -> etree.XPath:
    return etree.XPath(path)


def text(element: etree._Element, path: str) -> str:
    """Return the text at the first place that `path` finds, or nothing."""
    return str(_path(f"string({path})")(element)).strip()


def found(element: etree._Element, path: str) -> list[etree._Element]:
    return list(_path(path)(element))


def kept(document: Document) -> Document:
    return {key: value for key, value in document.items() if value not in ("", None, [], {})}


def filled(element: etree._Element, paths: Paths) -> Document:
    return kept({name: text(element, path) for name, path in paths.items()})


def rows(element: etree._Element, path: str, paths: Paths) -> list[Document]:
    return [row for each in found(element, path) if (row := filled(each, paths))]


def dated(document: Document, names: Iterable[str]) -> Document:
    """
    Return `document` with the days below `names` written YYYYMMDD, however the file writes them.

    >>> dated({"issueDate": "2026-11-20T00:00:00"}, ["issueDate"])
    {'issueDate': '20261120'}
    """
    days = {name: re.sub(r"^(\d{4})-?(\d\d)-?(\d\d).*$", r"\1\2\3", document[name]) for name in names if name in document}
    return {**document, **days}


def party(named: Document, contact: Document) -> Document:
    """Return a party with its contact, and with an e-mail address where one stands in either of two places."""
    email = named.get("electronicAddress", "") if named.get("electronicAddressScheme") == "EM" else contact.get("email", "")
    return kept({**named, "email": email, "contact": contact})


def binary(element: etree._Element) -> bytes:
    """Return what base64 stands for; nothing when it is none, which the schema has said by then."""
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
