"""Tell from an error of the database or the disk what has happened.

The same trouble comes as different exceptions: a full disk is an ``OperationalError``
of either database, or an ``OSError`` where a file is written.
"""

from __future__ import annotations

import errno
import sqlite3
import time

from django.db import DatabaseError, InterfaceError, OperationalError

from registry.core.errors import Conflict, RegistryError, StorageFull, Unavailable

#: deadlock_detected and serialization_failure, as PostgreSQL and the SQL standard
#: number them.
_CONTENTION = frozenset({"40P01", "40001"})
#: disk_full of PostgreSQL.
_DISK_FULL = "53100"
#: undefined_table and undefined_column.
_NO_TABLE = frozenset({"42P01", "42703"})
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
#: Seconds for which a registry that met a full disk says that it is not ready.
_MEMORY = 30.0


class _LastFull:
    """When this process last met a full disk."""

    at = -_MEMORY


def is_contention(error: BaseException) -> bool:
    """Tell whether the database gave up a transaction in favour of another.

    The same transaction can succeed when it is repeated as a whole.
    """
    return getattr(error.__cause__, "sqlstate", None) in _CONTENTION


def is_disk_full(error: BaseException) -> bool:
    """Tell whether there was no room to write."""
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    cause = error.__cause__
    code = getattr(cause, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_FULL or getattr(cause, "sqlstate", "") == _DISK_FULL


def is_table_missing(error: BaseException) -> bool:
    """Tell whether a statement named a table or a column that there is not."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state in _NO_TABLE or str(error).startswith(("no such table", "no such col"))


def to_registry_error(error: BaseException) -> RegistryError | None:
    """Return what to tell about a trouble; None for errors that are not one."""
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
    """Tell whether this process met a full disk within the last half minute."""
    return time.monotonic() - _LastFull.at < _MEMORY


def _lost_connection(error: BaseException) -> Unavailable | None:
    """Return what to tell where a connection ended before a statement was sent."""
    if isinstance(error, InterfaceError) and "closed" in str(error):
        return Unavailable("The database is busy or out of reach; try again.")
    return None
