"""Keep the leases of an agent, send its logs, and stop what the registry stops."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, NamedTuple

from registry.agent.client import Away, Client, Pauses, Refused
from registry.agent.logs import Piece
from registry.agent.work import UNEXPECTED, Work
from registry.agent.works import Works

#: Bytes of logs that go with one sign of life, of all tasks together.
LOG_BYTES = 128 * 1024
#: Parts of a lease: until news are sent, and until a sign of life without news.
_NEWS, _LIFE = 1 / 30, 1 / 4
#: Seconds between two looks for news, and between attempts to reach the registry.
_TICK, _LONGEST_PAUSE = 0.1, 10.0
#: Seconds that a lease lasts until the registry says it.
_USUAL_LEASE = 60.0

logger = logging.getLogger(__name__)


class _Sign(NamedTuple):
    """What is said of one task in one sign of life."""

    work: Work
    stage: str
    piece: Piece

    def body(self) -> dict[str, Any]:
        log = {"offset": self.piece.offset, "text": self.piece.text}
        return {"lease": self.work.lease, "stage": self.stage, "log": log}


class Heart(threading.Thread):
    """Sends signs of life until the process ends."""

    def __init__(self, client: Client, works: Works) -> None:
        super().__init__(name="heart", daemon=True)
        self._client, self._works = client, works
        self._lease = _USUAL_LEASE
        self._last = float("-inf")
        self._is_away = False

    def run(self) -> None:
        """Send a sign of life whenever one is due."""
        pauses = Pauses(_LONGEST_PAUSE)
        while self._works.refusal() is None:
            pause = _TICK
            try:
                if self._beat_if_due():
                    pauses.reset()
            except Away as error:
                self._note_away(error)
                pause = pauses.next(error)
            except UNEXPECTED:
                # the leases of all tasks depend on this thread
                logger.exception("A sign of life failed")
                pause = pauses.next(Away(""))
            time.sleep(pause)

    def _beat_if_due(self) -> bool:
        """Send a sign of life if one is due; return whether it was; raises ``Away``."""
        works = self._works.sweep()
        since = time.monotonic() - self._last
        if not works or since < self._lease * self._urgency(works):
            return False
        self.beat(works)
        self._last = time.monotonic()
        return True

    @staticmethod
    def _urgency(works: list[Work]) -> float:
        """Return the part of a lease after which the next sign of life is due."""
        if any(work.is_new() for work in works):
            # its command waits until the registry has confirmed the lease
            return 0.0
        return _NEWS if any(work.has_news() for work in works) else _LIFE

    def beat(self, works: list[Work]) -> None:
        """Renew the leases, and stop what the answer says; raises ``Away``."""
        most = LOG_BYTES // len(works)
        signs = [_Sign(work, *work.news(most)) for work in works]
        body = {"attempts": [sign.body() for sign in signs]}
        try:
            answer = self._client.post("api/attempt/heartbeat/", body)
        except Refused as error:
            if not error.is_of_token:
                # an error of the registry or of a proxy, which can pass
                raise Away(str(error)) from error
            self._works.refuse(error)
            return
        self._is_away = False
        self._lease = float(answer.get("lease_seconds") or self._lease)
        self._note(signs, answer)

    @staticmethod
    def _note(signs: list[_Sign], answer: dict[str, Any]) -> None:
        stopped = {one["lease"]: one["reason"] for one in answer.get("stop") or []}
        for sign in signs:
            sign.work.note_sent(sign.stage, sign.piece)
            if sign.work.lease in stopped:
                sign.work.cancel(stopped[sign.work.lease])
            else:
                sign.work.confirm()

    def _note_away(self, error: Away) -> None:
        if not self._is_away:
            logger.warning("%s The tasks go on; trying again.", error)
        self._is_away = True
