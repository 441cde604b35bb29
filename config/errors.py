"""Error responses in the format of the requested surface: JSON, OAuth or a page."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import RequestDataTooBig
from django.http import JsonResponse

from registry.api.base.errors import detail_of, status_of
from registry.core.database_errors import to_registry_error
from registry.http.bodies import BodyRefused
from registry.interop.oidc.responses import oauth_error
from registry.web.views.errors import has_page, page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger("registry.errors")

_API = "/api/"
_OAUTH = ("/o/", "/auth/realms/")
#: Views below the paths of OAuth that answer with a page: the consent page.
_OAUTH_PAGES = frozenset({"oidc:authorize", "realm:authorize"})
_DEFECT_DETAIL = "Something broke. It was written down for who runs this registry."


class ServiceErrorMiddleware:
    """Turn service errors of views, such as a full disk, into responses.

    Errors outside of views, for example while a session is looked up, are handled by
    ``server_error``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, error: Exception
    ) -> HttpResponse | None:
        """Return a response for a service error; None leaves others to Django."""
        return _answer_service_error(request, error)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Return the response to a request that cannot be read (``handler400``)."""
    if isinstance(exception, BodyRefused):
        return answer_error(request, exception.status_code, exception)
    if isinstance(exception, RequestDataTooBig):
        return answer_error(request, 413, exception)
    return answer_error(request, 400, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the response to an unhandled error (``handler500``).

    It is a service error outside of views, or a defect.
    """
    error = sys.exc_info()[1]
    response = _answer_service_error(request, error) if error is not None else None
    return response or answer_error(request, 500)


def answer_error(
    request: HttpRequest, status: int, error: BaseException | None = None
) -> HttpResponse:
    """Return an error response in the surface's format; 503 says when to retry."""
    detail = "" if error is None else detail_of(error)
    response = _responder_for(request)(request, status, detail)
    if response.status_code == 503:
        response["Retry-After"] = "5"
    return response


def _answer_service_error(
    request: HttpRequest, error: BaseException
) -> HttpResponse | None:
    service_error = to_registry_error(error)
    if service_error is None:
        return None
    if service_error is not error:
        logger.warning("%s: %s", type(error).__name__, error)
    response = answer_error(request, status_of(service_error) or 400, service_error)
    # one line is enough: Django would log a traceback for each request
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _responder_for(
    request: HttpRequest,
) -> Callable[[HttpRequest, int, str], HttpResponse]:
    """Return the function that builds error responses for the request's path."""
    if request.path_info.startswith(_API):
        return _as_json
    view = getattr(request.resolver_match, "view_name", "")
    if request.path_info.startswith(_OAUTH) and view not in _OAUTH_PAGES:
        return _as_oauth
    return _as_page


def _as_json(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    return JsonResponse({"detail": detail or _DEFECT_DETAIL}, status=status)


def _as_oauth(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    """Return an error of RFC 6749, sections 4.1.2.1 and 5.2, which define no others."""
    if status == 500:
        return oauth_error("server_error", detail or _DEFECT_DETAIL, status)
    if status in {409, 503, 507}:
        return oauth_error("temporarily_unavailable", detail, 503)
    return oauth_error("invalid_request", detail, status)


def _as_page(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    return page(request, status if has_page(status) else 400, detail)
