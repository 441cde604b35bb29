"""Every surface handles aborted transactions and full disks of PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from registry.catalogue.models import FileType, Namespace
from registry.core import database_errors
from registry.core.models import Event
from registry.http.models import IdempotencyKey
from tests.api.client import Api, data_of
from tests.factories import UserFactory
from tests.postgres_errors import DEADLOCK, DISK_FULL, SERIALIZATION, refused_inserts
from tests.web.pages import main_of, words_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

TYPES = "/api/file_type/"
BODY = {"name": "Comma-separated values", "extension": "csv"}
KEY = {"idempotency_key": "of this test"}

Post = Callable[[], Any]


@pytest.fixture(autouse=True)
def _forget_full_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reset the known full disks after each test."""
    monkeypatch.setattr(database_errors._LastFull, "at", database_errors._LastFull.at)


@pytest.mark.parametrize("state", [DEADLOCK, SERIALIZATION])
@pytest.mark.parametrize("headers", [{}, KEY], ids=["plain", "with key"])
@pytest.mark.parametrize("body", [BODY, [BODY]], ids=["one", "many"])
def test_a_record_is_registered_in_the_third_attempt(
    state: str, headers: dict[str, str], body: Any
) -> None:
    api = Api(UserFactory.create())
    with refused_inserts("registry_filetype", state, times=2):
        data_of(api.post(TYPES, body, **headers), 201)
    assert FileType.objects.count() == 1
    assert Event.objects.filter(kind="file_type").count() == 1


@pytest.mark.parametrize("headers", [{}, KEY], ids=["plain", "with key"])
def test_after_three_attempts_there_is_a_conflict(headers: dict[str, str]) -> None:
    api = Api(UserFactory.create())
    with refused_inserts("registry_filetype", DEADLOCK, times=9):
        answer = data_of(api.post(TYPES, BODY, **headers), 409)
    assert answer == {
        "detail": "Another change was made at the same moment; try again."
    }
    assert not FileType.objects.exists()
    assert not IdempotencyKey.objects.exists()
    data_of(api.post(TYPES, BODY, **headers), 201)


@pytest.fixture(params=["/namespace/new/", "/admin/registry/namespace/add/"])
def post(request: pytest.FixtureRequest) -> Post:
    """Return a function that sends the form of a namespace, in pages and admin."""
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory.create(is_superuser=True, is_staff=True))
    return lambda: client.post(request.param, {"name": "mine"})


def test_a_form_is_saved_in_the_third_attempt(post: Post) -> None:
    with refused_inserts("registry_namespace", DEADLOCK, times=2):
        assert post().status_code == 302
    assert Namespace.objects.count() == 1


def test_a_form_is_refused_after_three_attempts(post: Post) -> None:
    with refused_inserts("registry_namespace", DEADLOCK, times=9):
        answer = post()
    assert answer.status_code in {200, 400, 409}
    assert "at the same moment" in answer.content.decode()
    assert not Namespace.objects.exists()


def test_every_surface_reports_a_full_disk(post: Post) -> None:
    with refused_inserts("registry_namespace", DISK_FULL, times=9):
        answer = data_of(
            Api(UserFactory.create()).post("/api/namespace/", {"name": "a"}), 507
        )
        assert answer == {"detail": "The registry has no room left on its disk."}
        page = post()
    assert page.status_code == 507
    assert b"No disk space left" in page.content
    ready = Client().get("/readyz")
    assert (ready.status_code, ready.content) == (
        503,
        b"a disk was full a moment ago\n",
    )


def test_a_sign_in_with_a_full_disk_shows_a_page() -> None:
    person = UserFactory.create(password="fourteen days in bed")
    form = {"username": person.username, "password": "fourteen days in bed"}
    client = Client(raise_request_exception=False)
    with refused_inserts("django_session", DISK_FULL, times=9):
        main = main_of(client.post("/sign-in", form), 507)
    assert "No disk space left" in words_of(main)
