"""Hear how attempts ended: the one transaction that makes code runs of tasks.

A report can be repeated: the second changes nothing and gets the same answer. After
its lease has ended, a report is refused, because another executor has the task.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils import timezone

from registry.core.errors import Conflict, InvalidInput, RegistryError
from registry.core.events import record_events
from registry.core.lookups import IdIn
from registry.core.transactions import atomic
from registry.execution import publishing, recording, verifying, whole_requests
from registry.execution.leases import reason_of
from registry.execution.models import (
    Attempt,
    AttemptState,
    Provenance,
    Task,
)
from registry.execution.moving import Move, Moved, change_states, follow_up
from registry.execution.reports import TARGETS, Report
from registry.execution.verbs import REPORTED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from registry.identity.models import User

Outcomes = dict[int, Attempt | RegistryError]

_STORED = [
    "state",
    "stage",
    "ended",
    "started",
    "exit_code",
    "error",
    "usage",
    "code_run",
]
_BATCH = 500
#: So many characters of an error are kept; the log has the rest.
MAX_ERROR = 4000
#: A task fails that was given back so often: something is wrong with it.
MAX_RETURNS = 100


@atomic
def complete_attempts(reports: Sequence[Report], *, by: User) -> Outcomes:
    """Store how attempts ended, with the code runs that they became.

    Returns, by the number of the report, the attempt or why the report was refused. One
    refused report says nothing about the others.
    """
    found = _lock_attempts(reports, by=by)
    outcomes: Outcomes = {}
    taken: dict[int, tuple[Report, Attempt]] = {}
    for number, report in enumerate(reports):
        attempt = found.get(report.lease)
        if attempt is None:
            message = "The registry knows no such lease of yours."
            outcomes[number] = InvalidInput({"lease": [message]})
            continue
        first, _ = taken.get(attempt.pk, (None, attempt))
        refusal = _refusal(report, attempt, first)
        outcomes[number] = refusal or attempt
        if refusal is None and attempt.ended is None:
            taken.setdefault(attempt.pk, (report, attempt))
    if taken:
        _store(list(taken.values()), by=by)
    return outcomes


def complete(report: Report, *, by: User) -> Attempt:
    """Store how one attempt ended; raise ``Conflict`` if its lease had ended."""
    outcome = complete_attempts([report], by=by)[0]
    if isinstance(outcome, RegistryError):
        raise outcome
    return outcome


def _lock_attempts(reports: Sequence[Report], *, by: User) -> Mapping[object, Attempt]:
    """Return the attempts of an executor by lease, after locking their tasks."""
    leases = {one.lease for one in reports}
    mine = Attempt.objects.filter(lease__in=leases, executor=by)
    tasks = Task.objects.filter(IdIn("pk", mine.values_list("task_id", flat=True)))
    list(tasks.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    # as they are now that nobody else changes them
    rows = mine.select_related(
        "task__run_request__registered_by", "task__job", "backend"
    )
    return {one.lease: one for one in rows.order_by("pk")}


def shorten(error: str) -> str:
    """Return the beginning of an error that is longer than anybody reads."""
    return error if len(error) <= MAX_ERROR else f"{error[:MAX_ERROR]} …"


def _refusal(
    report: Report, attempt: Attempt, first: Report | None
) -> RegistryError | None:
    """Return why a report is refused; ``first`` is another one of the same call."""
    if first is not None and first.outcome != report.outcome:
        return Conflict("Another report of this call says something else.")
    if attempt.ended is None or attempt.state == report.outcome:
        return None
    return Conflict(f"This report comes too late. {reason_of(attempt)}")


def _store(taken: Sequence[tuple[Report, Attempt]], *, by: User) -> None:
    now = timezone.now()
    for report, attempt in taken:
        attempt.started, attempt.ended = report.times(attempt)
    runs = recording.record_runs(taken)
    for report, attempt in taken:
        attempt.state = report.outcome
        attempt.stage = ""
        attempt.exit_code = report.exit_code
        attempt.error = shorten(report.error)
        attempt.usage = dict(report.usage)
        attempt.code_run = runs.get(attempt.pk)
    attempts = [attempt for _, attempt in taken]
    Attempt.objects.bulk_create(
        attempts,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=_STORED,
    )
    moved = _move(taken, now)
    _link_runs(attempts)
    # after the moves, which say something else of the tasks
    publishing.publish(attempts)
    _record(taken, by=by)
    follow_up(moved, now)
    verifying.verify([one for one in attempts if one.code_run_id is not None])
    whole = {
        one.task.run_request_id
        for one in attempts
        if one.task.run_request.provenance == Provenance.REQUEST
    }
    if whole:
        whole_requests.record_finished_requests(whole)


def _move(taken: Sequence[tuple[Report, Attempt]], now: datetime) -> list[Moved]:
    """Move the tasks, those together that go to the same state for the same reason."""
    groups: defaultdict[tuple[AttemptState, str, str], list[int]] = defaultdict(list)
    for report, attempt in taken:
        outcome, reason = report.outcome, report.reason
        error = shorten(report.error)
        if outcome == AttemptState.RETURNED and attempt.number % MAX_RETURNS == 0:
            # such as one that ends its own executor
            outcome, reason = AttemptState.FAILED, "returned"
            error = f"It was given back too often, the last time: {error}"
        groups[outcome, reason, error].append(attempt.task_id)
    moved: list[Moved] = []
    for (outcome, reason, error), tasks in groups.items():
        target = TARGETS[outcome]
        # the attempts have ended already
        move = Move(to=target, reason=reason, message=error, ended_as=None, at=now)
        moved += change_states(Task.objects.filter(IdIn("pk", tasks)), move)
    return moved


def _link_runs(attempts: Sequence[Attempt]) -> None:
    """Store the code runs and times of tasks."""
    tasks = []
    for one in attempts:
        if one.state == AttemptState.RETURNED:
            continue
        task = one.task
        task.code_run_id = one.code_run_id or task.code_run_id
        task.started, task.ended = one.started, one.ended
        tasks.append(task)
    if tasks:
        Task.objects.bulk_update(
            tasks, ["code_run", "started", "ended"], batch_size=100
        )


def _record(taken: Sequence[tuple[Report, Attempt]], *, by: User) -> None:
    """Write one event, about the first attempt, with the tasks by outcome."""
    outcomes: defaultdict[str, list[int]] = defaultdict(list)
    for report, attempt in taken:
        outcomes[report.outcome].append(attempt.task_id)
    _, first = taken[0]
    record_events(
        Attempt.kind, [first.pk], REPORTED, by=by, subject=first.host, detail=outcomes
    )
