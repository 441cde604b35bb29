"""One operation of the API: its parameters, its body, and every answer it can give."""

# what drf-spectacular's own methods take and return is mostly unsaid
# mypy: disallow-untyped-calls=False
from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import IsAuthenticated

from registry.api.base.parsers import MAX_BULK
from registry.api.base.schema import components
from registry.api.base.schema.fields import (
    ID,
    add_constraints,
    add_default,
    drop_formats,
)
from registry.api.base.schema.filters import listed, parameter
from registry.api.base.serializers import RecordSerializer
from registry.core.models import Record
from registry.http.pagination import orderable_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drf_spectacular.utils import Direction

Schema = dict[str, Any]

#: What an operation does, for its summary.
_VERBS = {
    "list": "List {many}",
    "create": "Register {many}",
    "retrieve": "Read one {one}",
    "update": "Replace one {one}",
    "partial_update": "Change one {one}",
    "destroy": "Delete one {one}",
}
_ONE_RECORD = frozenset({"retrieve", "update", "partial_update", "destroy"})
_CHANGES = frozenset({"update", "partial_update", "destroy"})

#: Which errors there can be: always, with a body, and by what is done.
_ERRORS = (
    ("401", "Unauthorized"),
    ("404", "NotFound"),
    ("406", "NotAcceptable"),
    ("429", "TooManyRequests"),
    ("503", "Unavailable"),
    ("507", "StorageFull"),
)
_ERRORS_OF_BODIES = (
    ("411", "LengthRequired"),
    ("413", "ContentTooLarge"),
    ("415", "UnsupportedMediaType"),
)
_ERRORS_OF = {
    "list": (("414", "UriTooLong"),),
    "create": (("422", "KeyReused"),),
    **dict.fromkeys(_CHANGES, (("412", "PreconditionFailed"),)),
}

#: For every POST that registers.
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "maxLength": 255},
    OpenApiParameter.HEADER,
    description="A name for this request, such as a UUID. The same key and body get "
    "the first answer again, for 24 hours.",
)
_IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string"},
    OpenApiParameter.HEADER,
    description="The ETag of the state that the change is meant for.",
)

_RAW = parameter(
    "raw",
    "Of CSV: texts as they are. Otherwise those that begin with `=`, `+`, `-`, `@`, a "
    "tab or a line break have an apostrophe before them, for spreadsheets would take "
    "them for formulas.",
    {"type": "boolean", "default": False},
)


