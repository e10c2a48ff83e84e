"""Which requests the page takes: from the browser that opened the link, and from a page of ours in it."""

from __future__ import annotations

from hmac import compare_digest
from typing import Final
from urllib.parse import parse_qsl

from skillkit.door import Asked

FORM: Final = "application/x-www-form-urlencoded"
# Some servers let a header change the method; here it shows only that somebody tries.
OVERRIDES: Final = ("x-http-method-override", "x-http-method", "x-method-override")
MOST_FIELDS: Final = 100


def strange(asked: Asked, port: int) -> bool:
    """Return whether a request comes from anywhere but the address bar, a link, or a page of ours."""
    # No form and no link asks for another protocol, and a browser that does says nothing of where it comes from.
    if asked.header("upgrade") or any(asked.header(name) for name in OVERRIDES):
        return True
    # A browser says for what it asks: a page of another site that tries a frame, an image or a script is told apart by it.
    if asked.method == "GET":
        return asked.header("sec-fetch-dest") not in {"", "document"} or asked.header("sec-fetch-mode") not in {"", "navigate"}
    kind, _, rest = asked.header("content-type").partition(";")
    return (
        asked.header("origin") not in {f"http://127.0.0.1:{port}", f"http://localhost:{port}"}
        or asked.header("origin") != f"http://{asked.header('host').lower()}"
        or asked.header("sec-fetch-site") not in {"", "same-origin"}
        or kind.strip().lower() != FORM
        or rest.strip().lower() not in {"", "charset=utf-8"}
    )


def cookie(asked: Asked, name: str) -> str:
    """Return the cookie of this name; one that is there twice is nobody's."""
    pairs = [pair.strip().partition("=") for pair in asked.header("cookie").split(";")]
    found = [value for key, _, value in pairs if key == name]
    return found[0] if len(found) == 1 else ""


def same(one: str, other: str) -> bool:
    """Return whether two words that nobody can guess are the same, in a time that says nothing about them; no word is not one."""
    return bool(one) and compare_digest(one.encode("utf-8", "surrogateescape"), other.encode("utf-8", "surrogateescape"))


def fields(text: bytes | str) -> dict[str, str]:
    """Return the fields of a form or a query; nothing of one that is not well-formed, or that has a field twice."""
    try:
        decoded = text.decode("ascii") if isinstance(text, bytes) else text
        pairs = parse_qsl(decoded, keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        return {}
    found = dict(pairs)
    return found if len(found) == len(pairs) else {}
