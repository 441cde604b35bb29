"""Databases that refuse: errors that PostgreSQL itself raises, as often as is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

DEADLOCK = "40P01"
SERIALIZATION = "40001"
DISK_FULL = "53100"


@contextmanager
def refused_inserts(table: str, state: str, *, times: int) -> Iterator[None]:
    """Have the first inserts into a table fail with an error of this SQLSTATE.

    They are counted by a sequence, which no rollback takes back.
    """
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE refused_inserts")
        cursor.execute(
            "CREATE FUNCTION refuse_insert() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN IF nextval('refused_inserts') <= {times} THEN "
            f"RAISE EXCEPTION 'refused' USING ERRCODE = '{state}'; "
            "END IF; RETURN NEW; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER refuse_insert BEFORE INSERT ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_insert()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER refuse_insert ON {table}")
            cursor.execute("DROP FUNCTION refuse_insert")
            cursor.execute("DROP SEQUENCE refused_inserts")
