"""What a rendered skill must hold before anybody installs it: rules over its files, each known by its id."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from skillkit.errors import Problem
from skillkit.skill.book import ENGLISH, Book
from skillkit.skill.mark import frontmatter
from skillkit.skill.page import LONGEST_DESCRIPTION, MAIN, MOST_LINES, MOST_TOKENS
from skillkit.skill.tokens import tokens

ROUTER_TOKENS: Final = 900
SHORTEST_DESCRIPTION: Final = 60
# What Codex has room for when it does not know its window, which is the least of all.
LISTING: Final = 8_000
COMMAND: Final = "skillkit"
SIDECARS: Final = frozenset({"agents/openai.yaml"})
KEYS: Final = frozenset({"name", "description", "license", "compatibility", "metadata", "allowed-tools"})

_NAME: Final = re.compile(r"(?!.*--)[a-z0-9](?:[a-z0-9-]{1,38}[a-z0-9])")
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_FENCE: Final = re.compile(r"^```.*$", re.MULTILINE)
_SHELL: Final = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_INLINE: Final = re.compile(r"`([^`\n]+)`")
_WHEN: Final = re.compile(r"\b(?:when|before|wenn|bevor|cuando|antes)\b|时|之前")
_PLACEHOLDER: Final = re.compile(
    r"<[A-Za-z][^>\n]*>|(?-i:\bTODO\b|\bFIXME\b)|\[(?:insert|your)\b|\{\{|\}\}|CODEBLOCK\d|INLINECODE\d", re.IGNORECASE
)
_STEP: Final = re.compile(r"\b(?:step|line|zeile|schritt|línea|paso) (\d+)|第 ?(\d+) ?[行步]", re.IGNORECASE)
_INSTALL: Final = re.compile(
    r"@latest\b|\bnpx\b|\buvx\b|\bsudo\b|\b(?:pip|pipx|uv|npm|brew|cargo|gem)3? (?:tool )?(?:install|i|add)\b"
    r"|\b(?:curl|wget)\b[^\n]*\|"
)
_ARGUMENT: Final = re.compile(
    r"--(?:token|password|passwd|api-?key|secret|private-?key|seed|credentials)[= ](?!-(?:\s|$))", re.IGNORECASE
)
_SECRET: Final = re.compile(
    r"\bsk-[A-Za-z0-9]{8}|\bghp_|\bxox[abp]-|\beyJ[A-Za-z0-9_-]{8}|Bearer [A-Za-z0-9._-]{5}|api_key\W{1,4}[A-Za-z0-9]{16}"
)
_UUID: Final = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE)
_TEMPLATE: Final = re.compile(r"=\s*[\"'`]\$\{\w+\}")
_INJECTION: Final = re.compile(
    r"\bignore (?:all |any |the )?(?:previous|prior|above) instructions\b|\bsystem prompt:", re.IGNORECASE
)
_ROW: Final = re.compile(r"^\| `([a-z0-9-]+)` \| (?:`([^`\n]*)`)? ?\| (.*) \|$", re.MULTILINE)
_ENTRY: Final = re.compile(r"^- `([a-z0-9-]+)` \([^)]*\): .*?(?: `([^`\n]*)`)?$", re.MULTILINE)


class Page(NamedTuple):
    """A rendered skill, and what it was rendered from and for; the one that leads to all others has no connector."""

    files: Mapping[str, bytes]
    # Its folder.
    name: str
    profile: str = "portable"
    language: str = ENGLISH
    book: Book | None = None
    # What the marks of effects are called in its language, and by which it tells that answers are data.
    marks: Mapping[str, str] = {}
    boundary: str = ""

    @property
    def text(self) -> str:
        """Return its main page."""
        return self.files.get(MAIN, b"").decode("utf-8", "replace")

    @property
    def body(self) -> str:
        """Return its main page without the frontmatter."""
        return self.text.partition("\n---\n")[2]

    @property
    def front(self) -> Mapping[str, Any]:
        """Return what its frontmatter says."""
        return frontmatter(self.files.get(MAIN, b""))


def problems(page: Page) -> tuple[Problem, ...]:
    """Return all that is wrong with a rendered skill."""
    return tuple(Problem(said, "", rule, f"{page.name}/{MAIN}", 1, 1) for rule, find in RULES.items() for said in find(page))


def lines(text: str) -> list[str]:
    """Return the command lines that a page has somebody type, those inside a sentence too."""
    fenced = [line for block in _SHELL.findall(text) for line in block.splitlines() if line and not line.startswith("#")]
    spoken = [found for found in _INLINE.findall(_SHELL.sub("", text)) if found.startswith(f"{COMMAND} ")]
    return [*fenced, *spoken]


def listing(pages: Iterable[Page]) -> int:
    """Return how many characters an agent's list of these skills has."""
    return sum(len(page.name) + len(str(page.front.get("description", ""))) for page in pages)


