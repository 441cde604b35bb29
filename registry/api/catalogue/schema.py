"""Describe the special operations of the catalogue in OpenAPI."""

# most methods of drf-spectacular have no type hints
# mypy: disallow-untyped-calls=False
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.api.base.schema import RecordSchema
from registry.api.base.serializers import RecordSerializer
from registry.catalogue.record_types import STORAGE_LOCATION

if TYPE_CHECKING:
    from drf_spectacular.utils import Direction

#: The fields of the storage location in a PUT that places an object.
PLACE_FIELDS = ("url", "path", "hash", "public", "storage_root")


def _place_serializer() -> RecordSerializer:
    return RecordSerializer(
        record_type=STORAGE_LOCATION, only=PLACE_FIELDS, component_name="Place"
    )


class ObjectSchema(RecordSchema):
    """The description of objects, whose PUT can also set the storage location."""

    def _get_request_for_media_type(
        self, serializer: Any, direction: Direction = "request"
    ) -> tuple[Any, bool]:
        schema, required = super()._get_request_for_media_type(serializer, direction)
        if self.action == "update":
            place = self.resolve_serializer(_place_serializer(), direction).ref
            # the schema with required fields comes first: the other matches anything
            schema = {"anyOf": [place, schema]}
        return schema, required

    def get_response_serializers(self) -> Any:
        """Return the serializers; the status 201 means that this PUT placed it."""
        serializer = super().get_response_serializers()
        if self.action == "update":
            return {200: serializer, 201: serializer}
        return serializer
