"""
The main job from beginning to end, for a person who has no account yet: `make demo`.

Every command runs as it is printed, in a process of its own and in a home folder that is thrown away; only the apps are stood in
for, by their sandboxes.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

WIDTH: Final = 120
# A space where no line is broken.
STUCK: Final = "\u00a0"
NUMBER: Final = "RE-1042"
DOWNLOAD: Final = f"demo-out/{NUMBER}.pdf"
APPS: Final = ("faktoora", "alegra", "clientary")
# Stands for the import that an earlier step began.
IMPORT: Final = "importId="
# An import is judged within a second or two.
PATIENCE: Final = 20.0

OPENING: Final = """\
A demonstration: it needs no account, and nothing leaves this machine.
The three apps are sandboxes on loopback. skillkit is real, every command is, and so is the e-invoice at the end."""

BUYER: Final = {
    "name": "Muster GmbH",
    "street": "Musterweg 1",
    "postcode": "01067",
    "city": "Dresden",
    "country": "DE",
    "email": "einkauf@muster.example",
}
# What was done, its unit, how much of it, the price of one, the tax in percent.
SOLD: Final = (("Konzept und Beratung", "HUR", 8, 120, 19), ("Handbuch", "H87", 3, 18.5, 7))
# What was worked on at Clientary's first project, and for how long.
WORKED: Final = (("Checkout", 2.5), ("Receipts by e-mail", 1.5))
RATE: Final = 95
TERM: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Step:
    """One command, what is piped into it, and what must come of it."""

    words: tuple[str, ...]
    wanted: str
    exit: int = 0
    stdin: str = ""
    title: str = ""
    # Whether to show what is piped in.
    cat: bool = False
    # Which fields of the record that comes are worth a look, by how they begin; all when empty.
    shown: tuple[str, ...] = ()
    # How what came is told instead.
    told: Callable[[str], Iterable[str]] | None = None
    # What is asked again until it says what is wanted.
    patient: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demonstration runs, and which secrets must be seen nowhere in it."""

    folder: str
    secrets: tuple[str, ...] = ()
    # The id of the import, once there is one.
    imports: list[str] = field(default_factory=list)


def main() -> int:
    """Play every step; 1 when one of them does not end as it must."""
    began = time.monotonic()
    with TemporaryDirectory(prefix="skillkit-demo-") as folder:
        print(OPENING)
        with sandboxes(folder) as secrets:
            stage = Stage(folder, secrets)
            good = len(secrets) == len(APPS) and play(steps(datetime.now(UTC)), stage)
        # Only now: what the sandboxes tell `connect` lies in the home folder as long as they run.
        good = good and kept(stage)
    print(f"took {time.monotonic() - began:.1f} s" if good else "the demonstration stopped here", file=sys.stderr)
    return 0 if good else 1


@contextmanager
def sandboxes(folder: str) -> Iterator[tuple[str, ...]]:
    """Run the sandboxes, say where they are, and give their secrets; none when they do not start."""
    words = ("sandbox", "start", *APPS, "--seed", "demo")
    print("\n" + _bold("1. Start three apps, with a little in their books, and connect them."))
    print(f"$ skillkit {' '.join(words)} &")
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    with subprocess.Popen(_command(words), env=_environ(folder), **pipes) as running:
        apps = [row for row in _rows(running.stdout, 1 + len(APPS)) if row[0] in APPS]
        try:
            for key, address, _ in apps:
                print(f"  {key:<10} {address}")
            # The e-mail address that goes with a token is none.
            yield tuple(value for *_, fields in apps for name, value in json.loads(fields).items() if name != "email")
        finally:
            running.send_signal(signal.SIGTERM)
            said = running.communicate()[1]
            if len(apps) < len(APPS):
                print(said.strip())


def _rows(printed: Iterable[str] | None, count: int) -> list[list[str]]:
    """Return the next lines of a table, as cells; fewer when there are no more."""
    return [re.split(r" {2,}", line.strip(), maxsplit=2) for line in islice(printed or (), count)]


def steps(now: datetime) -> Iterator[Step]:
    """Yield the steps in their order."""
    # The key of a vault that is thrown away must not stay behind in somebody's keyring.
    yield Step(("vault", "init", "--key-file"), "keptBy: keyfile")
    yield Step(("sandbox", "connect"), "READY", told=_connections)
    finding = ("action", "list", "--limit", "1", "--intent")
    title = "Find an action by what you want, in German, Spanish and English."
    yield Step((*finding, "E-Rechnung erstellen"), "faktoora/create-invoice", title=title, told=_found)
    yield Step((*finding, "facturas vencidas"), "alegra/list-invoices", told=_found)
    yield Step((*finding, "track my time"), "clientary/create-hours-entry", told=_found)
    yield from _e_invoice(now)
    yield from _overdue(now)
    yield from _hours(now)


