"""Give out tasks to executors, hear that they are at work, and take tasks back.

Executors pull: nobody has to reach them. Each attempt has a lease, which ends unless
its executor is heard of; then another one gets the task.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from registry.core.events import record_events
from registry.core.lookups import IdIn
from registry.core.name_locks import lock_names
from registry.core.transactions import atomic
from registry.execution import flags
from registry.execution.models import (
    Attempt,
    AttemptState,
    Backend,
    Executor,
    RunRequest,
    Task,
)
from registry.execution.moving import Move, change_states
from registry.execution.rights import may_request
from registry.execution.states import TaskState
from registry.execution.verbs import CLAIMED

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from registry.identity.models import User

#: How long a lease holds without a sign of its executor.
LEASE: Final = timedelta(seconds=settings.LEASE_SECONDS)
#: The most tasks that one call gives out.
MAX_CLAIMED = 1000
#: The stage of an attempt before its command runs, and the longest name of a stage.
PREPARING, MAX_STAGE = "preparing", 40
#: The field that says that a task takes one of the places at the database.
_DATABASE = "needs_database"
#: So many tasks more are looked at, of which some may not fit beside each other.
_SPARE = 50
#: How often the time is noted at which executors of a backend were heard of.
_SEEN_EVERY = timedelta(seconds=5)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What an executor offers: room for tasks, and what they may use altogether.

    ``resources`` maps cpu, gpu, memory and disk (in GB) to amounts, and time to the
    hours that a single task can take; what is not named is not limited. ``further`` is
    what tasks can require beside, such as a site.
    """

    host: str
    slots: int
    resources: Mapping[str, float] = field(default_factory=dict)
    further: Mapping[str, str] = field(default_factory=dict)
    database: bool = False
    #: What the executor has when it does nothing, for people; else ``resources``.
    total: Mapping[str, float] = field(default_factory=dict)
    #: The name of the question: asked again, it gets the same tasks.
    batch: str = ""
    #: Which tasks of the backend are meant; all of them without it.
    only: Q | None = None


@atomic
def claim_tasks(backend: Backend, offer: Offer, *, by: User) -> list[Attempt]:
    """Give out tasks of a backend that fit, those of the highest priority first.

    No task is given out twice: rows that another call has locked are passed over.
    """
    now = timezone.now()
    note_seen(backend, now)
    note_executor(backend, offer, now, by=by)
    known = _given_before(backend, offer, by=by)
    if known:
        return known
    room = _room_of(backend, offer)
    if room <= 0 or flags.is_paused(backend):
        return []
    waiting = _waiting(backend, offer, now)
    left = _left_of(backend, offer)
    tasks = _choose(waiting.filter(backend=backend), offer, left, room)
    if len(tasks) < room:
        tasks += _of_anywhere(backend, waiting, offer, left, room - len(tasks))
    if not tasks:
        return []
    ids = [one.pk for one in tasks]
    move = Move(to=TaskState.LEASED, at=now, fields={"attempts": F("attempts") + 1})
    change_states(Task.objects.filter(IdIn("pk", ids)), move)
    attempts = _open_attempts(tasks, backend, offer, now, by=by)
    # of the first attempt: the history of the backend is for what people do
    record_events(
        Attempt.kind,
        [attempts[0].pk],
        CLAIMED,
        by=by,
        subject=offer.host,
        detail={"tasks": ids},
    )
    return attempts


def _given_before(backend: Backend, offer: Offer, *, by: User) -> list[Attempt]:
    """Return what the same question got, if its answer was lost on the way."""
    if not offer.batch:
        return []
    # of the same question twice at once, the second waits for the first
    lock_names([f"claim {by.pk} {offer.batch}"])
    mine = open_attempts(backend).filter(executor=by, batch=offer.batch)
    mine = mine.select_related("task__job", "task__run_request", "backend")
    return list(mine.order_by("pk"))


