"""Rate limits, counted in fixed windows on the shared cache.

A window costs one atomic increment, however high the limit. Each answer carries
``RateLimit-Limit``, ``RateLimit-Remaining`` and ``RateLimit-Reset`` (seconds), and a
429 ``Retry-After`` as well (RFC 6585, section 4; IETF draft "RateLimit header fields").

Reads and writes of one caller are counted apart, each up to the limit of the account or
the address; exports have a limit of their own besides, and so have attempts to sign in
(``registry.http.sign_in_attempts``). An address of IPv6 counts with its whole /64.
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

#: What the environment of a request keeps about its limits.
_COUNTED = "registry.counted"
#: Methods that change nothing (RFC 9110, section 9.2.1).
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


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


@dataclass(frozen=True)
class Window:
    """The present window of one caller under one limit; ``reset`` seconds are left."""

    key: str
    limit: int
    seconds: int
    reset: int

    @classmethod
    def now(cls, scope: str, who: str) -> Window:
        """Return the window that is open now."""
        limit, seconds = settings.THROTTLE_RATES[scope]
        now = time.time()
        number = int(now // seconds)
        reset = max(1, round((number + 1) * seconds - now))
        return cls(f"throttle:{scope}:{who}:{number}", limit, seconds, reset)

    def usage(self, used: int) -> Usage:
        """Return what is left when this many were counted."""
        return Usage(self.limit, max(0, self.limit - used), self.reset)

    def increment(self) -> int:
        """Count one; return how many there are by now."""
        return _increment(self.key, self.seconds)

    def used(self) -> int:
        """Return how many were counted."""
        return int(caches["throttle"].get(self.key, 0))

    def give_back(self) -> None:
        """Count one less, unless the window is over."""
        with suppress(ValueError):
            caches["throttle"].decr(self.key)


def count(scope: str, who: str, *, exempt: bool = False) -> tuple[bool, Usage]:
    """Count one request; tell whether it is within the limit, and what is left."""
    window = Window.now(scope, who)
    if exempt:
        return True, window.usage(0)
    used = window.increment()
    return used <= window.limit, window.usage(used)


def _increment(key: str, seconds: int) -> int:
    cache: Any = caches["throttle"]
    if hasattr(cache, "count"):
        # the shared one, which counts in one step
        return int(cache.count(key, seconds + 1))
    cache.add(key, 0, timeout=seconds + 1)
    try:
        return int(cache.incr(key))
    except ValueError:
        # The window closed, or the cache let the key go, between the two calls.
        cache.set(key, 1, timeout=seconds + 1)
        return 1


def count_request(request: HttpRequest, user: Any) -> tuple[bool, Usage]:
    """Count a request of this user: by account, or by address without one."""
    purpose = "read" if request.method in SAFE else "write"
    if user.is_authenticated:
        return _count_for(request, "user", f"{purpose}:{user.pk}")
    return _count_for(request, "anonymous", f"{purpose}:{client_network(request)}")


def count_export(request: HttpRequest, user: Any) -> tuple[bool, Usage]:
    """Count a request that reads very much at once, beside counting it as any other."""
    who = f"user-{user.pk}" if user.is_authenticated else client_network(request)
    return _count_for(request, "export", who)


def _count_for(request: HttpRequest, scope: str, who: str) -> tuple[bool, Usage]:
    """Count, and keep for the headers of the answer whichever limit is nearest.

    A request whose body was waited for is answered in two goes, and counts once.
    """
    counted = request.META.setdefault(_COUNTED, {})
    if scope not in counted:
        exempt = is_exempt(client_address(request))
        counted[scope] = count(scope, who, exempt=exempt)
    allowed, usage = counted[scope]
    tell(request, usage)
    return allowed, usage


def tell(request: HttpRequest, usage: Usage) -> None:
    """Have the headers of the answer tell of this limit, if it is the nearest."""
    known = usage_of(request)
    if known is None or usage.remaining <= known.remaining:
        request.rate_limit = usage  # type: ignore[attr-defined]


def usage_of(request: HttpRequest) -> Usage | None:
    """Return the nearest limit that this request counted against, if any did."""
    return getattr(request, "rate_limit", None)


def refuse_excess(request: HttpRequest, user: Any, *, exports: bool = False) -> None:
    """Count a request, and an export as one; raise ``Throttled`` over a limit."""
    counted = [count_request(request, user)]
    if exports:
        counted.append(count_export(request, user))
    waits = [usage.reset for allowed, usage in counted if not allowed]
    if waits:
        raise Throttled(wait=max(waits))
