"""What executors ask and report: claims, signs of life, outcomes, files and logs."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from registry.core.models import Event
from registry.execution import leases, scheduler
from registry.execution.models import (
    Attempt,
    AttemptLog,
    Backend,
    BackendGrant,
    Executor,
    Task,
)
from registry.execution.scheduler import tick
from registry.identity.models import User
from registry.runs.models import CodeRun
from tests.api.client import Api, content_of, data_of, url_of
from tests.execution.work import (
    Place,
    check_all,
    do_action,
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

CLAIM, HEARTBEAT = "/api/backend/claim/", "/api/attempt/heartbeat/"
COMPLETE = "/api/attempt/complete/"


def _claim(place: Place, slots: int = 100, **more: Any) -> list[dict[str, Any]]:
    body = {"backend": place.backend.slug, "host": "node-1", "slots": slots}
    headers = more.pop("headers", {})
    answer = Api(place.executor).post(CLAIM, {**body, **more}, **headers)
    shown = data_of(answer)
    assert shown["lease_seconds"] == 60
    check_all()
    found: list[dict[str, Any]] = shown["attempts"]
    return found


def _names(given: list[dict[str, Any]]) -> list[str]:
    return [one["name"] for one in given]


def _beat(place: Place, *leases: str, **more: Any) -> list[dict[str, str]]:
    signs = [{"lease": one, "stage": "running", **more} for one in leases]
    shown = data_of(Api(place.executor).post(HEARTBEAT, {"attempts": signs}))
    stop: list[dict[str, str]] = shown["stop"]
    check_all()
    return stop


def _complete(place: Place, *reports: dict[str, Any], status: int = 200) -> Any:
    answer = Api(place.executor).post(COMPLETE, {"attempts": list(reports)})
    found = data_of(answer, status)
    check_all()
    return found["attempts"] if status == 200 else found


def _report(given: dict[str, Any], outcome: str = "done", **more: Any) -> Any:
    return {"lease": given["lease"], "outcome": outcome, **more}


def _lose(given: dict[str, Any]) -> None:
    """Let a lease have ended."""
    past = timezone.now() - timedelta(seconds=1)
    Attempt.objects.filter(lease=given["lease"]).update(leased_until=past)
    tick()


# --- claims --------------------------------------------------------------------------


def test_a_claim_has_all_that_an_executor_needs(place: Place) -> None:
    request = place.ask(
        one_task("a", outputs=[]),
        one_task(
            "b",
            "a",
            image="python:3.12",
            environment={"SEED": "2"},
            requirements={"memory": 2, "time": 0.5, "disk": 3},
        ),
        environment={"SEED": "1", "MODE": "fast"},
    )
    stored = keep(b"a", by=place.executor).sha1
    outputs = [
        written("table", stored),
        written("kept", sha1(1), "moderately_sensitive"),
        written("people", "", "highly_sensitive"),
    ]
    place.do(request, "a", outputs=outputs)
    [given] = _claim(place)
    task = task_of(request, "b")
    attempt = Attempt.objects.get(task=task)
    before = f"task-{task_of(request, 'a').pk}-1"
    assert given == {
        "task": url_of(task),
        "attempt": url_of(attempt),
        "lease": str(attempt.lease),
        "number": 1,
        "name": "b",
        "repo_url": None,
        "commit": None,
        "command": ["run", "b"],
        "image": "python:3.12",
        "environment": {"JOB_INDEX": "0", "SEED": "2", "MODE": "fast"},
        "inputs": [
            {
                "path": "output/table.csv",
                "sha1": stored,
                "size": 5,
                "url": f"http://testserver/api/attempt/input/{attempt.lease}/{stored}",
            },
            {
                "path": "output/kept.csv",
                "sha1": sha1(1),
                "kept": before,
                "name": "kept",
                "level": "moderately_sensitive",
            },
            {"kept": before, "name": "", "level": "highly_sensitive"},
        ],
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
        "kept": f"task-{task.pk}-1",
    }
    event = Event.objects.filter(action="tasks_claimed").latest("pk")
    assert (event.by, event.subject) == (place.executor, "node-1")


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
    assert _names(_claim(place, 2)) == ["high", "low"]
    assert _names(_claim(place)) == ["low too"]
    assert _claim(place) == []


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
    assert _names(_claim(place, resources=offered)) == names.split()


def test_a_task_that_does_not_fit_holds_back_no_other(place: Place) -> None:
    place.ask(one_task("huge", requirements={"cpu": 64}), priority=1)
    place.ask(*(one_task(f"t{at}") for at in range(120)))
    given = _claim(place, 3, resources={"cpu": 2})
    assert _names(given) == ["t0", "t1"]


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
    assert _names(_claim(place, further=further)) == names


def test_the_database_is_read_by_executors_that_have_it(place: Place) -> None:
    place.ask(*(one_task(f"t{at}", needs_database=at < 3) for at in range(4)))
    assert _names(_claim(place)) == ["t3"]
    Backend.objects.update(max_database=2)
    assert _names(_claim(place, database=True)) == ["t0", "t1"]
    assert _claim(place, database=True) == []
    Backend.objects.update(max_database=None)
    assert _names(_claim(place, database=True)) == ["t2"]


def test_no_more_tasks_run_than_the_backend_does_at_a_time(place: Place) -> None:
    Backend.objects.filter(pk=place.backend.pk).update(max_running=3)
    request = place.ask(*(one_task(f"t{at}") for at in range(5)))
    given = _claim(place, 2) + _claim(place)
    assert len(given) == 3
    assert _claim(place) == []
    _complete(place, _report(given[0]))
    assert _names(_claim(place)) == ["t3"]
    assert states_of(request)["t4"] == "ready"


def test_a_paused_backend_gives_out_nothing(place: Place) -> None:
    place.ask()
    flag = {"paused": {"value": True, "since": timezone.now().isoformat()}}
    Backend.objects.filter(pk=place.backend.pk).update(flags=flag)
    assert _claim(place) == []
    Backend.objects.filter(pk=place.backend.pk).update(flags={})
    assert len(_claim(place)) == 1


def test_a_task_begins_when_it_may(place: Place) -> None:
    place.ask()
    later = timezone.now() + timedelta(hours=1)
    Task.objects.update(not_before=later)
    assert _claim(place) == []
    Task.objects.update(not_before=timezone.now())
    assert len(_claim(place)) == 1


def test_tasks_for_any_backend_come_from_people_who_may_ask_there(
    place: Place,
) -> None:
    other = new_place()
    place.ask(one_task("mine"), backend=None)
    other.ask(one_task("theirs"), backend=None)
    place.ask(one_task("here"))
    assert _names(_claim(place)) == ["here", "mine"]
    assert _names(_claim(other)) == ["theirs"]


def test_tasks_for_any_backend_take_what_the_others_leave(place: Place) -> None:
    place.ask(one_task("here", requirements={"cpu": 3}))
    place.ask(one_task("anywhere", requirements={"cpu": 3}), backend=None)
    assert _names(_claim(place, resources={"cpu": 4})) == ["here"]
    assert _names(_claim(place, resources={"cpu": 4})) == ["anywhere"]


def test_the_same_key_gets_the_same_tasks(place: Place) -> None:
    place.ask(*(one_task(f"t{at}") for at in range(4)))
    key = {"headers": {"idempotency_key": "claim-1"}}
    first = _claim(place, 2, **key)
    assert _names(first) == ["t0", "t1"]
    assert _claim(place, 2, **key) == first
    assert _names(_claim(place, 2)) == ["t2", "t3"]
    assert Attempt.objects.count() == 4


def test_what_an_executor_offers_is_noted(place: Place) -> None:
    offer = {"resources": {"cpu": 2}, "further": {"site": "north"}, "database": True}
    _claim(place, 3, total={"cpu": 8}, **offer)
    executor = Executor.objects.get()
    assert (executor.host, executor.account) == ("node-1", place.executor)
    assert (executor.slots, executor.resources) == (3, {"cpu": 8.0})
    assert (executor.further, executor.database) == ({"site": "north"}, True)
    # every few seconds is enough
    _claim(place, 1)
    assert Executor.objects.get().slots == 3
    Executor.objects.update(seen=timezone.now() - timedelta(seconds=9))
    _claim(place, 1)
    executor = Executor.objects.get()
    assert (executor.slots, executor.resources) == (1, {})
    place.backend.refresh_from_db()
    assert place.backend.last_seen is not None


# --- signs of life -------------------------------------------------------------------


def test_a_sign_of_life_renews_a_lease_and_starts_a_task(place: Place) -> None:
    request = place.ask()
    [given] = _claim(place)
    assert _beat(place, given["lease"], stage="preparing") == []
    assert states_of(request) == {"count": "leased"}
    assert _beat(place, given["lease"], stage="running") == []
    attempt = Attempt.objects.get()
    task = task_of(request, "count")
    assert (task.state, task.started) == ("running", attempt.started)
    started = attempt.started
    assert _beat(place, given["lease"], stage="uploading") == []
    attempt.refresh_from_db()
    assert (attempt.stage, attempt.started) == ("uploading", started)


@pytest.mark.parametrize("action", ["suspend", "cancel", "reset"])
def test_an_executor_is_told_what_to_stop(place: Place, action: str) -> None:
    request = place.ask(one_task("a"), one_task("b"))
    given = _claim(place)
    do_action(request, action, "a")
    done = {"suspend": "suspended", "cancel": "cancelled", "reset": "reset"}
    # who it was, the history of the request says
    reason = f"Somebody {done[action]} it."
    stop = _beat(place, *(one["lease"] for one in given))
    assert stop == [{"lease": given[0]["lease"], "reason": reason}]


def test_leases_of_others_are_unknown(place: Place) -> None:
    place.ask()
    [given] = _claim(place)
    until = Attempt.objects.get().leased_until
    other = new_place()
    [stop] = _beat(other, given["lease"])
    assert stop["reason"] == "The registry knows no such lease of yours."
    assert Attempt.objects.get().leased_until == until


# --- outcomes ------------------------------------------------------------------------


def test_a_done_task_becomes_a_code_run(place: Place) -> None:
    request = place.ask()
    [given] = _claim(place)
    body = _report(given, exit_code=0, usage={"seconds": 1.5})
    [shown] = _complete(place, body)
    run = CodeRun.objects.get()
    assert shown == {
        "lease": given["lease"],
        "attempt": given["attempt"],
        "state": "done",
        "code_run": url_of(run),
    }
    assert states_of(request) == {"count": "done"}
    event = Event.objects.get(action="tasks_reported")
    assert event.detail == {"done": [task_of(request, "count").pk]}
    # the same again changes nothing
    assert _complete(place, body) == [shown]
    assert CodeRun.objects.count() == 1
    assert Event.objects.filter(action="tasks_reported").count() == 1


def test_a_task_that_was_given_back_is_done_by_another(place: Place) -> None:
    request = place.ask()
    [given] = _claim(place)
    [shown] = _complete(place, _report(given, "returned", error="No space left."))
    assert (shown["state"], shown["code_run"]) == ("returned", None)
    assert states_of(request) == {"count": "ready"}
    [again] = _claim(place)
    assert again["number"] == 2


def test_a_late_report_is_refused(place: Place) -> None:
    place.ask()
    [given] = _claim(place)
    _lose(given)
    refused = _complete(place, _report(given), status=409)
    assert refused["detail"].startswith("This report comes too late.")
    assert not CodeRun.objects.exists()
    [again] = _claim(place)
    _complete(place, _report(again))
    assert CodeRun.objects.count() == 1


def test_another_outcome_of_the_same_attempt_is_refused(place: Place) -> None:
    request = place.ask()
    [given] = _claim(place)
    _complete(place, _report(given))
    _complete(place, _report(given, "failed"), status=409)
    assert states_of(request) == {"count": "done"}


def test_one_late_report_says_nothing_of_the_others(place: Place) -> None:
    request = place.ask(one_task("a"), one_task("b"))
    late, good = _claim(place)
    _lose(late)
    first, second = _complete(place, _report(late), _report(good))
    assert first["detail"].startswith("This report comes too late.")
    assert "state" not in first
    assert second["state"] == "done"
    assert states_of(request) == {"a": "ready", "b": "done"}


@pytest.mark.parametrize("whose", ["nobody", "another"])
def test_a_wrong_lease_is_refused(place: Place, whose: str) -> None:
    place.ask()
    [given] = _claim(place)
    lease = given["lease"] if whose == "another" else "0" * 8 + given["lease"][8:]
    other = place if whose == "nobody" else new_place()
    messages = _complete(other, {"lease": lease, "outcome": "done"}, status=400)
    assert list(messages) == ["lease"]
    assert Attempt.objects.get().ended is None


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"outcome": "lost"}, "outcome"),
        ({"lease": "x"}, "lease"),
        ({"usage": {"seconds": -1}}, "usage.seconds"),
        ({"exit_code": 2**40}, "exit_code"),
        ({"outputs": [{"level": "secret", "size": 1}]}, "outputs[0].level"),
        (
            {"outputs": [{"level": "highly_sensitive", "size": 1, "path": "../x"}]},
            "outputs[0].path",
        ),
        (
            {"outputs": [{"level": "highly_sensitive", "size": 1, "sha1": "x"}]},
            "outputs[0].sha1",
        ),
    ],
)
def test_a_report_that_makes_no_sense_changes_nothing(
    place: Place, wrong: dict[str, Any], field: str
) -> None:
    request = place.ask()
    [given] = _claim(place)
    body = {**_report(given), **wrong}
    messages = _complete(place, body, status=400)
    assert list(messages) == [f"attempts[0].{field}"]
    assert states_of(request) == {"count": "leased"}


# --- numbers of statements -----------------------------------------------------------


def _statements(place: Place, size: int, count: Any) -> list[int]:
    """Return how many statements a claim, a sign of life and a report of tasks take."""
    place.ask(*(one_task(f"t{at}") for at in range(size)))
    api = Api(place.executor)
    offer = {"backend": place.backend.slug, "host": "node-1", "slots": size}
    with count() as claiming:
        given = data_of(api.post(CLAIM, offer))["attempts"]
    assert len(given) == size
    signs = [{"lease": one["lease"], "stage": "running"} for one in given]
    with count() as beating:
        data_of(api.post(HEARTBEAT, {"attempts": signs}))
    again = [{**one, "stage": "uploading"} for one in signs]
    with count() as beating_again:
        data_of(api.post(HEARTBEAT, {"attempts": again}))
    checksum = keep(b"table", by=place.executor).sha1
    file = {
        "name": "table",
        "level": "minimally_sensitive",
        "path": "output/table.csv",
        "size": 5,
        "sha1": checksum,
    }
    reports = [_report(one, outputs=[file]) for one in given]
    with count() as completing:
        data_of(api.post(COMPLETE, {"attempts": reports}))
    assert CodeRun.objects.count() >= size
    every = (claiming, beating, beating_again, completing)
    return [len(one) for one in every]


def test_fifty_tasks_take_as_many_statements_as_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    # no tick is due, and no time of an executor, however slow the machine is
    monkeypatch.setattr(scheduler._due, "at", math.inf)
    monkeypatch.setattr(leases, "_SEEN_EVERY", timedelta(hours=1))
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count() -> CaptureQueriesContext:
        return CaptureQueriesContext(connection)

    # what is registered once: the objects of the commands, and the place of the output
    _statements(place, 50, count)
    found = [_statements(place, size, count) for size in (1, 50)]
    assert found == [STATEMENTS[connection.vendor]] * 2


#: For a claim, a first sign of life, a further one, and a report.
STATEMENTS = {"sqlite": [14, 12, 7, 42], "postgresql": [14, 12, 7, 40]}


# --- input files ---------------------------------------------------------------------


def test_only_who_has_the_lease_gets_an_input(place: Place) -> None:
    request = place.ask(one_task("a"), one_task("b", "a"))
    content = b"a,b\n1,2\n"
    checksum = keep(content, by=place.executor).sha1
    place.do(request, "a", outputs=[written("table", checksum, "moderately_sensitive")])
    [given] = _claim(place)
    [file] = given["inputs"]
    answer = Api(place.executor).get(file["url"])
    assert (answer.status_code, content_of(answer)) == (200, content)
    assert "private" in answer["Cache-Control"]
    for account in (place.person, new_place().executor):
        assert Api(account).get(file["url"]).status_code == 404
    assert Api().get(file["url"]).status_code == 403
    other = keep(b"not an input", by=place.person).sha1
    path = file["url"].replace(checksum, other)
    assert Api(place.executor).get(path).status_code == 404
    _complete(place, _report(given))
    assert Api(place.executor).get(file["url"]).status_code == 404


def test_no_list_shows_leases(place: Place) -> None:
    place.ask(one_task("a"), one_task("b"))
    given = _claim(place)
    for query in ({}, {"expand": "task"}, {"format": "csv"}):
        text = content_of(Api().get("/api/attempt/", query)).decode()
        assert not [one for one in given if one["lease"] in text]
    answer = Api().get("/api/attempt/", {"ordering": "lease", "page_size": 1})
    assert list(data_of(answer, 400)) == ["ordering"]
    assert Api().get("/api/attempt/", {"lease": given[0]["lease"]}).status_code == 400


# --- logs ----------------------------------------------------------------------------


def _log(api: Api, given: dict[str, Any], status: int = 200) -> Any:
    return data_of(api.get(f"{given['attempt']}log/"), status)


def test_a_log_grows(place: Place) -> None:
    place.ask()
    [given] = _claim(place)
    api = Api(place.person)
    assert _log(api, given)["text"] == ""
    _beat(place, given["lease"], log={"offset": 0, "text": "one\n"})
    _beat(place, given["lease"], log={"offset": 4, "text": "two\n"})
    # the same part again, and a part of which the beginning is known
    _beat(place, given["lease"], log={"offset": 4, "text": "two\n"})
    _beat(place, given["lease"], log={"offset": 6, "text": "o\nthree\n"})
    assert _log(api, given) == {
        "attempt": given["attempt"],
        "state": "open",
        "stage": "running",
        "offset": 0,
        "text": "one\ntwo\nthree\n",
    }
    _complete(place, _report(given, log={"offset": 99, "text": "end\0"}))
    shown = _log(api, given)
    # what came between was lost on the way
    assert (shown["offset"], shown["text"]) == (99, "end\N{REPLACEMENT CHARACTER}")
    assert AttemptLog.objects.count() == 1


def test_the_last_part_of_a_log_is_kept(place: Place) -> None:
    place.ask()
    [given] = _claim(place)
    _beat(place, given["lease"], log={"offset": 0, "text": "é" * 70_000})
    shown = _log(Api(place.person), given)
    assert shown["text"] == "é" * 65_536
    assert shown["offset"] == 2 * (70_000 - 65_536)


def test_who_can_read_logs(place: Place) -> None:
    place.ask()
    [given] = _claim(place)
    owner = place.backend.registered_by
    strangers = [Api(), Api(UserFactory()), Api(place.executor)]
    welcome = [Api(place.person), Api(owner), Api(UserFactory(roles=["curator"]))]
    for api in strangers:
        assert list(_log(api, given, 403)) == ["detail"]
    for api in welcome:
        _log(api, given)
    Backend.objects.update(log_readers="all")
    for api in strangers + welcome:
        _log(api, given)
    assert Api(owner).get("/api/attempt/9999/log/").status_code == 404
