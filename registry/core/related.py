"""Select columns from other tables for many rows: related ids, flags and counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection, models

from registry.core.lookups import PREPARE_HINT, ids_source

#: A prepared plan may date from when a table was tiny, and read all of it. So only
#: statements for at most this many ids are prepared.
_MAX_PREPARED_IDS = 10


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _column(model: type[models.Model], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return _quoted(field.column)


#: The further condition for rows that nobody has withdrawn.
_IS_PRESENT = ' AND "withdrawn" IS NULL'


def _range_of_all(key: str) -> str:
    """Return the condition for all rows that link to the wanted record.

    It is a range of one value, so that PostgreSQL uses the index of the key. With an
    equation, ordering by the key is superfluous, so the primary key gives the order
    too. If one object has most of a table, statistics then say that every row matches,
    and the primary key looks as good as any index; for all other objects PostgreSQL
    would read it from end to end. For a range it uses no statistics, and only an index
    that begins with the key has the order.
    """
    return f"{key} BETWEEN wanted.id AND wanted.id"


def _range_of_first(key: str, column: str) -> str:
    """Return the condition for the first rows, in the order of a column.

    The reason is the same as for ``_range_of_all``. This compares rows, for which
    PostgreSQL expects a ninth of the table instead of a two-hundredth. So it does not
    expect to sort all of them sooner than it finds the first ones in order.
    """
    return f"({key}, {column}) >= (wanted.id, 0) AND {key} <= wanted.id"


@dataclass(frozen=True)
class RelatedIds:
    """A list of ids to select for each row.

    The list is ``column`` of the rows of ``table`` whose ``key`` is the id, oldest
    first unless ``newest_first``; with ``most``, that many of them. An index must begin
    with ``key`` and ``column``. With ``present``, the rows are records, and withdrawn
    ones are left out.
    """

    table: str
    key: str
    column: str
    most: int | None = None
    newest_first: bool = False
    present: bool = False

    def select(self) -> str:
        """Return the SQL of the column; names come from model metadata, never users."""
        table, key, column = map(_quoted, (self.table, self.key, self.column))
        direction = " DESC" if self.newest_first else ""
        wanted, limit = _range_of_all(key), ""
        if self.most is not None:
            wanted, limit = _range_of_first(key, column), f" LIMIT {self.most}"
        inner = (
            f"SELECT {column} AS id FROM {table} "  # noqa: S608
            f"WHERE {wanted}{_IS_PRESENT if self.present else ''} "
            f"ORDER BY {key}{direction}, {column}{direction}{limit}"
        )
        if connection.vendor == "postgresql":
            return f"ARRAY({inner})"
        return f"(SELECT json_group_array(id) FROM ({inner}))"  # noqa: S608

    def parse(self, cell: str) -> list[int]:
        """Return the ids from the JSON text that SQLite returns."""
        ids: list[int] = json.loads(cell)
        return ids


@dataclass(frozen=True)
class RelatedId:
    """The one id, or none, of a row in another table whose ``key`` is unique.

    With ``present``, the row is a record, and none if it is withdrawn.
    """

    table: str
    key: str
    column: str
    present: bool = False

    def select(self) -> str:
        """Return the SQL of the column; a unique index needs no statistics."""
        table, key, column = map(_quoted, (self.table, self.key, self.column))
        wanted = f"{key} = wanted.id{_IS_PRESENT if self.present else ''}"
        return f"(SELECT {column} FROM {table} WHERE {wanted})"  # noqa: S608

    def parse(self, cell: int | None) -> int | None:
        """Return the id unchanged."""
        return cell


@dataclass(frozen=True)
class RelatedFlag:
    """Whether ``flag`` is false in any row of ``other`` with the same ``link``.

    ``model`` and ``other`` both have the field ``link``, which links to the same
    record. A partial index on the flag and the link must contain exactly those rows:
    the query looks for the first of them in its order, which no other index has, from
    the wanted link on. Whether it is that link is compared afterwards: as a condition
    on the pair, PostgreSQL would read on to the end of the index if it is not.
    """

    model: type[models.Model]
    other: type[models.Model]
    link: str
    flag: str

    def select(self) -> str:
        """Return the SQL of the column; names come from model metadata, never users."""
        own_column = _column(self.model, self.link)
        key, flag = _column(self.other, self.link), _column(self.other, self.flag)
        first = (
            f"SELECT {key} FROM {_quoted(self.other._meta.db_table)} "  # noqa: S608
            f"WHERE NOT {flag} AND ({flag}, {key}) >= (false, own.{own_column}) "
            f"ORDER BY {flag}, {key} LIMIT 1"
        )
        row = (
            f"SELECT ({first}) = own.{own_column} "  # noqa: S608
            f"FROM {_quoted(self.model._meta.db_table)} AS own "
            "WHERE own.id = wanted.id"
        )
        return f"(({row}) IS TRUE)"

    def parse(self, cell: int) -> bool:
        """Return the flag as a boolean; SQLite returns a number."""
        return bool(cell)


Related = RelatedIds | RelatedId | RelatedFlag


def count_related(
    wanted: Iterable[tuple[str, str, str, int, Collection[int]]],
) -> list[tuple[int, int, int]]:
    """Return the number of related rows of records, in one statement for all tables.

    Each item of ``wanted`` is a table, its key, another column, the number at which to
    stop counting, and the ids of the records. Each result is the position of the item,
    the id of a record and its count.
    """
    selects, parameters, few = [], [], True
    for number, (table, key, column, most, ids) in enumerate(wanted):
        source, parameter = ids_source(ids)
        few = few and len(ids) <= _MAX_PREPARED_IDS
        first = (
            f"SELECT 1 FROM {_quoted(table)} "  # noqa: S608
            f"WHERE {_range_of_first(_quoted(key), _quoted(column))} "
            f"ORDER BY {_quoted(key)}, {_quoted(column)} LIMIT {most}"
        )
        count = f"SELECT count(*) FROM ({first}) AS found"  # noqa: S608
        selects.append(f"SELECT {number}, wanted.id, ({count}) FROM {source}")  # noqa: S608
        parameters.append(parameter)
    with connection.cursor() as cursor:
        hint = PREPARE_HINT if few else ""
        cursor.execute(hint + " UNION ALL ".join(selects), parameters)
        rows: list[tuple[int, int, int]] = cursor.fetchall()
    return rows


class RelatedQuery:
    """Fetch the related columns of many rows in one statement.

    Each column is a correlated subquery over an index. So the cost of a row does not
    depend on the size of the table, and an embedded list can be limited.
    """

    def __init__(self, related: Sequence[Related]) -> None:
        self.related = tuple(related)

    @cached_property
    def _columns(self) -> str:
        return ", ".join(item.select() for item in self.related)

    def fetch(self, ids: Iterable[int]) -> dict[int, tuple[Any, ...]]:
        """Return the related values of each id, in the order of the columns.

        PostgreSQL plans this statement each time, for the present size of the tables: a
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
        """Return the related values from the cells of a row."""
        return self._read(cells)

    @cached_property
    def _read(self) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
        # PostgreSQL returns arrays and booleans
        return tuple if connection.vendor == "postgresql" else self._parse

    def _parse(self, cells: Sequence[Any]) -> tuple[Any, ...]:
        pairs = zip(self.related, cells, strict=True)
        return tuple(item.parse(cell) for item, cell in pairs)
