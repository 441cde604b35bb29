"""How the OpenAPI description tells of crates."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiRequest,
    OpenApiResponse,
    extend_schema,
)

from registry.api.provenance.crates.formats import FIELD
from registry.api.provenance.crates.parameters import (
    CrateOutcomeSerializer,
    CrateParameters,
)

Schema = dict[str, Any]

_LINK: Schema = {"type": "string", "format": "uri"}
_CRATE: Schema = {
    "type": "object",
    "required": ["@context", "@graph"],
    "properties": {
        "@context": {"type": "array", "items": {}},
        "@graph": {"type": "array", "items": {"type": "object"}},
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
_ID = OpenApiParameter(
    "id",
    {"type": "integer", "minimum": 0},
    OpenApiParameter.PATH,
    description="Its id.",
)


def hand_out(name: str) -> Any:
    """Describe the crate of a record."""
    return extend_schema(
        operation_id=f"ro_crate_{name}_retrieve",
        parameters=[_ID, CrateParameters],
        responses={
            (200, "application/json"): _CRATE,
            (200, "application/ld+json"): _CRATE,
            (200, "application/zip"): OpenApiTypes.BINARY,
        },
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
    operation_id="data_extraction_retrieve", parameters=[_ID], responses=_EXTRACTION
)
