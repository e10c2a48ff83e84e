"""How a body goes out, read back by a parser of another kind."""

from __future__ import annotations

import json
from base64 import b64decode
from email import message_from_bytes
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillkit.document import MISSING
from skillkit.errors import InvalidInput
from skillkit.payload import LARGEST, Payload, encode, named, shown
from skillkit.request import Request, Upload

CONTENT = b"%PDF\x00\xff\r\n--x"


def sent(body, encoding="json", **headers):
    request = Request(
        "POST", "/x", headers={name.replace("_", "-"): value for name, value in headers.items()}, body=body, encoding=encoding
    )
    return encode(request, lambda upload: CONTENT, "skillkit-4711")


def whole(payload):
    return b"".join(CONTENT if isinstance(piece, Upload) else piece for piece in payload.pieces)


def parts_of(payload):
    """Return the parts as a mail program sees them: name, file name, type, content."""
    message: Any = message_from_bytes(b"Content-Type: " + payload.type.encode() + b"\r\n\r\n" + whole(payload), policy=HTTP)
    assert message.is_multipart()
    assert not message.defects
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_content_type() if part["content-type"] else None,
            part.get_payload(decode=True),
        )
        for part in message.get_payload()
    ]


def test_without_a_body_nothing_goes_out():
    assert sent(MISSING) == Payload()


@pytest.mark.parametrize("body", [None, {}, [], 0, "", {"a": [1, "ü", None, {"b": 0.5}]}, "\ud800", {"\ud800": 1}])
def test_json_goes_out_as_json_in_utf_8(body):
    payload = sent(body)

    assert payload.type == "application/json"
    assert json.loads(whole(payload).decode("utf-8")) == body


def test_a_file_is_embedded_in_json_where_the_schema_says_base64():
    body = json.loads(whole(sent({"docs": [{"content": Upload("a.pdf", base64=True)}]})))

    assert b64decode(body["docs"][0]["content"]) == CONTENT


def test_a_file_that_is_not_embedded_has_no_place_in_json():
    with pytest.raises(InvalidInput, match="JSON has no place for one"):
        sent({"file": Upload("a.pdf")})


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=5), st.text(max_size=8) | st.lists(st.text(max_size=5), min_size=1, max_size=3), max_size=4
    )
)
@settings(max_examples=100, deadline=None)
def test_a_form_is_read_back_as_it_was(body):
    payload = sent(body, "form")

    assert payload.type == "application/x-www-form-urlencoded"
    expected = [(name, each) for name, value in body.items() for each in (value if isinstance(value, list) else [value])]
    assert parse_qsl(whole(payload).decode("ascii"), keep_blank_values=True) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"a": "x y+z&%20", "b": 7}, b"a=x+y%2Bz%26%2520&b=7"),
        ({"gone": None, "yes": True, "o": {"p": 1}}, b"yes=true&o=%7B%22p%22%3A1%7D"),
        ({}, b""),
    ],
)
def test_a_form_leaves_out_what_is_null(body, expected):
    assert whole(sent(body, "form")) == expected


@pytest.mark.parametrize("encoding", ["form", "multipart"])
@pytest.mark.parametrize("body", [["a"], "a=b", None, 7])
def test_what_has_no_names_is_no_form(encoding, body):
    with pytest.raises(InvalidInput, match="named fields"):
        sent(body, encoding)


NAMES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters='"\\%'), min_size=1, max_size=8)


