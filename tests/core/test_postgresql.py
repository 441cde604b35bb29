"""Statements that PostgreSQL prepares, and connections that it ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections

from registry.catalogue.models import Keyword
from registry.core.lookups import PREPARE_HINT

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def other() -> Iterator[Any]:
    """Return a separate connection, like that of a thread of the server."""
    made: Any = connections.create_connection("default")
    made.ensure_connection()
    yield made
    made.close()


def _process_of(other: Any) -> int:
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_a_connection_that_the_server_ended_is_replaced_in_the_next_request(
    other: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(other.settings_dict, "CONN_HEALTH_CHECKS", True)
    first = _process_of(other)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    other.close_if_unusable_or_obsolete()
    assert _process_of(other) != first


def test_a_connection_compiles_no_statement(other: Any) -> None:
    with other.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)


def _prepared(other: Any) -> list[str]:
    """Return the statements that this connection has prepared."""
    with other.cursor() as cursor:
        cursor.execute(
            "SELECT statement FROM pg_prepared_statements ORDER BY prepare_time"
        )
        return [row[0] for row in cursor.fetchall()]


def test_only_lookups_and_inserts_are_prepared(other: Any) -> None:
    insert = f"INSERT INTO {Keyword._meta.db_table} (id) SELECT %s WHERE false"
    with other.cursor() as cursor:
        for _ in range(20):
            cursor.execute(f"{PREPARE_HINT}SELECT %s::int", [1])
            cursor.execute(insert, [1])
            cursor.execute("SELECT %s::int WHERE true", [1])
    assert _prepared(other) == [
        f"{PREPARE_HINT}SELECT $1::int",
        insert.replace("%s", "$1"),
    ]


def test_nothing_is_prepared_if_that_is_disabled(
    other: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(other.settings_dict["OPTIONS"], "prepare_threshold", None)
    other.close()
    with other.cursor() as cursor:
        for _ in range(20):
            cursor.execute(f"{PREPARE_HINT}SELECT %s::int", [1])
    assert _prepared(other) == []
