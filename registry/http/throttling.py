"""Rate limits, counted in fixed windows on the shared cache.

A window costs one atomic increment, however high the limit. Each answer carries
``RateLimit-Limit``, ``RateLimit-Remaining`` and ``RateLimit-Reset`` (seconds), and a
429 ``Retry-After`` as well (RFC 6585, section 4; IETF draft "RateLimit header fields").
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.cache import caches
from rest_framework.throttling import BaseThrottle

from registry.http.addresses import client_address, is_exempt

if TYPE_CHECKING:
    from rest_framework.request import Request


@dataclass(frozen=True)
class Usage:
    """How much of a limit is used up: ``reset`` seconds until it is whole again."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """Return the headers that tell the client."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }


def count(scope: str, who: str, *, exempt: bool = False) -> tuple[bool, Usage]:
    """Count one request; tell whether it is within the limit, and what is left."""
    limit, seconds = settings.THROTTLE_RATES[scope]
    now = time.time()
    window = int(now // seconds)
    reset = max(1, round((window + 1) * seconds - now))
    if exempt:
        return True, Usage(limit, limit, reset)
    used = _increment(f"throttle:{scope}:{who}:{window}", seconds)
    return used <= limit, Usage(limit, max(0, limit - used), reset)


def _increment(key: str, seconds: int) -> int:
    cache = caches["throttle"]
    cache.add(key, 0, timeout=seconds + 1)
    try:
        return int(cache.incr(key))
    except ValueError:
        # The window closed, or the cache let the key go, between the two calls.
        cache.set(key, 1, timeout=seconds + 1)
        return 1


class RegistryThrottle(BaseThrottle):
    """A limit of one scope; subclasses say whom it counts."""

    scope: ClassVar[str]
    usage: Usage | None = None

    def who(self, request: Request) -> str | None:
        """Name whose limit this request counts against; None leaves it uncounted."""
        raise NotImplementedError

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request, and keep the usage for the headers of the answer."""
        who = self.who(request)
        if who is None:
            return True
        exempt = is_exempt(client_address(request._request))
        allowed, self.usage = count(self.scope, who, exempt=exempt)
        known: Usage | None = getattr(request._request, "rate_limit", None)
        if known is None or self.usage.remaining <= known.remaining:
            request._request.rate_limit = self.usage  # type: ignore[attr-defined]
        return allowed

    def wait(self) -> float | None:
        """Return the seconds after which the client may try again."""
        return float(self.usage.reset) if self.usage else None


class AnonymousThrottle(RegistryThrottle):
    """Requests without an account, by address."""

    scope = "anonymous"

    def who(self, request: Request) -> str | None:
        """Count by address."""
        if request.user.is_authenticated:
            return None
        return client_address(request._request)


class UserThrottle(RegistryThrottle):
    """Requests with an account, by account."""

    scope = "user"

    def who(self, request: Request) -> str | None:
        """Count by account."""
        return str(request.user.pk) if request.user.is_authenticated else None


class ExportThrottle(RegistryThrottle):
    """Requests that read very much at once, by account or address."""

    scope = "export"

    def who(self, request: Request) -> str | None:
        """Count by account where there is one, else by address."""
        if request.user.is_authenticated:
            return f"user-{request.user.pk}"
        return client_address(request._request)


class LoginThrottle(RegistryThrottle):
    """Attempts to sign in that failed, by address."""

    scope = "login"

    def who(self, request: Request) -> str | None:
        """Count by address: the account is what the caller is guessing at."""
        return client_address(request._request)
