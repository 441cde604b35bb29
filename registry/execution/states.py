"""The states of tasks, and the one table of the transitions that are allowed.

A task waits for others (``held``), for an executor (``ready``), was given to one
(``leased``), runs, and ends. What people do to it, suspend or cancel, are states too.
Other systems have other names for them, which their packages in ``registry.interop``
translate.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from django.db import models


class TaskState(models.TextChoices):
    """What a task is doing."""

    HELD = "held", "held: it waits for other tasks"
    READY = "ready", "ready: it waits for an executor"
    LEASED = "leased", "leased: an executor prepares it"
    RUNNING = "running", "running"
    DONE = "done", "done"
    FAILED = "failed", "failed"
    SUSPENDED = "suspended", "suspended"
    CANCELLED = "cancelled", "cancelled"


class WorkState(models.TextChoices):
    """What a job or a request is doing, which follows from its tasks."""

    PROCESSING = "processing", "processing"
    SUSPENDED = "suspended", "suspended"
    ERRORS = "errors", "errors: something failed, and nothing else can go on"
    CANCELLED = "cancelled", "cancelled"
    COMPLETE = "complete", "complete"


_HELD, _READY = TaskState.HELD, TaskState.READY
_LEASED, _RUNNING = TaskState.LEASED, TaskState.RUNNING
_DONE, _FAILED = TaskState.DONE, TaskState.FAILED
_SUSPENDED, _CANCELLED = TaskState.SUSPENDED, TaskState.CANCELLED

#: Which states a task can go to from each.
TRANSITIONS: Final[Mapping[TaskState, frozenset[TaskState]]] = MappingProxyType(
    {
        _HELD: frozenset({_READY, _SUSPENDED, _FAILED, _CANCELLED}),
        _READY: frozenset({_LEASED, _HELD, _SUSPENDED, _FAILED, _CANCELLED}),
        _LEASED: frozenset(
            {_RUNNING, _READY, _HELD, _SUSPENDED, _FAILED, _DONE, _CANCELLED}
        ),
        _RUNNING: frozenset({_READY, _HELD, _SUSPENDED, _FAILED, _DONE, _CANCELLED}),
        _SUSPENDED: frozenset({_HELD, _READY, _CANCELLED}),
        _FAILED: frozenset({_HELD, _READY}),
        _CANCELLED: frozenset({_HELD, _READY}),
        # a hard reset alone does it over; its code run stays
        _DONE: frozenset(),
    }
)
#: The states in which a task is out: it has one open attempt, and only then.
OUT: Final = frozenset({_LEASED, _RUNNING})
#: The states that nothing but a person changes.
FINAL: Final = frozenset({_DONE, _FAILED, _CANCELLED})
#: Why tasks failed that need others which failed.
DEPENDENCY_FAILED: Final = "dependency_failed"
#: The states in which a task goes on by itself.
GOING: Final = frozenset({_READY, _LEASED, _RUNNING})


def states_before(target: TaskState) -> frozenset[TaskState]:
    """Return the states from which a task can go to another."""
    return frozenset(one for one, after in TRANSITIONS.items() if target in after)


def state_of_work(present: Collection[str]) -> WorkState:
    """Return the state of a job or request whose tasks are in these states.

    With none of its tasks made yet, it is processing. So it is while tasks are held,
    unless they are held by what failed, was cancelled or is suspended.
    """
    if not present or GOING.intersection(present):
        return WorkState.PROCESSING
    for found, state in _STOPPED:
        if found in present:
            return state
    return WorkState.PROCESSING if _HELD in present else WorkState.COMPLETE


#: What a job or request is in which nothing goes on, by a state of its tasks.
_STOPPED: Final = (
    (_FAILED, WorkState.ERRORS),
    (_SUSPENDED, WorkState.SUSPENDED),
    (_CANCELLED, WorkState.CANCELLED),
)
