"""Attempts to sign in: limited before anything is checked, and only failures counted.

An attempt is counted before its secret is looked at, and given back when the secret was
right. So requests that arrive together cannot check more secrets than the limit allows,
and a program that sends its password with every request is not slowed by that.

Attempts are counted by address alone: the account is what the caller is guessing at,
and a limit on accounts would let anybody lock out their owners.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from rest_framework.exceptions import APIException, Throttled

from registry.core.errors import Unavailable
from registry.http.addresses import client_address, client_network, is_exempt
from registry.http.throttling import Usage, Window, tell
from registry.identity.hashing import hashing_slots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

_SCOPE = "login"
#: Seconds after which somebody may try again who found no place to check a password.
_BUSY_SECONDS = 1


class SignInRefused(APIException):
    """An attempt that was not looked at; ``wait`` is the seconds until another may be.

    The views of the REST framework answer it by themselves, with ``Retry-After``.
    """

    wait: float

    @property
    def seconds(self) -> int:
        """The seconds to wait, for ``Retry-After``."""
        return round(self.wait)

    @property
    def advice(self) -> str:
        """What people are told."""
        return str(self.detail)


class TooManyAttempts(Throttled, SignInRefused):
    """The address has used up its failures (429)."""

    def __init__(self, usage: Usage) -> None:
        super().__init__(float(usage.reset))

    @property
    def advice(self) -> str:
        """What people are told."""
        return f"Too many attempts: try again in {self.seconds} seconds."


class SignInBusy(SignInRefused):
    """So many passwords are being checked that this one has no place (503)."""

    status_code = 503

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.wait = float(_BUSY_SECONDS)


class SignInAttempt:
    """An attempt to sign in, which counts as a failure until it has succeeded."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._window = Window.now(_SCOPE, client_network(request))
        self._exempt = is_exempt(client_address(request))
        self._counted = False
        self._right = False

    def begin(self) -> None:
        """Count the attempt; raise ``TooManyAttempts`` where it is one too many."""
        if self._exempt:
            return
        used = self._window.increment()
        self._counted = True
        self._request.sign_in_attempt = self  # type: ignore[attr-defined]
        if used > self._window.limit:
            self._refuse(used)

    def require_left(self) -> None:
        """Raise ``TooManyAttempts`` where there is no attempt left; count none."""
        if self._exempt:
            return
        used = self._window.used()
        if used >= self._window.limit:
            self._refuse(used)

    def succeeded(self) -> None:
        """Give the attempt back."""
        self._right = True
        if self._counted:
            self._window.give_back()
            self._counted = False

    def report_failure(self) -> None:
        """Have the answer tell how many attempts are left, unless it succeeded."""
        if not self._right:
            used = self._window.used() if self._counted else 0
            tell(self._request, self._window.usage(used))

    def _refuse(self, used: int) -> None:
        usage = self._window.usage(used)
        tell(self._request, usage)
        raise TooManyAttempts(usage)


@contextmanager
def sign_in_attempt(
    request: HttpRequest, *, slow: bool = True
) -> Iterator[SignInAttempt]:
    """Check a secret in the block, and call ``succeeded()`` if it is right.

    ``slow`` is whether checking it takes a place among those that hash passwords.
    Raises ``TooManyAttempts`` or ``SignInBusy`` before anything is checked.
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
    """Raise ``TooManyAttempts`` where this address has used up its failures."""
    SignInAttempt(request).require_left()


def count_failure(request: HttpRequest) -> None:
    """Count a failure, unless this request's attempt was counted at its beginning.

    Raises ``TooManyAttempts`` where it is one too many.
    """
    if getattr(request, "sign_in_attempt", None) is None:
        failure = SignInAttempt(request)
        failure.begin()
        failure.report_failure()
