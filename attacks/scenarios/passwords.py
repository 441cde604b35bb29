"""Guessing at a password by HTTP Basic; the account is locked for a while after it."""

from __future__ import annotations

import time
from base64 import b64encode
from collections import Counter

from attacks.client import Client
from attacks.findings import Finding
from attacks.scenarios.concurrency import run_concurrently
from attacks.target import Target

#: Wrong passwords in a row, more than the registry looks at.
GUESSES = 30
#: How often a guess is made that finds the registry busy, and seconds in between.
_TRIES, _PAUSE = 100, 0.2


def guessed_by_basic(target: Target) -> list[Finding]:
    """Guess at the administrator's password; then not even the right one is taken.

    A token of the same account is good all the time: the guard is against guessing,
    and must not be a way to shut people out of their programs.
    """
    if not target.password:
        return []
    before = _status(target, target.password)
    wrong = run_concurrently(GUESSES, lambda number: _guess(target, f"wrong-{number}"))
    after = _status(target, target.password)
    with Client(target) as client:
        by_token = client.get("/api/username/").status
    return [
        Finding("the password is taken before", before == 200, str(before)),
        Finding(
            "wrong passwords are refused", 200 not in wrong, str(dict(Counter(wrong)))
        ),
        Finding(
            "after the limit the right password is refused",
            after in {401, 403, 429},
            str(after),
        ),
        Finding("the account's token still works", by_token == 200, str(by_token)),
    ]


def _guess(target: Target, password: str) -> int:
    """Guess until the guess is looked at; so many at once find no place at first."""
    for _ in range(_TRIES):
        status = _status(target, password)
        if status != 503:
            break
        time.sleep(_PAUSE)
    return status


def _status(target: Target, password: str) -> int:
    credentials = b64encode(f"admin:{password}".encode()).decode()
    with Client(target, signed_in=False) as client:
        headers = {"Authorization": f"Basic {credentials}"}
        return client.send("GET", "/api/username/", headers=headers).status
