"""The PDF of an invoice: PDF/A-3b by its metadata, with its XML attached the right way, and with everything on the page."""

from __future__ import annotations

import io

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader

from skillkit.sandbox.invoice import Unfit, cii, parsed, pdf, sums
from tests.invoices import COMPANY, FAMILY, given, item

NAMES = {
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "fx": "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#",
    "zf": "urn:ferd:pdfa:CrossIndustryDocument:invoice:1p0#",
    "pdfaExtension": "http://www.aiim.org/pdfa/ns/extension/",
    "pdfaSchema": "http://www.aiim.org/pdfa/ns/schema#",
    "pdfaProperty": "http://www.aiim.org/pdfa/ns/property#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}


def printed(sent, form="zf:2"):
    invoice = parsed(sent, COMPANY)
    totals = sums.of(invoice)
    hybrid = pdf.HYBRIDS.get(form)
    return PdfReader(io.BytesIO(pdf.printed(invoice, totals, cii.written(invoice, totals) if hybrid else b"", hybrid)))


def xmp(reader):
    return etree.fromstring(reader.trailer["/Root"]["/Metadata"].get_data())


def words(sent):
    return " ".join("".join(each.extract_text() for each in printed(sent).pages).split())


@pytest.mark.parametrize("form", ["zf:1", "zf:2", "xrechnung", "pdf"])
def test_it_is_pdf_a_3b_by_its_metadata_and_by_what_that_asks_for(form):
    reader = printed(given(), form)
    root, said = reader.trailer["/Root"], xmp(reader)

    assert (said.findtext(".//pdfaid:part", namespaces=NAMES), said.findtext(".//pdfaid:conformance", namespaces=NAMES)) == (
        "3",
        "B",
    )
    assert [each.get_object()["/S"] for each in root["/OutputIntents"]] == ["/GTS_PDFA1"]
    assert root["/OutputIntents"][0].get_object()["/DestOutputProfile"].get_object()["/N"] == 3
    assert root["/Lang"] == "de"
    assert root["/MarkInfo"]["/Marked"].value
    assert "/Filter" not in root["/Metadata"].get_object()
    assert len(reader.trailer["/ID"]) == 2
    assert not reader.is_encrypted
    assert reader.pdf_header == "%PDF-1.7"
    fonts = [font.get_object() for each in reader.pages for font in each["/Resources"]["/Font"].values()]
    assert all("/FontFile3" in font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts)


@pytest.mark.parametrize(
    ("form", "file", "prefix", "level"),
    [
        ("zf:1", "ZUGFeRD-invoice.xml", "zf", "COMFORT"),
        ("zf:2", "factur-x.xml", "fx", "EN 16931"),
        ("xrechnung", "xrechnung.xml", "fx", "XRECHNUNG"),
    ],
)
def test_the_xml_is_attached_as_another_form_of_the_page_and_the_metadata_say_so(form, file, prefix, level):
    reader = printed(given(), form)
    root, said = reader.trailer["/Root"], xmp(reader)
    (attached,) = (each.get_object() for each in root["/AF"])
    (held,) = reader.attachment_list

    assert (attached["/F"], attached["/UF"], attached["/AFRelationship"]) == (file, file, "/Alternative")
    assert (held.name, held.subtype, held.content[:5]) == (file, "/text/xml", b"<?xml")
    assert {
        name: said.findtext(f".//{prefix}:{name}", namespaces=NAMES) for name in ("DocumentFileName", "ConformanceLevel")
    } == {
        "DocumentFileName": file,
        "ConformanceLevel": level,
    }
    assert said.findtext(f".//{prefix}:DocumentType", namespaces=NAMES) == "INVOICE"
    assert said.findtext(f".//{prefix}:Version", namespaces=NAMES) == "1.0"


def test_every_property_of_the_extension_is_described_and_the_descriptions_stand_once():
    said = xmp(printed(given()))
    (schemas,) = said.findall(".//pdfaExtension:schemas", NAMES)
    described = {
        row.findtext("pdfaSchema:prefix", namespaces=NAMES): {each.text for each in row.iterfind(".//pdfaProperty:name", NAMES)}
        for row in schemas.iterfind("rdf:Bag/rdf:li", NAMES)
    }

    assert described["fx"] == {"DocumentFileName", "DocumentType", "Version", "ConformanceLevel"}
    # What typst describes by itself is still there.
    assert "xmpMM" in described


def test_a_plain_pdf_has_nothing_inside():
    assert list(printed(given(), "pdf").attachment_list) == []


def test_the_same_invoice_gives_the_same_bytes():
    invoice = parsed(given(), COMPANY)
    first, second = (pdf.printed(invoice, sums.of(invoice), b"<a/>", pdf.HYBRIDS["zf:2"]) for _ in range(2))

    assert first == second


@pytest.mark.parametrize(
    "shown",
    [
        "Rechnung Nr. 2026/11/00043",
        "Bäckerei Süßmilch & Söhne KG Königsallee 7 40212 Düsseldorf",
        "Nordlicht Werkzeugbau GmbH · Speicherstraße 14 · 20457 Hamburg",
        "Fräsen, Größe Ü",
        "2 Std. 100,50 € 19 % 201,00 €",
        "zzgl. Umsatzsteuer 7 % 4,20 €",
        "Gesamtbetrag 303,36 €",
        "Bitte überweisen Sie 303,36 € bis zum 04.12.2026",
        "DE02 1203 0000 0000 2020 51",
        "USt-IdNr. DE123456788",
        "Sitz der Gesellschaft: Hamburg-Lübecker Straße",
    ],
)
def test_the_page_shows_what_an_invoice_must(shown):
    assert shown in words(given())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("credit note", "Rechnungskorrektur Nr."),
        ("credit note", "Zu Rechnung 2026/10/00012 vom 01.10.2026"),
        ("credit note", "Gutschriftbetrag"),
        ("exempt", "0 % 201,00 € 0,00 € Steuerfrei, § 4 Nr. 21 UStG"),
        ("within the EU", "ÖSTERREICH"),
        ("within the EU", "Steuerfreie innergemeinschaftliche Lieferung"),
        ("reverse charge", "Steuerschuldnerschaft des Leistungsempfängers"),
        ("allowances", "abzgl. Rabatt"),
        ("allowances", "zzgl. Eile: 1,05 €"),
        ("neither day nor terms", "Zahlbar sofort ohne Abzug."),
        ("public buyer", "Ihre Referenz 04011000-12345-34"),
    ],
)
def test_the_page_shows_what_is_particular(name, shown):
    assert shown in words(FAMILY[name])


