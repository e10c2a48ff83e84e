"""The installers that people have, none of them changed, at a registry of ours: find, install, verify, update, refuse."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from interop.skills.client import Person
from interop.skills.conftest import person_at
from interop.skills.ear import Ear
from interop.skills.installer import INSTALLERS, Installer, files
from interop.skills.shop import furnished, serving
from interop.skills.sight import seen

NEXT = "Invoices and estimates for small businesses."

each_installer = pytest.mark.parametrize("installer", INSTALLERS.values(), ids=INSTALLERS)
of_clawhub = pytest.mark.parametrize("installer", [INSTALLERS["openclaw"], INSTALLERS["clawhub"]], ids=["openclaw", "clawhub"])


@pytest.fixture(scope="session")
def keeper(tmp_path_factory: pytest.TempPathFactory, ear: Ear) -> Person:
    """Whoever keeps the registry."""
    found = person_at(tmp_path_factory.mktemp("keeper"), ear)
    furnished(found)
    return found


@pytest.fixture(scope="session")
def registry(keeper: Person) -> Iterator[str]:
    with serving(keeper) as url:
        yield url


def rendered(keeper: Person, name: str, profile: str, *words: str) -> dict[str, bytes]:
    """Return the files of a skill as its keeper renders them."""
    out = keeper.home / "rendered"
    shutil.rmtree(out, ignore_errors=True)
    keeper.ok("skillkit", "skills", "render", name, "--profile", profile, "--out", str(out), *words)
    (folder,) = out.iterdir()
    return files(folder)


@each_installer
def test_an_installer_finds_installs_and_keeps_a_skill(
    installer: Installer, registry: str, keeper: Person, person: Person, ear: Ear
) -> None:
    ear.beyond.clear()
    found = installer.find(person, registry, "e-invoice").stdout
    assert "faktoora-e-invoicing" in found

    ended = installer.install(person, registry, "faktoora-e-invoicing")
    assert ended.code == 0, ended
    place = installer.folder(person) / "faktoora-e-invoicing"
    assert files(place, installer.marks) == rendered(keeper, "faktoora", installer.profile)

    # There is nothing newer, so nothing changes.
    before = files(place, installer.marks)
    assert installer.update(person, registry).code == 0
    assert files(place, installer.marks) == before
    # And nobody else was asked for anything.
    assert ear.beyond == []


@each_installer
def test_an_installer_refuses_what_is_not_there_and_leaves_nothing(installer: Installer, registry: str, person: Person) -> None:
    ended = installer.install(person, registry, "no-such-skill")

    assert ended.code == 1
    assert "no-such-skill" in ended.stdout + ended.stderr
    assert not installer.folder(person).exists() or files(installer.folder(person)) == {}


@each_installer
def test_an_installer_brings_a_skill_up_to_date(installer: Installer, tmp_path: Path, ear: Ear, person: Person) -> None:
    keeper = person_at(tmp_path / "keeper", ear)
    furnished(keeper)
    # `skills update` renews a skill for the agents that it finds, whichever it was installed for.
    (person.home / ".claude").mkdir()
    with serving(keeper) as url:
        assert installer.install(person, url, "acme").code == 0
    place = installer.folder(person) / "acme"
    first = files(place, installer.marks)

    furnished(keeper, "0.2.0", NEXT)
    with serving(keeper, urlsplit(url).port or 0):
        ended = installer.update(person, url)
    assert ended.code == 0, ended
    assert NEXT.encode() in files(place)["SKILL.md"], ended
    assert files(place, installer.marks) == rendered(keeper, "acme", installer.profile) != first


@of_clawhub
def test_an_app_goes_by_its_own_id_too(installer: Installer, registry: str, keeper: Person, person: Person) -> None:
    assert installer.install(person, registry, "faktoora").code == 0

    found = files(installer.folder(person) / "faktoora", installer.marks)
    known = rendered(keeper, "faktoora", "openclaw")
    assert set(found) == set(known)
    assert found["SKILL.md"] == known["SKILL.md"].replace(b"name: faktoora-e-invoicing", b"name: faktoora", 1)


def test_a_skill_may_be_asked_for_with_its_owner(registry: str, person: Person) -> None:
    # The one leaves the owner out of the place, the other has a folder of that name.
    for name, place in (("openclaw", "acme"), ("clawhub", "@skillkit-local/acme")):
        assert INSTALLERS[name].install(person, registry, "@skillkit-local/acme").code == 0
        assert (INSTALLERS[name].folder(person) / place / "SKILL.md").exists()
        assert INSTALLERS[name].install(person, registry, "@somebody-else/acme").code == 1


def test_openclaw_shows_its_model_what_it_installed(registry: str, person: Person, ear: Ear) -> None:
    told = INSTALLERS["openclaw"].install(person, registry, "faktoora").stdout

    assert "faktoora" in {each.name for each in seen("openclaw", person, ear)}
    # Before that it has said what there is to know.
    assert "Outcome: Review" in told
    assert "Not audited" in told


def test_whoever_verifies_a_skill_hears_that_nobody_has_audited_it(registry: str, person: Person) -> None:
    for name in ("openclaw", "clawhub"):
        assert INSTALLERS[name].install(person, registry, "acme").code == 0
    told = (
        person.ok("openclaw", "skills", "verify", "acme", OPENCLAW_CLAWHUB_URL=registry),
        person.ok("clawhub", "skill", "verify", "acme", CLAWHUB_REGISTRY=registry),
    )

    for ended in told:
        document = ended.document
        assert (document["ok"], document["security"]["status"], document["security"]["passed"]) == (True, "not-audited", False)
        assert document["provenance"]["connector"] == "acme"
        assert document["artifact"]["files"][0]["path"] == "SKILL.md"
    card = person.ok("openclaw", "skills", "verify", "acme", "--card", OPENCLAW_CLAWHUB_URL=registry).stdout
    assert "Not audited" in card


def test_clawhub_keeps_what_somebody_edited_until_it_is_forced(registry: str, person: Person) -> None:
    installer = INSTALLERS["clawhub"]
    assert installer.install(person, registry, "acme").code == 0
    page = installer.folder(person) / "acme" / "SKILL.md"
    page.write_text(page.read_text() + "\nEdited.\n")

    assert "local changes" in installer.update(person, registry).stdout
    assert "Edited." in page.read_text()

    person.ok("clawhub", "update", "acme", "--force", "--no-input", CLAWHUB_REGISTRY=registry)
    assert "Edited." not in page.read_text()


def test_nothing_can_be_published_and_nobody_signs_in(registry: str, person: Person) -> None:
    signed_in = person.run("clawhub", "login", "--token", "none", "--no-browser", CLAWHUB_REGISTRY=registry)

    assert signed_in.code == 1
    assert "this registry has no accounts" in signed_in.stderr


def test_a_registry_speaks_the_language_it_was_started_in(keeper: Person, person: Person) -> None:
    with serving(keeper, 0, "--lang", "zh") as url:
        assert INSTALLERS["skills"].install(person, url, "faktoora-e-invoicing").code == 0

    found = files(INSTALLERS["skills"].folder(person) / "faktoora-e-invoicing")
    assert found == rendered(keeper, "faktoora", "portable", "--lang", "zh")


# What is built for any web server.


@contextmanager
def hosted(folder: Path) -> Iterator[str]:
    """Serve a folder as it is, as any web server would."""

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("gone", ["skills", "agent-skills"])
def test_a_built_registry_is_read_in_either_version_of_the_agreement(
    gone: str, keeper: Person, person: Person, tmp_path: Path
) -> None:
    keeper.ok("skillkit", "registry", "build", str(tmp_path / "built"))
    shutil.rmtree(tmp_path / "built" / ".well-known" / gone)
    with hosted(tmp_path / "built") as url:
        ended = INSTALLERS["skills"].install(person, url, "faktoora-e-invoicing")

    assert ended.code == 0, ended
    found = files(INSTALLERS["skills"].folder(person) / "faktoora-e-invoicing")
    assert found == rendered(keeper, "faktoora", "portable")


def test_an_archive_that_was_changed_on_its_way_is_refused(keeper: Person, person: Person, tmp_path: Path) -> None:
    keeper.ok("skillkit", "registry", "build", str(tmp_path / "built"))
    newer = tmp_path / "built" / ".well-known" / "agent-skills"
    shutil.rmtree(newer.parent / "skills")
    # It is an archive, and a good one, but another one than its sum says.
    shutil.copy(newer / "acme.tar.gz", newer / "faktoora-e-invoicing.tar.gz")
    with hosted(tmp_path / "built") as url:
        refused = INSTALLERS["skills"].install(person, url, "faktoora-e-invoicing")
        assert INSTALLERS["skills"].install(person, url, "acme").code == 0

    assert refused.code == 1
    assert not (INSTALLERS["skills"].folder(person) / "faktoora-e-invoicing").exists()
