"""Classify errors of the database and the disk.

The same problem raises different exceptions: a full disk is an ``OperationalError`` of
either database, or an ``OSError`` while a file is written.
"""

from __future__ import annotations

import errno
import sqlite3
import time

from django.db import DatabaseError, InterfaceError, OperationalError

from registry.core.errors import Conflict, RegistryError, StorageFull, Unavailable

#: SQLSTATE of deadlock_detected and serialization_failure.
_CONTENTION = frozenset({"40P01", "40001"})
#: SQLSTATE of disk_full in PostgreSQL.
_DISK_FULL = "53100"
#: SQLSTATE of undefined_table and undefined_column.
_NO_TABLE = frozenset({"42P01", "42703"})
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
#: Seconds for which a registry reports that it is not ready after its disk was full.
_DISK_FULL_SECONDS = 30.0


class _LastFull:
    """When this process last got an error about a full disk."""

    at = -_DISK_FULL_SECONDS


def is_contention(error: BaseException) -> bool:
    """Return whether the database aborted a transaction in favour of another.

    The same transaction can succeed if it is repeated as a whole.
    """
    return getattr(error.__cause__, "sqlstate", None) in _CONTENTION


def is_disk_full(error: BaseException) -> bool:
    """Return whether there was no space left to write."""
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    cause = error.__cause__
    code = getattr(cause, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_FULL or getattr(cause, "sqlstate", "") == _DISK_FULL


def is_table_missing(error: BaseException) -> bool:
    """Return whether a statement used a table or column that does not exist."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state in _NO_TABLE or str(error).startswith(("no such table", "no such col"))


def to_registry_error(error: BaseException) -> RegistryError | None:
    """Return the service error for a database or disk error; None for other errors."""
    if isinstance(error, RegistryError):
        found: RegistryError | None = error
    elif isinstance(error, OSError | DatabaseError) and is_disk_full(error):
        found = StorageFull("The registry has no room left on its disk.")
    elif not isinstance(error, OperationalError):
        found = _lost_connection(error)
    elif is_contention(error):
        found = Conflict("Another change was made at the same moment; try again.")
    else:
        found = Unavailable("The database is busy or out of reach; try again.")
    if isinstance(found, StorageFull):
        _LastFull.at = time.monotonic()
    return found


def disk_was_full_recently() -> bool:
    """Return whether a disk was full for this process within the last half minute."""
    return time.monotonic() - _LastFull.at < _DISK_FULL_SECONDS


def _lost_connection(error: BaseException) -> Unavailable | None:
    """Return the error for a connection that ended before a statement was sent."""
    if isinstance(error, InterfaceError) and "closed" in str(error):
        return Unavailable("The database is busy or out of reach; try again.")
    return None
