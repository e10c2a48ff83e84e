from __future__ import annotations

import gzip
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillkit import registry
from skillkit.door import Asked, Reply
from skillkit.errors import SkillkitError
from skillkit.registry import shelf as shelves
from skillkit.registry.archive import digest, fingerprint, tarred, zipped
from skillkit.registry.desk import Desk
from skillkit.registry.shelf import Shelf, found, shelf
from skillkit.registry.verdict import OWNER
from skillkit.workspace import Workspace, shipped

# As many connections as there are requests.
ALL = httpx.Limits(max_connections=None, max_keepalive_connections=0)
BASE = "http://127.0.0.1:7717"


def skill(name: str, connector: str, text: str, **more: str) -> dict[str, bytes]:
    mark = f'  skillkit-connector: "{connector}"\n  skillkit-version: "1.2.0"\n  skillkit-actions: "0123456789ab"\n'
    page = f'---\nname: {name}\ndescription: "{text}"\nmetadata:\n{mark}---\n\n# {connector.title()}\n'
    return {"SKILL.md": page.encode(), **{path: content.encode() for path, content in more.items()}}


BOOKS = "Books of a shop. Use when the user wants to enter an invoice (Rechnung)."
TIME = "Hours and projects. Use when the user wants to log time."
PAGE = {"references/actions.md": "# All actions\n"}


def filled(text: str = BOOKS) -> Shelf:
    listed = {"acme-books": skill("acme-books", "acme", text, **PAGE), "tempo-hours": skill("tempo-hours", "tempo", TIME, **PAGE)}
    also = {"acme": skill("acme", "acme", text, **PAGE)}
    portable = {**listed, "skillkit": skill("skillkit", "skillkit", "Finds apps. Use when no skill fits.")}
    return shelf(listed, also, portable)


SHELF = filled()


def reply(target: str, method: str = "GET", body: Any = None, desk: Desk | None = None) -> Reply:
    path, _, query = target.partition("?")
    sent = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
    return (desk or Desk(SHELF, at=7_000)).answer(Asked(method, path, query, (("host", BASE.removeprefix("http://")),), sent))


def document(target: str, method: str = "GET", body: Any = None, desk: Desk | None = None) -> Any:
    answer = reply(target, method, body, desk)
    assert answer.status == 200, answer.body
    assert dict(answer.headers)["Content-Type"] == "application/json"
    return json.loads(answer.body)


def content(target: str) -> bytes:
    answer = reply(target)
    assert answer.status == 200, answer.body
    return answer.body


# Archives.


def unzipped(whole: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def untarred(whole: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(whole), mode="r:gz") as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}


FILES = {"SKILL.md": b"# A\n", "references/actions.md": bytes(200_000), "agents/openai.yaml": b""}


@pytest.mark.parametrize(("packed", "unpacked"), [(zipped, unzipped), (tarred, untarred)])
def test_an_archive_holds_the_files_at_its_root_and_the_same_ones_always_give_the_same_bytes(packed, unpacked):
    backwards = dict(reversed(FILES.items()))

    assert packed(FILES) == packed(backwards)
    assert unpacked(packed(FILES)) == FILES
    assert list(unpacked(packed(FILES))) == sorted(FILES)


def test_the_bytes_of_an_archive_are_those_of_any_other_machine():
    files = {"SKILL.md": b"# A\n", "references/a.md": b"b\n"}

    assert digest(zipped(files)) == "9d086f9d3eab0aa0f1143fd6f721acfe15d7a46933516ddbd2ac82ffe2a53435"
    assert digest(tarred(files)) == "1edf47a57bc9b8ed4cb41835e2ae2b885e21bde9d81a4ebe386c0e66bcb19a3c"


def test_a_zip_tells_no_time_and_grants_no_more_than_reading():
    with zipfile.ZipFile(io.BytesIO(zipped(FILES))) as archive:
        rows = {(entry.date_time, entry.external_attr >> 16, entry.create_system) for entry in archive.infolist()}

    assert rows == {((1980, 1, 1, 0, 0, 0), 0o100644, 3)}


