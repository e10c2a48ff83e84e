"""What a body may hold: its wrapper, its fields and their types, and what is said of those that do not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from skillkit.sandbox.clientary.call import Call, Document, Refused

# From what a field is given as to what is kept of it; a ValueError says what is wrong.
Reader = Callable[[Any], Any]
Shape = Mapping[str, Reader]

LARGEST: Final = Decimal(10**9)


def text(value: Any) -> str:
    """Read a string; a number is taken for one."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("must be a string")  # noqa: TRY004 - all that a reader says is one kind of error
    return str(value)


def email(value: Any) -> str:
    """Read an e-mail address, as far as its look says."""
    if not (isinstance(value, str) and re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", value)):
        raise ValueError("is not an email address")
    return value


def whole(value: Any) -> int:
    """Read a whole number."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**53:
        raise ValueError("must be a whole number")
    return value


def number(value: Any) -> str:
    """Read a number, or a string that is one; kept as text, so that it never becomes a float."""
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}(\.\d{1,12})?", value, re.ASCII):
        value = Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or abs(Decimal(value)) >= LARGEST:
        raise ValueError("is not a number")
    return str(value)


def positive(value: Any) -> str:
    """Read a number above zero."""
    if Decimal(found := number(value)) <= 0:
        raise ValueError("must be greater than 0")
    return found


def percent(value: Any) -> str:
    """Read a share of a hundred."""
    if not 0 <= Decimal(found := number(value)) <= 100:
        raise ValueError("must be between 0 and 100")
    return found


def flag(value: Any) -> bool:
    """Read true or false, also as 1 and 0."""
    if not isinstance(value, bool | int) or value not in {0, 1}:
        raise ValueError("must be true or false")
    return bool(value)


def day(value: Any) -> str:
    """Read a date as YYYY-MM-DD."""
    if not (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII)):
        raise ValueError("must be a date as YYYY-MM-DD")
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError("is not a date") from None


def currency(value: Any) -> str:
    """Read the code of a currency."""
    if not (isinstance(value, str) and re.fullmatch(r"[A-Z]{3}", value)):
        raise ValueError("is not a currency code")
    return value


def anything(value: Any) -> Any:
    """Read a value that is kept as it came."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {name: anything(entry) for name, entry in value.items()}
    return [anything(entry) for entry in value] if isinstance(value, list) else value


def one_of(*known: int) -> Reader:
    """One of a few numbers."""

    def read(value: Any) -> int:
        if whole(value) not in known:
            raise ValueError(f"must be one of {', '.join(map(str, known))}")
        return int(value)

    return read


def accepted(call: Call, wrapper: str, shape: Shape, required: tuple[str, ...] = (), *, change: bool = False) -> Document:
    """
    Return the fields of a body as they are kept.

    A new record has them all, with None where nothing was said; a change has those that were sent.
    """
    body = call.body
    # CHOICE: bodies have the wrapper and nothing else
    if not isinstance(body, dict) or not isinstance(body.get(wrapper), dict):
        raise Refused(422, {"errors": {wrapper: ["is missing: the body is wrapped in it"]}})
    if beside := body.keys() - {wrapper}:
        raise Refused(422, {"errors": {name: [f"stands outside of {wrapper}"] for name in sorted(beside)}})
    return read(body[wrapper], shape, required, change=change)


def read(given: Mapping[str, Any], shape: Shape, required: tuple[str, ...] = (), *, change: bool = False) -> Document:
    """Return fields as they are kept; all that is wrong with them is said at once."""
    errors: dict[str, list[str]] = {}
    kept: Document = {} if change else dict.fromkeys(shape)
    for name, value in given.items():
        try:
            kept[name] = _read(name, value, shape, required)
        except ValueError as error:
            errors[name] = [str(error)]
    absent = () if change else tuple(name for name in required if name not in given)
    errors |= {name: ["can't be blank"] for name in absent}
    if errors:
        raise Refused(422, {"errors": errors})
    return kept


def _read(name: str, value: Any, shape: Shape, required: tuple[str, ...]) -> Any:
    if name not in shape:
        # CHOICE: unknown fields
        raise ValueError("is not a field that can be written")
    if value is None or (isinstance(value, str) and not value.strip()):
        if name in required:
            raise ValueError("can't be blank")
        return value if value is None or shape[name] is text else None
    return shape[name](value)
