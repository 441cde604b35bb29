"""What views of every surface do that take tokens and count requests."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from django.conf import settings
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.views import APIView

from registry.http.addresses import client_address
from registry.http.bodies import (
    MAX_FORM_BYTES,
    BodyTooLarge,
    allow_large_body,
    content_length,
    is_chunked,
    is_form,
    read_chunked_body,
    reject_encoded_body,
)
from registry.http.large_bodies import hold_large_body
from registry.http.read_slots import hold_read_slot
from registry.http.sign_in_attempts import count_failure
from registry.http.throttling import SAFE

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
        self._authenticate(request)
        self.check_throttles(request)
        if request.user.is_authenticated:
            allow_large_body(request._request, type(self))
        if request.method in {"GET", "HEAD"} and self.is_costly(request):
            hold_read_slot(request._request, request.user)
        self.format_kwarg = self.get_format_suffix(**kwargs)
        negotiated = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = negotiated
        request.version, request.versioning_scheme = self.determine_version(
            request, *args, **kwargs
        )
        self.check_permissions(request)
        if not self.streams_body:
            self._prepare_body(request._request)

    def hold_large_body(self, request: HttpRequest) -> None:
        """Count a body that will be in memory as one of the large ones, if it is."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        # one in chunks may turn out to be as large as any
        size = limit if is_chunked(request) else min(content_length(request), limit)
        who = str(self.request.user.pk or client_address(request))
        self._held.enter_context(hold_large_body(who, size))

    def _prepare_body(self, request: HttpRequest) -> None:
        """Have a body that can be read, now that it is known who sends it."""
        if request.method in SAFE:
            return
        reject_encoded_body(request)
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if is_form(request):
            most = min(most, MAX_FORM_BYTES)
        if content_length(request) > most:
            raise BodyTooLarge
        self.hold_large_body(request)
        read_chunked_body(request, most)

    def is_costly(self, request: Request) -> bool:
        """Tell whether a read takes a slot of ``registry.http.read_slots``."""
        return False

    def _authenticate(self, request: Request) -> None:
        """Authenticate; whoever guesses at tokens or passwords is slowed down."""
        try:
            self.perform_authentication(request)
        except AuthenticationFailed:
            count_failure(request._request)
            raise
        except PermissionDenied:
            # a session without its CSRF token, which makes nobody of somebody
            self.check_throttles(request)
            raise
