"""The files inside a PDF from a stranger, taken out without decompressing more than an invoice can be."""

from __future__ import annotations

import io
import zlib
from typing import Final

from skillkit.sandbox.invoice.paths import Attachment
from skillkit.sandbox.invoice.untrusted import BYTES, Refused

FILES: Final = 50
# The names under which the kinds of hybrid invoice keep their XML, the surest first.
NAMES: Final = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")


def unpacked(content: bytes) -> tuple[bytes, tuple[Attachment, ...]]:
    """Return the XML of the invoice in a PDF, and the other files that lie in it; raises `Refused`."""
    import pypdf

    limited = pypdf.apply_configuration(
        maximum_declared_stream_length=BYTES,
        zlib_maximum_output_length=BYTES,
        lzw_maximum_output_length=BYTES,
        run_length_maximum_output_length=BYTES,
        stream_decoding_work_maximum_length=3 * BYTES,
    )
    try:
        with limited:
            files = _files(content)
    # What pypdf stumbles over in a damaged file comes as any of these.
    except (pypdf.errors.PyPdfError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, zlib.error) as error:
        raise Refused(f"the PDF cannot be read: {error}") from None
    except RecursionError:
        raise Refused("the PDF is nested too deeply") from None
    found = [each for each in files if each.file.lower().endswith(".xml")]
    found.sort(key=lambda each: NAMES.index(each.file.lower()) if each.file.lower() in NAMES else len(NAMES))
    if not found:
        raise Refused("the PDF has no invoice inside: none of its files is XML")
    return found[0].content, tuple(each for each in files if each is not found[0])


def _files(content: bytes) -> list[Attachment]:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted:
        raise Refused("the PDF is encrypted")
    files: list[Attachment] = []
    weight = 0
    for each in reader.attachment_list:
        if len(files) == FILES:
            raise Refused(f"the PDF has more than {FILES} files inside")
        held = bytes(each.content)
        weight += len(held)
        if weight > BYTES:
            raise Refused(f"the files inside the PDF have more than {BYTES} bytes")
        name = str(each.alternative_name or each.name)
        files.append(Attachment(name, str(each.description or ""), name, str(each.subtype or "").lstrip("/"), content=held))
    return files
