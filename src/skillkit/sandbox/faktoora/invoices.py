"""Invoices: taken at once, made in a thread, and handed out as files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, Final

from skillkit.sandbox.faktoora import media, numbers, projects, webhooks, work
from skillkit.sandbox.faktoora.call import Account, Answer, Call, Document, Refused, invalid, missing, opaque
from skillkit.sandbox.faktoora.jobs import Job
from skillkit.sandbox.faktoora.listing import dated, holding, paged, public, words
from skillkit.sandbox.faktoora.papers import Checked, Files
from skillkit.sandbox.state import Taken

TABLE: Final = "invoices"
# CHOICE: the size of a batch
LARGEST_BATCH: Final = 100
SWITCHES: Final = ("draftOnly", "reviewMode", "validate")
METHODS: Final = ("email", "peppol")
SORTS: Final = ("invoiceNumber", "issueDate", "dueDate", "currency", "buyerName", "createdAt", "updatedAt")

# CHOICE: the envelope of new invoices
ENVELOPES: Final[Mapping[str, Callable[[list[Document]], Any]]] = {
    "array": lambda made: made,
    "data": lambda made: {"data": made},
    "invoices": lambda made: {"invoices": made},
    "object": lambda made: made[0] if len(made) == 1 else {"data": made},
}


def create_invoices(call: Call) -> Any:
    batch = call.body.get("invoices") if isinstance(call.body, dict) else None
    if not isinstance(batch, list) or not 1 <= len(batch) <= LARGEST_BATCH:
        raise invalid((("invoices", f"must be an array of 1 to {LARGEST_BATCH} invoices"),))
    found = [_checked(call.account, given) for given in batch]
    places = [f"invoices[{number}]" for number in range(len(batch))]
    # CHOICE: a batch with an invoice that does not fit
    if problems := [
        (f"{place}.{name}" if name else place, text)
        for place, one in zip(places, found, strict=True)
        for name, text in one.problems
    ]:
        raise invalid(problems)
    if call.account.option("invoiceValidation") == "off" and any(given.get("validate") for given in batch):
        raise Refused(403, "the account does not have the feature invoiceValidation")
    made = [_add(call, given, one) for given, one in zip(batch, found, strict=True)]
    return ENVELOPES[call.account.option("createEnvelope")](made)


def _checked(account: Account, given: Any) -> Checked:
    if not isinstance(given, dict):
        return Checked((("", "must be an object"),))
    found = account.tools.check(given)
    wrong = [(name, "must be true or false") for name in SWITCHES if not isinstance(given.get(name), bool | None)]
    delivery = given.get("delivery")
    # CHOICE: keys of delivery
    if delivery is not None and not (isinstance(delivery, dict) and delivery.get("method", METHODS[0]) in METHODS):
        wrong.append(("delivery", f"must be an object whose method is one of {', '.join(METHODS)}"))
    return replace(found, problems=(*found.problems, *wrong))


def _add(call: Call, given: Document, found: Checked) -> Document:
    account, key = call.account, opaque()
    try:
        account.state.add("numbers", found.number, {"faktooraId": key})
    except Taken:
        raise Refused(409, f"invoiceNumber {found.number!r} is already taken") from None
    numbers.count(account, found.number)
    row = {
        "faktooraId": key,
        **found.shown,
        # CHOICE: the status of drafts and reviews
        "status": "draft" if given.get("draftOnly") else "review" if given.get("reviewMode") else "open",
        "_given": _plain(given),
        "_validation": None,
    }
    account.create(TABLE, key, {**row, **work.begun(account)})
    call.later.append(_starting(account, key))
    # CHOICE: where detailsPage leads
    return {"faktooraId": key, "detailsPage": f"https://app.faktoora.invalid/invoices/{key}"}


def _plain(value: Any) -> Any:
    """Return a body as it can be kept: what has a point is text, which the maker of invoices takes as well."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, list) else value


def resume(account: Account) -> None:
    """Start on the invoices that were not made when the sandbox ended."""
    for row in account.state.rows(TABLE):
        if not row["_work"]:
            _starting(account, row["faktooraId"])()


def _starting(account: Account, key: str) -> Job:
    return partial(account.tools.start, "papers", partial(_make, account, key))


def _make(account: Account, key: str) -> None:
    row = account.state.find(TABLE, key)
    if row is None or row["_work"]:
        return
    files: Files | None = None
    report = b""
    try:
        files = account.tools.make(row["_given"])
        report = _report(account, row, files) if row["_given"].get("validate") else b""
    finally:
        # Whatever went wrong in there, nobody is to wait for ever.
        kept = work.finish(account, TABLE, key, partial(_made, account, files, report))
    if kept and files:
        _tell(account, kept)


