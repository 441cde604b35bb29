"""What holds of run requests in place of tests of the contract of all record types."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.core.duplicates import unique_sets
from registry.execution.models import Job, RunRequest, Task, TaskNeed
from registry.identity.models import User
from tests.api.client import Api, data_of, path_of
from tests.api.contract.base import as_json
from tests.api.execution.conftest import Repository
from tests.execution.work import Place, check_request, one_task, output, task_of
from tests.factories import (
    BackendFactory,
    RunRequestFactory,
    UserFactory,
    values_of,
)
from tests.withdrawing import withdraw

pytestmark = pytest.mark.django_db

LIST = "/api/run_request/"
DESCRIPTION = "What becomes of the reef"


def _body(place: Place, *tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "description": DESCRIPTION,
        "backend": place.backend.slug,
        "tasks": list(tasks) or [one_task("count")],
        **more,
    }


def _stored(shown: dict[str, Any]) -> RunRequest:
    pk = int(shown["url"].rstrip("/").rpartition("/")[2])
    found: RunRequest = RunRequest.objects.get(pk=pk)
    check_request(found)
    return found


def test_the_database_holds_one_request_for_each_name_and_code_run() -> None:
    assert {names for names, _ in unique_sets(RunRequest)} == {
        ("uuid",),
        ("code_run",),
        ("form", "external_id"),
    }


def test_every_field_of_a_full_request_has_a_value_but_actions(place: Place) -> None:
    values = values_of(RunRequestFactory, backend=place.backend, by=place.person)
    body = {name: as_json(one) for name, one in values.items()}
    body |= {
        "repo_url": Repository.current.url,
        "commit": Repository.current.commit,
        "branch": "main",
    }
    shown = data_of(Api(place.person).post(LIST, body), 201)
    empty = {name for name, one in shown.items() if one in (None, [], "")}
    assert empty == {
        *("withdrawn", "requested_actions"),
        # of other interfaces, of runs that are run again, of whole requests
        *("external_id", "rerun_of", "code_run"),
    }


def test_a_request_has_its_tasks_at_once(place: Place) -> None:
    tasks = (
        one_task("b", "a", requirements={"cpu": 2, "site": "north"}),
        one_task("a"),
    )
    shown = data_of(Api(place.person).post(LIST, _body(place, *tasks, jobs=3)), 201)
    request = _stored(shown)
    assert (shown["state"], shown["jobs_made"]) == ("processing", 3)
    assert Job.objects.filter(run_request=request).count() == 3
    first, second = Task.objects.filter(job__index=0).order_by("index")
    # what is needed comes first
    assert [first.name, second.name] == ["a", "b"]
    assert (second.cpu, second.requirements) == (2, {"site": "north"})
    assert list(second.needs.all()) == [first]
    assert TaskNeed.objects.count() == 3
    assert {one.backend for one in Task.objects.all()} == {place.backend}


def _statements(api: Api, body: Any) -> int:
    with CaptureQueriesContext(connection) as queries:
        data_of(api.post(LIST, body), 201)
    return len(queries)


def test_a_post_takes_as_many_statements_for_many_tasks_as_for_one(
    place: Place,
) -> None:
    api = Api(place.person)
    # the root of the files of the registry is there from then on
    _statements(api, _body(place))
    tasks = [[one_task(f"t{at}") for at in range(size)] for size in (1, 2, 40)]
    one, two, forty = (_statements(api, _body(place, *some)) for some in tasks)
    assert one == two == forty


def test_each_further_request_of_a_list_takes_as_many_statements(place: Place) -> None:
    api = Api(place.person)
    _statements(api, [_body(place)])
    counts = [
        _statements(api, [_body(place, one_task(f"{size}-{at}")) for at in range(size)])
        for size in (1, 2, 3)
    ]
    first, second, third = counts
    assert third - second == second - first < first


@pytest.mark.parametrize(
    "given, fields",
    [
        ({"tasks": []}, ["requested_actions", "tasks"]),
        ({"requested_actions": ["run_all"]}, ["requested_actions", "tasks"]),
        ({"commit": "c" * 40}, ["repo_url"]),
        ({"repo_url": "/srv/study"}, ["commit"]),
        ({"commit": "c"}, ["commit"]),
        ({"tasks": [], "requested_actions": ["a"]}, ["repo_url"]),
        ({"tasks": [one_task("a", "a")]}, ["tasks"]),
        ({"tasks": [one_task("a", "b")]}, ["tasks"]),
        ({"tasks": [one_task("a", "b"), one_task("b", "a")]}, ["tasks"]),
        ({"tasks": [one_task("a"), one_task("a")]}, ["tasks"]),
        ({"tasks": [{"name": "a"}]}, ["tasks"]),
        ({"tasks": [one_task("a", colour="red")]}, ["tasks"]),
        ({"tasks": [one_task("a", requirements={"cpu": "many"})]}, ["tasks"]),
        (
            {"tasks": [one_task("a", inputs=[{"path": "x", "data_product": "a:b@1"}])]},
            ["tasks"],
        ),
        ({"jobs": 0}, ["jobs"]),
        ({"jobs": 1_000_001}, ["jobs"]),
        ({"priority": 2}, ["priority"]),
        ({"max_losses": 101}, ["max_losses"]),
        ({"environment": {"A B": "x"}}, ["environment"]),
        ({"publish": [{"task": "count"}]}, ["publish"]),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    place: Place, given: dict[str, Any], fields: list[str]
) -> None:
    answer = Api(place.person).post(LIST, {**_body(place), **given})
    assert sorted(data_of(answer, 400)) == fields
    assert not RunRequest.objects.exists()
    assert not Task.objects.exists()


def test_a_commit_that_is_not_there_is_refused(place: Place) -> None:
    body = _body(place, repo_url=Repository.current.url, commit="c" * 40)
    assert data_of(Api(place.person).post(LIST, body), 400)
    elsewhere = _body(place, repo_url="/etc/study", commit="c" * 40)
    assert list(data_of(Api(place.person).post(LIST, elsewhere), 400)) == ["repo_url"]


# --- who can ask ---------------------------------------------------------------------


@pytest.mark.parametrize("who", ["granted", "curator", "administrator", "owner"])
def test_who_has_the_use_of_a_backend_asks(place: Place, who: str) -> None:
    people: dict[str, User] = {
        "granted": place.person,
        "curator": UserFactory(roles=["curator"]),
        "administrator": UserFactory(is_superuser=True),
        "owner": place.backend.registered_by,
    }
    _stored(data_of(Api(people[who]).post(LIST, _body(place)), 201))


def test_others_cannot_ask(place: Place) -> None:
    for person in (UserFactory(), place.executor):
        for body in (_body(place), _body(place, backend=None)):
            answer = data_of(Api(person).post(LIST, body), 403)
            assert "can grant you the use `request`" in answer["detail"]
    assert Api().post(LIST, _body(place)).status_code == 403
    assert not RunRequest.objects.exists()


def test_of_a_list_the_refusals_are_by_number(place: Place) -> None:
    other = BackendFactory()
    bodies = [_body(place), _body(place, backend=other.slug)]
    first, second = data_of(Api(place.person).post(LIST, bodies), 403)
    assert first == {}
    assert other.slug in second["detail"]
    assert not RunRequest.objects.exists()


def test_a_withdrawn_backend_takes_no_requests(place: Place) -> None:
    withdraw(place.backend)
    answer = Api(place.person).post(LIST, _body(place))
    assert "is withdrawn" in data_of(answer, 409)["detail"]


def test_what_was_asked_for_is_not_changed(place: Place) -> None:
    request = place.ask(one_task("a", outputs=[output("table")]))
    api = Api(place.person)
    other = {
        "tasks": [one_task("b")],
        "jobs": 2,
        "environment": {"A": "1"},
        "priority": 0.9,
        "provenance": "request",
        "backend": None,
    }
    for name, value in other.items():
        answer = api.call("PATCH", path_of(request), {name: value})
        assert name in data_of(answer, 409)["detail"]
    wanted = [
        {"task": "a", "output": "table", "namespace": "lab", "name": "table"},
    ]
    changes = {"max_losses": 7, "publish": wanted, "record_failures": True}
    shown = data_of(api.call("PATCH", path_of(request), changes))
    assert {name: shown[name] for name in changes} == changes
    assert task_of(request, "a").state == "ready"


def test_what_stays_on_its_backend_cannot_be_published(place: Place) -> None:
    body = {
        "description": "leak",
        "backend": place.backend.slug,
        "tasks": [one_task("a", outputs=[output("t", "highly_sensitive")])],
        "publish": [{"task": "a", "output": "t", "namespace": "lab", "name": "t"}],
    }
    errors = data_of(Api(place.person).post("/api/run_request/", body), 400)
    assert errors == {
        "publish": ["[0].output: t is highly sensitive, and stays on its backend."]
    }


def test_a_word_that_is_none_of_the_choices_is_told_which_there_are(
    place: Place,
) -> None:
    body = {
        "description": "x",
        "backend": place.backend.slug,
        "tasks": [one_task("a")],
        "on_failed_need": "explode",
    }
    errors = data_of(Api(place.person).post("/api/run_request/", body), 400)
    assert errors == {"on_failed_need": ["explode is none of fail, hold."]}


@pytest.mark.parametrize("name", [".", ".."])
def test_a_task_is_not_called_like_a_folder(place: Place, name: str) -> None:
    body = {
        "description": "x",
        "backend": place.backend.slug,
        "tasks": [{"name": name, "command": ["true"]}],
    }
    assert list(data_of(Api(place.person).post("/api/run_request/", body), 400)) == [
        "tasks"
    ]
