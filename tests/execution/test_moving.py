"""The one function that changes the states of tasks: every transition of the table."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from registry.execution.counts import MAX_NOTES, counts_of, recount_tasks
from registry.execution.models import Attempt, Job, RunRequest, Task, TaskCount
from registry.execution.moving import Move, move_tasks
from registry.execution.states import (
    OUT,
    TRANSITIONS,
    TaskState,
    WorkState,
    state_of_work,
    states_before,
)
from tests.execution.work import (
    Place,
    check_request,
    do_action,
    one_task,
    state_now,
    states_of,
    task_of,
)

pytestmark = pytest.mark.django_db

STATES = tuple(TaskState)
#: What is allowed, written down once more: a change of the table must be meant.
ALLOWED = {
    "held": "ready suspended failed cancelled",
    "ready": "leased held suspended failed cancelled",
    "leased": "running ready held suspended failed done cancelled",
    "running": "ready held suspended failed done cancelled",
    "suspended": "held ready cancelled",
    "failed": "held ready",
    "cancelled": "held ready",
    "done": "",
}
CHAIN = (one_task("a"), one_task("b", "a"), one_task("c", "b"))


def _task_in(place: Place, state: str) -> Task:
    """Return a task that came into a state as tasks do."""
    request = place.ask(one_task("first"), one_task("task", "first"))
    if state != "held":
        place.do(request, "first")
    if state in {"leased", "running", "done", "failed"}:
        [attempt] = place.claim_of(request, "task")
        if state != "leased":
            place.start(attempt)
        if state in {"done", "failed"}:
            place.end(attempt, state)
    if state in {"suspended", "cancelled"}:
        do_action(request, {"suspended": "suspend"}.get(state, "cancel"), "task")
    task = task_of(request, "task")
    assert task.state == state
    return task


def _move(task: Task, to: TaskState | None, **more: Any) -> bool:
    moved = move_tasks(Task.objects.filter(pk=task.pk), Move(to=to, **more))
    task.refresh_from_db()
    return [one.pk for one in moved] == [task.pk]


def test_the_table_is_what_was_meant() -> None:
    table = {one: set(after) for one, after in TRANSITIONS.items()}
    assert table == {one: set(after.split()) for one, after in ALLOWED.items()}
    assert states_before(TaskState.DONE) == {"leased", "running"}


@pytest.mark.parametrize("before, to", [*product(STATES, STATES)])
def test_a_task_goes_where_the_table_says(
    place: Place, before: TaskState, to: TaskState
) -> None:
    task = _task_in(place, before)
    allowed = to in ALLOWED[before].split()
    attempts = Attempt.objects.filter(task=task).count()
    # only a claim opens an attempt
    if to == "leased" and allowed:
        assert place.claim_of(task.run_request, "task")
        task.refresh_from_db()
    else:
        assert _move(task, to, message="Because.") == allowed
        assert attempts == Attempt.objects.filter(task=task).count()
    assert task.state == (to if allowed else before)
    open_ones = Attempt.objects.filter(task=task, ended__isnull=True)
    assert open_ones.count() == (task.state in OUT)


@pytest.mark.parametrize("before", STATES)
def test_a_forced_move_begins_again_from_any_state(
    place: Place, before: TaskState
) -> None:
    task = _task_in(place, before)
    start = "held" if before == "held" else "ready"
    # what is there already stays
    assert _move(task, None, forced=True) == (before not in {"held", "ready"})
    assert task.state == start
    check_request(RunRequest.objects.get(pk=task.run_request_id))


@pytest.mark.parametrize(
    "before, to",
    [("running", "suspended"), ("leased", "cancelled"), ("running", None)],
)
def test_what_is_no_longer_out_has_no_open_attempt(
    place: Place, before: str, to: Any
) -> None:
    task = _task_in(place, before)
    assert _move(task, to and TaskState(to), message="Ada said so.")
    attempt = Attempt.objects.get(task=task)
    assert (attempt.state, attempt.error) == ("stopped", "Ada said so.")
    assert attempt.ended == task.state_changed


def test_a_move_stores_why_and_when(place: Place) -> None:
    task = _task_in(place, "running")
    assert _move(task, TaskState.FAILED, reason="exit", message="It failed.")
    assert (task.reason, task.message, task.failures) == ("exit", "It failed.", 1)
    assert task.started is not None
    assert task.ended == task.state_changed
    assert _move(task, None)
    assert (task.reason, task.message, task.failures) == ("", "", 1)
    assert {task.started, task.ended} == {None}


def test_tasks_are_released_when_all_that_they_need_is_done(place: Place) -> None:
    request = place.ask(*CHAIN, one_task("d", "a", "b"))
    assert states_of(request) == {"a": "ready", "b": "held", "c": "held", "d": "held"}
    place.do(request, "a")
    assert states_of(request) == {"a": "done", "b": "ready", "c": "held", "d": "held"}
    place.do(request, "b")
    assert states_of(request) == {"a": "done", "b": "done", "c": "ready", "d": "ready"}
    place.do(request, "c", "d")
    assert state_now(request) == WorkState.COMPLETE


def test_tasks_are_held_again_when_what_they_need_is_not_done(place: Place) -> None:
    request = place.ask(*CHAIN)
    place.do(request, "a")
    do_action(request, "hard_reset", "a")
    assert states_of(request) == {"a": "ready", "b": "held", "c": "held"}
    place.do(request, "a", "b")
    [attempt] = place.claim_of(request, "c")
    do_action(request, "hard_reset", "a")
    # what is done stays, and what runs goes on with what it has
    assert states_of(request) == {"a": "ready", "b": "done", "c": "leased"}
    place.end(attempt, "returned")
    check_request(RunRequest.objects.get(pk=request.pk))


def test_a_task_that_waits_for_what_was_reset_is_held(place: Place) -> None:
    request = place.ask(one_task("a"), one_task("b", "a"))
    place.do(request, "a")
    [attempt] = place.claim_of(request, "b")
    do_action(request, "hard_reset", "a")
    place.end(attempt, "returned")
    assert states_of(request) == {"a": "ready", "b": "held"}


@pytest.mark.parametrize(
    "rule, states, state",
    [
        ("fail", "failed failed failed done", "errors"),
        ("hold", "failed held held done", "errors"),
    ],
)
def test_a_failure_reaches_all_that_depends_on_it(
    place: Place, rule: str, states: str, state: str
) -> None:
    request = place.ask(*CHAIN, one_task("d"), on_failed_need=rule)
    place.do(request, "d")
    place.do(request, "a", outcome="failed", error="Exit code 2.")
    assert list(states_of(request).values()) == states.split()
    assert state_now(request) == state
    reasons = ["", "dependency_failed", "dependency_failed"] if rule == "fail" else [""]
    found = Task.objects.filter(run_request=request).order_by("name")
    assert [one.reason for one in found][: len(reasons)] == reasons
    assert found[0].message == "Exit code 2."


@pytest.mark.parametrize("action", ["reset", "run_again"])
@pytest.mark.parametrize("rule", ["fail", "hold"])
def test_what_failed_goes_on_when_it_begins_again(
    place: Place, rule: str, action: str
) -> None:
    request = place.ask(*CHAIN, on_failed_need=rule)
    place.do(request, "a", outcome="failed")
    do_action(request, action)
    assert states_of(request) == {"a": "ready", "b": "held", "c": "held"}
    assert state_now(request) == WorkState.PROCESSING
    place.do(request, "a", "b", "c")
    assert state_now(request) == WorkState.COMPLETE


def test_a_cancelled_task_fails_what_depends_on_it(place: Place) -> None:
    request = place.ask(*CHAIN, on_failed_need="fail")
    do_action(request, "cancel", "a")
    assert states_of(request) == {"a": "cancelled", "b": "failed", "c": "failed"}


def test_numbers_of_tasks_are_kept_and_put_together(place: Place) -> None:
    request = place.ask(*CHAIN, jobs=2)
    for _ in range(MAX_NOTES // 6 + 1):
        do_action(request, "suspend")
        do_action(request, "resume")
    request.refresh_from_db()
    check_request(request)
    counts = counts_of([request.pk])[request.pk]
    assert counts.notes < MAX_NOTES
    assert counts.by_state == {"held": 4, "ready": 2}
    assert counts.by_name == {
        "a": {"ready": 2},
        "b": {"held": 2},
        "c": {"held": 2},
    }
    assert counts.total == 6


def test_wrong_numbers_are_found_and_corrected(place: Place) -> None:
    request = place.ask(*CHAIN)
    assert recount_tasks(request) == {}
    TaskCount.objects.create(run_request=request, state="done", number=5)
    TaskCount.objects.filter(run_request=request, state="held").delete()
    changes = recount_tasks(request)
    assert changes == {
        (request.pk, "", "done"): -5,
        (request.pk, "", "held"): 2,
    }
    check_request(request)


def test_jobs_have_states_of_their_own(place: Place) -> None:
    request = place.ask(one_task("a"), jobs=3)
    for state in ("failed", "done"):
        [attempt] = place.claim(1)
        place.end(attempt, state)
    states = Job.objects.filter(run_request=request).order_by("index")
    assert [one.state for one in states] == ["errors", "complete", "processing"]
    assert state_now(request) == WorkState.PROCESSING
    place.do(request)
    assert state_now(request) == WorkState.ERRORS
    check_request(RunRequest.objects.get(pk=request.pk))


@pytest.mark.parametrize(
    "present, state",
    [
        ("", "processing"),
        ("held", "processing"),
        ("held done", "processing"),
        ("ready failed", "processing"),
        ("leased suspended", "processing"),
        ("running cancelled", "processing"),
        ("held failed", "errors"),
        ("failed suspended cancelled", "errors"),
        ("suspended cancelled done held", "suspended"),
        ("cancelled done", "cancelled"),
        ("done", "complete"),
    ],
)
def test_the_state_of_work_follows_from_its_tasks(present: str, state: str) -> None:
    assert state_of_work(present.split()) == state
