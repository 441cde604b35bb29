"""Which filters a list has, chosen by the fields it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters
from django.core.exceptions import ValidationError
from django.db import models

from registry.core import validators
from registry.http.filters.fields import (
    BooleanFilter,
    DateTimeFilter,
    GlobFilter,
    LinkFilter,
    NumberFilter,
    TextFilter,
    UUIDFilter,
)

if TYPE_CHECKING:
    from django.http import QueryDict


class RecordFilterSet(django_filters.FilterSet):
    """The filters of one record type. ``Meta.fields`` names them.

    Filters are shared by all requests: only those that a request names do any work.
    """

    @classmethod
    def filter_for_field(
        cls,
        field: Any,
        field_name: str,
        lookup_expr: str | None = None,  # noqa: ARG003 (the base class passes it)
    ) -> django_filters.Filter:
        """Choose the filter by the kind of field."""
        if field.is_relation:
            return LinkFilter(field_name=field_name, model=field.related_model)
        return _plain_filter(field)(field_name=field_name)

    @classmethod
    def apply(
        cls, queryset: models.QuerySet[Any], parameters: QueryDict
    ) -> tuple[models.QuerySet[Any], dict[str, list[str]]]:
        """Filter by the parameters; also return what is wrong with them, by name."""
        errors: dict[str, list[str]] = {}
        filters = cls.base_filters
        for name in parameters:
            chosen = filters.get(name)
            if chosen is None:
                continue
            try:
                queryset = _filter_by(chosen, queryset, name, parameters)
            except ValidationError as error:
                errors[name] = list(error.messages)
        return queryset, errors


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
    by_type: tuple[tuple[type[models.Field[Any, Any]], Any], ...] = (
        (models.BooleanField, BooleanFilter),
        (models.DateTimeField, DateTimeFilter),
        (models.UUIDField, UUIDFilter),
        (models.IntegerField, NumberFilter),
    )
    return next(
        (chosen for kind, chosen in by_type if isinstance(field, kind)), TextFilter
    )
