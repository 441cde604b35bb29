"""The statistics by which a database plans its queries, renewed after large imports.

PostgreSQL renews them by itself within a minute or so, unless that is switched off, and
SQLite never does. Until then plans are guesses, made for the tables as they were.
"""

from __future__ import annotations

import logging
from collections import Counter
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection

if TYPE_CHECKING:
    from django.db.models import Model

logger = logging.getLogger(__name__)

#: New rows of a table that are many, and seconds between two renewals in a process.
MIN_ADDED_ROWS, UPDATE_INTERVAL = 1000, 60.0
#: Rows of an index that SQLite looks at, so that it takes milliseconds.
_ANALYZED_ROWS = 400


class AddedRows:
    """How many rows this process has added to each table since the last renewal."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rows: Counter[str] = Counter()
        self._not_before = 0.0

    def add(self, model: type[Model], rows: int) -> None:
        """Count rows that were added."""
        with self._lock:
            self._rows[model._meta.db_table] += rows

    def is_due(self) -> bool:
        """Tell whether a table has grown by very many since the last renewal."""
        with self._lock:
            return bool(self._grown()) and monotonic() >= self._not_before

    def pop_due_tables(self) -> list[str]:
        """Return the tables to renew; nobody else is given them meanwhile."""
        with self._lock:
            grown = self._grown() if monotonic() >= self._not_before else []
            for table in grown:
                del self._rows[table]
            if grown:
                self._not_before = monotonic() + UPDATE_INTERVAL
            return grown

    def _grown(self) -> list[str]:
        return sorted(
            table for table, rows in self._rows.items() if rows >= MIN_ADDED_ROWS
        )


added_rows = AddedRows()


def update_statistics() -> None:
    """Renew the statistics of tables that have grown by very many rows.

    To be called when the answer was sent, and outside of any transaction. What keeps
    it from being done, such as a busy database, is for the log alone.
    """
    if connection.in_atomic_block:
        return
    tables = added_rows.pop_due_tables()
    if not tables:
        return
    try:
        with connection.cursor() as cursor:
            for statement in _statements(tables):
                cursor.execute(statement)
    except DatabaseError as error:
        logger.warning("statistics of %s: %s", ", ".join(tables), error)


def _statements(tables: list[str]) -> list[str]:
    names = [connection.ops.quote_name(table) for table in tables]
    if connection.vendor == "postgresql":
        return [f"ANALYZE (SKIP_LOCKED) {name}" for name in names]
    return [
        f"PRAGMA analysis_limit = {_ANALYZED_ROWS}",
        *(f"ANALYZE {name}" for name in names),
    ]
