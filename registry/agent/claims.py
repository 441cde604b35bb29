"""Ask the registry for tasks."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from typing import Any

from registry.agent.client import Away, Client, Pauses, Refused
from registry.agent.files import read_if_there, write_json
from registry.agent.offers import Offer
from registry.agent.place import Place
from registry.agent.work import UNEXPECTED, Work
from registry.agent.works import Works

#: Responses to a question that was asked before and is still being answered.
_AT_WORK = 409
#: Seconds between two looks whether a slot is free.
_TICK = 0.1

logger = logging.getLogger(__name__)


class Claims(threading.Thread):
    """Asks for tasks until ``ending`` is set.

    With ``is_once``, also until there are none and none is at work.
    """

    def __init__(
        self,
        client: Client,
        place: Place,
        works: Works,
        offer: Offer,
        start: Callable[[dict[str, Any]], None],
        *,
        poll: float,
        is_once: bool,
    ) -> None:
        super().__init__(name="claims", daemon=True)
        self._client, self._place, self._works = client, place, works
        self._offer, self._start_task = offer, start
        self._poll, self._is_once = poll, is_once
        self.ending = threading.Event()

    def run(self) -> None:
        """Ask whenever a slot is free."""
        pauses = Pauses()
        is_over = False
        while not is_over and not self.ending.is_set():
            try:
                wait, is_over = self._ask_if_free()
                pauses.reset()
            except Away as error:
                logger.warning("%s Trying again.", error)
                wait = pauses.next(error)
            except Refused as error:
                if error.is_of_token or not self._works.sweep():
                    self._works.refuse(error)
                    return
                # tasks are at work, which others than this question do not harm
                logger.warning("%s Trying again.", error)
                wait = self._poll
            except UNEXPECTED:
                logger.exception("A question for tasks failed")
                wait = pauses.next(Away(""))
            self._wait_for_slot(wait)

    def _wait_for_slot(self, seconds: float) -> None:
        """Wait; a task that ends makes a slot free, so there may be another one."""
        before = len(self._works.sweep())
        waited = 0.0
        while waited < seconds and not self.ending.wait(min(_TICK, seconds)):
            waited += _TICK
            if len(self._works.sweep()) < before:
                return

    def _ask_if_free(self) -> tuple[float, bool]:
        """Return the seconds until the next question, and whether there is none.

        Raises ``Away`` and ``Refused``.
        """
        works = self._works.sweep()
        if len(works) >= self._offer.slots:
            return self._poll, False
        tasks = self.ask(works)
        for task in tasks:
            self._start_task(task)
        is_over = self._is_once and not tasks and not works
        return (0.0 if tasks else self._poll), is_over

    def ask(self, works: list[Work]) -> list[dict[str, Any]]:
        """Return tasks; a question whose answer was lost is asked again.

        It stands in a file, for the agent may be killed meanwhile. The tasks of an old
        answer are not begun: their leases have ended.
        """
        question = read_if_there(self._place.question)
        if question is None:
            body = self._offer.question(work.task for work in works)
            question = {"key": uuid.uuid4().hex, "body": body}
            write_json(self._place.question, question)
        tasks = self._answer_to(question)
        for task in tasks:
            Work.write(task, self._place)
        self._place.question.unlink()
        return tasks

    def _answer_to(self, question: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            answer = self._client.post(
                "api/backend/claim/", question["body"], key=question["key"]
            )
        except Refused as error:
            if error.status == _AT_WORK:
                raise Away(str(error)) from error
            self._place.question.unlink()
            raise
        tasks: list[dict[str, Any]] = answer["attempts"]
        return tasks
