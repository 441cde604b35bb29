"""Give one object very many keywords, and read lists that contain it."""

from __future__ import annotations

from collections import Counter
from itertools import count

from attacks.client import Answer, Client, require_status
from attacks.findings import Finding, megabytes
from attacks.scenarios.concurrency import run_concurrently, watch_server
from attacks.target import Target

#: Keywords in one POST, and number of POSTs; the registry can have a lower limit.
BATCH, BATCHES = 10_000, 5
#: Maximum growth of the server's memory in bytes while it answers eight such lists.
MAX_GROWTH = 2**30


def very_many_keywords(target: Target) -> list[Finding]:
    """Give one object as many keywords as are accepted, and read lists with it."""
    with Client(target) as client:
        made = require_status(
            client.post("/api/object/", {"description": "spoken of"}), 201
        )
        url = made.json()["url"]
        statuses = _give_keywords(client, url)

    def read(number: int) -> Answer:
        with Client(target, signed_in=False) as client:
            return client.get("/api/object/?page_size=1000")

    with watch_server(target) as watched:
        answers = run_concurrently(8, read)
    seen = Counter(answer.status for answer in answers)
    size = max(len(answer.body) for answer in answers)
    missed = f"{watched.missed} of {watched.asked} missed"
    return [
        Finding(
            "keywords are accepted or rejected", _are_expected(statuses), str(statuses)
        ),
        Finding(
            "lists with an object with very many keywords are served",
            set(seen) <= {200, 429, 503},
            f"{dict(seen)}, {megabytes(size)} each",
        ),
        Finding("/livez responds during: such lists", not watched.missed, missed),
        Finding(
            "little memory: such lists",
            watched.grown < MAX_GROWTH,
            f"{megabytes(watched.grown)} more memory",
        ),
    ]


def _give_keywords(client: Client, url: str) -> list[int]:
    """Send keywords until they are rejected; return the statuses."""
    statuses: list[int] = []
    numbers = count()
    while len(statuses) < BATCHES and (not statuses or statuses[-1] == 201):
        batch = [
            {"object": url, "keyphrase": f"keyphrase {next(numbers)}"}
            for _ in range(BATCH)
        ]
        statuses.append(client.post("/api/keyword/", batch).status)
    return statuses


def _are_expected(statuses: list[int]) -> bool:
    return all(status == 201 for status in statuses[:-1]) and statuses[-1] in {
        201,
        400,
        409,
        413,
    }
