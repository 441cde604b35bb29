"""What strangers found when they tried run requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from registry.execution.models import AttemptOutput, GrantedUse, RunRequest, Task
from registry.runs.models import CodeRun
from tests.api.client import Api, data_of
from tests.execution.work import (
    Place,
    granted,
    keep,
    one_task,
    output,
    task_of,
    written,
)
from tests.factories import sha1
from tests.withdrawing import withdraw

pytestmark = pytest.mark.django_db


def _complete(place: Place, *reports: dict[str, Any], status: int = 200) -> Any:
    body = {"attempts": list(reports)}
    return data_of(Api(place.executor).post("/api/attempt/complete/", body), status)


def _file(**more: Any) -> dict[str, Any]:
    level = "minimally_sensitive"
    found = {"level": level, "size": 1, "name": "t", "path": "t.csv", "sha1": sha1(7)}
    return {**found, **more}


@pytest.mark.parametrize("name", ["task", "foo"])
def test_a_misspelt_choice_of_tasks_does_nothing(place: Place, name: str) -> None:
    request = place.ask(one_task("a"), one_task("b"))
    path = f"/api/run_request/{request.pk}/suspend/"
    errors = data_of(Api(place.person).post(path, {name: [1]}), 400)
    assert errors == {
        name: ["There is no such field here: use tasks, jobs, state, name."]
    }
    assert {one.state for one in Task.objects.all()} == {"ready"}


def test_a_misspelt_offer_is_refused(place: Place) -> None:
    body = {"backend": place.backend.slug, "host": "h", "slots": 1, "resource": {}}
    answer = Api(place.executor).post("/api/backend/claim/", body)
    assert list(data_of(answer, 400)) == ["resource"]


@pytest.mark.parametrize("reported", ["minimally_sensitive", "moderately_sensitive"])
def test_an_output_is_as_sensitive_as_its_task_declares(
    place: Place, reported: str
) -> None:
    request = place.ask(one_task("a", outputs=[output("t", "highly_sensitive")]))
    [attempt] = place.claim_of(request)
    stored = keep(b"PATIENT", by=place.executor)
    report = _file(level=reported, sha1=stored.sha1)
    _complete(
        place, {"lease": str(attempt.lease), "outcome": "done", "outputs": [report]}
    )
    [found] = AttemptOutput.objects.all()
    assert (found.level, found.path, found.sha1) == ("highly_sensitive", "", "")
    assert found.object is not None
    assert found.object.storage_location is None


@pytest.mark.parametrize("name", ["path", "sha1"])
def test_an_output_has_a_path_and_a_checksum_unless_it_is_hidden(
    place: Place, name: str
) -> None:
    request = place.ask(one_task("a"))
    [attempt] = place.claim_of(request)
    report = {"lease": str(attempt.lease), "outcome": "done"}
    errors = _complete(place, {**report, "outputs": [_file(**{name: ""})]}, status=400)
    assert name in str(errors)
    assert task_of(request, "a").state == "leased"


@pytest.mark.parametrize("code", [3, -9])
def test_what_is_done_has_the_exit_code_0(place: Place, code: int) -> None:
    [attempt] = place.claim_of(place.ask(one_task("a")))
    report = {"lease": str(attempt.lease), "outcome": "done", "exit_code": code}
    assert "exit_code" in str(_complete(place, report, status=400))


def test_two_reports_of_one_call_cannot_contradict_each_other(place: Place) -> None:
    [attempt] = place.claim_of(place.ask(one_task("a")))
    lease = str(attempt.lease)
    done, failed = ({"lease": lease, "outcome": one} for one in ("done", "failed"))
    first, second = _complete(place, done, failed)["attempts"]
    assert first["state"] == "done"
    assert second["detail"] == "Another report of this call says something else."


def test_times_before_the_lease_are_corrected(place: Place) -> None:
    [attempt] = place.claim_of(place.ask(one_task("a")))
    _complete(
        place,
        {
            "lease": str(attempt.lease),
            "outcome": "done",
            "started": datetime(2020, 1, 1, tzinfo=UTC).isoformat(),
            "ended": datetime(2019, 1, 1, tzinfo=UTC).isoformat(),
        },
    )
    run = CodeRun.objects.get()
    assert run.end_date is not None
    assert timezone.now() - timedelta(minutes=6) < run.run_date <= run.end_date


def test_the_same_bytes_can_be_had_by_all_whose_runs_wrote_them(place: Place) -> None:
    stored = keep(b"same", by=place.executor)
    private = written("t", stored.sha1, "moderately_sensitive")
    place.do(
        place.ask(one_task("a", outputs=[output("t", "moderately_sensitive")])),
        outputs=[private],
    )
    second = granted(place.backend, GrantedUse.REQUEST)
    body = {
        "description": "the same",
        "backend": place.backend.slug,
        "tasks": [one_task("a", outputs=[output("t")])],
    }
    made = data_of(Api(second).post("/api/run_request/", body), 201)
    request = RunRequest.objects.get(pk=made["url"].split("/")[-2])
    place.do(request, outputs=[written("t", stored.sha1)])
    path = f"/data/{stored.sha1}"
    assert Api(second).get(path).status_code == 200
    assert Api().get(path).status_code == 403


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


def test_a_grant_of_a_withdrawn_backend_is_refused(place: Place) -> None:
    withdraw(place.backend)
    body = {"backend": place.backend.slug, "user": place.person.pk, "use": "execute"}
    owner = place.backend.registered_by
    detail = data_of(Api(owner).post("/api/backend_grant/", body), 409)["detail"]
    assert "is withdrawn" in detail


def test_a_long_error_is_shortened(place: Place) -> None:
    request = place.ask(one_task("a"))
    [attempt] = place.claim_of(request)
    report = {"lease": str(attempt.lease), "outcome": "failed", "error": "x" * 90_000}
    _complete(place, report)
    assert len(task_of(request, "a").message) < 5000
