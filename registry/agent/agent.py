"""The agent: it asks for tasks, does several at a time, and ends as it is told."""

from __future__ import annotations

import logging
import signal
import time
from types import FrameType
from typing import Any, NamedTuple

from registry.agent.claims import Claims
from registry.agent.client import Client
from registry.agent.engines import Engine
from registry.agent.heart import Heart
from registry.agent.offers import Offer
from registry.agent.place import Place
from registry.agent.runner import GRACE
from registry.agent.work import ATTEMPT, Work
from registry.agent.works import Works

#: Seconds between two looks at what is at work.
_TICK = 0.05
_STOPPED = "Its executor was stopped."

logger = logging.getLogger(__name__)


class Habits(NamedTuple):
    """How an agent works.

    ``grace`` is how many seconds it has after SIGTERM, and ``poll`` how many pass
    between two questions for tasks. With ``is_once`` it ends when nothing is to do.
    """

    grace: float = 30.0
    poll: float = 5.0
    is_once: bool = False


class Agent:
    """Does the tasks of one backend."""

    def __init__(
        self,
        client: Client,
        place: Place,
        engine: Engine,
        offer: Offer,
        habits: Habits,
    ) -> None:
        self._client, self._place, self._engine = client, place, engine
        self._habits = habits
        self._works = Works()
        self._claims = Claims(
            *(client, place, self._works, offer, self._start),
            poll=habits.poll,
            is_once=habits.is_once,
        )
        self._stopped_at: float | None = None
        self._is_hurried = False

    def run(self) -> int:
        """Work until there is a signal to stop; return the exit code.

        Raises ``BadName`` if another agent of this name is at work.
        """
        self._place.occupy()
        try:
            self._listen()
            for path in self._place.tasks.glob(f"*/{ATTEMPT}"):
                self._works.start(self._work_of(path.parent.name))
            Heart(self._client, self._works).start()
            self._claims.start()
            return self._watch()
        finally:
            self._place.leave()

    def _work_of(self, name: str) -> Work:
        folder = self._place.tasks / name
        return Work(folder, self._place, self._client, self._engine)

    def _start(self, task: dict[str, Any]) -> None:
        try:
            work = self._work_of(task["lease"])
        except FileNotFoundError:
            # an answer that was repeated: the task has just been reported
            return
        if self._stopped_at is not None:
            work.hand_back(_STOPPED)
        logger.info("%s is taken: %s", work.lease, task.get("name"))
        self._works.start(work)

    def _listen(self) -> None:
        def stop(_number: int, _frame: FrameType | None) -> None:
            # a second signal does not wait for tasks to end
            self._is_hurried = self._stopped_at is not None
            self._stopped_at = self._stopped_at or time.monotonic()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    def _watch(self) -> int:
        """Return the exit code, when all has ended."""
        while True:
            works = self._works.sweep()
            refusal = self._works.refusal()
            if refusal is not None:
                logger.error("The registry refuses this agent: %s", refusal)
                self._abandon(works)
                return 1
            if self._stopped_at is not None:
                self._wind_down(works, time.monotonic() - self._stopped_at)
            if self._is_over(works):
                return 0
            time.sleep(_TICK)

    def _wind_down(self, works: list[Work], since: float) -> None:
        """Hand back what has not begun, and near the end of the grace everything."""
        if not self._claims.ending.is_set():
            logger.info("This agent ends. It has %s tasks.", len(works))
        self._claims.ending.set()
        is_late = self._is_hurried or since >= self._time_to_finish()
        for work in works:
            if is_late or not work.has_begun():
                work.hand_back(_STOPPED)

    def _time_to_finish(self) -> float:
        """Return the part of the grace that tasks have to end by themselves."""
        return max(0.0, self._habits.grace - max(2 * GRACE, self._habits.grace / 3))

    def _is_over(self, works: list[Work]) -> bool:
        if not works and not self._claims.is_alive():
            return True
        return self._stopped_at is not None and (
            time.monotonic() - self._stopped_at >= self._habits.grace
        )

    def _abandon(self, works: list[Work]) -> None:
        """Stop all commands; what has ended stays, for an agent with another token."""
        self._claims.ending.set()
        for work in works:
            work.hand_back("The registry refuses the token of its executor.")
        end = time.monotonic() + 4 * GRACE
        while any(work.is_at_work() for work in works) and time.monotonic() < end:
            time.sleep(_TICK)
