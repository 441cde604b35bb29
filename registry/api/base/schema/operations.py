"""Describe an operation in OpenAPI: its parameters, its body and all its responses."""

# most methods of drf-spectacular have no type hints
# mypy: disallow-untyped-calls=False
from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import IsAuthenticated

from registry.api.base.expanding import expandable_names
from registry.api.base.parsers import MAX_BULK
from registry.api.base.reader import RecordReader
from registry.api.base.schema import components
from registry.api.base.schema.fields import (
    ID,
    add_constraints,
    add_default,
    drop_formats,
)
from registry.api.base.schema.filters import list_parameter, parameter
from registry.api.base.serializers import RecordSerializer
from registry.core.models import Record
from registry.core.record_types import RecordType
from registry.http.pagination import orderable_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drf_spectacular.utils import Direction

Schema = dict[str, Any]

#: The summaries of operations.
_VERBS = {
    "list": "List {many}",
    "create": "Register {many}",
    "retrieve": "Read one {one}",
    "update": "Replace one {one}",
    "partial_update": "Change one {one}",
    "destroy": "Delete one {one}",
}
_RECORD_ACTIONS = frozenset({"retrieve", "update", "partial_update", "destroy"})
_CHANGE_ACTIONS = frozenset({"update", "partial_update", "destroy"})

#: The possible errors: of every operation, with a body, and by action.
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
_READ_ACTIONS = frozenset({"list", "retrieve"})
_ERRORS_OF = {
    # accounts are found by name, and expanded, for people with an account alone
    "list": (("304", "NotModified"), ("403", "Forbidden"), ("414", "UriTooLong")),
    "retrieve": (("304", "NotModified"), ("403", "Forbidden")),
    "create": (("422", "KeyReused"),),
    **dict.fromkeys(_CHANGE_ACTIONS, (("412", "PreconditionFailed"),)),
}

#: The header of every POST that registers records.
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "maxLength": 255},
    OpenApiParameter.HEADER,
    description="A name for this request, such as a UUID. For 24 hours, the same key "
    "and body get the first response again.",
)
#: The header of every change of a record.
IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string"},
    OpenApiParameter.HEADER,
    description="The ETag of the state that you want to change.",
)

#: The header of every read of a record or a list.
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    {"type": "string"},
    OpenApiParameter.HEADER,
    description="The ETag of the response that you have; 304 if it still holds.",
)

_RAW = parameter(
    "raw",
    "For CSV: do not escape texts. By default, texts that begin with `=`, `+`, `-`, "
    "`@`, a tab or a line break get an apostrophe, because spreadsheets would evaluate "
    "them as formulas.",
    {"type": "boolean", "default": False},
)


