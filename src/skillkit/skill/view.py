"""What a skill says of a connector, as plain values that a template only has to put in their places."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from skillkit.connector import IRREVERSIBLE
from skillkit.skill import words
from skillkit.skill.book import FEATURED, Book
from skillkit.skill.text import clause, code, command, document, line, prose
from skillkit.skill.words import Say

Values: TypeAlias = Mapping[str, Any]

# As many of what may go wrong, and of the app's own errors, as the page itself says.
GOTCHAS: Final = 6
RULES: Final = 4
EXAMPLES: Final = 3
# As long as what is printed of one example.
OUTPUT: Final = 400
_WORKED: Final = frozenset({"ask", "action", "input", "output"})
# Everybody's own: every list has them, and one sentence says so.
PAGING: Final = frozenset({"limit", "cursor"})


class Room(NamedTuple):
    """How much a page says: so many letters of an action, so many inputs that it can do without, and so many of the rest."""

    letters: int
    inputs: int
    rules: int = 0
    gotchas: int = GOTCHAS
    rows: int = FEATURED


class Meanings(NamedTuple):
    """What an app's errors mean: with most of its actions, and with some alone."""

    common: list[Values]
    some: list[Values]


_LEVELS: Final = ((64, 3), (56, 3), (56, 2), (48, 2), (40, 2), (40, 1), (32, 1), (32, 0), (0, 2), (0, 1))
# The richest that fits is taken: what the app says of errors goes first, as another page has it too.
ROOMS: Final = (
    Room(90, 4, RULES),
    Room(80, 3, 3),
    Room(72, 3, 1),
    *(Room(letters, inputs) for letters, inputs in _LEVELS),
    Room(0, 0),
    Room(0, 0, gotchas=5),
    Room(0, 0, gotchas=4),
    Room(0, 0, gotchas=4, rows=12),
    Room(0, 0, gotchas=2, rows=6),
)


def front(book: Book, room: Room, errors: Meanings) -> Values:
    """Return what the page itself says."""
    say = words.of(book.language, _facts(book))
    gotchas = [prose(each) for each in book.skill.get("gotchas", ())]
    return {
        "say": say,
        "title": prose(book.head["name"]),
        "about": prose(book.head.get("about") or say("use_when")),
        "start": list(_start(book)),
        "rows": [_row(say, action, room) for action in (book.actions[key] for key in book.featured[: room.rows])],
        "examples": [_example(say, book, example) for example in examples(book)],
        "gotchas": gotchas[: room.gotchas],
        "rules": errors.common[: room.rules],
        "more": [say(f"more_{name}", link=f"[{name}](references/{name}.md)") for name in _beside(book, room, errors)],
    }


def references(book: Book, room: Room, errors: Meanings) -> dict[str, Values]:
    """Return what stands beside the page, by the name of its file: nothing that there is nothing to say of."""
    say = words.of(book.language, _facts(book))
    events = book.head.get("webhooks", {}).get("events", {})
    told: dict[str, Values] = {
        "actions": {"rows": [_full(say, each) for each in book.actions.values()]},
        "errors": {"rules": errors.common, "by_action": errors.some},
        "webhooks": {
            "events": [
                {"name": code(name), "what": prose(event.get("description", ""))} for name, event in sorted(events.items())
            ]
        },
        "gotchas": {"gotchas": [prose(each) for each in book.skill.get("gotchas", ())][room.gotchas :]},
    }
    return {name: {"say": say, **told[name]} for name in _beside(book, room, errors)}


def _beside(book: Book, room: Room, errors: Meanings) -> list[str]:
    there = {
        "actions": True,
        "errors": any(errors),
        "webhooks": book.head.get("webhooks", {}).get("events"),
        "gotchas": book.skill.get("gotchas", ())[room.gotchas :],
    }
    return [name for name, found in there.items() if found]


def address(head: Values) -> str:
    """Return the address by which an app is known; its id where it declares none."""
    plain = [domain for domain in head["connection"].get("domains", ()) if "{" not in domain]
    return f"https://{plain[0]}" if plain else str(head["id"])


def reads(book: Book) -> Mapping[str, Any]:
    """Return the action that shows best what is there: a list that needs nothing, if there is one."""
    shown = [book.actions[key] for key in (*_exampled(book), *book.featured, *book.actions)]
    looks = [action for action in shown if action["effect"] == "read"] or shown
    return next((action for action in looks if "items" in action and not _required(action)), looks[0])


def intent(book: Book) -> str:
    """Return how somebody asks, in the words of the language, for what the first example does."""
    for key in (*_exampled(book), *book.featured):
        intents = book.actions[key].get("intents", {})
        for language in (book.language, words.ENGLISH, ""):
            if phrases := intents.get(language):
                return line(phrases[0], 80)
    return line(reads(book)["title"], 80)


def typed(book: Book, key: str, given: Values, *flags: str) -> str:
    """Return the command that runs an action."""
    said = ("--input", document(given)) if given else ()
    return command("skillkit", "action", "run", key, "--connectionKey", book.head["id"], *said, *flags, "--json")


