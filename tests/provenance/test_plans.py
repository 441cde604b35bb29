"""The plans of a lineage just after an import, when PostgreSQL knows no statistics."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper

from registry.core.graph import Direction
from registry.provenance.lineage import lineage
from tests.provenance.graphs import chain, store

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

#: Enough for a planner without statistics to prefer reading a whole table.
RUNS = 2000


def test_no_statement_of_a_lineage_reads_a_whole_table() -> None:
    # in the transaction of the test: neither ANALYZE nor autovacuum has seen the rows
    stored = store(chain(RUNS))
    statements = _statements_of(stored.objects[RUNS // 2])
    assert len(statements) >= 2
    for statement, parameters in statements:
        plan = _plan(statement, parameters)
        scans = [line for line in plan if "Seq Scan" in line]
        assert not scans, "\n".join(plan)


def _statements_of(root: Any) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        lineage(root, direction=Direction.BOTH, depth=None)
    return [(sql, params) for sql, params in found if "LATERAL" in sql]


def _plan(statement: str, parameters: Any) -> list[str]:
    cursor: CursorWrapper
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", parameters)
        return [str(line) for (line,) in cursor.fetchall()]
