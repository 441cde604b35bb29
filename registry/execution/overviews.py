"""What pages show of requests, tasks and backends, in a bounded number of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef

from registry.core.lookups import IdIn
from registry.execution.leases import open_attempts
from registry.execution.models import (
    Attempt,
    AttemptOutput,
    Executor,
    RunRequest,
    Task,
    TaskNeed,
)
from registry.execution.states import TaskState
from registry.runs.models import CodeRun

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from registry.execution.counts import Counts
    from registry.execution.models import Backend

#: The fields of tasks whose documents lists leave out.
_LONG = ("command", "environment", "inputs", "outputs")


def tasks_of(
    request: int,
    counts: Counts,
    *,
    state: str = "",
    name: str = "",
    after: int = 0,
    most: int,
) -> list[Task]:
    """Return tasks of a request in the order of their ids, and one more than ``most``.

    ``after`` is the id of the last task of the page before. The counts say without a
    search where there are none.
    """
    if not _are_there_any(counts, state, name):
        return []
    rows = Task.objects.filter(run_request=request, pk__gt=after)
    if state:
        rows = rows.filter(state=state)
    if name:
        rows = rows.filter(name=name)
    rows = rows.select_related("job").defer(*_LONG)
    return list(rows.order_by("pk")[: most + 1])


def _are_there_any(counts: Counts, state: str, name: str) -> bool:
    if state and state not in counts.by_state:
        return False
    if not name or not counts.by_name:
        return True
    named = counts.by_name.get(name, {})
    return state in named if state else bool(named)


def newest_attempts(
    request: int, states: Collection[str], *, most: int
) -> list[Attempt]:
    """Return the newest attempts at the newest tasks in each of these states.

    They are found by the indexes of tasks: a request can have a million attempts.
    """
    tasks: list[int] = []
    for state in sorted(states):
        rows = Task.objects.filter(run_request=request, state=state, attempts__gt=0)
        tasks += rows.order_by("-pk").values_list("pk", flat=True)[:most]
    found = _attempts().filter(IdIn("task_id", tasks))
    return list(found.order_by("-leased_at", "-pk")[:most])


def _attempts() -> QuerySet[Attempt]:
    return Attempt.objects.select_related("task", "backend", "executor").defer(
        *(f"task__{name}" for name in (*_LONG, "message", "requirements"))
    )


def attempts_at(task: int, *, most: int) -> list[Attempt]:
    """Return the newest attempts at a task."""
    rows = Attempt.objects.filter(task=task).select_related("backend", "executor")
    return list(rows.order_by("-number")[:most])


def outputs_of(attempt: int, *, most: int) -> list[AttemptOutput]:
    """Return files that an attempt wrote, and one more than ``most``."""
    rows = AttemptOutput.objects.filter(attempt=attempt).select_related("object")
    return list(rows.order_by("pk")[: most + 1])


def needed_by(task: int, *, most: int) -> list[Task]:
    """Return the tasks that a task needs, and one more than ``most``."""
    needed = TaskNeed.objects.filter(task=task).values("needed")
    rows = Task.objects.filter(pk__in=needed).defer(*_LONG)
    return list(rows.order_by("pk")[: most + 1])


def final_runs(request: RunRequest, *, most: int) -> list[CodeRun]:
    """Return the newest code runs of a request that nothing else in it builds upon."""
    if request.code_run_id is not None:
        return list(CodeRun.objects.filter(pk=request.code_run_id))
    needed = TaskNeed.objects.filter(needed=OuterRef("pk"))
    ends = Task.objects.filter(
        ~Exists(needed),
        run_request=request.pk,
        state=TaskState.DONE,
        code_run__isnull=False,
    )
    ids = list(ends.order_by("-pk").values_list("code_run", flat=True)[:most])
    found = CodeRun.objects.in_bulk(ids)
    return [found[pk] for pk in ids]


def queue_of(backend: Backend) -> QuerySet[Task]:
    """Return the tasks of a backend that wait for an executor, the next one first."""
    rows = Task.objects.filter(backend=backend, state=TaskState.READY)
    return rows.order_by("-priority", "pk").defer(*_LONG)


def running_on(backend: Backend, *, most: int) -> list[Attempt]:
    """Return the attempts of a backend that go on, and one more than ``most``."""
    ids = list(
        open_attempts(backend).order_by("pk").values_list("pk", flat=True)[: most + 1]
    )
    return list(_attempts().filter(IdIn("pk", ids)).order_by("pk"))


def executors_of(backend: Backend, *, most: int) -> list[Executor]:
    """Return the executors of a backend, the one heard of last first."""
    rows = Executor.objects.filter(backend=backend).select_related("account")
    return list(rows.order_by("-seen", "pk")[: most + 1])


def number_up_to(rows: QuerySet[Any], most: int) -> int:
    """Return how many rows there are, or ``most`` if there are more."""
    return rows.order_by()[:most].count()