def _facts(book: Book) -> dict[str, str]:
    key = book.head["id"]
    written = _written(book)
    return {
        "app": prose(book.head["name"], 60),
        "id": key,
        "list": reads(book)["key"],
        "shown": written["key"] if written else reads(book)["key"],
        "count": str(len(book.actions)),
    }


def _start(book: Book) -> Iterator[str]:
    key, listing = book.head["id"], reads(book)
    yield command("skillkit", "connection", "ensure", address(book.head), "--json")
    yield command("skillkit", "connection", "get", key, "--wait", "--json")
    yield command("skillkit", "action", "list", "--connectionKey", key, "--intent", intent(book), "--compact", "--json")
    looking, writing = _tried(book)
    yield (
        line_of(book, looking) if looking else typed(book, listing["key"], {}, *(("--limit", "5") if "items" in listing else ()))
    )
    if writing:
        yield line_of(book, writing, "--dry-run")


def _tried(book: Book) -> tuple[Values | None, Values | None]:
    """Return the first example that reads and the first that writes, which the quick start types."""
    shown = [(example, book.actions[example["action"]]["effect"] == "read") for example in examples(book)]
    return next((one for one, looks in shown if looks), None), next((one for one, looks in shown if not looks), None)


def examples(book: Book) -> list[Values]:
    """Return what is worked out: what is asked, with an action that is here, what it takes and what it gives."""
    told = [each for each in book.skill.get("examples", ()) if isinstance(each, Mapping) and each.keys() >= _WORKED]
    return [each for each in told if str(each["action"]) in book.actions][:EXAMPLES]


def _exampled(book: Book) -> list[str]:
    return [example["action"] for example in examples(book)]


def _written(book: Book) -> Mapping[str, Any] | None:
    """Return an action that writes, of those that are shown."""
    shown = (book.actions[key] for key in (*_exampled(book), *book.featured))
    return next((action for action in shown if action["effect"] != "read"), None)


def _example(say: Say, book: Book, example: Values) -> Values:
    """Return what is shown of an example: its line only where the quick start does not have it already."""
    looking, writing = _tried(book)
    agreed = "line_5_yes" if book.actions[example["action"]]["effect"] in IRREVERSIBLE else "line_5"
    above = say("line_4") if example is looking else say(agreed) if example is writing else ""
    return {
        "ask": f"{prose(example['ask'])} {above}".rstrip(),
        "line": "" if above else line_of(book, example),
        "output": line(document(example["output"]), OUTPUT),
    }


def line_of(book: Book, example: Values, *flags: str) -> str:
    """Return the command that an example shows."""
    chosen = ("--select", line(example["select"])) if "select" in example else ()
    agreed = ("--yes",) if book.actions[example["action"]]["effect"] in IRREVERSIBLE and not flags else ()
    return typed(book, example["action"], example["input"], *chosen, *agreed, *flags)


def _required(action: Mapping[str, Any]) -> Sequence[str]:
    found: Sequence[str] = action["input"].get("required", ())
    return found


def _row(say: Say, action: Mapping[str, Any], room: Room) -> Values:
    key, effect = action["key"], action["effect"]
    title = str(action["title"])
    # What is its key once more says nothing.
    told = prose(clause(action["description"], room.letters) or ("" if title.lower().replace(" ", "-") == key else title), 120)
    shown = filter(None, ("" if effect == "read" and told else say(effect), told))
    return {"key": key, "inputs": _inputs(action, room.inputs), "does": ": ".join(shown)}


def _full(say: Say, action: Mapping[str, Any]) -> Values:
    """Return all that a list of all actions says of one."""
    told = prose(action["description"])
    return {"key": action["key"], "risk": say(action["effect"]), "what": told, "inputs": _inputs(action)}


def _inputs(action: Mapping[str, Any], more: int | None = None) -> str:
    needed = _required(action)
    others = [name for name in action["input"]["properties"] if name not in needed and name not in PAGING]
    names = [*(f"{name}*" for name in needed), *others[:more]]
    return code(", ".join(line(name, 60) for name in names)) if names else ""


def meanings(book: Book) -> Meanings:
    """Return what errors mean, each meaning once: those of most actions first, then those of some alone."""
    found: dict[str, tuple[Values, list[str]]] = {}
    for key, action in book.actions.items():
        for rule in action.get("errors", {}).get("rules", ()):
            if rule.get("hint"):
                found.setdefault(json.dumps(rule), (rule, []))[1].append(key)
    many = {said: 2 * len(keys) > len(book.actions) for said, (_, keys) in found.items()}
    return Meanings(
        [_rule(rule) for said, (rule, _) in found.items() if many[said]],
        [
            {**_rule(rule), "actions": ", ".join(f"`{key}`" for key in dict.fromkeys(keys))}
            for said, (rule, keys) in found.items()
            if not many[said]
        ],
    )


def _rule(rule: Values) -> Values:
    says = [rule[name] if isinstance(rule[name], list) else [rule[name]] for name in ("status", "code") if name in rule]
    told = ", ".join(code(each) for each in [one for several in says for one in several][:12])
    return {"kind": rule["kind"], "says": told or code(rule["kind"]), "hint": prose(rule["hint"])}
