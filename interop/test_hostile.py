"""A page on another port of this machine, in the browser that has the sign-in page open: all that it tries is refused (S29)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from interop.command import Home
from interop.page import begun, fill, press, said
from interop.visitor import Visitor

SCRIPT = (Path(__file__).parent / "hostile.js").read_bytes()


class Elsewhere(BaseHTTPRequestHandler):
    """Any page of any other program on this machine."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title><body><script>%s</script>" % SCRIPT)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's own word for it
        pass


@pytest.fixture
def elsewhere() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_page_on_another_port_gets_nothing_and_changes_nothing(
    home: Home, sandboxes: Any, visitor: Callable[..., Visitor], elsewhere: str
) -> None:
    connection, url = begun(home, "faktoora", sandboxes["faktoora"])
    before = home.state(connection)
    person = visitor()
    page = person.open(url)
    hostile = person.open(elsewhere)
    got = hostile.evaluate("url => all(url)", url)

    assert len(got) > 9
    assert got == dict.fromkeys(got, "refused")
    # The others are refused by the browser, on the page's word; this one by the page itself.
    assert [told for told in person.complaints if "WebSocket" in told and told.endswith("403")]
    assert home.state(connection) == before

    # The page itself has not been disturbed.
    fill(page, sandboxes["faktoora"]["credential"])
    press(page)
    expect(page.get_by_role("status")).to_have_text(said("en", "connected_lead"))
    assert home.state(connection) == ("READY", "")


@pytest.mark.parametrize("act", ["connect", "decline"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"])
def test_a_form_elsewhere_is_refused_even_with_all_that_stands_in_ours(
    home: Home, sandboxes: Any, visitor: Callable[..., Visitor], elsewhere: str, act: str, kind: str
) -> None:
    connection, url = begun(home, "faktoora", sandboxes["faktoora"])
    before = home.state(connection)
    person = visitor()
    page = person.open(url)
    stands = page.evaluate("() => Object.fromEntries(new FormData(document.querySelector('form')))")
    typed = {**stands, **sandboxes["faktoora"]["credential"], "act": act}
    hostile = person.open(elsewhere)
    with hostile.expect_navigation() as sent:
        hostile.evaluate("form => forged(form)", [url, kind, typed])

    assert sent.value.status in {403, 415}
    expect(hostile.get_by_role("heading", level=1)).to_have_text(said("en", "refused_title"))
    assert home.state(connection) == before
