"""What an executor does in tests: it claims tasks, and reports them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from registry.execution.models import Attempt
from registry.execution.scheduler import tick
from tests.api.client import Api, data_of
from tests.execution.work import Place, check_all

CLAIM, HEARTBEAT = "/api/backend/claim/", "/api/attempt/heartbeat/"
COMPLETE = "/api/attempt/complete/"


def claim(place: Place, slots: int = 100, **more: Any) -> list[dict[str, Any]]:
    """Claim tasks, and return those that were given out."""
    body = {"backend": place.backend.slug, "host": "node-1", "slots": slots}
    headers = more.pop("headers", {})
    answer = Api(place.executor).post(CLAIM, {**body, **more}, **headers)
    shown = data_of(answer)
    assert shown["lease_seconds"] == 60
    check_all()
    found: list[dict[str, Any]] = shown["attempts"]
    return found


def names_of(given: list[dict[str, Any]]) -> list[str]:
    """Return the names of the tasks that were given out."""
    return [one["name"] for one in given]


def beat(place: Place, *leases: str, **more: Any) -> list[dict[str, str]]:
    """Send a sign of life of each lease; return what is to be stopped."""
    signs = [{"lease": one, "stage": "running", **more} for one in leases]
    shown = data_of(Api(place.executor).post(HEARTBEAT, {"attempts": signs}))
    stop: list[dict[str, str]] = shown["stop"]
    check_all()
    return stop


def complete(place: Place, *reports: dict[str, Any], status: int = 200) -> Any:
    """Send reports; return the answers to them, or the whole answer if refused."""
    answer = Api(place.executor).post(COMPLETE, {"attempts": list(reports)})
    found = data_of(answer, status)
    check_all()
    return found["attempts"] if status == 200 else found


def report_of(given: dict[str, Any], outcome: str = "done", **more: Any) -> Any:
    """Return the report of an attempt that was given out."""
    return {"lease": given["lease"], "outcome": outcome, **more}


def lose(given: dict[str, Any]) -> None:
    """Let a lease have ended."""
    past = timezone.now() - timedelta(seconds=1)
    Attempt.objects.filter(lease=given["lease"]).update(leased_until=past)
    tick()
