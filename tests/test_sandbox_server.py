from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from skillkit.sandbox.server import running
from skillkit.sandbox.vendors import choices_page, known, vendor
from tests.asgi import basic

TOKEN = vendor("clientary").credential["token"]
AUTHORIZATION = basic(TOKEN, TOKEN)
HEADERS = {"Authorization": AUTHORIZATION, "Accept": "application/json"}


def ask(url, method="GET", body=None, **headers):
    """Return the status, the headers and the body of an answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
    try:
        connection.request(method, parts.path, body, {**HEADERS, **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def clientary():
    with running("clientary", seed="demo") as urls:
        yield urls["clientary"]


def test_a_sandbox_answers_over_a_real_socket(clientary):
    status, headers, body = ask(f"{clientary}/staff")

    assert (status, headers["content-type"]) == (200, "application/json")
    assert b'"staff"' in body


def test_a_sandbox_listens_at_one_address_of_this_machine_alone(clientary):
    parts = urlsplit(clientary)

    assert parts.hostname == "127.0.0.1"
    # Another address of this machine, as any that a network reaches it by.
    with pytest.raises(OSError, match=r"refused|assign"):
        socket.create_connection(("127.0.0.2", parts.port), 1)


def test_sandboxes_listen_one_after_the_other_from_the_port_that_is_given():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    first, second = (f"http://127.0.0.1:{number}/api/v2" for number in (port, port + 1))
    with running("clientary", "clientary", port=port) as urls:
        assert urls == {"clientary": second}
        created = ask(f"{first}/clients", "POST", '{"client": {"name": "A"}}', **{"Content-Type": "application/json"})
        assert created[0] == 201
        # What one holds is not the other's.
        assert [ask(f"{base}/clients/1")[0] for base in (first, second)] == [200, 404]


def test_a_request_for_another_host_is_refused(clientary):
    assert ask(f"{clientary}/staff", Host="evil.example:80")[0] == 421
    assert ask(f"{clientary}/staff", Host="localhost:1")[0] == 200


def test_a_sandbox_that_ended_listens_no_more():
    with running("clientary") as urls:
        port = urlsplit(urls["clientary"]).port

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 1)


def test_a_port_that_is_in_use_is_said_at_once(clientary):
    with pytest.raises(OSError, match="in use"), running("clientary", port=urlsplit(clientary).port):
        pass


def test_state_in_a_folder_is_there_at_the_next_start(tmp_path):
    folder = str(tmp_path / "new")
    with running("clientary", state_dir=folder, seed="demo") as urls:
        before = ask(f"{urls['clientary']}/clients")[2]
    with running("clientary", state_dir=folder, seed="demo") as urls:
        assert ask(f"{urls['clientary']}/clients")[2] == before


def test_a_connection_that_is_reset_is_broken_and_not_closed():
    with running("clientary", faults="reset=1") as urls, pytest.raises(ConnectionResetError) as cut:
        ask(f"{urls['clientary']}/staff")

    # The subclass is for a connection that was closed in good order with nothing sent.
    assert cut.type is ConnectionResetError


def test_a_truncated_answer_is_half_there():
    with running("clientary", faults="truncate=1") as urls, pytest.raises(http.client.IncompleteRead) as cut:
        ask(f"{urls['clientary']}/staff")

    assert cut.value.expected


def test_a_request_that_hangs_does_not_keep_the_server():
    with running("clientary", faults="hang=1") as urls:
        parts = urlsplit(urls["clientary"])
        connection = socket.create_connection((parts.hostname, parts.port), 1)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost:1\r\n\r\n")
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.close()


SERVE = """
import sys
from skillkit.sandbox.server import Plan, serve
serve(Plan(("clientary",)), lambda places: print(places[0].base_url, places[0].credential["token"], flush=True))
print("ended")
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_served_sandbox_says_where_it_is_and_ends_well_at_a_signal(number):
    with subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        url, token = process.stdout.readline().split()
        assert ask(f"{url}/staff", Authorization=basic(token, token))[0] == 200
        process.send_signal(number)
        out, err = process.communicate(timeout=10)

    assert (process.returncode, out, err) == (0, "ended\n", "")


def test_every_sandbox_that_is_here_is_whole():
    assert "clientary" in known()
    for key in known():
        found = vendor(key)
        assert found.key == key
        assert found.prefix.startswith("/")
        assert found.credential


def test_a_vendor_without_a_sandbox_is_unknown():
    with pytest.raises(KeyError, match="acme"):
        vendor("acme")


def test_the_page_of_choices_has_a_row_for_each():
    page = choices_page()

    for key in known():
        assert f"## {key}" in page
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    assert len(rows) == sum(len(vendor(key).choices) + 1 for key in known())
    assert all(row.replace("\\|", "").count("|") == 4 for row in rows)