def _e_invoice(now: datetime) -> Iterator[Step]:
    customer = _inputs(
        isCompany="true", name=BUYER["name"], address=BUYER["street"], postcode=BUYER["postcode"], city=BUYER["city"]
    )
    title = "faktoora: create a customer and an e-invoice. What cannot be taken back wants the user's consent."
    yield Step((*_run("faktoora/create-customer"), *customer), BUYER["name"], title=title, shown=("name:", "city:"))
    writing = (*_run("faktoora/create-invoice"), "--input", "-")
    invoice = json.dumps(_invoice(now), ensure_ascii=False)
    yield Step(writing, "confirmation needed", exit=4, stdin=invoice, cat=True, told=_first)
    yield Step((*writing, "--yes", "--json"), "done", stdin=invoice, told=_written)

    title = "Download it, import it back, and see what a machine reads in it."
    by_number = (*_run("faktoora/get-invoice-by-number"), *_inputs(invoiceNumber=NUMBER), "--output", DOWNLOAD)
    yield Step(by_number, "type: application/pdf", title=title, shown=("type", "size"))
    yield Step((*_run("faktoora/import-incoming-invoice"), *_inputs(file=DOWNLOAD)), "importId")
    yield Step((*_run("faktoora/get-import-validation"), "-i", IMPORT), "status: accepted", patient=True)
    read = ("sellerName", "buyerName", "netAmount", "taxAmount", "grossAmount")
    yield Step((*_run("faktoora/get-import-summary"), "-i", IMPORT), "grossAmount: 1201.79", shown=read)


def _invoice(now: datetime) -> dict[str, Any]:
    lines = [
        {
            "id": str(place),
            "product": {
                "name": name,
                "unitCode": unit,
                "quantity": quantity,
                "price": price,
                "taxes": [{"typeCode": "VAT", "categoryCode": "S", "rate": rate}],
            },
        }
        for place, (name, unit, quantity, price, rate) in enumerate(SOLD, 1)
    ]
    dates = {"issueDate": f"{now:%Y%m%d}", "dueDate": f"{now + TERM:%Y%m%d}"}
    return {"invoiceNumber": NUMBER, **dates, "currency": "EUR", "validate": True, "buyer": BUYER, "invoiceItems": lines}


def _overdue(now: datetime) -> Iterator[Step]:
    asked = (*_run("alegra/list-invoices"), *_inputs(status="open", dueDate_before=f"{now:%Y-%m-%d}"), "--json")
    yield Step(asked, "FV2", title="Alegra: who is late?", told=_late)


def _hours(now: datetime) -> Iterator[Step]:
    title = "Clientary: log hours, and bill them."
    for work, hours in WORKED:
        entry = _inputs(project_id="1", hours=str(hours), title=work)
        yield Step((*_run("clientary/create-hours-entry"), *entry), work, title=title, shown=("title", "hours:", "cost"))
        title = ""
    lines = json.dumps([{"title": work, "quantity": hours, "price": RATE} for work, hours in WORKED])
    dates = {"date": f"{now:%Y-%m-%d}", "due_date": f"{now + TERM:%Y-%m-%d}"}
    bill = _inputs(client_id="1", **dates, currency_code="USD", invoice_items_attributes=lines)
    yield Step((*_run("clientary/create-invoice"), *bill), "total_cost: 380.0", shown=("number", "total_cost", "balance"))


def _run(action: str) -> tuple[str, ...]:
    return ("action", "run", action)


def _inputs(**values: str) -> tuple[str, ...]:
    return tuple(word for name, value in values.items() for word in ("-i", f"{name}={value}"))


# How what came is told.


def _connections(said: str) -> Iterator[str]:
    yield ", ".join(re.findall(r"^(\S+-sandbox)\b.*\bREADY\b", said, re.MULTILINE)) + ": READY"


def _found(said: str) -> Iterator[str]:
    yield said.splitlines()[1]


def _first(said: str) -> Iterator[str]:
    yield said.splitlines()[0]


def _written(said: str) -> Iterator[str]:
    wait = json.loads(said)["output"]["wait"]
    yield f"{wait['invoiceNumber']} is {wait['jobStatus']}; checked against EN 16931, it is {wait['validation']['validity']}"


