"""Why a task waits, in one sentence each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from registry.execution.models import Backend, Executor, Task
from registry.execution.waiting import explain, place_in_queue
from tests.execution.work import Place, do_action, one_task, task_of
from tests.factories import ExecutorFactory

pytestmark = pytest.mark.django_db


def _said(task: Task, *, places: bool = True) -> str:
    return explain([Task.objects.get(pk=task.pk)], places=places)[task.pk]


def _change(place: Place, **values: Any) -> None:
    Backend.objects.filter(pk=place.backend.pk).update(**values)


def _asked(place: Place, **offered: Any) -> None:
    """Let an executor have asked for work a moment ago."""
    seen = timezone.now()
    _change(place, last_seen=seen)
    ExecutorFactory(backend=place.backend, seen=seen, **offered)


def _ready(place: Place, **more: Any) -> Task:
    return task_of(place.ask(one_task("a", **more)), "a")


@pytest.mark.parametrize(
    "number, said",
    [
        (1, "It waits for t0."),
        (2, "It waits for t0 and t1."),
        (3, "It waits for t0, t1 and t2."),
        (5, "It waits for t0, t1, t2 and 2 others."),
    ],
)
def test_a_held_task_names_what_it_waits_for(
    place: Place, number: int, said: str
) -> None:
    names = [f"t{at}" for at in range(number)]
    request = place.ask(*map(one_task, names), one_task("last", *names))
    assert _said(task_of(request, "last")) == said


@pytest.mark.parametrize(
    "states, said",
    [
        ({"a": "failed"}, "It needs a, which failed."),
        ({"a": "failed", "b": "failed"}, "It needs a and b, which all failed."),
        ({"a": "failed", "b": "cancelled"}, "It needs a, which failed."),
        ({"a": "cancelled"}, "It needs a, which was cancelled."),
        (
            {"a": "suspended", "b": "suspended"},
            "It needs a and b, which all were suspended.",
        ),
        ({"b": "suspended"}, "It needs b, which was suspended."),
    ],
)
def test_a_held_task_says_what_became_of_what_it_needs(
    place: Place, states: dict[str, str], said: str
) -> None:
    request = place.ask(one_task("a"), one_task("b"), one_task("c", "a", "b"))
    for name, state in states.items():
        if state == "failed":
            place.do(request, name, outcome=state)
        else:
            do_action(request, {"suspended": "suspend"}.get(state, "cancel"), name)
    assert _said(task_of(request, "c")) == said


def test_a_held_task_that_needs_nothing_more_waits_to_be_released(
    place: Place,
) -> None:
    task = _ready(place)
    Task.objects.filter(pk=task.pk).update(state="held")
    assert _said(task) == "It waits to be released."


def test_a_task_that_begins_later_says_when(place: Place) -> None:
    task = _ready(place)
    moment = datetime(2999, 12, 1, 8, 30, tzinfo=UTC)
    Task.objects.filter(pk=task.pk).update(not_before=moment)
    assert _said(task) == "It can begin at 2999-12-01 08:30 UTC."


def test_a_task_for_any_backend_says_so_and_its_place(place: Place) -> None:
    request = place.ask(one_task("a"), one_task("b"), backend=None)
    assert _said(task_of(request, "b")) == (
        "It waits for an executor of any backend. 1 task is before it in the queue."
    )
    said = _said(task_of(request, "b"), places=False)
    assert said == "It waits for an executor of any backend."


def test_flags_of_the_backend_are_named(place: Place) -> None:
    slug = place.backend.slug
    task = _ready(place, needs_database=True)
    since = timezone.now().isoformat()
    _change(place, flags={"maintenance": {"value": True, "since": since}})
    assert _said(task) == f"The database of {slug} is out of use."
    # of what needs no database this is no reason
    other = _ready(place)
    assert _said(other) == f"No executor of {slug} has ever asked for work."
    _change(place, flags={"paused": {"value": True, "since": since}})
    for one in (task, other):
        assert _said(one) == f"Backend {slug} is paused: nothing is given out."


@pytest.mark.parametrize(
    "reason, said", [("an update", ": an update."), ("", "."), (None, ".")]
)
def test_a_window_of_maintenance_says_until_when_and_why(
    place: Place, reason: str | None, said: str
) -> None:
    now = timezone.now()
    window = {
        "begins": (now - timedelta(hours=1)).isoformat(),
        "ends": (now + timedelta(hours=1)).isoformat(),
        **({} if reason is None else {"reason": reason}),
    }
    _change(place, maintenance_windows=[window])
    task = _ready(place, needs_database=True)
    until = f"is out of use until {window['ends']}"
    assert _said(task) == f"The database of {place.backend.slug} {until}{said}"


def test_a_backend_that_is_busy_says_with_how_many(place: Place) -> None:
    _change(place, max_running=1)
    place.ask(one_task("first"))
    assert place.claim()
    task = _ready(place)
    assert _said(task) == (
        f"Backend {place.backend.slug} is busy: it does 1 at a time, no more."
    )


@pytest.mark.parametrize("minutes, is_said", [(1, False), (3, True)])
def test_a_backend_whose_executors_are_silent_says_since_when(
    place: Place, minutes: int, is_said: bool
) -> None:
    seen = timezone.now() - timedelta(minutes=minutes)
    _change(place, last_seen=seen)
    said = (
        f"No executor of {place.backend.slug} has asked for work since "
        f"{seen:%Y-%m-%d %H:%M} UTC."
    )
    assert (_said(_ready(place)) == said) == is_said


@pytest.mark.parametrize(
    "asked, offered, said",
    [
        (
            {"requirements": {"cpu": 16}},
            {"resources": {"cpu": 8}},
            "offers 16 processors: the most is 8.",
        ),
        (
            {"requirements": {"memory": 1.5}},
            {"resources": {"memory": 1}},
            "offers 1.5 GB of memory: the most is 1.",
        ),
        ({"needs_database": True}, {}, "offers its database."),
        (
            {"requirements": {"site": "north"}},
            {"further": {"site": "south"}},
            "offers site north.",
        ),
    ],
)
def test_what_no_executor_offers_is_named(
    place: Place, asked: dict[str, Any], offered: dict[str, Any], said: str
) -> None:
    _asked(place, **{"resources": {}, **offered})
    task = _ready(place, **asked)
    assert _said(task) == f"No executor of {place.backend.slug} {said}"
    # of an executor that offers more than that, it is no reason
    _asked(
        place,
        resources={"cpu": 99, "memory": 99},
        further={"site": "north"},
        database=True,
    )
    assert "No executor" not in _said(task)


def test_an_executor_without_limits_offers_enough(place: Place) -> None:
    _asked(place, resources={"cpu": 1})
    _asked(place, resources={})
    task = _ready(place, requirements={"cpu": 16})
    assert "No executor" not in _said(task)


def test_executors_of_long_ago_offer_nothing(place: Place) -> None:
    _asked(place, resources={"cpu": 1})
    Executor.objects.update(seen=timezone.now() - timedelta(minutes=11))
    assert _said(_ready(place, requirements={"cpu": 16})).startswith("It is the next")


def test_a_task_knows_its_place_in_the_queue(place: Place) -> None:
    _asked(place, resources={})
    first = task_of(place.ask(one_task("a"), priority=0.1), "a")
    second = task_of(place.ask(one_task("a"), priority=0.1), "a")
    third = task_of(place.ask(one_task("a"), priority=0.9), "a")
    assert [place_in_queue(one) for one in (first, second, third)] == [1, 2, 0]
    assert _said(second) == "2 tasks are before it in the queue."
    assert _said(first) == "1 task is before it in the queue."
    assert _said(first, places=False) == "It waits for an executor."
    assert _said(third) == (
        "It is the next one, for an executor that offers 1 processor, "
        "1 GB of memory, 1 GB of disk space, 8 hours."
    )


def test_the_next_task_names_all_that_it_asks_for(place: Place) -> None:
    _asked(place, resources={}, further={"site": "north"}, database=True)
    wanted = {"gpu": 2, "time": 0, "site": "north"}
    task = _ready(place, requirements=wanted, needs_database=True)
    assert _said(task) == (
        "It is the next one, for an executor that offers 1 processor, "
        "2 graphics processors, 1 GB of memory, 1 GB of disk space, site north, "
        "the database."
    )


def test_tasks_that_do_not_wait_say_what_was_said_of_them(place: Place) -> None:
    request = place.ask(*map(one_task, "abcd"))
    place.do(request, "a", outcome="failed", error="Exit code 1.")
    do_action(request, "suspend", "b")
    do_action(request, "cancel", "c")
    place.do(request, "d")
    tasks = list(Task.objects.order_by("index"))
    assert list(explain(tasks).values()) == [
        "Exit code 1.",
        "Somebody suspended it.",
        "Somebody cancelled it.",
        "",
    ]


def test_many_tasks_take_as_many_statements_as_one(
    place: Place, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _change(place, max_running=5)
    names = [f"t{at}" for at in range(20)]
    place.ask(*map(one_task, names), one_task("last", *names))
    tasks = list(Task.objects.order_by("-index"))
    for number in (2, 21):
        # needs, backends, their attempts, and executors
        with django_assert_num_queries(4):
            assert len(explain(tasks[:number], places=False)) == number
