"""What views of every surface do that take tokens and count requests."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.views import APIView

from registry.http.bodies import hold_if_large, prepare_body
from registry.http.read_slots import hold_read_slot
from registry.http.sign_in_attempts import count_failure
from registry.http.throttling import SAFE, refuse_excess

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from rest_framework.request import Request


class CountedView(APIView):
    """Counts every request, refused ones too.

    What is left of the limit the middleware tells the client. ``token_scopes`` are
    scopes of access tokens that are enough to read here, besides `read`.
    """

    token_scopes: tuple[str, ...] = ()
    #: Whether the view reads the body piece by piece, whatever its size.
    streams_body = False
    #: Whether all requests count as exports, and all reads take one of the slots of
    #: ``registry.http.read_slots``; those for one of the costly formats do both.
    is_export = False
    is_costly = False
    costly_formats: Mapping[str, str] = {}

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Answer; a large body counts as one until then."""
        with ExitStack() as self._held:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find out who asks and count the request before anything can refuse it.

        Raises ``Busy`` where no slot is free for a costly read.
        """
        wants_all = self._asks_for_costly_format(request)
        self._authenticate(request)
        exports = self.is_export or wants_all
        refuse_excess(request._request, request.user, exports=exports)
        if request.method in {"GET", "HEAD"} and (self.is_costly or wants_all):
            hold_read_slot(request._request, request.user)
        self.format_kwarg = self.get_format_suffix(**kwargs)
        negotiated = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = negotiated
        request.version, request.versioning_scheme = self.determine_version(
            request, *args, **kwargs
        )
        self.check_permissions(request)
        if request.method not in SAFE:
            prepare_body(request._request, type(self), self._held)

    def hold_large_body(self, request: HttpRequest) -> None:
        """Count a body that will be in memory as one of the large ones, if it is."""
        hold_if_large(request, self._held)

    def _asks_for_costly_format(self, request: Request) -> bool:
        """Tell whether one of the costly formats is asked for."""
        asked = request.query_params.get("format")
        if asked:
            return asked in self.costly_formats
        accepted = request.META.get("HTTP_ACCEPT", "")
        return any(one in accepted for one in self.costly_formats.values())

    def _authenticate(self, request: Request) -> None:
        """Authenticate; whoever guesses at tokens or passwords is slowed down."""
        try:
            self.perform_authentication(request)
        except AuthenticationFailed:
            count_failure(request._request)
            raise
        except PermissionDenied:
            # a session without its CSRF token, which makes nobody of somebody
            refuse_excess(request._request, request.user, exports=self.is_export)
            raise
