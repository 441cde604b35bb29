"""The time limit on the statements of a read.

The surface that answers a read sets the limit around its work; the cursors of
``registry.core.postgresql`` and ``registry.core.sqlite3`` hold each statement to it and
raise ``TookTooLong``. Writes and commands have no limit.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_seconds: ContextVar[float] = ContextVar("statement_seconds", default=0)


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Give each statement so many seconds; 0 is no limit."""
    earlier = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(earlier)


def statement_seconds() -> float:
    """Return the seconds that a statement may take now, 0 without a limit."""
    return _seconds.get()
