"""The tasks of a job as a graph, with the chain of tasks that takes longest.

The critical path method of J. E. Kelley and M. R. Walker (1959): a task begins when all
that it needs are done, so the longest chain decides when the last one ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from registry.execution.models import Job, Task
from registry.execution.needs import needs_of

#: The most tasks of a job that are shown as a graph.
MAX_TASKS = 2000
#: What a task counts as that has not ended, in seconds.
_UNKNOWN = 60.0


@dataclass
class TaskNode:
    """A task in the graph; ``seconds`` is how long it took, None if it did not end."""

    pk: int
    name: str
    state: str
    needs: Sequence[int]
    seconds: float | None
    is_critical: bool = False


def graph_of(request: int, index: int = 0) -> list[TaskNode] | None:
    """Return the tasks of a job, needs first; None if there is no such job."""
    job = Job.objects.filter(run_request=request, index=index).first()
    if job is None:
        return None
    tasks = list(Task.objects.filter(job=job).order_by("index", "pk")[:MAX_TASKS])
    needs = needs_of([one.pk for one in tasks])
    # of very many tasks, some that others need are not shown
    shown = {one.pk for one in tasks}
    nodes = [
        TaskNode(
            one.pk,
            one.name,
            one.state,
            [need for need in needs.get(one.pk, ()) if need in shown],
            _seconds_of(one),
        )
        for one in tasks
    ]
    by_id = {one.pk: one for one in nodes}
    for pk in critical_path(by_id):
        by_id[pk].is_critical = True
    return nodes


def _seconds_of(task: Task) -> float | None:
    if task.started is None or task.ended is None:
        return None
    return (task.ended - task.started).total_seconds()


def critical_path(nodes: Mapping[int, TaskNode]) -> list[int]:
    """Return the chain of tasks that takes longest, from its first to its last."""
    ends: dict[int, float] = {}
    before: dict[int, int | None] = {}
    order = TopologicalSorter({pk: node.needs for pk, node in nodes.items()})
    for pk in order.static_order():
        node = nodes[pk]
        last = max(node.needs, key=ends.__getitem__, default=None)
        took = _UNKNOWN if node.seconds is None else node.seconds
        ends[pk] = took + (ends[last] if last is not None else 0)
        before[pk] = last
    path: list[int] = []
    at = max(ends, key=ends.__getitem__, default=None)
    while at is not None:
        path.append(at)
        at = before[at]
    return path[::-1]
