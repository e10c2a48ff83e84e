"""What a lint rule is, and the connector that it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, TypeAlias

from skillkit import format as fmt
from skillkit.connector import RequestLine, request_line
from skillkit.document import names
from skillkit.errors import Problem
from skillkit.source import Source, pointer, read

Level: TypeAlias = Literal["error", "warning"]
Document: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """A connector that fits the format: as it is written, as it is completed, and what stands beside it."""

    source: Source
    head: Document
    actions: Mapping[str, Document]
    translations: tuple[Source, ...] = ()
    # The list of what the app offers, and where it stands.
    operations: str = ""
    operations_file: str = ""

    @property
    def document(self) -> Document:
        """Return the connector as it is written."""
        written: Any = self.source.document
        return dict(written)

    @property
    def params(self) -> Mapping[str, Document]:
        """Return the connection's parameters."""
        params: Mapping[str, Document] = self.document["connection"].get("params", {})
        return params

    def written(self) -> Iterator[tuple[str, str, Document, Document]]:
        """Yield of every action its JSON pointer, its key, how it is written, and how it is completed."""
        for key, action in self.document["actions"].items():
            yield pointer("/actions", key), key, action, self.actions[key]


Find: TypeAlias = Callable[[Subject], Iterator[Problem]]


@dataclass(frozen=True, slots=True)
class Lint:
    """
    A rule, why it is one, what keeps it and what breaks it, and how a breach is found.

    An example is the top-level keys that differ from a minimal connector; after a line `--- de` comes a translation,
    and after `--- operations.tsv` the list of what the app offers.
    In the anti-example, `# here` marks the line that is at fault.
    """

    id: str
    level: Level
    reason: str
    example: str
    anti_example: str
    find: Find


def subject(source: Source, translations: Sequence[Source] = (), operations: tuple[str, str] = ("", "")) -> Subject:
    """Return the connector that a source holds; it must fit the format. `operations` is that list, and where it stands."""
    document: Any = source.document
    head, actions = fmt.complete(document)
    return Subject(source, head, actions, tuple(translations), *operations)


# What rules ask of an action.


def request(action: Mapping[str, Any]) -> RequestLine:
    """Return the request line; of a tool on an MCP server, one that names nothing."""
    return request_line(action.get("request", "POST /"))


def properties(action: Mapping[str, Any]) -> dict[str, Any]:
    """Return every property that the input may have, in whatever variant."""
    found = dict(action.get("input", {}).get("properties", {}))
    for values in action.get("variants", {}).values():
        for added in values.values():
            found |= added.get("properties", {})
    return found


def placed(action: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return each name that the request has a place for, with where that is written; a name may be there twice."""
    line = request(action)
    found = [(name, "/request") for name in names(line.path)]
    found += [(name, "/request") for _, template, _ in line.query for name in names(template)]
    found += [(name, path) for path, text in texts(action.get("body"), "/body") for name in names(text)]
    return found + ([("format", "/accept")] if isinstance(action.get("accept"), Mapping) else [])


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text within a value, with its JSON pointer."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from texts(each, pointer(path, key))
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from texts(each, pointer(path, place))


def within(part: Any, place: str) -> Any:
    """Return what stands at `a/b` of an action, or None."""
    for step in place.split("/"):
        part = part.get(step) if isinstance(part, Mapping) else None
    return part


# Examples as files.

MINIMAL: Final = """\
skillkit: 1
id: acme
version: 1.0.0
name: Acme
connection:
  base_url: https://api.acme.example
actions:
  get-thing:
    description: One thing by its id.
    request: GET /things/{id}
    input: {required: [id], properties: {id: {type: string}}}
"""


def written(example: str) -> dict[str, str]:
    """Return the files that an example stands for: the connector, then its translations."""
    fragment, *others = example.split("\n--- ")
    found = {"connector.yaml": "".join({**_blocks(MINIMAL), **_blocks(fragment)}.values())}
    for other in others:
        name, _, content = other.partition("\n")
        found[name if name.endswith(".tsv") else f"i18n/{name.strip()}.yaml"] = content
    return found


def files(example: str) -> tuple[Source, tuple[Source, ...]]:
    """Return the connector that an example is, and its translations."""
    main, *translations = [read(text.encode(), file) for file, text in written(example).items() if file.endswith(".yaml")]
    return main, tuple(translations)


@cache
def _blocks(text: str) -> Mapping[str, str]:
    """Return a text by its top-level keys."""
    blocks: dict[str, str] = {}
    key = ""
    for line in text.strip("\n").splitlines():
        key = line.partition(":")[0] if line[:1] not in {" ", "#", ""} else key
        blocks[key] = blocks.get(key, "") + line + "\n"
    return blocks
