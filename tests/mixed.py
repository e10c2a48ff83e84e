"""A mixed load on sandboxes where things go wrong, and what became of each call by the sandboxes' own state."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from skillkit import accounts, calls
from skillkit.calls import Call
from skillkit.connecting import SignIn
from skillkit.document import fill
from skillkit.errors import SkillkitError
from skillkit.network import Answer, Network, Wire
from skillkit.run import Options
from skillkit.sandbox.server import running
from skillkit.sandbox.state import State
from skillkit.sandbox.vendor import Settings
from skillkit.sandbox.vendors import known, vendor
from skillkit.workspace import Workspace

Document = dict[str, Any]

# A fifth of all requests: before the app did its work and after it, with every way of not saying so.
FAULTS: Final = (
    "reset=0.06,429=0.04,truncate=0.03,lie=0.02,500=0.01,502=0.01,503=0.01,504=0.01,hang=0.01,latency=1ms,retry-after=1"
)
# Whoever hangs is waited for no longer than this, in real seconds.
PATIENCE: Final = 0.3
# More than one page of every list that has pages of its own.
SHELF: Final = 33

# How often each effect is meant, of a hundred calls.
SHARES: Final[Mapping[str, int]] = {"get": 34, "list": 14, "create": 28, "update": 16, "delete": 8}


class Clock:
    """Time that passes by itself, and at once for everybody when somebody sleeps."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        return time.time() + self._ahead

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._ahead += seconds


class Watched:
    """A network that counts how often a request went out once more."""

    def __init__(self) -> None:
        self._network = Network(first_byte_timeout=PATIENCE, idle_timeout=PATIENCE)
        self._before: tuple[object, ...] = ()
        self.sent = 0
        self.again = 0

    def exchange(self, wire: Wire) -> Answer:
        asked = (wire.method, wire.url, wire.body)
        self.sent += 1
        self.again += asked == self._before
        self._before = asked
        return self._network.exchange(wire)

    def forget(self) -> None:
        """Begin the next call: what it sends first is no repetition."""
        self._before = ()

    def close(self) -> None:
        self._network.close()


# What is called.


@dataclass(frozen=True, slots=True)
class Noun:
    """A kind of record: by which actions it comes and goes, and where the sandbox keeps it."""

    table: str
    # Holds the mark by which the record of a call is known.
    field: str
    create: str
    inputs: Document
    # Some of "get", "update" and "delete", as actions of this name.
    name: str = ""
    verbs: tuple[str, ...] = ()
    # How often it is made, against the others.
    weight: float = 1


@dataclass(frozen=True, slots=True)
class Load:
    """What one vendor is asked for."""

    key: str
    nouns: tuple[Noun, ...]
    # The list that is read, filled with `SHELF` records that nobody changes: action, inputs, and the create of its rows.
    shelf: tuple[str, Document, str, Document]
    # Records that others need: the name of their id, the create and its inputs.
    ground: tuple[tuple[str, str, Document], ...] = ()


EVERY: Final = ("get", "update", "delete")
DATED: Final = {"date": "2020-01-02", "currency_code": "EUR"}
LINE: Final = {"title": "Work", "quantity": 1, "price": 900_000}
ADDRESS: Final = {"isCompany": True, "address": "Musterweg 1", "postcode": "01067", "city": "Dresden"}
PRODUCT: Final = {"name": "Beratung", "quantity": 8, "unitCode": "HUR", "price": 120}
TAXED: Final = {**PRODUCT, "taxes": [{"typeCode": "VAT", "categoryCode": "S", "rate": 19}]}
BUYER: Final = {"name": "Muster GmbH", "street": "Musterweg 1", "postcode": "01067", "city": "Dresden", "country": "DE"}

