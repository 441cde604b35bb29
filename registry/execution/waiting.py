"""Why a task waits, in one sentence; and what became of the cause of a failure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from registry.core.lookups import IdIn
from registry.execution import flags
from registry.execution.leases import open_attempts
from registry.execution.models import Backend, Executor, Task, TaskNeed
from registry.execution.states import DEPENDENCY_FAILED, TaskState

#: So many names are in a sentence; of more, the number.
_MAX_NAMED = 3
#: An executor counts that asked for work so recently.
RECENTLY = timedelta(minutes=10)
#: What amounts are of.
UNITS = {
    "cpu": "processors",
    "gpu": "graphics processors",
    "memory": "GB of memory",
    "disk": "GB of disk space",
    "time": "hours",
}


def amount_in_words(name: str, amount: float) -> str:
    """Return an amount with its unit, such as 1 processor."""
    unit = UNITS[name]
    return f"{amount:g} {unit.removesuffix('s') if amount == 1 else unit}"


@dataclass
class _Known:
    """What the sentences about some tasks refer to."""

    now: datetime
    unmet: Mapping[int, Sequence[tuple[str, str]]]
    backends: Mapping[int, Backend]
    running: Mapping[int, int]
    executors: Mapping[int, Sequence[Executor]]
    places: bool


def explain(tasks: Sequence[Task], *, places: bool = True) -> dict[int, str]:
    """Return for each task that waits or failed why, by its id; "" for the others.

    This takes few statements for any number of tasks; with ``places``, one more for
    each ready task, for its place in the queue.
    """
    known = _look_up(tasks, places=places)
    return {one.pk: _explain(one, known) for one in tasks}


def _look_up(tasks: Sequence[Task], *, places: bool) -> _Known:
    held = [
        one.pk
        for one in tasks
        if one.state == TaskState.HELD or one.reason == DEPENDENCY_FAILED
    ]
    unmet: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    rows = TaskNeed.objects.filter(IdIn("task_id", held)).exclude(
        needed__state=TaskState.DONE
    )
    for task, name, state in rows.order_by("needed_id").values_list(
        "task_id", "needed__name", "needed__state"
    ):
        unmet[task].append((name, state))
    ids = {one.backend_id for one in tasks if one.backend_id is not None}
    backends = Backend.objects.in_bulk(ids)
    running = {
        backend.pk: open_attempts(backend).count()
        for backend in backends.values()
        if backend.max_running is not None
    }
    executors: defaultdict[int, list[Executor]] = defaultdict(list)
    now = timezone.now()
    for one in Executor.objects.filter(
        IdIn("backend_id", ids), seen__gte=now - RECENTLY
    ):
        executors[one.backend_id].append(one)
    return _Known(now, unmet, backends, running, executors, places)


def _explain(task: Task, known: _Known) -> str:
    match task.state:
        case TaskState.HELD:
            return _explain_held(task, known)
        case TaskState.READY:
            return _explain_ready(task, known)
        case TaskState.FAILED:
            return f"{task.message}{_mended(task, known)}"
        case TaskState.SUSPENDED | TaskState.CANCELLED:
            return task.message
    return ""


def _mended(task: Task, known: _Known) -> str:
    """Return whether the cause of a failure has been mended since."""
    if task.reason != DEPENDENCY_FAILED:
        return ""
    unmet = known.unmet.get(task.pk)
    if unmet:
        return f" It needs {_names([name for name, _ in unmet])}."
    return " All that it needs is done by now: reset it, and it runs."


def _explain_held(task: Task, known: _Known) -> str:
    needs = known.unmet.get(task.pk, ())
    if not needs:
        return "It waits to be released."
    states: defaultdict[str, list[str]] = defaultdict(list)
    for name, state in needs:
        states[state].append(name)
    for state in (TaskState.FAILED, TaskState.CANCELLED, TaskState.SUSPENDED):
        if state in states:
            names = states[state]
            return (
                f"It needs {_names(names)}, {_which(names)} {_said(state, len(names))}."
            )
    return f"It waits for {_names([name for name, _ in needs])}."


def _said(state: TaskState, number: int) -> str:
    if state is TaskState.FAILED:
        return "failed"
    return f"{'was' if number == 1 else 'were'} {state.value}"


def _which(names: Sequence[str]) -> str:
    return "which" if len(names) == 1 else "which all"


def _names(names: Sequence[str]) -> str:
    if len(names) > _MAX_NAMED:
        return f"{', '.join(names[:_MAX_NAMED])} and {len(names) - _MAX_NAMED} others"
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]


def _explain_ready(task: Task, known: _Known) -> str:
    if task.not_before is not None and task.not_before > known.now:
        return f"It can begin at {task.not_before:%Y-%m-%d %H:%M} UTC."
    backend = known.backends.get(task.backend_id or 0)
    if backend is None:
        return f"It waits for an executor of any backend. {_place(task, known)}".strip()
    return _closed(task, backend, known) or (
        _full(backend, known)
        or _unseen(backend, known)
        or _too_much(task, backend, known)
        or _place(task, known)
        or "It waits for an executor."
    )


def _closed(task: Task, backend: Backend, known: _Known) -> str:
    """Return why the backend of a task does not give it out."""
    if backend.withdrawn is not None:
        return f"Backend {backend.slug} is withdrawn: {backend.withdrawn}"
    if flags.is_paused(backend):
        return f"Backend {backend.slug} is paused: nothing is given out."
    if not task.needs_database:
        return ""
    window = flags.open_window(backend, known.now)
    if window is not None:
        return (
            f"The database of {backend.slug} is out of use until {window['ends']}"
            f"{_because(window)}."
        )
    if flags.is_set(backend, flags.MAINTENANCE):
        return f"The database of {backend.slug} is out of use."
    return ""


def _because(window: Mapping[str, Any]) -> str:
    return f": {window['reason']}" if window.get("reason") else ""


def _full(backend: Backend, known: _Known) -> str:
    most = backend.max_running
    if most is None or known.running.get(backend.pk, 0) < most:
        return ""
    return f"Backend {backend.slug} is busy: it does {most} at a time, no more."


def _unseen(backend: Backend, known: _Known) -> str:
    """Return that no executor asks for work, if none was heard of for a while."""
    if backend.last_seen is None:
        return f"No executor of {backend.slug} has ever asked for work."
    minutes = (known.now - backend.last_seen).total_seconds() / 60
    if minutes < 2:
        return ""
    return (
        f"No executor of {backend.slug} has asked for work since "
        f"{backend.last_seen:%Y-%m-%d %H:%M} UTC."
    )


def _too_much(task: Task, backend: Backend, known: _Known) -> str:
    """Return what a task asks for that no executor of its backend offers."""
    offers = known.executors.get(backend.pk, ())
    if not offers:
        return ""
    lacking = [*_lacking_amounts(task, offers), *_lacking_kinds(task, offers)]
    return f"No executor of {backend.slug} offers {lacking[0]}." if lacking else ""


def _lacking_amounts(task: Task, offers: Sequence[Executor]) -> Iterator[str]:
    """Yield the amounts that a task asks for and nobody offers."""
    for name in UNITS:
        amounts = [one.resources.get(name) for one in offers]
        known = [one for one in amounts if one is not None]
        asked = getattr(task, name)
        if len(known) == len(amounts) and asked > max(known):
            yield f"{amount_in_words(name, asked)}: the most is {max(known):g}"


def _lacking_kinds(task: Task, offers: Sequence[Executor]) -> Iterator[str]:
    """Yield what else a task asks for and nobody offers."""
    if task.needs_database and not any(one.database for one in offers):
        yield "its database"
    for name, wanted in task.requirements.items():
        if all(one.further.get(name) != wanted for one in offers):
            yield f"{name} {wanted}"


def _place(task: Task, known: _Known) -> str:
    """Return the place of a task in the queue of its backend, if that is wanted."""
    if not known.places:
        return ""
    before = place_in_queue(task)
    if before == 0:
        return f"It is the next one, for an executor that offers {_offered(task)}."
    return (
        f"{before} {'task is' if before == 1 else 'tasks are'} before it in the queue."
    )


def _offered(task: Task) -> str:
    amounts = [
        amount_in_words(name, getattr(task, name))
        for name in UNITS
        if getattr(task, name)
    ]
    amounts += [f"{name} {text}" for name, text in task.requirements.items()]
    if task.needs_database:
        amounts.append("the database")
    return ", ".join(amounts)


def place_in_queue(task: Task) -> int:
    """Return how many tasks of its backend are given out before a ready one."""
    ready = Task.objects.filter(state=TaskState.READY, backend=task.backend_id)
    return ready.filter(
        Q(priority__gt=task.priority) | Q(priority=task.priority, pk__lt=task.pk)
    ).count()
