"""How the OpenAPI description describes plots of runs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema

from registry.api.base.schema.fields import ADDRESS
from registry.runs.models.shapes import KEY_LENGTH

Schema = dict[str, Any]

_NUMBER: Schema = {"type": "number"}
_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer"}
_POINT: Schema = {
    "type": "object",
    "required": ["model_run", "name", "x", "y"],
    "properties": {"model_run": ADDRESS, "name": _TEXT, "x": _NUMBER, "y": _NUMBER},
}
_PLOT: Schema = {
    "type": "object",
    "required": ["x", "y", "count", "left_out", "correlation", "points"],
    "properties": {
        "x": {**_TEXT, "example": "annotation.RCP"},
        "y": {**_TEXT, "example": "annotation.score"},
        "count": {**_COUNT, "description": "Runs that have both numbers."},
        "left_out": {**_COUNT, "description": "Those of them without a point."},
        "correlation": {
            **_NUMBER,
            "nullable": True,
            "description": "Pearson's correlation coefficient of the points.",
        },
        "points": {"type": "array", "items": _POINT},
    },
}
_QUANTITY: Schema = {
    "type": "string",
    "pattern": rf"^(annotation\..{{1,{KEY_LENGTH}}}|start_time|duration)$",
}


def _axis(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, _QUANTITY, required=True, description=description)


_PARAMETERS = [
    OpenApiParameter(
        "id",
        {"type": "integer", "format": "int64", "minimum": 0},
        OpenApiParameter.PATH,
        description="Id of the workflow template.",
    ),
    _axis("x", "What is across, such as `annotation.RCP`."),
    _axis("y", "What is up, such as `annotation.score`."),
]
plot = extend_schema(
    operation_id="workflow_template_plot",
    parameters=_PARAMETERS,
    responses={(200, "image/svg+xml"): _TEXT, (200, "application/json"): _PLOT},
)
