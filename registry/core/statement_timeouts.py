"""The timeout of the database statements of a read.

The surface that handles a read sets the timeout; the database backends
(``registry.core.postgresql`` and ``registry.core.sqlite3``) apply it to each statement
and raise ``StatementTimeout``. Writes and commands have no timeout.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_seconds: ContextVar[float] = ContextVar("statement_timeout", default=0)


@contextmanager
def statement_timeout(seconds: float) -> Iterator[None]:
    """Set the timeout of each statement in the block; 0 means no timeout."""
    earlier = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(earlier)


def current_timeout() -> float:
    """Return the current timeout of a statement in seconds; 0 means no timeout."""
    return _seconds.get()
