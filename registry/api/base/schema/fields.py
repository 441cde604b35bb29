"""Describe the fields of a record in OpenAPI: links, derived values and texts."""

from __future__ import annotations

from inspect import isfunction
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.plumbing import ResolvedComponent

from registry.api.base.fields import (
    AddressField,
    ConditionField,
    DocumentField,
    LinkField,
    LinksField,
)
from registry.core import validators
from registry.core.links import has_uuid, kind_of

Schema = dict[str, Any]

#: A link or another address in a response.
ADDRESS: Schema = {"type": "string", "format": "uri"}
#: A linked record in place of its address.
_EXPANDED: Schema = {"type": "object", "description": "With `expand`: the record."}
#: An id is a positive signed integer of eight bytes.
ID: Schema = {"type": "integer", "format": "int64", "minimum": 1, "maximum": 2**63 - 1}
#: Semantic Versioning 2.0.0, sections 2, 9 and 10, as a regular expression.
_NUMBER = "(0|[1-9][0-9]*)"
_IDENTIFIER = f"({_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = (
    rf"^{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-{_IDENTIFIER}(\.{_IDENTIFIER})*)?"
    r"(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$"
)

#: The rules of our validators, as far as JSON Schema can express them.
_VALIDATOR_SCHEMAS: dict[Any, Schema] = {
    validators.validate_checksum: {"pattern": r"^\S*$"},
    validators.validate_name: {"pattern": r"^[^\[\]?*]*$"},
    validators.validate_semantic_version: {"pattern": _VERSION},
    validators.validate_url: {
        "format": "uri",
        "pattern": r"^([Hh][Tt]|[Ff])[Tt][Pp][Ss]?://",
    },
    validators.validate_storage_root: {
        "format": "uri",
        "pattern": r"^[A-Za-z][A-Za-z0-9+.-]+:\S+$",
    },
}
#: The validators that accept addresses which RFC 3986 does not allow.
_ADDRESSES = frozenset({validators.validate_url, validators.validate_storage_root})


def link_schema(model: type[Any]) -> Schema:
    """Return the schema of a link to a record of this type in a request."""
    kind = kind_of(model)
    ways: list[Schema] = [
        {
            "type": "string",
            "pattern": rf"(^|/)api/{kind}/[0-9]{{1,18}}/?$|^[0-9]{{1,18}}$",
        }
    ]
    if has_uuid(model):
        ways.append({"type": "string", "format": "uuid"})
    return {"anyOf": [*ways, ID], "example": f"/api/{kind}/1/"}


def link_reference(auto_schema: Any, model: type[Any]) -> Schema:
    """Return a reference to the shared schema of links to a record type."""
    name = str(model._meta.verbose_name).capitalize()
    ways = "an id or a UUID" if has_uuid(model) else "or an id"
    description = f"{name}: a URL, the path of that, {ways}."
    component = ResolvedComponent(
        name=f"{model.__name__}Link",
        type=ResolvedComponent.SCHEMA,
        schema={"description": description, **link_schema(model)},
        object=(model, "link"),
    )
    auto_schema.registry.register_on_missing(component)
    return dict(component.ref)


def add_constraints(field: Any, schema: Schema) -> None:
    """Add the rules of a field's validators to its schema."""
    for validator in field.validators:
        constraints = (
            _VALIDATOR_SCHEMAS.get(validator) if isfunction(validator) else None
        )
        if constraints is not None and schema.get("type") == "string":
            schema.update(constraints)


def drop_formats(serializer: Any, schema: Schema) -> None:
    """Remove the format ``uri`` from fields whose stored values can be invalid URIs.

    Addresses are stored as they were sent, with letters of all alphabets; some storage
    roots of clients contain spaces.
    """
    for name, described in schema.get("properties", {}).items():
        validators_of = getattr(serializer.fields[name], "validators", ())
        if not _ADDRESSES.isdisjoint(filter(isfunction, validators_of)):
            described.pop("format", None)
            described.pop("pattern", None)


def add_default(field: Any, schema: Schema) -> None:
    """Add the default value of a field to its schema."""
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    if model is None or field.read_only:
        return
    try:
        column = model._meta.get_field(field.source)
    except FieldDoesNotExist:
        return
    if getattr(column, "has_default", bool)() and not callable(column.default):
        schema["default"] = column.default


class LinkExtension(OpenApiSerializerFieldExtension):
    """The schema of a link: a URL in responses, one of several forms in requests."""

    target_class = LinkField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        """Return the schema of the field."""
        field = self.target
        if direction != "request" or field.read_only:
            nullable = {"nullable": True} if _is_nullable(field) else {}
            return {"anyOf": [ADDRESS | nullable, dict(_EXPANDED)]}
        if not field.allow_null:
            return link_reference(auto_schema, field.model)
        # "nullable" has an effect only next to "type", so a reference does not work
        schema = link_schema(field.model)
        schema["anyOf"][0]["nullable"] = True
        return schema


def _is_nullable(field: Any) -> bool:
    """Return whether any record can lack the link."""
    relation = field.parent.Meta.model._meta.get_field(field.source)
    return not relation.concrete or bool(relation.null)


class LinksExtension(OpenApiSerializerFieldExtension):
    """The schema of a list of links."""

    target_class = LinksField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        """Return the schema of the field."""
        field = self.target
        written = direction == "request" and not field.read_only
        shown: Schema = {"anyOf": [dict(ADDRESS), dict(_EXPANDED)]}
        items = link_reference(auto_schema, field.model) if written else shown
        schema: Schema = {"type": "array", "items": items}
        if field.cap is not None and not written:
            schema["maxItems"] = field.cap
        return schema


class DocumentExtension(OpenApiSerializerFieldExtension):
    """The schema of a small document: that of its shape."""

    target_class = DocumentField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        """Return the schema of the field."""
        shape = self.target.document.shape
        schema = shape.schema if direction == "request" else shape.shown
        return dict(schema or shape.schema)


class AddressExtension(OpenApiSerializerFieldExtension):
    """The schema of an address that is made from the id of the record."""

    target_class = AddressField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        """Return the schema of the field."""
        return dict(ADDRESS)


class ConditionExtension(OpenApiSerializerFieldExtension):
    """The schema of a boolean that the database computes."""

    target_class = ConditionField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        """Return the schema of the field."""
        return {"type": "boolean"}
