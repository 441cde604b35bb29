"""Responses to OPTIONS: the description of a resource, its filters and its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework.metadata import SimpleMetadata

from registry.api.base.expanding import expandable_names
from registry.api.base.fields import DerivedField, LinkField, LinksField
from registry.api.base.reader import RecordReader

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
        key = (type(view), row_type, getattr(view, "detail", None), signed_in, names)
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
            names = expandable_names(RecordReader.for_type(row_type))
            metadata["expand"] = names
        if signed_in and hasattr(view, "get_serializer") and hasattr(view, "create"):
            fields = self.get_serializer_info(view.get_serializer())
            metadata["actions"] = dict.fromkeys(self._methods(view), fields)
        return metadata

    def _methods(self, view: Any) -> list[str]:
        """Return the methods with a body; for a record, POST is one of them too."""
        changes = view.detail and "PUT" in view.allowed_methods
        return ["POST", "PUT"] if changes else ["POST"]

    def get_field_info(self, field: Any) -> dict[str, Any]:
        """Return the description of a field; links have the type ``field``."""
        info: dict[str, Any] = super().get_field_info(field)
        if isinstance(field, LinkField | LinksField | DerivedField):
            info["type"] = "field"
        return info
