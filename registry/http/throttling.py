"""Rate limits, counted in fixed windows in the shared cache.

Counting costs one atomic increment, whatever the limit. Each response has the headers
``RateLimit-Limit``, ``RateLimit-Remaining`` and ``RateLimit-Reset`` (seconds); a 429
also has ``Retry-After`` (RFC 6585, section 4; IETF draft "RateLimit header fields").

Reads and writes of one account or address are counted separately, each up to the limit.
Exports have a further limit of their own, and so have attempts to sign in
(``registry.http.sign_in_attempts``). An IPv6 address counts as its whole /64 network.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import caches
from rest_framework.exceptions import Throttled

from registry.http.addresses import client_address, client_network, is_exempt

if TYPE_CHECKING:
    from django.http import HttpRequest

#: The key in ``request.META`` of the counts of a request.
_COUNTS_KEY = "registry.counted"
#: Methods that change nothing (RFC 9110, section 9.2.1).
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


@dataclass(frozen=True)
class Usage:
    """The used part of a limit; the window ends in ``reset`` seconds."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """Return the headers of the response."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }


@dataclass(frozen=True)
class Window:
    """The present window of one client and one limit; it ends in ``reset`` seconds."""

    key: str
    limit: int
    seconds: int
    reset: int

    @classmethod
    def now(cls, scope: str, who: str) -> Window:
        """Return the present window."""
        limit, seconds = settings.THROTTLE_RATES[scope]
        now = time.time()
        number = int(now // seconds)
        reset = max(1, round((number + 1) * seconds - now))
        return cls(f"throttle:{scope}:{who}:{number}", limit, seconds, reset)

    def usage(self, used: int) -> Usage:
        """Return the usage after this many requests."""
        return Usage(self.limit, max(0, self.limit - used), self.reset)

    def increment(self) -> int:
        """Count one request; return the new number."""
        return _increment(self.key, self.seconds)

    def used(self) -> int:
        """Return the number of counted requests."""
        return int(caches["throttle"].get(self.key, 0))

    def uncount(self) -> None:
        """Subtract one request, unless the window has ended."""
        with suppress(ValueError):
            caches["throttle"].decr(self.key)


def count_use(scope: str, who: str, *, exempt: bool = False) -> tuple[bool, Usage]:
    """Count one request; return whether it is within the limit, and the usage."""
    window = Window.now(scope, who)
    if exempt:
        return True, window.usage(0)
    used = window.increment()
    return used <= window.limit, window.usage(used)


def _increment(key: str, seconds: int) -> int:
    cache: Any = caches["throttle"]
    if hasattr(cache, "count"):
        # the shared cache counts in one step
        return int(cache.count(key, seconds + 1))
    cache.add(key, 0, timeout=seconds + 1)
    try:
        return int(cache.incr(key))
    except ValueError:
        # the window ended, or the cache evicted the key, between the two calls
        cache.set(key, 1, timeout=seconds + 1)
        return 1


def count_request(request: HttpRequest, user: Any) -> tuple[bool, Usage]:
    """Count a request of a user, by account or, if anonymous, by address."""
    purpose = "read" if request.method in SAFE else "write"
    if user.is_authenticated:
        return _count_for(request, "user", f"{purpose}:{user.pk}")
    return _count_for(request, "anonymous", f"{purpose}:{client_network(request)}")


def count_export(request: HttpRequest, user: Any) -> tuple[bool, Usage]:
    """Count an export, in addition to counting it as a request."""
    who = f"user-{user.pk}" if user.is_authenticated else client_network(request)
    return _count_for(request, "export", who)


def _count_for(request: HttpRequest, scope: str, who: str) -> tuple[bool, Usage]:
    """Count a request once, and use the nearest limit for the response headers.

    A request that waited for its body is handled in two steps, but counts once.
    """
    counted = request.META.setdefault(_COUNTS_KEY, {})
    if scope not in counted:
        exempt = is_exempt(client_address(request))
        counted[scope] = count_use(scope, who, exempt=exempt)
    allowed, usage = counted[scope]
    report_usage(request, usage)
    return allowed, usage


def report_usage(request: HttpRequest, usage: Usage) -> None:
    """Use a limit for the response headers, if it is the nearest."""
    known = usage_of(request)
    if known is None or usage.remaining <= known.remaining:
        request.rate_limit = usage  # type: ignore[attr-defined]


def usage_of(request: HttpRequest) -> Usage | None:
    """Return the usage of the nearest limit that counted this request, if any."""
    return getattr(request, "rate_limit", None)


def refuse_excess(request: HttpRequest, user: Any, *, is_export: bool = False) -> None:
    """Count a request, and maybe an export; raise ``Throttled`` beyond a limit."""
    counted = [count_request(request, user)]
    if is_export:
        counted.append(count_export(request, user))
    waits = [usage.reset for allowed, usage in counted if not allowed]
    if waits:
        raise Throttled(wait=max(waits))
