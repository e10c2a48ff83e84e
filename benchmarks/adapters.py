"""
What an HTTP library costs at start and per call, beside the adapter that was chosen: the figures of decision 0004.

Each row is a fresh process that imports the library, and one that sends keep-alive requests to a loopback server.
"""

from __future__ import annotations

import http.client
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.bench import environment, median_ms, timed
from benchmarks.server import paged

WITH_THE_REST = "import click, json, sqlite3, jsonschema_rs; from cryptography.hazmat.primitives.ciphers.aead import AESGCM; "
IMPORTS: Mapping[str, str] = {
    "nothing": "pass",
    "the adapter (h11)": "import skillkit.network",
    "http.client": "import http.client",
    "httpcore": "import httpcore",
    "httpx": "import httpx",
}
ROUNDS = 12
CALLS = 300


def starts() -> None:
    """Print what importing each costs, alone and with what every command has loaded anyway."""
    env = environment("")
    seconds: dict[tuple[str, str], list[float]] = {}
    for number in range(ROUNDS + 1):
        for name, statement in IMPORTS.items():
            for rest in ("", WITH_THE_REST):
                took = timed([sys.executable, "-c", rest + statement], env)[1]
                if number:  # the first round fills caches
                    seconds.setdefault((name, rest), []).append(took)
    medians = {key: statistics.median(column) * 1000 for key, column in seconds.items()}
    floor = medians["nothing", ""]
    print(f"{'import, processor time':24} {'alone ms':>9} {'ratio':>6} {'with the rest ms':>17} {'ratio':>6}")
    for name in IMPORTS:
        alone, whole = medians[name, ""], medians[name, WITH_THE_REST]
        print(f"{name:24} {alone:9.1f} {alone / floor:6.2f} {whole:17.1f} {whole / floor:6.2f}")


def calls(address: str) -> None:
    """Print the median of a keep-alive call with each."""
    import httpcore
    import httpx

    from skillkit.network import Network, Wire

    with ExitStack() as stack:
        network = Network()
        stack.callback(network.close)
        bare = http.client.HTTPConnection(address.removeprefix("http://"))
        stack.callback(bare.close)
        pool = stack.enter_context(httpcore.ConnectionPool())
        client = stack.enter_context(httpx.Client(trust_env=False))

        def plain() -> bytes:
            bare.request("GET", "/rows/7")
            return bare.getresponse().read()

        ways: dict[str, Callable[[], object]] = {
            "the adapter (h11)": lambda: b"".join(network.exchange(Wire("GET", f"{address}/rows/7", private=True)).chunks),
            "http.client": plain,
            "httpcore": lambda: pool.request("GET", f"{address}/rows/7").content,
            "httpx": lambda: client.get(f"{address}/rows/7").content,
        }
        for way in ways.values():
            median_ms(way, 20)
        rounds = [{name: median_ms(way, CALLS) for name, way in ways.items()} for _ in range(5)]
    print(f"\n{'one keep-alive call':24} {'median ms':>9}")
    for name in ways:
        print(f"{name:24} {statistics.median(row[name] for row in rounds):9.3f}")


if __name__ == "__main__":
    begun = time.perf_counter()
    starts()
    with paged(10) as server:
        calls(server)
    print(f"\ntook {time.perf_counter() - begun:.0f} s")
