"""Code runs that are run again, and what comes of it."""

from __future__ import annotations

from typing import Any

import pytest

from registry.execution.models import GrantedUse, RunRequest
from registry.execution.reports import Output
from registry.execution.rerunning import reason_against
from registry.runs.models import CodeRun, Verification
from tests.api.client import Api, data_of, path_of, url_of
from tests.execution.work import (
    Place,
    check_all,
    granted,
    keep,
    one_task,
    output,
    task_of,
    written,
)
from tests.factories import CodeRunFactory, UserFactory, sha1
from tests.withdrawing import withdraw

pytestmark = pytest.mark.django_db

LEVEL = "moderately_sensitive"


def _files(**checksums: int) -> list[Output]:
    return [written(name, sha1(one), LEVEL) for name, one in checksums.items()]


def _first(place: Place, outputs: list[Output] | None = None, **values: Any) -> CodeRun:
    """Return the code run of a task."""
    request = place.ask(one_task("count"), **values)
    place.do(request, outputs=_files(a=1, b=2) if outputs is None else outputs)
    run = task_of(request, "count").code_run
    assert run is not None
    return run


def _rerun(by: Any, run: CodeRun, status: int = 201, **headers: str) -> Any:
    return data_of(Api(by).post(f"{path_of(run)}rerun/", {}, **headers), status)


def _again(place: Place, run: CodeRun, **report: Any) -> Verification:
    """Run a code run again; return how they compare."""
    _rerun(place.person, run)
    [attempt] = place.claim()
    place.end(attempt, **report)
    check_all()
    found: Verification = Verification.objects.latest("pk")
    assert (found.code_run, found.rerun) == (run, task_of_last().code_run)
    return found


def task_of_last() -> Any:
    """Return the task of the newest request."""
    return task_of(RunRequest.objects.latest("pk"), "count")


@pytest.mark.parametrize(
    "again, outcome, differing",
    [
        ({"a": 1, "b": 2}, "reproduced", []),
        ({"a": 1, "b": 3}, "partly", ["b"]),
        ({"a": 1}, "partly", ["b"]),
        ({"a": 1, "b": 2, "c": 3}, "partly", ["c"]),
        ({"a": 3, "b": 4}, "not", ["a", "b"]),
        ({}, "not", ["a", "b"]),
    ],
)
def test_outputs_are_compared_by_checksum(
    place: Place, again: dict[str, int], outcome: str, differing: list[str]
) -> None:
    found = _again(place, _first(place), outputs=_files(**again))
    assert (found.outcome, found.compared) == (outcome, 2)
    before = {"a": sha1(1), "b": sha1(2)}
    after = {name: sha1(one) for name, one in again.items()}
    assert found.differences == [
        {
            "path": f"output/{name}.csv",
            "first": before.get(name),
            "again": after.get(name),
        }
        for name in differing
    ]


def test_a_second_run_that_fails_is_recorded(place: Place) -> None:
    run = _first(place)
    found = _again(place, run, outcome="failed")
    assert found.outcome == "failed"
    assert found.rerun.failed


@pytest.mark.parametrize(
    "outputs", [[], [Output(level="highly_sensitive", size=7, name="people")]]
)
def test_without_known_checksums_nothing_is_compared(
    place: Place, outputs: list[Output]
) -> None:
    found = _again(place, _first(place, outputs), outputs=outputs)
    assert (found.outcome, found.compared, found.differences) == ("unknown", 0, [])


def test_the_second_run_has_the_same_command_and_inputs(place: Place) -> None:
    checksum = keep(b"a", by=place.executor).sha1
    more = {
        "image": "python:3.12",
        "environment": {"SEED": "2"},
        "outputs": [output("table", LEVEL)],
        "requirements": {"cpu": 2, "site": "north"},
    }
    request = place.ask(
        one_task("a"),
        one_task("count", "a", **more),
        environment={"MODE": "fast", "SEED": "1"},
    )
    place.do(request, "a", outputs=[written("table", checksum, LEVEL)])
    [attempt] = place.claim(further={"site": "north"})
    place.end(attempt, outputs=_files(table=1))
    run = task_of(request, "count").code_run
    assert run is not None
    shown = _rerun(place.person, run)
    assert shown["rerun_of"] == url_of(run)
    assert shown["record_failures"] is True
    task, before = task_of_last(), task_of(request, "count")
    assert task.environment == {"JOB_INDEX": "0", "MODE": "fast", "SEED": "2"}
    for name in ("command", "image", "outputs", "cpu", "requirements", "backend"):
        assert getattr(task, name) == getattr(before, name), name
    assert [one["path"] for one in task.inputs] == ["output/table.csv"]
    [attempt] = place.claim(further={"site": "north"})
    place.end(attempt, outputs=_files(table=1))
    assert Verification.objects.get().outcome == "reproduced"
    again = CodeRun.objects.latest("pk")
    assert {*again.inputs.all()} == {*run.inputs.all()}
    assert again.submission_script == run.submission_script


def test_only_people_with_the_use_of_the_backend_ask(place: Place) -> None:
    run = _first(place)
    for person in (UserFactory(), place.executor):
        assert "cannot ask for runs on" in _rerun(person, run, 403)["detail"]
    assert data_of(Api().post(f"{path_of(run)}rerun/", {}), 403)
    assert not RunRequest.objects.filter(rerun_of=run).exists()
    other = granted(place.backend, GrantedUse.REQUEST)
    shown = _rerun(other, run)
    assert RunRequest.objects.get(rerun_of=run).registered_by == other
    assert shown["description"].startswith("Again: count: ")


def test_runs_that_no_executor_did_are_not_run_again(place: Place) -> None:
    run = CodeRunFactory()
    detail = _rerun(place.person, run, 409)["detail"]
    assert "was registered by its owner and not by an executor" in detail
    assert reason_against(run.pk, None, by=place.person) == detail
    missing = Api(place.person).post("/api/code_run/77777/rerun/", {})
    assert data_of(missing, 404)


def test_the_run_of_a_whole_request_is_not_run_again(place: Place) -> None:
    request = place.ask(one_task("count"), provenance="request")
    place.do(request)
    run = CodeRun.objects.get()
    assert "all tasks of a run request" in _rerun(place.person, run, 409)["detail"]


def test_a_withdrawn_backend_runs_nothing_again(place: Place) -> None:
    run = _first(place)
    withdraw(place.backend)
    assert "is withdrawn" in _rerun(place.person, run, 409)["detail"]


def test_the_same_key_asks_once(place: Place) -> None:
    run = _first(place)
    first = _rerun(place.person, run, idempotency_key="again")
    assert _rerun(place.person, run, idempotency_key="again") == first
    assert RunRequest.objects.filter(rerun_of=run).count() == 1


def test_the_filter_verified_finds_what_was_reproduced(place: Place) -> None:
    good, bad, never = (_first(place) for _ in range(3))
    _again(place, good, outputs=_files(a=1, b=2))
    _again(place, bad, outputs=_files(a=3, b=2))
    found = data_of(Api().get("/api/code_run/", {"verified": "true"}))["results"]
    assert [one["url"] for one in found] == [url_of(good)]
    others = data_of(Api().get("/api/code_run/", {"verified": "false"}))["results"]
    assert {url_of(bad), url_of(never)} <= {one["url"] for one in others}
    answer = Api().get("/api/code_run/", {"verified": "perhaps"})
    assert list(data_of(answer, 400)) == ["verified"]