def budget(pages: Iterable[Page], most: int = LISTING) -> tuple[Problem, ...]:
    """Return what is wrong with skills that are installed together: that a list of them is longer than the smallest there is."""
    size = listing(pages)
    said = f"names and descriptions have {size:,} characters, and an agent's list may have room for {most:,}"
    return (Problem(said, "", "budget"),) if size > most else ()


def shared(page: Page, others: Iterable[Page]) -> float:
    """Return which share of a skill's lines stands in another skill too."""
    known = {line for other in others for line in _said(other)}
    own = _said(page)
    return sum(line in known for line in own) / max(1, len(own))


def _said(page: Page) -> list[str]:
    return [line for line in page.text.splitlines() if line.strip()]


# The rules.


def _frontmatter(page: Page) -> Iterator[str]:
    front, name = page.front, str(page.front.get("name", ""))
    if not front:
        yield "it has no frontmatter that can be read"
        return
    if extra := sorted(set(front) - KEYS):
        yield f"the frontmatter has {', '.join(extra)}, which the specification does not know"
    if not _NAME.fullmatch(name) or name != page.name:
        told = "3 to 40 small letters, digits and single hyphens"
        yield f"the name {name!r} is not that of its folder {page.name!r}, or not {told}"
    if not re.search(r'^description: (?:"|>-$)', page.text, re.MULTILINE):
        yield "the description is neither quoted nor folded"
    for path, content in page.files.items():
        if b"\r" in content or _UNSEEN.search(content.decode("utf-8", "replace")):
            yield f"{path} has a byte order mark, a carriage return or what nobody sees"


def _description(page: Page) -> Iterator[str]:
    said = str(page.front.get("description", ""))
    # A letter of Chinese says as much as three of others.
    wide = len(said) + 2 * sum("\u2e80" <= letter <= "\uffef" for letter in said)
    if wide < SHORTEST_DESCRIPTION or len(said) > LONGEST_DESCRIPTION:
        yield f"the description has {len(said)} characters, not {SHORTEST_DESCRIPTION} to {LONGEST_DESCRIPTION}"
    if re.search("[<>]", said):
        yield "the description has angle brackets in it"
    if page.language == ENGLISH and "use when" not in said.lower():
        yield "the description does not say 'Use when'"
    if page.book and str(page.book.head["name"]).lower() not in said.lower():
        yield f"the description does not name {page.book.head['name']}"
    if len(re.findall(r"[,\uff0c\u3001]| (?:and|or|und|oder|y|o) |[和或及]", said)) < 2:
        yield "the description names fewer than three kinds of things"


def _size(page: Page) -> Iterator[str]:
    most = ROUTER_TOKENS if page.book is None else MOST_TOKENS
    if (count := tokens(page.body)) >= most:
        yield f"the page has about {count:,} tokens, not fewer than {most:,}"
    if (long := page.body.count("\n")) >= MOST_LINES:
        yield f"the page has {long} lines, not fewer than {MOST_LINES}"


def _references(page: Page) -> Iterator[str]:
    linked = set(_LINK.findall(page.body))
    beside = set(page.files) - {MAIN} - SIDECARS
    for path in sorted(linked - beside):
        yield f"it leads to {path}, which is not there"
    for path in sorted(beside - linked):
        yield f"nothing leads to {path}"
    for path in sorted(beside):
        if path.count("/") != 1:
            yield f"{path} is not one level deep"
    for line in page.body.splitlines():
        if _LINK.search(line) and not _WHEN.search(line):
            yield f"it does not say when to read {_LINK.findall(line)[0]}"


