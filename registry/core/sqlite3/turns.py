"""The writers of a process take turns, so that SQLite's lock is free when they ask.

SQLite lets one connection write at a time. A connection that finds the lock taken
sleeps, for longer and longer, and another that asks later can overtake it. Threads that
queue here are woken in order at the moment when the writer before them is done.
"""

from __future__ import annotations

from collections import deque
from threading import Lock


class Turns:
    """A lock whose holders follow one another in the order in which they asked."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_taken = False
        self._waiting: deque[Lock] = deque()

    def take(self, seconds: float) -> bool:
        """Wait for the turn, so many seconds at most; return whether it has come."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=seconds):
            return True
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
                return False
        # it came at the last moment
        return True

    def pass_on(self) -> None:
        """End a turn; the next in line begins."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False
