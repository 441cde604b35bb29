"""What time alone changes: leases that end, maintenance, jobs that are to be made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from registry.core.models import Event
from registry.execution import materialising, scheduler
from registry.execution.leases import LEASE, renew
from registry.execution.models import (
    Attempt,
    Backend,
    Job,
    RunRequest,
    SchedulerTick,
    Task,
)
from registry.execution.scheduler import AWAY, Ticked, tick
from tests.execution.work import (
    Place,
    check_request,
    do_action,
    new_place,
    one_task,
    pass_time,
    state_now,
    states_of,
    task_of,
)
from tests.races import in_thread

pytestmark = pytest.mark.django_db

LONG = int(LEASE.total_seconds()) + 5
NOTHING = Ticked()


def _expire(*attempts: Attempt) -> None:
    """Let leases have ended a moment ago."""
    moment = timezone.now() - timedelta(seconds=1)
    ids = [one.pk for one in attempts]
    Attempt.objects.filter(pk__in=ids).update(leased_until=moment)


def test_a_lease_that_nobody_renews_ends(place: Place) -> None:
    request = place.ask(one_task("a"), one_task("b"))
    first, second = place.claim()
    place.start(first, second)
    ticked = pass_time(40)
    assert ticked == [NOTHING] * len(ticked)
    done = pass_time(LONG - 40, timezone.now() + timedelta(seconds=41))
    assert sum(one.lost for one in done) == 2
    assert states_of(request) == {"a": "ready", "b": "ready"}
    first.refresh_from_db()
    assert (first.state, first.error) == (
        "lost",
        "Its executor was not heard of any more. It waits for another one.",
    )
    task = task_of(request, "a")
    assert (task.losses, task.attempts, task.reason) == (1, 1, "lost")
    event = Event.objects.get(action="tasks_lost")
    assert (event.kind, event.record_id) == ("attempt", first.pk)
    assert sorted(event.detail["tasks"]) == [first.task_id, second.task_id]


def test_a_renewed_lease_goes_on(place: Place) -> None:
    request = place.ask(one_task("a"))
    [attempt] = place.claim()
    _expire(attempt)
    going, stopped = renew({attempt.lease: "running"}, by=place.executor)
    assert ([one.pk for one in going], stopped) == ([attempt.pk], {})
    assert tick() == NOTHING
    assert states_of(request) == {"a": "running"}


def test_an_executor_learns_that_its_lease_has_ended(place: Place) -> None:
    place.ask(one_task("a"))
    [attempt] = place.claim()
    _expire(attempt)
    tick()
    [again] = place.claim()
    assert (again.task_id, again.number) == (attempt.task_id, 2)
    leases = {attempt.lease: "running", again.lease: "running"}
    going, stopped = renew(leases, by=place.executor)
    assert [one.pk for one in going] == [again.pk]
    assert "was given to another executor" in stopped[attempt.lease]


@pytest.mark.parametrize("most", [1, 2])
def test_a_task_that_is_lost_too_often_fails(place: Place, most: int) -> None:
    request = place.ask(one_task("a"), one_task("b", "a"), max_losses=most)
    for _ in range(most):
        assert states_of(request) == {"a": "ready", "b": "held"}
        _expire(*place.claim())
        tick()
    task = task_of(request, "a")
    assert (task.state, task.reason, task.losses) == ("failed", "lost", most)
    assert task.message == (
        "Its executor was not heard of any more. "
        "That happened as often as its request allows."
    )
    assert state_now(request) == "errors"
    do_action(request, "reset")
    assert task_of(request, "a").losses == 0
    check_request(RunRequest.objects.get(pk=request.pk))


def test_after_an_absence_of_the_registry_leases_are_longer(place: Place) -> None:
    request = place.ask(one_task("a"))
    [attempt] = place.claim()
    tick()
    later = timezone.now() + AWAY + timedelta(hours=3)
    assert tick(later) == NOTHING
    assert states_of(request) == {"a": "leased"}
    attempt.refresh_from_db()
    assert attempt.leased_until == later + LEASE
    assert SchedulerTick.objects.get().at == later
    # and from then on they end as usual
    done = pass_time(LONG, later)
    assert sum(one.lost for one in done) == 1


def test_a_tick_of_the_past_changes_no_time(place: Place) -> None:
    tick()
    at = SchedulerTick.objects.get().at
    tick(at - timedelta(hours=1))
    assert SchedulerTick.objects.get().at == at


@pytest.mark.parametrize("way", ["flag", "window"])
def test_maintenance_stops_what_reads_the_database(place: Place, way: str) -> None:
    request = place.ask(one_task("reads", needs_database=True), one_task("other"))
    place.start(*place.claim(database=True))
    now = timezone.now()
    window = {
        "begins": (now - timedelta(minutes=1)).isoformat(),
        "ends": (now + timedelta(minutes=1)).isoformat(),
    }
    flag = {"maintenance": {"value": True, "since": now.isoformat()}}
    given: dict[str, Any] = (
        {"flags": flag} if way == "flag" else {"maintenance_windows": [window]}
    )
    Backend.objects.filter(pk=place.backend.pk).update(**given)
    assert tick(now).stopped == 1
    assert states_of(request) == {"reads": "ready", "other": "running"}
    task = task_of(request, "reads")
    assert (task.reason, task.losses) == ("maintenance", 0)
    assert Attempt.objects.get(task=task).state == "stopped"
    assert tick(now) == NOTHING
    assert place.claim(database=True) == []


def test_jobs_are_made_a_chunk_at_a_time(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(materialising, "CHUNK", 4)
    make = materialising.make_jobs
    monkeypatch.setattr(scheduler, "make_jobs", lambda request: make(request, 4))
    request = place.ask(one_task("a"), one_task("b", "a"), jobs=8)
    request.refresh_from_db()
    made = request.jobs_made
    assert 1 <= made <= 8
    # as if the first call had made the first job alone
    _forget_jobs(request)
    check_request(request)
    assert [tick().made for _ in range(5)] == [2, 2, 2, 1, 0]
    request.refresh_from_db()
    assert (request.jobs_made, Job.objects.count()) == (8, 8)
    for job in Job.objects.order_by("index"):
        first, second = Task.objects.filter(job=job).order_by("index")
        assert (first.name, first.state, first.unmet) == ("a", "ready", 0)
        assert (second.name, second.state, second.unmet) == ("b", "held", 1)
        assert list(second.needs.all()) == [first]
    check_request(request)


def _forget_jobs(request: RunRequest) -> None:
    """Remove all jobs but the first one."""
    from registry.execution.counts import recount_tasks
    from registry.execution.models import TaskNeed

    others = Task.objects.filter(run_request=request, job__index__gt=0)
    TaskNeed.objects.filter(task__in=others).delete()
    others.delete()
    Job.objects.filter(run_request=request, index__gt=0).delete()
    request.jobs_made = 1
    request.save(update_fields=["jobs_made"])
    recount_tasks(request)


@pytest.mark.parametrize("action", ["suspend", "cancel"])
def test_what_was_stopped_gets_no_further_jobs(place: Place, action: str) -> None:
    request = place.ask(one_task("a"), jobs=8)
    _forget_jobs(request)
    do_action(request, action)
    assert tick() == NOTHING
    do_action(request, "reset")
    assert tick().made == 7


def test_a_request_with_jobs_to_come_is_not_complete(place: Place) -> None:
    request = place.ask(one_task("a"), jobs=3)
    _forget_jobs(request)
    place.do(request)
    assert state_now(request) == "processing"
    assert tick().made == 2
    place.do(request)
    assert state_now(request) == "complete"
    check_request(RunRequest.objects.get(pk=request.pk))


def test_a_state_that_was_not_stored_is_worked_out(place: Place) -> None:
    request = place.ask(one_task("a"))
    place.do(request)
    RunRequest.objects.filter(pk=request.pk).update(state="processing")
    assert tick().settled == 1
    assert state_now(request) == "complete"
    assert tick() == NOTHING


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_take_a_task_back_once(store: Any) -> None:
    place = new_place()
    request = place.ask(*(one_task(f"t{at}") for at in range(6)), jobs=3)
    _forget_jobs(request)
    _expire(*place.claim())
    barrier = Barrier(2)

    def one_tick() -> Ticked:
        barrier.wait()
        return tick()

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(in_thread(one_tick)) for _ in range(2)]
        found = [one.result() for one in done]
    assert sum(one.lost for one in found) == 6
    assert sum(one.made for one in found) == 2
    assert {one.losses for one in Task.objects.filter(job__index=0)} == {1}
    request.refresh_from_db()
    check_request(request)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_executors_that_ask_at_once_get_different_tasks(store: Any) -> None:
    place = new_place(max_running=7)
    request = place.ask(*(one_task(f"t{at}") for at in range(10)))
    barrier = Barrier(3)

    def claim() -> list[int]:
        barrier.wait()
        return [one.task_id for one in place.claim(4)]

    with ThreadPoolExecutor(3) as pool:
        done = [pool.submit(in_thread(claim)) for _ in range(3)]
        given = [pk for one in done for pk in one.result()]
    assert len(given) == len(set(given)) == 7
    request.refresh_from_db()
    check_request(request)
    assert connection.vendor == "postgresql"
