"""What forms send and tables hold, to compare the two."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db.models import Model

from registry.core.documents import DocumentField
from registry.core.models import Record
from registry.core.snapshots import to_many_fields


def form_of(values: dict[str, Any]) -> dict[str, Any]:
    """Return values without the fields that forms do not have."""
    return {name: value for name, value in values.items() if name != "whole_object"}


def sent_in(model: type[Model], values: dict[str, Any]) -> dict[str, Any]:
    """Return what a form sends: small documents as the text of their JSON."""
    return {
        name: json.dumps(value)
        if isinstance(model._meta.get_field(name), DocumentField)
        else value
        for name, value in form_of(values).items()
    }


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
    if isinstance(value, list) and all(isinstance(one, Model) for one in value):
        return sorted(as_stored(one) for one in value)
    if isinstance(value, datetime):
        return value.replace(microsecond=0)
    return getattr(value, "pk", value)
