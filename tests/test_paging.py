"""Five ways in which apps hand out long lists, and when each of them ends."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillkit.connector import Paging
from skillkit.destination import Base
from skillkit.errors import InvalidInput, Upstream
from skillkit.paging import LARGEST, STYLES, Page, Place, after, opened, query, seal, start, target, total
from skillkit.request import Request, Response
from skillkit.secret import MARK
from tests.values import replace

BASE = Base("https://api.test", "api.test", "/v1", named=False)
STYLE = {
    "offset": Paging("offset", "start", "limit", 30),
    "page": Paging("page", "page", "size", 100, first=1),
    "cursor": Paging("cursor", "after", "limit", 50, next="next"),
    "link": Paging("link", "next", "per_page", 100),
    "url": Paging("url", "links.next"),
}


def paged(style, **keys):
    return replace(STYLE[style], **keys)


def page(place, document=None, rows=1, url="/x?q=1", link=""):
    path, _, tail = url.partition("?")
    request = Request("GET", path, tuple(tail.split("&")) if tail else ())
    return Page(place, request, Response(200, {"link": link} if link else {}), document or {}, rows)


def following(paging, place, document=None, **keys):
    """Return where the page after `place` is."""
    found = after(paging, page(place, document, **keys), BASE)
    return None if found is None else found.at


# Beginning, and what is asked for.


@pytest.mark.parametrize(
    ("paging", "limit", "asked"),
    [
        (paged("offset"), None, ("start=0",)),
        (paged("offset"), 10, ("start=0", "limit=10")),
        (paged("offset"), 30, ("start=0", "limit=30")),
        (paged("offset"), 31, ("start=0", "limit=30")),
        (paged("offset", first=1), 5, ("start=1", "limit=5")),
        (paged("offset", max=0), 500, ("start=0", "limit=500")),
        (paged("offset", size=""), 10, ("start=0",)),
        (paged("page"), None, ("page=1",)),
        (paged("page", first=0), 10, ("page=0", "size=10")),
        (paged("cursor"), None, ()),
        (paged("cursor"), 80, ("limit=50",)),
        (paged("link"), 20, ("per_page=20",)),
        (paged("url"), 20, ()),
    ],
)
def test_the_first_request_says_where_it_begins_and_how_much_it_wants(paging, limit, asked):
    assert query(paging, start(paging, limit, "")) == asked


def test_a_later_page_is_asked_for_by_its_place():
    assert query(STYLE["cursor"], Place("a b/c", 5)) == ("after=a%20b%2Fc", "limit=5")
    assert query(STYLE["page"], Place(3)) == ("page=3",)


def test_a_page_with_an_address_of_its_own_is_asked_for_by_that_alone():
    request = Request("GET", "/x", ("q=1",), {"Accept": "a/b"})

    assert query(STYLE["link"], Place("/x?page=2", 5)) == ()
    assert target(request, STYLE["link"], Place("/y?page=2&z=", 5)) == replace(request, path="/y", query=("page=2", "z="))
    assert target(request, STYLE["url"], Place("/y")) == replace(request, path="/y", query=())
    assert target(request, STYLE["url"], Place(None)) is request
    assert target(request, STYLE["cursor"], Place("/y")) is request


# Ending.


@pytest.mark.parametrize("style", STYLE)
def test_a_page_without_rows_is_the_last_whatever_it_says(style):
    more = {"total": 99, "pages": 99, "more": True, "next": "b", "links": {"next": "/v1/x?page=2"}}
    paging = paged(style, total="total", pages="pages", more="more")

    assert following(paging, Place(1), more, rows=0, link="</v1/x?page=2>; rel=next") is None
    assert following(paging, Place(1), more, rows=1, link="</v1/x?page=2>; rel=next") is not None


@pytest.mark.parametrize("style", STYLE)
def test_a_page_that_says_there_is_no_more_is_the_last(style):
    said = {"more": False, "next": "b", "links": {"next": "/v1/x?page=2"}, "total": 99}

    assert following(paged(style, more="more", total="total"), Place(1), said, link="</v1/x?page=2>; rel=next") is None


@pytest.mark.parametrize("said", [None, "false", 0, "", []])
def test_only_a_plain_false_says_that_there_is_no_more(said):
    assert following(paged("cursor", more="more"), Place(None), {"more": said, "next": "b"}) == "b"


@pytest.mark.parametrize(
    ("said", "rows", "expected"),
    [
        (25, 10, 20),
        (20, 10, None),
        (15, 10, None),
        ("25", 10, 20),
        ("20", 10, None),
        (25, 3, 13),
        (None, 10, 20),
        (None, 9, None),
        ("many", 10, 20),
        (True, 10, 20),
        (-1, 10, 20),
        (25.5, 10, 20),
        ([25], 10, 20),
        ("9" * 5000, 10, 20),
    ],
)
def test_a_total_ends_the_list_and_what_is_no_number_is_unknown(said, rows, expected):
    assert following(paged("offset", total="total"), Place(10, 10, 10), {"total": said}, rows=rows) == expected


@pytest.mark.parametrize(("first", "at", "expected"), [(0, 0, 5), (0, 15, None), (1, 1, 6), (1, 16, None)])
def test_an_offset_counts_from_where_the_first_is(first, at, expected):
    assert following(paged("offset", first=first, total="total"), Place(at, 5), {"total": 20}, rows=5) == expected


@pytest.mark.parametrize(
    ("first", "at", "said", "expected"),
    [
        (1, 1, {"pages": 2}, 2),
        (1, 2, {"pages": 2}, None),
        (0, 0, {"pages": 2}, 1),
        (0, 1, {"pages": 2}, None),
        (1, 1, {"pages": "2"}, 2),
        (1, 1, {"pages": None, "total": 11}, 2),
        (1, 1, {"pages": None, "total": 10}, None),
        (1, 1, {"pages": 9, "total": 10}, None),
        (1, 1, {"pages": 1, "total": 99}, None),
        (1, 1, {"pages": "?", "total": "?"}, 2),
    ],
)
def test_pages_are_counted_from_where_the_first_is(first, at, said, expected):
    paging = paged("page", first=first, pages="pages", total="total")

    assert following(paging, Place(at, 10), said, rows=10) == expected


def test_rows_that_came_before_count_towards_the_total():
    assert following(paged("page", total="total"), Place(3, 10, seen=20), {"total": 30}, rows=10) is None
    assert following(paged("page", total="total"), Place(3, 10, seen=20), {"total": 31}, rows=10) == 4


@pytest.mark.parametrize("style", ["offset", "page"])
@pytest.mark.parametrize(
    ("size", "rows", "said", "ends"),
    [
        (10, 10, {}, False),
        (10, 12, {}, False),
        (10, 9, {}, True),
        (10, 9, {"more": True}, False),
        (10, 9, {"more": None}, True),
        (0, 1, {}, False),
    ],
)
def test_with_no_other_signal_a_short_page_is_the_last(style, size, rows, said, ends):
    assert (following(paged(style, more="more"), Place(1, size), said, rows=rows) is None) is ends


@pytest.mark.parametrize("said", [None, "", "a", False, True, 1.5, {}, ["b"]])
def test_a_next_place_that_is_missing_repeated_or_none_ends_the_list(said):
    assert following(STYLE["cursor"], Place("a"), {"next": said}) is None


@pytest.mark.parametrize(("said", "expected"), [("b", "b"), (7, "7"), (10**30, str(10**30))])
def test_a_next_place_is_a_name_or_a_number(said, expected):
    assert following(STYLE["cursor"], Place("a"), {"next": said}) == expected


def test_a_number_that_is_repeated_as_a_text_ends_the_list():
    assert following(STYLE["cursor"], Place("7"), {"next": 7}) is None
    assert following(STYLE["cursor"], Place(None), {}) is None


# Links.


@pytest.mark.parametrize(
    "header",
    [
        "<https://api.test/v1/x?page=2>; rel=next",
        '<https://api.test/v1/x?page=2>; rel="next"',
        "</v1/x?page=2>;rel=next",
        "<?page=2>; rel=next",
        "<https://API.test:443/v1/x?page=2>; REL = NEXT",
        '</v1/x?page=1>; rel="prev", </v1/x?page=2>; rel="next", </v1/x?page=9>; rel="last"',
        '</v1/x?page=2>; rel="last next"; title="a, b; rel=prev"',
        '</v1/x?page=9>; title="; rel=next", </v1/x?page=2>; rel=next',
        "</v1/x?page=2>; crossorigin; rel=next; rel=prev",
        '</v1/x?page=2>; title="a \\" b"; rel=next',
        "</v1/x?page=2>; title*=UTF-8''x; results=true; rel=next",
        "garbage, </v1/x?page=2>; rel=next",
        "<broken <</v1/x?page=2>; rel=next",
    ],
)
def test_a_link_header_is_read_in_all_its_spellings(header):
    assert following(STYLE["link"], Place(None), link=header) == "/x?page=2"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "</v1/x?page=2>",
        "</v1/x?page=2>; rel=prev",
        "</v1/x?page=2>; rel=nextish",
        '</v1/x>; title="rel=next"',
        "</v1/x?q=1>; rel=next",
    ],
)
def test_without_a_link_to_another_page_the_list_ends(header):
    assert following(STYLE["link"], Place(None), link=header) is None


@pytest.mark.parametrize(
    "header", ["<x>;a" + " " * 16_000, "<" * 16_000, "<x>" + ";a=b" * 4000, '<x>;a="' + '\\"' * 8000, "<x>;" * 4000]
)
def test_no_link_header_takes_long_to_read(header):
    began = time.process_time()

    following(STYLE["link"], Place(None), link=header)

    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://api.test/v1/y?page=2", "/y?page=2"),
        ("/v1/x?page=2", "/x?page=2"),
        ("y?page=2", "/y?page=2"),
        ("?page=2", "/x?page=2"),
        ("/v1/x?page[after]=a b|ü", "/x?page%5Bafter%5D=a%20b%7C%C3%BC"),
        ("/v1/x?page%5Bafter%5D=2", "/x?page%5Bafter%5D=2"),
        (f"/v1/x?api_key={MARK}&page=2", "/x?page=2"),
        (f"/v1/x?page=2&token={quote(MARK)}", "/x?page=2"),
        (f"/v1/x?q=1&token={MARK}", None),
        ("", None),
        (None, None),
        (7, None),
        (["/v1/y"], None),
    ],
)
def test_an_address_in_the_answer_leads_to_the_next_page(address, expected):
    assert following(STYLE["url"], Place(None), {"links": {"next": address}}) == expected


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://evil.test/v1/x?page=2&token=t", "https://evil.test,"),
        ("https://api.test:8443/v1/x", "https://api.test:8443,"),
        ("http://api.test/v1/x", "http://api.test,"),
        ("https://api.test/other/x", "https://api.test,"),
        ("//evil.test/v1/x", "a path,"),
        ("/x", "a path,"),
        ("/v1/../admin", "a path,"),
        ("/v1/%2e%2e/admin", "a path,"),
        ("/v1//x", "a path,"),
        ("/v1/x?%zz", "a path,"),
        ("https://[evil", "a path,"),
        ("/v1/\ud800", "a path,"),
        ("https://user@api.test/v1/x", "https://user,"),
        ("/v1/" + "x" * 9000, "a path,"),
        ("javascript:alert(1)", "a path,"),
    ],
    ids=range(15),
)
def test_no_address_leads_away_from_the_connection(address, told):
    with pytest.raises(Upstream, match="which is not below") as raised:
        following(STYLE["url"], Place(None), {"links": {"next": address}})

    assert f"at {told}" in str(raised.value)


# Cursors.


PLACES = st.builds(
    Place,
    st.none() | st.text(max_size=20) | st.integers(0, LARGEST),
    st.integers(0, 1000),
    st.integers(0, LARGEST),
    st.integers(0, 99),
)


@given(PLACES)
@settings(max_examples=200, deadline=None)
def test_a_cursor_seals_a_place_and_nothing_in_it_needs_quoting(place):
    assert opened(seal(place)) == place
    assert quote(seal(place), safe="") == seal(place)


def sealed(document):
    return urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "!!!",
        "ü",
        "eyJ9",
        "[0,0,0,0]",
        seal(Place(0)) + "!",
        seal(Place(0))[:-2],
        " " + seal(Place(0)),
        sealed(None),
        sealed({}),
        sealed([]),
        sealed([0, 0, 0]),
        sealed([0, 0, 0, 0, 0]),
        sealed([1.5, 0, 0, 0]),
        sealed([True, 0, 0, 0]),
        sealed([0, True, 0, 0]),
        sealed([0, 0, 0, False]),
        sealed([[], 0, 0, 0]),
        sealed([0, "1", 0, 0]),
        sealed(["a", None, 0, 0]),
        sealed([-1, 0, 0, 0]),
        sealed([0, -1, 0, 0]),
        sealed([0, 0, 0, -1]),
        sealed([10**16, 0, 0, 0]),
        sealed([0, 10**30, 0, 0]),
        sealed(["x" * 20_000, 0, 0, 0]),
        "A" * 10_000_000,
        sealed([[[[]]]]),
    ],
    ids=range(28),
)
def test_what_is_no_cursor_of_ours_is_an_input_error(cursor):
    with pytest.raises(InvalidInput, match="is not a cursor") as raised:
        start(STYLE["offset"], None, cursor)

    assert len(str(raised.value)) < 120
    assert raised.value.problems[0].path == "/cursor"


def test_a_cursor_keeps_the_length_of_pages_whatever_the_limit_is():
    assert start(STYLE["offset"], 3, seal(Place(20, 10, 20, 4))) == Place(20, 10, 20, 4)


@pytest.mark.parametrize(
    ("style", "place"),
    [
        ("offset", Place(0, 31)),
        ("link", Place("https://evil.test/x")),
        ("url", Place("/../admin")),
        ("url", Place("")),
        ("link", Place(7)),
    ],
)
def test_a_cursor_cannot_say_what_the_app_could_not(style, place):
    with pytest.raises(InvalidInput, match="is not a cursor"):
        start(STYLE[style], None, seal(place))


@pytest.mark.parametrize(
    ("said", "expected"), [({"meta": {"n": 7}}, 7), ({"meta": {"n": "7"}}, 7), ({}, None), ({"meta": {"n": None}}, None)]
)
def test_the_total_is_told_where_the_app_tells_it(said, expected):
    assert total(paged("offset", total="meta.n"), said) == expected
    assert total(paged("offset"), said) is None


# Walking.


def app(style, count, length, signals, first):
    """Return an app with `count` rows on pages of at most `length`, and the paging that its connector would say."""
    rows = list(range(count))
    named = {signal: signal for signal in signals if signal in {"total", "pages", "more"}}
    sized = {"size": "size", "max": length} if "size" in signals else {"size": "", "max": 0}
    paging = Paging(style, {"link": "next", "url": "links.next"}.get(style, "at"), first=first, next="next", **sized, **named)

    def answer(request):
        asked = dict(parse_qsl("&".join(request.query)))
        size = min(int(asked.get("size", length)), length)
        begin = int(asked.get("at", first)) - first if style in {"offset", "page"} else int(asked.get("at", 0))
        begin *= size if style == "page" else 1
        onward = begin + size
        said = {"rows": rows[begin:onward], "total": count, "pages": -(-count // size), "more": onward < count}
        address = f"{request.path}?size={size}&at={onward}"
        if onward < count and style == "link":
            return said, f'<https://api.test/v1{address}>; rel="next"'
        if onward < count:
            said |= {"next": f"{onward}", "links": {"next": f"https://api.test/v1{address}"}}
        return said, ""

    return paging, answer


def walk(paging, answer, limits):
    """Return every row, in the order in which callers who want `limits` of them get them, each from the last one's cursor."""
    gathered, cursor, calls = [], "", 0
    while True:
        limit = limits[calls % len(limits)]
        calls += 1
        found, cursor = listed(paging, answer, limit, cursor)
        assert limit is None or len(found) <= limit
        gathered += found
        if cursor is None or calls > 400:
            return gathered, cursor


