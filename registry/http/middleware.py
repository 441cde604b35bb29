"""Middleware for all requests: request ids, the access log and security headers."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from csp.constants import HEADER
from csp.middleware import CSPMiddleware, PolicyParts
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.utils.functional import LazyObject, empty

from registry.core import context
from registry.http.addresses import client_address
from registry.http.throttling import usage_of

Answer = Callable[[HttpRequest], HttpResponse]

access_log = logging.getLogger("registry.access")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_COMMENTS_AND_BLANKS = re.compile(r"\([^()]*\)|\s+")
_MAX_CLIENT_LENGTH = 200
_MACHINE_HOST = re.compile(r"(localhost|[0-9.]+|\[[0-9A-Fa-f:.]+\])?(:[0-9]+)?")
_PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "geolocation", "microphone", "payment", "usb")
)


def client_name(user_agent: str) -> str:
    """Return the products in a User-Agent header, without its comments.

    The result has at most 200 characters, because events store it.
    """
    products = _COMMENTS_AND_BLANKS.sub(" ", user_agent[:1000]).split()
    return " ".join(products)[:_MAX_CLIENT_LENGTH]


class RequestContextMiddleware:
    """Gives each request an id, and writes the access log.

    A valid `X-Request-Id` of the client is used, so that both logs can be read
    together; the response always has the id. The log line has the path but not the
    query, which can contain signatures. The response also has the headers of the rate
    limit that the request counted against.
    """

    def __init__(self, get_response: Answer) -> None:
        """Store the next middleware or view."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        client = client_name(request.META.get("HTTP_USER_AGENT", ""))
        earlier = (
            context.request_id.set(request_id),
            context.client.set(client),
            context.address.set(client_address(request)),
        )
        try:
            response = self._respond_and_log(request)
        finally:
            context.request_id.reset(earlier[0])
            context.client.reset(earlier[1])
            context.address.reset(earlier[2])
        response["X-Request-Id"] = request_id
        usage = usage_of(request)
        if usage is not None:
            for name, value in usage.headers().items():
                response[name] = value
        return response

    def _respond_and_log(self, request: HttpRequest) -> HttpResponse:
        started = perf_counter()
        response = self.get_response(request)
        if access_log.isEnabledFor(logging.INFO):
            taken = (perf_counter() - started) * 1000
            values = _log_values(request, response, taken)
            access_log.info("answered", extra={"values": values})
        return response


def _log_values(
    request: HttpRequest, response: HttpResponse, milliseconds: float
) -> dict[str, Any]:
    return {
        "method": request.method,
        "path": request.path,
        "status": response.status_code,
        "ms": f"{milliseconds:.1f}",
        "user": _known_user(request) or "-",
        "address": client_address(request),
    }


def _known_user(request: HttpRequest) -> Any:
    # looking up the user only for the log would cost a query
    user = getattr(request, "user", None)
    if isinstance(user, LazyObject) and user._wrapped is empty:  # type: ignore[attr-defined]
        return None
    return getattr(user, "pk", None)


class HealthCheckHostMiddleware:
    """Accepts health checks that use the machine's address instead of the site's name.

    A load balancer or container runtime calls the process by an IP address or as
    localhost, which are not allowed hosts. The responses contain no URLs.
    """

    paths = frozenset({"/livez", "/readyz"})

    def __init__(self, get_response: Answer) -> None:
        """Store the next middleware or view."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        host = request.META.get("HTTP_HOST", "")
        if request.path_info in self.paths and _MACHINE_HOST.fullmatch(host):
            request.META["HTTP_HOST"] = urlsplit(settings.REGISTRY_URL).netloc
        return self.get_response(request)


class LastSlashMiddleware(CommonMiddleware):
    """Redirects reads of addresses without their last slash, and refuses other methods.

    Clients turn a redirected POST into a GET, and what they sent is lost.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Replace the 404 of an address that lacks its last slash."""
        is_read = request.method in {"GET", "HEAD"}
        if response.status_code != 404 or is_read:
            return super().process_response(request, response)
        if not self.should_redirect_with_slash(request):
            return response
        address = request.build_absolute_uri(
            request.get_full_path(force_append_slash=True)
        )
        return HttpResponse(
            "This address lacks its last slash; nothing was done. Send the "
            f"{request.method} to {address}\n",
            status=404,
            content_type="text/plain; charset=utf-8",
        )


class SecurityHeadersMiddleware(CSPMiddleware):
    """Sets the security policies of a page, unless its view has set its own.

    The policy of views without a decorator of django-csp is built once: to build it for
    each response would take a twentieth of the time of a GET of one record.
    """

    def __init__(self, get_response: Answer) -> None:
        """Store the next middleware or view."""
        super().__init__(get_response)
        self._usual = build_policy()

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Add the headers."""
        response.setdefault("Permissions-Policy", _PERMISSIONS_POLICY)
        if self.get_policy_parts(request, response) == PolicyParts():
            response.setdefault(HEADER, self._usual)
            return response
        return super().process_response(request, response)
