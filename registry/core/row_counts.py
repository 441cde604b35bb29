"""Exact numbers of rows at the same cost for any size of a table.

Triggers note in ``RowChange`` how each statement changes the number of records that
nobody has withdrawn, and a random stamp (``registry.core.row_triggers``). A statement
sees the notes of exactly those transactions whose records it sees. So the sum of the
notes is the exact number of records. And as long as the stamps of its tables combine to
the same value, the number of rows of any other query is the one that was counted last.
``docs/decisions/0036-exact-counts.md`` has the alternatives and the measurements.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import EmptyResultSet
from django.db import connection

from registry.core.lookups import PREPARE_HINT

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

#: The table of ``registry.core.models.RowChange``.
CHANGES = "registry_rowchange"
#: The field that says whether a row is present; tables that have it have triggers.
WITHDRAWN = "withdrawn"
#: The numbers that a process remembers.
MAX_REMEMBERED = 2000
#: The tables that a statement of Django reads.
_TABLE = re.compile(r'\b(?:FROM|JOIN) \(?"(\w+)"')

#: A table's combined stamps, and the number of rows that a query had with them.
_Counted = tuple[Any, int]


class RememberedCounts:
    """The latest numbers of rows, by query; the least used are forgotten."""

    def __init__(self, most: int = MAX_REMEMBERED) -> None:
        self._most = most
        self._lock = Lock()
        self._counts: OrderedDict[bytes, _Counted] = OrderedDict()

    def get(self, key: bytes) -> _Counted | None:
        """Return what was counted last."""
        with self._lock:
            if key in self._counts:
                self._counts.move_to_end(key)
            return self._counts.get(key)

    def put(self, key: bytes, counted: _Counted) -> None:
        """Remember what was counted."""
        with self._lock:
            self._counts[key] = counted
            self._counts.move_to_end(key)
            if len(self._counts) > self._most:
                self._counts.popitem(last=False)

    def clear(self) -> None:
        """Forget all numbers."""
        with self._lock:
            self._counts.clear()


remembered = RememberedCounts()


def count_rows(queryset: QuerySet[Any]) -> int:
    """Return the exact number of rows of a queryset, in one statement."""
    query: Any = queryset.query
    model: type[Model] = queryset.model
    if query.is_sliced or query.combinator or query.group_by is not None:
        return int(query.get_count(using=queryset.db))
    try:
        sql, parameters = _select_ids(queryset)
    except EmptyResultSet:
        return 0
    if (sql, parameters) == _select_present(model):
        return present_rows([model])[model]
    return _count_by_stamp(sql, parameters)


def present_rows(models: Iterable[type[Model]]) -> dict[type[Model], int]:
    """Return how many records of each model nobody has withdrawn.

    This takes one statement, and one more for each table without a note, which is new
    or was emptied.
    """
    wanted = {model._meta.db_table: model for model in models}
    marks = ", ".join(["%s"] * len(wanted))
    with connection.cursor() as cursor:
        cursor.execute(
            f"{PREPARE_HINT}SELECT name, sum(present) FROM {CHANGES} "  # noqa: S608
            f"WHERE name IN ({marks}) GROUP BY name",
            list(wanted),
        )
        found = {wanted[name]: int(number) for name, number in cursor.fetchall()}
    return {
        model: found[model]
        if model in found
        else _count_by_stamp(*_select_present(model))
        for model in wanted.values()
    }


def _count_by_stamp(sql: str, parameters: Sequence[Any]) -> int:
    """Count the rows of a statement, unless its tables are as they were last time.

    The stamp and the number are of one statement, and so of the same moment.
    """
    tables = sorted({*_TABLE.findall(sql)})
    is_noted = {*tables} <= _noted_tables()
    key = sha256(repr((sql, parameters)).encode()).digest()
    known = remembered.get(key) if is_noted else None
    stamp = _STAMPS[connection.vendor].format(", ".join(["%s"] * len(tables)))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT CASE WHEN noted.stamp = {_OLD_STAMP[connection.vendor]} "  # noqa: S608
            f"THEN NULL ELSE (SELECT count(*) FROM ({sql}) AS counted) END, "
            f"noted.stamp FROM ({stamp}) AS noted",
            [known[0] if known else None, *parameters, *tables],
        )
        number, now = cursor.fetchone()
    if number is None and known is not None:
        return known[1]
    if is_noted and now is not None:
        remembered.put(key, (now, number))
    return int(number)


def _select_ids(queryset: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    query = queryset.order_by().values_list("pk").query
    sql, parameters = query.get_compiler(connection.alias).as_sql()
    return sql, tuple(parameters)


@cache
def _select_present(model: type[Model]) -> tuple[str, tuple[Any, ...]]:
    """Return the statement of all records that nobody has withdrawn."""
    rows = model._default_manager
    return _select_ids(rows.filter(withdrawn__isnull=True))


@cache
def _noted_tables() -> frozenset[str]:
    return frozenset(model._meta.db_table for model in noted_models())


def noted_models() -> list[type[Model]]:
    """Return the models whose tables have triggers: those of all record types."""
    return [
        model
        for model in apps.get_models()
        if any(field.name == WITHDRAWN for field in model._meta.fields)
    ]


#: The combined stamps of some tables; null if there are no notes about any of them.
_STAMPS = {
    "postgresql": f"SELECT bit_xor(stamp) AS stamp FROM {CHANGES} "  # noqa: S608
    "WHERE name IN ({0})",
    "sqlite": "SELECT group_concat(stamp) AS stamp FROM (SELECT stamp "  # noqa: S608
    f"FROM {CHANGES} WHERE name IN ({{0}}) ORDER BY name)",
}
_OLD_STAMP = {"postgresql": "%s::bigint", "sqlite": "%s"}
