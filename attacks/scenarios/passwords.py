"""Guess a password by HTTP Basic; afterwards the account is locked for a while."""

from __future__ import annotations

import time
from base64 import b64encode
from collections import Counter

from attacks.client import Client
from attacks.findings import Finding
from attacks.scenarios.concurrency import run_concurrently
from attacks.target import Target

#: Number of wrong passwords, more than the registry checks.
GUESSES = 30
#: Attempts of a guess while the registry is busy, and seconds between them.
_TRIES, _PAUSE = 100, 0.2


def guessed_by_basic(target: Target) -> list[Finding]:
    """Guess the administrator's password; then even the right one must be rejected.

    A token of the same account must still work: the lockout is against guessing, and
    must not be a way to block people's programs.
    """
    if not target.password:
        return []
    before = _sign_in_status(target, target.password)
    wrong = run_concurrently(
        GUESSES, lambda number: _guess_until_checked(target, f"wrong-{number}")
    )
    after = _sign_in_status(target, target.password)
    with Client(target) as client:
        by_token = client.get("/api/username/").status
    return [
        Finding("the password is accepted before", before == 200, str(before)),
        Finding(
            "wrong passwords are rejected", 200 not in wrong, str(dict(Counter(wrong)))
        ),
        Finding(
            "above the limit the right password is rejected",
            after in {401, 403, 429},
            str(after),
        ),
        Finding("the account's token still works", by_token == 200, str(by_token)),
    ]


def _guess_until_checked(target: Target, password: str) -> int:
    """Repeat a guess until it is checked: with so many at once, some get 503 first."""
    for _ in range(_TRIES):
        status = _sign_in_status(target, password)
        if status != 503:
            break
        time.sleep(_PAUSE)
    return status


def _sign_in_status(target: Target, password: str) -> int:
    credentials = b64encode(f"admin:{password}".encode()).decode()
    with Client(target, signed_in=False) as client:
        headers = {"Authorization": f"Basic {credentials}"}
        return client.send("GET", "/api/username/", headers=headers).status
