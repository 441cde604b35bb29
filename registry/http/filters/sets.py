"""Which filters a list has: one for each field of its type, by the field's name.

The API and the pages for people offer the same ones.
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
    TextFilter,
    UUIDFilter,
)

if TYPE_CHECKING:
    from django.http import QueryDict

#: What every list of records can be filtered by besides its own fields.
CHANGED = ("last_updated", "updated_by")

_BY_FIELD: tuple[tuple[type[models.Field[Any, Any]], Any], ...] = (
    (models.BooleanField, BooleanFilter),
    (models.DateTimeField, DateTimeFilter),
    (models.UUIDField, UUIDFilter),
    (models.IntegerField, NumberFilter),
)


@dataclass(frozen=True)
class FilterSet:
    """The filters of a list, by the names of their parameters.

    Filters are shared by all requests: only those that a request names do any work.
    """

    model: type[models.Model]
    filters: Mapping[str, django_filters.Filter]

    def apply(
        self, queryset: models.QuerySet[Any], parameters: QueryDict
    ) -> tuple[models.QuerySet[Any], dict[str, list[str]]]:
        """Filter by the parameters; also return what is wrong with them, by name."""
        errors: dict[str, list[str]] = {}
        for name in parameters:
            chosen = self.filters.get(name)
            if chosen is None:
                continue
            try:
                queryset = _filter_by(chosen, queryset, name, parameters)
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
        filters |= {name: filter_of(model._meta.get_field(name)) for name in CHANGED}
        for condition in declared.conditions:
            filters[condition.name] = ConditionFilter(condition=condition.holds)
    return FilterSet(model, filters)


def fields_as_filters(
    declared: RowType[Any], *names: str
) -> dict[str, django_filters.Filter]:
    """Return a filter for each field of a type, or for some of them, by name."""
    wanted = names or tuple(
        name
        for name, field in declared.fields.items()
        if not isinstance(field, models.JSONField)
    )
    return {name: filter_of(declared.fields[name]) for name in wanted}


def filter_of(field: Any) -> django_filters.Filter:
    """Return the filter for a field, by what kind of field it is."""
    if field.is_relation:
        return LinkFilter(field_name=field.name, model=field.related_model)
    return _plain_filter(field)(field_name=field.name)


def _filter_by(
    chosen: Any, queryset: models.QuerySet[Any], name: str, parameters: QueryDict
) -> models.QuerySet[Any]:
    """Apply one filter; an empty value is none."""
    raw: Any = (
        parameters.getlist(name)
        if getattr(chosen, "multiple", False)
        else parameters.get(name)
    )
    if raw == "":
        return queryset
    value = chosen.field.clean(raw)
    filtered: models.QuerySet[Any] = chosen.filter(queryset, value)
    return filtered


def _plain_filter(field: models.Field[Any, Any]) -> type[django_filters.Filter]:
    if validators.validate_name in field.validators:
        return GlobFilter
    return next(
        (chosen for kind, chosen in _BY_FIELD if isinstance(field, kind)), TextFilter
    )
