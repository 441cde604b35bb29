"""How the OpenAPI description tells of PROV."""

# what drf-spectacular's own methods take and return is mostly unsaid
# mypy: disallow-untyped-calls=False
from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema

from registry.api.base.schema import RecordSchema
from registry.api.base.schema.fields import ID
from registry.api.provenance.prov.parameters import OutcomeSerializer, ReportParameters
from registry.provenance.prov.reading import ELEMENTS, MOST_STATEMENTS, RELATIONS

Schema = dict[str, Any]

_STATEMENT: Schema = {
    "type": "object",
    "description": "Attributes by their qualified names.",
    "additionalProperties": {},
}
_STATEMENTS: Schema = {
    "type": "object",
    "description": "Statements by identifier; several of one identifier are a list.",
    "maxProperties": MOST_STATEMENTS,
    "additionalProperties": {
        "oneOf": [_STATEMENT, {"type": "array", "items": _STATEMENT}]
    },
}
#: PROV-JSON, as far as a schema can say it.
DOCUMENT: Schema = {
    "type": "object",
    "description": "A PROV-JSON document.",
    "minProperties": 1,
    "additionalProperties": False,
    "properties": {
        "prefix": {
            "type": "object",
            "description": "Namespaces by prefix.",
            "additionalProperties": {"type": "string", "minLength": 1},
        },
        **dict.fromkeys((*ELEMENTS, *RELATIONS), _STATEMENTS),
        "bundle": {
            "type": "object",
            "description": "Further documents; no record is made of these.",
        },
    },
}


class ReportSchema(RecordSchema):
    """Reports, which come in other formats than records do."""

    def _resolve_path_parameters(self, variables: list[str]) -> list[Schema]:
        return [
            {
                "name": name,
                "in": "path",
                "required": True,
                "description": "Id of the record.",
                "schema": {**ID, "maximum": 10**18 - 1},
            }
            for name in variables
        ]

    def _bodies(self, content: Schema) -> Schema:
        """Name every format; those in JSON are objects."""
        bodies: Schema = {}
        for renderer in self.view.get_renderers():
            media_type = renderer.media_type
            is_json = media_type.endswith("json")
            is_binary = getattr(renderer, "render_style", "") == "binary"
            schema: Schema = {"type": "object"} if is_json else {"type": "string"}
            bodies[media_type] = {
                "schema": {**schema, "format": "binary"} if is_binary else schema
            }
        return bodies


report = extend_schema(
    parameters=[ReportParameters],
    responses={(200, "application/json"): {"type": "object"}},
)
take_in = extend_schema(
    operation_id="prov_create",
    request={"application/json": DOCUMENT},
    responses={200: OutcomeSerializer, 201: OutcomeSerializer},
)
