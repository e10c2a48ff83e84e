"""Money: exact while it is added up, a JSON number where it is shown."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from skillkit.sandbox.alegra.books import Document
from skillkit.sandbox.alegra.problem import Refused

ZERO: Final = Decimal(0)
CENT: Final = Decimal("0.01")
HUNDRED: Final = Decimal(100)

# With two decimals this has fifteen digits, which a JSON number holds exactly.
MOST: Final = Decimal(10) ** 13


def exact(value: Any) -> Decimal:
    """Return a stored number, or nothing, as a decimal."""
    return Decimal(str(value or 0))


def cents(value: Decimal) -> Decimal:
    """Return an amount rounded to the cent."""
    # CHOICE: half up, line by line; how the vendor rounds is not documented.
    return value.quantize(CENT, ROUND_HALF_UP)


def plain(value: Decimal) -> int | float:
    """Return a decimal as a JSON number."""
    return int(value) if value == value.to_integral_value() else float(value)


def total(values: Iterable[Any]) -> Decimal:
    """Return the sum of stored numbers."""
    return sum((exact(value) for value in values), ZERO)


def shown(line: Document) -> tuple[Document, Document]:
    """Return a line with its sums, and those sums: price x quantity, less the discount, plus each tax on what is left."""
    gross = exact(line["price"]) * exact(line["quantity"])
    if gross >= MOST:
        raise Refused("El campo items suma un valor demasiado grande")
    gross = cents(gross)
    discount = cents(gross * exact(line["discount"]) / HUNDRED)
    net = gross - discount
    tax = sum((cents(net * exact(each["percentage"]) / HUNDRED) for each in line["tax"]), ZERO)
    sums = {"subtotal": gross, "discount": discount, "tax": tax, "total": net + tax}
    return {**line, "subtotal": plain(net), "total": plain(net + tax)}, sums


def priced(*groups: list[Document]) -> tuple[list[list[Document]], Document]:
    """Return groups of lines with their sums, and the sums of all of them; the total must be a number that can be shown."""
    counted = [[shown(line) for line in group] for group in groups]
    every = [sums for group in counted for _, sums in group]
    sums = {name: sum((each[name] for each in every), ZERO) for name in ("subtotal", "discount", "tax", "total")}
    if sums["total"] >= MOST:
        raise Refused("El campo items suma un valor demasiado grande")
    return [[line for line, _ in group] for group in counted], {name: plain(value) for name, value in sums.items()}
