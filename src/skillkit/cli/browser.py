"""Showing a page in the person's browser, where there is one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

# In the order in which they are tried: each takes an address as its one argument, and shows it in the browser of the desktop.
OPENERS: Final[Mapping[str, Sequence[str]]] = {"darwin": ("open",), "linux": ("wslview", "xdg-open", "gio")}
WORDS: Final[Mapping[str, Sequence[str]]] = {"gio": ("open",)}
REMOTE: Final = ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")
SCREENS: Final = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")
# One that fails says so at once; one that is still there shows the page.
PATIENCE: Final = 3

Start = Callable[[list[str], Mapping[str, str]], bool]


def opened(url: str, environ: Mapping[str, str] = os.environ, platform: str = sys.platform, start: Start | None = None) -> bool:
    """Show an http address in the browser; False where there is no screen, or the screen is not the person's."""
    if not (addressed(url) and seen(environ, platform)):
        return False
    if platform == "win32":
        return _opened_by_windows(url)
    from shutil import which

    for name in OPENERS.get(platform, OPENERS["linux"]):
        # A program in the folder one happens to be in is not the desktop's.
        path = which(name, path=environ.get("PATH", os.defpath))
        if path and os.path.isabs(path) and (start or _started)([path, *WORDS.get(name, ()), url], _around(environ)):
            return True
    return False


def addressed(url: str) -> bool:
    """
    Say whether a text is an http address and no more: nothing that a shell, or another program, could read as its own.

    >>> addressed("http://127.0.0.1:8123/s/4f"), addressed("file:///etc/passwd"), addressed("https://a.example/$(id)")
    (True, False, False)
    """
    if not url.isascii() or not url.isprintable() or set(url) & set(" \"'`\\<>^{}|$;()*!"):
        return False
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    return named and parts.scheme in {"http", "https"} and "@" not in parts.netloc


def seen(environ: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Say whether there is a screen here that the person who types sees."""
    if any(environ.get(name) for name in REMOTE):
        return False
    return platform in {"darwin", "win32"} or any(environ.get(name) for name in SCREENS)


def _around(environ: Mapping[str, str]) -> dict[str, str]:
    # Some openers read a command line out of it, and have read an address as part of that.
    return {name: value for name, value in environ.items() if name != "BROWSER"}


def _started(words: list[str], environ: Mapping[str, str]) -> bool:
    from subprocess import DEVNULL, Popen, TimeoutExpired

    try:
        # A session of its own: who interrupts the command does not close the browser.
        opener = Popen(words, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, env=environ, start_new_session=True)
    except OSError:
        return False
    try:
        return opener.wait(PATIENCE) == 0
    except TimeoutExpired:
        return True


def _opened_by_windows(url: str) -> bool:
    try:
        getattr(os, "startfile")(url)  # noqa: B009 - it is there on Windows alone
    except OSError:
        return False
    return True
