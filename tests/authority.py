"""
A small authorization server: codes with S256, refresh tokens that rotate, families that die with a replay, devices, documents.

It sits in the adapter's seat, or on loopback for tests with several processes, and remembers what it was asked.
"""

from __future__ import annotations

import json
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from skillkit.errors import SkillkitError
from skillkit.network import Answer, Stream, Wire

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
SECRETS = {"cli": "", "web": "canary-web-5a0c", "svc": "canary-svc-91fe", "tv": ""}

Said = tuple[int, Any]


@dataclass(repr=False)
class Authority:
    """The server; `next` holds what it says instead to the next questions for tokens, one after another."""

    issuer: str = "https://login.example"
    lifetime: Any = 3600
    now: Callable[[], float] = lambda: 0.0
    rotates: bool = True
    scope: str = ""
    next: list[Said | SkillkitError | None] = field(default_factory=list)
    # Called after tokens were given and before anybody is told: a test cuts the line here.
    given: Callable[[], None] = lambda: None
    # What else its documents say; None takes a key out.
    metadata: dict[str, Any] = field(default_factory=dict)
    resource: dict[str, Any] = field(default_factory=dict)
    challenge: str = ""
    grants: list[str] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    access: dict[str, tuple[str, float]] = field(default_factory=dict)
    refresh: dict[str, str] = field(default_factory=dict)
    used: dict[str, str] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    devices: dict[str, str] = field(default_factory=dict)
    lock: Any = field(default_factory=threading.Lock)
    count: int = 0

    # A person.

    def consented(self, url: str, **changes: str) -> dict[str, str]:
        """Return what the browser brings back when the person at this address agrees."""
        query = dict(parse_qsl(urlsplit(url).query))
        assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
        code = self._word("code")
        self.codes[code] = query
        return {"code": code, "state": query["state"], "iss": self.issuer, **changes}

    def decide(self, answer: str) -> None:
        """Have the person with the other device agree ("yes") or decline ("no")."""
        self.devices = dict.fromkeys(self.devices, answer)

    def refreshed(self) -> int:
        return self.grants.count("refresh_token")

    # What it answers.

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Any, dict[str, str]]:
        path, form = urlsplit(url).path, dict(parse_qsl(body.decode()))
        with self.lock:
            self.asked.append((method, path, form))
            if path.startswith("/api"):
                return self._api(path, headers)
            if path.startswith("/.well-known/oauth-protected-resource"):
                named = self.issuer + path.removeprefix("/.well-known/oauth-protected-resource")
                return self._document({"resource": named, "authorization_servers": [self.issuer]}, self.resource)
            if path.startswith("/.well-known/"):
                return self._metadata()
            if path == "/device/auth":
                code = self._word("device")
                self.devices[code] = ""
                return 200, {"device_code": code, "user_code": "WDJB-MJHT", **self._device()}, {}
            if path != "/token":
                return 404, {"error": "not_found"}, {}
            return (*self._token(form, headers), {})

    def _device(self) -> dict[str, Any]:
        said = {"verification_uri": f"{self.issuer}/device", "expires_in": 600, "interval": 5}
        return {name: value for name, value in {**said, **self.metadata.get("device", {})}.items() if value is not None}

    def _metadata(self) -> tuple[int, Any, dict[str, str]]:
        places = {"authorization_endpoint": f"{self.issuer}/auth", "token_endpoint": f"{self.issuer}/token"}
        said = {"issuer": self.issuer, **places, "code_challenge_methods_supported": ["S256"]}
        return self._document({**said, "authorization_response_iss_parameter_supported": True}, self.metadata)

    @staticmethod
    def _document(said: dict[str, Any], changes: Mapping[str, Any]) -> tuple[int, Any, dict[str, str]]:
        return 200, {name: value for name, value in {**said, **changes}.items() if value is not None}, {}

    def _api(self, path: str, headers: Mapping[str, str]) -> tuple[int, Any, dict[str, str]]:
        family, until = self.access.get(headers.get("authorization", "").removeprefix("Bearer "), ("", -1.0))
        good = family and family not in self.dead and until > self.now()
        if good:
            return 200, {"ok": True, "sub": "ada"}, {}
        if path.endswith("/soft"):
            return 200, {"ok": False, "error": "token_expired"}, {}
        return 401, {"error": "invalid_token"}, {"www-authenticate": self.challenge} if self.challenge else {}

    def _token(self, form: dict[str, str], headers: Mapping[str, str]) -> Said:
        kind = form.get("grant_type", "")
        self.grants.append(kind)
        instead = self.next.pop(0) if self.next else None
        if isinstance(instead, SkillkitError):
            raise instead
        if instead is not None:
            return instead
        if refused := self._client(form, headers):
            return 401, {"error": refused}
        status, said = GRANTS[kind](self, form)
        if status == 200:
            self.given()
        return status, said

    def _client(self, form: dict[str, str], headers: Mapping[str, str]) -> str:
        pair = headers.get("authorization", "").removeprefix("Basic ")
        name, _, secret = b64decode(pair).decode().partition(":") if pair else (form.get("client_id", ""), "", "")
        secret = unquote_plus(secret) if pair else form.get("client_secret", "")
        known = SECRETS.get(unquote_plus(name)) if not name.startswith("https") else ""
        return "" if known == secret else "invalid_client"

    def _code(self, form: dict[str, str]) -> Said:
        query = self.codes.pop(form.get("code", ""), None)
        digest = sha256(form.get("code_verifier", "").encode()).digest()
        if (
            not query
            or query["redirect_uri"] != form.get("redirect_uri")
            or query["code_challenge"] != urlsafe_b64encode(digest).rstrip(b"=").decode()
        ):
            return 400, {"error": "invalid_grant"}
        return self._given(self._word("family"))

    def _renew(self, form: dict[str, str]) -> Said:
        token = form.get("refresh_token", "")
        family = self.refresh.get(token) or self.used.get(token, "")
        if token in self.used:
            # Somebody has it who should not: nobody of this family is believed any more.
            self.dead.add(family)
        if not family or family in self.dead:
            return 400, {"error": "invalid_grant", "error_description": f"not known: {token}"}
        if self.rotates:
            self.used[token] = self.refresh.pop(token)
        return self._given(family)

    def _poll(self, form: dict[str, str]) -> Said:
        answer = self.devices.get(form.get("device_code", ""))
        word = {"": "authorization_pending", "slow": "slow_down", "no": "access_denied", None: "expired_token"}.get(answer, "")
        return (400, {"error": word}) if word else self._given(self._word("family"))

    def _service(self, _form: dict[str, str]) -> Said:
        status, said = self._given(self._word("family"))
        return status, {name: value for name, value in said.items() if name != "refresh_token"}

    def _given(self, family: str) -> Said:
        access, refresh = self._word("access"), self._word("refresh")
        life = self.lifetime if isinstance(self.lifetime, int | float) else 3600
        self.access[access] = (family, self.now() + life)
        self.refresh[refresh] = family
        said = {"access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": self.lifetime}
        if not self.rotates and "refresh_token" in self.grants[-1:]:
            del said["refresh_token"]
        return 200, {**said, **({"scope": self.scope} if self.scope else {})}

    def _word(self, kind: str) -> str:
        self.count += 1
        return f"canary-{kind}-{self.count:04d}-{sha256(str(self.count).encode()).hexdigest()[:12]}"

    # Where it sits.

    def exchange(self, wire: Wire) -> Answer:
        """Answer as the network would."""
        body = b"".join(wire.body.open()) if isinstance(wire.body, Stream) else wire.body
        headers = {name.lower(): value for name, value in wire.headers}
        status, said, more = self.answer(wire.method, wire.url, headers, body)
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        return Answer(status, (("content-type", "application/json"), *more.items()), iter([content]))


GRANTS: Mapping[str, Callable[[Authority, dict[str, str]], Said]] = {
    "authorization_code": Authority._code,  # noqa: SLF001 - a table of its own methods
    "refresh_token": Authority._renew,  # noqa: SLF001
    "client_credentials": Authority._service,  # noqa: SLF001
    DEVICE: Authority._poll,  # noqa: SLF001
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    authority: Authority

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, said, more = self.authority.answer(self.command, self.path, headers, body)
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = answer  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""


@contextmanager
def served(authority: Authority) -> Iterator[str]:
    """Serve it on loopback; yield its address, which is its name from then on."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answering", (_Handler,), {"authority": authority}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    authority.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield authority.issuer
    finally:
        server.shutdown()
        server.server_close()
