"""Payments, and the cards that they are charged to."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from skillkit.sandbox.clientary import removal, shape
from skillkit.sandbox.clientary.call import Call, Document, invalid, missing
from skillkit.sandbox.clientary.listing import chosen, newest, paged
from skillkit.sandbox.clientary.papers import CANCELLED, INVOICE, keep, payment
from skillkit.sandbox.clientary.shape import Shape, accepted
from skillkit.sandbox.clientary.sums import cents, decimal

# CHOICE: received_on can be given
PAYMENT: Final[Shape] = {
    "amount": shape.positive,
    "note": shape.text,
    "received_on": shape.day,
    "payment_profile_id": shape.whole,
}
REQUIRED_OF_PROFILES: Final = ("stripe_customer_id", "stripe_source_id", "last_four_digits", "name", "expiration_date")
PROFILE: Final[Shape] = {
    **dict.fromkeys(("stripe_customer_id", "stripe_source_id", "last_four_digits", "name"), shape.text),
    "expiration_date": shape.day,
    **dict.fromkeys(("card_type", "address", "city", "zip", "state", "country"), shape.text),
}
SHOWN: Final = (
    "id",
    "client_id",
    "name",
    "gateway",
    "gateway_token",
    "expiration_date",
    "address",
    "city",
    "state",
    "zip",
    "country",
)

# CHOICE: fees are a usual price
FEE_SHARE: Final = Decimal("0.029")
FEE: Final = Decimal("0.30")


def list_payments(call: Call) -> Document:
    by_creation = chosen(call, "sort", {"created_at": True}, default=False)
    rows = newest(call.state.rows("payments"))
    rows = rows if by_creation else sorted(rows, key=lambda row: row["received_on"], reverse=True)
    return paged(call, "payments", rows, 30, lambda _, row: payment(row))


def create_payment(call: Call) -> Document:
    invoice = call.record("invoices", id="invoice_id")
    given = accepted(call, "payment", PAYMENT)
    if invoice["status"] == CANCELLED:
        raise invalid("invoice", "is cancelled")
    if given["payment_profile_id"] is not None:
        profile = call.find("payment_profiles", given["payment_profile_id"])
        if not profile or profile["client_id"] != invoice["client_id"]:
            raise invalid("payment_profile_id", "is not a payment profile of this client")
        return charge(call, invoice)
    if given["amount"] is None:
        raise invalid("amount", "can't be blank")
    # CHOICE: overpayment would leave a negative balance
    if decimal(given["amount"]) > decimal(invoice["balance"]):
        raise invalid("amount", f"is more than the balance of {invoice['balance']}")
    return _paid(call, invoice, {"amount": given["amount"], "note": given["note"], "received_on": given["received_on"]})


def charge(call: Call, invoice: Document) -> Document:
    """Charge all that is open on an invoice to a card."""
    amount = decimal(invoice["balance"])
    if amount <= 0:
        raise invalid("amount", "there is no balance to charge")
    transaction = f"ch_sandbox_{call.state.next('transactions', 100001)}"
    gateway = {"transaction_id": transaction, "transaction_fee_amount": str(cents(amount * FEE_SHARE + FEE))}
    return _paid(call, invoice, {"amount": str(amount), "note": None, "received_on": None, **gateway})


def _paid(call: Call, invoice: Document, given: Document) -> Document:
    received = given["received_on"] or call.today().isoformat()
    gateway = {"transaction_id": None, "transaction_fee_amount": None}
    kept = call.create("payments", {"invoice_id": invoice["id"], **gateway, **given, "received_on": received})
    keep(call, INVOICE, invoice)
    return payment(kept)


def delete_payment(call: Call) -> None:
    invoice, found = call.record("invoices", id="invoice_id"), call.record("payments")
    if found["invoice_id"] != invoice["id"]:
        raise missing()
    call.remove("payments", found)
    keep(call, INVOICE, invoice)


def list_profiles(call: Call) -> Document:
    owner = call.record("clients", id="client_id")
    return paged(call, "payment_profiles", call.rows("payment_profiles", client_id=owner["id"]), 30, lambda _, row: _profile(row))


def create_profile(call: Call) -> Document:
    owner = call.record("clients", id="client_id")
    if call.settings.options.get("stripe", "on") != "on":
        raise invalid("base", "an active Stripe integration is needed")
    given = accepted(call, "stripe_payment_profile", PROFILE, REQUIRED_OF_PROFILES)
    if not (given["last_four_digits"].isascii() and given["last_four_digits"].isdigit() and len(given["last_four_digits"]) == 4):
        raise invalid("last_four_digits", "must be four digits")
    return _profile(call.create("payment_profiles", {"client_id": owner["id"], **given}))


def delete_profile(call: Call) -> None:
    owner, found = call.record("clients", id="client_id"), call.record("payment_profiles")
    if found["client_id"] != owner["id"]:
        raise missing()
    removal.payment_profile(call, found)


def _profile(document: Document) -> Document:
    whole = {**document, "gateway": "stripe", "gateway_token": document["stripe_source_id"]}
    return {name: whole[name] for name in (*SHOWN, "created_at", "updated_at")}
