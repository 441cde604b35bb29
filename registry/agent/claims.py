"""Claim tasks from the registry."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from registry.agent.assignment import UNEXPECTED, Assignment
from registry.agent.assignments import Assignments
from registry.agent.client import Client, Pauses, Refused, Unavailable
from registry.agent.files import read_if_there, write_json
from registry.agent.offers import Offer
from registry.agent.place import Place

#: Seconds between two checks whether a slot is free.
_TICK = 0.1

logger = logging.getLogger(__name__)


class Claims(threading.Thread):
    """Claims tasks until ``ending`` is set.

    With ``is_once``, also until there are no tasks left.
    """

    def __init__(
        self,
        client: Client,
        place: Place,
        assignments: Assignments,
        offer: Offer,
        start: Callable[[dict[str, Any]], None],
        *,
        poll: float,
        is_once: bool,
    ) -> None:
        super().__init__(name="claims", daemon=True)
        self._client, self._place, self._assignments = client, place, assignments
        self._offer, self._start_task = offer, start
        self._poll, self._is_once = poll, is_once
        self.ending = threading.Event()

    def run(self) -> None:
        """Claim tasks whenever a slot is free."""
        pauses = Pauses()
        is_over = False
        while not is_over and not self.ending.is_set():
            try:
                wait, is_over = self._claim_if_free()
                pauses.reset()
            except Unavailable as error:
                logger.warning("%s Trying again.", error)
                wait = pauses.next(error)
            except Refused as error:
                if error.is_of_token or not self._assignments.sweep():
                    self._assignments.refuse(error)
                    return
                # the tasks that run are not affected
                logger.warning("%s Trying again.", error)
                wait = self._poll
            except UNEXPECTED:
                logger.exception("A claim failed")
                wait = pauses.next(Unavailable(""))
            self._wait_for_slot(wait)

    def _wait_for_slot(self, seconds: float) -> None:
        """Wait, but no longer than until a task ends and its slot is free."""
        before = len(self._assignments.sweep())
        waited = 0.0
        while waited < seconds and not self.ending.wait(min(_TICK, seconds)):
            waited += _TICK
            if len(self._assignments.sweep()) < before:
                return

    def _claim_if_free(self) -> tuple[float, bool]:
        """Return the seconds until the next claim, and whether this was the last.

        Raises ``Unavailable`` and ``Refused``.
        """
        assignments = self._assignments.sweep()
        if len(assignments) >= self._offer.slots:
            return self._poll, False
        tasks = self._claim(assignments)
        for task in tasks:
            self._start_task(task)
        is_over = self._is_once and not tasks and not assignments
        return (0.0 if tasks else self._poll), is_over

    def _claim(self, assignments: list[Assignment]) -> list[dict[str, Any]]:
        """Return tasks; a claim whose answer was lost is repeated.

        It is kept in a file, because the agent may be killed meanwhile. Tasks whose
        leases have ended since then do not start: a heartbeat says so.
        """
        claim = read_if_there(self._place.claim)
        if claim is None:
            body = self._offer.claim(assignment.task for assignment in assignments)
            claim = {"key": uuid.uuid4().hex, "body": body}
            write_json(self._place.claim, claim)
        tasks = self._send(claim)
        for task in tasks:
            Assignment.write(task, self._place)
        self._place.claim.unlink()
        return tasks

    def _send(self, claim: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            answer = self._client.post(
                "api/backend/claim/", claim["body"], key=claim["key"]
            )
        except Refused as error:
            if error.status == HTTPStatus.CONFLICT:
                # the registry is still answering the first one
                raise Unavailable(str(error)) from error
            self._place.claim.unlink()
            raise
        tasks: list[dict[str, Any]] = answer["attempts"]
        return tasks
