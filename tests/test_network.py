"""The one HTTP adapter, over real sockets on loopback against small servers that misbehave."""

from __future__ import annotations

import gzip
import itertools
import socket
import ssl
import sys
import threading
import time
import tracemalloc
import warnings
import zlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from skillkit.errors import AnswerLost, Barred, InvalidInput, Unreachable, Upstream
from skillkit.network import Network, Stream, Wire
from tests.guard import WATCHED

VECTORS = (Path(__file__).parent / "data" / "addresses.txt").read_text(encoding="utf-8")
HOSTS = VECTORS.partition("[hosts]")[2].partition("[ranges]")[0].split()
PUBLIC = "93.184.215.14"
CANARY = "canary-4711"

# A busy machine wakes a thread late; on an idle one a deadline is missed by a few milliseconds.
LATE = 0.4

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


# Every connection that this process tries to make is seen here; none of them leaves the machine.
@pytest.fixture
def dialled():
    WATCHED.addresses = []
    yield WATCHED.addresses
    WATCHED.addresses = None


def resolver(*addresses, asked=None):
    """Return a stand-in for the system's resolver that answers `addresses` to every name, and notes it in `asked`."""

    def resolve(host, port):
        if asked is not None:
            asked.append(host)
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    return resolve


class App:
    """A server that lets `talk` have each connection, one thread each."""

    def __init__(self, talk, tls=None, host="127.0.0.1"):
        self.talk = talk
        self.tls = tls
        self.requests = []
        self.connections = []
        self.over = threading.Event()
        self.listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections.append(connection)
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with suppress(OSError):
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
                self.connections.append(connection)
            with connection:
                self.talk(self, connection)

    def read(self, connection):
        """Return the next request's head and body; nothing when the other side hangs up."""
        received = b""
        while b"\r\n\r\n" not in received:
            piece = connection.recv(65_536)
            if not piece:
                raise OSError
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
        while lengths and len(body) < int(lengths[0]):
            body += connection.recv(65_536)
        self.requests.append((head, body))
        return head, body

    def close(self):
        self.over.set()
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self.thread.join(1)

    @property
    def opened(self):
        return len([each for each in self.connections if not isinstance(each, ssl.SSLSocket)])


def replies(*answers):
    """Return a talk that gives one answer a request, the last one again and again."""

    def talk(app, connection):
        for answer in itertools.chain(answers, itertools.repeat(answers[-1])):
            app.read(connection)
            connection.sendall(answer)

    return talk


def hangs_up_after(answer):
    def talk(app, connection):
        app.read(connection)
        connection.sendall(answer)

    return talk


def answer(body, *headers, status="200 OK"):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture
def app():
    apps = []

    def start(talk, **options):
        apps.append(App(talk, **options))
        return apps[-1]

    yield start
    for each in apps:
        each.close()


@pytest.fixture
def network():
    networks = []

    def make(**options):
        options = {"connect_timeout": 1.0, "first_byte_timeout": 0.5, "idle_timeout": 0.5} | options
        networks.append(Network(**options))
        return networks[-1]

    yield make
    for each in networks:
        each.close()


def to(app, path="/", *, method="GET", host="127.0.0.1", **fields):
    scheme = "https" if app.tls else "http"
    return Wire(method, f"{scheme}://{host}:{app.port}{path}", **{"private": True, "timeout": 5.0} | fields)


def read(found):
    return b"".join(found.chunks)


# What goes out and what comes back.


def test_a_request_goes_out_as_it_was_given_and_the_answer_comes_back(app, network):
    here = app(replies(answer(b'{"id": 7}', "Content-Type: application/json", "X-Note: caf\xe9", status="201 Created")))

    found = network().exchange(to(here, "/v1/a%20b?x=1&x=2", method="POST", headers=(("X-API-KEY", CANARY),), body=b"{}"))

    assert read(found) == b'{"id": 7}'
    assert found.status == 201
    assert dict(found.headers)["content-type"] == "application/json"
    ((head, body),) = here.requests
    assert head.split(b"\r\n") == [
        b"POST /v1/a%20b?x=1&x=2 HTTP/1.1",
        b"Host: 127.0.0.1:%d" % here.port,
        b"Accept-Encoding: gzip, deflate",
        b"Content-Length: 2",
        b"X-API-KEY: " + CANARY.encode(),
    ]
    assert body == b"{}"


@pytest.mark.parametrize(
    ("method", "announced"), [("GET", False), ("HEAD", False), ("DELETE", False), ("POST", True), ("PUT", True), ("PATCH", True)]
)
def test_an_empty_body_is_announced_where_one_is_expected(app, network, method, announced):
    here = app(replies(b"HTTP/1.1 204 No Content\r\n\r\n"))

    read(network().exchange(to(here, method=method)))

    assert (b"Content-Length: 0" in here.requests[0][0]) is announced


