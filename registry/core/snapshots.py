"""What a record was: all its stored fields and its lists of links, as JSON.

The events of changed and deleted records keep it, so that nothing is lost.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import IntegerField, JSONField, Value

if TYPE_CHECKING:
    from django.db import models

    from registry.core.models import Event, Record

#: The key in the details of an event.
RECORD = "record"
_LISTS = "_lists_as_read"


@cache
def to_many_fields(model: type[Record]) -> tuple[str, ...]:
    """Return the names of the lists of links that can be written, from either side."""
    own = (field.name for field in model._meta.many_to_many)
    return (*own, *model.reverse_lists)


def all_list_names(model: type[Record]) -> list[str]:
    """Return the names of all lists of links, which a deletion takes away."""
    others = [
        str(relation.get_accessor_name())
        for relation in model._meta.related_objects
        if relation.many_to_many
    ]
    return [*dict.fromkeys([*to_many_fields(model), *others])]


def read_lists(record: Record) -> dict[str, list[int]]:
    """Return the ids in the lists that can be written, in one statement.

    A locked record keeps them, so that its guard and its change read them once.
    """
    known: dict[str, list[int]] | None = record.__dict__.get(_LISTS)
    if known is None:
        known = record.__dict__[_LISTS] = _read(record, to_many_fields(type(record)))
    return known


def forget_lists(record: Record) -> None:
    """Forget the lists that were read, because they changed."""
    record.__dict__.pop(_LISTS, None)


def _read(record: Record, names: Iterable[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {name: [] for name in names}
    if not found:
        return found
    first, *others = [
        getattr(record, name).order_by().values_list(Value(nth, IntegerField()), "pk")
        for nth, name in enumerate(found)
    ]
    lists = [*found.values()]
    for nth, pk in first.union(*others, all=True) if others else first:
        lists[nth].append(pk)
    for ids in lists:
        ids.sort()
    return found


def whole_record(record: Record) -> dict[str, Any]:
    """Return a record that is to be deleted, with the lists that others have it in."""
    lists = _read(record, all_list_names(type(record)))
    return {**_stored_fields(record), **lists}


def unchanged_part(
    record: Record, lists: Mapping[str, list[int]], changes: Iterable[str]
) -> dict[str, Any]:
    """Return what a record was before a change, without what ``changes`` has of it.

    A changed text is in the event twice already, as its old and its new value, and a
    third copy would tell nothing. What did not change is copied, long texts too: so
    every event has the whole record by itself, without other events and whatever has
    happened since. An event thereby grows by no more than one request can send in a
    changed text.
    """
    whole = {**_stored_fields(record), **lists}
    return {name: value for name, value in whole.items() if name not in {*changes}}


def record_before(event: Event) -> dict[str, Any] | None:
    """Return the whole record before an event; None if the event does not have it."""
    known: dict[str, Any] | None = event.detail.get(RECORD)
    if known is None:
        return None
    return {**known, **{name: old for name, (old, _) in event.changes.items()}}


def _stored_fields(record: Record) -> dict[str, Any]:
    fields = record._meta.concrete_fields
    return {field.name: _to_json(field, record) for field in fields}


def _to_json(field: Any, record: Record) -> Any:
    """Return a stored value as JSON, from which ``from_json`` returns the same."""
    value = getattr(record, field.attname)
    if value is None or isinstance(value, bool | int | str):
        return value
    is_number = isinstance(value, float) and math.isfinite(value)
    if is_number or isinstance(field, JSONField):
        return value
    return field.value_to_string(record)


def from_json(field: models.Field[Any, Any], value: Any) -> Any:
    """Return the stored value that an event has as JSON; of a link, the id."""
    if value is None:
        return None
    if field.is_relation:
        target: Any = field
        return target.target_field.to_python(value)
    return field.to_python(value)


def changed_value(value: Any) -> Any:
    """Return the old or the new value of a changed field as JSON."""
    if value is None or isinstance(value, bool | int | str | dict | list):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return b64encode(value).decode("ascii")
    return str(value)
