"""What the API shows of a record: each field by its name, in the order of answers.

Reading and the description of the fields are both made from this list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models

from registry.api.base.addresses import addresses_of
from registry.api.base.versions import OLDEST
from registry.core.links import kind_of
from registry.core.record_types import Condition, LinkedRecords, RecordType, RowType

#: Links of a list that a record is shown with; its address leads to all.
CAP = 100
#: Fields that every record is shown with, before its own.
CHANGED = ("last_updated", "updated_by")


@dataclass(frozen=True)
class ModelField:
    """A field of the model, or a list of links to it; ``linked`` where it has a cap."""

    name: str
    field: Any
    linked: LinkedRecords | None = None


@dataclass(frozen=True)
class DerivedAddress:
    """An address below the API, made from the record's id.

    ``since_newer`` tells that the oldest version of the API does not have it.
    """

    name: str
    template: str
    help_text: str
    since_newer: bool = False


@dataclass(frozen=True)
class DerivedCondition:
    """A fact that the database computes."""

    name: str
    condition: Condition


Shown = ModelField | DerivedAddress | DerivedCondition


@cache
def shown_fields(row_type: RowType[Any]) -> tuple[Shown, ...]:
    """Return what the newest version of the API shows of a record, in order."""
    return tuple(_all_shown(row_type))


def shown_in(row_type: RowType[Any], version: str) -> tuple[Shown, ...]:
    """Return what a version of the API shows of a record, in order."""
    fields = shown_fields(row_type)
    if version != OLDEST:
        return fields
    return tuple(
        one
        for one in fields
        if not (isinstance(one, DerivedAddress) and one.since_newer)
    )


def _all_shown(row_type: RowType[Any]) -> Iterator[Shown]:
    address = f"{kind_of(row_type.model)}/{{id}}/"
    yield DerivedAddress("url", address, "Address of this record.")
    if isinstance(row_type, RecordType):
        yield from _shown_of_record(row_type)
    else:
        yield from (ModelField(*one) for one in row_type.fields.items())


def _shown_of_record(record_type: RecordType[Any]) -> Iterator[Shown]:
    """Yield the fields of a record behind its own address."""
    lists = record_type.lists
    for name in CHANGED:
        yield ModelField(name, record_type.model._meta.get_field(name))
    for name, field in record_type.fields.items():
        yield ModelField(name, field, lists.get(name))
    for one in addresses_of(record_type):
        yield DerivedAddress(one.name, one.template, one.help_text)
    for condition in record_type.conditions:
        yield DerivedCondition(condition.name, condition)
    # those that every version has come first
    for linked in sorted(lists.values(), key=lambda one: not one.grows):
        yield _whole_list(record_type, linked)


def _whole_list(row_type: RecordType[Any], linked: LinkedRecords) -> DerivedAddress:
    """Return the address of all that a list of links with a cap begins with."""
    field: Any = row_type.model._meta.get_field(linked.name)
    template = f"{kind_of(field.related_model)}/?{_name_there(field)}={{id}}"
    return DerivedAddress(
        f"{linked.name}_url", template, linked.all_help_text, not linked.grows
    )


def _name_there(field: Any) -> str:
    """Name the filter by which the other type's list is all of this one's links."""
    if isinstance(field, models.ManyToManyField):
        return str(field.remote_field.get_accessor_name())
    return str(field.field.name)
