"""The five ways in which apps hand out long lists, behind one contract: `limit` and `cursor` in, rows and a cursor out."""

from __future__ import annotations

import re
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple
from urllib.parse import quote, urljoin

from skillkit.connector import Paging
from skillkit.destination import Base, below, path_refusal
from skillkit.document import Json, at, dump, parse
from skillkit.errors import InvalidInput, Problem, Upstream
from skillkit.request import Request, Response, parts
from skillkit.secret import MARK

LONGEST_CURSOR: Final = 16_384
LONGEST_LINK: Final = 16_384
# No list has more rows.
LARGEST: Final = 10**15


class Place(NamedTuple):
    """
    A place in a list: which page (a number, a token or a path), how long pages are, how many rows came before it.

    `at` is None before the first page of the styles whose first page has no name. `skip` rows of the page are done.
    """

    at: int | str | None
    size: int = 0
    seen: int = 0
    skip: int = 0


class Page(NamedTuple):
    """An answered page, as the stop rules look at it."""

    place: Place
    request: Request
    response: Response
    document: Json
    rows: int


def start(paging: Paging, limit: int | None, cursor: str) -> Place:
    """Return where to begin: where `cursor` says, else at the first page, as long as `limit` and the app allow."""
    if cursor:
        place = opened(cursor)
        if (paging.max and place.size > paging.max) or (_by_url(paging, place) and path_refusal(str(place.at))):
            raise _no_cursor(cursor)
        return place
    size = min(limit, paging.max) if limit and paging.max else limit or 0
    first = paging.first if paging.style in {"page", "offset"} else None
    return Place(first, size if paging.size else 0)


def query(paging: Paging, place: Place) -> tuple[str, ...]:
    """Return what a place adds to the query; nothing where the page is a URL of the app's own."""
    if _by_url(paging, place):
        return ()
    asked = [] if place.at is None else parts(paging.by, place.at)
    return (*asked, *(parts(paging.size, place.size) if place.size else ()))


def target(request: Request, paging: Paging, place: Place) -> Request:
    """Return the request for a place whose page is a URL of the app's own; any other is asked for by its query."""
    if not _by_url(paging, place):
        return request
    path, _, tail = str(place.at).partition("?")
    return replace(request, path=path, query=tuple(tail.split("&")) if tail else ())


def _by_url(paging: Paging, place: Place) -> bool:
    return paging.style in {"link", "url"} and place.at is not None


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
        found = parse(b64decode(cursor[:LONGEST_CURSOR] + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except ValueError:
        raise _no_cursor(cursor) from None
    match found:
        case [str() | None as place, int(size), int(seen), int(skip)] if _counts(size, seen, skip):
            return Place(place, size, seen, skip)
        case [int(place), int(size), int(seen), int(skip)] if _counts(place, size, seen, skip):
            return Place(place, size, seen, skip)
    raise _no_cursor(cursor)


def _counts(*values: int) -> bool:
    return all(not isinstance(value, bool) and 0 <= value <= LARGEST for value in values)


def _no_cursor(cursor: str) -> InvalidInput:
    problem = Problem("this is no cursor that an earlier answer gave", "/cursor", "cursor")
    return InvalidInput(f"{cursor[:60]!r} is not a cursor", (problem,), hint="pass next_cursor on as it came")


def _count(value: Json) -> int | None:
    """Return a number of rows or pages, also one in a text; None for all that is no such number."""
    # A long row of digits is no count, and int() would take its time over it.
    if isinstance(value, str) and re.fullmatch(r"\d{1,15}", value):
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _offset(paging: Paging, page: Page, _base: Base) -> int | None:
    reached = int(page.place.at or 0) + page.rows
    whole = total(paging, page.document)
    if whole is not None:
        return reached if reached - paging.first < whole else None
    return reached if _full(paging, page) else None


def _page(paging: Paging, page: Page, _base: Base) -> int | None:
    following = int(page.place.at or 0) + 1
    pages = _count(at(page.document, paging.pages)) if paging.pages else None
    whole = total(paging, page.document)
    if pages is None and whole is None:
        return following if _full(paging, page) else None
    # Where the app says both, the one that is reached first counts.
    reached = pages is not None and following - paging.first >= pages
    reached = reached or (whole is not None and page.place.seen + page.rows >= whole)
    return None if reached else following


def _full(paging: Paging, page: Page) -> bool:
    """
    Return whether a page is as long as it was asked to be: with no other signal, a short one is the last.

    How long pages are that nobody asked to be of some length is not known, so there only an empty one is short.
    """
    return page.rows >= page.place.size or bool(paging.more and at(page.document, paging.more) is True)


def _cursor(paging: Paging, page: Page, _base: Base) -> str | None:
    token = at(page.document, paging.next)
    # A place is a name or a number; all else says that there is none.
    if isinstance(token, bool) or not isinstance(token, str | int) or str(token) in {"", str(page.place.at)}:
        return None
    return str(token)


_NAME: Final = r'[^\s=;,"<>]++'
_VALUE: Final = r'"(?:[^"\\]|\\.)*+"|[^\s";,]*+'
_LINK: Final = re.compile(rf"<([^<>]*+)>((?:\s*+;\s*+{_NAME}\s*+(?:=\s*+(?:{_VALUE}))?)*+)")
_PARAMETER: Final = re.compile(rf";\s*+({_NAME})\s*+(?:=\s*+({_VALUE}))?")


def _link(paging: Paging, page: Page, base: Base) -> str | None:
    for url, written in _LINK.findall(page.response.headers.get("link", "")[:LONGEST_LINK]):
        # Of several, the first counts: so it is in RFC 8288.
        told = {name.lower(): value for name, value in reversed(_PARAMETER.findall(written))}
        if paging.by.lower() in told.get("rel", "").strip('"').lower().split():
            return _following(url, page, base)
    return None


def _url(paging: Paging, page: Page, base: Base) -> str | None:
    url = at(page.document, paging.by)
    return _following(url, page, base) if isinstance(url, str) and url else None


def _following(url: str, page: Page, base: Base) -> str | None:
    path = _path(url, page, base)
    if path_refusal(path):
        raise Upstream(f"the next page is said to be at {_shown(url)}, which is not below {base.url}")
    return None if path == page.request.url else path


def _path(url: str, page: Page, base: Base) -> str:
    """Return where a link leads, below the base, or nothing when it leads elsewhere."""
    try:
        path, _, tail = below(urljoin(base.url + page.request.url, url), base).partition("?")
        # An app that writes the credential into its next links gets it signed anew, not handed back.
        kept = "&".join(part for part in tail.split("&") if part and part.partition("=")[2] not in _MARKS)
        # Many write brackets and blanks as they are.
        return quote(path + (f"?{kept}" if kept else ""), safe=_AS_IT_IS)
    except ValueError:
        return ""


_AS_IT_IS: Final = "!$&'()*+,;=:@/?%-._~"
_MARKS: Final = {MARK, quote(MARK, safe="")}


def _shown(url: str) -> str:
    """Return of an address only where it is, for the rest may be a signed link."""
    found = re.match(r"[A-Za-z]{1,10}://[\w.:-]{1,100}", url)
    return found[0] if found else "a path"


STYLES: Final[Mapping[str, Callable[[Paging, Page, Base], int | str | None]]] = {
    "offset": _offset,
    "page": _page,
    "cursor": _cursor,
    "link": _link,
    "url": _url,
}
