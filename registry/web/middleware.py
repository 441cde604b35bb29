"""Counting the pages that people and crawlers read, by the limits of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.http.addresses import client_address, is_exempt
from registry.http.throttling import count
from registry.web.views import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


class PageThrottleMiddleware:
    """Answers 429 when an address or an account reads too many pages.

    Health checks are not counted, and the API counts for itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the state of the limit in the headers."""
        response = self.get_response(request)
        usage = getattr(request, "page_limit", None)
        if usage is not None:
            for name, value in usage.headers().items():
                response[name] = value
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Count the request, if it is for a page."""
        module = str(getattr(view, "__module__", ""))
        if not module.startswith("registry.web.") or module.endswith(".health"):
            return None
        address = client_address(request)
        user = request.user
        scope, who = (
            ("user", str(user.pk)) if user.is_authenticated else ("anonymous", address)
        )
        allowed, usage = count(scope, who, exempt=is_exempt(address))
        request.page_limit = usage  # type: ignore[attr-defined]
        return None if allowed else errors.too_many(request, usage.reset)
