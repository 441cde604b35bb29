"""Compare two servers of a registry in one run: threads only, and the front.

``python -m bench.servers`` serves one database with gunicorn's threads (`gthread`, as
before) and with `manage.py serve`, and measures both alternately, so that other load on
the machine affects both. Only the ratio is meaningful.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from bench import registry
from bench.postgres import fresh_database

MEGABYTE = 1024 * 1024
PORTS = {"threads": 8390, "front": 8391}
ROUNDS = 5
COMMANDS = {
    "threads": [
        *(sys.executable, "-m", "gunicorn", "config.wsgi"),
        *("--bind=127.0.0.1:{port}", "--worker-class=gthread", "--threads=8"),
        *("--keep-alive=15", "--log-level=warning", "--no-control-socket"),
        "--limit-request-line=8190",
    ],
    "front": [sys.executable, "manage.py", "serve"],
}


@dataclass
class Server:
    """One of the two servers, and its measurements."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    rates: dict[str, list[float]] = field(default_factory=dict)
    latencies: dict[str, list[float]] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)

    @property
    def megabytes(self) -> float:
        """The resident memory of its processes, from Linux's /proc."""
        own = self.process.pid
        children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
        return sum(map(_resident_bytes, [str(own), *children])) / MEGABYTE


def _resident_bytes(pid: str) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main(arguments: Sequence[str]) -> None:
    """Measure both servers and print a table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.servers", description=__doc__
    )
    parser.add_argument("--seconds", type=float, default=4, help="of each kind (4)")
    parser.add_argument(
        "--megabytes", type=int, default=1024, help="of the file that is sent (1024)"
    )
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        url = registry.set_environment(stack, fresh_database(stack))
        registry.manage("prepare")
        token = registry.manage("create_token", "admin").strip()
        servers = [
            start_server(stack, name, port, COMMANDS[name])
            for name, port in PORTS.items()
        ]
        fill(servers[0].port, token)
        for _ in range(ROUNDS):
            for server in servers:
                _measure_requests(server, token, options.seconds)
                _measure_files(server, token, options.megabytes)
        del url
        print(_format_table(servers, options.megabytes))


def start_server(
    stack: ExitStack, name: str, port: int, command: Sequence[str]
) -> Server:
    """Start a server by a command, in which ``{port}`` is the port."""
    environment = os.environ | {"PORT": str(port), "REGISTRY_LOG_LEVEL": "WARNING"}
    log = Path(os.environ["REGISTRY_DATA_DIR"]) / f"log-{name}"
    process = subprocess.Popen(
        [part.format(port=port) for part in command],
        cwd=registry.ROOT,
        env=environment,
        stdout=stack.enter_context(log.open("wb")),
        stderr=subprocess.STDOUT,
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)
    registry.wait_until_ready(f"http://127.0.0.1:{port}", process, log)
    return Server(name, port, process)


def fill(port: int, token: str) -> None:
    """Register objects, so that lists have the same length in all rounds."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    objects = [{"description": f"measured {number}"} for number in range(1000)]
    headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
    connection.request("POST", "/api/object/", json.dumps(objects), headers)
    answer = connection.getresponse()
    if answer.status != HTTPStatus.CREATED:
        raise SystemExit(f"Cannot fill the registry: {answer.read(500)!r}")
    answer.read()
    connection.close()


def _measure_requests(server: Server, token: str, seconds: float) -> None:
    post = json.dumps({"description": "measured"}).encode()
    key = f"Authorization: token {token}\r\nContent-Type: application/json\r\n"
    kinds = {
        "`/livez`": build_request("GET /livez"),
        "one object": build_request("GET /api/object/1/"),
        "list of 100": build_request("GET /api/object/"),
        "POST an object": build_request("POST /api/object/", key, post),
    }
    for kind, request in kinds.items():
        for connections in (8, 32):
            name = f"{kind}, {connections} connections"
            latencies = asyncio.run(
                measure_latencies(server.port, request, connections, seconds)
            )
            server.rates.setdefault(name, []).append(len(latencies) / seconds)
            server.latencies.setdefault(name, []).extend(latencies)


def build_request(line: str, headers: str = "", body: bytes = b"") -> bytes:
    """Return a request of HTTP."""
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    head = f"{line} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}{length}\r\n"
    return head.encode() + body


async def measure_latencies(
    port: int, request: bytes, connections: int, seconds: float
) -> list[float]:
    """Send the request repeatedly; return the milliseconds of each response."""
    end = time.perf_counter() + seconds
    clients = [_request_repeatedly(port, request, end) for _ in range(connections)]
    return [one for many in await asyncio.gather(*clients) for one in many]


async def _request_repeatedly(port: int, request: bytes, end: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=MEGABYTE)
    latencies = []
    while (started := time.perf_counter()) < end:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if head[9:12] not in {b"200", b"201"}:
            raise SystemExit(f"Unexpected answer: {head[:200]!r}")
        length = head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
        await reader.readexactly(int(length))
        latencies.append((time.perf_counter() - started) * 1000)
    writer.close()
    return latencies


def _measure_files(server: Server, token: str, megabytes: int) -> None:
    block = os.urandom(MEGABYTE)
    digest = hashlib.sha1(usedforsecurity=False)
    for _ in range(megabytes):
        digest.update(block)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    connection.request(
        "POST",
        f"/api/data/{digest.hexdigest()}",
        headers={"Authorization": f"token {token}"},
    )
    address = json.load(connection.getresponse())["url"].partition("/api")[2]
    blocks = (block for _ in range(megabytes))
    length = {"Content-Length": str(megabytes * MEGABYTE)}

    def upload() -> None:
        connection.request("PUT", f"/api{address}", body=blocks, headers=length)
        assert connection.getresponse().read()

    def download() -> None:
        connection.request("GET", f"/data/{digest.hexdigest()}")
        answer = connection.getresponse()
        while answer.read(MEGABYTE):
            pass

    for name, work in (("upload", upload), ("download", download)):
        server.seconds.setdefault(name, []).append(_time_call(work))


def _time_call(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _format_table(servers: Sequence[Server], megabytes: int) -> str:
    before, after = servers
    lines = [
        "| | threads | front | front / threads |",
        "|---|---|---|---|",
    ]
    for name in before.rates:
        rates = [statistics.median(one.rates[name]) for one in servers]
        lines.append(_format_row(f"{name}, requests/s", rates, "{:.0f}"))
        for title, part in (("p50", 50), ("p99", 99)):
            values = [
                statistics.quantiles(one.latencies[name], n=100)[part - 1]
                for one in servers
            ]
            lines.append(_format_row(f"{name}, {title} ms", values, "{:.1f}"))
    for name in before.seconds:
        values = [megabytes / statistics.median(one.seconds[name]) for one in servers]
        lines.append(_format_row(f"{name}, MB/s", values, "{:.0f}"))
    memory = [before.megabytes, after.megabytes]
    lines.append(_format_row("memory at the end, MB", memory, "{:.0f}"))
    return "\n".join(lines)


def _format_row(name: str, values: Sequence[float], form: str) -> str:
    shown = [form.format(value) for value in values]
    return f"| {name} | {' | '.join(shown)} | {values[1] / values[0]:.2f} |"


if __name__ == "__main__":
    main(sys.argv[1:])
