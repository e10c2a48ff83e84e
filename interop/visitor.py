"""Somebody at a real browser: opens pages, is watched for requests that leave this machine, and has every page judged."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

HERE = Path(__file__).parent
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = HERE.parent / "build" / "interop" / "screenshots"
GRAVE = {"serious", "critical"}

# Chromium looks things up of its own accord; none of that is a page's doing.
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic"]
# No name is looked up; this one stands for whatever somebody's server says is this machine.
NAMES = "--host-resolver-rules=MAP evil.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"

# A machine may have other things to do as well.
expect.set_options(timeout=20_000)


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """Start the browser that is at `path`, without a screen."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=[*QUIET, NAMES], chromium_sandbox=os.geteuid() != 0)
        yield browser
        browser.close()


# Playwright writes on the object whose method it is given, so this one has no slots.
@dataclass
class Visitor:
    """One person's browser: its cookies, language, colours and width are its own."""

    context: BrowserContext
    beyond: list[tuple[str, str]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    # What may be asked: this machine, and names that mean it.
    names: tuple[str, ...] = ("http://127.0.0.1:", "http://localhost:", "data:")

    def watch(self) -> None:
        """Let nothing leave this machine, and note what wanted to."""
        self.context.set_default_timeout(20_000)
        self.context.route("**/*", self._passed)
        self.context.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)

    def strangers(self, issuer: str) -> None:
        """Forget what the pages of the authorization server wanted from elsewhere: they are not ours."""
        self.beyond = [(page, url) for page, url in self.beyond if not page.startswith(issuer)]

    def _passed(self, route: Route) -> None:
        request = route.request
        if request.url.startswith(self.names):
            route.continue_()
            return
        self.beyond.append((request.frame.url, request.url))
        route.abort()

    def open(self, url: str) -> Page:
        page = self.context.new_page()
        page.goto(url)
        return page


def look(page: Page, name: str, *, judge: bool = True) -> None:
    """Photograph a page of ours, and have it judged: one heading, no sideways scrolling, nothing that axe calls grave."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
    assert page.locator("h1").count() == 1, name
    assert page.locator("html").get_attribute("lang"), name
    if not judge:
        # Where no script may run, that of the judge cannot either.
        return
    page.evaluate(f"() => {{ {AXE.read_text()}; }}")
    found: list[dict[str, Any]] = page.evaluate(
        "() => window.axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)"
    )
    told = [f"{one['id']} ({one['impact']}): {one['help']}: {one['nodes'][0]['html']}" for one in found]
    assert not [one for one in found if one["impact"] in GRAVE], f"{name}: {told}"
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"), f"{name} is too wide"
