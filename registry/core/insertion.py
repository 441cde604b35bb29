"""Insert new rows, what belongs to them, and their events, in few statements.

On PostgreSQL, one statement inserts the links of a record, its parts and the events of
all of them: each statement less is a way to the database and back less.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection, models
from django.db.models.sql import InsertQuery

from registry.core.events import Inserting, record_created
from registry.core.models import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from django.contrib.auth.models import AbstractBaseUser

    Rows = Sequence[models.Model]

R = TypeVar("R", bound=Record)

#: Parameters that PostgreSQL takes in one statement; SQLite takes more. Only rows whose
#: columns cannot be sent as arrays come near it.
MAX_PARAMETERS = 65_535


def insert_records(
    records: Sequence[R],
    links: Mapping[str, Sequence[Iterable[Any]]],
    parts: Callable[[Sequence[R]], Sequence[Record]] | None,
    *,
    by: AbstractBaseUser,
) -> Counter[type[models.Model]]:
    """Insert new records with their lists of links, their parts and their events.

    ``links`` are the targets of each record by the name of the list. Return the number
    of new rows of each model. Only the records get their ids.
    """
    _insert_rows(records)
    belonging: list[Rows] = [
        _new_links(records, lists, name) for name, lists in links.items()
    ]
    if parts is not None:
        belonging.append(parts(records))
    _insert_belonging(records, [rows for rows in belonging if rows], by=by)
    stored: tuple[Rows, ...] = (records, *belonging)
    return Counter(type(row) for rows in stored for row in rows)


def _insert_rows(rows: Rows) -> None:
    """Insert rows of one model, which get their ids."""
    model = type(rows[0])
    most = MAX_PARAMETERS // len(model._meta.concrete_fields)
    model._default_manager.bulk_create(rows, batch_size=most)


def _insert_belonging(
    records: Sequence[Record], belonging: Sequence[Rows], *, by: AbstractBaseUser
) -> None:
    """Insert what belongs to new records, and the "created" events of them all."""
    created = {records[0].kind: [one.pk for one in records]}
    if connection.vendor == "postgresql" and _fit_into_one(belonging):
        inserting = [_inserting(rows) for rows in belonging]
        record_created(created, by=by, inserting=inserting)
        return
    for rows in belonging:
        _insert_rows(rows)
        if isinstance(rows[0], Record):
            created[rows[0].kind] = [one.pk for one in rows]
    record_created(created, by=by)


def _new_links(
    instances: Sequence[Record], lists: Sequence[Iterable[Any]], name: str
) -> list[models.Model]:
    """Return the rows of one list of links of all new records, not stored yet."""
    descriptor: Any = getattr(type(instances[0]), name)
    source, target = _through_columns(type(instances[0]), name)
    return [
        descriptor.through(**{source: instance.pk, target: pk})
        for instance, targets in zip(instances, lists, strict=True)
        for pk in dict.fromkeys(getattr(one, "pk", one) for one in targets)
    ]


def _through_columns(model: type[models.Model], name: str) -> tuple[str, str]:
    """Return the columns of a link table: the one of this record and of its target."""
    descriptor: Any = getattr(model, name)
    field = descriptor.field
    source = field.m2m_field_name() + "_id"
    target = field.m2m_reverse_field_name() + "_id"
    return (target, source) if descriptor.reverse else (source, target)


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