@pytest.mark.parametrize(
    ("url", "line", "host"),
    [
        ("http://127.0.0.1:{port}", b"GET / HTTP/1.1", b"Host: 127.0.0.1:"),
        ("http://127.0.0.1:{port}?a=1", b"GET /?a=1 HTTP/1.1", b"Host: 127.0.0.1:"),
        ("http://LocalHost:{port}/", b"GET / HTTP/1.1", b"Host: localhost:"),
        ("http://m\xfcller.test:{port}/", b"GET / HTTP/1.1", b"Host: xn--mller-kva.test:"),
    ],
)
def test_the_host_is_named_in_ascii_and_the_path_begins_with_a_slash(app, network, url, line, host):
    here = app(replies(OK))

    read(network(resolve=resolver("127.0.0.1")).exchange(Wire("GET", url.format(port=here.port), private=True)))

    assert here.requests[0][0].startswith(line + b"\r\n" + host + b"%d" % here.port)


def test_an_address_in_brackets_is_dialled(app, network):
    try:
        here = app(replies(OK), host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")

    assert read(network().exchange(to(here, host="[::1]"))) == b"ok"
    assert b"Host: [::1]:%d" % here.port in here.requests[0][0]


@pytest.mark.parametrize(
    "headers",
    [
        *[((name, "x"),) for name in ("Host", "hOST", "Content-Length", "Transfer-Encoding", "Connection", "accept-encoding")],
        (("X-A", f"{CANARY}\r\nX-Evil: 1"),),
        (("X-A", f"{CANARY}\n"),),
        (("X-A", f"{CANARY}\x00"),),
        (("X-A", f"{CANARY}\u20ac"),),
        (("X A", CANARY),),
        (("", CANARY),),
        (("X-A\r\nX-Evil", CANARY),),
    ],
)
def test_a_header_that_breaks_the_request_is_refused_and_not_quoted(app, network, dialled, headers):
    here = app(replies(OK))

    with pytest.raises(InvalidInput) as raised:
        network().exchange(to(here, headers=headers))

    assert CANARY not in str(raised.value)
    assert dialled == []


def test_what_signs_a_request_is_not_printed_with_it():
    wire = Wire("POST", f"https://api.test/?key={CANARY}", (("X-API-KEY", CANARY),), CANARY.encode())

    assert CANARY not in repr(wire)


@pytest.mark.parametrize("path", ["/a b", "/a\r\nX-Evil:1", "/\xfc", "/a#b", "/\x7f"])
def test_a_url_that_is_not_escaped_is_refused_and_not_quoted(network, dialled, path):
    with pytest.raises(Unreachable) as raised:
        network(resolve=resolver("127.0.0.1")).exchange(Wire("GET", f"https://api.test{path}?key={CANARY}", private=True))

    assert CANARY not in str(raised.value)
    assert dialled == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_an_answer_and_nobody_follows_it(app, network, status, method):
    evil = app(replies(OK))
    here = app(replies(answer(b"", f"Location: http://127.0.0.1:{evil.port}/", status=f"{status} Elsewhere")))

    found = network().exchange(to(here, method=method, body=b"{}" if method == "POST" else b""))

    assert (found.status, read(found)) == (status, b"")
    assert dict(found.headers)["location"].endswith(f":{evil.port}/")
    assert (len(here.requests), evil.opened) == (1, 0)


# Where a request may go.


def spelled(host, port):
    """Resolve as the system does, but for names: those lie here, and a metadata service at a public address."""
    names = {"metadata.google.internal": PUBLIC, "localhost": "127.0.0.1"}
    bare = host.rstrip(".")
    return socket.getaddrinfo(names.get(bare, bare), port, flags=socket.AI_NUMERICHOST)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", HOSTS)
def test_a_closed_address_is_not_dialled_however_it_is_spelled(network, dialled, scheme, host):
    with pytest.raises(Unreachable):
        network(resolve=spelled).exchange(Wire("GET", f"{scheme}://{host}/"))

    assert dialled == []


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "LOCALHOST"])
def test_a_persons_own_base_url_reaches_this_machine_however_it_is_spelled(app, network, host):
    assert read(network(resolve=spelled).exchange(to(app(replies(OK)), host=host))) == b"ok"


@pytest.mark.parametrize("host", ["169.254.169.254", "0xA9FEA9FE", "[fd00:ec2::254]", "metadata.google.internal", "192.0.0.192"])
def test_a_persons_own_base_url_does_not_reach_a_metadata_service(network, dialled, host):
    with pytest.raises(Unreachable, match="metadata"):
        network(resolve=spelled).exchange(Wire("GET", f"https://{host}/", private=True))

    assert dialled == []


