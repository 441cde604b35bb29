"""Update the statistics of the query planner after large imports.

PostgreSQL's autovacuum does so within a minute or so, unless it is disabled; SQLite
never does. Until then query plans are based on the tables as they were before.
"""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.db.backends.utils import CursorWrapper
    from django.db.models import Model

logger = logging.getLogger(__name__)

#: Added rows of a table that require an update, and seconds between two updates.
MIN_ADDED_ROWS, UPDATE_INTERVAL = 1000, 60.0
#: Rows of an index that SQLite samples, so that it takes milliseconds.
_ANALYZED_ROWS = 400
#: Milliseconds to wait for another writer of SQLite: other requests need the thread.
_PATIENCE = 50


class AddedRows:
    """The rows that this process has added to each table since the last update."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rows: Counter[str] = Counter()
        self._not_before = 0.0

    def add(self, rows: Mapping[type[Model], int]) -> None:
        """Count added rows, given by model."""
        with self._lock:
            for model, number in rows.items():
                self._rows[model._meta.db_table] += number

    def is_due(self) -> bool:
        """Return whether the statistics of a table should be updated."""
        with self._lock:
            return bool(self._grown()) and monotonic() >= self._not_before

    def pop_due_tables(self) -> list[str]:
        """Return the tables to update, and reset their counts for other threads."""
        with self._lock:
            grown = self._grown() if monotonic() >= self._not_before else []
            for table in grown:
                del self._rows[table]
            if grown:
                self._not_before = monotonic() + UPDATE_INTERVAL
            return grown

    def put_back(self, tables: list[str]) -> None:
        """Make tables due again, because their update failed."""
        with self._lock:
            for table in tables:
                self._rows[table] += MIN_ADDED_ROWS

    def _grown(self) -> list[str]:
        return sorted(
            table for table, rows in self._rows.items() if rows >= MIN_ADDED_ROWS
        )


added_rows = AddedRows()


def update_statistics() -> None:
    """Update the statistics of tables to which many rows were added.

    Call it after the response is sent, and outside of transactions. An error, such
    as a busy database, is logged; the update is tried again after the interval.
    """
    if connection.in_atomic_block:
        return
    tables = added_rows.pop_due_tables()
    if not tables:
        return
    try:
        with connection.cursor() as cursor, _without_waiting(cursor):
            for statement in _statements(tables):
                cursor.execute(statement)
    except DatabaseError as error:
        added_rows.put_back(tables)
        logger.warning("statistics of %s: %s", ", ".join(tables), error)


@contextmanager
def _without_waiting(cursor: CursorWrapper) -> Iterator[None]:
    """Give up soon if another writer holds SQLite; PostgreSQL skips locked tables."""
    if connection.vendor == "postgresql":
        yield
        return
    cursor.execute("PRAGMA busy_timeout")
    [usual] = cursor.fetchone()
    cursor.execute(f"PRAGMA busy_timeout = {_PATIENCE}")
    try:
        yield
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {usual:d}")


def _statements(tables: list[str]) -> list[str]:
    names = [connection.ops.quote_name(table) for table in tables]
    if connection.vendor == "postgresql":
        return [f"ANALYZE (SKIP_LOCKED) {name}" for name in names]
    return [
        f"PRAGMA analysis_limit = {_ANALYZED_ROWS}",
        *(f"ANALYZE {name}" for name in names),
    ]
