"""The large bodies in memory are limited."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest
from django.core.cache import caches
from django.test import RequestFactory
from pytest_django import Settings

from registry.http.bodies import hold_if_large
from registry.http.large_bodies import (
    LARGE_BODY_BYTES,
    LargeBodyInProgress,
    TooManyLargeBodies,
    bodies_in_memory,
    hold_large_body,
)
from tests.api.client import Api, data_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ADDRESS = "/api/object/"
BODY = {"description": "x" * (LARGE_BODY_BYTES // 2), "unknown": "x" * LARGE_BODY_BYTES}


def test_an_account_can_send_one_large_body_at_a_time() -> None:
    person = UserFactory.create()
    api = Api(person)
    with hold_large_body(str(person.pk), 2 * LARGE_BODY_BYTES):
        answer = api.post(ADDRESS, BODY)
        assert "another large body" in data_of(answer, 429)["detail"]
        assert answer["Retry-After"] == "1"
        # small ones go on, and so do other people
        data_of(api.post(ADDRESS, {}), 201)
        data_of(Api(UserFactory.create()).post(ADDRESS, BODY), 201)
    data_of(api.post(ADDRESS, BODY), 201)


def test_a_rejected_body_is_no_longer_counted() -> None:
    api = Api(UserFactory.create())
    for _ in range(2):
        data_of(api.post(ADDRESS, {**BODY, "uuid": "none"}), 400)
        body = json.dumps(BODY).encode()[:-1]
        data_of(api.send("POST", ADDRESS, body, "application/json"), 400)
    assert not bodies_in_memory._sizes


def test_other_processes_know_by_the_cache() -> None:
    person = UserFactory.create()
    caches["throttle"].add(f"large-body:{person.pk}", 1)
    data_of(Api(person).post(ADDRESS, BODY), 429)
    assert not bodies_in_memory._sizes


def test_a_process_accepts_half_as_many_large_bodies_as_threads(
    settings: Settings,
) -> None:
    settings.THREADS = 4
    with ExitStack() as held:
        for name in "ab":
            held.enter_context(hold_large_body(name, 2 * LARGE_BODY_BYTES))
        answer = Api(UserFactory.create()).post(ADDRESS, BODY)
        assert data_of(answer, 503)["detail"]
        assert answer["Retry-After"] == "2"


@pytest.mark.once
def test_large_bodies_have_a_maximum_total_size(settings: Settings) -> None:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    with ExitStack() as held:
        for name in "ab":
            held.enter_context(hold_large_body(name, most))
        with (
            pytest.raises(TooManyLargeBodies),
            hold_large_body("c", 2 * LARGE_BODY_BYTES),
        ):
            pass
        with (
            pytest.raises(LargeBodyInProgress),
            hold_large_body("a", 2 * LARGE_BODY_BYTES),
        ):
            pass
        before = dict(bodies_in_memory._sizes)
        hold_if_large(RequestFactory().post("/", {"name": "small"}), held)
        assert bodies_in_memory._sizes == before
    with hold_large_body("c", most):
        pass