def test_a_tar_is_the_plainest_there_is():
    with tarfile.open(fileobj=io.BytesIO(tarred(FILES)), mode="r:gz") as archive:
        rows = [(entry.mtime, entry.mode, entry.uid, entry.gid, entry.uname, entry.isreg()) for entry in archive]
        names = [entry.name for entry in archive]

    assert set(rows) == {(0, 0o644, 0, 0, "", True)}
    assert not [name for name in names if name.startswith(".")]
    assert gzip.decompress(tarred(FILES))[257:263] == b"ustar\x00"


# What JavaScript's `localeCompare` made of these, with the data that browsers and node share.
COLLATED = """
_x|-x|.x|a b|a_b|a-b|A-b|a-c|a.b|a/b|a1|A1|a10|a2|ab|aB|Ab|AB|co-op|CO-OP|coop|references/actions.md|references/errors.md
|resume|Resume|skill.md|SKILL.md|x|X
""".replace("\n", "").split("|")


def test_the_sum_of_a_skill_is_counted_as_the_clients_count_it():
    files = {name: name.encode() for name in reversed(COLLATED) if not name.startswith(".")}
    lines = "\n".join(f"{name}:{digest(files[name])}" for name in COLLATED if not name.startswith("."))

    assert fingerprint(files) == digest(lines.encode())


def test_what_a_client_keeps_beside_a_skill_is_not_in_its_sum():
    assert fingerprint({**FILES, ".clawhub/origin.json": b"{}", "references/.hidden": b""}) == fingerprint(FILES)


# What ClawHub's clients ask.


def test_a_skill_is_installed_in_the_requests_that_openclaw_makes():
    found = document("/api/v1/skills/acme/install")
    version = found["archive"]["version"]
    (verdict,) = document("/api/v1/skills/-/security-verdicts", "POST", {"items": [{"slug": "acme", "version": version}]})[
        "items"
    ]
    archive = content(found["archive"]["downloadUrl"])
    envelope = document(f"/api/v1/skills/acme/verify?version={version}")

    assert (found["ok"], found["slug"], found["installKind"]) == (True, "acme", "archive")
    assert (verdict["requestedSlug"], verdict["requestedVersion"], verdict["slug"], verdict["version"]) == ("acme", version) * 2
    assert unzipped(archive) == dict(SHELF.known["acme"].files)
    assert unzipped(archive)["SKILL.md"].startswith(b"---\nname: acme\n")
    assert (envelope["schema"], envelope["decision"], envelope["version"]) == ("clawhub.skill.verify.v1", "pass", version)
    assert envelope["artifact"]["sha256"] == digest(archive)


def test_nobody_is_told_that_a_skill_was_audited():
    desk = Desk(SHELF)
    version = SHELF.known["acme"].serial
    (verdict,) = document("/api/v1/skills/-/security-verdicts", "POST", {"items": [{"slug": "acme", "version": version}]})[
        "items"
    ]
    envelope = document("/api/v1/skills/acme/verify")
    detail = document("/api/v1/skills/acme", desk=desk)

    assert verdict["decision"] != "pass"
    assert verdict["reasons"] == envelope["reasons"] == ["security.not_audited"]
    assert [each["security"]["status"] for each in (verdict, envelope)] == ["not-audited"] * 2
    assert [each["security"]["passed"] for each in (verdict, envelope)] == [False] * 2
    assert verdict["checkedAt"] is None
    assert detail["moderation"] is None
    assert document("/api/v1/skills/acme/moderation") == {"moderation": None}
    said = "Rendered locally by skillkit"
    assert verdict["overview"].startswith(said)
    assert "Not audited: nobody has scanned or reviewed it." in verdict["overview"]
    assert verdict["overview"] in content(verdict["securityAuditUrl"].removeprefix(BASE)).decode()


def test_a_skill_with_more_than_text_is_not_called_text():
    files = skill("acme", "acme", BOOKS, **{"scripts/run.sh": "true\n"})
    desk = Desk(shelf({"acme": files}, {}, {}))

    assert "no program" not in content_of(desk, "/skills/acme/security-audit")
    assert "no program" in content("/skills/acme/security-audit").decode()


def content_of(desk: Desk, target: str) -> str:
    return reply(target, desk=desk).body.decode()