@given(
    st.dictionaries(
        NAMES.map(str.strip).filter(bool),
        st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=100, deadline=None)
def test_parts_are_read_back_as_they_were(body):
    payload = sent(body, "multipart")

    assert payload.type == "multipart/form-data; boundary=skillkit-4711"
    assert parts_of(payload) == [(name, None, None, value.encode()) for name, value in body.items()]


def test_a_file_is_a_part_with_its_name_and_type_and_its_bytes_come_last():
    payload = sent(
        {"note": "é", "n": 7, "tags": ["a", "b"], "gone": None, "file": Upload("dir/a b.pdf", "application/pdf")}, "multipart"
    )

    assert [piece.path for piece in payload.pieces if isinstance(piece, Upload)] == ["dir/a b.pdf"]
    assert parts_of(payload) == [
        ("note", None, None, "é".encode()),
        ("n", None, None, b"7"),
        ("tags", None, None, b"a"),
        ("tags", None, None, b"b"),
        ("file", "a b.pdf", "application/pdf", CONTENT),
    ]


def test_several_files_are_several_parts_of_one_name():
    found = parts_of(sent({"files": [Upload("a.bin"), Upload("b.bin", "text/csv")]}, "multipart"))

    assert [(name, file, kind) for name, file, kind, _ in found] == [
        ("files", "a.bin", "application/octet-stream"),
        ("files", "b.bin", "text/csv"),
    ]


@pytest.mark.parametrize(
    ("body", "name", "file"),
    [
        ({'a"; filename="x\r\nX-Evil: 1': "v"}, "a%22; filename=%22x%0D%0AX-Evil: 1", None),
        ({"a": Upload('x"; name="b\r\nX-Evil: 1.pdf')}, "a", "x%22; name=%22b%0D%0AX-Evil: 1.pdf"),
        ({"a": Upload("x.pdf", "text/plain\r\nX-Evil: 1")}, "a", "x.pdf"),
    ],
)
def test_no_name_reaches_beyond_its_place(body, name, file):
    payload = sent(body, "multipart")

    assert [found[:2] for found in parts_of(payload)] == [(name, file)]
    assert b"\r\nX-Evil" not in whole(payload)


@pytest.mark.parametrize(
    ("body", "kind", "content"),
    [
        ("hello ü", "text/plain; charset=utf-8", "hello ü".encode()),
        (b"\x00\xff", "text/plain; charset=utf-8", b"\x00\xff"),
        (7, "text/plain; charset=utf-8", b"7"),
        ({"a": 1}, "text/plain; charset=utf-8", b'{"a":1}'),
        (Upload("a.pdf", "application/pdf"), "application/pdf", CONTENT),
        (Upload("a.bin"), "application/octet-stream", CONTENT),
    ],
)
def test_what_is_raw_goes_out_as_it_is(body, kind, content):
    payload = sent(body, "raw")

    assert (payload.type, whole(payload)) == (kind, content)


def test_the_caller_may_say_which_type_it_is_but_not_how_parts_are_divided():
    assert sent({"a": 1}, content_type="application/vnd.api+json").type == "application/vnd.api+json"
    assert sent("<a/>", "raw", Content_Type="text/xml").type == "text/xml"
    assert sent({"a": "b"}, "multipart", content_type="multipart/form-data; boundary=x").type.endswith("boundary=skillkit-4711")


@pytest.mark.parametrize(
    ("body", "encoding"),
    [({"a": "\ud800"}, "multipart"), ({"a": Upload("\udcff.pdf")}, "multipart"), ("\ud800", "raw"), ({"a": "\ud800"}, "form")],
)
def test_half_a_character_is_no_text(body, encoding):
    with pytest.raises(InvalidInput, match="half a character"):
        sent(body, encoding)


def test_a_body_has_a_largest():
    assert len(whole(sent("x" * LARGEST, "raw"))) == LARGEST
    with pytest.raises(InvalidInput, match="larger than 25,000,000 bytes"):
        sent("x" * (LARGEST + 1), "raw")


# As a person may see it.


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (MISSING, None),
        (None, None),
        ("text", "text"),
        (b"text\xff", "text\N{REPLACEMENT CHARACTER}"),
        (Upload("a.pdf"), {"file": "a.pdf", "type": "application/pdf", "size": 9}),
        ({"a": [Upload("a.pdf"), 1]}, {"a": [{"file": "a.pdf", "type": "application/pdf", "size": 9}, 1]}),
    ],
)
def test_a_file_is_shown_by_its_path_type_and_size(body, expected):
    assert shown(body, lambda upload: ("application/pdf", 9)) == expected


def test_a_file_of_no_declared_type_goes_out_as_what_it_is():
    body = {"file": Upload("/a.pdf"), "also": [Upload("/b", type="text/csv")], "note": "x"}

    assert named(body, lambda upload: ("application/pdf", 9)) == {
        "file": Upload("/a.pdf", type="application/pdf"),
        "also": [Upload("/b", type="text/csv")],
        "note": "x",
    }
