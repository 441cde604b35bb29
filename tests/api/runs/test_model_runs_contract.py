"""What holds of model runs in place of tests of the contract of all record types."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from registry.core.duplicates import unique_sets
from registry.core.models import Event
from registry.identity.models import User
from registry.runs.models import CodeRun, ModelRun
from tests.api.client import Api, data_of, path_of, revision_of, url_of
from tests.api.contract.base import as_json
from tests.factories import ModelRunFactory, UserFactory, registrar, values_of

pytestmark = pytest.mark.django_db

LIST = "/api/model_run/"
REASON = {"reason": "It was wrong."}


@pytest.fixture
def person() -> User:
    return registrar()


@pytest.fixture
def api(person: User) -> Api:
    return Api(person)


def _body(*without: str, **other: Any) -> dict[str, Any]:
    values = {**values_of(ModelRunFactory), **other}
    return {n: as_json(one) for n, one in values.items() if n not in without}


def test_what_is_left_out_is_empty_and_the_name_is_that_of_the_description(
    api: Api,
) -> None:
    left_out = ("study", "model_version", "requesting_organisation", "display_name")
    shown = data_of(api.post(LIST, _body(*left_out)), 201)
    assert shown["display_name"] == shown["description"]
    assert [shown[name] for name in left_out[:3]] == [None, None, None]


@pytest.mark.parametrize(
    "name, wrong, place",
    [
        ("description", {"a": 1}, "description"),
        ("workflow_template", [[1]], "workflow_template"),
        ("start_time", {"a": None}, "start_time"),
        ("end_time", 10**30, "end_time"),
        ("inputs", {"a": 1}, "inputs"),
        ("inputs", [[1]], "inputs[0]"),
        ("outputs", "a\0b", "outputs"),
        ("annotations", [1], "annotations"),
        ("annotations", {"RCP": [1]}, "annotations.RCP"),
        ("uuid", 1e300, "uuid"),
    ],
)
def test_a_value_of_another_kind_is_refused_by_its_place(
    api: Api, name: str, wrong: Any, place: str
) -> None:
    messages = data_of(api.post(LIST, _body(**{name: wrong})), 400)
    assert list(messages) == [place]
    assert not ModelRun.objects.exists()


def test_a_patch_keeps_and_a_put_empties_what_is_left_out(
    api: Api, person: User
) -> None:
    record = ModelRunFactory(by=person)
    before = data_of(api.get(path_of(record)))
    kept = set(before) - {"description", "fingerprint", "last_updated"}
    change = {"description": "Other words", **REASON}
    shown = data_of(api.call("PATCH", path_of(record), change))
    assert {name: shown[name] for name in kept} == {name: before[name] for name in kept}
    whole = {name: before[name] for name in before if name != "study"}
    shown = data_of(api.call("PUT", path_of(record), whole | change))
    assert shown["study"] is None
    assert shown["uuid"] == before["uuid"]


def test_a_form_corrects_it_as_well(api: Api, person: User) -> None:
    record = ModelRunFactory(by=person)
    form = {"annotations": '{"RCP": "85"}', **REASON}
    shown = data_of(api.send_form("PATCH", path_of(record), form))
    assert shown["annotations"] == {"RCP": "85"}
    wrong = {"annotations": "{", **REASON}
    answer = api.send_form("PATCH", path_of(record), wrong)
    assert list(data_of(answer, 400)) == ["annotations"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_correction_without_a_reason_changes_nothing(
    api: Api, person: User, method: str
) -> None:
    record = ModelRunFactory(by=person)
    before, events = revision_of(record), Event.objects.count()
    body = {**data_of(api.get(path_of(record))), "description": "Other words"}
    assert list(data_of(api.call(method, path_of(record), body), 400)) == ["reason"]
    assert (revision_of(record), Event.objects.count()) == (before, events)


def test_the_database_holds_one_record_for_each_content_and_code_run() -> None:
    assert {names for names, _ in unique_sets(ModelRun)} == {
        ("code_run",),
        ("fingerprint",),
        ("uuid",),
    }


def test_the_same_content_is_answered_with_the_first_record(api: Api) -> None:
    body = _body()
    first = data_of(api.post(LIST, body), 201)
    events = Event.objects.count()
    answer = api.post(LIST, body)
    assert data_of(answer, 200) == first
    assert Event.objects.count() == events
    assert ModelRun.objects.count() == CodeRun.objects.count() == 1


def test_a_taken_uuid_is_refused_with_the_model_run_that_has_it(api: Api) -> None:
    record = ModelRunFactory()
    wrong = _body(uuid=str(record.uuid))
    known = _body()
    data_of(api.post(LIST, known), 201)
    assert data_of(api.post(LIST, wrong), 409)["url"] == url_of(record)
    # what is on record already takes no row of its own
    first, second = data_of(api.post(LIST, [known, wrong]), 409)
    assert (first, second["url"]) == ({}, url_of(record))


@pytest.mark.once
def test_a_post_takes_22_queries(
    api: Api, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    body = _body()
    with django_assert_num_queries(22):
        data_of(api.post(LIST, body), 201)


@pytest.mark.django_db(transaction=True)
def test_two_that_post_the_same_at_once_get_one_record() -> None:
    body = _body()
    people = [Api(UserFactory()) for _ in range(2)]
    barrier = Barrier(len(people))

    def post(api: Api) -> tuple[int, str]:
        try:
            barrier.wait()
            answer = api.post(LIST, body)
            url: str = data_of(answer, answer.status_code)["url"]
            return answer.status_code, url
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(post, people))
    assert sorted(status for status, _ in answers) == [200, 201]
    assert len({url for _, url in answers}) == ModelRun.objects.count() == 1
