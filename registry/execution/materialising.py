"""Make the jobs and tasks of requests, a bounded number at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from registry.execution.counts import Changes, note_changes
from registry.execution.models import Job, RunRequest, Task, TaskNeed
from registry.execution.needs import needs_of
from registry.execution.planning import TaskPlan
from registry.execution.states import TaskState

#: About so many tasks are made at a time.
CHUNK = 2000
_BATCH = 500
#: What the tasks of further jobs have from those of the first one.
_COPIED = (
    *("index", "name", "command", "image", "environment", "inputs", "outputs"),
    *("cpu", "gpu", "memory", "disk", "time", "requirements", "needs_database"),
)


def making_of(request: int) -> str:
    """Return the name that those lock who make the jobs of a request or direct it."""
    return f"jobs of run request {request}"


def make_first_jobs(
    requests: Sequence[RunRequest], plans: Sequence[Sequence[TaskPlan]]
) -> None:
    """Make the first jobs of new requests, with a task for each plan, needs first.

    This takes a constant number of statements, but for batches.
    """
    jobs = Job.objects.bulk_create(
        [Job(run_request=request, index=0) for request in requests], batch_size=_BATCH
    )
    tasks = [
        _new_task(request, job, len(plan.needs), {"index": at, **_values_of(plan)})
        for request, job, some in zip(requests, jobs, plans, strict=True)
        for at, plan in enumerate(some)
    ]
    Task.objects.bulk_create(tasks, batch_size=_BATCH)
    by_name = {(one.job_id, one.name): one.pk for one in tasks}
    needs = [
        TaskNeed(task_id=by_name[job.pk, plan.name], needed_id=by_name[job.pk, need])
        for job, some in zip(jobs, plans, strict=True)
        for plan in some
        for need in plan.needs
    ]
    TaskNeed.objects.bulk_create(needs, batch_size=_BATCH)
    _count_new({one.pk: one for one in requests}, tasks)


def _new_task(
    request: RunRequest, job: Job, unmet: int, values: Mapping[str, Any]
) -> Task:
    """Return a task with these values that needs ``unmet`` others; not stored yet."""
    return Task(
        run_request=request,
        job=job,
        backend_id=request.backend_id,
        priority=request.priority,
        state=TaskState.HELD if unmet else TaskState.READY,
        unmet=unmet,
        **values,
    )


def _values_of(plan: TaskPlan) -> dict[str, Any]:
    """Return the fields of a task that its plan decides."""
    return {
        "name": plan.name,
        "command": list(plan.command),
        "image": plan.image,
        "environment": dict(plan.environment),
        "inputs": list(plan.inputs),
        "outputs": list(plan.outputs),
        "requirements": dict(plan.requirements),
        "needs_database": plan.needs_database,
        **plan.amounts,
    }


def _count_new(requests: Mapping[int, RunRequest], tasks: Sequence[Task]) -> None:
    """Note new tasks of requests, given by id, in their numbers of tasks by state."""
    changes: Changes = Counter()
    for one in tasks:
        name = one.name if requests[one.run_request_id].counts_names else ""
        changes[one.run_request_id, name, one.state] += 1
    note_changes(changes)


def make_jobs(request: RunRequest, most: int = CHUNK) -> int:
    """Make the next jobs of a locked request, alike to its first; return how many.

    About ``most`` tasks are made, and one job at least.
    """
    pattern = list(
        Task.objects.filter(run_request=request, job__index=0).order_by("index")
    )
    number = min(request.jobs - request.jobs_made, max(1, most // len(pattern)))
    first = request.jobs_made
    jobs = Job.objects.bulk_create(
        [Job(run_request=request, index=first + at) for at in range(number)],
        batch_size=_BATCH,
    )
    needs = needs_of([one.pk for one in pattern])
    tasks = [
        _new_task(request, job, len(needs.get(one.pk, ())), _copied(one))
        for job in jobs
        for one in pattern
    ]
    Task.objects.bulk_create(tasks, batch_size=_BATCH)
    _make_needs(tasks, pattern, needs)
    _count_new({request.pk: request}, tasks)
    request.jobs_made = first + number
    request.save(update_fields=["jobs_made"])
    return number


def _copied(one: Task) -> dict[str, Any]:
    """Return what the tasks of further jobs have from one of the first job."""
    return {name: getattr(one, name) for name in _COPIED}


def _make_needs(
    tasks: Sequence[Task],
    pattern: Sequence[Task],
    needs: Mapping[int, Sequence[int]],
) -> None:
    """Let the tasks of each new job need each other as those of the pattern do."""
    at_index = {one.pk: at for at, one in enumerate(pattern)}
    width = len(pattern)
    rows = [
        TaskNeed(task=tasks[start + at], needed=tasks[start + at_index[need]])
        for start in range(0, len(tasks), width)
        for at, one in enumerate(pattern)
        for need in needs.get(one.pk, ())
    ]
    TaskNeed.objects.bulk_create(rows, batch_size=_BATCH)
