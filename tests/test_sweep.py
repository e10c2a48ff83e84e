"""The sweep: after every kind of call and every kind of failure, no credential is anywhere, in no spelling."""

from __future__ import annotations

import gzip
import io
import json
import re
import traceback
import zlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from skillkit import accounts, calls
from skillkit.calls import Call
from skillkit.connecting import SignIn
from skillkit.errors import AnswerLost, Barred, SkillkitError, Unreachable, Upstream
from skillkit.network import Answer
from skillkit.request import Request
from skillkit.run import Options
from skillkit.workspace import Workspace
from tests.wire import Asked, reply

CANARY = 'cnry"7f/Qx+9Z=\\&<t>4m'
TOKEN = "tkn/8c+Session=Canary"
CREDENTIALS: dict[str, dict[str, str]] = {
    "key": {"api_key": CANARY},
    "query": {"api_key": CANARY},
    "basic": {"email": "ada@example.com", "token": CANARY},
    "bearer": {"token": CANARY},
    "login": {"email": "ada@example.com", "password": CANARY},
}


def spellings(secret: str) -> Iterator[bytes]:
    """Yield every way in which a secret could have been written down."""
    raw = secret.encode()
    yield from (raw, raw[::-1], raw.hex().encode(), raw.hex().upper().encode())
    yield from (secret.encode("utf-16-le"), secret.encode("utf-16-be"))
    yield from (quote(secret, safe="").encode(), quote(secret).encode(), quote(secret, safe="").lower().encode())
    yield json.dumps(secret)[1:-1].encode()
    yield json.dumps(secret)[1:-1].replace("/", "\\/").encode()
    yield "".join(f"\\u{ord(letter):04x}" for letter in secret).encode()
    for before in (b"", b"a", b"ab", b"ada@example.com:"):
        # Its last letters, and those it begins with, are shared with what stands beside it.
        skipped = -(-len(before) * 4 // 3)
        yield b64encode(before + raw).rstrip(b"=")[skipped + 1 : -1]
        yield urlsafe_b64encode(before + raw).rstrip(b"=")[skipped + 1 : -1]


NEEDLES = sorted({spelling for secret in (CANARY, TOKEN) for spelling in spellings(secret)})


def unpacked(content: bytes) -> Iterator[bytes]:
    """Yield the content, and what is packed inside it."""
    yield content
    for member in re.finditer(rb"\x1f\x8b\x08|\x78[\x01\x9c\xda]", content):
        packer = zlib.decompressobj(zlib.MAX_WBITS | 32)
        try:
            yield packer.decompress(content[member.start() :])
        except zlib.error:
            continue


def found(content: bytes) -> list[bytes]:
    return [needle for layer in unpacked(content) for needle in NEEDLES if needle in layer]


@pytest.mark.parametrize("secret", [CANARY, TOKEN])
def test_the_sweep_finds_what_it_looks_for(secret):
    plain = [
        secret, secret[::-1], secret.encode().hex(), quote(secret, safe=""), json.dumps({"a": secret}),
        b64encode(f"ada@example.com:{secret}".encode()).decode(), b64encode(f'{{"x": "{secret}", "y": 1}}'.encode()).decode(),
    ]  # fmt: skip

    for text in plain:
        assert found(b"... " + text.encode() + b" ..."), text
        assert found(b"... " + gzip.compress(text.encode()) + b" ..."), text
    assert found(secret.encode("utf-16"))
    assert found(b"nothing") == []


def echo(asked: Asked, status: int = 200, **headers: str) -> Answer:
    """Answer as an app that repeats all it was sent, in many ways."""
    if asked.url.endswith("/login"):
        return reply({"data": {"token": TOKEN}})
    said: dict[str, Any] = {"url": asked.url, "headers": dict(asked.headers), "body": asked.body.decode("latin-1")}
    text = json.dumps(said)
    document: dict[str, Any] = {
        **said,
        "data": [{"id": 1, "number": text, **said}],
        "entry": {"id": 1, "number": "R", **said},
        "error": {"message": f"you sent {text}", "code": asked.headers.get("Authorization", asked.url)},
        "again": [b64encode(text.encode()).decode(), text.encode().hex(), text[::-1], quote(text, safe="")],
    }
    repeated = {"x-echo": text.replace("\n", ""), "location": "/v1/moved?k=" + asked.url, "link": f'<{asked.url}>; rel="next"'}
    return Answer(status, tuple((repeated | headers).items()), iter([json.dumps(document).encode()]))


def html(asked: Asked) -> Answer:
    said = "".join(f"<li>{name}: {escape(value)}" for name, value in asked.headers.items())
    return reply(content=f"<html>{escape(asked.url)}{said}<pre>{asked.body.decode()}</pre>".encode(), content_type="text/html")


def quoting(kind: type[SkillkitError]) -> Callable[[Asked], Answer]:
    def fail(asked: Asked) -> Answer:
        if asked.url.endswith("/login"):
            return echo(asked)
        raise kind(f"the app said {dict(asked.headers)} to {asked.url}")

    return fail


def halved(asked: Asked) -> Answer:
    whole = echo(asked)
    content = b"".join(whole.chunks)

    def chunks() -> Iterator[bytes]:
        yield from (content[at : at + 7] for at in range(0, len(content) // 2, 7))
        raise AnswerLost("broke off")

    return Answer(200, whole.headers, chunks())


def interrupted(asked: Asked) -> Answer:
    if asked.url.endswith("/login"):
        return echo(asked)
    raise KeyboardInterrupt


STATUSES = (200, 201, 204, 302, 400, 401, 402, 403, 404, 409, 418, 422, 429, 500, 502, 503, 504)
APPS: dict[str, Callable[[Asked], Answer]] = {
    **{str(status): lambda asked, status=status: echo(asked, status) for status in STATUSES},  # type: ignore[misc]
    "later": lambda asked: echo(asked, 429, **{"retry-after": "86400"}),
    "elsewhere": lambda asked: echo(
        asked, 302, location=f"https://evil.example/?{asked.url}{asked.headers.get('Authorization')}"
    ),
    "html": html,
    "half": halved,
    "cut json": lambda asked: reply(content=b"".join(echo(asked).chunks)[:-9]) if "login" not in asked.url else echo(asked),
    "unreachable": quoting(Unreachable),
    "barred": quoting(Barred),
    "lost": quoting(AnswerLost),
    "not http": quoting(Upstream),
    "interrupted": interrupted,
}
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "read": ("get-entry", {"id": 1}),
    "list": ("list-entries", {"limit": 40}),
    "create": ("create-entry", {"number": "R", "keyword": "x"}),
    "merge": ("update-entry", {"id": 1, "kind": "debit"}),
    "wait": ("make-report", {"year": 2026}),
    "file": ("download-report", {"id": "r1"}),
    "misfit": ("create-entry", {"numbr": 1}),
}


class Seen:
    """All that came out of the process."""

    def __init__(self, before: Callable[[], Any] = lambda: None) -> None:
        self.out = io.StringIO()
        self._before = before

    def __call__(self, act: Callable[[], Any]) -> None:
        self._before()
        try:
            self.tell(act())
        except (SkillkitError, KeyboardInterrupt) as error:
            chain: BaseException | None = error
            while chain is not None:
                assert chain is not chain.__cause__
                self.tell([chain.args, str(chain), getattr(chain, "output", None), getattr(chain, "hint", None)])
                chain = chain.__cause__ or chain.__context__
            if isinstance(error, SkillkitError):
                self.tell(error.described())
            self.out.write("".join(traceback.format_exception(error)))

    def tell(self, value: Any) -> None:
        content = getattr(getattr(value, "output", None), "content", b"")
        self.out.write(f"{value!r} {value} {json.dumps(value, default=repr)} {content.decode('utf-8', 'replace')}\n")


def swept(space: Workspace, seen: Seen, *folders: Path) -> None:
    """Fail on every place where a credential is."""
    for number, run in enumerate(space.store.runs(500)):
        assert found(json.dumps(run).encode()) == [], f"record {number}: {run['action']}"
    space.store.close()
    assert found(seen.out.getvalue().encode("utf-8", "surrogatepass")) == []
    files = [path for folder in (Path(space.home), *folders) for path in folder.rglob("*") if path.is_file()]
    assert {"vault.db", "store.db", "pace.db"} <= {path.name for path in files}
    assert [str(path) for path in files if found(path.read_bytes())] == []


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("way", CREDENTIALS)
def test_no_credential_comes_out_whatever_is_called_and_whatever_the_app_says(workspace, wire, connected, clock, here, way):
    connection = connected("ledger", auth=way, credential=CREDENTIALS[way])
    # Whatever an app has refused, its person has signed in again before the next call.
    seen = Seen(before=lambda: workspace.store.replace(connection))

    for app in APPS.values():
        wire.replies = app
        # An hour later the app is no longer left alone.
        clock.time += 3600
        for action, inputs in CALLS.values():
            seen(partial(calls.perform, workspace, Call(action, inputs, "ledger")))
        seen(lambda: calls.perform(workspace, Call("get-entry", {"id": 1}, "ledger", Options(raw=False))))
        seen(lambda: list(calls.rows(workspace, Call("list-entries", {"limit": 31}, "ledger"))[1]))
        seen(lambda: calls.ask(workspace, "ledger", Request("POST", "/entries", body={"n": 1})))
        seen(lambda: calls.ask(workspace, "ledger", Request("GET", "/entries")))
        seen(lambda: accounts.connect(workspace, SignIn("ledger", dict(CREDENTIALS[way]), auth=way, key="second")))
        if len(workspace.store.connections()) > 1:
            accounts.disconnect(workspace, "second")
    seen(lambda: calls.planned(workspace, Call("update-entry", {"id": 1}, "ledger")))
    seen(lambda: calls.planned_request(workspace, "ledger", Request("GET", "/entries", query=("api_key=1",))))
    seen(lambda: accounts.connect(workspace, SignIn("ledger", {**CREDENTIALS[way], "more": CANARY}, auth=way)))
    seen(lambda: workspace.world(workspace.connection("ledger")))

    assert len(workspace.store.runs(500)) == 11 * len(APPS)
    swept(workspace, seen, here)


COMMANDS = [
    ("action", "run", "get-entry", "--connectionId", "ledger", "-i", '{"id": 1}'),
    ("action", "run", "create-entry", "--connectionId", "ledger", "-i", '{"number": "R", "keyword": "x"}'),
    ("action", "run", "list-entries", "--connectionId", "ledger", "--all", "--limit", "40"),
    ("action", "run", "list-entries", "--connectionId", "ledger", "--raw"),
    ("action", "run", "update-entry", "--connectionId", "ledger", "-i", '{"id": 1}', "--dry-run"),
    ("request", "ledger", "/entries"),
    ("request", "ledger", "/entries", "-X", "POST", "-d", '{"n": 1}'),
    ("connection", "list"),
    ("connection", "get", "ledger"),
    ("run", "list"),
]


@pytest.mark.parametrize("way", ["key", "query", "basic", "login"])
def test_no_credential_comes_out_of_the_command_line(skillkit, workspace, wire, connected, clock, here, way):
    connection = connected("ledger", auth=way, credential=CREDENTIALS[way])
    seen = Seen()
    codes = set()

    for app in ("200", "302", "401", "404", "429", "500", "html", "lost", "not http", "interrupted"):
        wire.replies = APPS[app]
        clock.time += 3600
        for number, command in enumerate(COMMANDS):
            flags = ((), ("--json",), ("--debug",), ("--json", "--debug"))[number % 4]
            workspace.store.replace(connection)
            typed = skillkit(*command, *flags)
            codes.add(typed.exit_code)
            seen.out.write(typed.stdout + typed.stderr)
        credential = json.dumps(CREDENTIALS[way])
        words = (
            "connect",
            "--connectorKey",
            "ledger",
            "--auth",
            way,
            "--credentials",
            "-",
            "--connectionKey",
            "second",
            "--debug",
        )
        typed = skillkit(*words, input=credential)
        seen.out.write(typed.stdout + typed.stderr)
        if len(workspace.store.connections()) > 1:
            accounts.disconnect(workspace, "second")
    for run in workspace.store.runs(500):
        seen.out.write(skillkit("run", "show", str(run["id"])).stdout)

    assert {0, 4, 6, 9, 130} <= codes
    swept(workspace, seen, here)
