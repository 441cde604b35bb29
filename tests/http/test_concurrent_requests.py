"""Concurrent requests with the same Idempotency-Key, on a real server."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.plugins.server import LiveRegistry

ROUNDS = 15


@pytest.mark.parametrize("twins", [2, 4])
def test_of_identical_requests_one_registers_and_others_get_its_response_or_409(
    live_registry: LiveRegistry, twins: int
) -> None:
    token = live_registry.token()
    for number in range(ROUNDS):
        name = f"twin-{twins}-{number}"
        answers = _post_at_once(live_registry.url, token, name, twins)
        stored = [one for one in answers if one.status_code == 201]
        new = [one for one in stored if "Idempotent-Replayed" not in one.headers]
        assert len(new) == 1, [(one.status_code, one.text) for one in answers]
        assert {one.text for one in stored} == {new[0].text}
        waiting = [one for one in answers if one.status_code == 409]
        assert len(stored) + len(waiting) == twins
        assert all("is at work" in one.json()["detail"] for one in waiting)


def _post_at_once(url: str, token: str, name: str, twins: int) -> list[Any]:
    """Send the same request several times, with the same key."""
    barrier = threading.Barrier(twins)
    headers = {"Authorization": f"token {token}", "Idempotency-Key": name}

    def post(_: int) -> requests.Response:
        with requests.Session() as session:
            # connected already, so that the requests set out together
            session.get(f"{url}/livez")
            barrier.wait()
            return session.post(
                f"{url}/api/namespace/", json={"name": name}, headers=headers
            )

    with ThreadPoolExecutor(twins) as pool:
        return list(pool.map(post, range(twins)))
