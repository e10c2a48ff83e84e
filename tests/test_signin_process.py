from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from skillkit import accounts, signin
from skillkit.connecting import SignIn
from skillkit.door import Asked, Reply
from skillkit.errors import SkillkitError
from skillkit.signin import process, row
from skillkit.workspace import Workspace
from tests.browser import Browser
from tests.process import environment

CANARY = "canary-c0a1d5e2b7"
SERVE = "import sys; from skillkit.signin import process; process.serve(sys.argv[1], linger=float(sys.argv[2]))"


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a catalog and a vault, as a process finds it that is told of nothing but its place."""
    home = tmp_path_factory.mktemp("used") / "home"
    space = Workspace(str(home))
    space.catalog.count()
    space.vault.init("keyfile")
    space.close()
    return home


@pytest.fixture
def space(tmp_path: Path, used: Path) -> Iterator[Workspace]:
    """A home as a command finds it; whatever was started for it ends with it."""
    home = tmp_path / "home"
    shutil.copytree(used, home)
    space = Workspace(str(home))
    yield space
    space.close()
    shutil.rmtree(home, ignore_errors=True)


class App(BaseHTTPRequestHandler):
    """An app that knows one key."""

    def do_GET(self) -> None:
        known = self.headers.get("X-API-KEY") == CANARY
        body = json.dumps({"data": []} if known else {"message": "who?"}).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), App)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def over_http(asked: Asked) -> Reply:
    """Carry a request to the page's process."""
    import http.client

    headers = {name: value for name, value in asked.headers if name != "host"}
    host = dict(asked.headers)["host"]
    wire = http.client.HTTPConnection(host, timeout=10)
    try:
        query = f"?{asked.query}" if asked.query else ""
        wire.request(asked.method, asked.path + query, asked.body or None, headers)
        answer = wire.getresponse()
        return Reply(answer.status, tuple(answer.getheaders()), answer.read())
    finally:
        wire.close()


def processes(home: str) -> list[int]:
    """Return the page's processes of this home."""
    found = []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError):
            words = Path("/proc", name, "cmdline").read_bytes()
            own = f"SKILLKIT_HOME={home}".encode() in Path("/proc", name, "environ").read_bytes().split(b"\0")
            if b"skillkit.signin" in words and own:
                found.append(int(name))
    return found


def until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


linux = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks at processes as Linux shows them")


def test_a_person_signs_in_at_the_page_of_a_process_of_its_own(space):
    with served() as app:
        connection = accounts.begin(space, SignIn("faktoora", None, base_url=app))
        url = signin.link(space, connection)
        browser = Browser(over_http)

        browser.open(url)
        assert "Connect faktoora" in browser.text
        assert signin.link(space, connection) != url
        browser.send({"field.api_key": "wrong-key-0000"}, origin=url.partition("/s/")[0])
        assert browser.status == 422
        browser.send({"field.api_key": CANARY}, origin=url.partition("/s/")[0])

        assert "is connected" in browser.text
        assert space.connection(connection.id).state == "READY"
        assert space.vault.credential(connection.id)["api_key"].reveal() == CANARY


@linux
def test_two_commands_at_once_start_one_process(space):
    accounts_here = [accounts.begin(space, SignIn("faktoora", None), another=True) for _ in range(4)]
    spaces, barrier, urls = [Workspace(space.home) for _ in range(4)], threading.Barrier(4), []

    def ask(number: int) -> None:
        barrier.wait()
        urls.append(signin.link(spaces[number], accounts_here[number]))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    for each in spaces:
        each.close()

    assert len({url.partition("/s/")[0] for url in urls}) == 1
    assert len(set(urls)) == 4
    assert until(lambda: len(processes(space.home)) == 1)


@linux
def test_nothing_of_the_environment_that_may_be_secret_goes_along(space, monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", CANARY)
    signin.link(space, accounts.begin(space, SignIn("faktoora", None)))

    (number,) = processes(space.home)

    assert CANARY.encode() not in Path("/proc", str(number), "environ").read_bytes()
    assert Path("/proc", str(number), "cmdline").read_bytes().endswith(b"\0-P\0-m\0skillkit.signin\0")
    assert os.getsid(number) != os.getsid(0)
    assert {os.readlink(f"/proc/{number}/fd/{stream}") for stream in (0, 1, 2)} == {"/dev/null"}


@linux
def test_it_ends_when_its_home_is_gone(space):
    signin.link(space, accounts.begin(space, SignIn("faktoora", None)))
    assert processes(space.home)

    shutil.rmtree(space.home)

    assert until(lambda: not processes(space.home))


def test_it_ends_by_itself_when_nobody_is_waited_for(space):
    home = space.home

    ended = subprocess.run([sys.executable, "-c", SERVE, home, "0.2"], env=environment(home), timeout=20, check=False)

    assert ended.returncode == 0
    assert space.store.change(row.KEY, lambda text: (text, text)) == ""


def test_a_process_that_was_killed_is_followed_by_another(space):
    connection = accounts.begin(space, SignIn("faktoora", None))
    first = subprocess.Popen([sys.executable, "-c", SERVE, space.home, "30"], env=environment(space.home))
    old = process.link(space, connection, start=lambda _: None, patience=10)
    first.kill()
    first.wait()

    new = signin.link(space, connection)

    assert new.partition("/s/")[2] != old.partition("/s/")[2]
    assert over_http(Asked("GET", "/health", headers=(("host", new.split("/")[2]),))).body == b"ok\n"


def test_where_it_does_not_start_the_person_is_told_another_way(space):
    connection = accounts.begin(space, SignIn("faktoora", None))

    with pytest.raises(SkillkitError, match="does not start") as error:
        process.link(space, connection, start=lambda _: None, patience=0.05)

    assert error.value.hint == "at a terminal: skillkit connect --connectionId faktoora"


def test_the_passphrase_of_the_command_opens_the_vault_for_the_page(tmp_path, used, monkeypatch):
    home = tmp_path / "home"
    shutil.copytree(used, home, ignore=shutil.ignore_patterns("vault*"))
    space = Workspace(str(home), passphrase=lambda: pytest.fail("it was given by a descriptor"))
    space.vault.init("passphrase", passphrase="open sesame")
    reading, writing = os.pipe()
    os.write(writing, b"open sesame\n")
    os.close(writing)
    monkeypatch.setenv("SKILLKIT_PASSPHRASE_FD", str(reading))

    with served() as app:
        connection = accounts.begin(space, SignIn("faktoora", None, base_url=app))
        url = signin.link(space, connection)
        browser = Browser(over_http)
        browser.open(url)
        assert 'name="passphrase"' not in browser.page
        browser.send({"field.api_key": CANARY}, origin=url.partition("/s/")[0])

    assert "Your passphrase." in browser.text
    os.close(reading)
    space.close()
    shutil.rmtree(home)
