"""Filters of lists: one for each field, with globs for names and links by id or URL."""

from registry.http.filters.backend import RecordFilterBackend
from registry.http.filters.fields import ConditionFilter, LinkFilter
from registry.http.filters.sets import FilterSet, filters_of, filters_of_type

__all__ = [
    "ConditionFilter",
    "FilterSet",
    "LinkFilter",
    "RecordFilterBackend",
    "filters_of",
    "filters_of_type",
]
