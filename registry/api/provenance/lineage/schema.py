"""How the OpenAPI description tells of lineage and impact."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.utils import OpenApiParameter, extend_schema

from registry.api.base.schema.fields import ADDRESS
from registry.core.graph import Direction, EdgeType, graph
from registry.http.lineage import ALL, MAX_DEPTH, LineageParameters

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_KEY: Schema = {
    "type": "string",
    "description": "The record's type and id, as they stand in its address.",
    "example": "data_product/7",
}
_KEYS: Schema = {"type": "array", "items": _KEY}
_ADDRESSES: Schema = {"type": "array", "items": ADDRESS}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
_FLAG: Schema = {"type": "boolean"}


class DepthFieldSchema(OpenApiSerializerFieldExtension):
    """A depth is a number or a word."""

    target_class = "registry.http.lineage.DepthField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        """Describe the field."""
        number: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_DEPTH}
        return {"oneOf": [number, {"type": "string", "enum": [ALL]}], "default": 1}


def _object(**properties: Schema) -> Schema:
    """Describe an object that has all of these."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
    }


def _list_of(**properties: Schema) -> Schema:
    return {"type": "array", "items": _object(**properties)}


def _said(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


def _or_null(schema: Schema, description: str) -> Schema:
    return {**schema, "nullable": True, "description": description}


_WITHDRAWN = _or_null(
    _TEXT, "Why it was withdrawn, or the object that it is; null if it was not."
)
_ISSUES = _list_of(
    url=ADDRESS,
    severity=_said({"type": "integer"}, "0 is a remark, larger is worse."),
    description=_said(_TEXT, "The beginning of it."),
    nodes=_said(_KEYS, "What it is an issue with."),
)
_ABOUT: dict[str, Schema] = {
    "root": _KEY,
    "direction": {"type": "string", "enum": [one.value for one in Direction]},
    "depth": {"oneOf": [{"type": "integer"}, {"type": "string", "enum": [ALL]}]},
    "truncated": _said(_FLAG, "Whether there is more than the limit allows."),
    "stopped_at": _said(_KEYS, "The nodes whose links lead to what is missing."),
}
_GRAPH: dict[str, Schema] = {
    "nodes": _list_of(
        id=_KEY,
        kind={"type": "string", "enum": list(graph.kinds)},
        url=ADDRESS,
        label=_TEXT,
        version=_or_null(_TEXT, "Of a data product, or of a release of code."),
        date=_said(
            _MOMENT,
            "When a run began, when an external object was released, or when another "
            "record was last changed.",
        ),
        issues=_said(_ADDRESSES, "Quality issues with any component, the worst first."),
        object=_or_null(ADDRESS, "The object that it is; null for a run."),
        external_object=_or_null(ADDRESS, "Where a data product came from."),
        withdrawn=_WITHDRAWN,
    ),
    "edges": _list_of(
        source=_KEY,
        target=_KEY,
        type={"type": "string", "enum": [one.value for one in EdgeType]},
        component=_or_null(ADDRESS, "The component that was read or written."),
        role=_or_null(
            {"type": "string", "enum": [*graph.roles, None]},
            "What a run used it as; null for what it generated.",
        ),
    ),
}
_LINEAGE = _object(**_ABOUT, **_GRAPH)
_NODE_LINK = _said(
    _object(directed=_FLAG, multigraph=_FLAG, graph=_object(**_ABOUT), **_GRAPH),
    "With `format=node-link`.",
)
_IMPACT = _object(
    root=_KEY,
    truncated=_FLAG,
    stopped_at=_KEYS,
    products=_list_of(
        id=_KEY,
        url=ADDRESS,
        label=_TEXT,
        version=_TEXT,
        date=_MOMENT,
        newest=_said(
            _FLAG,
            "Whether it is the latest version of its name: the newest that is no "
            "pre-release and not withdrawn.",
        ),
        distance=_said({"type": "integer"}, "Links from the root; a run is two."),
        issues=_said(_ADDRESSES, "Issues with anything on a way to it."),
        withdrawn=_WITHDRAWN,
    ),
    issues=_said(_ISSUES, "Issues with anything downstream, the worst first."),
    upstream=_said(
        _object(truncated=_FLAG, stopped_at=_KEYS, issues=_ISSUES),
        "The issues of the record itself and of what it was made from.",
    ),
)
_PLACE = [
    OpenApiParameter(
        "endpoint",
        {"type": "string", "enum": list(graph.kinds)},
        OpenApiParameter.PATH,
        description="The record type.",
    ),
    OpenApiParameter(
        "id",
        {"type": "integer", "format": "int64", "minimum": 0},
        OpenApiParameter.PATH,
        description="Id of the record.",
    ),
]

lineage = extend_schema(
    operation_id="lineage_retrieve",
    parameters=[*_PLACE, LineageParameters],
    responses={200: {"anyOf": [_LINEAGE, _NODE_LINK]}},
)
impact = extend_schema(
    operation_id="impact_retrieve",
    parameters=_PLACE,
    responses={200: _IMPACT},
)
