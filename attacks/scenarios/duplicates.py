"""Send the same request twice at the same moment."""

from __future__ import annotations

import secrets
from collections import Counter
from typing import Any

from attacks.client import Answer, Client, require_status
from attacks.findings import Finding
from attacks.scenarios.concurrency import run_concurrently
from attacks.target import Target

#: Number of pairs in each scenario.
PAIRS = 20


def duplicate_pairs(target: Target) -> list[Finding]:
    """Register the same author twice at once: one is new, the other a duplicate."""
    seen = Counter(
        _format_statuses(_post_twice(target, "author", _author_values()))
        for _ in range(PAIRS)
    )
    return [
        Finding(
            "of two identical registrations, one gets 201 and one 409",
            seen == {"201 409": PAIRS},
            _format_counts(seen),
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
        answers = _post_twice(target, "object", data, headers)
        seen[_format_statuses(answers)] += 1
        stored[_count_records(target, description)] += 1
    right = set(seen) <= {"201 201", "201 409"} and stored == {1: PAIRS}
    name = "two requests under one Idempotency-Key store one record"
    return [Finding(name, right, f"{_format_counts(seen)}; records: {dict(stored)}")]


def _author_values() -> dict[str, Any]:
    identifier = f"https://example.org/people/{secrets.token_hex(8)}"
    return {"name": "Ada Lovelace", "identifier": identifier}


def _post_twice(
    target: Target, kind: str, data: Any, headers: dict[str, str] | None = None
) -> list[Answer]:
    def post(number: int) -> Answer:
        with Client(target) as client:
            return client.post(f"/api/{kind}/", data, headers or {})

    return run_concurrently(2, post)


def _count_records(target: Target, description: str) -> int:
    with Client(target) as client:
        answer = require_status(
            client.get(f"/api/object/?description={description}"), 200
        )
    return int(answer.json()["count"])


def _format_statuses(answers: list[Answer]) -> str:
    return " ".join(sorted(str(answer.status) for answer in answers))


def _format_counts(seen: Counter[str]) -> str:
    return ", ".join(f"{number} times {name}" for name, number in sorted(seen.items()))