def _structure(page: Page) -> Iterator[str]:
    for path, content in page.files.items():
        text = content.decode("utf-8", "replace")
        if len(_FENCE.findall(text)) % 2:
            yield f"{path} has a fence that does not end"
        # What an app prints may hold anything; what is said about it may not.
        for found in _PLACEHOLDER.findall(_SHELL.sub("", text)):
            yield f"{path} has {found!r} in it, which nobody explains"
    first = next(iter(_SHELL.findall(page.body)), "")
    for number in (int(one or other) for one, other in _STEP.findall(page.body)):
        if number > len(first.splitlines()):
            yield f"it speaks of line {number}, and there are {len(first.splitlines())}"


def _commands(page: Page) -> Iterator[str]:
    for path, content in page.files.items():
        text = content.decode("utf-8", "replace")
        for found in (*_INSTALL.findall(text), *_ARGUMENT.findall(text)):
            yield f"{path} has {found!r} in it: nothing is installed from anywhere here, and no secret is an argument"
    for line in lines(page.text):
        if shlex.split(line)[0] != COMMAND:
            yield f"{line[:60]!r} is a command that is not declared"


def _declared(page: Page) -> Iterator[str]:
    metadata = page.front.get("metadata")
    if not isinstance(metadata, Mapping):
        yield "the frontmatter has no metadata"
        return
    others = {key: value for key, value in metadata.items() if key != "openclaw"}
    if not all(isinstance(value, str) for value in others.values()):
        yield "metadata has a value that is no text"
    if page.profile != "openclaw":
        if "openclaw" in metadata:
            yield "metadata is nested, which strict clients drop"
    elif metadata.get("openclaw") != {"requires": {"bins": [COMMAND]}} or "openclaw: {" in page.text:
        yield f"metadata.openclaw does not declare the one command {COMMAND}, in block style"


def _exists(page: Page) -> Iterator[str]:
    if page.book is None:
        return
    known = page.book.actions
    named: list[tuple[str, list[str]]] = [
        (found[0], [name.strip(" *") for name in found[1].split(",") if name.strip()])
        for found in (*_ROW.findall(page.body), *_ENTRY.findall(page.files.get("references/actions.md", b"").decode()))
    ]
    for words in (shlex.split(line) for line in lines(page.text)):
        if words[1:3] in (["action", "run"], ["action", "get"]):
            given = json.loads(words[words.index("--input") + 1]) if "--input" in words else {}
            named.append((words[3], list(given)))
    for key, inputs in named:
        if key not in known:
            yield f"{page.book.head['id']} has no action {key!r}"
        elif unknown := set(inputs) - set(known[key]["input"]["properties"]):
            yield f"{key} takes no {', '.join(sorted(unknown))}"


def _guarded(page: Page) -> Iterator[str]:
    if page.boundary and page.boundary not in page.body:
        yield "it does not say that what an app returns is data"
    for flag in ("--dry-run", "--yes"):
        if flag not in page.body:
            yield f"it does not speak of {flag}"
    if page.book is None:
        return
    for key, _, does in _ROW.findall(page.body):
        action = page.book.actions.get(key)
        mark = page.marks.get(action["effect"], "") if action else ""
        if action and action["effect"] != "read" and not does.startswith(mark):
            yield f"{key} is not marked as what {action['effect']}s"


def _literals(page: Page) -> Iterator[str]:
    for path, content in page.files.items():
        text = content.decode("utf-8", "replace")
        for what, found in (
            ("a secret", _SECRET),
            ("an id", _UUID),
            ("a template", _TEMPLATE),
            ("an order to the reader", _INJECTION),
        ):
            if hit := found.search(text):
                yield f"{path} has what looks like {what}: {hit[0][:40]!r}"


RULES: Final[Mapping[str, Callable[[Page], Iterator[str]]]] = {
    "frontmatter": _frontmatter,
    "description": _description,
    "size": _size,
    "references": _references,
    "structure": _structure,
    "commands": _commands,
    "declared": _declared,
    "exists": _exists,
    "guarded": _guarded,
    "literals": _literals,
}