LOADS: Final = (
    Load(
        "clientary",
        (
            Noun("clients", "name", "create-client", {"name": "{mark}", "number": "{mark}"}, "client", EVERY),
            Noun("leads", "name", "create-lead", {"name": "{mark}"}, "lead", EVERY),
            Noun(
                *("contacts", "name", "create-contact"),
                {"client_id": "{client}", "name": "{mark}", "email": "{mark}@example.com"},
                *("contact", EVERY),
            ),
            Noun(
                *("tasks", "title", "create-task"),
                {"title": "{mark}", "project_id": "{project}", "due_date": "2030-01-02"},
                *("task", EVERY),
            ),
            Noun(
                *("hours", "title", "create-hours-entry"),
                {"title": "{mark}", "project_id": "{project}", "hours": 1.5},
                *("hours-entry", EVERY),
            ),
            Noun("expenses", "description", "create-expense", {"amount": 12.5, "description": "{mark}"}, "expense", EVERY),
            Noun(
                *("invoices", "number", "create-invoice"),
                {**DATED, "due_date": "2030-01-02", "client_id": "{client}", "number": "{mark}"},
                *("invoice", EVERY),
            ),
            Noun("payments", "note", "create-payment", {"invoice_id": "{invoice}", "amount": 1, "note": "{mark}"}),
            Noun(
                *("messages", "subject", "send-invoice"),
                {"id": "{invoice}", "recipients": ["ada@example.com"], "subject": "{mark}"},
            ),
        ),
        (
            *("list-client-contacts", {"client_id": "{shelf}", "limit": SHELF}, "create-contact"),
            {"client_id": "{shelf}", "name": "{mark}", "email": "{mark}@example.com"},
        ),
        (
            ("client", "create-client", {"name": "Ground"}),
            ("shelf", "create-client", {"name": "Shelf"}),
            ("project", "create-project", {"name": "Ground", "rate": 100, "client_id": "{client}"}),
            (
                *("invoice", "create-invoice"),
                {**DATED, "due_date": "2030-01-02", "client_id": "{client}", "invoice_items_attributes": [LINE]},
            ),
        ),
    ),
    Load(
        "alegra",
        (
            Noun(
                *("contacts", "name", "create-contact"),
                {"name": "{mark}", "identification": "{number}", "type": ["client"]},
                *("contact", EVERY),
            ),
            Noun("items", "name", "create-item", {"name": "{mark}", "reference": "{mark}", "price": 100}, "item", EVERY),
            Noun("sellers", "name", "create-seller", {"name": "{mark}"}, "seller", EVERY),
            Noun("cost-centers", "name", "create-cost-center", {"name": "{mark}", "code": "{mark}"}, "cost-center", EVERY),
            Noun(
                *("invoices", "anotation", "create-invoice"),
                {
                    "date": "2026-01-02",
                    "dueDate": "2030-01-02",
                    "client": {"id": "{client}"},
                    "anotation": "{mark}",
                    "items": [{"id": "{item}", "price": 100, "quantity": 1}],
                },
            ),
        ),
        (
            *("list-contacts", {"type": "provider", "limit": SHELF + 20}, "create-contact"),
            {"name": "{mark}", "type": ["provider"]},
        ),
        (
            ("client", "create-contact", {"name": "Ground", "type": ["client"]}),
            ("item", "create-item", {"name": "Ground", "price": 100}),
        ),
    ),
    Load(
        "faktoora",
        (
            Noun("customers", "name", "create-customer", {**ADDRESS, "name": "{mark}"}, "customer", EVERY),
            Noun(
                *("products", "name", "create-product"),
                {"name": "{mark}", "code": "{mark}", "unit": "HUR", "tax": 19},
                *("product", EVERY),
            ),
            Noun("projects", "name", "create-project", {"name": "{mark}", "customerId": "{customer}"}, "project", EVERY),
            Noun(
                *("invoices", "invoiceNumber", "create-invoice"),
                {
                    "invoiceNumber": "{mark}",
                    "issueDate": "20261120",
                    "dueDate": "20261220",
                    "currency": "EUR",
                    "buyer": BUYER,
                    "invoiceItems": [{"id": "1", "product": TAXED}],
                    "draftOnly": True,
                },
                # To make the file takes a while, and that is tried elsewhere.
                weight=0.2,
            ),
        ),
        (
            *("list-customers", {"category": "shelf", "limit": SHELF}, "create-customer"),
            {**ADDRESS, "name": "{mark}", "category": "shelf"},
        ),
        (("customer", "create-customer", {**ADDRESS, "name": "Ground"}),),
    ),
)


# Each call, and how to see whether it was done.


