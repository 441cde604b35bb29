"""Columns for rows that come from other tables: related ids, flags and counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection, models

from registry.core.lookups import PREPARE_HINT, ids_source

#: A prepared plan may date from when a table was tiny, and read all of it. So only
#: statements for so many ids, or fewer, are prepared.
_FEW = 10


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _column(model: type[models.Model], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return _quoted(field.column)


def _all_of(key: str) -> str:
    """Write the condition for all rows that link to the wanted record.

    It is a range of one value, in the order of the key, for the sake of PostgreSQL. An
    equation would make the order by the key superfluous, so that the primary key has
    the order as well; and when one object has most of a table, statistics say that
    every row matches, so that the primary key looks as good as any index. For all other
    objects it would then be read from end to end. Of a range no statistics are asked,
    and only an index that begins with the key has its order.
    """
    return f"{key} BETWEEN wanted.id AND wanted.id"


def _first_of(key: str, column: str) -> str:
    """Write the condition for the first few of these rows, in the order of a column.

    As above; but rows are compared, of which PostgreSQL expects a ninth of the table
    instead of a two-hundredth: it must not think that all of them can be sorted sooner
    than the first are found in order.
    """
    return f"({key}, {column}) >= (wanted.id, 0) AND {key} <= wanted.id"


@dataclass(frozen=True)
class RelatedIds:
    """A list of ids to select for each row.

    The list is ``column`` of the rows of ``table`` whose ``key`` is the id, oldest
    first unless ``newest_first``; with ``most``, that many of them. An index must begin
    with ``key`` and ``column``.
    """

    table: str
    key: str
    column: str
    most: int | None = None
    newest_first: bool = False

    def select(self) -> str:
        """Write the column; names come from model metadata, never users."""
        table, key, column = map(_quoted, (self.table, self.key, self.column))
        way = " DESC" if self.newest_first else ""
        wanted, limit = _all_of(key), ""
        if self.most is not None:
            wanted, limit = _first_of(key, column), f" LIMIT {self.most}"
        inner = (
            f"SELECT {column} AS id FROM {table} "  # noqa: S608
            f"WHERE {wanted} ORDER BY {key}{way}, {column}{way}{limit}"
        )
        if connection.vendor == "postgresql":
            return f"ARRAY({inner})"
        return f"(SELECT json_group_array(id) FROM ({inner}))"  # noqa: S608

    def parse(self, cell: str) -> list[int]:
        """Return the ids, of which SQLite makes a text."""
        ids: list[int] = json.loads(cell)
        return ids


@dataclass(frozen=True)
class RelatedId:
    """The one id, or none, of a row in another table whose ``key`` is unique."""

    table: str
    key: str
    column: str

    def select(self) -> str:
        """Write the column; a unique index on the key needs no statistics."""
        table, key, column = map(_quoted, (self.table, self.key, self.column))
        return f"(SELECT {column} FROM {table} WHERE {key} = wanted.id)"  # noqa: S608

    def parse(self, cell: int | None) -> int | None:
        """Return the id as it is."""
        return cell


@dataclass(frozen=True)
class RelatedFlag:
    """Whether ``flag`` is false in any row of ``other`` with the same ``link``.

    ``model`` and ``other`` both have the field ``link``, with a link to the same
    record. An index of the flag and the link must have just those rows: in its order
    the first of them is looked for, and no other index has that order.
    """

    model: type[models.Model]
    other: type[models.Model]
    link: str
    flag: str

    def select(self) -> str:
        """Write the column; names come from model metadata, never users."""
        mine = _column(self.model, self.link)
        key, flag = _column(self.other, self.link), _column(self.other, self.flag)
        wanted = f"(false, mine.{mine})"
        first = (
            f"SELECT {key} FROM {_quoted(self.other._meta.db_table)} "  # noqa: S608
            f"WHERE NOT {flag} "
            f"AND ({flag}, {key}) >= {wanted} AND ({flag}, {key}) <= {wanted} "
            f"ORDER BY {flag}, {key} LIMIT 1"
        )
        table = _quoted(self.model._meta.db_table)
        row = f"SELECT ({first}) FROM {table} AS mine WHERE mine.id = wanted.id"  # noqa: S608
        return f"(({row}) IS NOT NULL)"

    def parse(self, cell: int) -> bool:
        """Return the answer, which is a number from SQLite."""
        return bool(cell)


Related = RelatedIds | RelatedId | RelatedFlag


def count_of(
    wanted: Iterable[tuple[str, str, str, int, Collection[int]]],
) -> list[tuple[int, int, int]]:
    """Count what belongs to records, in one statement for several tables.

    Each is a table, its key, another column, how far to count, and the ids of the
    records. The answers are the number of the table in this list, an id, its count.
    """
    selects, parameters, few = [], [], True
    for number, (table, key, column, most, ids) in enumerate(wanted):
        source, parameter = ids_source(ids)
        few = few and len(ids) <= _FEW
        first = (
            f"SELECT 1 FROM {_quoted(table)} "  # noqa: S608
            f"WHERE {_first_of(_quoted(key), _quoted(column))} "
            f"ORDER BY {_quoted(key)}, {_quoted(column)} LIMIT {most}"
        )
        count = f"SELECT count(*) FROM ({first}) AS found"  # noqa: S608
        selects.append(f"SELECT {number}, wanted.id, ({count}) FROM {source}")  # noqa: S608
        parameters.append(parameter)
    with connection.cursor() as cursor:
        kept = PREPARE_HINT if few else ""
        cursor.execute(kept + " UNION ALL ".join(selects), parameters)
        rows: list[tuple[int, int, int]] = cursor.fetchall()
    return rows


class RelatedQuery:
    """Fetch what belongs to many rows in one statement.

    Each is a correlated subquery over an index, so that a row costs the same however
    large its table is, and an embedded list can be cut short.
    """

    def __init__(self, related: Sequence[Related]) -> None:
        self.related = tuple(related)

    @cached_property
    def _columns(self) -> str:
        return ", ".join(item.select() for item in self.related)

    def fetch(self, ids: Iterable[int]) -> dict[int, tuple[Any, ...]]:
        """Return for each id what belongs to it, in the order it was asked for.

        PostgreSQL plans this each time, for the size that the tables have now: a
        prepared plan from when a table was tiny would read all of it for every id.
        """
        wanted = list(ids)
        if not self.related or not wanted:
            return {}
        source, parameter = ids_source(wanted)
        statement = f"SELECT wanted.id, {self._columns} FROM {source}"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(statement, [parameter])
            rows = cursor.fetchall()
        read = self._read
        return {row[0]: read(row[1:]) for row in rows}

    def with_related_columns(self, statement: str, columns: int) -> str:
        """Return a statement with the related columns after its own.

        ``columns`` is how many columns it has; the first of them must be the id.
        """
        if not self.related:
            return statement
        names = ", ".join(["id", *(f"c{number}" for number in range(1, columns))])
        return (
            f"WITH wanted({names}) AS ({statement}) "  # noqa: S608
            f"SELECT wanted.*, {self._columns} FROM wanted"
        )

    def read(self, cells: Sequence[Any]) -> tuple[Any, ...]:
        """Return what a row has been selected with."""
        return self._read(cells)

    @cached_property
    def _read(self) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
        # arrays and truth values come as such from PostgreSQL
        return tuple if connection.vendor == "postgresql" else self._parse

    def _parse(self, cells: Sequence[Any]) -> tuple[Any, ...]:
        pairs = zip(self.related, cells, strict=True)
        return tuple(item.parse(cell) for item, cell in pairs)
