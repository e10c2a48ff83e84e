"""The fields of a JSON object that somebody sent: each is taken, or noted as a problem, and reading goes on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from skillkit.sandbox.invoice.model import Problem

# What XML 1.0 cannot carry, even escaped; line breaks and tabs it can.
UNWRITABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NUMBER: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]+)?")
FINEST: Final = Decimal("0.000001")
LARGEST: Final = Decimal(10) ** 9
SHORT: Final = 500
LONG: Final = 5000


class Fields:
    """One JSON object, the place it has in the whole, and the problems found so far, which all places share."""

    def __init__(self, given: object, path: str = "", problems: list[Problem] | None = None) -> None:
        self.given: dict[str, Any] = given if isinstance(given, dict) else {}
        self.path = path
        self.problems: list[Problem] = [] if problems is None else problems
        if given is not None and not isinstance(given, dict):
            self.problems.append(Problem(path or "invoice", "must be an object"))

    def has(self, key: str) -> bool:
        return self.given.get(key) is not None

    def place(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def wrong(self, key: str, message: str) -> None:
        self.problems.append(Problem(self.place(key), message))

    def text(self, key: str, *, required: bool = False, limit: int = SHORT) -> str:
        value = self.given.get(key)
        if value is not None and not isinstance(value, str):
            self.wrong(key, "must be a string")
            return ""
        text = (value or "").strip()
        if required and not text:
            self.wrong(key, "is required")
        if len(text) > limit:
            self.wrong(key, f"must not be longer than {limit} characters")
        if found := UNWRITABLE.search(text):
            self.wrong(key, f"must not contain {found[0]!r}")
        return text

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the long texts below `key`: an array of them, or one alone."""
        value = self.given.get(key)
        rows = value if isinstance(value, list) else [] if value is None else [value]
        numbered = Fields({f"{key}[{n}]": row for n, row in enumerate(rows)}, self.path, self.problems)
        return tuple(text for each in numbered.given if (text := numbered.text(each, limit=LONG)))

    def code(self, key: str, choices: frozenset[str], *, default: str = "", required: bool = False) -> str:
        text = self.text(key, required=required) or default
        if text and text not in choices:
            self.wrong(key, f"{text!r} is not a known code")
        return text

    def number(self, key: str, *, required: bool = False) -> Decimal:
        """Return the number below `key`, which may come as a string; zero when there is none."""
        value = self.given.get(key)
        if value is None:
            if required:
                self.wrong(key, "is required")
            return Decimal(0)
        text = "" if isinstance(value, bool) else format(value, "f") if isinstance(value, Decimal) else str(value).strip()
        if isinstance(value, float) and "e" in text:
            text = format(Decimal(text), "f")
        if not isinstance(value, int | float | Decimal | str) or not NUMBER.fullmatch(text) or abs(Decimal(text)) >= LARGEST:
            self.wrong(key, f"must be a number below {LARGEST:,}")
            return Decimal(0)
        # CHOICE: six digits after the point are kept; what callers reckon in binary has noise further on. Zero has no sign.
        return Decimal(text).quantize(FINEST, ROUND_HALF_UP) + 0

    def amount(self, key: str) -> Decimal:
        """Return a required number that is not below zero."""
        amount = self.number(key, required=True)
        if amount < 0:
            self.wrong(key, "must not be negative")
        return amount

    def day(self, key: str, *, required: bool = False) -> date | None:
        text = self.text(key, required=required)
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{8}", text):
            self.wrong(key, f"{text!r} is not a date written YYYYMMDD")
            return None
        try:
            return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  a day has no time zone
        except ValueError:
            self.wrong(key, f"{text!r} is no day of the calendar")
            return None

    def inner(self, key: str, *, required: bool = False) -> Fields:
        if required and not self.has(key):
            self.wrong(key, "is required")
        return Fields(self.given.get(key), self.place(key), self.problems)

    def rows(self, key: str) -> Sequence[Fields]:
        value = self.given.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.wrong(key, "must be an array")
            return ()
        return [Fields({} if each is None else each, f"{self.place(key)}[{n}]", self.problems) for n, each in enumerate(value)]
