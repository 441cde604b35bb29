"""Limit the large request bodies that are in memory at the same time.

A body of more than a megabyte is large. Each account can send one at a time. All large
bodies together use at most half of the threads of a process, and at most as many bytes
as two of the maximum size.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from django.conf import settings
from django.core.cache import caches
from rest_framework.exceptions import APIException

#: Bytes above which a body is large.
LARGE_BODY_BYTES = 1024 * 1024
#: Seconds after which the lock of an account that was not released expires.
_LOCK_SECONDS = 5 * 60


class LargeBodyInProgress(APIException):
    """The account is sending another large body."""

    status_code = 429
    default_detail = "You are sending another large body; wait until it is answered."
    wait = 1


class TooManyLargeBodies(APIException):
    """The process has too many large bodies in memory."""

    status_code = 503
    default_detail = "The registry is reading other large bodies; try again."
    wait = 2


class BodiesInMemory:
    """The large bodies of this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sizes: dict[str, int] = {}

    def add(self, who: str, size: int) -> None:
        """Add a body; raise an error if the limits are exceeded."""
        with self._lock:
            if who in self._sizes:
                raise LargeBodyInProgress
            bytes_in_all = sum(self._sizes.values()) + size
            is_full = len(self._sizes) >= max(1, settings.THREADS // 2)
            if is_full or bytes_in_all > 2 * settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
                raise TooManyLargeBodies
            self._sizes[who] = size

    def remove(self, who: str) -> None:
        """Remove the body of an account."""
        with self._lock:
            del self._sizes[who]


bodies_in_memory = BodiesInMemory()


@contextmanager
def hold_large_body(who: str, size: int) -> Iterator[None]:
    """Count a large body during the block.

    With a shared cache the account's requests to other processes count too.
    """
    bodies_in_memory.add(who, size)
    key = f"large-body:{who}"
    try:
        if not caches["throttle"].add(key, 1, timeout=_LOCK_SECONDS):
            raise LargeBodyInProgress
        try:
            yield
        finally:
            caches["throttle"].delete(key)
    finally:
        bodies_in_memory.remove(who)
