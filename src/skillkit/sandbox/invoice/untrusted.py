"""XML from strangers: parsed without reaching for anything, and refused before it grows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lxml import etree

BYTES: Final = 20 * 1024 * 1024
DEPTH: Final = 64
ELEMENTS: Final = 100_000
ATTRIBUTES: Final = 100
# libxml2 itself stops at this without `huge_tree`; said here so that the reason can be told.
TEXT: Final = 10_000_000

BINARY: Final = frozenset({"AttachmentBinaryObject", "EmbeddedDocumentBinaryObject"})
XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"


class Refused(Exception):
    """A file that is not looked into, with the reason."""


class _Door:
    """Sees a document go by without keeping it, and refuses what no invoice needs."""

    def __init__(self) -> None:
        self.depth = 0
        self.elements = 0
        self.text = 0

    def doctype(self, _name: str, _pubid: str | None, _system: str | None) -> None:
        # Everything hostile that XML can do by itself, it does in here: entities, their expansion, files and addresses.
        raise Refused("the XML has a document type declaration; an invoice needs none")

    def start(self, _tag: str, attributes: Mapping[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        self.text = 0
        if len(attributes) > ATTRIBUTES:
            raise Refused(f"an element of the XML has more than {ATTRIBUTES} attributes")
        if self.depth > DEPTH:
            raise Refused(f"the XML is nested deeper than {DEPTH} elements")
        if self.elements > ELEMENTS:
            raise Refused(f"the XML has more than {ELEMENTS} elements")

    def end(self, _tag: str) -> None:
        self.depth -= 1

    def data(self, text: str) -> None:
        self.text += len(text)
        if self.text > TEXT:
            raise Refused(f"a text in the XML is longer than {TEXT} characters")

    def comment(self, text: str) -> None: ...

    def pi(self, target: str, content: str | None = None) -> None: ...

    def close(self) -> None: ...


def _parser(target: _Door | None = None) -> etree.XMLParser[etree._Element]:
    return etree.XMLParser(
        target=target,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=target is None,
        remove_pis=target is None,
    )


def tree(content: bytes) -> etree._Element:
    """Return the root of an XML document; raises `Refused` for one that is hostile, too large, or not XML."""
    if len(content) > BYTES:
        raise Refused(f"the file has {len(content)} bytes, more than {BYTES}")
    try:
        etree.fromstring(content, _parser(_Door()))
        return etree.fromstring(content, _parser())
    except etree.XMLSyntaxError as error:
        raise Refused(f"the file is not well-formed XML: {error.msg}") from None
    except (UnicodeError, LookupError) as error:
        raise Refused(f"the file is not readable as XML: {error}") from None


def lightened(root: etree._Element) -> bytes:
    """Return `root` as UTF-8 without the weight of its attachments and without hints where schemas lie."""
    from copy import deepcopy

    light = deepcopy(root)
    for element in light.iter(etree.Element):
        if etree.QName(element).localname in BINARY and element.text:
            element.text = "QQ=="
    for name in ("schemaLocation", "noNamespaceSchemaLocation"):
        light.attrib.pop(XSI + name, None)
    return bytes(etree.tostring(light, encoding="UTF-8"))
