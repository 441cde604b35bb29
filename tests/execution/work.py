"""Requests with tasks, people and executors, and what holds of them all the time."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils import timezone

from registry.execution.actions import ACTIONS, Chosen, act
from registry.execution.completing import complete
from registry.execution.leases import Offer, claim_tasks, renew
from registry.execution.models import (
    Attempt,
    AttemptState,
    Backend,
    GrantedUse,
    Job,
    RunRequest,
    Task,
    TaskCount,
    TaskNeed,
)
from registry.execution.moving import Moved
from registry.execution.reports import Output, Report
from registry.execution.requesting import register_run_requests
from registry.execution.scheduler import Ticked, tick
from registry.execution.states import OUT, TaskState, state_of_work
from registry.identity.models import User
from registry.storage.models import StoredFile
from registry.storage.services import store_file
from tests.factories import BackendFactory, BackendGrantFactory, UserFactory

#: Ticks come so often that the registry does not count as having been away.
STEP = timedelta(seconds=20)


def new_backend(**given: Any) -> Backend:
    """Return a backend without limits."""
    free: dict[str, Any] = {
        "max_running": None,
        "max_database": None,
        "maintenance_windows": [],
    }
    made: Backend = BackendFactory(**{**free, "log_readers": "people", **given})
    return made


def granted(backend: Backend, use: GrantedUse, **values: Any) -> User:
    """Return an account that has a use of a backend."""
    user: User = UserFactory(**values)
    BackendGrantFactory(backend=backend, user=user, use=use)
    return user


@dataclass(frozen=True)
class Place:
    """A backend with somebody who asks for runs there, and an executor."""

    backend: Backend
    person: User
    executor: User

    def ask(self, *tasks: dict[str, Any], **values: Any) -> RunRequest:
        """Ask for tasks."""
        row = {
            "description": "What becomes of the reef",
            "backend": self.backend.pk,
            "tasks": list(tasks) or [one_task("count")],
            **values,
        }
        [request] = register_run_requests([row], by=values.pop("by", self.person))
        return request

    def claim(self, slots: int = 100, **offered: Any) -> list[Attempt]:
        """Ask for tasks as the executor."""
        offer = Offer(host="node-1", slots=slots, **offered)
        backend = Backend.objects.get(pk=self.backend.pk)
        return claim_tasks(backend, offer, by=self.executor)

    def claim_of(self, request: RunRequest, *names: str) -> list[Attempt]:
        """Claim the tasks with these names; without names, all that are ready."""
        only = Q(run_request=request)
        return self.claim(only=only & Q(name__in=names) if names else only)

    def end(self, attempt: Attempt, outcome: str = "done", **more: Any) -> Attempt:
        """Report how an attempt ended."""
        report = Report(lease=attempt.lease, outcome=AttemptState(outcome), **more)
        return complete(report, by=self.executor)

    def do(self, request: RunRequest, *names: str, **more: Any) -> list[Attempt]:
        """Let the executor do tasks, those of the names in their order."""
        if not names:
            return [self.end(one, **more) for one in self.claim_of(request)]
        found = []
        for name in names:
            [attempt] = self.claim_of(request, name)
            found.append(self.end(attempt, **more))
        return found

    def start(self, *attempts: Attempt, stage: str = "running") -> None:
        """Say that the attempts run."""
        renew({one.lease: stage for one in attempts}, by=self.executor)


def new_place(**given: Any) -> Place:
    """Return a backend with people who have a grant each."""
    backend = new_backend(**given)
    return Place(
        backend,
        granted(backend, GrantedUse.REQUEST),
        granted(backend, GrantedUse.EXECUTE),
    )


def one_task(name: str, *needs: str, **more: Any) -> dict[str, Any]:
    """Return a task of a request."""
    return {"name": name, "command": ["run", name], "needs": list(needs), **more}


def output(name: str, level: str = "minimally_sensitive") -> dict[str, str]:
    """Return an output of a task of a request."""
    return {"name": name, "level": level, "pattern": f"output/{name}.csv"}


def keep(content: bytes, *, by: User) -> StoredFile:
    """Store a file in the registry."""
    return store_file(io.BytesIO(content), by=by)


def written(name: str, sha1: str, level: str = "minimally_sensitive") -> Output:
    """Return a file that an attempt wrote."""
    return Output(
        name=name, level=level, path=f"output/{name}.csv", sha1=sha1, size=len(name)
    )


def task_of(request: RunRequest, name: str) -> Task:
    """Return the task of the first job with a name."""
    return Task.objects.get(run_request=request, name=name, job__index=0)


def states_of(request: RunRequest) -> dict[str, str]:
    """Return the states of the tasks of a request with one job, by name."""
    rows = Task.objects.filter(run_request=request).order_by("name")
    return dict(rows.values_list("name", "state"))


def state_now(request: RunRequest) -> str:
    """Return the state of a request."""
    return RunRequest.objects.get(pk=request.pk).state


def do_action(
    request: RunRequest, name: str, *tasks: str, by: User | None = None
) -> list[Moved]:
    """Do something with tasks of a request, with those of the names or with all."""
    ids = [task_of(request, one).pk for one in tasks] if tasks else None
    who = by or request.registered_by
    return act(request.pk, ACTIONS[name], Chosen(tasks=ids), by=who)


def pass_time(seconds: int, since: datetime | None = None) -> list[Ticked]:
    """Tick as the scheduler does for so many seconds from now on."""
    now = since or timezone.now()
    end = now + timedelta(seconds=seconds)
    done = [tick(now)]
    while now < end:
        now = min(now + STEP, end)
        done.append(tick(now))
    return done


def check_all() -> None:
    """Assert what holds of all requests after every transaction."""
    for request in RunRequest.objects.all():
        check_request(request)


def check_request(request: RunRequest) -> None:
    """Assert what holds of a request and its tasks after every transaction."""
    tasks = list(Task.objects.filter(run_request=request))
    _check_counts(request, tasks)
    _check_attempts(tasks)
    _check_needs(tasks)
    present = {one.state for one in tasks}
    expected = state_of_work(present)
    if request.jobs_made == request.jobs or expected != "complete":
        assert request.state == expected
    for job in Job.objects.filter(run_request=request):
        of_job = {one.state for one in tasks if one.job_id == job.pk}
        assert job.state == state_of_work(of_job), job.index


def _check_counts(request: RunRequest, tasks: list[Task]) -> None:
    rows = TaskCount.objects.filter(run_request=request).order_by()
    counted = dict(rows.values_list("state").annotate(total=Sum("number")))
    assert {k: v for k, v in counted.items() if v} == Counter(t.state for t in tasks)
    if request.counts_names:
        by_name = rows.values_list("name", "state").annotate(total=Sum("number"))
        found = {(name, state): n for name, state, n in by_name if n}
        assert found == Counter((one.name, one.state) for one in tasks)


def _check_attempts(tasks: list[Task]) -> None:
    rows = Attempt.objects.filter(task__in=tasks, ended__isnull=True).order_by()
    open_ones = dict(rows.values_list("task").annotate(number=Count("pk")))
    out = {one.pk for one in tasks if one.state in OUT}
    assert open_ones == dict.fromkeys(out, 1)
    wrong = rows.exclude(state=AttemptState.OPEN)
    assert not wrong.exists()


def _check_needs(tasks: list[Task]) -> None:
    rows = TaskNeed.objects.filter(task__in=tasks).exclude(needed__state="done")
    unmet = dict(rows.order_by().values_list("task").annotate(number=Count("pk")))
    for one in tasks:
        assert one.unmet == unmet.get(one.pk, 0), one.name
        if one.state == TaskState.HELD:
            assert one.unmet > 0, one.name
        if one.state == TaskState.READY:
            assert one.unmet == 0, one.name