class RecordSchema(AutoSchema):
    """The OpenAPI description of one operation."""

    view: Any

    @property
    def action(self) -> str | None:
        """The action on records; None if the view has no rows."""
        if getattr(self.view, "row_type", None) is None:
            return None
        return str(self.view.action)

    def get_tags(self) -> list[str]:
        """Return the tag of the operation: one for each record type."""
        return [components.tag_of(self.path)]

    def get_summary(self) -> str:
        """Return a summary of the operation in a few words."""
        action = self.action
        if action not in _VERBS:
            return str(self.get_description()).partition(".")[0]
        names = self.view.model._meta
        return _VERBS[action].format(
            one=names.verbose_name, many=names.verbose_name_plural
        )

    def get_description(self) -> str:  # type: ignore[override]
        """Return the description; of a list, with the filters by facts with names."""
        text = str(super().get_description())
        keyed = self.view.filters.keyed if self.action == "list" else ()
        filters = [
            f"`{one.prefix}NAME=…`: {one.help_text} As a filter: {one.explanation}."
            for one in keyed
        ]
        return "\n\n".join([text, *filters])

    def get_auth(self) -> list[Any]:
        """Return the ways to sign in, and ``{}`` if no account is needed."""
        ways = [way for way in super().get_auth() if way]
        if self.method == "GET" and not self._needs_account():
            ways.append({})
        return ways

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters, with the headers that the operation reads."""
        parameters = list(super().get_override_parameters())
        if self.action == "create":
            parameters.append(IDEMPOTENCY_KEY)
        if self.action in _CHANGE_ACTIONS:
            parameters.append(IF_MATCH)
        if self.action in _READ_ACTIONS:
            parameters.append(IF_NONE_MATCH)
        return parameters

    def _resolve_path_parameters(self, variables: list[str]) -> list[Schema]:
        """Return the path parameters; ids are integers."""
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
        """Return the parameters that are not filters."""
        if self.action is None or self.method == "DELETE":
            return []
        fields = self._names_component("Field", list(self._get_serializer().fields))
        parameters = [
            list_parameter("fields", "Only these fields, separated by commas.", fields),
            list_parameter(
                "omit", "All fields but these, separated by commas.", fields
            ),
        ]
        if self.method == "GET":
            parameters += self._expansion()
        if self.action == "list":
            parameters += super()._get_pagination_parameters()
            parameters.append(self._ordering())
        return parameters

    def _expansion(self) -> list[Schema]:
        names = expandable_names(RecordReader.for_type(self.view.row_type))
        if not names:
            return []
        links = self._names_component("Expandable", names)
        about = (
            "The linked records in place of their addresses in these fields, separated "
            "by commas; one level."
        )
        return [list_parameter("expand", about, links)]

    def get_serializer_name(self, serializer: Any, direction: Direction) -> str:
        """Return the name of a serializer's component; for a record, of its model."""
        if isinstance(serializer, RecordSerializer):
            return serializer.component_name
        name: str = super().get_serializer_name(serializer, direction)
        return name

    def _ordering(self) -> Schema:
        names = orderable_fields(self.view.model)
        orders = self._names_component(
            "Order", [way + n for n in names for way in ("", "-")]
        )
        return list_parameter(
            "ordering",
            "Fields to order by, separated by commas; a minus sign reverses a field. "
            "Versions are ordered by precedence. The default is newest first.",
            orders,
        )

    def _names_component(self, what: str, names: list[str]) -> Schema:
        """Return a reference to a list of names that operations of a type share."""
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
            parameter("format", "Format of the response; overrides `Accept`.", schema)
        ]
        if "csv" in formats and self.view.has_raw_csv:
            parameters.append(dict(_RAW))
        return parameters

    def _insert_field_validators(self, field: Any, schema: Schema) -> None:
        super()._insert_field_validators(field, schema)
        add_constraints(field, schema)
        add_default(field, schema)

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Schema:
        """Return the schema of a record.

        No field of a response is required, because ``fields`` and ``omit`` can remove
        each of them.
        """
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
    def _accepts_list(self) -> bool:
        """Whether the operation registers records, and so accepts a list of them."""
        return self.action == "create" and issubclass(self.view.model, Record)

    def _get_request_body(self, direction: str = "request") -> Schema | None:
        """Return the request body, which in JSON can be a list of records too."""
        body: Schema | None = super()._get_request_body(direction)
        if body is not None and self._accepts_list:
            content = body["content"]["application/json"]
            content["schema"] = _one_or_many(content["schema"], MAX_BULK)
        return body

    def _get_response_bodies(self, direction: Direction = "response") -> Schema:
        """Return the responses with headers, formats and errors of the operation."""
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
            responses["200"] = components.PAGE_WITHOUT_RECORD
        errors = {
            status: components.reference("responses", name)
            for status, name in self._errors()
            if status not in responses
        }
        return dict(sorted({**responses, **errors}.items()))

    def _bodies(self, content: Schema) -> Schema:
        schema = content["application/json"]["schema"]
        if self._accepts_list:
            schema = _one_or_many(schema)
        # the schema of all other formats is a text
        text: Schema = {"schema": {"type": "string"}}
        return {**dict.fromkeys(content, text), **components.bodies(schema)}

    def _headers(self, status: str) -> Iterator[str]:
        """Yield the names of further headers of a successful response."""
        if self._accepts_list:
            yield from ("LocationOfOne", "ETagOfOne", "Idempotent-Replayed")
        elif self.action == "create":
            yield from ("Location", "Idempotent-Replayed")
        elif self.action == "list":
            yield "ETag"
        elif self.action in _RECORD_ACTIONS and status != "204":
            yield "ETag"
            if status == "201":
                yield "Location"

    def _errors(self) -> Iterator[tuple[str, str]]:
        """Yield the status of each possible error with the name of its response."""
        yield from _ERRORS
        many = "ForMany" if self._accepts_list else ""
        yield "400", f"BadRequest{many}"
        if self.method != "GET":
            yield "409", f"Conflict{many}"
        if self.method != "GET" or self._needs_account():
            yield "403", "Forbidden"
        if self.method in {"POST", "PUT", "PATCH"}:
            yield from _ERRORS_OF_BODIES
        yield from _ERRORS_OF.get(str(self.action), ())
        if self.action in _RECORD_ACTIONS and self._can_be_merged():
            yield ("308", "Moved") if self.method == "GET" else ("410", "Merged")

    def _can_be_merged(self) -> bool:
        row_type = self.view.row_type
        return isinstance(row_type, RecordType) and row_type.merge is not None

    def _needs_account(self) -> bool:
        return any(
            isinstance(permission, IsAuthenticated)
            for permission in self.view.get_permissions()
        )


def _one_or_many(schema: Schema, most: int | None = None) -> Schema:
    """Return the schema of a record or a list of records."""
    many: Schema = {"type": "array", "items": schema}
    if most is not None:
        many |= {"minItems": 1, "maxItems": most}
    return {"oneOf": [schema, many]}
