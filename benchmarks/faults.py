"""
The fault run: mixed calls on sandboxes where a fifth of all requests goes wrong, and what became of each.

Every call is judged by what the sandbox holds afterwards. Lost is what was told as done and was not; doubled is what was
done twice; wrong is a read that did not give the record. One such call is enough for the command to fail.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from skillkit.sandbox.vendors import known  # noqa: E402 - the checkout is on nobody's path
from tests.mixed import FAULTS, Plan, Tally, met  # noqa: E402

COLUMNS = ("calls", "sent", "retried", "done", "reconciled", "unknown", "lost", "doubled", "wrong")
HEAD = f"{'':10} " + " ".join(f"{name:>10}" for name in COLUMNS) + "  failed; of those and of the unknown, done all the same"


def table(tallies: Mapping[str, Tally]) -> str:
    """Return the figures as lines: a vendor each, and all of them."""
    whole = Tally()
    for tally in tallies.values():
        whole.merge(tally)
    return "\n".join([HEAD, *(_line(name, tally) for name, tally in {**tallies, "all": whole}.items())])


def _line(name: str, tally: Tally) -> str:
    figures = [getattr(tally, column) for column in COLUMNS]
    shown = " ".join(f"{len(figure) if isinstance(figure, list) else figure:>10}" for figure in figures)
    done = tally.done_all_the_same + Counter({"outcome_unknown": tally.unknown_done})
    return f"{name:10} {shown}  {_words(tally.failed)}; {_words(done)}"


def _words(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counted.most_common()) or "none"


def main() -> None:
    """Run the load once for each seed and print what became of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vendors", nargs="*", help="all that have a sandbox, unless named")
    parser.add_argument("--calls", type=int, default=500, help="in each run (500)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2], help="one run for each (1 2)")
    parser.add_argument("--workers", type=int, default=4, help="callers at once (4)")
    parser.add_argument("--faults", default=FAULTS, help="as `skillkit sandbox start --fault` takes them")
    given = parser.parse_args()
    for key in set(given.vendors) - set(known()):
        parser.error(f"{key!r} has no sandbox; {', '.join(known())} have one")
    amiss = []
    for seed in given.seeds:
        begun = time.perf_counter()
        with tempfile.TemporaryDirectory() as home:
            os.chmod(home, 0o700)
            tallies = met(home, Plan(given.calls, given.workers, seed, tuple(given.vendors), given.faults))
        print(f"seed {seed}, {given.workers} callers, {time.perf_counter() - begun:.1f} s, {given.faults}\n{table(tallies)}\n")
        amiss += [one for tally in tallies.values() for one in tally.amiss]
    for one in amiss:
        print(f"{one.planned.call.action} {dict(one.planned.call.inputs)}: {one.kind or 'done'}, {one.output}")
    if amiss:
        raise SystemExit(f"{len(amiss)} calls were lost, doubled or wrong")


if __name__ == "__main__":
    main()
