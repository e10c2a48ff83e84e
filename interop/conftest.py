"""What carries these tests: a home, an authorization server, the vendors' sandboxes, a browser; each ends what it started."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import tests.guard  # noqa: F401 - it watches every socket of this process
from interop import authority as op
from interop import command
from interop.command import Home

DEMO = Path(__file__).parent.parent / "examples" / "oauth-demo"


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a vault, a compiled catalog and the connector of the OAuth flows, made once."""
    home = Home(tmp_path_factory.mktemp("furnished") / "home")
    shutil.copytree(DEMO, home.path / "connectors" / "oauth-demo")
    home.ok("vault", "init", "--keyFile")
    home.ok("connector", "list")
    return home.path


@pytest.fixture
def home(tmp_path: Path, furnished: Path) -> Iterator[Home]:
    """A home of the test's own; whatever still works in it ends when it is gone."""
    path = tmp_path / "home"
    shutil.copytree(furnished, path)
    yield Home(path)
    # The page's process may be at work in it to the last; it sees that its place is gone.
    shutil.rmtree(path.rename(tmp_path / "gone"))


@pytest.fixture(scope="session")
def _authority() -> Iterator[op.Authority]:
    with op.running() as found:
        yield found


@pytest.fixture
def authority(_authority: op.Authority) -> op.Authority:
    """The authorization server, as it was at its start; its access tokens live for 5 s."""
    _authority.forget()
    return _authority


@pytest.fixture(scope="session")
def sandboxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, str]]]:
    with command.sandboxes(Home(tmp_path_factory.mktemp("sandboxes") / "home")) as found:
        yield found


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return where the browser is; `make interop` has looked for it."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not found:
        pytest.skip("there is no chromium: as root, apt-get install chromium")
    return found


@pytest.fixture(scope="session")
def _browser(chromium: str) -> Iterator[Any]:
    from interop import visitor

    with visitor.chromium(chromium) as found:
        yield found


@pytest.fixture
def visitor(_browser: Any) -> Iterator[Callable[..., Any]]:
    """Makes people with browsers of their own: `visitor(locale="de-DE", color_scheme="dark")`."""
    from interop.visitor import Visitor

    made = []

    def make(**manner: Any) -> Visitor:
        made.append(Visitor(_browser.new_context(**manner)))
        made[-1].watch()
        return made[-1]

    yield make
    for each in made:
        each.context.close()
    assert [beyond for each in made for beyond in each.beyond] == []
