"""What tasks need of each other: release is proportional to those that need a task."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from django.db.models import F

from registry.core.lookups import IdIn
from registry.execution.models import OnFailedNeed, Task, TaskNeed
from registry.execution.states import TaskState


def meet(done: Collection[int]) -> list[int]:
    """Count tasks as done for those that need them; return which need nothing more."""
    return _count(done, -1)


def unmeet(undone: Collection[int]) -> list[int]:
    """Count tasks as no longer done for those that need them; return those."""
    return _count(undone, 1)


def _count(needed: Collection[int], step: int) -> list[int]:
    """Change how many needs of the dependants are not met, in the order of ids."""
    if not needed:
        return []
    rows = TaskNeed.objects.filter(IdIn("needed_id", needed)).order_by()
    times = Counter(rows.values_list("task_id", flat=True))
    if not times:
        return []
    # the order of ids, so that two of these never wait for each other
    locked = (
        Task.objects.filter(IdIn("pk", times))
        .order_by("pk")
        .select_for_update(no_key=True)
    )
    unmet = dict(locked.values_list("pk", "unmet"))
    alike: defaultdict[int, list[int]] = defaultdict(list)
    for pk, number in times.items():
        alike[number].append(pk)
    for number, ids in alike.items():
        tasks = Task.objects.filter(IdIn("pk", ids))
        tasks.update(unmet=F("unmet") + step * number)
    if step > 0:
        return list(unmet)
    return [pk for pk, before in unmet.items() if before == times[pk]]


def failing_with(lost: Collection[int]) -> list[int]:
    """Return the waiting tasks that fail because these failed or were cancelled."""
    rows = TaskNeed.objects.filter(
        IdIn("needed_id", lost),
        task__state=TaskState.HELD,
        task__run_request__on_failed_need=OnFailedNeed.FAIL,
    )
    return sorted(set(rows.order_by().values_list("task_id", flat=True)))


def stranded(held: Collection[int]) -> list[int]:
    """Return those of these tasks that fail because what they need has failed."""
    rows = TaskNeed.objects.filter(
        IdIn("task_id", held),
        needed__state__in=(TaskState.FAILED, TaskState.CANCELLED),
        task__run_request__on_failed_need=OnFailedNeed.FAIL,
    )
    return sorted(set(rows.order_by().values_list("task_id", flat=True)))


def dependants_of(tasks: Iterable[int]) -> set[int]:
    """Return all tasks that need these, or tasks that need these, and so on.

    This takes one statement for each step.
    """
    found: set[int] = set()
    wave = set(tasks)
    while wave:
        rows = TaskNeed.objects.filter(IdIn("needed_id", wave)).order_by()
        wave = set(rows.values_list("task_id", flat=True)) - found
        found |= wave
    return found


def needs_of(tasks: Collection[int]) -> dict[int, list[int]]:
    """Return the ids of the tasks that each of these needs, in order."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    rows = TaskNeed.objects.filter(IdIn("task_id", tasks)).order_by(
        "task_id", "needed_id"
    )
    for task, needed in rows.values_list("task_id", "needed_id"):
        found[task].append(needed)
    return dict(found)
