"""Two connections at once: threads that close theirs, and waiting for a lock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

#: Seconds that a test waits for another connection.
PATIENCE = 60


def in_thread(work: Callable[[], Any]) -> Callable[[], Any]:
    """Close the connection of a thread after its work."""

    def closing() -> Any:
        try:
            return work()
        finally:
            connection.close()

    return closing


def wait_for_a_waiting_writer() -> None:
    """Wait until another connection to this database waits for a lock."""
    deadline = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            # within a transaction the view is otherwise the same again
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                "AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
    pytest.fail("Nobody waits.")
