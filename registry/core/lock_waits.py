"""Wait only briefly for other writers, where a write can also be left out.

SQLite lets one connection write at a time, and by default the others wait for half a
minute. PostgreSQL waits for locks as long as a statement can take.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import connection

from registry.core.statement_timeouts import statement_timeout

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The usual number of seconds, if the settings name none: that of Django.
_USUAL_SECONDS = 5


@contextmanager
def brief_lock_waits(seconds: float = 1) -> Iterator[None]:
    """Let each statement in the block wait so many seconds for others, at most.

    Beyond that it raises ``StatementTimeout`` or an error of the database.
    """
    if connection.vendor != "sqlite":
        with statement_timeout(seconds):
            yield
        return
    usual = connection.settings_dict["OPTIONS"].get("timeout", _USUAL_SECONDS)
    _set_busy_timeout(seconds)
    try:
        yield
    finally:
        _set_busy_timeout(usual)


def _set_busy_timeout(seconds: float) -> None:
    wrapper: Any = connection
    wrapper.lock_seconds = seconds
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")
