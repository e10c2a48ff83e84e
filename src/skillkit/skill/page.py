"""From what a skill says to the bytes of its files, for one kind of agent."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from skillkit import VERSION
from skillkit.errors import InvalidConnector
from skillkit.format import shown
from skillkit.skill import router, view, words
from skillkit.skill.book import Book
from skillkit.skill.mark import ROUTER, Mark, digest, frontmatter
from skillkit.skill.profile import SHORT, Pack, Profile, Told, quoted
from skillkit.skill.text import clause, line
from skillkit.skill.tokens import tokens

if TYPE_CHECKING:
    from jinja2 import Environment

MAIN: Final = "SKILL.md"
# What the specification, the scanners and a listing have room for.
MOST_TOKENS: Final = 1_500
MOST_LINES: Final = 200
LONGEST_DESCRIPTION: Final = 250
FOLDER: Final = os.path.dirname(os.path.abspath(__file__))


def app(book: Book, profile: Profile, name: str) -> dict[str, bytes]:
    """Return the files of an app's skill by their paths; the same values always give the same bytes."""
    errors = view.meanings(book)
    tried = ((room, _page("skill", view.front(book, room, errors))) for room in view.ROOMS)
    room, body = next(filter(_fits, tried), (None, ""))
    if room is None:
        said = f"what {book.head['id']} says of its skill does not fit into {MOST_TOKENS:,} tokens"
        raise InvalidConnector(said, hint="shorten its gotchas and its examples")
    taken = {key: [action["effect"], shown(action)[0]] for key, action in book.actions.items()}
    mark = Mark(book.head["id"], book.head["version"], digest(taken))
    told = _told(name, description(book), mark, book)
    pages = {f"references/{key}.md": _page(key, values) for key, values in view.references(book, room, errors).items()}
    return _files(told, profile, body, pages)


def leading(books: Mapping[str, Book], language: str, profile: Profile, name: str = ROUTER) -> dict[str, bytes]:
    """Return the files of the skill that leads to all others."""
    say = words.of(language, {"app": "skillkit", "apps": router.known(books.values())})
    mark = Mark(ROUTER, VERSION, digest({book.head["id"]: book.head["version"] for book in books.values()}))
    told = Told(
        name,
        say("router_description"),
        say("compatibility"),
        mark,
        "skillkit",
        say("router_short"),
        say("prompt", skill=name, ask=say("router_ask")),
    )
    return _files(told, profile, _page("router", router.values(books, language)), {})


def packed(skills: Mapping[str, Mapping[str, bytes]], profile: Profile, books: Mapping[str, Book]) -> dict[str, bytes]:
    """Return the files of a pack: every skill in its folder, and what tells an agent that they belong together."""
    told = {name: str(frontmatter(files[MAIN])["description"]) for name, files in skills.items()}
    pack = Pack(
        f"Skills for {router.known(books.values())} and whatever else skillkit connects.", _keywords(books.values()), told
    )
    files = {f"{profile.folder}{name}/{path}": content for name, files in skills.items() for path, content in files.items()}
    manifests = {path: _written(made(pack)).encode() for path, made in profile.manifests.items()}
    return dict(sorted({**files, **manifests}.items()))


def _written(content: Any) -> str:
    return content if isinstance(content, str) else json.dumps(content, indent=2) + "\n"


def description(book: Book) -> str:
    """Return what an agent reads before it reads the skill: what it is for and when to use it."""
    say = words.of(book.language, {"app": line(book.head["name"], 60)})
    written = line(book.skill.get("use_when", ""), 1_000)
    if not written:
        titles = ", ".join(line(book.actions[key]["title"], 40) for key in book.featured[:6])
        written = " ".join(filter(None, (line(book.head.get("about", ""), 120), say("use_when"), f"{titles}.")))
    elif book.language == words.ENGLISH and "use when" not in written.lower():
        written = f"{line(book.head['name'], 60)} - Use when {written}"
    written = written.translate({ord("<"): None, ord(">"): None}).replace(": ", " - ")
    return written if len(written) <= LONGEST_DESCRIPTION else _cut(written, LONGEST_DESCRIPTION)


def _cut(text: str, longest: int) -> str:
    head = text[: longest - 1]
    ends = max(head.rfind(mark) for mark in (". ", ", ", "; ", "\u3002", "\uff0c", "\u3001"))
    return f"{head[:ends] if ends > 60 else head[: longest - 2].rstrip()}."


def _told(name: str, text: str, mark: Mark, book: Book) -> Told:
    title = line(book.head["name"], 60)
    say = words.of(book.language, {"app": title})
    ask = next((line(each["ask"], 160) for each in view.examples(book)), view.intent(book))
    shorts = (clause(str(book.head.get("about", "")), 64), say("short"), f"Work in {title[:40]} through skillkit")
    short = next(each for each in shorts if len(each) in SHORT)
    return Told(name, text, say("compatibility"), mark, title, short, say("prompt", skill=name, ask=ask))


def _keywords(books: Iterable[Book]) -> tuple[str, ...]:
    return tuple(sorted({line(tag, 40) for book in books for tag in book.head.get("tags", ())}))


def _files(told: Told, profile: Profile, body: str, pages: Mapping[str, str]) -> dict[str, bytes]:
    front = ["---", f"name: {told.name}", f"description: {quoted(told.description)}", *profile.front(told), "---"]
    main = "\n".join(front) + "\n\n" + body
    files = {MAIN: main.encode(), **{path: page.encode() for path, page in pages.items()}, **profile.beside(told)}
    return dict(sorted(files.items()))


def _fits(tried: tuple[view.Room, str]) -> bool:
    _, body = tried
    return tokens(body) < MOST_TOKENS and body.count("\n") < MOST_LINES


def _page(template: str, values: Mapping[str, Any]) -> str:
    return _templates().get_template(f"{template}.md").render(values)


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(os.path.join(FOLDER, "templates")),
        # Markdown, in which every text has been made harmless where it was put together.
        autoescape=False,  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
