"""What views of every surface do that take tokens and count requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.views import APIView

from registry.http.budgets import hold_slot
from registry.http.throttling import LoginThrottle

if TYPE_CHECKING:
    from rest_framework.request import Request


class CountedView(APIView):
    """Counts every request, refused ones too.

    What is left of the limit the middleware tells the client.
    """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find out who asks and count the request before anything can refuse it.

        Raises ``Busy`` where no slot is free for a costly read.
        """
        self._authenticate(request)
        self.check_throttles(request)
        if request.method in {"GET", "HEAD"} and self.is_costly(request):
            hold_slot(request._request, request.user)
        self.format_kwarg = self.get_format_suffix(**kwargs)
        negotiated = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = negotiated
        request.version, request.versioning_scheme = self.determine_version(
            request, *args, **kwargs
        )
        self.check_permissions(request)

    def is_costly(self, request: Request) -> bool:
        """Tell whether a read takes one of the slots of ``registry.http.budgets``."""
        return False

    def _authenticate(self, request: Request) -> None:
        """Authenticate; whoever guesses at tokens or passwords is slowed down."""
        try:
            self.perform_authentication(request)
        except AuthenticationFailed:
            throttle = LoginThrottle()
            if not throttle.allow_request(request, self):
                raise Throttled(throttle.wait()) from None
            raise
        except PermissionDenied:
            # a session without its CSRF token, which makes nobody of somebody
            self.check_throttles(request)
            raise
