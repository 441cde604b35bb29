"""Describe the query parameters of lists and records in OpenAPI."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiFilterExtension

from registry.api.base.schema.fields import link_reference
from registry.http.filters import LinkFilter, RecordFilterBackend
from registry.http.filters.fields import (
    AmountFilter,
    BooleanFilter,
    FoundFilter,
    NumberFilter,
    UUIDFilter,
    WithdrawnFilter,
)
from registry.http.filters.identity import ChoicesFilter
from registry.http.filters.moments import DateTimeFilter

Schema = dict[str, Any]

#: The schema of the values of a filter; other filters accept any text.
_VALUE_SCHEMAS: tuple[tuple[type, Schema], ...] = (
    (WithdrawnFilter, {"type": "string", "enum": ["true", "false", "only"]}),
    (BooleanFilter, {"type": "boolean"}),
    (
        DateTimeFilter,
        {
            "anyOf": [
                {"type": "string", "format": "date-time"},
                {"type": "string", "format": "date"},
            ]
        },
    ),
    (AmountFilter, {"type": "number"}),
    (NumberFilter, {"type": "integer"}),
    (UUIDFilter, {"type": "string", "format": "uuid"}),
)


def parameter(name: str, description: str, schema: Schema, **more: Any) -> Schema:
    """Return the description of a query parameter, which can be missing or empty."""
    return {
        "name": name,
        "in": "query",
        "description": description,
        "allowEmptyValue": True,
        "schema": schema,
        **more,
    }


class FilterExtension(OpenApiFilterExtension):
    """The description of the filters of a list."""

    target_class = RecordFilterBackend
    # before the extension that guesses the filters of any such backend
    priority = 1

    def get_schema_operation_parameters(
        self, auto_schema: Any, *args: Any, **kwargs: Any
    ) -> list[Schema]:
        """Return the parameter of each filter, with the help text of its field."""
        filters = getattr(auto_schema.view, "filters", None)
        if filters is None:
            return []
        fields = auto_schema.view.get_serializer().fields
        return [
            _filter_parameter(auto_schema, fields.get(name), name, chosen)
            for name, chosen in filters.filters.items()
        ]


def _filter_parameter(auto_schema: Any, field: Any, name: str, chosen: Any) -> Schema:
    about = chosen.extra.get("help_text") or getattr(field, "help_text", "")
    description = f"{about} As a filter: {chosen.explanation}.".strip()
    if isinstance(chosen, LinkFilter):
        # a name that no record has is refused, so no schema says which names are right
        schema = {"type": "array", "items": link_reference(auto_schema, chosen.target)}
        return parameter(name, description, schema, style="form", explode=True)
    if isinstance(chosen, ChoicesFilter):
        schema = {
            "type": "array",
            "items": {"type": "string", "enum": [*chosen.choices]},
        }
        return parameter(name, description, schema, style="form", explode=True)
    if isinstance(chosen, FoundFilter):
        schema = {"type": "string", "pattern": chosen.found.pattern}
        return parameter(name, description, schema)
    taken = (schema for kind, schema in _VALUE_SCHEMAS if isinstance(chosen, kind))
    return parameter(name, description, next(taken, {"type": "string"}))


def list_parameter(name: str, description: str, items: Schema) -> Schema:
    """Return the description of a parameter with values separated by commas."""
    schema = {"type": "array", "items": items}
    return parameter(name, description, schema, style="form", explode=False)