def test_the_refusal_says_how_a_private_address_is_reached(network):
    with pytest.raises(Unreachable, match=r"https://erp\.test is not dialled: 10\.0\.0\.7 is private") as raised:
        network(resolve=resolver("10.0.0.7")).exchange(Wire("GET", "https://erp.test/"))

    assert "base URL" in raised.value.hint


@pytest.mark.parametrize("closed", ["127.0.0.1", "::1", "10.0.0.1", "fe80::1%eth0", "::ffff:10.0.0.1", "64:ff9b::a00:1"])
@pytest.mark.parametrize("turn", [1, -1])
def test_one_closed_address_among_open_ones_closes_them_all(network, dialled, closed, turn):
    with pytest.raises(Unreachable, match="not dialled"):
        network(resolve=resolver(*[PUBLIC, "2606:4700:4700::1111", closed][::turn])).exchange(Wire("GET", "https://api.test/"))

    assert dialled == []


def test_a_name_is_asked_for_once_and_the_address_that_was_checked_is_dialled(network, dialled):
    answers = iter([PUBLIC, "127.0.0.1", "127.0.0.1"])

    with pytest.raises(Unreachable):
        network(resolve=lambda host, port: [(0, 0, 0, "", (next(answers), port))]).exchange(Wire("GET", "https://api.test/"))

    assert dialled == [PUBLIC]
    assert list(answers) == ["127.0.0.1", "127.0.0.1"]


def test_the_port_that_is_dialled_is_the_urls(app, network):
    here, other = app(replies(OK)), app(replies(OK))

    read(network(resolve=lambda host, port: [(0, 0, 0, "", ("127.0.0.1", other.port))]).exchange(to(here)))

    assert (here.opened, other.opened) == (1, 0)


