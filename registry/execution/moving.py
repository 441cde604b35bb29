"""The one function that changes the states of tasks, by the table of transitions.

All in one transaction: it locks the tasks in the order of their ids, ends the attempts
of those that are no longer out, notes the numbers of tasks by state, releases, holds or
fails the tasks that need them, and works out the states of jobs and requests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q
from django.utils import timezone

from registry.core.lookups import IdIn
from registry.core.transactions import atomic
from registry.execution import needs, settling
from registry.execution.counts import Changes, note_changes
from registry.execution.models import Attempt, AttemptState, RunRequest, Task
from registry.execution.states import (
    DEPENDENCY_FAILED,
    FINAL,
    OUT,
    TaskState,
    states_before,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: The fields of a task that a change of its state looks at.
_SEEN = ("pk", "run_request", "job", "name", "state", "unmet")


@dataclass(frozen=True)
class Moved:
    """A task whose state was changed, with the state before."""

    pk: int
    request: int
    job: int
    name: str
    before: str
    to: str


@dataclass(frozen=True, kw_only=True)
class Move:
    """A change of the states of tasks.

    To ``None`` means from the start: ready, or held while they need others. ``forced``
    moves from any state. ``fields`` are stored with the state; ``ended_as`` is how the
    open attempts of tasks end that are no longer out, None if they have ended.
    """

    to: TaskState | None
    reason: str = ""
    message: str = ""
    forced: bool = False
    ended_as: AttemptState | None = AttemptState.STOPPED
    fields: Mapping[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=timezone.now)


@atomic
def move_tasks(tasks: QuerySet[Task], move: Move) -> list[Moved]:
    """Change the states of those of some tasks that may, and all that follows from it.

    Returns the tasks that were moved; what follows for others is not among them.
    """
    moved = change_states(tasks, move)
    follow_up(moved, move.at)
    return moved


def follow_up(moved: Sequence[Moved], at: datetime) -> None:
    """Do all that follows from tasks that ``change_states`` moved."""
    everything = [*moved, *_follow(moved, at)]
    settling.settle(
        {one.request for one in everything}, {one.job for one in everything}
    )


def change_states(tasks: QuerySet[Task], move: Move) -> list[Moved]:
    """Change the states of those of some tasks that may, with attempts and counts.

    What follows for other tasks is left to ``follow_up``, in the same transaction.
    """
    if move.to is not None:
        return _change(tasks.filter(_may_go_to(move.to, move)), move.to, move)
    start = _may_go_to(TaskState.HELD, move) | _may_go_to(TaskState.READY, move)
    waiting = tasks.filter(start)
    held = waiting.filter(unmet__gt=0).exclude(state=TaskState.HELD)
    ready = waiting.filter(unmet=0).exclude(state=TaskState.READY)
    moved = _change(held, TaskState.HELD, move)
    return moved + _change(ready, TaskState.READY, move)


def _may_go_to(target: TaskState, move: Move) -> Q:
    if move.forced:
        return ~Q(state=target)
    return Q(state__in=states_before(target))


def _change(tasks: QuerySet[Task], target: TaskState, move: Move) -> list[Moved]:
    rows = tasks.order_by("pk").select_for_update(no_key=True)
    locked = rows.values_list(*_SEEN)
    moved = [
        Moved(pk, request, job, name, before, target)
        for pk, request, job, name, before, _ in locked
    ]
    if not moved:
        return []
    ids = [one.pk for one in moved]
    _store(ids, target, move)
    if target not in OUT and any(one.before in OUT for one in moved):
        _end_attempts(ids, move)
    _note(moved)
    return moved


def _store(ids: Collection[int], target: TaskState, move: Move) -> None:
    values: dict[str, Any] = {
        "state": target,
        "reason": move.reason,
        "message": move.message,
        "state_changed": move.at,
    }
    if target in FINAL:
        values["ended"] = move.at
    elif target not in OUT:
        values |= {"started": None, "ended": None}
    if target is TaskState.FAILED:
        values["failures"] = F("failures") + 1
    Task.objects.filter(IdIn("pk", ids)).update(**values, **move.fields)


def _end_attempts(tasks: Collection[int], move: Move) -> None:
    if move.ended_as is None:
        return
    Attempt.objects.filter(IdIn("task_id", tasks), ended__isnull=True).update(
        state=move.ended_as, ended=move.at, error=move.message
    )


def _note(moved: Sequence[Moved]) -> None:
    """Note the changed numbers of tasks by state."""
    named = _named_requests({one.request for one in moved})
    changes: Changes = Counter()
    for one in moved:
        name = one.name if one.request in named else ""
        changes[one.request, name, one.before] -= 1
        changes[one.request, name, one.to] += 1
    note_changes(changes)


def _named_requests(requests: Collection[int]) -> set[int]:
    """Return the requests among these whose tasks are counted by name."""
    rows = RunRequest.objects.filter(IdIn("pk", requests), counts_names=True)
    return set(rows.order_by().values_list("pk", flat=True))


def _follow(moved: Sequence[Moved], at: datetime) -> list[Moved]:
    """Release, hold or fail what needs moved tasks, and so on; return the moved."""
    found: list[Moved] = []
    wave = list(moved)
    while wave:
        wave = [
            *_release([one.pk for one in wave if one.to == TaskState.DONE], at),
            *_hold([one.pk for one in wave if one.before == TaskState.DONE], at),
            *_fail_dependants([one for one in wave if _is_lost(one)], at),
            *_fail_stranded([one for one in wave if one.to == TaskState.HELD], at),
        ]
        found += wave
    return found


def _is_lost(one: Moved) -> bool:
    return one.to in {TaskState.FAILED, TaskState.CANCELLED}


def _release(done: Sequence[int], at: datetime) -> list[Moved]:
    """Give out the tasks that need nothing more, now that these are done."""
    released = needs.meet(done)
    tasks = Task.objects.filter(IdIn("pk", released), state=TaskState.HELD)
    return change_states(tasks, Move(to=TaskState.READY, at=at)) if released else []


def _hold(undone: Sequence[int], at: datetime) -> list[Moved]:
    """Hold back the tasks that need these, which are no longer done."""
    held = needs.unmeet(undone)
    tasks = Task.objects.filter(IdIn("pk", held), state=TaskState.READY)
    return change_states(tasks, Move(to=TaskState.HELD, at=at)) if held else []


def _fail_dependants(lost: Sequence[Moved], at: datetime) -> list[Moved]:
    """Fail the tasks that need these, where their request says so."""
    if not lost:
        return []
    return _fail(needs.failing_with([one.pk for one in lost]), at)


def _fail_stranded(held: Sequence[Moved], at: datetime) -> list[Moved]:
    """Fail tasks that are held again, but need what failed, where that is wanted."""
    return _fail(needs.stranded([one.pk for one in held]), at) if held else []


def _fail(waiting: Sequence[int], at: datetime) -> list[Moved]:
    if not waiting:
        return []
    move = Move(
        to=TaskState.FAILED,
        reason=DEPENDENCY_FAILED,
        message="A task that it needs failed.",
        at=at,
    )
    return change_states(Task.objects.filter(IdIn("pk", waiting)), move)
