"""The database backend that Django loads by the name of this package."""

from __future__ import annotations

import select
import sys
from time import monotonic
from typing import Any

from django.db.backends.postgresql import base
from psycopg.errors import QueryCanceled
from psycopg.pq import ExecStatus, TransactionStatus

from registry.core.errors import TookTooLong
from registry.core.postgresql import PREPARE_HINT
from registry.core.reading import statement_seconds

#: Seconds that a connection may have rested and still be trusted by its socket. After
#: longer ones, a firewall may have dropped it without a word.
TRUSTED = 10
#: How statements begin that are planned once a connection.
_PLANNED_ONCE = (PREPARE_HINT, "INSERT INTO ")


class Cursor(base.ServerBindingCursor):  # type: ignore[name-defined]
    """Lets PostgreSQL keep the plan of what is found by its key, and of inserts.

    Their plan is the same whatever the values. That of a list by a filter is not: the
    few rows of one value are found by an index, the many of another by their order; so
    those are planned each time.

    It also holds the statements of a read to their time limit.
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
        seconds = statement_seconds()
        _set_time_limit(self.connection, seconds)
        try:
            return super().execute(query, params, prepare=prepare, binary=binary)
        except QueryCanceled as error:
            if seconds:
                raise TookTooLong from error
            raise


def _set_time_limit(connection: Any, seconds: float) -> None:
    """Have the server stop each statement of this session after so many seconds.

    It is asked only where the limit is another than the session has, which costs a
    round trip: between a read and a write over the same connection. Within a
    transaction nothing changes, for a rollback would take the setting back.
    """
    if getattr(connection, "registry_seconds", 0) == seconds:
        return
    pgconn = connection.pgconn
    if pgconn.transaction_status != TransactionStatus.IDLE:
        return
    value = f"'{round(seconds * 1000)}ms'" if seconds else "DEFAULT"
    # past psycopg, which would begin a transaction with it where one is to begin
    done = pgconn.exec_(f"SET statement_timeout = {value}".encode())
    if done.status == ExecStatus.COMMAND_OK:
        connection.registry_seconds = seconds


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