def test_when_one_address_does_not_answer_the_next_is_tried(app, network, dialled):
    here = app(replies(OK))

    assert read(network(resolve=resolver("127.0.0.2", "127.0.0.1")).exchange(to(here))) == b"ok"
    assert dialled == ["127.0.0.2", "127.0.0.1"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a listener whose queue is full refuses and does not stay silent")
def test_an_address_that_swallows_everything_leaves_time_for_the_next(app, network):
    here = app(replies(OK))
    waiting = [socket.socket() for _ in range(3)]
    with socket.create_server(("127.0.0.2", here.port), backlog=0):
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.2", here.port))
        found = network(connect_timeout=0.4, resolve=resolver("127.0.0.2", "127.0.0.1")).exchange(to(here))
    for each in waiting:
        each.close()

    assert read(found) == b"ok"


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("address", [PUBLIC, "192.168.1.1"])
def test_plain_http_does_not_leave_this_machine(network, dialled, private, address):
    with pytest.raises(Unreachable):
        network(resolve=resolver(address)).exchange(Wire("GET", "http://erp.test/", private=private))

    assert dialled == []


def test_a_name_that_does_not_exist_is_unreachable(network):
    def nowhere(host, port):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(Unreachable, match=r"'api\.test' was not found: .*not known"):
        network(resolve=nowhere).exchange(Wire("GET", "https://api.test/"))
    with pytest.raises(Unreachable, match="has no address"):
        network(resolve=resolver()).exchange(Wire("GET", "https://api.test/"))


def test_a_port_where_nobody_listens_is_unreachable(network):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(Unreachable, match="does not take connections") as raised:
        network().exchange(Wire("GET", f"http://127.0.0.1:{port}/", private=True))
    assert type(raised.value) is Unreachable


@pytest.mark.parametrize(
    "url",
    [
        "ftp://api.test/",
        "file:///etc/passwd",
        "//api.test/",
        "api.test",
        "",
        "https:///x",
        "https://.api.test/",
        "https://api.test:0/",
        "https://api.test:65536/",
        "https://[::1/",
        "https://a\\b/",
        "https://a%2eb/",
        "https://straße.test/",
        " https://api.test/",
    ],
)
def test_what_is_not_the_url_of_a_plain_host_is_refused(network, dialled, url):
    asked: list[str] = []

    with pytest.raises(Unreachable):
        network(resolve=resolver("127.0.0.1", asked=asked)).exchange(Wire("GET", url, private=True))
    assert (asked, dialled) == ([], [])


def test_nothing_of_where_requests_go_is_read_from_the_environment(app, network, monkeypatch, tmp_path):
    evil, here = app(replies(OK)), app(replies(OK))
    (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login evil password {CANARY}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{evil.port}")
        monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{evil.port}")

    assert read(network().exchange(to(here))) == b"ok"
    assert evil.opened == 0
    assert b"uthorization" not in here.requests[0][0]


# TLS.


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("tls") / "ca.crt"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def served(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def test_tls_is_verified_for_the_name_and_the_connection_kept(app, network, authority, ca_file):
    here = app(replies(OK), tls=served(authority.issue_cert("localhost")))
    ours = network(ca_file=ca_file)

    assert [read(ours.exchange(to(here, host=host))) for host in ("localhost", "localhost", "LOCALHOST")] == [b"ok"] * 3
    assert here.opened == 1


def test_tls_is_verified_for_an_address(app, network, authority, ca_file):
    here = app(replies(OK), tls=served(authority.issue_cert("127.0.0.1")))

    assert read(network(ca_file=ca_file).exchange(to(here))) == b"ok"


YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    ("issue", "fault"),
    [
        (lambda ours: trustme.CA().issue_cert("localhost"), "signed by nobody known here"),
        (lambda ours: ours.issue_cert("localhost", not_before=YESTERDAY - timedelta(days=9), not_after=YESTERDAY), "has expired"),
        (lambda ours: ours.issue_cert("other.test"), "is for another name"),
    ],
)
def test_each_fault_of_a_certificate_is_named(app, network, authority, ca_file, issue, fault):
    here = app(replies(OK), tls=served(issue(authority)))

    with pytest.raises(Unreachable, match=f"certificate of https://localhost:{here.port} .*{fault}") as raised:
        network(ca_file=ca_file).exchange(to(here, host="localhost", headers=(("X-API-KEY", CANARY),)))

    assert type(raised.value) is Barred
    assert here.requests == []


def test_a_certificate_that_signs_itself_is_refused(app, network, tmp_path):
    lone = trustme.CA()
    pem = tmp_path / "lone.crt"
    pem.write_bytes(lone.private_key_pem.bytes() + lone.cert_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    with pytest.raises(Unreachable, match="signed by itself alone"):
        network().exchange(to(app(replies(OK), tls=context), host="localhost"))


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_a_tls_too_old_is_refused(app, network, authority, ca_file, version):
    context = served(authority.issue_cert("localhost"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
        except (ssl.SSLError, ValueError):
            pytest.skip(f"this build of OpenSSL does not speak {version}")

    with pytest.raises(Unreachable, match="too old to trust"):
        network(ca_file=ca_file).exchange(to(app(replies(OK), tls=context), host="localhost"))


def test_a_server_that_does_not_speak_tls_is_unreachable(app, network):
    here = app(lambda app, connection: connection.sendall(OK + connection.recv(65_536)))

    with pytest.raises(Unreachable, match="does not speak TLS"):
        network().exchange(Wire("GET", f"https://localhost:{here.port}/", private=True))


def test_a_handshake_that_never_ends_is_unreachable_in_time(app, network):
    here = app(lambda app, connection: app.over.wait(9))
    started = time.monotonic()

    with pytest.raises(Unreachable, match="broke off before TLS") as raised:
        network(connect_timeout=0.2).exchange(Wire("GET", f"https://localhost:{here.port}/", private=True))
    assert type(raised.value) is Unreachable
    assert time.monotonic() - started < 0.2 + LATE


def test_whom_to_trust_is_not_read_from_the_environment(app, network, authority, ca_file, monkeypatch, tmp_path):
    here = app(replies(OK), tls=served(authority.issue_cert("localhost")))
    monkeypatch.setenv("SSL_CERT_FILE", ca_file)
    monkeypatch.setenv("SSL_CERT_DIR", str(Path(ca_file).parent))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_file)
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))

    with pytest.raises(Unreachable, match="signed by nobody known here"):
        network().exchange(to(here, host="localhost"))
    assert read(network(ca_file=ca_file).exchange(to(here, host="localhost"))) == b"ok"
    assert not (tmp_path / "keys").exists()


def test_certificates_that_cannot_be_read_are_named(network):
    with pytest.raises(Unreachable, match=r"'no/such\.pem' cannot be read"):
        network(ca_file="no/such.pem").exchange(Wire("GET", "https://localhost/", private=True))


def test_an_answer_that_is_cut_off_under_tls_is_not_taken_for_whole(app, network, authority, ca_file):
    def talk(app, connection):
        app.read(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nrow 1\nrow 2\n")
        # No farewell of TLS: just what somebody on the way could send.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)

    found = network(ca_file=ca_file).exchange(to(app(talk, tls=served(authority.issue_cert("localhost"))), host="localhost"))

    with pytest.raises(AnswerLost):
        read(found)


# Limits on what comes back.


def endless(start, again):
    def talk(app, connection):
        app.read(connection)
        connection.sendall(start)
        while True:
            connection.sendall(again)

    return talk


HEADERS = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("talk", "reason"),
    [
        (hangs_up_after(HEADERS + b"X-Long: " + b"x" * 1_000_000 + b"\r\n\r\n"), "too many headers"),
        (hangs_up_after(HEADERS + b"X-Long: " + b"x" * 70_000 + b"\r\n\r\n"), "too many headers"),
        (hangs_up_after(HEADERS + b"a: b\r\n" * 100_000 + b"\r\n"), "too many headers"),
        (hangs_up_after(HEADERS + b"a: b\r\n" * 300 + b"\r\n"), "too many headers"),
        (endless(HEADERS, b"x: " + b"y" * 1_000 + b"\r\n"), "too many headers"),
        (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "too many headers"),
        (hangs_up_after(HEADERS + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nokk"), "conflicting Content-Length"),
        (hangs_up_after(HEADERS + b"Content-Length: 2, 3\r\n\r\nokk"), "conflicting Content-Length"),
        (hangs_up_after(HEADERS + b"Content-Length: -1\r\n\r\n"), "bad Content-Length"),
        (hangs_up_after(HEADERS + b"Content-Length: 1e3\r\n\r\n"), "bad Content-Length"),
        (hangs_up_after(HEADERS + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n"), "bad Content-Length"),
        (hangs_up_after(HEADERS + b"Transfer-Encoding: gzip, chunked\r\n\r\n"), "Transfer-Encoding"),
        (hangs_up_after(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"), "illegal status line"),
        (hangs_up_after(b"HTTP/1.1 099 Odd\r\n\r\n"), "in HTTP"),
        (hangs_up_after(b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n"), "in HTTP"),
        (hangs_up_after(HEADERS + f"X-Echo {CANARY}\r\n\r\n".encode()), "illegal header line"),
        (hangs_up_after(HEADERS + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\nok"), "nobody asked for"),
        (hangs_up_after(HEADERS + b"Content-Encoding: zstd\r\nContent-Length: 2\r\n\r\nok"), "nobody asked for"),
        (hangs_up_after(HEADERS + b"Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n"), "nobody asked for"),
    ],
)
def test_an_answer_that_breaks_http_or_its_limits_is_the_apps_mistake(app, network, talk, reason):
    with pytest.raises(Upstream, match=reason) as raised:
        read(network().exchange(to(app(talk))))

    assert CANARY not in str(raised.value)


def chunked(*pieces):
    return b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (chunked(b"ok") + b"zz\r\n", "illegal chunk header"),
        (chunked(b"ok") + b"2\r\nokXX", "malformed chunk footer"),
        (b"Content-Encoding: gzip\r\n" + chunked(b"not gzip at all") + b"0\r\n\r\n", "is not the gzip"),
        (b"Content-Encoding: gzip\r\n" + chunked(gzip.compress(b"x" * 99, mtime=0)[:-3]) + b"0\r\n\r\n", "stops before its end"),
        (b"Content-Length: 101\r\n\r\n" + b"x" * 101, "larger than 100 bytes"),
    ],
)
def test_a_broken_body_is_the_apps_mistake_and_says_the_status(app, network, body, reason):
    found = network().exchange(to(app(hangs_up_after(b"HTTP/1.1 202 Accepted\r\n" + body)), max_bytes=100))

    with pytest.raises(Upstream, match=reason) as raised:
        read(found)
    assert raised.value.status == 202


def grown_by(call):
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def bomb():
    packer = zlib.compressobj(wbits=31)
    first = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    # 200 MB in 200 kB; what one flush packs can follow itself.
    return first + block * 199


@pytest.mark.parametrize(
    ("talk", "reason"),
    [
        (endless(HEADERS, b"x: " + b"y" * 10_000 + b"\r\n"), "too many headers"),
        (endless(HEADERS + chunked(), b"10000\r\n" + b"x" * 65_536 + b"\r\n"), "larger than 5000000 bytes"),
        (endless(HEADERS + b"\r\n", b"x" * 65_536), "larger than 5000000 bytes"),
        (hangs_up_after(answer(bomb(), "Content-Encoding: gzip")), "more than 200 times"),
    ],
    ids=["headers", "chunked", "until the end", "bomb"],
)
def test_an_answer_without_end_is_stopped_at_its_limit_and_never_held(app, network, talk, reason):
    here, ours = app(talk), network()

    def drain():
        with pytest.raises(Upstream, match=reason):
            for _ in ours.exchange(to(here, max_bytes=5_000_000)).chunks:
                pass

    assert grown_by(drain) < 1_000_000


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_packed_answer_comes_out_unpacked(app, network, encoding, pack):
    content = b'{"n": 1}' * 10_000

    assert read(network().exchange(to(app(replies(answer(pack(content), f"Content-Encoding: {encoding}")))))) == content


@pytest.mark.parametrize(
    ("method", "reply"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\nContent-Encoding: br\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 999\r\nContent-Encoding: gzip\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Encoding: gzip\r\n\r\n"),
        ("GET", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ],
)
def test_an_answer_without_a_body_is_whole_and_keeps_the_connection(app, network, method, reply):
    here = app(replies(reply))
    ours = network()

    assert [read(ours.exchange(to(here, method=method))) for _ in range(2)] == [b"", b""]
    assert here.opened == 1


# Answers that do not come, or not whole.


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_ends_before_the_answer_loses_it(app, network, method, reply):
    here = app(hangs_up_after(reply))

    with pytest.raises(AnswerLost, match="hung up") as raised:
        network().exchange(to(here, method=method, body=b"{}"))
    assert "look before" in raised.value.hint
    assert len(here.requests) == 1


@pytest.mark.parametrize("body", [b"Content-Length: 500\r\n\r\nhalf", chunked(b"half"), b"Content-Length: 99999999999\r\n\r\n"])
def test_a_body_that_ends_early_loses_the_answer(app, network, body):
    found = network().exchange(to(app(hangs_up_after(HEADERS + body))))

    with pytest.raises(AnswerLost, match="hung up before the answer was whole"):
        read(found)


def test_a_reset_loses_the_answer(app, network):
    def talk(app, connection):
        app.read(connection)
        connection.sendall(HEADERS + b"Content-Length: 500\r\n\r\nhalf")
        time.sleep(0.05)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    found = network().exchange(to(app(talk)))

    time.sleep(0.1)
    with pytest.raises(AnswerLost, match="broke off"):
        read(found)


def drips(app, connection):
    app.read(connection)
    connection.sendall(HEADERS + b"Content-Length: 500\r\n\r\n")
    while True:
        time.sleep(0.05)
        connection.sendall(b"x")


def drips_headers(app, connection):
    app.read(connection)
    for byte in itertools.cycle(b"HTTP/1.1 200 OK\r\nX-Slow: x"):
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def stalls_after(reply):
    def talk(app, connection):
        app.read(connection)
        connection.sendall(reply)
        app.over.wait(9)

    return talk


def half_closes(app, connection):
    app.read(connection)
    connection.sendall(HEADERS + b"Content-Length: 500\r\n\r\nhalf")
    connection.shutdown(socket.SHUT_WR)
    app.over.wait(9)


@pytest.mark.parametrize(
    ("talk", "limits", "after", "reason"),
    [
        (stalls_after(b""), {"first_byte_timeout": 0.2}, 0.2, "said nothing for 0.2 s"),
        (stalls_after(b""), {"first_byte_timeout": 9}, 0.5, "longer than the time allowed"),
        (stalls_after(b"HTTP/1.1 2"), {"first_byte_timeout": 9, "idle_timeout": 0.2}, 0.2, "said nothing for 0.2 s"),
        (stalls_after(HEADERS + b"Content-Length: 9\r\n\r\nhalf"), {"idle_timeout": 0.2}, 0.2, "said nothing for 0.2 s"),
        (stalls_after(HEADERS + b"Content-Length: 9\r\n\r\nhalf"), {"idle_timeout": 9}, 0.5, "longer than the time allowed"),
        (drips, {"idle_timeout": 9}, 0.5, "longer than the time allowed"),
        (drips_headers, {"idle_timeout": 9}, 0.5, "longer than the time allowed"),
        (half_closes, {"idle_timeout": 9}, 0.0, "hung up before the answer was whole"),
    ],
    ids=[
        "hang",
        "hang to the deadline",
        "stall in headers",
        "stall",
        "stall to the deadline",
        "drip",
        "drip headers",
        "half-close",
    ],
)
def test_an_answer_that_does_not_come_ends_in_time(app, network, talk, limits, after, reason):
    here = app(talk)
    started = time.monotonic()

    with pytest.raises(AnswerLost, match=reason):
        read(network(**limits).exchange(to(here, timeout=0.5)))

    assert after <= time.monotonic() - started < after * 1.1 + LATE


def test_a_resolver_that_does_not_answer_ends_in_time(network):
    answered = threading.Event()
    started = time.monotonic()

    with pytest.raises(Unreachable, match="no answer in time") as raised:
        network(connect_timeout=0.2, resolve=lambda host, port: answered.wait(2) and []).exchange(
            Wire("GET", "https://api.test/")
        )
    answered.set()

    assert type(raised.value) is Unreachable
    assert time.monotonic() - started < 0.2 + LATE


# Bodies too large to hold.


def stream(*pieces, length=None):
    return Stream(sum(map(len, pieces)) if length is None else length, lambda: iter(pieces))


@pytest.mark.parametrize(
    "pieces", [(), (b"",), (b"one", b"", b"two"), (b"x" * 100_000,) * 30], ids=["none", "empty", "small", "large"]
)
def test_a_stream_goes_out_piece_by_piece(app, network, pieces):
    here = app(replies(OK))

    assert read(network().exchange(to(here, method="PUT", body=stream(*pieces)))) == b"ok"
    ((head, body),) = here.requests
    assert body == b"".join(pieces)
    assert b"Content-Length: %d" % len(body) in head


def test_a_stream_is_never_held(app, network):
    def count(app, connection):
        connection.recv(65_536)
        while connection.recv(65_536)[-1:] != b"!":
            pass
        connection.sendall(OK)

    body = Stream(20_000_001, lambda: (b"x" * 100_000 if index < 200 else b"!" for index in range(201)))
    here, ours = app(count), network()

    assert grown_by(lambda: read(ours.exchange(to(here, method="PUT", body=body)))) < 1_000_000


@pytest.mark.parametrize("length", [5, 7])
def test_a_source_that_is_not_as_long_as_it_said_is_refused_and_the_connection_closed(app, network, length):
    here = app(replies(OK))
    ours = network()

    with pytest.raises(InvalidInput, match="size changed"):
        ours.exchange(to(here, method="PUT", body=stream(b"abc", b"def", length=length)))

    assert here.requests == [] or here.requests[0][1] != b"abcdef"
    assert read(ours.exchange(to(here))) == b"ok"
    assert here.opened == 2


def refuses_early(app, connection):
    connection.recv(65_536)
    connection.sendall(answer(b"too large", "Connection: close", status="413 Content Too Large"))


def refuses_early_and_stays(app, connection):
    refuses_early(app, connection)
    app.over.wait(9)


@pytest.mark.parametrize("talk", [refuses_early, refuses_early_and_stays])
@pytest.mark.parametrize("whole", [False, True])
def test_an_app_that_refuses_a_body_early_is_heard(app, network, talk, whole):
    here, ours = app(talk), network(idle_timeout=5)
    content = b"x" * 20_000_000 if whole else b"x" * 50_000
    body = content if whole else Stream(50_000 * 400, lambda: itertools.repeat(content, 400))

    try:
        found = ours.exchange(to(here, method="PUT", body=body, timeout=1.0))
    except AnswerLost:
        # A server that hangs up on unread bytes makes its own system throw the answer away, sometimes.
        assert talk is refuses_early
        return
    assert found.status == 413
    assert read(found) == b"too large"


def test_an_app_that_only_asks_for_patience_gets_the_whole_body(app, network):
    def talk(app, connection):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n")
        app.read(connection)
        connection.sendall(OK)

    here = app(talk)

    assert read(network().exchange(to(here, method="PUT", body=stream(*[b"x" * 100_000] * 50)))) == b"ok"
    assert len(here.requests[0][1]) == 5_000_000


def test_an_app_that_stops_taking_a_body_ends_in_time(app, network):
    def talk(app, connection):
        connection.recv(1)
        app.over.wait(9)

    here = app(talk)
    started = time.monotonic()

    with pytest.raises(AnswerLost, match=r"took nothing for 0\.2 s"):
        network(idle_timeout=0.2).exchange(to(here, method="PUT", body=b"x" * 20_000_000))
    assert time.monotonic() - started < 0.2 + 2 * LATE


def test_a_source_that_cannot_be_read_says_so_itself(app, network):
    def pieces():
        yield b"abc"
        raise PermissionError("no more")

    with pytest.raises(PermissionError):
        network().exchange(to(app(replies(OK)), method="PUT", body=Stream(6, pieces)))


# Connections that are kept.


def test_a_connection_is_used_again(app, network):
    here, ours = app(replies(OK)), network()

    assert [read(ours.exchange(to(here, f"/{index}"))) for index in range(5)] == [b"ok"] * 5
    assert here.opened == 1
    assert [head.split()[1] for head, _ in here.requests] == [b"/0", b"/1", b"/2", b"/3", b"/4"]


def test_a_connection_of_a_persons_own_base_url_serves_no_other(app, network):
    here, ours = app(replies(OK)), network()

    read(ours.exchange(to(here)))
    with pytest.raises(Unreachable, match="not dialled"):
        ours.exchange(to(here, private=False))


def test_each_thread_has_its_own_connection(app, network):
    here, ours = app(replies(OK)), network()
    found = []

    read(ours.exchange(to(here)))
    other = threading.Thread(target=lambda: found.append(read(ours.exchange(to(here)))))
    other.start()
    other.join()

    assert found == [b"ok"]
    assert here.opened == 2


@pytest.mark.parametrize(("waited", "opened"), [(29, 1), (31, 2)])
def test_a_connection_is_not_kept_for_ever(app, network, waited, opened):
    now = [0.0]
    here, ours = app(replies(OK)), network(clock=lambda: now[0])

    read(ours.exchange(to(here)))
    now[0] = waited
    read(ours.exchange(to(here)))

    assert here.opened == opened


@pytest.mark.parametrize(
    "reply",
    [
        answer(b"ok", "Connection: close"),
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    ],
    ids=["close", "HTTP/1.0", "more than was asked"],
)
def test_a_connection_that_cannot_be_trusted_with_the_next_request_is_not_used_again(app, network, reply):
    here, ours = app(replies(reply)), network()

    assert [read(ours.exchange(to(here))) for _ in range(2)] == [b"ok", b"ok"]
    assert here.opened == 2


def test_what_an_app_says_unasked_is_not_the_next_answer(app, network):
    said = threading.Event()

    def talk(app, connection):
        app.read(connection)
        connection.sendall(OK)
        time.sleep(0.05)
        if app.opened == 1:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
            said.set()
        replies(OK)(app, connection)

    here, ours = app(talk), network()
    read(ours.exchange(to(here)))
    said.wait(1)

    assert read(ours.exchange(to(here))) == b"ok"
    assert here.opened == 2


def test_an_answer_that_is_closed_unread_closes_its_connection(app, network):
    here, ours = app(replies(answer(b"x" * 1_000_000))), network()

    for _ in range(2):
        found = ours.exchange(to(here))
        found.chunks.close()
    unread = ours.exchange(to(here))
    next(unread.chunks)
    unread.chunks.close()

    assert here.opened == 3


def test_two_answers_may_be_read_at_once(app, network):
    here, ours = app(replies(answer(b"x" * 200_000))), network()
    first, second = ours.exchange(to(here)), ours.exchange(to(here))

    assert (len(read(second)), len(read(first))) == (200_000, 200_000)
    assert here.opened == 2


def hangs_up_when_idle(app, connection):
    app.read(connection)
    connection.sendall(OK)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_ended_while_idle_is_noticed_before_anything_is_sent(app, network, method):
    here, ours = app(hangs_up_when_idle), network()

    for _ in range(2):
        assert read(ours.exchange(to(here, method=method))) == b"ok"
        time.sleep(0.05)
    assert (here.opened, len(here.requests)) == (2, 2)


def hangs_up_on_the_second(app, connection):
    app.read(connection)
    connection.sendall(OK)
    app.read(connection)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_read_whose_kept_connection_ends_is_sent_once_more(app, network, method):
    here, ours = app(hangs_up_on_the_second), network()
    reading = to(here, method=method)

    read(ours.exchange(to(here)))

    assert read(ours.exchange(reading)) == (b"" if method == "HEAD" else b"ok")
    assert (here.opened, len(here.requests)) == (2, 3)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("body", [b"{}", b""])
def test_a_write_whose_kept_connection_ends_is_never_sent_again(app, network, method, body):
    here, ours = app(hangs_up_on_the_second), network()
    read(ours.exchange(to(here)))

    with pytest.raises(AnswerLost):
        ours.exchange(to(here, method=method, body=body))
    assert (here.opened, len(here.requests)) == (1, 2)


@pytest.mark.parametrize("reply", [b"HTTP/1.1 200 OK\r\nConte", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_a_read_whose_answer_had_begun_is_not_sent_again(app, network, reply):
    def talk(app, connection):
        hangs_up_on_the_second(app, connection)
        connection.sendall(reply)

    here, ours = app(talk), network()
    read(ours.exchange(to(here)))

    with pytest.raises(AnswerLost):
        ours.exchange(to(here))
    assert (here.opened, len(here.requests)) == (1, 2)


def test_a_read_that_went_quiet_on_a_kept_connection_is_not_sent_again(app, network):
    def talk(app, connection):
        hangs_up_on_the_second(app, connection)
        app.over.wait(9)

    here, ours = app(talk), network(first_byte_timeout=0.1)
    read(ours.exchange(to(here)))

    with pytest.raises(AnswerLost, match="said nothing"):
        ours.exchange(to(here))
    assert (here.opened, len(here.requests)) == (1, 2)


def test_closing_hangs_up_what_was_kept(app, network):
    ended = threading.Event()

    def talk(app, connection):
        app.read(connection)
        connection.sendall(OK)
        if connection.recv(1) == b"":
            ended.set()

    ours = network()
    read(ours.exchange(to(app(talk))))
    ours.close()

    assert ended.wait(1)
