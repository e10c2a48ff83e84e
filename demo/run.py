"""
The main job from beginning to end, for a person who has no account yet: `make demo`.

Every command runs as it is printed, in a process and a home folder of its own; only the apps are stood in for, by `stub`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
WIDTH: Final = 110
# What differs from one machine, or one time, to another.
VOLATILE: Final = re.compile(r"(?<=127\.0\.0\.1:)\d+|(?<=BaseHTTP/)[\d.]+|(?<=Python/)[\d.]+")
# Stands for the id of the last run.
LAST: Final = "RUN"
DOWNLOAD: Final = "demo-out/INV-0042.pdf"

# What each app is signed in to with, and the path that its connector puts before every other.
ACCOUNTS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "alegra": ("/api/v1", {"email": "books@example.com", "token": "demo-token-of-alegra"}),
    "clientary": ("/api/v2", {"token": "demo-token-of-clientary"}),
    "faktoora": ("/api/v1", {"api_key": "demo-key-of-faktoora"}),
}
SECRETS: Final = tuple(fields.get("token") or fields["api_key"] for _, fields in ACCOUNTS.values())

OPENING: Final = """\
A demonstration: it needs no account, and nothing leaves this machine.
Three stand-ins on loopback answer with the calls in cassettes/. skillkit is real, and so is every command."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command, what is piped into it, and what must come of it."""

    words: tuple[str, ...]
    wanted: str
    exit: int = 0
    stdin: str = ""
    title: str = ""
    # Which lines of the output are worth a look, by how they begin; all when empty.
    shown: tuple[str, ...] = ()


def main() -> int:
    """Play every step; 1 when one of them does not end as it must."""
    sys.path.insert(0, str(ROOT))
    from demo.stub import served

    began = time.monotonic()
    with TemporaryDirectory(prefix="skillkit-demo-") as folder, ExitStack() as servers:
        addresses = {app: servers.enter_context(served(ROOT / "cassettes" / app)) for app in ACCOUNTS}
        print(OPENING)
        good = play(steps(addresses), folder) and kept(folder)
    print(f"took {time.monotonic() - began:.1f} s" if good else "the demonstration stopped here", file=sys.stderr)
    return 0 if good else 1


def steps(addresses: Mapping[str, str]) -> Iterator[Step]:
    """Yield the steps in their order; `addresses` are those of the stand-ins."""
    title = "Connect three accounts. A secret comes by stdin or by prompt, never on the command line."
    # The key of a vault that is thrown away must not stay behind in somebody's keyring.
    yield Step(("vault", "init", "--key-file"), "keptBy: keyfile", title=title)
    for app, (prefix, fields) in ACCOUNTS.items():
        words = ("connect", "--connectorKey", app, "--base-url", addresses[app] + prefix, "--credentials", "-")
        yield Step(words, "state: READY", stdin=json.dumps(fields), shown=("state",))
    yield from _using()


def _using() -> Iterator[Step]:
    finding = ("action", "list", "--limit", "1", "--intent")
    title = "Find an action by what you want, in English, German and Spanish."
    yield Step((*finding, "overdue invoices"), "list-invoices", title=title, shown=("id", *ACCOUNTS))
    yield Step((*finding, "Rechnung als PDF herunterladen"), "faktoora/get-invoice-by-id", shown=("id", *ACCOUNTS))
    yield Step((*finding, "registrar un cliente nuevo"), "alegra/create-contact", shown=("id", *ACCOUNTS))

    running = ("action", "run")
    yield Step(
        (*running, "list-invoices", "--connectionId", "alegra", "--limit", "2"),
        "1042",
        title="List invoices. `--limit` and `--cursor` are the same for every app, however it counts its pages.",
    )
    yield Step(
        (*running, "get-invoice-by-id", "--connectionId", "faktoora", "--input", "faktooraId=INV-0042", "--output", DOWNLOAD),
        "application/pdf",
        title="Download an invoice.",
        shown=("type", "size"),
    )
    yield Step(
        (*running, "create-client", "--connectionId", "clientary", "--input", '{"name": "Muster GmbH", "city": "Dresden"}'),
        "id: 2145",
        title="Create a client.",
        shown=("id", "name", "city"),
    )
    deleting = (*running, "delete-customer", "--connectionId", "faktoora", "--input", "id=6f1c")
    title = "Delete a customer: first what would go out, then without anybody's consent."
    yield Step((*deleting, "--dry-run"), "[redacted]", title=title)
    yield Step(deleting, "confirmation needed", exit=4)
    title = "Look up what went out and came back; RUN is the id of the last run."
    yield Step(("run", "show", LAST), "success", title=title, shown=("action", "details"))


def play(script: Iterator[Step] | Sequence[Step], folder: str) -> bool:
    """Run step after step, and say what it does; False as soon as one of them does not end as it must."""
    Path(DOWNLOAD).unlink(missing_ok=True)
    Path(DOWNLOAD).parent.mkdir(exist_ok=True)
    number = 0
    for step in script:
        number += bool(step.title)
        if step.title:
            print("\n" + _bold(f"{number}. {step.title}"))
        print(f"$ {'… | ' if step.stdin else ''}skillkit {' '.join(map(_quoted, step.words))}")
        ended = skillkit(tuple(_newest(folder) if word is LAST else word for word in step.words), folder, step.stdin)
        output = ended.stdout + (ended.stderr if step.exit else "")
        told = any(secret in ended.stdout + ended.stderr for secret in SECRETS)
        if ended.returncode != step.exit or step.wanted not in output or told:
            print(f"{ended.stdout}{ended.stderr}\nended with {ended.returncode}, not with {step.exit} and {step.wanted!r}")
            return False
        for line in output.splitlines():
            if line.startswith(step.shown or ("",)):
                print("\n".join("  " + piece for piece in _pieces(line)))
    return True


def skillkit(words: Sequence[str], folder: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run one command as a person would."""
    environ = {**os.environ, "SKILLKIT_HOME": os.path.join(folder, "home"), "NO_COLOR": "1", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "skillkit", *words]
    return subprocess.run(command, env=environ, input=stdin, capture_output=True, encoding="utf-8", timeout=30, check=False)


def kept(folder: str) -> bool:
    """Search all that was written for the three secrets."""
    files = [path for path in (*Path(folder).rglob("*"), Path(DOWNLOAD)) if path.is_file()]
    found = [path.name for path in files for secret in SECRETS if secret.encode() in path.read_bytes()]
    print(f"\n{_bold('Done.')} The three secrets were searched for in all output and in every file that was written:")
    where = ", ".join(found) or f"none. The invoice is in {DOWNLOAD}; all else is removed"
    print(f"they are in {where}.")
    return not found


def _newest(folder: str) -> str:
    listed = json.loads(skillkit(("run", "list", "--limit", "1", "--json"), folder).stdout)
    return str(listed["items"][0]["id"])


def _pieces(line: str) -> list[str]:
    """Return a line as it fits on the screen: a row is cut, and of a document there is more."""
    line = VOLATILE.sub("…", line)
    most = 2 * WIDTH if ": {" in line or ": [" in line else WIDTH
    line = line if len(line) <= most else line[: most - 1] + "…"
    return [line[start : start + WIDTH] for start in range(0, len(line), WIDTH)]


def _quoted(word: str) -> str:
    word = VOLATILE.sub("…", word)
    return word if re.fullmatch(r"[\w@%+=:,./…-]+", word) else f"'{word}'"


def _bold(text: str) -> str:
    return f"\x1b[1m{text}\x1b[0m" if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else text


if __name__ == "__main__":
    sys.exit(main())
