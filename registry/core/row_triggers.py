"""Triggers that note how many records each statement adds or takes away.

They see every way of writing: the services, the administration, migrations and
hand-written SQL. PostgreSQL appends a note for each statement, so that writers never
wait for each other, and merges the notes of a table now and then. SQLite has one writer
at a time, and keeps one note for each table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zlib import crc32

from django.db import connection, transaction

from registry.core.row_counts import CHANGES, WITHDRAWN, noted_models, remembered

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

_PREFIX = "registry_count"
#: What rows of a statement PostgreSQL shows to the trigger of each event.
_REFERENCING = {
    "INSERT": "REFERENCING NEW TABLE AS new_rows",
    "UPDATE": "REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows",
    "DELETE": "REFERENCING OLD TABLE AS old_rows",
    "TRUNCATE": "",
}
#: The function of the triggers. On average, one statement of fifty merges the notes of
#: its table. It passes over notes that another transaction is merging; combining stamps
#: by "exclusive or" keeps the combined value.
POSTGRESQL_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {_PREFIX}_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added bigint := 0;
BEGIN
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        added := (SELECT count(*) FROM new_rows WHERE withdrawn IS NULL);
    END IF;
    IF TG_OP IN ('DELETE', 'UPDATE') THEN
        added := added - (SELECT count(*) FROM old_rows WHERE withdrawn IS NULL);
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        added := -coalesce(
            (SELECT sum(present) FROM {CHANGES} WHERE name = TG_TABLE_NAME), 0);
    END IF;
    INSERT INTO {CHANGES} (name, present, stamp)
    VALUES (TG_TABLE_NAME, added, (random() * 9007199254740991)::bigint);
    IF random() < 0.02
        AND current_setting('transaction_isolation') = 'read committed'
    THEN
        WITH merged AS (
            DELETE FROM {CHANGES} WHERE id = ANY(ARRAY(
                SELECT id FROM {CHANGES} WHERE name = TG_TABLE_NAME
                FOR UPDATE SKIP LOCKED))
            RETURNING present, stamp
        )
        INSERT INTO {CHANGES} (name, present, stamp)
        SELECT TG_TABLE_NAME, sum(present), bit_xor(stamp) FROM merged
        HAVING count(*) > 0;
    END IF;
    RETURN NULL;
END $$
"""  # noqa: S608
#: How a change of a row changes the number of records, in SQLite.
_SQLITE_CHANGES = {
    "INSERT": "(NEW.withdrawn IS NULL)",
    "UPDATE": "(NEW.withdrawn IS NULL) - (OLD.withdrawn IS NULL)",
    "DELETE": "-(OLD.withdrawn IS NULL)",
}


def install_triggers(**_: Any) -> None:
    """Create the triggers that are missing, and count the rows of their tables.

    It runs after each migration, so that new record types and rebuilt tables get them.
    """
    known = set(connection.introspection.table_names())
    if CHANGES not in known:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        triggered = _tables_with_triggers(cursor)
        for model in noted_models():
            table = model._meta.db_table
            if table in known and table not in triggered and _is_ready(cursor, table):
                _create(cursor, table)
                _recount(cursor, table)
        for table in triggered - _tables_with_notes(cursor):
            # the database was emptied, and its notes with it
            _recount(cursor, table)
    remembered.clear()


def _tables_with_notes(cursor: CursorWrapper) -> set[str]:
    cursor.execute(f"SELECT DISTINCT name FROM {CHANGES}")  # noqa: S608
    return {name for (name,) in cursor.fetchall()}


def recount() -> dict[str, int]:
    """Correct the notes of all tables; return by how much they were wrong.

    One statement counts the rows and the notes of the same moment, so that others can
    go on writing.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        tables = _tables_with_triggers(cursor) & {
            one._meta.db_table for one in noted_models()
        }
        wrong = {table: _recount(cursor, table) for table in sorted(tables)}
    remembered.clear()
    return {table: difference for table, difference in wrong.items() if difference}


def remove_triggers() -> None:
    """Remove all triggers, to undo the migration that introduces them."""
    with connection.cursor() as cursor:
        for table in _tables_with_triggers(cursor):
            for event in _events():
                on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
                cursor.execute(f'DROP TRIGGER IF EXISTS "{_name(table, event)}"{on}')


def _is_ready(cursor: CursorWrapper, table: str) -> bool:
    """Return whether the table has the column that the triggers read."""
    columns = connection.introspection.get_table_description(cursor, table)
    return any(column.name == WITHDRAWN for column in columns)


def _tables_with_triggers(cursor: CursorWrapper) -> set[str]:
    """Return the tables that have triggers."""
    cursor.execute(
        "SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        if connection.vendor == "postgresql"
        else "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
    )
    return {table for table, name in cursor.fetchall() if name.startswith(_PREFIX)}


def _events() -> list[str]:
    return [*(_REFERENCING if connection.vendor == "postgresql" else _SQLITE_CHANGES)]


def _name(table: str, event: str) -> str:
    """Return the name of a trigger; in SQLite they are unique among all tables."""
    on = "" if connection.vendor == "postgresql" else f"_{table}"
    return f"{_PREFIX}_{event.lower()}{on}"


def _create(cursor: CursorWrapper, table: str) -> None:
    for event in _events():
        name = _name(table, event)
        if connection.vendor == "postgresql":
            cursor.execute(
                f'CREATE TRIGGER "{name}" AFTER {event} ON "{table}" '
                f"{_REFERENCING[event]} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {_PREFIX}_rows()"
            )
        else:
            cursor.execute(
                f'CREATE TRIGGER "{name}" AFTER {event} ON "{table}" '
                f"BEGIN {_sqlite_note(table, event)}; END"
            )


def _sqlite_note(table: str, event: str) -> str:
    """Return the statement that changes the note of a table.

    While a database is emptied, the note can be deleted before the rows; so a deletion
    never creates it.
    """
    change = _SQLITE_CHANGES[event]
    new = f"present = present + {change}, stamp = random()"
    if event != "INSERT":
        return f"UPDATE {CHANGES} SET {new} WHERE id = {_id(table)}"  # noqa: S608
    return (
        f"INSERT INTO {CHANGES} (id, name, present, stamp) "  # noqa: S608
        f"VALUES ({_id(table)}, '{table}', {change}, random()) "
        f"ON CONFLICT (id) DO UPDATE SET {new}"
    )


def _id(table: str) -> int:
    """Return the id of a table's only note in SQLite."""
    return crc32(table.encode())


def _recount(cursor: CursorWrapper, table: str) -> int:
    """Correct the notes of a table; return by how much they were wrong."""
    counted = f'(SELECT count(*) FROM "{table}" WHERE withdrawn IS NULL)'  # noqa: S608
    noted = f"coalesce((SELECT sum(present) FROM {CHANGES} WHERE name = %s), 0)"  # noqa: S608
    if connection.vendor == "postgresql":
        cursor.execute(
            f"INSERT INTO {CHANGES} (name, present, stamp) "
            f"SELECT %s, {counted} - {noted}, "
            "(random() * 9007199254740991)::bigint RETURNING present",
            [table, table],
        )
        return int(cursor.fetchone()[0])
    # nobody else writes meanwhile
    cursor.execute(f"SELECT {counted} - {noted}", [table])
    difference = int(cursor.fetchone()[0])
    cursor.execute(
        f"INSERT OR REPLACE INTO {CHANGES} (id, name, present, stamp) "  # noqa: S608
        f"VALUES (%s, %s, {counted}, random())",
        [_id(table), table],
    )
    return difference
