"""Guessing passwords over many connections is limited on a running registry."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.plugins.server import PATIENCE, LiveRegistry, StartRegistry

# hashes take the time that they take in earnest; the databases have no part in it
pytestmark = pytest.mark.once

LIMIT = 6
CONNECTIONS = 16
NAME, PASSWORD = "guessed-at", "a fortnight in bed"


@pytest.fixture
def registry(start_registry: StartRegistry) -> LiveRegistry:
    """Return a registry with a user and few sign-in attempts per day."""
    registry = start_registry(
        REGISTRY_THROTTLE_LOGIN=f"{LIMIT}/day", REGISTRY_THROTTLE_EXEMPT=""
    )
    registry.user(NAME, PASSWORD)
    return registry


def _ask(registry: LiveRegistry, password: str) -> Any:
    address = f"{registry.url}/api/username/"
    return requests.get(address, auth=(NAME, password), timeout=PATIENCE)


def _at_once(registry: LiveRegistry, passwords: list[str]) -> Counter[int]:
    """Send the passwords at the same time; return the counts of statuses."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        answers = list(pool.map(lambda one: _ask(registry, one), passwords))
    for answer in answers:
        if answer.status_code in {429, 503}:
            assert int(answer.headers["Retry-After"]) >= 1
    return Counter(answer.status_code for answer in answers)


def test_sixteen_connections_cannot_check_more_passwords_than_the_limit(
    registry: LiveRegistry,
) -> None:
    seen: Counter[int] = Counter()
    guesses = [f"guess {number}" for number in range(CONNECTIONS)]
    # those that found all places taken were counted for nothing, and come again
    for _ in range(LIMIT):
        seen += _at_once(registry, guesses)
    assert seen[401] == LIMIT
    assert set(seen) <= {401, 429, 503}
    # whatever is sent from now on, nobody learns whether it was right
    assert _at_once(registry, [PASSWORD] * CONNECTIONS) == {429: CONNECTIONS}
    token = {"Authorization": f"token {registry.token()}"}
    events = requests.get(
        f"{registry.url}/api/event/?action=sign_in_failed",
        headers=token,
        timeout=PATIENCE,
    )
    assert events.json()["count"] == LIMIT


def test_a_right_password_is_accepted_however_often_it_is_sent(
    start_registry: StartRegistry,
) -> None:
    registry = start_registry(
        REGISTRY_THROTTLE_LOGIN=f"{LIMIT}/day", REGISTRY_THROTTLE_EXEMPT=""
    )
    registry.user(NAME, PASSWORD)
    assert _ask(registry, PASSWORD).status_code == 200
    assert _at_once(registry, [PASSWORD] * 5 * LIMIT) == {200: 5 * LIMIT}
