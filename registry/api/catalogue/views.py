"""The viewset of objects, whose PUT can also set the storage location."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.response import Response

from registry.api.base.serializers import validated_values
from registry.api.base.viewsets import RecordViewSet
from registry.api.catalogue.schema import PLACE_FIELDS, ObjectSchema
from registry.catalogue import services
from registry.catalogue.record_types import OBJECT, STORAGE_LOCATION
from registry.http.conditional import if_match_revisions

if TYPE_CHECKING:
    from rest_framework.request import Request


class ObjectViewSet(RecordViewSet):
    """Objects. A PUT with `path`, `hash` and `storage_root` places one there."""

    row_type = OBJECT
    schema = ObjectSchema()

    def get_serializer_context(self) -> dict[str, Any]:
        """Return the context, in which a PUT can have the fields of a location too."""
        context = super().get_serializer_context()
        if self.action == "update":
            context["other_fields"] = {*PLACE_FIELDS, *OBJECT.writable_fields}
        return context

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Replace the values of an object, or set its storage location."""
        pk = self.existing_pk()
        if not {"path", "hash", "storage_root"} <= set(request.data):
            return super().update(request, *args, **kwargs)
        context = self.get_serializer_context()
        place = validated_values(
            STORAGE_LOCATION, request.data, context, only=PLACE_FIELDS
        )
        rest = self.validate(request.data, partial=True)
        _, is_new = services.place_object(
            pk,
            place,
            rest,
            by=self.user,
            unless_changed=if_match_revisions(request),
        )
        return self.record_response(pk, status=201 if is_new else 200)
