"""The files that executors fetch and send, and the logs."""

from __future__ import annotations

from typing import Any

import pytest

from registry.execution.models import (
    AttemptLog,
    AttemptOutput,
    Backend,
    GrantedUse,
    RunRequest,
)
from tests.api.client import Api, content_of, data_of
from tests.api.execution.executors import (
    beat,
    claim,
    complete,
    report_of,
)
from tests.execution.work import (
    Place,
    granted,
    keep,
    new_place,
    one_task,
    output,
    task_of,
    written,
)
from tests.factories import UserFactory, sha1

pytestmark = pytest.mark.django_db


def test_only_who_has_the_lease_gets_an_input(place: Place) -> None:
    request = place.ask(one_task("a"), one_task("b", "a"))
    content = b"a,b\n1,2\n"
    checksum = keep(content, by=place.executor).sha1
    place.do(request, "a", outputs=[written("table", checksum, "moderately_sensitive")])
    [given] = claim(place)
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
    complete(place, report_of(given))
    assert Api(place.executor).get(file["url"]).status_code == 404


def test_no_list_shows_leases(place: Place) -> None:
    place.ask(one_task("a"), one_task("b"))
    given = claim(place)
    for query in ({}, {"expand": "task"}, {"format": "csv"}):
        text = content_of(Api().get("/api/attempt/", query)).decode()
        assert not [one for one in given if one["lease"] in text]
    answer = Api().get("/api/attempt/", {"ordering": "lease", "page_size": 1})
    assert list(data_of(answer, 400)) == ["ordering"]
    assert Api().get("/api/attempt/", {"lease": given[0]["lease"]}).status_code == 400


def _file(**more: Any) -> dict[str, Any]:
    level = "minimally_sensitive"
    found = {"level": level, "size": 1, "name": "t", "path": "t.csv", "sha1": sha1(7)}
    return {**found, **more}


@pytest.mark.parametrize("reported", ["minimally_sensitive", "moderately_sensitive"])
def test_an_output_is_as_sensitive_as_its_task_declares(
    place: Place, reported: str
) -> None:
    request = place.ask(one_task("a", outputs=[output("t", "highly_sensitive")]))
    [attempt] = place.claim_of(request)
    stored = keep(b"PATIENT", by=place.executor)
    report = _file(level=reported, sha1=stored.sha1)
    complete(
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
    errors = complete(place, {**report, "outputs": [_file(**{name: ""})]}, status=400)
    assert name in str(errors)
    assert task_of(request, "a").state == "leased"


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


def _log(api: Api, given: dict[str, Any], status: int = 200) -> Any:
    return data_of(api.get(f"{given['attempt']}log/"), status)


def test_a_log_grows(place: Place) -> None:
    place.ask()
    [given] = claim(place)
    api = Api(place.person)
    assert _log(api, given)["text"] == ""
    beat(place, given["lease"], log={"offset": 0, "text": "one\n"})
    beat(place, given["lease"], log={"offset": 4, "text": "two\n"})
    # the same part again, and a part of which the beginning is known
    beat(place, given["lease"], log={"offset": 4, "text": "two\n"})
    beat(place, given["lease"], log={"offset": 6, "text": "o\nthree\n"})
    assert _log(api, given) == {
        "attempt": given["attempt"],
        "state": "open",
        "stage": "running",
        "offset": 0,
        "text": "one\ntwo\nthree\n",
    }
    complete(place, report_of(given, log={"offset": 99, "text": "end\0"}))
    shown = _log(api, given)
    # what came between was lost on the way
    assert (shown["offset"], shown["text"]) == (99, "end\N{REPLACEMENT CHARACTER}")
    assert AttemptLog.objects.count() == 1


def test_the_last_part_of_a_log_is_kept(place: Place) -> None:
    place.ask()
    [given] = claim(place)
    beat(place, given["lease"], log={"offset": 0, "text": "é" * 70_000})
    shown = _log(Api(place.person), given)
    assert shown["text"] == "é" * 65_536
    assert shown["offset"] == 2 * (70_000 - 65_536)


def test_who_can_read_logs(place: Place) -> None:
    place.ask()
    [given] = claim(place)
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