def test_a_verdict_is_given_on_each_skill_that_is_asked_about_also_on_one_that_is_not_here():
    version = SHELF.known["acme-books"].serial
    asked = [
        {"slug": "acme-books", "ownerHandle": OWNER, "version": version},
        {"slug": "nope", "version": "1"},
        {"slug": "acme", "ownerHandle": "somebody", "version": version},
        {"slug": "tempo-hours", "version": "9.9.9"},
    ]

    rows = document("/api/v1/skills/-/security-verdicts", "POST", {"items": asked})["items"]

    assert [row["requestedSlug"] for row in rows] == [each["slug"] for each in asked]
    assert [row.get("requestedOwnerHandle") for row in rows] == [OWNER, None, "somebody", None]
    assert [row["ok"] for row in rows] == [True, False, False, False]
    assert [row.get("error", {}).get("code") for row in rows] == [None, "skill_not_found", "skill_not_found", "version_not_found"]
    assert [row["publisherHandle"] for row in rows] == [OWNER, None, None, None]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 50_000,
        b'{"items": {}}',
        b'{"items": [1]}',
        b'{"items": [{"slug": "acme"}]}',
        b'{"items": [{"slug": 1, "version": "1"}]}',
        b'{"items": [{"slug": "acme", "version": "1", "ownerHandle": 3}]}',
        json.dumps({"items": [{"slug": "a", "version": "1"}] * 101}).encode(),
        b"\xff",
    ],
)
def test_a_question_about_verdicts_that_makes_no_sense_is_refused_in_plain_text(body):
    answer = reply("/api/v1/skills/-/security-verdicts", "POST", body)

    assert answer.status == 400
    assert answer.body.startswith(b"send {")
    assert dict(answer.headers)["Content-Type"].startswith("text/plain")


def test_what_clawhub_asks_before_it_installs_is_answered_with_all_that_its_schema_wants():
    entry = SHELF.known["acme"]

    assert document("/api/v1/skills/acme") == {
        "skill": {
            "slug": "acme",
            "displayName": "Acme",
            "summary": BOOKS,
            "topics": [],
            "tags": {"latest": entry.serial},
            "stats": {},
            "createdAt": 7000,
            "updatedAt": 7000,
        },
        "latestVersion": {"version": entry.serial, "createdAt": 7000, "changelog": "", "license": None},
        "metadata": None,
        "owner": {"handle": OWNER, "displayName": "skillkit on this machine", "image": None},
        "moderation": None,
    }


def test_the_files_of_a_version_are_shown_and_each_can_be_read():
    entry = SHELF.known["acme-books"]
    shown = document(f"/api/v1/skills/acme-books/versions/{entry.serial}")["version"]["files"]

    assert [row["path"] for row in shown] == ["SKILL.md", "references/actions.md"]
    assert [row["sha256"] for row in shown] == [digest(entry.files[row["path"]]) for row in shown]
    assert content("/api/v1/skills/acme-books/file?path=references/actions.md") == b"# All actions\n"
    assert reply("/api/v1/skills/acme-books/file?path=../acme/SKILL.md").status == 404
    assert [row["version"] for row in document("/api/v1/skills/acme-books/versions")["items"]] == [entry.serial]


def test_two_renderings_of_one_version_of_a_connector_are_two_versions():
    one, other = (filled(text).known["acme"] for text in (BOOKS, BOOKS.replace("shop", "store")))

    assert (one.version, other.version) == ("1.2.0", "1.2.0")
    assert one.serial.startswith("1.2.0_")
    assert one.serial != other.serial
    assert filled().known["acme"].serial == one.serial


def test_who_has_the_files_of_today_is_content_and_who_has_others_hears_of_a_version_it_cannot_compare():
    entry = SHELF.known["acme"]

    assert document(f"/api/v1/resolve?slug=acme&hash={entry.fingerprint}") == {
        "match": {"version": "1.2.0"},
        "latestVersion": {"version": "1.2.0"},
    }
    assert document(f"/api/v1/resolve?slug=acme&hash={'0' * 64}") == {"match": None, "latestVersion": {"version": entry.serial}}
    # Who had that one could not compare it with the next: it is not given out.
    assert reply("/api/v1/download?slug=acme&version=1.2.0").status == 404


