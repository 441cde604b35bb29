"""Write the events of very many records whose lists of links change alike.

The database makes up the old and the new list of each record, in one statement.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone

from registry.core.context import address, client
from registry.core.lookups import encode_ids, ids_source
from registry.core.models import Event
from registry.core.verbs import UPDATED

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


@dataclass(frozen=True)
class Move:
    """Links to the records ``others`` are to become links to ``keep``."""

    keep: int
    others: Collection[int]
    by: AbstractBaseUser


@dataclass(frozen=True)
class ListTable:
    """The table of a list of links: its name, and its columns for both ends."""

    table: str
    source: str
    target: str


@dataclass(frozen=True)
class _Dialect:
    """What the databases call the same: functions for JSON, and a list of ids."""

    collect: str
    array: str
    pairs: str
    nested: str
    is_one_of: str


_POSTGRESQL = _Dialect(
    collect="jsonb_agg(id)",
    array="jsonb_build_array",
    pairs="jsonb_build_object",
    nested="COALESCE({}, '[]')",
    is_one_of="= ANY(%s::bigint[])",
)
_SQLITE = _Dialect(
    collect="json_group_array(id)",
    array="json_array",
    pairs="json_object",
    nested="json({})",
    is_one_of="IN (SELECT value FROM json_each(%s))",
)


def record_moved_links(
    kind: str, ids: Collection[int], name: str, links: ListTable, move: Move
) -> None:
    """Write an ``updated`` event for each record, before its links are moved.

    ``name`` is the name of the list of links.
    """
    dialect = _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE
    source, wanted = ids_source(ids)
    old = _list_of(dialect, links, links.target)
    moved = f"CASE WHEN {links.target} {dialect.is_one_of} THEN %s"
    new = _list_of(dialect, links, f"{moved} ELSE {links.target} END")
    changes = f"{dialect.pairs}(CAST(%s AS text), {dialect.array}({old}, {new}))"
    statement = (
        f"INSERT INTO {Event._meta.db_table} "  # noqa: S608
        "(kind, record_id, action, by_id, client, address, at, changes, subject, "
        "detail) SELECT %s, wanted.id, %s, CAST(%s AS bigint), %s, %s, %s, "
        f"{changes}, '', %s FROM {source}"
    )
    parameters = [
        *(kind, UPDATED.name, move.by.pk, client.get(), address.get()),
        connection.ops.adapt_datetimefield_value(timezone.now()),
        *(name, encode_ids(move.others), move.keep),
        *(connection.ops.adapt_json_value({}, None), wanted),
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def _list_of(dialect: _Dialect, links: ListTable, ids: str) -> str:
    """Return SQL for the ids in the list of ``wanted``, in order, without repeats."""
    listed = (
        f"SELECT DISTINCT {ids} AS id FROM {links.table} "  # noqa: S608
        f"WHERE {links.source} = wanted.id ORDER BY 1"
    )
    collected: Any = f"(SELECT {dialect.collect} FROM ({listed}) AS listed)"  # noqa: S608
    return dialect.nested.format(collected)
