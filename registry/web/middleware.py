"""Count the requests for pages by the rate limits of the API; store who is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import JsonResponse

from registry.core.errors import Unavailable
from registry.http.browser_sessions import see_visit
from registry.http.throttling import count_request, usage_of
from registry.http.views import CountedView
from registry.web.views import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from registry.http.throttling import Usage

#: The modules whose views always respond with a page.
_PAGES = ("registry.web.", "registry.admin.", "django.contrib.admin.")


class ThrottleMiddleware:
    """Returns 429 if an account or an address exceeds its rate limit.

    The views of the API count their requests themselves, once they know the account of
    the token. Health checks and static files are not counted.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response; count a request that no view counted, such as a 404."""
        response = self.get_response(request)
        if usage_of(request) is None and not _is_health(request.resolver_match):
            allowed, usage = count_request(request, request.user)
            if not allowed:
                return self._too_many(request, usage)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Count the request before its view does any work."""
        if _is_health(request.resolver_match) or _counts_for_itself(view):
            return None
        allowed, usage = count_request(request, request.user)
        return None if allowed else self._too_many(request, usage)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        """Return 503 for ``Unavailable``, as a page or as JSON."""
        if not isinstance(exception, Unavailable):
            return None
        if _is_for_people(request):
            return errors.unavailable(request, exception.detail)
        response = JsonResponse({"detail": exception.detail}, status=503)
        response["Retry-After"] = "1"
        return response

    @staticmethod
    def _too_many(request: HttpRequest, usage: Usage) -> HttpResponse:
        if _is_for_people(request):
            return errors.too_many(request, usage.reset)
        detail = f"Request was throttled. Expected available in {usage.reset} seconds."
        response = JsonResponse({"detail": detail}, status=429)
        response["Retry-After"] = str(usage.reset)
        return response


class LastSeenMiddleware:
    """Stores when a browser was last seen, for the account page of its person.

    Requests of the API and health checks do not count: they take no statement more.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response; then store the visit, every few minutes."""
        response = self.get_response(request)
        match = request.resolver_match
        if match and not (_is_health(match) or _counts_for_itself(match.func)):
            see_visit(request)
        return response


def _is_health(match: Any) -> bool:
    return _module_of(match).endswith(".health")


def _is_for_people(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept", "")
    here = _module_of(request.resolver_match).startswith(_PAGES)
    return here or "text/html" in accepted


def _module_of(match: Any) -> str:
    return str(getattr(getattr(match, "func", None), "__module__", ""))


def _counts_for_itself(view: Any) -> bool:
    made_by = getattr(view, "cls", None)
    return isinstance(made_by, type) and issubclass(made_by, CountedView)
