"""Statistics are updated after large imports, rarely and after the response."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.db import connection

from registry.catalogue.models import FileType
from registry.core import planner_statistics
from tests.api.client import Api
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

TABLE = "registry_filetype"


@pytest.fixture(autouse=True)
def _nothing_written(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start like a new process, which has added no rows."""
    fresh = planner_statistics.AddedRows()
    monkeypatch.setattr(planner_statistics, "added_rows", fresh)
    monkeypatch.setattr("registry.core.records.added_rows", fresh)
    yield
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # the statistics of a test are not those of the others
            cursor.execute("DROP TABLE IF EXISTS sqlite_stat1")


@pytest.fixture
def renewed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Record the statements of each update."""
    found: list[list[str]] = []
    original = planner_statistics._statements

    def statements(tables: list[str]) -> list[str]:
        made = original(tables)
        found.append(made)
        return made

    monkeypatch.setattr(planner_statistics, "_statements", statements)
    return found


def _import(start: int, rows: int) -> Any:
    names = ({"name": f"{n}", "extension": f"{n}"} for n in range(start, start + rows))
    return Api(UserFactory()).post("/api/file_type/", list(names))


def test_statistics_are_updated_after_many_added_rows(renewed: Any) -> None:
    assert _import(0, planner_statistics.MIN_ADDED_ROWS).status_code == 201
    [statements] = renewed
    assert any(f'"{TABLE}"' in one for one in statements)
    # SQLite looks at some of them and estimates the rest
    assert _known_rows() > planner_statistics.MIN_ADDED_ROWS // 4


def test_few_added_rows_do_not_update_statistics(renewed: Any) -> None:
    assert _import(0, 10).status_code == 201
    assert renewed == []


def test_statistics_are_updated_at_most_once_per_interval(
    renewed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(planner_statistics, "monotonic", lambda: now[0])
    for start in (0, planner_statistics.MIN_ADDED_ROWS):
        _import(start, planner_statistics.MIN_ADDED_ROWS)
    assert len(renewed) == 1
    now[0] += planner_statistics.UPDATE_INTERVAL
    # by the next request, whatever it asks for
    Api().get("/api/file_type/")
    assert len(renewed) == 2
    Api().get("/api/file_type/")
    assert len(renewed) == 2


@pytest.mark.once
def test_a_request_does_not_wait_for_another_writer(
    renewed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(planner_statistics, "monotonic", lambda: now[0])
    usual = _busy_timeout()
    planner_statistics.added_rows.add({FileType: planner_statistics.MIN_ADDED_ROWS})
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as writer:
        writer.execute("BEGIN IMMEDIATE")
        # SQLite would wait half a minute otherwise
        monkeypatch.setattr(planner_statistics, "_PATIENCE", 0)
        Api().get("/api/file_type/")
    assert len(renewed) == 1
    assert _busy_timeout() == usual > 1000
    # it failed, so it is due again
    now[0] += planner_statistics.UPDATE_INTERVAL
    Api().get("/api/file_type/")
    assert len(renewed) == 2
    assert planner_statistics.added_rows.pop_due_tables() == []


def _busy_timeout() -> int:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        return int(cursor.fetchone()[0])


def _known_rows() -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [TABLE])
            return int(cursor.fetchone()[0])
        cursor.execute("SELECT stat FROM sqlite_stat1 WHERE tbl = %s LIMIT 1", [TABLE])
        return int(cursor.fetchone()[0].split()[0])
