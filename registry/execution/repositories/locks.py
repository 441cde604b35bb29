"""Locks on mirrors, for all processes of this machine."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PAUSE: Final = 0.02


class LockTimeout(Exception):
    """Others held a lock all the time."""


@contextmanager
def locked(path: Path, seconds: float) -> Iterator[int]:
    """Hold the lock of a file during the block; yield its handle.

    Raises ``LockTimeout`` if others hold it all the time. The lock ends with the last
    process that has the handle open.
    """
    handle = _acquire(path, time.monotonic() + seconds)
    try:
        yield handle
    finally:
        os.close(handle)


def _acquire(path: Path, deadline: float) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if _lock(handle) and _is_still_there(path, handle):
            return handle
        os.close(handle)
        if time.monotonic() >= deadline:
            raise LockTimeout
        time.sleep(_PAUSE)


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_still_there(path: Path, handle: int) -> bool:
    """Return whether the file was not removed since it was opened."""
    try:
        return path.stat().st_ino == os.fstat(handle).st_ino
    except FileNotFoundError:
        return False
