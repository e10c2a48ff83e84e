"""Customers from a CSV file: uploaded first, imported by the id of the upload."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from typing import Any, Final

from skillkit.sandbox.faktoora import customers, shape
from skillkit.sandbox.faktoora.call import Call, Document, Refused, invalid, missing, uuid
from skillkit.sandbox.faktoora.listing import public
from skillkit.sandbox.faktoora.shape import accepted, fields

ROWS: Final = 1000

# What a cell is, where it is not text.
WORDS: Final = {"true": True, "1": True, "yes": True, "ja": True, "false": False, "0": False, "no": False, "nein": False}
CELLS: Final[Mapping[str, Callable[[str], Any]]] = {"isCompany": lambda cell: WORDS.get(cell.lower(), cell)}


def upload(call: Call) -> Document:
    file = call.upload()
    # A file that cannot be read is said to be so at once.
    _rows(file.content)
    key = uuid()
    call.account.create("customer files", key, {"id": key, "filename": file.name, "_imported": False})
    call.state.keep(f"customers {key}", file.content)
    return {"id": key}


def import_customers(call: Call) -> list[Document]:
    key = accepted(call.body, {"fileId": shape.text()}, ("fileId",))["fileId"]
    known = call.state.find("customer files", key)
    if known is None:
        raise missing("file")
    if known["_imported"]:
        # CHOICE: a file is imported once
        raise Refused(409, "the file has been imported already")
    given = [_customer(number, row) for number, row in enumerate(_rows(call.state.content(f"customers {key}") or b""), 1)]
    file = {"id": key, "filename": known["filename"]}
    made = [customers.add(call.account, one, _importedFile=file) for one in given]
    call.account.update("customer files", key, {**known, "_imported": True})
    return [public(one) for one in made]


def _rows(content: bytes) -> list[Document]:
    """Return the rows of a file, by the words of its first line."""
    # CHOICE: the columns of CSV
    try:
        text = content.decode("utf-8-sig")
        first = text.partition("\n")[0]
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise invalid((("file", f"is not CSV in UTF-8: {error}"),)) from None
    if not rows:
        raise invalid((("file", "has no row below its first line"),))
    if len(rows) > ROWS:
        raise invalid((("file", f"has more than {ROWS} rows"),))
    return rows


def _customer(number: int, row: Document) -> Document:
    place = f"rows[{number}]"
    if None in row or None in row.values():
        raise invalid(((place, "has another number of cells than the first line"),))
    cells = {name.strip(): cell.strip() for name, cell in row.items() if cell.strip()}
    given = {name: CELLS[name](cell) if name in CELLS else cell for name, cell in cells.items()}
    kept, problems = fields({**given, "extras": {}}, customers.FIELDS, customers.REQUIRED)
    whole = {**dict.fromkeys(customers.FIELDS), **kept}
    if found := problems or customers.misfits(whole):
        raise invalid([(f"{place}.{name}", text) for name, text in found])
    return whole
