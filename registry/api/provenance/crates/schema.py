"""How the OpenAPI description tells of crates."""

# what drf-spectacular's own methods take and return is mostly unsaid
# mypy: disallow-untyped-calls=False
from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiRequest,
    OpenApiResponse,
    extend_schema,
)

from registry.api.base.schema import RecordSchema
from registry.api.provenance.crates.formats import FIELD
from registry.api.provenance.crates.parameters import (
    CrateOutcomeSerializer,
    CrateParameters,
)
from registry.api.provenance.prov.schema import ReportSchema

Schema = dict[str, Any]

_LINK: Schema = {"type": "string", "format": "uri"}
_CRATE: Schema = {
    "type": "object",
    "required": ["@context", "@graph"],
    "properties": {
        "@context": {},
        "@graph": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["@id", "@type"],
                "properties": {"@id": {"type": "string"}},
            },
        },
    },
}
_EXTRACTION: Schema = {
    "type": "object",
    "required": [
        "id",
        "name",
        "startTime",
        "description",
        "data_product",
        "external_product",
    ],
    "properties": {
        "id": _LINK,
        "name": {"type": "string"},
        "startTime": {"type": "string", "format": "date-time"},
        "description": {"type": "string"},
        "data_product": _LINK,
        "external_product": _LINK,
    },
}


class CrateSchema(ReportSchema):
    """Crates, which come in other formats than records do."""


class ExtractionSchema(ReportSchema):
    """Data extractions, which are of records too."""

    def _bodies(self, content: Schema) -> Schema:
        return RecordSchema._bodies(self, content)


download = extend_schema(
    parameters=[CrateParameters],
    responses={(200, "application/json"): {"type": "object"}},
)
take_in = extend_schema(
    operation_id="ro_crate_create",
    request={
        "application/zip": OpenApiRequest(OpenApiTypes.BINARY),
        "application/json": _CRATE,
        "application/ld+json": _CRATE,
        "multipart/form-data": {
            "type": "object",
            "required": [FIELD],
            "properties": {
                FIELD: {
                    "type": "string",
                    "format": "binary",
                    "description": "The crate, as a zip.",
                }
            },
        },
    },
    responses={
        200: OpenApiResponse(
            CrateOutcomeSerializer, "All of it was on record already."
        ),
        201: OpenApiResponse(CrateOutcomeSerializer, "Some of it is new."),
    },
)
extraction = extend_schema(
    operation_id="data_extraction_retrieve", responses={200: _EXTRACTION}
)
