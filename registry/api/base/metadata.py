"""Responses to OPTIONS: the description of a resource, its filters and its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework.metadata import SimpleMetadata

from registry.api.base.expanding import expandable_names
from registry.api.base.fields import (
    DerivedField,
    DocumentField,
    LinkField,
    LinksField,
    WebAddressField,
)
from registry.api.base.reader import RecordReader
from registry.api.base.shown_fields import fields_in_version
from registry.api.base.versions import NEWEST
from registry.core.field_references import name_of
from registry.core.record_types import RecordType

if TYPE_CHECKING:
    from rest_framework.request import Request


class RecordMetadata(SimpleMetadata):
    """Builds the metadata of a view once, because a third of all requests are OPTIONS.

    Link fields do not list their possible targets.
    """

    _cache: ClassVar[dict[tuple[Any, ...], dict[str, Any]]] = {}

    def determine_metadata(self, request: Request, view: Any) -> dict[str, Any]:
        """Return the metadata; ``actions`` only for users who are signed in."""
        signed_in = request.user.is_authenticated
        row_type = getattr(view, "row_type", None)
        filters = getattr(view, "filters", None)
        names = tuple(filters.filters) if filters is not None else ()
        version = request.version or NEWEST
        key = (
            *(type(view), row_type, getattr(view, "detail", None)),
            *(signed_in, names, version),
        )
        metadata = self._cache.get(key)
        if metadata is None:
            metadata = self._cache[key] = self._determine(
                request, view, signed_in=signed_in
            )
        return metadata

    def _determine(
        self, request: Request, view: Any, *, signed_in: bool
    ) -> dict[str, Any]:
        metadata: dict[str, Any] = {
            "name": view.get_view_name(),
            "description": view.get_view_description(),
            "renders": [r.media_type for r in view.renderer_classes],
            "parses": [p.media_type for p in view.parser_classes],
        }
        filters = getattr(view, "filters", None)
        if filters is not None:
            metadata["filter_fields"] = list(filters.filters)
        row_type = getattr(view, "row_type", None)
        if row_type is not None:
            reader = RecordReader.for_type(row_type, request.version or NEWEST)
            metadata["expand"] = expandable_names(reader)
        if signed_in and hasattr(view, "get_serializer") and hasattr(view, "create"):
            fields = self._fields_in_version(view, request.version or NEWEST)
            metadata["actions"] = dict.fromkeys(self._methods(view), fields)
        return metadata

    def _fields_in_version(self, view: Any, version: str) -> dict[str, Any]:
        """Return the descriptions of the fields that a version of the API has."""
        fields = self.get_serializer_info(view.get_serializer())
        row_type = getattr(view, "row_type", None)
        if not isinstance(row_type, RecordType):
            return dict(fields)
        names = [one.name for one in fields_in_version(row_type, version)]
        in_order = list(map(name_of, row_type.links_in_order))
        places = sorted(map(names.index, in_order))
        for place, name in zip(places, in_order, strict=True):
            names[place] = name
        return {name: fields[name] for name in names}

    def _methods(self, view: Any) -> list[str]:
        """Return the methods with a body; for a record, POST is one of them too."""
        changes = view.detail and "PUT" in view.allowed_methods
        return ["POST", "PUT"] if changes else ["POST"]

    def get_field_info(self, field: Any) -> dict[str, Any]:
        """Return the description of a field; links have the type ``field``."""
        info: dict[str, Any] = super().get_field_info(field)
        if isinstance(field, LinkField | LinksField | DerivedField):
            info["type"] = "field"
        elif isinstance(field, WebAddressField):
            info["type"] = "url"
        elif isinstance(field, DocumentField):
            info["type"] = "json"
        return info