def note_seen(backend: Backend, now: datetime) -> None:
    """Note that an executor of a backend was heard of, every few seconds."""
    if backend.last_seen is not None and now - backend.last_seen < _SEEN_EVERY:
        return
    Backend.objects.filter(pk=backend.pk).filter(
        Q(last_seen=None) | Q(last_seen__lt=now - _SEEN_EVERY)
    ).update(last_seen=now)


def note_executor(backend: Backend, offer: Offer, now: datetime, *, by: User) -> None:
    """Note what an executor offers, every few seconds."""
    mine = Executor.objects.filter(backend=backend, account=by, host=offer.host)
    known = mine.first()
    if known is not None and now - known.seen < _SEEN_EVERY:
        return
    values = {
        "slots": offer.slots,
        "resources": dict(offer.total or offer.resources),
        "further": dict(offer.further),
        "database": offer.database,
        "seen": now,
    }
    if known is None:
        Executor.objects.bulk_create(
            [Executor(backend=backend, account=by, host=offer.host, **values)],
            ignore_conflicts=True,
        )
    else:
        mine.update(**values)


def _room_of(backend: Backend, offer: Offer) -> int:
    """Return how many tasks a backend can give out now."""
    room = min(offer.slots, MAX_CLAIMED)
    if backend.max_running is None:
        return room
    _lock(backend)
    return min(room, backend.max_running - open_attempts(backend).count())


def _lock(backend: Backend) -> None:
    """Let the second of two calls at once see what the first gave out."""
    Backend.objects.select_for_update(no_key=True).get(pk=backend.pk)


def open_attempts(backend: Backend) -> QuerySet[Attempt]:
    """Return the attempts of a backend that go on."""
    return Attempt.objects.filter(backend=backend, ended__isnull=True).order_by()


def _waiting(backend: Backend, offer: Offer, now: datetime) -> QuerySet[Task]:
    """Return the ready tasks that fit an offer by themselves, the first ones first."""
    tasks = Task.objects.filter(state=TaskState.READY)
    tasks = tasks.filter(Q(not_before=None) | Q(not_before__lte=now))
    for name, amount in offer.resources.items():
        tasks = tasks.filter(**{f"{name}__lte": amount})
    if not offer.database or flags.is_in_maintenance(backend, now):
        tasks = tasks.filter(needs_database=False)
    if offer.only is not None:
        tasks = tasks.filter(offer.only)
    return tasks


def _left_of(backend: Backend, offer: Offer) -> dict[str, float]:
    """Return what tasks may use together, and how many more can read the database."""
    left = dict(offer.resources)
    if offer.database and backend.max_database is not None:
        _lock(backend)
        busy = open_attempts(backend).filter(task__needs_database=True).count()
        left[_DATABASE] = max(0, backend.max_database - busy)
    return left


def _choose(
    waiting: QuerySet[Task], offer: Offer, left: dict[str, float], room: int
) -> list[Task]:
    """Return locked tasks that fit beside each other, of those that fit alone.

    What they use is taken from what is left.
    """
    if left.get(_DATABASE) == 0:
        waiting = waiting.filter(needs_database=False)
    chosen: list[Task] = []
    for task in _in_order(waiting, room + _SPARE):
        if _fits(task, left, offer.further):
            chosen.append(task)
            for name in left.keys() - {"time"}:
                left[name] -= getattr(task, name)
            if len(chosen) == room:
                break
    return chosen


def _in_order(tasks: QuerySet[Task], number: int) -> Iterator[Task]:
    """Yield tasks in the order in which they are given out, locked a few at a time.

    Tasks that another call has locked are left out.
    """
    rows = tasks.order_by("-priority", "pk")
    rows = rows.select_related("job", "run_request").select_for_update(
        skip_locked=True, no_key=True, of=("self",)
    )
    after = Q()
    while True:
        some = list(rows.filter(after)[:number])
        yield from some
        if len(some) < number:
            return
        last = some[-1]
        after = Q(priority__lt=last.priority) | Q(
            priority=last.priority, pk__gt=last.pk
        )


