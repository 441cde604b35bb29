"""What OpenAPI is told of the catalogue beyond what every record type has."""

# what drf-spectacular's own methods take and return is mostly unsaid
# mypy: disallow-untyped-calls=False
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.api.base.schema import RecordSchema
from registry.api.base.serializers import RecordSerializer
from registry.catalogue.record_types import STORAGE_LOCATION

if TYPE_CHECKING:
    from drf_spectacular.utils import Direction

#: Where an object is placed: what its storage location is registered with.
PLACE_FIELDS = ("url", "path", "hash", "public", "storage_root")


def _place_serializer() -> RecordSerializer:
    return RecordSerializer(
        record_type=STORAGE_LOCATION, only=PLACE_FIELDS, component_name="Place"
    )


class ObjectSchema(RecordSchema):
    """Objects, whose PUT may also say where the object is to be put."""

    def _get_request_for_media_type(
        self, serializer: Any, direction: Direction = "request"
    ) -> tuple[Any, bool]:
        schema, required = super()._get_request_for_media_type(serializer, direction)
        if self.action == "update":
            place = self.resolve_serializer(_place_serializer(), direction).ref
            # first what has required fields: anything is a set of new values
            schema = {"anyOf": [place, schema]}
        return schema, required

    def get_response_serializers(self) -> Any:
        """Tell apart an object that was put somewhere now: 201."""
        serializer = super().get_response_serializers()
        if self.action == "update":
            return {200: serializer, 201: serializer}
        return serializer
