"""What ends by itself is kept alive: renewed in time and once, for every process, and never in a loop."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest

from skillkit import accounts, calls, consent, oauth, tokens
from skillkit.calls import Call
from skillkit.connecting import SignIn, way
from skillkit.connection import Connection
from skillkit.destination import Base
from skillkit.document import dump
from skillkit.errors import (
    AnswerLost,
    ConnectionNotReady,
    SkillkitError,
    Unauthorized,
    Unavailable,
    Unreachable,
    Upstream,
)
from skillkit.request import Request
from skillkit.workspace import Workspace
from tests.authority import Authority, served
from tests.wire import reply

EXAMPLES = Path(__file__).parent.parent / "examples"
REDIRECT = "http://127.0.0.1:51004/callback"
SERVICE = {"client_id": "svc", "client_secret": "canary-svc-91fe"}
TERMINAL = [(400, {"error": code}) for code in ("invalid_grant", "invalid_client", "unauthorized_client")]
PASSING = [
    (503, b"<html>down</html>"),
    (500, {"error": "invalid_grant"}),
    (429, {}),
    (200, b"<html>sign in</html>"),
    (200, {"token_type": "bearer"}),
    (200, {"access_token": "", "token_type": "bearer"}),
    (400, {"error": "invalid_request"}),
    (302, b""),
    Unreachable("no route"),
    AnswerLost("broke off"),
]


@pytest.fixture(scope="module")
def furnished(tmp_path_factory):
    home = tmp_path_factory.mktemp("oauth") / "home"
    with closing(Workspace(str(home), folders=(str(EXAMPLES),))) as space:
        space.catalog.count()
        space.vault.init("keyfile")
    return home


@pytest.fixture
def authority(clock):
    return Authority(now=clock.now)


@pytest.fixture
def home(tmp_path, furnished):
    shutil.copytree(furnished, tmp_path / "home")
    return str(tmp_path / "home")


@pytest.fixture
def opened(home, authority, clock):
    """Opens the home once more, as another command does."""
    spaces: list[Workspace] = []

    def another() -> Workspace:
        around = {"network": authority, "sleep": clock.sleep, "now": clock.now, "chance": lambda: 0.5}
        spaces.append(Workspace(home, folders=(str(EXAMPLES),), **around))
        return spaces[-1]

    yield another
    for each in spaces:
        each.close()


@pytest.fixture
def space(opened):
    return opened()


def signed_in(space: Workspace, authority: Authority, auth: str = "code", base: str = "") -> Connection:
    """Sign in as a person with a browser does."""
    base = base or f"{authority.issuer}/api"
    record = Connection("c1", "", "", "oauth-demo", auth, base_url=base)
    chosen = way(space.catalog.connector("oauth-demo").access, auth)
    begun = consent.begin(space, record, chosen, {}, REDIRECT)
    granted = consent.finish(space, begun, authority.consented(begun.url))
    said = SignIn("oauth-demo", {}, auth=auth, base_url=base, granted=granted, check=False)
    connection = accounts.connect(space, said)
    authority.grants.clear()
    return connection


def service(space: Workspace, authority: Authority, *, check: bool = True) -> Connection:
    said = SignIn("oauth-demo", dict(SERVICE), auth="m2m", base_url=f"{authority.issuer}/api", check=check)
    return accounts.connect(space, said)


def me(space: Workspace, action: str = "get-me") -> calls.Ran:
    return calls.perform(space, Call(action, connection="oauth-demo"))


def stored(space: Workspace, connection: Connection) -> dict[str, str]:
    return {name: secret.reveal() for name, secret in space.vault.credential(connection.id).items()}


def state(space: Workspace) -> str:
    return space.connection("oauth-demo").state


# In time.


@pytest.mark.parametrize(("passed", "renewals"), [(0, 0), (3539, 0), (3541, 1), (3600, 1), (10**7, 1)])
def test_a_token_is_renewed_a_minute_before_it_ends(space, authority, clock, passed, renewals):
    signed_in(space, authority)
    clock.time += passed

    assert me(space).output["sub"] == "ada"
    assert authority.refreshed() == renewals


@pytest.mark.parametrize(("passed", "renewals"), [(4.4, 0), (4.6, 1)])
def test_one_that_lives_for_seconds_a_tenth_of_its_life_before(space, authority, clock, passed, renewals):
    authority.lifetime = 5
    signed_in(space, authority)
    clock.time += passed

    assert me(space).output["sub"] == "ada"
    assert authority.refreshed() == renewals


@pytest.mark.parametrize("action", ["get-me", "get-soft"])
def test_a_token_that_the_app_takes_no_more_is_renewed_and_the_call_made_again(space, authority, action):
    signed_in(space, authority)
    authority.access.clear()

    assert me(space, action).output["sub"] == "ada"
    assert authority.refreshed() == 1


def test_one_proxy_keeps_renewing_for_as_long_as_it_is_used(space, authority, clock):
    _, proxy = space.world(signed_in(space, authority))

    for _ in range(3):
        clock.time += 3600
        assert proxy.send(Request("GET", "/me")).status == 200

    assert authority.refreshed() == 3


def test_a_token_whose_end_nobody_told_is_used_until_it_is_refused(space, authority, clock):
    authority.lifetime = None
    signed_in(space, authority)
    clock.time += 1000
    me(space)
    assert authority.refreshed() == 0

    clock.time += 3600

    assert me(space).output["sub"] == "ada"
    assert authority.refreshed() == 1


def test_a_clock_that_was_set_back_costs_one_refusal(space, authority, clock):
    connection = signed_in(space, authority)
    credential = stored(space, connection)
    space.vault.put(connection.id, {**credential, "expires_at": repr(clock.time + 10**8)})
    authority.access.clear()

    assert me(space).output["sub"] == "ada"
    assert authority.refreshed() == 1


def test_a_service_asks_for_a_token_when_it_first_needs_one_and_whenever_that_ends(space, authority, clock):
    connection = service(space, authority)
    assert authority.grants == ["client_credentials"]
    assert stored(space, connection)["token_origin"] == "https://login.example"

    me(space)
    assert len(authority.grants) == 1
    clock.time += 3600
    me(space)
    authority.access.clear()
    me(space)

    assert authority.grants == ["client_credentials"] * 3


# Stored before it is used.


def test_the_new_pair_is_stored_before_its_first_use_and_the_one_before_it_kept_until_that_worked(space, authority, clock):
    connection = signed_in(space, authority)
    first = stored(space, connection)
    clock.time += 3600
    seen: list[dict[str, str]] = []
    answer = authority.answer

    def watched(method, url, headers, body):
        if url.endswith("/me"):
            seen.append(stored(space, connection))
        return answer(method, url, headers, body)

    authority.answer = watched
    me(space)

    assert seen[0]["refresh_token"] != first["refresh_token"] == seen[0]["previous_refresh_token"]
    assert stored(space, connection) == {name: value for name, value in seen[0].items() if name != "previous_refresh_token"}


def test_what_has_not_worked_keeps_the_token_before_it(space, authority, clock):
    connection = signed_in(space, authority)
    clock.time += 3600
    answer = authority.answer
    authority.answer = lambda method, url, headers, body: (
        (500, {}, {}) if url.endswith("/me") else answer(method, url, headers, body)
    )

    with pytest.raises(SkillkitError):
        me(space)

    assert "previous_refresh_token" in stored(space, connection)


def test_a_new_token_that_the_server_does_not_know_is_followed_once_by_the_one_before_it(space, authority, clock):
    connection = signed_in(space, authority)
    authority.rotates = False
    credential = stored(space, connection)
    lost = {**credential, "refresh_token": "canary-lost-by-the-server", "previous_refresh_token": credential["refresh_token"]}
    space.vault.put(connection.id, lost)
    clock.time += 3600

    assert me(space).output["sub"] == "ada"
    assert authority.refreshed() == 2


def test_a_server_that_does_not_rotate_leaves_the_refresh_token_as_it_is(space, authority, clock):
    authority.rotates = False
    connection = signed_in(space, authority)
    before = stored(space, connection)["refresh_token"]
    clock.time += 3600

    me(space)

    assert stored(space, connection)["refresh_token"] == before


def test_after_an_attempt_whose_end_nobody_knows_only_the_stored_token_is_tried(space, authority, clock):
    connection = signed_in(space, authority)
    kept = stored(space, connection)
    lost = {**kept, "refresh_token": "canary-lost", "previous_refresh_token": kept["refresh_token"]}
    space.vault.put(connection.id, lost)
    root = sha256(b"canary-lost").hexdigest()[:16]
    space.store.change(f"token:{connection.id}", lambda _: (dump({"root": root, "unknown": 1}), None))
    clock.time += 3600

    with pytest.raises(ConnectionNotReady, match="invalid_grant"):
        me(space)

    assert authority.refreshed() == 1


def test_a_network_that_loses_answers_is_no_reason_to_ask_the_person(space, authority, clock):
    signed_in(space, authority)
    clock.time += 3600
    authority.next = [AnswerLost("broke off")] * 4
    for _ in range(4):
        with pytest.raises(AnswerLost):
            me_quietly(space)
        clock.time += 301

    assert me(space).output["sub"] == "ada"


def test_a_full_disk_says_so_before_the_token_is_used_up(space, authority, clock):
    _, proxy = space.world(signed_in(space, authority))
    clock.time += 3600

    def full(_fields):
        raise SkillkitError("no room on the disk")

    proxy.keep = full
    with pytest.raises(SkillkitError, match="no room"):
        proxy.send(Request("GET", "/me"))
    assert authority.refreshed() == 0
    clock.time += 10

    assert me(space).output["sub"] == "ada"


# What goes wrong.


@pytest.mark.parametrize("said", TERMINAL, ids=lambda said: said[1]["error"])
def test_when_asking_again_is_vain_the_person_has_to_sign_in_again(space, authority, clock, said):
    connection = signed_in(space, authority)
    clock.time += 3600
    authority.next = [said]

    with pytest.raises(ConnectionNotReady, match=said[1]["error"]) as refused:
        me(space)

    assert refused.value.hint == "the user signs in again: skillkit connect --connectionId oauth-demo"
    kept = space.connection("oauth-demo")
    assert (kept.state, kept.error) == ("CLIENT_ACTION_REQUIRED", f"the sign-in server refused: {said[1]['error']}")
    assert authority.refreshed() == 1
    with pytest.raises(ConnectionNotReady, match="CLIENT_ACTION_REQUIRED"):
        me(space)
    assert authority.refreshed() == 1
    assert "refresh_token" in stored(space, connection)


def test_those_who_waited_for_the_same_answer_do_not_ask_again(space, authority, clock):
    connection = signed_in(space, authority)
    worlds = [space.world(connection)[1] for _ in range(5)]
    clock.time += 3600
    authority.next = [(400, {"error": "invalid_grant"})]

    for proxy in worlds:
        with pytest.raises(ConnectionNotReady, match="invalid_grant"):
            proxy.send(Request("GET", "/me"))

    assert authority.refreshed() == 1


def test_after_signing_in_again_all_is_forgotten(space, authority, clock):
    signed_in(space, authority)
    clock.time += 3600
    authority.next = [(400, {"error": "invalid_grant"})]
    with pytest.raises(ConnectionNotReady):
        me(space)

    space.store.remove(space.connection("oauth-demo").id)
    signed_in(space, authority)
    clock.time += 3600

    assert me(space).output["sub"] == "ada"


@pytest.mark.parametrize("said", PASSING, ids=str)
def test_a_failure_that_may_pass_keeps_the_token_and_leaves_the_server_alone_for_a_while(opened, authority, clock, said):
    space = opened()
    connection = signed_in(space, authority)
    before = stored(space, connection)
    clock.time += 3600
    authority.next = [said]

    with pytest.raises((Unavailable, Upstream, Unreachable)):
        me(space)
    assert stored(space, connection) == before
    assert state(space) == "READY"
    # Neither do other processes ask.
    with pytest.raises(Unavailable, match="left alone") as refused:
        me(opened())
    assert 0 < (refused.value.retry_after or 0) <= 5
    assert authority.refreshed() == 1
    clock.time += 6

    assert me(opened()).output["sub"] == "ada"


def test_a_server_that_stays_away_is_asked_less_and_less_often(space, authority, clock):
    signed_in(space, authority)
    clock.time += 3600
    authority.next = [(503, {})] * 1000
    asked = []
    for _ in range(260):
        before = authority.refreshed()
        with suppress(SkillkitError):
            me_quietly(space)
        asked += [clock.time] * (authority.refreshed() - before)
        clock.time += 5.0

    pauses = [round(later - sooner) for sooner, later in pairwise(asked)]
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def me_quietly(space: Workspace) -> None:
    _, proxy = space.world(space.connection("oauth-demo"))
    proxy.send(Request("GET", "/me"))


@pytest.mark.parametrize(("asked", "rest"), [(60, 60), (1, 5), (86_400, 300)])
def test_a_server_that_says_when_to_come_back_is_believed_within_reason(space, authority, clock, asked, rest):
    signed_in(space, authority)
    clock.time += 3600
    answer = authority.answer
    authority.answer = lambda method, url, headers, body: (
        (429, {}, {"retry-after": str(asked)}) if url.endswith("/token") else answer(method, url, headers, body)
    )
    with pytest.raises(Unavailable):
        me(space)

    with pytest.raises(Unavailable, match="left alone") as refused:
        me(space)

    assert refused.value.retry_after == rest


def test_a_clock_that_was_set_back_makes_no_rest_longer(space, authority, clock):
    connection = signed_in(space, authority)
    root = sha256(stored(space, connection)["refresh_token"].encode()).hexdigest()[:16]
    row = dump({"root": root, "failed": 1, "until": clock.time + 10**9, "refused": clock.time + 10**9})
    space.store.change(f"token:{connection.id}", lambda _: (row, None))
    clock.time += 3600
    with pytest.raises(Unavailable, match="left alone") as refused:
        me(space)
    assert refused.value.retry_after == 300
    clock.time += 301

    assert me(space).output["sub"] == "ada"


def test_a_token_that_is_still_good_is_used_while_it_cannot_be_renewed(space, authority, clock):
    signed_in(space, authority)
    clock.time += 3550
    authority.next = [(503, {})]

    assert me(space).output["sub"] == "ada"
    assert me(space).output["sub"] == "ada"
    assert authority.refreshed() == 1


def test_an_app_that_refuses_what_is_new_as_well_has_another_reason(opened, authority, clock):
    space = opened()
    connection = signed_in(space, authority)
    answer = authority.answer
    authority.answer = lambda method, url, headers, body: (
        (401, {}, {}) if url.endswith("/me") else answer(method, url, headers, body)
    )
    for _ in range(5):
        _, proxy = opened().world(connection)
        assert proxy.send(Request("GET", "/me")).status == 401

    assert authority.refreshed() == 1
    clock.time += 61
    assert opened().world(connection)[1].send(Request("GET", "/me")).status == 401
    assert authority.refreshed() == 2


def test_without_a_refresh_token_the_apps_refusal_is_the_last_word(space, authority):
    connection = signed_in(space, authority)
    kept = stored(space, connection)
    space.vault.put(connection.id, {name: value for name, value in kept.items() if name != "refresh_token"})
    authority.access.clear()

    with pytest.raises(Unauthorized):
        me(space)

    assert authority.grants == []
    assert state(space) == "CLIENT_ACTION_REQUIRED"


def test_less_than_before_is_worth_a_warning(space, authority, clock):
    authority.scope = "openid api:read"
    signed_in(space, authority)
    authority.scope = "openid"
    clock.time += 3600

    assert me(space).warnings == ("the sign-in does not cover api:read: what needs that will be refused",)


def test_what_is_wrong_while_it_is_tried_is_said_and_nothing_is_written_down(space, authority):
    authority.next = [(401, {"error": "invalid_client"})] * 2

    for _ in range(2):
        with pytest.raises(Unauthorized, match="invalid_client"):
            service(space, authority)
    service(space, authority)

    assert len(space.store.connections()) == 1


@pytest.mark.parametrize("row", ["", "x", "[]", '{"root": 7}', '{"until": "x"}', '{"more": 1}', '{"until": 1e300}'])
def test_a_row_that_somebody_broke_stops_nobody_for_long(space, authority, clock, row):
    connection = signed_in(space, authority)
    space.store.change(f"token:{connection.id}", lambda _: (row, None))
    clock.time += 3600

    assert me(space).output["sub"] == "ada"


def test_whoever_signs_in_while_the_old_token_is_renewed_has_the_last_word(space, authority, clock):
    connection = signed_in(space, authority)
    older = stored(space, connection)
    newer = {**older, "access_token": "canary-newer", "refresh_token": "canary-newer-too"}
    authority.access["canary-newer"] = ("family", clock.time + 10**6)
    clock.time += 3600

    for said in (None, (400, {"error": "invalid_grant"})):
        space.vault.put(connection.id, {**older, "expires_at": "1.0"})
        authority.next = [said]
        _, proxy = space.world(connection)
        keeping = replace(
            proxy.keeping(proxy.auth),
            passing=lambda place: space.vault.put(connection.id, newer) if place == "asking" else None,
        )

        found = tokens.live(keeping, space.vault.credential(connection.id))

        assert found["access_token"].reveal() == "canary-newer"
        assert stored(space, connection) == newer
        assert state(space) == "READY"


def test_a_client_that_was_mended_is_asked_for_a_token_at_once(space, authority, clock):
    connection = service(space, authority)
    clock.time += 3600
    authority.next = [(401, {"error": "invalid_client"})]
    with pytest.raises(ConnectionNotReady):
        me(space)

    clock.time += 1
    said = SignIn("oauth-demo", dict(SERVICE), auth="m2m", check=False)
    accounts.connect(space, said, connection.id)

    assert me(space).output["sub"] == "ada"


# Nowhere else.


def test_what_was_bound_to_one_origin_goes_to_no_other(space, authority, clock):
    connection = signed_in(space, authority)
    kept = stored(space, connection)
    space.vault.put(connection.id, {**kept, "token_origin": "https://before.example"})
    clock.time += 3600

    with pytest.raises(
        ConnectionNotReady, match=r"signed in for https://before\.example and would now go to https://login\.example"
    ):
        me(space)

    assert authority.grants == []
    assert state(space) == "CLIENT_ACTION_REQUIRED"
    with pytest.raises(ConnectionNotReady, match="has no credential"):
        space.vault.credential(connection.id)


def test_a_dry_run_of_a_connection_that_leads_elsewhere_now_drops_nothing(space, authority):
    connection = signed_in(space, authority)
    space.store.replace(replace(connection, base_url="https://elsewhere.example/api"))

    shown = calls.planned(space, Call("get-me", connection="oauth-demo"))

    assert shown["request"]["url"] == "https://elsewhere.example/api/me"
    assert stored(space, connection)["access_token"]
    assert state(space) == "READY"
    with pytest.raises(ConnectionNotReady, match=r"would now go to https://elsewhere\.example"):
        me(space)
    assert state(space) == "CLIENT_ACTION_REQUIRED"


class Seat:
    def __init__(self) -> None:
        self.wires = []

    def exchange(self, wire):
        self.wires.append(wire)
        return reply({"access_token": "a"})


@pytest.mark.parametrize(
    ("url", "private"), [("https://erp.test/token", True), ("https://login.test/token", False), ("https://erp.test.evil/", False)]
)
def test_a_private_network_is_dialled_only_for_the_host_that_the_person_named(url, private):
    seat = Seat()
    target = Base("https://erp.test", "erp.test", "", named=True)

    tokens.asked(seat, oauth.ask(url, oauth.Client("c"), {"grant_type": "x"}), target)
    tokens.looked_up(seat, url, target)

    assert [wire.private for wire in seat.wires] == [private, private]


def test_a_sign_in_server_that_points_elsewhere_is_not_followed(space, authority, clock):
    signed_in(space, authority)
    clock.time += 3600
    authority.next = [(307, b"")]

    with pytest.raises(Upstream, match="answered 307"):
        me(space)
    assert authority.refreshed() == 1


def test_no_token_is_in_any_record_error_or_repr(space, authority, clock):
    signed_in(space, authority)
    told: list[str] = []
    for said in [None, (400, {"error": "invalid_request", "error_description": "no canary here"}), None]:
        clock.time += 3600
        authority.next = [said]
        try:
            told.append(str(me(space)))
        except SkillkitError as error:
            told.append(f"{error} {error.described()} {error.args}")
    # The server repeats the token that it refuses.
    for family in authority.refresh.values():
        authority.dead.add(family)
    clock.time += 3600
    with pytest.raises(ConnectionNotReady, match=r"not known: \[redacted\]") as refused:
        me(space)
    told += [str(refused.value), repr(space.connection("oauth-demo"))]
    records = [str(dict(run)) for run in space.store.runs(10)]
    told += records
    _, proxy = space.world(replace(space.connection("oauth-demo"), state="READY"))
    told.append(repr(proxy.keeping(proxy.auth)))

    assert "canary-" not in "".join(told)
    assert "/token" not in "".join(records)
    space.close()
    kept = [path for path in Path(space.home).rglob("*") if path.is_file() and b"canary-" in path.read_bytes()]
    assert kept == []


# Sessions, which are kept alive in the same way.


def test_a_session_that_another_process_opened_is_used(workspace, wire, connected):
    connection = connected("ledger", auth="login", credential={"email": "a@example.com", "password": "canary-1"})
    wire.replies = [reply({"data": {"token": "canary-session-1"}}), reply({"id": 1}), reply({"id": 1})]

    first, second = (workspace.world(connection)[1] for _ in range(2))
    first.send(Request("GET", "/company"))
    second.send(Request("GET", "/company"))

    assert [asked.url.rpartition("/")[2] for asked in wire.asked] == ["login", "company", "company"]


def test_a_password_that_is_refused_is_the_persons_to_mend(workspace, wire, connected):
    connected("ledger", auth="login", credential={"email": "a@example.com", "password": "canary-1"})
    wire.replies = [reply({}, 401)]

    with pytest.raises(ConnectionNotReady, match="refused the sign-in"):
        calls.perform(workspace, Call("ledger/get-company"))

    assert workspace.connection("ledger").state == "CLIENT_ACTION_REQUIRED"


# Several at once, over real sockets and with real locks.


@pytest.fixture
def real(home):
    """A home whose connection leads to a real server on loopback, its token at its end."""
    authority = Authority(now=time.time)
    with served(authority):
        with closing(another(home)) as space:
            connection = signed_in(space, authority)
            credential = stored(space, connection)
            space.vault.put(connection.id, {**credential, "expires_at": repr(time.time() + 1)})
        yield authority


def another(home: str) -> Workspace:
    return Workspace(home, folders=(str(EXAMPLES),))


def run_once(home: str, gate: threading.Barrier, answers) -> None:
    with closing(another(home)) as space:
        gate.wait(20)
        try:
            answers.append(me(space).output["sub"])
        except SkillkitError as error:
            answers.append(str(error))


FORK = multiprocessing.get_context("fork")


def test_eight_processes_renew_one_token_once(home, real):
    with FORK.Manager() as manager:
        gate, answers = FORK.Barrier(8), manager.list()
        workers = [FORK.Process(target=run_once, args=(home, gate, answers)) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(30)

        assert list(answers) == ["ada"] * 8
    assert real.refreshed() == 1


def test_eight_threads_renew_one_token_once(home, real):
    with closing(another(home)) as space:
        gate, answers = threading.Barrier(8), []

        def work() -> None:
            gate.wait(20)
            answers.append(me(space).output["sub"])

        workers = [threading.Thread(target=work) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(30)

    assert answers == ["ada"] * 8
    assert real.refreshed() == 1


def keeping_of(space: Workspace, **changes) -> tokens.Keeping:
    _, proxy = space.world(replace(space.connection("oauth-demo"), state="READY"))
    assert proxy.auth
    return replace(proxy.keeping(proxy.auth), **changes)


def renew(home: str, place: str, act: Callable[[], None]) -> None:
    """Renew the token as a call does, and do something at one place of it."""
    with closing(another(home)) as space:
        keeping = keeping_of(space, passing=lambda here: act() if here == place else None)
        tokens.proved(keeping, tokens.live(keeping, space.vault.credential(keeping.connection)))


@contextmanager
def process(home: str, place: str, act: Callable[[], None]) -> Iterator[multiprocessing.process.BaseProcess]:
    worker = FORK.Process(target=renew, args=(home, place, act))
    worker.start()
    try:
        yield worker
    finally:
        worker.kill()
        worker.join(10)


def killed(home: str, place: str) -> None:
    with process(home, place, lambda: os.kill(os.getpid(), signal.SIGKILL)) as worker:
        worker.join(20)
        assert worker.exitcode == -signal.SIGKILL


def test_a_holder_that_is_stopped_is_named_and_one_that_is_killed_frees_the_lock(home, real):
    holds = FORK.Event()

    def stop() -> None:
        holds.set()
        os.kill(os.getpid(), signal.SIGSTOP)

    with process(home, "locked", stop) as holder, closing(another(home)) as space:
        assert holds.wait(20)
        impatient = keeping_of(space, patience=0.1)

        with pytest.raises(Unavailable, match=f"process {holder.pid} has been renewing") as refused:
            tokens.live(impatient, space.vault.credential(impatient.connection))
        assert refused.value.hint == f"it may have been stopped; let it go on, or kill {holder.pid}, and try again"
        assert real.grants == []

        holder.kill()
        holder.join(10)

        assert me(space).output["sub"] == "ada"
    assert real.refreshed() == 1


@pytest.mark.parametrize("place", ["locked", "asking", "answered", "kept", "worked"])
def test_killed_at_any_place_it_works_afterwards_or_asks_the_person_and_never_loops(home, real, place):
    killed(home, place)

    outcomes = []
    with closing(another(home)) as space:
        for _ in range(4):
            try:
                outcomes.append(me(space).output["sub"])
            except ConnectionNotReady:
                outcomes.append(state(space))

    assert set(outcomes) in ({"ada"}, {"CLIENT_ACTION_REQUIRED"})
    # Only who has the token that was used up, and not the one that came for it, has to ask the person.
    assert ("CLIENT_ACTION_REQUIRED" in outcomes) is (place == "answered")
    assert real.refreshed() <= 2


@pytest.mark.parametrize("place", ["asking", "answered"])
def test_killed_again_and_again_it_asks_the_person_at_last(home, real, place):
    for _ in range(2):
        with process(home, place, lambda: os.kill(os.getpid(), signal.SIGKILL)) as worker:
            worker.join(20)

    with closing(another(home)) as space, suppress(ConnectionNotReady):
        me(space)
    with closing(another(home)) as space:
        assert state(space) == "CLIENT_ACTION_REQUIRED"
    assert real.refreshed() <= 2


def test_whoever_breaks_off_by_hand_may_try_again(home, real):
    def interrupt() -> None:
        raise KeyboardInterrupt

    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            renew(home, "asking", interrupt)

    with closing(another(home)) as space:
        assert me(space).output["sub"] == "ada"
    assert real.refreshed() == 1


def test_the_lock_is_a_private_file_and_nothing_of_the_credential_is_in_it(home, real):
    with closing(another(home)) as space:
        me(space)
        name = f"{keeping_of(space).connection}.lock"

    (lock,) = Path(home, "locks").iterdir()
    assert (lock.name, lock.stat().st_mode & 0o777) == (name, 0o600)
    assert lock.read_bytes().strip() == str(os.getpid()).encode()
