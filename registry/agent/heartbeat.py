"""Renew leases, send logs, and stop the tasks that the registry wants stopped."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, NamedTuple

from registry.agent.assignment import UNEXPECTED, Assignment
from registry.agent.assignments import Assignments
from registry.agent.client import Client, Pauses, Refused, Unavailable
from registry.agent.logs import Piece

#: Bytes of logs in one heartbeat, of all tasks together.
_LOG_BYTES = 128 * 1024
#: Parts of a lease: until news is sent, and until a heartbeat without news.
_NEWS, _NO_NEWS = 1 / 30, 1 / 4
#: Seconds between two checks for news, and at most between two attempts.
_TICK, _LONGEST_PAUSE = 0.1, 10.0
#: Seconds that a lease lasts, until the registry says how long.
_USUAL_LEASE = 60.0

logger = logging.getLogger(__name__)


class _Entry(NamedTuple):
    """What one heartbeat says about one task."""

    assignment: Assignment
    stage: str
    piece: Piece

    def body(self) -> dict[str, Any]:
        log = {"offset": self.piece.offset, "text": self.piece.text}
        return {"lease": self.assignment.lease, "stage": self.stage, "log": log}


class Heartbeat(threading.Thread):
    """Sends heartbeats until the process ends."""

    def __init__(self, client: Client, assignments: Assignments) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self._client, self._assignments = client, assignments
        self._lease = _USUAL_LEASE
        self._last = float("-inf")
        self._is_unavailable = False

    def run(self) -> None:
        """Send a heartbeat whenever one is due."""
        pauses = Pauses(_LONGEST_PAUSE)
        while self._assignments.refusal() is None:
            pause = _TICK
            try:
                if self._beat_if_due():
                    pauses.reset()
            except Unavailable as error:
                self._note_unavailable(error)
                pause = pauses.next(error)
            except UNEXPECTED:
                # the leases of all tasks depend on this thread
                logger.exception("A heartbeat failed")
                pause = pauses.next(Unavailable(""))
            time.sleep(pause)

    def _beat_if_due(self) -> bool:
        """Send a heartbeat if one is due; return whether it was.

        Raises ``Unavailable``.
        """
        assignments = self._assignments.sweep()
        if not self._is_due(assignments):
            return False
        self.beat(assignments)
        self._last = time.monotonic()
        return True

    def _is_due(self, assignments: list[Assignment]) -> bool:
        if any(assignment.is_new() for assignment in assignments):
            # its command waits until the registry has confirmed the lease
            return True
        since = time.monotonic() - self._last
        if not assignments or since < self._lease * _NEWS:
            return False
        return since >= self._lease * _NO_NEWS or any(
            assignment.has_news() for assignment in assignments
        )

    def beat(self, assignments: list[Assignment]) -> None:
        """Renew the leases, and stop what the answer names; raises ``Unavailable``."""
        max_bytes = _LOG_BYTES // len(assignments)
        entries = [
            _Entry(assignment, *assignment.news(max_bytes))
            for assignment in assignments
        ]
        body = {"attempts": [entry.body() for entry in entries]}
        try:
            answer = self._client.post("api/attempt/heartbeat/", body)
        except Refused as error:
            if not error.is_of_token:
                # an error of the registry or of a proxy, which can pass
                raise Unavailable(str(error)) from error
            self._assignments.refuse(error)
            return
        self._is_unavailable = False
        self._lease = float(answer.get("lease_seconds") or self._lease)
        self._note(entries, answer)

    @staticmethod
    def _note(entries: list[_Entry], answer: dict[str, Any]) -> None:
        stopped = {one["lease"]: one["reason"] for one in answer.get("stop") or []}
        for entry in entries:
            entry.assignment.note_sent(entry.stage, entry.piece)
            if entry.assignment.lease in stopped:
                entry.assignment.cancel(stopped[entry.assignment.lease])
            else:
                entry.assignment.confirm()

    def _note_unavailable(self, error: Unavailable) -> None:
        if not self._is_unavailable:
            logger.warning("%s The tasks go on; trying again.", error)
        self._is_unavailable = True
