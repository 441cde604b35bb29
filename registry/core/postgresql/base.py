"""The database backend that Django loads by the name of this package."""

from __future__ import annotations

import select
from time import monotonic

from django.db.backends.postgresql import base

#: Seconds that a connection may have rested and still be trusted by its socket. After
#: longer ones, a firewall may have dropped it without a word.
TRUSTED = 10


class DatabaseWrapper(base.DatabaseWrapper):
    """Checks a connection that was used a moment ago without asking the server.

    A server that has ended a connection has closed the socket, which can then be read
    from; nothing else is to be read between two requests. Django would ask, and wait
    for the answer, before the first statement of each request.
    """

    _asked_at = -float(TRUSTED)

    def is_usable(self) -> bool:
        """Tell whether statements can be sent."""
        now = monotonic()
        rested, self._asked_at = now - self._asked_at, now
        if rested < TRUSTED and not self.errors_occurred and self._is_silent():
            return True
        return super().is_usable()

    def _is_silent(self) -> bool:
        """Tell whether the server has sent nothing, not even the end."""
        if self.connection is None or self.connection.closed:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0)
