"""What a body may hold: kinds of fields as functions, each of which reads a value or says what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from skillkit.sandbox.faktoora.call import Document, invalid

# From what a field is given as to what is kept of it; a ValueError says what is wrong.
Reader = Callable[[Any], Any]
Shape = Mapping[str, Reader]

EMOJI: Final = re.compile("[\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]")
LONE: Final = re.compile("[\ud800-\udfff]")
DIGITS: Final = 15


def text(most: int = 255, *, emoji: bool = True) -> Reader:
    """Read text of so many characters."""

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("must be a string")  # noqa: TRY004 - all that a reader says is one kind of error
        if len(value) > most:
            raise ValueError(f"must not be longer than {most} characters")
        if LONE.search(value):
            raise ValueError("must be valid Unicode")
        if not emoji and EMOJI.search(value):
            raise ValueError("must not contain emoji")
        return value

    return read


def matching(pattern: str, kind: str) -> Reader:
    """Read text of a form, which has a name."""

    def read(value: Any) -> str:
        if not (isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII)):
            raise ValueError(f"must be {kind}")
        return value

    return read


email: Final = matching(r"[^@\s\ud800-\udfff]{1,64}@[^@\s\ud800-\udfff]{1,190}\.[^@\s.\ud800-\udfff]{1,63}", "an e-mail address")
currency: Final = matching(r"[A-Z]{3}", "the code of a currency, as EUR")
country: Final = matching(r"[A-Z]{2}", "the code of a country, as DE")


def flag(value: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 - as above
    return value


def number(low: int = -(10**12), high: int = 10**12) -> Reader:
    """Read a number that has no more digits than JSON carries."""

    def read(value: Any) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ValueError("must be a number")  # noqa: TRY004 - as above
        if not low <= value <= high:
            raise ValueError(f"must be between {low} and {high}")
        if isinstance(value, Decimal) and value and (len(value.as_tuple().digits) > DIGITS or abs(value.adjusted()) > DIGITS):
            raise ValueError(f"must not have more than {DIGITS} digits")
        return value if isinstance(value, int) else float(value)

    return read


def whole(low: int = 0, high: int = 10**9) -> Reader:
    """Read a whole number."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return read


def moment(value: Any) -> str:
    """Read a date, or a date and a time, as ISO 8601 has it."""
    if not (isinstance(value, str) and re.fullmatch(r"[0-9T:.+Z-]{10,40}", value)):
        raise ValueError("must be a date and time as 2026-03-31T12:00:00Z")
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a date and time as 2026-03-31T12:00:00Z") from None
    return value


def day(value: Any) -> str:
    """Read a day as YYYYMMDD."""
    if not (isinstance(value, str) and re.fullmatch(r"\d{8}", value, re.ASCII)):
        raise ValueError("must be a date as YYYYMMDD")
    try:
        datetime.strptime(value, "%Y%m%d")  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        raise ValueError("must be a day of the calendar") from None
    return value


def one_of(*words: str) -> Reader:
    """Read one of a few words."""

    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return str(value)

    return read


def mapping(value: Any) -> Document:
    """Read an object that is kept as it came."""
    if not isinstance(value, dict):
        raise ValueError("must be an object")  # noqa: TRY004 - as above
    return {name: _kept(entry) for name, entry in value.items()}


def _kept(value: Any) -> Any:
    if isinstance(value, Decimal):
        return number()(value)
    if isinstance(value, dict):
        return mapping(value)
    return [_kept(entry) for entry in value] if isinstance(value, list) else value


def record(shape: Shape, *required: str) -> Reader:
    """Read an object with fields of its own."""

    def read(value: Any) -> Document:
        if not isinstance(value, dict):
            raise ValueError("must be an object")  # noqa: TRY004 - as above
        kept, problems = fields(value, shape, required)
        if problems:
            raise ValueError("; ".join(f"{name} {text}" for name, text in problems))
        return kept

    return read


def accepted(body: Any, shape: Shape, required: Sequence[str] = (), *, change: bool = False) -> Document:
    """
    Return the fields of a body as they are kept; all that is wrong with them is said at once.

    A new record has them all, with None where nothing was said; a change has those that were sent.
    """
    if not isinstance(body, dict):
        raise invalid((("body", "must be a JSON object"),))
    kept, problems = fields(body, shape, () if change else required, never_null=required)
    if problems:
        raise invalid(problems)
    return kept if change else {**dict.fromkeys(shape), **kept}


def fields(
    given: Document, shape: Shape, required: Sequence[str], *, never_null: Sequence[str] = ()
) -> tuple[Document, list[tuple[str, str]]]:
    """Return fields as they are kept, and what is wrong with the others."""
    kept: Document = {}
    problems = [(name, "is required") for name in required if name not in given]
    for name, value in given.items():
        try:
            kept[name] = _read(name, value, shape, (*required, *never_null))
        except ValueError as error:
            problems.append((name, str(error)))
    return kept, problems


def _read(name: str, value: Any, shape: Shape, required: Sequence[str]) -> Any:
    if name not in shape:
        # CHOICE: fields that are unknown
        raise ValueError("is not a field that can be written")
    if name in required and (value is None or (isinstance(value, str) and not value.strip())):
        raise ValueError("is required")
    return None if value is None else shape[name](value)