def test_a_search_finds_by_name_by_description_and_in_the_words_of_other_languages():
    def rows(query: str) -> list[str]:
        return [row["slug"] for row in document(f"/api/v1/search?q={query}")["results"]]

    assert rows("log+time") == ["tempo-hours"]
    assert rows("Rechnung") == rows("ACME") == rows("invoi") == rows("invoices") == ["acme-books"]
    assert rows("") == rows("zebra") == []
    assert rows("acme+time") == ["acme-books", "tempo-hours"]
    assert len(document("/api/v1/search?q=acme+time&limit=1")["results"]) == 1
    assert document("/api/v1/search?q=acme-books&mode=exact")["results"][0]["slug"] == "acme-books"
    assert document("/api/v1/search?q=acme&mode=exact")["results"] == []
    assert [row["skillId"] for row in document("/api/search?q=time")["skills"]] == ["tempo-hours"]


def test_a_row_of_a_search_has_what_openclaw_drops_rows_for_the_lack_of():
    (row,) = document("/api/v1/search?q=rechnung")["results"]

    assert (row["source"], row["ownerHandle"], row["install"]["kind"]) == ("clawhub", OWNER, "clawhub")
    assert row["install"]["reference"] == f"@{OWNER}/acme-books"
    assert 0 < row["score"] <= 1
    assert [each["slug"] for each in document("/api/v1/trending?kind=skills&limit=20")["items"]] == ["acme-books", "tempo-hours"]
    assert document("/api/v1/trending?limit=1")["items"][0]["publisher"]["handle"] == OWNER


def test_the_list_of_all_skills_comes_in_pages():
    first = document("/api/v1/skills?limit=1&sort=createdAt")
    second = document(f"/api/v1/skills?limit=1&cursor={first['nextCursor']}")

    assert [row["slug"] for row in first["items"] + second["items"]] == ["acme-books", "tempo-hours"]
    assert second["nextCursor"] is None
    assert first["items"][0]["latestVersion"]["version"] == SHELF.known["acme-books"].serial
    assert [row["slug"] for row in document("/api/v1/skills?prefix=tempo")["items"]] == ["tempo-hours"]


def test_the_own_id_of_an_app_leads_to_its_skill_and_is_in_no_list():
    listed = content("/api/v1/skills") + content("/api/v1/search?q=acme") + content("/.well-known/agent-skills/index.json")

    assert b'"acme"' not in listed
    assert document("/api/v1/skills/acme")["skill"]["slug"] == "acme"
    assert reply("/.well-known/skills/acme/SKILL.md").status == 404


# What nobody gets.


@pytest.mark.parametrize(
    ("target", "status", "said"),
    [
        ("/api/v1/skills/nope", 404, "no skill 'nope' is here: skill not found"),
        ("/api/v1/skills/acme?ownerHandle=somebody", 404, "no skill 'acme' of 'somebody' is here: skill not found"),
        ("/api/v1/skills/acme/versions/9", 404, "the skill acme has no version '9'; it has 1.2.0_"),
        ("/api/v1/skills/acme/verify?version=9", 404, "the skill acme has no version '9'; it has 1.2.0_"),
        ("/api/v1/skills/acme/verify?tag=beta", 404, "the skill acme has no tag 'beta'; it has latest"),
        ("/api/v1/skills/acme/nonsense", 404, "nothing is served at '/api/v1/skills/acme/nonsense'"),
        ("/api/v1/skills/..%2f..%2fetc", 400, "this address is not well-formed"),
        ("/api/v1/skills/../acme", 400, "this address is not well-formed"),
        ("/api/v1/skills/%2e%2e", 400, "this address is not well-formed"),
        ("/api/v1/skills/..%5cx", 400, "this address is not well-formed"),
        ("/api/v1/skills/%ff", 400, "this address is not well-formed"),
        ("/.well-known/skills/acme-books/../../x", 400, "this address is not well-formed"),
        ("/api/v1/skills/acme\x00", 404, r"no skill 'acme\x00' is here"),
        ("/api/v1/download", 400, "name a skill: /api/v1/download?slug=…"),
        ("/api/v1/download?slug=a&slug=b", 400, "this address is not well-formed"),
        ("/api/v1/download?slug=%ff", 400, "this address is not well-formed"),
        ("/api/v1/search?" + "&".join(f"a{n}=" for n in range(30)), 400, "this address is not well-formed"),
        ("/api/v1/whoami", 401, "this registry has no accounts"),
        ("/api/v1/skills/-/security-verdicts", 405, "a verdict is asked for with POST"),
        ("/favicon.ico", 404, "nothing is served at '/favicon.ico'"),
        ("/skills/acme/x", 404, "nothing is served at"),
        ("//", 404, "nothing is served at '//'"),
        ("/skills", 404, "nothing is served at '/skills'"),
    ],
)
def test_what_is_not_here_is_refused_in_a_sentence(target, status, said):
    answer = reply(target)

    assert answer.status == status
    assert answer.body.decode().startswith(said), answer.body
    assert dict(answer.headers)["Content-Type"].startswith("text/plain")
    assert dict(answer.headers)["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/skills"),
        ("POST", "/api/v1/skills/-/upload-url"),
        ("POST", "/api/cli/telemetry/install"),
        ("POST", "/api/v1/stars/acme"),
        ("DELETE", "/api/v1/skills/acme"),
        ("PUT", "/.well-known/skills/index.json"),
    ],
)
def test_nothing_is_published_or_changed(method, path):
    answer = reply(path, method, {})

    assert (answer.status, answer.body) == (
        403,
        b"nothing can be published or changed here: this registry serves what skillkit renders from its connectors\n",
    )


