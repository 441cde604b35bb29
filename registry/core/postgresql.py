"""The cursor that sends statements to PostgreSQL.

``OPTIONS["cursor_factory"]`` of the settings names it; the backend is Django's own.
"""

from __future__ import annotations

from typing import Any, Self

import psycopg
from psycopg.errors import QueryCanceled
from psycopg.pq import ExecStatus, TransactionStatus

from registry.core.errors import StatementTimeout
from registry.core.lookups import PREPARE_HINT
from registry.core.statement_timeouts import current_timeout

#: How the statements that are prepared begin.
_PREPARED = (PREPARE_HINT, "INSERT INTO ")


class Cursor(psycopg.Cursor[Any]):
    """Prepares look-ups by a key and inserts, and limits the time of reads.

    The plan of these statements is the same for all values. That of a list with a
    filter is not: an index finds the few rows of one value, and the order of the list
    the many rows of another. So lists are planned each time, with their values.
    """

    def execute(
        self,
        query: Any,
        params: Any = None,
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> Self:
        """Execute a statement; raise ``StatementTimeout`` past the limit of reads."""
        if prepare is None and isinstance(query, str):
            prepare = query.startswith(_PREPARED)
        seconds = current_timeout()
        _set_time_limit(self.connection, seconds)
        try:
            return super().execute(query, params, prepare=prepare, binary=binary)
        except QueryCanceled as error:
            if seconds:
                raise StatementTimeout from error
            raise


def run_without_compiling(connection: Any, **kwargs: Any) -> None:
    """Have a new connection run its statements as they are (a receiver of a signal).

    PostgreSQL compiles a statement that it expects to take long, and estimates are high
    in large tables: a thousand objects of a million were read in 10 ms, after 260 ms of
    compiling.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET jit = off")


def _set_time_limit(connection: Any, seconds: float) -> None:
    """Set ``statement_timeout`` of the session, if it is not the one that is set.

    This takes a round trip between a read and a write over the same connection. Within
    a transaction nothing is set, because a rollback would undo it.
    """
    if getattr(connection, "registry_seconds", 0) == seconds:
        return
    pgconn = connection.pgconn
    if pgconn.transaction_status != TransactionStatus.IDLE:
        return
    value = f"'{round(seconds * 1000)}ms'" if seconds else "DEFAULT"
    # by libpq: psycopg would first begin the transaction that Django asked for
    done = pgconn.exec_(f"SET statement_timeout = {value}".encode())
    if done.status == ExecStatus.COMMAND_OK:
        connection.registry_seconds = seconds
