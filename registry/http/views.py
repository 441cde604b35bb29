"""The base class of views that accept tokens and count requests, for all surfaces."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.views import APIView

from registry.http.bodies import hold_if_large, prepare_body
from registry.http.parameters import tidy_parameters
from registry.http.read_slots import hold_read_slot
from registry.http.sign_in_attempts import count_failure
from registry.http.throttling import SAFE, refuse_excess

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from rest_framework.request import Request


class CountedView(APIView):
    """A view that counts every request, also refused ones.

    The middleware adds the headers of the rate limit. ``token_scopes`` are scopes of
    access tokens that are enough to read here, besides `read`.
    """

    token_scopes: tuple[str, ...] = ()
    #: Whether the view reads the body in chunks, whatever its size.
    streams_body = False
    #: Whether all requests count as exports, and whether all reads take a slot of
    #: ``registry.http.read_slots``. Requests for a costly format do both.
    is_export = False
    is_costly = False
    costly_formats: Mapping[str, str] = {}

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Handle the request; a large body keeps its slot until the end."""
        with ExitStack() as self._large_body_slots:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate and count the request before anything can refuse it.

        Raises ``Busy`` if no slot is free for a costly read.
        """
        # most requests have no query
        if request.META.get("QUERY_STRING"):
            tidy_parameters(request._request)
        is_costly_format = self._asks_for_costly_format(request)
        self._authenticate(request)
        is_export = self.is_export or is_costly_format
        refuse_excess(request._request, request.user, is_export=is_export)
        if request.method in {"GET", "HEAD"} and (self.is_costly or is_costly_format):
            hold_read_slot(request._request, request.user)
        self.format_kwarg = self.get_format_suffix(**kwargs)
        negotiated = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = negotiated
        request.version, request.versioning_scheme = self.determine_version(
            request, *args, **kwargs
        )
        self.check_permissions(request)
        if request.method not in SAFE:
            prepare_body(request._request, type(self), self._large_body_slots)

    def hold_large_body(self, request: HttpRequest) -> None:
        """Take a slot for a body in memory, if it is large."""
        hold_if_large(request, self._large_body_slots)

    def _asks_for_costly_format(self, request: Request) -> bool:
        """Return whether the request asks for one of the costly formats."""
        asked = request.query_params.get("format")
        if asked:
            return asked in self.costly_formats
        accepted = request.META.get("HTTP_ACCEPT", "")
        return any(one in accepted for one in self.costly_formats.values())

    def _authenticate(self, request: Request) -> None:
        """Authenticate; count failures, to limit guesses of tokens and passwords."""
        try:
            self.perform_authentication(request)
        except AuthenticationFailed:
            count_failure(request._request)
            raise
        except PermissionDenied:
            # a session without its CSRF token
            refuse_excess(request._request, request.user, is_export=self.is_export)
            raise
