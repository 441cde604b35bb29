"""What people do with the tasks of a request: suspend, resume, reset, cancel, and more.

Each is one change of states for all tasks that it is about, and one event.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q

from registry.core.errors import InvalidInput
from registry.core.events import record_events
from registry.core.lookups import IdIn
from registry.core.name_locks import lock_names
from registry.core.transactions import atomic
from registry.core.verbs import Verb
from registry.execution import verbs
from registry.execution.materialising import making_of
from registry.execution.models import RunRequest, Task
from registry.execution.moving import Move, Moved, move_tasks
from registry.execution.needs import dependants_of
from registry.execution.rights import request_of, require_direction
from registry.execution.states import TaskState

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from registry.identity.models import User

#: What is stored with tasks that begin again.
_AFRESH: Final = {"losses": 0, "not_before": None}
#: So many ids of tasks are named in an event; of more, their number.
_MAX_NAMED: Final = 1000


@dataclass(frozen=True)
class Action:
    """Something that can be done with tasks, and what to say of it."""

    name: str
    label: str
    verb: Verb
    help_text: str
    move: Callable[[], Move]
    #: Which of the chosen tasks it is about.
    rows: Callable[[QuerySet[Task]], QuerySet[Task]] = lambda tasks: tasks


def _failed_and_dependants(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Return the failed and cancelled tasks, and all that depends on these."""
    lost = tasks.filter(state__in=(TaskState.FAILED, TaskState.CANCELLED))
    ids = set(lost.values_list("pk", flat=True))
    return Task.objects.filter(IdIn("pk", ids | dependants_of(ids)))


def _suspended(tasks: QuerySet[Task]) -> QuerySet[Task]:
    return tasks.filter(state=TaskState.SUSPENDED)


# who did it, the history tells those who have an account
SUSPEND = Action(
    "suspend",
    "Suspend",
    verbs.SUSPENDED,
    "Stop what waits and what runs, until it is resumed.",
    lambda: Move(to=TaskState.SUSPENDED, message="Somebody suspended it."),
)
RESUME = Action(
    "resume",
    "Resume",
    verbs.RESUMED,
    "Let suspended tasks go on; they begin again.",
    lambda: Move(to=None, message="Somebody resumed it."),
    _suspended,
)
RESET = Action(
    "reset",
    "Reset",
    verbs.RESET,
    "Begin again with all that is not done; what runs is stopped.",
    lambda: Move(to=None, message="Somebody reset it.", fields=_AFRESH),
)
HARD_RESET = Action(
    "hard_reset",
    "Reset everything",
    verbs.HARD_RESET,
    "Begin again with everything, also with what is done; its code runs stay.",
    lambda: Move(to=None, message="Somebody reset it.", fields=_AFRESH, forced=True),
)
CANCEL = Action(
    "cancel",
    "Cancel",
    verbs.CANCELLED,
    "Stop for good what is not done; a reset begins again.",
    lambda: Move(
        to=TaskState.CANCELLED, reason="cancelled", message="Somebody cancelled it."
    ),
)
RUN_AGAIN = Action(
    "run_again",
    "Run again what failed",
    verbs.RUN_AGAIN,
    "Begin again with what failed or was cancelled, and with all that depends on it.",
    lambda: Move(
        to=None, message="Somebody ran it again.", fields=_AFRESH, forced=True
    ),
    _failed_and_dependants,
)
#: The actions by their names in addresses.
ACTIONS: Final[Mapping[str, Action]] = MappingProxyType(
    {one.name: one for one in (SUSPEND, RESUME, RESET, HARD_RESET, CANCEL, RUN_AGAIN)}
)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Which tasks of a request are meant: all of them, or those of these."""

    jobs: Collection[int] | None = None
    tasks: Collection[int] | None = None
    #: Only tasks in this state, or of this name.
    state: str | None = None
    name: str | None = None

    def rows(self, request: int) -> QuerySet[Task]:
        """Return the chosen tasks of a request."""
        rows = Task.objects.filter(run_request=request)
        if self.jobs is not None:
            rows = rows.filter(IdIn("job_id", self.jobs))
        if self.tasks is not None:
            rows = rows.filter(IdIn("pk", self.tasks))
        wanted = {"state": self.state, "name": self.name}
        return rows.filter(**{k: v for k, v in wanted.items() if v is not None})


EVERYTHING: Final = Chosen()


@atomic
def act(
    pk: int, action: Action, chosen: Chosen = EVERYTHING, *, by: User
) -> list[Moved]:
    """Do something with tasks of a request; return those whose state it changed.

    Raises ``NotFound`` and ``Forbidden``. Tasks that may not go there from their state
    are left as they are.
    """
    request = request_of(pk)
    require_direction(by, request)
    # whoever makes its jobs now ends first, and sees afterwards what was done
    lock_names([making_of(pk)])
    moved = move_tasks(action.rows(chosen.rows(pk)), action.move())
    if moved:
        _record(request, action.verb, moved, by=by)
    return moved


def _record(
    request: RunRequest, verb: Verb, moved: Collection[Moved], *, by: User
) -> None:
    detail: dict[str, Any] = {"number": len(moved)}
    if len(moved) <= _MAX_NAMED:
        detail["tasks"] = [one.pk for one in moved]
    record_events(
        RunRequest.kind, [request.pk], verb, by=by, subject=str(request), detail=detail
    )


@atomic
def set_priority(pk: int, priority: float, *, by: User) -> RunRequest:
    """Give a request and its tasks another priority, from 0 to 1."""
    if not 0 <= priority <= 1:
        raise InvalidInput({"priority": ["Give a number from 0 to 1."]})
    request = request_of(pk)
    require_direction(by, request)
    if priority == request.priority:
        return request
    changes = {"priority": (request.priority, priority)}
    request.priority = priority
    request.updated_by_id = by.pk
    request.save(update_fields=["priority", "updated_by", "last_updated"])
    # finished tasks too: they can be reset
    Task.objects.filter(~Q(priority=priority), run_request=pk).update(priority=priority)
    record_events(
        RunRequest.kind,
        [pk],
        verbs.PRIORITY_SET,
        by=by,
        subject=str(request),
        changes=changes,
    )
    return request