def _fits(task: Task, left: Mapping[str, float], further: Mapping[str, str]) -> bool:
    if any(getattr(task, name) > amount for name, amount in left.items()):
        return False
    return all(further.get(name) == one for name, one in task.requirements.items())


def _of_anywhere(
    backend: Backend,
    tasks: QuerySet[Task],
    offer: Offer,
    left: dict[str, float],
    room: int,
) -> list[Task]:
    """Return tasks for any backend whose requesters can ask for runs on this one."""
    anywhere = tasks.filter(backend=None)
    asking = anywhere.order_by().values("run_request").distinct()
    requests = RunRequest.objects.filter(pk__in=asking).select_related("registered_by")
    people = {one.registered_by_id: one.registered_by for one in requests}
    may = {pk for pk, person in people.items() if may_request(person, backend)}
    allowed = [one.pk for one in requests if one.registered_by_id in may]
    if not allowed:
        return []
    fitting = anywhere.filter(IdIn("run_request_id", allowed))
    return _choose(fitting, offer, left, room)


def _open_attempts(
    tasks: Sequence[Task], backend: Backend, offer: Offer, now: datetime, *, by: User
) -> list[Attempt]:
    attempts = [
        Attempt(
            task=task,
            number=task.attempts + 1,
            batch=offer.batch,
            backend=backend,
            executor=by,
            host=offer.host,
            leased_at=now,
            leased_until=now + LEASE,
        )
        for task in tasks
    ]
    return Attempt.objects.bulk_create(attempts)


@atomic
def renew(
    leases: Mapping[uuid.UUID, str], *, by: User
) -> tuple[list[Attempt], dict[uuid.UUID, str]]:
    """Renew the leases of an executor, whose stages these are, in one call.

    Returns the attempts that go on, and of the others why they are to be stopped. The
    first stage but ``preparing`` says that a task runs.
    """
    now = timezone.now()
    known = list(
        Attempt.objects.filter(lease__in=leases, executor=by)
        .select_related("task", "backend")
        .order_by("pk")
    )
    going = [one for one in known if one.ended is None]
    stopped = {one.lease: reason_of(one) for one in known if one.ended is not None}
    unknown = leases.keys() - {one.lease for one in known}
    stopped |= dict.fromkeys(unknown, "The registry knows no such lease of yours.")
    starting = [
        one.task_id
        for one in going
        if leases[one.lease] != PREPARING and one.task.state == TaskState.LEASED
    ]
    # tasks are locked before attempts, as everywhere
    if starting:
        start_tasks(starting, now)
    _store_stages(going, leases, now)
    for backend in {one.backend_id: one.backend for one in going}.values():
        note_seen(backend, now)
    return going, stopped


def _store_stages(
    going: Sequence[Attempt], stages: Mapping[uuid.UUID, str], now: datetime
) -> None:
    by_stage: defaultdict[str, list[int]] = defaultdict(list)
    for one in going:
        by_stage[stages[one.lease]].append(one.pk)
    for stage, ids in sorted(by_stage.items()):
        Attempt.objects.filter(IdIn("pk", sorted(ids)), ended__isnull=True).update(
            stage=stage[:MAX_STAGE], leased_until=now + LEASE
        )


def start_tasks(tasks: Sequence[int], now: datetime) -> None:
    """Note that executors have begun to run tasks."""
    move = Move(to=TaskState.RUNNING, at=now, fields={"started": now})
    moved = change_states(Task.objects.filter(IdIn("pk", tasks)), move)
    Attempt.objects.filter(
        IdIn("task_id", [one.pk for one in moved]), ended__isnull=True, started=None
    ).update(started=now)


def reason_of(attempt: Attempt) -> str:
    """Return why an attempt that ended is to be stopped, in a sentence."""
    if attempt.state == AttemptState.LOST:
        return "Its lease ended, and its task was given to another executor."
    if attempt.state == AttemptState.STOPPED:
        return attempt.error or "Somebody suspended, reset or cancelled the task."
    return f"The attempt is {attempt.state} already."
