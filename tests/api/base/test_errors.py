"""Errors are converted to responses."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from django.db import DataError, IntegrityError, OperationalError
from django.test import RequestFactory
from rest_framework.exceptions import ValidationError

from registry.api.base.errors import exception_handler
from registry.catalogue.models import FileType
from registry.core import errors

TWIN = errors.Duplicate(["uuid"], FileType(pk=7))


def _answer(rf: RequestFactory, error: Exception) -> Any:
    return exception_handler(error, {"request": rf.get("/api/object/")})


@pytest.mark.parametrize(
    "error,status,data",
    [
        (errors.InvalidInput({"name": ["Wrong."]}), 400, {"name": ["Wrong."]}),
        (errors.Conflict("Not so."), 409, {"detail": "Not so."}),
        (errors.Forbidden("Not yours."), 403, {"detail": "Not yours."}),
        (errors.NotFound("Not there."), 404, {"detail": "Not there."}),
        (errors.Stale("Too late."), 412, {"detail": "Too late."}),
        (errors.Unavailable("Not now."), 503, {"detail": "Not now."}),
        (
            TWIN,
            409,
            {
                "detail": "Field uuid must be unique",
                "url": "http://testserver/api/file_type/7/",
            },
        ),
        (ValidationError({"name": ["Wrong."]}), 400, {"name": ["Wrong."]}),
        (ValidationError("All wrong."), 400, {"detail": "All wrong."}),
        (ValidationError([{}, {"name": ["Wrong."]}]), 400, [{}, {"name": ["Wrong."]}]),
    ],
    ids=lambda case: type(case).__name__,
)
def test_each_error_has_its_status_and_message(
    rf: RequestFactory, error: Exception, status: int, data: Any
) -> None:
    answer = _answer(rf, error)
    assert (answer.status_code, answer.data) == (status, data)


@pytest.mark.parametrize(
    "error,status",
    [
        (DataError("numeric field overflow: secret"), 400),
        (IntegrityError("violates: secret"), 409),
        (OperationalError("database is locked: secret"), 503),
        (RequestDataTooBig("secret"), 413),
    ],
    ids=lambda case: type(case).__name__,
)
def test_database_messages_are_only_logged(
    rf: RequestFactory, error: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    answer = _answer(rf, error)
    assert answer.status_code == status
    assert list(answer.data) == ["detail"]
    assert "secret" not in answer.data["detail"]
    assert "secret" in caplog.text


def test_temporary_errors_have_retry_after(rf: RequestFactory) -> None:
    for error in (errors.Unavailable("Not now."), OperationalError("locked")):
        assert _answer(rf, error)["Retry-After"] == "1"


def test_the_first_error_of_several_rows_gives_the_status(rf: RequestFactory) -> None:
    wrong = errors.InvalidInput({"name": ["Wrong."]})
    kinds: list[tuple[dict[int, errors.RegistryError], int]] = [
        ({1: wrong, 2: TWIN}, 400),
        ({2: wrong, 1: TWIN}, 409),
    ]
    for found, status in kinds:
        answer = _answer(rf, errors.BulkError(found, 3))
        assert answer.status_code == status
        assert [bool(one) for one in answer.data] == [False, True, True]


def test_an_unexpected_error_is_not_handled(rf: RequestFactory) -> None:
    assert _answer(rf, ZeroDivisionError()) is None
