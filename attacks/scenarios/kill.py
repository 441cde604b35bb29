"""Kill the server while it writes: acknowledged writes must be stored."""

from __future__ import annotations

import http.client
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Protocol

from attacks.client import Client, require_status
from attacks.findings import Finding
from attacks.target import Target

#: Number of clients that write, and of acknowledged writes before the kill.
WRITERS, ENOUGH = 4, 100


class Killable(Protocol):
    """A server that can be killed and started again."""

    @property
    def target(self) -> Target:
        """The registry as a target."""

    def kill(self) -> None:
        """Kill all its processes."""

    def start(self) -> None:
        """Start the server again."""


def killed_while_writing(served: Killable) -> list[Finding]:
    """Kill the server during writes, and look for the acknowledged records."""
    target = served.target
    batch = secrets.token_hex(8)
    acknowledged = _write_until_killed(served, target, batch)
    served.start()
    kept = _stored_descriptions(target, batch)
    lost = acknowledged - kept
    return [
        Finding(
            "acknowledged writes survive a kill",
            len(acknowledged) >= ENOUGH and not lost,
            f"{len(lost)} of {len(acknowledged)} lost",
        ),
        Finding(
            "the registry works after a kill",
            *_check_write(target),
        ),
    ]


def _write_until_killed(served: Killable, target: Target, batch: str) -> set[str]:
    """Return the descriptions of the records that were acknowledged."""
    acknowledged: set[str] = set()
    enough = threading.Event()

    def write(number: int) -> None:
        for description in _post_until_killed(target, f"{batch} {number}"):
            acknowledged.add(description)
            if len(acknowledged) >= ENOUGH:
                enough.set()

    with ThreadPoolExecutor(WRITERS) as pool:
        work = [pool.submit(write, number) for number in range(WRITERS)]
        enough.wait(timeout=60)
        served.kill()
        for one in work:
            one.result()
    return acknowledged


def _post_until_killed(target: Target, start: str) -> Iterator[str]:
    """Register objects until the server is gone; yield acknowledged descriptions."""
    with Client(target) as client:
        for step in count():
            description = f"{start} {step}"
            try:
                answer = client.post("/api/object/", {"description": description})
            except (OSError, http.client.HTTPException):
                return
            if answer.status == 201:
                yield description


def _stored_descriptions(target: Target, batch: str) -> set[str]:
    """Return the descriptions of completely stored records of this batch."""
    found: set[str] = set()
    path: str | None = "/api/object/?page_size=1000"
    with Client(target) as client:
        while path:
            page = require_status(client.get(path), 200).json()
            found |= {
                one["description"]
                for one in page["results"]
                if (one["description"] or "").startswith(batch) and one["components"]
            }
            # newest first: a page without any of them comes after all of them
            is_over = not any(
                (one["description"] or "").startswith(batch) for one in page["results"]
            )
            following = page["next"]
            path = None if is_over or not following else following.split(target.host)[1]
    return found


def _check_write(target: Target) -> tuple[bool, str]:
    with Client(target) as client:
        answer = client.post("/api/object/", {"description": "after the kill"})
    return answer.status == 201, str(answer.status)
