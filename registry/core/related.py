"""What belongs to rows: lists of related ids, and conditions that hold for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection, models
from django.db.models.expressions import RawSQL

from registry.core.lookups import wanted_ids
from registry.core.postgresql import KEPT


def is_wanted(column: str) -> str:
    """Write the condition that a column is the id of the row.

    It is a range of one value, ordered by the column, for the sake of PostgreSQL: an
    equation makes the order by the column superfluous, so that the primary key has the
    order as well, and when one object has most of a table, statistics say that every
    row matches and the primary key is as good as any index. For the other objects it is
    then read from end to end. Of a range no statistics are asked, and only an index
    that begins with the column has its order.
    """
    name = connection.ops.quote_name(column)
    return f"{name} BETWEEN wanted.id AND wanted.id"


@dataclass(frozen=True)
class RelatedIds:
    """One list of ids to fetch beside each row.

    The list is ``column`` of the rows of ``table`` whose ``key`` is the row's id. With
    ``newest`` only that many, the latest first; otherwise all, oldest first. An index
    must begin with ``key`` and ``column``.
    """

    table: str
    key: str
    column: str
    newest: int | None = None

    def select(self) -> str:
        """Write the column; names come from model metadata, never users."""
        quote = connection.ops.quote_name
        inner = (
            f"SELECT {quote(self.column)} AS id FROM {quote(self.table)} "  # noqa: S608
            f"WHERE {is_wanted(self.key)} ORDER BY {self._order()}"
        )
        if self.newest is not None:
            inner = f"{inner} LIMIT {self.newest}"
        if connection.vendor == "postgresql":
            return f"ARRAY({inner})"
        return f"(SELECT json_group_array(id) FROM ({inner}))"  # noqa: S608

    def _order(self) -> str:
        quote = connection.ops.quote_name
        way = "" if self.newest is None else " DESC"
        return f"{quote(self.key)}{way}, {quote(self.column)}{way}"

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
        quote = connection.ops.quote_name
        return (
            f"(SELECT {quote(self.column)} FROM {quote(self.table)} "  # noqa: S608
            f"WHERE {quote(self.key)} = wanted.id)"
        )

    def parse(self, cell: int | None) -> int | None:
        """Return the id as it is."""
        return cell


@dataclass(frozen=True)
class RelatedCondition:
    """Whether ``first`` finds a row for a record of ``model``, to fetch beside its row.

    ``first`` selects one row in the order of an index, as lists of ids do, rather than
    ask whether there is any: PostgreSQL expects the first of any to be near. It has no
    values of its own in it, but for what it compares with the record.
    """

    model: type[models.Model]
    first: models.Subquery

    def select(self) -> str:
        """Write the column, as Django writes the subquery."""
        row = self.model._default_manager.order_by().filter(pk=RawSQL("wanted.id", ()))
        inner, parameters = row.values_list(self.first).query.sql_with_params()
        if parameters:
            raise ValueError(f"{self.first} has values of its own: {parameters}")
        return f"(({inner}) IS NOT NULL)"

    def parse(self, cell: int) -> bool:
        """Return the answer, which is a number from SQLite."""
        return bool(cell)


Related = RelatedIds | RelatedId | RelatedCondition


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
        """Return for each id what belongs to it, in the order it was asked for."""
        wanted = list(ids)
        if not self.related or not wanted:
            return {}
        source, parameter = wanted_ids(wanted)
        statement = f"{KEPT}SELECT wanted.id, {self._columns} FROM {source}"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(statement, [parameter])
            rows = cursor.fetchall()
        read = self._read
        return {row[0]: read(row[1:]) for row in rows}

    def beside(self, statement: str, columns: int) -> str:
        """Make a statement select all of it too, behind its own columns.

        The first of its ``columns`` must be the id.
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
