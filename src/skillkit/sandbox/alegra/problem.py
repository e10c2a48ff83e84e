"""What the sandbox refuses, and the shapes in which the vendor says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final


class Refused(Exception):
    """An answer that is no success: its status, its sentence in Spanish, and the vendor's own code."""

    def __init__(self, message: str, status: int = 400, code: int | str = 0) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        # CHOICE: where no code is known, the status.
        self.code = code or status


def missing(field: str) -> Refused:
    """Return the refusal of a body without a required field."""
    return Refused(f"El campo {field} es obligatorio")


def unknown(noun: str, key: str) -> Refused:
    """Return the refusal of an id that nothing has."""
    return Refused(f"No existe {noun} con el identificador {quoted(key)}", 404)


def wrong(field: str, value: object, wanted: str) -> Refused:
    """Return the refusal of a field that holds something else than it must."""
    return Refused(f"El campo {field} debe ser {wanted}, no {quoted(value)}")


def quoted(value: object) -> str:
    """Return a value as a message may show it: short, on one line, in ASCII."""
    if isinstance(value, dict):
        return "un objeto"
    if isinstance(value, list):
        return "una lista"
    if value is None:
        return "null"
    return ascii(value) if isinstance(value, str) and len(value) <= 60 else ascii(str(value)[:60]).strip("'")


def _flat(refused: Refused) -> dict[str, Any]:
    return {"message": refused.message, "code": refused.code}


def _nested(refused: Refused) -> dict[str, Any]:
    return {"error": {"message": refused.message}}


def _bare(refused: Refused) -> dict[str, Any]:
    return {"error": refused.message}


# All three were seen; the option `errors` chooses.
SHAPES: Final = {"flat": _flat, "nested": _nested, "text": _bare}


def body(refused: Refused, options: Mapping[str, str]) -> dict[str, Any]:
    """Return the body of a refusal."""
    return SHAPES.get(options.get("errors", ""), _flat)(refused)
