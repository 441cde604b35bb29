"""Let transactions that could store the same thing follow one another.

A unique constraint of the database decides between simultaneous writers. Where what
must be unique is in several tables, or is not one value, a writer locks it first: then
it sees what others have stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

from django.db import connection

#: The namespace of these locks among the advisory locks of PostgreSQL, and how many
#: there are: rows by the thousand need no more.
_SPACE, _LOCKS = 0x7265_6772, 64


def lock_names(names: Iterable[str]) -> None:
    """Lock names until the end of the transaction; wait for those who have them.

    On SQLite there is one writer at a time anyway.
    """
    _lock("pg_advisory_xact_lock", names)


def share_names(names: Iterable[str]) -> None:
    """Share names until the end of the transaction; who locks them waits for that.

    On SQLite there is one writer at a time anyway.
    """
    _lock("pg_advisory_xact_lock_shared", names)


def _lock(function: str, names: Iterable[str]) -> None:
    if connection.vendor != "postgresql":
        return
    # always in the same order, so that no two wait for each other
    keys = sorted({crc32(name.encode()) % _LOCKS for name in names})
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {function}(%s, key) FROM unnest(%s::int[]) AS key",  # noqa: S608
            [_SPACE, keys],
        )
