"""What every view of the API does, resource or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.http import Http404, HttpResponsePermanentRedirect
from django.urls import resolve
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.views import APIView

from registry.api.base.errors import api_base
from registry.http.filters.backend import RECORD_PARAMETERS, refuse_unknown
from registry.http.throttling import LoginThrottle

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from rest_framework.request import Request
    from rest_framework.response import Response

    from registry.identity.models import User


class RegistryView(APIView):
    """Counts every request, refused ones too, and tells the client what is left."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find out who asks and count the request before anything can refuse it."""
        self._authenticate(request)
        self.check_throttles(request)
        self.format_kwarg = self.get_format_suffix(**kwargs)
        negotiated = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = negotiated
        request.version, request.versioning_scheme = self.determine_version(
            request, *args, **kwargs
        )
        self.check_permissions(request)

    def _authenticate(self, request: Request) -> None:
        """Authenticate; whoever guesses at tokens or passwords is slowed down."""
        try:
            self.perform_authentication(request)
        except AuthenticationFailed:
            throttle = LoginThrottle()
            if not throttle.allow_request(request, self):
                raise Throttled(throttle.wait()) from None
            raise

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Add the state of the rate limit."""
        response = super().finalize_response(request, response, *args, **kwargs)
        usage = getattr(getattr(request, "_request", request), "rate_limit", None)
        if usage is not None:
            for name, value in usage.headers().items():
                response[name] = value
        return response

    @property
    def user(self) -> User:
        """Who asks; for views that let nobody in without an account."""
        return cast("User", self.request.user)

    @property
    def base(self) -> str:
        """The address that all of the API is below, by the request's host."""
        return api_base(self.request)


class PlainView(RegistryView):
    """A view without filters: of query parameters it knows the common ones."""

    parameters: tuple[str, ...] = RECORD_PARAMETERS

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse parameters that mean nothing here."""
        super().initial(request, *args, **kwargs)
        refuse_unknown(request.query_params, self.parameters)


class UnknownAddressView(RegistryView):
    """Answers below ``/api/`` where there is nothing, as the API answers.

    An address to read that lacks nothing but its last slash is redirected; a redirected
    POST would arrive as a GET, so others are not.
    """

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Redirect, or answer as the API does."""
        if request.method in {"GET", "HEAD"} and self._lacks_slash(request.path_info):
            return HttpResponsePermanentRedirect(
                request.get_full_path(force_append_slash=True)
            )
        return super().dispatch(request, *args, **kwargs)

    def _lacks_slash(self, path: str) -> bool:
        if path.endswith("/"):
            return False
        found = resolve(f"{path}/").func
        return getattr(found, "cls", None) is not type(self)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Whatever the method, there is nothing."""
        super().initial(request, *args, **kwargs)
        raise Http404
