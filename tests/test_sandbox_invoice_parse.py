"""An invoice that a caller sends: what is taken, and everything that is said about one that is not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from skillkit.sandbox.invoice import CHOICES, Unfit, asked_for, parsed
from tests.invoices import AUSTRIAN, BUYER, COMPANY, FAMILY, given, item


def problems(sent):
    try:
        parsed(sent, COMPANY)
    except Unfit as unfit:
        said: dict[str, list[str]] = {}
        for each in unfit.problems:
            said.setdefault(each.field, []).append(each.message)
        return said
    return {}


def product(**changes):
    sent = item()
    sent["product"] = {key: value for key, value in {**sent["product"], **changes}.items() if value is not None}
    return given(invoiceItems=[sent])


def without(*keys):
    return {key: value for key, value in BUYER.items() if key not in keys}


def test_an_invoice_is_taken_as_it_was_sent():
    invoice = parsed(given(), COMPANY)

    assert (invoice.number, invoice.type_code, invoice.currency) == ("2026/11/00043", "380", "EUR")
    assert (invoice.issued, invoice.due) == (date(2026, 11, 20), date(2026, 12, 4))
    assert invoice.buyer.city == "Düsseldorf"
    assert [(line.quantity, line.price, line.rate) for line in invoice.lines] == [
        (Decimal(2), Decimal("100.5"), Decimal(19)),
        (Decimal(3), Decimal("19.99"), Decimal(7)),
    ]


@pytest.mark.parametrize("name", FAMILY)
def test_every_kind_of_invoice_is_taken(name):
    assert problems(FAMILY[name]) == {}


def test_the_accounts_own_company_sells_unless_another_seller_is_named():
    own, other = parsed(given(), COMPANY), parsed(FAMILY["another seller"], COMPANY)

    assert (own.seller, own.payment, own.contact) == (COMPANY.party, COMPANY.payment, COMPANY.contact)
    assert (other.seller.name, other.payment.iban, other.contact.phone, other.imprint) == (BUYER["name"], "", "", ())


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        (given(invoiceNumber=None), "invoiceNumber", "is required"),
        (given(invoiceNumber="  "), "invoiceNumber", "is required"),
        (given(invoiceNumber=43), "invoiceNumber", "must be a string"),
        (given(issueDate=None), "issueDate", "is required"),
        (given(issueDate="2026-11-20"), "issueDate", "'2026-11-20' is not a date written YYYYMMDD"),
        (given(issueDate="20260230"), "issueDate", "'20260230' is no day of the calendar"),
        (given(dueDate="morgen"), "dueDate", "'morgen' is not a date written YYYYMMDD"),
        (given(invoiceTypeCode=385), "invoiceTypeCode", "must be one of 326, 380, 381, 384"),
        (given(invoiceTypeCode=True), "invoiceTypeCode", "must be one of 326, 380, 381, 384"),
        (given(currency="EURO"), "currency", "'EURO' is not a known code"),
        (given(format="zf:3"), "format", "'zf:3' is not a known code"),
        (given(schema="EDI"), "schema", "'EDI' is not a known code"),
        (given(buyer=None), "buyer", "is required"),
        (given(buyer="Süßmilch"), "buyer", "must be an object"),
        (given(buyer=without("name")), "buyer.name", "is required"),
        (given(buyer=without("street")), "buyer.street", "is required"),
        (given(buyer=without("postcode")), "buyer.postcode", "is required"),
        (given(buyer=without("city")), "buyer.city", "is required"),
        (given(buyer=without("country")), "buyer.country", "is required"),
        (given(buyer={**BUYER, "country": "Deutschland"}), "buyer.country", "'Deutschland' is not a known code"),
        (given(buyer={**BUYER, "postcode": "1010"}), "buyer.postcode", "'1010' is not a postcode of DE"),
        (given(buyer={**BUYER, "country": "AT"}), "buyer.postcode", "'40212' is not a postcode of AT"),
        (given(buyer={**BUYER, "country": "CH"}), "buyer.postcode", "'40212' is not a postcode of CH"),
        (given(buyer={**BUYER, "email": "einkauf"}), "buyer.email", "'einkauf' is not an e-mail address"),
        (given(buyer={**BUYER, "name": "a\x00b"}), "buyer.name", "must not contain '\\x00'"),
        (given(buyer={**BUYER, "name": "n" * 501}), "buyer.name", "must not be longer than 500 characters"),
        (given(invoiceItems=None), "invoiceItems", "must have at least one item"),
        (given(invoiceItems=[]), "invoiceItems", "must have at least one item"),
        (given(invoiceItems={}), "invoiceItems", "must be an array"),
        (given(invoiceItems=[item(1)] * 2), "invoiceItems", "id '1' stands on more than one item"),
        (given(invoiceItems=[item(n) for n in range(1001)]), "invoiceItems", "must not have more than 1000 items"),
        (given(invoiceItems=[item(1), {"id": "2"}]), "invoiceItems[1].product", "is required"),
        (given(invoiceItems=["eins"]), "invoiceItems[0]", "must be an object"),
        (product(name=None), "invoiceItems[0].product.name", "is required"),
        (product(quantity=None), "invoiceItems[0].product.quantity", "is required"),
        (product(quantity="viel"), "invoiceItems[0].product.quantity", "must be a number below 1,000,000,000"),
        (product(quantity=True), "invoiceItems[0].product.quantity", "must be a number below 1,000,000,000"),
        (product(quantity=float("nan")), "invoiceItems[0].product.quantity", "must be a number below 1,000,000,000"),
        (product(quantity="1e999999999"), "invoiceItems[0].product.quantity", "must be a number below 1,000,000,000"),
        (product(unitCode="Stunde"), "invoiceItems[0].product.unitCode", "'Stunde' is not a known code"),
        (product(price=None), "invoiceItems[0].product.price", "is required"),
        (product(price=-1), "invoiceItems[0].product.price", "must not be negative"),
        (product(price=1e9), "invoiceItems[0].product.price", "must be a number below 1,000,000,000"),
        (product(taxes=[]), "invoiceItems[0].product.taxes", "must be an array of exactly one tax"),
        (product(taxes=[{}, {}]), "invoiceItems[0].product.taxes", "must be an array of exactly one tax"),
        (product(taxes=[{"typeCode": "GST", "rate": 19}]), "invoiceItems[0].product.taxes[0].typeCode", "must be 'VAT'"),
        (product(taxes=[{"typeCode": "VAT"}]), "invoiceItems[0].product.taxes[0].rate", "is required"),
        (product(taxes=[{"typeCode": "VAT", "rate": 101}]), "invoiceItems[0].product.taxes[0].rate", "must be between 0 and 100"),
        (
            given(invoiceItems=[item(category="S", rate=0)]),
            "invoiceItems[0].product.taxes[0].rate",
            "must be above 0 in category S",
        ),
        (given(invoiceItems=[item(category="K")]), "invoiceItems[0].product.taxes[0].rate", "must be 0 in category K"),
        (given(invoiceItems=[item(category="X")]), "invoiceItems[0].product.taxes[0].categoryCode", "'X' is not a known code"),
        (given(invoiceItems=[item(category="K", rate=0)]), "buyer.vatId", "is required with tax category K"),
        (given(invoiceItems=[item(category="AE", rate=0)]), "buyer.vatId", "is required with tax category AE"),
        (given(seller=BUYER), "seller.vatId", "seller.vatId or seller.taxId is required"),
        (
            given(seller={**BUYER, "taxId": "1"}, invoiceItems=[item(category="G", rate=0)]),
            "seller.vatId",
            "is required with tax category G",
        ),
        (
            given(invoiceItems=[item(1, category="O", rate=0), item(2)]),
            "invoiceItems",
            "tax category O cannot stand beside another",
        ),
        (given(invoiceItems=[item(category="E", rate=0)]), "taxExemptionReasonMessage", "is required with tax category E"),
        (given(invoiceTypeCode=384), "invoiceReferencedDocument", "is required with invoice type 384"),
        (given(invoiceReferencedDocument={}), "invoiceReferencedDocument.IssuerAssignedID", "is required"),
        (given(allowances=[{"amount": -1, "reason": "r"}]), "allowances[0].amount", "must not be negative"),
        (given(charges=[{"amount": 1}]), "charges[0].reason", "is required"),
        (given(paymentMeans={"typeCode": "58"}), "paymentMeans.iban", "is required with payment means 58"),
        (given(paymentMeans={"iban": "0815"}), "paymentMeans.iban", "'0815' is not an IBAN"),
        (given(notes=[1]), "notes[0]", "must be a string"),
    ],
)
def test_a_field_that_cannot_stay_is_named_with_the_reason(sent, field, said):
    assert said in problems(sent).get(field, ())


def test_all_problems_are_told_at_once():
    sent = given(invoiceNumber=None, issueDate="x", buyer={"country": "DE", "postcode": "1"}, invoiceItems=[{}])

    assert set(problems(sent)) == {
        "invoiceNumber",
        "issueDate",
        "buyer.name",
        "buyer.street",
        "buyer.city",
        "buyer.postcode",
        "invoiceItems[0].id",
        "invoiceItems[0].product",
        "invoiceItems[0].product.name",
        "invoiceItems[0].product.quantity",
        "invoiceItems[0].product.unitCode",
        "invoiceItems[0].product.price",
        "invoiceItems[0].product.taxes",
    }


def test_an_xrechnung_wants_somebody_to_write_to_on_both_sides():
    nobody = {**without("email"), "taxId": "1"}
    sent = given(format="xrechnung", seller=nobody, buyer=without("email"))

    assert set(problems(sent)) == {"seller.email", "buyer.email"}
    assert problems({**sent, "format": "zf:2"}) == {}
    reachable = {"contactPerson": {"email": "a@b.example"}, "buyerReference": {"buyerReferenceId": "04011000-12345-34"}}
    assert problems({**sent, **reachable}) == {}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (0.1 + 0.2, "0.3"),
        ("12", "12"),
        (Decimal("1.50"), "1.5"),
        (1e-7, "0"),
        (2.5e-5, "0.000025"),
        ("0.0000005", "0.000001"),
    ],
)
def test_numbers_come_in_any_form_and_keep_six_digits(sent, kept):
    assert parsed(product(price=sent), COMPANY).lines[0].price == Decimal(kept)


@pytest.mark.parametrize(("rate", "category"), [(19, "S"), (0, "Z")])
def test_a_tax_without_a_category_gets_the_one_that_needs_no_reason(rate, category):
    sent = product(taxes=[{"typeCode": "VAT", "rate": rate}])

    assert parsed(sent, COMPANY).lines[0].category == category


def test_the_day_of_delivery_is_that_of_the_invoice_unless_another_is_given():
    assert parsed(given(), COMPANY).delivered == date(2026, 11, 20)
    assert parsed(given(deliveryDate="20261101"), COMPANY).delivered == date(2026, 11, 1)


def test_a_change_of_the_whole_invoice_has_the_rate_of_the_first_line_or_its_own():
    own = {"amount": 2, "reason": "b", "categoryCode": "S", "rate": 7}
    first, second = parsed(given(allowances=[{"amount": 1, "reason": "a"}, own]), COMPANY).allowances

    assert (first.rate, second.rate) == (Decimal(19), Decimal(7))


def test_format_and_syntax_have_defaults():
    assert asked_for(given(format=None)) == ("zf:2", "CII")
    assert asked_for(given(format="xrechnung", schema="UBL")) == ("xrechnung", "UBL")


def test_a_vat_identifier_may_be_written_with_spaces():
    assert parsed(given(buyer={**AUSTRIAN, "vatId": "ATU 1234 5678"}), COMPANY).buyer.vat_id == "ATU12345678"


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
ANYTHING = st.recursive(
    LEAVES, lambda deeper: st.lists(deeper, max_size=2) | st.dictionaries(st.text(max_size=3), deeper, max_size=2)
)


@settings(max_examples=60, deadline=None)
@drawn(st.sampled_from([*given(), "seller", "notes", "allowances", "paymentMeans", "buyerReference", "contactPerson"]), ANYTHING)
def test_nothing_that_can_be_sent_brings_more_than_problems(key, value):
    assert all(said for said in problems({**given(), key: value}).values())


def test_every_choice_says_what_was_chosen_and_why():
    assert all(len(row) == 3 and all(row) for row in CHOICES)
    assert len({topic for topic, _, _ in CHOICES}) == len(CHOICES)
