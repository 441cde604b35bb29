"""Caches: a Redis or Valkey server that several processes share, or bounded memory.

A cache holds nothing that could not be missed. While its server is away, the registry
goes on as if the cache were empty, and says so in the log once a minute; limits are
then not kept, but the guard of passwords is, which counts in the database.
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

#: What is not in the cache.
_MISSING: Any = object()

#: Seconds for which a server that did not answer is left alone.
RETRY_DELAY = 5.0
#: Seconds between two complaints in the log.
LOG_INTERVAL = 60.0
#: How long to wait for a server, in seconds; whoever asks waits as long.
SOCKET_TIMEOUTS = {"socket_connect_timeout": 1.0, "socket_timeout": 1.0}


class CircuitBreaker:
    """Since when the server has been away, as far as this process knows."""

    open_until = 0.0
    silent_until = 0.0

    def trip(self, error: Exception) -> None:
        """Leave the server alone for a while, and say so now and then."""
        now = time.monotonic()
        self.open_until = now + RETRY_DELAY
        if now >= self.silent_until:
            self.silent_until = now + LOG_INTERVAL
            # the text names host and port, never the password
            logger.error("the cache does not answer, limits are not kept: %s", error)

    @property
    def is_open(self) -> bool:
        """Whether the server is still to be left alone."""
        return time.monotonic() < self.open_until


circuit_breaker = CircuitBreaker()


def fallback_to(
    fallback: Result,
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Answer as an empty cache would where the server does not."""

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
    """Redis, without which the registry can go on."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        # one more try, for a connection that was idle may be closed
        options = {**SOCKET_TIMEOUTS, "retry": Retry(NoBackoff(), 1)}
        options |= params.get("OPTIONS", {})
        super().__init__(server, {**params, "OPTIONS": options})

    @fallback_to(True)
    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        """Store a value where there is none; True where it was stored."""
        return bool(super().add(key, value, *args, **kwargs))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return a value, or the default."""
        found = self._get(key, version)
        return default if found is _MISSING else found

    @fallback_to(_MISSING)
    def _get(self, key: Any, version: int | None) -> Any:
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
        """Forget a value; tell whether there was one."""
        return bool(super().delete(key, version))

    @fallback_to(1)
    def count(self, key: str, timeout: int) -> int:
        """Count up, from nothing to 1, in one step; forget it after ``timeout`` s."""
        name = self.make_and_validate_key(key)
        client: Any = self._cache.get_client(name, write=True)  # type: ignore[attr-defined]
        steps = client.pipeline()
        steps.incr(name)
        steps.expire(name, timeout)
        counted, _ = steps.execute()
        return int(counted)

    @fallback_to(0)
    def decr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Count down; raise ``ValueError`` where nothing was counted."""
        return int(super().decr(key, delta, version))


class BoundedCache(LocMemCache):
    """Memory of the process that holds so many bytes at most (``MAX_BYTES``).

    What was used least recently makes room. A value of more than an eighth of all is
    not kept: it would drive out too many others.
    """

    def __init__(self, name: str, params: dict[str, Any]) -> None:
        options = dict(params.get("OPTIONS", {}))
        self._most = int(options.pop("MAX_BYTES"))
        super().__init__(name, {**params, "OPTIONS": options})

    def _set(self, key: str, value: bytes, timeout: Any = DEFAULT_TIMEOUT) -> None:
        """Store what was pickled; whoever calls this holds the lock of the cache."""
        stored: Any = self._cache  # type: ignore[attr-defined]
        if len(value) > self._most // 8:
            self._delete(key)  # type: ignore[attr-defined]
            return
        super()._set(key, value, timeout)  # type: ignore[misc]
        size = sum(map(len, stored.values()))
        while size > self._most:
            oldest, dropped = stored.popitem()
            del self._expire_info[oldest]  # type: ignore[attr-defined]
            size -= len(dropped)
