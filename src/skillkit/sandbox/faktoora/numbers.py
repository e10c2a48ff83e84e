"""Invoice numbers: which is next, which is free, and the template that they follow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final

from skillkit.sandbox.faktoora import shape
from skillkit.sandbox.faktoora.call import Account, Call, Document, invalid
from skillkit.sandbox.faktoora.listing import word
from skillkit.sandbox.faktoora.shape import Shape, accepted

# CHOICE: the template
GRAMMAR: Final = re.compile(r"((YYYY|MM|DD)[-/._]?)+(?<=[-/._])id")
PARTS: Final = re.compile(r"YYYY|MM|DD|id|[-/._]")
TOKENS: Final[Mapping[str, str]] = {"YYYY": "%Y", "MM": "%m", "DD": "%d"}
SHAPES: Final[Mapping[str, str]] = {"YYYY": "[0-9]{4}", "MM": "[0-9]{2}", "DD": "[0-9]{2}", "id": "([0-9]{1,15})"}

TABLE: Final = "settings"
KEY: Final = "invoice-number-template"
START: Final[Mapping[str, str | int]] = {"template": "YYYY/MM/id", "padLength": 5, "counter": 0}


def _template(value: object) -> str:
    """
    Read a template: tokens, each once, that end with a separator and `id`.

    >>> _template("YYYY/MM-id")
    'YYYY/MM-id'
    """
    tokens = [part for part in PARTS.findall(value) if part in TOKENS] if isinstance(value, str) else []
    if not (isinstance(value, str) and GRAMMAR.fullmatch(value)) or len(tokens) > len(set(tokens)):
        raise ValueError("must be made of YYYY, MM and DD, and end with a separator and id")
    return value


FIELDS: Final[Shape] = {"template": _template, "padLength": shape.whole(1, 12)}


def show_template(call: Call) -> Document:
    return _settings(call.account)


def change_template(call: Call) -> Document:
    given = accepted(call.body, FIELDS, tuple(FIELDS), change=True)
    if not given:
        raise invalid((("template", "or padLength is required"),))
    whole = {**_settings(call.account), **given}
    call.state.put(TABLE, KEY, whole)
    return whole


def next_number(call: Call) -> Document:
    known = _settings(call.account)
    asked = call.query.get("template", "")
    try:
        template = _template(asked) if asked else known["template"]
    except ValueError as error:
        raise invalid((("template", str(error)),)) from None
    today, counter = _today(call.account), known["counter"] + 1
    while call.state.find("numbers", found := _written(template, known["padLength"], counter, today)):
        counter += 1
    return {"invoiceNumber": found, "counter": known["counter"], **({"template": asked} if asked else {})}


def verify_number(call: Call) -> Document:
    # CHOICE: the query of the checks for a free number or code
    return {"succeed": call.state.find("numbers", word(call, "invoiceNumber")) is None}


def count(account: Account, number: str) -> None:
    """Remember the number of an invoice as the last used one, when it follows the template and is higher."""
    known = _settings(account)
    pattern = "".join(SHAPES.get(part, re.escape(part)) for part in PARTS.findall(known["template"]))
    found = re.fullmatch(pattern, number)
    if found and int(found[1]) > known["counter"]:
        account.state.put(TABLE, KEY, {**known, "counter": int(found[1])})


def _settings(account: Account) -> Document:
    return account.state.find(TABLE, KEY) or dict(START)


def _written(template: str, pad: int, counter: int, today: date) -> str:
    values = {**{token: today.strftime(form) for token, form in TOKENS.items()}, "id": f"{counter:0{pad}}"}
    return "".join(values.get(part, part) for part in PARTS.findall(template))


def _today(account: Account) -> date:
    return datetime.fromtimestamp(account.settings.now(), UTC).date()
