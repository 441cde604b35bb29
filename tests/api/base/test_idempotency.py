"""Idempotency-Key: its lifetime, and simultaneous repetitions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.base.idempotency import run_idempotently
from registry.api.base.parsers import RecordJSONParser
from registry.catalogue.models import FileType
from registry.http.models import IdempotencyKey
from registry.identity.models import User
from tests.api.client import Api, data_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LIST = "/api/file_type/"
KEY = {"idempotency_key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
BODY = {"name": "Comma-separated values", "extension": "csv"}


@pytest.fixture
def person() -> User:
    person: User = UserFactory()
    return person


@pytest.fixture
def api(person: User) -> Api:
    return Api(person)


def _make_older(**by: float) -> None:
    IdempotencyKey.objects.update(claimed_at=timezone.now() - timedelta(**by))


def test_a_response_is_stored_for_24_hours(api: Api) -> None:
    first = data_of(api.post(LIST, BODY, **KEY), 201)
    _make_older(hours=23.99)
    again = api.post(LIST, BODY, **KEY)
    assert data_of(again, 201) == first
    assert again["Idempotent-Replayed"] == "true"


def test_a_key_expires_after_24_hours(api: Api) -> None:
    data_of(api.post(LIST, BODY, **KEY), 201)
    _make_older(hours=24.01)
    assert data_of(api.post(LIST, BODY, **KEY), 409)["detail"]
    other = {**BODY, "extension": "tsv"}
    assert "Idempotent-Replayed" not in api.post(LIST, other, **KEY)


def test_the_first_response_is_repeated_even_if_the_record_changed(
    api: Api,
) -> None:
    first = data_of(api.post("/api/object/", {"description": "a"}, **KEY), 201)
    data_of(api.call("PATCH", first["url"], {"description": "b"}))
    again = data_of(api.post("/api/object/", {"description": "a"}, **KEY), 201)
    assert again == first


def test_the_order_of_members_does_not_matter(api: Api) -> None:
    first = data_of(api.post(LIST, BODY, **KEY), 201)
    turned = dict(reversed(BODY.items()))
    assert data_of(api.post(LIST, turned, **KEY), 201) == first


def test_a_form_with_the_same_key_and_values_is_replayed(api: Api) -> None:
    first = data_of(api.send_form("POST", LIST, BODY, **KEY), 201)
    assert data_of(api.send_form("POST", LIST, BODY, **KEY), 201) == first


def test_the_same_key_for_another_address_is_refused(api: Api) -> None:
    data_of(api.post(LIST, BODY, **KEY), 201)
    answer = data_of(api.post("/api/namespace/", BODY, **KEY), 422)
    assert answer == {"detail": "This Idempotency-Key was used for another request."}


def _claim(person: User, api: Api) -> None:
    """Store a claim like that of a request that is still running."""
    data_of(api.post(LIST, BODY, **KEY), 201)
    FileType.objects.all().delete()
    IdempotencyKey.objects.update(status=None)
    assert IdempotencyKey.objects.get().user == person


def test_a_repetition_is_refused_while_the_first_request_runs(
    person: User, api: Api
) -> None:
    _claim(person, api)
    answer = data_of(api.post(LIST, BODY, **KEY), 409)
    assert "at work" in answer["detail"]
    assert not FileType.objects.exists()


def test_an_abandoned_claim_is_replaced(person: User, api: Api) -> None:
    _claim(person, api)
    _make_older(minutes=16)
    data_of(api.post(LIST, BODY, **KEY), 201)


def test_a_key_has_at_most_255_characters(api: Api) -> None:
    assert data_of(api.post(LIST, BODY, idempotency_key="k" * 256), 400)["detail"]
    data_of(api.post(LIST, BODY, idempotency_key="k" * 255), 201)


def test_an_error_is_not_stored(api: Api) -> None:
    data_of(api.post(LIST, BODY), 201)
    for _ in range(2):
        answer = api.post(LIST, BODY, **KEY)
        assert "url" in data_of(answer, 409)
        assert "Idempotent-Replayed" not in answer
    assert not IdempotencyKey.objects.exists()


def test_an_invalid_body_claims_no_key(api: Api) -> None:
    for body, media_type in ((b"{", "application/json"), (b"a", "text/plain")):
        assert api.send("POST", LIST, body, media_type, **KEY).status_code in {400, 415}
    assert not IdempotencyKey.objects.exists()


def test_a_replay_has_few_queries(
    api: Api, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    bodies = [{"name": str(n), "extension": str(n)} for n in range(500)]
    first = data_of(api.post(LIST, bodies, **KEY), 201)
    with django_assert_max_num_queries(8):
        assert data_of(api.post(LIST, bodies, **KEY), 201) == first


@pytest.mark.django_db(transaction=True)
def test_a_simultaneous_repetition_is_refused_without_waiting(person: User) -> None:
    """A repetition must not wait, even if the database allows only one writer."""
    api = Api(person)
    header = {"idempotency-key": KEY["idempotency_key"]}
    plain = RequestFactory().post(LIST, BODY, "application/json", headers=header)
    request = Request(plain, parsers=[RecordJSONParser()])
    working, finish = Event(), Event()

    def work() -> Response:
        FileType.objects.create(**BODY, registered_by=person, updated_by=person)
        working.set()
        assert finish.wait(60)
        return Response({"name": "the first"}, status=201)

    def first() -> Response:
        try:
            request.user = person
            return run_idempotently(request, work)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(first)
        assert working.wait(60)
        try:
            refused = data_of(api.post(LIST, BODY, **KEY), 409)
        finally:
            finish.set()
        assert "at work" in refused["detail"]
        assert answer.result().status_code == 201
    again = api.post(LIST, BODY, **KEY)
    assert data_of(again, 201) == {"name": "the first"}
    assert again["Idempotent-Replayed"] == "true"


@pytest.mark.django_db(transaction=True)
def test_simultaneous_requests_with_one_key_register_once(
    person: User,
) -> None:
    api = Api(person)
    barrier = Barrier(2)

    def post(_: int) -> tuple[int, Any]:
        try:
            barrier.wait()
            answer = api.post(LIST, BODY, **KEY)
            return answer.status_code, data_of(answer, answer.status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(post, range(2)), key=lambda answer: answer[0])
    # the twin was still at work, or had just finished
    assert answers[0][0] == 201
    assert answers[1][0] in {201, 409}
    assert answers[1][0] == 409 or answers[1] == answers[0]
    assert FileType.objects.count() == 1
    assert api.post(LIST, BODY, **KEY)["Idempotent-Replayed"] == "true"
