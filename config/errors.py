"""What went wrong, in the form of the surface that was asked: JSON, OAuth or a page."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import RequestDataTooBig
from django.http import JsonResponse

from registry.api.base.errors import detail_of, status_of
from registry.core.troubles import to_registry_error
from registry.http.bodies import BodyRefused
from registry.interop.oidc.responses import oauth_error
from registry.web.views.errors import has_page, page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger("registry.errors")

_API = "/api/"
_OAUTH = ("/o/", "/auth/realms/")
#: The one page below the addresses of OAuth.
_ASKING = frozenset({"oidc:authorize", "realm:authorize"})
_DEFECT = "Something broke. It was written down for who runs this registry."


class TroubleMiddleware:
    """Answers for views whose database or disk is in trouble.

    What happens outside of views, for instance where a session is looked up, comes to
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
        """Answer for a trouble; None leaves other errors to Django."""
        return _answer_trouble(request, error)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Answer what cannot be read."""
    if isinstance(exception, BodyRefused):
        return answer_error(request, exception.status_code, exception)
    if isinstance(exception, RequestDataTooBig):
        return answer_error(request, 413, exception)
    return answer_error(request, 400, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after an error that no view has answered: a trouble, or a defect."""
    error = sys.exc_info()[1]
    troubled = _answer_trouble(request, error) if error is not None else None
    return troubled or answer_error(request, 500)


def answer_error(
    request: HttpRequest, status: int, error: BaseException | None = None
) -> HttpResponse:
    """Answer in the form of the surface, with when to try again."""
    detail = "" if error is None else detail_of(error)
    response = _form_of(request)(request, status, detail)
    if response.status_code == 503:
        response["Retry-After"] = "5"
    return response


def _answer_trouble(request: HttpRequest, error: BaseException) -> HttpResponse | None:
    trouble = to_registry_error(error)
    if trouble is None:
        return None
    if trouble is not error:
        logger.warning("%s: %s", type(error).__name__, error)
    response = answer_error(request, status_of(trouble) or 400, trouble)
    # one line is enough: Django would add the traceback of each request
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _form_of(request: HttpRequest) -> Callable[[HttpRequest, int, str], HttpResponse]:
    """Return what answers at the address of a request."""
    if request.path_info.startswith(_API):
        return _as_json
    view = getattr(request.resolver_match, "view_name", "")
    if request.path_info.startswith(_OAUTH) and view not in _ASKING:
        return _as_oauth
    return _as_page


def _as_json(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    return JsonResponse({"detail": detail or _DEFECT}, status=status)


def _as_oauth(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    """Answer by RFC 6749, sections 4.1.2.1 and 5.2, which know no other errors."""
    if status == 500:
        return oauth_error("server_error", detail or _DEFECT, status)
    if status in {409, 503, 507}:
        return oauth_error("temporarily_unavailable", detail, 503)
    return oauth_error("invalid_request", detail, status)


def _as_page(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    return page(request, status if has_page(status) else 400, detail)
