"""Files that mean harm: refused with a reason, without reaching for anything, within bounds of time and memory."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import zlib

import pytest

from skillkit.sandbox.invoice import untrusted, validate
from skillkit.sandbox.invoice.inspector import Inspector
from skillkit.sandbox.invoice.make import looked_at
from skillkit.sandbox.invoice.read import read
from skillkit.sandbox.invoice.untrusted import BYTES, DEPTH, ELEMENTS, TEXT, Refused
from tests.invoices import FILES

UBL = (FILES / "xrechnung-ubl.xml").read_bytes()


def declared(subset, body=b"<a/>"):
    return b'<?xml version="1.0"?>\n<!DOCTYPE a ' + subset + b">\n" + body


LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n + 1, b"&l%d;" % n * 10) for n in range(9))


@pytest.mark.parametrize(
    "content",
    [
        declared(b'[<!ENTITY l0 "ha">' + LAUGHS + b"]", b"<a>&l9;</a>"),
        declared(b'[<!ENTITY l0 "ha">' + LAUGHS + b"]", b'<a b="&l9;"/>'),
        declared(b'[<!ENTITY x SYSTEM "file:///etc/passwd">]', b"<a>&x;</a>"),
        declared(b'[<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;]'),
        declared(b'SYSTEM "file:///etc/passwd"'),
        declared(b'PUBLIC "-//X//EN" "http://127.0.0.1:1/x.dtd"'),
        declared(b"[]"),
        declared(b'[<!ENTITY x "y">]').decode().encode("utf-16"),
        UBL.replace(b"<Invoice", b'<!DOCTYPE Invoice [<!ENTITY x "y">]>\n<Invoice', 1),
    ],
)
def test_a_document_type_is_refused_before_anything_in_it_is_read(content):
    with pytest.raises(Refused, match="document type declaration"):
        untrusted.tree(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<a>" * (DEPTH + 1) + b"</a>" * (DEPTH + 1), "nested deeper"),
        (b"<a>" * 100_000, "nested deeper"),
        (b"<a>" + b"<b/>" * ELEMENTS + b"</a>", "more than 100000 elements"),
        (b"<a>" + b"x" * (TEXT + 1) + b"</a>", "longer than 10000000 characters|huge text|Resource limit"),
        (b"<a>" + b"<![CDATA[" + b"x" * 6_000_000 + b"]]>" * 1 + b"<![CDATA[" + b"x" * 6_000_000 + b"]]></a>", "longer than"),
        (b'<a b="' + b"x" * 11_000_000 + b'"/>', "well-formed|limit"),
        (b"<a " + b" ".join(b'a%d=""' % n for n in range(200)) + b"/>", "more than 100 attributes"),
        (b" " * (BYTES + 1), "more than 20971520"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "not (well-formed|readable)"),
        (b"<a>\x00</a>", "well-formed"),
        (b"\xff\xfe<a/>", "well-formed"),
    ],
)
def test_xml_that_is_too_much_of_something_is_refused_quickly(content, reason):
    begun = time.monotonic()

    with pytest.raises(Refused, match=reason):
        untrusted.tree(content)

    assert time.monotonic() - begun < 3


def test_a_hint_where_a_schema_lies_is_not_followed(tmp_path):
    canary = tmp_path / "canary.xsd"
    os.mkfifo(canary)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        # Opening the pipe would hang this test, and dialling the port would leave a caller waiting.
        hint = f'xsi:schemaLocation="urn:a http://127.0.0.1:{port}/a.xsd urn:b file://{canary}" '
        root = untrusted.tree(UBL.replace(b"<Invoice ", f"<Invoice {hint}".encode(), 1))

        assert validate.report(root).errors == ()

        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.accept()


def test_processing_instructions_and_includes_are_not_followed(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("canary")
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="file://{secret}"/>'
    content = UBL.replace(b"<Invoice", f'<?xml-stylesheet href="file://{secret}"?>\n<Invoice'.encode(), 1)
    content = content.replace(b"Wir danken", include.encode() + b"Wir danken")

    found = read(content, "xml")

    assert found.status == "rejected"
    assert "canary" not in str(found)


# PDFs.


def holding(stream, filters=b"/FlateDecode", name=b"factur-x.xml"):
    """Return a PDF with one file inside, whose bytes go through `filters`."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(%s)4 0 R]>>>>/AF[4 0 R]>>" % name,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        b"<</Type/Filespec/F(%s)/UF(%s)/EF<</F 5 0 R>>>>" % (name, name),
        b"<</Type/EmbeddedFile/Length %d/Filter %s>>stream\n" % (len(stream), filters) + stream + b"\nendstream",
    ]
    content, places = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n" % number + each + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(content)
    return content + b"xref\n0 6\n0000000000 65535 f \n" + table + end


