"""Request pictures of provenance, the costliest public responses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from attacks.client import Answer, Client
from attacks.findings import Finding, megabytes
from attacks.sample_data import SamplePaths, register_samples
from attacks.scenarios.concurrency import run_concurrently, watch_server
from attacks.target import Target

#: Maximum growth of the server's memory in bytes while it draws.
MAX_GROWTH = 2**30
#: Numbers of pictures that are requested at the same time.
TIMES = (8, 24)


def many_pictures(target: Target, times: Sequence[int] = TIMES) -> list[Finding]:
    """Request pictures of a deep lineage, several at the same time."""
    samples = register_samples(target)
    return [
        one for number in times for one in _request_pictures(target, samples, number)
    ]


def _request_pictures(
    target: Target, samples: SamplePaths, times: int
) -> list[Finding]:
    """Request pictures: each must be drawn or get Retry-After, and others be served."""
    with watch_server(target) as watched:
        answers = run_concurrently(
            times, lambda number: _request_picture(target, samples, number)
        )
    seen = Counter(answer.status for answer in answers)
    polite = all(
        "retry-after" in answer.headers
        for answer in answers
        if answer.status in {429, 503}
    )
    name = f"{times} pictures at once"
    missed = f"{watched.missed} of {watched.asked} missed"
    growth = f"{megabytes(watched.grown)} more memory"
    return [
        Finding(
            f"drawn, or 429 or 503 with Retry-After: {name}",
            set(seen) <= _EXPECTED_STATUSES and polite,
            str(seen),
        ),
        Finding(f"/livez responds during: {name}", not watched.missed, missed),
        Finding(f"little memory: {name}", watched.grown < MAX_GROWTH, growth),
    ]


#: 404 is the status if Graphviz is not installed.
_EXPECTED_STATUSES = {200, 404, 429, 503}


def _request_picture(target: Target, samples: SamplePaths, number: int) -> Answer:
    form = ("svg", "png", "jpg")[number % 3]
    depth = 8 - number % 3
    path = samples.picture.partition("?")[0]
    with Client(target, signed_in=False) as client:
        return client.get(f"{path}?format={form}&depth={depth}")
