"""Pictures of provenance, the costliest answers that anybody may ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from attacks.client import Answer, Client
from attacks.findings import Finding, megabytes
from attacks.sample_data import SamplePaths, register_samples
from attacks.scenarios.concurrency import run_concurrently, watch_server
from attacks.target import Target

#: Bytes that a server's memory may grow by while it draws.
MOST = 2**30
#: Pictures that are asked for at once.
TIMES = (8, 24)


def many_pictures(target: Target, times: Sequence[int] = TIMES) -> list[Finding]:
    """Ask for pictures of a deep lineage, several at once, from several readers."""
    samples = register_samples(target)
    return [one for number in times for one in _drawn(target, samples, number)]


def _drawn(target: Target, samples: SamplePaths, times: int) -> list[Finding]:
    """Ask so often at once: each is drawn or politely put off, and others go on."""
    with watch_server(target) as watched:
        answers = run_concurrently(
            times, lambda number: _picture(target, samples, number)
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
            f"drawn, or put off: {name}", set(seen) <= _RIGHT and polite, str(seen)
        ),
        Finding(f"/livez answers beside: {name}", not watched.missed, missed),
        Finding(f"little memory: {name}", watched.grown < MOST, growth),
    ]


#: 404 is the answer where Graphviz is not installed.
_RIGHT = {200, 404, 429, 503}


def _picture(target: Target, samples: SamplePaths, number: int) -> Answer:
    form = ("svg", "png", "jpg")[number % 3]
    depth = 8 - number % 3
    path = samples.picture.partition("?")[0]
    with Client(target, signed_in=False) as client:
        return client.get(f"{path}?format={form}&depth={depth}")
