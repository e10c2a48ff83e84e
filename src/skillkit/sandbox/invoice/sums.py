"""What follows from an invoice by adding up, rounded as EN 16931 says."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final

from skillkit.sandbox.invoice.model import Invoice, Line

CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Tax:
    """What one category and rate of VAT comes to (BG-23)."""

    category: str
    rate: Decimal
    basis: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Sums:
    """The totals of an invoice (BG-22), with those of its lines in their order."""

    lines: tuple[Decimal, ...]
    taxes: tuple[Tax, ...]
    line_total: Decimal
    allowance_total: Decimal
    charge_total: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal
    due: Decimal


def rounded(amount: Decimal) -> Decimal:
    """
    Return `amount` with two digits, half a cent away from zero.

    >>> rounded(Decimal("2.675")), rounded(Decimal("-2.675"))
    (Decimal('2.68'), Decimal('-2.68'))
    """
    with localcontext() as context:
        # Where the usual 28 digits end, quantize raises instead of rounding.
        context.prec = 60
        # A rule of EN 16931 takes -0.00 for something else than 0.00; adding zero takes the sign away.
        return amount.quantize(CENT, rounding=ROUND_HALF_UP) + 0


def line_net(line: Line) -> Decimal:
    """Return what a line comes to without VAT (BT-131)."""
    with localcontext() as context:
        context.prec = 60
        return rounded(line.quantity * line.price) + sum((rounded(each.signed) for each in line.allowances), Decimal(0))


def of(invoice: Invoice) -> Sums:
    """Return the sums of `invoice`; VAT is reckoned once for each category and rate, not line by line."""
    lines = tuple(line_net(line) for line in invoice.lines)
    taxes = _taxes(invoice, lines)
    line_total = sum(lines, Decimal("0.00"))
    taken = sum((rounded(each.amount) for each in invoice.allowances if not each.charge), Decimal("0.00"))
    charged = sum((rounded(each.amount) for each in invoice.allowances if each.charge), Decimal("0.00"))
    net = line_total - taken + charged
    tax = sum((each.amount for each in taxes), Decimal("0.00"))
    return Sums(lines, taxes, line_total, taken, charged, net, tax, net + tax, net + tax)


def _taxes(invoice: Invoice, lines: tuple[Decimal, ...]) -> tuple[Tax, ...]:
    bases: dict[tuple[str, Decimal], Decimal] = {}
    parts = [(line.category, line.rate, net) for line, net in zip(invoice.lines, lines, strict=True)]
    parts += [(each.category, each.rate, rounded(each.signed)) for each in invoice.allowances]
    for category, rate, net in parts:
        # 19 and 19.00 are one rate: equal decimals are one key.
        bases[category, rate] = bases.get((category, rate), Decimal("0.00")) + net
    return tuple(
        Tax(category, rate, basis, rounded(basis * rate / 100)) for (category, rate), basis in sorted(bases.items(), key=_order)
    )


def _order(entry: tuple[tuple[str, Decimal], Decimal]) -> tuple[str, Decimal]:
    (category, rate), _ = entry
    return category, -rate
