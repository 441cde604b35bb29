"""Queries that are compiled once and run often.

Django takes several times as long to compile a query as a database takes to find a row
by its key. So the few queries that most requests need are compiled only the first time.
``docs/decisions/0030-less-of-our-own.md`` measures the effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from registry.core.lookups import PREPARE_HINT, encode_ids


class CompiledQuery:
    """A query for the rows of one value, such as an id.

    The value is a number or a text. ``queryset`` returns the query (of ``values_list``)
    for ``example``. Later values replace the example among the parameters, so no other
    parameter must be equal to it. ``add_columns`` can add columns to the statement.
    """

    def __init__(
        self,
        queryset: Callable[[Any], QuerySet[Any]],
        example: Any,
        add_columns: Callable[[str], str] = str,
    ) -> None:
        self._queryset = queryset
        self._example = example
        self._add_columns = add_columns

    def rows(self, value: Any) -> list[tuple[Any, ...]]:
        """Return the rows for this value."""
        compiler, sql, parameters = self._compiled
        with connection.cursor() as cursor:
            cursor.execute(
                sql, [value if item == self._example else item for item in parameters]
            )
            found = cursor.fetchall()
        return list(compiler.results_iter([found], tuple_expected=True))

    @cached_property
    def _compiled(self) -> tuple[Any, str, tuple[Any, ...]]:
        query = self._queryset(self._example).query
        compiler = query.get_compiler(connection.alias)
        sql, parameters = compiler.as_sql()
        if self._example not in parameters:
            raise ValueError(f"{self._example!r} is not a parameter of {sql}")
        return compiler, PREPARE_HINT + self._add_columns(sql), parameters


class CompiledByIds:
    """A query for the rows with these ids; ``queryset`` filters with ``IdIn``."""

    def __init__(self, queryset: Callable[[str], QuerySet[Any]]) -> None:
        self._queryset = queryset

    def rows(self, ids: Iterable[int]) -> list[tuple[Any, ...]]:
        """Return the rows with these ids."""
        return self._query.rows(encode_ids(ids))

    @cached_property
    def _query(self) -> CompiledQuery:
        return CompiledQuery(self._queryset, encode_ids([-1]))
