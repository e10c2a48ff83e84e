"""Invoices from files: uploaded, read in a thread, and answered from what stands in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from skillkit.sandbox.faktoora import media, shape, webhooks, work
from skillkit.sandbox.faktoora.call import Account, Answer, Call, Document, Refused, missing, opaque
from skillkit.sandbox.faktoora.jobs import Job
from skillkit.sandbox.faktoora.listing import dated, holding, paged, public, words
from skillkit.sandbox.faktoora.papers import Seen
from skillkit.sandbox.faktoora.shape import Shape, accepted

LARGEST: Final = 20 * 1024 * 1024

SORTS: Final = ("invoiceNumber", "issueDate", "dueDate", "sellerName", "buyerName", "filename", "createdAt", "updatedAt")
SEARCHED: Final = ("invoiceNumber", "sellerName", "buyerName", "filename")

# CHOICE: what of an import can be edited
EDITED: Final[Shape] = {
    "invoiceNumber": shape.text(100),
    "issueDate": shape.day,
    "dueDate": shape.day,
    "currency": shape.currency,
    "note": shape.text(5000),
}
# From where in the content a list takes its words, and what of it a summary has.
SHOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "documentType": ("documentType",),
    "invoiceTypeCode": ("invoiceTypeCode",),
    "invoiceNumber": ("invoiceNumber",),
    "issueDate": ("issueDate",),
    "dueDate": ("dueDate",),
    "currency": ("currency",),
    "sellerName": ("seller", "name"),
    "buyerName": ("buyer", "name"),
    "netAmount": ("totals", "netTotal"),
    "taxAmount": ("totals", "taxTotal"),
    "grossAmount": ("totals", "grossTotal"),
    "dueAmount": ("totals", "due"),
}

FAILED: Final = Seen(accepted=False, reasons=("the file could not be read",), content={})


@dataclass(frozen=True, slots=True)
class Kind:
    """Which invoices: those that were received, or those that were sent."""

    table: str
    # The name of an import's id.
    id: str
    # What is told when one was read.
    event: str = ""


INCOMING: Final = Kind("incoming", "importId", "invoiceIncomingCreate")
OUTGOING: Final = Kind("outgoing", "faktooraId")

Handler = Callable[[Call], Any]


def upload(kind: Kind) -> Handler:
    def act(call: Call) -> Document:
        file = call.upload()
        if len(file.content) > LARGEST:
            # CHOICE: files that are too large
            raise Refused(413, "the file is larger than 20 MB")
        account, key = call.account, opaque()
        account.state.keep(f"{kind.table} {key}", file.content)
        row = {kind.id: key, "filename": file.name, "mimeType": file.kind, "size": len(file.content)}
        empty = dict.fromkeys((*SHOWN, "note"))
        own = {"validationStatus": work.pending(account), "_reasons": [], "_readable": False}
        account.create(kind.table, key, {**row, **empty, **own, **work.begun(account)})
        call.later.append(_starting(account, kind, key))
        return {kind.id: key}

    return act


def resume(account: Account) -> None:
    """Start on the files that were not read when the sandbox ended."""
    for kind in (INCOMING, OUTGOING):
        for row in account.state.rows(kind.table):
            if not row["_work"]:
                _starting(account, kind, row[kind.id])()


def _starting(account: Account, kind: Kind, key: str) -> Job:
    return partial(account.tools.start, "papers", partial(_read, account, kind, key))


def _read(account: Account, kind: Kind, key: str) -> None:
    row = account.state.find(kind.table, key)
    if row is None or row["_work"]:
        return
    seen, report = FAILED, b""
    try:
        seen = account.tools.look(account.state.content(f"{kind.table} {key}") or b"", row["mimeType"])
        verdict = "The invoice is accepted." if seen.accepted else "The invoice is rejected."
        report = account.tools.report(f"Validation of {row['filename']}", (verdict, *seen.reasons))
    finally:
        # Whatever went wrong in there, nobody is to wait for ever.
        account.state.keep(f"{kind.table} {key} report", report)
        kept = work.finish(account, kind.table, key, partial(_seen, account, kind, seen))
    if kept and kind.event:
        webhooks.tell(account, kind.event, **{kind.id: key})


def _seen(account: Account, kind: Kind, seen: Seen, row: Document) -> Document:
    said = {name: _at(seen.content, place) for name, place in SHOWN.items()}
    # What was edited meanwhile stays.
    said = {name: value for name, value in said.items() if row[name] is None}
    # Apart from its record, since a list of records need not know all that stands in the files.
    account.state.keep(f"{kind.table} {row[kind.id]} content", json.dumps(seen.content).encode())
    verdict = "accepted" if seen.accepted else "rejected"
    own = {"validationStatus": verdict, "_reasons": list(seen.reasons), "_readable": bool(seen.content)}
    waits = 0 if kind.event and webhooks.heard(account, kind.event) else row["_waits"]
    return {**row, **said, **own, "_work": work.MADE, "_waits": waits}


def _at(content: Any, place: tuple[str, ...]) -> Any:
    for name in place:
        content = content.get(name) if isinstance(content, dict) else None
    return content


def listed(kind: Kind) -> Handler:
    def act(call: Call) -> Document:
        rows = holding(dated(call, call.state.rows(kind.table)), SEARCHED, words(call, "keyword")[:1])
        return paged(call, rows, SORTS, lambda row: _shown(call.account, row))

    return act


def edit(kind: Kind) -> Handler:
    def act(call: Call) -> Document:
        row = _one(call, kind)
        given = accepted(call.body, EDITED, change=True)
        return _shown(call.account, call.account.update(kind.table, row[kind.id], {**row, **given}))

    return act


def show_validation(kind: Kind) -> Handler:
    def act(call: Call) -> Document:
        row = _one(call, kind)
        if not work.settled(call, kind.table, row[kind.id], row):
            return {"status": work.pending(call.account)}
        # CHOICE: reasons of a refusal
        return {"status": row["validationStatus"], "reasons": row["_reasons"]}

    return act


def show_report(kind: Kind) -> Handler:
    def act(call: Call) -> Answer:
        row = _one(call, kind)
        work.demand(call, kind.table, row[kind.id], row)
        content = call.state.content(f"{kind.table} {row[kind.id]} report")
        if not content:
            raise missing("validation report")
        return Answer(content, media.PDF, "validation.pdf")

    return act


def show_status(kind: Kind) -> Handler:
    def act(call: Call) -> Document:
        row = _one(call, kind)
        if work.settled(call, kind.table, row[kind.id], row):
            # CHOICE: the status of an import
            return {"validationStatus": row["validationStatus"], "visualizationStatus": "done" if row["_readable"] else "failed"}
        return dict.fromkeys(("validationStatus", "visualizationStatus"), work.pending(call.account))

    return act


def show_summary(kind: Kind) -> Handler:
    def act(call: Call) -> Document:
        row, content = _content(call, kind)
        # CHOICE: the summary of an import
        parties = {name: content.get(name) for name in ("seller", "buyer")}
        return {kind.id: row[kind.id], **{name: row[name] for name in SHOWN}, **parties}

    return act


def show_content(kind: Kind) -> Handler:
    def act(call: Call) -> Document:
        row, content = _content(call, kind)
        return {kind.id: row[kind.id], **content}

    return act


def _content(call: Call, kind: Kind) -> tuple[Document, Document]:
    row = _one(call, kind)
    work.demand(call, kind.table, row[kind.id], row)
    if not row["_readable"]:
        # CHOICE: files that cannot be read
        raise missing("content")
    return row, json.loads(call.state.content(f"{kind.table} {row[kind.id]} content") or b"{}")


def _one(call: Call, kind: Kind) -> Document:
    return call.record(kind.table, "import", kind.id)


def _shown(account: Account, row: Document) -> Document:
    over = work.status(account, row) != work.pending(account)
    return public(row) if over else {**public(row), "validationStatus": work.pending(account)}