@dataclass(frozen=True, slots=True)
class Planned:
    """A call to be made, and where its effect is to be seen."""

    call: Call
    effect: str
    table: str = ""
    # Where the record has this value, the call was done; for a delete, the id that is gone.
    field: str = ""
    value: str = ""
    # The record that an update or a delete is about.
    id: str = ""
    # What a read has to give.
    wanted: Any = None

    def done(self, state: State) -> int:
        """Return how often it was done."""
        if self.effect == "delete":
            return int(state.find(self.table, self.id) is None)
        if self.effect == "update":
            return int((state.find(self.table, self.id) or {}).get(self.field) == self.value)
        return sum(row.get(self.field) == self.value for row in state.rows(self.table))


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended, as its caller was told."""

    planned: Planned
    # The kind of its error, and the status that it came with; nothing when it was done.
    kind: str = ""
    status: int = 0
    output: Any = None
    reconciled: bool = False


@dataclass(slots=True)
class Planning:
    """Makes, while nothing goes wrong yet, the records that calls need, and the calls."""

    space: Workspace
    load: Load
    chance: random.Random
    marks: Iterator[int]
    ids: Document = field(default_factory=dict)

    def made(self, create: str, inputs: Document) -> Any:
        """Make a record, and return it as the app answered it."""
        _, filled = self._filled(inputs)
        return calls.perform(self.space, self._call(create, filled, calm=True)).output

    def planned(self, number: int) -> list[Planned]:
        """Return so many calls in no order."""
        for name, create, inputs in self.load.ground:
            self.ids[name] = self.made(create, inputs)["id"]
        action, inputs, create, row = self.load.shelf
        for _ in range(SHELF):
            self.made(create, row)
        shelf = self._read(action, self._filled(inputs)[1])
        reads = [self._read(f"get-{noun.name}", {"id": self._made(noun)}) for noun in self.load.nouns if "get" in noun.verbs]
        effects = self.chance.choices(list(SHARES), list(SHARES.values()), k=number)
        return [shelf if effect == "list" else self._one(effect, reads) for effect in effects]

    def _one(self, effect: str, reads: Sequence[Planned]) -> Planned:
        if effect == "get":
            return self.chance.choice(reads)
        if effect == "create":
            (noun,) = self.chance.choices(self.load.nouns, [noun.weight for noun in self.load.nouns])
            mark, inputs = self._filled(noun.inputs)
            return Planned(self._call(noun.create, inputs), "create", noun.table, noun.field, mark)
        noun = self.chance.choice([noun for noun in self.load.nouns if effect in noun.verbs])
        key = self._made(noun)
        mark = f"k{next(self.marks)}" if effect == "update" else ""
        changes = {"id": key, noun.field: mark} if mark else {"id": key}
        return Planned(self._call(f"{effect}-{noun.name}", changes), effect, noun.table, noun.field, mark, str(key))

    def _made(self, noun: Noun) -> Any:
        """Make a record for one call alone, and return its id."""
        return self.made(noun.create, noun.inputs)["id"]

    def _read(self, action: str, inputs: Document) -> Planned:
        wanted = calls.perform(self.space, self._call(action, inputs, calm=True)).output
        return Planned(self._call(action, inputs), "read", wanted=wanted)

    def _filled(self, inputs: Document) -> tuple[str, Document]:
        number = next(self.marks)
        filled: Any = fill(inputs, {**self.ids, "mark": f"k{number}", "number": str(10_000_000 + number)}, {})
        return f"k{number}", filled

    def _call(self, action: str, inputs: Document, *, calm: bool = False) -> Call:
        key = self.load.key
        return Call(f"{key}/{action}", inputs, f"calm-{key}" if calm else key, Options(wait=False))


# The run.


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is called, by how many at once, and what goes wrong meanwhile."""

    number: int = 500
    workers: int = 4
    seed: int = 1
    keys: tuple[str, ...] = ()
    faults: str = FAULTS


