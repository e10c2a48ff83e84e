"""What an invoice comes to: by hand for what is easily got wrong, and consistent for any invoice."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given as drawn
from hypothesis import settings

from skillkit.sandbox.invoice import parsed, sums
from skillkit.sandbox.invoice.sums import CENT, rounded
from tests.invoices import COMPANY, given, invoices, item


def of(**changes):
    return sums.of(parsed(given(**changes), COMPANY))


@pytest.mark.parametrize(
    ("exact", "cents"),
    [
        ("0.005", "0.01"),
        ("0.0049999", "0.00"),
        ("1.005", "1.01"),
        ("2.675", "2.68"),
        ("-0.005", "-0.01"),
        ("-0.004", "0.00"),
        ("999999999999.995", "1000000000000.00"),
    ],
)
def test_half_a_cent_goes_away_from_zero(exact, cents):
    assert str(rounded(Decimal(exact))) == cents


def test_vat_is_reckoned_once_for_each_rate_and_not_line_by_line():
    # Each line alone would have 0.0247 of tax, three times 0.02.
    lines = of(invoiceItems=[item(n, quantity=1, price="0.13") for n in range(3)])

    assert (lines.net, lines.tax, lines.gross) == (Decimal("0.39"), Decimal("0.07"), Decimal("0.46"))


def test_one_rate_written_in_two_ways_is_one_rate():
    (tax,) = of(invoiceItems=[item(1, rate=19), item(2, rate="19.00")]).taxes

    assert tax.basis == Decimal("402.00")


def test_allowances_and_charges_count_on_their_line_or_on_their_rate():
    line = item(1, quantity=1, price=100, allowances=[{"amount": 10, "reason": "a"}], charges=[{"amount": 1, "reason": "b"}])
    whole = of(invoiceItems=[line], allowances=[{"amount": 20, "reason": "c", "categoryCode": "S", "rate": 7}])

    assert whole.lines == (Decimal("91.00"),)
    assert [(tax.rate, tax.basis, tax.amount) for tax in whole.taxes] == [
        (Decimal(19), Decimal("91.00"), Decimal("17.29")),
        (Decimal(7), Decimal("-20.00"), Decimal("-1.40")),
    ]
    assert (whole.net, whole.gross) == (Decimal("71.00"), Decimal("86.89"))


@settings(max_examples=150, deadline=None)
@drawn(invoices())
def test_the_totals_of_any_invoice_agree(sent):
    invoice = parsed(sent, COMPANY)
    whole = sums.of(invoice)

    assert whole.line_total == sum(whole.lines)
    assert whole.net == whole.line_total - whole.allowance_total + whole.charge_total == sum(tax.basis for tax in whole.taxes)
    assert whole.tax == sum(tax.amount for tax in whole.taxes)
    assert whole.gross == whole.due == whole.net + whole.tax
    assert len({(tax.category, tax.rate) for tax in whole.taxes}) == len(whole.taxes)
    for tax in whole.taxes:
        assert abs(tax.amount - tax.basis * tax.rate / 100) <= CENT / 2
    amounts = [*whole.lines, whole.net, whole.tax, whole.gross, *(tax.amount for tax in whole.taxes)]
    assert all(isinstance(amount, Decimal) and amount == amount.quantize(CENT) for amount in amounts)
