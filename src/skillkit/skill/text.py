"""Somebody else's words on one line of a page, where they can neither end it nor begin anything."""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from typing import Any, Final

# As much of one text as a page shows.
LONGEST: Final = 600

# What no page needs and no reader sees: control characters, marks that turn text around, and those of no width.
_UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_SPECIAL: Final = re.compile(r"([\\|\[\]])")
_LOOSE: Final = " .,;:\u3002\u3001\uff0c\uff1a\uff1b"
# Where a sentence may end and still be one, by how much it then says.
_ENDS: Final = (
    re.compile(r"(?<=[^\d\s])[.。](?=\s|$|[^\d\s.])"),
    re.compile(r"[;:](?=\s|$)|[\uff1b\uff1a]"),
    # Behind these a sentence adds to what it said; behind other commas it may only count on.
    re.compile(r",(?= (?:by|for|found|latest|page|so|such|which|with|con|para|por|según|mit|nach|damit)\b)|\uff0c"),
    # And what comes before these is whole without them, where verbs do not stand at the end.
    re.compile(r"(?= (?:with|when|for|by|con|para|cuando) )"),
)


def line(text: object, longest: int = LONGEST) -> str:
    r"""
    Return a text on one line, without what cannot be seen.

    >>> line("two\n\n# lines\u200b")
    'two # lines'
    """
    shown = " ".join(_UNSEEN.sub("", unicodedata.normalize("NFC", str(text))).split())
    return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "…"


def prose(text: object, longest: int = LONGEST) -> str:
    r"""
    Return a text so that Markdown shows it as it is, in a paragraph, a list or a table.

    >>> print(prose("a | b `c` <script> [x](y)"))
    a \| b 'c' &lt;script&gt; \[x\](y)
    """
    shown = _SPECIAL.sub(r"\\\1", line(text, longest).replace("`", "'")).replace("<", "&lt;").replace(">", "&gt;")
    # Only here could it be more than a sentence: emphasis, a heading, an item.
    return re.sub(r"^([#*+=~_-]|\d+[.)])", r"\\\1", shown).replace("**", r"\*\*").replace("__", r"\_\_")


def code(text: object) -> str:
    r"""
    Return a text as code.

    >>> print(code("a`|b"))
    `a'\|b`
    """
    shown = line(text).replace("`", "'").replace("|", "\\|")
    return f"`{shown}`"


def clause(text: str, longest: int) -> str:
    """
    Return as much of the first sentence as fits and still says something; nothing when that is nothing.

    >>> clause("Invoices with dates, totals and balance. Use it often.", 40)
    'Invoices with dates, totals and balance'
    >>> clause("Quotes to clients with dates and totals.", 20), clause("Quotes to clients", 10)
    ('Quotes to clients', '')
    """
    shown = line(text)
    for ends in _ENDS:
        places = [found.start() for found in ends.finditer(shown)]
        first = places[:1] if ends is _ENDS[0] else places
        whole = [] if first else [len(shown)]
        if fitting := [
            place for place in (*first, *whole) if place and _wide(shown[:place]) <= longest and _closed(shown[:place])
        ]:
            return shown[: max(fitting)].rstrip(_LOOSE)
    return ""


def _wide(text: str) -> int:
    # A letter of Chinese says as much as three of others, and costs as much.
    return len(text) + 2 * sum("\u2e80" <= letter <= "\uffef" for letter in text)


def _closed(text: str) -> bool:
    return all(text.count(opening) == text.count(closing) for opening, closing in ("()", "\uff08\uff09", "[]", "«»"))


def command(*words: str) -> str:
    r"""
    Return a command line as somebody types it.

    >>> command("skillkit", "action", "run", "a", "--input", '{"b": 1}')
    'skillkit action run a --input \'{"b": 1}\''
    """
    return " ".join(shlex.quote(word) for word in words)


def document(value: Any) -> str:
    r"""
    Return a document as JSON on one line, and nothing in it but what is seen.

    >>> document({"a\n": "\u200bb  c"})
    '{"a\\n":"\\u200bb  c"}'
    """
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", written)
