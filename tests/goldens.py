"""What is rendered and committed: the skills, and beside the tests what in them depends on language and profile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skillkit.skill import folder, page
from skillkit.skill.book import LANGUAGES
from skillkit.skill.profile import PROFILES
from tests.rendered import books, pages

ROOT = Path(__file__).resolve().parent.parent
SKILLS = ROOT / "skills"
GOLDENS = ROOT / "tests" / "data" / "skills"


def skills() -> dict[str, bytes]:
    """Return the skills that are committed and shipped: portable, in English."""
    return {f"{each.name}/{path}": content for each in pages() for path, content in each.files.items()}


def goldens() -> dict[str, bytes]:
    """Return the page of every skill in every other language, and of every profile what it does not share with the others."""
    told = {
        f"{language}/{each.name}.md": each.files[page.MAIN]
        for language in LANGUAGES
        if language != "en"
        for each in pages(language=language)
    }
    return told | {f"profiles/{name}.md": _own(name) for name in PROFILES}


def _own(profile: str) -> bytes:
    files = page.packed({each.name: each.files for each in pages(profile)[:2]}, PROFILES[profile], books())
    shown = {path: _front(content) for path, content in files.items() if "/references/" not in path}
    return "\n".join(f"{path}\n\n```\n{text}```\n" for path, text in shown.items()).encode()


def _front(content: bytes) -> str:
    text = content.decode()
    return f"{text.partition(chr(10) + '---' + chr(10))[0]}\n---\n" if text.startswith("---\n") else text


def drift() -> list[str]:
    """Return what is not as it would be written."""
    here = {path.relative_to(GOLDENS).as_posix(): path.read_bytes() for path in GOLDENS.rglob("*.md")}
    stale = [f"tests/data/skills/{path}" for path in sorted({*here, *goldens()}) if here.get(path) != goldens().get(path)]
    strays = (
        [f"skills/{path.name}" for path in SKILLS.iterdir() if path.name not in {each.name for each in pages()}]
        if SKILLS.exists()
        else []
    )
    return [f"skills/{path}" for path in folder.differing(str(SKILLS), skills())] + strays + stale


def write(files: Mapping[str, bytes], place: Path) -> None:
    for path, content in files.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)


if __name__ == "__main__":
    folder.written(str(SKILLS), skills())
    write(goldens(), GOLDENS)
