"""Find the record that a refused row duplicates.

These functions run after the database refused a row. Only the database decides whether
a row is unique, so two simultaneous writers cannot both succeed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.db import models

from registry.core.errors import Duplicate, RegistryError

if TYPE_CHECKING:
    from registry.core.models import Record

#: The number of rows that one statement looks for.
_BATCH_SIZE = 100


def find_duplicate(record: Record) -> Duplicate | None:
    """Return the ``Duplicate`` error with the stored record that this one clashes with.

    Returns None if there is no such record.
    """
    for fields, nulls_equal in unique_sets(type(record)):
        condition = _clash_condition(record, fields, nulls_equal=nulls_equal)
        if condition is None:
            continue
        rows = type(record)._default_manager.filter(condition)
        existing = rows.exclude(pk=record.pk).order_by("pk").first()
        if existing is not None:
            return Duplicate(fields, existing)
    return None


def find_duplicates(records: Sequence[Record]) -> dict[int, RegistryError]:
    """Return the errors of refused rows that clash, by row number.

    A row can clash with a stored record or with an earlier row. The records were never
    stored, but a failed statement may have given them ids.
    """
    for record in records:
        record.pk = None
    found: dict[int, RegistryError] = {}
    for fields, nulls_equal in unique_sets(type(records[0])):
        for index, existing in _find_stored(records, fields, nulls_equal=nulls_equal):
            found.setdefault(index, Duplicate(fields, existing))
    seen: set[tuple[Any, ...]] = set()
    for index, record in enumerate(records):
        duplicate = None if index in found else _find_among_earlier(seen, record)
        if duplicate is not None:
            found[index] = duplicate
    return found


def _find_stored(
    records: Sequence[Record], fields: Sequence[str], *, nulls_equal: bool
) -> Iterator[tuple[int, Record]]:
    """Yield the number of each row that clashes, with the stored record."""
    conditions = {
        index: condition
        for index, record in enumerate(records)
        if (condition := _clash_condition(record, fields, nulls_equal=nulls_equal))
    }
    indexes = list(conditions)
    rows = type(records[0])._default_manager.order_by("-pk")
    for start in range(0, len(indexes), _BATCH_SIZE):
        some = indexes[start : start + _BATCH_SIZE]
        any_of = reduce(or_, (conditions[index] for index in some))
        stored = {_unique_values(row, fields): row for row in rows.filter(any_of)}
        for index in some:
            existing = stored.get(_unique_values(records[index], fields))
            if existing is not None:
                yield index, existing


def unique_sets(model: type[models.Model]) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield the fields that are unique together, and whether nulls count as equal."""
    for field in model._meta.fields:
        if field.unique and not field.primary_key:
            yield (field.name,), False
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            if constraint.fields:
                yield tuple(constraint.fields), False
            else:
                yield _field_names(constraint), True


def _field_names(constraint: models.UniqueConstraint) -> tuple[str, ...]:
    """Return the names of the fields of a constraint that is made of expressions."""
    expressions: Any = constraint.expressions
    return tuple(
        part.name
        for expression in expressions
        for part in expression.flatten()
        if isinstance(part, models.F)
    )


def _clash_condition(
    record: Record, fields: Sequence[str], *, nulls_equal: bool
) -> models.Q | None:
    """Return the condition for rows that clash with a record; None if none can."""
    condition = models.Q()
    for name in fields:
        value = getattr(record, _attname(record, name))
        if value is None and not nulls_equal:
            return None
        condition &= (
            models.Q(**{f"{name}__isnull": True})
            if value is None
            else models.Q(**{name: value})
        )
    return condition


def _find_among_earlier(seen: set[tuple[Any, ...]], record: Record) -> Duplicate | None:
    """Return the error of a record with unique values that an earlier row has."""
    duplicate = None
    for fields, nulls_equal in unique_sets(type(record)):
        values = _unique_values(record, fields)
        if None in values and not nulls_equal:
            continue
        if (fields, values) in seen:
            duplicate = duplicate or Duplicate(fields, None)
        seen.add((fields, values))
    return duplicate


def _unique_values(record: Record, fields: Sequence[str]) -> tuple[Any, ...]:
    """Return the stored values of these fields."""
    return tuple(getattr(record, _attname(record, name)) for name in fields)


def _attname(record: Record, name: str) -> str:
    """Return the name of the attribute that holds a field's stored value."""
    field: Any = record._meta.get_field(name)
    return str(field.attname)
