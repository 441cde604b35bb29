"""The agent: it claims tasks, runs several at a time, and stops at a signal."""

from __future__ import annotations

import logging
import signal
import time
from types import FrameType
from typing import Any, NamedTuple

from registry.agent.assignment import ATTEMPT, Assignment
from registry.agent.assignments import Assignments
from registry.agent.claims import Claims
from registry.agent.client import Client
from registry.agent.engines import Engine
from registry.agent.heartbeat import Heartbeat
from registry.agent.offers import Offer
from registry.agent.place import Place
from registry.agent.runner import GRACE

#: Seconds between two checks of the tasks.
_TICK = 0.05
_STOPPED = "Its executor was stopped."

logger = logging.getLogger(__name__)


class Settings(NamedTuple):
    """How an agent works.

    ``grace`` is how many seconds it has after SIGTERM, and ``poll`` how many pass
    between two claims. With ``is_once`` it ends when there are no more tasks.
    """

    grace: float = 30.0
    poll: float = 5.0
    is_once: bool = False


class Agent:
    """Runs the tasks of one backend."""

    def __init__(
        self,
        client: Client,
        place: Place,
        engine: Engine,
        offer: Offer,
        settings: Settings,
    ) -> None:
        self._client, self._place, self._engine = client, place, engine
        self._settings = settings
        self._assignments = Assignments()
        self._claims = Claims(
            client,
            place,
            self._assignments,
            offer,
            self._start,
            poll=settings.poll,
            is_once=settings.is_once,
        )
        self._stopped_at: float | None = None
        self._is_hurried = False

    def run(self) -> int:
        """Run until there is a signal to stop; return the exit code.

        Raises ``BadName`` if another agent of this name is running.
        """
        self._place.occupy()
        try:
            self._listen()
            for path in self._place.tasks.glob(f"*/{ATTEMPT}"):
                self._assignments.start(self._assignment_of(path.parent.name))
            Heartbeat(self._client, self._assignments).start()
            self._claims.start()
            return self._watch()
        finally:
            self._place.leave()

    def _assignment_of(self, name: str) -> Assignment:
        folder = self._place.tasks / name
        return Assignment(folder, self._place, self._client, self._engine)

    def _start(self, task: dict[str, Any]) -> None:
        try:
            assignment = self._assignment_of(task["lease"])
        except FileNotFoundError:
            # an answer that was repeated: the task has just been reported
            return
        if self._stopped_at is not None:
            assignment.hand_back(_STOPPED)
        logger.info("%s starts: %s", assignment.lease, task.get("name"))
        self._assignments.start(assignment)

    def _listen(self) -> None:
        def stop(_number: int, _frame: FrameType | None) -> None:
            # a second signal does not wait for tasks to end
            self._is_hurried = self._stopped_at is not None
            self._stopped_at = self._stopped_at or time.monotonic()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    def _watch(self) -> int:
        """Return the exit code, once everything has ended."""
        while True:
            # first: it may start a task or note a refusal before it ends
            is_claiming = self._claims.is_alive()
            assignments = self._assignments.sweep()
            refusal = self._assignments.refusal()
            if refusal is not None:
                logger.error("The registry refuses this agent: %s", refusal)
                self._abandon(assignments)
                return 1
            if self._stopped_at is not None:
                self._wind_down(assignments, time.monotonic() - self._stopped_at)
            if self._is_over(has_work=is_claiming or bool(assignments)):
                return 0
            time.sleep(_TICK)

    def _wind_down(self, assignments: list[Assignment], since: float) -> None:
        """Hand back tasks that have not begun; later, near the end, all of them."""
        if not self._claims.ending.is_set():
            logger.info("This agent ends. Its tasks: %s", len(assignments))
        self._claims.ending.set()
        is_late = self._is_hurried or since >= self._time_to_finish()
        for assignment in assignments:
            if is_late or not assignment.has_begun():
                assignment.hand_back(_STOPPED)

    def _time_to_finish(self) -> float:
        """Return the part of the grace that tasks have to end by themselves."""
        return max(0.0, self._settings.grace - max(2 * GRACE, self._settings.grace / 3))

    def _is_over(self, *, has_work: bool) -> bool:
        if not has_work or self._stopped_at is None:
            return not has_work
        return time.monotonic() - self._stopped_at >= self._settings.grace

    def _abandon(self, assignments: list[Assignment]) -> None:
        """Stop all commands; keep the reports, for an agent with a valid token."""
        self._claims.ending.set()
        for assignment in assignments:
            assignment.hand_back("The registry refuses the token of its executor.")
        end = time.monotonic() + 4 * GRACE
        while (
            any(assignment.is_running() for assignment in assignments)
            and time.monotonic() < end
        ):
            time.sleep(_TICK)
