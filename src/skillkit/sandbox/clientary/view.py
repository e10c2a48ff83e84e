"""From what is kept to what is answered: numbers, dates with slashes, records inside of records."""

from __future__ import annotations

from collections.abc import Iterable

from skillkit.sandbox.clientary.call import Call, Document


def numbers(document: Document, names: Iterable[str]) -> Document:
    """Return a record with these amounts as JSON numbers; nothing is calculated behind this."""
    return {**document, **{name: float(document[name]) for name in names if document.get(name) is not None}}


def rates(document: Document, names: Iterable[str]) -> Document:
    """Return a record with these rates as JSON numbers; one that was never set is 0."""
    return {**document, **{name: float(document[name] or 0) for name in names}}


def slashed(document: Document, names: Iterable[str]) -> Document:
    """Return a record with these dates as YYYY/MM/DD."""
    return {**document, **{name: document[name].replace("-", "/") for name in names if document.get(name)}}


def client(call: Call, id: int | None) -> Document | None:  # noqa: A002 - the word of the vendor
    """Return a client, or a lead, as it stands inside of other records."""
    found = call.find("clients", id) or call.find("leads", id)
    return {name: found[name] for name in ("id", "name", "number", "status")} if found else None
