"""Send the same request twice at the same moment."""

from __future__ import annotations

import secrets
from collections import Counter
from typing import Any

from attacks.client import Answer, Client, require
from attacks.findings import Finding
from attacks.scenarios.concurrency import run_concurrently
from attacks.target import Target

#: Number of pairs in each scenario.
PAIRS = 20


def duplicate_pairs(target: Target) -> list[Finding]:
    """Register the same author twice at once: one is new, the other a duplicate."""
    seen = Counter(_statuses(_pair(target, "author", _author())) for _ in range(PAIRS))
    return [
        Finding(
            "of two identical registrations, one gets 201 and one 409",
            seen == {"201 409": PAIRS},
            _text(seen),
        )
    ]


def idempotent_pairs(target: Target) -> list[Finding]:
    """Send the same request with one key twice at once: one record is stored.

    The second request gets the response of the first, or 409 while it is running.
    """
    seen: Counter[str] = Counter()
    stored: Counter[int] = Counter()
    for _ in range(PAIRS):
        key, description = secrets.token_hex(16), secrets.token_hex(16)
        headers = {"Idempotency-Key": key}
        data = {"description": description}
        answers = _pair(target, "object", data, headers)
        seen[_statuses(answers)] += 1
        stored[_count(target, description)] += 1
    right = set(seen) <= {"201 201", "201 409"} and stored == {1: PAIRS}
    name = "two requests under one Idempotency-Key store one record"
    return [Finding(name, right, f"{_text(seen)}; records: {dict(stored)}")]


def _author() -> dict[str, Any]:
    identifier = f"https://example.org/people/{secrets.token_hex(8)}"
    return {"name": "Ada Lovelace", "identifier": identifier}


def _pair(
    target: Target, kind: str, data: Any, headers: dict[str, str] | None = None
) -> list[Answer]:
    def post(number: int) -> Answer:
        with Client(target) as client:
            return client.post(f"/api/{kind}/", data, headers or {})

    return run_concurrently(2, post)


def _count(target: Target, description: str) -> int:
    with Client(target) as client:
        answer = require(client.get(f"/api/object/?description={description}"), 200)
    return int(answer.json()["count"])


def _statuses(answers: list[Answer]) -> str:
    return " ".join(sorted(str(answer.status) for answer in answers))


def _text(seen: Counter[str]) -> str:
    return ", ".join(f"{number} times {name}" for name, number in sorted(seen.items()))
