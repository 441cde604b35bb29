"""How many tasks of a request are in which state, without reading the tasks.

Each change appends notes of how the numbers change, so that those who change tasks of
the same request never wait for each other; the numbers are the sums of the notes, which
are put together now and then. `registry.core.row_triggers` counts records alike.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Sum

from registry.core.lookups import IdIn
from registry.execution.models import RunRequest, Task, TaskCount
from registry.execution.states import TaskState

#: Notes of a request that are put together when there are more.
MAX_NOTES = 200
_BATCH = 1000

#: A change of numbers: by request, name of the tasks and state.
Changes = Counter[tuple[int, str, str]]


@dataclass(frozen=True)
class Counts:
    """How many tasks of a request are in which state, all of them and by name."""

    by_state: Mapping[str, int]
    by_name: Mapping[str, Mapping[str, int]]
    notes: int

    @property
    def total(self) -> int:
        """How many tasks there are."""
        return sum(self.by_state.values())

    @property
    def present(self) -> frozenset[str]:
        """The states that tasks are in."""
        return frozenset(self.by_state)


def note_changes(changes: Changes) -> None:
    """Append how the numbers of tasks change."""
    TaskCount.objects.bulk_create(
        [
            TaskCount(run_request_id=request, name=name, state=state, number=number)
            for (request, name, state), number in changes.items()
            if number
        ],
        batch_size=_BATCH,
    )


def counts_of(requests: Collection[int]) -> dict[int, Counts]:
    """Return the numbers of the tasks of requests, in one statement."""
    states: defaultdict[int, Counter[str]] = defaultdict(Counter)
    names: defaultdict[int, defaultdict[str, Counter[str]]] = defaultdict(
        lambda: defaultdict(Counter)
    )
    notes: Counter[int] = Counter()
    rows = (
        TaskCount.objects.filter(IdIn("run_request_id", requests))
        .order_by()
        .values_list("run_request", "name", "state")
        .annotate(total=Sum("number"), notes=Count("pk"))
    )
    for request, name, state, total, number in rows:
        states[request][state] += total
        notes[request] += number
        if name:
            names[request][name][state] += total
    return {
        one: Counts(
            _in_order(states[one]),
            {name: _in_order(found) for name, found in sorted(names[one].items())},
            notes[one],
        )
        for one in requests
    }


def _in_order(found: Mapping[str, int]) -> dict[str, int]:
    return {one.value: found[one] for one in TaskState if found.get(one)}


def sum_up_notes(request: int) -> None:
    """Put the notes of a request together; its row must be locked."""
    notes = TaskCount.objects.filter(run_request=request)
    changes: Changes = Counter()
    ids = []
    for pk, name, state, number in notes.values_list("pk", "name", "state", "number"):
        ids.append(pk)
        changes[request, name, state] += number
    TaskCount.objects.filter(IdIn("pk", ids)).delete()
    note_changes(changes)


def recount_all() -> dict[int, Changes]:
    """Correct the numbers of all requests; return by how much they were wrong."""
    wrong: dict[int, Changes] = {}
    for pk in list(RunRequest.objects.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            rows = RunRequest.objects.select_for_update(no_key=True).filter(pk=pk)
            request = rows.first()
            changes = recount_tasks(request) if request is not None else None
        if changes:
            wrong[pk] = changes
    return wrong


def recount_tasks(request: RunRequest) -> Changes:
    """Correct the numbers of a locked request; return by how much they were wrong."""
    changes = _differences(request)
    note_changes(changes)
    return changes


def _differences(request: RunRequest) -> Changes:
    """Return how many tasks more than counted there are, where the numbers differ."""
    grouping = ["state", *(["name"] if request.counts_names else [])]
    rows = (
        Task.objects.filter(run_request=request)
        .order_by()
        .values(*grouping)
        .annotate(total=Count("pk"))
    )
    changes: Changes = Counter()
    for row in rows:
        changes[request.pk, row.get("name", ""), row["state"]] += row["total"]
    notes = TaskCount.objects.filter(run_request=request).order_by()
    for name, state, total in notes.values_list("name", "state").annotate(
        total=Sum("number")
    ):
        changes[request.pk, name, state] -= total
    return Counter({key: number for key, number in changes.items() if number})
