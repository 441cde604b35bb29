"""The filters of a list: one for each field of its type, with the field's name.

The API and the web pages have the same filters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import django_filters
from django.core.exceptions import ValidationError
from django.db import models

from registry.core import validators
from registry.core.record_types import RecordType, RowType, row_type_of
from registry.http.filters.fields import (
    BooleanFilter,
    ConditionFilter,
    DateTimeFilter,
    GlobFilter,
    LinkFilter,
    NumberFilter,
    SpelledFilter,
    TextFilter,
    UUIDFilter,
    WithdrawnFilter,
)

if TYPE_CHECKING:
    from django.http import QueryDict

#: The fields of every record that have filters.
COMMON_FIELDS = ("last_updated", "updated_by")
#: The filter that shows withdrawn records.
WITHDRAWN = "withdrawn"

_FILTER_CLASSES: tuple[tuple[type[models.Field[Any, Any]], Any], ...] = (
    (models.BooleanField, BooleanFilter),
    (models.DateTimeField, DateTimeFilter),
    (models.UUIDField, UUIDFilter),
    (models.IntegerField, NumberFilter),
)


@dataclass(frozen=True)
class FilterSet:
    """The filters of a list, by the names of their parameters.

    All requests share the filters; only those that a request names are applied.
    """

    model: type[models.Model]
    filters: Mapping[str, django_filters.Filter]
    #: Left out of every list that is not asked for them.
    leaves_out_withdrawn: bool = False

    def apply(
        self, queryset: models.QuerySet[Any], parameters: QueryDict
    ) -> tuple[models.QuerySet[Any], dict[str, list[str]]]:
        """Return the filtered queryset, and the errors of parameters by name."""
        errors: dict[str, list[str]] = {}
        if self.leaves_out_withdrawn and not parameters.get(WITHDRAWN):
            queryset = queryset.filter(withdrawn__isnull=True)
        for name in parameters:
            filter_ = self.filters.get(name)
            if filter_ is None:
                continue
            try:
                queryset = _filter_by(filter_, queryset, name, parameters)
            except ValidationError as error:
                errors[name] = list(error.messages)
        return queryset, errors


def filters_of(model: type[models.Model]) -> FilterSet:
    """Return the filters of a type's list: its fields, conditions and changes."""
    return filters_of_type(row_type_of(model))


@cache
def filters_of_type(declared: RowType[Any]) -> FilterSet:
    """Return the filters of a declared type's list: fields, conditions and changes."""
    model = declared.model
    filters = fields_as_filters(declared)
    if isinstance(declared, RecordType):
        filters |= {
            name: filter_of(model._meta.get_field(name)) for name in COMMON_FIELDS
        }
        for condition in declared.conditions:
            filters[condition.name] = ConditionFilter(condition=condition.holds)
        filters[WITHDRAWN] = WithdrawnFilter(field_name=WITHDRAWN)
    return FilterSet(model, filters, isinstance(declared, RecordType))


def fields_as_filters(
    declared: RowType[Any], *names: str
) -> dict[str, django_filters.Filter]:
    """Return the filters of all fields of a type, or of these, by name."""
    wanted = names or tuple(
        name
        for name, field in declared.fields.items()
        if not isinstance(field, models.JSONField)
    )
    return {name: filter_of(declared.fields[name]) for name in wanted}


def filter_of(field: Any) -> django_filters.Filter:
    """Return the filter for a field, according to its type."""
    if field.is_relation:
        return LinkFilter(field_name=field.name, model=field.related_model)
    spellings = getattr(field.model, "spellings", {}).get(field.name)
    if spellings is not None:
        return SpelledFilter(field_name=field.name, spellings=spellings)
    return _filter_class(field)(field_name=field.name)


def _filter_by(
    filter_: Any, queryset: models.QuerySet[Any], name: str, parameters: QueryDict
) -> models.QuerySet[Any]:
    """Return the queryset with one filter applied; an empty value is no filter."""
    raw: Any = (
        parameters.getlist(name)
        if getattr(filter_, "multiple", False)
        else parameters.get(name)
    )
    if raw == "":
        return queryset
    value = filter_.field.clean(raw)
    filtered: models.QuerySet[Any] = filter_.filter(queryset, value)
    return filtered


def _filter_class(field: models.Field[Any, Any]) -> type[django_filters.Filter]:
    if validators.validate_name in field.validators:
        return GlobFilter
    return next(
        (filter_ for kind, filter_ in _FILTER_CLASSES if isinstance(field, kind)),
        TextFilter,
    )
