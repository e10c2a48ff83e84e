"""The text of a connector file as strict data, with the place of every value in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from skillkit.document import Json
from skillkit.errors import InvalidConnector, Problem

if TYPE_CHECKING:
    from yaml.events import Event

LARGEST: Final = 256 * 1024
DEEPEST: Final = 40
MOST_DIGITS: Final = 300

Place = tuple[int, int]

_WORDS: Mapping[str, Json] = {"true": True, "false": False, "null": None}
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Source:
    """What a file says, and at which line and column each JSON pointer of it stands."""

    file: str
    document: Json
    places: Mapping[str, Place]

    def problem(self, message: str, path: str, rule: str) -> Problem:
        """Return the problem with its place: that of the value, or of the nearest thing around it."""
        around = path
        while around and around not in self.places:
            around = around.rpartition("/")[0]
        line, column = self.places.get(around, (1, 1))
        return Problem(message, path, rule, self.file, line, column)


def read(content: bytes, file: str) -> Source:
    """Return what `content` says; anything beyond plain data is an error with its line and column."""
    text = _decoded(content, file)
    reader = _Reader(file)
    document = reader.document(_events(text, file))
    return Source(file, document, reader.places)


def pointer(path: str, step: str | int) -> str:
    """Return the JSON pointer one step below `path`."""
    return f"{path}/{str(step).replace('~', '~0').replace('/', '~1')}"


def _refusal(file: str, place: Place, message: str) -> InvalidConnector:
    problem = Problem(message, "", "strict-yaml", file, *place)
    return InvalidConnector(f"{file} cannot be read: line {place[0]}, column {place[1]}: {message}", (problem,))


def _decoded(content: bytes, file: str) -> str:
    if len(content) > LARGEST:
        raise _refusal(
            file, (1, 1), f"it has {len(content):,} bytes, more than {LARGEST:,}; move actions to actions/<group>.yaml"
        )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refusal(file, _place(content[: error.start].decode("utf-8")), "it is not UTF-8") from None
    if found := _CONTROL.search(text):
        named = "a byte order mark" if found[0] == "\ufeff" else f"the character U+{ord(found[0]):04X}"
        raise _refusal(file, _place(text[: found.start()]), f"{named} has no place in it")
    return text


def _place(before: str) -> Place:
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _events(text: str, file: str) -> Iterator[Event]:
    # Only authoring and compiling come here, so only they pay for the import.
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from yaml.parse(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _refusal(file, _at(mark) if mark else (1, 1), error.problem or "it is not YAML") from None
    except yaml.YAMLError as error:
        raise _refusal(file, (1, 1), str(error)) from None


def _at(mark: Any) -> Place:
    return mark.line + 1, mark.column + 1


class _Reader:
    """Builds the document from events, one level at a time, and refuses what is more than data."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[str, Place] = {}

    def document(self, events: Iterator[Event]) -> Json:
        """Return the one document of a stream of events."""
        documents = 0
        found: Json = None
        for event in events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    raise self._refused(event, "a second document begins here; a connector file holds one")
            elif kind not in {"StreamStartEvent", "StreamEndEvent", "DocumentEndEvent"}:
                found = self._value(event, events, "", 0)
        if not documents:
            raise _refusal(self.file, (1, 1), "it is empty")
        return found

    def _value(self, event: Any, events: Iterator[Event], path: str, depth: int) -> Json:
        kind = type(event).__name__
        if kind == "AliasEvent" or event.anchor is not None:
            raise self._refused(event, "anchors and aliases are not used here; write the value out, or use schemas")
        if event.tag is not None and event.tag != "!":
            raise self._refused(event, f"the tag {event.tag} is not used here")
        if depth > DEEPEST:
            raise self._refused(event, f"it is nested deeper than {DEEPEST} levels")
        self.places[path] = _at(event.start_mark)
        if kind == "ScalarEvent":
            return self._scalar(event)
        return (self._mapping if kind == "MappingStartEvent" else self._sequence)(events, path, depth)

    def _mapping(self, events: Iterator[Event], path: str, depth: int) -> Json:
        found: dict[str, Json] = {}
        key: Any
        for key in events:
            kind = type(key).__name__
            if kind == "MappingEndEvent":
                break
            if kind != "ScalarEvent" or key.anchor or key.tag:
                raise self._refused(key, "a key is a plain word")
            name = key.value
            if name == "<<" and not key.style:
                raise self._refused(key, "merge keys are not used here; write the values out")
            if name in found:
                raise self._refused(key, f"the key {name!r} is there twice")
            below = pointer(path, name)
            found[name] = self._value(next(events), events, below, depth + 1)
            self.places[below] = _at(key.start_mark)
        return found

    def _sequence(self, events: Iterator[Event], path: str, depth: int) -> Json:
        found: list[Json] = []
        for event in events:
            if type(event).__name__ == "SequenceEndEvent":
                break
            found.append(self._value(event, events, pointer(path, len(found)), depth + 1))
        return found

    def _scalar(self, event: Any) -> Json:
        word: str = event.value
        if event.style:
            return word
        if word in _WORDS:
            return _WORDS[word]
        number = _NUMBER.fullmatch(word)
        if number is None:
            return word
        if len(word) > MOST_DIGITS:
            raise self._refused(event, f"a number of {len(word):,} digits")
        if number[1] is None and number[2] is None:
            return int(word)
        if float(word) in (float("inf"), float("-inf")):
            raise self._refused(event, f"the number {word} is out of range")
        return float(word)

    def _refused(self, event: Any, message: str) -> InvalidConnector:
        return _refusal(self.file, _at(event.start_mark), message)
