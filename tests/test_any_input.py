"""Any input that fits an action's schema becomes a request that its app takes or refuses with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib import import_module
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from skillkit import schema
from skillkit.document import resolve
from skillkit.errors import SkillkitError
from skillkit.sandbox.vendors import known
from tests.sandboxed import Player, Stage, actions, lay, staged

Strategy = st.SearchStrategy[Any]
Schema = Mapping[str, Any]
# By the noun of a list, the ids that are there.
Ids = Mapping[str, Sequence[Any]]

ACTIONS = [(connector, key) for connector in known() for key in actions(connector)]

# What an app may say to an input that fits.
REFUSALS: Final = frozenset({"invalid_input", "not_found", "conflict", "permission", "quota", "partial", "pending"})

OPTIONS: Final[Mapping[str, Mapping[str, str]]] = {"faktoora": {"invoiceDeleteMode": "on", "polls": "0"}}
NAMES: Final = ("id", "faktooraId", "importId", "code")
FILES: Final = ("note.txt", "customers.csv", "broken.xml", "xrechnung-ubl.xml")

USUAL: Final = settings(
    max_examples=3,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
LONG: Final = settings(USUAL, max_examples=100, derandomize=False, phases=(Phase.generate, Phase.shrink))


# What names a record: "id", "client_id", "documentId", "client".
IDS: Final = re.compile(r"([.](client|provider|account|bankAccount|seller|origin|destination|warehouse|invoice)|[iI]d)$")

CONTACTS: Final = re.compile("^(client|provider)$")

# From a schema to what fits it.


def fitting(whole: Schema, ids: Ids, word: str, shown: Any = None) -> Strategy:
    """Return what gives values that fit a schema, mostly with ids that are there and values that an example has."""
    aim = _Aim(whole.get("$defs", {}), ids, word, shown)
    return _any(whole, aim).filter(lambda value: not schema.problems(whole, value))


@dataclass(frozen=True, slots=True)
class _Aim:
    definitions: Schema
    ids: Ids
    # The action and the names on the way to this value, and what an example has in its place.
    word: str
    shown: Any

    def at(self, name: str) -> _Aim:
        return replace(self, word=f"{self.word}.{name}", shown=self.shown.get(name) if isinstance(self.shown, dict) else None)

    def entry(self) -> _Aim:
        return replace(self, shown=self.shown[0] if isinstance(self.shown, list) and self.shown else None)


def _any(part: Any, aim: _Aim) -> Strategy:
    part = resolve(part, aim.definitions)
    if "const" in part:
        return st.just(part["const"])
    if "enum" in part:
        return st.sampled_from(part["enum"])
    if choices := part.get("oneOf", part.get("anyOf")):
        rest = {name: value for name, value in part.items() if name not in {"oneOf", "anyOf"}}
        return st.one_of([_any(_both(rest, resolve(one, aim.definitions)), aim) for one in choices])
    kinds = part.get("type") or ("object" if "properties" in part else "string")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    free = st.one_of([KINDS[kind](part, aim) for kind in kinds])
    if there := _there(part, kinds, aim):
        return _mostly(st.sampled_from(there), free)
    if isinstance(aim.shown, str | int | float) and part.get("format") != "file":
        return _mostly(st.just(aim.shown), free)
    return free


def _mostly(usual: Strategy, free: Strategy) -> Strategy:
    return st.integers(0, 4).flatmap(lambda number: free if number == 4 else usual)


def _both(part: Schema, other: Schema) -> Schema:
    """Return a schema that asks for what two of them ask for."""
    required = [*part.get("required", ()), *other.get("required", ())]
    properties = {**part.get("properties", {}), **other.get("properties", {})}
    merged = {**part, **other, "required": required}
    return {**merged, "properties": properties} if properties else merged


def _there(part: Schema, kinds: Sequence[str], aim: _Aim) -> list[Any]:
    """Return the ids that a field of this name could mean."""
    if "format" in part or "pattern" in part or not IDS.search(aim.word) or not {"integer", "string"} & set(kinds):
        return []
    *_, above, name = f".{aim.word}".split(".")
    subject = above if name == "id" else CONTACTS.sub("contact", name)
    meant = {noun for noun in aim.ids if any(part[:6] in subject for part in noun.split("-") if len(part) > 3)}
    found = [key for noun, keys in aim.ids.items() for key in keys if noun in meant or not meant]
    return [str(key) if "string" in kinds else key for key in found if "string" in kinds or isinstance(key, int)]


def _object(part: Schema, aim: _Aim) -> Strategy:
    properties = part.get("properties", {})
    if not properties:
        least = part.get("minProperties", 0)
        return st.dictionaries(TEXT, st.one_of(TEXT, st.integers(0, 9), st.booleans()), min_size=least, max_size=3)
    required = set(part.get("required", ()))
    # The cursor is our own, and not the app's.
    fields = {name: _any(one, aim.at(name)) for name, one in properties.items() if name != "cursor"}
    return st.fixed_dictionaries(
        {name: one for name, one in fields.items() if name in required},
        optional={name: one for name, one in fields.items() if name not in required},
    )


def _array(part: Schema, aim: _Aim) -> Strategy:
    least = part.get("minItems", 0)
    entry = _any(part.get("items", {"type": ["string", "integer"]}), aim.entry())
    return st.lists(entry, min_size=least, max_size=min(least + 2, part.get("maxItems", 9)))


TEXT: Final = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
FORMATS: Final[Mapping[str, Strategy]] = {
    "date": st.one_of(st.dates(date(2025, 1, 1), date(2027, 12, 31)), st.dates()).map(date.isoformat),
    "date-time": st.dates(date(2000, 1, 1)).map(lambda day: f"{day.isoformat()}T08:00:00Z"),
    "email": st.one_of(st.just("ana@example.com"), st.emails()),
    "uri": st.sampled_from(["https://hooks.elbkontor.de/in", "http://127.0.0.1/in", "urn:isbn:1"]),
    "file": st.sampled_from(FILES),
}


def _text(part: Schema, *_: Any) -> Strategy:
    if pattern := part.get("pattern"):
        # With `$` a text could end with a new line, by Python's reading alone.
        return st.from_regex(pattern.removesuffix("$") + (r"\Z" if pattern.endswith("$") else ""))
    if part.get("format") in FORMATS:
        return FORMATS[part["format"]]
    least = part.get("minLength", 0)
    return st.one_of(TEXT, st.text("Aé9 /&%", max_size=8)).filter(lambda text: len(text) >= least)


def _number(part: Schema, *_: Any) -> Strategy:
    low, high = part.get("minimum", -10), part.get("maximum", 10_000)
    cents = st.integers(int(low * 100), int(high * 100)).map(lambda whole: whole / 100)
    far = st.floats(part.get("minimum"), part.get("maximum"), allow_nan=False, allow_infinity=False)
    return st.one_of(cents, _whole(part), far)


def _whole(part: Schema, *_: Any) -> Strategy:
    usual = st.integers(part.get("minimum", -2), part.get("maximum", 40))
    return st.one_of(usual, usual, st.integers(part.get("minimum"), part.get("maximum")))


KINDS: Final[Mapping[str, Callable[..., Strategy]]] = {
    "object": _object,
    "array": _array,
    "string": _text,
    "number": _number,
    "integer": _whole,
    "boolean": lambda *_: st.booleans(),
    "null": lambda *_: st.none(),
}


# The apps.


@pytest.fixture(scope="module")
def stages(tmp_path_factory, furnished) -> Iterator[Callable[[str], tuple[Stage, Ids]]]:
    """Give the stage of a connector, and the ids of what is seeded there."""
    with ExitStack() as opened:

        @cache
        def stage(connector: str) -> tuple[Stage, Ids]:
            home = tmp_path_factory.mktemp(connector) / "home"
            found = opened.enter_context(staged(home, furnished, connector, OPTIONS.get(connector, {})))
            Player(found, import_module(f"tests.scenes.{connector}").SCRIPT).furnish()
            found.keep()
            return found, seeded(found)

        yield stage


def seeded(stage: Stage) -> Ids:
    """Return the ids of everything that can be listed without knowing another id."""
    lists = {key: one for key, one in actions(stage.connector).items() if one.get("items") and one["effect"] == "read"}
    rows = {key: stage.run(key, {"limit": 50}).output["items"] for key, one in lists.items() if not one["input"].get("required")}
    found: dict[str, list[Any]] = {}
    for key, listed in rows.items():
        for name in NAMES:
            # A field can be named for its record or for its id.
            found[f"{key.partition('-')[2].removesuffix('s')}-{name}"] = [row[name] for row in listed if row.get(name)]
    return {noun: keys for noun, keys in found.items() if keys}


@pytest.fixture
def folder(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for connector in known():
        lay(import_module(f"tests.scenes.{connector}").SCRIPT)


def tried(place: tuple[Stage, Ids], action: str, drawn: st.DataObject) -> None:
    """Run an action on an input that fits, and see that the app says something that makes sense."""
    stage, ids = place
    document = actions(stage.connector)[action]
    shown = next((one["input"] for one in document["examples"] if one.get("input") and "error" not in one), {})
    inputs = drawn.draw(fitting(document["input"], ids, action, shown), label=action)
    stage.afresh()
    outcome = stage.outcome(action, inputs)
    if isinstance(outcome, SkillkitError):
        assert outcome.kind in REFUSALS, f"{outcome.described()} {stage.sandboxes.statuses}"
        # An answer of which no sentence was read would say no more than its status.
        assert "the app answered" not in outcome.message, outcome.described()
    else:
        assert outcome.warnings == ()
    assert all(status < 500 for status in stage.sandboxes.statuses)


@pytest.mark.parametrize(("connector", "action"), ACTIONS)
@USUAL
@given(drawn=st.data())
def test_an_input_that_fits_is_taken_or_refused_with_a_reason(connector, action, drawn, stages, folder):
    tried(stages(connector), action, drawn)


@pytest.mark.soak
@pytest.mark.parametrize(("connector", "action"), ACTIONS)
@LONG
@given(drawn=st.data())
def test_many_inputs_that_fit_are_taken_or_refused_with_a_reason(connector, action, drawn, stages, folder):
    tried(stages(connector), action, drawn)
