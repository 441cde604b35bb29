"""The database backend that Django loads by the name of this package."""

from __future__ import annotations

import select
import sys
from time import monotonic
from typing import Any

from django.db.backends.postgresql import base

from registry.core.postgresql import KEPT

#: Seconds that a connection may have rested and still be trusted by its socket. After
#: longer ones, a firewall may have dropped it without a word.
TRUSTED = 10
#: How statements begin that are planned once a connection.
_PLANNED_ONCE = (KEPT, "INSERT INTO ")


class Cursor(base.ServerBindingCursor):  # type: ignore[name-defined]
    """Lets PostgreSQL keep the plan of what is found by its key, and of inserts.

    Their plan is the same whatever the values. That of a list by a filter is not: the
    few rows of one value are found by an index, the many of another by their order; so
    those are planned each time.
    """

    def execute(
        self,
        query: Any,
        params: Any = None,
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> Any:
        """Execute a statement."""
        if prepare is None and isinstance(query, str):
            prepare = query.startswith(_PLANNED_ONCE)
        return super().execute(query, params, prepare=prepare, binary=binary)


class DatabaseWrapper(base.DatabaseWrapper):
    """Checks a connection that was used a moment ago without asking the server.

    A server that has ended a connection has closed the socket, which can then be read
    from; nothing else is to be read between two requests. Django would ask, and wait
    for the answer, before the first statement of each request.
    """

    _asked_at = -float(TRUSTED)

    def get_connection_params(self) -> dict[str, Any]:
        """Return what to connect with; the option ``prepare`` is ours."""
        params: dict[str, Any] = super().get_connection_params()
        params["cursor_factory"] = Cursor
        # never for being repeated; not even when asked to, with None
        params["prepare_threshold"] = (
            sys.maxsize if params.pop("prepare", True) else None
        )
        return params

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
