"""What executors are given: which tasks, in which order, and who is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from registry.core.models import Event
from registry.execution.models import (
    Attempt,
    Backend,
    BackendGrant,
    Executor,
    Task,
)
from registry.identity.models import User
from tests.api.client import Api, data_of, url_of
from tests.api.execution.executors import (
    CLAIM,
    claim,
    complete,
    names_of,
    report_of,
)
from tests.execution.work import (
    Place,
    keep,
    new_place,
    one_task,
    states_of,
    task_of,
    written,
)
from tests.factories import UserFactory, sha1
from tests.withdrawing import withdraw

pytestmark = pytest.mark.django_db


def test_a_claim_has_all_that_an_executor_needs(place: Place) -> None:
    task = one_task(
        "b",
        image="python:3.12",
        environment={"SEED": "2"},
        requirements={"memory": 2, "time": 0.5, "disk": 3},
        outputs=[],
    )
    request = place.ask(task, environment={"SEED": "1", "MODE": "fast"})
    [given] = claim(place)
    attempt = Attempt.objects.get()
    assert given == {
        "task": url_of(task_of(request, "b")),
        "attempt": url_of(attempt),
        "lease": str(attempt.lease),
        "number": 1,
        "name": "b",
        "repo_url": None,
        "commit": None,
        "command": ["run", "b"],
        "image": "python:3.12",
        "environment": {"JOB_INDEX": "0", "SEED": "2", "MODE": "fast"},
        "inputs": [],
        "outputs": [],
        "limits": {
            "seconds": 1800,
            "memory": 2 * 10**9,
            "output": 3 * 10**9,
            "log": 100_000_000,
        },
        "needs": {"cpu": 1.0, "gpu": 0.0, "memory": 2.0, "disk": 3.0, "time": 0.5},
        "leaving": place.backend.leaving,
        "hidden": ["highly_sensitive"],
        "kept": f"task-{attempt.task_id}-1",
    }
    event = Event.objects.filter(action="tasks_claimed").latest("pk")
    assert (event.by, event.subject) == (place.executor, "node-1")


def test_a_claim_names_what_its_needs_wrote(place: Place) -> None:
    request = place.ask(one_task("a", outputs=[]), one_task("b", "a"))
    stored = keep(b"a", by=place.executor).sha1
    outputs = [
        written("table", stored),
        written("kept", sha1(1), "moderately_sensitive"),
        written("people", "", "highly_sensitive"),
    ]
    place.do(request, "a", outputs=outputs)
    [given] = claim(place)
    folder = f"task-{task_of(request, 'a').pk}-1"
    assert given["inputs"] == [
        {
            "path": "output/table.csv",
            "sha1": stored,
            "size": 5,
            "url": f"http://testserver/api/attempt/input/{given['lease']}/{stored}",
        },
        {
            "path": "output/kept.csv",
            "sha1": sha1(1),
            "kept": folder,
            "name": "kept",
            "level": "moderately_sensitive",
        },
        {"kept": folder, "name": "", "level": "highly_sensitive"},
    ]


@pytest.mark.parametrize("who", ["person", "administrator", "owner", "elsewhere"])
def test_only_accounts_with_a_grant_do_the_work(place: Place, who: str) -> None:
    place.ask()
    accounts: dict[str, User] = {
        "person": place.person,
        "administrator": UserFactory(is_superuser=True),
        "owner": place.backend.registered_by,
        "elsewhere": new_place().executor,
    }
    body = {"backend": place.backend.slug, "host": "node-1", "slots": 1}
    answer = data_of(Api(accounts[who]).post(CLAIM, body), 403)
    assert "grant it the use `execute`" in answer["detail"]
    assert data_of(Api().post(CLAIM, body), 403)
    assert not Attempt.objects.exists()


def test_a_withdrawn_grant_is_none(place: Place) -> None:
    withdraw(BackendGrant.objects.get(user=place.executor))
    body = {"backend": place.backend.slug, "host": "node-1", "slots": 1}
    assert Api(place.executor).post(CLAIM, body).status_code == 403


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"backend": "nowhere"}, "backend"),
        ({"slots": 0}, "slots"),
        ({"slots": 1001}, "slots"),
        ({"host": ""}, "host"),
        ({"resources": {"cpus": 1}}, "resources"),
        ({"resources": {"cpu": -1}}, "resources.cpu"),
        ({"further": {"site": ["x"]}}, "further.site"),
        ({"database": "perhaps"}, "database"),
    ],
)
def test_a_claim_that_makes_no_sense_is_refused(
    place: Place, wrong: dict[str, Any], field: str
) -> None:
    body = {"backend": place.backend.slug, "host": "node-1", "slots": 1, **wrong}
    assert list(data_of(Api(place.executor).post(CLAIM, body), 400)) == [field]


def test_a_withdrawn_backend_gives_out_nothing(place: Place) -> None:
    place.ask()
    withdraw(place.backend)
    body = {"backend": place.backend.slug, "host": "node-1", "slots": 1}
    detail = data_of(Api(place.executor).post(CLAIM, body), 409)["detail"]
    assert f"Backend {place.backend.slug} is withdrawn" in detail


def test_tasks_of_a_higher_priority_are_given_out_first(place: Place) -> None:
    for name, priority in (("low", 0.1), ("high", 0.9), ("low too", 0.1)):
        place.ask(one_task(name), priority=priority)
    assert names_of(claim(place, 2)) == ["high", "low"]
    assert names_of(claim(place)) == ["low too"]
    assert claim(place) == []


@pytest.mark.parametrize(
    "offered, names",
    [
        ({}, "small large long"),
        ({"cpu": 1}, "small long"),
        ({"cpu": 8}, "small large"),
        ({"cpu": 9}, "small large"),
        ({"cpu": 10}, "small large long"),
        ({"time": 8}, "small large"),
        ({"memory": 0.5}, ""),
    ],
)
def test_tasks_fit_beside_each_other(
    place: Place, offered: dict[str, float], names: str
) -> None:
    place.ask(
        one_task("small", requirements={"cpu": 0.5 if offered.get("cpu") == 1 else 1}),
        one_task("large", requirements={"cpu": 7}),
        one_task(
            "long",
            requirements={"cpu": 0.5 if offered.get("cpu") == 1 else 2, "time": 24},
        ),
    )
    assert names_of(claim(place, resources=offered)) == names.split()


def test_a_task_that_does_not_fit_holds_back_no_other(place: Place) -> None:
    place.ask(one_task("huge", requirements={"cpu": 64}), priority=1)
    place.ask(*(one_task(f"t{at}") for at in range(120)))
    given = claim(place, 3, resources={"cpu": 2})
    assert names_of(given) == ["t0", "t1"]


@pytest.mark.parametrize(
    "further, names",
    [
        ({}, ["any"]),
        ({"site": "south"}, ["any"]),
        ({"site": "north"}, ["any", "north"]),
    ],
)
def test_further_requirements_are_met(
    place: Place, further: dict[str, str], names: list[str]
) -> None:
    place.ask(one_task("any"), one_task("north", requirements={"site": "north"}))
    assert names_of(claim(place, further=further)) == names


def test_the_database_is_read_by_executors_that_have_it(place: Place) -> None:
    place.ask(*(one_task(f"t{at}", needs_database=at < 3) for at in range(4)))
    assert names_of(claim(place)) == ["t3"]
    Backend.objects.update(max_database=2)
    assert names_of(claim(place, database=True)) == ["t0", "t1"]
    assert claim(place, database=True) == []
    Backend.objects.update(max_database=None)
    assert names_of(claim(place, database=True)) == ["t2"]


def test_no_more_tasks_run_than_the_backend_does_at_a_time(place: Place) -> None:
    Backend.objects.filter(pk=place.backend.pk).update(max_running=3)
    request = place.ask(*(one_task(f"t{at}") for at in range(5)))
    given = claim(place, 2) + claim(place)
    assert len(given) == 3
    assert claim(place) == []
    complete(place, report_of(given[0]))
    assert names_of(claim(place)) == ["t3"]
    assert states_of(request)["t4"] == "ready"


def test_a_paused_backend_gives_out_nothing(place: Place) -> None:
    place.ask()
    flag = {"paused": {"value": True, "since": timezone.now().isoformat()}}
    Backend.objects.filter(pk=place.backend.pk).update(flags=flag)
    assert claim(place) == []
    Backend.objects.filter(pk=place.backend.pk).update(flags={})
    assert len(claim(place)) == 1


def test_a_task_begins_when_it_may(place: Place) -> None:
    place.ask()
    later = timezone.now() + timedelta(hours=1)
    Task.objects.update(not_before=later)
    assert claim(place) == []
    Task.objects.update(not_before=timezone.now())
    assert len(claim(place)) == 1


def test_tasks_for_any_backend_come_from_people_who_may_ask_there(
    place: Place,
) -> None:
    other = new_place()
    place.ask(one_task("mine"), backend=None)
    other.ask(one_task("theirs"), backend=None)
    place.ask(one_task("here"))
    assert names_of(claim(place)) == ["here", "mine"]
    assert names_of(claim(other)) == ["theirs"]


def test_tasks_for_any_backend_take_what_the_others_leave(place: Place) -> None:
    place.ask(one_task("here", requirements={"cpu": 3}))
    place.ask(one_task("anywhere", requirements={"cpu": 3}), backend=None)
    assert names_of(claim(place, resources={"cpu": 4})) == ["here"]
    assert names_of(claim(place, resources={"cpu": 4})) == ["anywhere"]


def test_the_same_key_gets_the_same_tasks(place: Place) -> None:
    place.ask(*(one_task(f"t{at}") for at in range(4)))
    key = {"headers": {"idempotency_key": "claim-1"}}
    first = claim(place, 2, **key)
    assert names_of(first) == ["t0", "t1"]
    assert claim(place, 2, **key) == first
    assert names_of(claim(place, 2)) == ["t2", "t3"]
    assert Attempt.objects.count() == 4


def test_what_an_executor_offers_is_noted(place: Place) -> None:
    offer = {"resources": {"cpu": 2}, "further": {"site": "north"}, "database": True}
    claim(place, 3, total={"cpu": 8}, **offer)
    executor = Executor.objects.get()
    assert (executor.host, executor.account) == ("node-1", place.executor)
    assert (executor.slots, executor.resources) == (3, {"cpu": 8.0})
    assert (executor.further, executor.database) == ({"site": "north"}, True)
    # every few seconds is enough
    claim(place, 1)
    assert Executor.objects.get().slots == 3
    Executor.objects.update(seen=timezone.now() - timedelta(seconds=9))
    claim(place, 1)
    executor = Executor.objects.get()
    assert (executor.slots, executor.resources) == (1, {})
    place.backend.refresh_from_db()
    assert place.backend.last_seen is not None


def test_a_misspelt_offer_is_refused(place: Place) -> None:
    body = {"backend": place.backend.slug, "host": "h", "slots": 1, "resource": {}}
    answer = Api(place.executor).post("/api/backend/claim/", body)
    assert list(data_of(answer, 400)) == ["resource"]
