"""Showing a page in the person's browser: where there is one, and nothing but a page."""

from __future__ import annotations

import pytest

from skillkit.cli.browser import addressed, opened, seen

SCREEN = {"DISPLAY": ":0"}


@pytest.fixture
def tools(tmp_path):
    """Make programs of these names, and return the environment that finds them."""

    def make(*names):
        for name in names:
            (tmp_path / name).write_text("#!/bin/sh\n")
            (tmp_path / name).chmod(0o755)
        return {**SCREEN, "PATH": str(tmp_path)}

    return make


class Started:
    """Stands for the starting of programs; each of them fails that is named."""

    def __init__(self, *failing):
        self.failing = failing
        self.lines = []

    def __call__(self, words, environ):
        self.lines.append((words, environ))
        return not words[0].endswith(self.failing) if self.failing else True


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8123/s/4f",
        "http://localhost:1/",
        "https://app.alegra.com/invoice?id=7&view=1#top",
        "https://[::1]:8080/x%20y",
    ],
)
def test_an_http_address_is_one(url):
    assert addressed(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "alegra.com",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://a.example",
        "//a.example",
        "http://",
        "http:///x",
        "http://a.example:x/",
        "http://a.example:99999/",
        "http://ada:secret@a.example/",
        "--version",
        "-h",
        "http://a.example/ --profile=x",
        "http://a.example/`id`",
        "http://a.example/$(id)",
        "http://a.example/;id",
        "http://a.example/'x",
        'http://a.example/"x',
        "http://a.example/\nx",
        "http://a.example/\x1b[2J",
        "http://bücher.example/",
        "http://a.example\\@b.example/",
    ],
)
def test_what_is_no_http_address_is_never_opened(url, tools):
    start = Started()

    assert not addressed(url)
    assert not opened(url, tools("xdg-open"), "linux", start)
    assert start.lines == []


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"WSL_DISTRO_NAME": "Debian"}, "linux", True),
        ({}, "darwin", True),
        ({}, "win32", True),
        # The screen of the machine is not the one that the person sees.
        ({"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "1 2 3 4"}, "linux", False),
        ({"SSH_TTY": "/dev/pts/0"}, "darwin", False),
        ({"SSH_CLIENT": "1 2 3"}, "win32", False),
    ],
)
def test_a_browser_is_seen_on_a_screen_that_is_here(environ, platform, expected):
    assert seen(environ, platform) is expected


def test_a_page_is_opened_by_the_desktops_own_opener(tools, tmp_path):
    start = Started()

    assert opened("http://127.0.0.1:1/s/x", tools("xdg-open"), "linux", start)
    ((words, _),) = start.lines
    assert words == [str(tmp_path / "xdg-open"), "http://127.0.0.1:1/s/x"]


def test_on_a_mac_it_is_another(tools, tmp_path):
    start = Started()

    assert opened("http://127.0.0.1:1/s/x", tools("open", "xdg-open"), "darwin", start)
    assert [words[0] for words, _ in start.lines] == [str(tmp_path / "open")]


def test_where_one_opener_fails_the_next_is_tried(tools):
    start = Started("xdg-open")

    assert opened("http://127.0.0.1:1/s/x", tools("xdg-open", "gio"), "linux", start)
    assert [words[1:] for words, _ in start.lines] == [["http://127.0.0.1:1/s/x"], ["open", "http://127.0.0.1:1/s/x"]]


def test_where_there_is_no_opener_nothing_is_shown(tools):
    assert not opened("http://127.0.0.1:1/s/x", tools(), "linux", Started())


def test_a_command_line_in_browser_is_never_read(tools):
    start = Started()

    opened("http://127.0.0.1:1/s/x", tools("xdg-open") | {"BROWSER": "sh -c 'id' %s"}, "linux", start)

    assert all("BROWSER" not in environ for _, environ in start.lines)


def test_a_program_in_the_folder_one_is_in_is_not_the_desktops(tools, tmp_path, monkeypatch):
    environ = tools("xdg-open")
    monkeypatch.chdir(tmp_path)
    start = Started()

    assert not opened("http://127.0.0.1:1/s/x", environ | {"PATH": "."}, "linux", start)
    assert start.lines == []


@pytest.mark.parametrize(("script", "expected"), [("exit 0", True), ("exit 3", False)])
def test_an_opener_that_fails_says_so(tools, tmp_path, script, expected):
    environ = tools("xdg-open")
    (tmp_path / "xdg-open").write_text(f'#!/bin/sh\nprintf "%s" "$*" > "{tmp_path}/shown"\n{script}\n')

    assert opened("http://127.0.0.1:1/s/x?a=1&b=2", environ, "linux") is expected
    assert (tmp_path / "shown").read_text() == "http://127.0.0.1:1/s/x?a=1&b=2"


def test_an_opener_that_cannot_be_started_shows_nothing(tools, tmp_path):
    environ = tools("xdg-open")
    (tmp_path / "xdg-open").write_text("#!/nowhere/at/all\n")

    assert not opened("http://127.0.0.1:1/s/x", environ, "linux")