def _late(said: str) -> Iterator[str]:
    rows = json.loads(said)["output"]["items"]
    for row in rows:
        number, client = row["numberTemplate"]["fullNumber"], row["client"]["name"]
        yield f"{number}  {client:<30}  due {row['dueDate']}  {row['balance']:>12,.2f} of {row['total']:>12,.2f} COP open"
    yield f"{len(rows)} are overdue, with {sum(row['balance'] for row in rows):,.2f} COP"


# Playing.


def play(script: Iterable[Step], stage: Stage) -> bool:
    """Run step after step, and say what it does; False as soon as one of them does not end as it must."""
    Path(DOWNLOAD).unlink(missing_ok=True)
    Path(DOWNLOAD).parent.mkdir(exist_ok=True)
    number = 1
    for step in script:
        number += bool(step.title)
        if step.title:
            print("\n" + _bold(f"{number}. {step.title}"))
        words = tuple(f"{IMPORT}{stage.imports[-1]}" if word is IMPORT else word for word in step.words)
        _print_command(step, words)
        ended = _ended(step, words, stage)
        output = ended.stdout + (ended.stderr if step.exit else "")
        seen = any(secret in ended.stdout + ended.stderr for secret in stage.secrets)
        if ended.returncode != step.exit or step.wanted not in output or seen:
            print(f"{ended.stdout}{ended.stderr}\nended with {ended.returncode}, not with {step.exit} and {step.wanted!r}")
            return False
        stage.imports.extend(re.findall(r"^importId: (\S+)$", output, re.MULTILINE))
        for line in step.told(output) if step.told else _record(step, output):
            print("  " + (line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"))
    return True


def _ended(step: Step, words: Sequence[str], stage: Stage) -> subprocess.CompletedProcess[str]:
    until = time.monotonic() + PATIENCE
    ended = skillkit(words, stage.folder, step.stdin)
    while step.patient and ended.returncode == step.exit and step.wanted not in ended.stdout and time.monotonic() < until:
        time.sleep(0.2)
        ended = skillkit(words, stage.folder, step.stdin)
    return ended


def skillkit(words: Sequence[str], folder: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run one command as a person would."""
    return subprocess.run(
        _command(words), env=_environ(folder), input=stdin, capture_output=True, encoding="utf-8", timeout=60, check=False
    )


def _command(words: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "skillkit", *words]


def _environ(folder: str) -> dict[str, str]:
    own = {"SKILLKIT_HOME": os.path.join(folder, "home"), "NO_COLOR": "1", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
    return {**os.environ, **own}


def kept(stage: Stage) -> bool:
    """Search all that was written for the secrets."""
    files = [path for path in (*Path(stage.folder).rglob("*"), Path(DOWNLOAD)) if path.is_file()]
    found = [path.name for path in files for secret in stage.secrets if secret.encode() in path.read_bytes()]
    print(f"\n{_bold('Done.')} The secrets were searched for in all output and in every file that was written:")
    where = ", ".join(found) or f"none. The e-invoice is in {DOWNLOAD}, worth a look; all else is removed"
    print(f"they are in {where}.")
    return not found


# Printing.


def _print_command(step: Step, words: Sequence[str]) -> None:
    if step.cat:
        print("$ cat invoice.json\n" + "\n".join(_wrapped(_sealed(step.stdin))))
    pieces = [_sealed(_quoted(word)) for word in words] + ["< invoice.json"] * bool(step.stdin)
    # A flag stays with its value.
    line = re.sub(r"(?<= )(-\S+) (?=[^-<])", rf"\1{STUCK}", " ".join(["$ skillkit", *pieces]))
    lines = _wrapped(line)
    # Between quotes a line may end as it is.
    ends = ["" if "\n".join(lines[:number]).count("'") % 2 else " \\" for number in range(1, len(lines))]
    print("\n    ".join(map("".join, zip(lines, [*ends, ""], strict=True))))


def _sealed(text: str) -> str:
    """Return a text that is broken after a comma alone, where JSON does not mind."""
    return re.sub(r"(?<!,) ", STUCK, text)


def _wrapped(text: str) -> list[str]:
    lines = textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)
    return [line.replace(STUCK, " ") for line in lines]


def _record(step: Step, output: str) -> Iterator[str]:
    yield ", ".join(line for line in output.splitlines() if line.startswith(step.shown or ("",)))


def _quoted(word: str) -> str:
    return word if re.fullmatch(r"[\w@%+=:,./…-]+", word) else f"'{word}'"


def _bold(text: str) -> str:
    return f"\x1b[1m{text}\x1b[0m" if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else text


if __name__ == "__main__":
    sys.exit(main())
