"""Secrets that do not print themselves, and the redactor that finds them however they are written."""

from __future__ import annotations

import copy
import json
import pickle
from base64 import b64encode, urlsafe_b64encode
from html import escape
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillkit.secret import MARK, Memory, Redactor, Secret, live, remember

CANARY = 'Kj8/x+Qz=w&7 €"\\9'

VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=5, max_size=24)
ANY = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=5, max_size=12)


def numbered(text):
    units = text.encode("utf-16-be").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


WRITTEN = {
    "as it is": str.encode,
    "backwards": lambda text: text[::-1].encode(),
    "bytes backwards": lambda text: text.encode()[::-1],
    "hex": lambda text: text.encode().hex().encode(),
    "HEX": lambda text: text.encode().hex().upper().encode(),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "url": lambda text: quote(text, safe="").encode(),
    "url path": lambda text: quote(text).encode(),
    "form": lambda text: quote_plus(text).encode(),
    "every byte": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()).encode(),
    "json": lambda text: json.dumps(text)[1:-1].encode(),
    "json, readable": lambda text: json.dumps(text, ensure_ascii=False)[1:-1].encode(),
    "json, slash escaped": lambda text: json.dumps(text)[1:-1].replace("/", "\\/").encode(),
    "json, angles escaped": lambda text: (
        json.dumps(text)[1:-1].replace("<", "\\u003c").replace("&", "\\u0026").encode() if ">" not in text else text.encode()
    ),
    "json, all numbers": lambda text: numbered(text).encode(),
    "json, all NUMBERS": lambda text: numbered(text).upper().replace("\\U", "\\u").encode(),
    "html": lambda text: escape(text).encode(),
    "html, quotes plain": lambda text: escape(text, quote=False).encode(),
    "base64": lambda text: b64encode(text.encode()),
    "base64, url": lambda text: urlsafe_b64encode(text.encode()),
}


@pytest.mark.parametrize("how", WRITTEN)
@given(value=st.one_of(VISIBLE, ANY), before=st.binary(max_size=6), after=st.binary(max_size=6))
@settings(max_examples=25, deadline=None)
def test_a_secret_is_found_however_it_is_written(how, value, before, after):
    written = WRITTEN[how](value)

    clean = Redactor([value]).scrub(before + written + after)

    assert MARK.encode() in clean
    assert written not in clean


@pytest.mark.parametrize("how", WRITTEN)
def test_what_stands_around_a_secret_stays(how):
    assert Redactor([CANARY]).scrub(b"<" + WRITTEN[how](CANARY) + b">") == b"<[redacted]>"


