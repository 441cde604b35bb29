"""What executors report at the end of attempts, as the services take it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from registry.execution.models import Attempt, AttemptState
from registry.execution.states import TaskState


@dataclass(frozen=True, kw_only=True)
class Output:
    """A file that an attempt wrote; of hidden levels, path and checksum are empty."""

    level: str
    size: int
    name: str = ""
    path: str = ""
    sha1: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """How an attempt ended: ``outcome`` is done, failed or returned."""

    lease: uuid.UUID
    outcome: AttemptState
    exit_code: int | None = None
    error: str = ""
    outputs: Sequence[Output] = ()
    usage: Mapping[str, float] = field(default_factory=dict)
    started: datetime | None = None
    ended: datetime | None = None
    #: A word of the interface about the outcome, beside the sentence in ``error``.
    reason: str = ""

    def times(self, attempt: Attempt) -> tuple[datetime, datetime]:
        """Return when the attempt began to run and ended.

        Clocks of executors can be wrong: it was neither before the lease began nor
        after now.
        """
        now = timezone.now()
        earliest = attempt.leased_at - timedelta(minutes=5)
        started = self.started or attempt.started or attempt.leased_at
        started = min(max(started, earliest), now)
        return started, min(max(self.ended or now, started), now)


#: Where a task goes at each outcome of an attempt.
TARGETS = {
    AttemptState.DONE: TaskState.DONE,
    AttemptState.FAILED: TaskState.FAILED,
    AttemptState.RETURNED: None,
}
