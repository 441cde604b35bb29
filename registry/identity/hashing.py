"""Limit how many passwords are hashed at the same time.

Hashing a password is slow on purpose, so that a stolen database reveals few of them.
Without a limit, the same slowness would let a few callers keep every thread and core
busy.
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
    """Slots for threads that check a password: some hash, some wait, no others enter.

    At most ``max_threads`` hold a slot, and ``max_hashing`` of them hash. A thread that
    waits is therefore behind at most ``max_threads`` hashes.
    """

    def __init__(self, *, max_threads: int, max_hashing: int) -> None:
        self._slots = BoundedSemaphore(max_threads)
        self._cores = BoundedSemaphore(max_hashing)

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold a slot during the block; raise ``Unavailable`` if none is free."""
        if not self._slots.acquire(blocking=False):
            raise Unavailable(
                "Too many passwords are being checked at this moment: try again in a "
                "second. Programs should use a token."
            )
        try:
            with self._cores:
                yield
        finally:
            self._slots.release()


@cache
def hashing_slots() -> HashingSlots:
    """Return the slots of this process.

    A quarter of its threads can check passwords, so that the others keep answering, and
    half of the cores can hash.
    """
    max_threads = max(1, settings.THREADS // 4)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    return HashingSlots(
        max_threads=max_threads, max_hashing=max(1, min(max_threads, cores // 2))
    )
