"""How the OpenAPI description tells of PROV."""

# what drf-spectacular's own methods take and return is mostly unsaid
# mypy: disallow-untyped-calls=False
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import extend_schema

from registry.api.base.schema import RecordSchema
from registry.api.base.schema.components import reference
from registry.api.base.schema.fields import ID
from registry.api.base.schema.operations import IDEMPOTENCY_KEY
from registry.api.provenance.prov.parameters import OutcomeSerializer, ReportParameters
from registry.provenance.prov.reading import ELEMENTS, MOST_STATEMENTS, RELATIONS

Schema = dict[str, Any]

_ONE_VALUE: list[Schema] = [
    {"type": "string"},
    {"type": "number"},
    {"type": "boolean"},
    {
        "type": "object",
        "required": ["$"],
        "properties": {
            "$": {
                "oneOf": [{"type": "string"}, {"type": "number"}],
                "description": "The value.",
            },
            "type": {
                "type": "string",
                "description": "Its datatype: prov:QUALIFIED_NAME for a name.",
            },
            "lang": {"type": "string", "description": "Its language."},
        },
    },
]
_STATEMENT: Schema = {
    "type": "object",
    "description": "Values by the qualified names of attributes.",
    "additionalProperties": {
        "anyOf": [*_ONE_VALUE, {"type": "array", "items": {"anyOf": _ONE_VALUE}}]
    },
}
#: PROV-JSON, as far as a schema can say it.
_COMPONENTS: dict[str, Schema] = {
    "ProvStatements": {
        "type": "object",
        "description": "Statements by identifier; several of one identifier are a "
        "list.",
        "maxProperties": MOST_STATEMENTS,
        "additionalProperties": {
            "oneOf": [_STATEMENT, {"type": "array", "items": _STATEMENT}]
        },
    },
    "ProvDocument": {
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
            **{
                name: {
                    "allOf": [reference("schemas", "ProvStatements")],
                    "description": f"What is {kind} `{name}`.",
                }
                for kind, names in (("an", ELEMENTS), ("said by", RELATIONS))
                for name in names
            },
            "bundle": {
                "type": "object",
                "description": "Further documents; no record is made of these.",
            },
        },
    },
}


class ImportSchema(RecordSchema):
    """Documents that come in, all or nothing."""

    def get_override_parameters(self) -> list[Any]:
        """Add the key that makes a request safe to repeat."""
        return [*super().get_override_parameters(), IDEMPOTENCY_KEY]

    def _get_request_body(self, direction: str = "request") -> Schema:
        """Describe a document."""
        for name, schema in _COMPONENTS.items():
            component = ResolvedComponent(
                name=name,
                type=ResolvedComponent.SCHEMA,
                schema=schema,
                object=(ImportSchema, name),
            )
            self.registry.register_on_missing(component)
        return {
            "required": True,
            "content": {
                "application/json": {"schema": reference("schemas", "ProvDocument")}
            },
        }

    def _headers(self, status: str) -> Iterator[str]:
        yield from super()._headers(status)
        yield "Idempotent-Replayed"

    def _errors(self) -> Iterator[tuple[str, str]]:
        yield from super()._errors()
        yield "422", "KeyReused"


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
    responses={200: OutcomeSerializer, 201: OutcomeSerializer},
)
