"""Webhooks: subscriptions to one event each, and telling them what happened."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import partial
from typing import Any, Final

from skillkit.sandbox.faktoora import shape, targets
from skillkit.sandbox.faktoora.call import Account, Call, Document, Refused, uuid
from skillkit.sandbox.faktoora.jobs import Job
from skillkit.sandbox.faktoora.shape import Shape, accepted

EVENTS: Final = (
    "invoiceCreate",
    "invoiceSent",
    "invoiceOverdue",
    "invoiceIncomingCreate",
    "invoiceIncomingSent",
    "offerCreate",
    "offerSent",
    "letterCreate",
    "letterSent",
    "reminderCreate",
    "reminderSent",
    "orderConfirmationCreate",
    "orderConfirmationSent",
    "customerCreate",
    "productCreate",
    "validationJobCompleted",
)
# By one text of the vendor it is what one subscribes to; what is delivered has the other name.
PAST: Final = {"invoiceCreated": "invoiceCreate"}

FIELDS: Final[Shape] = {"action": shape.one_of(*EVENTS, *PAST), "target": shape.text(2000)}


def list_webhooks(call: Call) -> list[Document]:
    # CHOICE: the list of webhooks
    return call.state.rows("webhooks")


def create_webhook(call: Call) -> Document:
    given = accepted(call.body, FIELDS, tuple(FIELDS))
    _check(call, given)
    key = uuid()
    return call.account.create("webhooks", key, {"id": key, **given})


def update_webhook(call: Call) -> Document:
    known = call.record("webhooks", "webhook")
    given = accepted(call.body, FIELDS, tuple(FIELDS), change=True)
    _check(call, given)
    return call.account.update("webhooks", known["id"], {**known, **given})


def delete_webhook(call: Call) -> Document:
    known = call.record("webhooks", "webhook")
    call.state.remove("webhooks", known["id"])
    return {"succeed": True}


def _check(call: Call, given: Document) -> None:
    loopback = call.account.option("webhooks") == "loopback"
    if "target" in given and (found := targets.problem(given["target"], loopback=loopback)):
        raise Refused(400, found)


def heard(account: Account, action: str) -> list[str]:
    """Return the targets that want to know of an event."""
    return [row["target"] for row in account.state.rows("webhooks") if PAST.get(row["action"], row["action"]) == action]


def tell(account: Account, action: str, **about: Any) -> None:
    """Start to tell whoever wants to know of an event; once, and whether it was taken is nobody's concern."""
    # CHOICE: the deliveries of webhooks
    body = json.dumps({"action": action, **about, "createdAt": account.stamp()}).encode()
    for target in heard(account, action):
        account.tools.start("post", _posting(account, target, body))


def telling(account: Account, action: str, **about: Any) -> Job:
    """Return the job of telling about an event, for when its changes are kept."""
    return partial(tell, account, action, **about)


def _posting(account: Account, target: str, body: bytes) -> Job:
    def post() -> None:
        with suppress(OSError):
            account.tools.post(target, body)

    return post