def test_a_huge_query_finds_what_its_beginning_finds():
    assert [row["slug"] for row in document(f"/api/v1/search?q=acme{'+x' * 5_000}")["results"]] == ["acme-books"]
    assert [entry.name for _, entry in found(SHELF.listed, f"acme {' ' * 200} tempo")] == ["acme-books"]


@given(st.text(), st.text(), st.sampled_from(["GET", "POST", "DELETE"]), st.binary(max_size=40))
def test_whatever_is_asked_is_answered(path, query, method, body):
    answer = Desk(SHELF).answer(Asked(method, f"/{path}", query, (), body))

    assert answer.status in {200, 400, 401, 403, 404, 405}


# What is found below `/.well-known`.


def test_the_newer_index_names_each_skill_with_the_sum_of_what_is_fetched():
    index = document_of_file("/.well-known/agent-skills/index.json")

    assert index["$schema"] == "https://schemas.agentskills.io/discovery/0.2.0/schema.json"
    assert [row["name"] for row in index["skills"]] == ["acme-books", "skillkit", "tempo-hours"]
    for row in index["skills"]:
        fetched = content(f"/.well-known/agent-skills/{row['url']}")
        files = {"SKILL.md": fetched} if row["type"] == "skill-md" else untarred(fetched)
        assert row["digest"] == f"sha256:{digest(fetched)}"
        assert files == dict(SHELF.portable[row["name"]].files)
        assert row["description"] == SHELF.portable[row["name"]].summary
    assert {row["name"]: row["type"] for row in index["skills"]}["skillkit"] == "skill-md"


def document_of_file(target: str) -> Any:
    return json.loads(content(target))


def test_the_older_index_names_the_files_of_each_skill():
    index = document_of_file("/.well-known/skills/index.json")

    assert set(index) == {"skills"}
    for row in index["skills"]:
        files = {path: content(f"/.well-known/skills/{row['name']}/{path}") for path in row["files"]}
        assert files == dict(SHELF.portable[row["name"]].files)


def test_what_skills_find_prints_can_be_typed_behind_skills_add():
    (row,) = document("/api/search?q=rechnung&limit=20")["skills"]
    # The client puts the two together so.
    address = f"{row['source']}@{row['name']}"
    place = f"{address}/.well-known/agent-skills/index.json".removeprefix(BASE)
    (named,) = document_of_file(place)["skills"]

    assert address == f"{BASE}/@acme-books"
    assert named["name"] == "acme-books"
    assert digest(content(str(httpx.URL(f"{BASE}{place}").join(named["url"])).removeprefix(BASE))) == named["digest"][7:]


def test_a_client_that_knows_the_site_alone_is_told_where_the_api_is():
    assert document("/.well-known/clawhub.json") == document("/.well-known/clawdhub.json") == {"apiBase": BASE}


def test_whoever_opens_the_registry_reads_what_to_type():
    said = content("/").decode()

    assert f"npx skills add {BASE}\n" in said
    assert f"OPENCLAW_CLAWHUB_URL={BASE} openclaw skills install acme\n" in said
    assert "acme-books 1.2.0_" in said
    assert content("/skills/acme-books").startswith(b"# Acme\n")


# The real ones.