class RecordSchema(AutoSchema):
    """The OpenAPI description of one operation."""

    view: Any

    @property
    def action(self) -> str | None:
        """What is done with records; None where the view is not about any."""
        if getattr(self.view, "row_type", None) is None:
            return None
        return str(self.view.action)

    def get_tags(self) -> list[str]:
        """One tag a record type."""
        return [components.tag_of(self.path)]

    def get_summary(self) -> str:
        """Say in a few words what the operation does."""
        action = self.action
        if action not in _VERBS:
            return str(self.get_description()).partition(".")[0]
        names = self.view.model._meta
        return _VERBS[action].format(
            one=names.verbose_name, many=names.verbose_name_plural
        )

    def get_auth(self) -> list[Any]:
        """Say where no credentials are needed."""
        ways = [way for way in super().get_auth() if way]
        if self.method == "GET" and not self._needs_account():
            ways.append({})
        return ways

    def get_override_parameters(self) -> list[Any]:
        """Add the headers that an operation reads."""
        parameters = list(super().get_override_parameters())
        if self.action == "create":
            parameters.append(IDEMPOTENCY_KEY)
        if self.action in _CHANGES:
            parameters.append(_IF_MATCH)
        return parameters

    def _resolve_path_parameters(self, variables: list[str]) -> list[Schema]:
        """Describe ids as what they are: whole numbers."""
        if self.action is None:
            return super()._resolve_path_parameters(variables)  # type: ignore[no-any-return]
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

    def _get_pagination_parameters(self) -> list[Schema]:
        """Describe the parameters that do not filter."""
        if self.action is None or self.method == "DELETE":
            return []
        fields = self._choice("Field", list(self._get_serializer().fields))
        parameters = [
            listed("fields", "Only these fields, separated by commas.", fields),
            listed("omit", "All fields but these, separated by commas.", fields),
        ]
        if self.action == "list":
            parameters += super()._get_pagination_parameters()
            parameters.append(self._ordering())
        return parameters

    def get_serializer_name(self, serializer: Any, direction: Direction) -> str:
        """Name the component of a record by its model."""
        if isinstance(serializer, RecordSerializer):
            return serializer.component_name
        name: str = super().get_serializer_name(serializer, direction)
        return name

    def _ordering(self) -> Schema:
        names = orderable_fields(self.view.model)
        orders = self._choice("Order", [way + n for n in names for way in ("", "-")])
        return listed(
            "ordering",
            "Fields to order by, separated by commas; a minus sign turns one round. "
            "Newest first unless given.",
            orders,
        )

    def _choice(self, what: str, names: list[str]) -> Schema:
        """Share a list of names among the operations of a record type."""
        component = ResolvedComponent(
            name=f"{self.view.model.__name__}{what}",
            type=ResolvedComponent.SCHEMA,
            schema={"type": "string", "enum": names},
            object=(self.view.model, what),
        )
        self.registry.register_on_missing(component)
        return dict(component.ref)

    def _get_format_parameters(self) -> list[Schema]:
        formats = [renderer.format for renderer in self.view.get_renderers()]
        schema = {"type": "string", "enum": formats}
        parameters = [
            parameter("format", "Format of the answer, before `Accept`.", schema)
        ]
        if "csv" in formats:
            parameters.append(dict(_RAW))
        return parameters

    def _insert_field_validators(self, field: Any, schema: Schema) -> None:
        super()._insert_field_validators(field, schema)
        add_constraints(field, schema)
        add_default(field, schema)

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Schema:
        """Describe a record; of an answer, `fields` and `omit` can take any field."""
        schema: Schema = super()._map_basic_serializer(serializer, direction)
        if isinstance(serializer, RecordSerializer):
            schema["description"] = serializer.component_description
        if direction == "response" and self.action is not None:
            schema.pop("required", None)
            drop_formats(serializer, schema)
        if direction == "response" or self.method == "PATCH":
            for described in schema.get("properties", {}).values():
                described.pop("default", None)
        return schema

    @property
    def _takes_many(self) -> bool:
        """Whether the operation registers records, of which it takes a list too."""
        return self.action == "create" and issubclass(self.view.model, Record)

    def _get_request_body(self, direction: str = "request") -> Schema | None:
        """Take many records as well as one, in JSON."""
        body: Schema | None = super()._get_request_body(direction)
        if body is not None and self._takes_many:
            content = body["content"]["application/json"]
            content["schema"] = _one_or_many(content["schema"], MAX_BULK)
        return body

    def _get_response_bodies(self, direction: Direction = "response") -> Schema:
        """Add the headers, the formats and the errors of every operation."""
        responses: Schema = super()._get_response_bodies(direction)
        for status, response in responses.items():
            response["headers"] = {
                **components.headers(*self._headers(status)),
                **response.get("headers", {}),
            }
            response["description"] = (
                response["description"] or HTTPStatus(int(status)).phrase
            )
            if "application/json" in response.get("content", {}):
                response["content"] = self._bodies(response["content"])
        if "204" in responses:
            responses["200"] = components.NOTHING_LEFT
        errors = {
            status: components.reference("responses", name)
            for status, name in self._errors()
            if status not in responses
        }
        return dict(sorted({**responses, **errors}.items()))

    def _bodies(self, content: Schema) -> Schema:
        schema = content["application/json"]["schema"]
        if self._takes_many:
            schema = _one_or_many(schema)
        # of further formats the description says that they are texts
        text: Schema = {"schema": {"type": "string"}}
        return {**dict.fromkeys(content, text), **components.bodies(schema)}

    def _headers(self, status: str) -> Iterator[str]:
        """Name the further headers of a success."""
        if self._takes_many:
            yield from ("LocationOfOne", "ETagOfOne", "Idempotent-Replayed")
        elif self.action == "create":
            yield from ("Location", "Idempotent-Replayed")
        elif self.action in _ONE_RECORD and status != "204":
            if issubclass(self.view.model, Record):
                yield "ETag"
            if status == "201":
                yield "Location"

    def _errors(self) -> Iterator[tuple[str, str]]:
        """Pair the status of every error that there can be with its description."""
        yield from _ERRORS
        many = "ForMany" if self._takes_many else ""
        yield "400", f"BadRequest{many}"
        if self.method != "GET":
            yield "409", f"Conflict{many}"
        if self.method != "GET" or self._needs_account():
            yield "403", "Forbidden"
        if self.method in {"POST", "PUT", "PATCH"}:
            yield from _ERRORS_OF_BODIES
        yield from _ERRORS_OF.get(str(self.action), ())

    def _needs_account(self) -> bool:
        return any(
            isinstance(permission, IsAuthenticated)
            for permission in self.view.get_permissions()
        )


def _one_or_many(schema: Schema, most: int | None = None) -> Schema:
    """Describe a record, or a list of them."""
    many: Schema = {"type": "array", "items": schema}
    if most is not None:
        many |= {"minItems": 1, "maxItems": most}
    return {"oneOf": [schema, many]}
