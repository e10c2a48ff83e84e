"""What a body may hold: kinds of fields as a table of functions, each of which reads a value or refuses it by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from skillkit.sandbox.alegra.books import Books, Document
from skillkit.sandbox.alegra.problem import Refused, missing, wrong
from skillkit.sandbox.alegra.sums import plain

# Reads a value into what is kept, given the books and where it stood in the body.
Kind = Callable[[Books, Any, str], Any]
Fields = Mapping[str, Kind]

NUMERAL: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?")
IDENTITY: Final = re.compile(r"[A-Za-z0-9-]{1,40}")
DAY: Final = re.compile(r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}")
EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


def text(most: int = 255) -> Kind:
    """Read text of so many characters; numbers are read as text, since ids and telephone numbers come as either."""

    def read(_: Books, value: Any, where: str) -> str:
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
            value = str(value)
        if not isinstance(value, str):
            raise wrong(where, value, "un texto")
        if len(value) > most:
            raise Refused(f"El campo {where} no puede pasar de {most} caracteres")
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise Refused(f"El campo {where} no es un texto válido")
        return value

    return read


def number(low: str = "0", high: str = "999999999999") -> Kind:
    """Read a number, or its numeral, of fifteen digits at most and six of them decimals."""

    def read(_: Books, value: Any, where: str) -> int | float:
        if isinstance(value, str) and NUMERAL.fullmatch(value):
            value = Decimal(value)
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise wrong(where, value, "un número")
        found = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
        if not found.is_finite() or not Decimal(low) <= found <= Decimal(high):
            raise Refused(f"El campo {where} debe estar entre {low} y {high}")
        shape = found.normalize().as_tuple()
        if len(shape.digits) > 15 or int(shape.exponent) < -6:
            raise Refused(f"El campo {where} tiene demasiadas cifras")
        return plain(found)

    return read


def numeral(low: str = "0", high: str = "100") -> Kind:
    """Read a number that is kept and shown as text with two decimals, as percentages are."""
    whole = number(low, high)
    return lambda books, value, where: f"{Decimal(str(whole(books, value, where))):.2f}"


def whole(low: int = 0, high: int = 10**9) -> Kind:
    """Read a number without decimals."""

    def read(_: Books, value: Any, where: str) -> int:
        if isinstance(value, str) and re.fullmatch("[0-9]{1,10}", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise wrong(where, value, f"un entero entre {low} y {high}")
        return value

    return read


def day(_: Books, value: Any, where: str) -> str:
    """Read a date, as `2026-11-20`."""
    try:
        if isinstance(value, str) and DAY.fullmatch(value):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise wrong(where, value, "una fecha con el formato yyyy-MM-dd")


def flag(_: Books, value: Any, where: str) -> bool:
    """Read a truth value, or the vendor's "yes" and "no"."""
    if isinstance(value, bool):
        return value
    if value in ("yes", "no"):
        return bool(value == "yes")
    raise wrong(where, value, "verdadero o falso")


def yes_no(books: Books, value: Any, where: str) -> str:
    """Read the vendor's "yes" or "no", also where a truth value came."""
    return "yes" if flag(books, value, where) else "no"


def email(_: Books, value: Any, where: str) -> str:
    if isinstance(value, str) and (value == "" or (EMAIL.fullmatch(value) and value.isprintable())):
        return value
    raise wrong(where, value, "un correo electrónico")


def one_of(*words: str) -> Kind:
    def read(_: Books, value: Any, where: str) -> str:
        if not isinstance(value, str) or value not in words:
            raise wrong(where, value, "uno de " + ", ".join(words))
        return value

    return read


def typed(country: str, *words: str) -> Kind:
    """Return a kind that takes a country's words alone there, and any text elsewhere."""
    strict, loose = one_of(*words), text(60)
    return lambda books, value, where: (strict if books.country() == country else loose)(books, value, where)


def identity(value: Any, where: str) -> str:
    """Return the id that a scalar or an object names."""
    if isinstance(value, dict):
        value, where = value.get("id"), f"{where}.id"
        if value is None:
            raise missing(where)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**18:
        return str(value)
    if isinstance(value, str) and IDENTITY.fullmatch(value):
        return value
    raise wrong(where, value, "un identificador o un objeto con id")


