"""Limit attempts to sign in before a secret is checked; count only failures.

An attempt is counted before its secret is checked, and no longer counted if the secret
is right. So concurrent requests cannot check more secrets than the limit allows, and a
program that sends its password with each request is not slowed down.

Attempts are counted by address only: a limit on accounts would allow anybody to lock
out their owners.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from rest_framework.exceptions import APIException, Throttled

from registry.core.errors import Unavailable
from registry.http.addresses import client_address, client_network, is_exempt
from registry.http.throttling import Usage, Window, report_usage
from registry.identity.hashing import hashing_slots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

_SCOPE = "login"
#: Seconds after which to try again if too many passwords are being checked.
_BUSY_SECONDS = 1


class SignInRefused(APIException):
    """An attempt that was not checked; try again after ``wait`` seconds.

    The REST framework turns it into a response with ``Retry-After``.
    """

    wait: float

    @property
    def seconds(self) -> int:
        """Seconds to wait, for ``Retry-After``."""
        return round(self.wait)

    @property
    def advice(self) -> str:
        """The message for people."""
        return str(self.detail)


class TooManyAttempts(Throttled, SignInRefused):
    """The address has used up its failed attempts (429)."""

    def __init__(self, usage: Usage) -> None:
        super().__init__(float(usage.reset))

    @property
    def advice(self) -> str:
        """The message for people."""
        return f"Too many attempts: try again in {self.seconds} seconds."


class SignInBusy(SignInRefused):
    """Too many passwords are being checked at the same time (503)."""

    status_code = 503

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.wait = float(_BUSY_SECONDS)


class SignInAttempt:
    """An attempt to sign in, which counts as a failure until it succeeds."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._window = Window.now(_SCOPE, client_network(request))
        self._exempt = is_exempt(client_address(request))
        self._counted = False
        self._right = False

    def begin(self) -> None:
        """Count the attempt; raise ``TooManyAttempts`` if it exceeds the limit."""
        if self._exempt:
            return
        used = self._window.increment()
        self._counted = True
        self._request.sign_in_attempt = self  # type: ignore[attr-defined]
        if used > self._window.limit:
            self._raise_too_many(used)

    def require_left(self) -> None:
        """Raise ``TooManyAttempts`` if no attempt is left, without counting one."""
        if self._exempt:
            return
        used = self._window.used()
        if used >= self._window.limit:
            self._raise_too_many(used)

    def succeeded(self) -> None:
        """Mark the attempt as successful, so that it is not counted."""
        self._right = True
        if self._counted:
            self._window.uncount()
            self._counted = False

    def report_failure(self) -> None:
        """Report the attempts that are left in the response, unless it succeeded."""
        if not self._right:
            used = self._window.used() if self._counted else 0
            report_usage(self._request, self._window.usage(used))

    def _raise_too_many(self, used: int) -> None:
        usage = self._window.usage(used)
        report_usage(self._request, usage)
        raise TooManyAttempts(usage)


@contextmanager
def sign_in_attempt(
    request: HttpRequest, *, slow: bool = True
) -> Iterator[SignInAttempt]:
    """Count an attempt; check the secret in the block, and call ``succeeded()``.

    ``slow`` says whether the check needs a slot for hashing passwords. Raises
    ``TooManyAttempts`` or ``SignInBusy`` before anything is checked.
    """
    begun = SignInAttempt(request)
    begun.begin()
    try:
        with hashing_slots().take() if slow else nullcontext():
            yield begun
    except Unavailable as error:
        begun.succeeded()
        raise SignInBusy(error.detail) from error
    begun.report_failure()


def require_attempts_left(request: HttpRequest) -> None:
    """Raise ``TooManyAttempts`` if this address has used up its failed attempts."""
    SignInAttempt(request).require_left()


def count_failure(request: HttpRequest) -> None:
    """Count a failure, unless the attempt of this request is counted already.

    Raises ``TooManyAttempts`` if it exceeds the limit.
    """
    if getattr(request, "sign_in_attempt", None) is None:
        failure = SignInAttempt(request)
        failure.begin()
        failure.report_failure()
