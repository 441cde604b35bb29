"""Queries that are compiled once and run often.

Django takes several times as long to compile a query as a database takes to find a row
by its key. Here that is done the first time only, for the few queries that most
requests need. ``docs/decisions/0030-less-of-our-own.md`` says what this buys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from registry.core.lookups import PREPARE_HINT, encode_ids


class CompiledQuery:
    """A query for the rows of one value, a number or a text, such as an id.

    ``queryset`` returns the query (of ``values_list``) for ``example``. Other values
    later take the place of the example among the parameters, so no other parameter may
    be equal to it. ``around`` can add columns at the end of the statement.
    """

    def __init__(
        self,
        queryset: Callable[[Any], QuerySet[Any]],
        example: Any,
        around: Callable[[str], str] = str,
    ) -> None:
        self._queryset = queryset
        self._example = example
        self._around = around

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
        return compiler, PREPARE_HINT + self._around(sql), parameters


class CompiledByIds:
    """A query for the rows of many ids; ``queryset`` filters with ``IdIn``."""

    def __init__(self, queryset: Callable[[str], QuerySet[Any]]) -> None:
        self._queryset = queryset

    def rows(self, ids: Iterable[int]) -> list[tuple[Any, ...]]:
        """Return the rows of these ids."""
        return self._query.rows(encode_ids(ids))

    @cached_property
    def _query(self) -> CompiledQuery:
        return CompiledQuery(self._queryset, encode_ids([-1]))
