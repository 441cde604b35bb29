"""Answers to OPTIONS: what a resource is, its filters, and the fields of a POST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework.metadata import SimpleMetadata

from registry.api.base.fields import DerivedField, LinkField, LinksField

if TYPE_CHECKING:
    from rest_framework.request import Request


class RecordMetadata(SimpleMetadata):
    """Metadata that depends on the class of the view and on little else.

    Clients send a third of their requests here, so answers are made once. Links do
    not list what they could point to.
    """

    _made: ClassVar[dict[tuple[Any, ...], dict[str, Any]]] = {}

    def determine_metadata(self, request: Request, view: Any) -> dict[str, Any]:
        """Return the metadata; ``actions`` only for those who may use them."""
        signed_in = request.user.is_authenticated
        row_type = getattr(view, "row_type", None)
        key = (type(view), row_type, getattr(view, "detail", None), signed_in)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._determine(request, view, signed_in=signed_in)
        return made

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
        if signed_in and hasattr(view, "get_serializer") and hasattr(view, "create"):
            fields = self.get_serializer_info(view.get_serializer())
            metadata["actions"] = dict.fromkeys(self._methods(view), fields)
        return metadata

    def _methods(self, view: Any) -> list[str]:
        """Name the methods that take a body: POST on a record's own URL too."""
        changes = view.detail and "PUT" in view.allowed_methods
        return ["POST", "PUT"] if changes else ["POST"]

    def get_field_info(self, field: Any) -> dict[str, Any]:
        """Describe one field; links have the type ``field``."""
        info: dict[str, Any] = super().get_field_info(field)
        if isinstance(field, LinkField | LinksField | DerivedField):
            info["type"] = "field"
        return info
