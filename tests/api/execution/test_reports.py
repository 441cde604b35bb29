"""Signs of life and reports of executors, and what becomes of them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from registry.core.models import Event
from registry.execution import leases, scheduler
from registry.execution.models import (
    Attempt,
)
from registry.runs.models import CodeRun
from tests.api.client import Api, data_of, url_of
from tests.api.execution.executors import (
    CLAIM,
    COMPLETE,
    HEARTBEAT,
    beat,
    claim,
    complete,
    lose,
    report_of,
)
from tests.execution.work import (
    Place,
    do_action,
    keep,
    new_place,
    one_task,
    states_of,
    task_of,
)

pytestmark = pytest.mark.django_db


def test_a_sign_of_life_renews_a_lease_and_starts_a_task(place: Place) -> None:
    request = place.ask()
    [given] = claim(place)
    assert beat(place, given["lease"], stage="preparing") == []
    assert states_of(request) == {"count": "leased"}
    assert beat(place, given["lease"], stage="running") == []
    attempt = Attempt.objects.get()
    task = task_of(request, "count")
    assert (task.state, task.started) == ("running", attempt.started)
    started = attempt.started
    assert beat(place, given["lease"], stage="uploading") == []
    attempt.refresh_from_db()
    assert (attempt.stage, attempt.started) == ("uploading", started)


@pytest.mark.parametrize("action", ["suspend", "cancel", "reset"])
def test_an_executor_is_told_what_to_stop(place: Place, action: str) -> None:
    request = place.ask(one_task("a"), one_task("b"))
    given = claim(place)
    do_action(request, action, "a")
    done = {"suspend": "suspended", "cancel": "cancelled", "reset": "reset"}
    # who it was, the history of the request says
    reason = f"Somebody {done[action]} it."
    stop = beat(place, *(one["lease"] for one in given))
    assert stop == [{"lease": given[0]["lease"], "reason": reason}]


def test_leases_of_others_are_unknown(place: Place) -> None:
    place.ask()
    [given] = claim(place)
    until = Attempt.objects.get().leased_until
    other = new_place()
    [stop] = beat(other, given["lease"])
    assert stop["reason"] == "The registry knows no such lease of yours."
    assert Attempt.objects.get().leased_until == until


def test_a_done_task_becomes_a_code_run(place: Place) -> None:
    request = place.ask()
    [given] = claim(place)
    body = report_of(given, exit_code=0, usage={"seconds": 1.5})
    [shown] = complete(place, body)
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
    assert complete(place, body) == [shown]
    assert CodeRun.objects.count() == 1
    assert Event.objects.filter(action="tasks_reported").count() == 1


def test_a_task_that_was_given_back_is_done_by_another(place: Place) -> None:
    request = place.ask()
    [given] = claim(place)
    [shown] = complete(place, report_of(given, "returned", error="No space left."))
    assert (shown["state"], shown["code_run"]) == ("returned", None)
    assert states_of(request) == {"count": "ready"}
    [again] = claim(place)
    assert again["number"] == 2


def test_a_late_report_is_refused(place: Place) -> None:
    place.ask()
    [given] = claim(place)
    lose(given)
    refused = complete(place, report_of(given), status=409)
    assert refused["detail"].startswith("This report comes too late.")
    assert not CodeRun.objects.exists()
    [again] = claim(place)
    complete(place, report_of(again))
    assert CodeRun.objects.count() == 1


def test_another_outcome_of_the_same_attempt_is_refused(place: Place) -> None:
    request = place.ask()
    [given] = claim(place)
    complete(place, report_of(given))
    complete(place, report_of(given, "failed"), status=409)
    assert states_of(request) == {"count": "done"}


def test_one_late_report_says_nothing_of_the_others(place: Place) -> None:
    request = place.ask(one_task("a"), one_task("b"))
    late, good = claim(place)
    lose(late)
    first, second = complete(place, report_of(late), report_of(good))
    assert first["detail"].startswith("This report comes too late.")
    assert "state" not in first
    assert second["state"] == "done"
    assert states_of(request) == {"a": "ready", "b": "done"}


@pytest.mark.parametrize("whose", ["nobody", "another"])
def test_a_wrong_lease_is_refused(place: Place, whose: str) -> None:
    place.ask()
    [given] = claim(place)
    lease = given["lease"] if whose == "another" else "0" * 8 + given["lease"][8:]
    other = place if whose == "nobody" else new_place()
    messages = complete(other, {"lease": lease, "outcome": "done"}, status=400)
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
    [given] = claim(place)
    body = {**report_of(given), **wrong}
    messages = complete(place, body, status=400)
    assert list(messages) == [f"attempts[0].{field}"]
    assert states_of(request) == {"count": "leased"}


@pytest.mark.parametrize("code", [3, -9])
def test_what_is_done_has_the_exit_code_0(place: Place, code: int) -> None:
    [attempt] = place.claim_of(place.ask(one_task("a")))
    report = {"lease": str(attempt.lease), "outcome": "done", "exit_code": code}
    assert "exit_code" in str(complete(place, report, status=400))


def test_two_reports_of_one_call_cannot_contradict_each_other(place: Place) -> None:
    [attempt] = place.claim_of(place.ask(one_task("a")))
    lease = str(attempt.lease)
    done, failed = ({"lease": lease, "outcome": one} for one in ("done", "failed"))
    first, second = complete(place, done, failed)
    assert first["state"] == "done"
    assert second["detail"] == "Another report of this call says something else."


def test_times_before_the_lease_are_corrected(place: Place) -> None:
    [attempt] = place.claim_of(place.ask(one_task("a")))
    complete(
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


def test_a_long_error_is_shortened(place: Place) -> None:
    request = place.ask(one_task("a"))
    [attempt] = place.claim_of(request)
    report = {"lease": str(attempt.lease), "outcome": "failed", "error": "x" * 90_000}
    complete(place, report)
    assert len(task_of(request, "a").message) < 5000


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
    reports = [report_of(one, outputs=[file]) for one in given]
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
