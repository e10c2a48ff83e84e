"""What an invoice comes to: lines, taxes and totals, in decimals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

CENT: Final = Decimal("0.01")
NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Sums:
    """What the lines of a document come to."""

    subtotal: Decimal
    taxable: Decimal
    # By the first, second and third rate.
    taxes: tuple[Decimal, Decimal, Decimal]

    @property
    def total(self) -> Decimal:
        return self.subtotal + sum(self.taxes, NOTHING)


def cents(value: Decimal) -> Decimal:
    """
    Round to cents, half up.

    >>> cents(Decimal("0.125"))
    Decimal('0.13')
    """
    return value.quantize(CENT, ROUND_HALF_UP)


def decimal(text: str | None) -> Decimal:
    """Return an amount as it is kept; nothing is zero."""
    return Decimal(text or 0)


def summed(items: Sequence[Mapping[str, Any]], rates: Sequence[str | None], *, compound: bool) -> Sums:
    """
    Return what lines come to.

    >>> line = {"price": "100", "quantity": "1", "taxable": True}
    >>> str(summed([line], ["10", "10", None], compound=True).total)
    '121.00'
    """
    # CHOICE: rounding is by line
    lines = [(cents(decimal(item["price"]) * decimal(item["quantity"])), item["taxable"]) for item in items]
    taxable = sum((amount for amount, taxed in lines if taxed), NOTHING)
    first, second, third = (decimal(rate) / 100 for rate in rates)
    tax = cents(taxable * first)
    # CHOICE: compound_tax changes the second tax alone
    base = taxable + tax if compound else taxable
    return Sums(sum((amount for amount, _ in lines), NOTHING), taxable, (tax, cents(base * second), cents(taxable * third)))