def _made(account: Account, files: Files | None, report: bytes, row: Document) -> Document:
    if files is None:
        return {**row, "_work": work.FAILED}
    key = row["faktooraId"]
    account.state.keep(f"{key}.pdf", files.pdf)
    account.state.keep(f"{key}.xml", files.xml)
    account.state.keep(f"{key}.report", report)
    # CHOICE: words of a validation
    validation = {"status": work.DONE, "validity": "valid" if files.valid else "invalid", "createdAt": account.stamp()}
    # Who is told by a webhook that the file is there need not be made to wait for it.
    waits = 0 if webhooks.heard(account, "invoiceCreate") else row["_waits"]
    return {**row, "_work": work.MADE, "_waits": waits, "_validation": validation if report else None}


def _report(account: Account, row: Document, files: Files) -> bytes:
    verdict = "The invoice is valid." if files.valid else "The invoice is not valid."
    return account.tools.report(f"Validation of invoice {row['invoiceNumber']}", (verdict, *files.findings))


def _tell(account: Account, row: Document) -> None:
    about = {name: row[name] for name in ("faktooraId", "invoiceNumber")}
    webhooks.tell(account, "invoiceCreate", **about)
    if row["_validation"]:
        webhooks.tell(account, "validationJobCompleted", **about)
    if row["status"] == "open":
        webhooks.tell(account, "invoiceSent", **about)


def list_or_download(call: Call) -> Document | Answer:
    number = call.query.get("invoiceNumber", "")
    kind = media.chosen(call.accept, (media.PDF, media.XML, media.JSON)) if number else media.JSON
    if kind in {media.PDF, media.XML}:
        found = call.state.find("numbers", number)
        return _file(call, _one(call, (found or {}).get("faktooraId", "")))
    if not kind:
        raise Refused(406, "an invoice is a PDF or XML, and a list is JSON")
    rows = holding(dated(call, call.state.rows(TABLE)), ("invoiceNumber", "buyerName"), words(call, "keyword")[:1])
    if number:
        rows = [row for row in rows if row["invoiceNumber"] == number]
    return paged(call, rows, SORTS, lambda row: {**public(row), "jobStatus": work.status(call.account, row)})


def download(call: Call) -> Answer:
    return _file(call, _one(call))


def _file(call: Call, row: Document) -> Answer:
    kind = media.chosen(call.accept, (media.PDF, media.XML))
    if not kind:
        raise Refused(406, "an invoice is a PDF or XML")
    work.demand(call, TABLE, row["faktooraId"], row)
    ending = kind.rpartition("/")[2]
    content = call.state.content(f"{row['faktooraId']}.{ending}")
    if not content:
        raise Refused(404, "the invoice has no XML")
    return Answer(content, kind, re.sub(r"[^A-Za-z0-9._-]+", "-", row["invoiceNumber"]) + f".{ending}")


def show_status(call: Call) -> Document:
    row = _one(call)
    work.settled(call, TABLE, row["faktooraId"], row)
    job = work.status(call.account, row)
    sent = "sent" if job == work.DONE else job
    # CHOICE: the status of an invoice
    return {
        "faktooraId": row["faktooraId"],
        "invoiceNumber": row["invoiceNumber"],
        "jobStatus": job,
        "authority": {"status": "notRequired"},
        "delivery": {
            "status": sent if row["status"] == "open" else "held",
            "method": (row["_given"].get("delivery") or {}).get("method", METHODS[0]),
        },
        "validation": row["_validation"] if job == work.DONE else None,
    }


def show_report(call: Call) -> Answer:
    row = _one(call)
    if not row["_given"].get("validate"):
        raise missing("validation report")
    work.demand(call, TABLE, row["faktooraId"], row)
    content = call.state.content(f"{row['faktooraId']}.report") or b""
    return Answer(content, media.PDF, "validation-report.pdf")


def delete_invoice(call: Call) -> Document:
    if call.account.option("invoiceDeleteMode") != "on":
        # CHOICE: deleting without invoiceDeleteMode
        raise Refused(403, "the account setting invoiceDeleteMode is off")
    row = _one(call)
    key = row["faktooraId"]
    call.state.remove(TABLE, key)
    call.state.remove("numbers", row["invoiceNumber"])
    for ending in ("pdf", "xml", "report"):
        call.state.keep(f"{key}.{ending}", b"")
    projects.forget(call.account, "invoice", key)
    return {"succeed": True}


def _one(call: Call, key: str | None = None) -> Document:
    found = call.state.find(TABLE, call.ids["faktooraId"] if key is None else key)
    if found is None:
        raise missing("invoice")
    return found
