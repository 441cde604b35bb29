"""Code runs: the script, the times, inputs and outputs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from registry.identity.models import User
from registry.runs.models import CodeRun
from registry.runs.services import register_code_runs
from tests.api.client import HOST, Api, data_of, path_of, url_of
from tests.factories import (
    CodeRunFactory,
    ObjectComponentFactory,
    ObjectFactory,
    UserFactory,
    values_of,
)

pytestmark = pytest.mark.django_db

LIST = "/api/code_run/"


@pytest.fixture
def person() -> User:
    person: User = UserFactory()
    return person


@pytest.fixture
def api(person: User) -> Api:
    return Api(person)


@pytest.fixture
def body() -> dict[str, Any]:
    """Return the required fields of a run."""
    script = path_of(ObjectFactory())
    return {"run_date": "2026-11-20", "description": "Fit", "submission_script": script}


def test_the_script_is_required_by_the_api_but_not_the_database(
    api: Api, person: User, body: dict[str, Any]
) -> None:
    for without in ({}, {"submission_script": None}, {"submission_script": ""}):
        given = {n: v for n, v in body.items() if n != "submission_script"} | without
        assert list(data_of(api.post(LIST, given), 400)) == ["submission_script"]
    values = values_of(CodeRunFactory, submission_script=None)
    [run] = register_code_runs([values], by=person)
    assert data_of(api.get(path_of(run)))["submission_script"] is None


def test_a_run_without_a_script_can_be_changed(api: Api, person: User) -> None:
    run = CodeRunFactory(submission_script=None, by=person)
    shown = data_of(api.call("PATCH", path_of(run), {"description": "Fit"}))
    assert shown["submission_script"] is None


@pytest.mark.parametrize(
    "written,shown",
    [
        ("2026-11-20 15:28:33.501071", "2026-11-20T15:28:33.501071Z"),
        ("2026-11-20T15:28:33", "2026-11-20T15:28:33Z"),
        ("2026-11-20T15:28:33.5Z", "2026-11-20T15:28:33.500000Z"),
        ("2026-11-20T15:28:33+01:00", "2026-11-20T14:28:33Z"),
        ("2026-11-20 15:28", "2026-11-20T15:28:00Z"),
        ("2026-11-20", "2026-11-20T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ],
)
def test_dates_are_iso_8601_and_utc_without_a_zone(
    api: Api, body: dict[str, Any], written: str, shown: str
) -> None:
    record = data_of(api.post(LIST, {**body, "run_date": written}), 201)
    assert record["run_date"] == shown
    for text in (written, shown):
        page = data_of(api.get(LIST, {"run_date": text}))
        assert [run["url"] for run in page["results"]] == [record["url"]]


@pytest.mark.parametrize(
    "written",
    [
        "yesterday",
        "2026-13-01",
        "2026-02-30T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "10000-01-01",
        "1763652513",
    ],
)
def test_an_invalid_time_is_refused(
    api: Api, body: dict[str, Any], written: str
) -> None:
    answer = api.post(LIST, {**body, "run_date": written})
    assert list(data_of(answer, 400)) == ["run_date"]
    assert list(data_of(api.get(LIST, {"run_date": written}), 400)) == ["run_date"]


def test_an_unescaped_plus_of_a_zone_is_understood(api: Api) -> None:
    run = CodeRunFactory(run_date=datetime(2021, 11, 20, 15, 28, 33, tzinfo=UTC))
    page = data_of(api.get(f"{LIST}?run_date=2021-11-20T16:28:33+01:00"))
    assert [shown["url"] for shown in page["results"]] == [url_of(run)]


def test_a_run_cannot_end_before_it_starts(api: Api, body: dict[str, Any]) -> None:
    wrong = {**body, "end_date": "2026-11-19"}
    assert list(data_of(api.post(LIST, wrong), 400)) == ["end_date"]
    right = {**body, "end_date": body["run_date"]}
    shown = data_of(api.post(LIST, right), 201)
    earlier = {"end_date": "2026-11-19T23:59:59Z"}
    assert list(data_of(api.call("PATCH", shown["url"], earlier), 400)) == ["end_date"]


def test_a_component_can_be_input_and_output(api: Api, body: dict[str, Any]) -> None:
    part = path_of(ObjectComponentFactory())
    shown = data_of(api.post(LIST, {**body, "inputs": [part], "outputs": [part]}), 201)
    assert shown["inputs"] == shown["outputs"] == [HOST + part]
    component = data_of(api.get(part))
    assert component["inputs_of"] == component["outputs_of"] == [shown["url"]]


def test_outputs_can_be_added_later(api: Api, person: User) -> None:
    run = CodeRunFactory(inputs=[], outputs=[], by=person)
    parts = [url_of(ObjectComponentFactory()) for _ in range(3)]
    for size in (1, 2, 3, 0):
        body = {"outputs": parts[:size]}
        shown = data_of(api.call("PATCH", path_of(run), body))
        assert (shown["inputs"], shown["outputs"]) == ([], parts[:size])


def test_a_run_has_all_of_very_many_inputs(api: Api, body: dict[str, Any]) -> None:
    item = ObjectFactory()
    parts = [{"object": item.pk, "name": f"table/{n}"} for n in range(1500)]
    made = data_of(api.post("/api/object_component/", parts), 201)
    urls = [part["url"] for part in made]
    shown = data_of(api.post(LIST, {**body, "inputs": urls}), 201)
    assert shown["inputs"] == urls


def test_unknown_and_read_only_fields_are_ignored(
    api: Api, body: dict[str, Any]
) -> None:
    extra = {"input_urls": [], "output_urls": [], "ro_crate": "http://elsewhere/"}
    shown = data_of(api.post(LIST, {**body, **extra}), 201)
    pk = CodeRun.objects.get().pk
    assert shown["ro_crate"] == f"{HOST}/api/ro-crate/code-run/{pk}/"


def test_the_inputs_of_a_deleted_run_stay(api: Api, person: User) -> None:
    run = CodeRunFactory(by=person)
    part = run.inputs.get()
    assert api.call("DELETE", path_of(run)).status_code == 204
    assert data_of(api.get(path_of(part)))["inputs_of"] == []