def reference(table: str, *shown: str) -> Kind:
    """Read a document of a table, as an id or as an object with one; what is kept is its id and some of its fields."""

    def read(books: Books, value: Any, where: str) -> Document:
        key = identity(value, where)
        row = books.state.find(table, key)
        if row is None:
            raise Refused(f"El campo {where} nombra a {key}, que no existe")
        # CHOICE: a document keeps the name that what it refers to had when it was written.
        return {"id": row["id"], **{name: row.get(name) for name in shown}}

    return read


def money_of(books: Books, value: Any, where: str) -> Document:
    """Read a currency, as its code or as `{code, exchangeRate}`."""
    given = {"code": value} if isinstance(value, str) else value
    found = record({"code": text(3), "exchangeRate": number()}, "code")(books, given, where)
    row = books.state.find("currencies", found["code"])
    if row is None:
        raise Refused(f"El campo {where}.code nombra la moneda {found['code']!a}, que no existe")
    return {"code": row["code"], "symbol": row["symbol"], "exchangeRate": found.get("exchangeRate", row["exchangeRate"])}


def record(fields: Fields, *required: str) -> Kind:
    """Read an object; what it holds beside these fields is not kept."""

    def read(books: Books, value: Any, where: str) -> Document:
        if not isinstance(value, dict):
            raise wrong(where, value, "un objeto")
        return filled(books, fields, value, required, {}, where=f"{where}.")

    return read


def entry(table: str, shown: tuple[str, ...], fields: Fields, *required: str) -> Kind:
    """Read an object that names a document of a table by its id, and says more about it."""
    read_record = record({"id": reference(table, *shown), **fields}, "id", *required)

    def read(books: Books, value: Any, where: str) -> Document:
        given = read_record(books, value, where)
        return {**given.pop("id"), **given}

    return read


def many(kind: Kind, least: int = 0, most: int = 200) -> Kind:
    """Read a list."""

    def read(books: Books, value: Any, where: str) -> list[Any]:
        if not isinstance(value, list):
            raise wrong(where, value, "una lista")
        if not least <= len(value) <= most:
            raise Refused(f"El campo {where} debe tener entre {least} y {most} elementos")
        return [kind(books, each, f"{where}[{place}]") for place, each in enumerate(value)]

    return read


def one_or_many(kind: Kind) -> Kind:
    """Read a list, or the one thing that would be in it."""
    several = many(kind)
    return lambda books, value, where: several(books, value if isinstance(value, list) else [value], where)


def either(scalar: Kind, objects: Kind) -> Kind:
    """Read an object, or something else."""
    return lambda books, value, where: (objects if isinstance(value, dict) else scalar)(books, value, where)


def free(_: Books, value: Any, where: str) -> Any:
    """Read a scalar, or an object of scalars: for fields whose shape nobody has written down."""
    # CHOICE: such fields take either, and give back what they took.
    if isinstance(value, dict):
        return {
            _plain_scalar(name, where): _plain_scalar(each, f"{where}.{name}") for name, each in value.items() if each is not None
        }
    return _plain_scalar(value, where)


def _plain_scalar(value: Any, where: str) -> Any:
    if isinstance(value, str) and len(value) <= 500 and value.isascii() | value.isprintable():
        return value
    if isinstance(value, bool) or (isinstance(value, int) and abs(value) < 10**15):
        return value
    if isinstance(value, Decimal) and value.is_finite() and abs(value) < 10**15 and isfinite(float(value)):
        return float(value)
    raise wrong(ascii(where).strip("'")[:80], value, "un valor simple o un objeto de valores simples")


def filled(
    books: Books, fields: Fields, body: Document, required: tuple[str, ...], blank: Mapping[str, Any], *, where: str = ""
) -> Document:
    """Return what a body gives, read; null empties a field, and a required one cannot be empty."""
    for name in required:
        if body.get(name) is None or body[name] == "":
            raise missing(where + name)
    # CHOICE: fields that the vendor does not document are ignored, so a misspelt one shows by not coming back.
    given = {name: body[name] for name in fields if name in body}
    return {
        name: deepcopy(blank.get(name)) if value is None else fields[name](books, value, where + name)
        for name, value in given.items()
        if value is not None or name in blank
    }
