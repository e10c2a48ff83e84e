"""Which kind of file an `Accept` asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

JSON: Final = "application/json"
PDF: Final = "application/pdf"
XML: Final = "application/xml"

SAME: Final = {"text/xml": XML}


def chosen(accept: str, offered: Sequence[str]) -> str:
    """
    Return the kind that is liked best, or nothing; the first that is offered is what comes when anything will do.

    >>> chosen("application/json;q=0.5, application/xml", (PDF, XML, JSON)), chosen("image/png", (PDF,))
    ('application/xml', '')
    """
    for kind in _liked(accept or "*/*"):
        for offer in offered:
            if kind in {offer, "*/*", offer.partition("/")[0] + "/*"}:
                return offer
    return ""


def _liked(accept: str) -> list[str]:
    found = []
    for one in accept.split(","):
        kind, *rest = (part.strip().lower() for part in one.split(";"))
        quality = next((part[2:] for part in rest if re.fullmatch(r"q=[01](\.[0-9]{0,3})?", part)), "1")
        if float(quality):
            found.append((float(quality), SAME.get(kind, kind)))
    # The sort keeps the order of those that are liked alike.
    return [kind for _, kind in sorted(found, key=lambda pair: -pair[0])]
