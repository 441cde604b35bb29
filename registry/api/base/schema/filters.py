"""The query parameters of lists and records, as OpenAPI has them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiFilterExtension

from registry.api.base.schema.fields import link_reference
from registry.http.filters import LinkFilter, RecordFilterBackend
from registry.http.filters.fields import (
    BooleanFilter,
    DateTimeFilter,
    NumberFilter,
    UUIDFilter,
)
from registry.http.filters.people import WordsFilter

Schema = dict[str, Any]

#: What a filter takes; others take any text.
_TAKES: tuple[tuple[type, Schema], ...] = (
    (BooleanFilter, {"type": "boolean"}),
    (DateTimeFilter, {"type": "string", "format": "date-time"}),
    (NumberFilter, {"type": "integer"}),
    (UUIDFilter, {"type": "string", "format": "uuid"}),
)


def parameter(name: str, description: str, schema: Schema, **more: Any) -> Schema:
    """Describe one query parameter. Every one may be left out, or left empty."""
    return {
        "name": name,
        "in": "query",
        "description": description,
        "allowEmptyValue": True,
        "schema": schema,
        **more,
    }


class FilterExtension(OpenApiFilterExtension):
    """The filters of a list."""

    target_class = RecordFilterBackend
    # before the extension that guesses at the filters of any such backend
    priority = 1

    def get_schema_operation_parameters(
        self, auto_schema: Any, *args: Any, **kwargs: Any
    ) -> list[Schema]:
        """Describe each filter by its field's help text and what it takes."""
        filters = getattr(auto_schema.view, "filters", None)
        if filters is None:
            return []
        fields = auto_schema.view.get_serializer().fields
        return [
            _filter_parameter(auto_schema, fields.get(name), name, chosen)
            for name, chosen in filters.filters.items()
        ]


def _filter_parameter(auto_schema: Any, field: Any, name: str, chosen: Any) -> Schema:
    about = getattr(field, "help_text", None) or chosen.extra.get("help_text", "")
    description = f"{about} As a filter: {chosen.explanation}.".strip()
    if isinstance(chosen, LinkFilter):
        schema = {"type": "array", "items": link_reference(auto_schema, chosen.target)}
        return parameter(name, description, schema, style="form", explode=True)
    if isinstance(chosen, WordsFilter):
        schema = {"type": "array", "items": {"type": "string", "enum": [*chosen.words]}}
        return parameter(name, description, schema, style="form", explode=True)
    taken = (schema for kind, schema in _TAKES if isinstance(chosen, kind))
    return parameter(name, description, next(taken, {"type": "string"}))


def listed(name: str, description: str, items: Schema) -> Schema:
    """Describe a parameter with several values, separated by commas."""
    schema = {"type": "array", "items": items}
    return parameter(name, description, schema, style="form", explode=False)
