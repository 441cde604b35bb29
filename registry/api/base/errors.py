"""One table from the services' errors to the answers of the native API.

Field errors are ``{"field": ["…"]}``, everything else ``{"detail": "…"}`` with further
keys where they help; of many rows, a list by index.
"""

from __future__ import annotations

import logging
from typing import Any

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

from registry.api.base.views import api_base
from registry.core import errors
from registry.core.database_errors import to_registry_error
from registry.core.links import kind_of
from registry.http.bodies import BodyIncomplete, BodyRefused

logger = logging.getLogger(__name__)

#: The status of each error; the first class that fits counts.
STATUS: tuple[tuple[type[Exception], int], ...] = (
    (errors.InvalidInput, 400),
    (errors.Conflict, 409),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (errors.Stale, 412),
    (errors.StorageFull, 507),
    (errors.QuotaExceeded, 413),
    (errors.Unavailable, 503),
    (RequestDataTooBig, 413),
    (SuspiciousOperation, 400),
    (UnreadablePostError, 400),
    (DataError, 400),
    (IntegrityError, 409),
)

#: What is said of errors whose own words are for the log, not for clients.
DETAIL: dict[type[Exception], str] = {
    RequestDataTooBig: "The body is too large.",
    TooManyFieldsSent: "The form has too many fields.",
    TooManyFilesSent: "The form has too many files.",
    SuspiciousOperation: "Part of the request cannot be read.",
    UnreadablePostError: BodyIncomplete.detail,
    DataError: "A value is outside what the database can hold.",
    IntegrityError: "The request does not fit what is on record by now; try again.",
}

#: What goes with a status: when to try again, and which codings a body may have.
_HEADERS = {415: {"Accept-Encoding": "identity"}, 503: {"Retry-After": "1"}}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an error into an answer; None leaves it to the server as a defect."""
    request = context["request"]
    if isinstance(error, exceptions.NotAuthenticated):
        return Response({"detail": error.detail}, status=403)
    if isinstance(error, errors.BulkError):
        return _refused(error, request)
    status = status_of(error)
    if status is None:
        return _in_our_words(default_handler(error, context))
    if not isinstance(error, errors.RegistryError | BodyRefused):
        logger.warning("%s: %s", type(error).__name__, error)
    error = to_registry_error(error) or error
    headers = _HEADERS.get(status)
    return _known(Response(_body(error, request), status=status, headers=headers))


def _in_our_words(response: Response | None) -> Response | None:
    """Say ``detail`` of what is wrong with a body as a whole."""
    if response is None:
        return None
    response.data = _detailed(response.data)
    return _known(response)


def _known(response: Response) -> Response:
    """Return an answer that the log of errors need not tell of, though it is a 503."""
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _detailed(data: Any) -> Any:
    match data:
        case {"non_field_errors": messages} | ([str(), *_] as messages):
            return {"detail": " ".join(messages)}
        case list():
            return [_detailed(item) for item in data]
    return data


def status_of(error: Exception) -> int | None:
    """Look an error up in the table."""
    if isinstance(error, BodyRefused):
        return error.status_code
    error = to_registry_error(error) or error
    return next((code for kind, code in STATUS if isinstance(error, kind)), None)


def _refused(error: errors.BulkError, request: Any) -> Response:
    """Answer for many rows: the status of the first bad one, and each one's errors."""
    first = error.errors[min(error.errors)]
    body: list[Any] = [{} for _ in range(error.total)]
    for index, one in error.errors.items():
        body[index] = _body(one, request)
    return Response(body, status=status_of(first) or 400)


def _body(error: Exception, request: Any) -> dict[str, Any]:
    match error:
        case errors.InvalidInput():
            return dict(error.fields)
        case errors.Duplicate():
            return _duplicate(error, request)
        case errors.QuotaExceeded():
            numbers = {"used": error.used, "allowed": error.allowed}
            return {"detail": error.detail, **numbers}
        case BodyRefused(field=str(field)) if field:
            return {field: [error.detail]}
    return {"detail": detail_of(error)}


def detail_of(error: BaseException) -> str:
    """Return what to say of an error as a whole."""
    if isinstance(error, errors.RegistryError):
        return error.detail
    if isinstance(error, BodyRefused):
        return f"{error.field}: {error.detail}" if error.field else error.detail
    kinds = (kind for kind in DETAIL if isinstance(error, kind))
    return DETAIL.get(next(kinds, SuspiciousOperation), "")


def _duplicate(error: errors.Duplicate, request: Any) -> dict[str, Any]:
    """Say what clashes, and where the record is that has these values already."""
    if error.existing is None:
        return {"detail": f"{error.detail}: another row of this request is the same"}
    address = f"{kind_of(type(error.existing))}/{error.existing.pk}/"
    return {"detail": error.detail, "url": f"{api_base(request)}{address}"}
