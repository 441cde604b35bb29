"""The context of the page of a backend: flags, queue, attempts and executors."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone

from registry.execution import flags, overviews
from registry.execution.models import Attempt, Backend, BackendGrant, Executor
from registry.execution.waiting import RECENTLY, UNITS, amount_in_words
from registry.identity.ownership import may_change
from registry.web.describe import account_name
from registry.web.execution.live import live_address
from registry.web.execution.words import requirements_of, tasks_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.http import HttpRequest

#: The most tasks of a queue, attempts, executors, grants and windows on a page.
MAX_QUEUED, MAX_RUNNING, MAX_EXECUTORS, MAX_GRANTS, MAX_WINDOWS = 20, 50, 50, 100, 20
#: So many waiting tasks are counted.
MAX_COUNTED = 10_000


def backend_context(backend: Backend, request: HttpRequest) -> dict[str, Any]:
    """Return the context of the whole page, with what the live part has."""
    grants = BackendGrant.objects.not_withdrawn().filter(backend=backend)
    rows = list(grants.select_related("user").order_by("-pk")[: MAX_GRANTS + 1])
    return {
        **live_context(backend, request),
        "grants": [
            {
                "pk": one.pk,
                "user": account_name(one.user, request.user),
                "use": one.get_use_display(),
            }
            for one in rows[:MAX_GRANTS]
        ],
        "more_grants": len(rows) > MAX_GRANTS,
        "live_address": live_address(
            reverse("web:backend-live", args=[backend.pk]), request
        ),
    }


def live_context(backend: Backend, request: HttpRequest) -> dict[str, Any]:
    """Return what changes while a backend is at work."""
    queue = overviews.queue_of(backend)
    queued = overviews.number_up_to(queue, MAX_COUNTED)
    running = overviews.running_on(backend, most=MAX_RUNNING)
    executors = overviews.executors_of(backend, most=MAX_EXECUTORS)
    now = timezone.now()
    shown_flags = [_flag(backend, name, now) for name in flags.FLAGS]
    return {
        "record": backend,
        "may_change": may_change(request.user, backend),
        "flags": shown_flags,
        "said": " ".join(one["said"] for one in shown_flags),
        "windows": list(_windows(backend, now)),
        "queue": [
            {"task": one, "requirements": requirements_of(one)}
            for one in queue[:MAX_QUEUED]
        ],
        "queued": _number_of(queued),
        "more_queued": queued > MAX_QUEUED,
        "running": [_running(one, request) for one in running[:MAX_RUNNING]],
        "more_running": len(running) > MAX_RUNNING,
        "executors": [
            _executor(one, request, now) for one in executors[:MAX_EXECUTORS]
        ],
        "more_executors": len(executors) > MAX_EXECUTORS,
    }


def _number_of(queued: int) -> str:
    """Return the length of a queue in words."""
    if queued >= MAX_COUNTED:
        return f"{MAX_COUNTED:,} or more tasks"
    return tasks_in_words(queued)


#: What each flag says when it is set and when not, and its buttons.
_FLAGS = {
    flags.PAUSED: (
        "It is paused: no task is given out, and running tasks continue.",
        "It gives out tasks.",
        "Pause",
        "Resume",
    ),
    flags.MAINTENANCE: (
        "Its database is out of use.",
        "Its database can be used.",
        "Take the database out of use",
        "Put the database back into use",
    ),
}


def _flag(backend: Backend, name: str, now: datetime) -> dict[str, Any]:
    is_set = flags.is_set(backend, name)
    when_set, when_not, begin, end = _FLAGS[name]
    if name == flags.MAINTENANCE and flags.open_window(backend, now) is not None:
        when_not = "Its database is out of use while the window below is open."
    return {
        "name": name,
        "is_set": is_set,
        "since": flags.since(backend, name),
        "said": when_set if is_set else when_not,
        "button": end if is_set else begin,
        "value": "" if is_set else "1",
    }


def _windows(backend: Backend, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield the windows of maintenance that are open or to come."""
    windows = [
        {
            "begins": datetime.fromisoformat(one["begins"]),
            "ends": datetime.fromisoformat(one["ends"]),
            "reason": one.get("reason", ""),
        }
        for one in backend.maintenance_windows
    ]
    to_come = sorted(
        (one for one in windows if one["ends"] > now), key=lambda one: one["begins"]
    )
    for one in to_come[:MAX_WINDOWS]:
        yield {**one, "is_open": one["begins"] <= now}


def _running(one: Attempt, request: HttpRequest) -> dict[str, Any]:
    return {"attempt": one, "executor": account_name(one.executor, request.user)}


def _executor(one: Executor, request: HttpRequest, now: datetime) -> dict[str, Any]:
    return {
        "host": one.host,
        "account": account_name(one.account, request.user),
        "slots": one.slots,
        "offer": ", ".join(_offer(one.resources, one.further)),
        "database": one.database,
        "seen": one.seen,
        "is_recent": now - one.seen < RECENTLY,
    }


def _offer(resources: Mapping[str, float], further: Mapping[str, str]) -> Iterator[str]:
    for name in UNITS:
        if resources.get(name) is not None:
            yield amount_in_words(name, resources[name])
    yield from (f"{name} {text}" for name, text in further.items())
