"""Honest clients in their own process, which measure the effect of attackers.

`measure` starts the process, which runs ``python -m attacks.honest_clients``. That
reads its options as JSON from standard input and writes its report as JSON to standard
output.
"""

from __future__ import annotations

import asyncio
import http.client
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from threading import Lock
from typing import Any

import orjson

from attacks.client import Answer, Client
from attacks.sample_data import SamplePaths, upload
from attacks.target import Target

ROOT = Path(__file__).resolve().parent.parent
#: Seconds between two requests of a client, and between two probes.
REQUEST_INTERVAL, PROBE_INTERVAL = 0.1, 0.25
#: Bytes of the files that are uploaded and downloaded, and seconds that it can take.
FILE, UPLOAD_TIMEOUT = 2**18, 20
_FAILURES = (OSError, http.client.HTTPException)


@dataclass
class ClientOptions:
    """What the honest clients do.

    A request fails after `answer_within` seconds, a probe after `live_within`.
    """

    url: str
    token: str
    record: str
    page: str
    certificate: str | None = None
    clients: int = 8
    seconds: float = 5
    answer_within: float = 10
    live_within: float = 1
    uploads: bool = True

    @classmethod
    def of(cls, target: Target, samples: SamplePaths, **given: Any) -> ClientOptions:
        """Return the options for a registry."""
        certificate = str(target.certificate) if target.certificate else None
        return cls(
            target.url, target.token, samples.record, samples.page, certificate, **given
        )

    @property
    def target(self) -> Target:
        """The registry as a target."""
        certificate = Path(self.certificate) if self.certificate else None
        return Target(self.url, self.token, certificate=certificate)


@dataclass
class ClientReport:
    """Measurements of honest clients: milliseconds, and numbers of failures by type."""

    milliseconds: list[float] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)
    live: int = 0
    live_misses: int = 0
    live_worst: float = 0
    uploads: int = 0
    upload_retries: int = 0
    upload_failures: dict[str, int] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """The median of all requests, in milliseconds."""
        return median(self.milliseconds) if self.milliseconds else math.inf

    @property
    def p99(self) -> float:
        """The 99th percentile of all requests, in milliseconds."""
        ordered = sorted(self.milliseconds)
        return ordered[int(0.99 * (len(ordered) - 1))] if ordered else math.inf

    @property
    def is_served(self) -> bool:
        """Whether all requests succeeded, and all probes in time."""
        answered = bool(self.milliseconds) and not self.failures
        return answered and not self.live_misses and not self.upload_failures


async def measure(options: ClientOptions) -> ClientReport:
    """Run honest clients in another process and return their report."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "attacks.honest_clients"),
        cwd=ROOT,
        env={"PATH": os.environ.get("PATH", "")},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        out, _ = await process.communicate(orjson.dumps(asdict(options)))
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise RuntimeError(f"the honest clients ended with {process.returncode}")
    return ClientReport(**orjson.loads(out))


class Clients:
    """The honest clients of one run, each in its own thread."""

    def __init__(self, options: ClientOptions) -> None:
        self._options, self._target = options, options.target
        self._report, self._lock = ClientReport(), Lock()
        self._failures: Counter[str] = Counter()
        self._upload_failures: Counter[str] = Counter()
        self._end = time.monotonic() + options.seconds

    def run(self) -> ClientReport:
        """Send requests for the given time and return the report."""
        with ThreadPoolExecutor(self._options.clients + 2) as pool:
            work = [pool.submit(self._probe_repeatedly)]
            if self._options.uploads:
                work.append(pool.submit(self._upload_repeatedly))
            work.extend(
                pool.submit(self._send_repeatedly, number)
                for number in range(self._options.clients)
            )
            for one in work:
                one.result()
        self._report.failures = dict(self._failures)
        self._report.upload_failures = dict(self._upload_failures)
        return self._report

    def _send_repeatedly(self, number: int) -> None:
        # do not start all clients at the same time
        time.sleep(REQUEST_INTERVAL * number / self._options.clients)
        with Client(self._target, timeout=self._options.answer_within) as client:
            for name, status, ask in islice(
                cycle(self._request_cycle(client)), number, None
            ):
                if time.monotonic() > self._end:
                    return
                self._send_measured(name, status, ask)
                time.sleep(REQUEST_INTERVAL)

    def _request_cycle(
        self, client: Client
    ) -> list[tuple[str, int, Callable[[], Answer]]]:
        """Return the requests that a client sends in turn, with expected statuses."""
        options = self._options
        small = {"description": "an honest record"}
        return [
            ("record", 200, lambda: client.get(options.record)),
            ("livez", 200, lambda: client.get("/livez")),
            ("page", 200, lambda: client.get(options.page)),
            ("write", 201, lambda: client.post("/api/object/", small)),
        ]

    def _send_measured(self, name: str, status: int, ask: Callable[[], Answer]) -> None:
        began = time.perf_counter()
        try:
            answer = ask()
        except _FAILURES as error:
            with self._lock:
                self._failures[f"{name}: {type(error).__name__}"] += 1
            return
        taken = (time.perf_counter() - began) * 1000
        with self._lock:
            self._report.milliseconds.append(taken)
            if answer.status != status:
                self._failures[f"{name}: {answer.status}"] += 1

    def _probe_repeatedly(self) -> None:
        """Request /livez over new connections, as monitoring does."""
        report = self._report
        while time.monotonic() < self._end:
            began = time.perf_counter()
            alive = self._is_alive()
            taken = time.perf_counter() - began
            report.live += 1
            report.live_worst = max(report.live_worst, taken)
            report.live_misses += not alive or taken > self._options.live_within
            time.sleep(PROBE_INTERVAL)

    def _is_alive(self) -> bool:
        within = self._options.live_within
        try:
            with Client(self._target, signed_in=False, timeout=within) as client:
                return client.get("/livez").status == 200
        except _FAILURES:
            return False

    def _upload_repeatedly(self) -> None:
        while time.monotonic() < self._end:
            for outcome in self._upload_with_retries():
                if outcome == "ok":
                    self._report.uploads += 1
                elif outcome == "busy":
                    self._report.upload_retries += 1
                else:
                    self._upload_failures[outcome] += 1
            time.sleep(5 * REQUEST_INTERVAL)

    def _upload_with_retries(self) -> Iterator[str]:
        """Upload a file and download it; retry while the registry is busy."""
        give_up = time.monotonic() + UPLOAD_TIMEOUT
        while True:
            try:
                yield self._upload_once()
                return
            except _Busy:
                yield "busy"
            except (*_FAILURES, RuntimeError) as error:
                yield f"{type(error).__name__}: {error}"
                return
            if time.monotonic() > give_up:
                yield "busy for too long"
                return
            time.sleep(0.5)

    def _upload_once(self) -> str:
        data = os.urandom(FILE)
        with Client(self._target, timeout=UPLOAD_TIMEOUT) as client:
            try:
                checksum = upload(client, data)
            except RuntimeError as error:
                if "answered 503" in str(error):
                    raise _Busy from error
                raise
            same = client.get(f"/data/{checksum}").body == data
        return "ok" if same else "other bytes"


class _Busy(Exception):
    """The registry has no free slot for uploads."""


if __name__ == "__main__":
    given = ClientOptions(**orjson.loads(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(orjson.dumps(asdict(Clients(given).run())))
