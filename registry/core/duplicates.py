"""Finding the record that a refused one clashes with.

Called after the database refused a row: uniqueness itself is decided there, never by
looking first, so that two writers at once cannot both win.
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

#: Rows that are looked for in one statement.
_AT_ONCE = 100


def find_duplicate(record: Record) -> Duplicate | None:
    """Find the stored record that has the same unique values as this one."""
    for fields, nulls_equal in unique_sets(type(record)):
        condition = _condition(record, fields, nulls_equal=nulls_equal)
        if condition is None:
            continue
        rows = type(record)._default_manager.filter(condition)
        twin = rows.exclude(pk=record.pk).order_by("pk").first()
        if twin is not None:
            return Duplicate(fields, twin)
    return None


def find_duplicates(records: Sequence[Record]) -> dict[int, RegistryError]:
    """Find all clashes of many refused rows, with stored ones and among themselves.

    The records were never stored, though a failed statement may have given them ids.
    """
    for record in records:
        record.pk = None
    found: dict[int, RegistryError] = {}
    for fields, nulls_equal in unique_sets(type(records[0])):
        for index, twin in _stored_twins(records, fields, nulls_equal=nulls_equal):
            found.setdefault(index, Duplicate(fields, twin))
    seen: set[tuple[Any, ...]] = set()
    for index, record in enumerate(records):
        duplicate = None if index in found else _twin_in(seen, record)
        if duplicate is not None:
            found[index] = duplicate
    return found


def _stored_twins(
    records: Sequence[Record], fields: Sequence[str], *, nulls_equal: bool
) -> Iterator[tuple[int, Record]]:
    """Yield the numbers of rows that clash in these fields, each with its twin."""
    conditions = {
        index: condition
        for index, record in enumerate(records)
        if (condition := _condition(record, fields, nulls_equal=nulls_equal))
    }
    indexes = list(conditions)
    rows = type(records[0])._default_manager.order_by("-pk")
    for start in range(0, len(indexes), _AT_ONCE):
        some = indexes[start : start + _AT_ONCE]
        any_of = reduce(or_, (conditions[index] for index in some))
        stored = {_values(row, fields): row for row in rows.filter(any_of)}
        for index in some:
            twin = stored.get(_values(records[index], fields))
            if twin is not None:
                yield index, twin


def unique_sets(model: type[models.Model]) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield the names that are unique together, and whether nulls are equal."""
    for field in model._meta.fields:
        if field.unique and not field.primary_key:
            yield (field.name,), False
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            if constraint.fields:
                yield tuple(constraint.fields), False
            else:
                yield _names_in(constraint), True


def _names_in(constraint: models.UniqueConstraint) -> tuple[str, ...]:
    """Name the fields of a constraint that is made of expressions."""
    expressions: Any = constraint.expressions
    return tuple(
        part.name
        for expression in expressions
        for part in expression.flatten()
        if isinstance(part, models.F)
    )


def _condition(
    record: Record, fields: Sequence[str], *, nulls_equal: bool
) -> models.Q | None:
    """Build the condition under which a row clashes; None where none can."""
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


def _twin_in(seen: set[tuple[Any, ...]], record: Record) -> Duplicate | None:
    """Look for the record's unique values among those of earlier rows."""
    twin = None
    for fields, nulls_equal in unique_sets(type(record)):
        values = _values(record, fields)
        if None in values and not nulls_equal:
            continue
        if (fields, values) in seen:
            twin = twin or Duplicate(fields, None)
        seen.add((fields, values))
    return twin


def _values(record: Record, fields: Sequence[str]) -> tuple[Any, ...]:
    """Return the stored values of some fields."""
    return tuple(getattr(record, _attname(record, name)) for name in fields)


def _attname(record: Record, name: str) -> str:
    """Name the attribute that holds a field's stored value."""
    field: Any = record._meta.get_field(name)
    return str(field.attname)
