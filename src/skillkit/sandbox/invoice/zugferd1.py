"""ZUGFeRD 1.0, which says what CII says today in older words: the table of both, and each way through it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Final

from lxml import etree

RSM: Final = "urn:ferd:CrossIndustryDocument:invoice:1p0"
RAM: Final = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:12"
UDT: Final = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:15"
COMFORT: Final = f"{RSM}:comfort"

# Which of the two totals is meant, and whether an ID is that of a document, follows from where it stands.
OLDER: Final[Mapping[str, str]] = {
    "CrossIndustryInvoice": "CrossIndustryDocument",
    "ExchangedDocumentContext": "SpecifiedExchangedDocumentContext",
    "ExchangedDocument": "HeaderExchangedDocument",
    "SupplyChainTradeTransaction": "SpecifiedSupplyChainTradeTransaction",
    "ApplicableHeaderTradeAgreement": "ApplicableSupplyChainTradeAgreement",
    "ApplicableHeaderTradeDelivery": "ApplicableSupplyChainTradeDelivery",
    "ApplicableHeaderTradeSettlement": "ApplicableSupplyChainTradeSettlement",
    "SpecifiedLineTradeAgreement": "SpecifiedSupplyChainTradeAgreement",
    "SpecifiedLineTradeDelivery": "SpecifiedSupplyChainTradeDelivery",
    "SpecifiedLineTradeSettlement": "SpecifiedSupplyChainTradeSettlement",
    "SpecifiedTradeSettlementHeaderMonetarySummation": "SpecifiedTradeSettlementMonetarySummation",
    "SpecifiedTradeSettlementLineMonetarySummation": "SpecifiedTradeSettlementMonetarySummation",
    "RateApplicablePercent": "ApplicablePercent",
    "IssuerAssignedID": "ID",
}
# What ZUGFeRD 1.0 has no place for.
DROPPED: Final = frozenset(
    {
        "ExemptionReasonCode",
        "InvoiceReferencedDocument",
        "LineThree",
        "SpecifiedLegalOrganization",
        "URIUniversalCommunication",
    }
)
# The children of the root belong to its namespace.
ROOTED: Final = frozenset(
    OLDER[name] for name in ("ExchangedDocumentContext", "ExchangedDocument", "SupplyChainTradeTransaction")
)
NEWER: Final = {old: new for new, old in OLDER.items() if old not in {"ID", "SpecifiedTradeSettlementMonetarySummation"}}


def downgraded(root: etree._Element, title: str) -> bytes:
    """Return an invoice in CII as ZUGFeRD 1.0, profile COMFORT; `title` is what it is called."""
    currency = root.findtext(".//{*}InvoiceCurrencyCode", "")
    old = _older(root, currency)
    document = old.find("{*}HeaderExchangedDocument")
    name = etree.Element(f"{{{RAM}}}Name")
    name.text = title.upper()
    document.insert(1, name)
    for each in root.iter("{*}InvoiceReferencedDocument"):
        _note(document, f"Bezug: {each.findtext('{*}IssuerAssignedID')}")
    old.find("*/{*}GuidelineSpecifiedDocumentContextParameter/{*}ID").text = COMFORT
    transaction = old.find("{*}SpecifiedSupplyChainTradeTransaction")
    for line in transaction.findall("{*}IncludedSupplyChainTradeLineItem"):
        # Lines come last, and in each line the product.
        line.append(line.find("{*}SpecifiedTradeProduct"))
        transaction.append(line)
    return bytes(etree.tostring(old, xml_declaration=True, encoding="UTF-8"))


def _older(element: etree._Element, currency: str, parent: etree._Element | None = None) -> etree._Element:
    name = etree.QName(element).localname
    old = OLDER.get(name, name)
    space = UDT if "UnqualifiedDataType" in element.tag else RSM if parent is None or old in ROOTED else RAM
    tag = f"{{{space}}}{old}"
    made = etree.Element(tag, nsmap={"rsm": RSM, "ram": RAM, "udt": UDT}) if parent is None else etree.SubElement(parent, tag)
    made.text = element.text
    made.attrib.update(element.attrib)
    if name.endswith("Amount"):
        made.set("currencyID", currency)
    for child in element.iterchildren(etree.Element):
        if etree.QName(child).localname not in DROPPED:
            _older(child, currency, made)
    return made


def _note(document: etree._Element, text: str) -> None:
    note = etree.SubElement(document, f"{{{RAM}}}IncludedNote")
    etree.SubElement(note, f"{{{RAM}}}Content").text = text


def plain(root: etree._Element) -> etree._Element:
    """Return a copy of CII, old or new, without namespaces and with today's names: one table of paths reads both."""
    copy = deepcopy(root)
    for element in list(copy.iter(etree.Element)):
        name = etree.QName(element).localname
        parent = element.getparent()
        above = parent.tag if parent is not None else ""
        if name == "ID" and above.endswith("ReferencedDocument"):
            name = "IssuerAssignedID"
        if name == "SpecifiedTradeSettlementMonetarySummation":
            part = "Line" if above == "SpecifiedLineTradeSettlement" else "Header"
            name = f"SpecifiedTradeSettlement{part}MonetarySummation"
        element.tag = NEWER.get(name, name)
    return copy
