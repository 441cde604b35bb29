"""Errors are pages with the design of the site and the right status."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.test import Client
from django.urls import path
from pytest_django import Settings

from config.urls import handler400, handler403, handler404, handler500, urlpatterns
from tests.factories import UserFactory
from tests.web.pages import main_of, words_of

__all__ = ["handler400", "handler403", "handler404", "handler500"]

pytestmark = pytest.mark.django_db


class Defect(Exception):
    """An unexpected error."""


def _raises(error: Exception) -> Any:
    def view(request: Any) -> Any:
        raise error

    return view


#: The addresses of the site, and some that fail.
urlpatterns = [
    path("defect/", _raises(Defect("the secret of the defect"))),
    path("denied/", _raises(PermissionDenied("an internal reason"))),
    path("suspicious/", _raises(SuspiciousOperation("an internal reason"))),
    *urlpatterns,
]
FAILING = pytest.mark.urls(__name__)


@pytest.fixture
def patient() -> Client:
    """Return a client that gets unexpected errors as pages."""
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    "address",
    [
        "/nothing/",
        "/data_product/0/",
        "/docs/nothing/",
        "/suggest/nothing/",
        "/object/x/",
    ],
)
def test_an_unknown_record_gets_404(address: str, client: Client) -> None:
    main = main_of(client.get(address), 404)
    assert "Not found" in words_of(main)


def test_a_404_names_what_is_missing(client: Client) -> None:
    assert "There is no data product 9." in words_of(
        main_of(client.get("/data_product/9/"), 404)
    )
    assert "There is no guide xyz." in words_of(main_of(client.get("/docs/xyz/"), 404))


def test_a_404_does_not_repeat_the_address(client: Client) -> None:
    answer = client.get("/<script>alert(1)</script>/")
    assert b"<script>alert" not in answer.content
    assert answer.status_code == 404


@FAILING
def test_a_forbidden_request_gets_403(client: Client) -> None:
    main = main_of(client.get("/denied/"), 403)
    assert "You cannot do this" in words_of(main)
    assert "internal" not in words_of(main)
    assert main.select_one("a[href='/sign-in']")
    client.force_login(UserFactory.create())
    assert not main_of(client.get("/denied/"), 403).select_one("a[href='/sign-in']")


@FAILING
def test_a_suspicious_request_gets_400(client: Client) -> None:
    main = main_of(client.get("/suspicious/"), 400)
    assert "This request is not valid" in words_of(main)
    assert "internal" not in words_of(main)


@FAILING
def test_an_exception_gets_500_without_details(patient: Client) -> None:
    main = main_of(patient.get("/defect/"), 500)
    assert "Internal error" in words_of(main)
    assert "secret" not in str(main)


@FAILING
def test_an_error_page_needs_no_database(
    patient: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("the database has gone")

    patient.force_login(UserFactory.create())
    assert SESSION_KEY in patient.session
    # the session is what a page asks the database for first
    monkeypatch.setattr("django.contrib.auth.get_user", gone)
    monkeypatch.setattr("django.contrib.auth.middleware.auth.get_user", gone)
    answer = patient.get("/defect/")
    assert "The registry is busy" in words_of(main_of(answer, 503))
    assert answer["Retry-After"] == "5"


def test_a_form_of_another_site_gets_403() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory.create())
    main = main_of(client.post("/namespace/new/", {"name": "mine"}), 403)
    assert "The form did not come from this site" in words_of(main)


def test_a_large_body_gets_413(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    client = Client()
    client.force_login(UserFactory.create())
    form = {"name": "long", "full_name": "x" * 2000}
    main = main_of(client.post("/namespace/new/", form), 413)
    assert "The request is too large" in words_of(main)


def test_a_form_with_too_many_fields_gets_400(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 5
    client = Client()
    client.force_login(UserFactory.create())
    form = {f"field-{number}": "x" for number in range(9)}
    main_of(client.post("/namespace/new/", form), 400)


def test_an_unknown_host_gets_400() -> None:
    answer = Client().get("/", headers={"host": "evil.example.org"})
    assert answer.status_code == 400
    assert b"evil" not in answer.content


def test_errors_of_head_have_the_same_headers(client: Client) -> None:
    answer = client.head("/nothing/")
    assert (answer.status_code, answer.content) == (404, b"")
