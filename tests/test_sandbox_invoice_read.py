"""What is read from files: all that stands in them, the same from either syntax, and from our own what was put in."""

from __future__ import annotations

import hashlib
import io

import pytest
from pypdf import PdfReader

from skillkit.sandbox.invoice import asked_for, looked_at, made, parsed, pdf, sums
from skillkit.sandbox.invoice.read import read
from tests.invoices import AUSTRIAN, BUYER, COMPANY, FAMILY, FILES, given


def stored(name):
    return (FILES / name).read_bytes()


def told(content):
    """Return what an invoice says, without what is said about the file."""
    return {key: value for key, value in content.items() if key not in {"syntax", "profile", "specification", "warnings"}}


def test_an_xrechnung_says_the_same_in_cii_and_in_ubl():
    cii, ubl = (read(stored(f"xrechnung-{syntax}.xml"), "application/xml") for syntax in ("cii", "ubl"))

    assert (cii.status, ubl.status) == ("accepted", "accepted")
    assert told(cii.content) == told(ubl.content)
    assert cii.attachments == ubl.attachments


def test_everything_in_a_file_is_told():
    content = read(stored("xrechnung-ubl.xml"), "xml").content

    assert {key: content[key] for key in ("syntax", "profile", "documentType", "invoiceNumber", "invoiceTypeCode")} == {
        "syntax": "UBL",
        "profile": "XRECHNUNG",
        "documentType": "invoice",
        "invoiceNumber": "G-2026-0815",
        "invoiceTypeCode": 380,
    }
    assert (content["issueDate"], content["dueDate"], content["currency"]) == ("20260930", "20261014", "EUR")
    assert content["notes"] == ["Wir danken für den Auftrag.", "Aufbewahrungspflicht beachten."]
    assert content["invoiceReferencedDocuments"] == [{"IssuerAssignedID": "G-2026-0700", "issueDateTime": "20260831"}]
    assert content["seller"] | {"contact": None} == {
        "name": "Gerüstbau Überall GmbH",
        "street": "Werftstraße 3",
        "addressAddition": "Halle 2",
        "postcode": "24143",
        "city": "Kiel",
        "country": "DE",
        "vatId": "DE123456788",
        "taxId": "201/123/12340",
        "registerId": "HRB 1234",
        "id": "4012345000009",
        "electronicAddress": "rechnung@ueberall.example",
        "electronicAddressScheme": "EM",
        "email": "rechnung@ueberall.example",
        "contact": None,
    }
    assert content["seller"]["contact"]["phone"] == "+49 431 5550123"
    assert (content["buyer"]["electronicAddress"], content["buyer"]["email"]) == ("04011000-12345-34", "oehler@neuland.example")
    assert content["delivery"]["address"]["street"] == "Rathausgasse 2"
    assert {key: content["delivery"][key] for key in ("date", "from", "to")} == {
        "date": "20260928",
        "from": "20260901",
        "to": "20260930",
    }


def test_lines_taxes_totals_and_payment_are_told_with_their_decimals():
    content = read(stored("xrechnung-cii.xml"), "xml").content
    first = content["lineItems"][0]

    assert first["product"] == {
        "name": "Gerüst stellen",
        "description": "Fassadengerüst, Lastklasse 3",
        "productId": "G-3",
        "buyerAssignedID": "B-3",
        "globalID": "4012345000016",
        "quantity": "12.5",
        "unitCode": "MTK",
        "price": "82.4",
        "taxes": [{"typeCode": "VAT", "categoryCode": "S", "rate": "19"}],
    }
    assert (first["netAmount"], first["note"]) == ("1000.00", "Abschnitt Nord")
    assert first["allowances"] == [{"amount": "40.00", "reason": "Mengenrabatt"}]
    assert first["charges"] == [{"amount": "10.00", "reason": "Zuschlag Höhe"}]
    assert content["taxes"][1] == {
        "typeCode": "VAT",
        "categoryCode": "E",
        "rate": "0",
        "basisAmount": "200.00",
        "taxAmount": "0.00",
        "exemptionReason": "Steuerfrei nach § 4 Nr. 21 UStG",
    }
    assert content["totals"] == {
        "lineTotal": "1200.00",
        "allowanceTotal": "50.00",
        "chargeTotal": "20.00",
        "netTotal": "1170.00",
        "taxTotal": "184.30",
        "grossTotal": "1354.30",
        "prepaid": "354.30",
        "due": "1000.00",
    }
    assert content["paymentMeans"] == [
        {"typeCode": "59", "information": "SEPA-Lastschrift", "debitedIban": "DE75512108001245126199"}
    ]
    assert (content["mandateReference"], content["creditorId"]) == ("M-2024-001", "DE98ZZZ09999999999")
    assert content["paymentTerms"][0]["description"].startswith("14 Tage netto.")


