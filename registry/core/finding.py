"""Finding the rows of several tables by one value each, in a single statement."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection, models

from registry.core.lookups import PREPARE_HINT

#: What an array of values is called in PostgreSQL, by the type of its first value.
_ARRAYS: dict[type, str] = {int: "bigint", str: "text", uuid.UUID: "uuid"}


class Wanted(NamedTuple):
    """Values of one unique field, all of one type: int, str or UUID."""

    model: type[models.Model]
    name: str
    values: Sequence[Any]


def find_rows(wanted: Sequence[Wanted]) -> list[tuple[int, Any, int]]:
    """Return the rows that have one of the values.

    Each as the number of the field in ``wanted``, the value, and the id of the row.
    """
    on_postgresql = connection.vendor == "postgresql"
    select = _select_by_array if on_postgresql else _select_by_json
    encode = list if on_postgresql else _encode_json
    statement = " UNION ALL ".join(select(at, one) for at, one in enumerate(wanted))
    with connection.cursor() as cursor:
        cursor.execute(PREPARE_HINT + statement, [encode(one.values) for one in wanted])
        rows = cursor.fetchall()
    return [(at, wanted[at].values[position - 1], pk) for at, position, pk in rows]


def _select_by_array(number: int, wanted: Wanted) -> str:
    table, column = _quoted(wanted)
    array = _ARRAYS[type(wanted.values[0])]
    return (
        f"SELECT {number}, given.position, found.id "  # noqa: S608
        f"FROM unnest(%s::{array}[]) WITH ORDINALITY AS given(value, position) "
        f"JOIN {table} AS found ON found.{column} = given.value"
    )


def _select_by_json(number: int, wanted: Wanted) -> str:
    table, column = _quoted(wanted)
    return (
        f"SELECT {number}, given.key + 1, found.id "  # noqa: S608
        f"FROM json_each(%s) AS given CROSS JOIN {table} AS found "
        f"ON found.{column} = given.value"
    )


def _quoted(wanted: Wanted) -> tuple[str, str]:
    field: Any = wanted.model._meta.get_field(wanted.name)
    quote = connection.ops.quote_name
    return quote(wanted.model._meta.db_table), quote(field.column)


def _encode_json(values: Sequence[Any]) -> str:
    """Encode values as SQLite stores them: a UUID as its hexadecimal digits."""
    stored = [one.hex if isinstance(one, uuid.UUID) else one for one in values]
    return json.dumps(stored, ensure_ascii=False)
