"""Cache backends: a Redis or Valkey server shared by processes, or bounded memory.

Nothing in a cache is indispensable. While its server does not respond, the registry
works as if the cache were empty and logs an error once a minute. Rate limits are not
enforced then, but the lockout for wrong passwords is, since it counts in the database.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer
from redis.retry import Retry

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

#: Marks a key that is not in the cache.
_MISSING: Any = object()

#: Seconds before a server that did not respond is tried again.
RETRY_DELAY = 5.0
#: Minimum seconds between two errors in the log.
LOG_INTERVAL = 60.0
#: Timeouts for the server in seconds; a request can wait that long.
SOCKET_TIMEOUTS = {"socket_connect_timeout": 1.0, "socket_timeout": 1.0}


class CircuitBreaker:
    """Skips the cache server for a while after it has not responded."""

    open_until = 0.0
    silent_until = 0.0

    def trip(self, error: Exception) -> None:
        """Skip the server for a while, and log the error at most once a minute."""
        now = time.monotonic()
        self.open_until = now + RETRY_DELAY
        if now >= self.silent_until:
            self.silent_until = now + LOG_INTERVAL
            # the text names host and port, never the password
            logger.error("the cache does not answer, limits are not kept: %s", error)

    @property
    def is_open(self) -> bool:
        """Whether the server is skipped."""
        return time.monotonic() < self.open_until


circuit_breaker = CircuitBreaker()


def fallback_to(
    fallback: Result,
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Return ``fallback`` if the server does not respond (a method decorator)."""

    def decorate(method: Callable[..., Result]) -> Callable[..., Result]:
        @functools.wraps(method)
        def call(self: SharedCache, *args: Any, **kwargs: Any) -> Result:
            if circuit_breaker.is_open:
                return fallback
            try:
                return method(self, *args, **kwargs)
            except (NoConnection, NoAnswer) as error:
                circuit_breaker.trip(error)
                return fallback

        return call

    return decorate


class SharedCache(RedisCache):
    """A Redis cache that behaves like an empty one while its server is down."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        # retry once, because an idle connection can be closed
        options = {**SOCKET_TIMEOUTS, "retry": Retry(NoBackoff(), 1)}
        options |= params.get("OPTIONS", {})
        super().__init__(server, {**params, "OPTIONS": options})

    @fallback_to(True)
    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        """Store a value if there is none; return whether it was stored."""
        return bool(super().add(key, value, *args, **kwargs))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return a value, or the default."""
        found = self._get_or_missing(key, version)
        return default if found is _MISSING else found

    @fallback_to(_MISSING)
    def _get_or_missing(self, key: Any, version: int | None) -> Any:
        return super().get(key, _MISSING, version)

    @fallback_to(None)
    def set(
        self,
        key: Any,
        value: Any,
        timeout: Any = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> None:
        """Store a value."""
        super().set(key, value, timeout, version)

    @fallback_to(False)
    def delete(self, key: Any, version: int | None = None) -> bool:
        """Delete a value; return whether there was one."""
        return bool(super().delete(key, version))

    @fallback_to(1)
    def count(self, key: str, timeout: int) -> int:
        """Increment a counter atomically, from 0 if missing, and return it.

        It expires ``timeout`` seconds later.
        """
        name = self.make_and_validate_key(key)
        client: Any = self._cache.get_client(name, write=True)  # type: ignore[attr-defined]
        steps = client.pipeline()
        steps.incr(name)
        steps.expire(name, timeout)
        counted, _ = steps.execute()
        return int(counted)

    @fallback_to(0)
    def decr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Decrement a counter; raise ``ValueError`` if there is none."""
        return int(super().decr(key, delta, version))


class BoundedCache(LocMemCache):
    """A cache in the memory of the process, with a maximum size (``MAX_BYTES``).

    The least recently used values are evicted. A value of more than an eighth of the
    maximum is not stored: it would evict too many others.
    """

    def __init__(self, name: str, params: dict[str, Any]) -> None:
        options = dict(params.get("OPTIONS", {}))
        self._max_bytes = int(options.pop("MAX_BYTES"))
        super().__init__(name, {**params, "OPTIONS": options})

    def _set(self, key: str, value: bytes, timeout: Any = DEFAULT_TIMEOUT) -> None:
        """Store a pickled value; the caller holds the lock of the cache."""
        stored: Any = self._cache  # type: ignore[attr-defined]
        if len(value) > self._max_bytes // 8:
            self._delete(key)  # type: ignore[attr-defined]
            return
        super()._set(key, value, timeout)  # type: ignore[misc]
        size = sum(map(len, stored.values()))
        while size > self._max_bytes:
            oldest, dropped = stored.popitem()
            del self._expire_info[oldest]  # type: ignore[attr-defined]
            size -= len(dropped)
