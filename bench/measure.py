"""Take samples of requests and floors alternately, so that the load affects both."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter
from typing import Any, TypeVar

import orjson
import psycopg

from bench.aims import Result
from bench.client import Client
from bench.request_types import RequestType, Sample
from bench.statements import Counter

T = TypeVar("T")

#: Requests before the first sample, so that each of the server's eight threads is warm:
#: a connection has its prepared plans after ten requests of a type, like the floor's.
WARM_UP = 100


class Bench:
    """Measures request types over one connection to the API and one to the database."""

    def __init__(
        self,
        client: Client,
        connection: psycopg.Connection[Any],
        token: str,
        samples: int,
    ) -> None:
        """Take ``samples`` of each request type."""
        self._client = client
        self._counter = Counter(token)
        self._connection = connection
        self._samples = samples
        self._numbers = iter(range(1, 2**31))

    def measure(self, kind: RequestType) -> Result:
        """Return the medians of a request type, and the statements of one request."""
        samples = max(3, round(self._samples * kind.share))
        warm_up = min(WARM_UP, samples)
        for _ in range(warm_up):
            self._compare_results(self._next_sample(kind))
        times = list(self._take_samples(kind, samples))
        floor = [taken for _, taken in times if taken is not None]
        scale = 1000 / kind.records
        return Result(
            kind.name,
            median(taken for taken, _ in times) * scale,
            median(floor) * scale if floor else None,
            self._counter.count(self._next_sample(kind).request),
        )

    def _next_sample(self, kind: RequestType) -> Sample:
        return kind.sample(next(self._numbers))

    def _take_samples(
        self, kind: RequestType, samples: int
    ) -> Iterator[tuple[float, float | None]]:
        """Yield the seconds of a request and of its floor, alternating the order."""
        for turn in range(samples):
            sample = self._next_sample(kind)
            if turn % 2:
                floor = self._time_floor(sample)
                yield _time_call(lambda: self._send_request(sample)), floor  # noqa: B023
            else:
                taken = _time_call(lambda: self._send_request(sample))  # noqa: B023
                yield taken, self._time_floor(sample)

    def _time_floor(self, sample: Sample) -> float | None:
        floor = sample.floor
        return None if floor is None else _time_call(lambda: floor(self._connection))

    def _send_request(self, sample: Sample) -> bytes:
        request = sample.request
        return self._client.send(request.method, request.path, request.body)

    def _compare_results(self, sample: Sample) -> None:
        """Send the request and run its floor once; assert that the rows are equal."""
        answer = self._send_request(sample)
        if sample.floor is None:
            return
        floor = sample.floor(self._connection)
        if sample.request.method == "GET" and answer.startswith(b"{"):
            here, there = orjson.loads(answer), orjson.loads(floor)
            assert here.get("count") == there.get("count"), sample.request
            assert _record_ids(here) == _record_ids(there), sample.request


def _record_ids(answer: dict[str, Any]) -> list[Any]:
    """Return the ids of the records in a response, or in the result of a floor.

    The ids of lineage nodes are sorted, because the floor returns them in no order.
    """
    if "nodes" in answer:
        return sorted(node["id"] for node in answer["nodes"])
    records = answer.get("results", [answer])
    return [
        record["id"] if "id" in record else int(record["url"].split("/")[-2])
        for record in records
    ]


def _time_call(work: Callable[[], T]) -> float:
    """Return the seconds of a call, without garbage collection, as `timeit` does."""
    gc.disable()
    try:
        began = perf_counter()
        work()
        return perf_counter() - began
    finally:
        gc.enable()
