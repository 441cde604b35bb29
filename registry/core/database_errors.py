"""Classify errors of the database and the disk.

The same problem raises different exceptions: a full disk is an ``OperationalError`` of
either database, or an ``OSError`` while a file is written.
"""

from __future__ import annotations

import errno
import sqlite3
import time
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from registry.core.errors import Conflict, RegistryError, StorageFull, Unavailable

#: SQLSTATE of deadlock_detected and serialization_failure.
_CONTENTION = frozenset({"40P01", "40001"})
#: SQLSTATE of disk_full in PostgreSQL.
_DISK_FULL = "53100"
#: Beginnings of the SQLSTATEs of what passes: a lost connection, too many connections
#: or no memory, a lock that was not free, a shutdown or restart, an error of the disk.
_PASSING = ("08", "53", "55P03", "57", "58")
_PASSING_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_BUSY = "The database is busy or out of reach; try again."
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
        found = Unavailable(_BUSY) if _passes(error) else None
    if isinstance(found, StorageFull):
        _LastFull.at = time.monotonic()
    return found


def disk_was_full_recently() -> bool:
    """Return whether a disk was full for this process within the last half minute."""
    return time.monotonic() - _LastFull.at < _DISK_FULL_SECONDS


def _lost_connection(error: BaseException) -> Unavailable | None:
    """Return the error for a connection that ended before a statement was sent."""
    if isinstance(error, InterfaceError) and "closed" in str(error):
        return Unavailable(_BUSY)
    return None


def _passes(error: OperationalError) -> bool:
    """Return whether the same statement can succeed later.

    Errors without a code are of the connection or of a statement that was never sent.
    After those, the connection is still open.
    """
    cause = error.__cause__
    if cause is None:
        # Django found no connection that it could use
        return True
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        # the lowest byte is the kind of error, the others say more
        return code & 0xFF in _PASSING_SQLITE
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_PASSING)
    return not _is_connected()


def _is_connected() -> bool:
    inner: Any = connection.connection
    return inner is not None and not inner.closed
