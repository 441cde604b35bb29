"""Measure how evenly processes share requests, and how long SQLite's writers wait.

``python -m bench.shares`` serves one PostgreSQL database with two processes at one
socket, and with two processes that have a socket each, as ``manage.py serve`` starts
them. Both answer the same requests by turns. Then one process serves an SQLite file.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import registry
from bench.postgres import fresh_database
from bench.servers import (
    Server,
    build_request,
    fill,
    measure_latencies,
    start_server,
)

CONNECTIONS = (8, 32)
ROUNDS = 5
#: How two processes are started; the first as the registry did before.
COMMANDS = {
    "one socket": [
        *(sys.executable, "-m", "gunicorn", "config.asgi", "--workers=2"),
        *("--bind=127.0.0.1:{port}", "--keep-alive=15", "--log-level=warning"),
        *("--worker-class=registry.front.worker.FrontWorker", "--no-control-socket"),
    ],
    "a socket each": [sys.executable, "manage.py", "serve"],
}


def main(arguments: Sequence[str]) -> None:
    """Measure both ways, and SQLite; print two tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.shares", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3, help="of each kind (3)")
    seconds = parser.parse_args(arguments).seconds
    print(_shares(seconds))
    print()
    print(_writers(seconds))


def _shares(seconds: float) -> str:
    with ExitStack() as stack:
        registry.set_environment(stack, fresh_database(stack))
        os.environ["WEB_CONCURRENCY"] = "2"
        os.environ["CACHE_URL"] = _start_redis(stack)
        registry.manage("prepare")
        servers = [
            start_server(stack, name, 8390 + at, COMMANDS[name])
            for at, name in enumerate(COMMANDS)
        ]
        fill(servers[0].port, registry.manage("create_token", "admin").strip())
        request = build_request("GET /api/object/1/")
        rows = ["| | connections | requests/s | p50 ms | p99 ms | busier process |"]
        rows += ["|---|---|---|---|---|---|"]
        for connections in CONNECTIONS:
            results = {server.name: _Shares() for server in servers}
            for _ in range(ROUNDS):
                for server in servers:
                    results[server.name].measure(server, request, connections, seconds)
            rows += [
                f"| {name} | {connections} | {one} |" for name, one in results.items()
            ]
        rows += [
            f"| {one.name}, MB of a process | | {_private_megabytes(one):.0f} | | | |"
            for one in servers
        ]
        return "\n".join(rows)


def _start_redis(stack: ExitStack) -> str:
    """Start a Redis in which several processes count requests; return its URL."""
    port = "8399"
    process = subprocess.Popen(
        ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return f"redis://127.0.0.1:{port}/0"


class _Shares:
    """The latencies of all rounds, and how busy each process was in each."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.rates: list[float] = []
        self.shares: list[float] = []

    def measure(
        self, server: Server, request: bytes, connections: int, seconds: float
    ) -> None:
        """Send requests for some seconds."""
        before = _processor_times(server)
        found = asyncio.run(
            measure_latencies(server.port, request, connections, seconds)
        )
        after = _processor_times(server)
        used = [after[pid] - before.get(pid, 0) for pid in after]
        self.latencies += found
        self.rates.append(len(found) / seconds)
        self.shares.append(max(used) / (sum(used) or 1))

    def __str__(self) -> str:
        cuts = statistics.quantiles(self.latencies, n=100)
        rate, share = map(statistics.median, (self.rates, self.shares))
        return f"{rate:.0f} | {cuts[49]:.1f} | {cuts[98]:.1f} | {share:.0%}"


def _workers(server: Server) -> list[str]:
    own = server.process.pid
    return Path(f"/proc/{own}/task/{own}/children").read_text().split()


def _processor_times(server: Server) -> dict[str, int]:
    """Return the processor time of each worker, in ticks of the system."""
    times = {}
    for pid in _workers(server):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        times[pid] = int(fields[11]) + int(fields[12])
    return times


def _private_megabytes(server: Server) -> float:
    """Return the memory that a worker does not share with others."""
    found = []
    for pid in _workers(server):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        own = [line.split() for line in lines if line.startswith("Private_")]
        found.append(sum(int(one[1]) for one in own) / 1024)
    return statistics.mean(found)


def _writers(seconds: float) -> str:
    with ExitStack() as stack:
        registry.set_environment(stack, "")
        for name in ("DATABASE_URL", "CACHE_URL", "WEB_CONCURRENCY"):
            os.environ.pop(name, None)
        registry.manage("prepare")
        token = registry.manage("create_token", "admin").strip()
        server = start_server(stack, "sqlite", 8390, COMMANDS["a socket each"])
        key = f"Authorization: token {token}\r\nContent-Type: application/json\r\n"
        post = build_request("POST /api/object/", key, b'{"description": "measured"}')
        rows = ["| POST an object, SQLite | requests/s | p50 ms | p99 ms | ratio |"]
        rows += ["|---|---|---|---|---|"]
        for connections in CONNECTIONS:
            time.sleep(1)
            found = asyncio.run(
                measure_latencies(server.port, post, connections, ROUNDS * seconds)
            )
            cuts = statistics.quantiles(found, n=100)
            rate = len(found) / (ROUNDS * seconds)
            rows.append(
                f"| {connections} clients | {rate:.0f} | {cuts[49]:.1f} | "
                f"{cuts[98]:.1f} | {cuts[98] / cuts[49]:.1f} |"
            )
        return "\n".join(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
