"""What people do with the tasks of a run request, and how far it is."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from registry.core.models import Event
from registry.execution.actions import ACTIONS
from registry.execution.models import RunRequest, Task
from registry.identity.models import User
from tests.api.client import Api, data_of, path_of, url_of
from tests.execution.work import (
    Place,
    check_request,
    one_task,
    state_now,
    states_of,
    task_of,
)
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

CHAIN = (one_task("a"), one_task("b", "a"), one_task("c"))
EVERY_ACTION = pytest.mark.parametrize("name", sorted(ACTIONS))


def _path(request: RunRequest, name: str) -> str:
    return f"{path_of(request)}{name}/"


def _direct(
    by: User, request: RunRequest, action: str, **chosen: Any
) -> dict[str, Any]:
    answer = Api(by).post(_path(request, action), chosen)
    shown: dict[str, Any] = data_of(answer)
    assert shown["run_request"] == url_of(request)
    assert shown["state"] == state_now(request)
    check_request(RunRequest.objects.get(pk=request.pk))
    return shown


def _at_work(place: Place) -> RunRequest:
    """Return a request of which `a` is done, `b` runs, and `c` failed."""
    request = place.ask(*CHAIN)
    place.do(request, "a")
    place.start(*place.claim_of(request, "b"))
    place.do(request, "c", outcome="failed")
    assert states_of(request) == {"a": "done", "b": "running", "c": "failed"}
    return request


@pytest.mark.parametrize(
    "name, states, changed, state",
    [
        ("suspend", "done suspended failed", 1, "errors"),
        ("resume", "done running failed", 0, "processing"),
        ("reset", "done ready ready", 2, "processing"),
        ("hard_reset", "ready held ready", 3, "processing"),
        ("cancel", "done cancelled failed", 1, "errors"),
        ("run_again", "done running ready", 1, "processing"),
    ],
)
def test_each_action_does_what_it_says(
    place: Place, name: str, states: str, changed: int, state: str
) -> None:
    request = _at_work(place)
    shown = _direct(place.person, request, name)
    assert list(states_of(request).values()) == states.split()
    assert (shown["changed"], shown["state"]) == (changed, state)
    events = Event.objects.filter(kind="run_request", record_id=request.pk, by=None)
    assert not events.exists()
    mine = Event.objects.filter(kind="run_request", record_id=request.pk)
    done = mine.filter(action=ACTIONS[name].verb.name)
    assert [one.by for one in done] == [place.person] * bool(changed)
    if changed:
        assert done.get().detail["number"] == changed


def test_what_was_suspended_goes_on(place: Place) -> None:
    request = place.ask(*CHAIN)
    assert _direct(place.person, request, "suspend")["changed"] == 3
    assert state_now(request) == "suspended"
    assert place.claim() == []
    assert _direct(place.person, request, "resume")["changed"] == 3
    assert states_of(request) == {"a": "ready", "b": "held", "c": "ready"}


def test_running_again_takes_all_that_depends_on_it(place: Place) -> None:
    request = place.ask(*CHAIN, on_failed_need="fail")
    place.do(request, "a", outcome="failed")
    place.do(request, "c")
    assert _direct(place.person, request, "run_again")["changed"] == 2
    assert states_of(request) == {"a": "ready", "b": "held", "c": "done"}


@pytest.mark.parametrize(
    "chosen, changed",
    [
        ({"tasks": "a"}, "a"),
        ({"name": "c"}, "c"),
        ({"state": "held"}, "b"),
        ({"jobs": True}, "abc"),
        ({"name": "nothing"}, ""),
        ({"tasks": "ab", "state": "ready"}, "a"),
    ],
)
def test_tasks_are_chosen(place: Place, chosen: dict[str, Any], changed: str) -> None:
    request, other = place.ask(*CHAIN), place.ask(*CHAIN)
    first = task_of(request, "a")
    body: dict[str, Any] = dict(chosen)
    if "tasks" in body:
        body["tasks"] = [task_of(request, name).pk for name in chosen["tasks"]]
        # those of other requests are none of this one
        body["tasks"].append(task_of(other, "a").pk)
    if "jobs" in body:
        body["jobs"] = [first.job_id]
    assert _direct(place.person, request, "cancel", **body)["changed"] == len(changed)
    found = {n for n, state in states_of(request).items() if state == "cancelled"}
    assert found == {*changed}
    assert set(states_of(other).values()) == {"ready", "held"}


@pytest.mark.parametrize(
    "body, field",
    [
        ({"tasks": "all"}, "tasks"),
        ({"tasks": [0]}, "tasks"),
        ({"state": "asleep"}, "state"),
        ({"jobs": ["x"]}, "jobs"),
        ({"name": "x" * 1025}, "name"),
    ],
)
def test_what_chooses_no_tasks_is_refused(
    place: Place, body: dict[str, Any], field: str
) -> None:
    request = place.ask()
    answer = Api(place.person).post(_path(request, "cancel"), body)
    assert list(data_of(answer, 400)) == [field]
    assert states_of(request) == {"count": "ready"}


@EVERY_ACTION
def test_only_those_who_look_after_it_direct_a_request(place: Place, name: str) -> None:
    request = _at_work(place)
    before = states_of(request)
    strangers = [Api(UserFactory()), Api(place.executor), Api()]
    for api in strangers:
        answer = api.post(_path(request, name), {})
        assert list(data_of(answer, 403)) == ["detail"]
    assert states_of(request) == before
    owner = place.backend.registered_by
    for person in (place.person, UserFactory(roles=["curator"]), owner):
        _direct(person, request, name)


@EVERY_ACTION
def test_a_request_that_is_not_there_is_not_found(place: Place, name: str) -> None:
    api = Api(UserFactory(is_superuser=True))
    assert list(data_of(api.post(f"/api/run_request/7/{name}/", {}), 404)) == ["detail"]
    assert api.get(f"/api/run_request/7/{name}/").status_code == 405


def test_what_nobody_can_do_is_not_found(place: Place) -> None:
    request = place.ask()
    assert Api(place.person).post(_path(request, "explode"), {}).status_code == 404


def test_the_same_key_directs_once(place: Place) -> None:
    request = place.ask()
    api, key = Api(place.person), {"idempotency_key": "stop"}
    first = data_of(api.post(_path(request, "suspend"), {}, **key))
    data_of(api.post(_path(request, "resume"), {}))
    assert data_of(api.post(_path(request, "suspend"), {}, **key)) == first
    assert states_of(request) == {"count": "ready"}
    answer = api.post(_path(request, "cancel"), {}, **key)
    assert answer.status_code == 422


# --- priority ------------------------------------------------------------------------


def test_the_priority_of_a_request_is_that_of_its_tasks(place: Place) -> None:
    request = place.ask(*CHAIN)
    shown = data_of(
        Api(place.person).post(_path(request, "priority"), {"priority": 0.9})
    )
    assert shown["priority"] == 0.9
    assert {one.priority for one in Task.objects.all()} == {0.9}
    event = Event.objects.get(action="priority_set")
    assert event.changes == {"priority": [0.5, 0.9]}
    Api(place.person).post(_path(request, "priority"), {"priority": 0.9})
    assert Event.objects.filter(action="priority_set").count() == 1


@pytest.mark.parametrize("priority", [-0.1, 1.1, "high", None])
def test_a_priority_is_a_number_from_0_to_1(place: Place, priority: Any) -> None:
    path = _path(place.ask(), "priority")
    answer = Api(place.person).post(path, {"priority": priority})
    assert list(data_of(answer, 400)) == ["priority"]


def test_strangers_set_no_priority(place: Place) -> None:
    path = _path(place.ask(), "priority")
    for api in (Api(UserFactory()), Api()):
        assert api.post(path, {"priority": 1}).status_code == 403
    missing = Api(place.person).post("/api/run_request/7/priority/", {"priority": 1})
    assert missing.status_code == 404


# --- progress and graph --------------------------------------------------------------


def test_progress_says_how_far_a_request_is(
    place: Place, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    request = place.ask(*CHAIN, jobs=2)
    [attempt] = place.claim(1)
    place.end(attempt)
    # the request, and its numbers
    with django_assert_num_queries(2):
        shown = data_of(Api().get(_path(request, "progress")))
    request.refresh_from_db()
    assert shown == {
        "run_request": url_of(request),
        "state": "processing",
        "state_changed": request.state_changed.isoformat().replace("+00:00", "Z"),
        "jobs": 2,
        "jobs_made": 2,
        "tasks": 6,
        "by_state": {"held": 1, "ready": 4, "done": 1},
        "by_name": {
            "a": {"ready": 1, "done": 1},
            "b": {"held": 1, "ready": 1},
            "c": {"ready": 2},
        },
    }
    assert Api().get("/api/run_request/7777/progress/").status_code == 404


def test_a_graph_has_the_tasks_of_a_job_and_the_longest_chain(place: Place) -> None:
    request = place.ask(*CHAIN, jobs=2)
    shown = data_of(Api().get(_path(request, "graph")))["tasks"]
    tasks = {name: task_of(request, name) for name in "abc"}
    by_name = {one["name"]: one for one in shown}
    assert {name: one["task"] for name, one in by_name.items()} == {
        name: url_of(task) for name, task in tasks.items()
    }
    assert [by_name[n]["needs"] for n in "abc"] == [[], [url_of(tasks["a"])], []]
    assert [by_name[n]["is_critical"] for n in "abc"] == [True, True, False]
    assert {one["seconds"] for one in shown} == {None}
    for one in place.claim_of(request, "a"):
        place.end(one)
    first = data_of(Api().get(_path(request, "graph"), {"job": 1}))["tasks"][0]
    assert (first["state"], first["seconds"] is not None) == ("done", True)
    for job in ("2", "-1", "x"):
        assert Api().get(_path(request, "graph"), {"job": job}).status_code == 404


def test_a_page_of_tasks_takes_as_many_statements_for_one_as_for_thirty(
    place: Place, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for size in (1, 30):
        place.ask(*(one_task(f"t{at}") for at in range(size)))
        # tasks, what they need; those that wait, what of, their backends and executors
        with django_assert_num_queries(6):
            page = data_of(Api().get("/api/task/"))
        assert page["count"] >= size
    assert page["results"][0]["message"].startswith("No executor of")


@pytest.mark.parametrize("name", ["task", "foo"])
def test_a_misspelt_choice_of_tasks_does_nothing(place: Place, name: str) -> None:
    request = place.ask(one_task("a"), one_task("b"))
    path = f"/api/run_request/{request.pk}/suspend/"
    errors = data_of(Api(place.person).post(path, {name: [1]}), 400)
    assert errors == {
        name: ["There is no such field here: use tasks, jobs, state, name."]
    }
    assert {one.state for one in Task.objects.all()} == {"ready"}