def test_attachments_are_described_in_the_content_and_held_apart():
    found = read(stored("xrechnung-ubl.xml"), "xml")
    held = b"Position;Menge\n1;12,5\n"

    assert [each.content for each in found.attachments] == [held, b""]
    assert found.content["attachments"] == [
        {
            "attachmentId": "1",
            "id": "ANL-1",
            "name": "Aufmaß",
            "filename": "aufmass.csv",
            "mimeType": "text/csv",
            "size": len(held),
            "sha256": hashlib.sha256(held).hexdigest(),
        },
        {"attachmentId": "2", "id": "ANL-2", "name": "Lageplan", "url": "https://plan.ueberall.example/9"},
    ]


def test_a_credit_note_in_ubl_is_told_as_one():
    content = read(stored("credit-note-ubl.xml"), "xml").content

    assert (content["documentType"], content["invoiceTypeCode"], content["dueDate"]) == ("creditNote", 381, "20261014")
    assert content["lineItems"][1]["product"]["quantity"] == "4"


def test_zugferd_1_is_told_in_todays_words():
    old, new = (read(stored(name), "xml").content for name in ("zugferd-1-comfort.xml", "xrechnung-cii.xml"))

    assert (old["syntax"], old["profile"]) == ("ZUGFeRD 1", "COMFORT")
    for part in ("lineItems", "taxes", "totals", "invoiceNumber", "issueDate", "dueDate", "currency", "paymentReference"):
        assert old[part] == new[part] or part == "taxes", part
    assert old["taxes"][1]["exemptionReason"] == new["taxes"][1]["exemptionReason"]
    assert old["paymentMeans"][0]["iban"] == "DE02120300000000202051"


def test_a_profile_without_lines_is_accepted_with_what_it_has():
    found = read(stored("factur-x-minimum.xml"), "xml")

    assert (found.status, found.content["profile"], found.content["totals"]["due"]) == ("accepted", "MINIMUM", "120.00")
    assert "lineItems" not in found.content


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ((b"1354.30<", b"1354.31<"), "BR-CO-15"),
        ((b"<cbc:IssueDate>2026-09-30", b"<cbc:IssueDate>30.09.2026"), "XSD"),
        ((b"<cbc:ID>G-2026-0815</cbc:ID>", b""), "XSD"),
    ],
)
def test_a_broken_file_is_rejected_with_its_reasons_and_told_as_far_as_it_goes(changed, reason):
    found = read(stored("xrechnung-ubl.xml").replace(*changed), "xml")

    assert found.status == "rejected"
    assert any(each.startswith(f"{reason}: ") for each in found.reasons)
    assert found.content["seller"]["name"] == "Gerüstbau Überall GmbH"


@pytest.mark.parametrize(
    ("content", "kind", "reason"),
    [
        (b"", "application/xml", "not well-formed"),
        (b"Rechnung", "application/xml", "not well-formed"),
        (b"<Rechnung/>", "application/xml", "'Rechnung' is no invoice in CII or UBL"),
        (b"<a/>", "image/png", "'image/png' is neither PDF nor XML"),
        (b"%PDF-1.7", "application/pdf", "the PDF cannot be read"),
        (stored("xrechnung-ubl.xml")[:5000], "application/xml", "not well-formed"),
    ],
)
def test_what_is_no_invoice_is_rejected(content, kind, reason):
    found = read(content, kind)

    assert (found.status, found.content) == ("rejected", {})
    assert reason in found.reasons[0]


def test_a_pdf_without_xml_is_no_e_invoice():
    found = read(made(parsed(given(), COMPANY), "pdf").pdf, "application/pdf")

    assert found.reasons == ("the PDF has no invoice inside: none of its files is XML",)


