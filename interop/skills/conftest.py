"""What carries these tests: somebody with a home and a project, what models would hear, every rendering, a registry."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from interop.skills import ear as hearing
from interop.skills.client import JUDGES, MODULES, SCRATCH, Person
from skillkit.skill.book import LANGUAGES
from skillkit.skill.profile import PROFILES


@pytest.fixture(scope="session", autouse=True)
def _clients() -> None:
    for folder in (MODULES, JUDGES):
        assert folder.exists(), "the clients and the judges are not here: make interop"
    SCRATCH.mkdir(exist_ok=True)


@pytest.fixture(scope="session")
def ear() -> Iterator[hearing.Ear]:
    with hearing.listening() as found:
        yield found


def person_at(path: Path, ear: hearing.Ear) -> Person:
    """Return a person whose home and project are new, and who has told Gemini that the project is to be trusted."""
    person = Person(path / "home", path / "project", ear.url)
    person.project.mkdir(parents=True)
    trusted = person.home / ".gemini" / "trustedFolders.json"
    trusted.parent.mkdir(parents=True)
    trusted.write_text(json.dumps({str(person.project): "TRUST_FOLDER"}))
    return person


@pytest.fixture
def person(tmp_path: Path, ear: hearing.Ear) -> Iterator[Person]:
    yield person_at(tmp_path, ear)
    # Agents furnish a home with hundreds of megabytes.
    shutil.rmtree(tmp_path)


@pytest.fixture(scope="session")
def renderings(tmp_path_factory: pytest.TempPathFactory, ear: hearing.Ear) -> Path:
    """Every profile in every language, each in the folder `<profile>-<language>`, with the skills below `skills`."""
    maker = person_at(tmp_path_factory.mktemp("maker"), ear)
    folder = tmp_path_factory.mktemp("renderings")
    for profile in PROFILES.values():
        for language in LANGUAGES:
            # Some are the skills alone.
            out = folder / f"{profile.name}-{language}" / ("" if profile.folder else "skills")
            maker.ok("skillkit", "skills", "render", "--profile", profile.name, "--lang", language, "--out", str(out))
    return folder
