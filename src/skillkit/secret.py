"""A string that will not print itself, and the redactor that knows live secrets in every encoding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

MARK = "[redacted]"

# A shorter value would black out ordinary words, and no app hands out a shorter credential.
SHORTEST = 4


class Secret:
    """A credential's value; only `reveal` gives it, and whoever calls that is easy to find."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MARK!r})"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        # A pickle, and with it a copy or a traceback tool, would carry the value out.
        raise TypeError("a secret is not copied out of the process")


class Redactor:
    """
    Takes live secrets out of text, bytes and streams, in whatever way they were written down.

    >>> Redactor(["s3cret-key"]).text("X-API-KEY: s3cret-key, again czNjcmV0LWtleQ==")
    'X-API-KEY: [redacted], again [redacted]'
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        known = [secret for secret in secrets if len(secret) >= SHORTEST]
        # A word of the mark itself would be marked again and again.
        plain = {spelling for secret in known for spelling in _spellings(secret) if spelling not in MARK.encode()}
        cores = {core for secret in known for core in _base64_cores(secret.encode())}
        self._needles = (*((needle, False) for needle in sorted(plain)), *((core, True) for core in sorted(cores)))
        # So much may still be missing of a secret that has begun, with what stands beside it.
        self._reach = max((len(needle) for needle, _ in self._needles), default=0) + 2 * _BESIDE

    def scrub(self, content: bytes) -> bytes:
        """Return `content` with every secret replaced by the mark."""
        if len(content) <= _STRIDE:
            return _marked(content, self._spans(content))
        return b"".join(self.stream(content[start : start + _STRIDE] for start in range(0, len(content), _STRIDE)))

    def text(self, content: str) -> str:
        """Return `content` with every secret replaced by the mark."""
        if not self._needles:
            return content
        clean = self.scrub(content.encode("utf-8", "surrogatepass"))
        try:
            return clean.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            # A secret in UTF-16 may have begun in the middle of a character.
            return clean.decode("utf-8", "replace")

    def document(self, value: Any) -> Any:
        """Return a JSON document with every secret replaced by the mark, in keys too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | tuple):
            return [self.document(entry) for entry in value]
        if isinstance(value, dict):
            return {self.text(key): self.document(entry) for key, entry in value.items()}
        return value

    def stream(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield `chunks` redacted, also where a secret is split between two of them."""
        held = b""
        for chunk in chunks:
            held += chunk
            spans = self._spans(held)
            cut = len(held) - self._reach
            # A secret goes out whole, as its mark, or waits whole.
            cut = next((end for start, end in spans if start < cut < end), cut)
            if cut > 0:
                yield _marked(held[:cut], [span for span in spans if span[1] <= cut])
                held = held[cut:]
        if held:
            yield _marked(held, self._spans(held))

    def _spans(self, content: bytes) -> list[tuple[int, int]]:
        """Return where secrets stand, in order; those that overlap are one."""
        found: list[tuple[int, int]] = []
        for needle, encoded in self._needles:
            start = content.find(needle)
            while start >= 0:
                end = start + len(needle)
                found.append(_widened(content, start, end) if encoded else (start, end))
                start = content.find(needle, end)
        merged: list[tuple[int, int]] = []
        for start, end in sorted(found):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged


class Memory:
    """The last secrets that were met, and the redactor that knows them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._met: dict[str, None] = {}
        self._redactor: Redactor | None = None

    def remember(self, value: str) -> None:
        """Have `value` taken out of everything from now on."""
        if value not in self._met:
            self._met[value] = None
            self._redactor = None
        if len(self._met) > self._most:
            del self._met[next(iter(self._met))]

    def live(self) -> Redactor:
        """Return the redactor of every secret that was met."""
        self._redactor = self._redactor or Redactor(self._met)
        return self._redactor


_PROCESS = Memory(1000)


def remember(value: str) -> None:
    """Have `value` taken out of everything this process prints from now on."""
    _PROCESS.remember(value)


def live() -> Redactor:
    """Return the redactor of every secret this process has met."""
    return _PROCESS.live()


# The letters at either end of a core are made of the secret and of what stood beside it: they go too.
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_TAIL = re.compile(rb"[A-Za-z0-9+/_-]?={0,2}")
_BESIDE = 3
_STRIDE = 65_536


def _widened(content: bytes, start: int, end: int) -> tuple[int, int]:
    tail = _TAIL.match(content, end)
    before = start and content[start - 1] in _LETTERS
    return start - bool(before), tail.end() if tail else end


def _marked(content: bytes, spans: list[tuple[int, int]]) -> bytes:
    if not spans:
        return content
    pieces: list[bytes] = []
    done = 0
    for start, end in spans:
        pieces += (content[done:start], MARK.encode())
        done = end
    return b"".join((*pieces, content[done:]))


def _spellings(secret: str) -> Iterator[bytes]:
    raw = secret.encode()
    yield from (raw, raw[::-1], secret[::-1].encode())
    yield from (raw.hex().encode(), raw.hex().upper().encode())
    yield from (secret.encode("utf-16-le"), secret.encode("utf-16-be"))
    for spelled in (*_in_url(secret), *_in_json(secret), *_in_html(secret)):
        yield spelled.encode()


def _in_url(secret: str) -> Iterator[str]:
    # Only a command that met a secret needs these.
    from urllib.parse import quote

    # What Python, a path, a browser's encodeURIComponent and encodeURI, and a form leave as it is.
    for safe in ("", "/", "!'()*", "!'()*;/?:@&=+$,#", "*"):
        plain = quote(secret, safe=safe)
        for spelled in (plain, plain.replace("%20", "+")):
            yield spelled
            yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), spelled)
    for byte in ("%{:02X}", "%{:02x}"):
        yield "".join(byte.format(each) for each in secret.encode())


def _in_json(secret: str) -> Iterator[str]:
    from json import dumps

    units = secret.encode("utf-16-be").hex()
    spelled = {"".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))}
    for plain in (dumps(secret)[1:-1], dumps(secret, ensure_ascii=False)[1:-1]):
        # PHP escapes the slash; Go and .NET write more of it as numbers than they must.
        spelled |= {plain, plain.replace("/", "\\/"), _numbered("<>&", plain)}
        spelled.add(_numbered("<>&'+`", plain.replace('\\"', "\\u0022")))
    for text in spelled:
        yield text
        yield re.sub(r"\\u[0-9a-f]{4}", lambda found: "\\u" + found[0][2:].upper(), text)


def _numbered(characters: str, text: str) -> str:
    return re.sub(f"[{characters}]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _in_html(secret: str) -> Iterator[str]:
    # The library for this loads every named character there is, which takes longer than sending a request.
    plain = secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for double in ("&quot;", "&#34;"):
        for single in ("&#x27;", "&#39;"):
            yield plain.replace('"', double).replace("'", single)
    yield plain


def _base64_cores(raw: bytes) -> Iterator[bytes]:
    """
    Yield the part of a base64 text that `raw` alone decides, for each of its three places in the text around it.

    A secret is often encoded with something beside it (`user:password`), so the characters at its ends
    hold bits of its neighbours as well.
    """
    from base64 import b64encode

    for shift in range(3):
        bits = 8 * (shift + len(raw))
        core = b64encode(bytes(shift) + raw)[-(-8 * shift // 6) : bits // 6]
        if len(core) >= _SHORTEST_CORE:
            yield core
            yield core.translate(bytes.maketrans(b"+/", b"-_"))


# A shorter one stands in any large file by chance.
_SHORTEST_CORE = 5
