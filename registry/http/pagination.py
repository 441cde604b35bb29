"""Paginate lists, with an exact count and cursors that new rows do not invalidate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from django.db import models
from django.db.models import Model, QuerySet
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from registry.core.validators import SHORT_LENGTH
from registry.http.keyset import Cursor, InvalidCursor, SortKey, order_from_cursor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rest_framework.request import Request

#: The default and the largest number of records in a page.
PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000
#: The limit for long texts in a page, in bytes; a first record can exceed it.
PAGE_BYTES = 8 * 2**20

#: Fields of records, accounts and attempts that are not in lists. Cursors would show
#: their values.
_HIDDEN_FIELDS = frozenset(
    {
        *("registered_by", "version_key", "withdrawn"),
        *("password", "last_login", "date_joined"),
        *("is_active", "is_staff", "is_superuser"),
        *("lease", "batch", "counts_names"),
    }
)


class RecordPagination(BasePagination):
    """Pages of ``{count, next, previous, results}``, newest first."""

    default_size = PAGE_SIZE

    def paginate_queryset(
        self, queryset: QuerySet[Any], request: Request, view: Any = None
    ) -> list[Any]:
        """Return the rows of the requested page, as the view reads them."""
        self.request = request
        self.keys = ordering_of(request, queryset.model)
        size = page_size_of(request, self.default_size)
        self.cursor = self._cursor_of(request, queryset.model)
        rows_and_keys = view.read_page(
            order_from_cursor(queryset, self.keys, self.cursor), self.keys, size + 1
        )
        size = min(size, view.rows_within_bytes([row for row, _ in rows_and_keys]))
        self._has_more = len(rows_and_keys) > size
        page = rows_and_keys[:size]
        # a single page needs no count query
        is_all = self.cursor is None and not self._has_more
        self.count = len(page) if is_all else queryset.order_by().count()
        if self.cursor is not None and self.cursor.backwards:
            page.reverse()
        self._end_keys = (page[0][1], page[-1][1]) if page else None
        return [row for row, _ in page]

    def check_parameters(self, request: Request, model: type[Model]) -> None:
        """Refuse invalid parameters of pagination in a request without pages."""
        self.keys = ordering_of(request, model)
        page_size_of(request, self.default_size)
        self._cursor_of(request, model)

    def get_paginated_response(self, data: Any) -> Response:
        """Return the response with the records of the page."""
        return Response(
            {
                "count": self.count,
                "next": self.get_next_link(),
                "previous": self.get_previous_link(),
                "results": data,
            }
        )

    def get_next_link(self) -> str | None:
        """Return the address of the next page, if there is one."""
        backwards = self.cursor is not None and self.cursor.backwards
        if self._end_keys is None or not (backwards or self._has_more):
            return None
        return self._page_address(Cursor(self._end_keys[1], backwards=False))

    def get_previous_link(self) -> str | None:
        """Return the address of the previous page, if there is one."""
        if self._end_keys is None or self.cursor is None:
            return None
        if self.cursor.backwards and not self._has_more:
            return None
        return self._page_address(Cursor(self._end_keys[0], backwards=True))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the schema of a page for OpenAPI."""
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {
                    "type": "integer",
                    "description": "Exact number of records on all pages.",
                    "example": 123,
                },
                "next": {**link, "description": "Address of the next page."},
                "previous": {**link, "description": "Address of the previous page."},
                "results": {**schema, "description": "The records of this page."},
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the query parameters for OpenAPI."""
        return [
            _query_parameter(
                "page_size",
                f"Records in a page; the default is {PAGE_SIZE}. A page has fewer "
                "records if their texts are very long.",
                {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE},
            ),
            _query_parameter(
                "cursor",
                "The beginning of the page, from `next` or `previous`.",
                {"type": "string"},
            ),
            _query_parameter(
                "ordering",
                "Fields to order by, separated by commas; a minus sign reverses a "
                "field. The default is newest first.",
                {"type": "string"},
            ),
        ]

    def _cursor_of(self, request: Request, model: type[Model]) -> Cursor | None:
        text = request.query_params.get("cursor")
        if not text:
            return None
        try:
            return Cursor.decode(text, model, self.keys)
        except InvalidCursor as error:
            raise NotFound("Invalid cursor") from error

    def _page_address(self, cursor: Cursor) -> str:
        """Return the address of the request with another cursor."""
        parameters = [
            pair
            for pair in parse_qsl(
                self.request.META.get("QUERY_STRING", ""), keep_blank_values=True
            )
            if pair[0] != "cursor"
        ]
        query = urlencode([*parameters, ("cursor", cursor.encode())])
        return f"{self.request.build_absolute_uri(self.request.path)}?{query}"


def _query_parameter(
    name: str, description: str, schema: dict[str, Any]
) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
    }


def page_size_of(request: Request, default: int = PAGE_SIZE) -> int:
    """Return the requested page size; raise ``ValidationError`` if it is invalid."""
    text = request.query_params.get("page_size", "")
    if not text:
        return default
    if text.isascii() and text.isdigit():
        size = int(text[:20])
        if len(text) <= 20 and 1 <= size <= MAX_PAGE_SIZE:
            return size
    raise ValidationError(
        {"page_size": [f"Give a whole number from 1 to {MAX_PAGE_SIZE}."]}
    )


def ordering_of(request: Request, model: type[Model]) -> Sequence[SortKey]:
    """Return the keys to order by; raise ``ValidationError`` for an unknown field."""
    return parse_ordering(request.query_params.get("ordering", ""), model)


def parse_ordering(text: str, model: type[Model]) -> Sequence[SortKey]:
    """Return the keys of an order; a unique one comes last, to make the order total."""
    allowed = orderable_fields(model)
    keys: dict[str, SortKey] = {}
    for part in (piece.strip() for piece in text.split(",")) if text else ():
        name = part.removeprefix("-")
        if name not in allowed:
            raise ValidationError(
                {
                    "ordering": [
                        f"{name or 'an empty name'}: choose from {', '.join(allowed)}."
                    ]
                }
            )
        keys.setdefault(name, SortKey.of(model, name, descending=part != name))
    # in the direction of the last key, so that one index has both directions
    descending = [*keys.values()][-1].descending if keys else True
    keys.setdefault("id", SortKey("id", descending))
    return _keys_until_unique(list(keys.values()), model)


def _keys_until_unique(keys: list[SortKey], model: type[Model]) -> list[SortKey]:
    """Return the keys up to one that is unique; further keys have no effect."""
    position = next(at for at, key in enumerate(keys) if _is_unique(key, model))
    return keys[: position + 1]


def _is_unique(key: SortKey, model: type[Model]) -> bool:
    field: Any = model._meta.get_field(key.name)
    return bool(field.unique and not field.null)


def orderable_fields(model: type[Model]) -> list[str]:
    """Return the names of the fields by which a list can be ordered.

    They are the id and the stored fields of the list, except those whose values are too
    long for a cursor in an address.
    """
    return [
        field.name
        for field in model._meta.concrete_fields
        if field.name not in _HIDDEN_FIELDS and _is_short(field)
    ]


def _is_short(field: Any) -> bool:
    long = isinstance(field, models.TextField | models.JSONField)
    return not long and (field.max_length or 0) <= SHORT_LENGTH
