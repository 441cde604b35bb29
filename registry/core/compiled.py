"""Queries that are compiled once and run often.

Django takes several times as long to compile a query as a database takes to find a row
by its key. So the few queries that most requests need are compiled only the first time.
``docs/decisions/0030-less-of-our-own.md`` measures the effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from functools import cached_property
from inspect import signature
from typing import Any

from django.db import connection, connections
from django.db.models import QuerySet
from django.db.models.query import ModelIterable

from registry.core.lookups import PREPARE_HINT, encode_ids


class CompiledQuery:
    """A query for the rows of one value, such as an id, or of several.

    The values are numbers or texts. ``queryset`` returns the query (of ``values_list``)
    for the ``examples``. Later values replace the examples among the parameters, so no
    other parameter must be equal to one. ``add_columns`` can add columns to the
    statement.
    """

    def __init__(
        self,
        queryset: Callable[..., QuerySet[Any]],
        example: Any,
        *more_examples: Any,
        add_columns: Callable[[str], str] = str,
    ) -> None:
        self._queryset = queryset
        self._examples = (example, *more_examples)
        self._add_columns = add_columns

    def rows(self, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows for these values."""
        _, compiler, sql, parameters = self.statement_for(*values)
        with connection.cursor() as cursor:
            cursor.execute(PREPARE_HINT + sql, parameters)
            found = cursor.fetchall()
        return list(compiler.results_iter([found], tuple_expected=True))

    def statement_for(self, *values: Any) -> tuple[Any, Any, str, list[Any]]:
        """Return the model, the compiler, and the statement for these values."""
        model, compiler, sql, parameters = self._compiled
        wanted = dict(zip(self._examples, values, strict=True))
        filled = [wanted[one] if one in self._examples else one for one in parameters]
        return model, compiler, sql, filled

    @cached_property
    def _compiled(self) -> tuple[Any, Any, str, tuple[Any, ...]]:
        queryset = self._queryset(*self._examples)
        query = queryset.query
        compiler = query.get_compiler(connection.alias)
        sql, parameters = compiler.as_sql()
        for example in self._examples:
            if example not in parameters:
                raise ValueError(f"{example!r} is not a parameter of {sql}")
        return queryset.model, compiler, self._add_columns(sql), parameters


class _Compiled:
    """A query set whose query is compiled: as much as Django reads to fetch records."""

    def __init__(self, model: Any, compiler: Any) -> None:
        self.model = model
        self.db = connection.alias
        self.query = self
        self._compiler = compiler
        self._known_related_objects: dict[Any, Any] = {}

    def get_compiler(self, using: str) -> Any:
        """Return the compiler, whose statement is written."""
        return self._compiler


class CompiledRecords:
    """A query for records, of one value or several, like ``CompiledQuery``.

    Links of ``select_related`` and annotations are fetched with the records.
    PostgreSQL prepares the statement if ``is_prepared``: if its plan is the same for
    all values.
    """

    def __init__(
        self,
        queryset: Callable[..., QuerySet[Any]],
        *examples: Any,
        is_prepared: bool = True,
    ) -> None:
        self._query = CompiledQuery(queryset, *examples)
        self._hint = PREPARE_HINT if is_prepared else ""

    def records(self, *values: Any) -> list[Any]:
        """Return the records for these values."""
        model, compiler, sql, parameters = self._query.statement_for(*values)
        # it is used by all threads, each with a connection and values of its own
        bound = copy(compiler)
        bound.connection = connections[connection.alias]
        bound.as_sql = lambda *_, **__: (self._hint + sql, parameters)
        source: Any = _Compiled(model, bound)
        return list(ModelIterable(source))

    def first(self, *values: Any) -> Any:
        """Return the first record for these values, or None."""
        return next(iter(self.records(*values)), None)


class CompiledByIds:
    """A query for the rows with these ids; ``queryset`` filters with ``IdIn``.

    It has one parameter for each list of ids that it takes.
    """

    def __init__(self, queryset: Callable[..., QuerySet[Any]]) -> None:
        self._queryset = queryset

    def rows(self, *ids: Iterable[int]) -> list[tuple[Any, ...]]:
        """Return the rows with these ids."""
        return self._query.rows(*map(encode_ids, ids))

    @cached_property
    def _query(self) -> CompiledQuery:
        count = len(signature(self._queryset).parameters)
        examples = (encode_ids([-1 - number]) for number in range(count))
        return CompiledQuery(self._queryset, *examples)
