"""Content encodings and their limits."""

from __future__ import annotations

import gzip
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillkit.decoding import STEP, Decoder
from skillkit.errors import Upstream


def zipped(content):
    # Without the time, which would give a test another name in every process.
    return gzip.compress(content, mtime=0)


def bare(content):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


PACKED = {
    "identity": bytes,
    "": bytes,
    "gzip": zipped,
    "x-gzip": zipped,
    "GZip ": zipped,
    "deflate": zlib.compress,
    "Deflate": bare,
}
each_encoding = pytest.mark.parametrize(("encoding", "pack"), PACKED.items(), ids=list(PACKED))


def decoded(encoding, *pieces, max_bytes=25_000_000):
    decoder = Decoder(encoding, max_bytes=max_bytes, status=200)
    found = [step for piece in pieces for step in decoder.feed(piece)]
    decoder.finish()
    return b"".join(found)


@each_encoding
@given(content=st.binary(max_size=2_000), cuts=st.lists(st.integers(0, 2_100), max_size=5))
def test_what_was_packed_comes_out_however_it_was_cut(encoding, pack, content, cuts):
    packed = pack(content)
    places = [0, *sorted(cuts), len(packed)]

    assert decoded(encoding, *(packed[start:end] for start, end in pairwise(places))) == content


@each_encoding
@pytest.mark.parametrize("size", [STEP - 1, STEP, STEP + 1, STEP + 3, 2 * STEP, 3 * STEP + 100])
@pytest.mark.parametrize("pattern", [b"x", b"xy", bytes(index * index % 251 for index in range(251))], ids=["x", "xy", "long"])
def test_what_fills_a_step_exactly_comes_out_whole(encoding, pack, pattern, size):
    content = (pattern * size)[:size]

    assert decoded(encoding, pack(content)) == content


@each_encoding
def test_an_empty_body_is_whole(encoding, pack):
    assert decoded(encoding) == b""
    assert decoded(encoding, b"") == b""


def test_the_members_of_a_gzip_come_out_one_after_another():
    packed = zipped(b"first ") + zipped(b"") + zipped(b"second")

    assert decoded("gzip", packed) == b"first second"
    assert decoded("gzip", *(packed[index : index + 1] for index in range(len(packed)))) == b"first second"


@pytest.mark.parametrize(
    ("encoding", "body", "reason"),
    [
        ("gzip", zipped(b"x" * 999)[:-1], "stops before its end"),
        ("gzip", zipped(b"x" * 999)[:5], "stops before its end"),
        ("gzip", b"\x1f", "stops before its end"),
        ("deflate", zlib.compress(b"x" * 999)[:-1], "stops before its end"),
        ("deflate", bare(b"x" * 999)[:-1], "stops before its end"),
        ("gzip", b'{"not": "packed"}', "is not the gzip it says"),
        ("gzip", zlib.compress(b"x"), "is not the gzip it says"),
        ("deflate", b"\xff\xff\xff\xff\xff", "is not the deflate it says"),
        ("deflate", zipped(b"x"), "is not the deflate it says"),
        ("gzip", zipped(b"x") + b"more", "is not the gzip it says"),
        ("deflate", zlib.compress(b"x") + b"more", "goes on after its end"),
        ("gzip", zipped(b"x" * 999)[:-8] + bytes(8), "is not the gzip it says"),
    ],
)
def test_a_broken_stream_is_the_apps_mistake(encoding, body, reason):
    with pytest.raises(Upstream, match=reason) as raised:
        decoded(encoding, body)

    assert raised.value.status == 200


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip;q=1", "none", "gzip, gzip", "gzip, br", "identity, gzip"])
def test_an_encoding_nobody_asked_for_is_refused_before_a_byte_of_it(encoding):
    with pytest.raises(Upstream, match="nobody asked for"):
        Decoder(encoding, max_bytes=100)


@each_encoding
def test_more_than_the_limit_is_refused(encoding, pack):
    content = bytes(range(256)) * 4

    assert decoded(encoding, pack(content), max_bytes=1_024) == content
    with pytest.raises(Upstream, match="larger than 1023 bytes"):
        decoded(encoding, pack(content), max_bytes=1_023)


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", zipped), ("deflate", zlib.compress), ("deflate", bare)])
def test_a_bomb_is_stopped_while_it_is_small(encoding, pack):
    given = 0

    def count(steps):
        nonlocal given
        for step in steps:
            given += len(step)
            assert len(step) <= STEP

    with pytest.raises(Upstream, match="more than 200 times its size"):
        count(Decoder(encoding, max_bytes=25_000_000).feed(pack(bytes(20_000_000))))
    assert given <= 1_000_000


def test_what_packs_well_and_stays_small_is_no_bomb():
    assert decoded("gzip", zipped(bytes(1_000_000))) == bytes(1_000_000)


def test_a_stream_that_decodes_to_nothing_ends_all_the_same():
    packer = zlib.compressobj()
    nothing = packer.compress(b"") + packer.flush(zlib.Z_SYNC_FLUSH)
    empty_blocks = b"\x00\x00\x00\xff\xff" * 1_000
    decoder = Decoder("deflate", max_bytes=20_000)

    for piece in (nothing, *[empty_blocks] * 3):
        assert list(decoder.feed(piece)) == []
    with pytest.raises(Upstream, match="larger than 20000 bytes"):
        list(decoder.feed(empty_blocks))
