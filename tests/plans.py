"""How a database finds rows, and tables in which one record has most of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models

from registry.core.lookups import PREPARE_HINT

#: How each database writes a new UUID, as it keeps it.
_UUID = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}
_NUMBERS = {
    "postgresql": "generate_series(1, %s) AS numbers(n)",
    "sqlite": "(WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up "
    "LIMIT %s) SELECT n FROM up) AS numbers",
}


def multiply(record: models.Model, times: int) -> list[int]:
    """Store a record this many times more, with other texts and UUIDs."""
    newest = type(record)._default_manager.order_by("-pk").first()
    columns, values = [], []
    for one in record._meta.concrete_fields:
        if not one.primary_key:
            columns.append(f'"{one.column}"')
            after = newest.pk if newest else 0
            values.append(_other_target(record, one, times) or _another(one, after))
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{record._meta.db_table}" ({", ".join(columns)}) '  # noqa: S608
            f'SELECT {", ".join(values)} FROM "{record._meta.db_table}" '
            f"CROSS JOIN {_NUMBERS[connection.vendor]} WHERE id = %s ORDER BY n",
            [times, record.pk],
        )
    ids = type(record)._default_manager.order_by("-pk").values_list("pk", flat=True)
    return [*ids[:times]][::-1]


def _other_target(record: models.Model, link: Any, times: int) -> str:
    """Return SQL of another target for each row, of a link that no two share."""
    if not (link.is_relation and link.unique):
        return ""
    if link.null:
        return "NULL"
    first = multiply(getattr(record, link.name), times)[0]
    return f"{first - 1} + n"


def _another(column: models.Field[Any, Any], after: int) -> str:
    match column:
        case models.UUIDField():
            return _UUID[connection.vendor]
        case models.CharField() | models.TextField():
            return f"\"{column.column}\" || '.' || (n + {after})"
    return f'"{column.column}"'


def link(table: str, key: str, target: int, column: str, others: list[int]) -> None:
    """Link one record to many others in a table of links."""
    with connection.cursor() as cursor:
        cursor.executemany(
            f'INSERT INTO "{table}" ("{key}", "{column}") VALUES (%s, %s)',  # noqa: S608
            [(target, other) for other in others],
        )


def analyze(table: str = "") -> None:
    """Update the statistics of a table, or of all."""
    with connection.cursor() as cursor:
        cursor.execute(f'ANALYZE "{table}"' if table else "ANALYZE")


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """Collect the statements that are executed, with their parameters."""
    seen: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append((sql.removeprefix(PREPARE_HINT), params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


@dataclass
class Plan:
    """What PostgreSQL did: how each table was read, and how many pages and rows."""

    pages: int = 0
    #: Of each table, the rows that were looked at.
    rows: dict[str, int] = field(default_factory=dict)
    #: Of each table, the indexes by which it was read; None for all of it.
    read_by: dict[str, set[str | None]] = field(default_factory=dict)


def plan_of(sql: str, params: Any) -> Plan:
    """Run a statement of PostgreSQL and return what it took."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
        [[[explained]]] = cursor.fetchall()
    plan = Plan()
    root = explained["Plan"]
    plan.pages = root["Shared Hit Blocks"] + root["Shared Read Blocks"]
    _add(root, plan)
    return plan


def _add(node: dict[str, Any], plan: Plan, heap: str | None = None) -> None:
    """Note a step; that of a bitmap names its table above its index."""
    table = node.get("Relation Name")
    if table is not None:
        passed = node.get("Rows Removed by Filter", 0)
        rows = round(node["Actual Loops"] * (node["Actual Rows"] + passed))
        plan.rows[table] = plan.rows.get(table, 0) + rows
    is_bitmap = node["Node Type"] == "Bitmap Heap Scan"
    if (table or heap) is not None and not is_bitmap:
        of = plan.read_by.setdefault(str(table or heap), set())
        of.add(node.get("Index Name"))
    for below in node.get("Plans", ()):
        _add(below, plan, table if is_bitmap else None)


def query_plan_of(sql: str, params: Any) -> list[str]:
    """Return how SQLite means to find the rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        return [row[3] for row in cursor.fetchall()]


def columns_of(table: str, index: str) -> list[str]:
    """Return the columns of an index, in their order."""
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, table)
    return list(constraints[index]["columns"])
