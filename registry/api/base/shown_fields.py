"""The fields of a record in the API, in the order of responses.

Both the reader and the serializers are built from this list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models

from registry.api.base.addresses import addresses_of
from registry.api.base.versions import OLDEST
from registry.core.field_references import name_of
from registry.core.links import kind_of
from registry.core.record_types import RecordType
from registry.core.row_types import RowType
from registry.core.traits import Condition, LinkedRecords

#: The largest number of links in a list of a record; an address has the whole list.
MAX_LISTED_LINKS = 100
#: The fields that come first in every record.
COMMON_FIELDS = ("last_updated", "updated_by")


@dataclass(frozen=True)
class ModelField:
    """A field of the model or a reverse relation; ``linked`` if it has a limit.

    If ``newest_only``, the oldest version of the API does not have it.
    """

    name: str
    field: Any
    linked: LinkedRecords | None = None
    newest_only: bool = False


@dataclass(frozen=True)
class DerivedAddress:
    """An address below the API, made from the id of the record.

    If ``newest_only``, the oldest version of the API does not have it.
    """

    name: str
    template: str
    help_text: str
    newest_only: bool = False


@dataclass(frozen=True)
class DerivedCondition:
    """A boolean that the database computes."""

    name: str
    condition: Condition


ShownField = ModelField | DerivedAddress | DerivedCondition


@cache
def shown_fields(row_type: RowType[Any]) -> tuple[ShownField, ...]:
    """Return the fields of a record in the newest version of the API, in order."""
    return tuple(_iter_fields(row_type))


def fields_in_version(row_type: RowType[Any], version: str) -> tuple[ShownField, ...]:
    """Return the fields of a record in a version of the API, in order."""
    fields = shown_fields(row_type)
    if version != OLDEST:
        return fields
    return tuple(one for one in fields if not getattr(one, "newest_only", False))


def _iter_fields(row_type: RowType[Any]) -> Iterator[ShownField]:
    address = f"{kind_of(row_type.model)}/{{id}}/"
    yield DerivedAddress("url", address, "Address of this record.")
    if isinstance(row_type, RecordType):
        yield from _iter_record_fields(row_type)
    else:
        yield from (ModelField(*one) for one in row_type.fields.items())


def _iter_record_fields(record_type: RecordType[Any]) -> Iterator[ShownField]:
    """Yield the fields of a record that follow its URL."""
    lists = record_type.lists
    for name in COMMON_FIELDS:
        yield ModelField(name, record_type.model._meta.get_field(name))
    newer = set(map(name_of, record_type.newer))
    for name, field in record_type.fields.items():
        yield ModelField(name, field, lists.get(name), name in newer)
    for one in addresses_of(record_type):
        yield DerivedAddress(one.name, one.template, one.help_text)
    for condition in record_type.conditions:
        yield DerivedCondition(condition.name, condition)
    # lists that grow come first, as clients know the order
    for linked in sorted(lists.values(), key=lambda one: not one.grows):
        yield _full_list_address(record_type, linked)
    withdrawn = record_type.model._meta.get_field("withdrawn")
    yield ModelField("withdrawn", withdrawn, newest_only=True)


def _full_list_address(
    row_type: RecordType[Any], linked: LinkedRecords
) -> DerivedAddress:
    """Return the address of the complete list, of which a record has the beginning."""
    field: Any = row_type.model._meta.get_field(linked.name)
    template = f"{kind_of(field.related_model)}/?{_filter_name(field)}={{id}}"
    name = f"{linked.name}_url"
    return DerivedAddress(name, template, linked.all_help_text, newest_only=True)


def _filter_name(field: Any) -> str:
    """Return the name of the filter that selects the linked records of a record."""
    if isinstance(field, models.ManyToManyField):
        return str(field.remote_field.get_accessor_name())
    return str(field.field.name)