def listed(paging, answer, limit, cursor):
    """Do what running a list does with its pages."""
    place, found = start(paging, limit, cursor), []
    while True:
        request = target(Request("GET", "/x", query(paging, place)), paging, place)
        said, link = answer(request)
        fresh = said["rows"][place.skip :]
        room = None if limit is None else limit - len(found)
        found += fresh[:room]
        onward = after(paging, Page(place, request, Response(200, {"link": link}), said, len(said["rows"])), BASE)
        if room is not None and len(fresh) > room:
            onward = replace(place, skip=place.skip + room)
        if onward is None or limit is None or len(found) >= limit:
            return found, seal(onward) if onward else None
        place = onward


@pytest.mark.parametrize("style", STYLES)
@given(
    count=st.integers(0, 60),
    length=st.integers(1, 12),
    signals=st.sets(st.sampled_from(["total", "pages", "more", "size"])),
    first=st.integers(0, 1),
    limits=st.lists(st.none() | st.integers(1, 25), min_size=1, max_size=4),
)
@settings(max_examples=120, deadline=None)
def test_walking_by_cursors_gives_every_row_once_in_order_and_ends(style, count, length, signals, first, limits):
    paging, answer = app(style, count, length, signals, first)

    assert walk(paging, answer, limits) == (list(range(count)), None)
