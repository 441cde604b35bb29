"""Convert errors to responses of the native API.

Errors of fields are ``{"field": ["…"]}``. All others are ``{"detail": "…"}``, some with
further keys. For several rows the body is a list with one entry for each row.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.exceptions import (
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import DataError, IntegrityError
from django.http import UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler

from registry.api.base.merged import moved_response
from registry.api.base.views import api_base
from registry.core import errors
from registry.core.database_errors import to_registry_error
from registry.core.links import kind_of
from registry.core.record_types import is_private, is_shown
from registry.http.bodies import BodyIncomplete, BodyRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model

logger = logging.getLogger(__name__)

#: The status of each class of errors; the first class that matches counts.
STATUS: tuple[tuple[type[Exception], int], ...] = (
    (errors.InvalidInput, 400),
    (errors.Conflict, 409),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (errors.Gone, 410),
    (errors.Stale, 412),
    (errors.Damaged, 500),
    (errors.StorageFull, 507),
    (errors.QuotaExceeded, 413),
    (errors.Unavailable, 503),
    (RequestDataTooBig, 413),
    (SuspiciousOperation, 400),
    (UnreadablePostError, 400),
    (DataError, 400),
    (IntegrityError, 409),
)

#: The messages for errors whose own messages are for the log, not for clients.
DETAIL: dict[type[Exception], str] = {
    RequestDataTooBig: "The body is too large.",
    TooManyFieldsSent: "The form has too many fields.",
    TooManyFilesSent: "The form has too many files.",
    SuspiciousOperation: "Part of the request cannot be read.",
    UnreadablePostError: BodyIncomplete.detail,
    DataError: "A value is outside what the database can hold.",
    IntegrityError: "The request does not fit what is on record by now; try again.",
}

#: The headers of a status: accepted content codings, and when to try again.
_HEADERS = {415: {"Accept-Encoding": "identity"}, 503: {"Retry-After": "1"}}


@contextmanager
def errors_of_body(data: Any) -> Iterator[None]:
    """Let the errors of a list be a list, even if it has one record."""
    try:
        yield
    except errors.BulkError:
        raise
    except errors.RegistryError as error:
        if not isinstance(data, list):
            raise
        raise errors.BulkError({0: error}, len(data)) from error


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the response for an error; None for an unexpected error."""
    request = context["request"]
    if isinstance(error, exceptions.NotAuthenticated):
        return Response({"detail": error.detail}, status=403)
    if isinstance(error, errors.BulkError):
        return _bulk_response(error, request)
    status = status_of(error)
    moved = moved_response(error, context)
    if moved is not None:
        return _mark_logged(moved)
    if status is None:
        return _with_detail(default_handler(error, context))
    if not isinstance(error, errors.RegistryError | BodyRefused):
        logger.warning("%s: %s", type(error).__name__, error)
    error = to_registry_error(error) or error
    headers = _HEADERS.get(status)
    return _mark_logged(
        Response(_error_body(error, request), status=status, headers=headers)
    )


def _with_detail(response: Response | None) -> Response | None:
    """Replace ``non_field_errors`` in a response of DRF by ``detail``."""
    if response is None:
        return None
    response.data = _use_detail(response.data)
    return _mark_logged(response)


def _mark_logged(response: Response) -> Response:
    """Mark a response as logged, so that Django does not log a 503 as an error."""
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _use_detail(data: Any) -> Any:
    match data:
        case {"non_field_errors": messages} | ([str(), *_] as messages):
            return {"detail": " ".join(messages)}
        case list():
            return [_use_detail(item) for item in data]
    return data


def status_of(error: Exception) -> int | None:
    """Return the status of an error; None for an unexpected one."""
    if isinstance(error, BodyRefused):
        return error.status_code
    error = to_registry_error(error) or error
    return next((code for kind, code in STATUS if isinstance(error, kind)), None)


def _bulk_response(error: errors.BulkError, request: Any) -> Response:
    """Return the errors of all rows, with the status of the first error."""
    first = error.errors[min(error.errors)]
    body: list[Any] = [{} for _ in range(error.total)]
    for index, one in error.errors.items():
        body[index] = _error_body(one, request)
    return Response(body, status=status_of(first) or 400)


def _error_body(error: Exception, request: Any) -> dict[str, Any]:
    match error:
        case errors.InvalidInput():
            return dict(error.fields)
        case errors.Duplicate():
            return _duplicate_body(error, request)
        case errors.HasDependents():
            urls = [_address(one, request) for one in error.dependents]
            return {"detail": error.detail, "dependents": urls, "total": error.total}
        case errors.QuotaExceeded():
            numbers = {"used": error.used, "allowed": error.allowed}
            return {"detail": error.detail, **numbers}
        case BodyRefused(field=str(field)) if field:
            return {field: [error.detail]}
    return {"detail": detail_of(error)}


def detail_of(error: BaseException) -> str:
    """Return the message of an error."""
    if isinstance(error, errors.RegistryError):
        return error.detail
    if isinstance(error, BodyRefused):
        return f"{error.field}: {error.detail}" if error.field else error.detail
    kinds = (kind for kind in DETAIL if isinstance(error, kind))
    return DETAIL.get(next(kinds, SuspiciousOperation), "")


def _duplicate_body(error: errors.Duplicate, request: Any) -> dict[str, Any]:
    """Return the message of a duplicate, with the URL of the existing record."""
    if error.existing is None:
        return {"detail": f"{error.detail}: another row of this request is the same"}
    existing = error.existing
    if is_private(type(existing)) and not is_shown(existing, request.user):
        return {"detail": error.detail}
    return {"detail": error.detail, "url": _address(existing, request)}


def _address(record: Model, request: Any) -> str:
    return f"{api_base(request)}{kind_of(type(record))}/{record.pk}/"
