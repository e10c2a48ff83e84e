"""From a file that somebody sent to what stands in it, or to the reasons why it is no invoice."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from lxml import etree

from skillkit.sandbox.invoice import from_cii, from_ubl, untrusted, validate
from skillkit.sandbox.invoice.paths import Attachment, Document
from skillkit.sandbox.invoice.unpack import unpacked
from skillkit.sandbox.invoice.validate import Report

READERS: Final[Mapping[str, Callable[[etree._Element], tuple[Document, tuple[Attachment, ...]]]]] = {
    "CII": from_cii.document,
    "UBL": from_ubl.document,
    "ZUGFeRD 1": from_cii.document,
}
CREDIT_NOTES: Final = frozenset({81, 83, 261, 262, 296, 308, 381, 396, 420, 458, 502, 503, 532})


@dataclass(frozen=True, slots=True)
class Read:
    """What came of a file: whether it is an invoice, why not, and what it says; its attachments apart, as bytes."""

    status: Literal["accepted", "rejected"]
    reasons: tuple[str, ...]
    content: Document
    attachments: tuple[Attachment, ...] = ()


def read(content: bytes, kind: str) -> Read:
    """
    Return what stands in a PDF or an XML file.

    `kind` is what the sender calls it, a media type or a name; what the file begins with decides.
    """
    try:
        xml, others = unpacked(content) if _is_pdf(content, kind) else (content, ())
        root = untrusted.tree(xml)
        report = validate.report(root)
    except untrusted.Refused as refused:
        return Read("rejected", (str(refused),), {})
    said, attachments = READERS[report.syntax](root)
    attachments += others
    said["invoiceTypeCode"] = int(code) if (code := said.get("invoiceTypeCode", "")).isdecimal() else code
    document = {**_about(report, said), **said, "attachments": [_described(n, each) for n, each in enumerate(attachments, 1)]}
    reasons = tuple(str(each) for each in report.errors)
    return Read("rejected" if reasons else "accepted", reasons, document, attachments)


def _is_pdf(content: bytes, kind: str) -> bool:
    if len(content) > untrusted.BYTES:
        raise untrusted.Refused(f"the file has {len(content)} bytes, more than {untrusted.BYTES}")
    named = kind.lower().partition(";")[0].strip()
    if named and not named.endswith(("pdf", "xml", "octet-stream")):
        raise untrusted.Refused(f"{kind!r} is neither PDF nor XML")
    # Some writers put a line or two before the mark.
    return b"%PDF-" in content[:1024]


def _about(report: Report, said: Document) -> Document:
    return {
        "syntax": report.syntax,
        "profile": report.profile,
        "specification": report.specification,
        "documentType": "creditNote" if said["invoiceTypeCode"] in CREDIT_NOTES else "invoice",
        "warnings": [str(each) for each in report.findings if each.level == "warning"],
    }


def _described(number: int, attachment: Attachment) -> dict[str, Any]:
    described = {
        "attachmentId": str(number),
        "id": attachment.id,
        "name": attachment.name,
        "filename": attachment.file,
        "mimeType": attachment.mime,
        "url": attachment.address,
    }
    held = {"size": len(attachment.content), "sha256": hashlib.sha256(attachment.content).hexdigest()}
    return {key: value for key, value in described.items() if value} | (held if attachment.content else {})


def packed(read: Read) -> Document:
    """Return `read` as JSON, the way it goes from one process to the other."""
    rows = [{**asdict(each), "content": base64.b64encode(each.content).decode()} for each in read.attachments]
    return {"status": read.status, "reasons": list(read.reasons), "content": read.content, "attachments": rows}


def opened(packed: Document) -> Read:
    rows = [Attachment(**{**row, "content": base64.b64decode(row["content"])}) for row in packed["attachments"]]
    return Read(packed["status"], tuple(packed["reasons"]), packed["content"], tuple(rows))
