"""
Speed, as ratios over `python -c pass` of the same interpreter in the same run: `make bench`.

Whole commands are timed as processes, in turn, so that a busy machine slows all of them alike; the median counts.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.server import paged  # noqa: E402 - the checkout is on nobody's path

CONNECTOR = """\
skillkit: 1
id: bench
version: 0.1.0
name: Bench
connection:
  base_url: https://bench.invalid
  auth: {key: {type: api_key, in: header, name: X-API-KEY}}
defaults: {paginate: {offset: start, size: limit, max: 30, total: total}}
actions:
  list-rows:
    description: Rows of the bench.
    request: GET /rows
    items: data
    output: {properties: {id: {type: integer}, name: {type: string}, total: {type: number}}}
  get-row:
    description: One row of the bench.
    request: GET /rows/{id}
    input: {required: [id], properties: {id: {type: integer}}}
    output: {properties: {id: {type: integer}, name: {type: string}}}
"""
TARGETS = {"skillkit --version": 2.0, "action list": 5.0, "action run": 10.0}


def environment(home: str) -> dict[str, str]:
    """Return the environment of the timed processes; byte code is written, as on any machine of a user."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "SKILLKIT_HOME": home}


def timed(command: Sequence[str], env: Mapping[str, str]) -> tuple[float, float]:
    """Return the wall and the processor seconds of one process."""
    null = os.open(os.devnull, os.O_RDWR)
    begun = time.perf_counter()
    actions = [(os.POSIX_SPAWN_DUP2, null, descriptor) for descriptor in (0, 1, 2)]
    process = os.posix_spawn(command[0], list(command), dict(env), file_actions=actions)
    _, status, usage = os.wait4(process, 0)
    elapsed = time.perf_counter() - begun
    os.close(null)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {status}")
    return elapsed, usage.ru_utime + usage.ru_stime


def commands(address: str, home: str, runs: int) -> None:
    """Print how long whole commands take, over the floor."""
    skillkit = str(Path(sys.executable).with_name("skillkit"))
    env = environment(home)
    connect = [skillkit, "connect", "--connectorKey", "bench", "--credentials", "-", "--base-url", address, "--no-check"]
    subprocess.run(connect, input=b'{"api_key": "bench-key-0123456789"}', env=env, check=True, capture_output=True)
    table = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "skillkit --version": [skillkit, "--version"],
        "action list": [skillkit, "action", "list", "--json"],
        "action list --intent": [skillkit, "action", "list", "--intent", "overdue invoices", "--json"],
        "action run": [skillkit, "action", "run", "bench/get-row", "-i", "id=7", "--json"],
        "import click, sqlite3, json": [sys.executable, "-c", "import click, sqlite3, json"],
    }
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in table}
    for number in range(runs + 1):
        for name, command in table.items():
            took = timed(command, env)
            if number:  # the first round fills caches
                seconds[name].append(took)
    floor = [statistics.median(column) for column in zip(*seconds["python -c pass"], strict=True)]
    print(f"{'whole process':30} {'wall ms':>8} {'ratio':>6} {'cpu ms':>8} {'ratio':>6}  target")
    for name, rows in seconds.items():
        wall, cpu = (statistics.median(column) for column in zip(*rows, strict=True))
        target = f"{TARGETS[name]:.0f}x" if name in TARGETS else ""
        print(f"{name:30} {wall * 1000:8.1f} {wall / floor[0]:6.2f} {cpu * 1000:8.1f} {cpu / floor[1]:6.2f}  {target}")


def median_ms(call: Callable[[], object], times: int) -> float:
    """Return the median of many calls, in milliseconds."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        took.append(time.perf_counter() - begun)
    return statistics.median(took) * 1000


def calls(address: str, home: str, times: int) -> None:
    """Print what the proxy adds to a call, in a process that keeps its connection."""
    from skillkit.calls import Call, perform
    from skillkit.request import Request
    from skillkit.workspace import Workspace

    space = Workspace(home)
    host = address.removeprefix("http://")
    bare = http.client.HTTPConnection(host)

    def plain() -> bytes:
        bare.request("GET", "/rows/7", headers={"X-API-KEY": "bench-key-0123456789"})
        return bare.getresponse().read()

    _, proxy = space.world(space.connection("bench"))
    request = Request("GET", "/rows/7")
    call = Call("bench/get-row", {"id": 7}, "bench")
    for warm in (plain, lambda: proxy.send(request), lambda: perform(space, call)):
        median_ms(warm, 20)
    rounds = [(median_ms(plain, times), median_ms(lambda: proxy.send(request), times)) for _ in range(5)]
    base, through = (statistics.median(column) for column in zip(*rounds, strict=True))
    whole = median_ms(lambda: perform(space, call), times)
    print(f"\nbare call (http.client, keep-alive) {base:6.3f} ms")
    print(f"the same through the proxy          {through:6.3f} ms, added {through - base:.3f} ms (target 0.300)")
    print(f"a whole run with its record         {whole:6.3f} ms")
    bare.close()
    space.close()


def streaming(home: str) -> None:
    """Print what memory reading 10,000 rows over 334 pages takes, against 300 rows over 10."""
    from skillkit.calls import Call, rows
    from skillkit.workspace import Workspace

    space = Workspace(home)
    peaks = []
    for limit in (300, 10_000):
        tracemalloc.start()
        _, found = rows(space, Call("bench/list-rows", {"limit": limit}, "bench"))
        count = sum(1 for _ in found)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        if count != limit:
            raise SystemExit(f"{count} rows came instead of {limit}")
    print(f"\nstreamed 300 rows over 10 pages: peak {peaks[0] / 1024:,.0f} KiB")
    print(f"streamed 10,000 rows over 334 pages: peak {peaks[1] / 1024:,.0f} KiB")
    space.close()


def main() -> None:
    """Run every measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="processes of each kind")
    parser.add_argument("--calls", type=int, default=300, help="calls in each round")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, paged(10_000) as address:
        folder = Path(home, "connectors", "bench")
        folder.mkdir(parents=True)
        (folder / "connector.yaml").write_text(CONNECTOR)
        os.chmod(home, 0o700)
        commands(address, home, given.runs)
        calls(address, home, given.calls)
        streaming(home)
    print(json.dumps({"python": sys.version.split()[0], "processors": os.cpu_count()}))


if __name__ == "__main__":
    main()
