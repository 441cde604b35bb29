"""What forms send and tables hold, to compare the two."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from registry.core.models import Record
from registry.core.snapshots import to_many_fields


def form_of(values: dict[str, Any]) -> dict[str, Any]:
    """Return values without the fields that forms do not have."""
    return {name: value for name, value in values.items() if name != "whole_object"}


def stored_in(record: Record) -> dict[str, Any]:
    """Return the stored values by field, with links as ids."""
    lists = to_many_fields(type(record))
    plain = {f.name: getattr(record, f.attname) for f in record._meta.fields}
    held = {
        name: sorted(one.pk for one in getattr(record, name).all()) for name in lists
    }
    return plain | held


def as_stored(value: Any) -> Any:
    """Return a form's value as it is stored, with seconds and ids."""
    if isinstance(value, list):
        return sorted(as_stored(one) for one in value)
    if isinstance(value, datetime):
        return value.replace(microsecond=0)
    return getattr(value, "pk", value)
