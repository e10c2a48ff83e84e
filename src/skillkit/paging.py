"""The five ways in which apps hand out long lists, behind one contract: `limit` and `cursor` in, rows and a cursor out."""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote, urljoin

from skillkit.connector import Paging
from skillkit.destination import Base, below
from skillkit.document import Json, at, dump, parse
from skillkit.errors import InvalidInput, Problem, Upstream
from skillkit.request import Request, Response, parts
from skillkit.secret import MARK


@dataclass(frozen=True, slots=True)
class Place:
    """
    A place in a list: which page (a number, a token or a path), how long pages are, how many rows came before it.

    `at` is None before the first page of the styles whose first page has no name. `skip` rows of the page are done.
    """

    at: int | str | None
    size: int = 0
    seen: int = 0
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """An answered page, as the stop rules look at it."""

    place: Place
    request: Request
    response: Response
    document: Json
    rows: int


def start(paging: Paging, limit: int | None, cursor: str) -> Place:
    """Return where to begin: where `cursor` says, else at the first page, as long as `limit` and the app allow."""
    if cursor:
        return opened(cursor)
    size = min(limit, paging.max) if limit and paging.max else limit or 0
    first = paging.first if paging.style in {"page", "offset"} else None
    return Place(first, size if paging.size else 0)


def query(paging: Paging, place: Place) -> tuple[str, ...]:
    """Return what a place adds to the query; nothing where the page is a URL of the app's own."""
    if paging.style in {"link", "url"} and place.at is not None:
        return ()
    asked = [] if place.at is None else parts(paging.by, place.at)
    return (*asked, *(parts(paging.size, place.size) if place.size else ()))


def target(request: Request, paging: Paging, place: Place) -> Request:
    """Return the request for a place whose page is a URL of the app's own; any other is asked for by its query."""
    if paging.style not in {"link", "url"} or not isinstance(place.at, str):
        return request
    path, _, tail = place.at.partition("?")
    # An app that writes the credential into its next links gets it signed anew, not handed back.
    kept = tuple(part for part in tail.split("&") if part and part.partition("=")[2] not in _MARKS)
    return replace(request, path=path, query=kept)


_MARKS: Final = {MARK, quote(MARK, safe="")}


def after(paging: Paging, page: Page, base: Base) -> Place | None:
    """Return the place after a page; None when it was the last."""
    if page.rows == 0 or (paging.more and at(page.document, paging.more) is False):
        return None
    following = STYLES[paging.style](paging, page, base)
    return None if following is None else Place(following, page.place.size, page.place.seen + page.rows)


def seal(place: Place) -> str:
    """Return a place as the opaque cursor that callers see."""
    return urlsafe_b64encode(dump([place.at, place.size, place.seen, place.skip]).encode()).decode().rstrip("=")


def total(paging: Paging, document: Json) -> int | None:
    """Return how many rows the whole list has, where the app says; a number in a string is one."""
    return _count(at(document, paging.total)) if paging.total else None


def opened(cursor: str) -> Place:
    """Return the place that a cursor of ours seals."""
    try:
        return _place(parse(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))))
    except (ValueError, binascii.Error):
        problem = Problem("this is no cursor that an earlier answer gave", "/cursor", "cursor")
        raise InvalidInput(f"{cursor[:60]!r} is not a cursor", (problem,), hint="pass next_cursor on as it came") from None


def _place(document: Json) -> Place:
    match document:
        case [int() | str() | None as place, int(size), int(seen), int(skip)] if min(size, seen, skip) >= 0:
            return Place(place, size, seen, skip)
    raise ValueError


def _count(value: Json) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    # A long row of digits is no count, and int() would take its time over it.
    return int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,15}", value) else None


def _offset(paging: Paging, page: Page, _base: Base) -> int | None:
    reached = int(page.place.at or 0) + page.rows
    whole = total(paging, page.document)
    if whole is not None:
        return reached if reached - paging.first < whole else None
    return reached if _full(paging, page) else None


def _page(paging: Paging, page: Page, _base: Base) -> int | None:
    number = int(page.place.at or 0)
    pages = _count(at(page.document, paging.pages)) if paging.pages else None
    if pages is not None:
        return number + 1 if number - paging.first + 1 < pages else None
    whole = total(paging, page.document)
    if whole is not None:
        return number + 1 if page.place.seen + page.rows < whole else None
    return number + 1 if _full(paging, page) else None


def _full(paging: Paging, page: Page) -> bool:
    """
    Return whether a page is as long as pages get: with no other signal, a short one is the last.

    Where the app's own length is not known, only an empty page is short.
    """
    size = page.place.size or paging.max if paging.size else 0
    return page.rows >= size if size else True


def _cursor(paging: Paging, page: Page, _base: Base) -> int | str | None:
    token = at(page.document, paging.next)
    if token is None or token == "" or isinstance(token, bool | dict | list | float):
        return None
    return None if str(token) == str(page.place.at) else token


_LINK: Final = re.compile(r'<([^<>]*)>((?:\s*;\s*[\w*]+\s*=\s*(?:"[^"]*"|[^\s",;]+))*)')
_RELATION: Final = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))', re.IGNORECASE)


def _link(paging: Paging, page: Page, base: Base) -> str | None:
    for url, attributes in _LINK.findall(page.response.headers.get("link", "")[:16384]):
        relation = _RELATION.search(attributes)
        if relation and paging.by in (relation[1] or relation[2]).split():
            return _following(url, page, base)
    return None


def _url(paging: Paging, page: Page, base: Base) -> str | None:
    url = at(page.document, paging.by)
    return _following(url, page, base) if isinstance(url, str) and url else None


def _following(url: str, page: Page, base: Base) -> str | None:
    path = below(urljoin(base.url + page.request.url, url), base)
    if not path:
        raise Upstream(f"the next page is said to be at {url[:200]!r}, which is not below {base.url}")
    return None if path == page.request.url else path


STYLES: Final[Mapping[str, Callable[[Paging, Page, Base], int | str | None]]] = {
    "offset": _offset,
    "page": _page,
    "cursor": _cursor,
    "link": _link,
    "url": _url,
}

