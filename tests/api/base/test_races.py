"""Simultaneous writers: the database decides, and no request gets 500."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import transaction

from registry.catalogue.models import FileType, Object, ObjectComponent
from registry.catalogue.services import register_objects
from registry.core.records import create_records
from registry.runs.models import CodeRun
from tests.api.client import Api, data_of, path_of, revision_of, url_of
from tests.factories import CodeRunFactory, ObjectFactory, UserFactory
from tests.races import PATIENCE, in_thread, wait_for_a_waiting_writer

pytestmark = pytest.mark.django_db(transaction=True)

BODY = {"name": "Comma-separated values", "extension": "csv"}


def _post(api: Api) -> Any:
    return in_thread(lambda: api.post("/api/file_type/", BODY))


@pytest.mark.postgres
def test_a_simultaneous_duplicate_is_refused() -> None:
    person = UserFactory()
    api = Api(UserFactory())
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            [record] = create_records(FileType, [BODY], by=person)
            answer = pool.submit(_post(api))
            wait_for_a_waiting_writer()
        assert data_of(answer.result(), 409)["url"] == url_of(record)
    assert FileType.objects.get() == record


@pytest.mark.postgres
def test_a_record_is_registered_if_the_other_writer_rolls_back() -> None:
    person = UserFactory()
    api = Api(UserFactory())
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            create_records(FileType, [BODY], by=person)
            answer = pool.submit(_post(api))
            wait_for_a_waiting_writer()
            transaction.set_rollback(True)
        data_of(answer.result(), 201)
    assert FileType.objects.get().registered_by != person


def test_one_of_two_changes_to_one_revision_is_refused() -> None:
    person = UserFactory()
    run = CodeRunFactory(by=person)
    people = [Api(person), Api(UserFactory(is_superuser=True))]
    seen = revision_of(run)
    barrier = Barrier(2)

    def change(api: Api) -> int:
        body = {"description": f"Fit by {id(api)}"}

        def patch() -> int:
            barrier.wait()
            answer = api.call("PATCH", path_of(run), body, if_match=seen)
            return answer.status_code

        return int(in_thread(patch)())

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(change, people)) == [200, 412]


def test_one_of_two_deletions_of_a_run_succeeds() -> None:
    person = UserFactory()
    run = CodeRunFactory(by=person)
    people = [Api(person), Api(UserFactory(is_superuser=True))]
    barrier = Barrier(2)

    def remove(api: Api) -> int:
        def delete() -> int:
            barrier.wait()
            return api.call("DELETE", path_of(run)).status_code

        return int(in_thread(delete)())

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(remove, people)) == [204, 404]
    assert not CodeRun.objects.exists()


def test_simultaneous_lists_are_stored_completely_or_not_at_all() -> None:
    """Each list shares one record with the next, so some lists must be refused."""
    people = [Api(UserFactory()) for _ in range(4)]
    barrier = Barrier(4)

    def post(number: int) -> int:
        rows = [{**BODY, "name": str(n)} for n in range(10 * number, 10 * number + 11)]

        def send() -> int:
            barrier.wait()
            return people[number].post("/api/file_type/", rows).status_code

        return int(in_thread(send)())

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(post, range(4)))
    assert set(statuses) <= {201, 409}
    assert FileType.objects.count() == 11 * statuses.count(201)
    assert statuses.count(201) >= 2


@pytest.mark.postgres
def test_readers_never_see_an_object_without_its_component() -> None:
    person = UserFactory()
    stored, seen = Event(), Event()

    def register() -> None:
        with transaction.atomic():
            register_objects([{}], by=person)
            stored.set()
            seen.wait(PATIENCE)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(in_thread(register))
        assert stored.wait(PATIENCE)
        assert data_of(Api().get("/api/object/"))["count"] == 0
        seen.set()
        done.result()
    assert Object.objects.count() == ObjectComponent.objects.count() == 1
    assert ObjectFactory().components.count() == 1
