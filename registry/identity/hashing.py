"""How many passwords are hashed at the same time, and secrets that need no slow hash.

Hashing a password is slow on purpose, so that whoever steals the database learns few of
them. The same slowness would let a few callers keep every thread and core busy.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from django.conf import settings

from registry.core.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator


class HashingSlots:
    """Places for those who check passwords: some hash, some wait, others are refused.

    ``most`` is how many threads may be here at all. Those that find the cores taken
    wait for at most as many others, each of which takes the time of one hash.
    """

    def __init__(self, *, most: int, at_once: int) -> None:
        self._places = BoundedSemaphore(most)
        self._cores = BoundedSemaphore(at_once)

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold a place; raise ``Unavailable`` at once where there is none."""
        if not self._places.acquire(blocking=False):
            raise Unavailable(
                "Too many passwords are being checked at this moment: try again in a "
                "second. Programs should use a token."
            )
        try:
            with self._cores:
                yield
        finally:
            self._places.release()


@cache
def hashing_slots() -> HashingSlots:
    """Return the places of this process.

    A quarter of its threads, so that the others go on answering; half of the cores.
    """
    most = max(1, settings.THREADS // 4)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    return HashingSlots(most=most, at_once=max(1, min(most, cores // 2)))
