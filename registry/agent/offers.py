"""What an agent offers to tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Task = Mapping[str, Any]
#: What each task can use in full, so it is not added up.
_NOT_SHARED = frozenset({"time"})


@dataclass(frozen=True)
class Offer:
    """What one agent offers; ``resources`` are for all its tasks together."""

    backend: str
    host: str
    slots: int
    resources: Mapping[str, float]
    database: bool = False
    further: Mapping[str, str] = field(default_factory=dict)

    def claim(self, running: Iterable[Task]) -> dict[str, Any]:
        """Return the body of a claim for tasks that fit beside those that run."""
        tasks = list(running)
        free = {name: self._free(name, tasks) for name in self.resources}
        slots = max(0, self.slots - len(tasks))
        total = dict(self.resources)
        return {**asdict(self), "slots": slots, "resources": free, "total": total}

    def _free(self, resource: str, tasks: list[Task]) -> float:
        if resource in _NOT_SHARED:
            return self.resources[resource]
        used = sum(float((one.get("needs") or {}).get(resource) or 0) for one in tasks)
        # sums of decimal fractions are not exact
        return max(0.0, round(self.resources[resource] - used, 6))
