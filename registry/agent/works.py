"""The tasks that an agent has, each with its thread."""

from __future__ import annotations

import threading

from registry.agent.client import Refused
from registry.agent.work import Work


class Works:
    """Tasks by their leases. Several threads use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._works: dict[str, Work] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._refusal: Refused | None = None

    def start(self, work: Work) -> None:
        """Begin with a task, unless it has begun."""
        thread = threading.Thread(target=work.do, name=work.lease, daemon=True)
        with self._lock:
            if work.lease in self._works:
                return
            self._works[work.lease] = work
            self._threads[work.lease] = thread
            thread.start()

    def sweep(self) -> list[Work]:
        """Forget tasks whose threads have ended; return the others."""
        with self._lock:
            ended = [one for one, t in self._threads.items() if not t.is_alive()]
            for lease in ended:
                del self._threads[lease]
                self.refuse(self._works.pop(lease).refusal)
            return list(self._works.values())

    def refuse(self, error: Refused | None) -> None:
        """Note that the registry refuses the token of this agent."""
        self._refusal = self._refusal or error

    def refusal(self) -> Refused | None:
        """Return the error with which the registry refused the token, if it did."""
        return self._refusal