@pytest.mark.parametrize(
    "kind", ["application/pdf", "application/octet-stream", "rechnung.PDF", "application/xml; charset=utf-8", ""]
)
def test_what_a_file_begins_with_decides_and_not_what_it_is_called(kind):
    content = stored("factur-x-minimum.xml")
    invoice = parsed(given(), COMPANY)

    assert read(content, kind).status == "accepted"
    assert read(made(invoice, "zf:2").pdf, kind).status == "accepted"


def test_a_hybrid_of_another_maker_is_read_and_its_other_files_are_attachments():
    from facturx import generate_from_binary

    invoice = parsed(given(), COMPANY)
    plain, xml = pdf.printed(invoice, sums.of(invoice)), made(invoice, "zf:2").xml
    other = {"agb.txt": {"filedata": b"AGB", "description": "Bedingungen"}}
    found = read(generate_from_binary(plain, xml, check_xsd=False, attachments=other), "application/pdf")

    assert found.status == "accepted"
    assert [(each["filename"], each["name"], each["size"]) for each in found.content["attachments"]] == [
        ("agb.txt", "Bedingungen", 3)
    ]


# What was sent comes back, from every format.


def expected(sent):
    buyer = {key: value for key, value in sent["buyer"].items() if value is not None}
    invoice = parsed(sent, COMPANY)
    totals = sums.of(invoice)
    return {
        "invoiceNumber": sent["invoiceNumber"],
        "invoiceTypeCode": sent["invoiceTypeCode"],
        "issueDate": sent["issueDate"],
        "dueDate": sent.get("dueDate"),
        "currency": sent["currency"],
        "buyer": {key: buyer[key] for key in ("name", "street", "postcode", "city", "country")},
        "names": [each["product"]["name"] for each in sent["invoiceItems"]],
        "amounts": [str(net) for net in totals.lines],
        "taxes": [(tax.category, str(tax.basis), str(tax.amount)) for tax in totals.taxes],
        "gross": str(totals.gross),
    }


def came_back(content):
    return {
        **{key: content.get(key) for key in ("invoiceNumber", "invoiceTypeCode", "issueDate", "dueDate", "currency")},
        "buyer": {key: content["buyer"][key] for key in ("name", "street", "postcode", "city", "country")},
        "names": [each["product"]["name"] for each in content["lineItems"]],
        "amounts": [each["netAmount"] for each in content["lineItems"]],
        "taxes": [(each["categoryCode"], each["basisAmount"], each["taxAmount"]) for each in content["taxes"]],
        "gross": content["totals"]["grossTotal"],
    }


WAYS = [("zf:1", "CII"), ("zf:2", "CII"), ("xrechnung", "CII"), ("xrechnung", "UBL")]


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize(("form", "syntax"), WAYS)
def test_what_was_made_is_read_back_with_the_same_figures(name, form, syntax):
    sent = {**FAMILY[name], "format": form, "schema": syntax}
    whole = made(parsed(sent, COMPANY), *asked_for(sent))
    file = whole.xml if syntax == "UBL" else whole.pdf

    found = looked_at(file, "application/xml" if syntax == "UBL" else "application/pdf")

    assert whole.findings == ()
    assert (found.status, found.reasons) == ("accepted", ())
    assert came_back(found.content) == expected(sent)


def test_vat_identifiers_and_addresses_come_back():
    whole = made(parsed(given(buyer=AUSTRIAN), COMPANY), "zf:2")
    content = looked_at(whole.pdf).content

    assert (content["seller"]["vatId"], content["seller"]["taxId"]) == ("DE123456788", "48/123/45678")
    assert (content["buyer"]["vatId"], content["buyer"]["email"]) == ("ATU12345678", BUYER["email"])


def test_only_an_xrechnung_is_made_in_ubl_and_its_page_holds_nothing():
    invoice = parsed(given(), COMPANY)
    ubl, cii = made(invoice, "xrechnung", "UBL"), made(invoice, "zf:2", "UBL")

    assert b"<Invoice " in ubl.xml
    assert list(PdfReader(io.BytesIO(ubl.pdf)).attachment_list) == []
    assert b"CrossIndustryInvoice" in cii.xml
