"""An invoice of EN 16931 as frozen values; every number in it is a decimal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

INVOICE: Final = "380"
CREDIT_NOTE: Final = "381"
CORRECTED: Final = "384"
PARTIAL: Final = "326"

TYPES: Final[Mapping[str, str]] = {
    INVOICE: "Rechnung",
    CREDIT_NOTE: "Rechnungskorrektur",
    CORRECTED: "Korrekturrechnung",
    PARTIAL: "Teilrechnung",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One field of an invoice that cannot stay as it is."""

    field: str
    message: str


class Unfit(Exception):
    """An invoice that cannot be made, with everything that is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{each.field}: {each.message}" for each in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Contact:
    """Who answers questions about an invoice (BG-6)."""

    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A company or a person with an address (BG-4, BG-7)."""

    name: str
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    extra: str = ""
    vat_id: str = ""
    tax_id: str = ""
    register_id: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """How an invoice is paid (BG-16, BG-17): a transfer to an account, or what the code says."""

    code: str = ""
    iban: str = ""
    bic: str = ""
    account_name: str = ""
    bank: str = ""


@dataclass(frozen=True, slots=True)
class Company:
    """The account's own company: what stands on its invoices when they do not name another seller."""

    party: Party
    contact: Contact
    payment: Payment
    # What a German company must put on a letter, line by line: legal form, seat, register court, directors.
    imprint: tuple[str, ...] = ()
    website: str = ""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is taken off a price, or with `charge` put on it (BG-20, BG-21, BG-27, BG-28)."""

    amount: Decimal
    reason: str
    charge: bool = False
    # Those of a line share its category; those of a document have their own.
    category: str = "S"
    rate: Decimal = Decimal(0)

    @property
    def signed(self) -> Decimal:
        return self.amount if self.charge else -self.amount


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice (BG-25)."""

    id: str
    name: str
    quantity: Decimal
    unit: str
    price: Decimal
    category: str
    rate: Decimal
    description: str = ""
    product_id: str = ""
    allowances: tuple[Allowance, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """An invoice that went before (BG-3)."""

    number: str
    issued: date | None = None


@dataclass(frozen=True, slots=True)
class Invoice:
    """Everything an invoice says, apart from what follows by adding up."""

    number: str
    type_code: str
    issued: date
    currency: str
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    due: date | None = None
    delivered: date | None = None
    contact: Contact = Contact()
    buyer_reference: str = ""
    allowances: tuple[Allowance, ...] = ()
    notes: tuple[str, ...] = ()
    payment: Payment = Payment()
    terms: str = ""
    preceding: Reference | None = None
    exemption: str = ""
    imprint: tuple[str, ...] = ()
    website: str = ""

    @property
    def categories(self) -> frozenset[str]:
        """The categories of VAT that stand anywhere on the invoice."""
        return frozenset(line.category for line in self.lines) | frozenset(each.category for each in self.allowances)

    @property
    def title(self) -> str:
        return TYPES[self.type_code]
