"""Locks on mirrors, for all processes of this machine."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

#: The seconds between two attempts to take a lock.
_PAUSE: Final = 0.02


class LockTimeout(Exception):
    """Others held a lock all the time."""


@contextmanager
def locked(path: Path, seconds: float) -> Iterator[int]:
    """Hold the lock of a file during the block; yield its file descriptor.

    Raises ``LockTimeout`` if others hold it for so many seconds. The lock ends with the
    last process that has the descriptor open.
    """
    handle = _acquire(path, time.monotonic() + seconds)
    try:
        yield handle
    finally:
        os.close(handle)


def _acquire(path: Path, deadline: float) -> int:
    while (handle := _try_acquire(path)) is None:
        if time.monotonic() >= deadline:
            raise LockTimeout
        time.sleep(_PAUSE)
    return handle


def _try_acquire(path: Path) -> int | None:
    """Return the descriptor of the locked file, None if it cannot be locked now."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    is_ours = False
    try:
        is_ours = _lock(handle) and _still_exists(path, handle)
    finally:
        if not is_ours:
            os.close(handle)
    return handle if is_ours else None


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _still_exists(path: Path, handle: int) -> bool:
    """Return whether the file was not removed since it was opened."""
    try:
        return path.stat().st_ino == os.fstat(handle).st_ino
    except FileNotFoundError:
        return False
