"""The limits of a task, and what it has used."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from registry.agent.collecting import size_of_outputs
from registry.agent.logs import size_of_log
from registry.agent.processes import descendants, has_proc, own_memory

#: Seconds between two checks of processes, and of the sizes of files.
INTERVAL, SIZE_INTERVAL = 0.25, 1.0
#: Seconds between the first checks, for tasks that do not take long.
_FIRST_INTERVAL = 0.02


class Monitor:
    """Measures what a task uses, and says why it must stop.

    ``is_urgent`` means that it is killed at once.
    """

    def __init__(self, task: Mapping[str, Any], log: Path) -> None:
        self.limits: Mapping[str, Any] = task.get("limits") or {}
        self._work, self._log = Path(task["work"]), log
        self._outputs = task.get("outputs") or []
        self._before = task.get("before") or {}
        self.began = time.monotonic()
        self.memory, self.cpu = 0, 0.0
        self.is_urgent = False
        self._is_stopped = False
        self._exceeded: str | None = None
        self._next_check = self._next_size = 0.0

    @property
    def reason(self) -> str | None:
        """Why the task must stop, None if it need not."""
        return self._exceeded or ("It was stopped." if self._is_stopped else None)

    def stop(self) -> None:
        """Note that the task must stop; a signal can come during a check."""
        self._is_stopped = True

    def check(self) -> str | None:
        """Measure the task if it is time to; return why it must stop."""
        now = time.monotonic()
        if self.reason is None and now >= self._next_check:
            ran = now - self.began
            self._next_check = now + min(INTERVAL, _FIRST_INTERVAL + ran / 4)
            self._exceeded = self._time(now) or self._memory() or self._size(now)
        return self.reason

    def _time(self, now: float) -> str | None:
        limit = self.limits.get("seconds")
        ran = now - self.began
        if limit is None or ran <= limit:
            return None
        return f"It ran for {ran:,.1f} s; its time limit is {limit:,g} s."

    def _memory(self) -> str | None:
        if not has_proc():
            return None
        limit = self.limits.get("memory")
        used = self._measure()
        if limit is not None and used > limit:
            # processes may have started and ended during the measurement
            used = min(used, self._measure())
        self.memory = max(self.memory, used)
        if limit is None or used <= limit:
            return None
        self.is_urgent = True
        return f"It used {used:,} bytes of memory; its memory limit is {limit:,} bytes."

    def _measure(self) -> int:
        """Return the bytes of memory of all processes, or a bit more than that."""
        found = descendants(os.getpid())
        self.cpu = max(self.cpu, sum(process.cpu for process in found))
        used = sum(process.rss for process in found)
        # pages that they share were counted for each of them, which is not exact, but
        # quick: it is enough below the largest number so far
        if used > self.memory and len(found) > 1:
            used = own_memory(found)
        return used

    def _size(self, now: float) -> str | None:
        if now < self._next_size:
            return None
        self._next_size = now + SIZE_INTERVAL
        return self.check_size()

    def check_size(self) -> str | None:
        """Return why the outputs and the log are too large, None if they are not."""
        limit = self.limits.get("output")
        if limit is None:
            return None
        written = size_of_outputs(self._work, self._outputs, self._before)
        log = size_of_log(self._log)
        if written + log <= limit:
            return None
        self.is_urgent = True
        return (
            f"It wrote {written:,} bytes of outputs and {log:,} bytes of log; "
            f"the limit of both is {limit:,} bytes."
        )
