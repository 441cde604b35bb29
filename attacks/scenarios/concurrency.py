"""Run the same work concurrently, and watch the server meanwhile."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from attacks.client import Client
from attacks.processes import resident_bytes
from attacks.target import Target

T = TypeVar("T")

#: Seconds after which a probe without a response fails.
LIVE_WITHIN = 5.0


def run_concurrently(times: int, work: Callable[[int], T]) -> list[T]:
    """Call `work` with 0, 1, … in `times` threads that start at the same moment."""
    barrier = threading.Barrier(times)

    def begin(number: int) -> T:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(begin, range(times)))


@dataclass
class ServerWatch:
    """Numbers of /livez probes and failures, and memory before and at its maximum."""

    asked: int = 0
    missed: int = 0
    before: int = 0
    most: int = 0

    @property
    def grown(self) -> int:
        """Maximum growth of the server's memory in bytes."""
        return max(0, self.most - self.before)


@contextmanager
def watch_server(target: Target) -> Iterator[ServerWatch]:
    """Probe /livez and measure the server's memory until the block ends."""
    memory = resident_bytes(target.pid)
    watched, end = ServerWatch(before=memory, most=memory), threading.Event()
    threads = [
        threading.Thread(target=watch, args=(target, watched, end))
        for watch in (_probe_livez, _measure_memory)
    ]
    for thread in threads:
        thread.start()
    try:
        yield watched
    finally:
        end.set()
        for thread in threads:
            thread.join()


def _probe_livez(target: Target, watched: ServerWatch, end: threading.Event) -> None:
    while not end.wait(0.2):
        watched.asked += 1
        began = time.monotonic()
        try:
            with Client(target, signed_in=False, timeout=LIVE_WITHIN) as client:
                lives = client.get("/livez").status == 200
        except (OSError, http.client.HTTPException):
            lives = False
        watched.missed += not lives or time.monotonic() - began > LIVE_WITHIN


def _measure_memory(target: Target, watched: ServerWatch, end: threading.Event) -> None:
    while not end.wait(0.05):
        watched.most = max(watched.most, resident_bytes(target.pid))