def squeezed(size):
    """Return what becomes `size` zeros, without ever holding them."""
    squeezer = zlib.compressobj(9)
    block = bytes(1 << 20)
    return b"".join([*(squeezer.compress(block) for _ in range(size >> 20)), squeezer.flush()])


BOMB = squeezed(256 << 20)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (holding(BOMB), "Limit reached while decompressing"),
        (holding(zlib.compress(BOMB), b"[/FlateDecode/FlateDecode]"), "Limit reached while decompressing"),
        (holding(zlib.compress(declared(b'[<!ENTITY x "y">]'))), "document type declaration"),
        (holding(zlib.compress(b"<a>" * 100 + b"</a>" * 100)), "nested deeper"),
        (holding(b"x" * 100), "the PDF cannot be read|not well-formed"),
        (holding(zlib.compress(b"<a/>"), name=b"readme.txt"), "none of its files is XML"),
        (b"%PDF-1.7\n1 0 obj" + b"[" * 100_000 + b"]" * 100_000 + b"endobj trailer<</Root 1 0 R>>", "the PDF"),
        (b"%PDF-1.7\n1 0 obj 1 0 R endobj trailer<</Root 1 0 R>>", "the PDF cannot be read"),
        (
            b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R/Prev 9/Size 1>>\nstartxref\n9\n%%EOF",
            "the PDF cannot be read",
        ),
    ],
)
def test_a_pdf_that_means_harm_is_refused_within_bounds(content, reason):
    begun = time.monotonic()

    found = looked_at(content, "application/pdf")

    assert found.status == "rejected"
    assert re.search(reason, found.reasons[0]), found.reasons
    assert time.monotonic() - begun < 5


def test_more_than_twenty_megabytes_are_not_even_handed_over():
    # The reader could not hold this, and would end instead of giving this reason.
    size = 1200 << 20

    assert looked_at(bytes(size)).reasons == (f"the file has {size} bytes, more than {BYTES}",)


@pytest.fixture
def inspector():
    inspector = Inspector()
    yield inspector
    inspector.close()


def quadratic():
    """Return an invoice with one tax too many, eight thousand times: its rules take longer the more of them fail."""
    tax = UBL[UBL.index(b"<cac:TaxSubtotal>") : UBL.index(b"</cac:TaxSubtotal>") + len(b"</cac:TaxSubtotal>")]
    return UBL.replace(tax, tax.replace(b"970.00", b"5.123") * 8000, 1)


def test_a_file_that_takes_too_long_ends_its_reader_and_the_next_gets_a_new_one(inspector):
    inspector.seconds = 1.0
    begun = time.monotonic()
    with pytest.raises(Refused, match="longer than 1 seconds"):
        inspector.ask("read", quadratic())
    assert time.monotonic() - begun < 3

    inspector.seconds = 20.0
    assert inspector.ask("read", UBL)["status"] == "accepted"


def test_a_reader_that_breaks_is_a_reason_and_no_error(inspector):
    with pytest.raises(Refused, match="broke its reader"):
        inspector.ask("read", b"<a/>", kind=None)

    assert inspector.ask("read", UBL)["status"] == "accepted"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds what a process holds")
def test_the_reader_may_hold_a_gigabyte_and_no_more():
    script = "from skillkit.sandbox.invoice import inspecting; inspecting.confine(); bytearray(1 << 30)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False)

    assert "MemoryError" in ended.stderr


def test_a_closed_inspector_leaves_no_process(inspector):
    inspector.ask("read", b"<a/>")
    process = inspector._process  # noqa: SLF001  nobody else needs to see it

    inspector.close()

    assert process.returncode is not None
