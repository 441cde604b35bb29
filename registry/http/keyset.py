"""Keyset pagination: a page begins after a row, not after a number of rows.

Rows that are added or removed meanwhile do not shift pages, and a late page costs as
much as the first. This is Markus Winand's "seek method" (use-the-index-luke.com).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
from django.core.exceptions import ValidationError
from django.db.models import (
    BinaryField,
    CharField,
    F,
    Model,
    OrderBy,
    Q,
    QuerySet,
    Value,
)

from registry.core.lookups import RowComparison
from registry.core.versions import sort_field

M = TypeVar("M", bound=Model)


#: Errors that parsing an invalid cursor can raise.
_PARSE_ERRORS = (ValueError, TypeError, OverflowError, ValidationError, binascii.Error)


class InvalidCursor(ValueError):
    """The text is not a cursor of this list."""


@dataclass(frozen=True)
class SortKey:
    """A column that a list is ordered by; null values come last."""

    name: str
    descending: bool
    nullable: bool = False

    @classmethod
    def of(cls, model: type[Model], name: str, *, descending: bool) -> SortKey:
        """Return the key that orders the rows of a model by a field."""
        field: Any = model._meta.get_field(sort_field(model, name))
        return cls(field.name, descending, bool(field.null))

    def order_by(self, *, backwards: bool) -> Any:
        """Return the expression to order by."""
        return OrderBy(
            F(self.name),
            descending=self.descending != backwards,
            nulls_first=(self.nullable and backwards) or None,
            nulls_last=(self.nullable and not backwards) or None,
        )

    def rows_after(self, value: Any, *, backwards: bool) -> Q | None:
        """Return the condition for rows after this value; None if there are none."""
        if value is None:
            return Q(**{f"{self.name}__isnull": False}) if backwards else None
        operator = "lt" if self.descending != backwards else "gt"
        condition = Q(**{f"{self.name}__{operator}": value})
        if self.nullable and not backwards:
            condition |= Q(**{f"{self.name}__isnull": True})
        return condition

    def rows_equal(self, value: Any) -> Q:
        """Return the condition for rows with this value."""
        if value is None:
            return Q(**{f"{self.name}__isnull": True})
        return Q(**{self.name: value})


@dataclass(frozen=True)
class Cursor:
    """A position between two rows: the values of the sort keys, and the direction."""

    values: tuple[Any, ...]
    backwards: bool

    def encode(self) -> str:
        """Return the cursor as text for a URL."""
        raw = orjson.dumps(
            [int(self.backwards), *self.values], _encode_bytes, orjson.OPT_UTC_Z
        )
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str, model: type[Model], keys: Sequence[SortKey]) -> Cursor:
        """Parse a cursor; raise ``InvalidCursor`` unless it fits these keys."""
        try:
            raw = base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
            backwards, *values = orjson.loads(raw)
            if backwards not in (0, 1) or len(values) != len(keys):
                raise InvalidCursor(text)
            parsed = tuple(
                _parse_value(model, key, value)
                for key, value in zip(keys, values, strict=True)
            )
        except _PARSE_ERRORS as error:
            raise InvalidCursor(text) from error
        return cls(parsed, bool(backwards))


def _encode_bytes(value: Any) -> str:
    """Return the bytes of a sort key as text, from which its field returns them."""
    return base64.b64encode(value).decode()


def _parse_value(model: type[Model], key: SortKey, value: Any) -> Any:
    """Return a sort key's value from JSON, in the type of its column."""
    if value is None and key.nullable:
        return None
    if value is None or isinstance(value, list | dict):
        raise InvalidCursor(key.name)
    field: Any = model._meta.get_field(key.name)
    if isinstance(value, str) and "\0" in value:
        raise InvalidCursor(value)
    if isinstance(field, CharField) and not isinstance(value, str):
        raise InvalidCursor(str(value))
    parsed = (field.target_field if field.is_relation else field).to_python(value)
    if not _is_storable(field, parsed):
        raise InvalidCursor(str(value))
    return parsed.astimezone(UTC) if isinstance(parsed, datetime) else parsed


def _is_storable(field: Any, value: Any) -> bool:
    """Return whether a column can hold the value: no huge integer, no naive time."""
    if isinstance(field, BinaryField):
        return isinstance(value, bytes | memoryview)
    if isinstance(value, datetime):
        return value.tzinfo is not None
    return not (isinstance(value, int) and abs(value) >= 2**63)


def order_from_cursor(
    queryset: QuerySet[M], keys: Sequence[SortKey], cursor: Cursor | None
) -> Any:
    """Return the rows ordered by the keys, starting after the cursor."""
    backwards = cursor is not None and cursor.backwards
    if cursor is not None:
        queryset = queryset.filter(_rows_beyond(queryset.model, keys, cursor))
    return queryset.order_by(*(key.order_by(backwards=backwards) for key in keys))


def _rows_beyond(model: type[Model], keys: Sequence[SortKey], cursor: Cursor) -> Any:
    """Return the condition for rows after the cursor.

    Keys in one direction are compared as rows: so the database begins at the cursor in
    the index of these keys, instead of reading what comes before.
    """
    if len({key.descending for key in keys}) > 1 or any(key.nullable for key in keys):
        return _rows_after_cursor(keys, cursor)
    fields: list[Any] = [model._meta.get_field(key.name) for key in keys]
    values = [
        Value(value, field.target_field if field.is_relation else field)
        for value, field in zip(cursor.values, fields, strict=True)
    ]
    operator = "<" if keys[0].descending != cursor.backwards else ">"
    return RowComparison([key.name for key in keys], operator, values)


def _rows_after_cursor(keys: Sequence[SortKey], cursor: Cursor) -> Q:
    """Return the condition for rows after the cursor, key by key."""
    reached = Q()
    past: Q | None = None
    for key, value in zip(keys, cursor.values, strict=True):
        beyond = key.rows_after(value, backwards=cursor.backwards)
        if beyond is not None:
            past = (past | (reached & beyond)) if past else (reached & beyond)
        reached &= key.rows_equal(value)
    return past if past is not None else Q(pk__in=[])