@pytest.fixture(scope="module")
def stocked(tmp_path_factory) -> Iterator[Shelf]:
    space = Workspace(str(tmp_path_factory.mktemp("registry") / "home"), folders=(shipped(),))
    yield shelves.stocked(space)
    space.close()


def test_clawhub_gets_the_profile_of_openclaw_and_well_known_the_portable_one(stocked):
    nested, plain = (entries["faktoora-e-invoicing"].files["SKILL.md"] for entries in (stocked.listed, stocked.portable))

    assert b"\n  openclaw:\n" in nested
    assert b"\n  openclaw:\n" not in plain
    assert plain.split(b"\n---\n", 1)[1] == nested.split(b"\n---\n", 1)[1]


def test_the_own_id_of_an_app_is_answered_with_the_same_skill_under_that_name(stocked):
    own, job = stocked.known["faktoora"].files, stocked.known["faktoora-e-invoicing"].files

    assert own["SKILL.md"] == job["SKILL.md"].replace(b"name: faktoora-e-invoicing\n", b"name: faktoora\n", 1)
    assert {**own, "SKILL.md": b""} == {**job, "SKILL.md": b""}
    assert set(stocked.known) - set(stocked.listed) == {"alegra", "clientary", "faktoora"}
    assert (
        set(stocked.listed)
        == set(stocked.portable)
        == {
            "alegra-accounting",
            "clientary-agency",
            "faktoora-e-invoicing",
            "skillkit",
        }
    )


def test_every_skill_has_what_the_clients_ask_of_a_name_and_a_description(stocked):
    for entry in [*stocked.known.values(), *stocked.portable.values()]:
        assert 60 <= len(entry.summary) <= 1024
        assert entry.version.count(".") == 2
        assert entry.title


# Through the door.


@contextmanager
def served(shelf: Shelf, port: int = 0) -> Iterator[str]:
    started: list[str] = []
    ready, ended = threading.Event(), threading.Event()

    def note(url: str) -> None:
        started.append(url)
        ready.set()

    thread = threading.Thread(target=lambda: registry.serve(shelf, port, note, at=1, going=lambda: not ended.is_set()))
    thread.start()
    assert ready.wait(5)
    try:
        yield started[0]
    finally:
        ended.set()
        thread.join(5)


def test_a_registry_answers_on_this_machine_and_nobody_who_calls_it_by_another_name():
    with served(SHELF) as url, httpx.Client(base_url=url, trust_env=False) as client:
        found = client.get("/api/v1/skills/acme/install", headers={"Authorization": "Bearer canary-2f9b"})
        config = client.get("/.well-known/clawhub.json")
        elsewhere = client.get("/", headers={"Host": "skills.example.com"})
        deleted = client.delete("/api/v1/skills/acme")
        long = client.get(f"/api/v1/search?q={'x' * 20_000}")
        large = client.post("/api/v1/skills/-/security-verdicts", content=b" " * 100_000)

    assert found.json()["ok"] is True
    assert "canary" not in found.text
    assert config.json() == {"apiBase": url}
    assert [each.status_code for each in (elsewhere, deleted, long, large)] == [421, 403, 431, 413]
    assert all(each.headers["content-type"].startswith("text/plain") for each in (elsewhere, deleted, long, large))


def test_all_files_of_many_skills_may_be_asked_for_at_once():
    with served(SHELF) as url, ThreadPoolExecutor(100) as pool, httpx.Client(base_url=url, trust_env=False, limits=ALL) as client:
        answers = list(pool.map(lambda _: client.get("/.well-known/skills/acme-books/SKILL.md").status_code, range(300)))

    assert set(answers) == {200}


def test_a_port_that_is_taken_is_said_with_the_way_to_another():
    with served(SHELF) as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(SkillkitError, match=f"cannot be served at port {port}: address already in use") as refused:
            registry.serve(SHELF, port, lambda _: None)

    assert refused.value.hint == "skillkit registry serve --port 0"


def test_of_a_page_without_a_mark_the_registry_makes_no_more_than_it_says():
    bare: Mapping[str, bytes] = {"SKILL.md": b"no frontmatter\n"}
    entry = shelf({"bare": bare}, {}, {"bare": bare}).known["bare"]

    assert (entry.title, entry.summary, entry.connector, entry.version) == ("bare", "", "bare", "0.0.0")
