"""The filters of a list: one for each field of its type, with the field's name.

The API and the web pages have the same filters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import django_filters
from django.core.exceptions import ValidationError
from django.db import models
from rest_framework.exceptions import NotAuthenticated

from registry.core import validators
from registry.core.links import NaturalKey
from registry.core.models import Record
from registry.core.record_types import RecordType, record_types, row_type_of
from registry.core.row_types import RowType
from registry.http.filters.fields import (
    AccountFilter,
    AmountFilter,
    BooleanFilter,
    ConditionFilter,
    EmptyFilter,
    FoundFilter,
    GlobFilter,
    LinkFilter,
    NumberFilter,
    PatternFilter,
    SpelledFilter,
    SpelledPatternFilter,
    TextFilter,
    UUIDFilter,
    WithdrawnFilter,
)
from registry.http.filters.moments import DateTimeFilter
from registry.identity.models import User

if TYPE_CHECKING:
    from django.http import QueryDict

    from registry.core.traits import KeyedFilter

#: The fields of every record that have filters.
COMMON_FIELDS = ("last_updated", "updated_by")
#: The filter that shows withdrawn records.
WITHDRAWN = "withdrawn"
#: The comparisons of dates, times and numbers, after two underscores.
COMPARISONS = ("gte", "lte", "gt", "lt")
#: What follows the name of a filter for empty fields.
EMPTY = "__isnull"

_FILTER_CLASSES: tuple[tuple[type[models.Field[Any, Any]], Any], ...] = (
    (models.BooleanField, BooleanFilter),
    (models.DateTimeField, DateTimeFilter),
    (models.UUIDField, UUIDFilter),
    (models.IntegerField, NumberFilter),
    (models.FloatField, AmountFilter),
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
    #: Filters by facts whose names people choose.
    keyed: tuple[KeyedFilter, ...] = ()

    def allowed(self, given: Iterable[str]) -> Iterator[str]:
        """Yield the names of all filters, with those that name a fact among these."""
        yield from self.filters
        yield from self.keyed_among(given)

    def keyed_among(self, given: Iterable[str]) -> dict[str, KeyedFilter]:
        """Return the filters among these names that name a fact, by the names."""
        if not self.keyed:
            return {}
        found = {name: self._keyed_filter(name) for name in given}
        return {name: one for name, one in found.items() if one is not None}

    def _keyed_filter(self, name: str) -> KeyedFilter | None:
        found = (one for one in self.keyed if name.startswith(one.prefix))
        return next((one for one in found if len(name) > len(one.prefix)), None)

    @cached_property
    def multiple(self) -> frozenset[str]:
        """The names of the parameters that can have several values."""
        return frozenset(
            name
            for name, one in self.filters.items()
            if getattr(one, "multiple", False)
        )

    def apply(
        self, queryset: models.QuerySet[Any], parameters: QueryDict, *, viewer: Any
    ) -> tuple[models.QuerySet[Any], dict[str, list[str]]]:
        """Return the filtered queryset, and the errors of parameters by name.

        ``viewer`` is the user whose request it is; raises ``NotAuthenticated`` if they
        have to sign in to use a filter.
        """
        errors: dict[str, list[str]] = {}
        if self.leaves_out_withdrawn and not parameters.get(WITHDRAWN):
            queryset = queryset.filter(withdrawn__isnull=True)
        for name in parameters:
            try:
                queryset = self._apply_one(queryset, name, parameters, viewer)
            except ValidationError as error:
                errors[name] = list(error.messages)
        return queryset, errors

    def _apply_one(
        self,
        queryset: models.QuerySet[Any],
        name: str,
        parameters: QueryDict,
        viewer: Any,
    ) -> models.QuerySet[Any]:
        """Return the rows that one parameter leaves, if it is a filter."""
        filter_ = self.filters.get(name)
        if filter_ is None:
            keyed = self._keyed_filter(name)
            if keyed is None:
                return queryset
            return _filter_keyed(queryset, keyed, name, str(parameters[name]))
        value = _value_of(filter_, name, parameters)
        if value is None:
            return queryset
        _check_viewer(name, filter_, value, viewer)
        filtered: models.QuerySet[Any] = filter_.filter(queryset, value)
        return filtered


def _filter_keyed(
    queryset: models.QuerySet[Any], keyed: KeyedFilter, name: str, text: str
) -> models.QuerySet[Any]:
    """Return the rows with a fact; an empty text is no filter."""
    key = name.removeprefix(keyed.prefix)
    compared, _, comparison = key.rpartition("__")
    if comparison not in keyed.comparisons or not compared:
        compared, comparison = key, "exact"
    if "\0" in name + text:
        raise ValidationError("Null characters are not allowed.")
    return queryset.filter(keyed.rows(compared, comparison, text)) if text else queryset


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
        filters[WITHDRAWN] = WithdrawnFilter(
            field_name=WITHDRAWN, help_text="Whether the list has withdrawn records."
        )
        filters |= dict(_reverse_filters(model))
        filters |= {
            one.name: FoundFilter(found=one, help_text=one.help_text)
            for one in declared.further_filters
        }
        filters |= {
            **dict(_comparisons(filters)),
            **dict(_empty_filters(model, filters)),
        }
    if not isinstance(declared, RecordType):
        return FilterSet(model, filters)
    return FilterSet(model, filters, True, declared.keyed_filters)


def _reverse_filters(
    model: type[models.Model],
) -> Iterator[tuple[str, django_filters.Filter]]:
    """Yield the filters by records of other types that link to those of a model."""
    for declared in record_types():
        for one in declared.reverse_filters:
            link = one.link.field
            if link.related_model is model:
                yield (
                    one.name,
                    LinkFilter(
                        field_name=link.remote_field.get_accessor_name(),
                        model=declared.model,
                        help_text=f"{declared.titles.capitalize()} that have it as "
                        f"`{link.name}`.",
                    ),
                )


def _comparisons(
    filters: Mapping[str, django_filters.Filter],
) -> Iterator[tuple[str, django_filters.Filter]]:
    """Yield filters for more and for less than a value."""
    for name, plain in filters.items():
        if isinstance(plain, DateTimeFilter | NumberFilter):
            for lookup in COMPARISONS:
                compared = type(plain)(field_name=name, lookup_expr=lookup)
                yield f"{name}__{lookup}", compared


def _empty_filters(
    model: type[models.Model], filters: Mapping[str, django_filters.Filter]
) -> Iterator[tuple[str, django_filters.Filter]]:
    """Yield filters for the fields that can be empty."""
    for name, plain in filters.items():
        path = plain.field_name
        if name == WITHDRAWN or path is None:
            continue
        if _can_be_empty(model._meta.get_field(path)):
            yield f"{name}{EMPTY}", EmptyFilter(field_name=path)


def _can_be_empty(field: Any) -> bool:
    """Return whether a field can have no value, or a list or a link nothing in it."""
    return not field.concrete or bool(field.many_to_many or field.null)


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
        kind = AccountFilter if field.related_model is User else LinkFilter
        return kind(field_name=field.name, model=field.related_model)
    text_filter = _filter_class(field)
    spellings = getattr(field.model, "spellings", {}).get(field.name)
    if spellings is None:
        return text_filter(field_name=field.name)
    is_pattern = issubclass(text_filter, PatternFilter)
    spelled = SpelledPatternFilter if is_pattern else SpelledFilter
    return spelled(field_name=field.name, spellings=spellings)


def _value_of(filter_: Any, name: str, parameters: QueryDict) -> Any:
    """Return the value of a filter; None for an empty one, which is no filter."""
    if getattr(filter_, "multiple", False):
        return filter_.field.clean(parameters.getlist(name)) or None
    raw = parameters.get(name)
    return None if raw == "" else filter_.field.clean(raw)


def _check_viewer(name: str, filter_: Any, value: Any, viewer: Any) -> None:
    """Refuse the names of accounts, which only those who have one can see."""
    if not isinstance(filter_, AccountFilter) or viewer.is_authenticated:
        return
    if any(isinstance(one, NaturalKey) for one in value):
        raise NotAuthenticated(
            f"{name}: only people who are signed in can give a user name. Sign in, or "
            "give the URL or the id of the account."
        )


def _filter_class(field: models.Field[Any, Any]) -> type[django_filters.Filter]:
    if validators.validate_name in field.validators:
        return GlobFilter
    taken = (filter_ for kind, filter_ in _FILTER_CLASSES if isinstance(field, kind))
    return next(taken, PatternFilter if _is_free_text(field) else TextFilter)


def _is_free_text(field: models.Field[Any, Any]) -> bool:
    """Return whether a text of a record is no address, which may have a `?`."""
    is_root = validators.validate_storage_root in field.validators
    is_address = is_root or isinstance(field, models.URLField)
    return issubclass(field.model, Record) and not is_address
