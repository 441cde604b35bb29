"""Insert new rows, what belongs to them, and their events, in few statements.

On PostgreSQL, one statement inserts the links of a record, its parts and the events of
all of them: each statement less is a way to the database and back less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.db.models.sql import InsertQuery

from registry.core.events import Inserting, record_created
from registry.core.models import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import AbstractBaseUser

    Rows = Sequence[models.Model]

#: Parameters that PostgreSQL takes in one statement; SQLite takes more. Only rows whose
#: columns cannot be sent as arrays come near it.
MAX_PARAMETERS = 65_535


def insert_rows(rows: Rows) -> None:
    """Insert rows of one model, which get their ids."""
    model = type(rows[0])
    most = MAX_PARAMETERS // len(model._meta.concrete_fields)
    model._default_manager.bulk_create(rows, batch_size=most)


def insert_belonging(
    records: Sequence[Record], belonging: Sequence[Rows], *, by: AbstractBaseUser
) -> None:
    """Insert what belongs to new records, and the "created" events of them all.

    ``belonging`` has rows of one model each. They get no ids. The records are inserted
    already.
    """
    some = [rows for rows in belonging if rows]
    created = {records[0].kind: [one.pk for one in records]}
    if connection.vendor == "postgresql" and _fit_into_one(some):
        record_created(created, by=by, inserting=[_inserting(rows) for rows in some])
        return
    for rows in some:
        insert_rows(rows)
        if isinstance(rows[0], Record):
            created[rows[0].kind] = [one.pk for one in rows]
    record_created(created, by=by)


def _fit_into_one(belonging: Sequence[Rows]) -> bool:
    """Return whether one statement takes the parameters, with some for the events."""
    numbers = (len(rows) * len(rows[0]._meta.concrete_fields) for rows in belonging)
    return sum(numbers) < MAX_PARAMETERS // 2


def _inserting(rows: Rows) -> Inserting:
    """Return the statement that inserts rows, and returns the ids of records."""
    model = type(rows[0])
    kind = rows[0].kind if isinstance(rows[0], Record) else None
    query: Any = InsertQuery(model)
    query.insert_values(_columns_of(model), rows)
    compiler: Any = query.get_compiler(connection=connection)
    compiler.returning_fields = [model._meta.pk] if kind else None
    [(sql, parameters)] = compiler.as_sql()
    return Inserting(kind, sql, parameters)


def _columns_of(model: type[models.Model]) -> list[Any]:
    """Return the fields that an insert has values for."""
    return [
        field
        for field in model._meta.concrete_fields
        if not field.generated and not isinstance(field, models.AutoField)
    ]
