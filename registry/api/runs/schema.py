"""Describe the operations of model runs in OpenAPI."""

# most methods of drf-spectacular have no type hints
# mypy: disallow-untyped-calls=False
from __future__ import annotations

from typing import Any

from registry.api.base.schema import RecordSchema

Schema = dict[str, Any]

_LINK: Schema = {"type": "string", "nullable": True}
#: Other names of the links of a record.
_OTHER_NAMES: Schema = {
    "workflow_template_id": {
        **_LINK,
        "description": "The same as `workflow_template`.",
    },
    "study_id": {**_LINK, "description": "The same as `study`."},
    "associations": {
        "type": "object",
        "nullable": True,
        "description": "Who ran the model, and for whom: `modeller_id` and "
        "`requesting_organisation_id`.",
        "properties": {
            "modeller_id": _LINK,
            "requesting_organisation_id": _LINK,
        },
    },
}
_REASON: Schema = {
    "type": "string",
    "maxLength": 1000,
    "description": "Why the record is corrected.",
}
_VALID: Schema = {
    "type": "object",
    "required": ["valid", "model_run", "warnings"],
    "properties": {
        "valid": {"type": "boolean", "enum": [True]},
        "model_run": {
            "type": "string",
            "format": "uri",
            "nullable": True,
            "description": "The record that has the same content already.",
        },
        "warnings": {
            "type": "array",
            "items": {"type": "string"},
            "description": "What is no field of a record, and was left out.",
        },
    },
}


class ModelRunSchema(RecordSchema):
    """The description of model runs, of which the same content is one record."""

    @property
    def _accepts_list(self) -> bool:
        return self.action in {"create", "validate_only"}

    def _get_request_for_media_type(
        self, serializer: Any, direction: Any = "request"
    ) -> tuple[Any, bool]:
        schema, required = super()._get_request_for_media_type(serializer, direction)
        more = dict(_OTHER_NAMES)
        if self.action in {"update", "partial_update"}:
            more["reason"] = _REASON
        return {"anyOf": [schema, {"type": "object", "properties": more}]}, required

    def get_response_serializers(self) -> Any:
        """Return the serializers; 200 means that the record was there already."""
        if self.action == "validate_only":
            return {200: _VALID}
        serializer = super().get_response_serializers()
        if self.action == "create":
            return {200: serializer, 201: serializer}
        return serializer
