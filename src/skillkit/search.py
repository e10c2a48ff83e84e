"""From a sentence to the words an index is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from unicodedata import normalize

# Words that say that something is wanted, not what.
_STOP: Final = """
    a an the of for to in on at by with from and or my our your their his her its me us i we you please can could would
    want wants need needs how do does is are be all any some this that these those which what who
    der die das den dem des ein eine einen einem einer und oder mit von zu im in am an für auf mein meine meinen unser
    unsere bitte ich wir wie alle
    el la los las lo un una unos unas de del al y o con para por en mi mis su sus me nos quiero por favor todos todas
"""
STOP: Final = frozenset(_STOP.split())
LONGEST: Final = 200

_WORD: Final = re.compile(r"[^\W_]+")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_HAN: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")


def words(text: str) -> Iterator[str]:
    """
    Yield the words of a text as the index has them: identifiers taken apart, Chinese in pairs of characters.

    >>> list(words("listOverdue-invoices 未付发票"))
    ['list', 'overdue', 'invoices', '未付', '付发', '发票']
    """
    # An accent may be a character of its own, which is no letter.
    for word in _WORD.findall(_CAMEL.sub(" ", normalize("NFKC", text))):
        place = 0
        for run in _HAN.finditer(word):
            yield from filter(None, (word[place : run.start()].lower(),))
            yield from (run[0][start : start + 2] for start in range(max(1, len(run[0]) - 1)))
            place = run.end()
        yield from filter(None, (word[place:].lower(),))


def query(intent: str) -> str:
    """
    Return an intent as a question to the index: any of its words, the rare ones weigh most; empty when it has none.

    >>> query("show me the overdue invoices")
    '"show" OR "overdue" OR "invoices"'
    """
    found = list(dict.fromkeys(words(intent[:LONGEST])))
    telling = [word for word in found if word not in STOP] or found
    return " OR ".join(f'"{word}"' for word in telling)
