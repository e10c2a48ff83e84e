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
        live = [secret for secret in secrets if len(secret) >= SHORTEST]
        # The longest spelling first, or its head would be redacted and its tail left standing.
        self._needles = _longest_first(needle for secret in live for needle in _spellings(secret))
        self._cores = _longest_first(core for secret in live for core in _base64_cores(secret.encode()))
        longest = max((len(needle) for needle in self._needles + self._cores), default=1)
        self._reach = longest + 2 * len(_NEIGHBOURS) - 1

    def scrub(self, content: bytes) -> bytes:
        """Return `content` with every secret replaced by the mark."""
        for needle in self._needles:
            if needle in content:
                content = content.replace(needle, MARK.encode())
        for core in self._cores:
            if core in content:
                content = re.sub(_NEIGHBOURS + re.escape(core) + _NEIGHBOURS, MARK.encode(), content)
        return content

    def text(self, content: str) -> str:
        """Return `content` with every secret replaced by the mark."""
        if not self._needles:
            return content
        return self.scrub(content.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

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
            held = self.scrub(held + chunk)
            # A secret that has only begun to arrive lies in the last bytes: they wait for the next chunk.
            ready = len(held) - self._reach
            if ready > 0:
                yield held[:ready]
                held = held[ready:]
        if held:
            yield held


# The secrets this process has met, the last ones; every sink takes them out of what it writes.
_MET: dict[str, None] = {}
_MOST_MET = 1000


def remember(value: str) -> None:
    """Have `value` taken out of everything this process prints from now on."""
    _MET[value] = None
    if len(_MET) > _MOST_MET:
        del _MET[next(iter(_MET))]


def live() -> Redactor:
    """Return the redactor of every secret this process has met."""
    return Redactor(tuple(_MET))


# The letters at either end of a core are made of the secret and of what stood beside it: they go too.
_NEIGHBOURS = rb"[A-Za-z0-9+/_=-]{0,4}"


def _longest_first(needles: Iterable[bytes]) -> tuple[bytes, ...]:
    return tuple(sorted(set(needles), key=lambda needle: (-len(needle), needle)))


def _spellings(secret: str) -> Iterator[bytes]:
    # Only a command that met a secret needs these.
    from html import escape
    from urllib.parse import quote

    raw = secret.encode()
    yield raw
    yield raw[::-1]
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield secret.encode("utf-16-le")
    yield secret.encode("utf-16-be")
    yield quote(secret, safe="").encode()
    yield quote(secret, safe="").lower().encode()
    yield "".join(f"%{byte:02X}" for byte in raw).encode()
    yield "".join(f"%{byte:02x}" for byte in raw).encode()
    yield escape(secret).encode()
    yield secret.replace("\\", "\\\\").replace('"', '\\"').encode()
    yield secret.replace("\\", "\\\\").replace('"', '\\"').replace("/", "\\/").encode()
    yield "".join(f"\\u{ord(character):04x}" for character in secret).encode()
    yield re.sub(r"[^\x20-\x7e]", lambda found: f"\\u{ord(found[0]):04x}", secret).encode()


def _base64_cores(raw: bytes) -> Iterator[bytes]:
    """
    Yield the part of a base64 text that `raw` decides, for each of its three places in the text around it.

    A secret is often encoded with something beside it (`user:password`), so its first and last
    characters there depend on the neighbours, and only those between are its own.
    """
    from base64 import b64encode

    for shift in range(3):
        encoded = b64encode(bytes(shift) + raw)
        core = encoded[4 if shift else 0 : len(encoded) - 4 if (shift + len(raw)) % 3 else None]
        if len(core) >= SHORTEST:
            yield core
            yield core.translate(bytes.maketrans(b"+/", b"-_"))
