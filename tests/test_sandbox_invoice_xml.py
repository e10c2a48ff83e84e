"""The XML of invoices, with the official schemas and rules as the judge: nothing that was taken may fail them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from lxml import etree

from skillkit.sandbox.invoice import Format, Written, asked_for, cii, codes, make, parsed, sums, terms, ubl, untrusted, validate
from skillkit.sandbox.invoice.model import Invoice
from tests.invoices import COMPANY, FAMILY, FILES, given, invoices, item

WAYS: dict[str, tuple[Format, Written]] = {
    "ZUGFeRD 1": ("zf:1", "CII"),
    "ZUGFeRD 2": ("zf:2", "CII"),
    "XRechnung in CII": ("xrechnung", "CII"),
    "XRechnung in UBL": ("xrechnung", "UBL"),
}


RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"


def written(invoice: Invoice, way: str) -> etree._Element:
    return untrusted.tree(make.WRITERS[WAYS[way]](invoice, sums.of(invoice)))


def errors(root: etree._Element) -> list[str]:
    return [str(each) for each in validate.report(root).errors]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FAMILY)
def test_every_kind_of_invoice_is_valid_in_every_syntax(name, way):
    report = validate.report(written(parsed(FAMILY[name], COMPANY), way))

    assert report.findings == ()


@pytest.mark.parametrize("name", FAMILY)
def test_every_kind_of_invoice_is_valid_in_plain_ubl(name):
    invoice = parsed(FAMILY[name], COMPANY)

    assert errors(untrusted.tree(ubl.written(invoice, sums.of(invoice)))) == []


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@drawn(invoices())
def test_any_invoice_is_valid_in_both_syntaxes(sent):
    invoice = parsed(sent, COMPANY)

    assert errors(written(invoice, "ZUGFeRD 2")) == []
    assert errors(written(invoice, "XRechnung in UBL")) == []


def test_each_way_says_which_specification_it_follows():
    invoice = parsed(given(), COMPANY)
    reports = {way: validate.report(written(invoice, way)) for way in WAYS}

    assert {way: (each.syntax, each.profile) for way, each in reports.items()} == {
        "ZUGFeRD 1": ("ZUGFeRD 1", "COMFORT"),
        "ZUGFeRD 2": ("CII", "EN 16931"),
        "XRechnung in CII": ("CII", "XRECHNUNG"),
        "XRechnung in UBL": ("UBL", "XRECHNUNG"),
    }
    assert reports["XRechnung in UBL"].specification == terms.XRECHNUNG


def test_a_credit_note_in_ubl_is_a_credit_note():
    credit = parsed(FAMILY["credit note"], COMPANY)

    assert etree.QName(written(credit, "XRechnung in UBL")).localname == "CreditNote"


def test_what_is_outside_of_vat_names_no_vat_identifier():
    invoice = parsed(FAMILY["outside of VAT"], COMPANY)

    assert b"DE123456788" not in cii.written(invoice, sums.of(invoice))


@pytest.mark.parametrize(
    ("way", "changed", "rule"),
    [
        ("ZUGFeRD 2", ("GrandTotalAmount", "1.00"), "BR-CO-15"),
        ("ZUGFeRD 2", ("CategoryCode", "Q"), "FX-SCH-A-000619"),
        ("ZUGFeRD 2", ("CountryID", "DD"), "FX-SCH-A-000580"),
        ("ZUGFeRD 2", ("IssueDateTime", None), "XSD"),
        ("XRechnung in CII", ("GrandTotalAmount", "1.00"), "BR-CO-15"),
        ("XRechnung in UBL", ("TaxInclusiveAmount", "1.00"), "BR-CO-15"),
        ("XRechnung in UBL", ("IssueDate", None), "XSD"),
        ("ZUGFeRD 1", ("ApplicablePercent", "viel"), "XSD"),
    ],
)
def test_the_validator_finds_what_is_wrong(way, changed, rule):
    root = written(parsed(given(), COMPANY), way)
    name, text = changed
    element = root.find(f".//{{*}}{name}")
    if text is None:
        element.getparent().remove(element)
    else:
        element.text = text

    found = validate.report(root).errors

    assert rule in {each.rule for each in found}, [str(each) for each in found]
    assert all(each.text and each.place for each in found)


def test_only_an_xrechnung_may_call_itself_otherwise_than_the_sheet_knows():
    xrechnung, zugferd = (written(parsed(given(), COMPANY), way) for way in ("XRechnung in CII", "ZUGFeRD 2"))
    zugferd.find("*/{*}GuidelineSpecifiedDocumentContextParameter/{*}ID").text = "urn:cen.eu:en16931:2017#compliant#urn:other"

    assert errors(xrechnung) == []
    assert {each.rule for each in validate.report(zugferd).errors} == {"FX-SCH-A-000556"}


def test_an_older_file_that_only_fits_the_full_schema_gets_a_warning():
    root = written(parsed(given(), COMPANY), "ZUGFeRD 2")
    document = root.find("{*}ExchangedDocument")
    document.insert(1, etree.Element(RAM + "Name"))
    document[1].text = "RECHNUNG"

    report = validate.report(root)

    assert {each.level for each in report.findings if each.rule == "XSD"} == {"warning"}
    assert report.errors == ()


def test_the_minimum_profile_is_judged_by_its_own_rules():
    report = validate.report(untrusted.tree((FILES / "factur-x-minimum.xml").read_bytes()))

    assert (report.profile, report.errors) == ("MINIMUM", ())


@pytest.mark.parametrize("kind", codes.LISTS)
def test_every_code_list_is_there(kind):
    assert {"country": "DE", "unit": "H87", "category": "S", "currency": "CHF", "payment": "58"}[kind] in codes.allowed(kind)


def test_a_thousand_lines_are_judged_in_a_few_seconds():
    sent = given(invoiceItems=[item(n) for n in range(1000)])
    assert asked_for(sent) == ("zf:2", "CII")

    assert errors(written(parsed(sent, COMPANY), "XRechnung in UBL")) == []
