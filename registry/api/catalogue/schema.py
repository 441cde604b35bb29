"""What OpenAPI is told of the catalogue beyond what every record type has."""

# what drf-spectacular's own methods take and return is mostly unsaid
# mypy: disallow-untyped-calls=False
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.api.base.schema import RecordSchema
from registry.api.catalogue.serializers import PlaceSerializer

if TYPE_CHECKING:
    from drf_spectacular.utils import Direction


class ObjectSchema(RecordSchema):
    """Objects, whose PUT may also say where the object is to be put."""

    def _get_request_for_media_type(
        self, serializer: Any, direction: Direction = "request"
    ) -> tuple[Any, bool]:
        schema, required = super()._get_request_for_media_type(serializer, direction)
        if self.action == "update":
            place = self.resolve_serializer(PlaceSerializer, direction).ref
            # first what has required fields: anything is a set of new values
            schema = {"anyOf": [place, schema]}
        return schema, required

    def get_response_serializers(self) -> Any:
        """Tell apart an object that was put somewhere now: 201."""
        serializer = super().get_response_serializers()
        if self.action == "update":
            return {200: serializer, 201: serializer}
        return serializer
