"""The tasks that an agent has, each with its thread."""

from __future__ import annotations

import threading

from registry.agent.assignment import Assignment
from registry.agent.client import Refused


class Assignments:
    """Tasks by lease. Several threads use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._assignments: dict[str, tuple[Assignment, threading.Thread]] = {}
        self._refusal: Refused | None = None

    def start(self, assignment: Assignment) -> None:
        """Start a task in its own thread, unless it has been started."""
        thread = threading.Thread(
            target=assignment.do, name=assignment.lease, daemon=True
        )
        with self._lock:
            if assignment.lease not in self._assignments:
                self._assignments[assignment.lease] = assignment, thread
                thread.start()

    def sweep(self) -> list[Assignment]:
        """Remove tasks whose threads have ended; return the others."""
        with self._lock:
            for assignment, thread in list(self._assignments.values()):
                if not thread.is_alive():
                    del self._assignments[assignment.lease]
                    self.refuse(assignment.refusal)
            return [assignment for assignment, _ in self._assignments.values()]

    def refuse(self, error: Refused | None) -> None:
        """Store the first error with which the registry refused this agent."""
        self._refusal = self._refusal or error

    def refusal(self) -> Refused | None:
        """Return the error with which the registry refused this agent, if it did."""
        return self._refusal