@given(value=VISIBLE, before=st.binary(max_size=7), after=st.binary(max_size=7), url=st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_secret_is_found_in_base64_wherever_it_stands_in_the_encoded_text(value, before, after, url):
    encoded = (urlsafe_b64encode if url else b64encode)(before + value.encode() + after)

    clean = Redactor([value]).scrub(encoded)

    start, end = -(-8 * len(before) // 6), 8 * (len(before) + len(value)) // 6
    assert MARK.encode() in clean
    assert encoded[start:end] not in clean


@pytest.mark.parametrize("how", ["as it is", "url", "json, all numbers", "utf-16-le"])
@pytest.mark.parametrize("size", [1, 2, 7, 64, 1000])
def test_a_secret_that_is_split_between_chunks_is_still_found(how, size):
    written = WRITTEN[how](CANARY)
    whole = b"#" * 300 + written + b"." + written + b"#" * 300
    chunks = [whole[start : start + size] for start in range(0, len(whole), size)]

    assert b"".join(Redactor([CANARY]).stream(chunks)) == b"#" * 300 + b"[redacted].[redacted]" + b"#" * 300


@given(value=VISIBLE, lead=st.integers(0, 40), cut=st.integers(0, 160))
@settings(max_examples=150, deadline=None)
def test_no_place_of_the_cut_lets_a_piece_of_base64_through(value, lead, cut):
    whole = b" " * lead + b64encode(b"user:" + value.encode()) + b" " * 120

    clean = b"".join(Redactor([value]).stream([whole[:cut], whole[cut:]]))

    assert clean == Redactor([value]).scrub(whole)


def test_what_is_longer_than_a_stride_is_redacted_all_the_same():
    whole = b"".join(b"%d s3cret-key " % number for number in range(20_000))

    clean = Redactor(["s3cret-key"]).scrub(whole)

    assert b"s3cret" not in clean
    assert clean.count(MARK.encode()) == 20_000


def test_a_stream_holds_back_no_more_than_a_secret_needs():
    chunks = iter([b"x" * 1000, b"y" * 1000])
    stream = Redactor(["s3cret-key"]).stream(chunks)

    first = next(stream)

    assert 800 < len(first) < 1000
    assert next(chunks) == b"y" * 1000


def test_a_stream_of_nothing_is_nothing():
    assert list(Redactor(["s3cret-key"]).stream([])) == []


def test_secrets_that_overlap_are_one_gap():
    assert Redactor(["abcdef", "defghi"]).text("<abcdefghi>") == "<[redacted]>"
    assert Redactor(["s3cret", "s3cret-key"]).text("s3cret-key s3cret") == "[redacted] [redacted]"


@pytest.mark.parametrize("short", ["", "a", "no", "key"])
def test_what_is_too_short_to_be_a_secret_blacks_nothing_out(short):
    assert Redactor([short]).text("a key is no secret") == "a key is no secret"


def test_what_could_stand_in_any_large_file_by_chance_is_left_in_it():
    assert Redactor(["abcd"]).scrub(b64encode(b"1abcd1")) == b64encode(b"1abcd1")
    assert Redactor(["abcd"]).scrub(b64encode(b"abcd")) == MARK.encode()


def test_a_word_of_the_mark_is_not_marked_again_and_again():
    redactor = Redactor(["redacted", "s3cret-key"])

    assert redactor.text(redactor.text("s3cret-key")) == MARK


def test_a_text_stays_a_text_when_a_secret_begins_inside_a_character():
    content = "ç\0" + "§\0§\0§\0".encode("utf-16-le").decode("latin-1")[1:]

    assert Redactor(["§§§§§"]).text(content.replace("\0\0", "\0")) == content.replace("\0\0", "\0")
    assert MARK in Redactor(["\u41a9aaaa"]).text("éA" + "a\0" * 4)


def test_a_half_character_of_the_app_passes():
    assert Redactor(["s3cret-key"]).text("\ud800 s3cret-key") == "\ud800 [redacted]"


def test_documents_are_redacted_in_keys_and_values():
    document = {"s3cret-key": ["s3cret-key", {"n": 7, "ok": True}], "t": ("s3cret-key", None)}

    assert Redactor(["s3cret-key"]).document(document) == {MARK: [MARK, {"n": 7, "ok": True}], "t": [MARK, None]}


# The string that will not print itself.


@pytest.mark.parametrize(
    "written",
    [repr, str, "{}".format, lambda value: f"{value}", "%s".__mod__, lambda value: str([value, {"a": value}])],
    ids=["repr", "str", "format", "f-string", "percent", "inside a list"],
)
def test_a_secret_does_not_print_itself(written):
    assert CANARY not in written(Secret(CANARY))
    assert MARK in written(Secret(CANARY))


@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars])
def test_a_secret_is_not_copied_out(copied):
    with pytest.raises(TypeError):
        copied(Secret(CANARY))


def test_only_reveal_gives_the_value():
    assert Secret(CANARY).reveal() == CANARY


# What every sink knows.


def test_what_was_met_is_taken_out_from_then_on():
    assert live().text("met-canary-51c9") == "met-canary-51c9"

    remember("met-canary-51c9")

    assert live().text("met-canary-51c9") == MARK


def test_of_very_many_secrets_the_last_are_remembered():
    memory = Memory(2)
    for value in ("canary-1", "canary-2", "canary-2", "canary-3"):
        memory.remember(value)

    assert memory.live().text("canary-1 canary-2 canary-3") == "canary-1 [redacted] [redacted]"
    assert memory.live() is memory.live()
