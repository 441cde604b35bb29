"""What time alone changes: leases that end, windows of maintenance, what is to be made.

A tick can be repeated at any time, and two at once do no harm: each part locks what it
changes, and passes over what another has locked.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from registry.core.events import record_events
from registry.core.lookups import IdIn
from registry.core.name_locks import lock_names
from registry.core.transactions import run_atomically
from registry.execution import flags
from registry.execution.leases import LEASE
from registry.execution.materialising import CHUNK, make_jobs, making_of
from registry.execution.models import (
    Attempt,
    AttemptState,
    Backend,
    Job,
    RunRequest,
    SchedulerTick,
    Task,
)
from registry.execution.moving import Move, Moved, change_states, follow_up
from registry.execution.settling import settle
from registry.execution.states import GOING, TaskState, WorkState
from registry.execution.verbs import LOST
from registry.execution.whole_requests import record_finished_requests

#: After a longer pause between ticks, the registry itself was away.
AWAY: Final = min(timedelta(seconds=30), LEASE / 2)
#: Seconds between two ticks.
PAUSE: Final = 5.0
#: Requests in these states get no further jobs.
_STOPPED: Final = (WorkState.SUSPENDED, WorkState.CANCELLED)
#: So many leases and requests are looked at by one tick.
_MOST: Final = 1000


@dataclass(frozen=True)
class Ticked:
    """What a tick changed."""

    lost: int = 0
    stopped: int = 0
    made: int = 0
    settled: int = 0


def tick(now: datetime | None = None) -> Ticked:
    """Do all that is due; return what was changed."""
    moment = now or timezone.now()
    run_atomically(lambda: _extend_after_absence(moment))
    return Ticked(
        lost=run_atomically(lambda: end_leases(moment)),
        stopped=run_atomically(lambda: _stop_for_maintenance(moment)),
        made=_make_jobs(),
        settled=run_atomically(_settle_requests),
    )


class _Due:
    """When this process ticks next, beside the scheduler, because somebody asks."""

    def __init__(self) -> None:
        self.at = 0.0


_due = _Due()


def tick_if_due() -> None:
    """Tick, unless somebody did a few seconds ago.

    So a registry without a scheduler of its own goes on as long as executors ask.
    """
    now = time.monotonic()
    if now < _due.at:
        return
    _due.at = now + PAUSE
    recently = timezone.now() - timedelta(seconds=3 * PAUSE)
    if not SchedulerTick.objects.filter(at__gt=recently).exists():
        tick()


def _extend_after_absence(now: datetime) -> None:
    """Extend all leases if no tick came for a while: nobody could renew them."""
    last, is_new = SchedulerTick.objects.get_or_create(pk=1, defaults={"at": now})
    if is_new or last.at >= now:
        return
    if now - last.at > AWAY:
        open_ones = Attempt.objects.filter(
            ended__isnull=True, leased_until__lt=now + LEASE
        )
        open_ones.update(leased_until=now + LEASE)
    SchedulerTick.objects.filter(pk=1, at__lt=now).update(at=now)


def end_leases(now: datetime) -> int:
    """Take tasks back whose executors were not heard of; return how many."""
    expired = Attempt.objects.filter(ended__isnull=True, leased_until__lt=now)
    ids = list(
        expired.order_by("leased_until").values_list("task_id", flat=True)[:_MOST]
    )
    if not ids:
        return 0
    tasks = Task.objects.filter(IdIn("pk", ids)).order_by("pk")
    locked = list(
        tasks.select_for_update(skip_locked=True, no_key=True).values_list(
            "pk", flat=True
        )
    )
    # a heartbeat may have come before the lock
    lost = list(expired.filter(IdIn("task_id", locked)).order_by("pk"))
    moved = _take_back([one.task_id for one in lost], now)
    follow_up(moved, now)
    _record_lost(lost)
    return len(moved)


def _take_back(tasks: Sequence[int], now: datetime) -> list[Moved]:
    """Queue lost tasks again, or fail those that were lost too often."""
    rows = Task.objects.filter(IdIn("pk", tasks))
    too_often = Q(losses__gte=F("run_request__max_losses") - 1)
    failing = set(rows.filter(too_often).values_list("pk", flat=True))
    again = [pk for pk in tasks if pk not in failing]
    lost = {"losses": F("losses") + 1}
    message = "Its executor was not heard of any more."
    moved = change_states(
        Task.objects.filter(IdIn("pk", failing)),
        Move(
            to=TaskState.FAILED,
            reason="lost",
            message=f"{message} That happened as often as its request allows.",
            ended_as=AttemptState.LOST,
            fields=lost,
            at=now,
        ),
    )
    return moved + change_states(
        Task.objects.filter(IdIn("pk", again)),
        Move(
            to=None,
            reason="lost",
            message=f"{message} It waits for another one.",
            ended_as=AttemptState.LOST,
            fields=lost,
            at=now,
        ),
    )


def _record_lost(lost: Sequence[Attempt]) -> None:
    """Write one event for each backend, about the first attempt that was lost there."""
    by_backend: defaultdict[int, list[Attempt]] = defaultdict(list)
    for one in lost:
        by_backend[one.backend_id].append(one)
    for attempts in by_backend.values():
        record_events(
            Attempt.kind,
            [attempts[0].pk],
            LOST,
            by=None,
            subject=attempts[0].host,
            detail={"tasks": [one.task_id for one in attempts]},
        )


def _stop_for_maintenance(now: datetime) -> int:
    """Stop what reads a database that is out of use; it begins again later."""
    closed = [
        one.pk
        for one in Backend.objects.order_by("pk")
        if flags.is_in_maintenance(one, now)
    ]
    running = Attempt.objects.filter(
        backend__in=closed, ended__isnull=True, task__needs_database=True
    )
    tasks = Task.objects.filter(IdIn("pk", running.values_list("task_id", flat=True)))
    move = Move(
        to=None,
        reason="maintenance",
        message="The database is out of use; the task begins again when it is back.",
        ended_as=AttemptState.STOPPED,
        at=now,
    )
    moved = change_states(tasks, move) if closed else []
    follow_up(moved, now)
    return len(moved)


def _make_jobs() -> int:
    """Make the next jobs of requests that do not have all of theirs.

    Those that somebody suspended or cancelled wait until they go on.
    """
    unmade = RunRequest.objects.filter(jobs_made__lt=F("jobs"))
    unmade = unmade.exclude(state__in=_STOPPED)
    made = 0
    for pk in unmade.order_by("pk").values_list("pk", flat=True)[:_MOST]:
        made += run_atomically(partial(_make_next, pk))
        if made >= CHUNK:
            break
    return made


def _make_next(pk: int) -> int:
    # whoever directs the request now ends first; then its state is what they made it
    lock_names([making_of(pk)])
    rows = RunRequest.objects.select_for_update(skip_locked=True, no_key=True)
    request = rows.filter(pk=pk).exclude(state__in=_STOPPED).first()
    if request is None:
        return 0
    number = make_jobs(request)
    settle([pk])
    return number


def _settle_requests() -> int:
    """Work out the states of requests at work, whatever happened to a transaction."""
    rows = RunRequest.objects.filter(state=WorkState.PROCESSING)
    going = Task.objects.filter(run_request=OuterRef("pk"), state__in=GOING)
    changing = rows.filter(~Exists(going)).order_by("pk")
    ids = list(changing.values_list("pk", flat=True)[:_MOST])
    if ids:
        settle(ids, _jobs_of(ids))
        record_finished_requests(ids)
    return len(ids)


def _jobs_of(requests: Sequence[int]) -> list[int]:
    """Return the jobs of requests that count as processing."""
    rows = Job.objects.filter(
        IdIn("run_request_id", requests), state=WorkState.PROCESSING
    )
    return list(rows.values_list("pk", flat=True))