def test_a_long_invoice_goes_on_and_every_page_says_which_it_is():
    long = [item(n, description="x") for n in range(1, 41)]
    for each in long:
        each["product"]["description"] = "Ausführlich beschrieben, mit Maß und Übermaß. " * 3
    pages = [" ".join(each.extract_text().split()) for each in printed(given(invoiceItems=long)).pages]

    assert len(pages) > 2
    for n, text in enumerate(pages, 1):
        assert f"Seite {n} von {len(pages)}" in text
        assert "Nordlicht Werkzeugbau GmbH" in text
    assert all("Einzelpreis" in text for text in pages[:-1])
    assert "Gesamtbetrag" in pages[-1]


@settings(max_examples=25, deadline=None)
@drawn(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_any_text_that_was_taken_can_be_printed(text):
    try:
        invoice = parsed(given(notes=[text]), COMPANY)
    except Unfit:
        return

    assert pdf.printed(invoice, sums.of(invoice))[:5] == b"%PDF-"


def test_what_no_font_has_is_a_question_mark_on_the_page_and_whole_in_the_xml():
    sent = given(buyer={**given()["buyer"], "name": "東京 Łódź"})
    reader = printed(sent)

    assert "?? Łódź" in reader.pages[0].extract_text()
    assert "東京 Łódź".encode() in next(iter(reader.attachment_list)).content


def test_nothing_in_an_invoice_is_read_as_markup():
    sent = given(notes=["#strong[x] $x$ *b* @cite <label> \\u{41}"])

    assert "#strong[x] $x$ *b* @cite <label> \\u{41}" in words(sent)