@dataclass(slots=True)
class Tally:
    """What became of the calls."""

    calls: int = 0
    done: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    # Of those whose outcome was unknown: how many had been done.
    unknown: int = 0
    unknown_done: int = 0
    # The answer was lost and the record was found.
    reconciled: int = 0
    retried: int = 0
    sent: int = 0
    # Reported as failed, and done all the same, by effect, kind and status.
    done_all_the_same: Counter[str] = field(default_factory=Counter)
    # What must not be: told as done and not done, done twice, read and not as it is.
    lost: list[Ended] = field(default_factory=list)
    doubled: list[Ended] = field(default_factory=list)
    wrong: list[Ended] = field(default_factory=list)

    @property
    def amiss(self) -> list[Ended]:
        """All that must not be."""
        return [*self.lost, *self.doubled, *self.wrong]

    def merge(self, other: Tally) -> None:
        """Count all that another tally counted."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def add(self, ended: Ended, state: State) -> None:
        """Count one more call against what the sandbox holds."""
        planned = ended.planned
        times = 0 if planned.effect == "read" else planned.done(state)
        self.calls += 1
        self.doubled += [ended] if times > 1 else []
        self.reconciled += ended.reconciled
        if not ended.kind:
            self.done += 1
            self.lost += [ended] if planned.effect != "read" and not times else []
            self.wrong += [ended] if planned.effect == "read" and ended.output != planned.wanted else []
        elif ended.kind == "outcome_unknown":
            self.unknown += 1
            self.unknown_done += times == 1
        else:
            self.failed[ended.kind] += 1
            if times:
                self.done_all_the_same[f"{planned.effect} {ended.kind} {ended.status}".removesuffix(" 0")] += 1


def met(home: str, plan: Plan, folders: Sequence[str] = (), watch: Callable[[], Watched] = Watched) -> dict[str, Tally]:
    """Make the calls of a plan from a home folder, and return what became of them by vendor."""
    clock, states = Clock(), os.path.join(home, "sandboxes")
    loads = [load for load in LOADS if load.key in (plan.keys or known())]
    keys = [load.key for load in loads]
    served: Document = {"state_dir": states, "settings": Settings(now=clock.now)}
    chance, marks = random.Random(plan.seed), count(1)
    calm = Workspace(home, folders=folders, now=clock.now, sleep=clock.sleep)
    calm.vault.init("keyfile")
    planned: list[Planned] = []
    with running(*keys, **served) as urls:
        _connect(calm, urls, "calm-")
        for place, load in enumerate(loads):
            share = plan.number // len(loads) + (place < plan.number % len(loads))
            planned += Planning(calm, load, chance, marks).planned(share)
    chance.shuffle(planned)
    watched = [watch() for _ in range(plan.workers)]
    with running(*keys, **served, faults=f"{plan.faults},seed={plan.seed}") as urls, closing(calm):
        _connect(calm, urls, "")
        spaces = [Workspace(home, folders=folders, now=clock.now, sleep=clock.sleep, network=one) for one in watched]
        with ThreadPoolExecutor(plan.workers) as pool:
            parts = pool.map(_worked, spaces, watched, (planned[place :: plan.workers] for place in range(plan.workers)))
            ended = [one for part in parts for one in part]
    return _tallied(ended, states, keys)


def _connect(space: Workspace, urls: Mapping[str, str], prefix: str) -> None:
    for key, url in urls.items():
        found = vendor(key)
        said = SignIn(key, dict(found.credential), params=found.params, base_url=url, key=f"{prefix}{key}", check=False)
        accounts.connect(space, said)


def _worked(space: Workspace, network: Watched, planned: Iterable[Planned]) -> list[tuple[Ended, int, int]]:
    with closing(space), closing(network):
        ended = []
        for one in planned:
            network.forget()
            sent, again = network.sent, network.again
            ended.append((_ended(space, one), network.sent - sent, network.again - again))
        return ended


def _ended(space: Workspace, planned: Planned) -> Ended:
    try:
        ran = calls.perform(space, planned.call)
    except SkillkitError as error:
        return Ended(planned, error.kind, error.status or 0)
    return Ended(planned, output=ran.output, reconciled=any("answer was lost" in warning for warning in ran.warnings))


def _tallied(ended: Iterable[tuple[Ended, int, int]], states: str, keys: Iterable[str]) -> dict[str, Tally]:
    tallies = {key: Tally() for key in keys}
    with _opened(states, keys) as found:
        for one, sent, again in ended:
            key = one.planned.call.connection
            tallies[key].add(one, found[key])
            tallies[key].sent += sent
            tallies[key].retried += again
    return tallies


@contextmanager
def _opened(folder: str, keys: Iterable[str]) -> Iterator[dict[str, State]]:
    found = {key: State(os.path.join(folder, f"{key}.db")) for key in keys}
    yield found
    for state in found.values():
        state.close()
